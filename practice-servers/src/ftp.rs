//! FTP, the protocol in which files are fetched and brought (RFC 959): commands over one
//! connection, and each file or list over another one, which the client opens (passive mode).

mod files;
mod list;
mod login;
mod text;
mod transfer;
pub mod tree;

use std::io::{self, ErrorKind};
use std::net::TcpListener;

use crate::Practice;
use crate::connection::Connection;
use crate::session::{self, Answer, Next, Reply};
use tree::Tree;

/// The host's side of one conversation.
pub struct Session<'a> {
    practice: &'a Practice,
    /// The user whom USER has named.
    user: String,
    /// The user's tree, after the login.
    tree: Option<Tree>,
    /// Whether the client has said PBSZ, as it must before PROT.
    has_buffer_size: bool,
    /// Whether the client has said `PROT P`: then data connections are in TLS.
    is_private: bool,
    /// The working folder, from the user's `/` on.
    folder: String,
    /// Whether the client has said `TYPE I`: then every byte goes as it is. Else files are text,
    /// whose lines end with CR LF on the way.
    is_binary: bool,
    /// The port that waits for the next data connection.
    listener: Option<TcpListener>,
    /// Whether the client has said `EPSV ALL`: then it opens data connections in no other way.
    extended_only: bool,
    /// Where the next RETR or STOR begins, as REST has said.
    offset: u64,
    /// What RNTO will rename, as RNFR has said.
    rename_from: Option<String>,
}

const FEATURES: &str = "211-beyond RFC 959:\n AUTH TLS\n EPSV\n MDTM\n PBSZ\n PROT\n REST STREAM\n \
                        SIZE\n TVFS\n UTF8\n211 that is all";
const COMMANDS: &str = "ABOR ALLO APPE AUTH CDUP CWD DELE EPSV FEAT HELP LIST MDTM MKD MODE NLST NOOP \
                        OPTS PASS PASV PBSZ PROT PWD QUIT REIN REST RETR RMD RNFR RNTO SIZE STAT \
                        STOR STRU SYST TYPE USER";

impl session::Session for Session<'_> {
    fn greeting(&self) -> String {
        "220 FTP practice server".into()
    }

    fn commands(&self) -> &'static str {
        COMMANDS
    }

    // An argument may be a name, which may begin or end with a space.
    fn answer(&mut self, verb: &str, argument: &str, connection: &mut Connection) -> Answer {
        // The names of these commands in RFC 775, which some clients use.
        let verb = match verb {
            "XPWD" | "XCWD" | "XMKD" | "XRMD" => &verb[1..],
            "XCUP" => "CDUP",
            verb => verb,
        };
        if !matches!(verb, "RETR" | "STOR" | "APPE" | "PASV" | "EPSV" | "TYPE" | "NOOP") {
            self.offset = 0;
        }
        if verb != "RNTO" {
            self.rename_from = None;
        }
        let answer = match verb {
            "ABOR" | "CDUP" | "FEAT" | "NOOP" | "PASV" | "PWD" | "QUIT" | "REIN" | "SYST"
                if !argument.is_empty() =>
            {
                Err(format!("501 {verb} takes no argument").into())
            }
            "USER" => self.user(argument),
            "PASS" => self.pass(argument),
            "AUTH" => self.auth(argument, connection.is_secure),
            "PBSZ" => self.pbsz(connection.is_secure),
            "PROT" => self.prot(argument),
            "FEAT" => Ok(FEATURES.into()),
            "OPTS" if argument.eq_ignore_ascii_case("UTF8 ON") => Ok("200 always".into()),
            "OPTS" => Err("501 UTF8 ON is the only option".into()),
            "HELP" => Ok(format!("214 {COMMANDS}").into()),
            "STAT" if argument.is_empty() => Ok(self.status()),
            "SYST" => Ok("215 UNIX Type: L8".into()),
            "NOOP" => Ok("200 here I am".into()),
            "QUIT" => Ok(Reply::close("221 goodbye")),
            // All others are for those who have logged in.
            _ if self.tree.is_none() => Err(Reply::mistake("530 log in first")),
            "CWD" | "SIZE" | "MDTM" | "RETR" | "STOR" | "APPE" | "ALLO" | "DELE" | "MKD"
            | "RMD" | "RNFR" | "RNTO"
                if argument.is_empty() =>
            {
                Err(format!("501 {verb} what?").into())
            }
            "PWD" => Ok(format!("257 {}", quoted(&self.folder)).into()),
            "CWD" => self.cwd(argument),
            "CDUP" => self.cwd(".."),
            "SIZE" => self.size(argument),
            "MDTM" => self.mdtm(argument),
            "DELE" => self.dele(argument),
            "MKD" => self.mkd(argument),
            "RMD" => self.rmd(argument),
            "RNFR" => self.rnfr(argument),
            "RNTO" => self.rnto(argument),
            "TYPE" => self.set_type(argument),
            "MODE" if argument.eq_ignore_ascii_case("S") => Ok("200 stream, as always".into()),
            "STRU" if argument.eq_ignore_ascii_case("F") => Ok("200 file, as always".into()),
            "MODE" | "STRU" => Err("504 MODE S and STRU F are all there is".into()),
            "PASV" => self.pasv(connection),
            "EPSV" => self.epsv(argument, connection),
            "PORT" | "EPRT" => {
                Err("502 no active mode, which firewalls stop: use PASV or EPSV".into())
            }
            "REST" => self.rest(argument),
            "LIST" => self.list(argument, true, connection),
            "NLST" => self.list(argument, false, connection),
            "RETR" => self.retr(argument, connection),
            "STAT" => self.stat(argument),
            "STOR" => self.stor(argument, false, connection),
            "APPE" => self.stor(argument, true, connection),
            "REIN" => {
                self.tree = None;
                self.listener = None;
                Ok("220 begin anew".into())
            }
            "ALLO" => Ok("202 the disk has room, or it has not".into()),
            // The server reads no command while a transfer is under way.
            "ABOR" => {
                self.listener = None;
                Ok("226 nothing is under way any more".into())
            }
            _ => Err(Reply::mistake("502 no such command here")),
        };
        if let Err(Reply { text, next: Next::LineAfterFault }) = &answer {
            let folder = self.practice.folder.join("ftp");
            let why = format!("cannot change what is in {}: {text}", folder.display());
            connection.transcript.failed(why);
        }
        answer
    }

    fn has_logged_in(&self) -> bool {
        self.tree.is_some()
    }
}

impl<'a> Session<'a> {
    /// A conversation that has just begun.
    pub fn new(practice: &'a Practice) -> Self {
        Session {
            practice,
            user: String::new(),
            tree: None,
            has_buffer_size: false,
            is_private: false,
            folder: "/".into(),
            is_binary: false,
            listener: None,
            extended_only: false,
            offset: 0,
            rename_from: None,
        }
    }

    fn status(&self) -> Reply {
        let who = match self.tree {
            Some(_) => format!("{} has logged in", self.user),
            None => "nobody has logged in".into(),
        };
        let kind = if self.is_binary { "I (bytes)" } else { "A (text)" };
        let folder = quoted(&self.folder);
        format!("211-FTP practice server\n {who}\n folder {folder}, type {kind}\n211 that is all")
            .into()
    }
}

/// A path in quotes, as `PWD` and `MKD` answer it (RFC 959 appendix II).
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('"', "\"\""))
}

/// The reply when the system refuses.
fn refusal(error: io::Error) -> Reply {
    use ErrorKind::{FileTooLarge, InvalidFilename, InvalidInput, PermissionDenied, QuotaExceeded};
    use ErrorKind::{ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        InvalidInput | InvalidFilename => "553 no file can have that name".into(),
        FileTooLarge | QuotaExceeded | StorageFull => {
            Reply::new("452 no room on the disk: try later", Next::LineAfterFault)
        }
        // Not the user's fault: the servers' own folder is out of order.
        PermissionDenied | ReadOnlyFilesystem => {
            let text = format!("450 the server cannot do that now ({error}): try later");
            Reply::new(text, Next::LineAfterFault)
        }
        ErrorKind::NotFound => "550 there is no such file or folder".into(),
        ErrorKind::AlreadyExists => "550 that name is taken".into(),
        ErrorKind::DirectoryNotEmpty => "550 the folder is not empty".into(),
        _ => format!("550 the system refuses that: {error}").into(),
    }
}
