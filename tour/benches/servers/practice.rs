//! The practice servers against aiosmtpd, Dovecot, vsftpd and pyftpdlib.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use practice_servers::services::SERVICES;
use testing::built;

use crate::{LIMIT, Server, at_once, compare, free_addr};

/// How often each server is measured.
const ROUNDS: usize = 9;
/// How long a mail server takes mail at a time.
const ROUND: Duration = Duration::from_millis(700);
/// How many clients send mail at a time.
const CLIENTS: usize = 4;
/// The mails that lie in a mailbox beforehand.
const MAILS: usize = 5_000;
/// The size of the file that is downloaded: 256 MiB.
const FILE: u64 = 256 << 20;

/// Prints a row for each of the others that is installed.
pub fn compare_all(folder: &Path) -> io::Result<()> {
    let ours = Practice::start(&folder.join("ours"))?;
    let addr = free_addr()?;
    let mut aiosmtpd = Command::new("python3");
    aiosmtpd.args(["-m", "aiosmtpd", "-n", "-l", &addr.to_string()]);
    aiosmtpd.args(["-c", "aiosmtpd.handlers.Mailbox"]).arg(folder.join("aiosmtpd"));
    against("aiosmtpd: mails/s", &mut aiosmtpd, addr, "220", take_mails, ours.smtp.addr)?;

    // The folder of a mailbox that was full stays slow.
    let fresh = Practice::start(&folder.join("fresh"))?;
    let full = Practice::start(&folder.join("full"))?;
    fill(&full.mailbox, MAILS, 2_000)?;
    let what = "empty box: 5,000 in it, mails/s";
    compare(what, ROUNDS, take_mails, fresh.smtp.addr, full.smtp.addr)?;
    drop((fresh, full));

    compare_pop3(folder, &ours)?;
    compare_ftp(folder, &ours)
}

/// Starts another server that greets so, and measures it and ours; says so if it cannot be started.
fn against(
    what: &str,
    command: &mut Command,
    addr: SocketAddr,
    greeting: &str,
    measure: impl Fn(SocketAddr) -> io::Result<f64>,
    ours: SocketAddr,
) -> io::Result<()> {
    match Server::start(command.stderr(Stdio::null()), addr, |addr| Peer::connect(addr, greeting)) {
        Ok(other) => compare(what, ROUNDS, measure, other.addr, ours),
        Err(error) => {
            println!("{what}: left out, since it is not installed or needs root ({error})");
            Ok(())
        }
    }
}

/// Our servers.
struct Practice {
    smtp: Server,
    pop3: SocketAddr,
    ftp: SocketAddr,
    mailbox: PathBuf,
    files: PathBuf,
}

impl Practice {
    fn start(folder: &Path) -> io::Result<Self> {
        let [smtp, pop3, ftp] = [free_addr()?, free_addr()?, free_addr()?];
        let mut command = Command::new(built("practice-servers"));
        command.env("LESSON_PRACTICE_DIR", folder);
        command.envs(SERVICES.iter().map(|service| (service.setting, "127.0.0.1:0")));
        command.env("LESSON_QQ_SMTP_ADDR", smtp.to_string());
        command.env("LESSON_QQ_POP3_ADDR", pop3.to_string());
        command.env("LESSON_FTP_ADDR", ftp.to_string());
        let smtp = Server::start(&mut command, smtp, |addr| Peer::connect(addr, "220"))?;
        let mailbox = folder.join("mail/laoshi@qq.example/new");
        Ok(Practice { smtp, pop3, ftp, mailbox, files: folder.join("ftp/anonymous") })
    }
}

/// Writes a configuration, with the folder and the port filled in, and returns its path.
fn configure(config: &str, folder: &Path, addr: SocketAddr) -> io::Result<PathBuf> {
    let path = folder.join("other.conf");
    let config = config.replace("FOLDER", &folder.display().to_string());
    fs::write(&path, config.replace("PORT", &addr.port().to_string()))?;
    Ok(path)
}

/// `RETR` of many small mails, and of a few large ones.
fn compare_pop3(folder: &Path, ours: &Practice) -> io::Result<()> {
    let other = folder.join("dovecot");
    for (what, count, size) in
        [("Dovecot: mails of 10 kB/s", 500, 10_000), ("Dovecot: mails of 5 MB/s", 8, 5_000_000)]
    {
        fill(&other.join("laoshi@qq.example/new"), count, size)?;
        fill(&ours.mailbox, count, size)?;
        let _ = Command::new("chown").args(["-R", "mail:mail"]).arg(&other).status();
        let addr = free_addr()?;
        let mut dovecot = Command::new("dovecot");
        dovecot.arg("-F").arg("-c").arg(configure(include_str!("dovecot.conf"), folder, addr)?);
        against(what, &mut dovecot, addr, "+OK", |addr| fetch_mails(addr, count), ours.pop3)?;
    }
    Ok(())
}

/// Downloads of one large file.
fn compare_ftp(folder: &Path, ours: &Practice) -> io::Result<()> {
    let chunk = vec![b'x'; 1 << 20];
    let mut file = fs::File::create(ours.files.join("large"))?;
    for _ in 0..FILE >> 20 {
        file.write_all(&chunk)?;
    }

    fs::create_dir_all(folder.join("empty"))?;
    let addr = free_addr()?;
    let mut vsftpd = Command::new("vsftpd");
    vsftpd.arg(configure(include_str!("vsftpd.conf"), folder, addr)?);
    against("vsftpd: download, bytes/s", &mut vsftpd, addr, "220", download, ours.ftp)?;

    let addr = free_addr()?;
    let mut pyftpdlib = Command::new("python3");
    pyftpdlib.args(["-m", "pyftpdlib", "-i", "127.0.0.1", "-p", &addr.port().to_string(), "-d"]);
    pyftpdlib.arg(&ours.files);
    against("pyftpdlib: download, bytes/s", &mut pyftpdlib, addr, "220", download, ours.ftp)
}

/// Leaves just so many mails of `size` bytes in the folder `new` of a mailbox.
fn fill(new: &Path, count: usize, size: usize) -> io::Result<()> {
    fs::create_dir_all(new)?;
    for entry in fs::read_dir(new)? {
        fs::remove_file(entry?.path())?;
    }
    let text = message(size);
    for number in 0..count {
        fs::write(new.join(format!("1700000000.M{number:06}P1Q1.bench")), &text)?;
    }
    Ok(())
}

/// A message in lines of 72 characters.
fn message(size: usize) -> String {
    let header = "From: a@b.example\r\nTo: laoshi@qq.example\r\nSubject: fast?\r\n\r\n";
    let line = format!("{}\r\n", "x".repeat(72));
    header.to_string() + &line.repeat(size / line.len())
}

/// How many mails a second a server takes from [`CLIENTS`] clients at the same time.
fn take_mails(addr: SocketAddr) -> io::Result<f64> {
    let mail = message(2_000) + ".";
    at_once(CLIENTS, || {
        let start = Instant::now();
        let mut peer = Peer::connect(addr, "220")?;
        peer.ask("EHLO client.example", "250")?;
        let mut count = 0.0;
        while start.elapsed() < ROUND {
            peer.ask("MAIL FROM:<a@b.example>", "250")?;
            peer.ask("RCPT TO:<laoshi@qq.example>", "250")?;
            peer.ask("DATA", "354")?;
            peer.ask(&mail, "250")?;
            count += 1.0;
        }
        Ok(count / start.elapsed().as_secs_f64())
    })
}

/// How many mails a second a client fetches.
fn fetch_mails(addr: SocketAddr, count: usize) -> io::Result<f64> {
    let mut peer = Peer::connect(addr, "+OK")?;
    peer.ask("USER laoshi@qq.example", "+OK")?;
    peer.ask("PASS practice", "+OK")?;
    let start = Instant::now();
    for number in 1..=count {
        peer.ask(&format!("RETR {number}"), "+OK")?;
        peer.read_to_dot()?;
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    peer.ask("QUIT", "+OK")?;
    Ok(rate)
}

/// How many bytes a second a client downloads.
fn download(addr: SocketAddr) -> io::Result<f64> {
    let mut peer = Peer::connect(addr, "220")?;
    peer.ask("USER anonymous", "331")?;
    peer.ask("PASS a@b.example", "230")?;
    peer.ask("TYPE I", "200")?;
    let reply = peer.ask("EPSV", "229")?;
    let port = reply.split('|').nth(3).and_then(|port| port.parse().ok());
    let data = TcpStream::connect((addr.ip(), port.unwrap_or_default()))?;
    data.set_read_timeout(Some(LIMIT))?;
    let mut data = BufReader::with_capacity(1 << 20, data);
    let start = Instant::now();
    // Some servers answer before the data connection, some begin with it.
    peer.say("RETR large")?;
    let bytes = io::copy(&mut data, &mut io::sink())?;
    peer.expect("1")?;
    peer.expect("226")?;
    if bytes != FILE {
        return Err(io::Error::other(format!("{bytes} bytes came")));
    }
    Ok(FILE as f64 / start.elapsed().as_secs_f64())
}

/// The client's side of one conversation.
struct Peer {
    stream: BufReader<TcpStream>,
}

impl Peer {
    fn connect(addr: SocketAddr, greeting: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        let mut peer = Peer { stream: BufReader::with_capacity(65_536, stream) };
        peer.expect(greeting)?;
        Ok(peer)
    }

    fn say(&mut self, command: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(format!("{command}\r\n").as_bytes())
    }

    /// Sends a command, and returns the last line of the reply, which begins with `expected`.
    fn ask(&mut self, command: &str, expected: &str) -> io::Result<String> {
        self.say(command)?;
        self.expect(expected)
    }

    fn expect(&mut self, expected: &str) -> io::Result<String> {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            if !line.starts_with(expected) {
                return Err(io::Error::other(format!("not {expected}: {line:?}")));
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(line);
            }
        }
    }

    fn read_to_dot(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        while line != b".\r\n" {
            line.clear();
            if self.stream.read_until(b'\n', &mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}
