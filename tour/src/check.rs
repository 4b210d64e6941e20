//! Which exercises are solved: their tests tell, each in a process of its own.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::mem;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use shared::{Error, OrCannot, Result};

use tour::lessons::{LESSONS, Lesson, workspace};

/// So many checks run at once. They mostly wait.
const AT_ONCE: usize = 8;

/// An exercise, and what checks it.
struct Exercise {
    package: &'static str,
    number: usize,
    /// The program with the checks of the lesson.
    checks: PathBuf,
    /// What is to be checked in place of the lesson: the solution.
    solution: Option<PathBuf>,
}

/// What is heard of an exercise.
enum Event {
    /// For what its check waits now.
    Waits(String),
    /// How the check ended: with nothing, or with what is missing.
    Ended(Option<String>),
}

/// Checks the exercises of these lessons, or just the one with this number, and says what is missing,
/// or those of all, if none are named, and shows a table; the solutions, if so wanted, and not what
/// the learner has written.
///
/// # Errors
/// A lesson cannot be built, or an exercise is not solved.
pub fn check(lessons: &[&Lesson], exercise: Option<usize>, is_solutions: bool) -> Result {
    let is_table = lessons.is_empty();
    let lessons = if is_table { LESSONS.iter().collect() } else { lessons.to_vec() };
    let packages: Vec<_> = lessons.iter().map(|lesson| lesson.package).collect();
    let (mut exercises, broken) = build(&packages, is_solutions)?;
    if let Some(number) = exercise {
        exercises.retain(|exercise| exercise.number == number);
        if exercises.is_empty() && broken.is_empty() {
            let hint = "the lesson's README.md says which exercises there are";
            return Err(Error::new(format!("there is no exercise {number} with a check"), hint));
        }
    }

    let mut missing = 0;
    let mut row = String::new();
    run(&exercises, |index, problem| {
        let Exercise { package, number, .. } = &exercises[index];
        missing += usize::from(problem.is_some());
        if !is_table {
            if *number == 1 && packages.len() > 1 {
                shared::print(package)?;
            }
            return match problem {
                None => shared::print(format!("exercise {number}: solved")),
                Some(problem) => shared::print(format!("exercise {number}: not yet: {problem}")),
            };
        }
        if *number == 1 {
            row = format!("{package:<26}");
        }
        row += &format!(" {number} {:<8}", problem.map_or("solved", |_| "not yet"));
        match exercises.get(index + 1) {
            Some(next) if next.package == *package => Ok(()),
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
        let problem = format!("{missing} of {} exercises are not solved yet", exercises.len());
        let (package, number) = (packages[0], lessons[0].number());
        let hint = match is_table {
            true => "see what is missing in a lesson: cargo run -- check 03".into(),
            false => format!(
                "change {package}/src, and check again; a solution: cargo run -- diff {number} \
                 --exercise 1"
            ),
        };
        return Err(Error::new(problem, hint));
    }
    Ok(())
}

/// Builds the checks of these lessons and what they check. Returns the exercises, and which lessons
/// cannot be built.
fn build(
    packages: &[&'static str],
    is_solutions: bool,
) -> Result<(Vec<Exercise>, Vec<&'static str>)> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--keep-going", "--message-format", "json-render-diagnostics"]);
    cargo.args(["--test", "exercises"]).args(is_solutions.then_some("--examples"));
    // What `cargo run` says of this program would make other ones that look at it be compiled anew.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(name);
        }
    }
    for package in packages {
        cargo.args(["-p", package]);
    }
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    cargo.current_dir(workspace()).stderr(Stdio::inherit());
    let built = cargo.output().or_cannot("run", "cargo build")?.stdout;

    // Each line of JSON is about one thing that has been built.
    let built: Vec<Value> = built
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let program = |target: &str, package: &str| {
        let is_it = |message: &&Value| {
            let id = message["package_id"].as_str().unwrap_or_default();
            message["target"]["name"] == target && id.contains(&format!("/{package}#"))
        };
        let path = built.iter().find(is_it)?["executable"].as_str()?;
        Some(PathBuf::from(path))
    };
    let (mut exercises, mut broken) = (Vec::new(), Vec::new());
    for package in packages {
        // Without its program, the checks would find the one of yesterday.
        let built = (program("exercises", package), program(package, package));
        let (Some(checks), Some(_)) = built else {
            broken.push(*package);
            continue;
        };
        let mut list = Command::new(&checks);
        let list =
            list.args(["--list", "--ignored"]).output().or_cannot("run", checks.display())?;
        let list = String::from_utf8_lossy(&list.stdout).into_owned();
        let numbers = list.lines().filter_map(|line| line.strip_prefix("exercise_"));
        for number in numbers.filter_map(|rest| rest.strip_suffix(": test")?.parse().ok()) {
            let name = format!("{}-exercise{number}", &package[..8]);
            let solution = match is_solutions {
                true => Some(program(&name, package).ok_or_else(|| {
                    Error::new(format!("{name} cannot be built"), "see what cargo says above")
                })?),
                false => None,
            };
            exercises.push(Exercise { package, number, checks: checks.clone(), solution });
        }
    }
    Ok((exercises, broken))
}

/// Runs the checks, several at once, and shows in their order how they ended.
fn run(exercises: &[Exercise], mut show: impl FnMut(usize, Option<&str>) -> Result) -> Result {
    let next = AtomicUsize::new(0);
    let (sender, events) = channel();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(exercise) = exercises.get(index) else { break };
                    let problem = exercise.run(|text| {
                        let _ = sender.send((index, Event::Waits(text)));
                    });
                    let _ = sender.send((index, Event::Ended(problem)));
                }
            });
        }
        let mut waits = vec![String::new(); exercises.len()];
        let mut ended = vec![None; exercises.len()];
        let mut shown = 0;
        while shown < exercises.len() {
            match events.recv_timeout(Duration::from_secs(1)) {
                Ok((index, Event::Waits(text))) => waits[index] = text,
                Ok((index, Event::Ended(problem))) => ended[index] = Some(problem),
                Err(_) if !waits[shown].is_empty() => {
                    let Exercise { package, number, .. } = &exercises[shown];
                    let text = mem::take(&mut waits[shown]);
                    let line = format!("{package}, exercise {number}: {text} ...\n");
                    let _ = io::stderr().write_all(line.as_bytes());
                }
                Err(_) => {}
            }
            while let Some(Some(problem)) = ended.get(shown) {
                show(shown, problem.as_deref())?;
                shown += 1;
            }
        }
        Ok(())
    })
}

impl Exercise {
    /// Runs the check, hears for what it waits, and returns what is missing.
    fn run(&self, mut waits: impl FnMut(String)) -> Option<String> {
        let mut checks = Command::new(&self.checks);
        checks.arg(format!("exercise_{}", self.number));
        checks.args(["--exact", "--ignored", "--nocapture"]);
        if let Some(solution) = &self.solution {
            checks.env("LESSON_EXERCISE_PROGRAM", solution);
        }
        let started = checks.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut checks = match started {
            Ok(checks) => checks,
            Err(why) => return Some(format!("the check cannot be started: {why}")),
        };
        let mut last = String::new();
        for line in checks.stderr.take().into_iter().flat_map(|log| BufReader::new(log).lines()) {
            let line = line.unwrap_or_default();
            // Such a line follows when the check itself fails.
            if !line.starts_with("note: ") {
                waits(line.clone());
                last = line;
            }
        }
        match checks.wait() {
            Ok(status) if status.success() => None,
            _ => Some(last.trim_start_matches("Error: ").into()),
        }
    }
}
