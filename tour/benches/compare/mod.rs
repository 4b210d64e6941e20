//! What the benchmarks share: servers that end with the benchmark, and two measured in turn.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    dead_code,
    reason = "a benchmark writes to a terminal, and may end when that has gone; none uses all of this"
)]

use std::env;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

/// The longest wait for a server to start, or for its answer on a stream.
pub const LIMIT: Duration = Duration::from_secs(10);
/// The pause between two attempts to reach a server that starts.
const PAUSE: Duration = Duration::from_millis(20);
/// The folder of the workspace.
pub const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

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
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Says why the benchmark ends.
pub fn failed(error: &io::Error) -> ExitCode {
    eprintln!("Error: {error}");
    ExitCode::FAILURE
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
    mut other: impl FnMut() -> io::Result<f64>,
    mut ours: impl FnMut() -> io::Result<f64>,
) -> io::Result<()> {
    let (mut others, mut all_ours, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let other = other()?;
        let ours = ours()?;
        others.push(other);
        all_ours.push(ours);
        ratios.push(ours / other);
    }
    let [other, ours, ratio] = [&mut others, &mut all_ours, &mut ratios].map(|values| {
        values.sort_by(f64::total_cmp);
        values[rounds / 2]
    });
    let min = ratios[0];
    let max = ratios[rounds - 1];
    println!("{what:<30}{other:>14.0}{ours:>18.0}    {ratio:.2} ({min:.2} .. {max:.2})");
    Ok(())
}

/// Builds a package of the workspace with optimisation, and returns the path of its program.
pub fn build(package: &str) -> io::Result<PathBuf> {
    // This program is `release/deps/echo-...` in the folder of all that was built.
    let this_program = env::current_exe()?;
    let target = this_program.ancestors().nth(3).unwrap_or(&this_program);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--release", "--package", package]);
    cargo.arg("--target-dir").arg(target).current_dir(WORKSPACE);
    finish(&mut cargo, "start this with `cargo bench`")?;
    Ok(target.join("release").join(package))
}

/// Finds an address of this machine whose port is free for UDP and for TCP.
pub fn free_addr() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    UdpSocket::bind(listener.local_addr()?)?.local_addr()
}

/// Runs a command to its end.
pub fn finish(command: &mut Command, hint: &str) -> io::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let problem = match command.status() {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => format!("{name} failed: {status}"),
        Err(error) => format!("cannot run {name}: {error}; hint: {hint}"),
    };
    Err(io::Error::other(problem))
}
