//! How a mended mail is written, to the byte, and where its bounds are.
#![cfg(test)]

use mailparse::{ParsedMail, parse_mail};

/// Mails as they are sent and as they are written, each line ended by CR LF.
const WRITTEN: [(&str, &str); 20] = [
    // The fields of the body come last, in one form.
    (
        "Content-Type: TEXT/Plain;Charset=GB2312;format=flowed\nSubject :  hi  \n\n你\n",
        "Subject: hi\nContent-Type: text/plain; charset=\"utf-8\"; format=\"flowed\"\n\
         Content-Transfer-Encoding: 8bit\n\n你\n",
    ),
    ("", "Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit\n\n"),
    // A field begins and ends with no blank, and words of UTF-8 stand for what is not ASCII.
    (
        "Subject: \t你 \n好 \nContent-Type: a/b\n\n",
        "Subject: =?utf-8?B?5L2g?=\nContent-Type: a/b\nContent-Transfer-Encoding: base64\n\n",
    ),
    (
        "To: \"=?utf-8?Q?a=22?=b\" c (=?utf-8?Q?d?=,\u{7f}) =?utf-8?Q?=2C?= x\nContent-Type: a/b\n\n",
        "To: \"=?utf-8?B?YSJi?=\" c (=?utf-8?B?ZA==?=,=?utf-8?B?fw==?=) =?utf-8?B?LA==?= x\n\
         Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n",
    ),
    // What looks like a word is none, and so becomes one; blanks between words become part of them.
    (
        "Subject: x =?a y=z? =?utf-8?Q?b?= \t 你 c\nContent-Type: a/b\n\n",
        "Subject: x =?utf-8?B?PT9h?= y=z? =?utf-8?B?YiAJIOS9oA==?= c\n\
         Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n",
    ),
    // A word has 45 bytes at most, and no half of a character.
    (
        "Subject: 一二三四五六七八九十一二三四éé\nContent-Type: a/b\n\n",
        "Subject: =?utf-8?B?5LiA5LqM5LiJ5Zub5LqU5YWt5LiD5YWr5Lmd5Y2B5LiA5LqM5LiJ5Zubw6k=?= \
         =?utf-8?B?w6k=?=\nContent-Type: a/b\nContent-Transfer-Encoding: base64\n\n",
    ),
    // Parameters: as they are, or percent-encoded.
    (
        "Content-Type: a/b; name=\"a b~\"; x=a\\b; y=\"=?utf-8?Q?c?=\"; name=d\n\n",
        "Content-Type: a/b; name=\"a b~\"; x*=utf-8''a%5Cb; y*=utf-8''%3D%3Futf-8%3FQ%3Fc%3F%3D\n\
         Content-Transfer-Encoding: base64\n\n",
    ),
    (
        "Content-Type: a/b; name=\"a\\\"b\"; \u{e9}=x; =y; x=y(comment) z=\"=\" z=2 u=v w\n\n",
        "Content-Type: a/b; name*=utf-8''a%22b; x=\"y\"; z=\"=\"; u=\"v\"\n\
         Content-Transfer-Encoding: base64\n\n",
    ),
    // A quote ends where another parameter begins, or a comment, or nothing.
    (
        "Content-Type: a/b; name=\"a\"b=c\" =d\" e\" x*=utf-8''f (\"g\") h=\"i\"(j); k=\"l\\m\"\n\n",
        "Content-Type: a/b; name*=utf-8''a%22b%3Dc%22%20%3Dd%22%20e; x=\"f\"; h=\"i\"; k*=utf-8''l%5Cm\n\
         Content-Transfer-Encoding: base64\n\n",
    ),
    // The names of files have blanks and brackets in them.
    (
        "Content-Type: a/b; name=a (1) b.txt; x=y z\n\n",
        "Content-Type: a/b; name=\"a (1) b.txt\"; x=\"y\"\nContent-Transfer-Encoding: base64\n\n",
    ),
    // A disposition that nobody knows is that of an attachment; an empty one is none.
    (
        "Content-Disposition: ?; filename=\"é_1.txt\"\n\nhello\n",
        "Content-Disposition: attachment; filename*=utf-8''%C3%A9_1.txt\n\
         Content-Type: text/plain; charset=\"utf-8\"\n\
         Content-Transfer-Encoding: base64\n\naGVsbG8NCg==\n",
    ),
    (
        "Content-Disposition: \n\nhello",
        "Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit\n\nhello",
    ),
    // A text that is a file keeps its bytes; one that is shown does not.
    (
        "Content-Type: text/plain; name=x\n\n你\n",
        "Content-Type: text/plain; charset=\"utf-8\"; name=\"x\"\n\
         Content-Transfer-Encoding: base64\n\n5L2gDQo=\n",
    ),
    (
        "Content-Type: text/plain; name=\"\"\nContent-Disposition: inline; filename=\"\"\n\n你",
        "Content-Disposition: inline; filename=\"\"\n\
         Content-Type: text/plain; charset=\"utf-8\"; name=\"\"\n\
         Content-Transfer-Encoding: 8bit\n\n你",
    ),
    (
        "Content-Disposition: attachment\nContent-Type: text/html; charset=gbk\n\nabc",
        "Content-Disposition: attachment\nContent-Type: text/html; charset=\"utf-8\"\n\
         Content-Transfer-Encoding: base64\n\nYWJj\n",
    ),
    // A report is a text, and a mail within a mail is none.
    (
        "Content-Type: message/delivery-status\n\na",
        "Content-Type: message/delivery-status; charset=\"utf-8\"\n\
         Content-Transfer-Encoding: 8bit\n\na",
    ),
    (
        "Content-Type: message/rfc822\n\na",
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nYQ==\n",
    ),
    (
        "X-Mend-Incomplete: x\nContent-Transfer-Encoding: base64\n\nYWJjZ",
        "X-Mend-Incomplete: not all of the body is here\n\
         Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit\n\nabc",
    ),
    // The boundary stands in no part; what lies before and behind the parts is left out.
    (
        "Content-Type: multipart/mixed; boundary=\"b \"; x=y\n\nbefore\n--b \nA: b\n\n--mend-7-\n\
         --b\n\n--bc\n\n--b--\nbehind\n",
        "Content-Type: multipart/mixed; boundary=\"mend-8-\"; x=\"y\"\n\n--mend-8-\nA: b\n\
         Content-Type: text/plain; charset=\"utf-8\"\n\
         Content-Transfer-Encoding: 8bit\n\n--mend-7-\n--mend-8-\n\
         Content-Type: text/plain; charset=\"utf-8\"\n\
         Content-Transfer-Encoding: 8bit\n\n--bc\n\n--mend-8---\n",
    ),
    // One that has been cut short, and one without a boundary.
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n",
        "Content-Type: multipart/mixed; boundary=\"mend-0-\"\n\n--mend-0-\n\
         Content-Type: text/plain; charset=\"utf-8\"\n\
         Content-Transfer-Encoding: 8bit\n\nhi\n\n--mend-0---\n",
    ),
];

#[test]
fn each_thing_in_one_way() {
    for (sent, written) in WRITTEN {
        let mended = mend::mail(sent.replace('\n', "\r\n").as_bytes());
        assert_eq!(String::from_utf8(mended).unwrap().replace("\r\n", "\n"), written, "{sent}");
    }
}

fn count(mail: &ParsedMail) -> usize {
    mail.parts().count() - 1
}

/// Its parts, a thousand of them, and whether all are there.
#[test]
fn a_mail_has_a_thousand_parts_at_most() {
    let container = |subtype: &str, parts: &[String]| {
        let mut mail = format!("Content-Type: multipart/mixed; boundary={subtype}\r\n\r\n");
        for part in parts {
            mail += &format!("--{subtype}\r\n{part}\r\n");
        }
        mail + &format!("--{subtype}--\r\n")
    };
    let texts = |count| vec!["\r\nhi".to_string(); count];
    for (mail, parts, is_whole) in [
        (container("a", &texts(999)), 999, true),
        (container("a", &texts(1000)), 1000, true),
        (container("a", &texts(1001)), 1000, false),
        (container("a", &texts(3000)), 1000, false),
        (container("a", &vec![container("b", &texts(99)); 10]), 1000, true),
        (container("a", &vec![container("b", &texts(99)); 11]), 1000, false),
        (container("a", &[container("b", &texts(999)), "\r\nhi".into()]), 1000, false),
    ] {
        let mended = mend::mail(mail.as_bytes());
        let mail = parse_mail(&mended).unwrap();
        let said = mended.windows(17).any(|bytes| bytes == mend::INCOMPLETE.as_bytes());
        assert_eq!((count(&mail), !said), (parts, is_whole));
    }
    // The last of the 20 containers within one another is a file.
    let mut mail = "\r\nhi".to_string();
    for depth in 0..30 {
        mail = container(&format!("b{depth}"), &[mail]);
    }
    let mended = mend::mail(mail.as_bytes());
    let mail = parse_mail(&mended).unwrap();
    let inmost = mail.parts().last().unwrap();
    assert_eq!((count(&mail), inmost.ctype.mimetype.as_str()), (20, "application/octet-stream"));
    assert!(inmost.get_body_raw().unwrap().starts_with(b"--b9\r\n"));
}

/// 300,000 characters, and 8 MiB as it was sent.
#[test]
fn a_header_has_a_bound() {
    let header = |fields: &[(&str, usize)]| {
        let value = |(name, length): &(&str, usize)| format!("{name}: {}\r\n", "x".repeat(*length));
        let sent: String = fields.iter().map(value).collect();
        let mended =
            String::from_utf8(mend::mail(format!("{sent}\r\nthe body").as_bytes())).unwrap();
        let (header, body) = mended.split_once("\r\n\r\n").unwrap();
        let lines = header.split("\r\n").filter(|line| !line.starts_with("Content-"));
        let lengths: Vec<_> = lines.map(str::len).collect();
        (lengths, body.to_string())
    };
    let body = || "the body".to_string();
    assert_eq!(header(&[("A", 299_998), ("B", 5)]), (vec![300_001], body()));
    assert_eq!(header(&[("A", 299_997), ("B", 5)]), (vec![300_000, 4], body()));
    assert_eq!(header(&[("A", 299_990), ("B", 5), ("C", 5)]), (vec![299_993, 8, 5], body()));
    assert_eq!(header(&[("A", 2_000_000), ("B", 5)]), (vec![300_002], body()));
    assert_eq!(header(&[("A", 9_000_000), ("B", 5)]).1, "B: xxxxx\r\n\r\nthe body");
}
