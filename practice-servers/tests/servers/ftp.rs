//! FTP: the commands, and the rights of the three kinds of users.

use std::fs;

use testing::tcp_peer;

use crate::support::{Peer, Servers};

#[test]
fn the_work_flow_of_the_notes() {
    let servers = Servers::start();
    let mut peer = Peer::new(tcp_peer(servers.addr("ftp")));
    peer.expects("220");
    peer.answers(
        "USER anonymous => 331
         PASS student@sina.example => 230
         SYST => 215 UNIX Type: L8
         PWD => 257 \"/\"
         CWD pub => 250
         PWD => 257 \"/pub\"
         TYPE I => 200
         SIZE readme.txt => 213 77
         MDTM readme.txt => 213 20
         NOOP => 200",
    );
    let file = fs::read_to_string(servers.path("ftp/anonymous/pub/readme.txt")).unwrap();
    assert_eq!(peer.fetches("RETR readme.txt"), file);
    assert_eq!(peer.fetches("NLST"), "readme.txt\r\n");
    // A client can give these names to RETR as they are.
    assert_eq!(peer.fetches("NLST ."), "./readme.txt\r\n");
    assert_eq!(peer.fetches("NLST /pub/"), "/pub/readme.txt\r\n");
    assert_eq!(peer.fetches("NLST readme.txt"), "readme.txt\r\n");
    let list = peer.fetches("LIST -a -l");
    let words: Vec<_> = list.split_whitespace().collect();
    assert_eq!(words[..5], ["-rw-r--r--", "1", "practice", "practice", "77"]);
    assert_eq!((words[8], list.lines().count()), ("readme.txt", 1));
    let list = peer.fetches("LIST /");
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
        peer.answers(&format!("USER {user} => 331; PASS wrong => 530"));
    }
    peer.answers("USER laoshi => 331; PASS wrong => 421");
    peer.is_closed();
    // Anonymous users are called `ftp`, too.
    servers.peer("ftp").answers("USER ftp => 331; PASS => 230");
    // Another user may log in after the first, and inherits nothing from it.
    servers.ftp("laoshi").answers(
        "RNFR pub => 350
         USER anonymous => 331
         PWD => 530
         PASS x => 230
         RNTO other => 503",
    );
}

#[test]
fn features_and_options() {
    let servers = Servers::start();
    let mut peer = servers.peer("ftp");
    let features =
        peer.says("FEAT", "211-beyond RFC 959:\n AUTH TLS\n EPSV\n MDTM\n PBSZ\n PROT\n");
    assert!(features.ends_with("\n REST STREAM\n SIZE\n TVFS\n UTF8\n211 that is all"));
    peer.answers(
        "opts utf8 on => 200
         OPTS MLST => 501
         HELP => 214 ABOR
         PBSZ 0 => 503
         PROT P => 503
         AUTH SSL => 504",
    );
    servers.ftp("laoshi").answers(
        "TYPE A N => 200
         SIZE pub/readme.txt => 550
         REST 5 => 501
         TYPE L 8 => 200
         TYPE E => 504
         MODE S => 200
         MODE B => 504
         STRU F => 200
         ALLO 5 => 202
         PORT 127,0,0,1,10,10 => 502 no active mode
         EPRT |1|127.0.0.1|2570| => 502 no active mode
         EPSV 2 => 522
         EPSV x => 501
         EPSV 1 => 229 Entering Extended Passive Mode (|||
         PASV => 227 Entering Passive Mode (127,0,0,1,
         EPSV ALL => 200
         PASV => 503
         ABOR => 226
         SITE CHMOD 777 pub => 502
         MLSD => 502",
    );
}

#[test]
fn a_real_user_reads_and_writes_its_tree() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    peer.answers(
        "TYPE I => 200
         MKD 课 件 => 257 \"/课 件\"
         CWD 课 件 => 250
         MKD more => 257 \"/课 件/more\"
         MKD more => 550 that name is taken",
    );
    let bytes: Vec<u8> = (0..300_000).map(|index| (index % 251) as u8).collect();
    peer.stores("STOR  报告 最终.bin", &bytes, "226");
    assert!(fs::read(servers.path("ftp/laoshi/课 件/ 报告 最终.bin")).unwrap() == bytes);
    assert_eq!(servers.files("tmp"), [""; 0]);
    let text = "x".repeat(300_000);
    peer.stores("STOR text", &text, "226");
    peer.answers(
        "SIZE  报告 最终.bin => 213 300000
         DELE  报告 最终.bin => 250
         RNTO x => 503
         RNFR missing => 550 there is no such file or folder
         RNFR text => 350
         RNTO /report.txt => 250
         CDUP => 250
         PWD => 257 \"/\"
         RMD 课 件 => 550 the folder is not empty
         RMD 课 件/more => 250
         RMD 课 件 => 250
         CWD 课 件 => 550
         RMD / => 550
         RNFR / => 550",
    );
    assert!(peer.fetches("RETR report.txt") == text);
    // An upload replaces a file that is there already, even an upload of no bytes.
    peer.stores("STOR report.txt", "", "226");
    assert_eq!(peer.fetches("RETR report.txt"), "");
    peer.answers(
        "DELE pub => 550
         DELE report.txt => 250
         SIZE report.txt => 550
         STOR pub => 553
         STOR missing/x => 553
         STOR / => 553",
    );
}

#[test]
fn a_guest_uploads_and_an_anonymous_user_only_reads() {
    let servers = Servers::start();
    let mut peer = servers.ftp("guest");
    peer.stores("STOR homework.txt", "done", "226");
    assert_eq!(peer.fetches("RETR homework.txt"), "done");
    peer.answers(
        "MKD more => 257
         RMD more => 550
         DELE homework.txt => 550
         RNFR homework.txt => 550
         RNTO x => 503",
    );
    assert_eq!(servers.files("ftp/guest"), ["homework.txt", "more", "pub"]);
    // Each account has a tree of its own.
    servers.ftp("laoshi").says("SIZE homework.txt", "550");
    servers.ftp("anonymous").answers(
        "STOR x => 550
         MKD x => 550
         DELE pub/readme.txt => 550
         RMD pub => 550
         RNFR pub => 550
         RNTO x => 503",
    );
    assert_eq!(servers.files("ftp/anonymous"), ["pub"]);
}

#[test]
fn the_folder_of_troubles_stays_as_it_is() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    assert_eq!(peer.fetches("NLST /"), "/pub\r\n");
    peer.answers(
        "CWD trouble => 250
         DELE cut.bin => 550
         RNFR full => 550
         MKD x => 550
         STOR x => 550
         RMD /trouble => 550
         RETR 425.txt => 425",
    );
    peer.stores("STOR full/x", "x", "552");
    assert_eq!(peer.fetches("NLST"), "425.txt\r\n450.txt\r\n550.txt\r\ncut.bin\r\nfull\r\n");
    assert_eq!(peer.fetches("NLST full"), "full/readme.txt\r\n");
}
