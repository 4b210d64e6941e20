//! The lessons in a debugger, started as the README says, each with a real peer: `step` stays in
//! the lesson, `next` goes from one numbered step to the next, and whatever has a name can be read
//! and holds what it should.
#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use testing::{Folder, PATIENCE, Practice, Program, built, cargo, start};
use tour::lessons::{LESSONS, Lesson};

const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// More lines than `next` passes between two steps, and than `step` passes in a lesson.
const MANY: usize = 40;
const VERY_MANY: usize = 2000;

/// How one debugger is spoken to.
#[derive(Clone, Copy)]
struct Language {
    name: &'static str,
    /// Said once, before anything else.
    begin: &'static str,
    /// Prints `at`, the line and the file where the program is, and then the function.
    place: &'static str,
    /// Prints `id` and the number of the lesson's process.
    id: &'static str,
    /// Prints all that has a name here.
    locals: &'static str,
    /// Stops in a function.
    breakpoint: &'static str,
    /// Prints [`END`], in a line of its own.
    end: &'static str,
}

/// What ends each answer.
const END: &str = "-- that is all --";

const GDB: Language = Language {
    name: "gdb",
    begin: "set confirm off",
    place: "python frame = gdb.selected_frame(); where = frame.find_sal(); \
            print('at', where.line, where.symtab.fullname()); print(frame.name())",
    id: "python print('id', gdb.selected_inferior().pid)",
    locals: "python gdb.execute('info args'); gdb.execute('info locals')",
    breakpoint: "break",
    end: "echo -- that is all --\\n",
};

const LLDB: Language = Language {
    name: "lldb",
    // Each command waits until the program has stopped again.
    begin: "script lldb.debugger.SetAsync(False)",
    place: "script thread = lldb.debugger.GetSelectedTarget().process.GetSelectedThread(); \
            frame = thread.GetSelectedFrame(); where = frame.line_entry; \
            print('at', where.line, where.file.fullpath); print(frame.name); \
            print('' if frame.symbol else 'astray')",
    id: "script print('id', lldb.debugger.GetSelectedTarget().process.id)",
    locals: "frame variable",
    breakpoint: "breakpoint set --name",
    end: "script print('-- that is all --')",
};

/// What several lessons show. `{addr}` stands for the address in the settings, `{peer}` for the one
/// in the log, `{bytes}` and `{buffer}` for the message, alone and in a buffer that it does not fill.
const CONFIG: &str = "config = {LESSON_ECHO_ADDR={addr}, ";
const SERVER: &str = "server = {addr}\n";
const PEER: &str = "peer = {peer}\n";
const LENGTH: &str = "length = 34\n";
const SOCKET: &str = "socket = fd ";
const TIMEOUT: &str = "timeout = 3600 s\n";
const UNUSED: &str = r#"buffer = 65535 bytes "" {...}"#;
const BUFFER: &str = "buffer = {buffer}\n";

/// A numbered step of a lesson.
#[derive(Debug)]
struct Step {
    /// The first and the last number in its comment.
    numbers: (u32, u32),
    /// The number of its statement's line in the file.
    line: usize,
    /// The function that holds it.
    function: String,
}

/// The lines of a lesson, and its steps in the order in which they happen.
struct Source {
    lines: Vec<String>,
    steps: Vec<Step>,
}

impl Source {
    /// Reads a lesson, whose steps are numbered from 1 to `count`.
    fn read(lesson: &str, count: u32) -> Self {
        let path = format!("{WORKSPACE}/{lesson}/src/main.rs");
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<_> = text.lines().map(String::from).collect();
        let mut source = Source { lines, steps: Vec::new() };
        let mut function = String::new();
        for (index, line) in source.lines.iter().enumerate() {
            if let Some(rest) = line.strip_prefix("fn ") {
                function = rest.split('(').next().unwrap().to_string();
            }
            let text = line.trim_start();
            if text.starts_with("// Step ") || text.starts_with("// Steps ") {
                let label = text.split([':', ',']).next().unwrap();
                let words = label.split(' ').filter_map(|word| word.parse().ok());
                let numbers: Vec<u32> = words.collect();
                source.steps.push(Step {
                    numbers: (numbers[0], *numbers.last().unwrap()),
                    line: source.after(index + 1),
                    function: function.clone(),
                });
            }
        }
        // What holds several steps in functions of their own comes before these.
        let order = |step: &Step| (step.numbers.0, u32::MAX - step.numbers.1);
        source.steps.sort_by_key(order);
        let numbers = source.steps.iter().map(|step| step.numbers);
        let all: BTreeSet<u32> = numbers.flat_map(|(first, last)| first..=last).collect();
        assert_eq!(all, (1..=count).collect(), "the steps of {lesson}");
        source
    }

    /// The line, by its number.
    fn line(&self, number: usize) -> &str {
        self.lines[number - 1].trim()
    }

    /// The number of the next line with code behind this one.
    fn after(&self, number: usize) -> usize {
        let is_code = |number: &usize| {
            let line = self.line(*number);
            !line.is_empty() && !line.starts_with("//")
        };
        (number + 1..).find(is_code).unwrap()
    }

    /// The number of the next line with code behind the statement that begins here. What an
    /// `if let Err(..)` would do does not happen.
    fn after_statement(&self, number: usize) -> usize {
        let fails = self.line(number).starts_with("if let Err(");
        let ends = |number: &usize| {
            let line = self.line(*number);
            if fails { line == "}" } else { line.ends_with([';', '{', '}']) }
        };
        self.after((number..).find(ends).unwrap())
    }

    /// The names that the line gives to values.
    fn names(&self, number: usize) -> Vec<&str> {
        let line = self.line(number).strip_prefix("let ").unwrap_or_default();
        let (pattern, _) = line.split_once(" = ").unwrap_or_default();
        let words = pattern.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| !["", "mut", "_"].contains(word)).collect()
    }

    /// The names that the step gives to values, and that nothing had before it in its function.
    fn new_names(&self, step: &Step) -> Vec<&str> {
        let head = format!("fn {}(", step.function);
        let head = self.lines.iter().position(|line| line.starts_with(&head)).unwrap();
        let is_new =
            |name: &&str| !(head + 2..step.line).any(|line| self.names(line).contains(name));
        self.names(step.line).into_iter().filter(is_new).collect()
    }

    /// The function in which this one is called.
    fn caller(&self, function: &str) -> Option<&str> {
        let call = format!("{function}(");
        let is_call = |line: &String| line.contains(&call) && !line.starts_with("fn ");
        let before = &self.lines[..self.lines.iter().position(is_call)?];
        let head = before.iter().rev().find_map(|line| line.strip_prefix("fn "))?;
        head.split('(').next()
    }

    /// How to get into the function that holds the step, if it is called here, or its caller is.
    fn way_in(&self, place: Option<usize>, step: &Step) -> Option<&'static str> {
        let line = self.line(place?);
        let calls = |function: &str| line.contains(&format!("{function}("));
        let leads_there = calls(&step.function) || self.caller(&step.function).is_some_and(calls);
        let is_call = leads_there && !line.starts_with("fn ");
        // Where a thread makes the call, it stops at a breakpoint.
        let way = if line.contains("move ||") { "continue" } else { "step" };
        is_call.then_some(way)
    }
}

/// A lesson in a debugger, stopped somewhere.
struct Session {
    language: Language,
    lesson: &'static str,
    /// The number of the lesson's process.
    id: String,
    debugger: Child,
    commands: ChildStdin,
    lines: Receiver<String>,
    /// All that was said.
    said: String,
    /// The address in the lesson's settings.
    addr: String,
    /// Who asks the lesson once it listens.
    client: Option<&'static str>,
    peers: Vec<Program>,
    _practice: Option<Practice>,
    _folder: Folder,
}

impl Session {
    /// Starts the lesson with the README's command, and its other side.
    fn start(language: Language, lesson: &'static str) -> Self {
        built(lesson);
        let folder = Folder::create();
        fs::create_dir(folder.path().join("debug")).unwrap();
        for file in fs::read_dir(format!("{WORKSPACE}/debug")).unwrap() {
            let file = file.unwrap();
            let copy = folder.path().join("debug").join(file.file_name());
            // lldb may have left a folder with compiled Python.
            if file.path().is_file() {
                fs::copy(file.path(), copy).unwrap();
            }
        }

        let mut command = cargo();
        command.current_dir(folder.path());
        command.args(["run", "--quiet", "--config"]);
        command.arg(format!("debug/{}.toml", language.name));
        command.args(["--manifest-path", &format!("{WORKSPACE}/Cargo.toml")]);
        command.args(["-p", lesson]).env("LESSON_TIMEOUT", "3600");
        // Without what its user has set, and on a machine that speaks no language.
        command.env("RUST_GDB", "gdb --nx").env("LC_ALL", "C");

        let mut peers = Vec::new();
        let mut practice = None;
        let mut client = None;
        let mut addr = "127.0.0.1:0".to_string();
        match &lesson[6..8] {
            "00" => {}
            "01" | "03" => client = Some("lesson02-udp-client"),
            "04" | "09" => client = Some("lesson05-tcp-client"),
            "02" => peers.push(start(&built("lesson03-udp-loop"), &["--echo-addr", &addr])),
            "05" => {
                let arguments = ["--echo-addr", &addr, "--timeout", "3600"];
                peers.push(start(&built("lesson09-tcp-threads"), &arguments));
            }
            number => {
                let servers = Practice::start();
                if number == "13" {
                    let mut send = servers.lesson("lesson08-attachment-mail");
                    assert_eq!(Program::start(&mut send).finish().status, Some(0));
                    servers.mails("sina", "xuesheng", 1);
                }
                command.envs(servers.settings());
                practice = Some(servers);
            }
        }
        if let Some(server) = peers.first_mut() {
            addr = server.listening().to_string();
        }
        command.env("LESSON_ECHO_ADDR", &addr);

        let (output, both) = io::pipe().unwrap();
        command.stdin(Stdio::piped());
        command.stdout(both.try_clone().unwrap()).stderr(both);
        let mut debugger = command.spawn().unwrap();
        drop(command);
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut session = Session {
            language,
            lesson,
            id: String::new(),
            commands: debugger.stdin.take().unwrap(),
            debugger,
            lines,
            said: String::new(),
            addr,
            client,
            peers,
            _practice: practice,
            _folder: folder,
        };
        session.ask(language.begin);
        let answer = session.ask(language.id);
        let id = answer.lines().find_map(|line| line.rsplit_once("id "));
        session.id = id.map_or(String::new(), |(_, id)| id.trim().to_string());
        if lesson == "lesson09-tcp-threads" {
            let serve = "lesson09_tcp_threads::serve_client";
            session.ask(&format!("{} {serve}", language.breakpoint));
        }
        session
    }

    /// Gives the debugger a command, and returns its answer. Meanwhile, whoever asks the lesson may
    /// begin.
    fn ask(&mut self, command: &str) -> String {
        // If the debugger has ended, there will be no answer.
        let _ = writeln!(self.commands, "{command}\n{}", self.language.end);
        let limit = Instant::now() + PATIENCE;
        let mut answer = String::new();
        loop {
            let Ok(line) = self.lines.recv_timeout(limit - Instant::now()) else {
                panic!("{command:?} is not answered:\n{}", self.said);
            };
            self.said += &format!("{line}\n");
            if line.ends_with(END) {
                return answer;
            }
            let listening = line.split_once("listening on ");
            let addr = listening.map_or("", |(_, addr)| addr.trim());
            if addr.parse::<SocketAddr>().is_ok()
                && let Some(client) = self.client.take()
            {
                let arguments = ["--echo-addr", addr, "--timeout", "3600"];
                self.peers.push(start(&built(client), &arguments));
            }
            answer += &format!("{line}\n");
        }
    }

    /// The line of `main.rs` where the program is; nothing if it is in another file of the lesson, or
    /// in a closure.
    #[track_caller]
    fn place(&mut self) -> Option<usize> {
        let mut answer = self.ask(self.language.place);
        // Of a library's function that begins with inlined code lldb knows no symbol here, and does
        // not pass over it: the guide's way back.
        if answer.lines().any(|line| line == "astray") {
            self.ask("finish");
            answer = self.ask(self.language.place);
        }
        let place = answer.lines().find_map(|line| {
            let (_, place) = line.split_once("at ")?;
            let (number, path) = place.trim().split_once(' ')?;
            Some((PathBuf::from(path), number.parse().ok()?))
        });
        let (path, number) = place.unwrap_or_default();
        let source = Path::new(WORKSPACE).join(self.lesson).join("src");
        let source = source.canonicalize().unwrap();
        let path = path.canonicalize().unwrap_or_default();
        let is_inside = path.starts_with(&source);
        assert!(is_inside, "not in the lesson: {answer}\n{}", self.said);
        // What the compiler adds by itself has the line 0; a closure shares a line with its function.
        let is_main = path == source.join("main.rs") && number > 0 && !answer.contains("closure");
        is_main.then_some(number)
    }

    /// Expects that all that has a name can be read, and of this also what it holds: a name, a
    /// value, or both.
    #[track_caller]
    fn shows(&mut self, expected: &[String]) -> String {
        let answer = self.ask(self.language.locals);
        for shown in expected {
            assert!(answer.contains(shown), "no {shown:?}: {answer}\n{}", self.said);
        }
        for bad in [
            "<optimized out>",
            "not available",
            "<unavailable>",
            "<error",
            "Cannot access memory",
            "Traceback",
            "Python Exception",
            // The password.
            "\"practice\"",
            "=practice,",
        ] {
            assert!(!answer.contains(bad), "{bad}: {answer}\n{}", self.said);
        }
        answer
    }

    /// What the lesson shows at this step, or when it is done.
    fn truth(&self, step: u32, is_done: bool) -> Vec<String> {
        let shown: &[&str] = match (&self.lesson[6..8], step, is_done) {
            ("00", 2, false) => &[r#"text = "127.0.0.1:7007""#, "ip = 127.0.0.1\n"],
            ("00", 3, false) => &[r#"version = "IPv4""#, r#"class = "A""#, r#"kind = "loopback""#],
            ("00", 3, true) => &[r#"range = "registered""#],
            ("01" | "03" | "04" | "09", 1, false) => &[CONFIG, "addr = {addr}\n"],
            ("01" | "03", 3, false) => &[UNUSED],
            ("01" | "03", 4, _) => &[PEER, LENGTH, "datagram = {bytes}\n", BUFFER],
            ("02", 1 | 2, _) | ("05", 1 | 3, _) => &[CONFIG, SERVER, "message = {bytes}\n"],
            ("02", 3, false) => &[SERVER, SOCKET, TIMEOUT, UNUSED],
            ("02", 3, true) => &[SERVER, SOCKET, TIMEOUT, LENGTH, BUFFER],
            ("04" | "09", 5, false) => &[PEER, UNUSED],
            ("04" | "09", 6, _) => &[PEER, LENGTH, BUFFER],
            ("04" | "09", 7, false) => &["stream = fd ", PEER],
            ("04" | "09", 7, true) => &[PEER],
            ("05", 4, false) => &[SERVER, SOCKET, TIMEOUT],
            ("05", 4, true) => &[SERVER, SOCKET, LENGTH, BUFFER],
            ("05", 5, _) => &[SERVER, "answer = {bytes}\n"],
            ("06" | "07" | "08" | "12", 2.., _) => {
                &["From: laoshi@qq.example", "To: xuesheng@sina.example"]
            }
            ("11", 2.., _) => {
                &["From: 王老师 <laoshi@qq.example>", "To: 学生 <xuesheng@sina.example>"]
            }
            ("10", ..) => &[r#"dir = "pub""#, r#"file = "readme.txt""#],
            ("13", 4.., _) => &["count = 1\n"],
            _ => &[],
        };
        let text = "Hello, network! 你好，网络！";
        let numbers: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
        let bytes = format!("\"{text}\" {{{}", numbers.join(", "));
        let peer = self.logged(" from ").or(self.logged("accepted "));
        let filled = |shown: &&str| {
            shown
                .replace("{addr}", &self.addr)
                .replace("{peer}", &peer.map_or(String::new(), |addr| addr.to_string()))
                .replace("{bytes}", &format!("34 bytes {bytes}}}"))
                .replace("{buffer}", &format!("65535 bytes {bytes}, ...}}"))
        };
        shown.iter().map(filled).collect()
    }

    /// The last address in the log behind these words.
    fn logged(&self, words: &str) -> Option<SocketAddr> {
        let lines = self.said.lines().rev();
        lines
            .filter_map(|line| line.split_once(words))
            .find_map(|(_, addr)| addr.trim().parse().ok())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A debugger that waits for the lesson reads nothing, and lldb would leave it behind.
        let _ = Command::new("kill").args(["-KILL", &self.id]).status();
        let _ = writeln!(self.commands, "kill\nquit");
        let limit = Instant::now() + PATIENCE;
        while let Ok(_line) = self.lines.recv_timeout(limit - Instant::now()) {}
        let _ = self.debugger.kill();
        let _ = self.debugger.wait();
    }
}

/// `next` leads from a step to the next statement, and on to the next step; where that lies in a
/// function of its own, `step` leads into it, or a breakpoint where that is a thread.
fn next_goes_from_step_to_step(language: Language) {
    for Lesson { package: lesson, steps: count, .. } in LESSONS {
        let source = Source::read(lesson, *count);
        let mut session = Session::start(language, lesson);
        let mut place = session.place();
        assert_eq!(place, Some(source.steps[0].line), "{}", session.said);
        for (index, step) in source.steps.iter().enumerate() {
            for _ in 0..MANY {
                if source.steps[index..].iter().any(|step| place == Some(step.line)) {
                    break;
                }
                session.ask(source.way_in(place, step).unwrap_or("next"));
                place = session.place();
            }
            assert_eq!(place, Some(step.line), "{lesson} misses {step:?}:\n{}", session.said);
            let answer = session.shows(&session.truth(step.numbers.0, false));
            for name in source.new_names(step) {
                let shown = [format!("\n{name} = "), format!(") {name} = ")];
                let is_shown = shown.iter().any(|shown| answer.contains(shown));
                assert!(!is_shown, "{name} before {step:?}: {answer}\n{}", session.said);
            }

            // A step that holds the next one is entered; from any other, `next` leads on.
            let holds = |next| source.way_in(place, next).is_some();
            if !source.steps.get(index + 1).is_some_and(holds) {
                session.ask("next");
                // A line with `?` may stop twice.
                if session.place() == Some(step.line) {
                    session.ask("next");
                }
                place = session.place();
                let next = source.after_statement(step.line);
                assert_eq!(place, Some(next), "{lesson}, from {step:?}:\n{}", session.said);
                let names = source.names(step.line).into_iter().map(|name| format!("{name} = "));
                session.shows(&[session.truth(step.numbers.0, true), names.collect()].concat());
            }
        }
    }
}

/// `step`, again and again, comes to each step in its order, and to nothing that is not the
/// lesson's own.
fn step_stays_in_the_lesson(language: Language) {
    for Lesson { package: lesson, steps: count, .. } in LESSONS {
        let source = Source::read(lesson, *count);
        let mut session = Session::start(language, lesson);
        let mut rest = source.steps.as_slice();
        for _ in 0..VERY_MANY {
            let place = session.place();
            let found = rest.iter().position(|step| place == Some(step.line));
            if let Some(index) = found {
                assert_eq!(index, 0, "{lesson} misses {:?}:\n{}", rest[0], session.said);
                rest = &rest[1..];
            }
            let Some(next) = rest.first() else {
                break;
            };
            let way_in = source.way_in(place, next);
            session.ask(way_in.unwrap_or("step"));
        }
        assert!(rest.is_empty(), "{lesson} misses {:?}:\n{}", rest[0], session.said);
    }
}

/// A mail's sender shows as one writes it, and as nothing else once it has been moved away.
fn a_mailbox_shows_while_it_is_there(language: Language) {
    let mut session = Session::start(language, "lesson11-headers-mail");
    session.ask("step");
    let source = Source::read("lesson11-headers-mail", 5);
    let line = |text| 1 + source.lines.iter().position(|line| line.trim() == text).unwrap();
    for (number, from) in [
        (line(".from(from)"), "王老师 <laoshi@qq.example>"),
        (line(".subject(\"你好：一封有抄送的邮件\")"), "moved away"),
    ] {
        for _ in 0..MANY {
            if session.place() == Some(number) {
                break;
            }
            session.ask("next");
        }
        assert_eq!(session.place(), Some(number), "{}", session.said);
        session.shows(&[format!("from = {from}\n")]);
    }
}

#[test]
fn the_steps_of_each_lesson_are_numbered() {
    for Lesson { package: lesson, steps: count, .. } in LESSONS {
        Source::read(lesson, *count);
    }
}

#[test]
#[ignore = "needs rust-gdb"]
fn next_goes_from_step_to_step_in_gdb() {
    next_goes_from_step_to_step(GDB);
}

#[test]
#[ignore = "needs rust-lldb"]
fn next_goes_from_step_to_step_in_lldb() {
    next_goes_from_step_to_step(LLDB);
}

#[test]
#[ignore = "needs rust-gdb"]
fn a_mailbox_shows_while_it_is_there_in_gdb() {
    a_mailbox_shows_while_it_is_there(GDB);
}

#[test]
#[ignore = "needs rust-lldb"]
fn a_mailbox_shows_while_it_is_there_in_lldb() {
    a_mailbox_shows_while_it_is_there(LLDB);
}

#[test]
#[ignore = "needs rust-gdb"]
fn step_stays_in_the_lesson_in_gdb() {
    step_stays_in_the_lesson(GDB);
}

#[test]
#[ignore = "needs rust-lldb"]
fn step_stays_in_the_lesson_in_lldb() {
    step_stays_in_the_lesson(LLDB);
}
