//! Lesson 09 with exercise 3 solved: everybody hears what a client sends.
//!
//! Diff it: `cargo run -- diff 09 --exercise 3`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use shared::OrCannot;

/// At most this many bytes of the stream are received at once; what follows waits for its turn.
const BUFFER_SIZE: usize = 65_535;

/// A copy of the stream of each client that is connected.
static STREAMS: Mutex<Vec<(SocketAddr, TcpStream)>> = Mutex::new(Vec::new());

fn main() -> shared::Result {
    let config = shared::load!("LESSON_ECHO_ADDR", "LESSON_TIMEOUT");
    let addr = config.addr("LESSON_ECHO_ADDR");
    let timeout = config.seconds("LESSON_TIMEOUT");

    // Steps 1 to 3: create the socket, bind it to a fixed IP address and port, and listen.
    let listener = TcpListener::bind(&addr).or_cannot("listen on", &addr)?;
    let local = listener.local_addr().or_cannot("ask for the port of", &addr)?;
    shared::listening(local);

    loop {
        if let Err(error) = accept_client(&listener, timeout) {
            shared::report(&error);
            // The system may be out of sockets: wait until clients leave.
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Accepts the next client, and serves it.
fn accept_client(listener: &TcpListener, timeout: Duration) -> shared::Result {
    // Step 4: accept, which yields a second socket, the channel to that one peer.
    let (stream, peer) = listener.accept().or_cannot("accept", "a client")?;
    shared::accepted(peer);
    stream.set_read_timeout(Some(timeout)).or_cannot("await", peer)?;
    stream.set_write_timeout(Some(timeout)).or_cannot("await", peer)?;
    let copy = stream.try_clone().or_cannot("copy the stream of", peer)?;
    let serve = move || {
        streams().push((peer, copy));
        serve_client(stream, peer);
        // The connection is closed when this last copy is gone.
        streams().retain(|(other, _)| *other != peer);
    };
    // Where the system has no thread to give, this is an error, and `thread::spawn` would panic.
    thread::Builder::new().spawn(serve).or_cannot("start a thread for", peer)?;
    Ok(())
}

/// The streams, for one thread at a time.
fn streams() -> MutexGuard<'static, Vec<(SocketAddr, TcpStream)>> {
    STREAMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sends back what comes, to the end of the stream.
fn echo_stream(mut stream: &TcpStream, peer: SocketAddr) -> shared::Result {
    let mut buffer = vec![0; BUFFER_SIZE];
    loop {
        // Step 5: receive what the peer sends; if Ctrl-Z or a debugger ends the wait, wait again.
        let length = shared::wait(|| stream.read(&mut buffer)).or_cannot("receive from", peer)?;
        shared::received(&buffer[..length], peer);
        if length == 0 {
            return Ok(());
        }
        // Step 6: answer, to all who are connected; who cannot be reached is no more.
        streams().retain_mut(|(_, stream)| stream.write_all(&buffer[..length]).is_ok());
        shared::sent(&buffer[..length], "all");
    }
}

/// Serves one client, until it closes its sending side or something goes wrong.
fn serve_client(stream: TcpStream, peer: SocketAddr) {
    if let Err(error) = echo_stream(&stream, peer) {
        shared::report(&error);
    }
    // Step 7: close the channel.
    drop(stream);
    shared::closed(peer);
}
