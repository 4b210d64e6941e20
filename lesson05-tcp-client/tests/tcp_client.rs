//! Lesson 05 against plain sockets.
#![cfg(test)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;

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

/// The hint when the end of the answer does not come.
const KEEPS_OPEN: &str = "the other side keeps the connection open; an echo is whole when it is as \
                          long as its message; or wait longer: --timeout 60";

/// The hint when nothing comes at all.
const KEEPS_SILENT: &str = "the other side keeps silent: is it an echo server, or busy with another \
                            client? see what it says, or wait longer: --timeout 60";

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
fn a_stream_has_no_largest_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let message = "x".repeat(1_000_000);
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
fn asks_over_ipv6_and_by_name_at_all_addresses() {
    for (bind, host) in
        [("[::1]:0", "[::1]"), ("127.0.0.1:0", "localhost"), ("[::1]:0", "localhost")]
    {
        // Not every machine has both addresses of localhost.
        let is_there = |addr: SocketAddr| addr.is_ipv4() == bind.starts_with("127");
        if !("localhost", 0).to_socket_addrs().unwrap().any(is_there) {
            continue;
        }
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
        &format!("cannot receive from {addr}: timed out after 0 bytes, without an end"),
        KEEPS_SILENT,
    );
}

#[test]
fn a_server_that_keeps_the_connection_open_is_an_error() {
    let (ended, addr) = served(&["--message", "hello", "--timeout", "1"], |mut stream| {
        assert_eq!(read_all(&mut stream), "hello");
        stream.write_all(b"hello").unwrap();
        stream
    });
    fails(
        &ended,
        &format!("cannot receive from {addr}: timed out after 5 bytes, without an end"),
        KEEPS_OPEN,
    );
}

#[test]
fn the_time_out_is_for_the_whole_answer() {
    let (ended, _) = served(&["--timeout", "1"], |mut stream| {
        // As long as the client takes it: each byte comes in time.
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    assert!(ended.stderr.contains("timed out after "), "{}", ended.stderr);
}

#[test]
fn an_answer_that_is_not_utf_8_is_said_to_be_so() {
    let lesson = |answer: &'static [u8]| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let lesson = start(LESSON, &["--echo-addr", &addr]);
        let (mut stream, _) = listener.accept().unwrap();
        read_all(&mut stream);
        stream.write_all(answer).unwrap();
        drop(stream);
        lesson.finish().stderr
    };
    assert!(lesson(b"\xc4\xe3\xba\xc3").contains("what came is not UTF-8 (perhaps GBK)"));
    assert!(!lesson("你好".as_bytes()).contains("UTF-8"));
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
