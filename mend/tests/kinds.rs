//! What a mended mail says, for each kind of mistake that mail programs make.
#![cfg(test)]

use mailparse::{MailHeaderMap, ParsedMail, parse_mail};

const NOTICE: &str = "关于期末考试的通知";
/// The same in GB18030: as bytes, in base64 and percent-encoded.
const BYTES: &[u8] = b"\xb9\xd8\xd3\xda\xc6\xda\xc4\xa9\xbf\xbc\xca\xd4\xb5\xc4\xcd\xa8\xd6\xaa";
const BASE64: &str = "udjT2sbaxKm/vMrUtcTNqNaq";
const PERCENT: &str = "%B9%D8%D3%DA%C6%DA%C4%A9%BF%BC%CA%D4%B5%C4%CD%A8%D6%AA";

/// A part that has been mended, as `mailparse` reads it.
#[derive(Debug)]
struct Part {
    /// Its fields, each as `Name: value`.
    fields: Vec<String>,
    kind: String,
    name: String,
    body: String,
    is_whole: bool,
    parts: Vec<Part>,
}

#[track_caller]
fn mended(message: impl AsRef<[u8]>) -> Part {
    let mended = mend::mail(message.as_ref());
    part(&parse_mail(&mended).unwrap())
}

fn part(mail: &ParsedMail) -> Part {
    let disposition = mail.get_content_disposition();
    let name = disposition.params.get("filename").or(mail.ctype.params.get("name"));
    let fields = mail.headers.iter();
    Part {
        fields: fields.map(|field| format!("{}: {}", field.get_key(), field.get_value())).collect(),
        kind: mail.ctype.mimetype.clone(),
        name: name.cloned().unwrap_or_default(),
        body: String::from_utf8_lossy(&mail.get_body_raw().unwrap()).into(),
        is_whole: mail.headers.get_first_header(mend::INCOMPLETE).is_none(),
        parts: mail.subparts.iter().map(part).collect(),
    }
}

/// What the subject says of a mail that has it before others.
#[track_caller]
fn subject(value: impl AsRef<[u8]>) -> String {
    let mut part = mended([b"Subject: ", value.as_ref(), b"\r\nDate: today\r\n\r\nx"].concat());
    assert_eq!((part.fields[1].as_str(), part.body.as_str()), ("Date: today", "x"));
    part.fields.swap_remove(0).split_off("Subject: ".len())
}

/// A text of this type.
fn text(kind: &str, body: &[u8]) -> Part {
    mended([b"Content-Type: ", kind.as_bytes(), b"\r\n\r\n", body].concat())
}

/// A container of parts, each with its header.
fn multipart(subtype: &str, parts: &[&str]) -> String {
    let mut mail = format!("Content-Type: multipart/{subtype}; boundary=b\r\n\r\n");
    for part in parts {
        mail += &format!("--b\r\n{part}\r\n");
    }
    mail + "--b--\r\n"
}

#[test]
fn lines_that_end_in_any_way() {
    let file = "Content-Type: application/x\nContent-Transfer-Encoding: base64\n\nYWJj\nZGU=";
    let quoted = "Content-Transfer-Encoding: quoted-printable\n\na=3D=\nb";
    let parts = ["\n第一行\nsecond", file, quoted].map(|part| part.replace('\n', "\r\n"));
    let parts: Vec<_> = parts.iter().map(String::as_str).collect();
    let mail = String::from("Subject: hello\r\n") + &multipart("mixed", &parts);
    let check = |mail: &str| {
        let mail = mended(mail);
        let bodies: Vec<_> = mail.parts.iter().map(|part| part.body.as_str()).collect();
        assert_eq!(mail.fields[0], "Subject: hello");
        assert_eq!(bodies, ["第一行\r\nsecond", "abcde", "a=b"]);
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
        let rest = b"\r\n folded\r\nSubject: here\r\nContent-Type: text/html\r\n\r\nx";
        for before in [&b""[..], b"Subject: here\r\n"] {
            let mail = mended([before, bad, rest].concat());
            assert_eq!(mail.fields[0], "Subject: here");
            assert_eq!((mail.fields.len(), mail.kind.as_str()), (3, "text/html"));
        }
    }
    // Blanks before the colon; and what a header has once is there once, whatever is there twice.
    let mail = mended("From : a\r\nReceived: 1\r\nSubject\t: x\r\nfrom: b\r\nReceived: 2\r\n\r\n");
    assert_eq!(mail.fields[..4], ["From: a", "Received: 1", "Subject: x", "Received: 2"]);
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
        let mail = mended(format!("{header}{body}"));
        assert_eq!((mail.fields[2].as_str(), mail.body.as_str()), ("Subject: x", body));
    }
    assert_eq!(mended([b"Subject: x\r\n", BYTES].concat()).body, NOTICE);
    let body = "hello\r\nwithout: a header\r\n";
    assert_eq!(mended(body).body, body);
    let mail = multipart("mixed", &["Content-Type: text/plain\r\nhello you", "X-A: b\r\nhi"]);
    let mail = mended(mail.replace("boundary=b\r\n\r\n", "boundary=b\r\n"));
    assert_eq!((mail.parts[0].body.as_str(), mail.parts[1].body.as_str()), ("hello you", "hi"));
}

#[test]
fn types_that_are_none() {
    for kind in [
        "text",
        "",
        "plain",
        "text/",
        "/plain",
        "te xt/plain",
        "text;charset=gbk",
        "; charset=gbk",
        "charset=gbk",
        "TEXT/PLAIN;Charset=GBK;",
        "text/plain charset=gbk",
        "\"text/plain\"; charset=\"gbk\"",
        "text/plain; charset = gbk; format=flowed",
        // What is encoded is no type, and adds no parameter.
        "=?utf-8?Q?application/x;_name=3Df?=",
    ] {
        let part = text(kind, BYTES);
        assert_eq!((part.kind.as_str(), part.body.as_str()), ("text/plain", NOTICE));
        assert_eq!(part.name, "");
    }
    // A container is one, however little is said of it. Beside other parts, what nobody can read is
    // no text.
    for kind in ["multipart", "Multipart/", "multipart/?", "multipart/mixed"] {
        let encoded = "Content-Type: =?utf-8?Q?text/plain?=\r\n\r\nhi";
        let mail = multipart("mixed", &[encoded, "Content-Type: ?\r\n\r\nhi"]);
        let mail = mended(mail.replace("multipart/mixed", kind));
        let kinds: Vec<_> = mail.parts.iter().map(|part| part.kind.as_str()).collect();
        assert_eq!(mail.kind, "multipart/mixed");
        assert_eq!(kinds, ["application/octet-stream", "text/plain"]);
    }
    assert_eq!(mended(multipart("digest", &["\r\nSubject: x"])).parts[0].kind, "message/rfc822");
    assert_eq!(mended(multipart("mixed", &["\r\nSubject: x"])).parts[0].kind, "text/plain");
    // Where no part is, there may be a text.
    let part = mended("Content-Type: multipart/mixed; boundary=b\r\n\r\n--a\r\n");
    assert_eq!((part.kind.as_str(), part.body.as_str()), ("text/plain", "--a\r\n"));
    // Some gateways encode a container as a whole.
    let header = "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64";
    assert_eq!(mended(format!("{header}\r\n\r\nLS1iDQoNCmhpDQotLWItLQ0K")).parts[0].body, "hi");
}

#[test]
fn types_that_people_can_read() {
    for kind in ["text/plain", "text/x", "message/delivery-status", "message/x-notification"] {
        assert!(mend::is_text(kind), "{kind}");
    }
    for kind in ["text", "x/plain", "text/calendar", "text/vcard", "message/rfc822", "a/b-report"] {
        assert!(!mend::is_text(kind), "{kind}");
    }
}

#[test]
fn encoded_words() {
    let notice = format!("=?gbk?B?{BASE64}?=");
    let both = format!("{notice}{notice}");
    let cases: [(&str, &str); 30] = [
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
        ("=?utf-8?Q?a?= x =?utf-8?Q?b?=", "a x b"),
        ("=?us-ascii?Q?=E4=BD=A0?=", "你"),
        ("=?gb2312?B?5L2g5aW9?=", "你好"),
        ("=?utf-8?B?xOO6ww==?=", "你好"),
        ("=?no-such?B?xOO6ww==?=", "你好"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?= =?iso-2022-jp?B?GyRCOGwbKEI=?=", "日本語"),
        ("=?utf-8?Q?a=0D=0ATo:_x?=", "a  To: x"),
        ("=?utf-8?B?5L2g5aW9", "=?utf-8?B?5L2g5aW9"),
        ("=?utf-8?B?5L2g5aW9?", "=?utf-8?B?5L2g5aW9?"),
        ("a =? b ?= c =?utf-8?X?abc?=", "a =? b ?= c =?utf-8?X?abc?="),
        ("=?x?=?utf-8?Q?a?=", "=?x?a"),
        ("1=?2=?3", "1=?2=?3"),
        ("raw 你好 =?gbk?B?xOO6ww==?=", "raw 你好 你好"),
        ("你 好\t你", "你 好\t你"),
        ("a你, \"好\" (=?utf-8?Q?=22?=b) <c>d", "a你, \"好\" (\"b) <c>d"),
        ("a=?b 你=?c", "a=?b 你=?c"),
        (" \t a  b =?utf-8?Q??= ", "a  b"),
        ("=?utf-8?Q?_a_?=", " a "),
        ("a\u{7f}b\tc\u{1}", "a\u{7f}b\tc\u{1}"),
        ("", ""),
    ];
    for (sent, said) in cases {
        assert_eq!(subject(sent), said, "{sent}");
        // In a list of people, what is encoded is no comma.
        let people = mend::mail(format!("To: =?utf-8?Q?a=2C?= {sent}\r\n\r\n").as_bytes());
        assert!(people.is_ascii() && people.starts_with(b"To: =?utf-8?B?"), "{sent}");
    }
    assert_eq!(subject(BYTES), NOTICE);
    // What has no blank for 200 characters stays as it is, and what has none for longer is one
    // word, in seven pieces.
    let long = format!("x {0} {0}, y", "é,".repeat(100));
    assert_eq!(subject(&long), long);
    let mended = String::from_utf8(mend::mail(format!("Subject: {long}").as_bytes())).unwrap();
    assert_eq!(mended.matches("=?utf-8?").count(), 100 + 7);
    assert!(mended.starts_with("Subject: x =?") && mended.contains("?= y\r\n"), "{mended}");
}

/// Words have at most 75 characters, and lines 998, but not much fewer.
#[test]
fn long_fields() {
    let quoted = "\"你\" <a@b.example>, ";
    let divided = "=?utf-8?Q?=E4?= =?utf-8?Q?=BD=A0?= ";
    for piece in ["你", "你 ", "a你 ", "你, ", "你,", "x (你 ", "é\u{1f600}", quoted, divided]
    {
        let value = piece.repeat(4000);
        let mended = mend::mail(format!("Subject: {value}\r\n\r\n").as_bytes());
        let header = String::from_utf8(mended).unwrap();
        let header = header.split_once("\r\nContent-Type").unwrap().0;
        let lines: Vec<_> = header.split("\r\n").map(str::len).collect();
        assert!(lines.iter().all(|length| *length <= 998), "{piece}");
        assert!(lines[..lines.len() - 1].iter().all(|length| *length > 900), "{piece}");
        assert!(header.split([' ', ',']).all(|word| word.len() <= 75), "{piece}");
    }
}

#[test]
fn names_of_charsets() {
    let of_gb18030 = "gbk cp936 CP936 ms936 windows-936 x-gbk csGBK gb2312 GB_2312-80 gb_2312 csGB2312 \
                      chinese iso-ir-58 csISO58GB231280 euc-cn x-euccn gb18030 csGB18030 cp54936 \
                      gb18030-2005 'gb18030'";
    for name in of_gb18030.split(' ') {
        assert_eq!(subject(format!("=?{name}?B?{BASE64}?=")), NOTICE, "{name}");
        let kind = format!("text/plain; charset={name}");
        assert_eq!(text(&kind, BYTES).body, NOTICE, "{name}");
    }
    let cases: [(&str, &[u8], &str); 14] = [
        ("big5", b"\xa7A\xa6n", "你好"),
        ("cp950", b"\xa7A\xa6n", "你好"),
        ("shift_jis", b"\x93\xfa\x96{\x8c\xea", "日本語"),
        ("cp932", b"\x93\xfa\x96{\x8c\xea", "日本語"),
        ("cp949", b"\xc7\xd1\xb1\xb9", "한국"),
        ("iso-2022-jp", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("cp50220-iso-2022-jp-1", b"\x1b$BF|K\\8l\x1b(B", "日本語"),
        ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
        ("utf-7", b"+T2BZfQ-", "你好"),
        ("utf-16le", b"`O}Y", "你好"),
        ("iso-8859-1", b"caf\xe9", "café"),
        ("iso-8859-1", b"caf\xc3\xa9 \xe9", "cafÃ© é"),
        // A byte order mark leaves no doubt, and is no character.
        ("gbk", b"\xef\xbb\xbf\xe4\xbd\xa0", "你"),
        ("utf-8", b"\xff\xfe`O", "你"),
    ];
    for (name, bytes, said) in cases {
        assert_eq!(text(&format!("text/plain; charset={name}"), bytes).body, said, "{name}");
    }
}

#[test]
fn texts_that_are_not_in_the_charset_they_claim() {
    let utf8 = NOTICE.as_bytes();
    let russian = "Привет, студенты".as_bytes();
    for claim in ["", "us-ascii", "gb2312", "gbk", "big5", "iso-8859-1", "unknown-8bit", "x"] {
        let kind = format!("text/plain; charset=\"{claim}\"");
        assert_eq!(text(&kind, utf8).body, NOTICE, "{claim}");
        assert_eq!(text(&kind, russian).body, "Привет, студенты", "{claim}");
    }
    for claim in ["", "us-ascii", "ANSI_X3.4-1968", "hz-gb", "utf-8", "unknown-8bit", "x"] {
        let kind = format!("text/plain; charset=\"{claim}\"");
        assert_eq!(text(&kind, BYTES).body, NOTICE, "{claim}");
    }
    let cases: [(&str, &[u8], &str); 7] = [
        // Cut in the middle of a character.
        ("utf-8", &utf8[..11], "关于期\u{fffd}"),
        ("gbk", &BYTES[..5], "关于\u{fffd}"),
        ("utf-8", b"a\xffb", "a\u{fffd}b"),
        // A byte has been lost on the way.
        ("utf-8", &[utf8, b"\xe5", utf8].concat(), "关于期末考试的通知\u{fffd}关于期末考试的通知"),
        ("gbk", "关于期末".as_bytes(), "关于期末"),
        // Two characters of GBK that might be two of UTF-8.
        ("gbk", b"\xc4\xa3\xc4\xa3", "模模"),
        ("", b"\xc4\xa3\xc4\xa3", "ģģ"),
    ];
    for (claim, bytes, said) in cases {
        let kind = format!("text/plain; charset=\"{claim}\"");
        assert_eq!(text(&kind, bytes).body, said, "{claim} {bytes:?}");
    }
}

#[test]
fn html_that_names_its_charset_itself() {
    // GB18030 would be guessed anyway, but Big5 would not.
    let cases: [(&str, &str, &[u8], &str); 11] = [
        ("", "<meta charset=\"gb2312\">", BYTES, NOTICE),
        ("", "<meta charset='big5'>", b"\xa7A\xa6n", "你好"),
        ("", "<META HTTP-EQUIV='Content-Type' CONTENT='text/html; charset=big5'>", b"\xa7A", "你"),
        ("", "<meta name=x><meta content=\"text/html;charset=cp950\" x=Type/>", b"\xa7A", "你"),
        ("; charset=us-ascii", "<meta charset = big5 >", b"\xa7A", "你"),
        ("; charset=x-unknown", "<meta charset=big5/>", b"\xa7A\xa6n", "你好"),
        ("; charset=big5", "<meta charset=gbk>", b"\xa7A\xa6n", "你好"),
        ("", "<meta charset=windows-1251 x=y>", b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"),
        ("", "<meta charset=utf-16le>", b"\xc4\xe3", "你"),
        ("", "<meta name=charset content=big5>", b"\xc4\xe3", "你"),
        ("", "<p charset=big5>", b"\xc4\xe3", "你"),
    ];
    for (claim, page, bytes, said) in cases {
        let part = text(&format!("text/html{claim}"), &[page.as_bytes(), bytes].concat());
        assert_eq!(part.body, format!("{page}{said}"), "{claim}");
    }
    // No other text does.
    assert_eq!(text("text/plain", b"<meta charset=big5>\xc4\xe3").body, "<meta charset=big5>你");
}

#[test]
fn base64_and_quoted_printable_with_errors() {
    let long = "5L2g5aW9".repeat(9) + "\r\n";
    let cases: [(&str, &str, &str, bool); 30] = [
        ("base64", "5L2g5aW9YQ", "你好a", true),
        ("base64", "5L2g5aW9YQ==\r\n-- \r\nlist mailing list\r\n", "你好a", true),
        ("base64", "5L2g5aW9YQ==-- \r\nhttp://lists.example/\r\n", "你好a", true),
        ("base64", "5L2g5aW9YQ==This list\r\nis ours\r\n", "你好a", true),
        ("base64", "YWI=\r\n5L2g\r\n", "ab你", true),
        ("base64", "YWI=YWI=", "abab", true),
        ("base64", "YWI=This list is ours\r\n", "ab", true),
        ("base64", "YWI=\r\nfooter\r\n", "ab", true),
        ("base64", "5L2g5aW9\r\n5L2g5a\r\nW9YQ", "你好你好a", true),
        ("base64", "5L2g\r\n5L2g5L2g*5L2g5L2gYWI", "你你你你你ab", false),
        ("base64", "  5L2g\r\n\t5aW9\r\n", "你好", true),
        ("base64", "5L2g!5aW9", "你好", false),
        ("base64", "5L2g5aW9A", "你好", false),
        ("base64", "5L2gA=5aW9", "你好", false),
        ("base64", "5L2g5aW9\r\n_____\r\nlist mailing list\r\n", "你好", false),
        ("base64", &long.replacen("5a", "5*a", 1), &"你好".repeat(9), false),
        ("base64", "just some text", "just some text", false),
        ("base64", "\r\n\r\n", "", true),
        ("Base64 (comment)", "5L2g", "你", true),
        ("\"base64\";", "5L2g", "你", true),
        ("quoted-printable", "=E4=BD=A0=e5=a5=bd", "你好", true),
        ("quoted-printable", "=E4=BD=A0 = \r\n=E5=A5=BD=", "你 好", true),
        ("quoted-printable", "a  \r\nb\t\r\n", "a\r\nb\r\n", true),
        ("quoted-printable", "你=E5=A5=BD", "你好", true),
        ("quoted-printable", "=E4=BD=A0=XY=E5=A5=BD", "你=XY好", false),
        ("quoted-printable", "=E4=BD=A0=E", "你=E", false),
        ("quoted-printable", "a=+1", "a=+1", false),
        ("quoted-printable", "a==3D", "a=3D", true),
        ("8bit", "你", "你", true),
        ("x-unknown", "=41", "=41", true),
    ];
    for (encoding, coded, said, is_whole) in cases {
        for kind in ["text/plain; charset=utf-8", "application/x"] {
            let part = mended(format!(
                "Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{coded}"
            ));
            assert_eq!((part.body.as_str(), part.is_whole), (said, is_whole), "{encoding} {coded}");
        }
    }
}

#[test]
fn names_of_files() {
    let word = format!("=?gb18030?B?{BASE64}?=");
    let (start, end) = PERCENT.split_at(15);
    let long = "x;".repeat(1000);
    let cases: [(&str, &str); 31] = [
        (&format!("filename=a; filename*=gb18030''{PERCENT}"), NOTICE),
        (&format!("filename*=gb2312'zh-cn'{PERCENT}; filename=a"), NOTICE),
        (
            &format!(
                "filename=a;\r\n filename*0*=GBK''{start};\r\n filename*1*={end};\r\n filename*2=.txt"
            ),
            "关于期末考试的通知.txt",
        ),
        (&format!("filename*1*={end}; filename*0*=cp936''{start}"), NOTICE),
        ("filename*0=\"a \"; filename*1=\"b%41\"", "a b%41"),
        ("filename*0=a; filename*10=c; filename*2=b", "abc"),
        ("filename*=utf-8''a'b", "a'b"),
        ("filename*=gb2312''%E4%BD%A0%E5%A5%BD", "你好"),
        ("filename*=%E4%BD%A0%E5%A5%BD", "你好"),
        ("filename*=\"utf-8''%E4%BD%A0%E5%A5%BD\"", "你好"),
        ("filename*==?utf-8?B?5L2g?=; filename=a", "你"),
        (&format!("filename=\"{word}.txt\""), "关于期末考试的通知.txt"),
        (&format!("filename={word}"), NOTICE),
        ("filename=\"=?gbk?B?xA==?=\r\n =?gbk?B?4w==?=\"", "你"),
        ("filename=\"你好.txt\"", "你好.txt"),
        // Quotes and words hide semicolons, and add no parameters.
        ("filename=\"a; filename=evil\"", "a; filename=evil"),
        ("x=\"; filename*=utf-8''evil\"; filename=good", "good"),
        ("filename=\"=?utf-8?Q?a=22;_filename*=3Dutf-8''evil?=\"", "a\"; filename*=utf-8''evil"),
        ("filename=\"=?utf-8?Q?=2E=2E=2Fevil?=\"", "../evil"),
        ("filename=\"C:\\Users\\me\\a.txt\"", "C:\\Users\\me\\a.txt"),
        ("filename=\"a\\\"b\\\\c.txt\"", "a\"b\\c.txt"),
        ("filename=\"say \"hi\".txt\" (comment)", "say \"hi\".txt"),
        ("filename=\"a.txt\" size=3", "a.txt"),
        ("filename=\"a.txt", "a.txt"),
        ("filename=\"a.txt; size=3", "a.txt"),
        ("filename=my file.txt", "my file.txt"),
        ("size=3 x filename=a.txt; filename=b.txt", "a.txt"),
        ("FileName = \"a.txt\"", "a.txt"),
        ("filename=\"a=b.txt\"", "a=b.txt"),
        (&format!("filename=\"{}\"", &long[..1024]), &long[..1024]),
        (&format!("filename={}", long.replace(';', "x")), &long[..1024].replace(';', "x")),
    ];
    for (parameters, name) in cases {
        let part = mended(format!("Content-Disposition: attachment; {parameters}\r\n\r\nx"));
        assert_eq!(part.name, name, "{parameters}");
        // As the name of a type.
        let parameters = parameters.replace("filename", "name").replace("FileName", "Name");
        let part = mended(format!("Content-Type: application/x; {parameters}\r\n\r\nx"));
        assert_eq!(part.name, name.replace("filename", "name"), "{parameters}");
    }
    let raw = [b"Content-Type: application/x; name=\"", BYTES, b".txt\"\r\n\r\nx\r\n"].concat();
    assert_eq!(mended(raw).name, "关于期末考试的通知.txt");
    assert_eq!(mended("Content-Disposition: attachment filename=a\r\n\r\nx").name, "a");
}
