//! SMTP: the commands, and who may send to whom.

use std::thread;

use practice_servers::limits::GREY;

use crate::support::{Peer, Servers};

/// RFC 5321 appendix D.1, with our users in it, and with two more that are not the office's own.
#[test]
fn an_office_takes_mail_for_its_own_users_from_anybody() {
    let servers = Servers::start();
    let mut peer = Peer::new(testing::tcp_peer(servers.addr("qq-smtp")));
    peer.expects("220 qq.example");
    peer.says(
        "EHLO bar.example",
        "250-qq.example greets bar.example\n250-SIZE 52428800\n250-PIPELINING\n250-8BITMIME\n\
         250-SMTPUTF8\n250-STARTTLS\n250 AUTH PLAIN LOGIN",
    );
    peer.answers(
        "MAIL FROM:<Smith@bar.example> => 250
         RCPT TO:<laoshi@qq.example> => 250
         RCPT TO:<Green@qq.example> => 550
         RCPT TO:<xuesheng@sina.example> => 550 log in first
         RCPT TO:<somebody@elsewhere.example> => 550
         RCPT TO:<zhujiao@qq.example> => 250
         DATA => 354",
    );
    peer.says("Blah blah blah...\r\n...etc. etc. etc.\r\n.", "250");
    peer.says("QUIT", "221 qq.example");
    peer.is_closed();
    for user in ["laoshi", "zhujiao"] {
        let mail = servers.mail("qq", user);
        assert!(
            mail.starts_with("Return-Path: <Smith@bar.example>\r\nReceived: from bar.example ")
        );
        assert!(mail.ends_with("\r\nBlah blah blah...\r\n..etc. etc. etc.\r\n"), "{mail}");
    }
}

#[test]
fn commands_in_the_wrong_order_or_form_are_refused() {
    let servers = Servers::start();
    let mut peer = servers.peer("qq-smtp");
    peer.answers(
        "MAIL FROM:<a@b.example> => 503
         EHLO => 501
         EHLO two words => 501
         HELO bar.example => 250 qq.example
         AUTH PLAIN => 503
         MAIL FROM:<a@b.example> SIZE=1 => 555
         ehlo client.example => 250-
         RCPT TO:<laoshi@qq.example> => 503
         DATA => 503
         MAIL FROM:Anne <a@b.example> => 501
         MAIL FROM:<a@b.example> #$%=!@# => 501
         MAIL FROM:<a@b.example> SIZE=x => 501
         MAIL FROM:<a@b.example> SIZE=+1 => 501
         MAIL FROM:<a@b.example> SIZE=99999999999999999999 => 552
         MAIL FROM:<a@b.example> BODY=BINARYMIME => 555
         MAIL FROM:<老师@b.example> => 553
         MAIL FROM:<a@b.example> => 250
         RSET now => 501
         RSET => 250
         RCPT TO:<laoshi@qq.example> => 503
         mail from: <> size=1000 body=8bitmime smtputf8 auth=<> => 250
         MAIL FROM:<a@b.example> => 503
         DATA => 554
         RCPT TO:<> => 501
         RCPT TO:<laoshi@qq.example> NOTIFY=NEVER => 555
         RCPT TO:<laoshi@qq.example> #=1 => 501
         rcpt to:<@relay.example,@other.example:LAOSHI@QQ.EXAMPLE> => 250
         RCPT TO: zhujiao@qq.example => 250
         RCPT TO:<Postmaster> => 250
         RCPT TO:<postmaster@qq.example> => 250
         RCPT TO:<postmaster@sina.example> => 550
         HELP => 214 AUTH
         NOOP => 250
         VRFY Crispin => 252
         VRFY => 501
         EXPN list => 502
         QUIT now => 501
         TURN => 500
         STARTTLS now => 501
         QUIT => 221",
    );
    assert_eq!(servers.files("mail/laoshi@qq.example/new"), [""; 0]);
}

#[test]
fn whoever_logs_in_may_write_to_both_offices_in_its_own_name() {
    let servers = Servers::start();
    let mut peer = servers.laoshi();
    // A mail program sends a receipt from nobody.
    peer.answers(
        "AUTH PLAIN => 503
         MAIL FROM:<zhujiao@qq.example> => 553
         MAIL FROM:<xuesheng@sina.example> => 553
         MAIL FROM:<> => 250
         RCPT TO:<xuesheng@sina.example> => 250
         RSET => 250
         MAIL FROM:<Laoshi@qq.example> => 250
         RCPT TO:<zhujiao@qq.example> => 250
         RCPT TO:<nobody@qq.example> => 550
         RCPT TO:<xuesheng@sina.example> => 250
         RCPT TO:<somebody@elsewhere.example> => 550
         RSET => 250
         MAIL FROM:<laoshi@qq.example> => 250",
    );
    for number in 0..100 {
        peer.says(&format!("RCPT TO:<user{number}@sina.example>"), "250");
    }
    peer.says("RCPT TO:<user99@sina.example>", "250");
    peer.says("RCPT TO:<user100@sina.example>", "452 too many recipients");
}

/// The course's Python sample writes no address into `From`.
#[test]
fn qq_wants_the_address_of_its_user_in_from() {
    let servers = Servers::start();
    let mut peer = servers.laoshi();
    let to = ["zhujiao@qq.example"];
    let missing = "550 The \"From\" header is missing or invalid";
    for (from, reply) in [
        ("From: laoshi@qq.example\r\n", "250"),
        ("from: laoshi@qq.example (the teacher)\r\n", "250"),
        ("From: \"Wang, a teacher\"\r\n <laoshi@qq.example>\r\n", "250"),
        ("From: =?utf-8?b?6ICB5biI?= <laoshi@qq.example>\r\n", "250"),
        ("", missing),
        ("From: laoshi\r\n", missing),
        ("From: =?utf-8?b?6ICB5biIIDxsYW9zaGlAcXEuZXhhbXBsZT4=?=\r\n", missing),
        ("From: <>\r\n", missing),
        ("X-From: laoshi@qq.example\r\n", missing),
    ] {
        let mail = format!("{from}Subject: x\r\n\r\nFrom: <laoshi@qq.example>");
        peer.mails("laoshi@qq.example", &to, mail, reply);
    }
}

/// RFC 4954 section 4 and RFC 4616; LOGIN has no RFC.
#[test]
fn logins_in_each_form() {
    let servers = Servers::start();
    for table in [
        "AUTH PLAIN [\0laoshi@qq.example\0practice] => 235",
        "auth plain [laoshi@qq.example\0laoshi@qq.example\0practice] => 235",
        "AUTH PLAIN => 334 ; [\0laoshi@qq.example\0practice] => 235",
        "AUTH LOGIN => 334 VXNlcm5hbWU6; [laoshi@qq.example] => 334 UGFzc3dvcmQ6; [practice] => 235",
        "AUTH LOGIN [laoshi@qq.example] => 334 UGFzc3dvcmQ6; [practice] => 235",
        "AUTH PLAIN [zhujiao@qq.example\0laoshi@qq.example\0practice] => 535; NOOP => 250",
        // An account of the other office.
        "AUTH PLAIN [\0xuesheng@sina.example\0practice] => 535; NOOP => 250",
        "AUTH PLAIN [laoshi@qq.example] => 501; NOOP => 250",
        "AUTH LOGIN [laoshi@qq.example] => 334; * => 501; NOOP => 250",
        "AUTH CRAM-MD5 => 504; NOOP => 250",
        "AUTH PLAIN no base64 => 501; NOOP => 250",
        "AUTH PLAIN = => 501; AUTH PLAIN => 334; * => 501; AUTH LOGIN => 334; * => 501",
    ] {
        servers.mta().answers(table);
    }
    let mut peer = servers.mta();
    for reply in ["535", "535", "535", "421"] {
        peer.answers(&format!("AUTH PLAIN [\0laoshi@qq.example\0wrong] => {reply}"));
    }
    peer.is_closed();
}

#[test]
fn troubles_that_take_two_tries() {
    let servers = Servers::start();
    let mut peer = servers.mta();
    for _ in 0..2 {
        peer.says("MAIL FROM:<a@b.example>", "250");
        peer.says("RCPT TO:<laoshi@qq.example>", "250");
        peer.says("RCPT TO:<zhujiao+greylist@qq.example>", "451 4.7.1");
        thread::sleep(GREY);
        peer.says("RCPT TO:<zhujiao+greylist@qq.example>", "250");
        peer.says("RSET", "250");
    }
    peer.mails("a@b.example", &["laoshi+data-421@qq.example"], "x", "421 4.3.2");
    peer.is_closed();
    servers.mta().answers(
        "AUTH PLAIN [\0xinsheng@qq.example\0practice] => 535 Login Fail.
         AUTH PLAIN [\0xinsheng@qq.example\0practice-code] => 235",
    );
}
