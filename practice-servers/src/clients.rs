//! Accepts clients, and gives each a thread of its own, as lesson 09 does.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::connection::{Connection, is_time_out};
use crate::services::{Protocol, Service};
use crate::session::{Closing, Session, serve};
use crate::transcript::Transcript;
use crate::{Practice, ftp, limits, pop3, smtp};

/// Accepts the clients of one service, forever.
pub fn accept(practice: &Arc<Practice>, service: &'static Service, listener: &TcpListener) {
    let name = service.name().replace('-', " ");
    // Every client's thread holds a copy of the ticket: so many copies, so many clients.
    let ticket = Arc::new(());
    loop {
        let started = listener.accept().and_then(|(socket, peer)| {
            let number = practice.count.fetch_add(1, Ordering::Relaxed) + 1;
            let transcript = Transcript::new(format!("{name} #{number}"), practice.sink);
            let others = Arc::strong_count(&ticket) - 1;
            if others >= limits::CONNECTIONS + limits::REFUSALS {
                transcript.note(format!("{peer} has connected: too busy even to say so"));
                return Ok(());
            }
            transcript.note(format!("{peer} has connected"));
            let is_busy = others >= limits::CONNECTIONS;
            let (practice, ticket) = (practice.clone(), ticket.clone());
            let serve = move || {
                match serve_client(&practice, service, socket, &transcript, is_busy) {
                    Err(error) if is_time_out(&error) => transcript.failed("the peer is too slow"),
                    Err(error) => transcript.failed(format!("broke off: {error}")),
                    Ok(()) => {}
                }
                drop(ticket);
            };
            thread::Builder::new().spawn(serve).map(drop)
        });
        if let Err(error) = started {
            let transcript = Transcript::new(name.clone(), practice.sink);
            transcript.failed(format!("cannot accept a client: {error}"));
            // The system may be out of sockets or threads: wait until clients leave.
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
    let session: &mut dyn Session = match service.protocol {
        Protocol::Smtp(office) => &mut smtp::Session::new(practice, office),
        Protocol::Pop3(office) => &mut pop3::Session::new(practice, office),
        Protocol::Ftp => &mut ftp::Session::new(practice),
    };
    match is_busy {
        true => connection.send(session.closing(Closing::Busy))?,
        false => serve(session, &mut connection, &practice.tls)?,
    }
    connection.close();
    Ok(())
}
