//! Each row of the practice servers' table of troubles: what one types, what goes over the wire, and
//! what the lesson says.
#![cfg(test)]

use std::fs;
use std::path::PathBuf;

use testing::{Practice, Program};

fn page(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    fs::read_to_string(path).unwrap()
}

/// The rows of the table: three pieces of code each.
fn rows(page: &str) -> Vec<[String; 3]> {
    let rows = page.lines().filter(|line| line.starts_with("| `cargo run -p "));
    let rows = rows.map(|row| {
        let code: Vec<_> = row.split('`').skip(1).step_by(2).collect();
        let code = code.iter().map(|code| code.replace("\\|", "|")).collect::<Vec<_>>();
        <[String; 3]>::try_from(code).unwrap()
    });
    rows.collect()
}

#[test]
fn each_trouble_of_the_table_happens() {
    let mut practice = Practice::start();
    practice.folder.write("README.md", "x");
    let ports = [
        ("127.0.0.1:2121", "ftp"),
        ("127.0.0.1:7017", "awkward-echo"),
        ("127.0.0.1:7018", "silent-echo"),
        ("127.0.0.1:7019", "short-echo"),
        ("127.0.0.1:7020", "open-echo"),
    ];
    let ports = ports.map(|(addr, name)| (addr, practice.addr(name).to_string()));
    let with_ports = |text: &str| {
        ports.iter().fold(text.to_string(), |text, (addr, port)| text.replace(addr, port))
    };
    let rows = rows(&page("practice-servers/README.md"));
    assert!(rows.len() > 20, "{rows:?}");
    for [command, wire, says] in rows {
        let command = with_ports(&command);
        let mut words = command.split(' ').skip(3);
        let mut lesson = practice.lesson(words.next().unwrap());
        lesson.args(words.skip(1));
        let ended = Program::start(&mut lesson).finish();
        let said = format!("{}{}", ended.stdout, ended.stderr);
        assert!(said.contains(&with_ports(&says)), "{command}: not {says:?} but {said}");
        practice.program.logged(&wire);
    }
}

#[test]
fn the_pages_show_the_same_troubles() {
    let table = rows(&page("practice-servers/README.md"));
    assert_eq!(table, rows(&page("practice-servers/README.zh-CN.md")));
    for lesson in
        ["02-udp-client", "05-tcp-client", "06-text-mail", "10-ftp-client", "13-pop3-mail"]
    {
        let page = page(&format!("lesson{lesson}/README.md"));
        let (_, section) = page.split_once("\n## When it goes wrong\n").unwrap();
        let section = section.split("\n## ").next().unwrap();
        let mut commands = section.lines().filter(|line| line.starts_with("cargo run")).peekable();
        assert!(commands.peek().is_some(), "{lesson}");
        for command in commands {
            assert!(table.iter().any(|row| row[0] == command), "{lesson}: {command}");
        }
    }
}
