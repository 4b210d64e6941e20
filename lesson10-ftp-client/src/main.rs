//! An FTP client that looks around, downloads a file and uploads one (beyond the cases).
//!
//! Run it: `cargo run -p practice-servers` in another terminal, then `cargo run -p lesson10-ftp-client`.
//! New here: a connection for the commands, and for each list and file a second one.
//! Diff it: it is the first of its kind.

mod session;

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process;

use shared::{Config, Level, OrCannot};
use suppaftp::types::FileType;
use suppaftp::{RustlsFtpStream, Status};

use crate::session::cause;

/// No list of names is longer, in bytes.
const MAX_LIST: usize = 1 << 20;

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let url = &config.ftp_url;
    let user = &config.ftp_user;

    // HOST, DIR and FILE together name a file; without a DIR it lies where the user arrives.
    let host = &url.host;
    let (dir, file) = match url.path.rsplit_once('/') {
        None => (".", url.path.as_str()),
        Some(("", file)) => ("/", file),
        Some((dir, file)) => (dir, file),
    };
    shared::info!("HOST {host}, DIR {dir}, FILE {file}");
    let server = shared::resolve(&url.addr())?;
    // Until the file is whole, it has a name that no other run takes.
    let part_name = format!("lesson10-{}.part", process::id());

    // Step 1: connect to HOST.
    let connected = session::connect(server, &config);
    let mut ftp = connected?;

    // Step 2: give the user name and the password.
    let logged_in = ftp.login(user, &config.ftp_password);
    logged_in.map_err(cause).or_cannot("log in as", user)?;
    shared::info!("logged in as {user}");

    // Step 3: transfer files and query information; binary, so that no byte is changed on the way.
    let binary = ftp.transfer_type(FileType::Binary);
    binary.map_err(cause).or_cannot("go binary at", server)?;
    list(&mut ftp, dir)?;
    download(&mut ftp, file, &part_name, &config)?;
    if !config.ftp_upload.is_empty() {
        upload(&mut ftp, &config.ftp_upload)?;
    }

    // Step 4: leave. All is done, whatever the server says to that.
    let goodbye = ftp.quit();
    let left = goodbye.map_err(cause).or_cannot("leave", server);
    let _ = left.inspect_err(shared::report);
    shared::info!("left {server}");
    Ok(())
}

/// Goes into the folder `dir`, and prints the names of what lies there.
fn list(ftp: &mut RustlsFtpStream, dir: &str) -> shared::Result {
    ftp.cwd(dir).map_err(cause).or_cannot("go into", dir)?;
    let begun = [Status::AboutToSend, Status::AlreadyOpen];
    let opened = ftp.custom_data_command("NLST", &begun);
    let (_reply, mut stream) = opened.map_err(cause).or_cannot("list", dir)?;

    let mut names = Vec::new();
    let mut limited = Read::take(&mut stream, MAX_LIST as u64 + 1);
    limited.read_to_end(&mut names).or_cannot("list", dir)?;
    if names.len() > MAX_LIST {
        let problem = format!("the list of {dir} has no end");
        let hint = "no folder holds so much: see what the server says";
        return Err(shared::Error::new(problem, hint));
    }
    stream.finish().map_err(cause).or_cannot("list", dir)?;
    for name in String::from_utf8_lossy(&names).lines() {
        shared::print(name)?;
    }
    Ok(())
}

/// Downloads `file`; it gets its name here only when it is whole.
fn download(
    ftp: &mut RustlsFtpStream,
    file: &str,
    part_name: &str,
    config: &Config,
) -> shared::Result {
    let folder = Path::new(&config.save_dir);
    let made = fs::create_dir_all(folder);
    made.or_cannot("make the folder", folder.display())?;
    // No name leads out of the folder: `..\x` is one on some systems, and a path on others.
    let path = folder.join(shared::file_name(file));
    let part = folder.join(part_name);
    let is_seen = io::stderr().is_terminal() && !matches!(config.log, Level::Error);
    let received = receive(ftp, file, &part, is_seen);
    let saved = received.and_then(|length| {
        let renamed = fs::rename(&part, &path);
        renamed.or_cannot("save", path.display())?;
        Ok(length)
    });
    if saved.is_err() {
        let _ = fs::remove_file(&part);
    }
    shared::print(format!("saved {} ({} bytes)", path.display(), saved?))
}

/// Receives `file` into a new file at `part`, piece by piece; returns its length in bytes.
fn receive(
    ftp: &mut RustlsFtpStream,
    file: &str,
    part: &Path,
    is_seen: bool,
) -> shared::Result<u64> {
    let mut saved = File::create_new(part).or_cannot("create", part.display())?;
    let opened = ftp.retr_as_stream(file);
    let mut stream = opened.map_err(cause).or_cannot("download", file)?;
    let mut piece = [0; 65_536];
    let mut total = 0;
    loop {
        let received = shared::wait(|| stream.read(&mut piece));
        let length = received.or_cannot("download", file)?;
        if length == 0 {
            break;
        }
        let written = saved.write_all(&piece[..length]);
        written.or_cannot("write to", part.display())?;
        total += length as u64;
        if is_seen {
            // What is written next begins at the start of this line, and is longer.
            let _ = write!(io::stderr(), "{total} bytes\r");
        }
    }
    // The end of the stream proves nothing: the server says whether that was the whole file.
    stream.finish().map_err(cause).or_cannot("download", file)?;
    saved.sync_all().or_cannot("write to", part.display())?;
    Ok(total)
}

/// Uploads the file at `path` into the folder where we are.
fn upload(ftp: &mut RustlsFtpStream, path: &str) -> shared::Result {
    if Path::new(path).is_dir() {
        let problem = format!("cannot upload {path}: it is a folder");
        let hint = "name a file: LESSON_FTP_UPLOAD=work.txt";
        return Err(shared::Error::new(problem, hint));
    }
    let mut file = File::open(path).or_cannot("read", path)?;
    let name = shared::file_name(path);
    let opened = ftp.put_with_stream(name);
    let mut stream = opened.map_err(cause).or_cannot("upload", path)?;
    let sent = io::copy(&mut file, &mut stream);
    // A server that does not take it all says why.
    stream.finish().map_err(cause).or_cannot("upload", path)?;
    let length = sent.or_cannot("upload", path)?;
    shared::print(format!("uploaded {name} ({length} bytes)"))
}
