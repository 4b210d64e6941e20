//! Lesson 05 against plain sockets.
#![cfg(test)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use testing::{Ended, Folder, PATIENCE, Program, command, run, start};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson05-tcp-client");

/// Lets `serve` be the server of a client, and keeps what it returns until the client has ended;
/// returns how that was, and the server's address.
fn served<T>(arguments: &[&str], serve: impl FnOnce(TcpStream) -> T) -> (Ended, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let lesson = start(LESSON, &[&["--echo-addr", &addr, "--log", "off"], arguments].concat());
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _kept = serve(stream);
    (lesson.finish(), addr)
}

fn read_all(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[track_caller]
fn fails(ended: &Ended, error: &str, hint: &str) {
    assert_eq!(ended.stderr, format!("Error: {error}\nhint: {hint}\n"));
    assert_eq!(ended.status, Some(1));
    assert_eq!(ended.stdout, "");
}

#[test]
fn sends_all_then_closes_its_sending_side_then_reads_to_the_end() {
    let (ended, _) = served(&["--message", "ni hao 你好"], |mut stream| {
        assert_eq!(read_all(&mut stream), "ni hao 你好");
        for part in ["the ", "answer ", "回答"] {
            stream.write_all(part.as_bytes()).unwrap();
            stream.flush().unwrap();
        }
    });
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), "the answer 回答\n"));
    assert_eq!(ended.stderr, "");
}

#[test]
fn sends_the_largest_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let message = "x".repeat(65_507);
    let folder = Folder::create();
    let addr = listener.local_addr().unwrap();
    folder.write(".env", &format!("LESSON_ECHO_ADDR={addr}\nLESSON_MESSAGE={message}\n"));
    let lesson = Program::start(&mut command(LESSON, &folder));
    let (mut stream, _) = listener.accept().unwrap();
    let received = read_all(&mut stream);
    assert!(received == message);
    stream.write_all(received.as_bytes()).unwrap();
    drop(stream);
    assert!(lesson.finish().stdout == message + "\n");
}

#[test]
fn an_empty_message_has_an_empty_answer() {
    let (ended, _) = served(&["--message="], |mut stream| assert_eq!(read_all(&mut stream), ""));
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(0), "\n"));
}

#[test]
fn asks_over_ipv6_and_by_name() {
    for (bind, host) in [("[::1]:0", "[::1]"), ("127.0.0.1:0", "localhost")] {
        let listener = TcpListener::bind(bind).unwrap();
        let port = listener.local_addr().unwrap().port();
        let lesson =
            start(LESSON, &["--echo-addr", &format!("{host}:{port}"), "--message", "hello"]);
        let (mut stream, _) = listener.accept().unwrap();
        assert_eq!(read_all(&mut stream), "hello");
        stream.write_all(b"answer").unwrap();
        drop(stream);
        assert_eq!(lesson.finish().stdout, "answer\n");
    }
}

#[test]
fn shows_whatever_comes_without_harm_to_the_terminal() {
    let (ended, _) = served(&[], |mut stream| {
        read_all(&mut stream);
        stream.write_all(b"\x1b[2J\xff\n").unwrap();
    });
    assert_eq!(ended.stdout, "\\u{1b}[2J\u{fffd}\n\n");
}

#[test]
fn a_server_that_closes_without_an_answer_is_an_error() {
    let (ended, addr) = served(&[], |mut stream| {
        read_all(&mut stream);
    });
    fails(
        &ended,
        &format!("{addr} closed without an answer"),
        "is it an echo server? see what it says",
    );
}

#[test]
fn a_server_that_answers_without_end_is_an_error() {
    let (ended, addr) = served(&[], |mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    fails(&ended, &format!("{addr} answers without end"), "is it an echo server? see what it says");
}

#[test]
fn a_server_that_breaks_off_is_an_error() {
    // A stream that is closed with bytes unread is reset (RFC 2525 section 2.17).
    let (ended, addr) = served(&[], |stream| {
        shared::wait(|| stream.peek(&mut [0])).unwrap();
        drop(stream);
    });
    assert_eq!((ended.status, ended.stdout.as_str()), (Some(1), ""));
    let (error, hint) = ended.stderr.split_once('\n').unwrap();
    // The client may notice while it ends its sending, or when it receives.
    assert!(error.starts_with("Error: cannot "), "{error}");
    assert!(error.contains(&addr), "{error}");
    let start = "hint: the other side broke off: see what it says, or start it again";
    let command = format!("cargo run -p lesson04-tcp-server -- --echo-addr {addr}\n");
    assert!(hint.starts_with(start) && hint.ends_with(&command), "{hint}");
}

#[test]
fn a_server_that_keeps_silent_is_an_error() {
    let (ended, addr) = served(&["--timeout", "0.1"], |stream| stream);
    fails(
        &ended,
        &format!("cannot receive from {addr}: timed out"),
        "is the other side running? try again, or wait longer: --timeout 60",
    );
}

#[test]
fn says_that_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    drop(listener);
    fails(
        &run(LESSON, &["--echo-addr", &addr]),
        &format!("cannot connect to {addr}: connection refused"),
        &format!(
            "nobody listens at {addr}: start the other side, in another terminal: \
             cargo run -p lesson04-tcp-server -- --echo-addr {addr}"
        ),
    );
}
