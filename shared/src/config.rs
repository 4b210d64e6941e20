//! The settings of a program: a default, overridden by `.env`, by the environment, by a flag.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;
use std::{env, fs, process};

use crate::Addr;
use crate::env_file::{decode, meant, parse_line};
use crate::error::{Error, OrCannot, Result};
use crate::log::{self, Level};
use crate::print::print;

/// The table of all settings: `#NAME=value` is a default, and the lines above say what it is for.
const TABLE: &str = include_str!("../../.env.example");

/// The settings of one run. What asks for a value also checks it: what it returns is right, or the
/// program has ended with an error and a hint, and with status 2, or 1 where a host is not found.
pub struct Config {
    /// The arguments that are no flags; empty unless the program takes any.
    pub arguments: Vec<String>,
    program: &'static str,
    /// How `--help` shows those arguments.
    usage: &'static str,
    settings: Vec<Setting>,
}

/// Something that a program takes from its user.
#[derive(Clone, Copy)]
pub enum Takes {
    /// A setting, by its name.
    Setting(&'static str),
    /// A setting, and a default of the program's own.
    WithDefault(&'static str, &'static str),
    /// Arguments that are no flags; `--help` shows them so.
    Arguments(&'static str),
}

impl From<&'static str> for Takes {
    fn from(name: &'static str) -> Self {
        Takes::Setting(name)
    }
}

/// A row of the table, with the value that counts.
struct Setting {
    name: &'static str,
    purpose: String,
    default: &'static str,
    value: String,
    origin: Origin,
    /// Whether this program takes it.
    is_taken: bool,
}

/// Where a value comes from.
#[derive(PartialEq)]
enum Origin {
    Default,
    /// Nowhere: the default is for this machine alone.
    NoneElsewhere,
    /// The line and the file.
    EnvFile(String),
    Environment,
    /// The flag as it was typed.
    Flag(String),
}

impl Display for Origin {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        match self {
            Origin::Default => formatter.write_str("the default"),
            Origin::NoneElsewhere => formatter.write_str("the default for another machine"),
            Origin::EnvFile(line) => formatter.write_str(line),
            Origin::Environment => formatter.write_str("the environment"),
            Origin::Flag(flag) => write!(formatter, "the flag {flag}"),
        }
    }
}

/// Loads the settings of a program, which names what it takes:
/// `shared::load!("LESSON_ECHO_ADDR", "LESSON_TIMEOUT")`. What is more than a name is one of
/// [`Takes`].
#[macro_export]
macro_rules! load {
    ($($taken:expr),+ $(,)?) => {
        $crate::Config::load(
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_DESCRIPTION"),
            &[$($crate::Takes::from($taken)),+],
            |_config| {},
        )
    };
}

impl Config {
    /// Loads what is `taken` by `program`, starts its log, and answers `--help`, also with its
    /// `purpose`. Some defaults hold on conditions: `adjust` sees the settings before `--help` shows
    /// them. The macro [`load!`](crate::load!) calls it.
    ///
    /// It ends the program with status 0 after `--help`, and with status 2, an error and a hint
    /// when somebody sets what does not exist.
    pub fn load(
        program: &'static str,
        purpose: &'static str,
        taken: &[Takes],
        adjust: impl FnOnce(&mut Config),
    ) -> Config {
        let mut config = Config { arguments: Vec::new(), program, usage: "", settings: table() };
        for taken in taken {
            match taken {
                Takes::Setting(name) => config.take(name, None),
                Takes::WithDefault(name, default) => config.take(name, Some(default)),
                Takes::Arguments(usage) => config.usage = usage,
            }
        }
        config.take("LESSON_LOG", None);
        let read = [config.read_env_file(), config.read_environment(), config.read_flags()];
        adjust(&mut config);
        // Help comes, whatever is wrong.
        if env::args_os().skip(1).any(|argument| argument == "--help" || argument == "-h") {
            process::exit(print(config.help(purpose)).is_err().into());
        }
        if let Some(problem) = read.into_iter().find_map(Result::err) {
            end(&problem, 2);
        }
        let form = config.text("LESSON_LOG");
        let level = match form {
            "off" => Level::Error,
            "info" => Level::Info,
            "debug" | "json" => Level::Debug,
            _ => config.refuse("LESSON_LOG", "not one of off, info, debug and json"),
        };
        log::start(program, level, form == "json");
        config
    }

    /// Settings with these values, which come from nowhere else: for a test of what reads them.
    #[doc(hidden)]
    pub fn of(values: &[(&'static str, &'static str)]) -> Config {
        let mut config =
            Config { arguments: Vec::new(), program: "test", usage: "", settings: table() };
        for (name, value) in values {
            config.take(name, Some(value));
        }
        config
    }

    fn take(&mut self, name: &str, default: Option<&'static str>) {
        for setting in self.settings.iter_mut().filter(|setting| setting.name == name) {
            setting.is_taken = true;
            setting.default = default.unwrap_or(setting.default);
            setting.value = setting.default.into();
        }
    }

    /// The value as it is.
    pub fn text(&self, name: &str) -> &str {
        &self.setting(name).value
    }

    /// Makes the setting empty if nobody has set it, because its default is for this machine alone
    /// and the program is about to talk to another one.
    pub fn forget_default(&mut self, name: &str) {
        let mut settings = self.settings.iter_mut();
        let is_unset = |setting: &&mut Setting| setting.origin == Origin::Default;
        if let Some(setting) = settings.find(|setting| setting.name == name).filter(is_unset) {
            setting.value.clear();
            setting.origin = Origin::NoneElsewhere;
        }
    }

    /// The value as bytes, at most `max` of them.
    pub fn bytes(&self, name: &str, max: usize) -> &[u8] {
        let bytes = self.text(name).as_bytes();
        if bytes.len() > max {
            self.refuse(name, format!("it has {} bytes, and {max} are the most", bytes.len()));
        }
        bytes
    }

    /// A number of seconds above 0.
    pub fn seconds(&self, name: &str) -> Duration {
        match Duration::try_from_secs_f64(self.text(name).parse().unwrap_or(0.0)) {
            // With more than a century, no deadline could be reckoned.
            Ok(seconds) if !seconds.is_zero() => seconds.min(Duration::from_secs(3_000_000_000)),
            _ => self.refuse(name, "not a number of seconds above 0"),
        }
    }

    /// What is written in a form of its own.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> T {
        self.text(name).parse().unwrap_or_else(|why| self.refuse(name, why))
    }

    /// HOST:PORT, at which this program listens.
    pub fn addr(&self, name: &str) -> Addr {
        self.look_up(name, None)
    }

    /// HOST:PORT, at which the other side listens: the package `server`, which a learner starts
    /// first.
    pub fn peer(&self, name: &str, server: &'static str) -> Addr {
        let addr = self.look_up(name, Some(server));
        if addr.first().port() == 0 {
            self.refuse(name, "port 0 is for servers: give the port that the server logs");
        }
        addr
    }

    fn look_up(&self, name: &str, server: Option<&'static str>) -> Addr {
        let text = self.text(name);
        let (host, port) = text.rsplit_once(':').unwrap_or_default();
        let is_name = host.contains(char::is_alphabetic) && !host.contains([':', '/', '@', ' ']);
        let is_name_and_port = is_name && port.parse::<u16>().is_ok();
        if !is_name_and_port && text.parse::<SocketAddr>().is_err() {
            self.refuse(name, "not HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535");
        }
        Addr::look_up(text, self.setting(name).name, server).unwrap_or_else(|error| end(&error, 1))
    }

    /// Ends the program with status 2, because what a setting says is wrong, and says why.
    pub fn refuse(&self, name: &str, why: impl Display) -> ! {
        end(&self.wrong(name, why), 2)
    }

    /// The same with a hint of its own.
    pub fn refuse_with(&self, name: &str, why: impl Display, hint: &str) -> ! {
        end(&self.wrong_with(name, why, hint), 2)
    }

    /// What is wrong with a setting, and a right example.
    pub fn wrong(&self, name: &str, why: impl Display) -> Error {
        let setting = self.setting(name);
        let hint = match (setting.default, &setting.origin) {
            ("", _) => self.see_help(),
            (default, Origin::EnvFile(_)) => format!("a right one is {name}=\"{default}\""),
            (default, _) if is_password(name) => format!("a right one is {name}=\"{default}\""),
            (default, _) => format!("a right one is {} \"{default}\"", flag(name)),
        };
        self.wrong_with(name, why, &hint)
    }

    /// The same with a hint of its own.
    pub fn wrong_with(&self, name: &str, why: impl Display, hint: &str) -> Error {
        let setting = self.setting(name);
        let text = shown(name, &setting.value);
        // A wrong value can be of any length, and the message is one line.
        let more = if text.chars().count() > 60 { "..." } else { "" };
        let problem = format!("{name} is \"{text:.60}{more}\" (from {}): {why}", setting.origin);
        Error::new(problem, hint)
    }

    /// Ends the program with status 2, because an argument that is no flag is wrong, and says why.
    pub fn refuse_argument(&self, argument: &str, why: &str, hint: &str) -> ! {
        end(&Error::new(format!("{argument} {why}"), hint), 2)
    }

    fn taken(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(|setting| setting.is_taken)
    }

    /// The setting of this name. The program itself is wrong when it asks for one that it has not
    /// named.
    fn setting(&self, name: &str) -> &Setting {
        self.taken().find(|setting| setting.name == name).unwrap_or_else(|| {
            let hint = "name it in `shared::load!` in `main`, and in the project's `.env.example`";
            end(&Error::new(format!("{name} is not loaded"), hint), 2)
        })
    }

    fn see_help(&self) -> String {
        format!("see what it takes: cargo run -p {} -- --help", self.program)
    }

    fn set(&mut self, name: &str, value: &str, origin: Origin) -> Result {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.name == name) {
            setting.value = value.into();
            setting.origin = origin;
            return Ok(());
        }
        let hint = match nearest(name, self.settings.iter()) {
            Some(setting) => format!("did you mean {}?", setting.name),
            None => format!("there are {}", names(self.taken(), |name| name.into())),
        };
        Err(Error::new(format!("there is no setting {name} (from {origin})"), hint))
    }

    /// Reads the nearest `.env`, from the current folder upwards. It may hold lines of other
    /// programs.
    fn read_env_file(&mut self) -> Result {
        let folder = env::current_dir().unwrap_or_default();
        let mut files = folder.ancestors().map(|folder| folder.join(".env"));
        let Some(file) = files.find(|file| file.is_file()) else { return Ok(()) };
        let text = decode(fs::read(&file).or_cannot("read", file.display())?, &file)?;
        let mut seen = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let Some((name, rest)) = meant(line) else { continue };
            let origin = format!("line {number} of {}", file.display());
            let is_known = self.settings.iter().any(|setting| setting.name == name);
            match parse_line(line) {
                Some((written, value)) if written == name => {
                    if seen.contains(&name) {
                        let hint =
                            format!("keep one of its lines, such as {}", line_of(&name, value));
                        return Err(Error::new(format!("{origin} sets {name} again"), hint));
                    }
                    self.set(&name, value, Origin::EnvFile(origin))?;
                    seen.push(name);
                }
                // In small letters it may be another program's.
                _ if !is_known && !line.contains("LESSON_") => {}
                _ => {
                    let value = rest.trim_matches(['"', '\'', ' ']);
                    let value = if value.is_empty() { "hello" } else { value };
                    let hint = format!("write it like {}", line_of(&name, value));
                    return Err(Error::new(format!("{origin} is not NAME=value"), hint));
                }
            }
        }
        Ok(())
    }

    fn read_environment(&mut self) -> Result {
        for (name, value) in env::vars_os() {
            let name = name.display().to_string();
            if name.starts_with("LESSON_") {
                self.set(&name, &utf8(value)?, Origin::Environment)?;
            }
        }
        Ok(())
    }

    fn read_flags(&mut self) -> Result {
        let arguments: Vec<_> = env::args_os().skip(1).map(utf8).collect::<Result<_>>()?;
        if let Some(first) = arguments.first()
            && (matches!(first.as_str(), "check" | "diff")
                || (self.usage.is_empty() && first.parse::<u8>().is_ok()))
        {
            let problem = format!("{} does not take {first}", self.program);
            let hint = format!("the tour does: cargo run -p tour -- {}", arguments.join(" "));
            return Err(Error::new(problem, hint));
        }
        let mut rest = arguments.into_iter().peekable();
        while let Some(argument) = rest.next() {
            if !argument.starts_with('-') && !self.usage.is_empty() {
                self.arguments.push(argument);
                continue;
            }
            let (given, value) = match argument.split_once('=') {
                Some((given, value)) => (given, Some(value.to_string())),
                None => (&*argument, rest.next_if(|next| !next.starts_with("--"))),
            };
            let found = self.taken().find(|setting| flag(setting.name) == given);
            let name = found.map(|setting| setting.name).filter(|name| !is_password(name));
            let Some(name) = name else {
                let hint = match nearest(given, self.taken()) {
                    Some(setting) => format!("did you mean {}?", label(setting.name)),
                    None => format!("it takes {}", names(self.taken(), flag)),
                };
                return Err(Error::new(format!("{} does not take {given}", self.program), hint));
            };
            let Some(value) = value else {
                return Err(Error::new(format!("{given} lacks its value"), self.see_help()));
            };
            self.set(name, &value, Origin::Flag(given.into()))?;
        }
        Ok(())
    }

    fn help(&self, purpose: &str) -> String {
        let usage = format!("cargo run -p {} -- [--FLAG VALUE]... {}", self.program, self.usage);
        let mut help = format!("{purpose}\n\nUsage: {}\n\n", usage.trim_end());
        for Setting { name, purpose, value, origin, .. } in self.taken() {
            let value = shown(name, value);
            help += &format!("  {}\n{purpose}      now: {value} (from {origin})\n\n", label(name));
        }
        help += "A flag overrides the environment, which overrides the nearest .env file.";
        // A program of a learner's own may have no description.
        help.trim_start().to_string()
    }
}

/// The value, without a password that stands in it: in a URL, before the host.
fn shown(name: &str, value: &str) -> String {
    if is_password(name) && !value.is_empty() {
        return "****".into();
    }
    if !name.ends_with("URL") {
        return value.into();
    }
    let (_scheme, rest) = value.split_once("://").unwrap_or(("", value));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (_host, port) = authority.rsplit_once(':').unwrap_or_default();
    let is_host = authority.starts_with('[') || port.chars().all(|digit| digit.is_ascii_digit());
    let at = match authority.rfind('@') {
        // What looks like a port is then the beginning of a password with a `/` in it.
        None if !is_host => rest.rfind('@'),
        at => at,
    };
    at.map_or(value.into(), |at| format!("****{}", &rest[at..]))
}

/// The line of `.env` that gives a setting its value.
fn line_of(name: &str, value: &str) -> String {
    let value = shown(name, value);
    let quote = if value.contains('"') { '\'' } else { '"' };
    format!("{name}={quote}{value}{quote}")
}

/// `LESSON_ECHO_ADDR` is `--echo-addr` as a flag.
pub(crate) fn flag(name: &str) -> String {
    name.replacen("LESSON", "-", 1).replace('_', "-").to_lowercase()
}

/// Passwords have no flag, as other users of the machine could see that, and are never shown.
fn is_password(name: &str) -> bool {
    name.ends_with("PASSWORD")
}

/// Both names of a setting.
pub(crate) fn label(name: &str) -> String {
    if is_password(name) { format!("{name} (no flag)") } else { format!("{}, {name}", flag(name)) }
}

fn table() -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut purpose = String::new();
    for line in TABLE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            purpose += &format!("      {text}\n");
        } else if let Some((name, default)) = line.strip_prefix('#').and_then(parse_line) {
            settings.push(Setting {
                name,
                purpose: purpose.clone(),
                default,
                value: default.into(),
                origin: Origin::Default,
                is_taken: false,
            });
        } else {
            purpose.clear();
        }
    }
    settings
}

/// What is right in the settings; what is wrong ends the program with status 2.
pub fn right_or_end<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| end(&error, 2))
}

/// Ends the program as an error in `main` does, but with this status.
fn end(error: &Error, status: i32) -> ! {
    let _ = writeln!(io::stderr(), "Error: {error:?}");
    process::exit(status)
}

fn utf8(text: OsString) -> Result<String> {
    text.into_string().map_err(|text| {
        let hint = "type it again in a terminal that is set to UTF-8";
        Error::new(format!("not UTF-8: {}", text.display()), hint)
    })
}

/// The names of settings, as a list to read.
fn names<'a>(settings: impl Iterator<Item = &'a Setting>, form: fn(&str) -> String) -> String {
    let names: Vec<_> = settings.map(|setting| form(setting.name)).collect();
    names.join(", ")
}

/// The setting that is meant, if a name is near enough to the wrong one: a part of it, or the same
/// but for one letter in three.
fn nearest<'a>(wrong: &str, settings: impl Iterator<Item = &'a Setting>) -> Option<&'a Setting> {
    let wrong = flag(wrong).trim_start_matches('-').to_string();
    let distance = |setting: &&Setting| {
        let right = flag(setting.name).trim_start_matches('-').to_string();
        let is_part = wrong.len() > 2 && right.contains(&wrong);
        if is_part { 1 } else { edits(&wrong, &right) }
    };
    let nearest = settings.min_by_key(distance)?;
    (distance(&nearest) <= wrong.chars().count() / 3).then_some(nearest)
}

/// How many letters have to be put in, left out or changed to make one text of the other.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<_> = (0..=to.chars().count()).collect();
    for (index, letter) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in to.chars().enumerate() {
            let changed = diagonal + usize::from(letter != other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_only_what_stands_before_the_host_is_hidden() {
        for (url, expected) in [
            ("ftp://ftp.example/pub/a@b.txt", "ftp://ftp.example/pub/a@b.txt"),
            ("ftp://[::1]/a@b.txt?tls=required", "ftp://[::1]/a@b.txt?tls=required"),
            ("ftp://127.0.0.1:2121/@", "ftp://127.0.0.1:2121/@"),
            ("ftp://me:hush@ftp.example/a@b.txt", "****@ftp.example/a@b.txt"),
            ("smtps://me@qq.example:hush@smtp.example:465", "****@smtp.example:465"),
            ("smtp://me:hu/sh@smtp.example", "****@smtp.example"),
            ("me:hush@smtp.example", "****@smtp.example"),
        ] {
            assert_eq!(shown("LESSON_FTP_URL", url), expected);
        }
    }
}
