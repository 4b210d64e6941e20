//! FTP's paths and names: none leads out of the user's tree.

use std::fs;

use crate::support::Servers;

#[test]
fn nothing_outside_the_tree_by_any_path() {
    let servers = Servers::start();
    fs::write(servers.path("ftp/secret"), "x").unwrap();
    let mut peer = servers.ftp("laoshi");
    peer.says("TYPE I", "200");
    for path in ["../secret", "/../secret", "pub/../../secret", "..//..//secret", "/./.././secret"]
    {
        for verb in ["SIZE", "MDTM", "RETR", "DELE", "RNFR"] {
            peer.says(&format!("{verb} {path}"), "550");
        }
    }
    for path in ["..", "../..", "/../../..", "pub/../.."] {
        peer.says(&format!("CWD {path}"), "250 now in \"/\"");
        let name = format!("{path}/pub\r\n");
        assert_eq!(peer.fetches(&format!("NLST {path}")), name);
    }
    peer.stores("STOR ../../up", "x", "226");
    peer.answers("RNFR up => 350; RNTO ../../../down => 250; MKD ../../dir => 257 \"/dir\"");
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
    assert_eq!(peer.fetches("NLST"), "pub\r\n");
    for path in ["file", "folder", "folder/secret", "inside", "inside/readme.txt", "broken"] {
        for verb in ["CWD", "SIZE", "MDTM", "RETR", "DELE", "RMD", "MKD", "RNFR", "LIST", "STOR"] {
            peer.says(&format!("{verb} {path}"), "550");
        }
        peer.says("RNFR pub", "350");
        peer.says(&format!("RNTO {path}"), "550");
    }
    assert_eq!(servers.files("ftp/laoshi"), ["broken", "file", "folder", "inside", "pub"]);
}

/// A folder is renamed while a client uploads a file into it, so that its path now has a link in
/// it.
#[cfg(unix)]
#[test]
fn links_that_come_into_the_way_lead_nowhere() {
    use std::io::Write;

    let servers = Servers::start();
    fs::create_dir(servers.path("ftp/laoshi/trap")).unwrap();
    let link = servers.path("ftp/laoshi/trap/way");
    std::os::unix::fs::symlink("../..", link).unwrap();
    let mut other = servers.ftp("laoshi");
    other.answers("MKD safe => 257; MKD safe/way => 257");
    let mut peer = servers.ftp("laoshi");
    let mut data = peer.begins("STOR safe/way/out");
    data.write_all(b"x").unwrap();
    other.answers("RNFR safe => 350; RNTO old => 250; RNFR trap => 350; RNTO safe => 250");
    drop(data);
    peer.expects("550");
    assert_eq!(servers.files("ftp"), ["anonymous", "guest", "laoshi"]);
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
    peer.answers("RETR pipe => 550; SIZE pipe => 550; RETR pub => 550");
    peer.says("STOR pipe", "553");
    assert_eq!(peer.fetches("NLST"), "pub\r\n");
}

#[test]
fn names_that_are_none_get_501_and_the_session_lives() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    for name in ["a\rb", "a\tb", "a\0b", "\r ", "\x7f", "a\x1b[2Jb"] {
        peer.says(&format!("MKD {name}"), "500");
        peer.says(&format!("STOR {name}"), "500");
    }
    peer.says(&format!("MKD {}", "x".repeat(300)), "553");
    peer.says(&format!("STOR {}", "x".repeat(300)), "553");
    peer.says(&format!("MKD {}", "x".repeat(5_000)), "500");
    peer.send(b"MKD \xff\xfe\r\n");
    peer.expects("500");
    for verb in ["CWD", "SIZE", "RETR", "STOR", "DELE", "MKD", "RMD", "RNFR", "RNTO"] {
        peer.says(verb, "501");
    }
    peer.says("NOOP", "200");
    assert_eq!(servers.files("ftp/laoshi"), ["pub"]);
    // Optional commands that are refused shut nobody out who has logged in.
    for _ in 0..40 {
        peer.says("SITE CHMOD 644 x", "502");
    }
}

/// RFC 959 appendix II. Windows has no such names.
#[cfg(unix)]
#[test]
fn a_quote_in_a_path_is_doubled() {
    let servers = Servers::start();
    let mut peer = servers.ftp("laoshi");
    peer.answers("MKD a\"b => 257 \"/a\"\"b\"; CWD a\"b => 250 now in \"/a\"\"b\"");
    peer.says("PWD", "257 \"/a\"\"b\"");
}
