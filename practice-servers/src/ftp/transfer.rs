//! Data connections (RFC 959, RFC 2428), and the files that go over them.

use std::fs::File;
use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom, Write};
use std::mem;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use shared::log::Kind;

use crate::accounts::Rights;
use crate::connection::{Connection, Stream, is_time_out, parse_number, without_signals};
use crate::files::Draft;
use crate::ftp::text::{from_network, to_network};
use crate::ftp::tree::join;
use crate::ftp::{Session, refusal};
use crate::session::{Answer, Next, Reply};
use crate::transcript::Transcript;
use crate::trouble::{Trouble, What, Where};
use crate::{limits, tls};

/// What the transcript calls a data connection.
const DATA: &str = "ftp-data";

impl Session<'_> {
    pub(super) fn set_type(&mut self, argument: &str) -> Answer {
        self.is_binary = match argument.to_ascii_uppercase().as_str() {
            "A" | "A N" => false,
            "I" | "L 8" => true,
            _ => return Err("504 A (text) or I (bytes), please".into()),
        };
        Ok(format!("200 type {argument}").into())
    }

    pub(super) fn pasv(&mut self, connection: &Connection) -> Answer {
        if self.extended_only {
            return Err("503 you said EPSV ALL".into());
        }
        let SocketAddr::V4(addr) = self.listen(connection)? else {
            return Err("425 over IPv6, use EPSV".into());
        };
        let [a, b, c, d] = addr.ip().octets();
        let [high, low] = addr.port().to_be_bytes();
        Ok(format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low})").into())
    }

    /// RFC 2428. The data connection is of the same network as this one.
    pub(super) fn epsv(&mut self, argument: &str, connection: &Connection) -> Answer {
        let is_ipv4 = connection.socket.local_addr()?.is_ipv4();
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
        let port = self.listen(connection)?.port();
        Ok(format!("229 Entering Extended Passive Mode (|||{port}|)").into())
    }

    /// Listens for the next data connection, at the address that the client has connected to.
    fn listen(&mut self, connection: &Connection) -> Answer<SocketAddr> {
        let ip = connection.socket.local_addr()?.ip();
        let listener = TcpListener::bind((ip, 0)).map_err(refusal)?;
        let addr = listener.local_addr().map_err(refusal)?;
        self.listener = Some(listener);
        let transcript = connection.transcript.of_other(DATA, addr);
        transcript.told_in_detail(Kind::Listening, format!("waits for data on {addr}"));
        Ok(addr)
    }

    /// RFC 3659 section 5.
    pub(super) fn rest(&mut self, argument: &str) -> Answer {
        if !self.is_binary {
            return Err("501 a place in text means nothing: say TYPE I first".into());
        }
        self.offset = parse_number(argument).ok_or("501 REST takes a number of bytes")?;
        Ok(format!("350 the next RETR or STOR begins at {}", self.offset).into())
    }

    pub(super) fn retr(&mut self, argument: &str, connection: &mut Connection) -> Answer {
        let offset = mem::take(&mut self.offset);
        let trouble = Trouble::find(Where::Download, &join(&self.folder, argument));
        if let Some(trouble) = &trouble
            && trouble.what == What::Refuse
        {
            self.listener = None;
            return Err(trouble.refusal());
        }
        let (place, metadata) = self.find_file(argument)?;
        if offset > metadata.len() {
            return Err("554 the file is not that long".into());
        }
        let mut file = File::open(&place.path).map_err(refusal)?;
        drop(place);
        file.seek(SeekFrom::Start(offset)).map_err(refusal)?;
        let is_binary = self.is_binary;
        let mut has_cr = false;
        self.transfer(connection, |stream| {
            if trouble.is_some() {
                io::copy(&mut file.take(metadata.len() / 2), stream)?;
                return Err(io::Error::other("as cut.bin asks for"));
            }
            for_each_part(&mut file, |part| {
                if is_binary {
                    stream.write_all(part)
                } else {
                    stream.write_all(&to_network(part, &mut has_cr))
                }
            })
        })?;
        Ok("226 that was the file".into())
    }

    /// `STOR`, from the place on that REST has said, and `APPE`, from the end on.
    pub(super) fn stor(
        &mut self,
        argument: &str,
        appends: bool,
        connection: &mut Connection,
    ) -> Answer {
        let offset = mem::take(&mut self.offset);
        let path = join(&self.folder, argument);
        let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
        if Trouble::find(Where::Upload, folder).is_some() {
            self.transfer(connection, |stream| for_each_part(stream, |_| Ok(())))?;
            return Err("552 the folder is full, and the file is not kept".into());
        }
        self.may(Rights::Upload, argument)?;
        let place = self.place_for_file(argument)?;
        let length = place.path.metadata().map_or(0, |metadata| metadata.len());
        if appends && offset > 0 {
            return Err("554 REST is for RETR and STOR".into());
        }
        if offset > length {
            return Err("554 the file is not that long".into());
        }
        let begin = if appends { length } else { offset };
        let mut draft = Draft::create(&self.practice.drafts, b"").map_err(cannot_keep)?;
        if begin > 0 {
            let mut before = File::open(&place.path).map_err(refusal)?.take(begin);
            io::copy(&mut before, &mut draft.file).map_err(cannot_keep)?;
        }
        drop(place);
        let is_binary = self.is_binary;
        let mut kept = Ok(());
        self.transfer(connection, |stream| {
            let mut has_cr = false;
            // A client hears best why its file was not kept when it could send all of it.
            for_each_part(stream, |part| {
                if kept.is_ok() && is_binary {
                    kept = draft.file.write_all(part);
                } else if kept.is_ok() {
                    kept = draft.file.write_all(&from_network(part, &mut has_cr));
                }
                Ok(())
            })?;
            if has_cr && kept.is_ok() {
                kept = draft.file.write_all(b"\r");
            }
            Ok(())
        })?;
        kept.map_err(cannot_keep)?;
        if has_gone(connection) {
            return Err("426 you have gone: nothing is kept".into());
        }
        // The path is checked again: a link may have come into it during the transfer.
        let place = self.place_for_file(argument)?;
        draft.publish(&place.path).map_err(cannot_keep)?;
        Ok("226 the file is on the disk".into())
    }

    /// Waits for the data connection, lets `work` move the bytes over it, and closes it.
    pub(super) fn transfer(
        &mut self,
        connection: &mut Connection,
        work: impl FnOnce(&mut Data) -> io::Result<()>,
    ) -> Answer<()> {
        let Some(listener) = self.listener.take() else {
            return Err("425 say PASV or EPSV first".into());
        };
        let peer = connection.socket.peer_addr()?;
        let Some((socket, peer)) = accept_from(&listener, peer.ip()) else {
            return Err("425 no data connection came".into());
        };
        let transcript = connection.transcript.of_other(DATA, peer);
        transcript.told_in_detail(Kind::Accepted, format!("{peer} has connected for data"));
        connection.send("150 here we go")?;
        let moved = self.open(socket).and_then(|stream| {
            let mut data = Data { stream, control: connection, transcript: &transcript, moved: 0 };
            let worked = work(&mut data);
            let _ = data.stream.finish();
            worked.map(|()| data.moved)
        });
        let refused = match moved {
            Ok(moved) => {
                let text = format!("{moved} bytes over the data connection");
                transcript.told(Kind::Closed, text);
                return Ok(());
            }
            Err(error) if is_time_out(&error) => "426 you have kept me waiting".into(),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                "426 the transfer broke off: TLS's close_notify did not come".into()
            }
            Err(error) => format!("426 the transfer broke off: {error}").into(),
        };
        transcript.told_in_detail(Kind::Closed, "the data connection broke off");
        Err(refused)
    }

    fn open(&self, socket: TcpStream) -> io::Result<Box<dyn Stream>> {
        socket.set_nonblocking(false)?;
        socket.set_read_timeout(Some(limits::GLANCE))?;
        socket.set_write_timeout(Some(limits::GLANCE))?;
        if self.is_private {
            tls::accept(&self.practice.tls.data, socket, || limits::STALL)
        } else {
            Ok(Box::new(socket))
        }
    }
}

/// The reply when the server cannot keep a file.
fn cannot_keep(error: io::Error) -> Reply {
    let reply = refusal(error);
    match reply.next {
        Next::LineAfterFault => reply,
        _ => Reply::new("451 the server cannot keep the file now: try later", Next::LineAfterFault),
    }
}

/// The next connection from `host`. The server turns away whoever else connects.
fn accept_from(listener: &TcpListener, host: IpAddr) -> Option<(TcpStream, SocketAddr)> {
    let started = Instant::now();
    listener.set_nonblocking(true).ok()?;
    while started.elapsed() < limits::DATA_CONNECTION {
        match listener.accept() {
            Ok(client) if client.1.ip() == host => return Some(client),
            Ok(_) => {}
            Err(_) => thread::sleep(Duration::from_millis(5)),
        }
    }
    None
}

/// Reads to the end, part by part.
fn for_each_part(
    from: &mut impl Read,
    mut work: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = vec![0; limits::PIECE];
    loop {
        let length = shared::wait(|| from.read(&mut buffer))?;
        if length == 0 {
            return Ok(());
        }
        work(&buffer[..length])?;
    }
}

/// The data connection of a transfer. It waits for the peer up to [`limits::STALL`], unless the
/// client says `ABOR` meanwhile.
pub(super) struct Data<'a> {
    stream: Box<dyn Stream>,
    control: &'a mut Connection,
    transcript: &'a Transcript,
    moved: u64,
}

impl Data<'_> {
    fn patiently<T>(
        &mut self,
        mut work: impl FnMut(&mut dyn Stream) -> io::Result<T>,
    ) -> io::Result<T> {
        let started = Instant::now();
        loop {
            let result = work(&mut *self.stream);
            match result {
                Err(error) if is_time_out(&error) && started.elapsed() < limits::STALL => {}
                result => return result,
            }
            let said = waiting(self.control).map(without_signals).unwrap_or_default();
            if said.to_ascii_uppercase().starts_with(b"ABOR") {
                return Err(io::Error::other("you have said ABOR"));
            }
        }
    }
}

impl Read for Data<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.patiently(|stream| stream.read(buffer))?;
        if length > 0 {
            self.transcript.part(Kind::Received, self.moved, &buffer[..length]);
            self.moved += length as u64;
        }
        Ok(length)
    }
}

impl Write for Data<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.patiently(|stream| stream.write(bytes))?;
        self.transcript.part(Kind::Sent, self.moved, &bytes[..length]);
        self.moved += length as u64;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.patiently(|stream| stream.flush())
    }
}

/// What the client has said that was not read yet; nothing when it has closed its sending side.
fn waiting(connection: &mut Connection) -> io::Result<&[u8]> {
    let _ = connection.socket.set_nonblocking(true);
    let bytes = connection.stream.fill_buf();
    let _ = connection.socket.set_nonblocking(false);
    bytes
}

/// Whether the client has gone without a word. The data connection of a program that was killed
/// ends just like that of a program that has sent everything; but then its control connection ends,
/// too.
fn has_gone(connection: &mut Connection) -> bool {
    let is_quiet = |error: &io::Error| error.kind() == ErrorKind::WouldBlock;
    let last = match waiting(connection) {
        Err(error) => return !is_quiet(&error),
        Ok(b"") => return true,
        Ok(bytes) => bytes.trim_ascii_end().to_ascii_uppercase(),
    };
    // Behind the commands that have come, the connection may have ended. That is no harm when the
    // last one was QUIT.
    let _ = connection.socket.set_nonblocking(true);
    let has_ended = match connection.socket.peek(&mut [0]) {
        Ok(length) => length == 0,
        Err(error) => !is_quiet(&error),
    };
    let _ = connection.socket.set_nonblocking(false);
    has_ended && !last.ends_with(b"QUIT")
}
