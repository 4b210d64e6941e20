//! What the benchmarks share: servers that end with the benchmark, and two measured in turn.

#![allow(clippy::print_stdout, reason = "a benchmark may end when its reader has gone")]

use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait for a server to start, or for its answer on a stream.
pub const LIMIT: Duration = Duration::from_secs(10);
/// The pause between two attempts to reach a server that starts.
const PAUSE: Duration = Duration::from_millis(20);

/// A running server, which ends when this value goes.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub addr: SocketAddr,
}

impl Server {
    /// Starts a server, and waits until `is_up` finds it ready.
    pub fn start<T>(
        command: &mut Command,
        addr: SocketAddr,
        mut is_up: impl FnMut(SocketAddr) -> io::Result<T>,
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

/// Says something between the rows.
pub fn say(text: &str) {
    println!("{text}");
}

/// Prints the title of a table: what is measured, the other server, and ours.
pub fn title(other: &str, ours: &str) {
    println!("{:<30}{other:>14}{ours:>18}    ratio (min .. max)", "what");
}

/// Measures two servers in turn, so many times, and prints a row of the table: the medians of all
/// rounds, and of the ratios of the rounds, since whatever else the machine does slows both.
pub fn compare(
    what: &str,
    rounds: usize,
    measure: impl Fn(SocketAddr) -> io::Result<f64>,
    other: SocketAddr,
    ours: SocketAddr,
) -> io::Result<()> {
    let mut rows = Vec::new();
    for _ in 0..rounds {
        let other = measure(other)?;
        let ours = measure(ours)?;
        rows.push([other, ours, ours / other]);
    }
    let sorted = |column: usize| {
        let mut values: Vec<f64> = rows.iter().map(|row| row[column]).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let other = sorted(0)[rounds / 2];
    let ours = sorted(1)[rounds / 2];
    let ratios = sorted(2);
    let ratio = ratios[rounds / 2];
    let min = ratios[0];
    let max = ratios[rounds - 1];
    println!("{what:<30}{other:>14.0}{ours:>18.0}    {ratio:.2} ({min:.2} .. {max:.2})");
    Ok(())
}

/// Finds an address of this machine whose port is free for UDP and for TCP.
pub fn free_addr() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    UdpSocket::bind(listener.local_addr()?)?.local_addr()
}
