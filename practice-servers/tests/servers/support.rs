//! Starts the servers on free ports in a folder of their own, and talks to them in raw bytes.

use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use testing::{Folder, PATIENCE, Practice, is_closed, tcp_peer};

pub const SERVERS: &str = env!("CARGO_BIN_EXE_practice-servers");

/// The login of laoshi@qq.example.
pub const LOGIN: &str = "AUTH PLAIN AGxhb3NoaUBxcS5leGFtcGxlAHByYWN0aWNl";

/// The running servers.
pub struct Servers(pub Practice);

impl Deref for Servers {
    type Target = Practice;

    fn deref(&self) -> &Practice {
        &self.0
    }
}

impl DerefMut for Servers {
    fn deref_mut(&mut self) -> &mut Practice {
        &mut self.0
    }
}

impl Servers {
    pub fn start() -> Self {
        Self::start_in(Folder::create())
    }

    /// Starts them in a folder in which they may have run before.
    pub fn start_in(folder: Folder) -> Self {
        Servers(Practice::start_by(Practice::command(SERVERS, &folder), folder))
    }

    /// Kills them, as SIGKILL does, and returns their folder.
    pub fn stop(self) -> Folder {
        let Practice { program, folder, .. } = self.0;
        drop(program);
        folder
    }

    /// Kills them, and starts them anew.
    pub fn restart(self) -> Self {
        Self::start_in(self.stop())
    }

    /// A plain peer that has read the greeting.
    pub fn peer(&self, name: &str) -> Peer {
        let mut peer = Peer::new(tcp_peer(self.addr(name)));
        peer.reply();
        peer
    }

    /// A peer in TLS, on a port on which TLS begins at once.
    pub fn tls_peer(&self, name: &str) -> Peer {
        let mut peer = Peer::new(tcp_peer(self.addr(name)));
        peer.secure(&self.tls());
        peer
    }

    /// A peer that has said EHLO to qq's SMTP server.
    pub fn mta(&self) -> Peer {
        let mut peer = self.peer("qq-smtp");
        peer.says("EHLO client.example", "250");
        peer
    }

    /// A peer that has logged in there.
    pub fn laoshi(&self) -> Peer {
        let mut peer = self.mta();
        peer.says(LOGIN, "235");
        peer
    }

    /// A peer that has logged in to an office's POP3 server.
    pub fn mailbox(&self, office: &str, user: &str) -> Peer {
        let mut peer = self.peer(&format!("{office}-pop3"));
        peer.answers(&format!("USER {user}@{office}.example => +OK; PASS practice => +OK"));
        peer
    }

    /// A peer that has logged in to the FTP server.
    pub fn ftp(&self, user: &str) -> Peer {
        let mut peer = self.peer("ftp");
        peer.answers(&format!("USER {user} => 331; PASS practice => 230"));
        peer
    }

    /// The only mail in a mailbox, once it has come.
    pub fn mail(&self, office: &str, user: &str) -> String {
        self.mails(office, user, 1).remove(0)
    }

    /// A client's side of TLS that trusts their authority alone.
    pub fn tls(&self) -> Arc<ClientConfig> {
        let authority = CertificateDer::from_pem_file(self.path("ca.pem")).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(authority).unwrap();
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
    }

    /// The names of the files in one of their folders, in order.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
        names.sort();
        names
    }

    /// Waits until nothing is left in the queues, nor half-written.
    pub fn come_to_rest(&self) {
        let limit = Instant::now() + PATIENCE;
        for folder in ["queue/qq.example", "queue/sina.example", "tmp"] {
            while !self.files(folder).is_empty() {
                assert!(Instant::now() < limit, "{:?}", self.files(folder));
                thread::sleep(Duration::from_millis(20));
            }
        }
    }

    /// Puts a message into a mailbox, without SMTP.
    pub fn deliver(&self, mailbox: &str, name: &str, message: &[u8]) {
        fs::write(self.path("mail").join(mailbox).join("new").join(name), message).unwrap();
    }
}

trait ReadWrite: Read + Write {}
impl<S: Read + Write> ReadWrite for S {}

/// The other side of one conversation.
pub struct Peer {
    stream: BufReader<Box<dyn ReadWrite>>,
    pub socket: TcpStream,
}

impl Peer {
    pub fn new(socket: TcpStream) -> Self {
        let stream: Box<dyn ReadWrite> = Box::new(socket.try_clone().unwrap());
        Peer { stream: BufReader::new(stream), socket }
    }

    /// Goes on in TLS.
    pub fn secure(&mut self, config: &Arc<ClientConfig>) {
        let stream = in_tls(self.socket.try_clone().unwrap(), config);
        self.stream = BufReader::new(Box::new(stream));
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
        self.stream.get_mut().flush().unwrap();
    }

    /// The next line, without its CR LF.
    ///
    /// # Errors
    /// No whole line comes any more.
    pub fn next_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        let line = String::from_utf8(line).unwrap();
        let text = line.strip_suffix('\n').ok_or(ErrorKind::UnexpectedEof)?;
        Ok(text.strip_suffix('\r').unwrap_or_else(|| panic!("no CR: {line:?}")).into())
    }

    /// The next reply, all its lines; in SMTP and FTP, the last one has no `-` behind its code.
    ///
    /// # Errors
    /// No whole reply comes any more.
    pub fn next_reply(&mut self) -> io::Result<String> {
        let mut reply = self.next_line()?;
        let code = reply.get(..3).unwrap_or_default().to_string();
        if reply.get(3..4) == Some("-") && !reply.starts_with("-ERR") {
            while !reply.rsplit('\n').next().unwrap().starts_with(&format!("{code} ")) {
                reply = reply + "\n" + &self.next_line()?;
            }
        }
        Ok(reply)
    }

    /// The next reply, which has to come.
    #[track_caller]
    pub fn reply(&mut self) -> String {
        self.next_reply().unwrap()
    }

    /// Expects that the next reply begins so.
    #[track_caller]
    pub fn expects(&mut self, expected: &str) -> String {
        let reply = self.reply();
        assert!(reply.starts_with(expected), "{reply:?} for {expected:?}");
        reply
    }

    /// Sends a command and expects a reply that begins so.
    #[track_caller]
    pub fn says(&mut self, command: &str, expected: &str) -> String {
        self.tries(command, expected).unwrap()
    }

    /// The same with a server that may have been killed.
    ///
    /// # Errors
    /// The server is gone.
    #[track_caller]
    pub fn tries(&mut self, command: &str, expected: &str) -> io::Result<String> {
        self.stream.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
        self.stream.get_mut().flush()?;
        let reply = self.next_reply()?;
        assert!(reply.starts_with(expected), "{command:?}: {reply:?}");
        Ok(reply)
    }

    /// Sends each command of a table, and expects a reply that begins as the table says. What
    /// stands in `[ ]` at the end of a command goes in base64.
    #[track_caller]
    pub fn answers(&mut self, table: &str) {
        for row in table.split(['\n', ';']) {
            let (command, expected) = row.trim_start().split_once(" => ").unwrap();
            let coded = command.strip_suffix(']').and_then(|command| command.split_once('['));
            match coded {
                Some((start, text)) => self.says(&format!("{start}{}", base64(text)), expected),
                None => self.says(command, expected),
            };
        }
    }

    /// Sends a command of POP3, and returns the lines of the answer, up to the dot alone, without
    /// the dots that the server has added.
    #[track_caller]
    pub fn gets(&mut self, command: &str) -> String {
        self.says(command, "+OK");
        let mut text = String::new();
        loop {
            let line = self.next_line().unwrap();
            if line == "." {
                return text;
            }
            text += &format!("{}\r\n", line.strip_prefix('.').unwrap_or(&line));
        }
    }

    /// Reads to the end of the stream.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// Expects that the server closes the connection.
    #[track_caller]
    pub fn is_closed(&mut self) {
        is_closed(&mut self.socket);
    }

    /// Closes the sending side, and returns what still comes.
    pub fn ends(&mut self) -> Vec<u8> {
        self.socket.shutdown(Shutdown::Write).unwrap();
        self.rest()
    }

    /// Says over SMTP who sends a mail, and who is to get it.
    #[track_caller]
    pub fn envelope(&mut self, from: &str, to: &[&str]) {
        self.says(&format!("MAIL FROM:<{from}>"), "250");
        for to in to {
            self.says(&format!("RCPT TO:<{to}>"), "250");
        }
        self.says("DATA", "354");
    }

    /// Sends a mail over SMTP as it is, and expects this reply.
    #[track_caller]
    pub fn mails(&mut self, from: &str, to: &[&str], mail: impl AsRef<[u8]>, expected: &str) {
        self.envelope(from, to);
        self.send(mail);
        self.send("\r\n.\r\n");
        self.expects(expected);
    }

    /// Opens a data connection to the FTP server.
    pub fn data(&mut self) -> TcpStream {
        let reply = self.says("EPSV", "229");
        let port = reply.split('|').nth(3).unwrap().parse().unwrap();
        let mut addr = self.socket.peer_addr().unwrap();
        addr.set_port(port);
        tcp_peer(addr)
    }

    /// Sends a command that needs a data connection, and returns that.
    #[track_caller]
    pub fn begins(&mut self, command: &str) -> TcpStream {
        let data = self.data();
        self.says(command, "150");
        data
    }

    /// Sends a command whose answer comes over a data connection, and returns that.
    #[track_caller]
    pub fn fetches(&mut self, command: &str) -> String {
        let mut data = self.begins(command);
        let mut text = String::new();
        data.read_to_string(&mut text).unwrap();
        self.expects("226");
        text
    }

    /// Sends a command that takes a file, and the file, and expects this last reply.
    #[track_caller]
    pub fn stores(&mut self, command: &str, bytes: impl AsRef<[u8]>, expected: &str) {
        let mut data = self.begins(command);
        data.write_all(bytes.as_ref()).unwrap();
        drop(data);
        self.expects(expected);
    }
}

/// A client's side of TLS over `socket`, after the handshake.
pub fn in_tls(
    mut socket: TcpStream,
    config: &Arc<ClientConfig>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(config.clone(), name).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).unwrap();
    }
    StreamOwned::new(connection, socket)
}

/// RFC 4648 section 4.
pub fn base64(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}
