//! One connection to a peer: reads and sends lines, and shows each in the transcript.

use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use shared::log::Kind;
use socket2::SockRef;

use crate::clients::Seat;
use crate::tls::Tls;
use crate::transcript::{SECRET, Transcript, begins_with_secret};
use crate::{limits, tls};

/// The bytes of a connection, plain or in TLS.
pub trait Stream: Read + Write + Send {
    /// Tells the peer that no more bytes will come.
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
    /// Whether the peer has logged in: then it may be silent longer.
    pub is_known: bool,
    /// Whether every reply takes [`limits::SLOW`].
    pub is_slow: bool,
    /// The seat of the peer among the clients of the same address.
    seat: Seat,
    /// Whether the line before may have been the beginning of a secret.
    is_secret_next: bool,
}

impl Connection {
    /// A plain connection.
    pub fn new(socket: TcpStream, transcript: Transcript, seat: Seat) -> io::Result<Self> {
        // The system sends each reply at once, and does not wait until the peer's system has
        // acknowledged the one before.
        socket.set_nodelay(true)?;
        // FTP clients send the last byte of an urgent command as urgent data (RFC 959 section
        // 4.1.3): it stays where it stands among the others.
        SockRef::from(&socket).set_out_of_band_inline(true)?;
        socket.set_write_timeout(Some(limits::STALL))?;
        socket.set_read_timeout(Some(limits::TICK))?;
        let plain: Box<dyn Stream> = Box::new(socket.try_clone()?);
        Ok(Connection {
            stream: BufReader::new(plain),
            socket,
            is_secure: false,
            transcript,
            is_known: false,
            is_slow: false,
            seat,
            is_secret_next: false,
        })
    }

    /// Waits for the client's TLS handshake, and goes on in TLS. Lines that came before the
    /// handshake and were not read yet are dropped: anybody between the client and this server
    /// could have added them.
    pub fn secure(&mut self, tls: &Tls) -> io::Result<()> {
        let patience = || self.patience().min(limits::STALL);
        let stream = tls::accept(&tls.control, self.socket.try_clone()?, patience)?;
        self.stream = BufReader::new(stream);
        self.is_secure = true;
        self.transcript.said("in TLS from here on");
        Ok(())
    }

    /// How long the peer may be silent at this moment.
    pub fn patience(&self) -> Duration {
        if self.is_known { limits::SILENCE } else { self.seat.patience() }
    }

    /// Waits until there are bytes in the stream's buffer, and returns whether any came: there are
    /// none when the peer has closed its sending side.
    ///
    /// # Errors
    /// The connection's; `TimedOut` when the peer has said nothing since `start` for too long.
    pub fn wait(&mut self, start: Instant) -> io::Result<bool> {
        while start.elapsed() <= self.patience() {
            match self.stream.fill_buf() {
                Ok(bytes) => return Ok(!bytes.is_empty()),
                Err(error) if error.kind() == ErrorKind::Interrupted || is_time_out(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ErrorKind::TimedOut.into())
    }

    /// Reads a line and shows it. A line that may be a secret is not shown: a password that a
    /// client has sent behind an `AUTH` without waiting for the reply, which refused it, or the
    /// rest of a `PASS` with an LF in it. Such a line begins with none of the `commands`.
    pub fn read_line(&mut self, commands: &str) -> io::Result<Line> {
        let mut line = self.read()?;
        if let Line::Text(text) = &line
            && text.contains(char::is_control)
        {
            line = Line::Bad("a control character in a command");
        }
        match &line {
            Line::Text(text) => {
                let verb = text.split_whitespace().next().unwrap_or_default();
                let is_command = commands.split(' ').any(|one| one.eq_ignore_ascii_case(verb));
                let is_secret = self.is_secret_next && !is_command;
                self.is_secret_next = is_secret || begins_with_secret(text);
                self.transcript.received(if is_secret { SECRET } else { text });
            }
            Line::Bad(why) => {
                self.is_secret_next = true;
                self.transcript.said(format!("took nothing: {why}"));
            }
            Line::Late => self.transcript.said("waited too long"),
            Line::End => self.transcript.told(Kind::Closed, "the peer has closed its side"),
        }
        Ok(line)
    }

    /// Reads a line that is a secret, and shows only that it came.
    pub fn read_secret(&mut self) -> io::Result<Line> {
        let line = self.read()?;
        self.transcript.received(SECRET);
        if let Line::Text(_) = line {
            self.is_secret_next = false;
        }
        Ok(line)
    }

    /// Reads up to the next line end: CR LF, or LF alone.
    fn read(&mut self) -> io::Result<Line> {
        let start = Instant::now();
        let mut line = Vec::new();
        let mut is_too_long = false;
        while !line.ends_with(b"\n") {
            match self.wait(start) {
                Ok(true) => {}
                Ok(false) => return Ok(Line::End),
                Err(error) if is_time_out(&error) => return Ok(Line::Late),
                // The peer closed the connection without TLS's close_notify, so a line may be half
                // a line.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(Line::End),
                Err(error) => return Err(error),
            }
            let mut parts = self.stream.buffer().split_inclusive(|byte| *byte == b'\n');
            let part = parts.next().unwrap_or_default();
            line.extend_from_slice(part);
            let length = part.len();
            self.stream.consume(length);
            if line.len() > limits::LINE {
                is_too_long = true;
                // The last byte is enough to recognise the end of the line.
                line.drain(..line.len() - 1);
            }
        }
        if is_too_long {
            return Ok(Line::Bad("line too long"));
        }
        line.pop();
        line.pop_if(|byte| *byte == b'\r');
        let text = str::from_utf8(without_signals(&line));
        Ok(text.map_or(Line::Bad("not UTF-8"), |text| Line::Text(text.into())))
    }

    /// Sends the lines of a reply, which have `\n` between them, and shows them.
    pub fn send(&mut self, reply: &str) -> io::Result<()> {
        if self.is_slow && !reply.is_empty() {
            thread::sleep(limits::SLOW);
        }
        let mut bytes = String::new();
        for line in reply.lines() {
            self.transcript.sent(line);
            bytes = bytes + line + "\r\n";
        }
        self.write(bytes.as_bytes())
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes)?;
        stream.flush()
    }

    /// Closes the connection in order. First the server reads, for a moment, what the peer may
    /// still send, and drops it: when a program closes a connection with bytes unread, the system
    /// resets it, and the last reply may be lost (RFC 2525 section 2.17).
    pub fn close(mut self) {
        let start = Instant::now();
        let _ = self.stream.get_mut().finish();
        let mut dropped = [0; 4_096];
        while matches!(self.socket.read(&mut dropped), Ok(1..)) && start.elapsed() < limits::TICK {}
    }
}

/// A line without the signals of Telnet that FTP clients put before an urgent command (RFC 959
/// section 4.1.3).
pub fn without_signals(line: &[u8]) -> &[u8] {
    let signals = line.iter().take_while(|byte| matches!(byte, 0xf2 | 0xf4 | 0xff)).count();
    &line[signals..]
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
