//! The servers are killed again and again while clients send mails and files.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use testing::PATIENCE;

use crate::support::{LOGIN, Peer, Servers};

/// Where the text of a whole mail, or a whole file, ends.
const END: &str = "and that is all\r\n";

/// A client of a server that may be killed at any moment.
fn connect(addr: SocketAddr) -> io::Result<Peer> {
    let socket = TcpStream::connect(addr)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let mut peer = Peer::new(socket);
    peer.next_reply()?;
    Ok(peer)
}

/// Sends mails until the server is gone, and notes the subject of each that it has acknowledged.
fn send_mails(addr: SocketAddr, name: &str, acknowledged: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut peer = connect(addr)?;
    peer.tries("EHLO client.example", "250")?;
    peer.tries(LOGIN, "235")?;
    for number in 0.. {
        peer.tries("MAIL FROM:<laoshi@qq.example>", "250")?;
        for to in ["zhujiao@qq.example", "laoshi@qq.example", "xuesheng@sina.example"] {
            peer.tries(&format!("RCPT TO:<{to}>"), "250")?;
        }
        peer.tries("DATA", "354")?;
        let subject = format!("Subject: {name}-{number}\r\n");
        let text = "x\r\n".repeat(number % 20 * 500);
        let mail = format!("From: laoshi@qq.example\r\n{subject}\r\n{text}{END}.");
        peer.tries(&mail, "250")?;
        acknowledged.lock().unwrap().push(subject);
    }
    Ok(())
}

/// Uploads files until the server is gone, and notes the name of each that it has acknowledged.
fn send_files(addr: SocketAddr, name: &str, acknowledged: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut peer = connect(addr)?;
    peer.tries("USER guest", "331")?;
    peer.tries("PASS practice", "230")?;
    peer.tries("TYPE I", "200")?;
    for number in 0.. {
        let reply = peer.tries("EPSV", "229")?;
        let port = reply.split('|').nth(3).unwrap().parse().unwrap();
        let mut data = TcpStream::connect((addr.ip(), port))?;
        let file = format!("{name}-{number}");
        peer.tries(&format!("STOR {file}"), "150")?;
        let text = "x\r\n".repeat(number % 20 * 5_000);
        let sent = data.write_all(format!("{text}{END}").as_bytes());
        drop(data);
        sent?;
        assert!(peer.next_reply()?.starts_with("226"));
        acknowledged.lock().unwrap().push(file);
    }
    Ok(())
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    survives(1);
}

#[test]
#[ignore = "takes a minute"]
fn what_was_acknowledged_survives_twenty_kills_under_load() {
    survives(20);
}

fn survives(kills: usize) {
    let mut servers = Servers::start();
    let mails = Mutex::new(Vec::new());
    let files = Mutex::new(Vec::new());
    for kill in 0..kills {
        let smtp = servers.addr("qq-smtp");
        let ftp = servers.addr("ftp");
        let folder = thread::scope(|scope| {
            for client in 0..3 {
                let mails = &mails;
                let files = &files;
                scope.spawn(move || send_mails(smtp, &format!("{kill}-{client}"), mails));
                scope.spawn(move || send_files(ftp, &format!("{kill}-{client}"), files));
            }
            // They work for a while, each time another one.
            let enough = kill * 10 + 5 + kill * 7 % 10;
            let limit = Instant::now() + 3 * PATIENCE;
            while mails.lock().unwrap().len() < enough || files.lock().unwrap().len() < enough {
                assert!(Instant::now() < limit, "the servers acknowledge nothing");
                thread::sleep(Duration::from_millis(1));
            }
            servers.stop()
        });
        servers = Servers::start_in(folder);
    }

    let mails = mails.into_inner().unwrap();
    let files = files.into_inner().unwrap();
    servers.come_to_rest();
    for (office, user) in [("qq", "laoshi"), ("qq", "zhujiao"), ("sina", "xuesheng")] {
        let texts = servers.mails_now(office, user);
        for text in &texts {
            assert!(text.starts_with("Return-Path: ") && text.ends_with(END), "{text}");
        }
        // A mail whose acknowledgement was lost may be there, too, and may be there twice.
        let all: HashSet<_> = texts.iter().flat_map(|text| text.lines()).collect();
        for mail in &mails {
            assert!(all.contains(mail.trim_end()), "{user} has not got {mail}");
        }
    }
    let folder = servers.path("ftp/guest");
    for file in &files {
        assert!(folder.join(file).exists(), "{file}");
    }
    for name in servers.files("ftp/guest").iter().filter(|name| *name != "pub") {
        assert!(fs::read_to_string(folder.join(name)).unwrap().ends_with(END), "{name}");
    }
}
