//! How a mended mail is written, to the byte, and where its bounds are.
#![cfg(test)]

use mailparse::parse_mail;

/// Fields as they are sent and as they are written, with no blank at the start or the end.
const FIELDS: [(&str, &str); 12] = [
    // Words of UTF-8 stand for what is not ASCII.
    ("Subject :  hi  ", "Subject: hi"),
    ("Subject: \t你 \n好 ", "Subject: =?utf-8?B?5L2g?="),
    (
        "To: \"=?utf-8?Q?a=22?=b\" c (=?utf-8?Q?d?=,\u{7f}) =?utf-8?Q?=2C?= x",
        "To: \"=?utf-8?B?YSJi?=\" c (=?utf-8?B?ZA==?=,=?utf-8?B?fw==?=) =?utf-8?B?LA==?= x",
    ),
    // What looks like a word is none, and so becomes one; blanks between words become part of them.
    (
        "Subject: x =?a y=z? =?utf-8?Q?b?= \t 你 c",
        "Subject: x =?utf-8?B?PT9h?= y=z? =?utf-8?B?YiAJIOS9oA==?= c",
    ),
    // A word has 45 bytes at most, and no half of a character.
    (
        "Subject: 一二三四五六七八九十一二三四éé",
        "Subject: =?utf-8?B?5LiA5LqM5LiJ5Zub5LqU5YWt5LiD5YWr5Lmd5Y2B5LiA5LqM5LiJ5Zubw6k=?= \
         =?utf-8?B?w6k=?=",
    ),
    // Parameters are as they are, or percent-encoded.
    (
        "Content-Disposition: X; x=\"a b~\"; y=a\\b; z=\"=?utf-8?Q?c?=\"; x=d; u=\"\"",
        "Content-Disposition: x; x=\"a b~\"; y*=utf-8''a%5Cb; z*=utf-8''%3D%3Futf-8%3FQ%3Fc%3F%3D; \
         u=\"\"",
    ),
    (
        "Content-Disposition: x; n=\"a\\\"b\"; \u{e9}=x; =y; x=y(comment) z=\"=\" z=2 u=v w",
        "Content-Disposition: x; n*=utf-8''a%22b; x=\"y\"; z=\"=\"; u=\"v\"",
    ),
    // A quote ends where another parameter begins, or a comment, or nothing.
    (
        "Content-Disposition: x; n=\"a\"b=c\" =d\" e\" x*=utf-8''f (\"g\") h=\"i\"(j); k=\"l\\m\"",
        "Content-Disposition: x; n*=utf-8''a%22b%3Dc%22%20%3Dd%22%20e; x=\"f\"; h=\"i\"; \
         k*=utf-8''l%5Cm",
    ),
    // The names of files have blanks and brackets in them.
    (
        "Content-Disposition: x; y=z; filename=a (1) b.txt; x=y z",
        "Content-Disposition: x; y=\"z\"; filename=\"a (1) b.txt\"; x=\"y\"",
    ),
    // A disposition that nobody knows is that of an attachment; an empty one is none.
    (
        "Content-Disposition: ?; filename=\"é_1.txt\"",
        "Content-Disposition: attachment; filename*=utf-8''%C3%A9_1.txt",
    ),
    ("Content-Disposition: \nSubject: x", "Subject: x"),
    // What is missing was said of the mail itself.
    ("X-Mend-Incomplete: x", "X-Mend-Incomplete: not all of the body is here"),
];

/// Mails as they are sent and as they are written, where `{text}` and `{base64}` stand for the last
/// fields of a text and of all else.
const MAILS: [(&str, &str); 11] = [
    // The fields of the body come last, in one form.
    (
        "Content-Type: TEXT/Html;Charset=GB2312;format=flowed\nSubject: hi\n\n你\n",
        "Subject: hi\nContent-Type: text/html; charset=\"utf-8\"; format=\"flowed\"\n\
         Content-Transfer-Encoding: 8bit\n\n你\n",
    ),
    ("", "{text}"),
    // A text that is a file keeps its bytes, whichever field has the name; a shown one does not.
    (
        "Content-Type: text/plain; name=x\n\n你\n",
        "Content-Type: text/plain; charset=\"utf-8\"; name=\"x\"\n{base64}5L2gDQo=\n",
    ),
    (
        "Content-Type: a/b; name=é\nContent-Disposition: attachment; filename=y\n\nabc",
        "Content-Disposition: attachment; filename=\"y\"\nContent-Type: a/b; name*=utf-8''%C3%A9\n\
         {base64}YWJj\n",
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
         {base64}YWJj\n",
    ),
    // A report is a text, and so is what programs read of text; a mail within a mail is none.
    (
        "Content-Type: message/delivery-status\n\na",
        "Content-Type: message/delivery-status; charset=\"utf-8\"\n\
         Content-Transfer-Encoding: 8bit\n\na",
    ),
    (
        "Content-Type: text/calendar\n\na",
        "Content-Type: text/calendar; charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit\n\na",
    ),
    ("Content-Type: message/rfc822\n\na", "Content-Type: message/rfc822\n{base64}YQ==\n"),
    // The boundary stands in no part; what lies before and behind the parts is left out.
    (
        "Content-Type: multipart/mixed; boundary=\"b \"; x=y\n\nbefore\n--b \nA: b\n\n--mend-7-\n\
         --b\n\n--bc\n\n--b--\nbehind\n",
        "Content-Type: multipart/mixed; boundary=\"mend-8-\"; x=\"y\"\n\n--mend-8-\nA: b\n\
         {text}--mend-7-\n--mend-8-\n{text}--bc\n\n--mend-8---\n",
    ),
    // One that has been cut short.
    (
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n",
        "Content-Type: multipart/mixed; boundary=\"mend-0-\"\n\n--mend-0-\n{text}hi\n\n--mend-0---\n",
    ),
];

#[test]
fn each_thing_in_one_way() {
    let check = |sent: &str, written: &str| {
        let mended = mend::mail(sent.replace('\n', "\r\n").as_bytes());
        assert_eq!(String::from_utf8(mended).unwrap().replace("\r\n", "\n"), written, "{sent}");
    };
    let rest = "Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n";
    for (sent, written) in FIELDS {
        check(&format!("{sent}\n{rest}"), &format!("{written}\n{rest}"));
    }
    let text = "Content-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: 8bit\n\n";
    let base64 = "Content-Transfer-Encoding: base64\n\n";
    for (sent, written) in MAILS {
        check(sent, &written.replace("{text}", text).replace("{base64}", base64));
    }
}

/// Its parts, a thousand of them, and whether all are there.
#[test]
fn a_mail_has_a_thousand_parts_at_most() {
    let text = "\r\nhi";
    let container = |boundary: &str, part: &str, count| {
        let parts = format!("--{boundary}\r\n{part}\r\n").repeat(count);
        format!(
            "Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{parts}--{boundary}--\r\n"
        )
    };
    let inner = container("b", text, 99);
    let full_and_more = container("b", text, 999) + "\r\n--a\r\n" + text;
    for (mail, parts, is_whole) in [
        (container("a", text, 999), 999, true),
        (container("a", text, 1000), 1000, true),
        (container("a", text, 1001), 1000, false),
        (container("a", text, 3000), 1000, false),
        (container("a", &inner, 10), 1000, true),
        (container("a", &inner, 11), 1000, false),
        (container("a", &full_and_more, 1), 1000, false),
    ] {
        let mended = mend::mail(mail.as_bytes());
        let count = parse_mail(&mended).unwrap().parts().count() - 1;
        let said = mended.windows(17).any(|bytes| bytes == mend::INCOMPLETE.as_bytes());
        assert_eq!((count, !said), (parts, is_whole));
    }
    // The last of the 20 containers within one another is a file.
    let mut mail = text.to_string();
    for depth in 0..30 {
        mail = container(&format!("b{depth}"), &mail, 1);
    }
    let mended = mend::mail(mail.as_bytes());
    let mail = parse_mail(&mended).unwrap();
    let inmost = mail.parts().last().unwrap();
    assert_eq!(mail.parts().count(), 21);
    assert_eq!(inmost.ctype.mimetype, "application/octet-stream");
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
