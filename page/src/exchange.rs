//! What the lessons say to each other, matched from their logs: each piece as one side sent it and as the
//! other received it.

use std::collections::VecDeque;

use crate::code::Place;
use crate::events::Event;
use crate::ladder::{Ladder, Row, What};
use crate::log::Said;
use crate::recording::{Play, Source, short};
use crate::sources::Sources;

/// All that one client said to one server, and was answered.
#[derive(Debug)]
struct Channel {
    client: usize,
    server: usize,
    /// The client's address, which its server alone logs.
    peer: String,
    /// The events in which the server accepted the client, heard that no more comes, and closed; none for
    /// datagrams.
    accepted: Option<usize>,
    ended: Option<usize>,
    closed: Option<usize>,
    pieces: Vec<Piece>,
}

/// A datagram, or as much of a stream as went in one piece on both sides.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    is_from_client: bool,
    size: usize,
    bytes: Vec<u8>,
    /// The event in which one side sent it, and the one in which the other received it.
    sent: usize,
    received: Option<usize>,
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
fn channels(events: &[Event]) -> Vec<Channel> {
    let mut channels: Vec<Channel> = Vec::new();
    for (index, event) in events.iter().enumerate() {
        let Source::Log(server) = event.source else { continue };
        let Some((_, addr)) = listeners(events).find(|(program, _)| *program == server) else {
            continue;
        };
        let (Said::Accepted(peer) | Said::Received(_, _, peer) | Said::Closed(peer)) = &event.said
        else {
            continue;
        };
        let known = channels.iter_mut().find(|one| one.server == server && one.peer == *peer);
        let channel = match known {
            Some(channel) => channel,
            None => {
                let heard = parts(events, server, peer, false);
                let taken: Vec<usize> = channels.iter().map(|channel| channel.client).collect();
                let Some(client) = client(events, addr, &heard, &taken) else { continue };
                channels.push(Channel {
                    client,
                    server,
                    peer: peer.clone(),
                    accepted: None,
                    ended: None,
                    closed: None,
                    pieces: Vec::new(),
                });
                let Some(channel) = channels.last_mut() else { continue };
                channel
            }
        };
        match event.said {
            Said::Accepted(_) => channel.accepted = Some(index),
            Said::Received(0, ..) if channel.accepted.is_some() => channel.ended = Some(index),
            Said::Closed(_) => channel.closed = Some(index),
            _ => {}
        }
    }
    for channel in &mut channels {
        let Some((_, addr)) = listeners(events).find(|(server, _)| *server == channel.server)
        else {
            continue;
        };
        let is_stream = channel.accepted.is_some();
        for (is_from_client, sent, received) in [
            (
                true,
                parts(events, channel.client, addr, true),
                parts(events, channel.server, &channel.peer, false),
            ),
            (
                false,
                parts(events, channel.server, &channel.peer, true),
                parts(events, channel.client, addr, false),
            ),
        ] {
            let pieces =
                if is_stream { stream(&sent, &received) } else { datagrams(&sent, &received) };
            channel
                .pieces
                .extend(pieces.into_iter().map(|piece| Piece { is_from_client, ..piece }));
        }
    }
    channels
}

/// The programs that listen, and where.
fn listeners(events: &[Event]) -> impl Iterator<Item = (usize, &str)> {
    events.iter().filter_map(|event| match &event.said {
        Said::Listening(addr) => Some((event.source.program()?, addr.as_str())),
        _ => None,
    })
}

/// The client of the server at `addr` that has sent what the server `heard` from one peer, or else the
/// first that is not `taken` yet.
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
    let all = |parts: &[Part]| -> Vec<u8> {
        parts.iter().flat_map(|(_, _, bytes)| bytes.iter().copied()).collect()
    };
    let has_sent = |client: &&usize| all(&parts(events, **client, addr, true)) == all(heard);
    clients.iter().find(has_sent).or(clients.first()).copied()
}

/// What `program` has sent to `peer`, or received from it.
fn parts<'a>(events: &'a [Event], program: usize, peer: &str, is_sent: bool) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (index, event) in events.iter().enumerate() {
        match &event.said {
            Said::Sent(size, bytes, to) if is_sent && to == peer => {
                parts.push((index, *size, bytes.as_slice()));
            }
            Said::Received(size, bytes, from) if !is_sent && from == peer => {
                parts.push((index, *size, bytes.as_slice()));
            }
            _ => continue,
        }
        if event.source != Source::Log(program) {
            parts.pop();
        }
    }
    parts
}

/// Datagrams arrive whole or not at all.
fn datagrams(sent: &[Part], received: &[Part]) -> Vec<Piece> {
    let mut left: Vec<&Part> = received.iter().collect();
    let mut pieces = Vec::new();
    for &(event, size, bytes) in sent {
        let same = left.iter().position(|(_, length, other)| *length == size && *other == bytes);
        let received = same.map(|index| left.remove(index).0);
        let bytes = bytes.to_vec();
        pieces.push(Piece { is_from_client: false, size, bytes, sent: event, received });
    }
    pieces
}

/// A stream keeps no boundaries: a new piece begins wherever either side began one.
fn stream(sent: &[Part], received: &[Part]) -> Vec<Piece> {
    let mut received: VecDeque<(usize, usize)> =
        received.iter().map(|(event, size, _)| (*event, *size)).filter(|part| part.1 > 0).collect();
    let mut pieces = Vec::new();
    for &(event, size, bytes) in sent {
        let mut start = 0;
        while start < size {
            let left = size - start;
            let (length, by) = match received.front_mut() {
                None => (left, None),
                Some((by, more)) => {
                    let length = left.min(*more);
                    *more -= length;
                    (length, Some(*by))
                }
            };
            if received.front().is_some_and(|(_, more)| *more == 0) {
                received.pop_front();
            }
            let bytes = bytes.get(start..start + length).unwrap_or_default().to_vec();
            pieces.push(Piece {
                is_from_client: false,
                size: length,
                bytes,
                sent: event,
                received: by,
            });
            start += length;
        }
    }
    pieces
}

/// The ladder of a lesson whose other side is a lesson, too.
pub fn ladder(play: &Play, events: &[Event], sources: &Sources) -> Ladder {
    let mut ladder = Ladder::default();
    let channels = channels(events);
    let order = lanes(play, &channels);
    for &program in &order {
        add_lane(&mut ladder, play, events, &channels, program);
    }
    ladder.spread(if order.len() > 3 { 10.0 } else { 12.0 });
    let lane_of = |program: usize| order.iter().position(|other| *other == program).unwrap_or(0);
    for channel in &channels {
        let ends = (lane_of(channel.client), lane_of(channel.server));
        for mut row in rows(play, events, sources, channel) {
            // Made from the client (0) to the server (1), or back.
            let lanes = [ends.0, ends.1];
            (row.from, row.to) = (lanes[row.from], lanes[row.to]);
            ladder.rows.push(row);
        }
    }
    for program in 0..play.programs.len() {
        ladder.add_notes(play, events, program, lane_of(program));
    }
    ladder.settle(events);
    ladder
}

/// The programs from left to right: a server stands among its clients, for short arrows.
fn lanes(play: &Play, channels: &[Channel]) -> Vec<usize> {
    let servers: Vec<usize> = channels.iter().map(|channel| channel.server).collect();
    let mut order: Vec<usize> =
        (0..play.programs.len()).filter(|program| !servers.contains(program)).collect();
    for program in 0..play.programs.len() {
        if servers.contains(&program) {
            order.insert(order.len().div_ceil(2), program);
        }
    }
    order
}

fn add_lane(
    ladder: &mut Ladder,
    play: &Play,
    events: &[Event],
    channels: &[Channel],
    program: usize,
) {
    let package = &play.programs[program].package;
    let mut name = short(package).to_string();
    let same = |index: &usize| play.programs[*index].package == *package;
    if (0..play.programs.len()).filter(same).count() > 1 {
        name += &format!(" #{}", (0..=program).filter(same).count());
    }
    let listens = listeners(events).find(|(server, _)| *server == program);
    let talks = channels.iter().find(|channel| channel.client == program);
    let port = talks.and_then(|channel| Some(format!(":{}", channel.peer.rsplit_once(':')?.1)));
    let about = listens.map(|(_, addr)| addr.to_string()).or(port).unwrap_or_default();
    ladder.add_lane(name, about, *package == play.lesson);
}

/// The rows of one channel, between the lanes 0 (the client) and 1 (the server).
fn rows(play: &Play, events: &[Event], sources: &Sources, channel: &Channel) -> Vec<Row> {
    let mut rows = Vec::new();
    let place = |event: usize| events[event].place(play);
    let step = |program: usize, words| sources.step(&play.programs[program].package, words);
    let mut add = |anchor, what, ends, event: usize, places: [Option<Place>; 2]| {
        let mut row = Row::new(anchor, what, ends, events[event].text.clone());
        row.places.extend(places.into_iter().flatten());
        rows.push(row);
    };
    if let Some(accepted) = channel.accepted {
        // The system may open a connection, and take what comes over it, before the program accepts it.
        let first = channel.pieces.first().map_or(accepted, |piece| piece.sent.min(accepted));
        let places = [step(channel.client, &["connect"]), place(accepted)];
        add((first, 0), What::Opens, (0, 1), accepted, places);
    }
    if let Some(ended) = channel.ended {
        let places = [step(channel.client, &["sending side"]), place(ended)];
        add((ended, 1), What::Ends, (0, 1), ended, places);
    }
    if let Some(closed) = channel.closed {
        let mut answers = channel.pieces.iter().filter(|piece| !piece.is_from_client);
        let read = answers.next_back().and_then(|piece| piece.received).and_then(place);
        add((closed, 1), What::Closes, (1, 0), closed, [place(closed), read]);
    }
    for piece in &channel.pieces {
        let (what, ends) = match piece.is_from_client {
            true => (What::Asks, (0, 1)),
            false => (What::Answers, (1, 0)),
        };
        let text = String::from_utf8_lossy(&piece.bytes).into_owned();
        let mut row = Row::new((piece.sent, 1), what, ends, text);
        row.size = Some(piece.size);
        row.places.extend(place(piece.sent));
        row.places.extend(piece.received.and_then(place));
        rows.push(row);
    }
    rows
}
