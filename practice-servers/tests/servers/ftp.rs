//! FTP: the commands, the rights of the three kinds of users, and data connections.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, UNIX_EPOCH};

use shared::testing::tcp_peer;

use crate::support::{Peer, Servers};

#[test]
fn the_work_flow_of_the_notes() {
    let servers = Servers::start();
    let mut peer = Peer::new(tcp_peer(servers.addr("ftp")));
    peer.plays(
        "S: 220
         C: USER anonymous
         S: 331
         C: PASS student@sina.example
         S: 230
         C: SYST
         S: 215 UNIX Type: L8
         C: PWD
         S: 257 \"/\"
         C: CWD pub
         S: 250
         C: PWD
         S: 257 \"/pub\"
         C: TYPE I
         S: 200
         C: SIZE readme.txt
         S: 213 77
         C: NOOP
         S: 200",
    );
    let file = fs::read(servers.path("ftp/anonymous/pub/readme.txt")).unwrap();
    assert_eq!(peer.fetches("RETR readme.txt"), file);
    assert_eq!(peer.fetches("NLST"), b"readme.txt\r\n");
    // These names can be given to RETR as they are.
    assert_eq!(peer.fetches("NLST ."), b"./readme.txt\r\n");
    assert_eq!(peer.fetches("NLST /pub/"), b"/pub/readme.txt\r\n");
    assert_eq!(peer.fetches("NLST readme.txt"), b"readme.txt\r\n");
    let list = String::from_utf8(peer.fetches("LIST -a -l")).unwrap();
    let words: Vec<_> = list.split_whitespace().collect();
    assert_eq!(words[..5], ["-rw-r--r--", "1", "practice", "practice", "77"]);
    assert_eq!((words[8], list.lines().count()), ("readme.txt", 1));
    let list = String::from_utf8(peer.fetches("LIST /")).unwrap();
    assert!(list.starts_with("drwxr-xr-x 1 ") && list.ends_with(" pub\r\n"), "{list}");
    peer.says("QUIT", "221");
    peer.is_closed();
}

#[test]
fn nothing_without_a_login() {
    let servers = Servers::start();
    let mut peer = servers.peer("ftp");
    for command in ["PWD", "EPSV", "LIST", "RETR pub/readme.txt", "CWD pub", "STOR x", "RNTO x"] {
        peer.says(command, "530");
    }
    peer.says("PASS practice", "503");
    for user in ["laoshi", "guest", "nobody"] {
        peer.says(&format!("USER {user}"), "331");
        peer.says("PASS wrong", "530");
    }
    peer.says("USER laoshi", "331");
    peer.says("PASS practice", "421");
    peer.is_closed();
    // Anonymous users are called `ftp`, too.
    servers.peer("ftp").plays("C: USER ftp\nS: 331\nC: PASS\nS: 230");
    // Another user may log in after the first, and has nothing of what that one had.
    servers.ftp("laoshi").plays(
        "C: RNFR pub\nS: 350\nC: USER anonymous\nS: 331\nC: PWD\nS: 530\nC: PASS x\nS: 230\n\
         C: RNTO other\nS: 503",
    );
}

#[test]
fn features_and_options() {
    let servers = Servers::start();
    servers.peer("ftp").plays(
        "C: FEAT
         S: 211-
         S:  AUTH TLS
         S:  EPSV
         S:  MDTM
         S:  PBSZ
         S:  PROT
         S:  REST STREAM
         S:  SIZE
         S:  TVFS
         S:  UTF8
         S: 211
         C: opts utf8 on
         S: 200
         C: OPTS MLST
         S: 501
         C: PBSZ 0
         S: 503
         C: PROT P
         S: 503
         C: AUTH SSL
         S: 504",
    );
    servers.ftp("laoshi").plays(
        "C: TYPE A N
         S: 200
         C: SIZE pub/readme.txt
         S: 550
         C: REST 5
         S: 501
         C: TYPE L 8
         S: 200
         C: TYPE E
         S: 504
         C: MODE S
         S: 200
         C: MODE B
         S: 504
         C: STRU F
         S: 200
         C: PORT 127,0,0,1,10,10
         S: 502 no active mode
         C: EPRT |1|127.0.0.1|2570|
         S: 502 no active mode
         C: EPSV 2
         S: 522
         C: EPSV x
         S: 501
         C: EPSV 1
         S: 229 Entering Extended Passive Mode (|||
         C: PASV
         S: 227 Entering Passive Mode (127,0,0,1,
         C: EPSV ALL
         S: 200
         C: PASV
         S: 503
         C: ABOR
         S: 226
         C: SITE CHMOD 777 pub
         S: 502
         C: MLSD
         S: 502",
    );
}

#[test]
fn a_real_user_reads_and_writes_its_tree() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    let bytes: Vec<u8> = (0..300_000).map(|index| (index % 251) as u8).collect();
    peer.plays("C: TYPE I\nS: 200\nC: MKD 课 件\nS: 257 \"/课 件\"\nC: CWD 课 件\nS: 250");
    peer.plays("C: MKD a\"b\nS: 257 \"/课 件/a\"\"b\"\nC: MKD a\"b\nS: 550");
    assert!(peer.stores(" 报告 最终.bin", &bytes).starts_with("226"));
    assert!(fs::read(servers.path("ftp/laoshi/课 件/ 报告 最终.bin")).unwrap() == bytes);
    assert_eq!(servers.files("tmp"), [""; 0]);
    peer.says("SIZE  报告 最终.bin", "213 300000");
    peer.plays(
        "C: RNTO x
         S: 503
         C: RNFR missing
         S: 550
         C: RNFR  报告 最终.bin
         S: 350
         C: RNTO /report.bin
         S: 250
         C: CDUP
         S: 250
         C: PWD
         S: 257 \"/\"
         C: RMD 课 件
         S: 550
         C: RMD 课 件/a\"b
         S: 250
         C: RMD 课 件
         S: 250
         C: CWD 课 件
         S: 550
         C: RMD /
         S: 550
         C: RNFR /
         S: 550",
    );
    assert!(peer.fetches("RETR report.bin") == bytes);
    // A file that is there already is replaced, also by nothing.
    assert!(peer.stores("report.bin", b"").starts_with("226"));
    assert_eq!(peer.fetches("RETR report.bin"), b"");
    peer.plays("C: DELE pub\nS: 550\nC: DELE report.bin\nS: 250\nC: SIZE report.bin\nS: 550");
    peer.plays("C: STOR pub\nS: 553\nC: STOR missing/x\nS: 553\nC: STOR /\nS: 553");
}

#[test]
fn a_guest_uploads_but_deletes_and_renames_nothing() {
    let servers = Servers::start();
    let mut peer = servers.ftp("guest");
    assert!(peer.stores("homework.txt", b"done").starts_with("226"));
    assert_eq!(peer.fetches("RETR homework.txt"), b"done");
    peer.plays("C: MKD more\nS: 257\nC: RMD more\nS: 550\nC: DELE homework.txt\nS: 550");
    peer.plays("C: RNFR homework.txt\nS: 550\nC: RNTO x\nS: 503");
    assert_eq!(servers.files("ftp/guest"), ["homework.txt", "more", "pub"]);
    // Each account has a tree of its own.
    servers.ftp("laoshi").says("SIZE homework.txt", "550");
}

#[test]
fn an_anonymous_user_only_reads() {
    let servers = Servers::start();
    let mut peer = servers.ftp("anonymous");
    for command in ["STOR x", "MKD x", "DELE pub/readme.txt", "RMD pub", "RNFR pub", "RNTO x"] {
        let code = if command == "RNTO x" { "503" } else { "550" };
        peer.says(command, code);
    }
    assert_eq!(servers.files("ftp/anonymous"), ["pub"]);
    assert_eq!(servers.files("ftp/anonymous/pub"), ["readme.txt"]);
}

#[test]
fn nothing_outside_the_tree_by_any_path() {
    let servers = Servers::start();
    fs::write(servers.path("ftp/secret"), "x").unwrap();
    let mut peer = servers.ftp("laoshi");
    peer.says("TYPE I", "200");
    for path in [
        "../secret",
        "/../secret",
        "pub/../../secret",
        "..//..//secret",
        "/./.././secret",
        "../laoshi/../secret",
    ] {
        peer.says(&format!("SIZE {path}"), "550");
        peer.says(&format!("MDTM {path}"), "550");
        peer.says(&format!("RETR {path}"), "550");
        peer.says(&format!("DELE {path}"), "550");
        peer.says(&format!("RNFR {path}"), "550");
    }
    for path in ["..", "../..", "/../../..", "pub/../.."] {
        peer.says(&format!("CWD {path}"), "250 now in \"/\"");
        let name = format!("{path}/pub\r\n");
        assert_eq!(peer.fetches(&format!("NLST {path}")), name.as_bytes());
    }
    assert!(peer.stores("../../up", b"x").starts_with("226"));
    peer.plays(
        "C: RNFR up\nS: 350\nC: RNTO ../../../down\nS: 250\nC: MKD ../../dir\nS: 257 \"/dir\"",
    );
    assert_eq!(servers.files("ftp/laoshi"), ["dir", "down", "pub"]);
    assert_eq!(servers.files("ftp"), ["anonymous", "guest", "laoshi", "secret"]);
}

#[cfg(unix)]
#[test]
fn links_in_the_tree_lead_nowhere() {
    use std::os::unix::fs::symlink;

    let servers = Servers::start();
    fs::write(servers.path("ftp/secret"), "x").unwrap();
    symlink("../secret", servers.path("ftp/laoshi/file")).unwrap();
    symlink("..", servers.path("ftp/laoshi/folder")).unwrap();
    symlink("pub", servers.path("ftp/laoshi/inside")).unwrap();
    symlink("nowhere", servers.path("ftp/laoshi/broken")).unwrap();
    let mut peer = servers.ftp("laoshi");
    peer.says("TYPE I", "200");
    assert_eq!(peer.fetches("NLST"), b"pub\r\n");
    for path in ["file", "folder", "folder/secret", "inside", "inside/readme.txt", "broken"] {
        for verb in ["CWD", "SIZE", "MDTM", "RETR", "DELE", "RMD", "MKD", "RNFR", "LIST", "STOR"] {
            peer.says(&format!("{verb} {path}"), "550");
        }
        peer.says("RNFR pub", "350");
        peer.says(&format!("RNTO {path}"), "550");
    }
    assert_eq!(servers.files("ftp/laoshi"), ["broken", "file", "folder", "inside", "pub"]);
}

/// A folder is renamed while a file is under way into it: now there is a link on the way.
#[cfg(unix)]
#[test]
fn links_that_come_into_the_way_lead_nowhere() {
    let servers = Servers::start();
    fs::create_dir(servers.path("ftp/laoshi/trap")).unwrap();
    let link = servers.path("ftp/laoshi/trap/way");
    std::os::unix::fs::symlink("../..", link).unwrap();
    let mut other = servers.ftp("laoshi");
    other.plays("C: MKD safe\nS: 257\nC: MKD safe/way\nS: 257");
    let mut peer = servers.ftp("laoshi");
    let mut data = peer.data();
    peer.says("STOR safe/way/out", "150");
    data.write_all(b"x").unwrap();
    other.plays(
        "C: RNFR safe\nS: 350\nC: RNTO old\nS: 250\nC: RNFR trap\nS: 350\nC: RNTO safe\nS: 250",
    );
    drop(data);
    assert!(peer.reply().starts_with("550"));
    assert_eq!(servers.files("ftp"), ["anonymous", "guest", "laoshi"]);
}

#[test]
fn files_of_any_time_are_listed() {
    let servers = Servers::start();
    let path = servers.path("ftp/laoshi/pub/readme.txt");
    let file = fs::File::options().write(true).open(path).unwrap();
    let mut peer = servers.ftp("laoshi");
    let century = Duration::from_secs(100 * 366 * 24 * 3600);
    for time in [UNIX_EPOCH - century, UNIX_EPOCH + century, UNIX_EPOCH + 100 * century] {
        // Not every file system can keep each of them.
        let _ = file.set_modified(time);
        let list = String::from_utf8(peer.fetches("LIST pub")).unwrap();
        assert!(list.ends_with(" readme.txt\r\n"), "{list}");
        let time = peer.says("MDTM pub/readme.txt", "213 ");
        assert_eq!(time.len(), "213 20261123080500".len());
    }
}

/// A device or a pipe would never end.
#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_not_read() {
    let servers = Servers::start();
    let pipe = servers.path("ftp/laoshi/pipe");
    let made = std::process::Command::new("mkfifo").arg(pipe).status();
    assert!(made.unwrap().success());
    let mut peer = servers.ftp("laoshi");
    peer.plays("C: RETR pipe\nS: 550\nC: SIZE pipe\nS: 550\nC: RETR pub\nS: 550");
    peer.says("STOR pipe", "553");
    assert_eq!(peer.fetches("NLST"), b"pub\r\n");
}

#[test]
fn names_that_are_none_get_501_and_the_session_lives() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    for _ in 0..10 {
        for name in ["a\rb", "a\nb", "a\0b", "\r", "\n", "a\x1b[2Jb"] {
            peer.says(&format!("MKD {name}"), "501");
            peer.says(&format!("STOR {name}"), "501");
        }
    }
    peer.says(&format!("MKD {}", "x".repeat(300)), "553");
    peer.says(&format!("STOR {}", "x".repeat(300)), "553");
    peer.says(&format!("MKD {}", "x".repeat(5_000)), "500");
    peer.send(b"MKD \xff\xfe\r\n");
    assert!(peer.reply().starts_with("500"));
    for verb in ["CWD", "SIZE", "RETR", "STOR", "DELE", "MKD", "RMD", "RNFR", "RNTO"] {
        peer.says(verb, "501");
    }
    peer.says("NOOP", "200");
    assert_eq!(servers.files("ftp/laoshi"), ["pub"]);
    for _ in 0..17 {
        peer.says("XYZZY", "502");
    }
    peer.says("XYZZY", "421");
    peer.is_closed();
}

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
    // It counts once.
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
    use shared::testing::is_closed;
    use socket2::{Domain, Socket, Type};

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
    // That one is over.
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
    // The client changes its mind, in each way in which clients say so.
    let telnet = [b"\xff\xf4\xff\xf2", &b"ABOR\r\n"[..]].concat();
    for abort in [&b"ABOR\r\n"[..], b"abor\r\n", &telnet, b"NOOP\r\nABOR\r\n"] {
        let mut peer = servers.ftp("laoshi");
        let mut data = peer.data();
        peer.says("STOR new", "150");
        data.write_all(b"half").unwrap();
        peer.send(abort);
        // The second one comes with it, or after it.
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
