//! The program that is checked, and what it is asked.

use std::env;
use std::fmt::Display;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use super::{Check, LIMIT, SILENCE, ensure, has_status, how_ended, not_yet, show, step};
use crate::{Ended, Folder, Program, Server, command, succeed};

/// What follows at once helps to see what happened.
const MOMENT: Duration = Duration::from_millis(50);
/// How the sentence begins that says that nothing came.
const NOTHING: &str = "Your program answered nothing";

/// The program that is checked: the lesson as it is now, or another one that the variable
/// `LESSON_EXERCISE_PROGRAM` names.
pub struct Attempt {
    /// The process in which it runs.
    pub program: Program,
}

impl Attempt {
    /// Starts the program in a folder of its own.
    pub fn start(lesson: &str, arguments: &[&str]) -> Self {
        let folder = Folder::create();
        let mut attempt = Self::start_in(&folder, lesson, arguments);
        attempt.program._folder = Some(folder);
        attempt
    }

    /// Starts the program in `folder`.
    pub fn start_in(folder: &Folder, lesson: &str, arguments: &[&str]) -> Self {
        let typed: Vec<_> = arguments.iter().map(|argument| typed(argument)).collect();
        step(&format!("started your program with `{}`", typed.join(" ")));
        let given = env::var("LESSON_EXERCISE_PROGRAM");
        let mut command = command(given.as_deref().unwrap_or(lesson), folder);
        command.env("RUST_BACKTRACE", "0").args(["--log", "info"]).args(arguments);
        Attempt { program: Program::start(&mut command) }
    }

    /// Starts the program, which is a client, to send a message to an echo server, and to wait for
    /// the answer for so many seconds.
    pub fn ask(lesson: &str, server: SocketAddr, message: &str, timeout: &str) -> Self {
        let addr = server.to_string();
        let arguments = ["--echo-addr", &addr, "--message", message, "--timeout", timeout];
        Self::start(lesson, &arguments)
    }

    /// Starts the program, which is a server, and waits until it listens.
    pub fn serve(lesson: &str, arguments: &[&str]) -> Check<(Self, SocketAddr)> {
        let addr = ["--echo-addr", "127.0.0.1:0"];
        let mut server = Self::start(lesson, &[&addr, arguments].concat());
        let line = server.program.logs(|line| line.contains("listening on "), LIMIT);
        let addr = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        let expected = "your program to log `listening on` and its address";
        let addr = addr.ok_or("No such line came within 5 s.");
        let addr = addr.or_else(|none| server.not_yet(expected, none))?;
        Ok((server, addr))
    }

    /// Does something, and waits for what is expected then; `wait` returns it, or what came in its
    /// place, in sentences.
    pub fn expect<T>(
        &mut self,
        done: &str,
        expected: &str,
        wait: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Check<T> {
        step(done);
        wait(self).or_else(|came| self.not_yet(expected, came))
    }

    /// Says that the exercise is not solved; if the program has failed, also how.
    pub fn not_yet<T>(&mut self, expected: impl Display, came: impl Display) -> Check<T> {
        let came = came.to_string();
        match self.program.ends(SILENCE) {
            // That it has ended well explains only why nothing came.
            Some(ended) if ended.status != Some(0) || came.starts_with(NOTHING) => {
                not_yet(expected, format!("{came}\n{}", how_ended(&ended)))
            }
            _ => not_yet(expected, came),
        }
    }

    /// Expects that the program ends with this status.
    pub fn ends(&mut self, done: &str, status: i32) -> Check<Ended> {
        let ended = self.ends_somehow(done)?;
        has_status(&ended, status)?;
        Ok(ended)
    }

    /// Expects that the program ends, with any status.
    pub fn ends_somehow(&mut self, done: &str) -> Check<Ended> {
        self.expect(done, "your program to end within 5 s", |attempt| {
            attempt.program.ends(LIMIT).ok_or("Your program still ran then.".into())
        })
    }

    /// Expects that the program ends, and that it has connected so often until then.
    pub fn ends_after<T: Send + 'static>(
        &mut self,
        done: &str,
        server: &Server<T>,
        tries: usize,
    ) -> Check<Ended> {
        let ended = self.expect(done, "your program to end within 5 s", |attempt| {
            attempt.program.ends(LIMIT).ok_or_else(|| {
                format!("Your program still runs, and has connected {}.", times(server.count()))
            })
        })?;
        let count = server.count();
        let came = format!("Your program connected {}.", times(count));
        ensure(count == tries, format!("your program to connect {}", times(tries)), came)?;
        Ok(ended)
    }

    /// Expects that the log says `text` next, behind whatever else it says.
    pub fn logs(&mut self, done: &str, text: &str) -> Check {
        self.expect(done, &format!("your program to log `{text}`"), |attempt| {
            let says_text = |line: &str| {
                // 12 is not 1.
                let rest = line.split_once(text).map(|(_, rest)| rest);
                rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
            };
            if attempt.program.logs(says_text, LIMIT).is_some() {
                return Ok(());
            }
            let last = attempt.program.stderr.lines().last().unwrap_or_default();
            let (_, last) = last.split_once(": ").unwrap_or_default();
            Err(format!("Your program did not log it within 5 s; its last line is `{last}`."))
        })
    }

    /// Sends a datagram as `who`, the check itself if that is empty, and expects the first of these
    /// answers; another one of them will do as well.
    pub fn answers(
        &mut self,
        who: &str,
        peer: &UdpSocket,
        datagram: &[u8],
        answers: &[&[u8]],
    ) -> Check {
        let who = if who.is_empty() { String::new() } else { format!(" as {who}") };
        let done = format!("sent {}{who}", show(datagram));
        self.expect(&done, &format!("your program to answer {}", show(answers[0])), |_| {
            let mut came = vec![0; 65_535];
            succeed("set a time-out", peer.set_read_timeout(Some(LIMIT)));
            let sent = peer.send(datagram);
            match sent.and_then(|_| shared::wait(|| peer.recv(&mut came))) {
                Err(_) => Err(format!("{NOTHING} within 5 s.")),
                Ok(length) if answers.contains(&&came[..length]) => Ok(()),
                Ok(length) => Err(format!("Your program answered {}.", show(&came[..length]))),
            }
        })
    }

    /// Sends a datagram as `who`, and expects it back.
    pub fn echoes(&mut self, who: &str, peer: &UdpSocket, datagram: &str) -> Check {
        self.answers(who, peer, datagram.as_bytes(), &[datagram.as_bytes()])
    }

    /// Connects to the program.
    pub fn connect(&mut self, who: &str, addr: SocketAddr) -> Check<TcpStream> {
        self.expect(who, "your program to accept the connection", |_| {
            let stream = TcpStream::connect(addr).map_err(|_| "Your program does not listen.")?;
            succeed("set a time-out", stream.set_read_timeout(Some(LIMIT)));
            succeed("set a time-out", stream.set_write_timeout(Some(LIMIT)));
            Ok(stream)
        })
    }

    /// Sends bytes over a stream, and expects that these come next.
    pub fn replies(&mut self, stream: &mut TcpStream, bytes: &[u8], reply: &[u8]) -> Check {
        send(stream, bytes);
        self.sends(stream, &format!("sent {}", show(bytes)), reply)
    }

    /// Expects that these bytes come next.
    pub fn sends(&mut self, stream: &mut TcpStream, done: &str, bytes: &[u8]) -> Check {
        self.expect(done, &format!("your program to send {}", show(bytes)), |_| {
            let wanted = |came: &[u8]| bytes.strip_prefix(came).map_or(0, <[u8]>::len);
            match read(stream, LIMIT, wanted) {
                (came, End::Enough) if came == bytes => Ok(()),
                (came, End::Enough) => Err(sent_other(came, stream)),
                (came, end) => Err(sent_only(&came, end)),
            }
        })
    }

    /// Expects that this text comes, among whatever else comes.
    pub fn hears(&mut self, stream: &mut TcpStream, done: &str, text: &str) -> Check {
        let expected = format!("your program to send {}", show(text.as_bytes()));
        self.expect(done, &expected, |_| heard(stream, text))
    }

    /// Sends a text as `who`, and expects that it comes back, among whatever else comes.
    pub fn says(&mut self, who: &str, stream: &mut TcpStream, text: &str) -> Check {
        send(stream, text.as_bytes());
        self.hears(stream, &format!("sent \"{text}\" as {who}"), text)
    }

    /// Expects the end of the stream, with nothing before it.
    pub fn closes(&mut self, stream: &mut TcpStream, done: &str) -> Check {
        let expected = "your program to close its side of the connection, and to send no more";
        self.expect(done, expected, |_| match read(stream, LIMIT, a_byte) {
            (_, End::Closed) => Ok(()),
            (_, End::TimedOut) => Err("Your program did not close within 5 s.".into()),
            (came, End::Enough) => Err(sent_other(came, stream)),
        })
    }

    /// Expects that for a moment nothing comes, not even the end of the stream.
    pub fn keeps_silent(&mut self, stream: &mut TcpStream, done: &str) -> Check {
        let expected = "your program to send nothing yet";
        self.expect(done, expected, |_| match read(stream, SILENCE, a_byte) {
            (_, End::TimedOut) => Ok(()),
            (_, End::Closed) => Err("Your program closed the connection.".into()),
            (came, End::Enough) => Err(sent_other(came, stream)),
        })
    }

    /// Expects that the program connects.
    pub fn connects(&mut self, listener: &TcpListener) -> Check<TcpStream> {
        self.expect("waited for your program", "it to connect within 5 s", |_| {
            succeed("listen without waiting", listener.set_nonblocking(true));
            let deadline = Instant::now() + LIMIT;
            while Instant::now() < deadline {
                if let Ok((stream, _)) = listener.accept() {
                    succeed("wait again", stream.set_nonblocking(false));
                    succeed("set a time-out", stream.set_write_timeout(Some(LIMIT)));
                    return Ok(stream);
                }
                thread::sleep(Duration::from_millis(10));
            }
            Err("Your program did not.".into())
        })
    }
}

/// How often.
fn times(count: usize) -> String {
    match count {
        1 => "once".into(),
        2 => "twice".into(),
        count => format!("{count} times"),
    }
}

/// An argument as one types it.
fn typed(argument: &str) -> String {
    let is_plain =
        argument.chars().all(|letter| letter.is_alphanumeric() || "-_./:@".contains(letter));
    if is_plain { argument.into() } else { format!("'{argument}'") }
}

/// Waits for this text, among whatever else comes.
///
/// # Errors
/// It does not come; the text says what came.
pub fn heard(stream: &mut TcpStream, text: &str) -> Result<(), String> {
    match read(stream, LIMIT, |came| usize::from(!came.ends_with(text.as_bytes()))) {
        (_, End::Enough) => Ok(()),
        (came, end) => Err(sent_only(&came, end)),
    }
}

/// Says that less has come than expected.
fn sent_only(came: &[u8], end: End) -> String {
    let is_closed = end == End::Closed;
    let then = if is_closed { "closed the connection" } else { "sent no more within 5 s" };
    match came {
        [] if is_closed => format!("{NOTHING}, and {then}."),
        [] => format!("{NOTHING} within 5 s."),
        came => format!("Your program sent {}, and then {then}.", show(came)),
    }
}

/// Says that something else has come than expected, with what follows it at once.
fn sent_other(came: Vec<u8>, stream: &TcpStream) -> String {
    let (rest, _) = read(stream, MOMENT, |_| 1_024);
    format!("Your program sent {}.", show([came, rest].concat()))
}

/// Why no more is read of a stream.
#[derive(PartialEq)]
enum End {
    /// This was enough.
    Enough,
    /// The other side has ended it, in order or not.
    Closed,
    /// The time is over.
    TimedOut,
}

/// Reads while more bytes are `wanted`, which is asked after each piece, but no longer than
/// `timeout`, and never more than these: what follows belongs to the next step. Returns what has
/// come, and why no more is read.
fn read(stream: &TcpStream, timeout: Duration, wanted: impl Fn(&[u8]) -> usize) -> (Vec<u8>, End) {
    let mut reader = shared::in_time(stream, timeout);
    let mut came = Vec::new();
    loop {
        let mut piece = vec![0; wanted(&came)];
        if piece.is_empty() {
            return (came, End::Enough);
        }
        match reader.read(&mut piece) {
            Err(error) if error.kind() == ErrorKind::TimedOut => return (came, End::TimedOut),
            Ok(0) | Err(_) => return (came, End::Closed),
            Ok(length) => came.extend(&piece[..length]),
        }
    }
}

/// Wants one byte, whatever it is.
fn a_byte(came: &[u8]) -> usize {
    usize::from(came.is_empty())
}

/// Sends bytes. If the other side has gone, the next step says so.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

/// Closes the sending side. If the other side has gone, the next step says so.
pub fn say_no_more(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
}
