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

/// More lines than `step` passes in a lesson.
const MANY: usize = 2000;

/// Goes from each step of each lesson to the next one by this command, and calls `at_step` there
/// with the place of the step among all. `step` leads into a step that lies in a function of its
/// own, and a breakpoint into one that lies in a thread.
fn walk(language: Language, command: &str, at_step: impl Fn(&mut Session, &Source, usize)) {
    for lesson in LESSONS {
        let source = Source::read(lesson.package, lesson.steps);
        let mut session = Session::start(language, lesson);
        assert_eq!(session.place(), Some(source.steps[0].line), "{}", session.said);
        for (index, step) in source.steps.iter().enumerate() {
            for _ in 0..MANY {
                let place = session.place();
                if source.steps[index..].iter().any(|step| place == Some(step.line)) {
                    break;
                }
                session.ask(source.way_in(place, step).unwrap_or(command));
            }
            let place = session.place();
            let package = lesson.package;
            assert_eq!(place, Some(step.line), "{package} misses {step:?}:\n{}", session.said);
            at_step(&mut session, &source, index);
        }
    }
}

/// `next` leads from a step to the next statement, and on to the next step.
fn next_goes_from_step_to_step(language: Language) {
    walk(language, "next", |session, source, index| {
        let step = &source.steps[index];
        let answer = session.shows(&shown(session, step.numbers.0, false));
        for name in source.new_names(step) {
            let shown = [format!("\n{name} = "), format!(") {name} = ")];
            let is_shown = shown.iter().any(|shown| answer.contains(shown));
            assert!(!is_shown, "{name} before {step:?}: {answer}\n{}", session.said);
        }

        // A step that holds the next one is entered; from any other, `next` leads on.
        let holds = |next| source.way_in(Some(step.line), next).is_some();
        if !source.steps.get(index + 1).is_some_and(holds) {
            session.ask("next");
            // A line with `?` may stop twice.
            if session.place() == Some(step.line) {
                session.ask("next");
            }
            let next = source.after_statement(step.line);
            assert_eq!(session.place(), Some(next), "from {step:?}:\n{}", session.said);
            let names = source.names(step.line).into_iter().map(|name| format!("{name} = "));
            session.shows(&[shown(session, step.numbers.0, true), names.collect()].concat());
        }
    });
}

/// A mail's sender shows as one writes it, and as nothing else once it has been moved away.
fn a_mailbox_shows_while_it_is_there(language: Language) {
    let lesson = Lesson::find("11").unwrap();
    let mut session = Session::start(language, lesson);
    session.ask("step");
    let source = Source::read(lesson.package, lesson.steps);
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

/// `step`, again and again, comes to each step in its order, and to nothing that is not the
/// lesson's own; `next` goes from one to the next.
fn the_lessons_in(language: Language) {
    next_goes_from_step_to_step(language);
    walk(language, "step", |_session, _source, _index| {});
    a_mailbox_shows_while_it_is_there(language);
}

#[test]
fn the_steps_of_each_lesson_are_numbered() {
    for lesson in LESSONS {
        Source::read(lesson.package, lesson.steps);
    }
}

#[test]
#[ignore = "needs rust-gdb"]
fn the_lessons_in_gdb() {
    the_lessons_in(GDB);
}

#[test]
#[ignore = "needs rust-lldb"]
fn the_lessons_in_lldb() {
    the_lessons_in(LLDB);
}
