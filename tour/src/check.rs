//! Which exercises are solved: their tests tell, each in a process of its own.

use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use shared::{Error, OrCannot, Result, right_or_end};

use tour::build::{cargo_build, messages, program};
use tour::lessons::{LESSONS, Lesson, workspace};

/// This many checks run at once. They mostly wait.
const AT_ONCE: usize = 8;

/// An exercise, and what checks it.
struct Exercise {
    lesson: &'static Lesson,
    number: usize,
    /// The program with the checks of the lesson.
    checks: PathBuf,
    /// What is to be checked in place of the lesson: the solution.
    solution: Option<PathBuf>,
}

/// What is heard of a check.
enum Event {
    /// What it does now.
    Does(String),
    /// How it ended: with nothing, or with what it expected, and what came.
    Ended(Option<Vec<String>>),
}

/// Checks the exercises of these lessons, or just the one with this number, and says what is
/// missing, or those of all, if none are named, and shows a table; the solutions, if so wanted, and
/// not what the learner has written.
///
/// # Errors
/// A lesson cannot be built, or an exercise is not solved.
pub fn check(lessons: &[&'static Lesson], exercise: Option<usize>, is_solutions: bool) -> Result {
    let is_table = lessons.is_empty();
    let lessons = if is_table { LESSONS.iter().collect() } else { lessons.to_vec() };
    if let Some(number) = exercise {
        right_or_end(find(&lessons, number));
    }
    let (mut exercises, broken) = build(&lessons, is_solutions)?;
    exercises.retain(|each| exercise.is_none_or(|exercise| each.number == exercise));

    let mut missing = 0;
    let mut row = String::new();
    run(&exercises, |index, steps, why| {
        let Exercise { lesson, number, .. } = &exercises[index];
        missing += usize::from(why.is_some());
        if !is_table {
            if *number == 1 && lessons.len() > 1 {
                shared::print(lesson.package)?;
            }
            return shared::print(exercises[index].report(steps, why));
        }
        if *number == 1 {
            row = format!("{:<26}", lesson.package);
        }
        row += &format!(" {number} {:<8}", why.map_or("solved", |_| "not yet"));
        match exercises.get(index + 1) {
            Some(next) if next.lesson.package == lesson.package => Ok(()),
            _ => shared::print(row.trim_end()),
        }
    })?;
    if let [package, ..] = broken.as_slice() {
        let problem = format!("cannot check {}: it cannot be built", broken.join(", "));
        return Err(Error::new(
            problem,
            format!("see what cargo says above; try: cargo run -p {package}"),
        ));
    }
    if missing > 0 {
        let problem = match exercises.len() {
            1 => "the exercise is not solved yet".into(),
            all if missing == 1 => format!("1 of {all} exercises is not solved yet"),
            all => format!("{missing} of {all} exercises are not solved yet"),
        };
        let package = lessons[0].package;
        let number = lessons[0].number();
        let hint = if is_table {
            "see what is missing in a lesson: cargo run -- check 03".into()
        } else {
            format!("change {package}/src, and check again: cargo run -- check {number}")
        };
        return Err(Error::new(problem, hint));
    }
    Ok(())
}

/// Prints the hint of an exercise, and how to see its solution. It ends the program with status 2
/// if there is no such exercise.
///
/// # Errors
/// Standard output takes no more.
pub fn hint(lessons: &[&'static Lesson], exercise: usize) -> Result {
    let (lesson, text) = right_or_end(find(lessons, exercise));
    let hint = text.split_once("<summary>Hint</summary>").unwrap_or_default().1;
    let hint = hint.split("</details>").next().unwrap_or_default();
    let number = lesson.number();
    let solution = format!("a solution: cargo run -- diff {number} --exercise {exercise}");
    shared::print(format!("{}\n\n{solution}", hint.trim()))
}

/// The one lesson, and what its README says of the exercise of this number.
fn find(lessons: &[&'static Lesson], exercise: usize) -> Result<(&'static Lesson, String)> {
    let [lesson] = lessons else {
        let hint = "as in cargo run -- check 03 2, or cargo run -- check 03 --hint 2";
        return Err(Error::new("an exercise goes with one lesson", hint));
    };
    let mut exercises = lesson.exercises().or_cannot("read the README of", lesson.package)?;
    if !(1..=exercises.len()).contains(&exercise) {
        let problem = format!("lesson {} has no exercise {exercise}", lesson.number());
        let hint = format!("{}/README.md says which exercises there are", lesson.package);
        return Err(Error::new(problem, hint));
    }
    Ok((lesson, exercises.swap_remove(exercise - 1)))
}

/// Builds the checks of these lessons and what they check. Returns the exercises, and which lessons
/// cannot be built.
fn build(
    lessons: &[&'static Lesson],
    is_solutions: bool,
) -> Result<(Vec<Exercise>, Vec<&'static str>)> {
    let mut cargo = cargo_build(workspace());
    cargo.args(["--message-format", "json-render-diagnostics", "--test", "exercises"]);
    cargo.args(is_solutions.then_some("--examples"));
    for lesson in lessons {
        cargo.args(["-p", lesson.package]);
    }
    let (_, messages) = messages(&mut cargo)?;
    let mut exercises = Vec::new();
    let mut broken = Vec::new();
    for lesson in lessons {
        let package = lesson.package;
        // Without its program, the checks would find the one of yesterday.
        let lesson_program = program(&messages, package, package);
        let Some(checks) =
            program(&messages, package, "exercises").filter(|_| lesson_program.is_some())
        else {
            broken.push(package);
            continue;
        };
        let mut list = Command::new(&checks);
        let list =
            list.args(["--list", "--ignored"]).output().or_cannot("run", checks.display())?;
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        let numbers = list.lines().filter_map(|line| line.strip_prefix("exercise_"));
        for number in numbers.filter_map(|rest| rest.strip_suffix(": test")?.parse().ok()) {
            let name = format!("{}-exercise{number}", &package[..8]);
            let solution = program(&messages, package, &name).filter(|_| is_solutions);
            if is_solutions && solution.is_none() {
                let problem = format!("{name} cannot be built");
                return Err(Error::new(problem, "see what cargo says above"));
            }
            exercises.push(Exercise { lesson, number, checks: checks.clone(), solution });
        }
    }
    Ok((exercises, broken))
}

/// Runs the checks, several at once, and shows in their order what each did, and how it ended; of
/// one that takes long, what it does.
fn run(
    exercises: &[Exercise],
    mut show: impl FnMut(usize, &[String], Option<&[String]>) -> Result,
) -> Result {
    let (senders, receivers): (Vec<_>, Vec<_>) = exercises.iter().map(|_| channel()).unzip();
    let left = Mutex::new(exercises.iter().zip(senders));
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((exercise, sender)) = next() {
                    let ended = exercise.run(&sender).unwrap_or_else(|error| {
                        Some(vec![format!("The check cannot be started: {error}")])
                    });
                    let _ = sender.send(Event::Ended(ended));
                }
            });
        }
        for (index, events) in receivers.iter().enumerate() {
            let mut steps = Vec::new();
            let mut said = 0;
            let why = loop {
                match events.recv_timeout(Duration::from_secs(1)) {
                    Ok(Event::Does(step)) => steps.push(step),
                    Ok(Event::Ended(why)) => break why,
                    Err(_) if steps.len() > said => {
                        said = steps.len();
                        let Exercise { lesson, number, .. } = &exercises[index];
                        let step = &steps[said - 1];
                        let line =
                            format!("{}, exercise {number}: {step} It waits.\n", lesson.package);
                        let _ = io::stderr().write_all(line.as_bytes());
                    }
                    Err(_) => {}
                }
            };
            show(index, &steps, why.as_deref())?;
        }
        Ok(())
    })
}

impl Exercise {
    /// Its name, as the lesson's README has it, what its check did, and how it ended.
    fn report(&self, steps: &[String], why: Option<&[String]>) -> String {
        let texts = self.lesson.exercises().unwrap_or_default();
        let title = texts.get(self.number - 1).and_then(|text| text.lines().next());
        let title = title.unwrap_or_default().trim_end_matches('?');
        let (first, rest) = title.split_at_checked(1).unwrap_or_default();
        let mut report = format!("exercise {}, {}{rest}: ", self.number, first.to_lowercase());
        let Some(why) = why else { return report + "solved" };
        report += "not yet";
        for (number, step) in (1..).zip(steps) {
            report += &format!("\n  {number}. {step}");
        }
        for line in why {
            report += &format!("\n  {line}");
        }
        let number = self.lesson.number();
        report + &format!("\n  a hint: cargo run -- check {number} --hint {}", self.number)
    }

    /// Runs the check, passes on what it does, and returns how it ended.
    fn run(&self, events: &Sender<Event>) -> io::Result<Option<Vec<String>>> {
        let mut checks = Command::new(&self.checks);
        checks.arg(format!("exercise_{}", self.number));
        checks.args(["--exact", "--ignored", "--nocapture"]).env("RUST_BACKTRACE", "0");
        if let Some(solution) = &self.solution {
            checks.env("LESSON_EXERCISE_PROGRAM", solution);
        }
        let mut checks = checks.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut why = Vec::new();
        // What the check does stands behind `- `, and what went wrong behind `Error: `, in lines to
        // the end.
        for line in checks.stderr.take().into_iter().flat_map(|log| BufReader::new(log).lines()) {
            let line = line.unwrap_or_default();
            if let Some(step) = line.strip_prefix("- ") {
                let _ = events.send(Event::Does(step.into()));
            } else if let Some(first) = line.strip_prefix("Error: ") {
                why = vec![first.into()];
            } else if !line.is_empty() && !line.starts_with("note: run with ") {
                why.push(line);
            }
        }
        let is_solved = checks.wait().is_ok_and(|status| status.success());
        Ok((!is_solved).then_some(why))
    }
}
