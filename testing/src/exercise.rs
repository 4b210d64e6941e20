//! What the checks of the exercises share. A check looks at a program from outside. It says each
//! thing that it does, and ends with the first one that does not go as the exercise wants it: what
//! it expected then, and what came.

use std::cell::RefCell;
use std::env;
use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::{Ended, Folder, Program, command, polite_smtp, succeed, talk};

/// How long a check waits for what it expects.
pub const LIMIT: Duration = Duration::from_secs(5);
/// How long a check sees to it that nothing comes.
pub const SILENCE: Duration = Duration::from_millis(300);
/// What follows at once helps to see what happened.
const MOMENT: Duration = Duration::from_millis(50);

/// How a check ends.
pub type Check<T = ()> = Result<T, NotYet>;

/// Why an exercise is not solved yet.
pub struct NotYet {
    /// What the check expected: `your program to ...`.
    expected: String,
    /// What came: sentences.
    came: String,
}

/// Two sentences, or more, which the test prints behind `Error: `.
impl Debug for NotYet {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        write!(formatter, "The check expected {}.\n{}", self.expected, self.came)
    }
}

/// Says that the exercise is not solved: what was expected, and in sentences what came.
pub fn not_yet<T>(expected: impl Into<String>, came: impl Into<String>) -> Check<T> {
    Err(NotYet { expected: expected.into(), came: came.into() })
}

/// How often.
pub fn times(count: usize) -> String {
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

/// Says what the check does: `sent "hello"`. It is shown when the exercise is not solved.
#[expect(clippy::print_stderr, reason = "a test shows it when it fails, and only then")]
pub fn step(done: &str) {
    eprintln!("- The check {done}.");
}

/// What can be read of what came, such as a mail.
pub fn readable<T, E: Display>(what: &str, read: Result<T, E>) -> Check<T> {
    read.or_else(|why| not_yet(format!("{what} that can be read"), format!("It cannot: {why}.")))
}

/// The program that is checked: the lesson as it is now, or another one that the variable
/// `LESSON_EXERCISE_PROGRAM` names.
pub struct Attempt {
    program: Program,
    /// How it has ended, once that is known.
    ended: Option<Ended>,
    /// Whether it ends by itself when it has answered.
    is_once: bool,
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
        Attempt { program: Program::start(&mut command), ended: None, is_once: false }
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

    /// The same for a server that ends when it has answered.
    pub fn serve_once(lesson: &str, arguments: &[&str]) -> Check<(Self, SocketAddr)> {
        let (mut server, addr) = Self::serve(lesson, arguments)?;
        server.is_once = true;
        Ok((server, addr))
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
    pub fn not_yet<T>(&mut self, expected: impl Into<String>, came: impl Into<String>) -> Check<T> {
        let mut came = came.into();
        if let Some(ended) = self.has_ended(SILENCE)
            && (ended.status != Some(0) || !self.is_once || came.starts_with(NOTHING))
        {
            came = format!("{came}\n{}", how_ended(&ended));
        }
        not_yet(expected, came)
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
            let said = RefCell::new(String::new());
            let is_it = |line: &str| {
                said.replace(line.split_once(": ").unwrap_or_default().1.into());
                // 12 is not 1.
                let rest = line.split_once(text).map(|(_, rest)| rest);
                rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
            };
            if attempt.program.logs(is_it, LIMIT).is_some() {
                return Ok(());
            }
            match said.take() {
                last if last.is_empty() => {
                    Err("Your program logged nothing more within 5 s.".into())
                }
                last => Err(format!(
                    "Your program did not within 5 s; the last that it logged is `{last}`."
                )),
            }
        })
    }

    /// Sends a datagram, and expects this answer.
    pub fn answers(&mut self, peer: &UdpSocket, datagram: &[u8], answer: &[u8]) -> Check {
        self.answers_to("the check", peer, datagram, answer)
    }

    /// Sends a datagram, and expects it back.
    pub fn echoes(&mut self, peer: &UdpSocket, datagram: &[u8]) -> Check {
        self.answers(peer, datagram, datagram)
    }

    /// Sends a datagram as `who`, and expects this answer.
    pub fn answers_to(
        &mut self,
        who: &str,
        peer: &UdpSocket,
        datagram: &[u8],
        answer: &[u8],
    ) -> Check {
        let is_right = |came: &[u8]| came == answer;
        self.answers_so(who, peer, datagram, answer, is_right)
    }

    /// Sends a datagram as `who`, and expects an answer that `is_right`, such as `answer`.
    pub fn answers_so(
        &mut self,
        who: &str,
        peer: &UdpSocket,
        datagram: &[u8],
        answer: &[u8],
        is_right: impl Fn(&[u8]) -> bool,
    ) -> Check {
        let done = match who {
            "the check" => format!("sent {}", show(datagram)),
            who => format!("sent {} as {who}", show(datagram)),
        };
        self.expect(&done, &format!("your program to answer {}", show(answer)), |_| {
            let came = peer.send(datagram).and_then(|_| next_datagram(peer));
            match came {
                Err(_) => Err(format!("{NOTHING} within 5 s.")),
                Ok(came) if is_right(&came) => Ok(()),
                Ok(came) => Err(format!("Your program answered {}.", show(&came))),
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
        self.expect(done, "your program to close the connection, and to send no more", |_| {
            let mut came = Vec::new();
            let why = read_until(stream, &mut came, LIMIT, |came| !came.is_empty());
            if !came.is_empty() {
                let _ = read_until(stream, &mut came, MOMENT, |_| false);
                Err(format!("Your program sent {}.", show(&came)))
            } else if is_end(&why) {
                Ok(())
            } else {
                Err("Your program did not close within 5 s.".into())
            }
        })
    }

    /// Expects that for a moment nothing comes, not even the end of the stream.
    pub fn keeps_silent(&mut self, stream: &mut TcpStream, done: &str) -> Check {
        self.expect(done, "your program to send nothing yet", |_| {
            let mut came = Vec::new();
            let why = read_until(stream, &mut came, SILENCE, |came| !came.is_empty());
            if !came.is_empty() {
                let _ = read_until(stream, &mut came, MOMENT, |_| false);
                Err(format!("Your program sent {}.", show(&came)))
            } else if is_end(&why) {
                Err("Your program closed the connection.".into())
            } else {
                Ok(())
            }
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

/// How the sentence begins that says that nothing came.
const NOTHING: &str = "Your program answered nothing";

/// Expects this exit status.
pub fn has_status(ended: &Ended, status: i32) -> Check {
    if ended.status == Some(status) {
        return Ok(());
    }
    let printed = match ended.stdout.trim_end() {
        "" => String::new(),
        text => format!("\nIt printed {}.", show(text.as_bytes())),
    };
    let expected = format!("your program to end with status {status}");
    not_yet(expected, format!("{}{printed}", how_ended(ended)))
}

/// Expects that this line is the program's error.
pub fn has_error(ended: &Ended, error: &str) -> Check {
    let expected = format!("Error: {error}");
    if ended.stderr.lines().any(|line| line == expected) {
        Ok(())
    } else {
        not_yet(format!("your program to say `{expected}`"), how_ended(ended))
    }
}

/// Expects that this is all that the program has printed; a last new line does not count.
pub fn has_printed(ended: &Ended, text: &str) -> Check {
    let expected = text.trim_end();
    let printed = ended.stdout.trim_end();
    if printed == expected {
        return Ok(());
    }
    let expected = match expected {
        "" => "your program to print nothing".into(),
        text => format!("your program to print {}", show(text.as_bytes())),
    };
    let printed = match printed {
        "" => "nothing".into(),
        text => show(text.as_bytes()),
    };
    not_yet(expected, format!("Your program printed {printed}."))
}

/// With which status a program has ended, and the last lines that it has logged.
fn how_ended(ended: &Ended) -> String {
    let mut text = match ended.status {
        Some(status) => format!("Your program has ended with status {status}."),
        None => "Your program was killed by a signal.".into(),
    };
    let lines: Vec<_> =
        ended.stderr.lines().filter(|line| !line.starts_with("note: run with ")).collect();
    for line in &lines[lines.len().saturating_sub(3)..] {
        text += &format!("\n  {line}");
    }
    text
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

/// The next datagram, if it comes in time.
fn next_datagram(socket: &UdpSocket) -> io::Result<Vec<u8>> {
    let mut datagram = vec![0; 65_535];
    succeed("limit the wait", socket.set_read_timeout(Some(LIMIT)));
    let length = shared::wait(|| socket.recv(&mut datagram))?;
    datagram.truncate(length);
    Ok(datagram)
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

/// Bytes as the log shows them, or the beginning of many.
pub fn show(bytes: &[u8]) -> String {
    const MOST: usize = 200;

    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text += &format!("{}{}", chunk.valid().escape_debug(), chunk.invalid().escape_ascii());
    }
    if text.chars().count() > MOST {
        format!("\"{}...\" ({} bytes)", text.chars().take(MOST).collect::<String>(), bytes.len())
    } else {
        format!("\"{text}\"")
    }
}

/// A TCP server of the check, for any number of connections.
pub struct Server<T> {
    /// Where it listens.
    pub addr: SocketAddr,
    connections: Arc<Mutex<Vec<JoinHandle<T>>>>,
}

impl<T: Send + 'static> Server<T> {
    /// Starts it. For each connection it calls `serve`, with 0 for the first.
    pub fn start(serve: impl Fn(usize, TcpStream) -> T + Send + Sync + 'static) -> Self {
        let listener = succeed("listen", TcpListener::bind("127.0.0.1:0"));
        let addr = succeed("ask for the port", listener.local_addr());
        let server = Server { addr, connections: Arc::default() };
        let serve = Arc::new(serve);
        let connections = Arc::clone(&server.connections);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                succeed("limit the wait", stream.set_read_timeout(Some(LIMIT)));
                succeed("limit the wait", stream.set_write_timeout(Some(LIMIT)));
                let serve = Arc::clone(&serve);
                let thread = thread::spawn(move || serve(number, stream));
                lock(&connections).push(thread);
            }
        });
        server
    }

    /// How many connections have come.
    pub fn count(&self) -> usize {
        lock(&self.connections).len()
    }

    /// What `serve` has returned for each connection. It is to be asked when the program has ended.
    pub fn results(&self) -> Vec<T> {
        let threads = mem::take(&mut *lock(&self.connections));
        threads.into_iter().flat_map(JoinHandle::join).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an MTA got in one connection.
pub struct Session {
    /// When the client had connected.
    pub began: Instant,
    /// When the first command came that the MTA refused.
    pub refused: Option<Instant>,
    /// The mails that came.
    pub mails: Vec<Mail>,
}

/// A mail, and who gets it.
pub struct Mail {
    /// The addresses of the envelope, in their order.
    pub to: Vec<String>,
    /// The message, with CR LF, without the dots that SMTP adds.
    pub message: String,
}

/// Starts an MTA. `odd` gets the number of the connection, 0 for the first, and each command, and may
/// refuse it.
pub fn mta(
    odd: impl Fn(usize, &str) -> Option<&'static str> + Send + Sync + 'static,
) -> Server<Session> {
    Server::start(move |number, stream| {
        let began = Instant::now();
        let mut refused = None;
        let lines = talk(stream, |line| match odd(number, line) {
            Some(answer) => {
                refused.get_or_insert(Instant::now());
                format!("{answer}\r\n").into_bytes()
            }
            None => polite_smtp(line),
        });
        let mut mails = Vec::new();
        let mut to = Vec::new();
        let mut message = None;
        for line in lines {
            if let Some(text) = &mut message {
                if line == "." && odd(number, ".").is_some() {
                    message = None;
                } else if line == "." {
                    mails.push(Mail { to: mem::take(&mut to), message: mem::take(text) });
                    message = None;
                } else {
                    *text += &format!("{}\r\n", line.strip_prefix('.').unwrap_or(&line));
                }
            } else if line == "DATA" {
                message = Some(String::new());
            } else if line.starts_with("MAIL ") || line == "RSET" {
                to.clear();
            } else if let Some(address) = line.strip_prefix("RCPT TO:<")
                && odd(number, &line).is_none()
            {
                to.extend(address.split_once('>').map(|(address, _)| address.to_string()));
            }
        }
        Session { began, refused, mails }
    })
}

/// Runs a lesson that sends a mail to its end, and returns the one mail that came.
pub fn sent_mail(lesson: &str, arguments: &[&str]) -> Check<Mail> {
    let mta = mta(|_, _| None);
    let url = format!("smtp://{}", mta.addr);
    let arguments = [&["--smtp-url", &url], arguments].concat();
    Attempt::start(lesson, &arguments).ends("took what your program sent, as an MTA", 0)?;
    let mut mails: Vec<_> = mta.results().into_iter().flat_map(|session| session.mails).collect();
    match mails.pop() {
        Some(mail) if mails.is_empty() => Ok(mail),
        last => {
            let count = mails.len() + usize::from(last.is_some());
            not_yet("one mail", format!("Your program sent {count} mails."))
        }
    }
}
