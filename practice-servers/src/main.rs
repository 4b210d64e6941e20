//! Two mail offices and an FTP host on this machine, to practise with.
//!
//! Run it: `cargo run -p practice-servers`, and leave it running beside the lessons.

use std::env;
use std::net::ToSocketAddrs;
use std::path::{self, Path};
use std::thread;

use practice_servers::Listening;
use practice_servers::accounts::{FTP_USERS, OFFICES, PASSWORD, wants_code};
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
    welcome(&listening, folder);
    loop {
        thread::park();
    }
}

/// Says what a learner has to know: the addresses, the accounts and what to type next.
fn welcome(listening: &Listening, folder: &Path) {
    let titles = ["SMTP", "in TLS", "POP3", "in TLS"].map(String::from);
    shared::info!("{}", row("office", titles, "accounts"));
    for office in OFFICES {
        let services = SERVICES.iter().filter(|service| service.is_of(office));
        let addrs = services.map(|service| listening[service.setting].to_string());
        let accounts = office.accounts().filter(|account| !wants_code(account));
        let accounts = accounts.collect::<Vec<_>>().join(", ");
        shared::info!("{}", row(office.domain, addrs, &accounts));
    }
    let users = FTP_USERS.map(|(user, _)| user).join(", ");
    let authority = folder.join("ca.pem");
    let authority = path::absolute(&authority).unwrap_or(authority);
    shared::info!("FTP at {}, accounts {users}", listening["LESSON_FTP_ADDR"]);
    shared::info!("every password is \"{PASSWORD}\"");
    shared::info!("to trust the TLS ports, set SSL_CERT_FILE to {}", authority.display());
    if let Some(file) = env::var_os("SSLKEYLOGFILE") {
        let file = file.display();
        shared::info!("whoever can read {file} (SSLKEYLOGFILE) can read these connections");
    }
    let flag = match listening["LESSON_QQ_SMTP_ADDR"].to_string().as_str() {
        "127.0.0.1:2525" => String::new(),
        addr => format!(" -- --smtp-url smtp://{addr}"),
    };
    shared::info!("now type in another terminal: cargo run -p lesson06-text-mail{flag}");
}

fn row(office: &str, addrs: impl IntoIterator<Item = String>, accounts: &str) -> String {
    let addrs: String = addrs.into_iter().map(|addr| format!("{addr:<15} ")).collect();
    format!("{office:<13} {addrs}{accounts}")
}
