//! Lesson 12 on the library lettre alone: text and HTML in one mail.
//!
//! Run it: `cargo run -p lesson12-alternative-mail --example lesson12-bare`, with the
//! practice servers in another terminal. For a real provider, give its URL as an argument, such as
//! smtps://smtp.qq.com:465, and put your own address and authorization code into the program.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;

use lettre::message::MultiPart;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};

fn main() -> Result<(), Box<dyn Error>> {
    let text = "Dear student,\n\nhow are you?\n\n老师\n".to_string();
    let html = "<h1>Dear student</h1><p>How are you?</p><p>老师</p>".to_string();
    let message = Message::builder()
        .from("laoshi@qq.example".parse()?)
        .to("xuesheng@sina.example".parse()?)
        .subject("A mail in text and HTML")
        // lettre makes up an id.
        .message_id(None)
        .multipart(MultiPart::alternative_plain_html(text, html))?;

    let url = env::args().nth(1).unwrap_or("smtp://127.0.0.1:2525".into());
    let account = Credentials::new("laoshi@qq.example".into(), "practice".into());
    let mta = SmtpTransport::from_url(&url)?.credentials(account).build();
    let reply = mta.send(&message)?;
    println!("{} {}", reply.code(), reply.first_line().unwrap_or_default());
    Ok(())
}
