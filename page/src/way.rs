//! The whole way of a mail: from the teacher's MUA over both offices to the student's MUA.

use events::Kind;
use tour::lessons::short;
use tour::recording::Play;
use tour::talk::{Talk, notes, talks};

use crate::conversation::{self, Lanes};
use crate::ladder::{Ladder, Row, What};
use crate::offices::fold;
use crate::sources::Sources;

/// Whose program the mail comes from.
pub const TEACHER: &str = "teacher's MUA";
/// Whose program it comes to.
pub const STUDENT: &str = "student's MUA";
/// The first part of the way.
pub const HAND_IN: &str = "hand in";
/// The second one.
pub const TRANSFER: &str = "transfer";
/// The last one.
pub const FETCH: &str = "fetch";

/// Draws the way of the mail that was sent and fetched in this play, if one was.
pub fn ladder(play: &Play, sources: &Sources) -> Option<Ladder> {
    let talks = talks(&play.entries);
    let fetched = talks.iter().find(|talk| talk.protocol() == "pop3")?;
    let handed_in = talks.iter().find(|talk| talk.protocol() == "smtp" && talk.office.is_none())?;
    let transferred = talks.iter().find(|talk| talk.office.is_some())?;

    let mut ladder = Ladder::default();
    let package = |talk: &Talk| short(&play.programs[talk.program].package).to_string();
    for (name, about) in [
        (TEACHER, package(handed_in)),
        ("qq MTA", "qq.example, SMTP".into()),
        ("sina MTA", "sina.example, SMTP".into()),
        ("sina MDA", "sina.example, POP3".into()),
        (STUDENT, package(fetched)),
    ] {
        ladder.add_lane(name, about, false);
    }
    ladder.spread(10.0);

    let mut mails = Vec::new();
    let parts =
        [(HAND_IN, handed_in, (0, 1)), (TRANSFER, transferred, (1, 2)), (FETCH, fetched, (4, 3))];
    for (number, (name, talk, (client, server))) in parts.into_iter().enumerate() {
        let lanes = Lanes { client, server, data: server };
        let mut rows = conversation::rows(play, sources, talk, lanes);
        rows.retain(|row| row.what != What::Logs);
        mails.push(rows.iter().find(|row| row.what == What::Mail)?.clone());
        fold(&mut rows, number);
        let anchor = (talk.entries[0], 0);
        ladder.rows.push(Row::new(anchor, What::Begins, (0, 0), name.into()));
        ladder.rows.extend(rows);
    }
    // It is the MTA that says so; the mail has gone to the MDA by then.
    let is_stored = |(index, office): &(usize, &str)| {
        *office == "sina" && play.entries[*index].kind() == Some(Kind::Said)
    };
    let mut stored = None;
    for (index, _) in notes(&play.entries).filter(is_stored) {
        stored = Some((index, 1));
        let text = play.entries[index].text.clone();
        ladder.rows.push(Row::new((index, 1), What::Mail, (2, 3), text));
    }

    // Each writes on top of what it got: what came in is the end of what went out.
    let on_top = |after: &str, before: &str| after.strip_suffix(before).map(String::from);
    let by_qq = on_top(&mails[1].text, &mails[0].text)?;
    let by_sina = on_top(&mails[2].text, &mails[1].text)?;
    let (by_mda, by_mta) = fields(&by_sina).partition(|field| field.starts_with("Return-Path:"));
    for (after, lane, text) in
        [(Some(mails[0].anchor), 1, by_qq), (Some(mails[1].anchor), 2, by_mta), (stored, 3, by_mda)]
    {
        let (event, row) = after.unwrap_or(mails[1].anchor);
        if !text.is_empty() {
            ladder.rows.push(Row::new((event, row + 1), What::Writes, (lane, lane), text));
        }
    }
    // The code stands beside the ladders of the lessons.
    ladder.rows.iter_mut().for_each(|row| row.places.clear());
    ladder.settle(&play.entries);
    Some(ladder)
}

/// The fields of a header, each with the lines that continue it.
pub fn fields(header: &str) -> impl Iterator<Item = &str> {
    let mut rest = header;
    std::iter::from_fn(move || {
        let is_last = |at: &usize| !rest[at + 1..].starts_with([' ', '\t']);
        let mut newlines = rest.match_indices('\n').map(|(at, _)| at);
        let end = newlines.find(is_last).map_or(rest.len(), |at| at + 1);
        let (field, after) = rest.split_at(end);
        rest = after;
        (!field.is_empty()).then_some(field)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::tests::play;

    #[test]
    fn each_office_writes_on_top_of_the_mail() {
        let lines = [
            "qq-smtp +",
            "qq-smtp < EHLO student",
            "qq-smtp << x",
            "qq-smtp <",
            "qq-relay:7 *",
            "sina-smtp:7 +",
            "sina-smtp:7 << Received: 1\r\nx",
            "sina-smtp:7 <",
            "sina-queue | in the mailbox of xuesheng",
            "sina-pop3 +",
            "sina-pop3 >> Return-Path: <a>\r\nReceived: 2\r\nReceived: 1\r\nx",
            "sina-pop3 >",
        ];
        let play = play("lesson13-pop3-mail", &lines);
        let way = ladder(&play, &Sources::default()).unwrap();
        let is_seen = |row: &&Row| matches!(row.what, What::Mail | What::Writes);
        let rows = way.rows.iter().filter(is_seen);
        let rows: Vec<_> = rows.map(|row| (row.from, row.to, row.text.trim_end())).collect();
        let expected = [
            (0, 1, "x"),
            (1, 1, "Received: 1"),
            (1, 2, "Received: 1\r\nx"),
            (2, 2, "Received: 2"),
            (2, 3, "in the mailbox of xuesheng"),
            (3, 3, "Return-Path: <a>"),
            (3, 4, "Return-Path: <a>\r\nReceived: 2\r\nReceived: 1\r\nx"),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn fields_keep_their_lines() {
        let header = "Return-Path: <a@b.example>\r\nReceived: from x\r\n\tby y;\r\n\tdate\r\nTo: z";
        let fields: Vec<&str> = fields(header).collect();
        let received = "Received: from x\r\n\tby y;\r\n\tdate\r\n";
        assert_eq!(fields, ["Return-Path: <a@b.example>\r\n", received, "To: z"]);
    }
}
