//! Which call in a lesson's source makes its program, or the library below it, do something on the
//! wire.

/// What a program does there first: it opens a connection.
pub const CONNECT: &[&str] = &["connect_mta(", "connect(", "connect_timeout("];
/// One side has no more to say.
pub const SHUTDOWN: &[&str] = &[".shutdown("];

/// The calls that send this command, of which the first that the source has counts; none if no
/// lesson sends it. No verb stands for the server's greeting.
pub fn of(protocol: &str, verb: &str) -> &'static [&'static str] {
    match (protocol, verb) {
        ("smtp", "" | "EHLO" | "STARTTLS") | ("pop3", "" | "CAPA" | "STLS") => CONNECT,
        ("ftp", "" | "FEAT") => CONNECT,
        ("smtp", "AUTH") => &[".auth("],
        ("smtp", "MAIL" | "RCPT" | "DATA") => &[".send("],
        ("pop3", "USER" | "PASS") => &[".log_in(", ".login("],
        ("pop3", "STAT") => &[".stat("],
        ("pop3", "LIST") => &[".list("],
        ("pop3", "RETR") => &[".retrieve(", ".retr("],
        ("ftp", "AUTH" | "PBSZ" | "PROT") => &[".into_secure("],
        ("ftp", "USER" | "PASS") => &[".login("],
        ("ftp", "TYPE") => &[".transfer_type("],
        ("ftp", "CWD") => &[".cwd("],
        ("ftp", "NLST") => &["\"NLST\"", ".nlst("],
        ("ftp", "RETR") => &[".retr"],
        ("ftp", "STOR") => &[".put"],
        (_, "QUIT") => &["::quit(", ".quit("],
        _ => &[],
    }
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
        let page = html::page(&recording, &sources).unwrap();
        let mut sections = page.split("<section id=\"lesson").skip(1);
        for play in &recording.plays {
            assert_eq!(play.problem, None);
            let number = play.lesson.number();
            let ladder = html::ladder_of(&recording, play, &sources);
            for row in &ladder.rows {
                let is_own = ladder.lanes[row.from].is_own || ladder.lanes[row.to].is_own;
                if is_own && row.from != row.to && row.what != What::Closed {
                    let is_in_lesson = |place: &Place| place.package == play.lesson.package;
                    assert!(row.places.iter().any(is_in_lesson), "{number}: {row:?}");
                }
            }
            let section = sections.next().unwrap();
            let has = |text: &str| section.contains(text);
            let is_on_wire = number != "00";
            assert!(has("class=\"src\"") && !has("<p class=\"lead\"></p>"), "{number}");
            assert_eq!([has("class=\"ladder"), has("class=\"printed")], [is_on_wire, !is_on_wire]);
            assert_eq!(has("class=\"diff\""), play.lesson.parent.is_some(), "diff of {number}");
            assert_eq!(has("<iframe"), ["07", "12"].contains(&number), "HTML of {number}");
            assert_eq!([has("id=\"way\""), has("to port")], [number == "13", number == "10"]);
        }
        let line = |number: &str, said: &str| {
            let play = recording.plays.iter().find(|play| play.lesson.number() == number).unwrap();
            let rows = html::ladder_of(&recording, play, &sources).rows;
            let row = rows.into_iter().find(|row| row.text.starts_with(said)).unwrap();
            let text = &sources.file(&row.places[0]).unwrap().text;
            text.lines().nth(row.places[0].line - 1).unwrap().trim().to_string()
        };
        // Over UDP, connect sends nothing; lesson 10 quits in its last step.
        assert!(line("02", "Who is there").contains("socket.send(message)"));
        assert!(line("10", "QUIT").contains("session::quit("));
        // What occurs in no run has a line, too.
        for (protocol, verb, package) in [
            ("smtp", "STARTTLS", "lesson06-text-mail"),
            ("pop3", "STLS", "lesson13-pop3-mail"),
            ("ftp", "AUTH", "lesson10-ftp-client"),
        ] {
            assert!(!sources.calls(package, super::of(protocol, verb)).is_empty(), "{protocol}");
        }
    }
}
