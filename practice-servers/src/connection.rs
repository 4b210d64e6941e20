//! One connection to a peer: reads and sends lines, and shows each in the transcript.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::limits;
use crate::tls::Tls;
use crate::transcript::Transcript;

/// The bytes of a connection, plain or in TLS.
pub trait Stream: Read + Write + Send {
    /// Tells the peer that no more bytes will come.
    ///
    /// # Errors
    /// The connection's.
    fn finish(&mut self) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn finish(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// What [`Connection::read_line`] finds.
pub enum Line {
    /// A line, without its CR LF.
    Text(String),
    /// A line that cannot be taken, and why.
    Bad(&'static str),
    /// The peer was silent for too long.
    Late,
    /// The peer has closed its sending side.
    End,
}

/// A connection to a peer.
pub struct Connection {
    /// Reads what comes from the peer. The stream inside it sends to the peer.
    pub stream: BufReader<Box<dyn Stream>>,
    /// The socket below, for its time-outs and addresses.
    pub socket: TcpStream,
    /// Whether the stream is in TLS.
    pub is_secure: bool,
    /// Where its lines are shown.
    pub transcript: Transcript,
    /// Whether the line before was `AUTH`, or a secret.
    has_seen_auth: bool,
}

impl Connection {
    /// A plain connection.
    ///
    /// # Errors
    /// The system's.
    pub fn new(socket: TcpStream, transcript: Transcript) -> io::Result<Self> {
        // The system sends each reply at once, and does not wait until the peer's system has
        // acknowledged the one before.
        socket.set_nodelay(true)?;
        socket.set_write_timeout(Some(limits::STALL))?;
        socket.set_read_timeout(Some(limits::SILENCE))?;
        let plain: Box<dyn Stream> = Box::new(socket.try_clone()?);
        Ok(Connection {
            stream: BufReader::new(plain),
            socket,
            is_secure: false,
            transcript,
            has_seen_auth: false,
        })
    }

    /// Waits for the client's TLS handshake, and goes on in TLS. Lines that came before the
    /// handshake and were not read yet are dropped: anybody between the client and this server
    /// could have added them.
    ///
    /// # Errors
    /// The handshake fails.
    pub fn secure(&mut self, tls: &Tls) -> io::Result<()> {
        self.socket.set_read_timeout(Some(limits::STALL))?;
        let stream = tls.accept(self.socket.try_clone()?)?;
        self.socket.set_read_timeout(Some(limits::SILENCE))?;
        self.stream = BufReader::new(stream);
        self.is_secure = true;
        self.transcript.note("in TLS from here on");
        Ok(())
    }

    /// Reads a line and shows it.
    ///
    /// # Errors
    /// The connection's.
    pub fn read_line(&mut self) -> io::Result<Line> {
        let line = self.read()?;
        match &line {
            Line::Text(text) if self.may_be_secret(text) => self.transcript.received_secret(),
            Line::Text(text) => self.transcript.received(text),
            Line::Bad(why) => self.transcript.note(format!("took nothing: {why}")),
            Line::Late => self.transcript.note("waited too long"),
            Line::End => self.transcript.note("the peer has closed its side"),
        }
        Ok(line)
    }

    /// Whether the line may be a secret that a client has sent behind an `AUTH` without waiting for
    /// the reply, which refused it. Such a line is a single word that is no command.
    fn may_be_secret(&mut self, line: &str) -> bool {
        let commands = ["DATA", "NOOP", "QUIT", "RSET", "STARTTLS", "AUTH"];
        let is_command = commands.iter().any(|command| command.eq_ignore_ascii_case(line));
        let is_secret = self.has_seen_auth && !is_command && !line.contains(' ');
        let start = line.get(..7).unwrap_or_default().to_ascii_uppercase();
        self.has_seen_auth = is_secret || start == "AUTH PL" || start == "AUTH LO";
        is_secret
    }

    /// Reads a line that is a secret, and shows only that it came.
    ///
    /// # Errors
    /// The connection's.
    pub fn read_secret(&mut self) -> io::Result<Line> {
        let line = self.read()?;
        self.transcript.received_secret();
        Ok(line)
    }

    /// Reads up to the next CR LF; a bare CR or LF ends no line.
    fn read(&mut self) -> io::Result<Line> {
        let started = Instant::now();
        let mut line = Vec::new();
        let (mut is_too_long, mut has_bare_lf) = (false, false);
        while !line.ends_with(b"\r\n") {
            if started.elapsed() > limits::SILENCE {
                return Ok(Line::Late);
            }
            let bytes = match self.stream.fill_buf() {
                Ok([]) => return Ok(Line::End),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if is_time_out(&error) => return Ok(Line::Late),
                // The peer closed the connection without TLS's close_notify, so a line may be half
                // a line.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(Line::End),
                Err(error) => return Err(error),
            };
            let mut parts = bytes.split_inclusive(|byte| *byte == b'\n');
            let part = parts.next().unwrap_or_default();
            line.extend_from_slice(part);
            let length = part.len();
            self.stream.consume(length);
            if line.len() > limits::LINE {
                is_too_long = true;
                // Two bytes are enough to recognise the end of the line.
                line.drain(..line.len() - 2);
            }
            if line.ends_with(b"\n") && !line.ends_with(b"\r\n") && !has_bare_lf {
                has_bare_lf = true;
                self.transcript
                    .note("LF without CR ends no line: nc -C sends both, and telnet does");
            }
        }
        line.truncate(line.len() - 2);
        if is_too_long {
            return Ok(Line::Bad("line too long"));
        }
        // FTP clients put Telnet's signals before an urgent command (RFC 959 section 4.1.3).
        let signals = line.iter().take_while(|byte| matches!(byte, 0xf2 | 0xf4 | 0xff)).count();
        let text = String::from_utf8(line.split_off(signals));
        Ok(text.map_or(Line::Bad("not UTF-8"), Line::Text))
    }

    /// Sends the lines of a reply, which have `\n` between them, and shows them.
    ///
    /// # Errors
    /// The connection's.
    pub fn send(&mut self, reply: &str) -> io::Result<()> {
        let mut bytes = String::new();
        for line in reply.lines() {
            self.transcript.sent(line);
            bytes = bytes + line + "\r\n";
        }
        let stream = self.stream.get_mut();
        stream.write_all(bytes.as_bytes())?;
        stream.flush()
    }

    /// Closes the connection in order. First the server reads, for a moment, what the peer may
    /// still send, and drops it: when a program closes a connection with bytes unread, the system
    /// resets it, and the last reply may be lost (RFC 2525 section 2.17).
    pub fn close(mut self) {
        let moment = Some(Duration::from_secs(1));
        let _ = self.socket.set_read_timeout(moment);
        let _ = self.stream.get_mut().finish();
        let mut dropped = [0; 4_096];
        for _ in 0..100 {
            match self.socket.read(&mut dropped) {
                Ok(1..) => {}
                _ => break,
            }
        }
    }
}

/// A number in decimal digits and nothing else. A number that is too large for the type becomes the
/// largest.
pub fn parse_number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

/// Whether the peer let a time-out pass.
pub fn is_time_out(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
