//! Two mail offices and an FTP host on this machine, to practise with.
//!
//! Run it: `cargo run -p practice-servers`, and leave it running beside the lessons.

use std::path::Path;
use std::thread;

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let folder = Path::new(&config.practice_dir);
    let listening = practice_servers::start(&config.practice_addrs, folder, shared::log::write)?;
    for (name, addr) in &listening {
        shared::info!("{name} listening on {addr}");
    }
    for line in practice_servers::table(&listening, folder) {
        shared::info!("{line}");
    }
    loop {
        thread::park();
    }
}
