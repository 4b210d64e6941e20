//! FTP's data connections, and the files that go over them.

use std::fs;
use std::io::Write;
use std::net::Shutdown;

use crate::support::Servers;

/// RFC 3659 sections 2, 4 and 5.
#[test]
fn a_download_goes_on_where_it_broke_off() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    fs::write(servers.path("ftp/laoshi/alphabet"), "abcdefghijklmnopqrstuvwxyz").unwrap();
    peer.says("TYPE I", "200");
    let time = peer.says("MDTM alphabet", "213 20");
    assert_eq!(time.len(), "213 20261123080500".len());
    peer.says("REST 20", "350");
    assert_eq!(peer.fetches("RETR alphabet"), b"uvwxyz");
    // REST holds for one RETR.
    assert_eq!(peer.fetches("RETR alphabet").len(), 26);
    peer.says("REST 26", "350");
    assert_eq!(peer.fetches("RETR alphabet"), b"");
    peer.says("REST 27", "350");
    peer.says("RETR alphabet", "554");
    peer.says("REST 20", "350");
    peer.says("STOR alphabet", "554");
    peer.says("REST 20", "350");
    peer.fetches("NLST");
    assert_eq!(peer.fetches("RETR alphabet").len(), 26);
    peer.says("REST x", "501");
    peer.says("REST -1", "501");
}

#[test]
fn text_has_the_line_ends_of_the_network_on_the_way() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    let long = "x\n".repeat(100_000);
    fs::write(servers.path("ftp/laoshi/text"), format!("a\n\nb\rc{long}")).unwrap();
    let text = peer.fetches("RETR text");
    assert!(text == format!("a\r\n\r\nb\rc{}", "x\r\n".repeat(100_000)).as_bytes());
    let reply = peer.stores("copy", &[&text[..], b"\r\r\n\r"].concat());
    assert!(reply.starts_with("226"));
    let copy = fs::read(servers.path("ftp/laoshi/copy")).unwrap();
    assert!(copy == format!("a\n\nb\rc{long}\r\n\r").as_bytes());
}

/// Linux takes all of 127/8 for this machine.
#[cfg(target_os = "linux")]
#[test]
fn a_stranger_at_the_data_port_does_no_harm() {
    use std::io::Read;
    use std::net::SocketAddr;

    use socket2::{Domain, Socket, Type};
    use testing::{is_closed, tcp_peer};

    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    let reply = peer.says("EPSV", "229");
    let port: u16 = reply.split('|').nth(3).unwrap().parse().unwrap();
    let stranger = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let elsewhere = SocketAddr::from(([127, 0, 0, 2], 0));
    stranger.bind(&elsewhere.into()).unwrap();
    let server = SocketAddr::from(([127, 0, 0, 1], port));
    stranger.connect(&server.into()).unwrap();
    let mut data = tcp_peer(server);
    peer.says("NLST", "150");
    let mut names = String::new();
    data.read_to_string(&mut names).unwrap();
    assert_eq!(names, "pub\r\n");
    assert!(peer.reply().starts_with("226"));
    is_closed(&mut stranger.into());
}

#[test]
fn a_data_connection_that_never_comes_costs_425() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    peer.says("NLST", "425 say PASV");
    peer.says("EPSV", "229");
    peer.says("NLST", "425 no data connection");
    // The server listens for one data connection only.
    peer.says("NLST", "425 say PASV");
    assert_eq!(peer.fetches("NLST"), b"pub\r\n");
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let servers = Servers::start();
    fs::write(servers.path("ftp/laoshi/old"), "as it was").unwrap();
    // The whole client is gone, as when it was killed.
    let mut peer = servers.ftp("laoshi");
    let mut data = peer.data();
    peer.says("STOR old", "150");
    data.write_all(b"half").unwrap();
    peer.ends();
    drop(data);
    peer.rest();
    // The client breaks the upload off, in each of the ways that clients use.
    let telnet = [b"\xff\xf4\xff\xf2", &b"ABOR\r\n"[..]].concat();
    for abort in [&b"ABOR\r\n"[..], b"abor\r\n", &telnet, b"NOOP\r\nABOR\r\n"] {
        let mut peer = servers.ftp("laoshi");
        let mut data = peer.data();
        peer.says("STOR new", "150");
        data.write_all(b"half").unwrap();
        peer.send(abort);
        // The reply to the command follows.
        data.shutdown(Shutdown::Write).unwrap();
        assert!(peer.reply().starts_with("426"));
        let reply = peer.reply();
        assert!(reply.starts_with("226") || reply.starts_with("200"), "{reply}");
    }
    // A patient client only says NOOP.
    let mut peer = servers.ftp("laoshi");
    let mut data = peer.data();
    peer.says("STOR patience", "150");
    peer.send("NOOP\r\n");
    data.write_all(b"whole").unwrap();
    drop(data);
    assert!(peer.reply().starts_with("226"));
    assert!(peer.reply().starts_with("200"));
    peer.says("DELE patience", "250");
    // It is killed after a NOOP.
    let mut data = peer.data();
    peer.says("STOR new", "150");
    data.write_all(b"half").unwrap();
    peer.send("NOOP\r\n");
    peer.ends();
    drop(data);
    peer.rest();
    let mut peer = servers.ftp("laoshi");
    // It reads nothing of what it asked for, and is reset.
    let mut data = peer.data();
    data.write_all(b"x").unwrap();
    peer.says("NLST", "150");
    drop(data);
    peer.reply();
    assert_eq!(servers.files("ftp/laoshi"), ["old", "pub"]);
    assert_eq!(fs::read(servers.path("ftp/laoshi/old")).unwrap(), b"as it was");
    assert_eq!(servers.files("tmp"), [""; 0]);
}
