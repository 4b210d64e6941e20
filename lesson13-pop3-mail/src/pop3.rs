//! POP3 (RFC 1939), the client's side: a command is a line, and so is the reply to it. What is
//! longer follows in lines of its own, up to one with nothing but a dot.

use std::io::{self, ErrorKind};

use accounts::Phase::{Connect, Do, LogIn, Quit};
use accounts::{Account, InPhase, Mda, Phase, Refused};

/// The longest reply, in bytes, with its CR LF (RFC 1939 section 3).
const MAX_REPLY: usize = 512;
/// The longest list, in bytes; a line of it, or of a message, has no bound of its own.
const MAX_LIST: usize = 1024 * 1024;
/// The longest message, in bytes.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// A mailbox at a server, open to us alone until [`Mailbox::quit`].
pub struct Mailbox<'a> {
    account: &'a Account,
    mda: Mda,
}

impl<'a> Mailbox<'a> {
    /// Connects to the server of the account, and hears its greeting.
    ///
    /// # Errors
    /// There is no connection, TLS does not come about, or the server does not want us.
    pub fn connect(account: &'a Account) -> shared::Result<Self> {
        let mut mailbox = Mailbox { account, mda: account.connect_mda()? };
        mailbox.reply(Connect)?;
        shared::connected(account.host_and_port(), format_args!("connected to {account}"));
        Ok(mailbox)
    }

    /// Says who we are, and proves it.
    ///
    /// # Errors
    /// The server does not believe it, or somebody else has the mailbox open.
    pub fn log_in(&mut self) -> shared::Result {
        // Each may begin or end with a blank: nothing is trimmed.
        self.ask(&format!("USER {}", self.account.user), LogIn)?;
        self.ask(&format!("PASS {}", self.account.password), LogIn)?;
        Ok(())
    }

    /// Asks how many messages there are, and how many bytes they have together.
    ///
    /// # Errors
    /// The server's reply is no such numbers.
    pub fn stat(&mut self) -> shared::Result<(u64, u64)> {
        let phase = Do("ask for", "the number of messages");
        let reply = self.ask("STAT", phase)?;
        two_numbers(reply.trim_start_matches("+OK")).in_phase(phase, self.account)
    }

    /// Lists the messages: the number of each, and its size in bytes.
    ///
    /// # Errors
    /// The server's answer is no such list, or longer than 1 MiB.
    pub fn list(&mut self) -> shared::Result<Vec<(u64, u64)>> {
        let phase = Do("list", "the messages");
        let lines = self.lines("LIST", phase, MAX_LIST)?;
        let list: io::Result<_> = accounts::text_of(&lines).lines().map(two_numbers).collect();
        list.in_phase(phase, self.account)
    }

    /// Fetches the message of this number, byte for byte as it was delivered.
    ///
    /// # Errors
    /// The server refuses, breaks off, or sends more than 64 MiB.
    pub fn retrieve(&mut self, number: u64) -> shared::Result<Vec<u8>> {
        let number = number.to_string();
        self.lines(&format!("RETR {number}"), Do("fetch message", &number), MAX_MESSAGE)
    }

    /// Takes leave. Only here a server removes what `DELE` has marked (RFC 1939 section 6).
    ///
    /// # Errors
    /// The server breaks off, or could not remove something.
    pub fn quit(mut self) -> shared::Result {
        self.mda.set_timeout(self.account.goodbye()).in_phase(Quit, self.account)?;
        self.ask("QUIT", Quit)?;
        Ok(())
    }

    /// Sends a command, and returns the line that replies to it, which is `+OK` and more.
    ///
    /// # Errors
    /// The server refuses, or breaks off.
    pub fn ask(&mut self, command: &str, phase: Phase) -> shared::Result<String> {
        self.mda.send(&format!("{command}\r\n")).in_phase(phase, self.account)?;
        let shown = if command.starts_with("PASS ") { "PASS ****" } else { command };
        shared::sent_line(shown, self.account);
        self.reply(phase)
    }

    /// Receives one line, in whatever charset, and returns it without its CR LF.
    fn reply(&mut self, phase: Phase) -> shared::Result<String> {
        let mut line = Vec::new();
        self.mda.receive_line(&mut line, MAX_REPLY).in_phase(phase, self.account)?;
        let text = accounts::text_of(&line).trim_end_matches("\r\n").to_string();
        shared::received_line(&self.account.masked(&text), self.account);
        if text == "+OK" || text.starts_with("+OK ") {
            return Ok(text);
        }
        Err(Refused { code: 0, words: text }).in_phase(phase, self.account)
    }

    /// Sends a command, and returns the lines that follow the reply to it, up to the one that is a
    /// dot, with which they have at most `max` bytes. Where a line of the message begins with a
    /// dot, the server has put one more before it.
    ///
    /// # Errors
    /// The server refuses, breaks off, or sends more.
    pub fn lines(&mut self, command: &str, phase: Phase, max: usize) -> shared::Result<Vec<u8>> {
        self.ask(command, phase)?;
        let mut lines = Vec::new();
        loop {
            let start = lines.len();
            self.mda.receive_line(&mut lines, max).in_phase(phase, self.account)?;
            if lines[start..] == *b".\r\n" {
                lines.truncate(start);
                shared::received(&lines, self.account);
                return Ok(lines);
            }
            if lines[start] == b'.' {
                lines.remove(start);
            }
        }
    }
}

/// Reads two numbers; more may follow (RFC 1939 section 5).
fn two_numbers(line: &str) -> io::Result<(u64, u64)> {
    let mut words = line.split_whitespace().map(str::parse);
    if let (Some(Ok(first)), Some(Ok(second))) = (words.next(), words.next()) {
        return Ok((first, second));
    }
    let why = format!("\"{}\" is not two numbers", line.trim());
    Err(io::Error::new(ErrorKind::InvalidData, why))
}
