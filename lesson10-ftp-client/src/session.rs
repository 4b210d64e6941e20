//! What the lesson asks of the library suppaftp beyond its own examples: time-outs, passive mode,
//! TLS, and how a transfer ends.

use std::io::{self, ErrorKind, Read};

use accounts::Phase::{Connect, Do, Quit, StartTls};
use accounts::{Account, InPhase, Tls};
use suppaftp::{FtpError, FtpResult, Mode, RustlsConnector, RustlsFtpStream, Status};

/// The most bytes of a list of names.
const MAX_LIST: u64 = 1 << 20;

/// Connects to the server and hears its greeting; goes on in TLS if the account says so.
pub fn connect(account: &Account) -> shared::Result<RustlsFtpStream> {
    // `RustlsFtpStream::connect` has no time-outs; those of this connection hold for all commands.
    let stream = account.connect()?;
    let mut ftp = RustlsFtpStream::connect_with_stream(stream).in_phase(Connect, account)?;
    let greeting = ftp.get_welcome_msg().unwrap_or_default().trim_end();
    shared::connected(account.host_and_port(), format_args!("connected to {account}: {greeting}"));

    // Extended passive (EPSV, RFC 2428): the server names a port and no address.
    ftp.set_mode(Mode::ExtendedPassive);
    // A server may know only passive (PASV), which names an address, too. That address is passed
    // over: a hostile server could name another machine.
    ftp.set_passive_nat_workaround(true);
    // The data connections have time-outs, too.
    let timeout = account.timeout;
    let ftp = ftp.passive_stream_builder(move |addr| {
        accounts::open(addr, timeout).map_err(|error| {
            let why = format!("no data connection to {addr}: {error}");
            FtpError::ConnectionError(io::Error::other(why))
        })
    });
    if account.tls != Tls::Required {
        return Ok(ftp);
    }
    // AUTH TLS (RFC 4217); the data connections are in TLS, too.
    let tls = RustlsConnector::from(account.tls_config()?);
    let ftp = ftp.into_secure(tls, &account.host).in_phase(StartTls, account)?;
    shared::info!("in TLS from here on");
    Ok(ftp)
}

/// Takes every reply that begins with 2 for a yes (RFC 959 section 4.2.1). suppaftp takes only the
/// usual ones, but servers also say 257 to CWD, 202 to PASS, or 200 after a file.
pub fn done(result: FtpResult<()>) -> FtpResult<()> {
    match result {
        Err(FtpError::UnexpectedResponse(reply)) if reply.body.starts_with(b"2") => Ok(()),
        result => result,
    }
}

/// The names of what lies in the folder `dir`, where we are, a line each. A server that gives no
/// list may still give a file, so a refusal is logged, and no more.
pub fn names(ftp: &mut RustlsFtpStream, dir: &str, account: &Account) -> shared::Result<String> {
    let mut names = receive_names(ftp);
    if let Err(FtpError::UnexpectedResponse(reply)) = &names
        && !knows_epsv(ftp, reply.status)
    {
        ftp.set_mode(Mode::Passive);
        names = receive_names(ftp);
    }
    let may_go_on = matches!(names, Err(FtpError::UnexpectedResponse(_)));
    match names.in_phase(Do("list", dir), account) {
        Err(error) if may_go_on => {
            shared::report(&error);
            Ok(String::new())
        }
        names => names,
    }
}

/// Whether EPSV works, after a list was refused with this status. If it is that of EPSV itself, the
/// server has written the port in a form that suppaftp does not read.
fn knows_epsv(ftp: &mut RustlsFtpStream, refused: Status) -> bool {
    let expected = Status::ExtendedPassiveMode;
    refused != expected && ftp.custom_command("EPSV", &[expected]).is_ok()
}

/// Does what `ftp.nlst(None)` does, but takes no list without end, and reads one in GBK.
fn receive_names(ftp: &mut RustlsFtpStream) -> FtpResult<String> {
    let begun = [Status::AboutToSend, Status::AlreadyOpen];
    let (_reply, mut stream) = ftp.custom_data_command("NLST", &begun)?;
    let mut names = Vec::new();
    let received = or_end((&mut stream).take(MAX_LIST).read_to_end(&mut names));
    if names.len() as u64 == MAX_LIST {
        return Err(FtpError::ConnectionError(io::Error::other("the list has no end")));
    }
    outcome(received, stream.finish())?;
    Ok(accounts::text_of(&names).trim_end().replace("\r\n", "\n"))
}

/// Reads from a data connection; 0 is its end.
pub fn read(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    or_end(shared::wait(|| stream.read(buffer)))
}

/// Many servers end TLS without saying so (close_notify): that is an end, too. The reply that
/// follows tells whether all has come.
fn or_end(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(0),
        result => result,
    }
}

/// How a transfer ended: what happened on the data connection, and the server's reply after it.
/// Where both have failed, the reply says more than the broken connection.
pub fn outcome<T>(transfer: io::Result<T>, reply: FtpResult<()>) -> FtpResult<T> {
    let reply = done(reply);
    if let Err(FtpError::UnexpectedResponse(refusal)) = reply {
        return Err(FtpError::UnexpectedResponse(refusal));
    }
    let transferred = transfer.map_err(FtpError::ConnectionError)?;
    reply?;
    Ok(transferred)
}

/// Takes leave; a server that does not answer holds nobody for long.
pub fn quit(ftp: &mut RustlsFtpStream, account: &Account) -> shared::Result {
    let limited = ftp.get_ref().set_read_timeout(Some(account.goodbye()));
    limited.in_phase(Quit, account)?;
    done(ftp.quit()).in_phase(Quit, account)
}
