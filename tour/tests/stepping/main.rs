//! The lessons in a debugger, started as the README says, each with a real peer: `step` stays in
//! the lesson, `next` goes from one numbered step to the next, and whatever has a name can be read
//! and holds what it should.
#![cfg(test)]

mod debugger;
mod shown;
mod source;

use tour::lessons::{LESSONS, Lesson};

use crate::debugger::{GDB, LLDB, Language, Session};
use crate::shown::shown;
use crate::source::Source;

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// More lines than `next` passes between two steps, and than `step` passes in a lesson.
const MANY: usize = 40;
const VERY_MANY: usize = 2000;

/// `next` leads from a step to the next statement, and on to the next step; where that lies in a
/// function of its own, `step` leads into it, or a breakpoint where that is a thread.
fn next_goes_from_step_to_step(language: Language) {
    for Lesson { package: lesson, steps: count, .. } in LESSONS {
        let source = Source::read(lesson, *count);
        let mut session = Session::start(language, lesson);
        let mut place = session.place();
        assert_eq!(place, Some(source.steps[0].line), "{}", session.said);
        for (index, step) in source.steps.iter().enumerate() {
            for _ in 0..MANY {
                if source.steps[index..].iter().any(|step| place == Some(step.line)) {
                    break;
                }
                session.ask(source.way_in(place, step).unwrap_or("next"));
                place = session.place();
            }
            assert_eq!(place, Some(step.line), "{lesson} misses {step:?}:\n{}", session.said);
            let answer = session.shows(&shown(&session, step.numbers.0, false));
            for name in source.new_names(step) {
                let shown = [format!("\n{name} = "), format!(") {name} = ")];
                let is_shown = shown.iter().any(|shown| answer.contains(shown));
                assert!(!is_shown, "{name} before {step:?}: {answer}\n{}", session.said);
            }

            // A step that holds the next one is entered; from any other, `next` leads on.
            let holds = |next| source.way_in(place, next).is_some();
            if !source.steps.get(index + 1).is_some_and(holds) {
                session.ask("next");
                // A line with `?` may stop twice.
                if session.place() == Some(step.line) {
                    session.ask("next");
                }
                place = session.place();
                let next = source.after_statement(step.line);
                assert_eq!(place, Some(next), "{lesson}, from {step:?}:\n{}", session.said);
                let names = source.names(step.line).into_iter().map(|name| format!("{name} = "));
                session.shows(&[shown(&session, step.numbers.0, true), names.collect()].concat());
            }
        }
    }
}

/// `step`, again and again, comes to each step in its order, and to nothing that is not the
/// lesson's own.
fn step_stays_in_the_lesson(language: Language) {
    for Lesson { package: lesson, steps: count, .. } in LESSONS {
        let source = Source::read(lesson, *count);
        let mut session = Session::start(language, lesson);
        let mut rest = source.steps.as_slice();
        for _ in 0..VERY_MANY {
            let place = session.place();
            let found = rest.iter().position(|step| place == Some(step.line));
            if let Some(index) = found {
                assert_eq!(index, 0, "{lesson} misses {:?}:\n{}", rest[0], session.said);
                rest = &rest[1..];
            }
            let Some(next) = rest.first() else {
                break;
            };
            let way_in = source.way_in(place, next);
            session.ask(way_in.unwrap_or("step"));
        }
        assert!(rest.is_empty(), "{lesson} misses {:?}:\n{}", rest[0], session.said);
    }
}

/// A mail's sender shows as one writes it, and as nothing else once it has been moved away.
fn a_mailbox_shows_while_it_is_there(language: Language) {
    let mut session = Session::start(language, "lesson11-headers-mail");
    session.ask("step");
    let source = Source::read("lesson11-headers-mail", 5);
    let line = |text| 1 + source.lines.iter().position(|line| line.trim() == text).unwrap();
    for (number, from) in [
        (line(".from(from)"), "王老师 <laoshi@qq.example>"),
        (line(".subject(\"你好：一封有抄送的邮件\")"), "moved away"),
    ] {
        for _ in 0..MANY {
            if session.place() == Some(number) {
                break;
            }
            session.ask("next");
        }
        assert_eq!(session.place(), Some(number), "{}", session.said);
        session.shows(&[format!("from = {from}\n")]);
    }
}

#[test]
fn the_steps_of_each_lesson_are_numbered() {
    for Lesson { package: lesson, steps: count, .. } in LESSONS {
        Source::read(lesson, *count);
    }
}

#[test]
#[ignore = "needs rust-gdb"]
fn next_goes_from_step_to_step_in_gdb() {
    next_goes_from_step_to_step(GDB);
}

#[test]
#[ignore = "needs rust-lldb"]
fn next_goes_from_step_to_step_in_lldb() {
    next_goes_from_step_to_step(LLDB);
}

#[test]
#[ignore = "needs rust-gdb"]
fn a_mailbox_shows_while_it_is_there_in_gdb() {
    a_mailbox_shows_while_it_is_there(GDB);
}

#[test]
#[ignore = "needs rust-lldb"]
fn a_mailbox_shows_while_it_is_there_in_lldb() {
    a_mailbox_shows_while_it_is_there(LLDB);
}

#[test]
#[ignore = "needs rust-gdb"]
fn step_stays_in_the_lesson_in_gdb() {
    step_stays_in_the_lesson(GDB);
}

#[test]
#[ignore = "needs rust-lldb"]
fn step_stays_in_the_lesson_in_lldb() {
    step_stays_in_the_lesson(LLDB);
}
