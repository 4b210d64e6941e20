//! The page: what goes where. The templates in `page/templates/` say how it looks.

pub mod code;
pub mod diff;
pub mod ladder;
pub mod mail;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::hash::{BuildHasher, RandomState};

use askama::Template;
use time::OffsetDateTime;
use tour::lessons::Server;
use tour::recording::{Place, Play, Recording, Voice};

use crate::code::{read_file, step_at};
use crate::ladder::{Ladder, Row, What};
use crate::mail as mails;
use crate::readme::{self, Readme, Site};
use crate::sources::Sources;
use crate::{exchange, offices, way};

/// A text of the page's own in both languages; the page shows one of them.
pub struct Say(&'static str, &'static str);

/// A text in English and in Chinese.
pub fn say(english: &'static str, chinese: &'static str) -> Say {
    Say(english, chinese)
}

impl Display for Say {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let Say(english, chinese) = self;
        write!(out, "<span class=en lang=en>{english}</span>")?;
        write!(out, "<span class=zh lang=zh-CN>{chinese}</span>")
    }
}

impl askama::filters::HtmlSafe for Say {}

/// The whole page.
#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    /// Nobody who wrote a mail or a README can know it, so that no script but the page's own runs.
    nonce: String,
    style: &'static str,
    script: &'static str,
    begun: String,
    lessons: Vec<Lesson>,
}

/// What the page shows of a lesson.
#[derive(Template)]
#[template(path = "lesson.html")]
struct Lesson {
    number: String,
    english: Readme,
    /// The same in Chinese; without it, both languages show the English one.
    chinese: Option<Readme>,
    commands: Vec<String>,
    problem: Option<Problem>,
    /// Where nothing goes over the wire, what the program prints.
    printed: String,
    ladder: Option<ladder::View>,
    panes: Panes,
    diff: Option<diff::View>,
    mails: Vec<mail::View>,
    way: Option<ladder::View>,
}

/// The sources beside a ladder.
struct Panes {
    /// Those that arrows lead to, and `main.rs`.
    lit: Vec<code::Pane>,
    /// The lesson's others.
    rest: Vec<code::Pane>,
    /// The shortest program of the same purpose.
    bare: Option<code::Pane>,
}

impl Panes {
    /// How many files lie folded below the first.
    fn folds(&self) -> usize {
        self.lit.len() + usize::from(!self.rest.is_empty()) + usize::from(self.bare.is_some()) - 1
    }
}

/// What went wrong in a lesson.
struct Problem {
    /// On one line.
    line: String,
    /// What the compiler or the program said about it.
    details: String,
}

/// The page, as HTML.
///
/// # Errors
/// A template cannot be filled in.
pub fn page(recording: &Recording, sources: &Sources) -> askama::Result<String> {
    let begun = OffsetDateTime::from(recording.begun);
    let (hour, minute, second) = begun.time().as_hms();
    let plays = recording.plays.iter();
    let page = Page {
        nonce: format!("{:016x}", RandomState::new().hash_one("page")),
        style: include_str!("../templates/page.css"),
        script: include_str!("../templates/page.js"),
        begun: format!("{} {hour:02}:{minute:02}:{second:02} UTC", begun.date()),
        lessons: plays.map(|play| lesson(recording, play, sources)).collect(),
    };
    page.render()
}

/// The ladder of a lesson.
pub fn ladder_of(recording: &Recording, play: &Play, sources: &Sources) -> Ladder {
    match play.lesson.server {
        Server::Practice => offices::ladder(recording, play, sources),
        _ => exchange::ladder(play, sources),
    }
}

fn lesson(recording: &Recording, play: &Play, sources: &Sources) -> Lesson {
    let mut ladder = ladder_of(recording, play, sources);
    add_steps(&mut ladder, play, sources);
    let number = play.lesson.number().to_string();
    let folder = play.lesson.folder();
    let packages = recording.plays.iter().map(|play| play.lesson.package).collect();
    let site = Site { package: play.lesson.package, packages };
    let untitled = || Readme { title: play.lesson.package.into(), ..Readme::default() };
    let mut commands: Vec<String> =
        play.programs.iter().map(|program| program.command.clone()).collect();
    if let Server::Practice = play.lesson.server {
        commands.insert(0, "cargo run -p practice-servers".into());
    }
    let printed: Vec<&str> = play
        .entries
        .iter()
        .filter(|entry| entry.voice == Voice::Result)
        .map(|entry| entry.text.as_str())
        .collect();
    let is_on_wire = ladder.lanes.len() > 1;
    Lesson {
        english: readme::read(&folder.join("README.md"), &site).unwrap_or_else(untitled),
        chinese: readme::read(&folder.join("README.zh-CN.md"), &site),
        commands,
        problem: play.problem.as_deref().map(problem),
        printed: if is_on_wire { String::new() } else { printed.join("\n") },
        panes: panes(play, &ladder, sources, &number),
        diff: play
            .lesson
            .find_parent()
            .map(|parent| diff::view(parent.package, play.lesson.package, sources)),
        mails: letters(&ladder, &number),
        way: way::ladder(play, sources).map(|way| ladder::view(&way, "h3")),
        ladder: is_on_wire.then(|| ladder::view(&ladder, "h4")),
        number,
    }
}

/// Puts the numbered steps of the lesson's own source as headings above what they do.
fn add_steps(ladder: &mut Ladder, play: &Play, sources: &Sources) {
    let files = sources.files(play.lesson.package);
    let mut last = "";
    let mut rows = Vec::new();
    for row in std::mem::take(&mut ladder.rows) {
        let mut steps = row.places.iter().filter(|place| place.package == play.lesson.package);
        let step = steps.find_map(|place| step_at(files, place));
        if let Some(step) = step.filter(|step| step.text != last) {
            let text = format!("{} {}", play.lesson.number(), step.text);
            let mut heading = Row::new(row.anchor, What::Steps, (0, 0), text);
            heading.fold = row.fold;
            rows.push(heading);
            last = &step.text;
        }
        rows.push(row);
    }
    ladder.rows = rows;
}

fn problem(text: &str) -> Problem {
    let (line, details) = text.split_once('\n').unwrap_or((text, ""));
    Problem { line: line.into(), details: details.trim().into() }
}

/// The sources beside the ladder: all of the lesson's, and of the others what its arrows lead to.
fn panes(play: &Play, ladder: &Ladder, sources: &Sources, number: &str) -> Panes {
    let places: BTreeSet<&Place> = ladder.rows.iter().flat_map(|row| &row.places).collect();
    let mut lit: BTreeMap<(&str, &str), BTreeSet<usize>> = BTreeMap::new();
    for place in places {
        lit.entry((&place.package, &place.file)).or_default().insert(place.line);
    }
    let mut packages = vec![play.lesson.package];
    for program in &play.programs {
        if !packages.contains(&program.package.as_str()) {
            packages.push(&program.package);
        }
    }
    let mut panes = Panes { lit: Vec::new(), rest: Vec::new(), bare: None };
    for package in packages {
        for file in sources.files(package) {
            let lines = lit.remove(&(package, file.name.as_str())).unwrap_or_default();
            let is_first = panes.lit.is_empty() && panes.rest.is_empty();
            let is_own = package == play.lesson.package;
            let pane = code::pane(package, file, &lines, number, is_first);
            if is_first || !lines.is_empty() {
                panes.lit.push(pane);
            } else if is_own {
                panes.rest.push(pane);
            }
        }
    }
    let bare = play.lesson.folder().join(format!("examples/lesson{number}-bare.rs"));
    let bare = read_file(&bare).ok();
    panes.bare =
        bare.map(|file| code::pane(play.lesson.package, &file, &BTreeSet::new(), number, false));
    panes
}

/// The mails that the lesson itself has sent or fetched, each once.
fn letters(ladder: &Ladder, number: &str) -> Vec<mail::View> {
    let own = |lane: usize| ladder.lanes[lane].is_own;
    let mut letters = Vec::new();
    for row in &ladder.rows {
        if row.what == What::Mail
            && (own(row.from) || own(row.to))
            && let Some(mail) = mails::read(&row.text)
        {
            let id = format!("m{number}-{}", letters.len());
            letters.push(mail::View { id, mail });
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tour::lessons::{LESSONS, workspace};

    use super::*;

    #[test]
    fn a_lesson_that_failed_says_so_and_the_others_are_drawn() {
        let mut plays: Vec<Play> =
            LESSONS[..3].iter().map(|lesson| Play::new(lesson, Vec::new(), Vec::new())).collect();
        plays[1].problem = Some("it does not compile\n\nerror: expected `;`\n  --> 1 < 2".into());
        let recording = Recording { begun: SystemTime::UNIX_EPOCH, services: Vec::new(), plays };
        let sources = Sources::read(workspace(), &recording).unwrap();
        let page = page(&recording, &sources).unwrap();
        let sections: Vec<&str> = page.split("<section ").skip(1).collect();
        assert_eq!(sections.len(), 3);
        let problem = "<p>it does not compile</p>\n<pre tabindex=\"0\">\n\
                       error: expected `;`\n  --&gt; 1 &lt; 2</pre>";
        let has = |text: &str| sections.iter().map(|one| one.contains(text)).collect::<Vec<_>>();
        assert_eq!(has("class=\"failed\""), [false, true, false]);
        assert_eq!(
            has(&problem.replace("&gt;", "&#62;").replace("&lt;", "&#60;")),
            [false, true, false]
        );
        assert_eq!(has("class=\"src\""), [true; 3]);
        assert_eq!(has("class=\"printed\""), [true, false, true]);
        assert_eq!(page.matches("<em><span class=en lang=en>failed").count(), 1);
    }
}
