//! Two mail offices and an FTP host on this machine, to practise with.
//!
//! They are lesson 09 made larger: a thread for every address accepts clients, and a thread for
//! every client serves it. Begin with `session`, the loop that serves any client, and `pop3`,
//! the shortest of the three protocols.

pub mod accounts;
mod clients;
mod clock;
mod connection;
mod dots;
mod echo;
mod files;
mod ftp;
#[cfg(test)]
mod fuzz;
pub mod limits;
mod mail;
mod pop3;
pub mod services;
mod session;
mod smtp;
mod tls;
mod transcript;
mod trouble;

use std::collections::HashMap;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs, UdpSocket};
use std::path::{self, Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, RwLock};
use std::thread;

use shared::{Error, OrCannot, Whom};

use accounts::{FTP_USERS, OFFICES, Office};
use ftp::tree::Tree;
use mail::Queue;
use services::{Protocol, SERVICES, Service};
use tls::Tls;
use transcript::{Sink, Transcript};
use trouble::GreyList;

/// What all threads share.
pub struct Practice {
    /// The folder that holds everything the servers keep.
    folder: PathBuf,
    /// The folder for files that are being written. A whole file moves to its real place.
    drafts: PathBuf,
    /// The server's side of TLS.
    tls: Tls,
    /// FTP holds this for writing while it renames something. Whoever has checked a path holds it
    /// for reading, so that the path stays what it was.
    renaming: RwLock<()>,
    /// The mail of each office, by the office's domain.
    queues: HashMap<&'static str, Queue>,
    sink: Sink,
    /// How many clients have connected so far.
    count: AtomicUsize,
    grey_list: GreyList,
    /// Held as long as the program runs: no other program works in the folder.
    _lock: File,
}

impl Practice {
    /// The mailboxes and the queue of an office.
    fn queue(&self, office: &Office) -> &Queue {
        &self.queues[office.domain]
    }
}

/// Where the services listen: addresses by the names of the settings.
pub type Listening = HashMap<&'static str, SocketAddr>;

/// Starts all servers. They run in threads of their own until the program ends. `addr_of` says at
/// which address on loopback each service listens; with port 0 the system chooses a free port.
/// `folder` is made if it is not there. `sink` gets each event. Returns the real
/// addresses.
///
/// # Errors
/// An address cannot be listened at. The folder cannot be used, or another program's practice
/// servers use it.
pub fn start<A: ToSocketAddrs + Whom>(
    addr_of: impl Fn(&Service) -> A,
    folder: &Path,
    sink: Sink,
) -> shared::Result<Listening> {
    // A wrong address is named before any other is listened at, which may be in use.
    let addrs: Vec<_> = SERVICES.iter().map(addr_of).collect();
    let mut listeners = Vec::new();
    let mut listening = Listening::new();
    for (service, addr) in SERVICES.iter().zip(addrs) {
        let (listener, socket) = listen(service, &addr)?;
        let addr = listener.local_addr().or_cannot("ask for the port of", service.name())?;
        listening.insert(service.setting, addr);
        listeners.push((service, listener, socket));
    }

    let folder = path::absolute(folder).or_cannot("find the folder", folder.display())?;
    let lock = lock(&folder)?;
    let drafts = make_folders(&folder)?;
    let tls = Tls::load(&folder, &drafts)?;
    let mut queues = HashMap::new();
    for office in OFFICES {
        let queue = Queue::open(office, &folder, other_offices(office, &listening), sink);
        queues.insert(office.domain, queue.or_cannot("open the queue of", office.domain)?);
    }
    let practice = Arc::new(Practice {
        folder,
        drafts,
        tls,
        renaming: RwLock::default(),
        queues,
        sink,
        count: AtomicUsize::new(0),
        grey_list: GreyList::default(),
        _lock: lock,
    });

    for office in OFFICES {
        let practice = practice.clone();
        spawn(office.domain, move || practice.queue(office).run())?;
    }
    for (service, listener, socket) in listeners {
        let practice = practice.clone();
        if let (Some(socket), Protocol::Echo(manner)) = (socket, service.protocol) {
            let transcript = Transcript::new(&service.name(), sink);
            spawn(service.setting, move || echo::serve_datagrams(manner, &socket, &transcript))?;
        }
        spawn(service.setting, move || clients::accept(&practice, service, &listener))?;
        transcript::listening(&service.name(), listening[service.setting], sink);
    }
    Ok(listening)
}

/// Listens at an address, and takes datagrams at the same one if the service does so.
fn listen(
    service: &Service,
    addr: &(impl ToSocketAddrs + Whom),
) -> shared::Result<(TcpListener, Option<UdpSocket>)> {
    let mut tries = 0;
    loop {
        tries += 1;
        let listener = TcpListener::bind(addr).or_cannot("listen on", addr)?;
        if !service.has_udp() {
            return Ok((listener, None));
        }
        let port = listener.local_addr().or_cannot("ask for the port of", service.name())?;
        match UdpSocket::bind(port) {
            // A port that the system has chosen for TCP may be taken for UDP.
            Err(_) if tries < 10 => {}
            socket => return Ok((listener, Some(socket.or_cannot("receive on", addr)?))),
        }
    }
}

/// The offices to which `office` hands mail on, and where each takes it. On the internet, the DNS
/// says where, with its MX records.
fn other_offices(office: &Office, listening: &Listening) -> Vec<(&'static Office, SocketAddr)> {
    let others = SERVICES.iter().filter_map(|service| match service.protocol {
        Protocol::Smtp(other) if other.domain != office.domain && !service.starts_in_tls => {
            Some((other, listening[service.setting]))
        }
        _ => None,
    });
    others.collect()
}

/// Makes the folder, and takes it for this program alone, until the file returned is closed.
fn lock(folder: &Path) -> shared::Result<File> {
    fs::create_dir_all(folder).or_cannot("make the folder", folder.display())?;
    let path = folder.join("lock");
    let lock = File::create(&path).or_cannot("write", path.display())?;
    if lock.try_lock().is_err() {
        let problem = format!("cannot use {}: other practice servers do", folder.display());
        let hint = "stop them, or choose another folder: --practice-dir other-folder";
        return Err(Error::new(problem, hint));
    }
    Ok(lock)
}

/// Makes the folders that must be there, and returns the one for drafts.
fn make_folders(folder: &Path) -> shared::Result<PathBuf> {
    // An earlier program may have ended while it wrote these files. It had acknowledged none of
    // them.
    let drafts = folder.join("tmp");
    let _ = fs::remove_dir_all(&drafts);
    fs::create_dir(&drafts).or_cannot("make the folder", drafts.display())?;
    let troubles = folder.join("trouble");
    trouble::make_files(&troubles).or_cannot("make the files in", troubles.display())?;
    for (user, rights) in FTP_USERS {
        let tree = Tree::new(folder, user, rights);
        tree.make().or_cannot("make the folders of", user)?;
    }
    Ok(drafts)
}

fn spawn(whom: &str, work: impl FnOnce() + Send + 'static) -> shared::Result {
    thread::Builder::new().spawn(work).map(drop).or_cannot("start a thread for", whom)
}
