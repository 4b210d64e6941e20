//! The table of the lessons: a lesson to come is one more entry.

/// A lesson, and how it is played.
pub struct Lesson {
    /// The name of its package and of its program.
    pub package: &'static str,
    /// The number of the lesson that it is to be compared with; the first of a kind has none.
    pub parent: Option<&'static str>,
    /// The program that is started first.
    pub server: Server,
    /// The programs that are run then.
    pub clients: &'static [Client],
    /// Whether these run all at once, not one after another.
    pub at_once: bool,
}

/// The server of a lesson, by the name of its package: the lesson itself, or its other side.
pub enum Server {
    /// The lesson needs none.
    None,
    /// It serves one client and ends.
    Once(&'static str),
    /// It serves forever.
    Forever(&'static str),
    /// The practice servers, which run inside the tour.
    Practice,
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
}

const GREETING: &str = "Hello, network! 你好，网络！";

/// The UDP client with its own message.
const ASK_UDP: Client =
    Client { package: "lesson02-udp-client", arguments: &[], password: None, prints: GREETING };

/// The TCP client with its own message.
const ASK_TCP: Client =
    Client { package: "lesson05-tcp-client", arguments: &[], password: None, prints: GREETING };

/// A lesson with the practice servers.
const fn mail(
    package: &'static str,
    parent: Option<&'static str>,
    clients: &'static [Client],
) -> Lesson {
    Lesson { package, parent, server: Server::Practice, clients, at_once: false }
}

/// A program that sends a mail.
const fn send(package: &'static str) -> Client {
    Client { package, arguments: &[], password: None, prints: "250 taken as " }
}

/// All lessons, in their order.
pub const LESSONS: &[Lesson] = &[
    Lesson {
        package: "lesson00-addresses",
        parent: None,
        server: Server::None,
        clients: &[Client {
            package: "lesson00-addresses",
            arguments: &[],
            password: None,
            prints: "127.0.0.1:7007",
        }],
        at_once: false,
    },
    Lesson {
        package: "lesson01-udp-server",
        parent: None,
        server: Server::Once("lesson01-udp-server"),
        clients: &[ASK_UDP],
        at_once: false,
    },
    Lesson {
        package: "lesson02-udp-client",
        parent: None,
        server: Server::Once("lesson01-udp-server"),
        clients: &[Client {
            package: "lesson02-udp-client",
            arguments: &["--message", "Who is there? 谁在那儿？"],
            password: None,
            prints: "Who is there? 谁在那儿？",
        }],
        at_once: false,
    },
    Lesson {
        package: "lesson03-udp-loop",
        parent: Some("01"),
        server: Server::Forever("lesson03-udp-loop"),
        clients: &[ASK_UDP, ASK_UDP],
        at_once: false,
    },
    Lesson {
        package: "lesson04-tcp-server",
        parent: Some("03"),
        server: Server::Forever("lesson04-tcp-server"),
        clients: &[ASK_TCP, ASK_TCP],
        at_once: false,
    },
    Lesson {
        package: "lesson05-tcp-client",
        parent: Some("02"),
        server: Server::Forever("lesson04-tcp-server"),
        clients: &[Client {
            package: "lesson05-tcp-client",
            arguments: &["--message", "Who is there? 谁在那儿？"],
            password: None,
            prints: "Who is there? 谁在那儿？",
        }],
        at_once: false,
    },
    mail("lesson06-text-mail", None, &[send("lesson06-text-mail")]),
    mail("lesson07-html-mail", Some("06"), &[send("lesson07-html-mail")]),
    mail("lesson08-attachment-mail", Some("06"), &[send("lesson08-attachment-mail")]),
    Lesson {
        package: "lesson09-tcp-threads",
        parent: Some("04"),
        server: Server::Forever("lesson09-tcp-threads"),
        clients: &[ASK_TCP, ASK_TCP, ASK_TCP],
        at_once: true,
    },
    Lesson {
        package: "lesson10-ftp-client",
        parent: None,
        server: Server::Practice,
        clients: &[
            Client {
                package: "lesson10-ftp-client",
                arguments: &[],
                password: None,
                prints: "saved downloads",
            },
            Client {
                package: "lesson10-ftp-client",
                arguments: &["--ftp-user", "guest", "--ftp-upload", "homework.txt"],
                password: Some(("LESSON_FTP_PASSWORD", "practice")),
                prints: "uploaded homework.txt",
            },
        ],
        at_once: false,
    },
    mail("lesson11-headers-mail", Some("06"), &[send("lesson11-headers-mail")]),
    mail("lesson12-alternative-mail", Some("07"), &[send("lesson12-alternative-mail")]),
    mail(
        "lesson13-pop3-mail",
        None,
        &[
            // Played alone, it finds a mail, too.
            send("lesson08-attachment-mail"),
            Client {
                package: "lesson13-pop3-mail",
                arguments: &[],
                password: None,
                prints: "saved downloads",
            },
        ],
    ),
];
