//! The envelope of a mail.

/// Who sent a message and who is to get it. The header of the message may say something else (RFC
/// 5321 section 2.3.1).
#[derive(Default)]
pub struct Envelope {
    /// The reverse-path: the address that gets a report when the message cannot be delivered. It is
    /// empty in the envelope of such a report.
    pub sender: String,
    /// The parameters of `MAIL` that the office repeats to the next one (RFC 6152, RFC 6531), each
    /// with a space before it.
    pub parameters: String,
    /// Those who are to get it.
    pub recipients: Vec<Recipient>,
}

/// One who is to get a message.
pub struct Recipient {
    /// The forward-path.
    pub address: String,
    /// Whether the message was delivered, or came back.
    pub is_done: bool,
    /// What another office has replied last, which says whether it gets the message there.
    pub reply: String,
}

impl Recipient {
    /// A recipient who waits for the message.
    pub fn new(address: String) -> Self {
        Recipient { address, is_done: false, reply: String::new() }
    }
}

impl Envelope {
    /// Those who wait for the message.
    pub fn waiting(&mut self) -> impl Iterator<Item = &mut Recipient> {
        self.recipients.iter_mut().filter(|recipient| !recipient.is_done)
    }

    /// Those of them who will not get it, as another office has replied.
    pub fn refused(&self) -> impl Iterator<Item = &Recipient> {
        let waiting = self.recipients.iter().filter(|recipient| !recipient.is_done);
        waiting.filter(|recipient| recipient.reply.starts_with('5'))
    }

    /// Notes that all are done whose reply begins with this digit.
    pub fn finish(&mut self, digit: char) {
        let replied = self.waiting().filter(|recipient| recipient.reply.starts_with(digit));
        replied.for_each(|recipient| recipient.is_done = true);
    }

    /// Whether nobody waits for the message any more.
    pub fn is_done(&self) -> bool {
        self.recipients.iter().all(|recipient| recipient.is_done)
    }

    /// The line that the last office puts before a message, and nobody else (RFC 5321 section 4.4).
    pub fn return_path(&self) -> String {
        format!("Return-Path: <{}>\r\n", self.sender)
    }

    /// The envelope as text: a line for the sender, a line for the parameters, and a line for each
    /// recipient, which begins with `-` when the recipient is done and with `+` when it waits.
    pub fn write(&self) -> String {
        let mut text = format!("{}\n{}\n", self.sender, self.parameters);
        for recipient in &self.recipients {
            let mark = if recipient.is_done { '-' } else { '+' };
            text += &format!("{mark}{}\n", recipient.address);
        }
        text
    }

    /// Reads what [`Envelope::write`] has written.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let sender = lines.next()?.into();
        let parameters = lines.next()?.into();
        let recipients = lines.map(|line| Recipient {
            is_done: line.starts_with('-'),
            ..Recipient::new(line.get(1..).unwrap_or_default().into())
        });
        Some(Envelope { sender, parameters, recipients: recipients.collect() })
    }
}
