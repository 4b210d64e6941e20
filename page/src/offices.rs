//! The ladder of a lesson whose other side is the practice servers, and the whole way of a mail.

use crate::conversation::{self, Lanes};
use crate::events::Event;
use crate::ladder::{Ladder, Lane, Row, What};
use crate::recording::{Play, Recording, short};
use crate::sources::Sources;
use crate::talk::{notes, talks};

/// Whether the other side of this play is the practice servers.
pub fn are_in(play: &Play, events: &[Event]) -> bool {
    !talks(play, events).is_empty()
}

/// The ladder of the lesson's own programs with the servers that they and their mails came to.
pub fn ladder(recording: &Recording, play: &Play, events: &[Event], sources: &Sources) -> Ladder {
    let mut ladder = Ladder::default();
    let own: Vec<usize> =
        (0..play.programs.len()).filter(|i| play.programs[*i].package == play.lesson).collect();
    let mut talks = talks(play, events);
    talks.retain(|talk| own.contains(&talk.program));

    let about = if talks.iter().any(|talk| talk.protocol() == "ftp") { "" } else { "MUA" };
    let name = short(&play.lesson).to_string();
    ladder.lanes.push(Lane { name, about: about.into(), is_own: true });
    for talk in &talks {
        if ladder.lane(&talk.server).is_none() {
            let service = talk.server.replace(' ', "-");
            let addr = recording.services.iter().find(|(name, _)| *name == service);
            let addr = addr.map_or("", |(_, addr)| addr.as_str());
            let role = match talk.protocol() {
                "smtp" => "MTA, ",
                "pop3" => "MDA, ",
                _ => "",
            };
            let about = format!("{role}{addr}");
            ladder.lanes.push(Lane { name: talk.server.clone(), about, is_own: false });
        }
    }
    let mut data = None;
    if talks.iter().any(|talk| talk.protocol() == "ftp") {
        data = Some(ladder.lanes.len());
        ladder.lanes.push(Lane { name: "ftp data".into(), about: String::new(), is_own: false });
    }

    for (number, talk) in talks.iter().enumerate() {
        let server = ladder.lane(&talk.server).unwrap_or(0);
        let client = talk.office.as_ref().and_then(|office| ladder.lane(&format!("{office} smtp")));
        let lanes = Lanes { client: client.unwrap_or(0), server, data: data.unwrap_or(server) };
        let mut rows = conversation::rows(play, events, sources, talk, lanes);
        if talk.office.is_some() {
            fold(&mut rows, number);
        }
        ladder.rows.extend(rows);
    }
    for &program in &own {
        ladder.add_notes(play, events, program, 0);
        let begins = |row: &&Row| events[row.anchor.0].program(play) == program;
        if let Some(first) = ladder.rows.iter().filter(begins).map(|row| row.anchor.0).min()
            && own.len() > 1
        {
            let command = play.programs[program].command.clone();
            ladder.rows.push(Row::new((first, 0), What::Begins, (0, 0), command));
        }
    }
    for (index, office, text) in notes(events) {
        let lane = ladder.lane(&format!("{office} smtp"));
        if let Some(lane) = lane.filter(|_| own.contains(&events[index].program(play))) {
            ladder.rows.push(Row::new((index, 1), What::Logs, (lane, lane), text.into()));
        }
    }
    ladder.settle(events);
    ladder
}

/// Shows what comes before a mail as one row, and what comes after its reply as another.
pub fn fold(rows: &mut [Row], number: usize) {
    let mail = rows.iter().position(|row| row.what == What::Mail).unwrap_or(rows.len());
    for (index, row) in rows.iter_mut().enumerate() {
        let is_reply = index == mail + 1 && row.what == What::Answers;
        if index != mail && !is_reply && row.what != What::Logs {
            row.fold = Some(2 * number + usize::from(index > mail));
        }
    }
}
