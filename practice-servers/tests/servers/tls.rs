//! TLS: from the start, after STARTTLS (RFC 3207) and after AUTH TLS (RFC 4217).

use std::fs;
use std::io::{Read, Write};

use rustls::HandshakeKind;
use testing::{Folder, Practice, is_closed, tcp_peer};

use crate::support::{LOGIN, SERVERS, Servers, in_tls};

#[test]
fn from_the_start() {
    let servers = Servers::start();
    // A client that speaks no TLS at all does the server no harm.
    let mut plain = tcp_peer(servers.addr("qq-pop3s"));
    plain.write_all(b"USER laoshi@qq.example\r\n").unwrap();
    let _ = plain.read(&mut [0; 100]);
    is_closed(&mut plain);
    for (name, greeting, farewell) in [
        ("qq-smtps", "220 qq.example", "221"),
        ("sina-smtps", "220 sina.example", "221"),
        ("qq-pop3s", "+OK qq.example", "+OK"),
        ("sina-pop3s", "+OK sina.example", "+OK"),
    ] {
        let mut peer = servers.tls_peer(name);
        peer.expects(greeting);
        peer.says("QUIT", farewell);
        // The server sends TLS's close_notify before it closes the connection.
        assert_eq!(peer.rest(), b"");
    }
}

#[test]
fn the_authority_stays_over_restarts() {
    let servers = Servers::start();
    let before = fs::read(servers.path("ca.pem")).unwrap();
    let servers = servers.restart();
    assert_eq!(fs::read(servers.path("ca.pem")).unwrap(), before);
    fs::remove_file(servers.path("ca.pem")).unwrap();
    let servers = servers.restart();
    assert_eq!(fs::read(servers.path("ca.pem")).unwrap(), before);
    servers.tls_peer("qq-smtps");
}

#[test]
fn the_keys_go_where_wireshark_finds_them() {
    let folder = Folder::create();
    let keys = folder.path().join("keys.txt");
    let mut command = Practice::command(SERVERS, &folder);
    command.env("SSLKEYLOGFILE", &keys);
    let mut servers = Servers(Practice::start_by(command, folder));
    servers.program.logged("keys.txt (SSLKEYLOGFILE) can read these connections");
    let mut peer = servers.tls_peer("qq-smtps");
    peer.reply();
    let keys = fs::read_to_string(keys).unwrap();
    assert!(keys.contains("SERVER_TRAFFIC_SECRET_0 "), "{keys}");
}

#[test]
fn starttls_begins_anew() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    let offer = peer.says("EHLO client.example", "250");
    assert!(offer.contains("\n250-STARTTLS\n"), "{offer}");
    peer.says("MAIL FROM:<a@b.example>", "250");
    // These lines came in clear, before TLS began: the server drops them.
    peer.send("STARTTLS\r\nEHLO injected.example\r\nMAIL FROM:<injected@b.example>\r\n");
    peer.expects("220");
    peer.secure(&servers.tls());
    peer.says("RCPT TO:<laoshi@qq.example>", "503");
    peer.says("MAIL FROM:<a@b.example>", "503");
    let offer = peer.says("EHLO client.example", "250");
    assert!(!offer.contains("STARTTLS"), "{offer}");
    peer.says("STARTTLS", "503");
    peer.says(LOGIN, "235");
    let mail = "From: laoshi@qq.example\r\n\r\ny";
    peer.mails("laoshi@qq.example", &["zhujiao@qq.example"], mail, "250");
    let mail = servers.mail("qq", "zhujiao");
    assert!(mail.contains(" with ESMTPSA id "), "{mail}");
    assert!(mail.contains("\r\n\tfor <zhujiao@qq.example>;\r\n"), "{mail}");
}

/// FTP clients show on a data connection that they are the one of the control connection (PHP's
/// `ftp_ssl` uploads nothing without that).
#[test]
fn a_ticket_of_the_control_connection_opens_data_connections() {
    let servers = Servers::start();
    let config = servers.tls();
    let mut peer = servers.peer("ftp");
    peer.says("AUTH TLS", "234");
    peer.secure(&config);
    peer.answers("USER laoshi => 331; PASS practice => 230; PBSZ 0 => 200; PROT P => 200");
    // The client uses each of its two tickets once.
    for _ in 0..2 {
        let mut data = in_tls(peer.begins("NLST"), &config);
        let mut names = String::new();
        data.read_to_string(&mut names).unwrap();
        assert_eq!(data.conn.handshake_kind(), Some(HandshakeKind::Resumed));
        assert_eq!((names.as_str(), data.conn.tls13_tickets_received()), ("pub\r\n", 0));
        peer.expects("226");
    }
}

#[test]
fn ftp_with_both_connections_in_tls() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    peer.says("AUTH TLS", "234");
    peer.secure(&servers.tls());
    // The login begins anew.
    peer.answers(
        "PWD => 530
         USER laoshi => 331
         PASS practice => 230
         AUTH TLS => 503
         PROT P => 503
         PBSZ 0 => 200
         PROT S => 536
         PROT P => 200
         TYPE I => 200",
    );
    let bytes: Vec<u8> = (0..200_000).map(|index| (index % 251) as u8).collect();

    let mut data = in_tls(peer.begins("STOR file"), &servers.tls());
    data.write_all(&bytes).unwrap();
    data.conn.send_close_notify();
    data.flush().unwrap();
    peer.expects("226");

    let mut data = in_tls(peer.begins("RETR file"), &servers.tls());
    let mut received = Vec::new();
    // Without the server's close_notify, this would be an error.
    data.read_to_end(&mut received).unwrap();
    assert!(received == bytes);
    peer.expects("226");

    // Without the client's close_notify, the file may be half a file.
    let mut data = in_tls(peer.begins("STOR half"), &servers.tls());
    data.write_all(&bytes).unwrap();
    drop(data);
    peer.expects("426");
    assert_eq!(servers.files("ftp/laoshi"), ["file", "pub"]);

    // Data in clear is no longer understood, until the client asks for it.
    let mut data = peer.begins("NLST");
    data.write_all(b"not TLS").unwrap();
    peer.expects("426");
    peer.says("PROT C", "200");
    assert_eq!(peer.fetches("NLST"), "file\r\npub\r\n");
}
