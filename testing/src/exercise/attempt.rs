//! The program that is checked, and what it is asked.

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use super::{Check, LIMIT, SILENCE, has_status, how_ended, not_yet, show, step};
use crate::{Ended, Folder, Program, command, succeed};

/// What follows at once helps to see what happened.
const MOMENT: Duration = Duration::from_millis(50);
/// How the sentence begins that says that nothing came.
const NOTHING: &str = "Your program answered nothing";

/// The program that is checked: the lesson as it is now, or another one that the variable
/// `LESSON_EXERCISE_PROGRAM` names.
pub struct Attempt {
    program: Program,
    /// How it has ended, once that is known.
    ended: Option<Ended>,
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
        Attempt { program: Program::start(&mut command), ended: None }
    }

    /// Starts the program, which is a server, and waits until it listens.
    pub fn serve(lesson: &str, arguments: &[&str]) -> Check<(Self, SocketAddr)> {
        let addr = ["--echo-addr", "127.0.0.1:0"];
        let mut server = Self::start(lesson, &[&addr, arguments].concat());
        let line = server.program.logs(|line| line.contains("listening on "), LIMIT);
        let addr = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
        match addr {
            Some(addr) => Ok((server, addr)),
            None => {
                let none = "No such line came within 5 s.";
                server.not_yet("your program to log `listening on` and its address", none)
            }
        }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.program.id()
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
        match self.has_ended(SILENCE) {
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
            attempt.has_ended(LIMIT).ok_or("Your program still ran then.".into())
        })
    }

    /// Waits a moment for the program's end.
    pub fn has_ended(&mut self, moment: Duration) -> Option<Ended> {
        if self.ended.is_none() {
            self.ended = self.program.ends(moment);
        }
        self.ended.clone()
    }

    /// Expects that the log says `text` next, behind whatever else it says.
    pub fn logs(&mut self, done: &str, text: &str) -> Check {
        self.expect(done, &format!("your program to log `{text}`"), |attempt| {
            let is_it = |line: &str| {
                // 12 is not 1.
                let rest = line.split_once(text).map(|(_, rest)| rest);
                rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
            };
            if attempt.program.logs(is_it, LIMIT).is_some() {
                return Ok(());
            }
            let last = attempt.program.stderr.lines().last().unwrap_or_default();
            let (_, last) = last.split_once(": ").unwrap_or_default();
            Err(format!("Your program did not log it within 5 s; its last line is `{last}`."))
        })
    }

    /// Sends a datagram as `who`, the check itself if that is empty, and expects this answer.
    pub fn answers(
        &mut self,
        who: &str,
        peer: &UdpSocket,
        datagram: impl AsRef<[u8]>,
        answer: impl AsRef<[u8]>,
    ) -> Check {
        let answer = answer.as_ref();
        self.answers_so(who, peer, datagram, answer, |came| came == answer)
    }

    /// Sends a datagram as `who`, and expects it back.
    pub fn echoes(&mut self, who: &str, peer: &UdpSocket, datagram: impl AsRef<[u8]>) -> Check {
        let datagram = datagram.as_ref();
        self.answers(who, peer, datagram, datagram)
    }

    /// Sends a datagram as `who`, and expects an answer that `is_right`, such as `answer`.
    pub fn answers_so(
        &mut self,
        who: &str,
        peer: &UdpSocket,
        datagram: impl AsRef<[u8]>,
        answer: &[u8],
        is_right: impl Fn(&[u8]) -> bool,
    ) -> Check {
        let datagram = datagram.as_ref();
        let who = if who.is_empty() { String::new() } else { format!(" as {who}") };
        let done = format!("sent {}{who}", show(datagram));
        self.expect(&done, &format!("your program to answer {}", show(answer)), |_| {
            let mut came = vec![0; 65_535];
            succeed("limit the wait", peer.set_read_timeout(Some(LIMIT)));
            let sent = peer.send(datagram);
            match sent.and_then(|_| shared::wait(|| peer.recv(&mut came))) {
                Err(_) => Err(format!("{NOTHING} within 5 s.")),
                Ok(length) if is_right(&came[..length]) => Ok(()),
                Ok(length) => Err(format!("Your program answered {}.", show(&came[..length]))),
            }
        })
    }

    /// Connects to the program.
    pub fn connect(&mut self, who: &str, addr: SocketAddr) -> Check<TcpStream> {
        self.expect(who, "your program to accept the connection", |_| {
            let stream = TcpStream::connect(addr).map_err(|_| "Your program does not listen.")?;
            succeed("limit the wait", stream.set_read_timeout(Some(LIMIT)));
            succeed("limit the wait", stream.set_write_timeout(Some(LIMIT)));
            Ok(stream)
        })
    }

    /// Sends bytes over a stream, and expects that these come next.
    pub fn replies(&mut self, stream: &mut TcpStream, bytes: &[u8], reply: &[u8]) -> Check {
        // If the other side has gone, the next step says so.
        let _ = stream.write_all(bytes);
        self.sends(stream, &format!("sent {}", show(bytes)), reply)
    }

    /// Expects that these bytes come next.
    pub fn sends(&mut self, stream: &mut TcpStream, done: &str, bytes: &[u8]) -> Check {
        self.expect(done, &format!("your program to send {}", show(bytes)), |_| {
            let mut came = Vec::new();
            let why = read_until(stream, &mut came, LIMIT, |came| {
                came.len() == bytes.len() || !bytes.starts_with(came)
            });
            if came == bytes {
                return Ok(());
            }
            let is_begun = bytes.starts_with(&came);
            let _ = read_until(stream, &mut came, MOMENT, |_| false);
            Err(if is_begun {
                sent_only(&came, &why)
            } else {
                format!("Your program sent {}.", show(&came))
            })
        })
    }

    /// Expects that this text comes, among whatever else comes.
    pub fn hears(&mut self, stream: &mut TcpStream, done: &str, text: &str) -> Check {
        let expected = format!("your program to send {}", show(text.as_bytes()));
        self.expect(done, &expected, |_| heard(stream, text))
    }

    /// Sends a text as `who`, and expects that it comes back, among whatever else comes.
    pub fn says(&mut self, who: &str, stream: &mut TcpStream, text: &str) -> Check {
        // If the other side has gone, the next step says so.
        let _ = stream.write_all(text.as_bytes());
        self.hears(stream, &format!("sent \"{text}\" as {who}"), text)
    }

    /// Expects the end of the stream, with nothing before it.
    pub fn closes(&mut self, stream: &mut TcpStream, done: &str) -> Check {
        self.expect(
            done,
            "your program to close its side of the connection, and to send no more",
            |_| {
                let why = nothing_comes(stream, LIMIT)?;
                if is_end(&why) {
                    Ok(())
                } else {
                    Err("Your program did not close within 5 s.".into())
                }
            },
        )
    }

    /// Expects that for a moment nothing comes, not even the end of the stream.
    pub fn keeps_silent(&mut self, stream: &mut TcpStream, done: &str) -> Check {
        self.expect(done, "your program to send nothing yet", |_| {
            let why = nothing_comes(stream, SILENCE)?;
            if is_end(&why) { Err("Your program closed the connection.".into()) } else { Ok(()) }
        })
    }

    /// Expects that the program connects.
    pub fn connects(&mut self, listener: &TcpListener) -> Check<TcpStream> {
        self.expect("waited for your program", "it to connect within 5 s", |_| {
            succeed("listen without waiting", listener.set_nonblocking(true));
            let limit = Instant::now() + LIMIT;
            while Instant::now() < limit {
                if let Ok((stream, _)) = listener.accept() {
                    succeed("wait again", stream.set_nonblocking(false));
                    succeed("limit the wait", stream.set_write_timeout(Some(LIMIT)));
                    return Ok(stream);
                }
                thread::sleep(Duration::from_millis(10));
            }
            Err("Your program did not.".into())
        })
    }
}

/// An argument as one types it.
fn typed(argument: &str) -> String {
    let is_plain =
        argument.chars().all(|letter| letter.is_alphanumeric() || "-_./:@".contains(letter));
    if is_plain { argument.into() } else { format!("'{argument}'") }
}

/// Says that less has come than expected.
fn sent_only(came: &[u8], why: &io::Error) -> String {
    let then = if is_end(why) { "closed the connection" } else { "sent no more within 5 s" };
    match came {
        [] if is_end(why) => format!("{NOTHING}, and closed the connection."),
        [] => format!("{NOTHING} within 5 s."),
        came => format!("Your program sent {}, and then {then}.", show(came)),
    }
}

/// Waits for this text, among whatever else comes.
///
/// # Errors
/// It does not come; the text says what came.
pub fn heard(stream: &mut TcpStream, text: &str) -> Result<(), String> {
    let mut came = Vec::new();
    let has_text = |came: &[u8]| came.windows(text.len()).any(|part| part == text.as_bytes());
    let why = read_until(stream, &mut came, LIMIT, has_text);
    if has_text(&came) { Ok(()) } else { Err(sent_only(&came, &why)) }
}

/// Expects that no bytes come within this time, and returns what ended the wait for them.
fn nothing_comes(stream: &mut TcpStream, limit: Duration) -> Result<io::Error, String> {
    let mut came = Vec::new();
    let why = read_until(stream, &mut came, limit, |came| !came.is_empty());
    if came.is_empty() {
        return Ok(why);
    }
    let _ = read_until(stream, &mut came, MOMENT, |_| false);
    Err(format!("Your program sent {}.", show(&came)))
}

/// Reads until it `is_enough`, or something ends the reading, which is returned.
fn read_until(
    stream: &mut TcpStream,
    came: &mut Vec<u8>,
    limit: Duration,
    is_enough: impl Fn(&[u8]) -> bool,
) -> io::Error {
    let limit = Instant::now() + limit;
    while !is_enough(came) {
        let left = limit.saturating_duration_since(Instant::now());
        // macOS takes no time-out when both sides have closed; there is nothing to wait for then.
        let _ = stream.set_read_timeout(Some(left.max(Duration::from_millis(1))));
        // Byte by byte: what follows belongs to the next step.
        let mut byte = [0];
        match shared::wait(|| stream.read(&mut byte)) {
            Ok(0) => return ErrorKind::UnexpectedEof.into(),
            Ok(_) => came.push(byte[0]),
            Err(why) if is_end(&why) || left.is_zero() => return why,
            Err(_) => {}
        }
    }
    ErrorKind::Other.into()
}

/// Whether the other side has ended the stream, in order or not.
fn is_end(why: &io::Error) -> bool {
    !matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Other)
}

/// Leaves badly: closes a connection with bytes unread, which resets it.
pub fn break_off(mut stream: TcpStream) {
    succeed("limit the wait", stream.set_read_timeout(Some(LIMIT)));
    succeed("limit the wait", stream.set_write_timeout(Some(LIMIT)));
    let _ = stream.write_all(&[b'x'; 100_000]);
    let _ = stream.peek(&mut [0]);
}

/// Closes the sending side.
pub fn say_no_more(stream: &TcpStream) {
    // If the other side has gone, the next step says so.
    let _ = stream.shutdown(Shutdown::Write);
}
