//! The mail that tells a sender that another mail did not arrive.

use std::io::{self, BufRead};

use crate::accounts::Office;
use crate::clock;
use crate::mail::envelope::Envelope;

/// The report to the sender of `message` that another office has refused it, to whom, and why.
pub fn report(
    office: &Office,
    id: &str,
    envelope: &Envelope,
    message: impl BufRead,
) -> io::Result<String> {
    let domain = office.domain;
    let date = clock::mail_date();
    let sender = &envelope.sender;
    let mut reasons = String::new();
    for recipient in envelope.refused() {
        reasons += &format!("{}: {}\r\n", recipient.address, recipient.reply);
    }
    // The sender recognises the mail by its header. The report holds at most 16 KiB of it.
    let mut header = String::new();
    for line in message.take(16_384).split(b'\n') {
        let line = line?;
        let line = ::accounts::text_of(line.trim_ascii_end());
        if line.is_empty() {
            break;
        }
        header += &format!("> {line}\r\n");
    }
    Ok(format!(
        "From: MAILER-DAEMON@{domain}\r\n\
         To: {sender}\r\n\
         Subject: Your mail could not be delivered\r\n\
         Date: {date}\r\n\
         Message-ID: <{id}@{domain}>\r\n\
         Auto-Submitted: auto-replied\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\
         \r\n\
         The other office did not take your mail for:\r\n\
         \r\n\
         {reasons}\
         \r\n\
         The header of your mail was:\r\n\
         \r\n\
         {header}"
    ))
}
