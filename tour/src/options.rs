//! What was typed behind `cargo run --`.

use std::env;

use lexopt::{Arg, Parser, ValueExt};
use shared::{Error, Result};
use similar::get_close_matches;

/// The usage, above the list of the lessons.
pub const USAGE: &str = "Plays the lessons in order, each with its other side.

  cargo run                           play all lessons, and show what they print
  cargo run -- 03 09                  play these, and show what all sides say
  cargo run -- diff 07                show what a lesson changes in its parent
  cargo run -- diff 06 12             show how two lessons differ
  cargo run -- diff 03 --bare         show what it adds to its bare program
  cargo run -- diff 03 --exercise 1   show what a solution changes
  cargo run -- check 03               say which exercises of a lesson are solved
  cargo run -- check 03 2             say whether its exercise 2 is
  cargo run -- check 03 --hint 2      show the hint of exercise 2

With diff:
  --side-by-side   show the old and the new in two columns
  --all            show the comments at the top, too

Lessons (03, 3, lesson03 and lesson03-udp-loop are the same):
";

/// What the first word may be, if it is no lesson.
const COMMANDS: [&str; 2] = ["check", "diff"];

/// The flags, and the words that are none.
#[derive(Default)]
pub struct Options {
    /// `diff`, `check`, lessons.
    pub words: Vec<String>,
    /// `--help`.
    pub is_help: bool,
    /// `--side-by-side`.
    pub is_side_by_side: bool,
    /// `--all`.
    pub is_all: bool,
    /// `--bare`.
    pub is_bare: bool,
    /// `--exercise N`.
    pub exercise: Option<usize>,
    /// `--hint N`.
    pub hint: Option<usize>,
}

impl Options {
    /// Reads the command line.
    ///
    /// # Errors
    /// There is no such flag, its value is missing or wrong, or it does not go with the command.
    pub fn read() -> Result<Self> {
        let hint = "see what there is: cargo run -- --help";
        let options = Options::parse().map_err(|error| Error::new(error.to_string(), hint))?;
        if options.is_help {
            return Ok(options);
        }
        let command = options.words.first().map_or("", String::as_str);
        let is_lesson = command.starts_with(|first: char| first.is_ascii_digit())
            || command.starts_with("lesson");
        if !command.is_empty() && !COMMANDS.contains(&command) && !is_lesson {
            return Err(unknown(command));
        }
        let has_exercise = options.exercise.is_some();
        let has_hint = options.hint.is_some();
        let is_of_diff = options.is_side_by_side || options.is_all || options.is_bare;
        let (problem, hint) = if is_of_diff && command != "diff" {
            ("--side-by-side, --all and --bare go with diff", hint)
        } else if has_exercise && !COMMANDS.contains(&command) {
            ("--exercise goes with diff or check", hint)
        } else if has_hint && command != "check" {
            ("--hint goes with check", hint)
        } else if has_exercise && options.words.len() < 2 {
            ("--exercise needs the lesson, too", "as in cargo run -- check 03 --exercise 1")
        } else if has_exercise && has_hint {
            ("--hint and --exercise do not go together", "as in cargo run -- check 03 --hint 1")
        } else {
            return Ok(options);
        };
        Err(Error::new(problem, hint))
    }

    fn parse() -> std::result::Result<Self, lexopt::Error> {
        let mut options = Options::default();
        let mut parser = Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('h') | Arg::Long("help") => options.is_help = true,
                Arg::Long("side-by-side") => options.is_side_by_side = true,
                Arg::Long("all") => options.is_all = true,
                Arg::Long("bare") => options.is_bare = true,
                Arg::Long("exercise") => {
                    options.exercise = Some(number("--exercise", &mut parser)?)
                }
                Arg::Long("hint") => options.hint = Some(number("--hint", &mut parser)?),
                Arg::Value(word) => options.words.push(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        // Lessons that are checked together are named by two digits each.
        if let [check, _, exercise] = options.words.as_slice()
            && check == "check"
            && exercise.len() == 1
            && let Ok(number) = exercise.parse()
            && options.exercise.is_none()
        {
            options.exercise = Some(number);
            options.words.truncate(2);
        }
        Ok(options)
    }
}

/// What to say of a command that there is not.
fn unknown(command: &str) -> Error {
    let near = get_close_matches(command.to_lowercase().as_str(), &COMMANDS, 1, 0.6);
    let hint = if let [near] = near.as_slice() {
        let words = env::args().skip(1);
        let words = words.map(|word| if word == command { near.to_string() } else { word });
        format!("did you mean: cargo run -- {}", words.collect::<Vec<_>>().join(" "))
    } else {
        format!("there are {}; or see cargo run -- --help", COMMANDS.join(" and "))
    };
    Error::new(format!("there is no command {command}"), hint)
}

/// The number of an exercise behind a flag.
fn number(flag: &str, parser: &mut Parser) -> std::result::Result<usize, lexopt::Error> {
    let word = parser.value()?.string()?;
    word.parse().map_err(|_| format!("{flag} takes the number of an exercise, not {word}").into())
}
