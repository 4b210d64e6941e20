//! The settings of a program: a default, overridden by `.env`, by the environment, by a flag.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;
use std::{env, fs, process};

use crate::env_file::{decode, parse_line};
use crate::error::{self, Error, OrCannot, Result};
use crate::log::{self, Level};
use crate::print::print;

/// The table of all settings: `#NAME=value` is a default, and the lines above say what it is for.
const TABLE: &str = include_str!("../../.env.example");

/// The origin of a value that nobody has set.
const DEFAULT: &str = "the default";
/// The origin of a value whose default is for this machine alone.
const NONE_ELSEWHERE: &str = "the default for another machine";

type Text = &'static str;

/// The settings of one run. What asks for a value also checks it: a wrong one ends the program with
/// status 2, an error and a hint.
pub struct Config {
    /// The arguments that are no flags; empty unless the program takes any.
    pub arguments: Vec<String>,
    program: Text,
    /// How `--help` shows those arguments.
    usage: Text,
    settings: Vec<Setting>,
}

/// A row of the table, with the value that counts.
struct Setting {
    name: Text,
    purpose: String,
    default: Text,
    value: String,
    /// Where the value comes from.
    origin: String,
    /// Whether this program takes it.
    is_taken: bool,
}

/// Loads the settings of a program, which names those that it takes:
/// `shared::load!("LESSON_ECHO_ADDR", "LESSON_TIMEOUT")`. `"LESSON_TIMEOUT=60"` gives one a default
/// of the program's own. What begins with `[` is for arguments that are no flags: `"[ADDRESS]..."`.
#[macro_export]
macro_rules! load {
    ($($taken:literal),+ $(,)?) => {
        $crate::Config::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"), &[$($taken),+])
    };
}

impl Config {
    /// Loads what is `taken` by `program`, starts its log, and answers `--help`, also with its
    /// `purpose`. The macro [`load!`](crate::load!) calls it.
    ///
    /// It ends the program with status 0 after `--help`, and with status 2, an error and a hint
    /// when somebody sets what does not exist.
    pub fn load(program: Text, purpose: Text, taken: &[Text]) -> Config {
        Config::load_and(program, purpose, taken, |_| {})
    }

    /// The same for a program some of whose defaults hold on conditions: `adjust` sees the settings
    /// before `--help` shows them.
    pub fn load_and(
        program: Text,
        purpose: Text,
        taken: &[Text],
        adjust: impl FnOnce(&mut Config),
    ) -> Config {
        let usage = taken.iter().find(|taken| taken.starts_with('[')).unwrap_or(&"");
        let mut config = Config { arguments: Vec::new(), program, usage, settings: table() };
        for taken in taken.iter().chain(&["LESSON_LOG"]) {
            let (name, default) = taken.split_once('=').unwrap_or((taken, ""));
            for setting in config.settings.iter_mut().filter(|setting| setting.name == name) {
                setting.is_taken = true;
                if !default.is_empty() {
                    (setting.default, setting.value) = (default, default.into());
                }
            }
        }
        let read = [config.read_env_file(), config.read_environment(), config.read_flags()];
        adjust(&mut config);
        // Help comes, whatever is wrong.
        if env::args_os().skip(1).any(|argument| argument == "--help" || argument == "-h") {
            process::exit(print(config.help(purpose)).is_err().into());
        }
        read.into_iter().collect::<Result>().unwrap_or_else(|problem| end(&problem));
        let levels = [("off", Level::Error), ("info", Level::Info), ("debug", Level::Debug)];
        let level = levels.iter().find(|(name, _)| *name == config.text("LESSON_LOG"));
        let wrong = || config.refuse("LESSON_LOG", "not one of off, info and debug");
        log::start(program, level.unwrap_or_else(wrong).1);
        config
    }

    /// The value as it is.
    pub fn text(&self, name: &str) -> &str {
        &self.setting(name).value
    }

    /// Makes the setting empty if nobody has set it, because its default is for this machine alone
    /// and the program is about to talk to another one.
    pub fn forget_default(&mut self, name: &str) {
        let mut settings = self.settings.iter_mut();
        let unset = settings.find(|setting| setting.name == name && setting.origin == DEFAULT);
        if let Some(setting) = unset {
            setting.value.clear();
            setting.origin = NONE_ELSEWHERE.into();
        }
    }

    /// Whether [`Config::forget_default`] has left the setting without a value.
    pub fn is_missing(&self, name: &str) -> bool {
        self.setting(name).origin == NONE_ELSEWHERE
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
            Ok(seconds) if !seconds.is_zero() => seconds,
            _ => self.refuse(name, "not a number of seconds above 0"),
        }
    }

    /// What is written in a form of its own.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> T {
        self.text(name).parse().unwrap_or_else(|why| self.refuse(name, why))
    }

    /// HOST:PORT, at which this program listens.
    ///
    /// # Errors
    /// The host has no address.
    pub fn addr(&self, name: &str) -> Result<SocketAddr> {
        let text = self.text(name);
        let (host, port) = text.rsplit_once(':').unwrap_or_default();
        let is_name = host.contains(char::is_alphabetic) && !host.contains([':', '/', '@', ' ']);
        if !(is_name && port.parse::<u16>().is_ok() || text.parse::<SocketAddr>().is_ok()) {
            self.refuse(name, "not HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535");
        }
        let addr = resolve(text, name)?;
        error::remember(addr, label(name), String::new());
        Ok(addr)
    }

    /// HOST:PORT, at which the other side listens: the package `server`, which a learner starts
    /// first.
    ///
    /// # Errors
    /// The host has no address.
    pub fn peer(&self, name: &str, server: &str) -> Result<SocketAddr> {
        let addr = self.addr(name)?;
        if addr.port() == 0 {
            self.refuse(name, "port 0 is for servers: give the port that the server logs");
        }
        let arguments = format!("-- {} {}", flag(name), self.text(name));
        let command = format!(", in another terminal: cargo run -p {server} {arguments}");
        error::remember(addr, label(name), command);
        Ok(addr)
    }

    /// Ends the program with status 2, because what a setting says is wrong, and says why.
    pub fn refuse(&self, name: &str, why: impl Display) -> ! {
        let hint = match self.setting(name).default {
            "" => self.see_help(),
            default => format!("a right one is {} \"{default}\"", flag(name)),
        };
        self.refuse_with(name, why, &hint)
    }

    /// The same with a hint of its own.
    pub fn refuse_with(&self, name: &str, why: impl Display, hint: &str) -> ! {
        let (text, origin) = (shown(self.setting(name)), &self.setting(name).origin);
        // A wrong value can be of any length, and the message is one line.
        let short = format!("{text:.60}{}", if text.chars().count() > 60 { "..." } else { "" });
        end(&Error::new(format!("{name} is \"{short}\" (from {origin}): {why}"), hint))
    }

    fn taken(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(|setting| setting.is_taken)
    }

    /// The setting of this name. The program itself is wrong when it asks for one that it has not
    /// named.
    fn setting(&self, name: &str) -> &Setting {
        self.taken().find(|setting| setting.name == name).unwrap_or_else(|| {
            end(&Error::new(
                format!("{name} is not loaded"),
                "name it in `shared::load!` in `main`",
            ))
        })
    }

    fn see_help(&self) -> String {
        format!("see what it takes: cargo run -p {} -- --help", self.program)
    }

    fn set(&mut self, name: &str, value: &str, origin: &str) -> Result {
        if let Some(setting) = self.settings.iter_mut().find(|setting| setting.name == name) {
            (setting.value, setting.origin) = (value.into(), origin.into());
            return Ok(());
        }
        let hint = format!("did you mean {}?", nearest(name, self.settings.iter()));
        Err(Error::new(format!("there is no setting {name} (from {origin})"), hint))
    }

    /// Reads the nearest `.env`, from the current folder upwards. It may hold lines of other
    /// programs.
    fn read_env_file(&mut self) -> Result {
        let folder = env::current_dir().unwrap_or_default();
        let mut files = folder.ancestors().map(|folder| folder.join(".env"));
        let Some(file) = files.find(|file| file.is_file()) else { return Ok(()) };
        let text = decode(fs::read(&file).or_cannot("read", file.display())?, &file)?;
        for (number, line) in (1..).zip(text.lines()) {
            let start = line.trim_start().trim_start_matches("export").trim_start();
            if start.starts_with("LESSON_") {
                let origin = format!("line {number} of {}", file.display());
                let hint = "write it like LESSON_MESSAGE=\"hello\"; a comment begins with #";
                let wrong = || Error::new(format!("{origin} is not NAME=value"), hint);
                let (name, value) = parse_line(line).ok_or_else(wrong)?;
                self.set(name, value, &origin)?;
            }
        }
        Ok(())
    }

    fn read_environment(&mut self) -> Result {
        let variables = env::vars_os().map(|(name, value)| (name.display().to_string(), value));
        for (name, value) in variables.filter(|(name, _)| name.starts_with("LESSON_")) {
            self.set(&name, &utf8(value)?, "the environment")?;
        }
        Ok(())
    }

    fn read_flags(&mut self) -> Result {
        let mut arguments = env::args_os().skip(1);
        while let Some(argument) = arguments.next() {
            let argument = utf8(argument)?;
            if !argument.starts_with('-') && !self.usage.is_empty() {
                self.arguments.push(argument);
                continue;
            }
            let (given, value) = argument.split_once('=').unwrap_or((&argument, ""));
            let names: Vec<_> = self.taken().map(|setting| setting.name).collect();
            let is_meant = |name: &Text| flag(name) == given && !is_password(name);
            let Some(name) = names.into_iter().find(is_meant) else {
                let hint = format!("did you mean {}?", label(nearest(given, self.taken())));
                return Err(Error::new(format!("{} does not take {given}", self.program), hint));
            };
            let lacking = || Error::new(format!("{given} lacks its value"), self.see_help());
            let value = match argument.contains('=') {
                true => value.into(),
                false => utf8(arguments.next().ok_or_else(lacking)?)?,
            };
            self.set(name, &value, &format!("the flag {given}"))?;
        }
        Ok(())
    }

    fn help(&self, purpose: &str) -> String {
        let usage = format!("cargo run -p {} -- [--FLAG VALUE]... {}", self.program, self.usage);
        let settings = self.taken().map(|setting| {
            let (label, now) = (label(setting.name), shown(setting));
            format!("  {label}\n{}      now: {now} (from {})\n\n", setting.purpose, setting.origin)
        });
        let end = "A flag overrides the environment, which overrides the nearest .env file.";
        format!("{purpose}\n\nUsage: {}\n\n{}{end}", usage.trim_end(), settings.collect::<String>())
    }
}

/// The value, without a password that stands in it.
fn shown(setting: &Setting) -> String {
    match setting.value.rsplit_once('@') {
        _ if is_password(setting.name) && !setting.value.is_empty() => "****".into(),
        Some((_, host)) if setting.name.ends_with("URL") => format!("****@{host}"),
        _ => setting.value.clone(),
    }
}

/// `LESSON_ECHO_ADDR` is `--echo-addr` as a flag.
fn flag(name: &str) -> String {
    name.replacen("LESSON", "-", 1).replace('_', "-").to_lowercase()
}

/// Passwords have no flag, as other users of the machine could see that, and are never shown.
fn is_password(name: &str) -> bool {
    name.ends_with("PASSWORD")
}

/// Both names of a setting.
fn label(name: &str) -> String {
    match is_password(name) {
        true => format!("{name} (no flag)"),
        false => format!("{}, {name}", flag(name)),
    }
}

fn table() -> Vec<Setting> {
    let (mut settings, mut purpose) = (Vec::new(), String::new());
    for line in TABLE.lines() {
        if let Some(text) = line.strip_prefix("# ") {
            purpose += &format!("      {text}\n");
        } else if let Some((name, default)) = line.strip_prefix('#').and_then(parse_line) {
            let (purpose, value, origin) = (purpose.clone(), default.into(), DEFAULT.into());
            settings.push(Setting { name, purpose, default, value, origin, is_taken: false });
        } else {
            purpose.clear();
        }
    }
    settings
}

/// Ends the program as an error in `main` does, but with status 2.
fn end(error: &Error) -> ! {
    let _ = writeln!(io::stderr(), "Error: {error:?}");
    process::exit(2)
}

fn utf8(text: OsString) -> Result<String> {
    let wrong = |text: OsString| format!("not UTF-8: {}", text.display());
    let hint = "type it again in a terminal that is set to UTF-8";
    text.into_string().map_err(|text| Error::new(wrong(text), hint))
}

/// The setting whose name is most like the wrong one: as much as can be at its start and at its
/// end.
fn nearest<'a>(wrong: &str, settings: impl Iterator<Item = &'a Setting>) -> Text {
    let wrong = flag(wrong);
    let likeness = |setting: &&Setting| {
        let right = flag(setting.name);
        let start = right.chars().zip(wrong.chars()).take_while(|(a, b)| a == b).count();
        let end = right.chars().rev().zip(wrong.chars().rev()).take_while(|(a, b)| a == b).count();
        start + end
    };
    settings.max_by_key(likeness).map_or("", |setting| setting.name)
}

/// Looks up `addr` (HOST:PORT), the value of the setting `name`: the host's first IPv4 address,
/// else its first IPv6 one, so that a server and its client that are given the same host meet.
///
/// # Errors
/// The system finds no address for the host.
pub fn resolve(addr: &str, name: &str) -> Result<SocketAddr> {
    let found = addr.to_socket_addrs().and_then(|found| {
        found.min_by_key(SocketAddr::is_ipv6).ok_or(io::Error::other("it has no address"))
    });
    let hint = format!("check the spelling of the host in {name}, or give its address there");
    found.map_err(|why| Error::new(format!("cannot look up {addr}: {why}"), hint))
}
