//! What the lesson shows and saves of a mail: those in `mend/tests/mails`, and others of each kind.
//! How a broken mail is read, `mend` tests itself.

use std::fs;
use std::path::Path;

use crate::server::{fetch, multipart};

const MAILS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../mend/tests/mails");
/// What an attachment is in most of these mails.
const HELLO: &[u8] = b"hello";

/// What is shown of a forwarded mail. What is attached to that mail is not saved by itself.
const INNER: &str = "multipart/mixed, 15 bytes\n  text/plain, 10 bytes\n  application/x \"in.bin\", 5 bytes\n\n\
                     inner text\n";

/// A mail in the folder, what is shown of it, and which files are saved: how each begins.
type Row = (&'static str, &'static [&'static str], &'static [(&'static str, &'static [u8])]);

#[rustfmt::skip]
const ROWS: [Row; 36] = [
    ("2231-star-with-2047", &["\n\nthe text\n"], &[("期末考试的安排与注意事项.doc", HELLO)]),
    ("amp-no-plain", &["\n\n<p>html text</p>\n"], &[]),
    ("appledouble", &["\n\nplain text\n"], &[("a.pdf", HELLO)]),
    ("attached-text-alone", &["\n\nhello body\n\nsaved"], &[("b.txt", b"hello body\r\n")]),
    ("bad-line-loses-all-headers", &["Subject: still here\n", "\n\nthe text\n"], &[("f.bin", &[0, 1, 2])]),
    ("base64-with-footer", &["\n\n你好，这是正文。\n\nsaved"], &[("p.png", b"\x89PNG\r\n\x1a\n012345678")]),
    ("body-gbk-no-charset", &["\n\n同学们好：\n请于周五前提交作业。\n"], &[]),
    ("boundary-twice", &["\n\nplain text\n"], &[("a.pdf", HELLO)]),
    ("cid-noname-pdf", &["\n\nsee\n"], &[("attachment-1.pdf", b"%PDF-")]),
    ("content-type-text", &["text/plain, 12 bytes\n\nhello body\n"], &[]),
    ("cp936", &["Subject: 关于期末考试的通知\n", "\n\n同学们好：\n"], &[]),
    ("crcrlf", &["Subject: lines end in CR CR LF\n\ntext/plain, 25 bytes\n\nhello body\nsecond line\n"], &[]),
    ("decoded-before-parsed", &["  text/plain, 8 bytes\n\nthe text\n"], &[]),
    ("digest",
        &["Subject: one\n\ntext/plain, 8 bytes\n\ntext one\n", "Subject: two\n\ntext/plain, 8 bytes\n\ntext two\n"],
        &[("attachment-1.eml", b"Subject: one\r\n\r\ntext one"), ("attachment-2.eml", b"Subject: two\r\n\r\ntext two")]),
    ("dsn-exchange", &["\n\nYour mail did not reach nobody@sina.example.\n", "550 5.1.1 no such user"], &[]),
    ("empty-plain-html", &["\n\n<p>正文只在网页里</p>\n"], &[]),
    ("empty-word", &["Subject: 好  Book.example\n"], &[]),
    ("enriched", &["\n\n<p>html text</p>\n"], &[]),
    ("ew-next-to-text", &["Subject: Re:关于期末考试的通知(2)\n"], &[]),
    ("file-raw-gbk", &["\n\n见附件。\n"], &[("期末考试安排.txt", b"file content\r\n")]),
    ("forwarded", &["\n\nouter text\n\nThis mail came with it:\n\nSubject: inner\n\n", INNER, "Subject: again\n", "Subject: third\n"],
        &[("A.EML", b"Subject: third"), ("Re again.eml", b"Subject: again"), ("attachment-1.eml", b"Subject: inner\r\n")]),
    ("forwarded-alone", &["Subject: outer\n", "(no text)\n\nThis mail came with it:\n\nSubject: inner\n\n", INNER],
        &[("attachment-1.eml", b"Subject: inner\r\n")]),
    ("half-decoded", &["  text/plain, 6 bytes (not all of it could be decoded)\n", "\n\n你好\n", "f (not all of it could be decoded)\n"],
        &[("f", "你好".as_bytes())]),
    ("inline-text-with-name", &["\n\nhello body\n"], &[]),
    ("mail-that-came-back",
        &["\n\nThe mailbox is full.\n\nAction: failed\nStatus: 5.2.2\n", "\nSubject: 你好\n\ntext/plain, 4 bytes\n\nlost\n"],
        &[("attachment-1.eml", b"Subject: =?gbk?B?xOO6ww==?=\r\n\r\nlost")]),
    ("many-recipients-names", &["学生00号 <s0@sina.example>, 学生01号 <", "学生39号 <s39@sina.example>"], &[]),
    ("multipart-plain-body", &["\n\njust a text, no parts\n"], &[]),
    ("no-blank-line", &["\n\nhello body without a colon\nmore of it\n"], &[]),
    ("outlook-invitation", &["\n\n关于期末考试的通知\n\nsaved"],
        &[("attachment-1.ics", b"BEGIN:VCALENDAR"), ("image001.png", b"\x89PNG"), ("smime.p7s", HELLO), ("winmail.dat", HELLO)]),
    ("parts-within-parts",
        &["\n\nmultipart/mixed, 13 bytes\n  multipart/alternative, 11 bytes\n    text/html, 9 bytes\n    text/plain, 2 bytes\n  \
           image/png \"a.png\", 2 bytes\n\nhi\n\nsaved"], &[("a.png", b"hi")]),
    ("rfc822-noname-inline",
        &["\n\n见附件。\n", "Subject: 里面的主题\n", "\n\n里面的邮件正文\n"], &[("attachment-1.eml", b"From: laoshi@qq.example\r\n")]),
    ("subject-split-mid-char",
        &["Subject: 关于二〇二六年秋季学期网络编程课程期末考试时间地点以及相关注意事项的补充通知请各位同学务必仔细阅读\n"], &[]),
    ("text-html-text", &["\n\none\n\n<p>in HTML</p>\n\nthree\n"], &[]),
    ("two-texts-mixed", &["\n\n第一段\n\n第二段\n\nsaved "], &[("a.png", b"\x89PNG")]),
    ("unused-boundary-qp", &["\n\nreal text\n"], &[]),
    ("whole-type-encoded", &["\n\nthe text\n"], &[("attachment-1", HELLO)]),
];

#[test]
fn mails_that_people_got() {
    for (file, shown, files) in ROWS {
        let path = Path::new(MAILS).join(format!("{file}.eml"));
        let fetched = fetch(fs::read(&path).unwrap());
        for text in shown {
            fetched.shows(text);
        }
        fetched.hides("<bold>").hides("amp4email").hides("unsubscribe");
        let saved = fetched.folder.files("downloads");
        assert_eq!(saved.len(), files.len(), "{file}");
        for ((saved, content), (name, start)) in saved.iter().zip(files) {
            assert!(saved == name && content.starts_with(start), "{file}: {saved}");
        }
    }
    let files = fs::read_dir(MAILS).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(files.filter(|name| name.to_string_lossy().ends_with(".eml")).count(), ROWS.len());
}

#[test]
fn texts_and_files() {
    let html = "Content-Type: text/html; charset=utf-8\r\n\r\n<p>in HTML</p>";
    for blank in ["", " ", "\r\n\r\n", "\u{3000}", "\u{a0}", "\u{200b}", "\u{feff}"] {
        let plain = format!("Content-Type: text/plain; charset=utf-8\r\n\r\n{blank}");
        fetch(multipart("alternative", &[&plain, html])).shows("\n\n<p>in HTML</p>\n").saves(&[]);
    }
    let enriched = "Content-Type: text/enriched\r\n\r\n<bold>";
    fetch(multipart("alternative", &[enriched, "\r\none", html])).shows("\n\none\n").hides("<");
    fetch(multipart("alternative", &[enriched])).shows("\n\n<bold>\n").saves(&[]);

    // A text with a name is read where there is no other.
    let picture = "Content-Type: image/png; name=a.png\r\n\r\npicture";
    for header in [
        "Content-Type: text/plain; name=\"b.txt\"",
        "Content-Type: text/plain\r\nContent-Disposition: inline; filename*=utf-8''b.txt",
    ] {
        let text = format!("{header}\r\n\r\nhello body");
        fetch(&text).shows("\n\nhello body\n").saves(&[]);
        fetch(multipart("mixed", &[&text, picture]))
            .shows("\n\nhello body\n")
            .saves(&[("a.png", b"picture")]);
        fetch(multipart("mixed", &["\r\nreal text", &text]))
            .shows("\n\nreal text\n\nsaved")
            .saves(&[("b.txt", b"hello body")]);
    }
    fetch("").shows("text/plain, 0 bytes\n\n(no text)\n").saves(&[]);
    fetch(picture).shows("\n(no text)\n\nsaved ").saves(&[("a.png", b"picture\r\n")]);
}

/// Of a mail that was forwarded again and again the outermost ten are shown; the file has all.
#[test]
fn forwarded_mails() {
    let mut mail = String::from("Subject: first\r\n\r\nhello\r\n");
    for number in 0..12 {
        let part = format!("Content-Type: message/rfc822\r\n\r\n{mail}");
        mail = multipart("mixed", &[&format!("\r\ntext {number}"), &part]);
    }
    let fetched = fetch(mail);
    fetched.shows("\n\ntext 11\n").shows("\n\ntext 1\n").hides("\n\ntext 0\n");
    let saved = fs::read_to_string(fetched.folder.path().join("downloads/attachment-1.eml"));
    assert!(saved.unwrap().contains("Subject: first"));
}

#[test]
fn what_is_long_is_cut() {
    let header = format!("Subject: {}\r\nDate: {}\r\n", "你".repeat(20_000), "x".repeat(16_000));
    fetch(format!("{header}\r\n{}", "y".repeat(1_000_010)))
        .shows(&format!(
            "{}你 ... and 12000 bytes more\nDate: {}x\n",
            "你".repeat(15_999),
            "x".repeat(15_999)
        ))
        .shows("yy ... and 10 bytes more\n");
    // Much is shown, and nobody waits long.
    fetch(format!("Subject: {}\r\n\r\nhi", "=?utf-8?Q?abc?=\r\n ".repeat(10_000)));
    fetch(multipart("mixed", &vec!["\r\nhi"; 1500]))
        .shows("\nmultipart/mixed, 2000 bytes (not all of it could be decoded)\n");
}

#[test]
fn nothing_that_a_mail_has_in_it_reaches_the_terminal() {
    let evil = "\x1b[2J\u{7}\u{9b}\u{202e}";
    let word = "=?utf-8?Q?a=0D=0AFrom:_fake=1B?=";
    let fetched = fetch(format!(
        "From: {evil}\r\nTo: {word}\r\nCc: {evil}\r\nSubject: {evil}{word} {word}\r\nDate: {evil}\r\n\
         Content-Type: multipart/{evil}; boundary=b\r\n\r\n--b\r\n\r\n{evil}\r\n--b\r\n\
         Content-Type: {evil}; name=\"{evil}\n{word}x\"\r\n\r\nhi\r\n--b--\r\n"
    ));
    let shown = fetched.shown();
    assert!(!shown.contains(|character: char| character.is_control() && character != '\n'));
    assert!(!shown.contains('\u{202e}'));
    assert_eq!(shown.matches("\nFrom:").count(), 0, "{shown}");
}
