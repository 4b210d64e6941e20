//! The way to the server: a connection, time-outs, TLS, and a data connection for each list and
//! file.

use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use accounts::Phase::{Connect, Do, StartTls};
use accounts::{Account, InPhase, Tls};
use suppaftp::{FtpError, FtpResult, Mode, RustlsConnector, RustlsFtpStream, Status};

/// The most bytes of a list of names.
const MAX_LIST: u64 = 1 << 20;

/// Connects to the server and hears its greeting; goes on in TLS if the account says so.
pub fn connect(account: &Account) -> shared::Result<RustlsFtpStream> {
    let limit = account.timeout;
    let mut ftp =
        RustlsFtpStream::connect_with_stream(account.connect()?).in_phase(Connect, account)?;
    let greeting = ftp.get_welcome_msg().unwrap_or_default().trim_end();
    shared::info!("connected to {account}: {greeting}");

    // Extended passive (EPSV, RFC 2428): the server names a port and no address. Should it know
    // only passive (PASV), the address that it gives is replaced by its own.
    ftp.set_mode(Mode::ExtendedPassive);
    ftp.set_passive_nat_workaround(true);
    let ftp = ftp.passive_stream_builder(move |addr| {
        let why = |error| io::Error::other(format!("no data connection to {addr}: {error}"));
        open(addr, limit).map_err(|error| FtpError::ConnectionError(why(error)))
    });
    if account.tls != Tls::Required {
        return Ok(ftp);
    }
    // AUTH TLS (RFC 4217); the data connections are in TLS, too.
    let tls = RustlsConnector::from(accounts::trusted());
    let ftp = ftp.into_secure(tls, &account.host).in_phase(StartTls, account)?;
    shared::info!("in TLS from here on");
    Ok(ftp)
}

/// Opens a connection on which no read and no write waits longer than `limit`.
fn open(addr: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&addr, limit)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    Ok(stream)
}

/// The names of what lies in the folder `dir`, where we are, a line each. A server that gives no
/// list may still give a file, so a refusal is logged, and no more.
pub fn names(ftp: &mut RustlsFtpStream, dir: &str, account: &Account) -> shared::Result<String> {
    let mut names = receive_names(ftp);
    // What was refused, EPSV or the list?
    let epsv = [Status::ExtendedPassiveMode];
    if is_refused(&names) && is_refused(&ftp.custom_command("EPSV", &epsv)) {
        ftp.set_mode(Mode::Passive);
        names = receive_names(ftp);
    }
    let may_go_on = is_refused(&names);
    let names = names.in_phase(Do("list", dir), account);
    match may_go_on {
        true => Ok(names.inspect_err(shared::report).unwrap_or_default()),
        false => names,
    }
}

/// Whether the server has answered, but not as it should have.
fn is_refused<T>(result: &FtpResult<T>) -> bool {
    matches!(result, Err(FtpError::UnexpectedResponse(_)))
}

fn receive_names(ftp: &mut RustlsFtpStream) -> FtpResult<String> {
    let begun = [Status::AboutToSend, Status::AlreadyOpen];
    let (_reply, mut stream) = ftp.custom_data_command("NLST", &begun)?;
    let mut names = Vec::new();
    let mut piece = vec![0; 65_536];
    loop {
        let length = read(&mut stream, &mut piece).map_err(FtpError::ConnectionError)?;
        names.extend_from_slice(&piece[..length]);
        if names.len() as u64 > MAX_LIST {
            let endless = io::Error::other("the list has no end");
            return Err(FtpError::ConnectionError(endless));
        }
        if length == 0 {
            break;
        }
    }
    stream.finish()?;
    Ok(accounts::text_of(&names).trim_end().replace("\r\n", "\n"))
}

/// Reads from a data connection; 0 is its end. Many servers end TLS without saying so
/// (close_notify): the reply that follows tells whether all has come.
pub fn read(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    match shared::wait(|| stream.read(buffer)) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
        read => read,
    }
}
