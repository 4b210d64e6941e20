//! Who talked to whom among the lessons, matched from their logs: each piece as one side sent it
//! and as the other received it.

use std::iter;

use crate::recording::{Entry, Voice};
use events::Kind;

/// All that one client said to one server, and was answered.
#[derive(Debug)]
pub struct Channel {
    /// The client, by its number in the play.
    pub client: usize,
    /// The server.
    pub server: usize,
    /// The client's address, which its server alone logs.
    pub peer: String,
    /// The event in which the client has logged that it is connected, if it does.
    pub connected: Option<usize>,
    /// The event in which the server accepted the client; none where datagrams are sent.
    pub accepted: Option<usize>,
    /// The event in which the server heard that no more comes.
    pub ended: Option<usize>,
    /// The event in which the server closed.
    pub closed: Option<usize>,
    /// What went over: first from the client, then from the server, each in its order.
    pub pieces: Vec<Piece>,
}

/// A datagram, or as much of a stream as went in one piece on both sides.
#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    /// Whether the client sent it.
    pub is_from_client: bool,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The event in which one side sent it.
    pub sent: usize,
    /// The event in which the other received it, if it did.
    pub received: Option<usize>,
}

/// What one side has logged of one direction: the event, and the bytes.
type Part<'a> = (usize, &'a [u8]);

/// Causes and effects: nothing is received before it is sent.
pub fn pairs(events: &[Entry]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for channel in channels(events) {
        let mut of_client = channel.pieces.iter().filter(|piece| piece.is_from_client);
        let last = of_client.next_back().map(|piece| piece.sent);
        pairs.extend(last.zip(channel.ended));
        // A client that reads to the end is done when the server has closed.
        let answers = channel.pieces.iter().filter(|piece| !piece.is_from_client);
        pairs.extend(channel.closed.zip(answers.filter_map(|piece| piece.received).max()));
        for piece in channel.pieces {
            pairs.extend(piece.received.map(|received| (piece.sent, received)));
        }
    }
    pairs
}

/// Finds out who has talked to whom.
pub fn channels(events: &[Entry]) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    for (server, addr) in listeners(events) {
        for peer in peers(events, server) {
            let taken: Vec<usize> = channels.iter().map(|channel| channel.client).collect();
            let heard = parts(events, server, peer, Kind::Received);
            if let Some(client) = client(events, addr, &heard, &taken) {
                channels.push(channel(events, client, (server, addr), peer));
            }
        }
    }
    channels
}

/// The programs that listen, and where.
pub fn listeners(events: &[Entry]) -> impl Iterator<Item = (usize, &str)> {
    let listening = events.iter().filter(|entry| entry.is_of(entry.program, Kind::Listening));
    listening.filter_map(|entry| Some((entry.program, entry.peer()?)))
}

/// Whom a server has accepted or heard, in this order.
fn peers(events: &[Entry], server: usize) -> Vec<&str> {
    let mut peers = Vec::new();
    for event in events.iter().filter(|event| event.is_logged_by(server)) {
        if let (Some(Kind::Accepted | Kind::Received), Some(peer)) = (event.kind(), event.peer())
            && !peers.contains(&peer)
        {
            peers.push(peer);
        }
    }
    peers
}

/// The client of the server at `addr` that has sent what the server `heard` from one peer, or else
/// the first that is not `taken` yet.
fn client(events: &[Entry], addr: &str, heard: &[Part], taken: &[usize]) -> Option<usize> {
    let clients = events.iter().filter(|event| {
        event.voice == Voice::Log
            && matches!(event.kind(), Some(Kind::Connected | Kind::Sent))
            && event.peer() == Some(addr)
            && !taken.contains(&event.program)
    });
    let clients: Vec<usize> = clients.map(|event| event.program).collect();
    let all = |parts: &[Part]| parts.iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>().concat();
    let has_sent = |client: &&usize| all(&parts(events, **client, addr, Kind::Sent)) == all(heard);
    clients.iter().find(has_sent).or(clients.first()).copied()
}

/// What has gone over between two programs.
fn channel(events: &[Entry], client: usize, (server, addr): (usize, &str), peer: &str) -> Channel {
    let find = |program: usize, kind: Kind, other: &str| {
        events.iter().position(|event| is_about(event, program, kind, other))
    };
    let connected = find(client, Kind::Connected, addr);
    let accepted = find(server, Kind::Accepted, peer);
    let closed = find(server, Kind::Closed, peer);
    let cut = if accepted.is_some() { stream } else { datagrams };
    let asked = parts(events, client, addr, Kind::Sent);
    let heard = parts(events, server, peer, Kind::Received);
    let nothing = heard.iter().find(|(_, bytes)| bytes.is_empty());
    // A datagram may be empty.
    let ended = nothing.filter(|_| accepted.is_some()).map(|(event, _)| *event);
    let mut pieces = cut(true, &asked, &heard);
    let answered = parts(events, server, peer, Kind::Sent);
    let read = parts(events, client, addr, Kind::Received);
    pieces.extend(cut(false, &answered, &read));
    Channel { client, server, peer: peer.into(), connected, accepted, ended, closed, pieces }
}

/// What `program` has sent to `peer`, or received from it.
fn parts<'a>(events: &'a [Entry], program: usize, peer: &str, kind: Kind) -> Vec<Part<'a>> {
    let parts = events.iter().enumerate();
    let parts = parts.filter(|(_, event)| is_about(event, program, kind, peer));
    parts.map(|(index, event)| (index, event.bytes())).collect()
}

/// Whether `program` has logged this of what it does with `peer`.
fn is_about(event: &Entry, program: usize, kind: Kind, peer: &str) -> bool {
    event.is_of(program, kind) && event.peer() == Some(peer)
}

/// Datagrams arrive whole or not at all.
fn datagrams(is_from_client: bool, sent: &[Part], received: &[Part]) -> Vec<Piece> {
    let mut left: Vec<&Part> = received.iter().collect();
    let mut pieces = Vec::new();
    for &(event, bytes) in sent {
        let same = left.iter().position(|(_, other)| *other == bytes);
        let received = same.map(|index| left.remove(index).0);
        let bytes = bytes.to_vec();
        pieces.push(Piece { is_from_client, bytes, sent: event, received });
    }
    pieces
}

/// A stream keeps no boundaries: a new piece begins wherever either side began one.
fn stream(is_from_client: bool, sent: &[Part], received: &[Part]) -> Vec<Piece> {
    // For each byte, the event in which it was received.
    let mut owners = received.iter().flat_map(|&(event, bytes)| iter::repeat_n(event, bytes.len()));
    let mut pieces = Vec::new();
    for &(event, bytes) in sent {
        let owners: Vec<Option<usize>> = bytes.iter().map(|_| owners.next()).collect();
        let mut start = 0;
        for run in owners.chunk_by(|one, next| one == next) {
            let end = start + run.len();
            let bytes = bytes[start..end].to_vec();
            pieces.push(Piece { is_from_client, bytes, sent: event, received: run[0] });
            start = end;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::ordered;

    /// What went over, as `client > server: piece`, and whether it was received.
    fn shown(lines: &[(usize, &str)]) -> Vec<String> {
        let mut shown = Vec::new();
        for channel in channels(&ordered(lines)) {
            for piece in channel.pieces {
                let mark = if piece.is_from_client { '>' } else { '<' };
                let end = if piece.received.is_some() { "" } else { " (lost)" };
                let text = piece.bytes.escape_ascii();
                shown.push(format!("{} {mark} {}: {text}{end}", channel.client, channel.peer));
            }
        }
        shown
    }

    const CLIENT: usize = 0;
    const SERVER: usize = 1;
    const OTHER: usize = 2;

    #[test]
    fn datagrams_meet_though_one_is_lost() {
        let pieces = shown(&[
            (SERVER, "0.000 listening 127.0.0.1:7"),
            (CLIENT, "0.001 sent 127.0.0.1:7 a"),
            (CLIENT, "0.002 sent 127.0.0.1:7 b"),
            (SERVER, "0.003 received 127.0.0.1:1 b"),
            (SERVER, "0.003 sent 127.0.0.1:1 b"),
            (CLIENT, "0.004 received 127.0.0.1:7 b"),
        ]);
        let expected = ["0 > 127.0.0.1:1: a (lost)", "0 > 127.0.0.1:1: b", "0 < 127.0.0.1:1: b"];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn a_stream_is_cut_wherever_either_side_cut_it() {
        let pieces = shown(&[
            (SERVER, "0.000 listening [::1]:7"),
            (CLIENT, "0.001 sent [::1]:7 hello"),
            (SERVER, "0.002 accepted [::1]:1"),
            (SERVER, "0.002 received [::1]:1 he"),
            (SERVER, "0.002 sent [::1]:1 he"),
            (SERVER, "0.002 received [::1]:1 llo"),
            (SERVER, "0.002 sent [::1]:1 llo"),
            (SERVER, "0.002 received [::1]:1 "),
            (SERVER, "0.002 closed [::1]:1"),
            (CLIENT, "0.003 received [::1]:7 hello"),
        ]);
        let expected =
            ["0 > [::1]:1: he", "0 > [::1]:1: llo", "0 < [::1]:1: he", "0 < [::1]:1: llo"];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn clients_are_told_apart_by_what_they_say() {
        let pieces = shown(&[
            (SERVER, "0.000 listening 127.0.0.1:7"),
            (CLIENT, "0.001 sent 127.0.0.1:7 a"),
            (OTHER, "0.001 sent 127.0.0.1:7 b"),
            (SERVER, "0.002 accepted 127.0.0.1:1"),
            (SERVER, "0.002 accepted 127.0.0.1:2"),
            (SERVER, "0.002 received 127.0.0.1:1 b"),
            (SERVER, "0.002 received 127.0.0.1:2 a"),
        ]);
        assert_eq!(pieces, ["2 > 127.0.0.1:1: b", "0 > 127.0.0.1:2: a"]);
    }

    #[test]
    fn no_answer_stands_before_its_question() {
        // The client's lines came last, and its clock began later.
        let lines = [
            (SERVER, "0.000 listening 127.0.0.1:7"),
            (SERVER, "0.002 accepted 127.0.0.1:1"),
            (SERVER, "0.002 received 127.0.0.1:1 a"),
            (SERVER, "0.002 sent 127.0.0.1:1 a"),
            (SERVER, "0.003 received 127.0.0.1:1 "),
            (SERVER, "0.003 closed 127.0.0.1:1"),
            (CLIENT, "0.000 sent 127.0.0.1:7 a"),
            (CLIENT, "0.001 received 127.0.0.1:7 a"),
            (CLIENT, "a"),
        ];
        let entries = ordered(&lines);
        let words: Vec<_> =
            entries.iter().map(|entry| entry.text.split(' ').next().unwrap()).collect();
        let expected = "listening accepted sent received sent received closed received a";
        assert_eq!(words.join(" "), expected);
    }
}
