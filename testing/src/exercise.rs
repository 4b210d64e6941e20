//! What the checks of the exercises share. A check looks at a program from outside. It says each
//! thing that it does, and ends with the first one that does not go as the exercise wants it: what
//! it expected then, and what came.

mod attempt;
mod mail;

use std::fmt::{self, Debug, Display, Formatter};
use std::net::UdpSocket;
use std::ops::RangeBounds;
use std::time::Duration;

pub use attempt::{Attempt, heard, say_no_more, send};
pub use mail::{Mail, Session, mta, sent_mail, sent_mail_in};

use crate::{Ended, succeed};

/// How long a check waits for what it expects.
pub const LIMIT: Duration = Duration::from_secs(5);
/// How long a check sees to it that nothing comes.
pub const SILENCE: Duration = Duration::from_millis(300);

/// How a check ends.
pub type Check<T = ()> = Result<T, NotYet>;

/// Why an exercise is not solved yet: what the check expected, and what came.
pub struct NotYet(String);

/// Two sentences, or more, which the test prints behind `Error: `.
impl Debug for NotYet {
    fn fmt(&self, formatter: &mut Formatter) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Says that the exercise is not solved: what was expected (`your program to ...`), and in
/// sentences what came.
pub fn not_yet<T>(expected: impl Display, came: impl Display) -> Check<T> {
    Err(NotYet(format!("The check expected {expected}.\n{came}")))
}

/// Says so, unless it is as expected.
pub fn ensure(is_so: bool, expected: impl Display, came: impl Display) -> Check {
    if is_so { Ok(()) } else { not_yet(expected, came) }
}

/// Expects that what came, such as `the type of a.png`, is this.
pub fn is(what: &str, came: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) -> Check {
    let came = came.as_ref();
    let expected = expected.as_ref();
    let shown = if came.is_empty() { "nothing".into() } else { show(came) };
    let expectation = format!("{what} to be {}", show(expected));
    ensure(came == expected, expectation, format!("Your program gave {shown}."))
}

/// Measures a time, three times if need be, until its milliseconds are in the range: on a busy
/// machine the program may take longer, and the check may look later. `came` begins the sentence
/// that ends with the time: `It answered after`.
pub fn takes(
    expected: &str,
    range: impl RangeBounds<u128>,
    came: &str,
    mut measure: impl FnMut() -> Check<Duration>,
) -> Check {
    let mut taken = 0;
    for _ in 0..3 {
        taken = measure()?.as_millis();
        if range.contains(&taken) {
            return Ok(());
        }
    }
    not_yet(expected, format!("{came} {taken} ms."))
}

/// Says what the check does: `sent "hello"`. It is shown when the exercise is not solved.
#[expect(clippy::print_stderr, reason = "a test shows it when it fails, and only then")]
pub fn step(done: &str) {
    eprintln!("- The check {done}.");
}

/// What can be read of what came, such as a mail.
pub fn readable<T, E: Display>(what: &str, read: Result<T, E>) -> Check<T> {
    read.or_else(|why| not_yet(format!("{what} that can be read"), format!("It cannot: {why}.")))
}

/// Expects this exit status.
pub fn has_status(ended: &Ended, status: i32) -> Check {
    let mut came = how_ended(ended);
    if !ended.stdout.trim_end().is_empty() {
        came += &format!("\nIt printed {}.", show(ended.stdout.trim_end()));
    }
    let expected = format!("your program to end with status {status}");
    ensure(ended.status == Some(status), expected, came)
}

/// Expects that this line is the program's error.
pub fn has_error(ended: &Ended, error: &str) -> Check {
    let error = format!("Error: {error}");
    let is_there = ended.stderr.lines().any(|line| line == error);
    ensure(is_there, format!("your program to say `{error}`"), how_ended(ended))
}

/// Expects that this is all that the program has printed; a last new line does not count.
pub fn has_printed(ended: &Ended, text: &str) -> Check {
    let expected = text.trim_end();
    let printed = ended.stdout.trim_end();
    let shown = |text: &str| if text.is_empty() { "nothing".into() } else { show(text) };
    ensure(
        printed == expected,
        format!("your program to print {}", shown(expected)),
        format!("Your program printed {}.", shown(printed)),
    )
}

/// Expects that no datagram is left there, behind all those that the check has taken.
pub fn no_more(socket: &UdpSocket) -> Check {
    succeed("look without waiting", socket.set_nonblocking(true));
    let mut datagram = vec![0; 65_535];
    let Ok(length) = socket.recv(&mut datagram) else { return Ok(()) };
    let came = format!("Your program sent {}, too.", show(&datagram[..length]));
    not_yet("your program to send no more datagrams", came)
}

/// Those of the commands that begin with one of these verbs.
pub fn with_verbs(commands: &[String], verbs: &[&str]) -> String {
    let has_verb = |command: &&String| verbs.iter().any(|verb| command.starts_with(verb));
    let commands: Vec<_> = commands.iter().filter(has_verb).cloned().collect();
    commands.join(", ")
}

/// Expects that these are the commands with one of these verbs.
pub fn has_sent(commands: &[String], verbs: &[&str], expected: &str) -> Check {
    let sent = with_verbs(commands, verbs);
    let came = match sent.as_str() {
        "" => format!("{} did not come.", verbs.join(", ")),
        sent => format!("They were {sent}."),
    };
    ensure(sent == expected, format!("the commands {expected}"), came)
}

/// With which status a program has ended, and the last lines that it has logged.
fn how_ended(ended: &Ended) -> String {
    let mut text = match ended.status {
        Some(status) => format!("Your program has ended with status {status}."),
        None => "Your program was killed by a signal.".into(),
    };
    let lines: Vec<_> =
        ended.stderr.lines().filter(|line| !line.starts_with("note: run with ")).collect();
    for line in &lines[lines.len().saturating_sub(3)..] {
        text += &format!("\n  {line}");
    }
    text
}

/// Bytes as the log shows them, or the beginning of many.
pub fn show(bytes: impl AsRef<[u8]>) -> String {
    const MOST: usize = 200;

    let bytes = bytes.as_ref();
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text += &format!("{}{}", chunk.valid().escape_debug(), chunk.invalid().escape_ascii());
    }
    if text.chars().count() > MOST {
        format!("\"{}...\" ({} bytes)", text.chars().take(MOST).collect::<String>(), bytes.len())
    } else {
        format!("\"{text}\"")
    }
}
