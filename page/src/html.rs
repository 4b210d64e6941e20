//! The page: what goes where. The templates in `page/templates/` say how it looks.

pub mod code;
pub mod diff;
pub mod ladder;
mod steps;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};

use askama::Template;
use askama::filters::HtmlSafe;
use time::OffsetDateTime;
use tour::lessons::Server;
use tour::recording::{Play, Recording};

use crate::code::read_file;
use crate::ladder::{Ladder, Row, What};
use crate::mail::{self, Mail};
use crate::readme;
use crate::sources::Sources;
use crate::{exchange, offices, way};

/// A text in English and in Chinese; the page shows one of them.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "say.html")]
pub struct Say(Cow<'static, str>, Cow<'static, str>);

impl HtmlSafe for Say {}

/// A text in English and in Chinese.
pub fn say(english: impl Into<Cow<'static, str>>, chinese: impl Into<Cow<'static, str>>) -> Say {
    Say(english.into(), chinese.into())
}

impl Say {
    /// The words of the run, which are the same in both languages.
    pub fn of_run(words: impl Into<String>) -> Say {
        let words = words.into();
        say(words.clone(), words)
    }
}

/// The whole page.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    /// Nobody who wrote a mail or a README can know it, so that no script but the page's own runs.
    nonce: String,
    style: &'static str,
    script: &'static str,
    begun: String,
    lessons: Vec<Lesson<'a>>,
}

/// What the page shows of a lesson.
#[derive(Template)]
#[template(path = "lesson.html")]
struct Lesson<'a> {
    play: &'a Play,
    number: &'static str,
    title: Say,
    lead: Say,
    /// What the programs print.
    printed: String,
    /// Nothing where nothing goes over the wire.
    ladder: Option<ladder::View>,
    panes: Panes,
    diff: Option<diff::View>,
    mails: Vec<Mail>,
    english: String,
    chinese: String,
    way: Option<ladder::View>,
}

/// The sources beside a ladder.
#[derive(Default)]
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

fn lesson<'a>(recording: &Recording, play: &'a Play, sources: &Sources) -> Lesson<'a> {
    let mut ladder = ladder_of(recording, play, sources);
    add_steps(&mut ladder, play, sources);
    let number = play.lesson.number();
    let package = play.lesson.package;
    let lessons: Vec<_> = recording.plays.iter().map(|play| play.lesson).collect();
    let english = readme::read("README.md", play.lesson, &lessons);
    let chinese = readme::read("README.zh-CN.md", play.lesson, &lessons);
    let parent = play.lesson.find_parent();
    let is_on_wire = ladder.lanes.len() > 1;
    let printed: Vec<&str> =
        (0..play.programs.len()).flat_map(|program| play.results(program)).collect();
    Lesson {
        play,
        number,
        title: say(english.title, chinese.title),
        lead: say(english.lead, chinese.lead),
        printed: printed.join("\n"),
        panes: panes(play, &ladder, sources),
        diff: parent.map(|parent| diff::view(parent.package, package, sources)),
        mails: mails(&ladder, number),
        english: english.html,
        chinese: chinese.html,
        way: way::ladder(play, sources).map(|ladder| ladder::View { ladder, heading: "h3" }),
        ladder: is_on_wire.then_some(ladder::View { ladder, heading: "h4" }),
    }
}

/// Puts the numbered steps of the lesson's own source as headings above what they do.
fn add_steps(ladder: &mut Ladder, play: &Play, sources: &Sources) {
    let mut last = None;
    for row in std::mem::take(&mut ladder.rows) {
        let mut own = row.places.iter().filter(|place| place.package == play.lesson.package);
        let step = own.find_map(|place| sources.file(place)?.step_at(place.line));
        if let Some(step) = step.filter(|step| last != Some(*step)) {
            let heading = Some(steps::step(play.lesson.number(), step));
            let above = Row::new(row.anchor, What::Steps, (0, 0), "");
            ladder.rows.push(Row { heading, fold: row.fold, ..above });
            last = Some(step);
        }
        ladder.rows.push(row);
    }
}

/// The sources beside the ladder: all of the lesson's, and of the others what its arrows lead to.
fn panes(play: &Play, ladder: &Ladder, sources: &Sources) -> Panes {
    let own = play.lesson.package;
    let lesson = play.lesson.number();
    let mut panes = Panes::default();
    let mut packages = vec![own];
    for package in play.lesson.packages() {
        if !packages.contains(&package) {
            packages.push(package);
        }
    }
    for package in packages {
        for file in sources.files(package) {
            let places = ladder.rows.iter().flat_map(|row| &row.places);
            let here = places.filter(|place| place.package == package && place.file == file.name);
            let with_arrows: BTreeSet<usize> = here.map(|place| place.line).collect();
            let file = file.clone();
            let is_open = panes.lit.is_empty();
            let pane = code::Pane { lesson, package, file, with_arrows, is_open };
            if is_open || !pane.with_arrows.is_empty() {
                panes.lit.push(pane);
            } else if package == own {
                panes.rest.push(pane);
            }
        }
    }
    if let Ok(file) = read_file(&play.lesson.bare()) {
        let with_arrows = BTreeSet::new();
        panes.bare = Some(code::Pane { lesson, package: own, file, with_arrows, is_open: false });
    }
    panes
}

/// The mails that the lesson itself has sent or fetched, each once.
fn mails(ladder: &Ladder, number: &str) -> Vec<Mail> {
    let mut mails = Vec::new();
    for row in ladder.rows.iter().filter(|row| row.what == What::Mail) {
        if ladder.lanes[row.from].is_own || ladder.lanes[row.to].is_own {
            mails.extend(mail::read(&row.text, format!("m{number}-{}", mails.len())));
        }
    }
    mails
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use tour::lessons::LESSONS;

    use super::*;

    #[test]
    fn a_lesson_that_failed_says_so_and_the_others_are_drawn() {
        let mut plays: Vec<Play> =
            LESSONS[..3].iter().map(|lesson| Play::new(lesson, Vec::new(), Vec::new())).collect();
        plays[1].problem = Some("it does not compile\n\nerror: expected `;`\n  --> 1 < 2".into());
        let recording = Recording { begun: SystemTime::UNIX_EPOCH, services: Vec::new(), plays };
        let sources = Sources::read().unwrap();
        let page = page(&recording, &sources).unwrap();
        let sections: Vec<&str> = page.split("<section ").skip(1).collect();
        let has = |text: &str| sections.iter().map(|one| one.contains(text)).collect::<Vec<_>>();
        let problem = "<div class=\"failed\">\n<h3><span class=en lang=en>This lesson failed</span>\
                       <span class=zh lang=zh-CN>这一课失败了</span></h3>\n<p>it does not compile</p>\n\
                       <pre tabindex=\"0\">\nerror: expected `;`\n  --&#62; 1 &#60; 2</pre>";
        assert_eq!(has(problem), [false, true, false]);
        assert_eq!(has("class=\"src\""), [true; 3]);
        assert_eq!(has("class=\"printed\""), [true, false, true]);
        assert_eq!(page.matches("<em><span class=en lang=en>failed").count(), 1);
    }
}
