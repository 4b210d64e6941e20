//! Accepts clients, and gives each a thread of its own, as lesson 09 does.

use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::connection::{Connection, is_time_out};
use crate::services::{Protocol, Service};
use crate::session::{Session, serve};
use crate::transcript::Transcript;
use crate::{Practice, ftp, limits, pop3, smtp};

/// The clients of one address. Every client's thread holds a copy: so many copies, so many clients.
#[derive(Clone, Default)]
pub struct Crowd(Arc<()>);

/// Whether the system has no more sockets or threads for this program.
static IS_SHORT: AtomicBool = AtomicBool::new(false);

impl Crowd {
    fn is_full(&self) -> bool {
        Arc::strong_count(&self.0) > limits::CONNECTIONS
    }

    /// How long a client that has not logged in may be silent: the more clients there are, the
    /// shorter, so that those who say nothing never shut out the others.
    pub fn patience(&self) -> Duration {
        let places = limits::CONNECTIONS as u32;
        let free = places.saturating_sub(Arc::strong_count(&self.0) as u32);
        match IS_SHORT.load(Ordering::Relaxed) {
            true => limits::HURRY,
            false => (limits::SILENCE * free / places).max(limits::HURRY),
        }
    }
}

/// Accepts the clients of one service, forever.
pub fn accept(practice: &Arc<Practice>, service: &'static Service, listener: &TcpListener) {
    let name = service.name().replace('-', " ");
    let crowd = Crowd::default();
    loop {
        // The system lets those who come meanwhile wait in line.
        while crowd.is_full() {
            thread::sleep(Duration::from_millis(20));
        }
        let started = listener.accept().and_then(|(socket, peer)| {
            let number = practice.count.fetch_add(1, Ordering::Relaxed) + 1;
            let transcript = Transcript::new(format!("{name} #{number}"), practice.sink);
            transcript.note(format!("{peer} has connected"));
            let (practice, crowd) = (practice.clone(), crowd.clone());
            let serve = move || match serve_client(&practice, service, socket, &transcript, crowd) {
                Err(error) if is_time_out(&error) => transcript.failed("the peer is too slow"),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                    transcript.failed("broke off in the midst of it");
                }
                Err(error) => transcript.failed(format!("broke off: {error}")),
                Ok(()) => {}
            };
            thread::Builder::new().spawn(serve).map(drop)
        });
        IS_SHORT.store(started.is_err(), Ordering::Relaxed);
        if let Err(error) = started {
            let transcript = Transcript::new(name.clone(), practice.sink);
            transcript.failed(format!("cannot accept a client: {error}"));
            // Wait until clients leave.
            thread::sleep(limits::TICK);
        }
    }
}

/// Serves one client.
fn serve_client(
    practice: &Practice,
    service: &Service,
    socket: TcpStream,
    transcript: &Transcript,
    crowd: Crowd,
) -> io::Result<()> {
    let mut connection = Connection::new(socket, transcript.clone(), crowd)?;
    if service.starts_in_tls {
        connection.secure(&practice.tls)?;
    }
    {
        let session: &mut dyn Session = match service.protocol {
            Protocol::Smtp(office) => &mut smtp::Session::new(practice, office),
            Protocol::Pop3(office) => &mut pop3::Session::new(practice, office),
            Protocol::Ftp => &mut ftp::Session::new(practice),
        };
        serve(session, &mut connection, &practice.tls)?;
        // The session ends here, before the client hears so: its mailbox is free by then.
    }
    connection.close();
    Ok(())
}
