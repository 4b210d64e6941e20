//! Lesson 10 with exercise 2 solved: it sees whether all of the file has come.
//!
//! Diff it: `cargo run -- diff 10 --exercise 2`.

#[path = "../src/files.rs"]
mod files;
#[path = "../src/session.rs"]
mod session;

use std::io;

use accounts::Phase::{Do, LogIn};
use accounts::{Account, InPhase};
use suppaftp::types::FileType;
use suppaftp::{FtpError, RustlsFtpStream};

use crate::files::{Download, Upload};
use crate::session::{done, outcome};

fn main() -> shared::Result {
    let config = accounts::load!(Ftp, "LESSON_FTP_UPLOAD", "LESSON_SAVE_DIR");
    let account = accounts::ftp(&config);
    let to_upload = Upload::open(&config);

    // HOST, DIR and FILE together name a file; without a DIR it lies where the user arrives.
    let (dir, file) = account.path.rsplit_once('/').unwrap_or((".", &account.path));
    let dir = if dir.is_empty() { "/" } else { dir };
    shared::info!("HOST {}, DIR {dir}, FILE {file}", account.host);

    // Step 1: connect to HOST.
    let mut ftp = session::connect(&account)?;

    // Step 2: give the user name and the password. Any reply that begins with 2 means `done`.
    done(ftp.login(&account.user, &account.password)).in_phase(LogIn, &account)?;
    shared::info!("logged in as {}", account.user);

    // Step 3: transfer files and query information; binary, so that no byte is changed on the way.
    done(ftp.transfer_type(FileType::Binary)).in_phase(Do("ask for", "binary files"), &account)?;
    done(ftp.cwd(dir)).in_phase(Do("go into", dir), &account)?;
    for name in session::names(&mut ftp, dir, &account)?.lines() {
        shared::print(name)?;
    }
    download(&mut ftp, file, config.text("LESSON_SAVE_DIR"), &account)?;
    if let Some(to_upload) = to_upload {
        upload(&mut ftp, to_upload, &account)?;
    }

    // Step 4: leave. All is done, whatever the server says now.
    if let Err(error) = session::quit(&mut ftp, &account) {
        shared::report(&error);
    }
    Ok(())
}

/// Downloads `file` into `folder`, where it gets its name when it is whole.
fn download(
    ftp: &mut RustlsFtpStream,
    file: &str,
    folder: &str,
    account: &Account,
) -> shared::Result {
    let mut download = Download::create(folder, file)?;
    let size = match ftp.size(file) {
        // A server need not know it.
        Err(FtpError::UnexpectedResponse(_)) => None,
        size => Some(size.in_phase(Do("ask for the size of", file), account)? as u64),
    };
    let mut stream = ftp.retr_as_stream(file).in_phase(Do("download", file), account)?;
    let mut buffer = vec![0; 65_536];
    let received = loop {
        match session::read(&mut stream, &mut buffer) {
            Ok(0) => break Ok(()),
            Ok(length) => download.write(&buffer[..length])?,
            Err(error) => break Err(error),
        }
    };
    // The end of the stream proves nothing: the server says whether that was the whole file.
    outcome(received, stream.finish()).in_phase(Do("download", file), account)?;
    let came = download.length;
    if let Some(size) = size
        && size != came
    {
        let problem = format!("{file} has {size} bytes, but {came} came");
        return Err(shared::Error::new(problem, "it may have changed meanwhile: try again"));
    }
    download.save()?;
    shared::print(format!("saved {} ({} bytes)", download.path.display(), download.length))
}

/// Uploads a file into the folder where we are.
fn upload(ftp: &mut RustlsFtpStream, mut upload: Upload, account: &Account) -> shared::Result {
    let name = &upload.name;
    let mut stream = ftp.put_with_stream(name).in_phase(Do("upload", name), account)?;
    let sent = io::copy(&mut upload.file, &mut stream);
    // A server that does not take it all says why.
    let length = outcome(sent, stream.finish()).in_phase(Do("upload", name), account)?;
    shared::print(format!("uploaded {name} ({length} bytes)"))
}
