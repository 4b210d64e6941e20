//! The ladder of a lesson whose other side is a lesson, too.

use crate::channel::{Channel, channels, listeners};
use crate::code::Place;
use crate::events::Event;
use crate::ladder::{Ladder, Row, What};
use crate::recording::{Play, short};
use crate::sources::Sources;

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
        // The system may open a connection, and take what comes over it, before the program accepts
        // it.
        let first = channel.pieces.first().map_or(accepted, |piece| piece.sent.min(accepted));
        let first = channel.connected.map_or(first, |connected| connected.min(first));
        let connects = channel.connected.and_then(place);
        let connects = connects.or_else(|| step(channel.client, &["connect"]));
        let places = [connects, place(accepted)];
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
