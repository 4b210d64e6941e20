//! The way to an MTA, over SMTP (RFC 5321) with lettre.

use std::fmt::Display;
use std::io::Read;

use lettre::address::Envelope;
use lettre::transport::smtp;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use lettre::transport::smtp::response::Severity::{self, PositiveCompletion, PositiveIntermediate};
use shared::Error;

use crate::failure::{Cause, cause_of};
use crate::{Account, InPhase, Phase, Refused, Tls, text_of};

/// The size, in bytes, of the pieces in which a message goes out.
const PIECE: usize = 65_536;

/// A connection to the MTA of an account.
///
/// lettre takes every reply whose code begins with 2 or 3 for a success. Here only a reply of the
/// kind that the command asks for is one.
pub struct Mta<'a> {
    /// lettre's connection, for whoever wants to send commands one by one.
    pub smtp: SmtpConnection,
    account: &'a Account,
}

impl Account {
    /// Connects to the MTA, and goes on in TLS as the account says.
    ///
    /// # Errors
    /// There is no connection, the server does not want us, or TLS does not come about.
    #[track_caller]
    pub fn connect_mta(&self) -> shared::Result<Mta<'_>> {
        let addrs = self.addrs()?;
        let tls = self.tls_parameters()?;
        let from_the_start = if self.tls == Tls::FromTheStart { Some(&tls) } else { None };
        // The default name is the address of this machine, which every server takes.
        let name = ClientId::default();
        let timeout = Some(self.timeout);
        let connected = SmtpConnection::connect(&*addrs, timeout, &name, from_the_start, None);
        if connected.as_ref().is_err_and(smtp::Error::is_response) {
            self.hear_refusal()?;
        }
        let mut smtp = connected.in_phase(Phase::Connect, self)?;
        let name_of_server = smtp.server_info().name();
        let text = format_args!("connected to {self}: {name_of_server}");
        shared::connected(self.host_and_port(), text);
        if self.tls == Tls::Required || (self.tls == Tls::IfOffered && smtp.can_starttls()) {
            smtp.starttls(&tls, &name).in_phase(Phase::StartTls, self)?;
            shared::info!("in TLS from here on");
        }
        Ok(Mta { smtp, account: self })
    }

    /// Fails with the words of a server that refuses, where lettre does not understand them: after
    /// `220-`, it takes `521` for no part of the reply, and drops it.
    fn hear_refusal(&self) -> shared::Result {
        let Ok(stream) = self.connect() else { return Ok(()) };
        let mut greeting = Vec::new();
        // It ends when the server hangs up, or waits for us.
        let waits = stream.set_read_timeout(Some(self.goodbye()));
        let _ = waits.and_then(|()| stream.take(512).read_to_end(&mut greeting));
        let text = text_of(&greeting);
        let last = text.lines().last().unwrap_or_default();
        // What is no reply tells no more than lettre does.
        match format!("{last}\r\n").parse() {
            Ok(reply) => self.accept(PositiveCompletion, Ok(reply), Phase::Connect).map(drop),
            Err(_) => Ok(()),
        }
    }

    /// The reply, if it is one of this kind.
    ///
    /// # Errors
    /// There is none, or it is another one.
    pub fn accept(
        &self,
        kind: Severity,
        reply: Result<Response, smtp::Error>,
        phase: Phase,
    ) -> shared::Result<Response> {
        let reply = reply.in_phase(phase, self)?;
        if reply.code().severity == kind {
            return Ok(reply);
        }
        let code = reply.code();
        let words = reply.message().collect::<Vec<_>>().join(" ");
        let words = format!("unexpected reply ({code}): {words}");
        Err(Refused { code: code.into(), words }).in_phase(phase, self)
    }
}

impl Mta<'_> {
    /// Logs in by the first of these mechanisms that the MTA knows, and returns its reply.
    ///
    /// # Errors
    /// The MTA refuses, or offers no such mechanism.
    pub fn auth(
        &mut self,
        mechanisms: &[Mechanism],
        credentials: &Credentials,
    ) -> shared::Result<Response> {
        let reply = self.smtp.auth(mechanisms, credentials);
        self.account.accept(PositiveCompletion, reply, Phase::LogIn)
    }

    /// Sends a message to those whom the envelope names, and returns the reply of the MTA, which
    /// has taken it.
    ///
    /// # Errors
    /// The MTA refuses the sender, a recipient or the message.
    pub fn send(&mut self, envelope: &Envelope, message: &[u8]) -> shared::Result<Response> {
        let sent = self.say_all(envelope, message);
        if sent.is_err() {
            // Say goodbye all the same.
            let _ = self.smtp.set_timeout(Some(self.account.goodbye()));
            self.smtp.abort();
        }
        sent
    }

    /// MAIL, RCPT for each recipient, DATA, and the message with a dot behind it.
    fn say_all(&mut self, envelope: &Envelope, message: &[u8]) -> shared::Result<Response> {
        let mut addresses = envelope.from().into_iter().chain(envelope.to());
        let mut parameters = Vec::new();
        if addresses.any(|address| !address.to_string().is_ascii()) {
            if !self.smtp.server_info().supports_feature(Extension::SmtpUtfEight) {
                let account = self.account;
                let why = "the server takes only addresses in ASCII";
                let problem = format!("cannot send the mail to {account}: {why}");
                return Err(Error::new(problem, "write to, and from, addresses in ASCII"));
            }
            // The header has these addresses, too, and is no longer in ASCII (RFC 6531).
            parameters.push(MailParameter::SmtpUtfEight);
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let mail = Mail::new(envelope.from().cloned(), parameters);
        self.ask(mail, PositiveCompletion, Phase::Sender)?;
        for recipient in envelope.to() {
            let rcpt = Rcpt::new(recipient.clone(), Vec::new());
            self.ask(rcpt, PositiveCompletion, Phase::Recipient)?;
        }
        self.ask(Data, PositiveIntermediate, Phase::Data)?;

        let mut pieces = message.chunks(PIECE);
        let reply = self.smtp.message_iter(pieces.by_ref()).map_err(|error| {
            // A server that hangs up, or no longer reads, has perhaps said why.
            if !matches!(cause_of(&error).0, Cause::Io(_)) {
                return error;
            }
            let _ = self.smtp.set_timeout(Some(self.account.goodbye()));
            match self.smtp.read_response() {
                Err(last) if last.status().is_some() => last,
                _ => error,
            }
        });
        // Without its last piece, the server cannot have taken the message.
        let phase = if pieces.len() > 0 { Phase::Data } else { Phase::SendMail };
        self.account.accept(PositiveCompletion, reply, phase)
    }

    /// Takes leave; a server that does not answer holds nobody for more than 2 s.
    ///
    /// # Errors
    /// The server does not say goodbye.
    pub fn quit(mut self) -> shared::Result {
        let _ = self.smtp.set_timeout(Some(self.account.goodbye()));
        self.ask(Quit, PositiveCompletion, Phase::Quit)?;
        Ok(())
    }

    /// Sends a command, and returns the reply, which is of this kind.
    fn ask(
        &mut self,
        command: impl Display,
        kind: Severity,
        phase: Phase,
    ) -> shared::Result<Response> {
        let reply = self.smtp.command(command);
        self.account.accept(kind, reply, phase)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::thread;
    use std::time::Duration;

    use lettre::transport::smtp::authentication::DEFAULT_MECHANISMS;
    use testing::{PATIENCE, Server, polite_smtp, talk};

    use super::*;
    use crate::tests::account;
    use crate::tls::tests::trusting;

    /// Hands in a message for a@b.example and another recipient, and returns what the server says.
    fn hand_in(account: &Account, recipient: &str, message: &[u8]) -> shared::Result<String> {
        let mut mta = account.connect_mta()?;
        mta.auth(DEFAULT_MECHANISMS, &account.credentials())?;
        let recipients = vec!["a@b.example".parse().unwrap(), recipient.parse().unwrap()];
        let envelope = Envelope::new(Some("you@y.example".parse().unwrap()), recipients).unwrap();
        let reply = mta.send(&envelope, message)?;
        mta.quit()?;
        Ok(account.said(&reply))
    }

    /// Hands one in at a server that gives these answers; in the URL, ADDR stands for its address.
    /// Returns what the server says, or the two lines of the error, and the lines that it has read.
    fn hand_in_at(
        url: &str,
        timeout: Duration,
        recipient: &str,
        answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static,
    ) -> (String, Vec<String>) {
        let server = Server::start(move |_, stream| talk(stream, &answer));
        let (account, _folder) = trusting(&url.replace("ADDR", &server.addr.to_string()));
        let account = Account { timeout, ..account };
        let reply = hand_in(&account, recipient, b"To: all\r\n\r\n.hello\r\n");
        (reply.unwrap_or_else(|error| format!("{error:?}")), server.results().concat())
    }

    /// What a server answers that takes everything, and also offers this.
    fn offering(extension: &'static str) -> impl Fn(&str) -> Vec<u8> {
        move |line| match line.get(..4) {
            Some("EHLO") => format!("250-hi\r\n250-{extension}\r\n250 AUTH PLAIN\r\n").into(),
            _ => polite_smtp(line),
        }
    }

    #[test]
    fn a_server_is_told_who_sends_what_to_whom() {
        let (said, lines) = hand_in_at("smtp://ADDR", PATIENCE, "c@d.example", polite_smtp);
        assert_eq!(said, "250 taken");
        assert!(lines[0].starts_with("EHLO [127.0.0.1]"), "{}", lines[0]);
        let expected = [
            // you@y.example and s3cret, in base64.
            "AUTH PLAIN AHlvdUB5LmV4YW1wbGUAczNjcmV0",
            "MAIL FROM:<you@y.example>",
            "RCPT TO:<a@b.example>",
            "RCPT TO:<c@d.example>",
            "DATA",
            "To: all",
            "",
            "..hello",
            "",
            ".",
            "QUIT",
        ];
        assert_eq!(lines[1..], expected);
    }

    /// A row has a command, what a server answers to it, and a part of the error and of the hint.
    #[test]
    fn whatever_a_server_does_ends_in_one_line_and_one_hint() {
        let log_in = "cannot log in as you@y.example: permanent error (534): 5.7.9 not ";
        let not_you = "cannot send the mail to smtp://127.0.0.1:";
        let endless = [&b"250-"[..], &[b'x'; 400], b"\r\n"].concat().repeat(10_000);
        for (command, answer, why, hint) in [
            ("AUTH", &b"534-5.7.9 not \r\n534 5.7.9 so\r\n"[..], log_in, "LESSON_SMTP_PASSWORD"),
            ("AUTH", b"454 later\r\n", "transient error (454): later", "try again later"),
            ("AUTH", b"535 czNjcmV0?\r\n", "(535): ****?", "authorization code"),
            ("MAIL", b"553 not you\r\n", not_you, "LESSON_MAIL_FROM"),
            ("RCPT TO:<c@", b"550 \x1b[2J\x07\r\n", "(550): \\u{1b}[2J\\u{7}", "LESSON_MAIL_TO"),
            ("DATA", b"452 4.5.3 too many\r\n", "4.5.3 too many", "fewer recipients"),
            (".", b"552 5.3.4 too much\r\n", "(552): 5.3.4 too much", "too large"),
            ("QUIT", b"500 what?\r\n", "cannot leave smtp://127.0.0.1:", "its reason above"),
            ("EHLO", b"250-hi\r\n250 AUTH CRAM-MD5\r\n", "cannot log in", "no login here that"),
            // No success: the mail is not taken, whoever waits for more.
            ("AUTH", b"354 go on\r\n", "unexpected reply (354): go on", "is it the right server?"),
            ("RCPT", b"354 go on\r\n", "unexpected reply (354): go on", "out of turn"),
            ("DATA", b"250 fine\r\n", "unexpected reply (250): fine", "out of turn"),
            (".", b"354 go on\r\n", "unexpected reply (354): go on", "out of turn"),
            // What lettre cannot read, or not to its end.
            ("", b"HTTP/1.1 400\r\n", "be read (HTTP/1.1 400)", "is it the right server?"),
            ("AUTH", b"535\r\n", "no words behind its code", "it may be a refusal: check LESSON_S"),
            ("AUTH", b"535 \xb5\xc7\r\n", "is not UTF-8 (perhaps GBK)", "authorization code"),
            ("", b"250", "timed out", "smtp:// goes with port 25, ?tls=required with 587"),
            (".", b"250-half\r\n", "timed out", "may have taken the mail"),
            ("", b"", "incomplete", "the server broke off: see what it says; check the host"),
            (".", b"", "incomplete", "may have taken the mail"),
            ("EHLO", endless.leak(), "too large", "is it the right server?"),
            ("", vec![b'x'; 1 << 20].leak(), "timed out", "smtp:// goes with port 25"),
        ] {
            let timeout = if why == "timed out" { Duration::from_millis(200) } else { PATIENCE };
            let (said, _) = hand_in_at("smtp://ADDR", timeout, "c@d.example", move |line| {
                // Every line begins with the empty text, which stands for the greeting.
                let is_meant = line.starts_with(command) && line.is_empty() == command.is_empty();
                if is_meant { answer.to_vec() } else { polite_smtp(line) }
            });
            assert!(!said.contains("czNjcmV0") && !said.contains("s3cret"), "{said}");
            let (problem, next) = said.split_once("\nhint: ").unwrap();
            assert!(problem.contains(why), "not {why:?}: {said}");
            assert!(next.contains(hint), "not {hint:?}: {said}");
        }
    }

    /// lettre gives up at the second line, so the server is asked again.
    #[test]
    fn a_refusal_behind_another_line_is_heard() {
        let greeting = b"220-one moment\r\n521 no mail here\r\n";
        let server = Server::start(|_, mut stream| stream.write_all(greeting).unwrap());
        let account = account(&format!("smtp://{}", server.addr));
        let error = format!("{:?}", account.connect_mta().err().unwrap());
        let expected = ": unexpected reply (521): no mail here\nhint: the server does not";
        assert!(error.contains(expected), "{error}");
        assert_eq!(server.count(), 2);
    }

    /// Expects this error when a server reads nothing of a mail, says these words and hangs up; or
    /// stays, if it says nothing.
    #[track_caller]
    fn check_broken_off(words: &'static str, timeout: Duration, expected: &str) {
        let server = Server::start(move |_, stream| {
            let mut sender = stream.try_clone().unwrap();
            talk(stream, |line| {
                if line != "DATA" {
                    return polite_smtp(line);
                }
                let answer = [&polite_smtp(line), words.as_bytes()].concat();
                sender.write_all(&answer).unwrap();
                // Its thread stays for as long as the tests run.
                while words.is_empty() {
                    thread::park();
                }
                Vec::new()
            });
        });
        let account = Account { timeout, ..account(&format!("smtp://{}", server.addr)) };
        let message = b"line\r\n".repeat(4_000_000);
        let error = format!("{:?}", hand_in(&account, "c@d.example", &message).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn who_breaks_off_in_the_middle_of_a_mail_has_not_taken_it() {
        check_broken_off("no\r\n", PATIENCE, "and so has not taken it: perhaps it is too large");
        let timeout = Duration::from_millis(300);
        check_broken_off("", timeout, ": timed out\nhint: the server is slow");
        // Elsewhere, what the server said may be lost with the connection.
        if cfg!(target_os = "linux") {
            check_broken_off("552 5.3.4 too much\r\n", PATIENCE, " (552): 5.3.4 too much\nhint: ");
        }
    }

    #[test]
    fn an_address_beyond_ascii_needs_a_server_that_knows_such() {
        let (said, lines) = hand_in_at("smtp://ADDR", PATIENCE, "学生@d.example", polite_smtp);
        assert!(said.contains(": the server takes only addresses in ASCII\nhint: "), "{said}");
        assert_eq!(lines.last().unwrap(), "QUIT");
        let knows = offering("SMTPUTF8");
        let (said, lines) = hand_in_at("smtp://ADDR", PATIENCE, "学生@d.example", knows);
        assert_eq!(said, "250 taken");
        assert_eq!(lines[2], "MAIL FROM:<you@y.example> SMTPUTF8 BODY=8BITMIME");
        assert_eq!(lines[4], "RCPT TO:<学生@d.example>");
    }

    #[test]
    fn tls_begins_when_the_url_says_so() {
        let tried = "cannot begin TLS with smtp://127.0.0.1:";
        for (url, offered, expected) in [
            ("smtp://ADDR?tls=opportunistic", "8BITMIME", "250 taken"),
            ("smtp://ADDR?tls=opportunistic", "STARTTLS", tried),
            ("smtp://ADDR", "STARTTLS", "250 taken"),
            ("smtp://ADDR?tls=required", "STARTTLS", tried),
            ("smtp://ADDR?tls=required", "8BITMIME", "the server has no TLS there"),
            ("smtps://ADDR", "STARTTLS", "hint: that port begins without TLS"),
        ] {
            let (said, _) = hand_in_at(url, PATIENCE, "c@d.example", offering(offered));
            assert!(said.contains(expected), "{url}: {said}");
        }
    }
}
