//! Lesson 09 against plain sockets.
#![cfg(test)]

use std::net::Shutdown;
use std::thread;

use testing::{break_off, bytes_are_echoed, is_closed, long_stream_is_echoed, serve, tcp_peer};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson09-tcp-threads");

#[test]
fn two_hundred_clients_at_once_half_of_them_silent() {
    let (_lesson, server) = serve(LESSON, &["--timeout", "3600"]);
    // Those who break off do no harm.
    for _ in 0..50 {
        break_off(tcp_peer(server));
    }
    let silent: Vec<_> = (0..100).map(|_| tcp_peer(server)).collect();
    let mut talking: Vec<_> = (0..100).map(|_| tcp_peer(server)).collect();
    for round in 0..3 {
        for (index, stream) in talking.iter_mut().enumerate() {
            bytes_are_echoed(format!("client {index} round {round}").as_bytes(), stream);
        }
    }
    for mut stream in silent {
        bytes_are_echoed(b"at last", &mut stream);
        stream.shutdown(Shutdown::Write).unwrap();
        is_closed(&mut stream);
    }
}

#[test]
fn echoes_long_streams_at_once_byte_for_byte() {
    let (_lesson, server) = serve(LESSON, &[]);
    thread::scope(|scope| {
        for client in 0..4 {
            scope.spawn(move || long_stream_is_echoed(server, 250 + client));
        }
    });
}

/// Threads with stacks larger than any memory cannot be started.
#[cfg(target_os = "linux")]
#[test]
fn goes_on_when_the_system_has_no_thread_to_give() {
    let folder = testing::Folder::create();
    let mut command = testing::command(LESSON, &folder);
    command.args(["--echo-addr", "127.0.0.1:0"]).env("RUST_MIN_STACK", (1_u64 << 46).to_string());
    let mut lesson = testing::Program::start(&mut command);
    let server = lesson.listening();
    for _ in 0..3 {
        let mut stream = tcp_peer(server);
        let from = stream.local_addr().unwrap();
        let expected = "the system has no more threads";
        lesson.logged(&format!("cannot start a thread for {from}: {expected}"));
        is_closed(&mut stream);
    }
}

/// No file is left for a fifth client, until one of the four leaves.
#[cfg(target_os = "linux")]
#[test]
fn goes_on_when_clients_leave_that_used_up_all_files() {
    let (mut lesson, server) = testing::serve_with_files(LESSON, 8);
    let mut clients: Vec<_> = (0..4).map(|_| tcp_peer(server)).collect();
    for stream in &mut clients {
        bytes_are_echoed(b"hello", stream);
    }
    let mut fifth = tcp_peer(server);
    lesson.logged("cannot accept a client: Too many open files (os error 24)");
    clients.pop();
    bytes_are_echoed(b"hello", &mut fifth);
}
