//! The table of the lessons: a lesson to come is one more entry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use shared::{Error, Result};

use events::Kind;

/// A lesson, and how it is played.
pub struct Lesson {
    /// The name of its package and of its program.
    pub package: &'static str,
    /// How many numbered steps it has.
    pub steps: u32,
    /// The lesson that it is to be compared with; the first of a kind has none.
    pub parent: Option<Parent>,
    /// The program that is started first.
    pub server: Server,
    /// The programs that are run then.
    pub clients: &'static [Client],
    /// Whether these run all at once, not one after another.
    pub at_once: bool,
    /// Whether a client comes before them that connects and says nothing.
    pub has_silent_client: bool,
}

/// The lesson that another one is to be compared with.
pub struct Parent {
    /// Its number.
    pub number: &'static str,
    /// How many lines differ at most, the header aside: those that are taught.
    pub lines: usize,
}

/// The server of a lesson, by the name of its package: the lesson itself, or its other side.
pub enum Server {
    /// The lesson needs none.
    None,
    /// It serves one client and ends.
    Once(&'static str),
    /// It serves forever.
    Forever {
        /// The name of its package.
        package: &'static str,
        /// What it logs last about each client.
        last: Kind,
    },
    /// The practice servers, which run inside the tour.
    Practice,
}

impl Server {
    /// The package of the program that is started, if one is.
    pub fn package(&self) -> Option<&'static str> {
        match self {
            Server::Once(package) | Server::Forever { package, .. } => Some(package),
            Server::None | Server::Practice => None,
        }
    }
}

/// A program that runs to its end.
pub struct Client {
    /// The name of its package.
    pub package: &'static str,
    /// What stands behind `--` on its command line.
    pub arguments: &'static [&'static str],
    /// A password, which is a variable's name and its value, and no argument.
    pub password: Option<(&'static str, &'static str)>,
    /// What has to occur in its standard output.
    pub prints: &'static str,
}

impl Lesson {
    /// Its two digits.
    pub fn number(&self) -> &'static str {
        &self.package["lesson".len()..][..2]
    }

    /// The lesson that a learner means by `03`, `3`, `lesson03` or `lesson03-udp-loop`.
    pub fn find(name: &str) -> Option<&'static Lesson> {
        let name = name.trim_end_matches(['/', '\\']);
        let number = name.strip_prefix("lesson").unwrap_or(name);
        let is_meant = |lesson: &&Lesson| {
            lesson.package == name
                || lesson.number() == number
                || lesson.number().strip_prefix('0') == Some(number)
        };
        LESSONS.iter().find(is_meant)
    }

    /// The lessons that a learner names so.
    ///
    /// # Errors
    /// There is no such lesson, or one is named twice.
    pub fn choose(names: &[&str]) -> Result<Vec<&'static Lesson>> {
        let mut lessons: Vec<&Lesson> = Vec::new();
        for name in names {
            let Some(lesson) = Lesson::find(name) else {
                let numbers: Vec<_> = LESSONS.iter().map(Lesson::number).collect();
                let hint = format!("there are {}; or see cargo run -- --help", numbers.join(" "));
                return Err(Error::new(format!("there is no lesson {name}"), hint));
            };
            let number = lesson.number();
            if lessons.iter().any(|other| other.number() == number) {
                let hint =
                    format!("name it once; an exercise is named so: cargo run -- check {number} 2");
                return Err(Error::new(format!("lesson {number} is named twice"), hint));
            }
            lessons.push(lesson);
        }
        Ok(lessons)
    }

    /// The lesson that it is to be compared with.
    pub fn find_parent(&self) -> Option<&'static Lesson> {
        Lesson::find(self.parent.as_ref()?.number)
    }

    /// The packages of the programs that play it.
    pub fn packages(&self) -> impl Iterator<Item = &'static str> {
        self.server.package().into_iter().chain(self.clients.iter().map(|client| client.package))
    }

    /// The folder of its package.
    pub fn folder(&self) -> PathBuf {
        workspace().join(self.package)
    }

    /// Its bare program: the shortest one of the same purpose.
    pub fn bare(&self) -> PathBuf {
        self.folder().join("examples").join(format!("lesson{}-bare.rs", self.number()))
    }

    /// What its README says of each of its exercises, in their order: its name, a line, and all
    /// below it.
    ///
    /// # Errors
    /// The README cannot be read.
    pub fn exercises(&self) -> io::Result<Vec<String>> {
        let readme = fs::read_to_string(self.folder().join("README.md"))?;
        let sections = readme.split("\n### ").map(|section| section.split_once(". "));
        let exercises = sections.flatten().filter(|(number, _)| number.parse::<usize>().is_ok());
        Ok(exercises.map(|(_, text)| text.to_string()).collect())
    }

    /// The files of the solution of an exercise, each behind the file of the lesson whose place it
    /// takes: one file, or a folder if it changes more than `main.rs`.
    ///
    /// # Errors
    /// There is no such solution.
    pub fn solution(&self, exercise: usize) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let source = self.folder().join("src");
        let name = format!("lesson{}-exercise{exercise}", self.number());
        let solution = self.folder().join("examples").join(name);
        let file = solution.with_extension("rs");
        if file.is_file() {
            return Ok(vec![(source.join("main.rs"), file)]);
        }
        let mut files = Vec::new();
        for entry in fs::read_dir(solution)? {
            let file = entry?;
            files.push((source.join(file.file_name()), file.path()));
        }
        files.sort();
        Ok(files)
    }

    /// What the lesson is, as the first line of its source says, without the case and the full
    /// stop.
    ///
    /// # Errors
    /// The source cannot be read.
    pub fn purpose(&self) -> io::Result<String> {
        let source = fs::read_to_string(self.folder().join("src").join("main.rs"))?;
        let first = source.lines().next().unwrap_or_default().trim_start_matches("//! ");
        let purpose = first.split_once(" (").map_or(first, |(purpose, _)| purpose);
        Ok(purpose.trim_end_matches('.').to_string())
    }
}

/// `lesson04`, from `lesson04-tcp-server`.
pub fn short(package: &str) -> &str {
    package.split_once('-').map_or(package, |(short, _rest)| short)
}

/// The folder that holds the lessons.
pub fn workspace() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// The UDP server that serves one client.
const UDP_ONCE: Server = Server::Once("lesson01-udp-server");

/// The UDP server that serves forever.
const UDP_LOOP: Server = Server::Forever { package: "lesson03-udp-loop", last: Kind::Sent };

/// The TCP server that serves one client after another.
const TCP: Server = Server::Forever { package: "lesson04-tcp-server", last: Kind::Closed };

/// The TCP server that serves many clients at once.
const TCP_THREADS: Server = Server::Forever { package: "lesson09-tcp-threads", last: Kind::Closed };

const GREETING: &str = "Hello, network! 你好，网络！";

/// The UDP client with its own message.
const ASK_UDP: Client = run("lesson02-udp-client", GREETING);

/// The TCP client with its own message.
const ASK_TCP: Client = run("lesson05-tcp-client", GREETING);

const QUESTION: &[&str; 2] = &["--message", "Who is there? 谁在那儿？"];

/// Clients with messages of two lengths, by which one can tell them apart in the log.
const TWO: &[Client] = &[
    say("lesson05-tcp-client", &["--message", "I am the first."]),
    say("lesson05-tcp-client", &["--message", "I am the second one."]),
];

/// The FTP client as it comes, and as somebody who uploads a file.
const FTP: &[Client] = &[
    run("lesson10-ftp-client", "saved downloads"),
    Client {
        arguments: &["--ftp-user", "guest", "--ftp-upload", "homework.txt"],
        password: Some(("LESSON_FTP_PASSWORD", "practice")),
        ..run("lesson10-ftp-client", "uploaded homework.txt")
    },
];

/// The POP3 client. Played alone, it finds a mail, too.
const POP3: &[Client] =
    &[send("lesson08-attachment-mail"), run("lesson13-pop3-mail", "saved downloads")];

/// A client with another message, which is the second argument.
const fn say(package: &'static str, arguments: &'static [&'static str; 2]) -> Client {
    Client { arguments, ..run(package, arguments[1]) }
}

/// A program that sends a mail.
const fn send(package: &'static str) -> Client {
    run(package, "250 taken as ")
}

/// A program with its defaults, and what it prints.
pub const fn run(package: &'static str, prints: &'static str) -> Client {
    Client { package, arguments: &[], password: None, prints }
}

/// The parent with this number, from which so many lines differ at most.
const fn from(number: &'static str, lines: usize) -> Option<Parent> {
    Some(Parent { number, lines })
}

/// A lesson with so many steps, its parent, and the programs that play it.
const fn lesson(
    package: &'static str,
    steps: u32,
    parent: Option<Parent>,
    server: Server,
    clients: &'static [Client],
) -> Lesson {
    let at_once = false;
    let has_silent_client = false;
    Lesson { package, steps, parent, server, clients, at_once, has_silent_client }
}

/// A lesson that sends a mail.
const fn mail(package: &'static str, parent: Option<Parent>, client: &'static [Client]) -> Lesson {
    lesson(package, 5, parent, Server::Practice, client)
}

/// All lessons, in their order.
pub const LESSONS: &[Lesson] = &[
    lesson(
        "lesson00-addresses",
        3,
        None,
        Server::None,
        &[run("lesson00-addresses", "127.0.0.1:7007")],
    ),
    lesson("lesson01-udp-server", 4, None, UDP_ONCE, &[ASK_UDP]),
    lesson("lesson02-udp-client", 3, None, UDP_ONCE, &[say("lesson02-udp-client", QUESTION)]),
    lesson("lesson03-udp-loop", 4, from("01", 6), UDP_LOOP, &[ASK_UDP, ASK_UDP]),
    Lesson {
        has_silent_client: true,
        ..lesson("lesson04-tcp-server", 7, from("03", 65), TCP, &[ASK_TCP, ASK_TCP])
    },
    lesson("lesson05-tcp-client", 5, from("02", 66), TCP, &[say("lesson05-tcp-client", QUESTION)]),
    mail("lesson06-text-mail", None, &[send("lesson06-text-mail")]),
    mail("lesson07-html-mail", from("06", 6), &[send("lesson07-html-mail")]),
    mail("lesson08-attachment-mail", from("06", 19), &[send("lesson08-attachment-mail")]),
    Lesson {
        at_once: true,
        has_silent_client: true,
        ..lesson("lesson09-tcp-threads", 7, from("04", 4), TCP_THREADS, TWO)
    },
    lesson("lesson10-ftp-client", 4, None, Server::Practice, FTP),
    mail("lesson11-headers-mail", from("06", 31), &[send("lesson11-headers-mail")]),
    mail("lesson12-alternative-mail", from("07", 9), &[send("lesson12-alternative-mail")]),
    lesson("lesson13-pop3-mail", 7, None, Server::Practice, POP3),
];
