//! Measures two servers of the course against the same in plain C, which lie beside this file:
//! lesson 03 against `udp_echo.c`, and lesson 09 against `tcp_echo.c`.
//!
//! Run it: `cargo bench -p tour`; it takes half a minute and a C compiler named `cc`.
//! C and lesson are measured in turn, and each round has its own ratio lesson / C, since whatever
//! else the machine does at the time slows both: 1.00 is as fast as C. The table shows the medians
//! of all rounds, and the lowest and the highest ratio.

#![allow(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a benchmark writes to a terminal, and may end when that has gone"
)]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};
use std::{array, env, fs};

/// How often each server is measured.
const ROUNDS: usize = 21;
/// How long a server is measured at a time.
const ROUND: Duration = Duration::from_millis(300);
/// The longest wait for a server to start, or for its answer on a stream.
const LIMIT: Duration = Duration::from_secs(10);
/// The pause between two attempts to reach a server that starts.
const PAUSE: Duration = Duration::from_millis(20);

/// How many datagrams are under way at a time.
const WINDOW: u32 = 16;
/// The size of each datagram, in bytes.
const DATAGRAM: usize = 64;
/// The silence after which all datagrams under way count as lost.
const LOST_AFTER: Duration = Duration::from_millis(100);

/// How many streams are open at a time.
const STREAMS: usize = 4;
/// How much a stream's client writes or reads at once, in bytes.
const CHUNK: usize = 65_536;

/// The folder of the workspace.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Uses the server at an address for a time, and returns what it did a second.
type Measure = fn(SocketAddr, Duration) -> io::Result<f64>;

fn main() -> ExitCode {
    let Err(error) = compare_all() else {
        return ExitCode::SUCCESS;
    };
    eprintln!("Error: {error}");
    ExitCode::FAILURE
}

/// Compares the servers two by two.
fn compare_all() -> io::Result<()> {
    let servers = start_servers("udp_echo", "lesson03-udp-loop", echo_datagrams)?;
    println!("what                           C        lesson    ratio (min .. max)");
    compare("datagrams a second", &servers, echo_datagrams)?;
    let servers = start_servers("tcp_echo", "lesson09-tcp-threads", echo_streams)?;
    compare("bytes a second", &servers, echo_streams)
}

/// Measures two servers in turn, and prints a row of the table.
fn compare(what: &str, [c, lesson]: &[Server; 2], measure: Measure) -> io::Result<()> {
    let [mut c_rates, mut lesson_rates, mut ratios] = [[0.0; ROUNDS]; 3];
    for round in 0..ROUNDS {
        c_rates[round] = measure(c.addr, ROUND)?;
        lesson_rates[round] = measure(lesson.addr, ROUND)?;
        ratios[round] = lesson_rates[round] / c_rates[round];
    }
    let [c, lesson, ratio] = [&mut c_rates, &mut lesson_rates, &mut ratios].map(|values| {
        values.sort_by(f64::total_cmp);
        values[ROUNDS / 2]
    });
    let (min, max) = (ratios[0], ratios[ROUNDS - 1]);
    println!("{what:<18}{c:>14.0}{lesson:>14.0}    {ratio:.2} ({min:.2} .. {max:.2})");
    Ok(())
}

/// Uses a UDP server for a time, and returns how many datagrams it answered a second.
fn echo_datagrams(server: SocketAddr, time: Duration) -> io::Result<f64> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(LOST_AFTER))?;
    let (datagram, mut answer) = ([b'x'; DATAGRAM], [0; DATAGRAM]);
    let (mut under_way, mut answered, mut lost) = (0, 0, 0);

    let start = Instant::now();
    loop {
        while under_way < WINDOW && start.elapsed() < time {
            socket.send(&datagram)?;
            under_way += 1;
        }
        if under_way == 0 {
            break;
        }
        match socket.recv(&mut answer) {
            Ok(length) if answer[..length] == datagram => {
                answered += 1;
                under_way -= 1;
            }
            Ok(_) => return Err(io::Error::other("an answer is not what was sent")),
            // What the read time-out is called depends on the system.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                lost += under_way;
                under_way = 0;
            }
            Err(error) => return Err(error),
        }
    }
    if answered == 0 {
        return Err(ErrorKind::TimedOut.into());
    }
    if lost > 0 {
        eprintln!("lost {lost} datagrams of {}", answered + lost);
    }
    Ok(f64::from(answered) / start.elapsed().as_secs_f64())
}

/// Uses a TCP server for a time, and returns how many bytes it echoed a second on all streams.
fn echo_streams(server: SocketAddr, time: Duration) -> io::Result<f64> {
    thread::scope(|scope| {
        let clients: [_; STREAMS] = array::from_fn(|_| scope.spawn(|| echo_stream(server, time)));
        let mut sum = 0.0;
        for client in clients {
            sum += result_of(client)?;
        }
        Ok(sum)
    })
}

/// Writes to a stream for a time, and returns how many bytes came back a second.
fn echo_stream(server: SocketAddr, time: Duration) -> io::Result<f64> {
    let stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    // A prime period, so that a part which is out of place shows.
    let chunk: Vec<u8> = (0..=250).cycle().take(CHUNK).collect();
    let (mut echo, mut bytes) = (vec![0; CHUNK], 0.0);

    let start = Instant::now();
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while start.elapsed() < time {
                (&stream).write_all(&chunk)?;
            }
            stream.shutdown(Shutdown::Write)
        });
        (&stream).read_exact(&mut echo)?;
        if echo != chunk {
            return Err(io::Error::other("the echo is not what was sent"));
        }
        bytes += CHUNK as f64;
        loop {
            match (&stream).read(&mut echo)? {
                0 => break,
                length => bytes += length as f64,
            }
        }
        result_of(writer)
    })?;
    Ok(bytes / start.elapsed().as_secs_f64())
}

/// Waits for a thread to end.
fn result_of<T>(thread: ScopedJoinHandle<io::Result<T>>) -> io::Result<T> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a client thread panicked")))
}

/// A running server, which ends when this value goes.
struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    /// Starts a server, and uses it until it is up and warm.
    fn start(command: &mut Command, addr: SocketAddr, measure: Measure) -> io::Result<Server> {
        let child = command.env("LESSON_LOG", "off").spawn()?;
        let mut server = Server { child, addr };
        let start = Instant::now();
        while let Err(error) = measure(addr, ROUND) {
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

/// Builds and starts a C server, and the lesson that does the same.
fn start_servers(c_name: &str, lesson: &str, measure: Measure) -> io::Result<[Server; 2]> {
    let c_program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(c_name);
    let source = format!("{WORKSPACE}/tour/benches/{c_name}.c");
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-pthread"]).arg(buffer_size(lesson)?);
    cc.arg(source).arg("-o").arg(&c_program);
    finish(&mut cc, "install a C compiler, such as gcc or clang")?;

    // This program is `release/deps/echo-...` in the folder of all that was built.
    let this_program = env::current_exe()?;
    let target = this_program.ancestors().nth(3).unwrap_or(Path::new("target"));
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--release", "--package", lesson]);
    cargo.arg("--target-dir").arg(target).current_dir(WORKSPACE);
    finish(&mut cargo, "start this with `cargo bench`")?;

    let addr = free_addr()?;
    let port = addr.port().to_string();
    let c = Server::start(Command::new(c_program).arg(port), addr, measure)?;
    let addr = free_addr()?;
    let mut command = Command::new(target.join("release").join(lesson));
    command.arg(format!("--echo-addr={addr}"));
    Ok([c, Server::start(&mut command, addr, measure)?])
}

/// Reads in a lesson's source how large its buffer is, so that the C server's is the same.
fn buffer_size(lesson: &str) -> io::Result<String> {
    let source = fs::read_to_string(format!("{WORKSPACE}/{lesson}/src/main.rs"))?;
    let mut lines = source.lines();
    let size = lines.find_map(|line| line.strip_prefix("const BUFFER_SIZE: usize = "));
    let missing = || io::Error::other(format!("{lesson} has no const BUFFER_SIZE"));
    let size = size.ok_or_else(missing)?.replace(['_', ';'], "");
    Ok(format!("-DBUFFER_SIZE={size}"))
}

/// Finds an address of this machine whose port is free for UDP and for TCP.
fn free_addr() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    UdpSocket::bind(listener.local_addr()?)?.local_addr()
}

/// Runs a command to its end.
fn finish(command: &mut Command, hint: &str) -> io::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let problem = match command.status() {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => format!("{name} failed: {status}"),
        Err(error) => format!("cannot run {name}: {error}; hint: {hint}"),
    };
    Err(io::Error::other(problem))
}
