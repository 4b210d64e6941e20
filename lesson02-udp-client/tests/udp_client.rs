//! Lesson 02 against plain sockets.
#![cfg(test)]

use std::net::UdpSocket;
use std::process::Stdio;

use testing::{Ended, Folder, LARGEST_DATAGRAM, PATIENCE, Program, command, run, start};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson02-udp-client");

fn server(addr: &str) -> (UdpSocket, String) {
    let socket = UdpSocket::bind(addr).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let addr = socket.local_addr().unwrap().to_string();
    (socket, addr)
}

/// Lets a server give `answer`, and returns how the client ended.
fn answered(answer: &[u8]) -> Ended {
    let (server, addr) = server("127.0.0.1:0");
    let lesson = start(LESSON, &["--echo-addr", &addr]);
    let (_, peer) = shared::wait(|| server.recv_from(&mut [0; 100])).unwrap();
    server.send_to(answer, peer).unwrap();
    lesson.finish()
}

#[test]
fn sends_one_datagram_and_prints_the_answer() {
    let (server, addr) = server("127.0.0.1:0");
    let lesson = start(LESSON, &["--echo-addr", &addr, "--message", "ni hao 你好"]);
    let mut datagram = [0; 100];
    let (length, peer) = shared::wait(|| server.recv_from(&mut datagram)).unwrap();
    assert_eq!(&datagram[..length], "ni hao 你好".as_bytes());
    server.send_to("the answer 回答".as_bytes(), peer).unwrap();

    let ended = lesson.finish();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "the answer 回答\n");
}

#[test]
fn sends_empty_and_largest_messages() {
    for length in [0, LARGEST_DATAGRAM] {
        let message = "x".repeat(length);
        let (server, addr) = server("127.0.0.1:0");
        let folder = Folder::create();
        // Too long for a command line everywhere, so it stands in the file.
        folder.write(".env", &format!("LESSON_ECHO_ADDR={addr}\nLESSON_MESSAGE={message}\n"));
        let lesson = Program::start(&mut command(LESSON, &folder));
        let mut datagram = [0; 65_535];
        let (received, peer) = shared::wait(|| server.recv_from(&mut datagram)).unwrap();
        assert!(datagram[..received] == *message.as_bytes(), "{received} bytes came, or others");
        server.send_to(&datagram[..received], peer).unwrap();
        let ended = lesson.finish();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        assert!(ended.stdout == message + "\n");
    }
}

#[test]
fn asks_over_ipv6_and_by_name() {
    for (bind, host) in [("[::1]:0", "[::1]"), ("127.0.0.1:0", "localhost")] {
        let (server, addr) = server(bind);
        let port = addr.rsplit(':').next().unwrap();
        let lesson = start(LESSON, &["--echo-addr", &format!("{host}:{port}")]);
        let (_, peer) = shared::wait(|| server.recv_from(&mut [0; 100])).unwrap();
        server.send_to(b"answer", peer).unwrap();
        assert_eq!(lesson.finish().stdout, "answer\n");
    }
}

#[test]
fn believes_nobody_but_the_server() {
    let (server, addr) = server("127.0.0.1:0");
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let lesson = start(LESSON, &["--echo-addr", &addr]);
    let (_, peer) = shared::wait(|| server.recv_from(&mut [0; 100])).unwrap();
    let _ = stranger.send_to(b"a lie", peer);
    server.send_to(b"the truth", peer).unwrap();
    assert_eq!(lesson.finish().stdout, "the truth\n");
}

#[test]
fn shows_whatever_comes_without_harm_to_the_terminal() {
    assert_eq!(
        answered(b"\x1b[31mred\x07\r\n\tx\x7f\xff\xc2\x9b").stdout,
        "\\u{1b}[31mred\\u{7}\\r\n\tx\\u{7f}\u{fffd}\\u{9b}\n"
    );
    let empty = answered(b"");
    assert_eq!((empty.status, empty.stdout.as_str()), (Some(0), "\n"));
}

#[test]
fn says_at_once_that_nobody_listens() {
    let (_, addr) = server("127.0.0.1:0");
    let ended = run(LESSON, &["--echo-addr", &addr, "--timeout", "3600"]);
    assert_eq!(ended.status, Some(1));
    assert!(
        ended.stderr.ends_with(&format!(
            "Error: cannot receive from {addr}: connection refused\n\
             hint: nobody listens at {addr}: start the other side, in another terminal: \
             cargo run -p lesson01-udp-server -- --echo-addr {addr}\n"
        )),
        "{}",
        ended.stderr
    );
}

/// Linux refuses at once to connect a socket to such an address.
#[cfg(target_os = "linux")]
#[test]
fn a_broadcast_is_no_matter_of_ports() {
    let ended = run(LESSON, &["--echo-addr", "255.255.255.255:7007"]);
    let error = "cannot connect to 255.255.255.255:7007: permission denied";
    testing::fails(&ended, error, "a broadcast needs `set_broadcast(true)`");
}

#[test]
fn an_answer_that_is_not_utf_8_is_said_to_be_so() {
    let ended = answered(b"\xc4\xe3\xba\xc3");
    assert_eq!(ended.status, Some(0));
    assert!(ended.stderr.contains("what came is not UTF-8 (perhaps GBK)"), "{}", ended.stderr);
    assert!(!answered("你好".as_bytes()).stderr.contains("UTF-8"));
}

#[test]
fn says_that_the_wait_timed_out() {
    let (_server, addr) = server("127.0.0.1:0");
    let ended = run(LESSON, &["--echo-addr", &addr, "--timeout", "0.1", "--log", "off"]);
    assert_eq!(ended.status, Some(1));
    assert_eq!(
        ended.stderr,
        format!(
            "Error: cannot receive from {addr}: timed out\n\
             hint: is the other side running? try again, or wait longer: --timeout 60\n"
        )
    );
}

/// A wait with a time-out ends early when the program is stopped and goes on, as with Ctrl-Z and
/// `fg`.
#[cfg(target_os = "linux")]
#[test]
fn waits_on_when_it_was_stopped() {
    let (server, addr) = server("127.0.0.1:0");
    let mut lesson = start(LESSON, &["--echo-addr", &addr, "--message", "hello"]);
    lesson.event(|event| event.kind == testing::Kind::Sent);
    let (_, peer) = shared::wait(|| server.recv_from(&mut [0; 100])).unwrap();
    for signal in ["-STOP", "-CONT", "-STOP", "-CONT"] {
        let process = lesson.id().to_string();
        let killed =
            std::process::Command::new("sh").args(["-c", "kill $0 $1", signal, &process]).status();
        assert!(killed.unwrap().success());
    }
    server.send_to(b"answer", peer).unwrap();
    assert_eq!(lesson.finish().stdout, "answer\n");
}

#[test]
fn says_that_a_name_has_no_address() {
    let ended = run(LESSON, &["--echo-addr", "no-such-host.invalid:7007"]);
    assert_eq!(ended.status, Some(1));
    let (error, hint) = ended.stderr.split_once('\n').unwrap();
    assert!(error.starts_with("Error: cannot look up no-such-host.invalid:7007: "), "{error}");
    assert_eq!(
        hint,
        "hint: check the spelling of the host in LESSON_ECHO_ADDR, or give its address there\n"
    );
}

#[test]
fn ends_quietly_when_the_reader_of_the_answer_has_gone() {
    let (server, addr) = server("127.0.0.1:0");
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    command.args(["--echo-addr", &addr, "--log", "off"]);
    let mut lesson = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(lesson.stdout.take());
    let (_, peer) = shared::wait(|| server.recv_from(&mut [0; 100])).unwrap();
    server.send_to(b"answer", peer).unwrap();
    let ended = lesson.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[cfg(target_os = "linux")]
#[test]
fn says_that_the_answer_could_not_be_written() {
    let (server, addr) = server("127.0.0.1:0");
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    command.args(["--echo-addr", &addr, "--log", "off"]);
    let full = std::fs::File::create("/dev/full").unwrap();
    let lesson = command.stdout(full).stderr(Stdio::piped()).spawn().unwrap();
    let (_, peer) = shared::wait(|| server.recv_from(&mut [0; 100])).unwrap();
    server.send_to(b"answer", peer).unwrap();
    let ended = lesson.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let error = "Error: cannot write to standard output: no storage space";
    assert_eq!(stderr, format!("{error}\nhint: make room on the disk, or write elsewhere\n"));
}
