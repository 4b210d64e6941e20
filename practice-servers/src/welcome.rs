//! What a learner has to know when the servers have started.

use std::env;
use std::path::{self, Path};

use practice_servers::Listening;
use practice_servers::accounts::{FTP_USERS, OFFICES, PASSWORD, wants_code};
use practice_servers::services::SERVICES;

/// The addresses, the accounts and what to type next, line by line.
pub fn lines(listening: &Listening, folder: &Path) -> Vec<String> {
    let titles = ["SMTP", "in TLS", "POP3", "in TLS"].map(String::from);
    let mut lines = vec![row("office", titles, "accounts")];
    for office in OFFICES {
        let services = SERVICES.iter().filter(|service| service.is_of(office));
        let addrs = services.map(|service| listening[service.setting].to_string());
        let accounts = office.accounts().filter(|account| !wants_code(account));
        lines.push(row(office.domain, addrs, &accounts.collect::<Vec<_>>().join(", ")));
    }
    let users = FTP_USERS.map(|(user, _)| user).join(", ");
    let authority = folder.join("ca.pem");
    let authority = path::absolute(&authority).unwrap_or(authority);
    lines.push(format!("FTP at {}, accounts {users}", listening["LESSON_FTP_ADDR"]));
    lines.push(format!("every password is \"{PASSWORD}\""));
    lines.push(format!("to trust the TLS ports, set SSL_CERT_FILE to {}", authority.display()));
    if let Some(file) = env::var_os("SSLKEYLOGFILE") {
        let file = file.display();
        lines.push(format!("whoever can read {file} (SSLKEYLOGFILE) can read these connections"));
    }
    let flag = match listening["LESSON_QQ_SMTP_ADDR"].to_string().as_str() {
        "127.0.0.1:2525" => String::new(),
        addr => format!(" -- --smtp-url smtp://{addr}"),
    };
    lines.push(format!("now type in another terminal: cargo run -p lesson06-text-mail{flag}"));
    lines
}

fn row(office: &str, addrs: impl IntoIterator<Item = String>, accounts: &str) -> String {
    let addrs: String = addrs.into_iter().map(|addr| format!("{addr:<15} ")).collect();
    format!("{office:<13} {addrs}{accounts}")
}
