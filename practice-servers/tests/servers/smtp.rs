//! SMTP: the commands, and who may send to whom.

use crate::support::{Peer, Servers, base64};

/// RFC 5321 appendix D.1, with our users in it.
#[test]
fn the_typical_transaction_of_the_rfc() {
    let servers = Servers::start();
    let mut peer = Peer::new(testing::tcp_peer(servers.addr("qq-smtp")));
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
         C: MAIL FROM:Anne <a@b.example>
         S: 501
         C: MAIL FROM:<a@b.example> #$%=!@#
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
         C: MAIL FROM:<a@b.example>
         S: 250
         C: RSET now
         S: 501
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
         C: RCPT TO: zhujiao@qq.example
         S: 250
         C: RCPT TO:<laoshi@qq.example> #
         S: 501
         C: RCPT TO:<Postmaster>
         S: 250
         C: RCPT TO:<postmaster@qq.example>
         S: 250
         C: RCPT TO:<postmaster@sina.example>
         S: 550
         C: HELP
         S: 214
         C: VRFY
         S: 501
         C: EXPN list
         S: 502
         C: QUIT now
         S: 501
         C: TURN
         S: 500
         C: STARTTLS now
         S: 501
         C: QUIT
         S: 221",
    );
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
    for wrong in ["zhujiao@qq.example", "xuesheng@sina.example"] {
        peer.says(&format!("MAIL FROM:<{wrong}>"), "553");
    }
    // A mail program sends a receipt from nobody.
    peer.says("MAIL FROM:<>", "250");
    peer.says("RCPT TO:<xuesheng@sina.example>", "250");
    peer.says("RSET", "250");
    peer.says("MAIL FROM:<Laoshi@qq.example>", "250");
    peer.says("AUTH PLAIN", "503");
    peer.says("RCPT TO:<zhujiao@qq.example>", "250");
    peer.says("RCPT TO:<nobody@qq.example>", "550");
    peer.says("RCPT TO:<xuesheng@sina.example>", "250");
    peer.says("RCPT TO:<somebody@elsewhere.example>", "550");
}

/// The course's Python sample writes no address into `From`.
#[test]
fn qq_wants_the_address_of_its_user_in_from() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.logs_in("laoshi@qq.example");
    let mut reply = |from: &str| {
        let message = format!("{from}Subject: x\r\n\r\nFrom: <laoshi@qq.example>");
        peer.sends_mail("laoshi@qq.example", &["zhujiao@qq.example"], message)
    };
    for from in [
        "From: laoshi@qq.example\r\n",
        "from: laoshi@qq.example (the teacher)\r\n",
        "From: \"Wang, a teacher\"\r\n <laoshi@qq.example>\r\n",
        "From: =?utf-8?b?6ICB5biI?= <laoshi@qq.example>\r\n",
    ] {
        assert!(reply(from).starts_with("250"), "{from}");
    }
    for from in [
        "",
        "From:\r\n",
        "From: laoshi\r\n",
        "From: =?utf-8?b?6ICB5biI?=\r\n",
        "From: =?utf-8?b?6ICB5biIIDxsYW9zaGlAcXEuZXhhbXBsZT4=?=\r\n",
        "From: <>\r\n",
        "X-From: laoshi@qq.example\r\n",
    ] {
        let reply = reply(from);
        assert!(reply.starts_with("550 The \"From\" header is missing or invalid"), "{from}");
    }
}

#[test]
fn logins_in_each_form() {
    let servers = Servers::start();
    let right = base64("\0laoshi@qq.example\0practice");
    let same = base64("laoshi@qq.example\0laoshi@qq.example\0practice");
    let user = base64("laoshi@qq.example");
    let password = base64("practice");
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
fn troubles_that_take_two_tries() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.says("EHLO client.example", "250");
    for _ in 0..2 {
        peer.says("MAIL FROM:<a@b.example>", "250");
        peer.says("RCPT TO:<laoshi@qq.example>", "250");
        peer.says("RCPT TO:<zhujiao+greylist@qq.example>", "451 4.7.1");
        std::thread::sleep(practice_servers::trouble::GREY);
        peer.says("RCPT TO:<zhujiao+greylist@qq.example>", "250");
        peer.says("RSET", "250");
    }
    let reply = peer.sends_mail("a@b.example", &["laoshi+data-421@qq.example"], "x");
    assert!(reply.starts_with("421 4.3.2"), "{reply}");
    peer.is_closed();
    let mut peer = servers.peer("qq-smtp");
    peer.says("EHLO client.example", "250");
    for (password, reply) in [("practice", "535 Login Fail."), ("practice-code", "235")] {
        let secrets = base64(&format!("\0xinsheng@qq.example\0{password}"));
        peer.says(&format!("AUTH PLAIN {secrets}"), reply);
    }
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
