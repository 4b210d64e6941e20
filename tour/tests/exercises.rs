//! The exercises: their solutions are right, the lessons as they come solve nothing, and likely
//! attempts, wrong and right ones, get what they deserve.
#![cfg(test)]

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;
use testing::{Folder, as_committed, cargo, command};
use tour::build::cargo_build;
use tour::lessons::{LESSONS, Lesson, workspace};

/// Attempts, each with what it changes in a solution, and how its check has to end:
///
/// ```text
/// 02.2 sends all three at once
/// - a line of the solution
/// + what stands in its place
/// = what the check says of it, or `solved`; nothing, if it may say different things
/// ```
const ATTEMPTS: &str = include_str!("attempts.txt");

/// What `cargo run -- check` says of these lessons, or of `program` in the place of a lesson. It may
/// have to build the checks, so it has no limit.
fn check(words: &[&str], program: Option<&Path>) -> Output {
    let folder = Folder::create();
    let mut check = command(env!("CARGO_BIN_EXE_tour"), &folder);
    check.arg("check").args(words);
    if let Some(program) = program {
        check.env("LESSON_EXERCISE_PROGRAM", program);
    }
    check.output().unwrap()
}

/// What it printed.
fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An attempt at an exercise.
struct Attempt {
    /// Such as `02.2`.
    exercise: String,
    purpose: String,
    /// Lines of the solution, and those in their place.
    changes: Vec<(Vec<String>, Vec<String>)>,
    /// What the check says.
    says: String,
}

fn attempts() -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for line in ATTEMPTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (kind, text) = line.split_once(' ').unwrap_or((line, ""));
        let Some(attempt) = attempts.last_mut().filter(|_| kind.len() == 1) else {
            let exercise = kind.into();
            let purpose = text.into();
            attempts.push(Attempt { exercise, purpose, changes: Vec::new(), says: String::new() });
            continue;
        };
        match (kind, attempt.changes.last_mut()) {
            ("=", _) => attempt.says = text.into(),
            ("+", Some((_, new))) => new.push(text.into()),
            ("-", Some((old, new))) if new.is_empty() => old.push(text.into()),
            _ => attempt.changes.push((vec![text.into()], Vec::new())),
        }
    }
    attempts
}

impl Attempt {
    fn name(&self, number: usize) -> String {
        format!("attempt-{}-{number}", self.exercise.replace('.', "-"))
    }

    /// Makes the changes in the file, where its lines are in it. Returns how many that were.
    fn change(&self, source: &mut String) -> usize {
        let mut count = 0;
        for (old, new) in &self.changes {
            let lines: Vec<_> = source.lines().map(String::from).collect();
            let is_here = |place: &[String]| {
                place.iter().zip(old).all(|(line, old)| line.trim() == old.trim())
            };
            if let Some(start) = lines.windows(old.len()).position(is_here) {
                let before = &lines[..start];
                let after = &lines[start + old.len()..];
                *source = [before, new, after].concat().join("\n") + "\n";
                count += 1;
            }
        }
        count
    }
}

/// The programs of the lessons as they were committed, and of the attempts, in the folder of all
/// programs. They are built outside of the workspace, so that what a learner has changed in a lesson
/// does not count.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attempts");
        let bins = package.join("src").join("bin");
        let mut left = BTreeSet::new();
        for folder in fs::read_dir(&bins).into_iter().flatten() {
            left.insert(folder.unwrap().path());
        }
        let mut dependencies = BTreeSet::new();
        for lesson in LESSONS {
            let manifest = fs::read_to_string(lesson.folder().join("Cargo.toml")).unwrap();
            let (_, list) = manifest.split_once("[dependencies]\n").unwrap();
            let list = list.split("\n[").next().unwrap();
            dependencies.extend(list.lines().map(String::from));
            let folder = bins.join(format!("as-it-came-{}", lesson.number()));
            left.remove(&folder);
            let parent = format!("\"{}/", slashed(&lesson.folder()));
            for (name, text) in as_committed(lesson.package) {
                write(&folder.join(name), &text.replace("\"../", &parent));
            }
        }
        for (number, attempt) in attempts().iter().enumerate() {
            let folder = bins.join(attempt.name(number));
            left.remove(&folder);
            for (name, mut source) in solution(&attempt.exercise) {
                attempt.change(&mut source);
                write(&folder.join(name), &source);
            }
        }
        for folder in left {
            fs::remove_dir_all(folder).unwrap();
        }

        // What the root says about crates and profiles, so that crates are not compiled again.
        let root = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
        let start = root.find("[workspace.dependencies]").unwrap();
        let path = format!("path = \"{}/", slashed(workspace()));
        let root = root[start..].replace("path = \"", &path);
        let dependencies: Vec<_> = dependencies.into_iter().collect();
        let manifest = format!(
            "[package]\nname = \"attempts\"\nedition = \"2024\"\n\n[dependencies]\n{}\n\n{root}\n\
             [profile.dev.package.attempts]\ndebug = false\n",
            dependencies.join("\n")
        );
        write(&package.join("Cargo.toml"), &manifest);
        fs::copy(workspace().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();

        let programs = Path::new(env!("CARGO_BIN_EXE_tour")).parent().unwrap();
        let mut build = cargo();
        build.args(["build", "--quiet", "--offline"]).current_dir(&package);
        build.arg("--target-dir").arg(programs.parent().unwrap());
        if programs.ends_with("release") {
            build.arg("--release");
        }
        // What an attempt leaves unused is no matter.
        let built =
            build.env("RUSTFLAGS", env::var("RUSTFLAGS").unwrap_or_default()).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        programs.to_path_buf()
    })
}

/// The program with the checks of each lesson, by its number.
fn checks() -> HashMap<&'static str, String> {
    let mut build = cargo_build(workspace());
    build.args(["--quiet", "--message-format", "json", "--test", "exercises"]);
    for lesson in LESSONS {
        build.args(["-p", lesson.package]);
    }
    let output = build.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut checks = HashMap::new();
    for line in output.stdout.split(|byte| *byte == b'\n') {
        let message: Value = serde_json::from_slice(line).unwrap_or_default();
        let manifest = message["manifest_path"].as_str().map(Path::new);
        let lesson =
            LESSONS.iter().find(|lesson| manifest == Some(&lesson.folder().join("Cargo.toml")));
        if let Some(lesson) = lesson
            && message["target"]["name"] == "exercises"
            && let Some(program) = message["executable"].as_str()
        {
            checks.insert(lesson.number(), program.to_string());
        }
    }
    checks
}

/// Writes a file, unless it is there already: what is the same is not compiled again.
fn write(file: &Path, text: &str) {
    if fs::read_to_string(file).is_ok_and(|before| before == text) {
        return;
    }
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// A path as it may stand in a source and in TOML.
fn slashed(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

/// The files of a solution, such as that of `02.2`. What it takes from the lesson, it takes from the
/// lesson as it was committed.
fn solution(exercise: &str) -> Vec<(String, String)> {
    let (lesson, number) = exercise.split_once('.').unwrap();
    let lesson = Lesson::find(lesson).unwrap();
    let name = format!("lesson{}-exercise{number}", lesson.number());
    let examples = lesson.folder().join("examples");
    let file = examples.join(format!("{name}.rs"));
    let mut files = Vec::new();
    if file.is_file() {
        files.push(("main.rs".to_string(), fs::read_to_string(file).unwrap()));
    } else {
        for file in fs::read_dir(examples.join(name)).unwrap() {
            let file = file.unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            files.push((file.file_name().into_string().unwrap(), text));
        }
    }
    let came = format!("\"../as-it-came-{}/", lesson.number());
    let root = format!("\"{}/", slashed(workspace()));
    for (_, text) in &mut files {
        *text = text.replace("\"../../src/", &came).replace("\"../src/", &came);
        *text = text.replace("\"../../", &root);
    }
    files
}

#[test]
fn solutions_are_solved_and_the_lessons_as_they_came_solve_nothing() {
    let solved = check(&["solutions"], None);
    assert_eq!(solved.status.code(), Some(0), "{}", String::from_utf8_lossy(&solved.stderr));
    let rows = printed(&solved);
    assert_eq!(rows.lines().count(), LESSONS.len(), "{rows}");
    for (row, lesson) in rows.lines().zip(LESSONS) {
        assert!(row.starts_with(lesson.package) && row.contains(" 1 solved"), "{row}");
        assert!(!row.contains("not yet"), "{row}");
        let program =
            programs().join(format!("as-it-came-{}{}", lesson.number(), env::consts::EXE_SUFFIX));
        let untouched = check(&[lesson.number()], Some(&program));
        let output = printed(&untouched);
        let count = output.lines().filter(|line| line.starts_with("exercise ")).count();
        assert_eq!(count, row.matches("solved").count(), "{output}");
        assert!(!output.contains(": solved"), "{output}");
    }
}

#[test]
fn attempts_get_what_they_deserve() {
    let attempts = attempts();
    for attempt in &attempts {
        let files = solution(&attempt.exercise).into_iter();
        let count: usize = files.map(|(_, mut source)| attempt.change(&mut source)).sum();
        let exercise = &attempt.exercise;
        let purpose = &attempt.purpose;
        assert_eq!(count, attempt.changes.len(), "{exercise} {purpose} does not fit the solution");
    }
    let next = AtomicUsize::new(0);
    let programs = programs();
    let checks = checks();
    let attempt = |number: usize| {
        let attempt = &attempts[number];
        let program = programs.join(format!("{}{}", attempt.name(number), env::consts::EXE_SUFFIX));
        let (lesson, exercise) = attempt.exercise.split_once('.').unwrap();
        let mut check = Command::new(&checks[lesson]);
        check.args([&format!("exercise_{exercise}"), "--exact", "--ignored", "--nocapture"]);
        let output = check.env("LESSON_EXERCISE_PROGRAM", program).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let is_right = if attempt.says == "solved" {
            output.status.success()
        } else {
            !output.status.success() && said.contains(&attempt.says)
        };
        (!is_right).then(|| format!("{} {}: {said}", attempt.exercise, attempt.purpose))
    };
    let run = || {
        let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::SeqCst)));
        numbers
            .take_while(|number| *number < attempts.len())
            .filter_map(attempt)
            .collect::<Vec<_>>()
    };
    let wrong: Vec<_> = thread::scope(|scope| {
        // They mostly wait.
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn says_what_it_did_what_it_expected_and_what_came() {
    let program = programs().join(format!("as-it-came-12{}", env::consts::EXE_SUFFIX));
    let output = check(&["12"], Some(&program));
    assert_eq!(output.status.code(), Some(1));
    let mut lines = Vec::new();
    for line in printed(&output).lines() {
        lines.push(line.split("127.0.0.1:").next().unwrap().to_string());
    }
    assert_eq!(
        lines.join("\n"),
        "exercise 1, a third version: not yet\n  \
           1. The check started your program with `--smtp-url smtp://\n  \
           2. The check took what your program sent, as an MTA.\n  \
           The check expected the versions text/plain, text/markdown, text/html in the \
         multipart/alternative.\n  \
           They are text/plain, text/html.\n  \
           a hint: cargo run -- check 12 --hint 1\n\
         exercise 2, a container in a container: not yet\n  \
           1. The check started your program with `--smtp-url smtp://\n  \
           2. The check took what your program sent, as an MTA.\n  \
           The check expected a multipart/mixed, whose first part is a multipart/alternative of \
         text/plain and text/html.\n  \
           It is multipart/alternative of text/plain, text/html, and its first part has [].\n  \
           a hint: cargo run -- check 12 --hint 2"
    );
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let end = "Error: 2 of 2 exercises are not solved yet\n\
               hint: change lesson12-alternative-mail/src, and check again: cargo run -- check 12\n";
    assert!(stderr.ends_with(end), "{stderr}");

    let hint = printed(&check(&["12", "--hint", "2"], None));
    assert!(hint.starts_with("`MultiPart::mixed()"), "{hint}");
    assert!(hint.ends_with("\n\na solution: cargo run -- diff 12 --exercise 2\n"), "{hint}");
    for (words, problem) in [
        (["12", "9"], "lesson 12 has no exercise 9"),
        (["12", "--hint=3"], "lesson 12 has no exercise 3"),
        (["--exercise", "1"], "--exercise needs the lesson, too"),
    ] {
        let refused = check(&words, None);
        assert_eq!(refused.status.code(), Some(2));
        let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(stderr.contains(&format!("Error: {problem}\n")), "{stderr}");
    }
}
