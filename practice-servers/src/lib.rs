//! Two mail offices and an FTP host on this machine, to practise with.
//!
//! Lesson 09 grown up: every address has a thread that accepts, and every client a thread that serves
//! it. Begin with [`pop3`], the shortest of the three protocols; [`connection`] is what they stand on.

pub mod accounts;
pub mod clock;
pub mod connection;
pub mod dots;
pub mod files;
pub mod ftp;
pub mod limits;
pub mod mailbox;
pub mod pop3;
pub mod relay;
pub mod smtp;
pub mod tls;
pub mod transcript;
pub mod tree;

use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

use shared::{Error, OrCannot};

use accounts::{FTP_USERS, OFFICES, Office};
use connection::{Connection, is_time_out};
use mailbox::Locks;
use relay::Queue;
use tls::Tls;
use transcript::{Sink, Transcript};

/// What is served at one address.
#[derive(Clone, Copy)]
enum Protocol {
    Smtp(&'static Office),
    Pop3(&'static Office),
    Ftp,
}

/// One address: its name, what is served there, and whether in TLS from the start.
struct Service {
    name: &'static str,
    protocol: Protocol,
    starts_in_tls: bool,
}

/// All addresses, in the order of the settings.
static SERVICES: [Service; 9] = {
    let [qq, sina] = &OFFICES;
    [
        Service::new("qq-smtp", Protocol::Smtp(qq), false),
        Service::new("qq-smtps", Protocol::Smtp(qq), true),
        Service::new("qq-pop3", Protocol::Pop3(qq), false),
        Service::new("qq-pop3s", Protocol::Pop3(qq), true),
        Service::new("sina-smtp", Protocol::Smtp(sina), false),
        Service::new("sina-smtps", Protocol::Smtp(sina), true),
        Service::new("sina-pop3", Protocol::Pop3(sina), false),
        Service::new("sina-pop3s", Protocol::Pop3(sina), true),
        Service::new("ftp", Protocol::Ftp, false),
    ]
};

impl Service {
    const fn new(name: &'static str, protocol: Protocol, starts_in_tls: bool) -> Self {
        Service { name, protocol, starts_in_tls }
    }
}

/// What all threads share.
pub struct Practice {
    /// Where everything is kept.
    pub folder: PathBuf,
    /// Where files are written until they get their real names.
    pub drafts: PathBuf,
    /// The server's side of TLS.
    pub tls: Tls,
    /// The mailboxes that are open.
    pub locks: Locks,
    /// Held for writing while FTP renames something: a path that was checked would no longer be the
    /// same one.
    pub renaming: RwLock<()>,
    queues: Vec<Queue>,
    sink: Sink,
    /// How many connections there have been.
    count: AtomicUsize,
    /// Held as long as the program runs, so that no other one works in the folder.
    _lock: File,
}

impl Practice {
    /// The queue of one of [`OFFICES`].
    pub fn queue(&self, office: &Office) -> &Queue {
        let is_first = office.name == OFFICES[0].name;
        &self.queues[if is_first { 0 } else { 1 }]
    }
}

/// Starts all servers, which then run in threads of their own as long as the program does. `addrs` are
/// the addresses to listen at, in the order of the settings; `folder` is made if need be, and `sink`
/// gets each line of the transcript. Returns the name and the address of each server.
///
/// # Errors
/// An address cannot be listened at, or is not on loopback; the folder cannot be used, or other practice
/// servers use it.
pub fn start(
    addrs: &[String],
    folder: &Path,
    sink: Sink,
) -> shared::Result<Vec<(&'static str, SocketAddr)>> {
    let mut listeners = Vec::new();
    let mut listening = Vec::new();
    for (service, addr) in SERVICES.iter().zip(addrs) {
        let listener = listen(addr)?;
        let local = listener.local_addr().or_cannot("ask for the port of", addr)?;
        listeners.push(listener);
        listening.push((service.name, local));
    }

    let (folder, lock) = open(folder)?;
    let drafts = folder.join("tmp");
    let tls = Tls::load(&folder, &drafts)?;
    let smtp = [listening[0].1, listening[4].1];
    let mut queues = Vec::new();
    let mut woken = Vec::new();
    for (index, office) in OFFICES.iter().enumerate() {
        let queue = Queue::open(office, &folder, smtp[1 - index], sink);
        let (queue, signal) = queue.or_cannot("open the queue of", office.domain)?;
        queues.push(queue);
        woken.push(signal);
    }
    let practice = Arc::new(Practice {
        folder,
        drafts,
        tls,
        locks: Locks::default(),
        renaming: RwLock::default(),
        queues,
        sink,
        count: AtomicUsize::new(0),
        _lock: lock,
    });

    for (office, woken) in OFFICES.iter().zip(woken) {
        let practice = practice.clone();
        let run = move || practice.queue(office).run(&woken);
        spawn(run).or_cannot("start a thread for", office.domain)?;
    }
    for (service, listener) in SERVICES.iter().zip(listeners) {
        let practice = practice.clone();
        let accept = move || accept_clients(&practice, service, &listener);
        spawn(accept).or_cannot("start a thread for", service.name)?;
    }
    Ok(listening)
}

fn listen(addr: &str) -> shared::Result<TcpListener> {
    let addr = shared::resolve(addr)?;
    if !addr.ip().is_loopback() {
        let problem = format!("cannot listen on {addr}: it is not on loopback");
        let hint = "the practice servers are for this machine alone: 127.0.0.1, ::1 or localhost";
        return Err(Error::new(problem, hint));
    }
    TcpListener::bind(addr).or_cannot("listen on", addr)
}

/// Makes the folder, and takes it for this program alone.
fn open(folder: &Path) -> shared::Result<(PathBuf, File)> {
    fs::create_dir_all(folder).or_cannot("make the folder", folder.display())?;
    let folder = folder.canonicalize().or_cannot("find the folder", folder.display())?;
    let path = folder.join("lock");
    let lock = File::create(&path).or_cannot("write", path.display())?;
    if lock.try_lock().is_err() {
        let folder = folder.display();
        let problem = format!("cannot use {folder}: other practice servers do");
        let hint = "stop them, or choose another folder: LESSON_PRACTICE_DIR=other-folder";
        return Err(Error::new(problem, hint));
    }
    // Whatever was being written when an earlier program ended was never promised to anybody.
    let drafts = folder.join("tmp");
    let _ = fs::remove_dir_all(&drafts);
    fs::create_dir(&drafts).or_cannot("make the folder", drafts.display())?;
    for (user, _) in FTP_USERS {
        let tree = folder.join("ftp").join(user);
        if !tree.exists() {
            let public = tree.join("pub");
            let readme = public.join("readme.txt");
            fs::create_dir_all(&public).or_cannot("make the folder", public.display())?;
            fs::write(&readme, README).or_cannot("write", readme.display())?;
        }
    }
    Ok((folder, lock))
}

/// The file that every FTP user finds.
const README: &str = "This file came to you over FTP.\n你好，这个文件是用 FTP 下载的。\n";

fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().spawn(work)?;
    Ok(())
}

/// Accepts clients forever, and gives each a thread.
fn accept_clients(practice: &Arc<Practice>, service: &'static Service, listener: &TcpListener) {
    // Every thread holds a copy as long as it runs, so that they can be counted.
    let ticket = Arc::new(());
    loop {
        let started = listener.accept().and_then(|(socket, peer)| {
            let number = practice.count.fetch_add(1, Ordering::Relaxed) + 1;
            let label = format!("{} #{number}", service.name.replace('-', " "));
            let transcript = Transcript::new(label, practice.sink);
            let others = Arc::strong_count(&ticket) - 1;
            if others >= limits::CONNECTIONS + limits::REFUSALS {
                transcript.note(format!("{peer} has connected: too busy even to say so"));
                return Ok(());
            }
            transcript.note(format!("{peer} has connected"));
            let (practice, ticket) = (practice.clone(), ticket.clone());
            spawn(move || {
                let is_busy = others >= limits::CONNECTIONS;
                match serve_client(&practice, service, socket, &transcript, is_busy) {
                    Err(error) if is_time_out(&error) => transcript.failed("the peer is too slow"),
                    Err(error) => transcript.failed(format!("broke off: {error}")),
                    Ok(()) => {}
                }
                drop(ticket);
            })
        });
        if let Err(error) = started {
            let transcript = Transcript::new(service.name.into(), practice.sink);
            transcript.failed(format!("cannot accept a client: {error}"));
            // If the system has run out of something, clients that leave give it back.
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Serves one client, or tells it that there are too many.
fn serve_client(
    practice: &Practice,
    service: &Service,
    socket: TcpStream,
    transcript: &Transcript,
    is_busy: bool,
) -> io::Result<()> {
    let mut connection = Connection::new(socket, transcript.clone())?;
    if service.starts_in_tls {
        connection.secure(&practice.tls)?;
    }
    match service.protocol {
        Protocol::Smtp(_) | Protocol::Ftp if is_busy => connection.send("421 busy: come again")?,
        Protocol::Pop3(_) if is_busy => connection.send("-ERR [SYS/TEMP] busy: come again")?,
        Protocol::Smtp(office) => smtp::serve(&mut connection, practice, office)?,
        Protocol::Pop3(office) => pop3::serve(&mut connection, practice, office)?,
        Protocol::Ftp => ftp::serve(&mut connection, practice)?,
    }
    connection.close();
    Ok(())
}

/// What to type to send a first mail to the server at this address.
fn next(addr: String) -> String {
    let flag = match addr.as_str() {
        "127.0.0.1:2525" => String::new(),
        addr => format!(" -- --smtp-url smtp://{addr}"),
    };
    format!("cargo run -p lesson06-text-mail{flag}")
}

/// What a learner has to know at the start, line by line: the addresses, the accounts, and what to type
/// next.
pub fn table(listening: &[(&'static str, SocketAddr)], folder: &Path) -> Vec<String> {
    let addr = |index: usize| listening[index].1.to_string();
    let row = |cells: [&str; 6]| {
        let [office, smtp, smtps, pop3, pop3s, accounts] = cells;
        format!("{office:<13} {smtp:<15} {smtps:<15} {pop3:<15} {pop3s:<15} {accounts}")
    };
    let mut lines = vec![row(["office", "SMTP", "in TLS", "POP3", "in TLS", "accounts"])];
    for (index, office) in OFFICES.iter().enumerate() {
        let first = 4 * index;
        let accounts: Vec<_> = office.accounts().collect();
        lines.push(row([
            office.domain,
            &addr(first),
            &addr(first + 1),
            &addr(first + 2),
            &addr(first + 3),
            &accounts.join(", "),
        ]));
    }
    let folder = folder.canonicalize().unwrap_or_default();
    let ca = folder.join("ca.pem").display().to_string();
    let users = FTP_USERS.map(|(user, _)| user).join(", ");
    lines.push(format!("FTP at {}, accounts {users}", addr(8)));
    lines.push(format!("every password is \"{}\"", accounts::PASSWORD));
    lines.push(format!("to trust the TLS ports: SSL_CERT_FILE={ca}"));
    lines.push(format!("now type in another terminal: {}", next(addr(0))));
    lines
}
