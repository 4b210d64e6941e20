//! The settings: a built-in default, overridden by `.env`, by the environment, by a flag.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::process;
use std::time::Duration;

use crate::log::{self, Level};
use crate::print::print;
use crate::{Context, Error, Result};

/// The settings of one run, checked and ready to use.
#[derive(Default)]
pub struct Config {
    /// The name of the running program.
    pub program: &'static str,
    /// The arguments that are no flags; only lesson 00 and the tour take any.
    pub arguments: Vec<String>,
    /// `LESSON_ECHO_ADDR`: host and port of the echo server, to be looked up with [`resolve`].
    pub echo_addr: String,
    /// `LESSON_MESSAGE`: what a client sends, at most 65,507 bytes.
    pub message: String,
    /// `LESSON_TIMEOUT`: the longest wait for a peer, above 0.
    pub timeout: Duration,
    /// `LESSON_LOG`: how much is logged.
    pub log: Level,
}

/// One setting: `LESSON_ECHO_ADDR` in the environment and in `.env` is `--echo-addr` as a flag.
struct Setting {
    name: &'static str,
    flag: &'static str,
    default: &'static str,
    lessons: &'static [&'static str],
    purpose: &'static str,
    /// Checks a value and puts it in its place, or says what is wrong with it.
    apply: fn(&mut Config, &str) -> Checked<()>,
}

impl Setting {
    fn is_for(&self, program: &str) -> bool {
        let lesson = program.get(6..8).unwrap_or("none");
        self.lessons.contains(&lesson)
    }

    fn wrong(&self, problem: String) -> Error {
        let Setting {
            name,
            flag,
            default,
            ..
        } = self;
        Error::new(
            problem,
            format!("a right one is {name}=\"{default}\", or {flag} \"{default}\" as a flag"),
        )
    }
}

/// A checked value, or what is wrong with it.
type Checked<T> = std::result::Result<T, String>;

const SETTINGS: &[Setting] = &[
    Setting {
        name: "LESSON_ECHO_ADDR",
        flag: "--echo-addr",
        default: "127.0.0.1:7007",
        lessons: &["01", "02", "03", "04", "05", "09"],
        purpose: "HOST:PORT of the echo server; with port 0, a server takes any free one",
        apply: |config, text| check_addr(text, config.program).map(|addr| config.echo_addr = addr),
    },
    Setting {
        name: "LESSON_MESSAGE",
        flag: "--message",
        default: "Hello, network! 你好，网络！",
        lessons: &["02", "05"],
        purpose: "what the client sends, at most 65,507 bytes",
        apply: |config, text| check_message(text).map(|message| config.message = message),
    },
    Setting {
        name: "LESSON_TIMEOUT",
        flag: "--timeout",
        default: "10",
        lessons: &["02", "04", "05", "09"],
        purpose: "the longest wait for a peer, in seconds above 0, such as 2.5",
        apply: |config, text| check_timeout(text).map(|timeout| config.timeout = timeout),
    },
    Setting {
        name: "LESSON_LOG",
        flag: "--log",
        default: "info",
        lessons: &["00", "01", "02", "03", "04", "05", "09"],
        purpose: "off (nothing but errors), info, or debug (also the bytes sent and received)",
        apply: |config, text| check_level(text).map(|level| config.log = level),
    },
];

/// The programs that take arguments which are no flags, and how `--help` shows these.
const ARGUMENTS: &[(&str, &str)] = &[
    ("lesson00-addresses", "[ADDRESS | ADDRESS:PORT]..."),
    ("tour", "[LESSON]..."),
];

/// The most that a datagram carries over IPv4: 65,535 bytes less 20 of IP header and 8 of UDP header
/// (RFC 791 section 3.1, RFC 768).
const MAX_MESSAGE: usize = 65_507;

/// Loads the settings of `program`, starts its log, and answers `--help` with its `purpose`.
///
/// This one function ends the program itself: with status 0 after `--help`, and with 2, an error and
/// a hint when a setting is wrong. Nothing has been sent by then.
pub fn load(program: &'static str, purpose: &str) -> Config {
    read(program, purpose).unwrap_or_else(|error| {
        // The form in which the standard library prints what `main` returns.
        let _ = writeln!(io::stderr(), "Error: {error:?}");
        process::exit(2)
    })
}

/// Reads the sources, each of which overrides the ones before it, and checks what they say.
fn read(program: &'static str, purpose: &str) -> Result<Config> {
    let mut values = Values::defaults();
    values.read_env_file()?;
    values.read_environment()?;
    let Some(arguments) = values.read_arguments(program)? else {
        print(values.help(program, purpose))?;
        process::exit(0);
    };
    let mut config = Config {
        program,
        arguments,
        ..Config::default()
    };
    for Value {
        setting,
        text,
        origin,
    } in &values.0
    {
        (setting.apply)(&mut config, text).map_err(|why| {
            // A wrong value can be of any length, and the message is one line.
            let start: String = text.chars().take(60).collect();
            let dots = if start.len() < text.len() { "..." } else { "" };
            setting.wrong(format!(
                "{} is \"{start}{dots}\" (from {origin}): {why}",
                setting.name
            ))
        })?;
    }
    log::start(program, config.log);
    Ok(config)
}

/// A setting's value as text, and where it comes from.
struct Value {
    setting: &'static Setting,
    text: String,
    origin: String,
}

struct Values(Vec<Value>);

impl Values {
    fn defaults() -> Values {
        let mut values = Vec::new();
        for setting in SETTINGS {
            values.push(Value {
                setting,
                text: setting.default.into(),
                origin: "the default".into(),
            });
        }
        Values(values)
    }

    fn set(&mut self, name: &str, text: String, origin: String) -> Result {
        for value in &mut self.0 {
            if value.setting.name == name {
                (value.text, value.origin) = (text, origin);
                return Ok(());
            }
        }
        let mut hint = String::from("the settings are");
        for setting in SETTINGS {
            hint = hint + " " + setting.name;
        }
        Err(Error::new(
            format!("there is no setting {name} (from {origin})"),
            hint,
        ))
    }

    /// Reads the nearest file named `.env`, from the current directory upwards.
    fn read_env_file(&mut self) -> Result {
        let folder = env::current_dir().context("find", "the current directory")?;
        let mut files = folder.ancestors().map(|folder| folder.join(".env"));
        let Some(file) = files.find(|file| file.is_file()) else {
            return Ok(());
        };
        let file_name = file.display();
        let text = fs::read_to_string(&file).map_err(|error| {
            let hint = "make it a text file in UTF-8 that you may read, or remove it";
            Error::new(format!("cannot read {file_name}: {error}"), hint)
        })?;
        // Some editors begin a file with a byte order mark.
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let origin = format!("line {} of {file_name}", index + 1);
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, text)) = parse_line(line) else {
                let hint = "write it like LESSON_MESSAGE=\"hello\"; a comment begins with #";
                return Err(Error::new(format!("{origin} is not NAME=value"), hint));
            };
            if name.starts_with("LESSON_") {
                self.set(name, text.into(), origin)?;
            }
        }
        Ok(())
    }

    fn read_environment(&mut self) -> Result {
        for (name, text) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("LESSON_") {
                self.set(&name, utf8(text)?, "the environment".into())?;
            }
        }
        Ok(())
    }

    /// The arguments that are no flags, or nothing when `--help` is among them.
    fn read_arguments(&mut self, program: &str) -> Result<Option<Vec<String>>> {
        let mut others = Vec::new();
        let mut arguments = env::args_os().skip(1);
        while let Some(argument) = arguments.next() {
            let argument = utf8(argument)?;
            let (flag, inline) = match argument.split_once('=') {
                Some((flag, text)) => (flag, Some(text.into())),
                None => (argument.as_str(), None),
            };
            if flag == "--help" || flag == "-h" {
                return Ok(None);
            }
            let mut settings = SETTINGS.iter().filter(|setting| setting.is_for(program));
            if let Some(setting) = settings.find(|setting| setting.flag == flag) {
                let Some(text) = inline.or_else(|| arguments.next()) else {
                    return Err(setting.wrong(format!("{flag} lacks its value")));
                };
                self.set(setting.name, utf8(text)?, format!("the flag {flag}"))?;
            } else if argument.starts_with('-') || arguments_of(program).is_empty() {
                let hint = format!("see what it takes: cargo run -p {program} -- --help");
                return Err(Error::new(
                    format!("{program} does not take {argument}"),
                    hint,
                ));
            } else {
                others.push(argument);
            }
        }
        Ok(Some(others))
    }

    fn help(&self, program: &str, purpose: &str) -> String {
        let arguments = arguments_of(program);
        let usage = format!("Usage: cargo run -p {program} -- [--FLAG VALUE]... {arguments}");
        let mut help = format!("{purpose}\n\n{}\n", usage.trim_end());
        for Value {
            setting,
            text,
            origin,
        } in &self.0
        {
            if !setting.is_for(program) {
                continue;
            }
            let Setting {
                name,
                flag,
                purpose,
                ..
            } = setting;
            help += &format!(
                "\n  {flag}, {name}\n      {purpose}\n      now: {text} (from {origin})\n"
            );
        }
        help + "\nA flag beats the environment, which beats the nearest .env file, which beats the default."
    }
}

/// The arguments that `program` takes, as `--help` shows them.
fn arguments_of(program: &str) -> &'static str {
    let taken = ARGUMENTS.iter().find(|(name, _)| *name == program);
    taken.map_or("", |(_, arguments)| arguments)
}

fn utf8(text: OsString) -> Result<String> {
    text.into_string().map_err(|text| {
        let hint = "type it again in a terminal that is set to UTF-8";
        Error::new(format!("not UTF-8: {}", text.to_string_lossy()), hint)
    })
}

/// Splits `NAME=value`, `NAME="value"` or `NAME='value'`, which a comment may follow. Inside quotes
/// every character stands for itself.
fn parse_line(line: &str) -> Option<(&str, &str)> {
    let (name, text) = line.split_once('=')?;
    let name = name.trim_end();
    if name.is_empty() || name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        return None;
    }
    for quote in ['"', '\''] {
        if let Some(quoted) = text.trim_start().strip_prefix(quote) {
            let (text, after) = quoted.split_once(quote)?;
            let after = after.trim_start();
            return (after.is_empty() || after.starts_with('#')).then_some((name, text));
        }
    }
    for (index, character) in text.char_indices() {
        if character == '#' && text[..index].ends_with(char::is_whitespace) {
            return Some((name, text[..index].trim()));
        }
    }
    Some((name, text.trim()))
}

/// Accepts `127.0.0.1:7007`, `[::1]:7007` and `localhost:7007`, without asking for a name's address.
fn check_addr(text: &str, program: &str) -> Checked<String> {
    let is_literal = text.parse::<SocketAddr>().is_ok();
    let (host, port) = text.rsplit_once(':').ok_or("it lacks a port")?;
    let port: u16 = port
        .parse()
        .map_err(|_| "the port is not a number from 0 to 65535")?;
    let is_name = |c: char| c.is_alphanumeric() || c == '-' || c == '_' || c == '.';
    if !is_literal && (host.is_empty() || !host.chars().all(is_name)) {
        return Err(
            "the host is neither a name, an IPv4 address, nor an IPv6 address in brackets".into(),
        );
    }
    if !is_literal && host.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return Err("the host is not an IPv4 address of four numbers from 0 to 255".into());
    }
    if port == 0 && program.ends_with("client") {
        return Err("port 0 is for servers; a client needs the port that its server logs".into());
    }
    Ok(text.into())
}

fn check_message(text: &str) -> Checked<String> {
    if text.len() > MAX_MESSAGE {
        return Err(format!(
            "it has {} bytes, and a datagram carries at most {MAX_MESSAGE}",
            text.len()
        ));
    }
    Ok(text.into())
}

fn check_timeout(text: &str) -> Checked<Duration> {
    let seconds = text.parse().unwrap_or(0.0);
    let timeout = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    if timeout.is_zero() {
        return Err("not a number of seconds above 0".into());
    }
    Ok(timeout)
}

fn check_level(text: &str) -> Checked<Level> {
    match text {
        "off" => Ok(Level::Error),
        "info" => Ok(Level::Info),
        "debug" => Ok(Level::Debug),
        _ => Err("not one of off, info and debug".into()),
    }
}

/// Looks up `addr` (HOST:PORT): the host's first IPv4 address, else its first IPv6 one, so that a
/// server and its client that are given the same name meet at the same address.
///
/// # Errors
/// The system finds no address for the host.
pub fn resolve(addr: &str) -> Result<SocketAddr> {
    let mut why = String::from("it has no address");
    let mut first_ipv6 = None;
    match addr.to_socket_addrs() {
        Ok(found) => {
            for found in found {
                if found.is_ipv4() {
                    return Ok(found);
                }
                first_ipv6 = first_ipv6.or(Some(found));
            }
        }
        Err(error) => why = error.to_string(),
    }
    first_ipv6.ok_or_else(|| {
        let hint = "check the spelling of the name, or give an address such as 127.0.0.1:7007";
        Error::new(format!("cannot look up {addr}: {why}"), hint)
    })
}
