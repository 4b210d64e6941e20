//! The ladder of a lesson whose other side is the practice servers, and the whole way of a mail.

use crate::conversation::{self, Lanes};
use crate::events::Event;
use crate::ladder::{Ladder, Row, What};
use crate::recording::{Play, Recording, short};
use crate::sources::Sources;
use crate::talk::{Talk, notes, talks};

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

    let has_files = talks.iter().any(|talk| talk.protocol() == "ftp");
    ladder.add_lane(short(&play.lesson), if has_files { "" } else { "MUA" }, true);
    for talk in &talks {
        if ladder.lane(lane_name(talk)).is_none() {
            let role = match talk.protocol() {
                "smtp" => "MTA",
                "pop3" => "MDA",
                _ => "",
            };
            let about = format!("{role} {}", port(recording, &talk.server));
            ladder.add_lane(lane_name(talk), about, false);
        }
    }
    let data = has_files.then_some(ladder.lanes.len());
    if has_files {
        ladder.add_lane("ftp data", "", false);
    }
    ladder.spread(12.0);
    if let [_, second, _] = &mut ladder.lanes[..] {
        // Most is said on the left of it.
        second.x = 58.0;
    }

    for (number, talk) in talks.iter().enumerate() {
        let server = ladder.lane(lane_name(talk)).unwrap_or(0);
        let client = talk.office.as_ref().and_then(|office| ladder.lane(&format!("{office} smtp")));
        let lanes = Lanes { client: client.unwrap_or(0), server, data: data.unwrap_or(server) };
        let mut rows = conversation::rows(play, events, sources, talk, lanes);
        // One program's own conversation is enough to be read in full.
        if talk.office.is_some() || Some(&talk.program) != own.first() {
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

fn lane_name(talk: &Talk) -> &str {
    match talk.server.as_str() {
        "ftp" => "ftp control",
        server => server,
    }
}

/// The port of a practice server, such as `:2525`.
fn port<'a>(recording: &'a Recording, server: &str) -> &'a str {
    let mut services = recording.services.iter();
    let service = services.find(|(name, _)| *name == server.replace(' ', "-"));
    let addr = service.map_or("", |(_, addr)| addr.as_str());
    addr.rfind(':').map_or("", |at| &addr[at..])
}

/// Shows mails and files, and what a mail is replied, and one row for all that comes between them.
pub fn fold(rows: &mut [Row], talk: usize) {
    let mut part = 0;
    let mut is_behind_mail = false;
    for row in rows.iter_mut().filter(|row| row.what != What::Logs) {
        let is_reply = is_behind_mail && row.what == What::Answers;
        is_behind_mail = row.what == What::Mail;
        match row.what {
            What::Mail | What::File => part += 1,
            _ if is_reply => part += 1,
            _ => row.fold = Some(100 * talk + part),
        }
    }
}
