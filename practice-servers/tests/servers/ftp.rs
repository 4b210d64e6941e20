//! FTP: the commands, and the rights of the three kinds of users.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use testing::tcp_peer;

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
    // A client can give these names to RETR as they are.
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
    // Another user may log in after the first, and inherits nothing from it.
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
    peer.plays("C: MKD more\nS: 257 \"/课 件/more\"\nC: MKD more\nS: 550 that name is taken");
    assert!(peer.stores(" 报告 最终.bin", &bytes).starts_with("226"));
    assert!(fs::read(servers.path("ftp/laoshi/课 件/ 报告 最终.bin")).unwrap() == bytes);
    assert_eq!(servers.files("tmp"), [""; 0]);
    peer.says("SIZE  报告 最终.bin", "213 300000");
    peer.plays(
        "C: RNTO x
         S: 503
         C: RNFR missing
         S: 550 there is no such file or folder
         C: RNFR  报告 最终.bin
         S: 350
         C: RNTO /report.bin
         S: 250
         C: CDUP
         S: 250
         C: PWD
         S: 257 \"/\"
         C: RMD 课 件
         S: 550 the folder is not empty
         C: RMD 课 件/more
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
    // An upload replaces a file that is there already, even an upload of no bytes.
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
fn the_folder_of_troubles_stays_as_it_is() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    assert_eq!(peer.fetches("NLST /"), b"/pub\r\n");
    peer.plays(
        "C: CWD trouble
         S: 250
         C: DELE cut.bin
         S: 550
         C: RNFR full
         S: 550
         C: MKD x
         S: 550
         C: STOR x
         S: 550
         C: RMD /trouble
         S: 550
         C: RETR 425.txt
         S: 425",
    );
    assert!(peer.stores("full/x", b"x").starts_with("552"));
    assert_eq!(peer.fetches("NLST"), b"425.txt\r\n450.txt\r\n550.txt\r\ncut.bin\r\nfull\r\n");
    assert_eq!(peer.fetches("NLST full"), b"full/readme.txt\r\n");
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
