//! A lesson in a debugger, with its other side.

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

use testing::{Folder, PATIENCE, Practice, Program, built, cargo, command};
use tour::lessons::{Lesson, Server, workspace};

/// How one debugger is spoken to.
#[derive(Clone, Copy)]
pub struct Language {
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

pub const GDB: Language = Language {
    name: "gdb",
    begin: "set confirm off",
    place: "python frame = gdb.selected_frame(); where = frame.find_sal(); \
            print('at', where.line, where.symtab.fullname()); print(frame.name())",
    id: "python print('id', gdb.selected_inferior().pid)",
    locals: "python gdb.execute('info args'); gdb.execute('info locals')",
    breakpoint: "break",
    end: "echo -- that is all --\\n",
};

pub const LLDB: Language = Language {
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

/// A lesson in a debugger, stopped somewhere.
pub struct Session {
    language: Language,
    pub lesson: &'static str,
    /// The number of the lesson's process.
    id: String,
    debugger: Child,
    commands: ChildStdin,
    lines: Receiver<String>,
    /// All that was said.
    pub said: String,
    /// The address in the lesson's settings.
    pub addr: String,
    /// Who asks the lesson once it listens.
    client: Option<&'static str>,
    peers: Vec<Program>,
    _practice: Option<Practice>,
    folder: Folder,
}

impl Session {
    /// Starts the lesson with the README's command, and its other side.
    pub fn start(language: Language, lesson: &'static Lesson) -> Self {
        let package = lesson.package;
        built(package);
        let folder = Folder::create();
        let mut copy = Command::new("cp");
        copy.arg("-r").arg(workspace().join("debug")).arg(folder.path());
        assert!(copy.status().unwrap().success());

        let mut command = cargo();
        command.current_dir(folder.path());
        command.args(["run", "--quiet", "--config"]);
        command.arg(format!("debug/{}.toml", language.name));
        command.arg("--manifest-path").arg(workspace().join("Cargo.toml"));
        command.args(["-p", package]).env("LESSON_TIMEOUT", "3600");
        // Without what its user has set, and on a machine that speaks no language.
        command.env("RUST_GDB", "gdb --nx").env("LC_ALL", "C");

        let mut peers = Vec::new();
        let mut practice = None;
        let mut addr = "127.0.0.1:0".to_string();
        let is_server = lesson.server.package() == Some(package);
        let client = is_server.then(|| lesson.clients[0].package);
        if let Some(server) = lesson.server.package().filter(|server| *server != package) {
            let mut server = other_side(server, &addr, &folder);
            addr = server.listening().to_string();
            peers.push(server);
        } else if let Server::Practice = lesson.server {
            let servers = Practice::start();
            if package == "lesson13-pop3-mail" {
                let mut send = servers.lesson("lesson08-attachment-mail");
                assert_eq!(Program::start(&mut send).finish().status, Some(0));
                servers.mails("sina", "xuesheng", 1);
            }
            command.envs(servers.settings());
            practice = Some(servers);
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
            lesson: package,
            id: String::new(),
            commands: debugger.stdin.take().unwrap(),
            debugger,
            lines,
            said: String::new(),
            addr,
            client,
            peers,
            _practice: practice,
            folder,
        };
        session.ask(language.begin);
        let answer = session.ask(language.id);
        let id = answer.lines().find_map(|line| line.rsplit_once("id "));
        session.id = id.map_or(String::new(), |(_, id)| id.trim().to_string());
        if package == "lesson09-tcp-threads" {
            let serve = "lesson09_tcp_threads::serve_client";
            session.ask(&format!("{} {serve}", language.breakpoint));
        }
        session
    }

    /// Gives the debugger a command, and returns its answer. Meanwhile, whoever asks the lesson may
    /// begin.
    pub fn ask(&mut self, command: &str) -> String {
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
                self.peers.push(other_side(client, addr, &self.folder));
            }
            answer += &format!("{line}\n");
        }
    }

    /// The line of `main.rs` where the program is; nothing if it is in another file of the lesson,
    /// or in a closure.
    #[track_caller]
    pub fn place(&mut self) -> Option<usize> {
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
        let source = workspace().join(self.lesson).join("src");
        let source = source.canonicalize().unwrap();
        let path = path.canonicalize().unwrap_or_default();
        let is_inside = path.starts_with(&source);
        assert!(is_inside, "not in the lesson: {answer}\n{}", self.said);
        // What the compiler adds by itself has the line 0; a closure shares a line with its
        // function.
        let is_main = path == source.join("main.rs") && number > 0 && !answer.contains("closure");
        is_main.then_some(number)
    }

    /// Expects that all that has a name can be read, and of this also what it holds: a name, a
    /// value, or both.
    #[track_caller]
    pub fn shows(&mut self, expected: &[String]) -> String {
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

    /// The last address in the log behind these words.
    pub fn logged(&self, words: &str) -> Option<SocketAddr> {
        let lines = self.said.lines().rev();
        lines
            .filter_map(|line| line.split_once(words))
            .find_map(|(_, addr)| addr.trim().parse().ok())
    }
}

/// Starts the other side of a lesson. A debugger may keep it waiting for long.
fn other_side(package: &str, addr: &str, folder: &Folder) -> Program {
    let mut program = command(&built(package), folder);
    Program::start(program.env("LESSON_ECHO_ADDR", addr).env("LESSON_TIMEOUT", "3600"))
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
