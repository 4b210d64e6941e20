//! The other side of a client.

use std::mem;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::exercise::LIMIT;
use crate::succeed;

/// A program that connects for ever would take all threads that the system has.
const MOST: usize = 1_000;

/// A TCP server for many connections at once.
pub struct Server<T> {
    /// Where it listens.
    pub addr: SocketAddr,
    connections: Arc<Mutex<Vec<JoinHandle<T>>>>,
}

impl<T: Send + 'static> Server<T> {
    /// Starts it. For each connection it calls `serve`, with 0 for the first. After a thousand,
    /// nobody listens any more.
    pub fn start(serve: impl Fn(usize, TcpStream) -> T + Send + Sync + 'static) -> Self {
        let listener = succeed("listen", TcpListener::bind("127.0.0.1:0"));
        let addr = succeed("ask for the port", listener.local_addr());
        let server = Server { addr, connections: Arc::default() };
        let serve = Arc::new(serve);
        let connections = Arc::clone(&server.connections);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().take(MOST).enumerate() {
                succeed("set a time-out", stream.set_read_timeout(Some(LIMIT)));
                succeed("set a time-out", stream.set_write_timeout(Some(LIMIT)));
                let serve = Arc::clone(&serve);
                // Nobody counts the connections before this one is among them.
                let mut connections = lock(&connections);
                connections.push(thread::spawn(move || serve(number, stream)));
            }
        });
        server
    }

    /// How many connections have come.
    pub fn count(&self) -> usize {
        lock(&self.connections).len()
    }

    /// What `serve` has returned for each connection. It is to be asked when the client has ended.
    pub fn results(&self) -> Vec<T> {
        let threads = mem::take(&mut *lock(&self.connections));
        threads.into_iter().flat_map(JoinHandle::join).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
