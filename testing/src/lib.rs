//! What the tests share: runs a program in a folder of its own, waits for what it logs, and gathers
//! what it says.

pub mod exercise;
mod ftp;
mod lines;
mod practice;
mod server;
mod transcript;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::path::{MAIN_SEPARATOR_STR, Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

pub use events::{Event, Kind};

pub use ftp::Ftp;
pub use lines::{come_in_order, handed_in, polite_smtp, pop3_lines, talk};
pub use practice::Practice;
pub use server::Server;
pub use transcript::{logged, told};

/// How long a test waits before it gives up: far longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A folder for one test, removed with all that is in it when dropped. It holds a `.env`, empty at
/// first, so that no other one has a say.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes a new folder among the system's temporary files.
    pub fn create() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("lesson-test-{}-{count}", process::id());
            let path = env::temp_dir().join(name);
            let created = fs::create_dir(&path);
            // A killed process that had the same number may have left such a folder.
            if created.as_ref().is_err_and(|error| error.kind() == ErrorKind::AlreadyExists) {
                continue;
            }
            succeed("create a folder", created);
            let folder = Folder(path);
            folder.write(".env", "");
            return folder;
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, text: &str) {
        succeed(name, fs::write(self.0.join(name), text));
    }

    /// The names of what lies in one of its folders, each with its bytes. Where there is no such
    /// folder, there is nothing, and a folder in it has no bytes.
    pub fn files(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = Vec::new();
        for entry in fs::read_dir(self.0.join(folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            files.push((name, fs::read(entry.path()).unwrap_or_default()));
        }
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A path in which `/` stands between the names, as this system writes it.
pub fn native(path: &str) -> String {
    path.replace('/', MAIN_SEPARATOR_STR)
}

/// A command that runs the program `exe` with default settings: in `folder`, and without the
/// `LESSON_` variables of whoever runs the tests. What it logs are events.
pub fn command(exe: &str, folder: &Folder) -> Command {
    let mut command = command_without(exe, &["LESSON_"]);
    command.current_dir(folder.path()).env("LESSON_LOG", "json");
    command
}

/// Cargo, without the `LESSON_` variables of whoever runs the tests, and without what it has told
/// this test: that would make other packages that look at it be compiled anew.
pub fn cargo() -> Command {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    command_without(&cargo, &["LESSON_", "CARGO_PKG_", "CARGO_MANIFEST_"])
}

/// A command that gets none of the variables whose names begin with one of these.
fn command_without(exe: &str, starts: &[&str]) -> Command {
    mention_changes();
    let mut command = Command::new(exe);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if starts.iter().any(|start| text.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}

/// What git says in the folder of the workspace; nothing if it cannot say it.
fn git(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = Command::new("git").current_dir(root).args(arguments).output();
    let output = output.ok().filter(|output| output.status.success());
    output.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The source files of a lesson, by their names, as they were committed last. Where git cannot say
/// how, as they are.
pub fn as_committed(package: &str) -> Vec<(String, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src");
    let mut files = Vec::new();
    for file in succeed("read the lesson", fs::read_dir(source)).flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let mut text = git(&["show", &format!("HEAD:{package}/src/{name}")]);
        if text.is_empty() {
            text = succeed("read the lesson", fs::read_to_string(file.path()));
        }
        files.push((name, text));
    }
    files
}

/// Says which lessons have been changed, before a test fails because of that. A test that fails
/// shows it; of one that passes nobody sees it.
#[expect(clippy::print_stderr, reason = "a test shows it when it fails, and only then")]
fn mention_changes() {
    static CHANGED: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
        let files = git(&["diff", "--name-only", "HEAD", "--", "lesson*/src/*"]);
        files.lines().filter_map(|file| Some(file.split_once('/')?.0.to_string())).collect()
    });
    thread_local!(static IS_SAID: Cell<bool> = Cell::default());
    if IS_SAID.replace(true) {
        return;
    }
    for package in CHANGED.iter() {
        let number = package["lesson".len()..].split('-').next().unwrap_or_default();
        eprintln!("lesson {number} is not as it came: git restore {package}");
    }
}

/// Builds the program of another package of this workspace, in the profile of the test that asks
/// for it, and returns its path.
pub fn built(package: &str) -> String {
    build(package, "--bin", package, "")
}

/// The same for the bare program of a lesson.
pub fn built_bare(lesson: &str) -> String {
    let (number, _) = lesson.split_once('-').unwrap_or((lesson, ""));
    build(lesson, "--example", &format!("{number}-bare"), "examples")
}

/// Builds a program of a package, which is of the kind `--bin` or `--example`, and returns its
/// path. Examples lie in a folder `below` that of the other programs.
fn build(package: &str, kind: &str, name: &str, below: &str) -> String {
    // The test itself lies in `deps`, beside the programs, in a folder that is called as its
    // profile.
    let test = succeed("find this test", env::current_exe());
    let folder = test.ancestors().nth(2).unwrap_or(&test);
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => "dev",
        Some(profile) => profile,
    };
    let mut build = cargo();
    build.args(["build", "--quiet", "--profile", profile, "-p", package, kind, name]);
    let status = succeed("run cargo build", build.status());
    assert!(status.success(), "{name} cannot be built");
    folder.join(below).join(format!("{name}{}", env::consts::EXE_SUFFIX)).display().to_string()
}

/// Starts the program `exe` with `arguments` and default settings, in a folder of its own.
pub fn start(exe: &str, arguments: &[&str]) -> Program {
    let folder = Folder::create();
    let mut program = Program::start(command(exe, &folder).args(arguments));
    program._folder = Some(folder);
    program
}

/// The same, to its end.
pub fn run(exe: &str, arguments: &[&str]) -> Ended {
    start(exe, arguments).finish()
}

/// Starts a server on any port, with these further arguments, and waits until it listens.
pub fn serve(exe: &str, arguments: &[&str]) -> (Program, SocketAddr) {
    let mut server = start(exe, &[&["--echo-addr", "127.0.0.1:0"], arguments].concat());
    let addr = server.listening();
    (server, addr)
}

/// The same for a server that may have so many files open: three standard ones, its listener, and
/// its clients.
#[cfg(unix)]
pub fn serve_with_files(exe: &str, most: u32) -> (Program, SocketAddr) {
    let script = format!("ulimit -n {most}; exec '{exe}' --echo-addr 127.0.0.1:0 --timeout 3600");
    let mut server = start("sh", &["-c", &script]);
    let addr = server.listening();
    (server, addr)
}

/// Expects that something failed on the way: status 1, one line that says `why`, and one with a
/// `hint`.
#[track_caller]
pub fn fails(ended: &Ended, why: &str, hint: &str) {
    ends_with(ended, 1, why, hint);
}

/// Expects that a setting is wrong: status 2, one line that says `why`, and one with a `hint`.
#[track_caller]
pub fn refuses(ended: &Ended, why: &str, hint: &str) {
    ends_with(ended, 2, why, hint);
}

#[track_caller]
fn ends_with(ended: &Ended, status: i32, why: &str, hint: &str) {
    assert_eq!(ended.status, Some(status), "{ended:?}");
    let mut lines = ended.stderr.lines().rev();
    let said = lines.next().and_then(|line| line.strip_prefix("hint: "));
    let problem = lines.next().and_then(|line| line.strip_prefix("Error: "));
    assert!(problem.is_some_and(|problem| problem.contains(why)), "not {why:?}: {ended:?}");
    assert!(said.is_some_and(|said| said.contains(hint)), "not {hint:?}: {ended:?}");
}

/// A running program, killed when dropped.
pub struct Program {
    child: Child,
    lines: Receiver<Line>,
    stderr: String,
    stdout: Option<JoinHandle<String>>,
    /// How it has ended, once that is known.
    ended: Option<Ended>,
    _folder: Option<Folder>,
}

/// How a program ended, and all that it wrote.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The exit status; none when a signal ended the program.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error, its events as people read them.
    pub stderr: String,
}

/// A line on standard error.
struct Line {
    event: Option<Event>,
    /// The line, of an event as people read it.
    text: String,
}

impl Line {
    fn read(line: String) -> Self {
        let event = Event::parse(&line);
        let text = match &event {
            Some(event) => format!("{:.3} {}: {}", event.seconds, event.program, event.text),
            None => line,
        };
        Line { event, text }
    }
}

impl Program {
    /// Starts the program with no standard input.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = succeed("start the program", command.spawn());
        let (sender, lines) = channel();
        if let Some(stderr) = child.stderr.take() {
            thread::spawn(move || {
                for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                    let _ = sender.send(Line::read(line));
                }
            });
        }
        let stdout = child.stdout.take().map(|mut stdout| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let _ = stdout.read_to_end(&mut bytes);
                String::from_utf8_lossy(&bytes).into_owned()
            })
        });
        Program { child, lines, stderr: String::new(), stdout, ended: None, _folder: None }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until the program listens, and tells where.
    pub fn listening(&mut self) -> SocketAddr {
        let event = self.event(|event| event.kind == Kind::Listening);
        event.addr().unwrap_or_else(|| panic!("no address in {event:?}"))
    }

    /// Waits for the next event that `fits`.
    pub fn event(&mut self, fits: impl Fn(&Event) -> bool) -> Event {
        let event = self.find(PATIENCE, |line| line.event.filter(&fits));
        event.unwrap_or_else(|| panic!("no such event, but:\n{}", self.stderr))
    }

    /// Waits for the next line on standard error that holds `text`.
    pub fn logged(&mut self, text: &str) -> String {
        let line = self.logs(|line| line.contains(text), PATIENCE);
        line.unwrap_or_else(|| panic!("not logged: {text:?}; but:\n{}", self.stderr))
    }

    /// Waits for the next line on standard error that `fits`, so long at most.
    pub fn logs(&mut self, fits: impl Fn(&str) -> bool, patience: Duration) -> Option<String> {
        self.find(patience, |line| fits(&line.text).then_some(line.text))
    }

    /// Waits for the next line on standard error in which something is found, so long at most.
    fn find<T>(&mut self, patience: Duration, find: impl Fn(Line) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + patience;
        loop {
            let line = self.next(deadline).ok()?;
            if let Some(found) = find(line) {
                return Some(found);
            }
        }
    }

    /// The next line on standard error, and what it says.
    fn next(&mut self, deadline: Instant) -> Result<Line, RecvTimeoutError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(RecvTimeoutError::Timeout);
        }
        let line = self.lines.recv_timeout(left)?;
        self.stderr += &format!("{}\n", line.text);
        Ok(line)
    }

    /// Waits until the program ends.
    pub fn finish(mut self) -> Ended {
        let ended = self.ends(PATIENCE);
        ended.unwrap_or_else(|| panic!("does not end:\n{}", self.stderr))
    }

    /// Waits until the program ends, so long at most.
    pub fn ends(&mut self, patience: Duration) -> Option<Ended> {
        let deadline = Instant::now() + patience;
        while self.ended.is_none() {
            match self.next(deadline) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => {
                    let status = succeed("wait for the program", self.child.wait()).code();
                    let stdout = self.stdout.take().and_then(|thread| thread.join().ok());
                    let stdout = stdout.unwrap_or_default();
                    self.ended = Some(Ended { status, stdout, stderr: self.stderr.clone() });
                }
            }
        }
        self.ended.clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The most bytes that one datagram carries here; macOS lets a program send no more than this.
pub const LARGEST_DATAGRAM: usize = if cfg!(target_os = "macos") { 9_216 } else { 65_507 };

/// A plain UDP socket on this machine that talks to `server` alone.
pub fn udp_peer(server: SocketAddr) -> UdpSocket {
    let any = if server.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
    let socket = succeed("bind a socket", UdpSocket::bind(any));
    succeed("set a time-out", socket.set_read_timeout(Some(PATIENCE)));
    succeed("connect", socket.connect(server));
    socket
}

/// Sends a datagram and expects it back.
#[track_caller]
pub fn datagram_is_echoed(datagram: &[u8], peer: &UdpSocket) {
    succeed("send", peer.send(datagram));
    let mut answer = vec![0; 65_535];
    let length = succeed("receive", shared::wait(|| peer.recv(&mut answer)));
    assert!(answer[..length] == *datagram, "{length} bytes came back, or others");
}

/// A plain TCP stream to `server`.
pub fn tcp_peer(server: SocketAddr) -> TcpStream {
    let stream = succeed("connect", TcpStream::connect(server));
    succeed("set a time-out", stream.set_read_timeout(Some(PATIENCE)));
    succeed("set a time-out", stream.set_write_timeout(Some(PATIENCE)));
    stream
}

/// Sends `bytes` and expects them back while the sending side stays open.
#[track_caller]
pub fn bytes_are_echoed(bytes: &[u8], stream: &mut TcpStream) {
    succeed("send", stream.write_all(bytes));
    let mut answer = vec![0; bytes.len()];
    succeed("receive", stream.read_exact(&mut answer));
    assert!(answer == bytes, "other bytes came back");
}

/// Sends a long stream, a megabyte of the numbers up to `most` again and again, and expects it
/// back.
#[track_caller]
pub fn long_stream_is_echoed(server: SocketAddr, most: u8) {
    let bytes: Vec<u8> = (0..=most).cycle().take(1 << 20).collect();
    let mut stream = tcp_peer(server);
    let mut sender = succeed("copy", stream.try_clone());
    let mut answer = Vec::new();
    // Whoever sends it all before reading would wait forever: the buffers between the two are full.
    thread::scope(|scope| {
        scope.spawn(|| {
            succeed("send", sender.write_all(&bytes));
            succeed("end", sender.shutdown(Shutdown::Write));
        });
        succeed("receive", stream.read_to_end(&mut answer));
    });
    assert!(answer == bytes, "{} bytes came back, or others", answer.len());
}

/// Breaks a connection off: a stream that is closed with bytes unread is reset (RFC 2525 section
/// 2.17).
pub fn break_off(mut stream: TcpStream) {
    let _ = stream.write_all(&[b'x'; 100_000]);
    let _ = stream.peek(&mut [0]);
}

/// Expects that the other side closes the stream, whether in order or not.
#[track_caller]
pub fn is_closed(stream: &mut TcpStream) {
    match shared::wait(|| stream.read(&mut [0])) {
        Ok(length) => assert_eq!(length, 0, "the other side sends more"),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

#[track_caller]
fn succeed<T>(what: &str, result: std::io::Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{what}: {error}"))
}
