//! FTP, the protocol in which files are fetched and brought (RFC 959): commands over one connection,
//! and each file or list over another one, which the client opens (passive mode).

use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLockReadGuard};
use std::thread;
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::accounts::{Rights, ftp_login};
use crate::connection::{Connection, Line, Stream, is_time_out};
use crate::files::Draft;
use crate::tree::{Tree, join};
use crate::{Practice, clock, files, limits};

/// Serves one client until it leaves.
///
/// # Errors
/// The connection's.
pub fn serve(connection: &mut Connection, practice: &Practice) -> io::Result<()> {
    connection.send("220 FTP practice server")?;
    let mut session = Session {
        connection,
        practice,
        user: String::new(),
        account: None,
        folder: "/".into(),
        is_binary: false,
        listener: None,
        extended_only: false,
        offset: 0,
        rename_from: None,
        has_buffer_size: false,
        is_private: false,
        failed_logins: 0,
        mistakes: 0,
    };
    loop {
        let reply = match session.connection.read_line()? {
            Line::Text(line) => session.answer(&line),
            Line::Bad(why) => session.mistake(&format!("500 {why}")),
            Line::Late => "421 closing: no whole line came in time".into(),
            Line::End => return Ok(()),
        };
        session.connection.send(&reply)?;
        match reply.get(..3) {
            Some("221" | "421") => return Ok(()),
            // To AUTH TLS: in TLS, the login begins anew (RFC 4217 section 4).
            Some("234") => {
                session.connection.secure(&practice.tls)?;
                session.user.clear();
                (session.account, session.listener) = (None, None);
            }
            _ => {}
        }
    }
}

struct Session<'a> {
    connection: &'a mut Connection,
    practice: &'a Practice,
    user: String,
    /// After the login.
    account: Option<Account>,
    /// The working folder, from the user's `/` on.
    folder: String,
    /// `TYPE I`: every byte as it is; else text, whose lines end with CR LF on the way.
    is_binary: bool,
    /// Where the next data connection is awaited.
    listener: Option<TcpListener>,
    /// After `EPSV ALL` (RFC 2428 section 4).
    extended_only: bool,
    /// From `REST`: where the next `RETR` begins.
    offset: u64,
    rename_from: Option<String>,
    /// After `PBSZ`.
    has_buffer_size: bool,
    /// `PROT P`: data connections are in TLS.
    is_private: bool,
    failed_logins: usize,
    mistakes: usize,
}

struct Account {
    tree: Tree,
    rights: Rights,
}

/// A path in the user's tree that was checked. As long as one is held, nothing is renamed, so that no
/// link can come into it.
struct Place<'a> {
    path: PathBuf,
    _steady: RwLockReadGuard<'a, ()>,
}

impl Deref for Place<'_> {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

/// A reply, whether the command was done or refused; `?` returns a refusal early.
type Reply = Result<String, String>;

impl Session<'_> {
    /// Does what a command asks for, and returns the reply.
    fn answer(&mut self, line: &str) -> String {
        if line.contains(|character: char| character.is_control()) {
            return "501 a control character in a command".into();
        }
        // Names may begin or end with a space.
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let verb = verb.to_ascii_uppercase();
        if !matches!(&*verb, "RETR" | "STOR" | "PASV" | "EPSV" | "TYPE" | "NOOP") {
            self.offset = 0;
        }
        if verb != "RNTO" {
            self.rename_from = None;
        }
        let reply = match verb.as_str() {
            "USER" => self.user(argument),
            "PASS" => self.pass(argument),
            "AUTH" => self.auth(argument),
            "PBSZ" => self.pbsz(),
            "PROT" => self.prot(argument),
            "FEAT" => Ok("211-beyond RFC 959:\n AUTH TLS\n EPSV\n MDTM\n PBSZ\n PROT\n \
                          REST STREAM\n SIZE\n TVFS\n UTF8\n211 that is all"
                .into()),
            "OPTS" if argument.eq_ignore_ascii_case("UTF8 ON") => Ok("200 always".into()),
            "OPTS" => Err("501 UTF8 ON is the only option".into()),
            "SYST" => Ok("215 UNIX Type: L8".into()),
            "NOOP" => Ok("200 here I am".into()),
            "QUIT" => Ok("221 goodbye".into()),
            _ => match self.account {
                Some(_) => self.answer_user(&verb, argument),
                None => Err(self.mistake("530 log in first")),
            },
        };
        reply.unwrap_or_else(|refusal| refusal)
    }

    /// The commands for those who have logged in.
    fn answer_user(&mut self, verb: &str, argument: &str) -> Reply {
        match verb {
            "CWD" | "SIZE" | "MDTM" | "RETR" | "STOR" | "DELE" | "MKD" | "RMD" | "RNFR"
            | "RNTO"
                if argument.is_empty() =>
            {
                Err(format!("501 {verb} what?"))
            }
            "PWD" => Ok(format!("257 {}", quoted(&self.folder))),
            "CWD" => self.cwd(argument),
            "CDUP" => self.cwd(".."),
            "TYPE" => self.set_type(argument),
            "PASV" => self.pasv(),
            "EPSV" => self.epsv(argument),
            "PORT" | "EPRT" => Err(NO_ACTIVE_MODE.into()),
            "LIST" => self.list(argument, true),
            "NLST" => self.list(argument, false),
            "SIZE" => self.size(argument),
            "MDTM" => self.mdtm(argument),
            "REST" => self.rest(argument),
            "RETR" => self.retr(argument),
            "STOR" => self.stor(argument),
            "DELE" => self.dele(argument),
            "MKD" => self.mkd(argument),
            "RMD" => self.rmd(argument),
            "RNFR" => self.rnfr(argument),
            "RNTO" => self.rnto(argument),
            // By the time it is read, no transfer is under way.
            "ABOR" => Ok("226 nothing to break off".into()),
            "MODE" if argument.eq_ignore_ascii_case("S") => Ok("200 stream, as always".into()),
            "STRU" if argument.eq_ignore_ascii_case("F") => Ok("200 file, as always".into()),
            "MODE" | "STRU" => Err("504 MODE S and STRU F are all there is".into()),
            _ => Err(self.mistake("502 no such command here")),
        }
    }

    /// A reply to a peer that may not be speaking FTP at all: after many of these, it has to go.
    fn mistake(&mut self, reply: &str) -> String {
        self.mistakes += 1;
        match self.mistakes {
            0..limits::MISTAKES => reply.into(),
            _ => "421 closing: too many mistakes".into(),
        }
    }

    fn user(&mut self, user: &str) -> Reply {
        self.account = None;
        self.user = user.into();
        Ok("331 and the password?".into())
    }

    fn pass(&mut self, password: &str) -> Reply {
        if self.account.is_some() || self.user.is_empty() {
            return Err("503 say USER first".into());
        }
        if self.failed_logins == limits::LOGINS {
            return Err("421 closing: too many failed logins".into());
        }
        let Some((folder, rights)) = ftp_login(&self.user, password) else {
            self.failed_logins += 1;
            return Err("530 wrong user or password".into());
        };
        let tree = Tree::new(self.practice.folder.join("ftp").join(folder));
        self.account = Some(Account { tree, rights });
        self.folder = "/".into();
        Ok(match rights {
            Rights::Read => "230 welcome: you may read",
            Rights::Upload => "230 welcome: you may read and upload",
            Rights::Change => "230 welcome: all this is yours",
        }
        .into())
    }

    /// RFC 4217.
    fn auth(&mut self, mechanism: &str) -> Reply {
        if self.connection.is_secure {
            return Err("503 this is TLS already".into());
        }
        match mechanism.to_ascii_uppercase().as_str() {
            "TLS" | "TLS-C" => Ok("234 begin TLS".into()),
            _ => Err("504 AUTH TLS, please".into()),
        }
    }

    /// RFC 2228; over TLS, no buffer has to be agreed on.
    fn pbsz(&mut self) -> Reply {
        if !self.connection.is_secure {
            return Err("503 say AUTH TLS first".into());
        }
        self.has_buffer_size = true;
        Ok("200 PBSZ=0".into())
    }

    fn prot(&mut self, level: &str) -> Reply {
        if !self.has_buffer_size {
            return Err("503 say PBSZ first".into());
        }
        self.is_private = match level.to_ascii_uppercase().as_str() {
            "P" => true,
            "C" => false,
            "S" | "E" => return Err("536 P (private) or C (clear), please".into()),
            _ => return Err("504 P (private) or C (clear), please".into()),
        };
        Ok("200 so be it".into())
    }

    fn cwd(&mut self, argument: &str) -> Reply {
        let (_, metadata) = self.find(argument)?;
        if !metadata.is_dir() {
            return Err("550 that is no folder".into());
        }
        self.folder = join(&self.folder, argument);
        Ok(format!("250 now in {}", quoted(&self.folder)))
    }

    fn set_type(&mut self, argument: &str) -> Reply {
        self.is_binary = match argument.to_ascii_uppercase().as_str() {
            "A" | "A N" => false,
            "I" | "L 8" => true,
            _ => return Err("504 A (text) or I (bytes), please".into()),
        };
        Ok(format!("200 type {argument}"))
    }

    fn pasv(&mut self) -> Reply {
        if self.extended_only {
            return Err("503 you said EPSV ALL".into());
        }
        let SocketAddr::V4(addr) = self.listen()? else {
            return Err("425 over IPv6, use EPSV".into());
        };
        let [a, b, c, d] = addr.ip().octets();
        let [high, low] = addr.port().to_be_bytes();
        Ok(format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low})"))
    }

    /// RFC 2428.
    fn epsv(&mut self, argument: &str) -> Reply {
        let is_ipv4 = self.local_ip()?.is_ipv4();
        match (argument.to_ascii_uppercase().as_str(), is_ipv4) {
            ("ALL", _) => {
                self.extended_only = true;
                return Ok("200 EPSV alone from here on".into());
            }
            ("", _) | ("1", true) | ("2", false) => {}
            ("2", _) => return Err("522 another network here, use (1)".into()),
            ("1", _) => return Err("522 another network here, use (2)".into()),
            _ => return Err("501 EPSV takes 1, 2 or ALL".into()),
        }
        let port = self.listen()?.port();
        Ok(format!("229 Entering Extended Passive Mode (|||{port}|)"))
    }

    fn local_ip(&self) -> Result<IpAddr, String> {
        let addr = self.connection.socket.local_addr();
        addr.map(|addr| addr.ip()).map_err(refusal)
    }

    /// Listens for the next data connection, at the address at which the client found us.
    fn listen(&mut self) -> Result<SocketAddr, String> {
        let listener = TcpListener::bind((self.local_ip()?, 0)).map_err(refusal)?;
        let addr = listener.local_addr().map_err(refusal)?;
        self.listener = Some(listener);
        Ok(addr)
    }

    /// Opens the data connection, has the bytes moved over it, and closes it. Returns their number.
    fn transfer(
        &mut self,
        work: impl FnOnce(&mut dyn Stream) -> io::Result<u64>,
    ) -> Result<u64, String> {
        let Some(listener) = self.listener.take() else {
            return Err("425 say PASV or EPSV first".into());
        };
        let peer = self.connection.socket.peer_addr().map_err(refusal)?;
        let Some(socket) = accept_from(&listener, peer.ip()) else {
            return Err("425 no data connection came".into());
        };
        self.connection.send("150 here we go").map_err(refusal)?;
        let moved = self.open(socket).and_then(|mut stream| {
            let moved = work(&mut *stream);
            let _ = stream.finish();
            moved
        });
        match moved {
            Ok(moved) => {
                let note = format!("{moved} bytes over the data connection");
                self.connection.transcript.note(note);
                Ok(moved)
            }
            Err(error) if is_no_room(&error) => Err(refusal(error)),
            Err(error) if is_time_out(&error) => Err("426 you have kept me waiting".into()),
            Err(error) => Err(format!("426 the transfer broke off: {error}")),
        }
    }

    fn open(&self, socket: TcpStream) -> io::Result<Box<dyn Stream>> {
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(limits::STALL))?;
        socket.set_write_timeout(Some(limits::STALL))?;
        match self.is_private {
            true => self.practice.tls.accept(socket),
            false => Ok(Box::new(socket)),
        }
    }

    fn list(&mut self, argument: &str, is_long: bool) -> Reply {
        // Many clients ask as if for `ls -la`.
        let mut path = argument;
        while path.starts_with('-') {
            path = path.split_once(' ').map_or("", |(_, path)| path);
        }
        let (place, metadata) = self.find(path)?;
        let entries = match metadata.is_dir() {
            true => Some(fs::read_dir(&*place).map_err(refusal)?),
            false => None,
        };
        drop(place);
        // What NLST tells can be given to RETR as it is (RFC 1123 section 4.1.2.7).
        let before = match path {
            "" => String::new(),
            path => format!("{}/", path.trim_end_matches('/')),
        };
        let line = |name: &str, metadata: &Metadata| match is_long {
            true => long_line(name, metadata),
            false => format!("{name}\r\n"),
        };
        self.transfer(|stream| {
            let Some(entries) = entries else {
                return send(stream, &line(path, &metadata));
            };
            let mut count = 0;
            for entry in entries {
                let entry = entry?;
                // What has just gone, is no plain file or folder, or has a name that no command can
                // hold, is not there for the user.
                if let Ok(metadata) = entry.metadata()
                    && (metadata.is_file() || metadata.is_dir())
                    && let Ok(name) = entry.file_name().into_string()
                    && !name.contains(|character: char| character.is_control())
                {
                    let name = if is_long { name } else { format!("{before}{name}") };
                    count += send(stream, &line(&name, &metadata))?;
                }
            }
            Ok(count)
        })?;
        Ok("226 that is all".into())
    }

    fn size(&mut self, argument: &str) -> Reply {
        if !self.is_binary {
            return Err("550 the size depends on the type: say TYPE I first".into());
        }
        let (_, metadata) = self.find_file(argument)?;
        Ok(format!("213 {}", metadata.len()))
    }

    fn mdtm(&mut self, argument: &str) -> Reply {
        let (_, metadata) = self.find_file(argument)?;
        let modified = metadata.modified().map_err(refusal)?;
        Ok(format!("213 {}", clock::ftp_time(modified)))
    }

    /// RFC 3659 section 5.
    fn rest(&mut self, argument: &str) -> Reply {
        if !self.is_binary {
            return Err("501 a place in text means nothing: say TYPE I first".into());
        }
        let offset = argument.parse();
        self.offset = offset.map_err(|_| "501 REST takes a number of bytes")?;
        Ok(format!("350 the next RETR begins at {}", self.offset))
    }

    fn retr(&mut self, argument: &str) -> Reply {
        let offset = std::mem::take(&mut self.offset);
        let (place, metadata) = self.find_file(argument)?;
        if offset > metadata.len() {
            return Err("554 the file is not that long".into());
        }
        let mut file = File::open(&*place).map_err(refusal)?;
        drop(place);
        file.seek(SeekFrom::Start(offset)).map_err(refusal)?;
        let transcript = self.connection.transcript.clone();
        let is_binary = self.is_binary;
        self.transfer(|stream| {
            for_each_part(&mut file, |part| {
                transcript.bytes('>', part);
                match is_binary {
                    true => stream.write_all(part),
                    false => stream.write_all(&to_text(part)),
                }
            })
        })?;
        Ok("226 that was the file".into())
    }

    fn stor(&mut self, argument: &str) -> Reply {
        self.may(Rights::Upload)?;
        if std::mem::take(&mut self.offset) > 0 {
            return Err("554 REST is for RETR alone".into());
        }
        self.place_for_file(argument)?;
        let mut draft = Draft::create(&self.practice.drafts).map_err(refusal)?;
        let transcript = self.connection.transcript.clone();
        let is_binary = self.is_binary;
        self.transfer(|stream| {
            let mut held = false;
            let moved = for_each_part(stream, |part| {
                transcript.bytes('<', part);
                match is_binary {
                    true => draft.write_all(part),
                    false => draft.write_all(&from_text(part, &mut held)),
                }
            })?;
            if held {
                draft.write_all(b"\r")?;
            }
            Ok(moved)
        })?;
        if self.is_broken_off() {
            return Err("426 broken off: nothing is kept".into());
        }
        // Meanwhile, there may be a link where there was none.
        let place = self.place_for_file(argument)?;
        draft.publish(&place).map_err(refusal)?;
        Ok("226 the file is on the disk".into())
    }

    /// The place of a file that is there or can be made.
    fn place_for_file(&self, path: &str) -> Result<Place<'_>, String> {
        let place = self.place(path)?;
        let is_other = place.metadata().is_ok_and(|metadata| !metadata.is_file());
        let has_folder = place.parent().is_some_and(Path::is_dir);
        match has_folder && !is_other {
            true => Ok(place),
            false => Err("553 no file can have that name".into()),
        }
    }

    /// Whether the client has gone, or has asked to break off. The data connection of a program that was
    /// killed ends just like that of one that has sent everything; but whoever waits for the reply to an
    /// upload says nothing meanwhile, or `NOOP`.
    fn is_broken_off(&mut self) -> bool {
        let Connection { stream, socket, .. } = &mut *self.connection;
        let _ = socket.set_nonblocking(true);
        let is_quiet = |error: io::Error| error.kind() == ErrorKind::WouldBlock;
        let is_waiting = match stream.fill_buf() {
            Err(error) => is_quiet(error),
            Ok(bytes) => {
                let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
                let is_noop = |line: &[u8]| line.eq_ignore_ascii_case(b"NOOP\r\n");
                !bytes.is_empty()
                    && lines.all(is_noop)
                    && socket.peek(&mut [0]).is_err_and(is_quiet)
            }
        };
        let _ = socket.set_nonblocking(false);
        !is_waiting
    }

    fn dele(&mut self, argument: &str) -> Reply {
        self.may(Rights::Change)?;
        let (place, _) = self.find_file(argument)?;
        fs::remove_file(&*place).map_err(refusal)?;
        Ok("250 deleted".into())
    }

    fn mkd(&mut self, argument: &str) -> Reply {
        self.may(Rights::Upload)?;
        let place = self.place(argument)?;
        fs::create_dir(&*place).map_err(refusal)?;
        files::sync_folder_of(&place).map_err(refusal)?;
        let path = join(&self.folder, argument);
        Ok(format!("257 {} is made", quoted(&path)))
    }

    fn rmd(&mut self, argument: &str) -> Reply {
        self.may(Rights::Change)?;
        self.is_below_root(argument)?;
        fs::remove_dir(&*self.place(argument)?).map_err(refusal)?;
        Ok("250 removed".into())
    }

    fn rnfr(&mut self, argument: &str) -> Reply {
        self.may(Rights::Change)?;
        self.is_below_root(argument)?;
        self.find(argument)?;
        self.rename_from = Some(join(&self.folder, argument));
        Ok("350 and the new name?".into())
    }

    fn rnto(&mut self, argument: &str) -> Reply {
        let from = self.rename_from.take().ok_or("503 say RNFR first")?;
        self.is_below_root(argument)?;
        let renaming = self.practice.renaming.write();
        let _renaming = renaming.unwrap_or_else(PoisonError::into_inner);
        let tree = &self.account()?.tree;
        let from = tree.place(&from).map_err(refusal)?;
        let to = tree.place(&join(&self.folder, argument)).map_err(refusal)?;
        fs::rename(from, to).map_err(refusal)?;
        Ok("250 renamed".into())
    }

    fn account(&self) -> Result<&Account, String> {
        self.account.as_ref().ok_or("530 log in first".into())
    }

    fn may(&self, rights: Rights) -> Result<(), String> {
        match self.account()?.rights >= rights {
            true => Ok(()),
            false => Err("550 you may not do that".into()),
        }
    }

    fn is_below_root(&self, path: &str) -> Result<(), String> {
        match join(&self.folder, path).as_str() {
            "/" => Err("550 not the / itself".into()),
            _ => Ok(()),
        }
    }

    fn place(&self, path: &str) -> Result<Place<'_>, String> {
        let steady = self.practice.renaming.read();
        let steady = steady.unwrap_or_else(PoisonError::into_inner);
        let path = join(&self.folder, path);
        let path = self.account()?.tree.place(&path).map_err(refusal)?;
        Ok(Place { path, _steady: steady })
    }

    fn find(&self, path: &str) -> Result<(Place<'_>, Metadata), String> {
        let place = self.place(path)?;
        let metadata = place.metadata().map_err(refusal)?;
        Ok((place, metadata))
    }

    /// The same for a plain file: neither a folder nor, say, a device.
    fn find_file(&self, path: &str) -> Result<(Place<'_>, Metadata), String> {
        let found = self.find(path)?;
        match found.1.is_file() {
            true => Ok(found),
            false => Err("550 that is no plain file".into()),
        }
    }
}

const NO_ACTIVE_MODE: &str = "502 no active mode, which firewalls stop: use PASV or EPSV";

/// The next connection from `host`; whoever else connects is turned away.
fn accept_from(listener: &TcpListener, host: IpAddr) -> Option<TcpStream> {
    let started = Instant::now();
    listener.set_nonblocking(true).ok()?;
    while started.elapsed() < limits::DATA_CONNECTION {
        match listener.accept() {
            Ok((socket, peer)) if peer.ip() == host => return Some(socket),
            Ok(_) => {}
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    None
}

/// Reads to the end, part by part, and returns the number of bytes.
fn for_each_part(
    from: &mut (impl Read + ?Sized),
    mut work: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<u64> {
    let mut buffer = vec![0; 65_536];
    let mut count = 0;
    loop {
        let length = shared::wait(|| from.read(&mut buffer))?;
        if length == 0 {
            return Ok(count);
        }
        work(&buffer[..length])?;
        count += length as u64;
    }
}

fn send(stream: &mut dyn Stream, line: &str) -> io::Result<u64> {
    stream.write_all(line.as_bytes())?;
    Ok(line.len() as u64)
}

/// Text as it goes over the network: each line ends with CR LF (RFC 959 section 3.1.1.1).
fn to_text(part: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in part {
        if byte == b'\n' {
            text.push(b'\r');
        }
        text.push(byte);
    }
    text
}

/// Text as it is kept: each CR LF becomes a line end. `held` says that a CR came before this part, to which
/// the LF may belong.
fn from_text(part: &[u8], held: &mut bool) -> Vec<u8> {
    let mut text = Vec::new();
    for &byte in part {
        if *held && byte != b'\n' {
            text.push(b'\r');
        }
        *held = byte == b'\r';
        if !*held {
            text.push(byte);
        }
    }
    text
}

/// A line as of `ls -l`, which is what clients can read.
fn long_line(name: &str, metadata: &Metadata) -> String {
    let mode = match metadata.is_dir() {
        true => "drwxr-xr-x",
        false => "-rw-r--r--",
    };
    let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
    let (size, date) = (metadata.len(), clock::list_date(modified));
    format!("{mode} 1 practice practice {size:>12} {date} {name}\r\n")
}

/// A path in quotes, as `PWD` and `MKD` answer it (RFC 959 appendix II).
fn quoted(path: &str) -> String {
    format!("\"{}\"", path.replace('"', "\"\""))
}

/// The reply when the system refuses.
fn refusal(error: io::Error) -> String {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => {
            "553 no file can have that name".into()
        }
        _ if is_no_room(&error) => "452 no room on the disk".into(),
        kind => format!("550 {kind}"),
    }
}

fn is_no_room(error: &io::Error) -> bool {
    use ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), FileTooLarge | QuotaExceeded | StorageFull)
}
