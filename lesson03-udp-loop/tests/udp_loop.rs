//! Lesson 03 against plain sockets.
#![cfg(test)]

use std::net::{SocketAddr, UdpSocket};

use shared::testing::{PATIENCE, start};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson03-udp-loop");

/// The most that one datagram carries here; macOS lets a program send no more than this.
const LARGEST: usize = if cfg!(target_os = "macos") {
    9_216
} else {
    65_507
};

fn peer(server: SocketAddr) -> UdpSocket {
    let any = if server.is_ipv4() {
        "127.0.0.1:0"
    } else {
        "[::1]:0"
    };
    let socket = UdpSocket::bind(any).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(server).unwrap();
    socket
}

#[track_caller]
fn is_echoed(datagram: &[u8], peer: &UdpSocket) {
    peer.send(datagram).unwrap();
    let mut answer = vec![0; 65_535];
    let length = peer.recv(&mut answer).unwrap();
    assert!(
        answer[..length] == *datagram,
        "{length} bytes came back, or others"
    );
}

#[test]
fn echoes_datagrams_of_all_sizes_to_several_peers() {
    for addr in ["127.0.0.1:0", "[::1]:0"] {
        let mut lesson = start(LESSON, &["--echo-addr", addr]);
        let server = lesson.listening();
        let peers = [peer(server), peer(server)];
        for length in [1, 0, LARGEST, 0, 1472, 1473, 1] {
            for peer in &peers {
                is_echoed(&vec![b'x'; length], peer);
            }
        }
    }
}

#[test]
fn survives_peers_that_vanish() {
    let mut lesson = start(LESSON, &["--echo-addr", "127.0.0.1:0"]);
    let server = lesson.listening();
    for _ in 0..100 {
        // The answer finds nobody; the system may report that with the next datagram.
        peer(server).send(b"hello").unwrap();
    }
    is_echoed(b"hello", &peer(server));
}

/// IPv6 leaves more room: 65,535 bytes less 8 of UDP header (RFC 8200).
#[cfg(target_os = "linux")]
#[test]
fn echoes_the_largest_datagram_of_ipv6() {
    let mut lesson = start(LESSON, &["--echo-addr", "[::1]:0"]);
    let server = lesson.listening();
    is_echoed(&vec![b'x'; 65_527], &peer(server));
}
