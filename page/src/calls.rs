//! Which call in a lesson's source makes its program, or the library below it, do something on the
//! wire.

/// What a program does there first: it opens a connection.
pub const CONNECT: &[&str] = &["connect_mta(", "connect(", "connect_timeout("];
/// One side has no more to say.
pub const SHUTDOWN: &[&str] = &[".shutdown("];

/// The calls that send a command, by the protocol and the verb; the first that the source has
/// counts. No verb stands for the server's greeting.
const CALLS: &[(&str, &[&str], &[&str])] = &[
    ("smtp", &["", "EHLO", "STARTTLS"], CONNECT),
    ("smtp", &["AUTH"], &[".auth("]),
    ("smtp", &["MAIL", "RCPT", "DATA"], &[".send("]),
    ("smtp", &["QUIT"], &[".quit("]),
    ("pop3", &["", "CAPA", "STLS"], CONNECT),
    ("pop3", &["USER", "PASS"], &[".log_in(", ".login("]),
    ("pop3", &["STAT"], &[".stat("]),
    ("pop3", &["LIST"], &[".list("]),
    ("pop3", &["RETR"], &[".retrieve(", ".retr("]),
    ("pop3", &["QUIT"], &[".quit("]),
    ("ftp", &["", "FEAT"], CONNECT),
    ("ftp", &["AUTH", "PBSZ", "PROT"], &[".into_secure("]),
    ("ftp", &["USER", "PASS"], &[".login("]),
    ("ftp", &["TYPE"], &[".transfer_type("]),
    ("ftp", &["CWD"], &[".cwd("]),
    ("ftp", &["NLST"], &["\"NLST\"", ".nlst("]),
    ("ftp", &["RETR"], &[".retr"]),
    ("ftp", &["STOR"], &[".put"]),
    ("ftp", &["QUIT"], &["::quit(", ".quit("]),
];

/// The calls that send this command; none if no lesson sends it.
pub fn of(protocol: &str, verb: &str) -> &'static [&'static str] {
    let sends_verb =
        |(of, verbs, _): &&(&str, &[&str], _)| *of == protocol && verbs.contains(&verb);
    CALLS.iter().find(sends_verb).map_or(&[], |(_, _, calls)| calls)
}

#[cfg(test)]
mod tests {
    use tour::lessons::LESSONS;
    use tour::recording::Place;

    use crate::html;
    use crate::ladder::What;
    use crate::sources::Sources;

    /// Whatever occurs in a run of the lessons leads to the line that does it, and all that belongs
    /// to a lesson is on the page.
    #[test]
    fn each_lesson_is_drawn_and_each_arrow_has_its_line() {
        let lessons: Vec<_> = LESSONS.iter().collect();
        let recording = tour::play(&lessons, |_| {}).unwrap();
        let sources = Sources::read().unwrap();
        for play in &recording.plays {
            assert_eq!(play.problem, None);
            let ladder = html::ladder_of(&recording, play, &sources);
            for row in &ladder.rows {
                let is_own = ladder.lanes[row.from].is_own || ladder.lanes[row.to].is_own;
                let is_arrow = is_own && row.from != row.to && row.what != What::Closed;
                if is_arrow {
                    let is_in_lesson = |place: &Place| place.package == play.lesson.package;
                    let number = play.lesson.number();
                    assert!(row.places.iter().any(is_in_lesson), "{number}: {row:?}");
                }
            }
        }
        // Over UDP, connect sends nothing; lesson 10 quits in its last step.
        for (number, said, code) in
            [("02", "Who is there", "socket.send(message)"), ("10", "QUIT", "session::quit(")]
        {
            let play = recording.plays.iter().find(|play| play.lesson.number() == number).unwrap();
            let ladder = html::ladder_of(&recording, play, &sources);
            let row = ladder.rows.iter().find(|row| row.text.starts_with(said)).unwrap();
            let place = &row.places[0];
            let mut lines = sources.file(place).unwrap().text.lines();
            let line = lines.nth(place.line - 1).unwrap();
            assert!(line.contains(code), "{number}: {said} leads to {line}");
        }
        let page = html::page(&recording, &sources).unwrap();
        for (lesson, section) in lessons.iter().zip(page.split("<section id=\"lesson").skip(1)) {
            let has = |text: &str| section.contains(text);
            let number = lesson.number();
            let is_on_wire = number != "00";
            assert!(has("class=\"src\"") && !has("<p class=\"lead\"></p>"), "{number}");
            assert_eq!([has("class=\"ladder"), has("class=\"printed")], [is_on_wire, !is_on_wire]);
            assert_eq!(has("class=\"diff\""), lesson.parent.is_some(), "diff of {number}");
            assert_eq!(has("<iframe"), ["07", "12"].contains(&number), "HTML of {number}");
            assert_eq!(has("id=\"way\""), number == "13");
        }
        // What occurs in no run, such as TLS, has a line, too.
        for (protocol, verbs, calls) in super::CALLS {
            let package = match *protocol {
                "smtp" => "lesson06-text-mail",
                "pop3" => "lesson13-pop3-mail",
                _ => "lesson10-ftp-client",
            };
            assert!(!sources.calls(package, calls).is_empty(), "{protocol} {verbs:?}: {calls:?}");
        }
    }
}
