//! The ladder of a lesson whose other side is the practice servers, and the whole way of a mail.

use tour::lessons::short;
use tour::recording::{Play, Recording};
use tour::talk::{Talk, notes, talks};

use crate::conversation::{self, Lanes};
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
    ladder.add_lane(short(play.lesson.package), if has_files { "" } else { "MUA" }, true);
    for talk in &talks {
        if ladder.lane(&lane_name(talk)).is_none() {
            let role = match talk.protocol() {
                "smtp" => "MTA",
                "pop3" => "MDA",
                _ => "",
            };
            let about = format!("{role} {}", port(recording, &talk.service));
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
        let server = ladder.lane(&lane_name(talk)).unwrap_or(0);
        let client = talk.office.as_ref().and_then(|office| ladder.lane(&format!("{office} smtp")));
        let lanes = Lanes { client: client.unwrap_or(0), server, data: data.unwrap_or(server) };
        let mut rows = conversation::rows(play, sources, talk, lanes);
        // One program's own conversation is enough to be read in full.
        if talk.office.is_some() || Some(&talk.program) != own.first() {
            fold(&mut rows, number);
        }
        ladder.rows.extend(rows);
    }
    for &program in &own {
        ladder.add_notes(play, sources, program, 0);
        let begins = |row: &&Row| play.entries[row.anchor.0].program == program;
        if let Some(first) = ladder.rows.iter().filter(begins).map(|row| row.anchor.0).min()
            && own.len() > 1
        {
            let command = play.programs[program].command.clone();
            ladder.rows.push(Row::new((first, 0), What::Begins, (0, 0), command));
        }
    }
    for (index, office) in notes(&play.entries) {
        let entry = &play.entries[index];
        let lane = ladder.lane(&format!("{office} smtp"));
        if let Some(lane) = lane.filter(|_| own.contains(&entry.program)) {
            let text = entry.text.clone();
            ladder.rows.push(Row::new((index, 1), What::Logs, (lane, lane), text));
        }
    }
    ladder.settle(&play.entries);
    ladder
}

fn lane_name(talk: &Talk) -> String {
    match talk.service.as_str() {
        "ftp" => "ftp control".into(),
        service => service.replace('-', " "),
    }
}

/// The port of a practice server, such as `:2525`.
fn port(recording: &Recording, service: &str) -> String {
    let mut services = recording.services.iter();
    let service = services.find(|(name, _)| name == service);
    service.map_or(String::new(), |(_, addr)| format!(":{}", addr.port()))
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
