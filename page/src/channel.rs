//! Who talked to whom among the lessons, matched from their logs: each piece as one side sent it
//! and as the other received it.

use std::iter;

use crate::events::Event;
use crate::log::Said;
use crate::recording::Source;

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
    /// Its length in bytes.
    pub size: usize,
    /// The bytes themselves, if they were logged.
    pub bytes: Vec<u8>,
    /// The event in which one side sent it.
    pub sent: usize,
    /// The event in which the other received it, if it did.
    pub received: Option<usize>,
}

/// What one side has logged of one direction: the event, the number of bytes, and the bytes.
type Part<'a> = (usize, usize, &'a [u8]);

/// Causes and effects: nothing is received before it is sent.
pub fn pairs(events: &[Event]) -> Vec<(usize, usize)> {
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
pub fn channels(events: &[Event]) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    for (server, addr) in listeners(events) {
        for peer in peers(events, server) {
            let taken: Vec<usize> = channels.iter().map(|channel| channel.client).collect();
            let heard = parts(events, server, peer, Way::Received);
            if let Some(client) = client(events, addr, &heard, &taken) {
                channels.push(channel(events, client, (server, addr), peer));
            }
        }
    }
    channels
}

/// The programs that listen, and where.
pub fn listeners(events: &[Event]) -> impl Iterator<Item = (usize, &str)> {
    events.iter().filter_map(|event| match &event.said {
        Said::Listening(addr) => Some((event.source.program()?, addr.as_str())),
        _ => None,
    })
}

/// Whom a server has accepted or heard, in this order.
fn peers(events: &[Event], server: usize) -> Vec<&str> {
    let mut peers = Vec::new();
    for event in events.iter().filter(|event| event.source == Source::Log(server)) {
        if let Said::Accepted(peer) | Said::Received(_, _, peer) = &event.said
            && !peers.contains(&peer.as_str())
        {
            peers.push(peer.as_str());
        }
    }
    peers
}

/// The client of the server at `addr` that has sent what the server `heard` from one peer, or else
/// the first that is not `taken` yet.
fn client(events: &[Event], addr: &str, heard: &[Part], taken: &[usize]) -> Option<usize> {
    let mut clients: Vec<usize> = Vec::new();
    for event in events {
        if let (Source::Log(program), Said::Sent(_, _, to)) = (event.source, &event.said)
            && to == addr
            && !taken.contains(&program)
            && !clients.contains(&program)
        {
            clients.push(program);
        }
    }
    let all = |parts: &[Part]| parts.iter().flat_map(|(_, _, bytes)| bytes.to_vec()).collect();
    let heard: Vec<u8> = all(heard);
    let has_sent = |client: &&usize| all(&parts(events, **client, addr, Way::Sent)) == heard;
    clients.iter().find(has_sent).or(clients.first()).copied()
}

/// What has gone over between two programs.
fn channel(events: &[Event], client: usize, (server, addr): (usize, &str), peer: &str) -> Channel {
    let find = |program: usize, said: Said| {
        let is_it = |event: &Event| event.source == Source::Log(program) && event.said == said;
        events.iter().position(is_it)
    };
    let connected = find(client, Said::Connected(addr.into()));
    let accepted = find(server, Said::Accepted(peer.into()));
    let closed = find(server, Said::Closed(peer.into()));
    let nothing = find(server, Said::Received(0, Vec::new(), peer.into()));
    // A datagram may be empty.
    let ended = nothing.filter(|_| accepted.is_some());

    let cut = if accepted.is_some() { stream } else { datagrams };
    let asked = parts(events, client, addr, Way::Sent);
    let heard = parts(events, server, peer, Way::Received);
    let mut pieces = cut(true, &asked, &heard);
    let answered = parts(events, server, peer, Way::Sent);
    let read = parts(events, client, addr, Way::Received);
    pieces.extend(cut(false, &answered, &read));
    Channel { client, server, peer: peer.into(), connected, accepted, ended, closed, pieces }
}

/// Which way bytes went, for the program that logged it.
#[derive(PartialEq)]
enum Way {
    Sent,
    Received,
}

/// What `program` has sent to `peer`, or received from it.
fn parts<'a>(events: &'a [Event], program: usize, peer: &str, way: Way) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let (size, bytes, other) = match &event.said {
            Said::Sent(size, bytes, to) if way == Way::Sent => (size, bytes, to),
            Said::Received(size, bytes, from) if way == Way::Received => (size, bytes, from),
            _ => continue,
        };
        if event.source == Source::Log(program) && other == peer {
            parts.push((index, *size, bytes.as_slice()));
        }
    }
    parts
}

/// Datagrams arrive whole or not at all.
fn datagrams(is_from_client: bool, sent: &[Part], received: &[Part]) -> Vec<Piece> {
    let mut left: Vec<&Part> = received.iter().collect();
    let mut pieces = Vec::new();
    for &(event, size, bytes) in sent {
        let same = left.iter().position(|(_, length, other)| *length == size && *other == bytes);
        let received = same.map(|index| left.remove(index).0);
        let bytes = bytes.to_vec();
        pieces.push(Piece { is_from_client, size, bytes, sent: event, received });
    }
    pieces
}

/// A stream keeps no boundaries: a new piece begins wherever either side began one.
fn stream(is_from_client: bool, sent: &[Part], received: &[Part]) -> Vec<Piece> {
    // For each byte, the event in which it was received.
    let mut owners = received.iter().flat_map(|&(event, size, _)| iter::repeat_n(event, size));
    let mut pieces = Vec::new();
    for &(event, size, bytes) in sent {
        let owners: Vec<Option<usize>> = (0..size).map(|_| owners.next()).collect();
        let mut start = 0;
        for run in owners.chunk_by(|one, next| one == next) {
            let end = start + run.len();
            let bytes = bytes.get(start..end).unwrap_or_default().to_vec();
            let (size, received) = (run.len(), run[0]);
            pieces.push(Piece { is_from_client, size, bytes, sent: event, received });
            start = end;
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events;
    use crate::recording::play;

    /// What went over, as `client > server: piece`, and whether it was received.
    fn shown(lines: &[(Source, &str)]) -> Vec<String> {
        let play =
            play(&["lesson05-tcp-client", "lesson04-tcp-server", "lesson05-tcp-client"], lines);
        let mut shown = Vec::new();
        for channel in channels(&events::of(&play)) {
            for piece in channel.pieces {
                let mark = if piece.is_from_client { '>' } else { '<' };
                let end = if piece.received.is_some() { "" } else { " (lost)" };
                let text = piece.bytes.escape_ascii();
                shown.push(format!("{} {mark} {}: {text}{end}", channel.client, channel.peer));
            }
        }
        shown
    }

    const CLIENT: Source = Source::Log(0);
    const SERVER: Source = Source::Log(1);
    const OTHER: Source = Source::Log(2);

    #[test]
    fn datagrams_meet_though_one_is_lost() {
        let pieces = shown(&[
            (SERVER, "0.000 lesson03-udp-loop: listening on 127.0.0.1:7"),
            (CLIENT, "0.001 lesson02-udp-client: sent 1 bytes to 127.0.0.1:7: \"a\""),
            (CLIENT, "0.002 lesson02-udp-client: sent 1 bytes to 127.0.0.1:7: \"b\""),
            (SERVER, "0.003 lesson03-udp-loop: received 1 bytes from 127.0.0.1:1: \"b\""),
            (SERVER, "0.003 lesson03-udp-loop: sent 1 bytes to 127.0.0.1:1: \"b\""),
            (CLIENT, "0.004 lesson02-udp-client: received 1 bytes from 127.0.0.1:7: \"b\""),
        ]);
        let expected = ["0 > 127.0.0.1:1: a (lost)", "0 > 127.0.0.1:1: b", "0 < 127.0.0.1:1: b"];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn a_stream_is_cut_wherever_either_side_cut_it() {
        let pieces = shown(&[
            (SERVER, "0.000 lesson04-tcp-server: listening on [::1]:7"),
            (CLIENT, "0.001 lesson05-tcp-client: sent 5 bytes to [::1]:7: \"hello\""),
            (SERVER, "0.002 lesson04-tcp-server: accepted [::1]:1"),
            (SERVER, "0.002 lesson04-tcp-server: received 2 bytes from [::1]:1: \"he\""),
            (SERVER, "0.002 lesson04-tcp-server: sent 2 bytes to [::1]:1: \"he\""),
            (SERVER, "0.002 lesson04-tcp-server: received 3 bytes from [::1]:1: \"llo\""),
            (SERVER, "0.002 lesson04-tcp-server: sent 3 bytes to [::1]:1: \"llo\""),
            (SERVER, "0.002 lesson04-tcp-server: received 0 bytes from [::1]:1: \"\""),
            (SERVER, "0.002 lesson04-tcp-server: closed [::1]:1"),
            (CLIENT, "0.003 lesson05-tcp-client: received 5 bytes from [::1]:7: \"hello\""),
        ]);
        let expected =
            ["0 > [::1]:1: he", "0 > [::1]:1: llo", "0 < [::1]:1: he", "0 < [::1]:1: llo"];
        assert_eq!(pieces, expected);
    }

    #[test]
    fn clients_are_told_apart_by_what_they_say() {
        let pieces = shown(&[
            (SERVER, "0.000 lesson09-tcp-threads: listening on 127.0.0.1:7"),
            (CLIENT, "0.001 lesson05-tcp-client: sent 1 bytes to 127.0.0.1:7: \"a\""),
            (OTHER, "0.001 lesson05-tcp-client: sent 1 bytes to 127.0.0.1:7: \"b\""),
            (SERVER, "0.002 lesson09-tcp-threads: accepted 127.0.0.1:1"),
            (SERVER, "0.002 lesson09-tcp-threads: accepted 127.0.0.1:2"),
            (SERVER, "0.002 lesson09-tcp-threads: received 1 bytes from 127.0.0.1:1: \"b\""),
            (SERVER, "0.002 lesson09-tcp-threads: received 1 bytes from 127.0.0.1:2: \"a\""),
        ]);
        assert_eq!(pieces, ["2 > 127.0.0.1:1: b", "0 > 127.0.0.1:2: a"]);
    }

    #[test]
    fn no_answer_stands_before_its_question() {
        // The client's lines came last, and its clock began later.
        let lines = [
            (SERVER, "0.000 lesson04-tcp-server: listening on 127.0.0.1:7"),
            (SERVER, "0.002 lesson04-tcp-server: accepted 127.0.0.1:1"),
            (SERVER, "0.002 lesson04-tcp-server: received 1 bytes from 127.0.0.1:1: \"a\""),
            (SERVER, "0.002 lesson04-tcp-server: sent 1 bytes to 127.0.0.1:1: \"a\""),
            (SERVER, "0.003 lesson04-tcp-server: received 0 bytes from 127.0.0.1:1: \"\""),
            (SERVER, "0.003 lesson04-tcp-server: closed 127.0.0.1:1"),
            (Source::Printed(0), "a"),
            (CLIENT, "0.000 lesson05-tcp-client: sent 1 bytes to 127.0.0.1:7: \"a\""),
            (CLIENT, "0.001 lesson05-tcp-client: received 1 bytes from 127.0.0.1:7: \"a\""),
        ];
        let events = events::of(&play(&["lesson05-tcp-client", "lesson04-tcp-server"], &lines));
        let texts: Vec<&str> =
            events.iter().map(|event| event.text.split(' ').next().unwrap()).collect();
        let expected = ["listening", "accepted", "sent", "received", "sent", "received", "closed"];
        assert_eq!(texts[..7], expected);
        assert_eq!(texts[7..], ["received", "a"]);
    }
}
