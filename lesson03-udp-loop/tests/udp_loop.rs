//! Lesson 03 against plain sockets.
#![cfg(test)]

use testing::{LARGEST_DATAGRAM, datagram_is_echoed, serve, start, udp_peer};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson03-udp-loop");

#[test]
fn echoes_datagrams_of_all_sizes_to_several_peers() {
    for addr in ["127.0.0.1:0", "[::1]:0"] {
        let mut lesson = start(LESSON, &["--echo-addr", addr]);
        let server = lesson.listening();
        let peers = [udp_peer(server), udp_peer(server)];
        for length in [1, 0, LARGEST_DATAGRAM, 0, 1472, 1473, 1] {
            for peer in &peers {
                datagram_is_echoed(&vec![b'x'; length], peer);
            }
        }
        // IPv6 leaves more room: 65,535 bytes less 8 of UDP header (RFC 8200).
        if cfg!(target_os = "linux") && server.is_ipv6() {
            datagram_is_echoed(&[b'x'; 65_527], &peers[0]);
        }
    }
}

#[test]
fn survives_peers_that_vanish() {
    let (_lesson, server) = serve(LESSON, &[]);
    for _ in 0..100 {
        // The answer finds nobody; the system may report that with the next datagram.
        udp_peer(server).send(b"hello").unwrap();
    }
    datagram_is_echoed(b"hello", &udp_peer(server));
}
