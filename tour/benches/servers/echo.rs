//! Lesson 03 against `udp_echo.c`, and lesson 09 against `tcp_echo.c`.

use std::fs;
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use testing::built;
use tour::lessons::workspace;

use crate::{LIMIT, Server, at_once, compare, free_addr, result_of};

/// How often each server is measured.
const ROUNDS: usize = 21;
/// How long a server is measured at a time.
const ROUND: Duration = Duration::from_millis(300);

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

/// Prints a row for each lesson.
pub fn compare_all() -> io::Result<()> {
    compare_with_c("datagrams a second", "udp_echo", "lesson03-udp-loop", echo_datagrams)?;
    let echo_streams = |server| at_once(STREAMS, || echo_stream(server));
    compare_with_c("bytes a second", "tcp_echo", "lesson09-tcp-threads", echo_streams)
}

/// Uses a UDP server for a [`ROUND`], and returns how many datagrams it answered a second.
fn echo_datagrams(server: SocketAddr) -> io::Result<f64> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(LOST_AFTER))?;
    let datagram = [b'x'; DATAGRAM];
    let mut answer = [0; DATAGRAM];
    let mut under_way = 0;
    let mut answered = 0;
    let mut lost = 0;

    let start = Instant::now();
    loop {
        while under_way < WINDOW && start.elapsed() < ROUND {
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
        println!("lost {lost} datagrams of {}", answered + lost);
    }
    Ok(f64::from(answered) / start.elapsed().as_secs_f64())
}

/// Writes to a stream for a [`ROUND`], and returns how many bytes came back a second.
fn echo_stream(server: SocketAddr) -> io::Result<f64> {
    let stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    // A prime period, so that a part which is out of place shows.
    let chunk: Vec<u8> = (0..=250).cycle().take(CHUNK).collect();
    let mut echo = vec![0; CHUNK];

    let start = Instant::now();
    let bytes = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while start.elapsed() < ROUND {
                (&stream).write_all(&chunk)?;
            }
            stream.shutdown(Shutdown::Write)
        });
        (&stream).read_exact(&mut echo)?;
        if echo != chunk {
            return Err(io::Error::other("the echo is not what was sent"));
        }
        let mut rest = BufReader::with_capacity(CHUNK, &stream);
        let bytes = echo.len() as u64 + io::copy(&mut rest, &mut io::sink())?;
        result_of(writer).map(|()| bytes)
    })?;
    Ok(bytes as f64 / start.elapsed().as_secs_f64())
}

/// Builds and starts a C server and the lesson that does the same, and compares them.
fn compare_with_c(
    what: &str,
    c_name: &str,
    lesson: &str,
    measure: impl Fn(SocketAddr) -> io::Result<f64>,
) -> io::Result<()> {
    let c_program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(c_name);
    let source = workspace().join(format!("tour/benches/{c_name}.c"));
    let mut cc = Command::new("cc");
    cc.args(["-O2", "-pthread"]).arg(buffer_size(lesson)?);
    if !cc.arg(source).arg("-o").arg(&c_program).status()?.success() {
        return Err(io::Error::other("cc cannot compile it"));
    }
    // The first measurement is none: it waits for the server, and warms it up.
    let addr = free_addr()?;
    let c = Server::start(Command::new(c_program).arg(addr.port().to_string()), addr, &measure)?;
    let addr = free_addr()?;
    let mut command = Command::new(built(lesson));
    let lesson = Server::start(command.arg(format!("--echo-addr={addr}")), addr, &measure)?;
    compare(what, ROUNDS, measure, c.addr, lesson.addr)
}

/// Reads in a lesson's source how large its buffer is, so that the C server's is the same.
fn buffer_size(lesson: &str) -> io::Result<String> {
    let source = fs::read_to_string(workspace().join(lesson).join("src/main.rs"))?;
    let mut lines = source.lines();
    let size = lines.find_map(|line| line.strip_prefix("const BUFFER_SIZE: usize = "));
    let missing = || io::Error::other(format!("{lesson} has no const BUFFER_SIZE"));
    let size = size.ok_or_else(missing)?.replace(['_', ';'], "");
    Ok(format!("-DBUFFER_SIZE={size}"))
}
