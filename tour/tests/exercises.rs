//! The exercises: their solutions are right, the lessons as they come solve nothing, and likely
//! attempts, wrong and right ones, get what they deserve.
#![cfg(test)]

use std::collections::{BTreeSet, HashMap};
use std::env;
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use testing::{Ended, Folder, Program, as_committed, command, fails};
use tour::build::{self, cargo_build, messages};
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

/// What the lessons and their solutions stand on.
const LIBRARIES: [&str; 7] =
    ["accounts", "lettre", "mailparse", "mend", "sanitise-file-name", "shared", "suppaftp"];

/// What `cargo run -- check` says of these lessons, or of a module of [`program`] in the place of a
/// lesson. It may have to build the checks, so it has an hour.
fn check(words: &[&str], module: Option<&str>) -> Ended {
    let folder = Folder::create();
    let mut check = command(env!("CARGO_BIN_EXE_tour"), &folder);
    check.arg("check").args(words);
    if let Some(module) = module {
        check.env("LESSON_EXERCISE_PROGRAM", program()).env("ATTEMPT", module);
    }
    Program::start(&mut check).ends(Duration::from_secs(3600)).unwrap()
}

/// An attempt at an exercise.
#[derive(Default)]
struct Attempt {
    /// Its module in the program of all attempts.
    module: String,
    /// Such as `02.2`.
    exercise: String,
    purpose: String,
    /// Lines of the solution, and those in their place.
    changes: Vec<(Vec<String>, Vec<String>)>,
    /// What the check says.
    says: String,
}

/// Those in [`ATTEMPTS`]. The lessons as they came are attempts, too, which solve nothing.
fn attempts() -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for line in ATTEMPTS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (kind, text) = line.split_once(' ').unwrap_or((line, ""));
        let Some(attempt) = attempts.last_mut().filter(|_| kind.len() == 1) else {
            let module = format!("attempt_{}_{}", kind.replace('.', "_"), attempts.len());
            let exercise = kind.into();
            let purpose = text.into();
            attempts.push(Attempt { module, exercise, purpose, ..Attempt::default() });
            continue;
        };
        match (kind, attempt.changes.last_mut()) {
            ("=", _) => attempt.says = text.into(),
            ("+", Some((_, new))) => new.push(text.into()),
            ("-", Some((old, new))) if new.is_empty() => old.push(text.into()),
            _ => attempt.changes.push((vec![text.into()], Vec::new())),
        }
    }
    for lesson in LESSONS {
        for number in 1..=lesson.exercises().unwrap().len() {
            let module = as_it_came(lesson.number());
            let exercise = format!("{}.{number}", lesson.number());
            let purpose = "as it came".into();
            attempts.push(Attempt { module, exercise, purpose, ..Attempt::default() });
        }
    }
    attempts
}

impl Attempt {
    /// Its files. What a solution takes from the lesson, it takes from the lesson as it was
    /// committed.
    fn files(&self) -> Vec<(String, String)> {
        let (number, exercise) = self.exercise.split_once('.').unwrap();
        let lesson = Lesson::find(number).unwrap();
        if self.module == as_it_came(number) {
            let parent = format!("\"{}/", slashed(&lesson.folder()));
            let files = as_committed(lesson.package).into_iter();
            return files.map(|(name, text)| (name, text.replace("\"../", &parent))).collect();
        }
        let came = format!("\"../{}/", as_it_came(number));
        let root = format!("\"{}/", slashed(workspace()));
        let mut count = 0;
        let mut files = Vec::new();
        for (old, new) in lesson.solution(exercise.parse().unwrap()).unwrap() {
            let text = fs::read_to_string(new).unwrap();
            let text = text.replace("\"../../src/", &came).replace("\"../src/", &came);
            let mut text = text.replace("\"../../", &root);
            count += self.change(&mut text);
            files.push((old.file_name().unwrap().display().to_string(), text));
        }
        let is_whole = count == self.changes.len();
        assert!(is_whole, "{} {} does not fit the solution", self.exercise, self.purpose);
        files
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

/// The module with a lesson as it was committed.
fn as_it_came(number: &str) -> String {
    format!("as_it_came_{number}")
}

/// The lessons as they were committed and the attempts, as one program, which is faster to build:
/// each is a module, and the variable `ATTEMPT` says which one runs. It is built outside of the
/// workspace, so that what a learner has changed in a lesson does not count.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("all-attempts");
        let mut modules = BTreeSet::new();
        for attempt in attempts() {
            for (name, source) in attempt.files() {
                write_module(&package, &attempt.module, &name, &source);
            }
            modules.insert(attempt.module);
        }
        let mut mods = String::new();
        let mut arms = String::new();
        for module in modules {
            mods += &format!("mod {module};\n");
            arms += &format!("Ok({module:?}) => {module}::main(),\n");
        }
        let main = format!(
            "{mods}fn main() -> shared::Result {{ match std::env::var(\"ATTEMPT\").as_deref() {{\n\
             {arms}other => panic!(\"{{other:?}}\") }} }}\n"
        );
        write(&package.join("src").join("main.rs"), &main);

        // What the root says about crates and profiles, so that crates are not compiled again.
        let root = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
        let start = root.find("[workspace.dependencies]").unwrap();
        let path = format!("path = \"{}/", slashed(workspace()));
        let root = root[start..].replace("path = \"", &path);
        let dependencies: String =
            LIBRARIES.map(|library| format!("{library}.workspace = true\n")).concat();
        let manifest = format!(
            "[package]\nname = \"attempts\"\nedition = \"2024\"\n\n[dependencies]\n\
             {dependencies}\n{root}\n[profile.dev.package.attempts]\ndebug = false\n"
        );
        write(&package.join("Cargo.toml"), &manifest);
        fs::copy(workspace().join("Cargo.lock"), package.join("Cargo.lock")).unwrap();

        let programs = Path::new(env!("CARGO_BIN_EXE_tour")).parent().unwrap();
        let mut cargo = cargo_build(&package);
        cargo.args(["--quiet", "--offline", "--target-dir"]).arg(programs.parent().unwrap());
        // What an attempt leaves unused is no matter.
        cargo.env("RUSTFLAGS", env::var("RUSTFLAGS").unwrap_or_default());
        let built = cargo.output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        programs.join(format!("attempts{}", env::consts::EXE_SUFFIX))
    })
}

/// The program with the checks of each lesson, by its number.
fn checks() -> HashMap<&'static str, PathBuf> {
    let mut cargo = cargo_build(workspace());
    cargo.args(["--quiet", "--message-format", "json", "--test", "exercises"]);
    for lesson in LESSONS {
        cargo.args(["-p", lesson.package]);
    }
    let (_, messages) = messages(&mut cargo).unwrap();
    let checks = |lesson: &Lesson| build::program(&messages, lesson.package, "exercises").unwrap();
    LESSONS.iter().map(|lesson| (lesson.number(), checks(lesson))).collect()
}

/// Writes a file of a program as one of its module in the program of all attempts.
fn write_module(package: &Path, module: &str, name: &str, text: &str) {
    let folder = package.join("src").join(module);
    if name == "main.rs" {
        let text = text.replace("fn main()", "pub fn main()").replace("crate::", "self::");
        write(&folder.join("mod.rs"), &text);
    } else {
        write(&folder.join(name), &text.replace("crate::", "super::"));
    }
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

#[test]
fn solutions_are_solved_and_each_lesson_has_its_row() {
    let solved = check(&["solutions"], None);
    assert_eq!(solved.status, Some(0), "{}", solved.stderr);
    let rows = solved.stdout;
    assert_eq!(rows.lines().count(), LESSONS.len(), "{rows}");
    for (row, lesson) in rows.lines().zip(LESSONS) {
        assert!(row.starts_with(lesson.package) && !row.contains("not yet"), "{row}");
        assert_eq!(row.matches("solved").count(), lesson.exercises().unwrap().len(), "{row}");
    }
}

#[test]
fn attempts_get_what_they_deserve() {
    let attempts = attempts();
    let queue = Mutex::new(attempts.iter());
    let program = program();
    let checks = checks();
    let problem = |attempt: &Attempt| {
        let (lesson, exercise) = attempt.exercise.split_once('.').unwrap();
        let mut check = Command::new(&checks[lesson]);
        check.args([&format!("exercise_{exercise}"), "--exact", "--ignored", "--nocapture"]);
        check.env("LESSON_EXERCISE_PROGRAM", program).env("ATTEMPT", &attempt.module);
        let output = check.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let is_right = if attempt.says == "solved" {
            output.status.success()
        } else {
            !output.status.success() && said.contains(&attempt.says)
        };
        (!is_right).then(|| format!("{} {}: {said}", attempt.exercise, attempt.purpose))
    };
    let run = || {
        let left = iter::from_fn(|| queue.lock().unwrap().next());
        left.filter_map(problem).collect::<Vec<_>>()
    };
    let wrong: Vec<_> = thread::scope(|scope| {
        // They mostly wait.
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn says_what_is_missing_with_all_steps_before_it() {
    let ended = check(&["12"], Some(&as_it_came("12")));
    let hint = "change lesson12-alternative-mail/src, and check again: cargo run -- check 12";
    fails(&ended, "2 of 2 exercises are not solved yet", hint);
    let lines = ended.stdout.lines().map(|line| line.split("127.0.0.1:").next().unwrap());
    let said = lines.collect::<Vec<_>>().join("\n");
    let expected = "exercise 1, a third version: not yet\n  \
           1. The check started your program with `--smtp-url smtp://\n  \
           2. The check took what your program sent, as an MTA.\n  \
           The check expected the types of the versions to be \"text/plain, text/markdown, \
         text/html\".\n  \
           Your program gave \"text/plain, text/html\".\n  \
           a hint: cargo run -- check 12 --hint 1\n\
         exercise 2, a container in a container: not yet\n";
    assert!(said.starts_with(expected), "{said}");
    let hint = check(&["12", "--hint", "2"], None).stdout;
    assert!(hint.starts_with("`MultiPart::mixed()"), "{hint}");
    assert!(hint.ends_with("\n\na solution: cargo run -- diff 12 --exercise 2\n"), "{hint}");
}
