//! Two mail offices and an FTP host on this machine, to practise with.
//!
//! Run it: `cargo run -p practice-servers`, and leave it running beside the lessons.

mod welcome;

use std::path::Path;
use std::thread;

use practice_servers::services::{SERVICES, Service};

fn main() -> shared::Result {
    let config = shared::load(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_DESCRIPTION"));
    let folder = Path::new(&config.practice_dir);
    let addr_of = |service: &Service| {
        let mut settings = SERVICES.iter().zip(&config.practice_addrs);
        let found = settings.find(|(other, _)| other.setting == service.setting);
        shared::resolve(found.map_or("", |(_, addr)| addr))
    };
    let listening = practice_servers::start(addr_of, folder, shared::log::write)?;
    for service in &SERVICES {
        shared::info!("{} listening on {}", service.name(), listening[service.setting]);
    }
    for line in welcome::lines(&listening, folder) {
        shared::info!("{line}");
    }
    loop {
        thread::park();
    }
}
