//! Accepts clients, and gives each a thread of its own, as lesson 09 does.

use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use shared::log::Kind;

use crate::connection::{Connection, is_time_out};
use crate::services::{Protocol, Service};
use crate::session::{Session, serve};
use crate::transcript::Transcript;
use crate::{Practice, echo, ftp, limits, pop3, smtp};

/// Whether the system has no more sockets or threads for this program.
static IS_SHORT: AtomicBool = AtomicBool::new(false);

/// The clients of one address.
#[derive(Clone, Default)]
pub struct Crowd(Arc<AtomicUsize>);

/// A client's seat in the crowd, which is free again when this is dropped.
#[must_use]
pub struct Seat(Crowd);

impl Crowd {
    fn clients(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes a seat.
    pub fn enter(&self) -> Seat {
        self.0.fetch_add(1, Ordering::Relaxed);
        Seat(self.clone())
    }
}

impl Seat {
    /// How long a client that has not logged in may be silent: the more clients there are, the
    /// shorter, so that those who say nothing never shut out the others.
    pub fn patience(&self) -> Duration {
        if IS_SHORT.load(Ordering::Relaxed) {
            return limits::HURRY;
        }
        let free = limits::CONNECTIONS.saturating_sub(self.0.clients()) as u32;
        (limits::SILENCE * free / limits::CONNECTIONS as u32).max(limits::HURRY)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Accepts the clients of one service, forever.
pub fn accept(practice: &Arc<Practice>, service: &'static Service, listener: &TcpListener) {
    let transcript = Transcript::new(&service.name(), practice.sink);
    let crowd = Crowd::default();
    loop {
        // The system lets those who come meanwhile wait in line.
        while crowd.clients() >= limits::CONNECTIONS {
            thread::sleep(Duration::from_millis(20));
        }
        let started = listener.accept().and_then(|(socket, peer)| {
            let number = practice.count.fetch_add(1, Ordering::Relaxed) + 1;
            let transcript = transcript.with(peer, format!("#{number}"));
            transcript.told(Kind::Accepted, format!("{peer} has connected"));
            let practice = practice.clone();
            let seat = crowd.enter();
            thread::Builder::new().spawn(move || {
                let served = serve_client(&practice, service, socket, &transcript, seat);
                show_end(served, &transcript);
            })
        });
        IS_SHORT.store(started.is_err(), Ordering::Relaxed);
        if let Err(error) = started {
            transcript.failed(format!("cannot accept a client: {error}"));
            // Wait until clients leave.
            thread::sleep(limits::TICK);
        }
    }
}

/// Shows how a conversation has ended.
fn show_end(served: io::Result<()>, transcript: &Transcript) {
    match served {
        Err(error) if is_time_out(&error) => transcript.failed("the peer is too slow"),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            transcript.failed("broke off in the midst of it");
        }
        Err(error) => transcript.failed(format!("broke off: {error}")),
        Ok(()) => {}
    }
    transcript.told_in_detail(Kind::Closed, "closed");
}

/// Serves one client.
fn serve_client(
    practice: &Practice,
    service: &Service,
    socket: TcpStream,
    transcript: &Transcript,
    seat: Seat,
) -> io::Result<()> {
    let mut connection = Connection::new(socket, transcript.clone(), seat)?;
    if service.starts_in_tls {
        connection.secure(&practice.tls)?;
    }
    let mut serve = |session: &mut dyn Session| serve(session, &mut connection, &practice.tls);
    // A session ends here, before the client hears so: its mailbox is free by then.
    match service.protocol {
        Protocol::Smtp(office) => serve(&mut smtp::Session::new(practice, office))?,
        Protocol::Pop3(office) => serve(&mut pop3::Session::new(practice, office))?,
        Protocol::Ftp => serve(&mut ftp::Session::new(practice))?,
        Protocol::Echo(manner) => echo::serve(manner, &mut connection)?,
    }
    connection.close();
    Ok(())
}
