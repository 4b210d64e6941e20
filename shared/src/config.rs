//! The settings: a built-in default, overridden by `.env`, by the environment, by a flag.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process;
use std::time::Duration;

use crate::log::{self, Level};
use crate::print::print;
use crate::url::{last, parse_url};
use crate::{Error, OrCannot, Result, Url};

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
    /// `LESSON_SMTP_URL`: where mail is handed in.
    pub smtp_url: Url,
    /// `LESSON_SMTP_USER`: who hands it in.
    pub smtp_user: String,
    /// `LESSON_SMTP_PASSWORD`.
    pub smtp_password: String,
    /// `LESSON_MAIL_FROM`: the sender's address.
    pub mail_from: String,
    /// `LESSON_MAIL_TO`: the recipients' addresses, with commas between them.
    pub mail_to: String,
    /// `LESSON_MAIL_CC`: those of whoever gets a copy; may be empty.
    pub mail_cc: String,
    /// `LESSON_MAIL_BCC`: those of whoever gets a copy unseen; may be empty.
    pub mail_bcc: String,
    /// `LESSON_MAIL_REPLY_TO`: where answers go.
    pub mail_reply_to: String,
    /// `LESSON_ATTACHMENT`: the path of the file to attach; none for the lesson's own.
    pub attachment: Option<String>,
    /// `LESSON_POP3_URL`: where mail is fetched.
    pub pop3_url: Url,
    /// `LESSON_POP3_USER`: whose mail.
    pub pop3_user: String,
    /// `LESSON_POP3_PASSWORD`.
    pub pop3_password: String,
    /// `LESSON_FTP_URL`: host, folder and file.
    pub ftp_url: Url,
    /// `LESSON_FTP_USER`.
    pub ftp_user: String,
    /// `LESSON_FTP_PASSWORD`.
    pub ftp_password: String,
    /// `LESSON_FTP_UPLOAD`: the path of the file to upload; empty for none.
    pub ftp_upload: String,
    /// `LESSON_SAVE_DIR`: the folder for what comes from the network.
    pub save_dir: String,
    /// `LESSON_ALLOW_PLAINTEXT`: whether a password may travel in clear to another machine.
    pub allow_plaintext: bool,
    /// `LESSON_PRACTICE_DIR`: the folder that holds what the practice servers keep.
    pub practice_dir: String,
    /// Where the practice servers listen, in the order of the settings' table, to be looked up with
    /// [`resolve`].
    pub practice_addrs: Vec<String>,
    /// `LESSON_LOG`: how much is logged.
    pub log: Level,
}

/// One setting.
struct Setting {
    name: &'static str,
    default: &'static str,
    /// The lessons and other programs that it is for; none means all.
    lessons: &'static [&'static str],
    purpose: &'static str,
    /// Checks a value and puts it in its place, or says what is wrong with it.
    apply: fn(&mut Config, &str) -> Checked,
}

/// Nothing when a value is right, else what is wrong with it.
pub(crate) type Checked = std::result::Result<(), String>;

const SETTINGS: &[Setting] = &[
    Setting {
        name: "LESSON_ECHO_ADDR",
        default: "127.0.0.1:7007",
        lessons: &["01", "02", "03", "04", "05", "09"],
        purpose: "HOST:PORT of the echo server; with port 0, a server takes any free one",
        apply: set_echo_addr,
    },
    Setting {
        name: "LESSON_MESSAGE",
        default: "Hello, network! 你好，网络！",
        lessons: &["02", "05"],
        purpose: "what the client sends, at most 65,507 bytes",
        apply: set_message,
    },
    Setting {
        name: "LESSON_TIMEOUT",
        default: "10",
        lessons: &["02", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13"],
        purpose: "the longest wait for a peer, in seconds above 0, such as 2.5",
        apply: set_timeout,
    },
    Setting {
        name: "LESSON_SMTP_URL",
        default: "smtp://127.0.0.1:2525",
        lessons: SMTP,
        purpose: "where mail is handed in; smtps:// is TLS from the start, smtp://...?tls=required STARTTLS",
        apply: |config, text| parse_url(text, "smtp", "smtps", &mut config.smtp_url),
    },
    Setting {
        name: "LESSON_SMTP_USER",
        default: "laoshi@qq.example",
        lessons: SMTP,
        purpose: "who hands it in",
        apply: |config, text| keep(text, &mut config.smtp_user),
    },
    Setting {
        name: "LESSON_SMTP_PASSWORD",
        default: "practice",
        lessons: SMTP,
        purpose: "the password, for a real provider its authorization code",
        apply: |config, text| keep(text, &mut config.smtp_password),
    },
    Setting {
        name: "LESSON_MAIL_FROM",
        default: "",
        lessons: SMTP,
        purpose: "the sender's address; if empty, LESSON_SMTP_USER",
        apply: |config, text| keep_addresses(text, &mut config.mail_from),
    },
    Setting {
        name: "LESSON_MAIL_TO",
        default: "xuesheng@sina.example",
        lessons: SMTP,
        purpose: "the recipients' addresses, with commas between them",
        apply: set_mail_to,
    },
    Setting {
        name: "LESSON_MAIL_CC",
        default: "banzhang@sina.example",
        lessons: &["11"],
        purpose: "those of whoever gets a copy; the default is for the practice servers only",
        apply: |config, text| keep_addresses(text, &mut config.mail_cc),
    },
    Setting {
        name: "LESSON_MAIL_BCC",
        default: "zhujiao@qq.example",
        lessons: &["11"],
        purpose: "those of whoever gets a copy unseen; the default is for the practice servers only",
        apply: |config, text| keep_addresses(text, &mut config.mail_bcc),
    },
    Setting {
        name: "LESSON_MAIL_REPLY_TO",
        default: "",
        lessons: &["11"],
        purpose: "where answers go; if empty, LESSON_MAIL_FROM",
        apply: |config, text| keep_addresses(text, &mut config.mail_reply_to),
    },
    Setting {
        name: "LESSON_ATTACHMENT",
        default: "",
        lessons: &["08"],
        purpose: "the path of the file to attach; if empty, a small picture",
        apply: set_attachment,
    },
    Setting {
        name: "LESSON_POP3_URL",
        default: "pop3://127.0.0.1:2111",
        lessons: &["13"],
        purpose: "where mail is fetched; pop3s:// is TLS from the start",
        apply: |config, text| parse_url(text, "pop3", "pop3s", &mut config.pop3_url),
    },
    Setting {
        name: "LESSON_POP3_USER",
        default: "xuesheng@sina.example",
        lessons: &["13"],
        purpose: "whose mail",
        apply: |config, text| keep(text, &mut config.pop3_user),
    },
    Setting {
        name: "LESSON_POP3_PASSWORD",
        default: "practice",
        lessons: &["13"],
        purpose: "the password, for a real provider its authorization code",
        apply: |config, text| keep(text, &mut config.pop3_password),
    },
    Setting {
        name: "LESSON_FTP_URL",
        default: "ftp://127.0.0.1:2121/pub/readme.txt",
        lessons: &["10"],
        purpose: "HOST, DIR and FILE; with ?tls=required at its end, in TLS",
        apply: set_ftp_url,
    },
    Setting {
        name: "LESSON_FTP_USER",
        default: "anonymous",
        lessons: &["10"],
        purpose: "who logs in",
        apply: |config, text| keep(text, &mut config.ftp_user),
    },
    Setting {
        name: "LESSON_FTP_PASSWORD",
        default: "student@sina.example",
        lessons: &["10"],
        purpose: "the password; for anonymous, by custom, one's mail address",
        apply: |config, text| keep(text, &mut config.ftp_password),
    },
    Setting {
        name: "LESSON_FTP_UPLOAD",
        default: "",
        lessons: &["10"],
        purpose: "the path of a file to upload into DIR; if empty, none",
        apply: |config, text| keep(text, &mut config.ftp_upload),
    },
    Setting {
        name: "LESSON_SAVE_DIR",
        default: "downloads",
        lessons: &["10", "13"],
        purpose: "the folder for what comes from the network",
        apply: set_save_dir,
    },
    Setting {
        name: "LESSON_ALLOW_PLAINTEXT",
        default: "no",
        lessons: &["06", "07", "08", "10", "11", "12", "13"],
        purpose: "yes lets a password travel in clear to another machine",
        apply: set_allow_plaintext,
    },
    Setting {
        name: "LESSON_PRACTICE_DIR",
        default: "practice-data",
        lessons: PRACTICE,
        purpose: "the folder of the mailboxes, the queues and the FTP files",
        apply: set_practice_dir,
    },
    practice_addr("LESSON_QQ_SMTP_ADDR", "127.0.0.1:2525"),
    practice_addr("LESSON_QQ_SMTPS_ADDR", "127.0.0.1:2465"),
    practice_addr("LESSON_QQ_POP3_ADDR", "127.0.0.1:2110"),
    practice_addr("LESSON_QQ_POP3S_ADDR", "127.0.0.1:2995"),
    practice_addr("LESSON_SINA_SMTP_ADDR", "127.0.0.1:2526"),
    practice_addr("LESSON_SINA_SMTPS_ADDR", "127.0.0.1:2466"),
    practice_addr("LESSON_SINA_POP3_ADDR", "127.0.0.1:2111"),
    practice_addr("LESSON_SINA_POP3S_ADDR", "127.0.0.1:2996"),
    practice_addr("LESSON_FTP_ADDR", "127.0.0.1:2121"),
    Setting {
        name: "LESSON_LOG",
        default: "info",
        lessons: ALL,
        purpose: "off (nothing but errors), info, or debug (also the bytes sent and received)",
        apply: set_log,
    },
];

const SMTP: &[&str] = &["06", "07", "08", "11", "12"];
const PRACTICE: &[&str] = &["practice-servers"];
const ALL: &[&str] = &[];

const fn practice_addr(name: &'static str, default: &'static str) -> Setting {
    Setting {
        name,
        default,
        lessons: PRACTICE,
        purpose: "HOST:PORT on loopback at which this one listens; port 0 takes any free one",
        apply: add_practice_addr,
    }
}

/// The most that a datagram carries over IPv4: 65,535 bytes less 20 of IP header and 8 of UDP header
/// (RFC 791 section 3.1, RFC 768).
const MAX_MESSAGE: usize = 65_507;

/// How `--help` shows the arguments that are no flags, for the programs that take any.
fn arguments_of(program: &str) -> &'static str {
    match program {
        "lesson00-addresses" => "[ADDRESS | ADDRESS:PORT]...",
        "tour" => "[LESSON]... | diff LESSON [LESSON]",
        _ => "",
    }
}

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
    let mut values = Vec::new();
    for setting in SETTINGS {
        let (text, origin) = (setting.default.into(), "the default".into());
        values.push(Value { setting, text, origin });
    }
    read_env_file(&mut values)?;
    read_environment(&mut values)?;
    let arguments = read_arguments(&mut values, program, purpose)?;
    let mut config = Config { program, arguments, ..Config::default() };
    for value in &values {
        if let Err(why) = (value.setting.apply)(&mut config, &value.text) {
            let (name, text, origin) = (value.setting.name, value.shown(), &value.origin);
            // A wrong value can be of any length, and the message is one line.
            let start = format!("{text:.60}");
            let dots = if start.len() < text.len() { "..." } else { "" };
            let problem = format!("{name} is \"{start}{dots}\" (from {origin}): {why}");
            return Err(value.setting.wrong(problem));
        }
    }
    complete(&mut config, &values)?;
    log::start(program, config.log);
    Ok(config)
}

/// Fills in what depends on other settings, and sees to it that no password travels in clear.
fn complete(config: &mut Config, values: &[Value]) -> Result {
    if config.mail_from.is_empty() {
        config.mail_from = config.smtp_user.clone();
    }
    if config.mail_reply_to.is_empty() {
        config.mail_reply_to = config.mail_from.clone();
    }
    for value in values {
        if !value.setting.is_for(config.program) {
            continue;
        }
        let is_default = value.origin == "the default";
        if value.setting.is_password() && !is_default && !value.text.is_empty() {
            log::hide(&value.text);
        }
        let is_for_others = is_default && !config.smtp_url.is_loopback();
        match value.setting.name {
            "LESSON_MAIL_FROM" => check_sender(&config.mail_from)?,
            // Nobody in the world shall get a copy because of a default.
            "LESSON_MAIL_CC" if is_for_others => config.mail_cc.clear(),
            "LESSON_MAIL_BCC" if is_for_others => config.mail_bcc.clear(),
            "LESSON_SMTP_URL" => check_safe(value, &config.smtp_url, config)?,
            "LESSON_POP3_URL" => check_safe(value, &config.pop3_url, config)?,
            "LESSON_FTP_URL" if config.ftp_user != "anonymous" => {
                check_safe(value, &config.ftp_url, config)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A password goes in TLS, or stays on this machine, unless the learner allows otherwise.
fn check_safe(value: &Value, url: &Url, config: &Config) -> Result {
    if url.is_secure || url.is_loopback() || config.allow_plaintext {
        return Ok(());
    }
    let (name, origin) = (value.setting.name, &value.origin);
    let problem =
        format!("{name} is \"{url}\" (from {origin}): the password would travel in clear");
    let hint =
        "ask for TLS: smtps://, pop3s:// or ?tls=required; or let it: LESSON_ALLOW_PLAINTEXT=yes";
    Err(Error::new(problem, hint))
}

/// The sender is one address, whether it has a setting of its own or is the user.
fn check_sender(text: &str) -> Result {
    if !text.is_empty()
        && text.split_once(',').is_none()
        && keep_addresses(text, &mut String::new()).is_ok()
    {
        return Ok(());
    }
    let problem = format!("the sender is \"{text}\": not one address like a@b.example");
    let hint = "put it into LESSON_MAIL_FROM; without that, it is LESSON_SMTP_USER";
    Err(Error::new(problem, hint))
}

impl Setting {
    /// `LESSON_ECHO_ADDR` in the environment and in `.env` is `--echo-addr` as a flag.
    fn flag(&self) -> String {
        let mut flag = String::from("-");
        for character in self.name["LESSON".len()..].chars() {
            flag.push(match character {
                '_' => '-',
                _ => character.to_ascii_lowercase(),
            });
        }
        flag
    }

    /// Passwords have no flag, as other users of the machine could see that, and are never shown.
    fn is_password(&self) -> bool {
        self.name.ends_with("PASSWORD")
    }

    fn is_for(&self, program: &str) -> bool {
        let lesson = match program.strip_prefix("lesson") {
            Some(lesson) => lesson.get(..2).unwrap_or_default(),
            None => program,
        };
        self.lessons.is_empty() || self.lessons.contains(&lesson)
    }

    fn wrong(&self, problem: String) -> Error {
        let (name, flag, default) = (self.name, self.flag(), self.default);
        if default.is_empty() {
            return Error::new(problem, format!("see what it takes, or leave {name} out: --help"));
        }
        let hint =
            format!("a right one is {name}=\"{default}\", or {flag} \"{default}\" as a flag");
        Error::new(problem, hint)
    }
}

/// A setting's value as text, and where it comes from.
struct Value {
    setting: &'static Setting,
    text: String,
    origin: String,
}

impl Value {
    /// The text, without a password that stands in it.
    fn shown(&self) -> String {
        let name = self.setting.name;
        match last(&self.text, '@') {
            _ if self.setting.is_password() => "****".into(),
            host if name.ends_with("URL") && host.len() < self.text.len() => format!("****@{host}"),
            _ => self.text.clone(),
        }
    }
}

fn set(values: &mut [Value], name: &str, text: &str, origin: &str) -> Result {
    let Some(value) = values.iter_mut().find(|value| value.setting.name == name) else {
        let problem = format!("there is no setting {name} (from {origin})");
        let hint = "--help shows those of this program, .env.example all of them";
        return Err(Error::new(problem, hint));
    };
    value.text = text.into();
    value.origin = origin.into();
    Ok(())
}

/// Reads the nearest file named `.env`, from the current directory upwards. Lines that set anything
/// but a `LESSON_` name are another program's affair.
fn read_env_file(values: &mut [Value]) -> Result {
    let mut folder = env::current_dir().unwrap_or_default();
    while !folder.join(".env").is_file() {
        if !folder.pop() {
            return Ok(());
        }
    }
    let file = folder.join(".env");
    let text = fs::read_to_string(&file).or_cannot("read", file.display())?;
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_ascii();
        let line = line.strip_prefix("export ").unwrap_or(line);
        if line.starts_with("LESSON_") {
            let origin = format!("line {} of {}", index + 1, file.display());
            let Some((name, text)) = parse_line(line) else {
                let hint = "write it like LESSON_MESSAGE=\"hello\"; a comment begins with #";
                return Err(Error::new(format!("{origin} is not NAME=value"), hint));
            };
            set(values, name, text, &origin)?;
        }
    }
    Ok(())
}

fn read_environment(values: &mut [Value]) -> Result {
    for (name, text) in env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("LESSON_") {
            set(values, &name, &utf8(text)?, "the environment")?;
        }
    }
    Ok(())
}

/// Returns the arguments that are no flags; `--help` ends the program.
fn read_arguments(values: &mut [Value], program: &str, purpose: &str) -> Result<Vec<String>> {
    let mut others = Vec::new();
    let mut arguments = env::args_os();
    let _program = arguments.next();
    while let Some(argument) = arguments.next() {
        let argument = utf8(argument)?;
        let (flag, inline) = match argument.split_once('=') {
            Some((flag, text)) => (flag, Some(text.into())),
            None => (argument.as_str(), None),
        };
        if flag == "--help" || flag == "-h" {
            print(help(values, program, purpose))?;
            process::exit(0);
        }
        let has_flag = |value: &&mut Value| {
            value.setting.flag() == flag
                && value.setting.is_for(program)
                && !value.setting.is_password()
        };
        if let Some(value) = values.iter_mut().find(has_flag) {
            let Some(text) = inline.or_else(|| arguments.next()) else {
                return Err(value.setting.wrong(format!("{flag} lacks its value")));
            };
            value.text = utf8(text)?;
            value.origin = format!("the flag {flag}");
        } else if argument.starts_with('-') || arguments_of(program).is_empty() {
            let problem = format!("{program} does not take {flag}");
            let hint = format!("see what it takes: cargo run -p {program} -- --help");
            return Err(Error::new(problem, hint));
        } else {
            others.push(argument);
        }
    }
    Ok(others)
}

fn help(values: &[Value], program: &str, purpose: &str) -> String {
    let arguments = arguments_of(program);
    let usage = format!("Usage: cargo run -p {program} -- [--FLAG VALUE]... {arguments}");
    let mut help = format!("{purpose}\n\n{}\n", usage.trim_ascii_end());
    for value in values {
        let (setting, text, origin) = (value.setting, value.shown(), &value.origin);
        if setting.is_for(program) {
            help += &match setting.is_password() {
                true => format!("\n  {} (no flag)\n", setting.name),
                false => format!("\n  {}, {}\n", setting.flag(), setting.name),
            };
            help += &format!("      {}\n", setting.purpose);
            help += &format!("      now: {text} (from {origin})\n");
        }
    }
    help + "\nA flag beats the environment, which beats the nearest .env file, which beats the default."
}

fn utf8(text: OsString) -> Result<String> {
    let hint = "type it again in a terminal that is set to UTF-8";
    let wrong = |text: OsString| Error::new(format!("not UTF-8: {}", text.to_string_lossy()), hint);
    text.into_string().map_err(wrong)
}

/// Splits `NAME=value`, `NAME="value"` or `NAME='value'`, which a comment may follow. Inside quotes
/// every character stands for itself.
fn parse_line(line: &str) -> Option<(&str, &str)> {
    let (name, text) = line.split_once('=')?;
    let (name, text) = (name.trim_ascii(), text.trim_ascii_end());
    for quote in ['"', '\''] {
        if let Some(quoted) = text.trim_ascii_start().strip_prefix(quote) {
            let (text, after) = quoted.split_once(quote)?;
            let after = after.trim_ascii_start();
            let ends = after.is_empty() || after.starts_with('#');
            return ends.then_some((name, text));
        }
    }
    match text.split_once('#') {
        Some((text, _comment)) if text.ends_with(' ') => Some((name, text.trim_ascii())),
        _ => Some((name, text.trim_ascii_start())),
    }
}

fn set_echo_addr(config: &mut Config, text: &str) -> Checked {
    let port = check_addr(text)?;
    if port == 0 && matches!(config.program, "lesson02-udp-client" | "lesson05-tcp-client") {
        return Err("port 0 is for servers; a client needs the port that its server logs".into());
    }
    config.echo_addr = text.into();
    Ok(())
}

/// Accepts `127.0.0.1:7007`, `[::1]:7007` and `localhost:7007`, without asking for a name's address;
/// returns the port.
pub(crate) fn check_addr(text: &str) -> std::result::Result<u16, String> {
    let (host, port) = text.split_once(':').unwrap_or((text, ""));
    let mut literal = text.to_string();
    if is_name(host) {
        // An address stands in for the name, and the port is checked with it.
        literal = format!("0.0.0.0:{port}");
    }
    let Ok(addr) = literal.parse::<SocketAddr>() else {
        return Err(
            "not ADDRESS:PORT, [IPV6]:PORT or NAME:PORT, with a port from 0 to 65535".into()
        );
    };
    Ok(addr.port())
}

/// Whether this can be the name of a host: it has a letter, and none of what an address or a URL has.
fn is_name(host: &str) -> bool {
    let mut has_letter = false;
    for character in host.chars() {
        match character {
            '[' | ']' | '/' | '@' | ' ' => return false,
            _ => has_letter |= character.is_alphabetic(),
        }
    }
    has_letter
}

fn set_message(config: &mut Config, text: &str) -> Checked {
    let length = text.len();
    if length > MAX_MESSAGE {
        return Err(format!("it has {length} bytes, and a datagram carries at most {MAX_MESSAGE}"));
    }
    config.message = text.into();
    Ok(())
}

fn set_timeout(config: &mut Config, text: &str) -> Checked {
    let seconds = text.parse().unwrap_or(0.0);
    config.timeout = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    if config.timeout.is_zero() {
        return Err("not a number of seconds above 0".into());
    }
    Ok(())
}

pub(crate) fn keep(text: &str, place: &mut String) -> Checked {
    *place = text.into();
    Ok(())
}

/// Accepts addresses like `a@b.example` or `Name <a@b.example>`, with commas between them.
fn keep_addresses(text: &str, place: &mut String) -> Checked {
    let mut rest = Some(text).filter(|text| !text.is_empty());
    while let Some(list) = rest {
        let (address, others) = match list.split_once(',') {
            Some((address, others)) => (address.trim_ascii(), Some(others)),
            None => (list.trim_ascii(), None),
        };
        let inside = address.split_once('<').map(|(_name, rest)| rest);
        let inside = inside.and_then(|rest| rest.strip_suffix('>'));
        let parts = inside.unwrap_or(address).split_once('@');
        let (user, host) = parts.unwrap_or_default();
        if user.is_empty() || user.split_once(' ').is_some() || !is_name(host) {
            return Err(format!("\"{address}\" is not an address like a@b.example"));
        }
        rest = others;
    }
    keep(text, place)
}

fn set_attachment(config: &mut Config, text: &str) -> Checked {
    if !text.is_empty() {
        config.attachment = Some(text.into());
    }
    Ok(())
}

fn set_mail_to(config: &mut Config, text: &str) -> Checked {
    match text {
        "" => Err("nobody would get the mail".into()),
        text => keep_addresses(text, &mut config.mail_to),
    }
}

fn set_ftp_url(config: &mut Config, text: &str) -> Checked {
    if text.starts_with("ftps://") {
        return Err("TLS is asked for by ?tls=required at the end of an ftp:// URL".into());
    }
    parse_url(text, "ftp", "ftp", &mut config.ftp_url)?;
    match last(&config.ftp_url.path, '/') {
        "" | "." | ".." => Err("there is no FILE at its end".into()),
        _ => Ok(()),
    }
}

fn set_allow_plaintext(config: &mut Config, text: &str) -> Checked {
    config.allow_plaintext = match text {
        "yes" => true,
        "no" => false,
        _ => return Err("not one of yes and no".into()),
    };
    Ok(())
}

fn set_save_dir(config: &mut Config, text: &str) -> Checked {
    keep_folder(text, &mut config.save_dir)
}

fn set_practice_dir(config: &mut Config, text: &str) -> Checked {
    keep_folder(text, &mut config.practice_dir)
}

fn keep_folder(text: &str, place: &mut String) -> Checked {
    match text {
        "" => Err("not the name of a folder".into()),
        text => keep(text, place),
    }
}

fn add_practice_addr(config: &mut Config, text: &str) -> Checked {
    check_addr(text)?;
    if let Ok(addr) = text.parse::<SocketAddr>()
        && !addr.ip().is_loopback()
    {
        return Err("the practice servers listen on loopback alone".into());
    }
    config.practice_addrs.push(text.into());
    Ok(())
}

fn set_log(config: &mut Config, text: &str) -> Checked {
    config.log = match text {
        "off" => Level::Error,
        "info" => Level::Info,
        "debug" => Level::Debug,
        _ => return Err("not one of off, info and debug".into()),
    };
    Ok(())
}

/// Looks up `addr` (HOST:PORT): the host's first IPv4 address, else its first IPv6 one, so that a
/// server and its client that are given the same name meet at the same address.
///
/// # Errors
/// The system finds no address for the host.
pub fn resolve(addr: &str) -> Result<SocketAddr> {
    let mut first_ipv6 = None;
    for found in addr.to_socket_addrs().or_cannot("look up", addr)? {
        if found.is_ipv4() {
            return Ok(found);
        }
        first_ipv6 = first_ipv6.or(Some(found));
    }
    let none = io::Error::other("it has no address");
    first_ipv6.ok_or(none).or_cannot("look up", addr)
}

/// The last component of a path, as the system divides it: a name that leads out of no folder, or nothing.
pub fn file_name(path: &str) -> &str {
    let name = Path::new(path).file_name().unwrap_or_default();
    name.to_str().unwrap_or_default()
}
