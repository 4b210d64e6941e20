//! The ladder of a lesson whose other side is the practice servers, and the whole way of a mail.

use tour::lessons::short;
use tour::recording::{Play, Recording};
use tour::talk::{notes, talks};

use crate::conversation::{self, Lanes};
use crate::html::Say;
use crate::ladder::{Ladder, Row, What};
use crate::sources::Sources;

/// The ladder of the lesson's own programs with the servers that they and their mails came to.
pub fn ladder(recording: &Recording, play: &Play, sources: &Sources) -> Ladder {
    let mut ladder = Ladder::default();
    let is_own = |program: &usize| play.programs[*program].package == play.lesson.package;
    let own: Vec<usize> = (0..play.programs.len()).filter(is_own).collect();
    let mut talks = talks(&play.entries);
    talks.retain(|talk| own.contains(&talk.program));

    let has_files = talks.iter().any(|talk| talk.protocol() == "ftp");
    let role = if has_files { "" } else { "MUA" };
    ladder.add_lane(Say::of_run(short(play.lesson.package)), role, true);
    // The services from the second lane on.
    let mut services: Vec<&str> = Vec::new();
    for talk in &talks {
        if services.contains(&talk.service.as_str()) {
            continue;
        }
        services.push(&talk.service);
        let (name, role) = match talk.protocol() {
            "smtp" => (talk.service.replace('-', " "), "MTA"),
            "pop3" => (talk.service.replace('-', " "), "MDA"),
            _ => ("ftp control".into(), ""),
        };
        let service = recording.services.iter().find(|(name, _)| *name == talk.service);
        let port = service.map_or(String::new(), |(_, addr)| format!(":{}", addr.port()));
        ladder.add_lane(Say::of_run(name), format!("{role} {port}"), false);
    }
    let data = has_files.then_some(ladder.lanes.len());
    if has_files {
        ladder.add_lane(Say::of_run("ftp data"), "", false);
    }

    let lane = |service: &str| services.iter().position(|other| *other == service).map(|at| at + 1);
    let lane_of_office = |office: &str| lane(&format!("{office}-smtp"));
    for (number, talk) in talks.iter().enumerate() {
        let client = talk.office.as_deref().and_then(lane_of_office).unwrap_or(0);
        let server = lane(&talk.service).unwrap_or(0);
        let lanes = Lanes { client, server, data: data.unwrap_or(server) };
        let mut rows = conversation::rows(play, sources, talk, lanes);
        // One program's own conversation is enough to be read in full.
        if talk.office.is_some() || Some(&talk.program) != own.first() {
            fold(&mut rows, number);
        }
        ladder.rows.extend(rows);
    }
    for (index, office) in notes(&play.entries) {
        let entry = &play.entries[index];
        if let Some(lane) = lane_of_office(office).filter(|_| own.contains(&entry.program)) {
            ladder.rows.push(Row::new((index, 1), What::Logs, (lane, lane), &entry.text));
        }
    }
    ladder.add_notes(play, sources, |program| own.contains(&program).then_some(0));
    for &program in own.iter().filter(|_| own.len() > 1) {
        let begins = |row: &&Row| play.entries[row.anchor.0].program == program;
        if let Some(first) = ladder.rows.iter().filter(begins).map(|row| row.anchor.0).min() {
            let command = &play.programs[program].command;
            ladder.rows.push(Row::new((first, 0), What::Begins, (0, 0), command));
        }
    }
    ladder.settle(&play.entries);
    if let [_, second, _] = &mut ladder.lanes[..] {
        // Most is said on the left of it.
        second.x = 58.0;
    }
    ladder
}

/// Shows mails and files, and what a mail is replied, and one row for all that comes between them.
pub fn fold(rows: &mut [Row], talk: usize) {
    let mut part = 0;
    let mut is_behind_mail = false;
    for row in rows.iter_mut().filter(|row| row.what != What::Logs) {
        let is_content = matches!(row.what, What::Mail | What::File);
        if is_content || (is_behind_mail && row.what == What::Answers) {
            part += 1;
        } else {
            row.fold = Some(100 * talk + part);
        }
        is_behind_mail = row.what == What::Mail;
    }
}
