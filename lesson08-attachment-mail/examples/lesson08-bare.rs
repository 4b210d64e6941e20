//! Lesson 08 on the library lettre alone: a mail with an attachment.
//!
//! Run it: `cargo run -p lesson08-attachment-mail --example lesson08-bare`, with the
//! practice servers in another terminal. For a real provider, give its URL as an argument, such as
//! smtps://smtp.qq.com:465, and put your own address and authorization code into the program.
#![allow(clippy::print_stdout)]

use std::env;
use std::error::Error;

use lettre::message::header::ContentType;
use lettre::message::{Attachment, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{Message, SmtpTransport, Transport};

fn main() -> Result<(), Box<dyn Error>> {
    let text = SinglePart::plain("Dear student,\n\nhere is a file.\n\n老师\n".to_string());
    let bytes = include_bytes!("../picture.png").to_vec();
    let picture =
        Attachment::new("picture.png".to_string()).body(bytes, ContentType::parse("image/png")?);
    let message = Message::builder()
        .from("laoshi@qq.example".parse()?)
        .to("xuesheng@sina.example".parse()?)
        .subject("A mail with an attachment")
        // lettre makes up an id.
        .message_id(None)
        .multipart(MultiPart::mixed().singlepart(text).singlepart(picture))?;

    let url = env::args().nth(1).unwrap_or("smtp://127.0.0.1:2525".into());
    let account = Credentials::new("laoshi@qq.example".into(), "practice".into());
    let mta = SmtpTransport::from_url(&url)?.credentials(account).build();
    let reply = mta.send(&message)?;
    println!("{} {}", reply.code(), reply.first_line().unwrap_or_default());
    Ok(())
}
