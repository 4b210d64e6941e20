//! The ladder of a lesson whose other side is a lesson, too.

use tour::channel::{Channel, channels, listeners};
use tour::recording::{Place, Play, Program};

use crate::calls;
use crate::html::Say;
use crate::ladder::{Ladder, Row, What};
use crate::sources::Sources;

/// The ladder of a lesson whose other side is a lesson, too.
pub fn ladder(play: &Play, sources: &Sources) -> Ladder {
    let mut ladder = Ladder::default();
    let channels = channels(&play.entries);
    // From left to right a server stands among its clients, for short arrows.
    let is_server = |program: &usize| channels.iter().any(|channel| channel.server == *program);
    let (servers, mut order): (Vec<usize>, Vec<usize>) =
        (0..play.programs.len()).partition(is_server);
    for server in servers {
        order.insert(order.len().div_ceil(2), server);
    }
    for &program in &order {
        let Program { label, package, .. } = &play.programs[program];
        let listens = listeners(&play.entries).find(|(server, _)| *server == program);
        let channel = channels.iter().find(|channel| channel.client == program);
        let port = channel.and_then(|channel| channel.peer.rsplit_once(':'));
        let port = port.map(|(_, port)| format!(":{port}"));
        let about = listens.map(|(_, addr)| addr.to_string()).or(port).unwrap_or_default();
        ladder.add_lane(Say::of_run(label), about, *package == play.lesson.package);
    }
    let lane_of = |program| order.iter().position(|other| *other == program);
    for channel in &channels {
        if let (Some(client), Some(server)) = (lane_of(channel.client), lane_of(channel.server)) {
            ladder.rows.extend(rows(play, sources, channel, (client, server)));
        }
    }
    ladder.add_notes(play, sources, lane_of);
    ladder.settle(&play.entries);
    ladder
}

/// The rows of one channel. `asks` leads from the lane of its client to that of its server.
fn rows(play: &Play, sources: &Sources, channel: &Channel, asks: (usize, usize)) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |anchor, what, ends, entry: usize, places: [Vec<Place>; 2]| {
        let row = Row::new(anchor, what, ends, &play.entries[entry].text);
        rows.push(Row { places: places.concat(), ..row });
    };
    let places = |entry: usize| sources.places(&play.entries[entry]);
    let call = |calls| -> Vec<Place> {
        let places = sources.calls(&play.programs[channel.client].package, calls);
        places.into_iter().take(1).collect()
    };
    let answers = (asks.1, asks.0);
    if let Some(accepted) = channel.accepted {
        // The system may open a connection, and take what comes over it, before the program accepts
        // it.
        let sent = channel.pieces.first().map_or(accepted, |piece| piece.sent);
        let first = channel.connected.unwrap_or(accepted).min(sent).min(accepted);
        add((first, 0), What::Opens, asks, accepted, [call(calls::CONNECT), places(accepted)]);
    }
    if let Some(ended) = channel.ended {
        add((ended, 1), What::Ends, asks, ended, [call(calls::SHUTDOWN), places(ended)]);
    }
    if let Some(closed) = channel.closed {
        let mut heard = channel.pieces.iter().filter(|piece| !piece.is_from_client);
        let read = heard.next_back().and_then(|piece| piece.received).map(places);
        let places = [places(closed), read.unwrap_or_default()];
        add((closed, 1), What::Closes, answers, closed, places);
    }
    for piece in &channel.pieces {
        let (what, ends) =
            if piece.is_from_client { (What::Asks, asks) } else { (What::Answers, answers) };
        let received = piece.received.map(places).unwrap_or_default();
        rows.push(Row {
            size: Some(piece.bytes.len()),
            places: [places(piece.sent), received].concat(),
            ..Row::new((piece.sent, 1), what, ends, &String::from_utf8_lossy(&piece.bytes))
        });
    }
    rows
}
