//! Lesson 11 on the library lettre alone: names, Cc, Bcc and Reply-To.
//!
//! Run it: `cargo run -p lesson11-headers-mail --example lesson11-bare`, with the
//! practice servers in another terminal. For a real provider, give its URL as an argument, such as
//! smtps://smtp.qq.com:465, and put your own address and authorization code into the program.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;

use lettre::message::SinglePart;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};

fn main() -> Result<(), Box<dyn Error>> {
    let message = Message::builder()
        .from("王老师 <laoshi@qq.example>".parse()?)
        .to("学生 <xuesheng@sina.example>".parse()?)
        .cc("banzhang@sina.example".parse()?)
        .bcc("zhujiao@qq.example".parse()?)
        .reply_to("Teacher Wang <laoshi@qq.example>".parse()?)
        .subject("你好：一封有抄送的邮件")
        // lettre makes up an id.
        .message_id(None)
        .singlepart(SinglePart::plain("Dear student,\n\nhow are you?\n\n老师\n".to_string()))?;

    let url = env::args().nth(1).unwrap_or("smtp://127.0.0.1:2525".into());
    let account = Credentials::new("laoshi@qq.example".into(), "practice".into());
    let mta = SmtpTransport::from_url(&url)?.credentials(account).build();
    let reply = mta.send(&message)?;
    println!("{} {}", reply.code(), reply.first_line().unwrap_or_default());
    Ok(())
}
