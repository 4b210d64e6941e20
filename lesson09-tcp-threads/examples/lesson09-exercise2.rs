//! Lesson 09 with exercise 2 solved: it serves no more than two clients at once.
//!
//! Diff it: `cargo run -- diff 09 --exercise 2`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use shared::OrCannot;

/// At most this many bytes of the stream are received at once; what follows waits for its turn.
const BUFFER_SIZE: usize = 65_535;
/// At most this many clients are served at once.
const MAX_CLIENTS: usize = 2;

/// How many clients are being served.
static CLIENTS: AtomicUsize = AtomicUsize::new(0);

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
    let (mut stream, peer) = listener.accept().or_cannot("accept", "a client")?;
    shared::accepted(peer);
    stream.set_read_timeout(Some(timeout)).or_cannot("await", peer)?;
    stream.set_write_timeout(Some(timeout)).or_cannot("await", peer)?;
    if CLIENTS.load(Ordering::SeqCst) == MAX_CLIENTS {
        stream.write_all(b"busy\n").or_cannot("answer", peer)?;
        // A close with bytes unread resets the connection, and the peer may lose that word. Nobody
        // else waits long for what the peer sends.
        let moment = Duration::from_millis(100);
        stream.set_read_timeout(Some(moment)).or_cannot("await", peer)?;
        let _ = stream.read(&mut vec![0; BUFFER_SIZE]);
        return Ok(());
    }
    // Counted here and not in the thread, which may start later than the next client comes.
    CLIENTS.fetch_add(1, Ordering::SeqCst);
    let serve = move || {
        serve_client(stream, peer);
        CLIENTS.fetch_sub(1, Ordering::SeqCst);
    };
    // Where the system has no thread to give, this is an error, and `thread::spawn` would panic.
    let started = thread::Builder::new().spawn(serve);
    if started.is_err() {
        CLIENTS.fetch_sub(1, Ordering::SeqCst);
    }
    started.or_cannot("start a thread for", peer)?;
    Ok(())
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
        // Step 6: answer; an echo server sends back what it received.
        stream.write_all(&buffer[..length]).or_cannot("answer", peer)?;
        shared::sent(&buffer[..length], peer);
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
