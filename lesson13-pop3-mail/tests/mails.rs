//! Mails as people really got them: the files in `mend/tests/mails`, and others of each kind.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;

use testing::{Folder, PATIENCE, Program, command, native};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson13-pop3-mail");
const MAILS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mend/tests/mails");

/// What the lesson showed of a mail, and the files that it saved.
#[derive(Debug)]
struct Fetched {
    shown: String,
    files: BTreeMap<String, Vec<u8>>,
}

/// Runs the lesson against a server that has one mail.
#[track_caller]
fn fetch(message: &[u8]) -> Fetched {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("pop3://{}", listener.local_addr().unwrap());
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    let lesson = Program::start(command.args(["--pop3-url", &url, "--log", "off"]));
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut stuffed = b"+OK\r\n".to_vec();
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        if line[0] == b'.' {
            stuffed.push(b'.');
        }
        stuffed.extend(line);
    }
    stuffed.extend(if message.ends_with(b"\r\n") { &b".\r\n"[..] } else { b"\r\n.\r\n" });
    let ok = b"+OK\r\n".to_vec();
    let list = b"+OK\r\n1 320\r\n.\r\n".to_vec();
    let answers =
        [ok.clone(), ok.clone(), ok.clone(), b"+OK 1 320\r\n".to_vec(), list, stuffed, ok];
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    for answer in answers {
        stream.write_all(&answer).unwrap();
        lines.next();
    }
    let ended = lesson.finish();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    let (_, shown) = ended.stdout.split_once("  number 1: 320 bytes\n\n").unwrap();
    let mut files = BTreeMap::new();
    if let Ok(entries) = fs::read_dir(folder.path().join("downloads")) {
        for entry in entries.map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            files.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    Fetched { shown: shown.into(), files }
}

impl Fetched {
    #[track_caller]
    fn shows(&self, text: &str) -> &Self {
        assert!(self.shown.contains(text), "{text:?} is not in:\n{}", self.shown);
        self
    }

    #[track_caller]
    fn hides(&self, text: &str) -> &Self {
        assert!(!self.shown.contains(text), "{text:?} is in:\n{}", self.shown);
        self
    }

    #[track_caller]
    fn saves(&self, files: &[(&str, &[u8])]) -> &Self {
        let expected = files.iter().map(|(name, content)| (name.to_string(), content.to_vec()));
        assert_eq!(self.files, expected.collect(), "{}", self.shown);
        self
    }
}

/// A container with these parts, each with its header.
fn multipart(subtype: &str, parts: &[&str]) -> String {
    // No two of them have the same boundary, so that they can lie in one another.
    let boundary = format!("{subtype}-{}", parts.concat().len());
    let mut mail = format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        mail += &format!("--{boundary}\r\n{part}\r\n");
    }
    mail + &format!("--{boundary}--\r\n")
}

/// GB18030 of 关于期末考试的通知, as bytes, in base64 and percent-encoded.
const NOTICE: &[u8] = b"\xb9\xd8\xd3\xda\xc6\xda\xc4\xa9\xbf\xbc\xca\xd4\xb5\xc4\xcd\xa8\xd6\xaa";
const NOTICE_BASE64: &str = "udjT2sbaxKm/vMrUtcTNqNaq";
const NOTICE_PERCENT: &str = "%B9%D8%D3%DA%C6%DA%C4%A9%BF%BC%CA%D4%B5%C4%CD%A8%D6%AA";

/// Fetches one of the mails in `mend/tests/mails`.
#[track_caller]
fn mail(name: &str) -> Fetched {
    fetch(&fs::read(Path::new(MAILS).join(name)).unwrap())
}

#[test]
fn mails_of_the_first_kinds() {
    mail("bad-line-loses-all-headers.eml")
        .shows("Subject: still here\n")
        .shows("\n\nthe text\n")
        .saves(&[("f.bin", &[0, 1, 2])]);
    mail("base64-with-footer.eml")
        .shows("\n\n你好，这是正文。\n\n")
        .hides("unsubscribe")
        .saves(&[("p.png", b"\x89PNG\r\n\x1a\n012345678")]);
    mail("body-gbk-no-charset.eml").shows("\n\n同学们好：\n请于周五前提交作业。\n").saves(&[]);
    mail("content-type-text.eml").shows("text/plain, 12 bytes\n\nhello body\n").saves(&[]);
    mail("cp936.eml").shows("Subject: 关于期末考试的通知\n").shows("\n\n同学们好：\n").saves(&[]);
    mail("crcrlf.eml")
        .shows(
            "Subject: lines end in CR CR LF\n\ntext/plain, 25 bytes\n\nhello body\nsecond line\n",
        )
        .saves(&[]);
    mail("decoded-before-parsed.eml").shows("  text/plain, 8 bytes\n\nthe text\n").saves(&[]);
    mail("empty-plain-html.eml").shows("\n\n<p>正文只在网页里</p>\n").saves(&[]);
    mail("ew-next-to-text.eml").shows("Subject: Re:关于期末考试的通知(2)\n").saves(&[]);
    mail("file-raw-gbk.eml")
        .shows("\n\n见附件。\n")
        .saves(&[("期末考试安排.txt", b"file content\r\n")]);
    mail("inline-text-with-name.eml").shows("\n\nhello body\n").saves(&[]);
    let many = mail("many-recipients-names.eml");
    for number in 0..40 {
        many.shows(&format!("学生{number:02}号 <s{number}@sina.example>"));
    }
    mail("no-blank-line.eml").shows("\n\nhello body without a colon\nmore of it\n").saves(&[]);
    let forwarded = mail("rfc822-noname-inline.eml");
    forwarded.shows("\n\n见附件。\n").shows("Subject: 里面的主题\n").shows("\n\n里面的邮件正文\n");
    let saved: Vec<_> = forwarded.files.iter().collect();
    assert!(matches!(&saved[..], [(name, mail)] if *name == "attachment-1.eml"
        && mail.starts_with(b"From: laoshi@qq.example\r\n")));
    mail("subject-split-mid-char.eml").shows(
        "Subject: 关于二〇二六年秋季学期网络编程课程期末考试时间地点以及相关注意事项的补充通知\
         请各位同学务必仔细阅读\n",
    );
    let two = mail("two-texts-mixed.eml");
    two.shows("\n\n第一段\n\n第二段\n\nsaved ");
    assert_eq!(two.files.keys().collect::<Vec<_>>(), ["a.png"]);
}

#[test]
fn mails_of_further_kinds() {
    let hello: &[u8] = b"hello";
    mail("2231-star-with-2047.eml")
        .shows("\n\nthe text\n")
        .saves(&[("期末考试的安排与注意事项.doc", hello)]);
    mail("whole-type-encoded.eml").shows("\n\nthe text\n").saves(&[("attachment-1", hello)]);
    mail("enriched.eml").shows("\n\n<p>html text</p>\n").hides("<bold>").saves(&[]);
    mail("amp-no-plain.eml").shows("\n\n<p>html text</p>\n").hides("amp4email").saves(&[]);
    mail("boundary-twice.eml").shows("\n\nplain text\n").saves(&[("a.pdf", hello)]);
    mail("unused-boundary-qp.eml").shows("\n\nreal text\n").saves(&[]);
    mail("multipart-plain-body.eml").shows("\n\njust a text, no parts\n").saves(&[]);
    mail("appledouble.eml").shows("\n\nplain text\n").saves(&[("a.pdf", hello)]);
    mail("empty-word.eml").shows("Subject: 好  Book.example\n");
    mail("dsn-exchange.eml")
        .shows("\n\nYour mail did not reach nobody@sina.example.\n")
        .shows("550 5.1.1 no such user")
        .saves(&[]);
    mail("cid-noname-pdf.eml").shows("\n\nsee\n").saves(&[("attachment-1.pdf", b"%PDF-")]);
}

#[test]
fn lines_that_end_in_any_way() {
    let text = "Content-Type: text/plain; charset=utf-8\n\n第一行\nsecond";
    let file =
        "Content-Type: application/x; name=f.bin\nContent-Transfer-Encoding: base64\n\nAAEC\nAwQ=";
    let quoted = "Content-Disposition: attachment; filename=t.txt\n\
                  Content-Transfer-Encoding: quoted-printable\n\na=3D=\nb";
    let parts = [text, file, quoted].map(|part| part.replace('\n', "\r\n"));
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    let mail =
        String::from("From: a@b.example\r\nSubject: hello\r\n") + &multipart("mixed", &parts);
    let check = |mail: &str| {
        fetch(mail.as_bytes())
            .shows("From: a@b.example\nSubject: hello\n")
            .shows("\n\n第一行\nsecond\n\n")
            .saves(&[("f.bin", &[0, 1, 2, 3, 4]), ("t.txt", b"a=b")]);
    };
    for end in ["\r\n", "\n", "\r", "\r\r\n", "\r\r\r\n"] {
        check(&mail.replace("\r\n", end));
    }
    // Each line in another way; a CR alone is no line end before or after an empty line.
    for shift in 0..3 {
        let mut mixed = String::new();
        for (number, line) in mail.split_terminator("\r\n").enumerate() {
            mixed += line;
            mixed += ["\r\n", "\n", "\r\r\n"][(number + shift) % 3];
        }
        check(&mixed);
    }
}

#[test]
fn a_bad_field_costs_only_itself() {
    let bad_fields: [&[u8]; 9] = [
        b"X-Broken",
        b"garbage with blanks",
        b"Bad Name: value",
        b": no name",
        b"\xd6\xf7\xcc\xe2: x",
        b"\x00\x01\x02",
        b"From laoshi@qq.example Mon Nov 23 22:00:00 2026",
        b">From laoshi@qq.example",
        b"charset=utf-8",
    ];
    for bad in bad_fields {
        let rest = format!(
            "Subject: here\r\nContent-Type: text/plain; charset=gbk\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{NOTICE_BASE64}\r\n"
        );
        let first = [bad, b"\r\n", rest.as_bytes()].concat();
        fetch(&first).shows("Subject: here\n").shows("\n\n关于期末考试的通知\n");
        let second = [b"To: a@b.example\r\n", bad, b"\r\n folded\r\n", rest.as_bytes()].concat();
        fetch(&second).shows("To: a@b.example\nSubject: here\n").shows("\n\n关于期末考试的通知\n");
    }
    // Blanks before the colon.
    let blank = "From : a@b.example\r\nSubject\t: x\r\nContent-Type  : text/html\r\n\r\n<p>";
    fetch(blank.as_bytes()).shows("From: a@b.example\nSubject: x\n\ntext/html, 5 bytes\n\n<p>\n");
}

#[test]
fn an_empty_line_is_missing() {
    let header = "From: a@b.example\r\nDate: today\r\nSubject: x\r\n";
    for body in [
        "hello there\r\nmore of it\r\n",
        "hello there\r\nTime: 10:00\r\n\r\nPlace: here\r\n",
        // A mail that is quoted is not its header.
        "同学们好\r\n-----Original-----\r\nFrom: c@d.example\r\nSubject: y\r\n\r\nz\r\n",
        "-- \r\nlaoshi\r\n",
    ] {
        let fetched = fetch(format!("{header}{body}").as_bytes());
        fetched.shows("Subject: x\n").shows(&format!("\n\n{}", body.replace("\r\n", "\n")));
    }
    fetch(&[b"Subject: x\r\n", NOTICE, b"\r\n"].concat()).shows("\n\n关于期末考试的通知\n");
    fetch(b"hello\r\nwithout: a header\r\n").shows("\n\nhello\nwithout: a header\n");
    fetch(
        b"Content-Type: multipart/mixed; boundary=b\r\n--b\r\nContent-Type: text/plain\r\nhello you\r\n\
          --b\r\nContent-Type: application/x; name=f\r\nContent-Transfer-Encoding: base64\r\nAAEC\r\n--b--",
    )
    .shows("\n\nhello you\n")
    .saves(&[("f", &[0, 1, 2])]);
}

#[test]
fn types_that_are_none() {
    for kind in [
        "text",
        "",
        "plain",
        "text/",
        "/plain",
        "text;charset=gbk",
        "; charset=gbk",
        "TEXT/PLAIN;Charset=GBK;",
        "text/plain charset=gbk",
        "\"text/plain\"; charset=\"gbk\"",
        "text/plain; charset = gbk; format=flowed",
        // What is encoded is no type, and adds no parameter.
        "=?utf-8?Q?application/x;_name=3Df?=",
    ] {
        let header = format!("Content-Type: {kind}\r\n\r\n");
        let fetched = fetch(&[header.as_bytes(), NOTICE].concat());
        fetched.shows("text/plain, 29 bytes\n\n关于期末考试的通知\n").saves(&[]);
    }
    let mail = b"Content-Type: multipart; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b--\r\n";
    fetch(mail).shows("multipart/mixed, 2 bytes\n  text/plain, 2 bytes\n\nhi\n").saves(&[]);
}

#[test]
fn forwarded_mails() {
    let file = "Content-Type: application/x; name=in.bin\r\n\r\nin it";
    let inner = String::from("From: c@d.example\r\nSubject: inner\r\n")
        + &multipart("mixed", &["\r\ninner text", file]);
    let bytes = inner.as_bytes();
    for (header, name) in [
        ("Content-Type: message/rfc822", "attachment-1.eml"),
        ("Content-Type: message/rfc822; name=\"Re: hi\"", "Re hi.eml"),
        ("Content-Type: MESSAGE/RFC822\r\nContent-Disposition: inline; filename=A.EML", "A.EML"),
    ] {
        let part = format!("{header}\r\n\r\n{inner}");
        fetch(multipart("mixed", &["\r\nouter text", &part]).as_bytes())
            .shows("\n    multipart/mixed, ")
            .shows("\n      text/plain, 10 bytes\n      application/x \"in.bin\", 5 bytes\n\nouter text\n")
            .shows("\nFrom: c@d.example\nSubject: inner\n\ninner text\n")
            .saves(&[(name, bytes)]);
    }
    // Encoded, as some gateways do.
    let quoted = inner.replace('=', "=3D");
    let part = format!(
        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{quoted}"
    );
    let fetched = fetch(multipart("mixed", &["\r\nouter text", &part]).as_bytes());
    fetched.shows("\n\ninner text\n").saves(&[("attachment-1.eml", bytes)]);
    // Nothing but a mail; and many of them.
    fetch(format!("Subject: outer\r\nContent-Type: message/rfc822\r\n\r\n{inner}").as_bytes())
        .shows("Subject: outer\n")
        .shows("Subject: inner\n\ninner text\n")
        .saves(&[("attachment-1.eml", bytes)]);
    let digest = ["\r\nSubject: one\r\n\r\ntext one", "\r\nSubject: two\r\n\r\ntext two"];
    fetch(multipart("digest", &digest).as_bytes())
        .shows("Subject: one\n\ntext one\n")
        .shows("Subject: two\n\ntext two\n")
        .saves(&[
            ("attachment-1.eml", b"Subject: one\r\n\r\ntext one"),
            ("attachment-2.eml", b"Subject: two\r\n\r\ntext two"),
        ]);
    // Forwarded again and again: the outermost is read, and each lies in the file.
    let mut mail = String::from("Subject: first\r\n\r\nhello\r\n");
    for number in 0..12 {
        let part = format!("Content-Type: message/rfc822\r\n\r\n{mail}");
        mail = multipart("mixed", &[&format!("\r\ntext {number}"), &part]);
    }
    let fetched = fetch(mail.as_bytes());
    fetched.shows("\n\ntext 11\n").shows("\n\ntext 10\n");
    assert!(String::from_utf8_lossy(&fetched.files["attachment-1.eml"]).contains("Subject: first"));
}

#[test]
fn texts_and_files() {
    let html = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>in HTML</p>";
    fetch(multipart("mixed", &["\r\none", html, "\r\nthree"]).as_bytes())
        .shows("\n\none\n\n<p>in HTML</p>\n\nthree\n")
        .saves(&[]);
    for blank in ["", " ", "\r\n\r\n", "\u{3000}", "\u{a0}", "\u{200b}", "\u{feff}"] {
        let plain = format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{blank}");
        let mail = multipart("alternative", &[&plain, html]);
        fetch(mail.as_bytes()).shows("\n\n<p>in HTML</p>\n").saves(&[]);
    }
    let picture = "Content-Type: image/png; name=a.png\r\n\r\npicture";
    for header in [
        "Content-Type: text/plain; name=\"b.txt\"",
        "Content-Type: text/plain\r\nContent-Disposition: inline; filename*=utf-8''b.txt",
    ] {
        let text = format!("{header}\r\n\r\nhello body");
        fetch(text.as_bytes()).shows("\n\nhello body\n").saves(&[]);
        let mail = multipart("mixed", &[&text, picture]);
        fetch(mail.as_bytes()).shows("\n\nhello body\n").saves(&[("a.png", b"picture")]);
        let mail = multipart("mixed", &["\r\nreal text", &text]);
        fetch(mail.as_bytes()).shows("\n\nreal text\n\nsaved").saves(&[("b.txt", b"hello body")]);
    }
    let attached = "Content-Disposition: attachment; filename=b.txt\r\n\r\nhello body\r\n";
    fetch(attached.as_bytes()).shows("\n\nhello body\n").saves(&[("b.txt", b"hello body\r\n")]);
}

/// As Outlook, Foxmail, QQ and mailing lists write.
#[test]
fn mails_of_real_programs() {
    // Pictures in the HTML, a calendar beside it, and files after it.
    let plain = format!(
        "Content-Type: text/plain;\r\n\tcharset=\"gb2312\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\
         {NOTICE_BASE64}\r\n"
    );
    let html = "Content-Type: text/html;\r\n\tcharset=\"gb2312\"\r\n\
                Content-Transfer-Encoding: quoted-printable\r\n\r\n<img src=3D\"cid:a@b\">\r\n";
    let calendar = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR";
    let image = "Content-Type: image/png;\r\n\tname=\"image001.png\"\r\nContent-ID: <a@b>\r\n\
                 Content-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n";
    let alternative = multipart("alternative", &[&plain, html, calendar]);
    let related = multipart("related", &[&alternative, image]);
    let tnef = "Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\n\
                Content-Disposition: attachment; filename=\"winmail.dat\"\r\n\r\ntnef";
    let signature = "Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nsignature";
    let mixed = multipart("mixed", &[&related, tnef]);
    fetch(multipart("signed", &[&mixed, signature]).as_bytes())
        .shows("\n\n关于期末考试的通知\n\nsaved")
        .saves(&[
            ("attachment-1.ics", b"BEGIN:VCALENDAR"),
            ("image001.png", b"\x89PNG"),
            ("smime.p7s", b"signature"),
            ("winmail.dat", b"tnef"),
        ]);

    // A mail that came back.
    let status = "Content-Type: message/delivery-status\r\n\r\nAction: failed\r\nStatus: 5.2.2";
    let original = "Content-Type: message/rfc822\r\n\r\nSubject: =?gbk?B?xOO6ww==?=\r\n\r\nlost";
    let report = multipart("report", &["\r\nThe mailbox is full.", status, original]);
    fetch(report.as_bytes())
        .shows("\n\nThe mailbox is full.\n\nAction: failed\nStatus: 5.2.2\n")
        .shows("\nSubject: 你好\n\nlost\n")
        .saves(&[("attachment-1.eml", b"Subject: =?gbk?B?xOO6ww==?=\r\n\r\nlost")]);
}

#[test]
fn encoded_words() {
    let notice = format!("=?gbk?B?{NOTICE_BASE64}?=");
    let both = format!("{notice}{notice}");
    let cases: [(&str, &str); 20] = [
        (&format!("Re:{notice}(2)"), "Re:关于期末考试的通知(2)"),
        (&format!("[list]{notice} [x]"), "[list]关于期末考试的通知 [x]"),
        (&both, "关于期末考试的通知关于期末考试的通知"),
        (&format!("=?utf-8?q?caf=c3=a9?=\r\n\t{notice} x"), "café关于期末考试的通知 x"),
        ("=?GBK*zh-cn?b?xOO6ww?=", "你好"),
        ("=?gbk?B?xA==?= =?gbk*zh?B?4w==?= =?GBK?Q?=BA?==?gbk?b?ww?=", "你好"),
        ("=?utf-8?Q?=E4=BD?=\r\n =?utf-8?B?oA==?=", "你"),
        ("=?utf-8?B?5L2g\r\n 5aW9?=", "你好"),
        ("=?utf-8?Q?hello world?=", "hello world"),
        ("=?utf-8?Q?a_?= =?utf-8?Q?_b?= c", "a  b c"),
        ("=?us-ascii?Q?=E4=BD=A0?=", "你"),
        ("=?gb2312?B?5L2g5aW9?=", "你好"),
        ("=?utf-8?B?xOO6ww==?=", "你好"),
        ("=?no-such?B?xOO6ww==?=", "你好"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?iso-2022-jp?B?GyRCOGwbKEI=?=", "日本語"),
        ("=?utf-8?Q?a=0D=0ATo:_x?=", "a  To: x"),
        ("=?utf-8?B?5L2g5aW9", "=?utf-8?B?5L2g5aW9"),
        ("a =? b ?= c =?utf-8?X?abc?=", "a =? b ?= c =?utf-8?X?abc?="),
        ("1=?2=?3", "1=?2=?3"),
        ("raw 你好 =?gbk?B?xOO6ww==?=", "raw 你好 你好"),
    ];
    for (subject, expected) in cases {
        let fetched = fetch(format!("Subject: {subject}\r\n\r\nx").as_bytes());
        fetched.shows(&format!("Subject: {expected}\n"));
    }
    fetch(&[b"Subject: ", NOTICE, b"\r\n\r\nx"].concat()).shows("Subject: 关于期末考试的通知\n");
}

#[test]
fn names_of_charsets() {
    for name in [
        "gbk",
        "cp936",
        "CP936",
        "ms936",
        "windows-936",
        "x-gbk",
        "csGBK",
        "gb2312",
        "GB_2312-80",
        "gb_2312",
        "csGB2312",
        "chinese",
        "iso-ir-58",
        "csISO58GB231280",
        "euc-cn",
        "gb18030",
        "csGB18030",
        "cp54936",
        "gb18030-2005",
    ] {
        let header = format!(
            "Subject: =?{name}?B?{NOTICE_BASE64}?=\r\nContent-Type: text/plain; charset={name}\r\n\
             Content-Disposition: inline; filename*={name}''{NOTICE_PERCENT}.txt\r\n\r\n"
        );
        fetch(&[header.as_bytes(), NOTICE].concat())
            .shows("Subject: 关于期末考试的通知\n")
            .shows("\"关于期末考试的通知.txt\"")
            .shows("\n\n关于期末考试的通知\n");
    }
    let others: [(&str, &[u8], &str); 8] = [
        ("big5", b"\xa7A\xa6n", "你好"),
        ("cp950", b"\xa7A\xa6n", "你好"),
        ("shift_jis", b"\x93\xfa\x96{\x8c\xea", "日本語"),
        ("cp932", b"\x93\xfa\x96{\x8c\xea", "日本語"),
        ("iso-2022-jp", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
        ("utf-7", b"+T2BZfQ-", "你好"),
        ("utf-16le", b"`O}Y", "你好"),
    ];
    for (name, bytes, text) in others {
        let header = format!("Content-Type: text/plain; charset={name}\r\n\r\n");
        let body = if name == "utf-16le" { bytes.to_vec() } else { [bytes, b"\r\n"].concat() };
        fetch(&[header.as_bytes(), &body].concat()).shows(&format!("\n\n{text}"));
    }
}

#[test]
fn texts_that_are_not_in_the_charset_they_claim() {
    let utf8 = "关于期末考试的通知".as_bytes();
    let russian = "Привет, студенты".as_bytes();
    for claim in ["", "us-ascii", "gb2312", "gbk", "big5", "iso-8859-1", "unknown-8bit", "x"] {
        let header = format!("Content-Type: text/plain; charset=\"{claim}\"\r\n\r\n");
        fetch(&[header.as_bytes(), utf8].concat()).shows("\n\n关于期末考试的通知\n");
        fetch(&[header.as_bytes(), russian].concat()).shows("\n\nПривет, студенты\n");
    }
    for claim in ["", "us-ascii", "utf-8", "unknown-8bit", "x"] {
        let header = format!("Content-Type: text/plain; charset=\"{claim}\"\r\n\r\n");
        fetch(&[header.as_bytes(), NOTICE].concat()).shows("\n\n关于期末考试的通知\n");
    }
    // Cut in the middle of a character.
    let header = b"Content-Type: text/plain; charset=utf-8\r\n\r\n";
    fetch(&[header, &utf8[..11]].concat()).shows("\n\n关于期\u{fffd}");
}

#[test]
fn html_that_names_its_charset_itself() {
    for meta in [
        "<meta charset=\"gb2312\">",
        "<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=gbk'>",
        "<meta name=x><meta content=\"text/html;charset=cp936\" http-equiv=Content-Type/>",
    ] {
        for claim in ["", "; charset=us-ascii", "; charset=x-unknown"] {
            // GB18030 would be guessed anyway, but this charset would not.
            let header = format!("Content-Type: text/html{claim}\r\n\r\n");
            fetch(&[header.as_bytes(), meta.as_bytes(), NOTICE].concat())
                .shows(&format!("\n\n{meta}关于期末考试的通知\n"));
            let meta = "<meta charset='big5'>";
            fetch(&[header.as_bytes(), meta.as_bytes(), b"\xa7A\xa6n"].concat())
                .shows(&format!("\n\n{meta}你好\n"));
        }
    }
    let mail = b"Content-Type: text/html; charset=big5\r\n\r\n<meta charset=gbk>\xa7A\xa6n";
    fetch(mail).shows("\n\n<meta charset=gbk>你好\n");
}

#[test]
fn base64_and_quoted_printable_with_errors() {
    let long = "5L2g5aW9".repeat(9) + "\r\n";
    let cases: [(&str, &str, &str, bool); 21] = [
        ("base64", "5L2g5aW9YQ", "你好a", true),
        ("base64", "5L2g5aW9YQ==\r\n-- \r\nlist mailing list\r\n", "你好a", true),
        ("base64", "5L2g5aW9YQ==-- \r\nhttp://lists.example/\r\n", "你好a", true),
        ("base64", "5L2g5aW9YQ==This list\r\nis ours\r\n", "你好a", true),
        ("base64", "YWI=\r\n5L2g\r\n", "ab你", true),
        ("base64", "  5L2g\r\n\t5aW9\r\n", "你好", true),
        ("base64", "5L2g!5aW9", "你好", false),
        ("base64", "5L2g5aW9A", "你好", false),
        ("base64", "5L2g5aW9\r\n_____\r\nlist mailing list\r\n", "你好", false),
        ("base64", &long.replacen("5a", "5*a", 1), &"你好".repeat(9), false),
        ("base64", "just some text", "just some text", false),
        ("Base64 (comment)", "5L2g", "你", true),
        ("\"base64\";", "5L2g", "你", true),
        ("quoted-printable", "=E4=BD=A0=e5=a5=bd", "你好", true),
        ("quoted-printable", "=E4=BD=A0 = \r\n=E5=A5=BD=", "你 好", true),
        ("quoted-printable", "你=E5=A5=BD", "你好", true),
        ("quoted-printable", "=E4=BD=A0=XY=E5=A5=BD", "你=XY好", false),
        ("quoted-printable", "=E4=BD=A0=E", "你=E", false),
        ("quoted-printable", "a==3D", "a", true),
        ("8bit", "你", "你", true),
        ("x-unknown", "=41", "=41", true),
    ];
    for (encoding, coded, decoded, is_whole) in cases {
        let mail = format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{coded}"
        );
        fetch(mail.as_bytes()).shows(&format!("\n\n{decoded}"));
        let part =
            format!("Content-Type: application/x; name=f\r\n{}", mail.split_once('\n').unwrap().1);
        let fetched = fetch(multipart("mixed", &[&part]).as_bytes());
        assert!(fetched.files["f"].starts_with(decoded.as_bytes()), "{encoding} {coded}");
        let note = if is_whole { "\n" } else { " (not all of it could be decoded)\n" };
        fetched.shows(&format!("saved {}{note}", native("downloads/f")));
    }
}

#[test]
fn names_of_files() {
    let word = format!("=?gb18030?B?{NOTICE_BASE64}?=");
    let (start, end) = NOTICE_PERCENT.split_at(15);
    let cases: [(&str, &str); 24] = [
        (&format!("filename=a; filename*=gb18030''{NOTICE_PERCENT}"), "关于期末考试的通知"),
        (&format!("filename*=gb2312'zh-cn'{NOTICE_PERCENT}; filename=a"), "关于期末考试的通知"),
        (
            &format!(
                "filename=a;\r\n filename*0*=GBK''{start};\r\n filename*1*={end};\r\n filename*2=.txt"
            ),
            "关于期末考试的通知.txt",
        ),
        (&format!("filename*1*={end}; filename*0*=cp936''{start}"), "关于期末考试的通知"),
        ("filename*0=\"a \"; filename*1=\"b%41\"", "a b%41"),
        (&format!("filename*=utf-8''{NOTICE_PERCENT}"), "关于期末考试的通知"),
        ("filename*=gb2312''%E4%BD%A0%E5%A5%BD", "你好"),
        ("filename*=%E4%BD%A0%E5%A5%BD", "你好"),
        ("filename*=\"utf-8''%E4%BD%A0%E5%A5%BD\"", "你好"),
        (&format!("filename=\"{word}.txt\""), "关于期末考试的通知.txt"),
        (&format!("filename={word}"), "关于期末考试的通知"),
        ("filename=\"=?gbk?B?xA==?=\r\n =?gbk?B?4w==?=\"", "你"),
        ("filename=\"你好.txt\"", "你好.txt"),
        // Quotes and words hide semicolons, and add no parameters.
        ("filename=\"a; filename=evil\"", "a; filename=evil"),
        ("x=\"; filename*=utf-8''evil\"; filename=good", "good"),
        ("filename=\"=?utf-8?Q?a=22;_filename*=3Dutf-8''evil?=\"", "a; filename=utf-8''evil"),
        ("filename=\"=?utf-8?Q?=2E=2E=2F=2E=2E=2Fevil?=\"", "evil"),
        ("filename=\"C:\\Users\\me\\a.txt\"", "a.txt"),
        ("filename=\"a\\\"b\\\\c.txt\"", "c.txt"),
        ("filename=\"a.txt", "a.txt"),
        ("filename=my file.txt", "my file.txt"),
        ("FileName = \"a.txt\"", "a.txt"),
        ("filename=\"a=b.txt\"", "a=b.txt"),
        ("filename=\"a\u{200f}\u{feff}b.txt\"", "ab.txt"),
    ];
    for (parameters, name) in cases {
        let mail = format!("Content-Disposition: attachment; {parameters}\r\n\r\nx\r\n");
        fetch(mail.as_bytes()).saves(&[(name, b"x\r\n")]);
        // As the name of a type.
        let parameters = parameters.replace("filename", "name").replace("FileName", "Name");
        let mail = format!("Content-Type: application/x; {parameters}\r\n\r\nx\r\n");
        fetch(mail.as_bytes()).saves(&[(&name.replace("filename", "name"), b"x\r\n")]);
    }
    let raw = [b"Content-Type: application/x; name=\"", NOTICE, b".txt\"\r\n\r\nx\r\n"].concat();
    fetch(&raw).saves(&[("关于期末考试的通知.txt", b"x\r\n")]);
    fetch(b"Content-Disposition: attachment filename=a\r\n\r\nx\r\n").saves(&[("a", b"x\r\n")]);
}

#[test]
fn long_fields_are_cut_at_a_whole_word_or_address() {
    let people = |count| -> String {
        let person =
            |number| format!("\"Li, {number}\" =?gbk?B?xOO6ww==?= <s{number}@sina.example>,\r\n ");
        (0..count).map(person).collect()
    };
    let fetched = fetch(format!("To: {}a@b.example\r\n\r\nx", people(100)).as_bytes());
    fetched.shows("\"Li, 99\" 你好 <s99@sina.example>, a@b.example\n");
    let fetched = fetch(format!("To: {}a@b.example\r\n\r\nx", people(3000)).as_bytes());
    fetched.shows("@sina.example> ...\n");
    let fetched = fetch(format!("Subject: {}\r\n\r\nx", "word ".repeat(9000)).as_bytes());
    fetched.shows(" word word ...\n");
    let words = "=?utf-8?B?5L2g5aW9?=\r\n ".repeat(9000);
    let fetched = fetch(format!("Subject: {words}\r\n\r\nx").as_bytes());
    fetched.shows("你好你好").shows(" ...\n").hides("\u{fffd}").hides("=?");
}
