//! What the checks of the exercises share. A check looks at a program from outside. It ends with the
//! first thing that is not as the exercise wants it, and says so in one line: what was done, what
//! was expected, and what came.

use std::cell::RefCell;
use std::env;
use std::fmt::{self, Debug, Formatter};
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

/// Why an exercise is not solved yet, in one line.
pub struct NotYet(String);

impl NotYet {
    /// The same, of somebody: `who` is what the line begins with.
    pub fn by(self, who: &str) -> Self {
        NotYet(format!("{who} {}", self.0))
    }
}

/// The line, which the test prints behind `Error: `.
impl Debug for NotYet {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The program that is checked: the lesson as it is now, or another one that the variable
/// `LESSON_EXERCISE_PROGRAM` names.
pub struct Attempt {
    program: Program,
    /// What to call it.
    name: &'static str,
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
        let given = env::var("LESSON_EXERCISE_PROGRAM");
        let mut command = command(given.as_deref().unwrap_or(lesson), folder);
        command.env("RUST_BACKTRACE", "0").args(["--log", "info"]).args(arguments);
        let program = Program::start(&mut command);
        Attempt { program, name: "program" }
    }

    /// Starts the program, which is a server, and waits until it listens.
    pub fn serve(lesson: &str, arguments: &[&str]) -> Check<(Self, SocketAddr)> {
        let addr = ["--echo-addr", "127.0.0.1:0"];
        let mut server = Self::start(lesson, &[&addr, arguments].concat());
        server.name = "server";
        let line = server.expect("started the server", "it to listen", |server| {
            let line = server.program.logs(|line| line.contains("listening on "), LIMIT);
            line.ok_or("it does not".into())
        })?;
        let addr = line.rsplit(' ').next().and_then(|addr| addr.parse().ok());
        let addr = addr.unwrap_or_else(|| panic!("no address in {line:?}"));
        Ok((server, addr))
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.program.id()
    }

    /// Waits for something, and says so; `wait` returns it, or what came in its place.
    pub fn expect<T>(
        &mut self,
        done: &str,
        expected: &str,
        wait: impl FnOnce(&mut Self) -> Result<T, String>,
    ) -> Check<T> {
        waiting(done, expected);
        wait(self).map_err(|came| self.not_yet(&format!("{done}, expected {expected}: {came}")))
    }

    /// Says that the exercise is not solved; if the program has ended already, also how.
    pub fn not_yet(&mut self, why: &str) -> NotYet {
        match self.program.ends(SILENCE) {
            Some(ended) => NotYet(format!("{why}; the {} has ended{}", self.name, last(&ended))),
            None => NotYet(why.into()),
        }
    }

    /// Expects that the program ends with this status.
    pub fn ends(&mut self, done: &str, status: i32) -> Check<Ended> {
        let name = self.name;
        let expected = format!("the {name} to end within 5 s");
        let ended = self.expect(done, &expected, |attempt| {
            attempt.program.ends(LIMIT).ok_or("it still runs".into())
        })?;
        has_status(&ended, done, status)?;
        Ok(ended)
    }

    /// Waits a moment for the program's end.
    pub fn has_ended(&mut self, moment: Duration) -> Option<Ended> {
        self.program.ends(moment)
    }

    /// Expects that the log says `text` next, behind whatever else it says.
    pub fn logs(&mut self, done: &str, text: &str) -> Check {
        self.expect(done, &format!("the log to say `{text}`"), |attempt| {
            let said = RefCell::new("nothing".to_string());
            let is_it = |line: &str| {
                said.replace(line.split_once(": ").unwrap_or_default().1.into());
                // 12 is not 1.
                let rest = line.split_once(text).map(|(_, rest)| rest);
                rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
            };
            match attempt.program.logs(is_it, LIMIT) {
                Some(_) => Ok(()),
                None => Err(format!("it did not within 5 s, and ends with `{}`", said.take())),
            }
        })
    }

    /// Sends a datagram, and expects this answer.
    pub fn answers(&mut self, peer: &UdpSocket, datagram: &[u8], answer: &[u8]) -> Check {
        self.answers_so(peer, datagram, answer, |came| came == answer)
    }

    /// Sends a datagram, and expects an answer that `is_right`, such as `answer`.
    pub fn answers_so(
        &mut self,
        peer: &UdpSocket,
        datagram: &[u8],
        answer: &[u8],
        is_right: impl Fn(&[u8]) -> bool,
    ) -> Check {
        let done = format!("sent {}", show(datagram));
        self.expect(&done, &show(answer), |_| {
            let sent = peer.send(datagram);
            let came = sent.and_then(|_| next_datagram(peer));
            match came.map_err(|why| nothing_because(&why))? {
                came if is_right(&came) => Ok(()),
                came => Err(format!("{} came back", show(&came))),
            }
        })
    }

    /// Sends a datagram, and expects it back.
    pub fn echoes(&mut self, peer: &UdpSocket, datagram: &[u8]) -> Check {
        self.answers(peer, datagram, datagram)
    }

    /// Sends bytes over a stream, and expects that these come next.
    pub fn replies(&mut self, stream: &mut TcpStream, bytes: &[u8], reply: &[u8]) -> Check {
        // If the other side has gone, the next step says so.
        let _ = stream.write_all(bytes);
        self.sends(stream, &format!("sent {}", show(bytes)), reply)
    }

    /// Expects that these bytes come next.
    pub fn sends(&mut self, stream: &mut TcpStream, done: &str, bytes: &[u8]) -> Check {
        self.expect(done, &show(bytes), |_| {
            let mut came = Vec::new();
            let why = read_until(stream, &mut came, LIMIT, |came| {
                came.len() == bytes.len() || !bytes.starts_with(came)
            });
            if came == bytes {
                return Ok(());
            }
            let _ = read_until(stream, &mut came, MOMENT, |_| false);
            Err(match (came.is_empty(), bytes.starts_with(&came)) {
                (true, _) => nothing_because(&why),
                (_, true) => format!("{} came, then {}", show(&came), nothing_because(&why)),
                _ => format!("{} came", show(&came)),
            })
        })
    }

    /// Expects that this text comes, among whatever else comes.
    pub fn hears(&mut self, stream: &mut TcpStream, done: &str, text: &str) -> Check {
        self.expect(done, &show(text.as_bytes()), |_| {
            let mut came = Vec::new();
            let has_text =
                |came: &[u8]| came.windows(text.len()).any(|part| part == text.as_bytes());
            let why = read_until(stream, &mut came, LIMIT, has_text);
            match has_text(&came) {
                true => Ok(()),
                _ if came.is_empty() => Err(nothing_because(&why)),
                _ => Err(format!("{} came, then {}", show(&came), nothing_because(&why))),
            }
        })
    }

    /// Sends a text, and expects that it comes back, among whatever else comes.
    pub fn says(&mut self, stream: &mut TcpStream, text: &str) -> Check {
        // If the other side has gone, the next step says so.
        let _ = stream.write_all(text.as_bytes());
        self.hears(stream, &format!("sent \"{text}\""), text)
    }

    /// Expects the end of the stream, with nothing before it.
    pub fn closes(&mut self, stream: &mut TcpStream, done: &str) -> Check {
        self.expect(done, "the end of the stream", |_| {
            let mut came = Vec::new();
            let why = read_until(stream, &mut came, LIMIT, |came| !came.is_empty());
            match is_end(&why) {
                _ if !came.is_empty() => Err(format!("{} came", show(&came))),
                true => Ok(()),
                false => Err("it did not come within 5 s".into()),
            }
        })
    }

    /// Expects that for a moment nothing comes, not even the end of the stream.
    pub fn keeps_silent(&mut self, stream: &mut TcpStream, done: &str) -> Check {
        self.expect(done, "nothing yet", |_| {
            let mut came = Vec::new();
            let why = read_until(stream, &mut came, SILENCE, |came| !came.is_empty());
            match is_end(&why) {
                _ if !came.is_empty() => {
                    let _ = read_until(stream, &mut came, MOMENT, |_| false);
                    Err(format!("{} came", show(&came)))
                }
                true => Err("the end of the stream came".into()),
                false => Ok(()),
            }
        })
    }

    /// Expects that the program connects.
    pub fn connects(&mut self, listener: &TcpListener) -> Check<TcpStream> {
        self.expect("started the client", "it to connect within 5 s", |_| {
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
            Err("it did not".into())
        })
    }
}

/// Says for what the check waits; `check` shows it when that takes long.
#[expect(clippy::print_stderr, reason = "a test shows it when it fails, and only then")]
fn waiting(done: &str, expected: &str) {
    eprintln!("{done}, expecting {expected}");
}

/// Says that the exercise is not solved: what was done, what was expected, and what came.
pub fn not_yet<T>(why: impl Into<String>) -> Check<T> {
    Err(NotYet(why.into()))
}

/// Expects this exit status.
pub fn has_status(ended: &Ended, done: &str, status: i32) -> Check {
    if ended.status == Some(status) {
        return Ok(());
    }
    let printed = match ended.stdout.trim_end() {
        "" => String::new(),
        text => format!(", and it printed {}", show(text.as_bytes())),
    };
    let is = ended.status.map_or("none".into(), |status| status.to_string());
    not_yet(format!("{done}, expected status {status}: it is {is}{printed}{}", last(ended)))
}

/// Expects that this line is the program's error.
pub fn has_error(ended: &Ended, done: &str, error: &str) -> Check {
    let expected = format!("Error: {error}");
    match ended.stderr.lines().any(|line| line == expected) {
        true => Ok(()),
        false => not_yet(format!("{done}, expected `{expected}`{}", last(ended))),
    }
}

/// Expects that this is all that the program has printed.
pub fn has_printed(ended: &Ended, done: &str, text: &str) -> Check {
    match ended.stdout == text {
        true => Ok(()),
        false => {
            let (expected, printed) = (show(text.as_bytes()), show(ended.stdout.as_bytes()));
            not_yet(format!("{done}, expected {expected} to be printed: it is {printed}"))
        }
    }
}

/// The last two lines that a program which failed has logged.
fn last(ended: &Ended) -> String {
    let lines = ended.stderr.lines().filter(|line| !line.starts_with("note: "));
    let mut lines: Vec<_> = lines.rev().take(2).collect();
    lines.reverse();
    match ended.status {
        _ if lines.is_empty() => String::new(),
        Some(0) => String::new(),
        _ => format!("; it says: {}", lines.join(" | ")),
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

fn nothing_because(why: &io::Error) -> String {
    match why.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Other => {
            "nothing came within 5 s".into()
        }
        ErrorKind::UnexpectedEof => "the end of the stream came".into(),
        _ => format!("nothing came: {}", why.kind()),
    }
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
    const MOST: usize = 60;

    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text += &format!("{}{}", chunk.valid().escape_debug(), chunk.invalid().escape_ascii());
    }
    match text.chars().count() > MOST {
        true => format!(
            "\"{}...\" ({} bytes)",
            text.chars().take(MOST).collect::<String>(),
            bytes.len()
        ),
        false => format!("\"{text}\""),
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
        let (serve, connections) = (Arc::new(serve), Arc::clone(&server.connections));
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
        let (began, mut refused) = (Instant::now(), None);
        let lines = talk(stream, |line| match odd(number, line) {
            Some(answer) => {
                refused.get_or_insert(Instant::now());
                format!("{answer}\r\n").into_bytes()
            }
            None => polite_smtp(line),
        });
        let (mut mails, mut to, mut message) = (Vec::new(), Vec::new(), None);
        for line in lines {
            if let Some(text) = &mut message {
                if line == "." {
                    mails.push(Mail { to: mem::take(&mut to), message: mem::take(text) });
                    message = None;
                } else {
                    *text += &format!("{}\r\n", line.strip_prefix('.').unwrap_or(&line));
                }
            } else if line == "DATA" {
                message = Some(String::new());
            } else if line.starts_with("MAIL ") {
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
    Attempt::start(lesson, &arguments).ends("started the program", 0)?;
    let mut mails: Vec<_> = mta.results().into_iter().flat_map(|session| session.mails).collect();
    match mails.pop() {
        Some(mail) if mails.is_empty() => Ok(mail),
        None => not_yet("started the program, expected one mail: none came"),
        Some(_) => {
            not_yet(format!("started the program, expected one mail: {} came", mails.len() + 1))
        }
    }
}
