//! The ladder of a lesson whose other side is a lesson, too.

use tour::channel::{Channel, channels, listeners};
use tour::lessons::short;
use tour::recording::{Place, Play};

use crate::calls;
use crate::ladder::{Ladder, Row, What};
use crate::sources::Sources;

/// The ladder of a lesson whose other side is a lesson, too.
pub fn ladder(play: &Play, sources: &Sources) -> Ladder {
    let mut ladder = Ladder::default();
    let channels = channels(&play.entries);
    let order = lanes(play, &channels);
    for &program in &order {
        add_lane(&mut ladder, play, &channels, program);
    }
    ladder.spread(if order.len() > 3 { 10.0 } else { 12.0 });
    let lane_of = |program: usize| order.iter().position(|other| *other == program).unwrap_or(0);
    for channel in &channels {
        let ends = (lane_of(channel.client), lane_of(channel.server));
        for mut row in rows(play, sources, channel) {
            // Made from the client (0) to the server (1), or back.
            let lanes = [ends.0, ends.1];
            (row.from, row.to) = (lanes[row.from], lanes[row.to]);
            ladder.rows.push(row);
        }
    }
    for program in 0..play.programs.len() {
        ladder.add_notes(play, sources, program, lane_of(program));
    }
    ladder.settle(&play.entries);
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

fn add_lane(ladder: &mut Ladder, play: &Play, channels: &[Channel], program: usize) {
    let package = &play.programs[program].package;
    let mut name = short(package).to_string();
    let same = |index: &usize| play.programs[*index].package == *package;
    if (0..play.programs.len()).filter(same).count() > 1 {
        name += &format!(" #{}", (0..=program).filter(same).count());
    }
    let listens = listeners(&play.entries).find(|(server, _)| *server == program);
    let talks = channels.iter().find(|channel| channel.client == program);
    let port = talks.and_then(|channel| Some(format!(":{}", channel.peer.rsplit_once(':')?.1)));
    let about = listens.map(|(_, addr)| addr.to_string()).or(port).unwrap_or_default();
    ladder.add_lane(name, about, *package == play.lesson.package);
}

/// The rows of one channel, between the lanes 0 (the client) and 1 (the server).
fn rows(play: &Play, sources: &Sources, channel: &Channel) -> Vec<Row> {
    let mut rows = Vec::new();
    let places = |entry: usize| sources.places(&play.entries[entry]);
    let call = |calls| -> Vec<Place> {
        let places = sources.calls(&play.programs[channel.client].package, calls);
        places.into_iter().take(1).collect()
    };
    let mut add = |anchor, what, ends, entry: usize, first: Vec<Place>, then: Vec<Place>| {
        let mut row = Row::new(anchor, what, ends, play.entries[entry].text.clone());
        row.places = [first, then].concat();
        rows.push(row);
    };
    if let Some(accepted) = channel.accepted {
        // The system may open a connection, and take what comes over it, before the program accepts
        // it.
        let first = channel.pieces.first().map_or(accepted, |piece| piece.sent.min(accepted));
        let first = channel.connected.map_or(first, |connected| connected.min(first));
        add((first, 0), What::Opens, (0, 1), accepted, call(calls::CONNECT), places(accepted));
    }
    if let Some(ended) = channel.ended {
        add((ended, 1), What::Ends, (0, 1), ended, call(calls::SHUTDOWN), places(ended));
    }
    if let Some(closed) = channel.closed {
        let mut answers = channel.pieces.iter().filter(|piece| !piece.is_from_client);
        let read = answers.next_back().and_then(|piece| piece.received).map(places);
        let read = read.unwrap_or_default();
        add((closed, 1), What::Closes, (1, 0), closed, places(closed), read);
    }
    for piece in &channel.pieces {
        let (what, ends) =
            if piece.is_from_client { (What::Asks, (0, 1)) } else { (What::Answers, (1, 0)) };
        let text = String::from_utf8_lossy(&piece.bytes).into_owned();
        let mut row = Row::new((piece.sent, 1), what, ends, text);
        row.size = Some(piece.bytes.len());
        // Over UDP, a client that connects says whom it talks to, and nothing goes over the wire.
        if piece.is_from_client && channel.accepted.is_none() {
            row.places.extend(call(calls::CONNECT));
        }
        row.places.extend(places(piece.sent));
        row.places.extend(piece.received.map(places).unwrap_or_default());
        rows.push(row);
    }
    rows
}
