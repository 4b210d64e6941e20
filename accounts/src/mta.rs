//! The way to an MTA, over SMTP (RFC 5321) with lettre.

use std::fmt::Display;
use std::io::{ErrorKind, Read};

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

/// A message goes out in pieces of so many bytes.
const PIECE: usize = 65_536;

/// A connection to the MTA of an account.
///
/// lettre takes every reply for a success whose code begins with 2 or 3. Here only that is one
/// which the command asks for.
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
        let tls = self.tls_parameters()?;
        let from_the_start = if self.tls == Tls::FromTheStart { Some(&tls) } else { None };
        // The default name is the address of this machine, which every server takes.
        let name = ClientId::default();
        let mut is_understood = true;
        let connect = |addr| {
            SmtpConnection::connect(addr, Some(self.timeout), &name, from_the_start, None)
                .inspect_err(|error| is_understood &= !error.is_response())
        };
        let connected = self.try_addresses(connect);
        if connected.is_err() && !is_understood && self.tls != Tls::FromTheStart {
            self.hear_refusal()?;
        }
        let mut smtp = connected?;
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
    fn accept(
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
            // Nobody hangs up without a goodbye.
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
            // A server that hangs up, or no longer reads, has perhaps said why. One that has the
            // whole message and is silent has been waited for.
            let may_have_said = match cause_of(&error).0 {
                Cause::Io(ErrorKind::TimedOut) => pieces.len() > 0,
                cause => matches!(cause, Cause::Io(_)),
            };
            if !may_have_said {
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
