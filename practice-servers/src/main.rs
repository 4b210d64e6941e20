//! Two mail offices and an FTP host on this machine, to practise with.
//!
//! Run it: `cargo run -p practice-servers`, and leave it running beside the lessons.

mod welcome;

use std::net::ToSocketAddrs;
use std::path::Path;
use std::thread;

use practice_servers::services::{SERVICES, Service};
use shared::{Config, Takes};

fn main() -> shared::Result {
    let services = SERVICES.iter().map(|service| Takes::Setting(service.setting));
    let taken: Vec<_> = services.chain([Takes::Setting("LESSON_PRACTICE_DIR")]).collect();
    let purpose = env!("CARGO_PKG_DESCRIPTION");
    let config = Config::load(env!("CARGO_PKG_NAME"), purpose, &taken, |_config| {});
    let folder = Path::new(config.text("LESSON_PRACTICE_DIR"));
    if folder.as_os_str().is_empty() {
        config.refuse("LESSON_PRACTICE_DIR", "not the name of a folder");
    }
    let addr_of = |service: &Service| {
        let addr = config.addr(service.setting);
        if !addr.to_socket_addrs().is_ok_and(|mut all| all.all(|one| one.ip().is_loopback())) {
            config.refuse(service.setting, "the practice servers listen on loopback alone");
        }
        addr
    };
    let listening = practice_servers::start(addr_of, folder, shared::log::write)?;
    for line in welcome::lines(&listening, folder) {
        shared::info!("{line}");
    }
    loop {
        thread::park();
    }
}
