//! The other side of a lesson that speaks FTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};

use crate::succeed;

/// An FTP server for one client. It does what it is told, unless the test does it.
pub struct Ftp {
    /// The connection for the commands.
    pub control: BufReader<TcpStream>,
    /// The commands that came; the last one is empty: the client has gone.
    pub commands: Vec<String>,
    /// What came last in an upload.
    pub uploaded: Vec<u8>,
    /// Whether the client has not ended an upload in time.
    pub is_still_open: bool,
    /// Connections that are left as they are.
    pub kept: Vec<TcpStream>,
    data: Option<TcpListener>,
    /// Where in the file the next download begins.
    offset: usize,
}

impl Ftp {
    /// The file that it has, under every name: 11 bytes.
    pub const FILE: &'static [u8] = b"one\ntwo\r\n\0\xff";

    /// Serves a client, whose connection has time-outs, until it has gone. At the commands that
    /// begin with `at`, `odd` answers in the server's place; the first command is CONNECTED. Where
    /// `at` is PASV, the server refuses EPSV, so that the client comes to PASV.
    pub fn serve(control: TcpStream, at: &str, mut odd: impl FnMut(&mut Ftp)) -> Self {
        let mut ftp = Ftp {
            control: BufReader::new(control),
            commands: Vec::new(),
            uploaded: Vec::new(),
            is_still_open: false,
            kept: Vec::new(),
            data: None,
            offset: 0,
        };
        let mut command = "CONNECTED".to_string();
        while !command.is_empty() {
            if command.starts_with(at) {
                odd(&mut ftp);
            } else if at == "PASV" && command == "EPSV" {
                ftp.say("502 not here");
            } else {
                ftp.answer(&command);
            }
            let mut line = String::new();
            let _ = ftp.control.read_line(&mut line);
            command = line.trim_end().into();
            ftp.commands.push(command.clone());
        }
        ftp
    }

    /// Says a line; a client that has gone does not hear it.
    pub fn say(&mut self, line: &str) {
        let _ = self.control.get_mut().write_all(format!("{line}\r\n").as_bytes());
    }

    /// Opens a port for the next data connection; returns its number.
    pub fn open(&mut self) -> u16 {
        let listener = succeed("listen", TcpListener::bind("127.0.0.1:0"));
        let addr = succeed("ask for the port", listener.local_addr());
        self.data = Some(listener);
        addr.port()
    }

    /// Says that data come, and takes the connection for them.
    ///
    /// # Panics
    /// The client has not asked for a port.
    pub fn begin(&mut self) -> TcpStream {
        self.say("150 here we go");
        let Some(listener) = self.data.take() else { panic!("no data connection") };
        let (stream, _) = succeed("accept", listener.accept());
        // It ends sooner than the patience of whoever waits for the client.
        let timeout = succeed("ask for the time-out", self.control.get_ref().read_timeout());
        succeed("set a time-out", stream.set_read_timeout(timeout.map(|timeout| timeout / 2)));
        succeed("set a time-out", stream.set_write_timeout(timeout));
        stream
    }

    /// Sends data, and says this behind them.
    pub fn send(&mut self, bytes: &[u8], last: &str) {
        let _ = self.begin().write_all(bytes);
        self.say(last);
    }

    /// Takes an upload, and says this behind it.
    pub fn take(&mut self, last: &str) {
        let mut data = self.begin();
        self.uploaded.clear();
        if data.read_to_end(&mut self.uploaded).is_ok() {
            drop(data);
            self.say(last);
        } else {
            self.is_still_open = true;
            let _ = self.control.get_ref().shutdown(Shutdown::Both);
        }
    }

    fn answer(&mut self, command: &str) {
        let (verb, argument) = command.split_once(' ').unwrap_or((command, ""));
        match verb {
            "CONNECTED" => self.say("220-Welcome\r\n220 to the test"),
            "USER" => self.say("331 and the password?"),
            "PASS" => self.say("230 welcome"),
            "TYPE" | "NOOP" | "OPTS" => self.say("200 as you like"),
            "CWD" | "CDUP" | "DELE" | "RNTO" => self.say("250 done"),
            "PWD" => self.say("257 \"/pub\" is where you are"),
            "SYST" => self.say("215 UNIX Type: L8"),
            "FEAT" => self.say("211-it knows\r\n SIZE\r\n211 end"),
            "MDTM" => self.say("213 20260101120000"),
            "SIZE" if argument == "readme.txt" => self.say(&format!("213 {}", Self::FILE.len())),
            "SIZE" if self.uploaded.is_empty() => self.say("550 no such file"),
            "SIZE" => self.say(&format!("213 {}", self.uploaded.len())),
            "REST" => {
                self.offset = argument.parse().unwrap_or(0);
                self.say("350 from there");
            }
            "RNFR" => self.say("350 and the new name?"),
            "EPSV" => {
                let port = self.open();
                self.say(&format!("229 Extended Passive Mode (|||{port}|)"));
            }
            "PASV" => {
                let port = self.open();
                self.say(&format!("227 Passive Mode (127,0,0,1,{},{})", port / 256, port % 256));
            }
            "NLST" | "LIST" | "MLSD" | "RETR" | "STOR" | "APPE" if self.data.is_none() => {
                self.say("425 which connection?");
            }
            "NLST" | "LIST" | "MLSD" => self.send(b"readme.txt\r\n", "226 done"),
            "RETR" => {
                let offset = mem::take(&mut self.offset).min(Self::FILE.len());
                self.send(&Self::FILE[offset..], "226 done");
            }
            "STOR" => self.take("226 done"),
            "QUIT" => self.say("221 goodbye"),
            _ => self.say("502 not here"),
        }
    }
}
