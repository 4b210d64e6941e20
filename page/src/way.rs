//! The whole way of a mail: from the teacher's MUA over both offices to the student's MUA.

use events::Kind;
use tour::lessons::short;
use tour::recording::Play;
use tour::talk::{Talk, notes, talks};

use crate::conversation::{self, Lanes};
use crate::html::{Say, say};
use crate::ladder::{Ladder, Row, What};
use crate::offices::fold;
use crate::sources::Sources;

/// Draws the way of the mail that was sent and fetched in this play, if one was.
pub fn ladder(play: &Play, sources: &Sources) -> Option<Ladder> {
    let talks = talks(&play.entries);
    let handed_in = talks.iter().find(|talk| talk.protocol() == "smtp" && talk.office.is_none())?;
    let transferred = talks.iter().find(|talk| talk.office.is_some())?;
    let fetched = talks.iter().find(|talk| talk.protocol() == "pop3")?;

    let mut ladder = Ladder::default();
    let package = |talk: &Talk| short(&play.programs[talk.program].package).to_string();
    ladder.add_lane(say("teacher’s MUA", "老师的 MUA"), package(handed_in), false);
    ladder.add_lane(Say::of_run("qq MTA"), "qq.example, SMTP", false);
    ladder.add_lane(Say::of_run("sina MTA"), "sina.example, SMTP", false);
    ladder.add_lane(Say::of_run("sina MDA"), "sina.example, POP3", false);
    ladder.add_lane(say("student’s MUA", "学生的 MUA"), package(fetched), false);

    let mut mails = Vec::new();
    let hand_in = say("The teacher hands it in: SMTP, with a password", "老师交信：SMTP，要密码");
    let transfer = say(
        "One provider hands it to the other: SMTP, without a password",
        "一家服务商转给另一家：SMTP，不要密码",
    );
    let fetch = say("The student fetches it: POP3", "学生取信：POP3");
    let parts =
        [(hand_in, handed_in, (0, 1)), (transfer, transferred, (1, 2)), (fetch, fetched, (4, 3))];
    for (number, (name, talk, (client, server))) in (1..).zip(parts) {
        let lanes = Lanes { client, server, data: server };
        let mut rows = conversation::rows(play, sources, talk, lanes);
        rows.retain(|row| row.what != What::Logs);
        mails.push(rows.iter().find(|row| row.what == What::Mail)?.clone());
        fold(&mut rows, number);
        let heading = Some((Say::of_run(format!("{number} ·")), name));
        let above = Row::new((talk.entries[0], 0), What::Begins, (0, 0), "");
        ladder.rows.push(Row { heading, ..above });
        ladder.rows.extend(rows);
    }
    // It is the MTA that says so; the mail has gone to the MDA by then.
    let is_stored = |(index, office): &(usize, &str)| {
        *office == "sina" && play.entries[*index].kind() == Some(Kind::Said)
    };
    let mut stored = mails[1].anchor;
    for (index, _) in notes(&play.entries).filter(is_stored) {
        stored = (index, 1);
        ladder.rows.push(Row::new(stored, What::Mail, (2, 3), &play.entries[index].text));
    }

    // Each writes on top of what it got: what came in is the end of what went out.
    let by_qq = mails[1].text.strip_suffix(&mails[0].text)?;
    let by_sina = mails[2].text.strip_suffix(&mails[1].text)?;
    // The field of the MDA, `Return-Path`, stands above that of the MTA.
    let (by_mda, by_mta) = by_sina.split_at(by_sina.find("Received:").unwrap_or(0));
    for ((event, row), lane, text) in
        [(mails[0].anchor, 1, by_qq), (mails[1].anchor, 2, by_mta), (stored, 3, by_mda)]
    {
        if !text.is_empty() {
            ladder.rows.push(Row::new((event, row + 1), What::Writes, (lane, lane), text));
        }
    }
    // The code stands beside the ladders of the lessons.
    ladder.rows.iter_mut().for_each(|row| row.places.clear());
    ladder.settle(&play.entries);
    Some(ladder)
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
        let play = play(&lines);
        let way = ladder(&play, &Sources::default()).unwrap();
        let rows = way.rows.iter().filter(|row| matches!(row.what, What::Mail | What::Writes));
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
}
