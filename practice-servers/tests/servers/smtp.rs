//! SMTP: the commands, the account rules, and what ends a message.

use std::io::Write;
use std::thread;
use std::time::Duration;

use crate::support::{Peer, Servers, base64};

/// RFC 5321 appendix D.1, with our users in it.
#[test]
fn the_typical_transaction_of_the_rfc() {
    let servers = Servers::start();
    let mut peer = Peer::new(shared::testing::tcp_peer(servers.addr("qq-smtp")));
    peer.plays(
        "S: 220 qq.example
         C: EHLO bar.example
         S: 250-qq.example greets bar.example
         S: 250-SIZE 52428800
         S: 250-PIPELINING
         S: 250-8BITMIME
         S: 250-SMTPUTF8
         S: 250-STARTTLS
         S: 250 AUTH PLAIN LOGIN
         C: MAIL FROM:<Smith@bar.example>
         S: 250
         C: RCPT TO:<laoshi@qq.example>
         S: 250
         C: RCPT TO:<Green@qq.example>
         S: 550
         C: RCPT TO:<zhujiao@qq.example>
         S: 250
         C: DATA
         S: 354
         C: Blah blah blah...
         C: ...etc. etc. etc.
         C: .
         S: 250
         C: QUIT
         S: 221 qq.example",
    );
    peer.is_closed();
    for user in ["laoshi", "zhujiao"] {
        let mail = servers.mail("qq", user);
        assert!(
            mail.starts_with("Return-Path: <Smith@bar.example>\r\nReceived: from bar.example ")
        );
        assert!(mail.ends_with("\r\nBlah blah blah...\r\n..etc. etc. etc.\r\n"), "{mail}");
    }
}

/// RFC 5321 appendix D.2 and D.4.
#[test]
fn an_aborted_transaction_leaves_nothing() {
    let servers = Servers::start();
    servers.peer("qq-smtp").plays(
        "C: HELO bar.example
         S: 250 qq.example
         C: MAIL FROM:<Smith@bar.example> SIZE=1
         S: 555
         C: MAIL FROM:<Smith@bar.example>
         S: 250
         C: RCPT TO:<laoshi@qq.example>
         S: 250
         C: RSET
         S: 250
         C: RCPT TO:<laoshi@qq.example>
         S: 503
         C: DATA
         S: 503
         C: VRFY Crispin
         S: 252
         C: NOOP
         S: 250
         C: QUIT
         S: 221",
    );
    assert_eq!(servers.files("mail/laoshi@qq.example/new"), [""; 0]);
}

/// RFC 2920 section 4: many commands in one piece, the last of them DATA.
#[test]
fn commands_may_come_many_at_once() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.send(
        "EHLO a\r\nMAIL FROM:<mrose@dbc.example>\r\nRCPT TO:<laoshi@qq.example>\r\n\
         RCPT TO:<nobody@qq.example>\r\nRCPT TO:<zhujiao@qq.example>\r\nDATA\r\n",
    );
    for code in ["250", "250", "250", "550", "250", "354"] {
        assert!(peer.reply().starts_with(code));
    }
    // The next command may even come with the end of the mail.
    peer.send("Subject: x\r\n\r\ny\r\n.\r\nQUIT\r\n");
    assert!(peer.reply().starts_with("250"));
    assert!(peer.reply().starts_with("221"));
}

#[test]
fn commands_in_the_wrong_order_or_form_are_refused() {
    let servers = Servers::start();
    servers.peer("qq-smtp").plays(
        "C: MAIL FROM:<a@b.example>
         S: 503
         C: AUTH PLAIN
         S: 503
         C: EHLO
         S: 501
         C: EHLO two words
         S: 501
         C: ehlo client.example
         S: 250-
         S: 250-
         S: 250-
         S: 250-
         S: 250-
         S: 250-
         S: 250 AUTH PLAIN LOGIN
         C: RCPT TO:<laoshi@qq.example>
         S: 503
         C: MAIL FROM:a@b.example
         S: 501
         C: MAIL FROM:<a@b.example
         S: 501
         C: MAIL FROM:<a b@b.example>
         S: 501
         C: MAIL FROM:<nobody>
         S: 501
         C: MAIL FROM:<a@b.example>SIZE=1
         S: 501
         C: MAIL FROM:<a@b.example> SIZE=x
         S: 501
         C: MAIL FROM:<a@b.example> SIZE=+1
         S: 501
         C: MAIL FROM:<a@b.example> SIZE=99999999999999999999
         S: 552
         C: MAIL FROM:<a@b.example> BODY=BINARYMIME
         S: 555
         C: MAIL FROM:<a@b.example> RET=FULL
         S: 555
         C: MAIL FROM:<老师@b.example>
         S: 553
         C: MAIL FROM:<a@[192.0.2.999]>
         S: 501
         C: MAIL FROM:<a@[192.0.2.1]>
         S: 250
         C: RSET
         S: 250
         C: mail from: <> size=1000 body=8bitmime smtputf8 auth=<>
         S: 250
         C: MAIL FROM:<a@b.example>
         S: 503
         C: DATA
         S: 554
         C: RCPT TO:<>
         S: 501
         C: RCPT TO:<laoshi@qq.example> NOTIFY=NEVER
         S: 555
         C: rcpt to:<@relay.example,@other.example:LAOSHI@QQ.EXAMPLE>
         S: 250
         C: RCPT TO:<\"zhujiao\"@qq.example>
         S: 250
         C: RCPT TO:<Postmaster>
         S: 250
         C: RCPT TO:<postmaster@qq.example>
         S: 250
         C: RCPT TO:<postmaster@sina.example>
         S: 550
         C: TURN
         S: 500
         C: STARTTLS now
         S: 501
         C: QUIT
         S: 221",
    );
}

#[test]
fn lines_that_are_no_commands_do_no_harm_up_to_a_limit() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    let mut long = vec![b'x'; 1_000_000];
    long.extend(b"\r\n");
    for line in [&long[..], b"NO\0OP\r\n", b"NO\rOP\r\n", b"NO\nOP\r\n", b"\xff\xfe\r\n", b"\r\n"] {
        peer.send(line);
        assert!(peer.reply().starts_with("500"), "{:?}", &line[..4.min(line.len())]);
    }
    peer.says("NOOP", "250");
    for _ in 6..19 {
        peer.says("GET / HTTP/1.1", "500");
    }
    peer.says("GET / HTTP/1.1", "421");
    peer.is_closed();
}

#[test]
fn an_office_takes_mail_for_its_own_users_from_anybody() {
    let servers = Servers::start();
    let mut peer = servers.peer("sina-smtp");
    peer.says("EHLO client.example", "250");
    peer.says("MAIL FROM:<anybody@elsewhere.example>", "250");
    peer.says("RCPT TO:<laoshi@qq.example>", "550");
    peer.says("RCPT TO:<somebody@elsewhere.example>", "550");
    peer.says("RCPT TO:<laoshi@sina.example>", "550");
    peer.says("RCPT TO:<xuesheng@sina.example>", "250");
}

#[test]
fn whoever_logs_in_may_write_to_both_offices_in_its_own_name() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.logs_in("laoshi@qq.example");
    peer.says("AUTH PLAIN", "503");
    for wrong in ["zhujiao@qq.example", "xuesheng@sina.example", ""] {
        peer.says(&format!("MAIL FROM:<{wrong}>"), "553");
    }
    peer.says("MAIL FROM:<Laoshi@qq.example>", "250");
    peer.says("AUTH PLAIN", "503");
    peer.says("RCPT TO:<zhujiao@qq.example>", "250");
    peer.says("RCPT TO:<nobody@qq.example>", "550");
    peer.says("RCPT TO:<xuesheng@sina.example>", "250");
    peer.says("RCPT TO:<somebody@elsewhere.example>", "550");
}

#[test]
fn logins_in_each_form() {
    let servers = Servers::start();
    let right = base64("\0laoshi@qq.example\0practice");
    let same = base64("laoshi@qq.example\0laoshi@qq.example\0practice");
    let (user, password) = (base64("laoshi@qq.example"), base64("practice"));
    // RFC 4954 section 4 and RFC 4616; LOGIN has no RFC.
    for conversation in [
        format!("C: AUTH PLAIN {right}\nS: 235"),
        format!("C: auth plain {same}\nS: 235"),
        format!("C: AUTH PLAIN\nS: 334 \nC: {right}\nS: 235"),
        format!(
            "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: {user}\nS: 334 UGFzc3dvcmQ6\nC: {password}\nS: 235"
        ),
        format!("C: AUTH LOGIN {user}\nS: 334 UGFzc3dvcmQ6\nC: {password}\nS: 235"),
    ] {
        let mut peer = servers.peer("qq-smtp");
        peer.says("EHLO client.example", "250");
        peer.plays(&conversation);
    }
}

#[test]
fn logins_that_fail() {
    let servers = Servers::start();
    let peer = || {
        let mut peer = servers.peer("qq-smtp");
        peer.says("EHLO client.example", "250");
        peer
    };
    let other = base64("zhujiao@qq.example\0laoshi@qq.example\0practice");
    peer().says(&format!("AUTH PLAIN {other}"), "535");
    // An account of the other office.
    let stranger = base64("\0xuesheng@sina.example\0practice");
    peer().says(&format!("AUTH PLAIN {stranger}"), "535");
    let user = base64("laoshi@qq.example");
    for (conversation, code) in [
        ("AUTH CRAM-MD5".to_string(), "504"),
        ("AUTH PLAIN *".into(), "501"),
        ("AUTH PLAIN no base64".into(), "501"),
        ("AUTH PLAIN =".into(), "501"),
        (format!("AUTH PLAIN {user}"), "501"),
        ("AUTH PLAIN\r\n*".into(), "334"),
        (format!("AUTH LOGIN {user}\r\n*"), "334"),
    ] {
        let mut peer = peer();
        peer.says(&conversation, code);
        if code == "334" {
            assert!(peer.reply().starts_with("501"));
        }
        peer.says("NOOP", "250");
    }
    let wrong = format!("AUTH PLAIN {}", base64("\0laoshi@qq.example\0wrong"));
    let mut peer = peer();
    for _ in 0..3 {
        peer.says(&wrong, "535");
    }
    peer.says(&wrong, "421");
    peer.is_closed();
}

#[test]
fn only_cr_lf_dot_cr_lf_ends_a_message() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.says("EHLO client.example", "250");
    let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\r", b"\0"];
    let mut body = b"Subject: x\r\n\r\n".to_vec();
    for before in ends {
        for after in ends {
            if before != b"\r\n" || after != b"\r\n" {
                let smuggled = b"MAIL FROM:<evil@example.example>";
                body.extend([b"a", before, b".", after, smuggled].concat());
            }
        }
    }
    body.extend(b"\n\r.\r\r\n.\r\r\r\n\n.\r\n\0\r\n..\r\n");
    // The dots that begin lines are doubled, as a client has to do it; the expected text is what it
    // was before.
    let lines = body.split_inclusive_crlf();
    let stuffed: Vec<u8> = lines.iter().flat_map(|line| stuffed(line)).collect();
    peer.says("MAIL FROM:<a@b.example>", "250");
    peer.says("RCPT TO:<laoshi@qq.example>", "250");
    peer.says("DATA", "354");
    // However the bytes are cut into pieces.
    for piece in stuffed.chunks(3) {
        peer.send(piece);
    }
    peer.send(".\r\nNOOP\r\n");
    assert!(peer.reply().starts_with("250 taken"));
    assert_eq!(peer.reply(), "250 here I am");
    let mail = servers.mail("qq", "laoshi");
    assert!(mail.as_bytes().ends_with(&body), "{mail:?}");
}

fn stuffed(line: &[u8]) -> Vec<u8> {
    match line {
        [b'.', ..] => [b".", line].concat(),
        line => line.to_vec(),
    }
}

trait Lines {
    fn split_inclusive_crlf(&self) -> Vec<&[u8]>;
}

impl Lines for Vec<u8> {
    /// Lines that end with CR LF and with nothing else.
    fn split_inclusive_crlf(&self) -> Vec<&[u8]> {
        let mut lines = Vec::new();
        let mut start = 0;
        for end in 2..=self.len() {
            if self[..end].ends_with(b"\r\n") {
                lines.push(&self[start..end]);
                start = end;
            }
        }
        lines.push(&self[start..]);
        lines
    }
}

#[test]
fn a_message_over_the_limit_gets_one_552_and_is_no_commands() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.says("EHLO client.example", "250");
    peer.says("MAIL FROM:<a@b.example> SIZE=52428801", "552");
    peer.says("MAIL FROM:<a@b.example> SIZE=52428800", "250");
    peer.says("RCPT TO:<laoshi@qq.example>", "250");
    peer.says("DATA", "354");
    let line = [b"NOOP".repeat(16), b"\r\n".to_vec()].concat();
    let block = line.repeat(1_000);
    let mut sent = 0;
    while sent <= 52_428_800 {
        peer.send(&block);
        sent += block.len();
    }
    peer.send(".\r\nRSET\r\n");
    assert!(peer.reply().starts_with("552"));
    assert_eq!(peer.reply(), "250 forgotten");
    assert_eq!(servers.files("mail/laoshi@qq.example/new"), [""; 0]);
    assert_eq!(servers.files("tmp"), [""; 0]);
}

#[test]
fn a_message_at_the_limit_passes_both_offices() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.logs_in("laoshi@qq.example");
    let message = "x".repeat(52_428_800 - 2);
    let reply = peer.mails("laoshi@qq.example", &["xuesheng@sina.example"], &message);
    assert!(reply.starts_with("250"), "{reply}");
    let mail = servers.mail("sina", "xuesheng");
    assert!(mail.ends_with(&format!("\r\n{message}\r\n")));
    let mut peer = servers.peer("qq-smtp");
    peer.says("EHLO client.example", "250");
    let message = "x".repeat(52_428_800 - 1);
    let reply = peer.mails("a@b.example", &["zhujiao@qq.example"], &message);
    assert!(reply.starts_with("552"), "{reply}");
}

#[test]
fn no_more_than_a_hundred_recipients() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.logs_in("laoshi@qq.example");
    peer.says("MAIL FROM:<laoshi@qq.example>", "250");
    for number in 0..100 {
        peer.says(&format!("RCPT TO:<user{number}@sina.example>"), "250");
    }
    peer.says("RCPT TO:<user99@sina.example>", "250");
    peer.says("RCPT TO:<user100@sina.example>", "452");
    peer.says("RSET", "250");
}

#[test]
fn a_mail_that_goes_round_in_a_loop_ends() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.says("EHLO client.example", "250");
    let hop = "Received: from a by b;\r\n\tMon, 23 Nov 2026 08:05:00 +0000\r\n";
    for (hops, code) in [(100, "250"), (101, "554")] {
        let traces = hop.repeat(hops);
        let message = format!("Return-Path: <a@b.example>\r\n{traces}\r\nReceived: x");
        let reply = peer.mails("a@b.example", &["laoshi@qq.example"], message);
        assert!(reply.starts_with(code), "{reply}");
    }
}

#[test]
fn the_whole_way_of_the_notes() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.logs_in("laoshi@qq.example");
    peer.says("MAIL FROM:<laoshi@qq.example> BODY=8BITMIME SMTPUTF8", "250");
    for to in ["xuesheng@sina.example", "banzhang@sina.example", "zhujiao@qq.example"] {
        peer.says(&format!("RCPT TO:<{to}>"), "250");
    }
    peer.says("DATA", "354");
    peer.send("Subject: 你好\r\n\r\n..a dot\r\n老师\r\n.\r\n");
    assert!(peer.reply().starts_with("250"));

    let near = servers.mail("qq", "zhujiao");
    let far = servers.mail("sina", "xuesheng");
    assert_eq!(far, servers.mail("sina", "banzhang"));
    let text = "Subject: 你好\r\n\r\n.a dot\r\n老师\r\n";
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
        // Of several recipients, none sees the others.
        assert!(!mail.contains("for <"));
        assert!(mail.ends_with(text), "{mail}");
    }
    servers.come_to_rest();
}

#[test]
fn mail_that_the_other_office_refuses_comes_back() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.logs_in("laoshi@qq.example");
    let to = ["nobody@sina.example", "xuesheng@sina.example"];
    let reply = peer.mails("laoshi@qq.example", &to, "Subject: lost?\r\n\r\nsecret");
    assert!(reply.starts_with("250"));
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
    // As a server that was killed at once leaves it: a mail with its envelope, one that was promised to
    // nobody, and one with an envelope but for a user of its own.
    let envelope =
        "laoshi@qq.example\n BODY=8BITMIME\n-zhujiao@qq.example\n+xuesheng@sina.example\n";
    std::fs::write(queue.join("1700000000.M1P1Q1.message"), "Subject: x\r\n\r\n1\r\n").unwrap();
    std::fs::write(queue.join("1700000000.M1P1Q2.message"), "Subject: x\r\n\r\n2\r\n").unwrap();
    std::fs::write(queue.join("1700000000.M1P1Q3.message"), "Subject: x\r\n\r\n3\r\n").unwrap();
    let own = "a@b.example\n\n+zhujiao@qq.example\n";
    std::fs::write(queue.join("1700000000.M1P1Q3.envelope"), own).unwrap();
    std::fs::write(queue.join("1700000000.M1P1Q1.envelope"), envelope).unwrap();
    let servers = servers.restart();
    assert!(servers.mail("sina", "xuesheng").ends_with("\r\n\r\n1\r\n"));
    assert!(servers.mail("qq", "zhujiao").ends_with("\r\n\r\n3\r\n"));
    servers.come_to_rest();
}

/// What cannot be delivered to one keeps nobody else waiting, and nobody gets it twice.
#[test]
fn a_mailbox_that_is_out_of_order() {
    let servers = Servers::start();
    let broken = servers.path("mail/zhujiao@qq.example");
    let mut peer = servers.peer("qq-smtp");
    peer.logs_in("laoshi@qq.example");
    peer.says("MAIL FROM:<laoshi@qq.example>", "250");
    for to in ["laoshi@qq.example", "zhujiao@qq.example", "xuesheng@sina.example"] {
        peer.says(&format!("RCPT TO:<{to}>"), "250");
    }
    std::fs::remove_dir_all(&broken).unwrap();
    std::fs::write(&broken, "no folder").unwrap();
    peer.says("DATA", "354");
    peer.send("Subject: x\r\n\r\ny\r\n.\r\n");
    assert!(peer.reply().starts_with("250"));
    assert!(servers.mail("sina", "xuesheng").ends_with("\r\n\r\ny\r\n"));
    let mut reader = servers.mailbox("qq", "laoshi");
    reader.plays("C: DELE 1\nS: +OK\nC: QUIT\nS: +OK");

    std::fs::remove_file(&broken).unwrap();
    assert!(servers.mail("qq", "zhujiao").ends_with("\r\n\r\ny\r\n"));
    servers.mailbox("qq", "laoshi").says("STAT", "+OK 0 0");
    servers.mailbox("sina", "xuesheng").says("STAT", "+OK 1 ");
}

#[test]
fn a_full_mailbox_takes_no_more_and_old_mail_comes_back() {
    let servers = Servers::start();
    let mut peer = servers.peer("sina-smtp");
    peer.says("EHLO client.example", "250");
    peer.says("MAIL FROM:<a@b.example>", "250");
    for number in 1..10_000 {
        servers.deliver("xuesheng@sina.example", &format!("{number}"), b"");
    }
    peer.says("RCPT TO:<xuesheng@sina.example>", "250");
    servers.deliver("xuesheng@sina.example", "10000", b"");
    peer.says("RCPT TO:<xuesheng@sina.example>", "452");
    // This mail has waited since 2001.
    let queue = servers.path("queue/qq.example");
    let envelope = "laoshi@qq.example\n\n+xuesheng@sina.example\n";
    std::fs::write(queue.join("1000000000.M1P1Q1.message"), "Subject: old\r\n\r\n1\r\n").unwrap();
    std::fs::write(queue.join("1000000000.M1P1Q1.envelope"), envelope).unwrap();
    let report = servers.restart().mail("qq", "laoshi");
    let why = "\r\nxuesheng@sina.example: 452 the mailbox is full\r\n";
    assert!(report.contains(why), "{report}");
}

#[test]
fn a_mail_that_breaks_off_leaves_nothing() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.says("EHLO client.example", "250");
    peer.says("MAIL FROM:<a@b.example>", "250");
    peer.says("RCPT TO:<laoshi@qq.example>", "250");
    peer.says("DATA", "354");
    peer.send("Subject: half\r\n\r\nhalf a mail\r\n.");
    peer.ends();
    assert_eq!(peer.rest(), b"");
    assert_eq!(servers.files("mail/laoshi@qq.example/new"), [""; 0]);
    assert_eq!(servers.files("tmp"), [""; 0]);
}

#[test]
fn too_many_clients_are_told_so() {
    let servers = Servers::start();
    for (name, busy) in [("qq-smtp", "421 "), ("sina-pop3", "-ERR "), ("ftp", "421 ")] {
        let clients: Vec<_> = (0..50).map(|_| servers.peer(name)).collect();
        let mut stream = shared::testing::tcp_peer(servers.addr(name));
        let _ = stream.write_all(b"QUIT\r\n");
        let mut one_more = Peer::new(stream);
        assert!(one_more.reply().starts_with(busy));
        one_more.is_closed();
        drop(clients);
        // Those who leave make room.
        while !Peer::new(shared::testing::tcp_peer(servers.addr(name)))
            .reply()
            .starts_with(['2', '+'])
        {
            thread::sleep(Duration::from_millis(10));
        }
    }
}
