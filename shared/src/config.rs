//! The settings of a program: a default, overridden by `.env`, by the environment, by a flag.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;
use std::{env, fs, process};

use crate::addr::{Addr, check_form};
use crate::env_file::{decode, meant, parse_line};
use crate::error::{Error, OrCannot, Result};
use crate::log;
use crate::print::print;
use crate::setting::{
    Origin, Setting, edits, flag, is_password, label, line_of, nearest, shown, table,
};

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
    /// Arguments that are no flags, as `--help` shows them.
    Arguments(&'static str),
}

impl From<&'static str> for Takes {
    fn from(name: &'static str) -> Self {
        Takes::Setting(name)
    }
}

/// Loads the settings of a program, which names what it takes:
/// `shared::load!("LESSON_ECHO_ADDR", "LESSON_TIMEOUT")`. Whatever is not just a name is one
/// of [`Takes`].
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
    /// `purpose`. Some defaults hold on conditions: `adjust` sees the settings before `--help`
    /// shows them. The macro [`load!`](crate::load!) calls it.
    ///
    /// It ends the program with status 0 after `--help`, and with status 2, an error and a hint
    /// when somebody sets what does not exist.
    pub fn load(
        program: &'static str,
        purpose: &'static str,
        taken: &[Takes],
        adjust: impl FnOnce(&mut Config),
    ) -> Config {
        let mut config = Config::new(program, taken);
        let folder = env::current_dir().unwrap_or_default();
        let arguments: Vec<_> = env::args_os().skip(1).collect();
        let asks_for_help = asks_for_help(&arguments);
        let read = config.read(&folder, env::vars_os(), arguments);
        adjust(&mut config);
        // `--help` works, whatever is wrong.
        if asks_for_help {
            process::exit(print(config.help(purpose)).is_err().into());
        }
        right_or_end(read);
        log::start(program, config.parsed("LESSON_LOG"));
        config
    }

    /// The defaults.
    fn new(program: &'static str, taken: &[Takes]) -> Self {
        let mut config = Config { arguments: Vec::new(), program, usage: "", settings: table() };
        for taken in taken {
            match taken {
                Takes::Setting(name) => config.take(name, None),
                Takes::WithDefault(name, default) => config.take(name, Some(default)),
                Takes::Arguments(usage) => config.usage = usage,
            }
        }
        config.take("LESSON_LOG", None);
        config
    }

    /// All settings, some with these values: for a test of what reads them.
    #[doc(hidden)]
    pub fn of(values: &[(&str, &str)]) -> Self {
        let mut config = Config::new("test", &[]);
        for setting in &mut config.settings {
            setting.is_taken = true;
        }
        for (name, value) in values {
            let _ = config.set(name, value, Origin::Environment);
        }
        config
    }

    /// Reads all that overrides the defaults, even if something is wrong with some of it.
    fn read(
        &mut self,
        folder: &Path,
        environment: impl Iterator<Item = (OsString, OsString)>,
        arguments: Vec<OsString>,
    ) -> Result {
        let of_file = self.read_env_file(folder);
        let of_environment = self.read_environment(environment);
        let of_flags = self.read_flags(arguments);
        of_file.and(of_environment).and(of_flags)
    }

    fn take(&mut self, name: &str, default: Option<&'static str>) {
        if let Some(setting) = self.find(name) {
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
        if let Some(setting) = self.find(name)
            && setting.origin == Origin::Default
        {
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
        seconds_of(self.text(name)).unwrap_or_else(|why| self.refuse(name, why))
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
        self.look_up(name, Some(server))
    }

    fn look_up(&self, name: &str, server: Option<&'static str>) -> Addr {
        let text = self.text(name);
        check_form(text, server.is_some()).unwrap_or_else(|why| self.refuse(name, why));
        Addr::look_up(text, self.setting(name).name, server).unwrap_or_else(|error| end(&error, 1))
    }

    /// Ends the program with status 2, because what a setting says is wrong, and says why.
    pub fn refuse(&self, name: &str, why: impl Display) -> ! {
        end(&self.wrong(name, why), 2)
    }

    /// Ends the program with status 2, because an argument that is no flag is wrong, and says why.
    pub fn refuse_argument(&self, argument: &str, why: &str, hint: &str) -> ! {
        end(&Error::new(format!("{argument} {why}"), hint), 2)
    }

    /// What is wrong with a setting, and a right example.
    pub fn wrong(&self, name: &str, why: impl Display) -> Error {
        let Setting { default, origin, .. } = self.setting(name);
        let hint = if default.is_empty() {
            self.see_help()
        } else if matches!(origin, Origin::EnvFile(_)) || is_password(name) {
            format!("a right one is {name}=\"{default}\"")
        } else {
            format!("a right one is {} \"{default}\"", flag(name))
        };
        self.wrong_with(name, why, &hint)
    }

    /// The same with a hint of its own.
    pub fn wrong_with(&self, name: &str, why: impl Display, hint: &str) -> Error {
        let setting = self.setting(name);
        let text = shown(name, &setting.value);
        // A wrong value can be of any length, and the message is one line.
        let more = if text.chars().count() > 60 { "..." } else { "" };
        Error::new(format!("{name} is \"{text:.60}{more}\" (from {}): {why}", setting.origin), hint)
    }

    fn taken(&self) -> impl Iterator<Item = &Setting> {
        self.settings.iter().filter(|setting| setting.is_taken)
    }

    /// What has a flag: all but the passwords.
    fn with_flag(&self) -> impl Iterator<Item = &Setting> {
        self.taken().filter(|setting| !is_password(setting.name))
    }

    /// The setting of this name. The program itself is wrong when it asks for one that it has not
    /// named.
    fn setting(&self, name: &str) -> &Setting {
        self.taken().find(|setting| setting.name == name).unwrap_or_else(|| {
            let hint = "name it in `shared::load!` in `main`, and in the project's `.env.example`";
            end(&Error::new(format!("{name} is not loaded"), hint), 2)
        })
    }

    /// The row of the table, whether this program takes it or not.
    fn find(&mut self, name: &str) -> Option<&mut Setting> {
        self.settings.iter_mut().find(|setting| setting.name == name)
    }

    fn see_help(&self) -> String {
        format!("see what it takes: cargo run -p {} -- --help", self.program)
    }

    fn set(&mut self, name: &str, value: &str, origin: Origin) -> Result {
        if let Some(setting) = self.find(name) {
            setting.value = value.into();
            setting.origin = origin;
            return Ok(());
        }
        let hint = match nearest(name, self.settings.iter()) {
            Some(setting) => format!("did you mean {}?", setting.name),
            None => format!("there are {}", list(self.taken().map(|setting| setting.name.into()))),
        };
        Err(Error::new(format!("there is no setting {name} (from {origin})"), hint))
    }

    /// Reads the nearest `.env`, from `folder` upwards.
    fn read_env_file(&mut self, folder: &Path) -> Result {
        let mut files = folder.ancestors().map(|folder| folder.join(".env"));
        let Some(file) = files.find(|file| file.is_file()) else { return Ok(()) };
        let text = decode(fs::read(&file).or_cannot("read", file.display())?, &file)?;
        for (number, line) in (1..).zip(text.lines()) {
            self.read_line(line, format!("line {number} of {}", file.display()))?;
        }
        Ok(())
    }

    /// Reads a line of `.env`, which may be another program's. A line that is meant to set
    /// something, and does not, is an error.
    fn read_line(&mut self, line: &str, place: String) -> Result {
        let Some((name, value)) = meant(line) else {
            // A name with one wrong letter is meant for a setting, unless a # begins a comment.
            let name = parse_line(line).map_or("", |(name, _)| name);
            let is_near = self.settings.iter().any(|setting| edits(name, setting.name) == 1);
            let is_ours = is_near && !name.starts_with('#');
            return if is_ours { self.set(name, "", Origin::EnvFile(place)) } else { Ok(()) };
        };
        let known = self.find(&name);
        if let Some((written, value)) = parse_line(line)
            && written == name
        {
            if known.is_some_and(|setting| matches!(setting.origin, Origin::EnvFile(_))) {
                let hint = format!("keep one of its lines, such as {}", line_of(&name, value));
                return Err(Error::new(format!("{place} sets {name} again"), hint));
            }
            return self.set(&name, value, Origin::EnvFile(place));
        }
        let Some(setting) = known else {
            // A name in small letters may be another program's.
            let is_ours = line.contains("LESSON_");
            return if is_ours { self.set(&name, "", Origin::EnvFile(place)) } else { Ok(()) };
        };
        let value = if value.is_empty() { setting.default } else { &value };
        let hint = format!("write it like {}", line_of(&name, value));
        Err(Error::new(format!("{place} is not NAME=value"), hint))
    }

    fn read_environment(
        &mut self,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result {
        for (name, value) in environment {
            let name = name.display().to_string();
            if name.starts_with("LESSON_") {
                self.set(&name, &utf8(value)?, Origin::Environment)?;
            }
        }
        Ok(())
    }

    fn read_flags(&mut self, arguments: Vec<OsString>) -> Result {
        let arguments: Vec<_> = arguments.into_iter().map(utf8).collect::<Result<_>>()?;
        let takes_arguments = !self.usage.is_empty();
        if let Some(first) = arguments.first()
            && (matches!(first.as_str(), "check" | "diff")
                || (!takes_arguments && first.parse::<u8>().is_ok()))
        {
            let problem = format!("{} does not take {first}", self.program);
            let hint = format!("the tour does: cargo run -p tour -- {}", arguments.join(" "));
            return Err(Error::new(problem, hint));
        }
        let mut rest = arguments.into_iter().peekable();
        while let Some(argument) = rest.next() {
            if takes_arguments && !argument.starts_with('-') {
                self.arguments.push(argument);
                continue;
            }
            let (given, value) = match argument.split_once('=') {
                Some((given, value)) => (given, Some(value.to_string())),
                None => (&*argument, rest.next_if(|next| !next.starts_with("--"))),
            };
            let found = self.with_flag().find(|setting| flag(setting.name) == given);
            let Some(&Setting { name, .. }) = found else {
                let hint = match nearest(given, self.taken()) {
                    Some(setting) => format!("did you mean {}?", label(setting.name)),
                    None => {
                        let flags = self.with_flag().map(|setting| flag(setting.name));
                        format!("it takes {}", list(flags))
                    }
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

fn asks_for_help(arguments: &[OsString]) -> bool {
    arguments.iter().any(|argument| argument == "--help" || argument == "-h")
}

fn seconds_of(text: &str) -> Result<Duration, &'static str> {
    match Duration::try_from_secs_f64(text.parse().unwrap_or(0.0)) {
        // A deadline that is further away than a century may be beyond what `Instant` can hold.
        Ok(seconds) if !seconds.is_zero() => Ok(seconds.min(Duration::from_secs(3_000_000_000))),
        _ => Err("not a number of seconds above 0"),
    }
}

fn list(names: impl Iterator<Item = String>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// The value of a result that is right. One that is wrong ends the program with status 2.
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

#[cfg(test)]
mod tests {
    use std::{thread, time::Instant};

    use super::*;

    const TAKEN: [Takes; 4] = [
        Takes::Setting("LESSON_ECHO_ADDR"),
        Takes::Setting("LESSON_MESSAGE"),
        Takes::Setting("LESSON_TIMEOUT"),
        Takes::Setting("LESSON_SMTP_PASSWORD"),
    ];

    fn os(texts: &[&str]) -> Vec<OsString> {
        texts.iter().map(OsString::from).collect()
    }

    /// What a program takes from a `.env` in the folder above its own, its environment and its
    /// arguments; or the two lines with which it ends, in which that file is called `FILE`.
    fn read(
        env_file: impl AsRef<[u8]>,
        environment: &[(&str, &str)],
        arguments: &[&str],
    ) -> Result<Config, String> {
        let of_test = format!("settings-{}-{:?}", process::id(), thread::current().id());
        let folder = env::temp_dir().join(of_test);
        let below = folder.join("below");
        fs::create_dir_all(&below).unwrap();
        let file = folder.join(".env");
        fs::write(&file, env_file).unwrap();
        let mut config = Config::new("lesson", &TAKEN);
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        let read = config.read(&below, environment, os(arguments));
        fs::remove_dir_all(folder).unwrap();
        match read {
            Ok(()) => Ok(config),
            Err(error) => Err(format!("{error:?}").replace(file.to_str().unwrap(), "FILE")),
        }
    }

    #[track_caller]
    fn is_wrong(read: Result<Config, String>, problem: &str, hint: &str) {
        assert_eq!(read.err().unwrap(), format!("{problem}\nhint: {hint}"));
    }

    #[test]
    fn each_source_overrides_the_ones_before_it() {
        let environment: &[(&str, &str)] = &[("LESSON_MESSAGE", "environment"), ("PATH", "x")];
        for (file, environment, flags, expected) in [
            ("#LESSON_MESSAGE=x", &[][..], &[][..], "Hello, network! 你好，网络！"),
            ("LESSON_MESSAGE=file", &[], &[], "file"),
            ("LESSON_MESSAGE=file", environment, &[], "environment"),
            ("LESSON_MESSAGE=file", environment, &["--message", "flag"], "flag"),
            ("", &[], &["--message="], ""),
            ("", &[], &["--message", "-1"], "-1"),
            ("", &[], &["--message=--log"], "--log"),
        ] {
            assert_eq!(read(file, environment, flags).unwrap().text("LESSON_MESSAGE"), expected);
        }
    }

    #[test]
    fn a_wrong_line_in_the_env_file_is_named_with_the_right_one() {
        for (line, right) in [
            ("export LESSON_TIMEOUT", "LESSON_TIMEOUT=\"10\""),
            ("LESSON_MESSAGE 'a b'", "LESSON_MESSAGE=\"a b\""),
            ("LESSON_MESSAGE=\"say \\\"hi\\\"\"", "LESSON_MESSAGE='say \"hi\"'"),
            ("LESSON_MESSAGE=\"it's \\\"so\\\"\"", "LESSON_MESSAGE=it's \"so\""),
            ("LESSON-ECHO-ADDR=[::1]:7", "LESSON_ECHO_ADDR=\"[::1]:7\""),
            ("lesson_log=debug", "LESSON_LOG=\"debug\""),
            ("set LESSON_SMTP_PASSWORD=secret", "LESSON_SMTP_PASSWORD=\"****\""),
        ] {
            let read = read(format!("# first\n{line}\n"), &[], &[]);
            is_wrong(read, "line 2 of FILE is not NAME=value", &format!("write it like {right}"));
        }
        let twice = read("LESSON_LOG=off\n\nLESSON_LOG=info", &[], &[]);
        let hint = "keep one of its lines, such as LESSON_LOG=\"info\"";
        is_wrong(twice, "line 3 of FILE sets LESSON_LOG again", hint);
        let others = "OTHER=x\nexport X\n'\nlesson_count=3\nSESSION_TIMEOUT=3\n--- x\n--count 3\n\
                      X=LESSON_LOG";
        assert!(read(others, &[], &[]).is_ok());
        let gbk = "cannot read FILE: it is perhaps GBK, not UTF-8";
        is_wrong(read(b"\xc4\xe3", &[], &[]), gbk, "open it in your editor, and save it as UTF-8");
    }

    #[test]
    fn names_that_do_not_exist_are_refused() {
        let meant = "did you mean LESSON_TIMEOUT?";
        let all = "there are LESSON_ECHO_ADDR, LESSON_MESSAGE, LESSON_TIMEOUT, \
                   LESSON_SMTP_PASSWORD, LESSON_LOG";
        for (line, name, hint) in [
            // The value is not shown: the name may be meant for that of a password.
            ("LESSON_TIMOUT=x", "LESSON_TIMOUT", meant),
            ("set LESSON_TIMOUT=x", "LESSON_TIMOUT", meant),
            ("LESSON_TIMOUT x", "LESSON_TIMOUT", meant),
            ("LESSON_TIME OUT=x", "LESSON_TIME", meant),
            ("LESON_TIMEOUT=x", "LESON_TIMEOUT", meant),
            ("LESSON_TYPO=x", "LESSON_TYPO", all),
            ("LESSON_=x", "LESSON_", all),
        ] {
            let problem = format!("there is no setting {name} (from line 1 of FILE)");
            is_wrong(read(line, &[], &[]), &problem, hint);
        }
        let problem = "there is no setting LESSON_time (from the environment)";
        is_wrong(read("", &[("LESSON_time", "x")], &[]), problem, meant);
    }

    #[test]
    fn flags_that_do_not_exist_are_refused() {
        let all = "it takes --echo-addr, --message, --timeout, --log";
        let message = "did you mean --message, LESSON_MESSAGE?";
        for (wrong, hint) in [
            ("--mesage", message),
            ("--Message", message),
            ("-message", message),
            ("--lesson-message", message),
            ("--addr", "did you mean --echo-addr, LESSON_ECHO_ADDR?"),
            // A password may follow the `=`, and stand there for everybody to see.
            ("--smtp-password=x", "did you mean LESSON_SMTP_PASSWORD (no flag)?"),
            ("-m", all),
            ("hello", all),
            ("--", all),
            ("--verbose", all),
            ("--port", all),
        ] {
            let problem = format!("lesson does not take {}", wrong.trim_end_matches("=x"));
            is_wrong(read("", &[], &[wrong]), &problem, hint);
        }
        let hint = "see what it takes: cargo run -p lesson -- --help";
        for flags in [&["--timeout"][..], &["--timeout", "--log", "off"]] {
            is_wrong(read("", &[], flags), "--timeout lacks its value", hint);
        }
    }

    #[test]
    fn arguments_are_for_programs_that_take_them_and_those_of_the_tour_for_none() {
        let mut config = Config::new("lesson", &[Takes::Arguments("[FILE]...")]);
        config.read_flags(os(&["06", "--log", "off", "x"])).unwrap();
        assert_eq!(config.arguments, ["06", "x"]);
        assert_eq!(config.text("LESSON_LOG"), "off");
        for arguments in [["check", "02"], ["diff", "05"], ["06", "13"]] {
            let problem = format!("lesson does not take {}", arguments[0]);
            let hint = format!("the tour does: cargo run -p tour -- {}", arguments.join(" "));
            is_wrong(read("", &[], &arguments), &problem, &hint);
            assert_eq!(config.read_flags(os(&arguments)).is_ok(), arguments[0] == "06");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_not_utf_8_is_refused() {
        use std::os::unix::ffi::OsStringExt;

        let error = utf8(OsString::from_vec(b"--message=\xff\x1b[31m".into())).unwrap_err();
        assert_eq!(error.to_string(), "not UTF-8: --message=\u{fffd}\\u{1b}[31m");
    }

    #[test]
    fn values_are_as_they_are_meant() {
        let config =
            Config::of(&[("LESSON_TIMEOUT", "2.5"), ("LESSON_ECHO_ADDR", "127.0.0.1:7018")]);
        assert_eq!(config.bytes("LESSON_TIMEOUT", 3), b"2.5");
        assert_eq!(config.bytes("LESSON_TIMEOUT", 100), b"2.5");
        assert_eq!(config.seconds("LESSON_TIMEOUT"), Duration::from_millis(2500));
        assert_eq!(config.parsed::<f64>("LESSON_TIMEOUT"), 2.5);
        assert_eq!(config.addr("LESSON_ECHO_ADDR").to_string(), "127.0.0.1:7018");
        assert_eq!(config.peer("LESSON_ECHO_ADDR", "x").first().port(), 7018);
        for wrong in ["0", "-1", "ten", "", "NaN", "inf", "1e300", "1e-20", "10s"] {
            assert_eq!(seconds_of(wrong), Err("not a number of seconds above 0"), "{wrong}");
        }
        assert!(Instant::now().checked_add(seconds_of("1e19").unwrap()).is_some());
    }

    #[test]
    fn a_refusal_names_the_value_where_it_comes_from_and_a_right_one() {
        let long = "你".repeat(60);
        let file = format!("LESSON_TIMEOUT=ten\nLESSON_MESSAGE={long}!");
        let environment = [("LESSON_SMTP_PASSWORD", "secret")];
        let mut config = read(file, &environment, &["--echo-addr", &long]).unwrap();
        config.take("LESSON_MAIL_FROM", None);
        config.take("LESSON_MAIL_TO", None);
        config.forget_default("LESSON_MAIL_TO");
        // What somebody has set is kept.
        config.forget_default("LESSON_TIMEOUT");
        for (name, value, origin, right) in [
            ("LESSON_TIMEOUT", "ten", "line 1 of ", "a right one is LESSON_TIMEOUT=\"10\""),
            ("LESSON_MESSAGE", &format!("{long}..."), "line 2 of ", "a right one is LESSON_MESS"),
            ("LESSON_SMTP_PASSWORD", "****", "the environment", "a right one is LESSON_SMTP_PA"),
            ("LESSON_ECHO_ADDR", &long, "the flag --echo-addr", "a right one is --echo-addr \""),
            ("LESSON_LOG", "info", "the default)", "a right one is --log \"info\""),
            ("LESSON_MAIL_TO", "", "the default for another machine", "a right one is --mail-to"),
            // What has no default has no right example.
            ("LESSON_MAIL_FROM", "", "the default)", "see what it takes: cargo run -p lesson -- "),
        ] {
            let lines = format!("{:?}", config.wrong(name, "so"));
            let start = format!("{name} is \"{value}\" (from {origin}");
            let end = format!("): so\nhint: {right}");
            assert!(lines.starts_with(&start) && lines.contains(&end), "{lines}");
        }
    }

    #[test]
    fn help_shows_the_settings_and_where_they_come_from() {
        for (argument, expected) in [("--help", true), ("-h", true), ("--helpful", false)] {
            assert_eq!(asks_for_help(&os(&["--log", argument])), expected);
        }
        let taken = [Takes::WithDefault("LESSON_MESSAGE", "hi"), Takes::Arguments("[FILE]...")];
        let mut config = Config::new("lesson", &taken);
        // What is wrong with one of the sources does not hide the others.
        let environment = [("LESSON_LOG".into(), "debug".into())].into_iter();
        let _ = config.read(Path::new(""), environment, os(&["--message=ho", "--x"]));
        let help = config.help("Says hi.");
        let start = "Says hi.\n\n\
                     Usage: cargo run -p lesson -- [--FLAG VALUE]... [FILE]...\n\n  \
                     --message, LESSON_MESSAGE\n      What the client sends; ";
        assert!(help.starts_with(start), "{help}");
        for now in ["ho (from the flag --message)\n\n", "debug (from the environment)\n\n"] {
            assert!(help.contains(&format!("      now: {now}")), "{help}");
        }
        assert_eq!(help.matches("LESSON_").count(), 2);
        assert!(Config::new("lesson", &TAKEN).help("").starts_with("Usage: "));
    }
}
