//! POP3: the commands, the lock, deletion, and every byte of a message.

use crate::support::{Peer, Servers};

/// What the servers say that they can do.
const CAPABILITIES: &str = "TOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nPIPELINING\r\nEXPIRE NEVER\r\n\
                            IMPLEMENTATION practice-servers\r\n";

/// Two messages of the sizes in the RFC's example.
fn two_messages() -> Servers {
    let servers = Servers::start();
    for (name, size) in
        [("1700000000.M1P1Q1.sina.example", 120), ("1700000001.M1P1Q2.sina.example", 200)]
    {
        let mut message = format!("Subject: {size} bytes\r\n\r\n").into_bytes();
        message.resize(size - 2, b'x');
        message.extend(b"\r\n");
        servers.deliver("xuesheng@sina.example", name, &message);
    }
    servers
}

/// RFC 1939 section 10, with USER and PASS in place of APOP.
#[test]
fn the_example_session_of_the_rfc() {
    let servers = two_messages();
    let mut peer = Peer::new(testing::tcp_peer(servers.addr("sina-pop3")));
    peer.expects("+OK sina.example");
    peer.answers("USER xuesheng@sina.example => +OK; PASS practice => +OK; STAT => +OK 2 320");
    assert_eq!(peer.gets("LIST"), "1 120\r\n2 200\r\n");
    assert!(peer.gets("RETR 1").starts_with("Subject: 120 bytes\r\n\r\nxxx"));
    peer.says("DELE 1", "+OK");
    assert_eq!(peer.gets("RETR 2").len(), 200);
    peer.answers("DELE 2 => +OK; QUIT => +OK sina.example");
    peer.is_closed();
    assert_eq!(servers.files("mail/xuesheng@sina.example/new"), [""; 0]);
}

/// The examples in RFC 1939 sections 5 and 7.
#[test]
fn the_examples_of_each_command() {
    let servers = two_messages();
    let mut peer = servers.mailbox("sina", "xuesheng");
    let names = "1 1700000000.M1P1Q1.sina.example\r\n2 1700000001.M1P1Q2.sina.example\r\n";
    assert_eq!(peer.gets("UIDL"), names);
    assert_eq!(peer.gets("TOP 1 0"), "Subject: 120 bytes\r\n\r\n");
    assert_eq!(peer.gets("CAPA"), CAPABILITIES);
    peer.answers(
        "list 2 => +OK 2 200
         LIST 3 => -ERR no such message
         LIST 0 => -ERR
         LIST x => -ERR
         LIST +1 => -ERR
         UIDL 2 => +OK 2 1700000001.M1P1Q2.sina.example
         UIDL 3 => -ERR no such message
         TOP 1 => -ERR
         TOP 1 -1 => -ERR
         TOP 3 10 => -ERR
         RETR => -ERR
         RETR 3 => -ERR
         DELE 1 => +OK
         DELE 1 => -ERR
         DELE 3 => -ERR
         NOOP => +OK
         STAT => +OK 1 200
         RETR 1 => -ERR
         TOP 1 1 => -ERR
         UIDL 1 => -ERR",
    );
    assert_eq!(peer.gets("LIST"), "2 200\r\n");
    peer.answers("RSET => +OK 2 320; LIST 1 => +OK 1 120; XTND => -ERR; QUIT => +OK");
}

#[test]
fn nothing_without_a_login() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-pop3");
    assert_eq!(peer.gets("CAPA"), CAPABILITIES);
    for command in ["STAT", "LIST", "UIDL", "RETR 1", "TOP 1 1", "DELE 1", "RSET", "NOOP"] {
        peer.says(command, "-ERR log in first");
    }
    peer.says("PASS practice", "-ERR");
    // Without the password, nobody learns whether there is such a user. Users of the other office
    // have no mailbox here.
    peer.answers(
        "USER nobody@qq.example => +OK
         PASS practice => -ERR wrong
         USER xuesheng@sina.example => +OK
         PASS practice => -ERR wrong
         PASS practice => -ERR say USER first
         USER postmaster@qq.example => +OK
         PASS practice => -ERR wrong
         USER laoshi@qq.example => +OK
         PASS wrong => -ERR closing",
    );
    peer.is_closed();
}

#[test]
fn a_session_has_its_mailbox_alone() {
    let servers = Servers::start();
    let mut first = servers.mailbox("qq", "laoshi");
    let mut second = servers.peer("qq-pop3");
    second.says("USER LAOSHI@QQ.EXAMPLE", "+OK");
    second.says("PASS practice", "-ERR [IN-USE]");
    // Other mailboxes are free.
    servers.mailbox("qq", "zhujiao");
    // The server waits for a moment: whoever comes while the first is leaving gets the mailbox.
    second.says("USER laoshi@qq.example", "+OK");
    second.send("PASS practice\r\n");
    first.says("QUIT", "+OK");
    second.expects("+OK");
    // A crash leaves no lock.
    let servers = servers.restart();
    servers.mailbox("qq", "laoshi");
}

#[test]
fn deleted_messages_go_with_quit_and_only_then() {
    let servers = two_messages();
    let count = |servers: &Servers| servers.files("mail/xuesheng@sina.example/new").len();
    let mut peer = servers.mailbox("sina", "xuesheng");
    peer.says("DELE 1", "+OK");
    // The client closes the connection without QUIT.
    assert_eq!(peer.ends(), b"");
    assert_eq!(count(&servers), 2);

    let mut peer = servers.mailbox("sina", "xuesheng");
    peer.says("DELE 1", "+OK");
    let servers = servers.restart();
    assert_eq!(count(&servers), 2);

    servers.mailbox("sina", "xuesheng").answers("DELE 2 => +OK; QUIT => +OK");
    assert_eq!(count(&servers), 1);
    servers.mailbox("sina", "xuesheng").says("LIST 1", "+OK 1 120");
}

/// Another mail program reads the folder itself, while a session has the mailbox open.
#[test]
fn a_message_is_found_where_another_program_has_put_it() {
    let servers = two_messages();
    let folder = servers.path("mail/xuesheng@sina.example");
    servers.deliver("xuesheng@sina.example", "1700000002.M1P1Q3.sina.example", b"x\r\n");
    let mut peer = servers.mailbox("sina", "xuesheng");
    let new = servers.files("mail/xuesheng@sina.example/new");
    for name in &new[..2] {
        // No name has a colon on Windows.
        let flags = if cfg!(windows) { "" } else { ":2,S" };
        let seen = folder.join("cur").join(format!("{name}{flags}"));
        std::fs::rename(folder.join("new").join(name), seen).unwrap();
    }
    std::fs::remove_file(folder.join("new").join(&new[2])).unwrap();
    assert_eq!(peer.gets("RETR 2").len(), 200);
    peer.says("RETR 3", "-ERR the message is no longer there");
    peer.answers("DELE 1 => +OK; DELE 3 => +OK; QUIT => +OK");
    servers.mailbox("sina", "xuesheng").says("LIST 1", "+OK 1 200");
}

/// What comes during a session is for the next one.
#[test]
fn unique_names_stay_and_never_come_again() {
    let servers = Servers::start();
    let mut peer = servers.mta();
    peer.mails("a@b.example", &["laoshi@qq.example"], "1", "250");
    let mut reader = servers.mailbox("qq", "laoshi");
    let before = reader.gets("UIDL");
    peer.mails("a@b.example", &["laoshi@qq.example"], "2", "250");
    reader.answers("LIST 2 => -ERR; DELE 1 => +OK; QUIT => +OK");
    let after = servers.mailbox("qq", "laoshi").gets("UIDL");
    assert_eq!(after.lines().count(), 1);
    assert_ne!(after, before);
    assert_eq!(servers.restart().mailbox("qq", "laoshi").gets("UIDL"), after);
}
