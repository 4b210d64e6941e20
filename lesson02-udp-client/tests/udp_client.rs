//! Lesson 02 against plain sockets.
#![cfg(test)]

use std::net::UdpSocket;
use std::process::Stdio;

use testing::{Folder, LARGEST_DATAGRAM, PATIENCE, Program, command, fails, run, start};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson02-udp-client");

fn server() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let addr = socket.local_addr().unwrap().to_string();
    (socket, addr)
}

/// Waits for the client's message and gives `answer`; returns the message.
fn answer(server: &UdpSocket, answer: &[u8]) -> Vec<u8> {
    let mut datagram = vec![0; 65_535];
    let (length, peer) = shared::wait(|| server.recv_from(&mut datagram)).unwrap();
    server.send_to(answer, peer).unwrap();
    datagram.truncate(length);
    datagram
}

#[test]
fn sends_one_datagram_of_any_length_and_prints_the_answer() {
    let largest = "x".repeat(LARGEST_DATAGRAM);
    for (message, text) in [("ni hao 你好", "the answer 回答"), ("", ""), (&largest, &largest)]
    {
        let (server, addr) = server();
        let folder = Folder::create();
        // Too long for a command line everywhere, so it stands in the file.
        folder.write(".env", &format!("LESSON_ECHO_ADDR={addr}\nLESSON_MESSAGE={message}\n"));
        let lesson = Program::start(&mut command(LESSON, &folder));
        assert!(answer(&server, text.as_bytes()) == message.as_bytes());
        let ended = lesson.finish();
        assert!(ended.status == Some(0) && ended.stdout == format!("{text}\n"), "{ended:?}");
    }
}

#[test]
fn believes_nobody_but_the_server() {
    let (server, addr) = server();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let lesson = start(LESSON, &["--echo-addr", &addr]);
    let (_, peer) = shared::wait(|| server.recv_from(&mut [0; 100])).unwrap();
    let _ = stranger.send_to(b"a lie", peer);
    server.send_to(b"the truth", peer).unwrap();
    assert_eq!(lesson.finish().stdout, "the truth\n");
}

#[test]
fn an_answer_does_no_harm_to_the_terminal_and_is_said_not_to_be_utf_8() {
    let (server, addr) = server();
    let lesson = start(LESSON, &["--echo-addr", &addr]);
    answer(&server, b"\x1b[31mred\xff");
    let ended = lesson.finish();
    assert_eq!(ended.stdout, "\\u{1b}[31mred\u{fffd}\n");
    assert!(ended.stderr.contains("what came is not UTF-8 (perhaps GBK)"), "{}", ended.stderr);
}

#[test]
fn says_at_once_that_nobody_listens() {
    let (_, addr) = server();
    let ended = run(LESSON, &["--echo-addr", &addr, "--timeout", "3600"]);
    let why = format!("cannot receive from {addr}: connection refused");
    fails(&ended, &why, &format!("cargo run -p lesson01-udp-server -- --echo-addr {addr}"));
}

/// Linux refuses at once to connect a socket to such an address.
#[cfg(target_os = "linux")]
#[test]
fn a_broadcast_is_no_matter_of_ports() {
    let ended = run(LESSON, &["--echo-addr", "255.255.255.255:7007"]);
    let why = "cannot connect to 255.255.255.255:7007: permission denied";
    fails(&ended, why, "a broadcast needs `set_broadcast(true)`");
}

/// A wait with a time-out ends early when the program is stopped and goes on, as with Ctrl-Z and
/// `fg`.
#[cfg(target_os = "linux")]
#[test]
fn waits_on_when_it_was_stopped() {
    let (server, addr) = server();
    let mut lesson = start(LESSON, &["--echo-addr", &addr]);
    lesson.event(|event| event.kind == testing::Kind::Sent);
    for signal in ["-STOP", "-CONT", "-STOP", "-CONT"] {
        let process = lesson.id().to_string();
        let killed =
            std::process::Command::new("sh").args(["-c", "kill $0 $1", signal, &process]).status();
        assert!(killed.unwrap().success());
    }
    answer(&server, b"answer");
    assert_eq!(lesson.finish().stdout, "answer\n");
}

/// Runs the client with this standard output, and returns its status and its standard error.
fn printing_to(stdout: Stdio) -> (Option<i32>, String) {
    let (server, addr) = server();
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    command.args(["--echo-addr", &addr, "--log", "off"]).stdout(stdout).stderr(Stdio::piped());
    let mut lesson = command.spawn().unwrap();
    // Nobody reads it.
    drop(lesson.stdout.take());
    answer(&server, b"answer");
    let ended = lesson.wait_with_output().unwrap();
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[test]
fn ends_quietly_when_the_reader_of_the_answer_has_gone() {
    assert_eq!(printing_to(Stdio::piped()), (Some(0), String::new()));
}

#[cfg(target_os = "linux")]
#[test]
fn says_that_the_answer_could_not_be_written() {
    let full = std::fs::File::create("/dev/full").unwrap();
    let lines = "Error: cannot write to standard output: no storage space\n\
                 hint: make room on the disk, or write elsewhere\n";
    assert_eq!(printing_to(full.into()), (Some(1), lines.into()));
}
