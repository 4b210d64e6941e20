//! Lesson 01 against plain sockets.
#![cfg(test)]

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use testing::{
    Kind, LARGEST_DATAGRAM, PATIENCE, Program, datagram_is_echoed, run, start, udp_peer,
};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson01-udp-server");

fn serve(addr: &str) -> (Program, SocketAddr) {
    let mut lesson = start(LESSON, &["--echo-addr", addr]);
    let server = lesson.listening();
    (lesson, server)
}

#[track_caller]
fn echoes(addr: &str, datagram: &[u8]) {
    let (lesson, server) = serve(addr);
    datagram_is_echoed(datagram, &udp_peer(server));

    let ended = lesson.finish();
    assert_eq!(ended.status, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout, "");
}

#[test]
fn echoes_one_datagram_and_ends() {
    echoes("127.0.0.1:0", b"hello\r\n\0\xff");
}

#[test]
fn echoes_an_empty_datagram() {
    echoes("127.0.0.1:0", b"");
}

#[test]
fn echoes_the_largest_datagram() {
    let datagram: Vec<u8> = (0..LARGEST_DATAGRAM).map(|index| index as u8).collect();
    echoes("127.0.0.1:0", &datagram);
}

#[test]
fn listens_on_ipv6() {
    echoes("[::1]:0", b"hello");
}

#[test]
fn a_name_means_its_first_ipv4_address() {
    let (_lesson, server) = serve("localhost:0");
    assert!(server.is_ipv4(), "{server}");
}

#[test]
fn logs_each_step_for_people() {
    let mut lesson = start(LESSON, &["--echo-addr", "127.0.0.1:0", "--log", "info"]);
    let listening = lesson.logged("listening on ");
    let (start, server) = listening.split_once(" lesson01-udp-server: listening on ").unwrap();
    assert!(start.parse::<f64>().is_ok(), "{listening}");
    let peer = udp_peer(server.parse().unwrap());
    peer.send(b"hello").unwrap();
    let from = peer.local_addr().unwrap();
    let ended = lesson.finish();
    let lines: Vec<_> = ended.stderr.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    let received = format!("lesson01-udp-server: received 5 bytes from {from}");
    let sent = format!("lesson01-udp-server: sent 5 bytes to {from}");
    assert_eq!(lines[1..], [received, sent]);
}

#[test]
fn logs_each_step_as_json() {
    let (mut lesson, server) = serve("127.0.0.1:0");
    let peer = udp_peer(server);
    peer.send(b"a\x1b\"\n\xff").unwrap();
    let from = peer.local_addr().unwrap();
    let received = lesson.event(|event| event.kind == Kind::Received);
    assert_eq!(received.program, "lesson01-udp-server");
    assert_eq!(received.file, "lesson01-udp-server/src/main.rs");
    assert_eq!(received.addr(), Some(from));
    assert_eq!(received.bytes.as_deref(), Some(b"a\x1b\"\n\xff".as_slice()));
    assert_eq!(received.text, format!("received 5 bytes from {from}"));
    let sent = lesson.event(|event| event.kind == Kind::Sent);
    assert_eq!(sent.addr(), Some(from));
    assert_eq!(sent.bytes, received.bytes);
    assert!(sent.line > received.line && sent.seconds >= received.seconds, "{sent:?}");
}

#[test]
fn the_log_at_debug_shows_the_bytes_and_the_line_of_the_source() {
    let mut lesson = start(LESSON, &["--echo-addr", "127.0.0.1:0", "--log", "debug"]);
    let listening = lesson.logged("listening on ");
    let (_, rest) = listening.split_once("listening on ").unwrap();
    let (server, place) = rest.split_once(" (").unwrap();
    assert!(place.contains("main.rs:"), "{listening}");
    udp_peer(server.parse().unwrap()).send(b"a\x1b[31m\n\xff").unwrap();
    let shown = r#": "a\x1b[31m\n\xff" (lesson01-udp-server"#;
    let line = lesson.logged("received");
    assert!(line.contains(shown) && line.contains("main.rs:"), "{line}");
}

#[test]
fn the_log_can_be_off() {
    // Nothing is logged, so the port has to be known beforehand.
    let addr = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lesson = start(LESSON, &["--echo-addr", &addr.to_string(), "--log", "off"]);
    let peer = udp_peer(addr);
    peer.set_read_timeout(Some(PATIENCE / 600)).unwrap();
    let deadline = Instant::now() + PATIENCE;
    // Until the lesson listens, the system refuses the datagram.
    while peer.send(b"hello").and_then(|_| peer.recv(&mut [0; 16])).is_err() {
        assert!(Instant::now() < deadline, "no answer");
    }
    let ended = lesson.finish();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_port_in_use_is_said_so() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let ended = run(LESSON, &["--echo-addr", &addr]);
    assert_eq!(ended.status, Some(1));
    assert_eq!(
        ended.stderr,
        format!(
            "Error: cannot listen on {addr}: address in use\n\
             hint: stop the program that uses this port, or choose another: --echo-addr, LESSON_ECHO_ADDR\n"
        )
    );
}

#[test]
fn an_address_of_another_machine_is_said_so() {
    let ended = run(LESSON, &["--echo-addr", "192.0.2.1:7007"]);
    assert_eq!(ended.status, Some(1));
    assert_eq!(
        ended.stderr,
        "Error: cannot listen on 192.0.2.1:7007: address not available\n\
         hint: this machine has no such address; all that it has: --echo-addr 0.0.0.0:7007\n"
    );
}

/// Where the system lets everybody, or whoever runs the tests, listen on such a port, there is
/// nothing to see.
#[test]
fn a_port_that_needs_privileges_is_said_so() {
    let allowed = UdpSocket::bind("127.0.0.1:7");
    if !allowed.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
        return;
    }
    let ended = run(LESSON, &["--echo-addr", "127.0.0.1:7"]);
    assert_eq!(ended.status, Some(1));
    assert_eq!(
        ended.stderr,
        "Error: cannot listen on 127.0.0.1:7: permission denied\n\
         hint: not everybody may use this port, choose another: --echo-addr, LESSON_ECHO_ADDR\n"
    );
}
