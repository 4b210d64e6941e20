//! The other side of a program that is checked.

use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use super::{Attempt, Check, LIMIT, ensure, not_yet};
use crate::{Ended, Folder, polite_smtp, succeed, talk};

/// A program that connects for ever would take all threads that the system has.
const MOST: usize = 1_000;

/// A TCP server of the check, for many connections at once.
pub struct Server<T> {
    /// Where it listens.
    pub addr: SocketAddr,
    connections: Arc<Mutex<Vec<JoinHandle<T>>>>,
}

impl<T: Send + 'static> Server<T> {
    /// Starts it. For each connection it calls `serve`, with 0 for the first. After a thousand, nobody
    /// listens any more.
    pub fn start(serve: impl Fn(usize, TcpStream) -> T + Send + Sync + 'static) -> Self {
        let listener = succeed("listen", TcpListener::bind("127.0.0.1:0"));
        let addr = succeed("ask for the port", listener.local_addr());
        let server = Server { addr, connections: Arc::default() };
        let serve = Arc::new(serve);
        let connections = Arc::clone(&server.connections);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().take(MOST).enumerate() {
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

    /// Expects that the program ends, and that it has connected so often until then.
    pub fn ends_after(&self, attempt: &mut Attempt, done: &str, tries: usize) -> Check<Ended> {
        let ended = attempt.expect(done, "your program to end within 5 s", |attempt| {
            attempt.has_ended(LIMIT).ok_or_else(|| {
                format!("Your program still runs, and has connected {}.", times(self.count()))
            })
        })?;
        let count = self.count();
        let came = format!("Your program connected {}.", times(count));
        ensure(count == tries, format!("your program to connect {}", times(tries)), came)?;
        Ok(ended)
    }

    /// What `serve` has returned for each connection. It is to be asked when the program has ended.
    pub fn results(&self) -> Vec<T> {
        let threads = mem::take(&mut *lock(&self.connections));
        threads.into_iter().flat_map(JoinHandle::join).collect()
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
/// refuse it; the empty text closes the connection.
pub fn mta(
    odd: impl Fn(usize, &str) -> Option<&'static str> + Send + Sync + 'static,
) -> Server<Session> {
    Server::start(move |number, stream| {
        let began = Instant::now();
        let mut refused = None;
        let lines = talk(stream, |line| match odd(number, line) {
            Some(answer) => {
                refused.get_or_insert(Instant::now());
                let end = if answer.is_empty() { "" } else { "\r\n" };
                format!("{answer}{end}").into_bytes()
            }
            None => polite_smtp(line),
        });
        let mut mails = Vec::new();
        let mut to = Vec::new();
        let mut lines = lines.iter();
        while let Some(line) = lines.next() {
            if line == "DATA" {
                let mut is_whole = false;
                let content = lines.by_ref().take_while(|line| {
                    is_whole = *line == ".";
                    !is_whole
                });
                let content = content.map(|line| line.strip_prefix('.').unwrap_or(line));
                let message = content.map(|line| format!("{line}\r\n")).collect();
                if is_whole && odd(number, ".").is_none() {
                    mails.push(Mail { to: mem::take(&mut to), message });
                }
            } else if line.starts_with("MAIL ") || line == "RSET" {
                to.clear();
            } else if let Some(address) = line.strip_prefix("RCPT TO:<")
                && odd(number, line).is_none()
            {
                to.extend(address.split_once('>').map(|(address, _)| address.to_string()));
            }
        }
        Session { began, refused, mails }
    })
}

/// Runs a lesson that sends a mail to its end, and returns the one mail that came.
pub fn sent_mail(lesson: &str, arguments: &[&str]) -> Check<Mail> {
    sent_mail_in(&Folder::create(), lesson, arguments)
}

/// The same in `folder`.
pub fn sent_mail_in(folder: &Folder, lesson: &str, arguments: &[&str]) -> Check<Mail> {
    let mta = mta(|_, _| None);
    let url = format!("smtp://{}", mta.addr);
    let arguments = [&["--smtp-url", &url], arguments].concat();
    let done = "took what your program sent, as an MTA";
    Attempt::start_in(folder, lesson, &arguments).ends(done, 0)?;
    let mut mails: Vec<_> = mta.results().into_iter().flat_map(|session| session.mails).collect();
    let count = mails.len();
    match mails.pop() {
        Some(mail) if count == 1 => Ok(mail),
        _ => not_yet("one mail", format!("Your program sent {count} mails.")),
    }
}
