//! What a debugger shows of each lesson.

use crate::debugger::Session;

/// What several lessons show. `{addr}` stands for the address in the settings, `{peer}` for the one
/// in the log, `{bytes}` and `{buffer}` for the message, alone and in a buffer that it does not
/// fill.
const CONFIG: &str = "config = {LESSON_ECHO_ADDR={addr}, ";
const SERVER: &str = "server = {addr}\n";
const PEER: &str = "peer = {peer}\n";
const LENGTH: &str = "length = 34\n";
const SOCKET: &str = "socket = fd ";
const TIMEOUT: &str = "timeout = 3600 s\n";
const UNUSED: &str = r#"buffer = 65535 bytes "" {...}"#;
const BUFFER: &str = "buffer = {buffer}\n";

/// What the lesson shows at this step, or when it is done.
pub fn shown(session: &Session, step: u32, is_done: bool) -> Vec<String> {
    let shown: &[&str] = match (&session.lesson[6..8], step, is_done) {
        ("00", 2, false) => &[r#"text = "127.0.0.1:7007""#, "ip = 127.0.0.1\n"],
        ("00", 3, false) => &[r#"version = "IPv4""#, r#"class = "A""#, r#"kind = "loopback""#],
        ("00", 3, true) => &[r#"range = "registered""#],
        ("01" | "03" | "04" | "09", 1, false) => &[CONFIG, "addr = {addr}\n"],
        ("01" | "03", 3, false) => &[SOCKET, UNUSED],
        ("01" | "03", 4, _) => &[PEER, LENGTH, "datagram = {bytes}\n", BUFFER],
        ("02", 1 | 2, _) | ("05", 1 | 3, _) => &[CONFIG, SERVER, "message = {bytes}\n"],
        ("02", 3, false) => &[SERVER, SOCKET, TIMEOUT, UNUSED],
        ("02", 3, true) => &[SERVER, SOCKET, TIMEOUT, LENGTH, BUFFER],
        ("04" | "09", 5, false) => &["stream = fd ", PEER, UNUSED],
        ("04" | "09", 6, _) => &[PEER, LENGTH, BUFFER],
        ("04" | "09", 7, false) => &["stream = fd ", PEER],
        ("04" | "09", 7, true) => &[PEER],
        ("05", 4, false) => &[SERVER, SOCKET, TIMEOUT],
        ("05", 4, true) => &[SERVER, SOCKET, LENGTH, BUFFER],
        ("05", 5, _) => &[SERVER, "answer = {bytes}\n"],
        ("06" | "07" | "08" | "12", 2.., _) => {
            &["From: laoshi@qq.example", "To: xuesheng@sina.example"]
        }
        ("11", 2.., _) => &["From: 王老师 <laoshi@qq.example>", "To: 学生 <xuesheng@sina.example>"],
        ("10", ..) => &[r#"dir = "pub""#, r#"file = "readme.txt""#],
        ("13", 4.., _) => &["count = 1\n"],
        _ => &[],
    };
    let text = "Hello, network! 你好，网络！";
    let numbers: Vec<_> = text.bytes().map(|byte| byte.to_string()).collect();
    let bytes = format!("\"{text}\" {{{}", numbers.join(", "));
    let peer = session.logged(" from ").or(session.logged("accepted "));
    let filled = |shown: &&str| {
        shown
            .replace("{addr}", &session.addr)
            .replace("{peer}", &peer.map_or(String::new(), |addr| addr.to_string()))
            .replace("{bytes}", &format!("34 bytes {bytes}}}"))
            .replace("{buffer}", &format!("65535 bytes {bytes}, ...}}"))
    };
    shown.iter().map(filled).collect()
}
