//! Mail: what ends a message, and its way through the queues into the mailboxes.

use std::fs;

use crate::support::Servers;

/// The ends of a mail that make SMTP smuggling work on other servers end none here, and none at the
/// other office, to which the mail is relayed.
#[test]
fn only_cr_lf_dot_cr_lf_ends_a_message() {
    let servers = Servers::start();
    let mut peer = servers.laoshi();
    let ends = ["\r\n", "\n", "\r", "\0"];
    for (before, after) in ends.iter().flat_map(|before| ends.map(|after| (*before, after))) {
        if (before, after) == ("\r\n", "\r\n") {
            continue;
        }
        peer.envelope("laoshi@qq.example", &["xuesheng@sina.example"]);
        let smuggled = "MAIL FROM:<evil@b.example>\r\nRCPT TO:<banzhang@sina.example>\r\nDATA";
        let from = "From: laoshi@qq.example\r\n";
        let mail = format!("{from}\r\na{before}.{after}{smuggled}\r\n.\r\nNOOP\r\n");
        // The pieces in which the bytes arrive do not matter.
        for piece in mail.as_bytes().chunks(7) {
            peer.send(piece);
        }
        peer.expects("250 taken");
        peer.expects("250 here I am");
    }
    for mail in servers.mails("sina", "xuesheng", ends.len() * ends.len() - 1) {
        assert!(mail.ends_with(
            "MAIL FROM:<evil@b.example>\r\nRCPT TO:<banzhang@sina.example>\r\nDATA\r\n"
        ));
        assert_eq!(mail.matches("Received: ").count(), 2, "{mail}");
    }
    servers.mailbox("sina", "banzhang").says("STAT", "+OK 0 0");
}

/// `nc` without `-C` ends its lines with LF alone. It can say everything but the end of the mail.
/// Many commands may come at once, also with the end of the mail (RFC 2920, RFC 2449 section 6.6).
#[test]
fn a_conversation_in_lines_that_end_with_lf() {
    let mut servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.send(
        "EHLO client.example\nMAIL FROM:<a@b.example>\nRCPT TO:<nobody@qq.example>\n\
         RCPT TO:<laoshi@qq.example>\nDATA\n",
    );
    for code in ["250", "250", "550", "250", "354"] {
        peer.expects(code);
    }
    peer.send("Subject: lf\n\na\n..b\nc\rd\n.\n");
    servers.program.logged("qq smtp #1 | a dot alone in a line does not end the mail: CR LF");
    peer.send("\r\n.\r\nQUIT\n");
    peer.expects("250 taken");
    peer.expects("221");
    let mut peer = servers.peer("qq-pop3");
    peer.send("USER laoshi@qq.example\nPASS practice\nNOOP\n");
    for _ in 0..3 {
        peer.expects("+OK");
    }
    let mail = peer.gets("RETR 1");
    assert!(mail.ends_with("Subject: lf\r\n\r\na\r\n.b\r\nc d\r\n.\r\n\r\n"), "{mail:?}");
}

/// One byte more gets one 552, and nothing of it is taken for commands.
#[test]
fn a_message_at_the_limit_passes_both_offices() {
    let servers = Servers::start();
    let mut peer = servers.laoshi();
    peer.says("MAIL FROM:<laoshi@qq.example> SIZE=52428801", "552");
    let header = "From: <laoshi@qq.example>\r\nX: ";
    let room = 52_428_800 - header.len() - 2;
    let line = "NOOP ".repeat(200) + "\r\n";
    let filler = "x".repeat(room % line.len());
    let message = format!("{header}{filler}\r\n{}", line.repeat(room / line.len()));
    let message = message.trim_end_matches("\r\n");
    peer.mails("laoshi@qq.example", &["xuesheng@sina.example"], message, "250");
    let mail = servers.mail("sina", "xuesheng");
    assert!(mail.ends_with(&format!("\r\n{message}\r\n")));
    peer.mails("laoshi@qq.example", &["zhujiao@qq.example"], format!("x{message}"), "552");
    peer.says("RSET", "250 forgotten");
    assert_eq!(servers.files("mail/zhujiao@qq.example/new"), [""; 0]);
    assert_eq!(servers.files("tmp"), [""; 0]);
}

#[test]
fn a_mail_that_goes_round_in_a_loop_ends() {
    let servers = Servers::start();
    let mut peer = servers.mta();
    let hop = "Received: from a by b;\r\n\tMon, 23 Nov 2026 08:05:00 +0000\r\n";
    for (hops, code) in [(100, "250"), (101, "554")] {
        let message = format!("{}\r\nReceived: x", hop.repeat(hops));
        peer.mails("a@b.example", &["laoshi@qq.example"], message, code);
    }
}

#[test]
fn the_whole_way_of_the_notes() {
    let servers = Servers::start();
    let mut peer = servers.laoshi();
    peer.says("MAIL FROM:<laoshi@qq.example> BODY=8BITMIME SMTPUTF8", "250");
    for to in ["xuesheng@sina.example", "banzhang@sina.example", "zhujiao@qq.example"] {
        peer.says(&format!("RCPT TO:<{to}>"), "250");
    }
    peer.says("DATA", "354");
    // The last office writes Return-Path, and nobody else.
    peer.send("Return-Path: <a@b.example>\r\nFrom: 老师 <laoshi@qq.example>\r\n\r\n");
    peer.send("..a dot\r\n老师\r\n.\r\n");
    peer.expects("250");

    let near = servers.mail("qq", "zhujiao");
    let far = servers.mail("sina", "xuesheng");
    assert_eq!(far, servers.mail("sina", "banzhang"));
    let text = "From: 老师 <laoshi@qq.example>\r\n\r\n.a dot\r\n老师\r\n";
    let start = "Return-Path: <laoshi@qq.example>\r\nReceived: from ";
    assert!(near.starts_with(&format!(
        "{start}client.example ([127.0.0.1])\r\n\tby qq.example with UTF8SMTPA id "
    )));
    assert!(far.starts_with(&format!(
        "{start}qq.example ([127.0.0.1])\r\n\tby sina.example with UTF8SMTP id "
    )));
    for (mail, hops) in [(near, 1), (far, 2)] {
        assert_eq!(mail.matches("Received: ").count(), hops, "{mail}");
        assert_eq!(mail.matches("Return-Path: ").count(), 1);
        // None of several recipients sees the addresses of the others.
        assert!(!mail.contains("for <"));
        assert!(mail.ends_with(text), "{mail}");
    }
    servers.come_to_rest();
}

#[test]
fn mail_that_the_other_office_refuses_comes_back() {
    let servers = Servers::start();
    let mut peer = servers.laoshi();
    let to = ["nobody@sina.example", "xuesheng@sina.example"];
    let mail = "From: laoshi@qq.example\r\nSubject: lost?\r\n\r\nsecret";
    peer.mails("laoshi@qq.example", &to, mail, "250");
    let report = servers.mail("qq", "laoshi");
    assert!(report.starts_with("Return-Path: <>\r\nFrom: MAILER-DAEMON@qq.example\r\n"));
    assert!(report.contains("\r\nnobody@sina.example: 550 "), "{report}");
    assert!(report.contains("\r\n> Subject: lost?\r\n"), "{report}");
    assert!(!report.contains("xuesheng"), "{report}");
    assert!(servers.mail("sina", "xuesheng").ends_with("\r\n\r\nsecret\r\n"));
}

#[test]
fn what_waits_in_the_queue_is_relayed_after_a_restart() {
    let servers = Servers::start();
    let queue = servers.path("queue/qq.example");
    // A server that was killed may leave this: a mail with its envelope, a message that was not
    // acknowledged, and a mail with its envelope for one of the office's own users.
    for number in 1..=3 {
        let mail = format!("Subject: x\r\n\r\n{number}\r\n");
        fs::write(queue.join(format!("1700000000.M1P1Q{number}.message")), mail).unwrap();
    }
    let envelope =
        "laoshi@qq.example\n BODY=8BITMIME\n-zhujiao@qq.example\n+xuesheng@sina.example\n";
    fs::write(queue.join("1700000000.M1P1Q1.envelope"), envelope).unwrap();
    let own = "a@b.example\n\n+zhujiao@qq.example\n";
    fs::write(queue.join("1700000000.M1P1Q3.envelope"), own).unwrap();
    let servers = servers.restart();
    assert!(servers.mail("sina", "xuesheng").ends_with("\r\n\r\n1\r\n"));
    assert!(servers.mail("qq", "zhujiao").ends_with("\r\n\r\n3\r\n"));
    servers.come_to_rest();
}

/// When a mail cannot be delivered to one recipient, the others get it at once, and nobody gets it
/// twice.
#[test]
fn a_mailbox_that_is_out_of_order() {
    let servers = Servers::start();
    let broken = servers.path("mail/zhujiao@qq.example");
    fs::remove_dir_all(&broken).unwrap();
    fs::write(&broken, "no folder").unwrap();
    let mut peer = servers.laoshi();
    let to = ["laoshi@qq.example", "zhujiao@qq.example", "xuesheng@sina.example"];
    peer.mails("laoshi@qq.example", &to, "From: laoshi@qq.example\r\n\r\ny", "250");
    assert!(servers.mail("sina", "xuesheng").ends_with("\r\n\r\ny\r\n"));
    servers.mailbox("qq", "laoshi").answers("DELE 1 => +OK; QUIT => +OK");

    fs::remove_file(&broken).unwrap();
    assert!(servers.mail("qq", "zhujiao").ends_with("\r\n\r\ny\r\n"));
    servers.mailbox("qq", "laoshi").says("STAT", "+OK 0 0");
    servers.mailbox("sina", "xuesheng").says("STAT", "+OK 1 ");
}

#[test]
fn a_mail_that_breaks_off_leaves_nothing() {
    let servers = Servers::start();
    let mut peer = servers.mta();
    peer.envelope("a@b.example", &["laoshi@qq.example"]);
    peer.send("Subject: half\r\n\r\nhalf a mail\r\n.");
    assert_eq!(peer.ends(), b"");
    assert_eq!(servers.files("mail/laoshi@qq.example/new"), [""; 0]);
    assert_eq!(servers.files("tmp"), [""; 0]);
}
