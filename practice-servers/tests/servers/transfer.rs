//! FTP's data connections, and the files that go over them.

use std::fs;
use std::io::Write;
use std::net::Shutdown;

use testing::is_closed;

use crate::support::Servers;

/// RFC 3659 section 5.
#[test]
fn a_transfer_goes_on_where_it_broke_off() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    peer.says("TYPE I", "200");
    peer.stores("STOR alphabet", "abcdefghijklmnopqrstuvwxyz", "226");
    peer.says("REST 20", "350");
    assert_eq!(peer.fetches("RETR alphabet"), "uvwxyz");
    // REST holds for one RETR.
    assert_eq!(peer.fetches("RETR alphabet").len(), 26);
    peer.says("REST 26", "350");
    assert_eq!(peer.fetches("RETR alphabet"), "");
    peer.answers("REST 27 => 350; RETR alphabet => 554; REST 27 => 350; STOR alphabet => 554");
    peer.says("REST 20", "350");
    peer.fetches("NLST");
    assert_eq!(peer.fetches("RETR alphabet").len(), 26);
    peer.answers("REST x => 501; REST -1 => 501; REST +5 => 501; REST 4 => 350");
    peer.stores("STOR alphabet", "EFGH", "226");
    assert_eq!(peer.fetches("RETR alphabet"), "abcdEFGH");
    peer.stores("APPE alphabet", "IJ", "226");
    peer.stores("APPE new", "1", "226");
    assert_eq!(peer.fetches("RETR alphabet"), "abcdEFGHIJ");
    assert_eq!(peer.fetches("RETR new"), "1");
    peer.answers("REST 4 => 350; APPE alphabet => 554");
}

#[test]
fn patterns() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    for name in ["a.txt", "b.txt", "b.bin", ".txt", "课.txt"] {
        fs::write(servers.path("ftp/laoshi").join(name), name).unwrap();
    }
    for (pattern, names) in [
        ("*.txt", "a.txt\r\nb.txt\r\n课.txt\r\n"),
        ("/?.bin", "/b.bin\r\n"),
        ("?*.b*n*", "b.bin\r\n"),
        (".*", ".txt\r\n"),
        ("pub/*", "pub/readme.txt\r\n"),
        ("*.none", ""),
        ("?", ""),
        ("../../*.bin", "../../b.bin\r\n"),
    ] {
        assert_eq!(peer.fetches(&format!("NLST {pattern}")), names, "{pattern}");
    }
    // Tried in every way, this pattern would take for ever.
    fs::write(servers.path("ftp/laoshi/pub").join("a".repeat(200)), "").unwrap();
    assert_eq!(peer.fetches(&format!("NLST pub/{}b", "*a".repeat(100))), "");
    let list = peer.fetches("LIST b*");
    assert!(list.lines().count() == 2 && list.ends_with(" b.txt\r\n"), "{list}");
    let list = peer.says("STAT b.*", "213-");
    assert!(list.contains("\n -rw-r--r-- 1 ") && list.ends_with("\n213 that is all"), "{list}");
}

#[test]
fn old_names_of_commands_status_and_a_new_beginning() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    let status = peer.says("STAT", "211-");
    assert!(status.contains("\n laoshi has logged in\n"), "{status}");
    peer.answers(
        "XMKD x => 257 \"/x\"
         XCWD x => 250
         XPWD => 257 \"/x\"
         XCUP => 250
         XRMD x => 250
         STAT missing => 550
         REIN => 220
         PWD => 530
         STAT / => 530",
    );
}

#[test]
fn text_has_the_line_ends_of_the_network_on_the_way() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    let long = "x\n".repeat(100_000);
    fs::write(servers.path("ftp/laoshi/text"), format!("a\n\nb\rc{long}")).unwrap();
    let text = peer.fetches("RETR text");
    assert!(text == format!("a\r\n\r\nb\rc{}", "x\r\n".repeat(100_000)));
    // A file may have such line ends already.
    fs::write(servers.path("ftp/laoshi/text"), &text).unwrap();
    assert!(peer.fetches("RETR text") == text);
    peer.stores("STOR copy", text + "\r\r\n\r", "226");
    let copy = fs::read_to_string(servers.path("ftp/laoshi/copy")).unwrap();
    assert!(copy == format!("a\n\nb\rc{long}\r\n\r"));
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
    peer.expects("226");
    is_closed(&mut stranger.into());
}

#[test]
fn a_data_connection_that_never_comes_costs_425() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    peer.says("NLST", "425 say PASV");
    peer.says("EPSV", "229");
    peer.says("NLST", "425 no data connection");
    // ABOR closes the port that waits.
    let data = peer.data();
    peer.says("ABOR", "226");
    is_closed(&mut { data });
    peer.says("NLST", "425 say PASV");
    // The server listens for one data connection only.
    peer.says("NLST", "425 say PASV");
    assert_eq!(peer.fetches("NLST"), "pub\r\n");
}

/// What a client says behind its upload changes nothing, whether it waits for the reply or not.
#[test]
fn an_upload_stays_whatever_follows() {
    let servers = Servers::start();
    let telnet = [b"\xff\xf4\xff\xf2", &b"ABOR\r\n"[..]].concat();
    let commands = [&b"NOOP\r\n"[..], b"PWD\r\n", b"ABOR\r\n", &telnet, b"TYPE I\r\nQUIT\r\n"];
    for (number, command) in commands.iter().enumerate() {
        let mut peer = servers.ftp("laoshi");
        let mut data = peer.begins(&format!("STOR {number}"));
        data.write_all(b"whole").unwrap();
        peer.send(command);
        drop(data);
        peer.expects("226");
        peer.expects("2");
    }
    // This one does not even wait for the reply to QUIT.
    let mut peer = servers.ftp("laoshi");
    let mut data = peer.begins("STOR 5");
    data.write_all(b"whole").unwrap();
    peer.send("QUIT\r\n");
    peer.socket.shutdown(Shutdown::Write).unwrap();
    drop(data);
    peer.rest();
    for number in 0..6 {
        let file = fs::read(servers.path(&format!("ftp/laoshi/{number}"))).unwrap();
        assert_eq!(file, b"whole");
    }
}

/// Python's `ftplib.abort()` sends `ABOR` as urgent data: the last byte of it in a way of its own.
#[test]
fn a_transfer_ends_when_the_client_says_abor() {
    let servers = Servers::start();
    fs::write(servers.path("ftp/laoshi/large"), vec![b'x'; 50_000_000]).unwrap();
    let mut peer = servers.ftp("laoshi");
    for command in ["RETR large", "STOR large"] {
        let data = peer.begins(command);
        socket2::SockRef::from(&peer.socket).send_out_of_band(b"ABOR\r\n").unwrap();
        peer.expects("426");
        peer.expects("226");
        drop(data);
    }
    assert_eq!(fs::metadata(servers.path("ftp/laoshi/large")).unwrap().len(), 50_000_000);
    peer.says("NOOP", "200");
}

#[test]
fn an_upload_that_breaks_off_leaves_nothing() {
    let servers = Servers::start();
    fs::write(servers.path("ftp/laoshi/old"), "as it was").unwrap();
    // The whole client is gone, as when it was killed; the second one after a NOOP.
    for (name, behind) in [("old", ""), ("new", "NOOP\r\n")] {
        let mut peer = servers.ftp("laoshi");
        let mut data = peer.begins(&format!("STOR {name}"));
        data.write_all(b"half").unwrap();
        peer.send(behind);
        peer.socket.shutdown(Shutdown::Write).unwrap();
        drop(data);
        peer.rest();
    }
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
