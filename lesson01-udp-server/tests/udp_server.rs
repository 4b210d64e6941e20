//! Lesson 01 against plain sockets.
#![cfg(test)]

use std::net::UdpSocket;

use testing::{Kind, LARGEST_DATAGRAM, datagram_is_echoed, fails, run, serve, start, udp_peer};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson01-udp-server");

#[test]
fn echoes_one_datagram_of_any_length_and_ends() {
    let largest: Vec<u8> = (0..LARGEST_DATAGRAM).map(|index| index as u8).collect();
    for (addr, datagram) in [
        ("127.0.0.1:0", &b"hello\r\n\0\xff"[..]),
        ("127.0.0.1:0", b""),
        ("127.0.0.1:0", &largest),
        ("[::1]:0", b"hello"),
    ] {
        let mut lesson = start(LESSON, &["--echo-addr", addr]);
        datagram_is_echoed(datagram, &udp_peer(lesson.listening()));
        let ended = lesson.finish();
        assert_eq!((ended.status, &*ended.stdout), (Some(0), ""), "{ended:?}");
    }
}

#[test]
fn logs_each_step() {
    let (mut lesson, server) = serve(LESSON, &[]);
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
    assert_eq!((sent.addr(), &sent.bytes), (Some(from), &received.bytes));
    assert!(sent.line > received.line && sent.seconds >= received.seconds, "{sent:?}");
}

#[test]
fn a_port_in_use_is_said_so() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let why = format!("cannot listen on {addr}: address in use");
    fails(&run(LESSON, &["--echo-addr", &addr]), &why, "or choose another: --echo-addr");
}

#[test]
fn an_address_of_another_machine_is_said_so() {
    let ended = run(LESSON, &["--echo-addr", "192.0.2.1:7007"]);
    let why = "cannot listen on 192.0.2.1:7007: address not available";
    let hint = "this machine has no such address; all that it has: --echo-addr 0.0.0.0:7007";
    fails(&ended, why, hint);
}
