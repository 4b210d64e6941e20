//! Lesson 05 against plain sockets.
#![cfg(test)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use testing::{Ended, Folder, PATIENCE, Program, command, fails, start};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson05-tcp-client");

fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Lets `serve` be the server of a client with this setting in its `.env`, and keeps what it
/// returns until the client has ended; returns how that was, and the server's address.
fn served<T>(setting: &str, serve: impl FnOnce(TcpStream) -> T) -> (Ended, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let folder = Folder::create();
    folder.write(".env", &format!("LESSON_ECHO_ADDR={addr}\n{setting}\n"));
    let lesson = Program::start(&mut command(LESSON, &folder));
    let _kept = serve(accept(&listener));
    (lesson.finish(), addr)
}

fn read_all(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn sends_all_then_closes_its_sending_side_then_reads_to_the_end() {
    let (ended, _) = served("LESSON_MESSAGE=ni hao 你好", |mut stream| {
        assert_eq!(read_all(&mut stream), "ni hao 你好");
        for part in ["the ", "answer ", "回答"] {
            stream.write_all(part.as_bytes()).unwrap();
        }
    });
    assert_eq!((ended.status, &*ended.stdout), (Some(0), "the answer 回答\n"), "{ended:?}");
    assert!(!ended.stderr.contains("UTF-8"), "{ended:?}");
}

#[test]
fn a_message_may_be_empty_and_a_stream_has_no_largest_one() {
    for message in [String::new(), "x".repeat(1_000_000)] {
        let (ended, _) = served(&format!("LESSON_MESSAGE={message}"), |mut stream| {
            let received = read_all(&mut stream);
            assert!(received == message);
            stream.write_all(received.as_bytes()).unwrap();
        });
        assert!(ended.status == Some(0) && ended.stdout == message + "\n");
    }
}

#[test]
fn a_name_is_asked_at_all_its_addresses() {
    // Not every machine has IPv6.
    let Ok(listener) = TcpListener::bind("[::1]:0") else { return };
    let addr = listener.local_addr().unwrap();
    let host = format!("localhost:{}", addr.port());
    // Not every machine has both addresses of localhost.
    if host.to_socket_addrs().unwrap().any(|found| found == addr) {
        let lesson = start(LESSON, &["--echo-addr", &host]);
        let mut stream = accept(&listener);
        read_all(&mut stream);
        stream.write_all(b"answer").unwrap();
        drop(stream);
        assert_eq!(lesson.finish().stdout, "answer\n");
    }
}

#[test]
fn an_answer_does_no_harm_to_the_terminal_and_is_said_not_to_be_utf_8() {
    let (ended, _) = served("", |mut stream| {
        read_all(&mut stream);
        stream.write_all(b"\x1b[2J\xff\n").unwrap();
    });
    assert_eq!(ended.stdout, "\\u{1b}[2J\u{fffd}\n\n");
    assert!(ended.stderr.contains("what came is not UTF-8 (perhaps GBK)"), "{ended:?}");
}

#[test]
fn a_server_that_is_no_echo_server_is_an_error() {
    let hint = "is it an echo server? see what it says";
    let (ended, addr) = served("", |mut stream| {
        read_all(&mut stream);
    });
    fails(&ended, &format!("{addr} closed without an answer"), hint);
    let (ended, addr) =
        served("LESSON_TIMEOUT=60", |mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    fails(&ended, &format!("{addr} answers without end"), hint);
    assert_eq!(ended.stdout, "");
}

#[test]
fn a_server_that_breaks_off_is_an_error() {
    // A stream that is closed with bytes unread is reset (RFC 2525 section 2.17).
    let (ended, addr) = served("", |stream| {
        shared::wait(|| stream.peek(&mut [0])).unwrap();
        drop(stream);
    });
    // The client may notice while it ends its sending, or when it receives.
    fails(&ended, &addr, "the other side broke off: see what it says, or start it again");
}

#[test]
fn a_server_that_sends_a_byte_now_and_then_keeps_nobody_waiting() {
    // As long as the client takes it, each byte comes in time.
    let (ended, _) = served("LESSON_TIMEOUT=1", |mut stream| {
        while stream.write_all(b"x").is_ok() {
            thread::sleep(Duration::from_millis(100));
        }
    });
    fails(&ended, "timed out after ", "wait longer: --timeout 60");
}
