//! Lesson 04 against plain sockets.
#![cfg(test)]

use std::io::{ErrorKind, Read, Write};

use testing::{
    Kind, break_off, bytes_are_echoed, is_closed, long_stream_is_echoed, serve, tcp_peer,
};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson04-tcp-server");

#[test]
fn echoes_a_long_stream_byte_for_byte() {
    let (_lesson, server) = serve(LESSON, &[]);
    long_stream_is_echoed(server, 250);
}

#[test]
fn serves_one_client_after_another() {
    let (mut lesson, server) = serve(LESSON, &[]);
    let mut first = tcp_peer(server);
    bytes_are_echoed(b"first", &mut first);
    // The second client is connected, and its bytes wait with the system until the first has gone.
    let mut second = tcp_peer(server);
    second.write_all(b"second").unwrap();
    second.set_nonblocking(true).unwrap();
    bytes_are_echoed(b"first again", &mut first);
    assert_eq!(second.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);

    drop(first);
    second.set_nonblocking(false).unwrap();
    let mut answer = [0; 6];
    second.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"second");
    drop(second);
    lesson.event(|event| event.kind == Kind::Closed);
    lesson.event(|event| event.kind == Kind::Closed);
}

#[test]
fn a_silent_client_is_left_for_the_next() {
    let (mut lesson, server) = serve(LESSON, &["--timeout", "0.2"]);
    let mut silent = tcp_peer(server);
    let from = silent.local_addr().unwrap();
    bytes_are_echoed(b"hello", &mut tcp_peer(server));
    lesson.logged(&format!("cannot receive from {from}: timed out"));
    let closed = lesson.event(|event| event.kind == Kind::Closed);
    assert_eq!(closed.addr(), Some(from));
    is_closed(&mut silent);
}

#[test]
fn a_client_that_never_reads_is_left_for_the_next() {
    let (mut lesson, server) = serve(LESSON, &["--timeout", "0.2"]);
    let mut deaf = tcp_peer(server);
    let from = deaf.local_addr().unwrap();
    // Fills the buffers of both sides until the server drops the connection.
    let error = loop {
        if let Err(error) = deaf.write_all(&[b'x'; 65_536]) {
            break error;
        }
    };
    assert_ne!(error.kind(), ErrorKind::WouldBlock, "the server does not drop the connection");
    lesson.logged(&format!("cannot answer {from}: "));
    bytes_are_echoed(b"hello", &mut tcp_peer(server));
}

#[test]
fn clients_that_fail_do_no_harm() {
    let (_lesson, server) = serve(LESSON, &["--timeout", "5"]);
    for _ in 0..3 {
        break_off(tcp_peer(server));
        drop(tcp_peer(server));
    }
    bytes_are_echoed(b"hello", &mut tcp_peer(server));
}

/// No file is left for a client.
#[cfg(target_os = "linux")]
#[test]
fn goes_on_when_no_client_can_be_accepted() {
    let (mut lesson, server) = testing::serve_with_files(LESSON, 4);
    let _client = tcp_peer(server);
    for _ in 0..3 {
        lesson.logged("cannot accept a client: Too many open files (os error 24)");
    }
}
