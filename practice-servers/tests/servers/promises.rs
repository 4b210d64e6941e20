//! What the servers promise beyond the protocols: the transcript, what is on the disk, and that
//! they keep to this machine.

use std::fs;
use std::net::TcpListener;

use testing::{Practice, Program, fails, refuses, run};

use crate::support::{SERVERS, Servers, base64};

#[test]
fn the_start_says_all_that_a_learner_needs() {
    let mut servers = Servers::start();
    let port = servers.addr("qq-smtp").port();
    let program = &mut servers.program;
    program.logged("office        SMTP");
    program.logged(" laoshi@qq.example, zhujiao@qq.example");
    program.logged(" xuesheng@sina.example, banzhang@sina.example");
    program.logged("FTP at 127.0.0.1:");
    program.logged("every password is \"practice\"");
    let line = program.logged("set SSL_CERT_FILE to ");
    let (_, file) = line.split_once("set SSL_CERT_FILE to ").unwrap();
    assert!(fs::read_to_string(file).unwrap().starts_with("-----BEGIN CERTIFICATE"));
    program
        .logged(&format!("cargo run -p lesson06-text-mail -- --smtp-url smtp://127.0.0.1:{port}"));
}

#[test]
fn every_line_is_shown_but_no_secret() {
    let mut servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    // A person who does not know base64; clients with control characters in their lines; and at
    // last one that does not wait for the answers.
    peer.answers(
        "EHLO client.example => 250
         auth Login laoshi => 334
         practice => 501
         NOOP\rAUTH PLAIN [\0laoshi@qq.example\0practice] => 500
         practice => 500
         AUTH PLAIN  [\0laoshi@qq.example\0practice] => 501
         AUTH [\0laoshi@qq.example\0practice] => 504
         NOOP PASS practice => 250
         AUTH LOGIN [laoshi@qq.example] => 334
         [practice] => 235
         AUTH LOGIN => 503
         [laoshi@qq.example] => 500
         [practice] => 500",
    );
    // There is an LF in the password.
    peer.send("PASS\npractice with blanks\r\n");
    peer.expects("500");
    peer.expects("500");
    peer.mails("laoshi@qq.example", &["zhujiao@qq.example"], "From: <a@b.example>\r\n", "250");
    peer.says("QUIT", "221");
    servers.mailbox("sina", "xuesheng");
    servers.ftp("laoshi");

    // All lines up to one of the last.
    let mut log = String::new();
    while !log.contains("ftp #3 > 230 welcome") {
        log += &format!("{}\n", servers.program.logged(""));
    }
    let came = log.lines().filter_map(|line| line.split_once(" qq smtp #1 < "));
    let came: Vec<_> = came.map(|(_, line)| line).take_while(|line| *line != "DATA").collect();
    let shown = "EHLO client.example|auth Login ****|****|****|AUTH PLAIN ****|AUTH ****|NOOP PASS ****|\
                 AUTH LOGIN ****|****|AUTH LOGIN|****|****|****|****|\
                 MAIL FROM:<laoshi@qq.example>|RCPT TO:<zhujiao@qq.example>";
    assert_eq!(came.join("|"), shown);
    for line in [
        "qq smtp #1 | took nothing: a control character in a command\n",
        "qq smtp #1 > 235 welcome, laoshi@qq.example\n",
        "qq smtp #1 | message of 23 bytes\n",
        "qq queue | ",
        "sina pop3 #2 < PASS ****\n",
        "ftp #3 < PASS ****\n",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    let coded = ["\0laoshi@qq.example\0practice", "laoshi@qq.example", "practice"].map(base64);
    for secret in coded.iter().map(String::as_str).chain(["practice\n", "blanks"]) {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

#[test]
fn two_servers_never_share_a_folder() {
    let servers = Servers::start();
    let folder = servers.folder.path().join("practice-data").display().to_string();
    let ended = Program::start(&mut Practice::command(SERVERS, &servers.folder)).finish();
    fails(
        &ended,
        &format!("cannot use {folder}: other practice servers do"),
        "stop them, or choose another folder: --practice-dir other-folder",
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let ended = run(SERVERS, &["--qq-smtp-addr", &addr]);
    fails(
        &ended,
        &format!("cannot listen on {addr}: address in use"),
        "stop the program that uses this port, or choose another: --qq-smtp-addr, LESSON_QQ_SMTP_ADDR",
    );
}

#[test]
fn key_and_certificates_that_are_none_are_named() {
    let servers = Servers::start();
    let file = servers.path("tls.pem");
    fs::write(&file, "nonsense").unwrap();
    let ended = Program::start(&mut Practice::command(SERVERS, &servers.stop())).finish();
    let file = file.display();
    fails(
        &ended,
        &format!("cannot use the key and certificates in {file}"),
        "remove that file, and the next start makes it anew",
    );
}

#[test]
fn only_loopback() {
    for addr in ["0.0.0.0:2525", "192.0.2.1:2525", "[::]:2525", "[2001:db8::1]:0"] {
        let ended = run(SERVERS, &["--sina-pop3s-addr", addr]);
        let why = format!("LESSON_SINA_POP3S_ADDR is \"{addr}\"");
        refuses(&ended, &why, "a right one is --sina-pop3s-addr \"127.0.0.1:2996\"");
        assert!(ended.stderr.contains("the practice servers listen on loopback alone"));
    }
}

#[test]
fn an_empty_folder_name_is_no_folder() {
    let ended = run(SERVERS, &["--practice-dir", ""]);
    refuses(&ended, "not the name of a folder", "practice-data");
}
