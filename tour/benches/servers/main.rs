//! Measures servers against others: lessons 03 and 09 against the same in plain C, which lie beside
//! this folder, and the practice servers against aiosmtpd with its `Mailbox` handler (SMTP),
//! Dovecot (POP3), vsftpd and pyftpdlib (FTP).
//!
//! Run it: `cargo bench -p tour`; it takes some minutes and a C compiler named `cc`. Another server
//! that is not installed is left out: `python3` finds the two Python packages, and Dovecot and
//! vsftpd want to be started by root. Two servers are measured in turn, and each round has its own
//! ratio ours / other, since whatever else the machine does at the time slows both: 2.00 is twice
//! as fast. The table shows the medians of all rounds, and the lowest and the highest ratio.
#![allow(clippy::print_stdout, reason = "a benchmark may end when its reader has gone")]

mod echo;
mod practice;

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use shared::{OrCannot, Result};

/// The longest wait for a server to start, or for its answer on a stream.
const LIMIT: Duration = Duration::from_secs(10);
/// The pause between two attempts to reach a server that starts.
const PAUSE: Duration = Duration::from_millis(20);

fn main() -> Result {
    title("C", "lesson");
    echo::compare_all().or_cannot("measure", "the lessons")?;
    title("another", "practice-servers");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("servers");
    let result = fs::create_dir_all(&folder).and_then(|()| practice::compare_all(&folder));
    // Whatever happened, 256 MiB and some thousand mails need not stay.
    let _ = fs::remove_dir_all(&folder);
    result.or_cannot("measure", "the practice servers")
}

/// A running server, which ends with this value.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Starts a server, and waits until `is_up` finds it ready.
    fn start<T>(
        command: &mut Command,
        addr: SocketAddr,
        is_up: impl Fn(SocketAddr) -> io::Result<T>,
    ) -> io::Result<Server> {
        let child = command.env("LESSON_LOG", "off").spawn()?;
        let mut server = Server { child, addr };
        let start = Instant::now();
        while let Err(error) = is_up(addr) {
            if start.elapsed() > LIMIT || server.child.try_wait()?.is_some() {
                return Err(error);
            }
            thread::sleep(PAUSE);
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has children ends them when it is asked to end, but not when it is killed.
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// Prints the title of a table: what is measured, the other server, and ours.
fn title(other: &str, ours: &str) {
    println!("{:<30}{other:>14}{ours:>18}    ratio (min .. max)", "what");
}

/// Measures two servers in turn, so many times, and prints a row of the table.
fn compare(
    what: &str,
    rounds: usize,
    measure: impl Fn(SocketAddr) -> io::Result<f64>,
    other: SocketAddr,
    ours: SocketAddr,
) -> io::Result<()> {
    let mut rates_of_other = Vec::new();
    let mut rates_of_ours = Vec::new();
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let other = measure(other)?;
        let ours = measure(ours)?;
        rates_of_other.push(other);
        rates_of_ours.push(ours);
        ratios.push(ours / other);
    }
    let other = median(&mut rates_of_other);
    let ours = median(&mut rates_of_ours);
    let ratio = median(&mut ratios);
    let min = ratios[0];
    let max = ratios[rounds - 1];
    println!("{what:<30}{other:>14.0}{ours:>18.0}    {ratio:.2} ({min:.2} .. {max:.2})");
    Ok(())
}

/// Sorts values, and returns the one in the middle.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Finds an address of this machine whose port is free for UDP and for TCP.
fn free_addr() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    UdpSocket::bind(listener.local_addr()?)?.local_addr()
}

/// Lets so many clients run at the same time, and adds up their rates.
fn at_once(count: usize, client: impl Fn() -> io::Result<f64> + Sync) -> io::Result<f64> {
    thread::scope(|scope| {
        let clients: Vec<_> = (0..count).map(|_| scope.spawn(&client)).collect();
        clients.into_iter().map(result_of).sum()
    })
}

/// Waits for a thread to end.
fn result_of<T>(thread: ScopedJoinHandle<io::Result<T>>) -> io::Result<T> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a client thread panicked")))
}
