//! What holds for each mail, however broken: seeded, so that every run tries the same.
#![cfg(test)]

use std::env;
use std::fs;

use mailparse::{DispositionType, MailHeaderMap, ParsedMail, parse_mail};

const MAILS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mails");

/// Numbers that look random, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn one_of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// The files in `mails/`, always in the same order.
fn mails() -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        fs::read_dir(MAILS).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    assert_eq!(paths.len(), 36);
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn depth(part: &ParsedMail) -> usize {
    part.subparts.iter().map(|inner| 1 + depth(inner)).max().unwrap_or_default()
}

/// Mends a mail, and checks what holds for each.
#[track_caller]
fn check(message: &[u8]) -> Vec<u8> {
    let mended = mend::mail(message);
    let shown: String = String::from_utf8_lossy(message).chars().take(3000).collect();
    let again = mend::mail(&mended);
    assert_eq!(str::from_utf8(&again), str::from_utf8(&mended), "twice is not once: {shown}");
    let mail = parse_mail(&mended).unwrap();
    let parts: Vec<_> = mail.parts().collect();
    assert!(parts.len() <= 1001 && depth(&mail) <= 20, "{shown}");
    assert!(mended.len() <= 8 * message.len() + 200 * parts.len(), "{shown}");
    for part in parts {
        let body = part.get_body().unwrap();
        let encoding = part.headers.get_first_value("Content-Transfer-Encoding");
        match (encoding.as_deref(), part.subparts.is_empty()) {
            (Some("8bit"), true) => {
                assert_eq!(body.as_bytes(), part.get_body_raw().unwrap(), "{shown}");
                assert!(!body.replace("\r\n", "").contains(['\r', '\n']), "{shown}");
            }
            (Some("base64"), true) | (None, false) => {}
            other => panic!("{other:?}: {shown}"),
        }
        for header in &part.headers {
            assert!(header.get_key_raw().is_ascii() && header.get_value_raw().is_ascii());
            assert!(!header.get_value().contains(['\r', '\n']), "{shown}");
        }
    }
    mended
}

/// How many mails are made up; `MAILS=200000` tries more of them.
fn rounds() -> usize {
    env::var("MAILS").map_or(300, |count| count.parse().unwrap())
}

#[test]
fn no_mail_is_too_broken() {
    let signs: [&[u8]; 19] = [
        b"\r\n", b"\n", b"\r", b"\r\r\n", b"--", b":", b";", b"=", b"\"", b"\\", b"'", b"*", b"(",
        b" , ", b"\t", b"=?", b"?=", b"\xff", b"\x1b$B",
    ];
    let pieces: [&[u8]; 17] = [
        b"\xc4\xe3",
        b"\xff\xfe",
        b"\r\n\r\n",
        b"\r\n--B",
        b"--B--\r\n",
        b"\r\n--mend-0-\r\n",
        b"\r\n--mend-4294967295-",
        b"*0*=",
        b"%E4",
        b"=?gbk?B?",
        b"=?utf-8?q?=e4",
        b"=?utf-8?Q?=3D=3Futf-8=3FQ=3Fa=3F=3D?=",
        "你".as_bytes(),
        "\u{feff}".as_bytes(),
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
    ];
    let seeds = mails();
    let mut random = Random(13);
    for number in 0..rounds() {
        let mut message = seeds[number % seeds.len()].clone();
        for _ in 0..1 + random.below(8) {
            let at = random.below(message.len() + 1);
            let end = at + random.below(message.len() - at + 1).min(1 + random.below(60));
            match random.below(6) {
                0 => drop(message.drain(at..end)),
                1 => message.truncate(at),
                2 => drop(message.splice(at..at, message[at..end].to_vec())),
                3 if at < message.len() => message[at] = random.below(256) as u8,
                4 => drop(message.splice(at..at, random.one_of(&signs).to_vec())),
                _ => drop(message.splice(at..at, random.one_of(&pieces).to_vec())),
            }
        }
        check(&message);
    }
}

/// Each would take minutes, or gigabytes, if anything grew faster than the mail.
#[test]
fn mails_made_to_hurt() {
    let many = |piece: &str, count| piece.repeat(count).into_bytes();
    let subject = |value: Vec<u8>| [b"Subject: ", &value[..], b"\r\n\r\nx"].concat();
    let about = |value: Vec<u8>| [b"Content-Type: text/plain; ", &value[..], b"\r\n\r\nx"].concat();
    let nested = (0..3000).map(|depth| {
        format!("Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n")
    });
    let boundaries =
        [b"Content-Type: multipart/mixed; boundary=b\r\n\r\n", &many("--b\n", 5_000)[..]];
    for message in [
        subject(many("=? ", 8_000)),
        subject(many("=?utf-8?Q?abc?= ", 4_000)),
        subject(many("=?utf-8?Q?abc", 6_000)),
        subject(many("=?a?B?", 5_000)),
        subject(many("你, ", 5_000)),
        subject(many("\" (", 8_000)),
        subject(many("\r\n x", 8_000)),
        // What is cut from a header stays cut.
        subject(many("x", 1_500_000)),
        subject(many("é", 301_000)),
        subject(many("é,", 20_000)),
        subject(many("é  (", 20_000)),
        subject(many("x (é ", 20_000)),
        subject(many("\r\nX-Mend-Incomplete: y", 10_000)),
        about(many("a=\";", 5_000)),
        about(many("=\"x;", 5_000)),
        about(many("name*1*=", 5_000)),
        about(many("a=\"\\", 5_000)),
        many("A: b\r\n", 8_000),
        many("Content-A: b\r\n", 8_000),
        many("a\r\n", 8_000),
        many("\n", 50_000),
        many("\r", 50_000),
        boundaries.concat(),
        many("--mend-0-\n", 8_000),
        nested.collect::<String>().into_bytes(),
        [b"Content-Transfer-Encoding: quoted-printable\r\n\r\n", &many("=", 50_000)[..]].concat(),
        [b"Content-Transfer-Encoding: base64\r\n\r\n", &many("=A", 50_000)[..]].concat(),
    ] {
        let mended = check(&message);
        // Whatever is cut from a header, the body stays.
        assert!(!message.starts_with(b"Subject: ") || mended.ends_with(b"\r\n\r\nx"));
    }
}

/// What a reader sees of a mail.
fn seen(part: &ParsedMail) -> Vec<String> {
    let fields = part.headers.iter().filter(|field| !field.get_key().starts_with("Content-"));
    let mut seen: Vec<_> =
        fields.map(|field| format!("{}: {}", field.get_key(), field.get_value())).collect();
    let kind = &part.ctype.mimetype;
    let mut parameters = part.ctype.params.clone();
    parameters.remove("boundary");
    parameters.remove("charset");
    let disposition = part.get_content_disposition();
    seen.push(format!("{kind} {parameters:?} {disposition:?}"));
    let is_file = disposition.disposition != DispositionType::Inline
        || parameters.contains_key("name")
        || disposition.params.contains_key("filename");
    if kind.starts_with("text/") && !is_file {
        seen.push(part.get_body().unwrap());
    } else if part.subparts.is_empty() {
        seen.push(format!("{:?}", part.get_body_raw().unwrap()));
    }
    seen.extend(part.subparts.iter().flat_map(self::seen));
    seen
}

/// A part as the standards have it, perhaps one that is made of others.
fn well_formed(random: &mut Random, depth: usize) -> Vec<u8> {
    let mut mail = String::new();
    for _ in 0..random.below(5) {
        mail += random.one_of(&[
            "X-One: plain text\r\n",
            "Comments: =?utf-8?B?5L2g5aW9?= and =?gb18030?B?xOO6ww==?=\r\n =?gb18030?B?xOO6ww==?=\r\n",
            "X-People: =?utf-8?Q?Li=2C_Lei?= <li@sina.example>, \"Han, M\"\r\n <han@qq.example>\r\n",
            "X-Quoted: \"=?utf-8?Q?=E4=BD=A0?=\" (=?utf-8?Q?a=22b?=) a =? b ?= c\r\n",
            "Received: from a.example (b.example [192.0.2.1])\r\n\tby c.example; Mon, 23 Nov 2026\r\n",
            "X-Long: =?utf-8?Q?=3D=3Fgbk=3FB=3FxOM=3D=3F=3D?= 1=2 ?\r\n",
        ]);
    }
    if depth < 3 && random.below(2) == 0 {
        let subtype = random.one_of(&["mixed", "alternative", "related", "digest"]);
        let boundary = format!("{subtype} {depth} {}", random.below(1000));
        mail += &format!(
            "Content-Type: multipart/{subtype};\r\n boundary=\"{boundary}\"\r\n\r\npreamble\r\n"
        );
        let mut mail = mail.into_bytes();
        for _ in 0..1 + random.below(4) {
            mail.extend(format!("--{boundary}\r\n").bytes());
            mail.extend(well_formed(random, depth + 1));
            mail.extend(b"\r\n");
        }
        mail.extend(format!("--{boundary}--\r\nepilogue").bytes());
        return mail;
    }
    let disposition = random.one_of(&[
        "",
        "Content-Disposition: inline\r\n",
        "Content-Disposition: attachment; filename=\"a; b=c.txt\"; size=3\r\n",
        "Content-Disposition: attachment;\r\n filename*0*=gb18030''%C4%E3;\r\n filename*1=\"x.txt\"\r\n",
        "Content-Disposition: inline; filename*=utf-8'zh'%E4%BD%A0%22.txt\r\n",
    ]);
    let (kind, encoding, body): (&str, &str, &[u8]) = [
        ("text/plain; charset=utf-8", "8bit", "你好\r\n--\r\nend".as_bytes()),
        ("text/plain; charset=us-ascii; format=flowed", "7bit", b"one \r\ntwo\r\n\r\n"),
        ("text/html; charset=\"gb18030\"", "8bit", b"<p>\xc4\xe3\xba\xc3</p>\r\n"),
        ("text/plain; charset=gbk", "base64", b"xOO6ww==\r\n"),
        ("text/plain; charset=big5", "quoted-printable", b"=A7A=A6n=\r\n x"),
        ("text/plain; charset=iso-2022-jp", "7bit", b"\x1b$BF|K\\8l\x1b(B"),
        ("text/plain; charset=koi8-r", "8bit", b"\xf0\xd2\xc9\xd7\xc5\xd4"),
        ("application/x; name=\"x.bin\"", "base64", b"AAECAwQ="),
        ("image/png", "binary", b"\x89PNG\r\n\x1a\n\0\xff\r\r\n\n"),
        ("message/rfc822", "7bit", b"Subject: =?gbk?B?xOO6ww==?=\r\n\r\n--x\r\nhello"),
    ][random.below(10)];
    mail += &format!("Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n");
    [mail.as_bytes(), disposition.as_bytes(), b"\r\n", body].concat()
}

#[test]
fn a_well_formed_mail_says_the_same() {
    let mut random = Random(7);
    let mut containers = 0;
    for _ in 0..rounds() {
        let message = well_formed(&mut random, 0);
        let mended = check(&message);
        let before = parse_mail(&message).unwrap();
        let after = parse_mail(&mended).unwrap();
        containers += before.subparts.len();
        assert_eq!(seen(&before), seen(&after), "{}", String::from_utf8_lossy(&message));
    }
    assert!(containers >= rounds() / 2, "{containers}");
}

#[test]
fn nothing_encoded_becomes_a_part_or_a_parameter() {
    let word = "=?utf-8?Q?multipart/mixed;_boundary=3Db?=";
    let part = "--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n";
    for header in [
        format!("Content-Type: {word}"),
        format!("Content-Type: multipart/{word}"),
        format!("Content-Type: text/plain; x=\"{word}\""),
        format!("Content-Type: text/plain; name=\"a{word}; boundary=b\""),
        "Content-Type: text/plain; name*=utf-8''a%22%3B%20boundary%3D%22b".into(),
        "Content-Type: multipart/mixed; boundary=\"=?utf-8?Q?b?=\"".into(),
        "Content-Type: multipart/mixed; x=\"; boundary=b\"".into(),
    ] {
        let mended = check(format!("{header}\r\n\r\n{part}").as_bytes());
        let mail = parse_mail(&mended).unwrap();
        assert!(mail.subparts.is_empty(), "{header}");
        assert_eq!(mail.ctype.params.get("boundary"), None, "{header}");
    }
}
