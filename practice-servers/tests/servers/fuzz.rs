//! Lines that nobody would write, over the wire, made from a seed.

use std::env;
use std::io::Write;
use std::net::Shutdown;

use fastrand::Rng;
use practice_servers::limits;

use crate::support::Servers;

const WORDS: &str = "EHLO HELO MAIL RCPT FROM: TO: <a@b.example> <laoshi@qq.example> DATA . RSET AUTH \
    PLAIN LOGIN AGE= USER PASS laoshi practice STAT LIST RETR TOP DELE UIDL CWD MKD RMD RNFR RNTO \
    STOR APPE SIZE REST TYPE I 1 -1 99999999999999999999 ../.. * \0 \r \t 老师 \u{1b}[2J = SIZE=1";

/// Whatever a client says, each line gets an answer that is one, and the next client is served.
#[test]
fn a_server_answers_whatever_a_client_says() {
    let servers = Servers::start();
    let all: Vec<_> = WORDS.split(' ').collect();
    let inputs = env::var("FUZZ_INPUTS").ok().and_then(|inputs| inputs.parse().ok());
    let mut random = Rng::with_seed(0x5eed);
    let mut below = |limit: usize| random.usize(..limit);
    for name in ["qq-smtp", "qq-pop3", "ftp"] {
        let mut left: usize = inputs.unwrap_or(1_000);
        while left > 0 {
            let mut peer = servers.peer(name);
            let count = 1 + below(40).min(left);
            left = left.saturating_sub(count);
            let mut lines = String::new();
            for _ in 0..count {
                let words: Vec<_> = (0..below(6)).map(|_| all[below(all.len())]).collect();
                lines += &words.join([" ", "", "\t"][below(3)]);
                lines += ["\r\n", "\r\n", "\n"][below(3)];
            }
            // It ends every message that it may have begun.
            lines += "\r\n.\r\nNOOP\r\n";
            // The server may have had enough of it before the end.
            let _ = peer.socket.write_all(lines.as_bytes());
            let _ = peer.socket.shutdown(Shutdown::Write);
            while let Ok(line) = peer.next_line() {
                assert!(!line.contains(char::is_control), "{name}: {lines:?}: {line:?}");
            }
        }
    }
    for name in ["qq-smtp", "qq-pop3", "ftp"] {
        servers.peer(name);
    }
}

/// Whoever says what is no command hears so, up to a limit.
#[test]
fn lines_that_are_no_commands_do_no_harm_up_to_a_limit() {
    let servers = Servers::start();
    let long = [vec![b'x'; 1_000_000], b"\r\n".to_vec()].concat();
    for (name, refusal, last) in
        [("qq-smtp", "500", "421"), ("qq-pop3", "-ERR", "-ERR closing"), ("ftp", "5", "421")]
    {
        let mut peer = servers.peer(name);
        let lines: [&[u8]; 6] =
            [&long, b"NO\0OP\r\n", b"NO\rOP\r\n", b"NO\x0bOP\n", b"\xff\xfe\r\n", b"\r\n"];
        for line in lines {
            peer.send(line);
            peer.expects(refusal);
        }
        let mut count = 0;
        while !peer.says("GET / HTTP/1.1", "").starts_with(last) {
            count += 1;
            assert!(count < limits::MISTAKES, "{name}");
        }
        assert!(count > limits::MISTAKES / 2, "{name}: {count}");
        peer.is_closed();
    }
}
