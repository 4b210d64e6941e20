//! The settings, which all lessons share, as lesson 02 takes them.
#![cfg(test)]

use std::net::UdpSocket;

use testing::{Ended, Folder, PATIENCE, Program, command, refuses, run};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson02-udp-client");

/// The message that arrives with these settings; the flags come last.
fn message(env_file: &str, environment: &[(&str, &str)], flags: &[&str]) -> String {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    let addr = server.local_addr().unwrap().to_string();
    let folder = Folder::create();
    folder.write(".env", &format!("{env_file}\nLESSON_ECHO_ADDR={addr}\n"));
    // The file is found from a folder further down.
    let below = folder.path().join("below");
    std::fs::create_dir(&below).unwrap();
    let mut command = command(LESSON, &folder);
    let lesson = Program::start(command.current_dir(below).envs(environment.to_vec()).args(flags));
    let mut datagram = [0; 1000];
    let (length, peer) = shared::wait(|| server.recv_from(&mut datagram)).unwrap();
    server.send_to(b"answer", peer).unwrap();
    assert_eq!(lesson.finish().stdout, "answer\n");
    String::from_utf8_lossy(&datagram[..length]).into_owned()
}

/// How the lesson ends when its `.env` holds `text`.
fn with_env_file(text: &str) -> Ended {
    let folder = Folder::create();
    folder.write(".env", text);
    Program::start(&mut command(LESSON, &folder)).finish()
}

#[track_caller]
fn is_refused(ended: Ended, error: &str, hint: &str) {
    assert_eq!(ended.stderr, format!("Error: {error}\nhint: {hint}\n"));
    assert_eq!(ended.status, Some(2));
    assert_eq!(ended.stdout, "");
}

#[test]
fn each_source_overrides_the_ones_before_it() {
    let file = "LESSON_MESSAGE=file";
    let environment = [("LESSON_MESSAGE", "environment")];
    assert_eq!(message("", &[], &[]), "Hello, network! 你好，网络！");
    assert_eq!(message(file, &[], &[]), "file");
    assert_eq!(message(file, &environment, &[]), "environment");
    assert_eq!(message(file, &environment, &["--message", "flag"]), "flag");
    assert_eq!(message(file, &environment, &["--message="]), "");
}

#[test]
fn the_env_file_has_comments_and_quotes() {
    for (line, expected) in [
        ("LESSON_MESSAGE=plain text # comment", "plain text"),
        ("LESSON_MESSAGE = a#b ", "a#b"),
        ("LESSON_MESSAGE=a#b # comment", "a#b"),
        ("LESSON_MESSAGE=plain\t# comment", "plain"),
        ("LESSON_MESSAGE=plain  # one # two", "plain"),
        ("\tLESSON_MESSAGE\t=\tbetween tabs\t", "between tabs"),
        ("export\tLESSON_MESSAGE=after a tab", "after a tab"),
        ("  export   LESSON_MESSAGE=after blanks", "after blanks"),
        ("LESSON_MESSAGE=it's", "it's"),
        ("LESSON_MESSAGE='a' # it's", "a"),
        ("LESSON_MESSAGE= # comment", ""),
        ("LESSON_MESSAGE=\"quoted # text \" # comment", "quoted # text "),
        ("LESSON_MESSAGE='it is \"so\"'", "it is \"so\""),
        ("\u{feff}LESSON_MESSAGE=after a byte order mark", "after a byte order mark"),
        ("\n# comment\n  # LESSON_MESSAGE=comment\nLESSON_MESSAGE=last\r", "last"),
        ("OTHER=x\nexport X\n'\nLESSON_MESSAGE=mine", "mine"),
        ("MY_LESSON_MESSAGE=x\nlesson_count=3\nX=LESSON_LOG\nLESSON_MESSAGE=mine", "mine"),
        ("export LESSON_MESSAGE=exported", "exported"),
    ] {
        assert_eq!(message(line, &[], &[]), expected, "{line:?}");
    }
}

#[test]
fn a_wrong_line_in_the_env_file_is_named_with_the_right_one() {
    for (line, right) in [
        ("LESSON_MESSAGE", "LESSON_MESSAGE=\"hello\""),
        ("export LESSON_MESSAGE", "LESSON_MESSAGE=\"hello\""),
        ("LESSON_MESSAGE=\"a", "LESSON_MESSAGE=\"a\""),
        ("LESSON_MESSAGE 'a b'", "LESSON_MESSAGE=\"a b\""),
        ("LESSON_MESSAGE: hi", "LESSON_MESSAGE=\"hi\""),
        ("LESSON_MESSAGE＝你好", "LESSON_MESSAGE=\"你好\""),
        ("set LESSON_MESSAGE=hi", "LESSON_MESSAGE=\"hi\""),
        ("$env:LESSON_MESSAGE=\"hi\"", "LESSON_MESSAGE=\"hi\""),
        ("$Env:LESSON_MESSAGE = 'hi'", "LESSON_MESSAGE=\"hi\""),
        ("lesson_log=debug", "LESSON_LOG=\"debug\""),
        ("set LESSON_SMTP_PASSWORD=secret", "LESSON_SMTP_PASSWORD=\"****\""),
    ] {
        let ended = with_env_file(&format!("# first\n{line}\n"));
        refuses(&ended, ".env is not NAME=value", &format!("write it like {right}"));
        assert!(ended.stderr.starts_with("Error: line 2 of "), "{}", ended.stderr);
    }
}

#[test]
fn a_name_that_stands_twice_in_the_env_file_is_named() {
    let ended = with_env_file("LESSON_LOG=info\nLESSON_MESSAGE=a\n\nLESSON_MESSAGE='b \"c\"'");
    refuses(&ended, " sets LESSON_MESSAGE again", "such as LESSON_MESSAGE='b \"c\"'");
    assert!(ended.stderr.starts_with("Error: line 4 of "), "{}", ended.stderr);
}

#[test]
fn an_env_file_that_is_not_text_is_refused() {
    let folder = Folder::create();
    std::fs::write(folder.path().join(".env"), b"LESSON_MESSAGE=\xc4\xe3").unwrap();
    let ended = Program::start(&mut command(LESSON, &folder)).finish();
    assert_eq!(ended.status, Some(2));
    assert!(
        ended.stderr.contains(".env: it is perhaps GBK, not UTF-8\nhint: "),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_env_file_of_a_windows_editor_is_named_for_what_it_is() {
    let text = "LESSON_MESSAGE=hello\r\n";
    let units =
        |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    for bytes in [
        [&b"\xff\xfe"[..], &units(u16::to_le_bytes)].concat(),
        [&b"\xfe\xff"[..], &units(u16::to_be_bytes)].concat(),
        units(u16::to_le_bytes),
    ] {
        let folder = Folder::create();
        std::fs::write(folder.path().join(".env"), bytes).unwrap();
        let ended = Program::start(&mut command(LESSON, &folder)).finish();
        refuses(&ended, ".env: it is UTF-16, not UTF-8", "save it as UTF-8");
    }
}

#[test]
fn names_that_do_not_exist_are_refused() {
    let hint = "did you mean LESSON_MESSAGE?";
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    let ended = Program::start(command.env("LESSON_MESAGE", "x")).finish();
    is_refused(ended, "there is no setting LESSON_MESAGE (from the environment)", hint);

    let ended = with_env_file("LESSON_TIMOUT=x");
    refuses(&ended, "no setting LESSON_TIMOUT (from line 1 of ", "did you mean LESSON_TIMEOUT?");
    let taken = "there are LESSON_ECHO_ADDR, LESSON_MESSAGE, LESSON_TIMEOUT, LESSON_LOG";
    for far in ["LESSON_TYPO=x", "LESSON_=x"] {
        refuses(&with_env_file(far), "there is no setting LESSON_", taken);
    }
}

#[test]
fn flags_that_do_not_exist_are_refused() {
    for wrong in ["--mesage", "--Message", "--massage=x", "--mesage=x", "-message"] {
        // What follows the `=` may be a password.
        let shown = wrong.trim_end_matches("=x");
        let hint = "did you mean --message, LESSON_MESSAGE?";
        is_refused(
            run(LESSON, &[wrong]),
            &format!("lesson02-udp-client does not take {shown}"),
            hint,
        );
    }
    refuses(&run(LESSON, &["--addr", "x"]), "does not take --addr", "did you mean --echo-addr,");
    let taken = "it takes --echo-addr, --message, --timeout, --log";
    for wrong in ["-m", "hello", "--", "--verbose", "--port", "--smtp-password=secret"] {
        let ended = run(LESSON, &[wrong]);
        refuses(&ended, "lesson02-udp-client does not take ", taken);
        assert!(!ended.stderr.contains("secret"), "{ended:?}");
    }
}

#[test]
fn a_flag_without_its_value_is_refused() {
    let hint = "see what it takes: cargo run -p lesson02-udp-client -- --help";
    is_refused(run(LESSON, &["--timeout"]), "--timeout lacks its value", hint);
    let ended = run(LESSON, &["--echo-addr", "--log", "debug"]);
    is_refused(ended, "--echo-addr lacks its value", hint);
    assert_eq!(message("", &[], &["--message=--log"]), "--log");
}

#[test]
fn what_is_the_tour_s_is_said_so() {
    for (arguments, command) in [
        (&["check", "02"] as &[&str], "cargo run -p tour -- check 02"),
        (&["06", "13"], "cargo run -p tour -- 06 13"),
        (&["diff", "05", "--all"], "cargo run -p tour -- diff 05 --all"),
    ] {
        refuses(&run(LESSON, arguments), "does not take", command);
    }
}

#[test]
fn wrong_time_outs_are_refused() {
    let hint = "a right one is --timeout \"10\"";
    let ended = with_env_file("LESSON_TIMEOUT=ten");
    refuses(
        &ended,
        "LESSON_TIMEOUT is \"ten\" (from line 1",
        "a right one is LESSON_TIMEOUT=\"10\"",
    );
    for wrong in ["0", "-1", "ten", "", "NaN", "inf", "1e300", "1e-20", "10s"] {
        let error = format!(
            "LESSON_TIMEOUT is \"{wrong}\" (from the flag --timeout): not a number of seconds above 0"
        );
        is_refused(run(LESSON, &["--timeout", wrong]), &error, hint);
    }
}

#[test]
fn wrong_addresses_are_refused() {
    let hint = "a right one is --echo-addr \"127.0.0.1:7007\"";
    let form = "not HOST:PORT or [IPV6]:PORT, with a port from 0 to 65535";
    let zero = "port 0 is for servers: give the port that the server logs";
    for (wrong, why) in [
        ("127.0.0.1", form),
        ("", form),
        ("127.0.0.1:", form),
        ("127.0.0.1:65536", form),
        ("localhost", form),
        ("localhost:", form),
        ("localhost:65536", form),
        ("localhost:echo", form),
        (":7007", form),
        ("::1:7007", form),
        ("[::g]:7007", form),
        ("udp://localhost:7007", form),
        ("me@localhost:7007", form),
        ("a b:7007", form),
        ("300.0.0.1:7007", form),
        ("127.1:7007", form),
        ("127.0.0.1:0", zero),
        ("localhost:0", zero),
        ("[::1]:0", zero),
    ] {
        let error = format!("LESSON_ECHO_ADDR is \"{wrong}\" (from the flag --echo-addr): {why}");
        is_refused(run(LESSON, &["--echo-addr", wrong]), &error, hint);
    }
}

#[test]
fn wrong_levels_are_refused() {
    let hint = "a right one is --log \"info\"";
    let error =
        "LESSON_LOG is \"loud\" (from the flag --log): not one of off, info, debug and json";
    is_refused(run(LESSON, &["--log", "loud"]), error, hint);
}

#[test]
fn a_message_that_fits_no_datagram_is_refused_and_shown_in_short() {
    let ended = with_env_file(&format!("LESSON_MESSAGE={}", "你".repeat(21_836)));
    assert_eq!(ended.status, Some(2));
    let start = format!("Error: LESSON_MESSAGE is \"{}...\" (from line 1 of ", "你".repeat(60));
    assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
    let end = "): it has 65508 bytes, and 65507 are the most\n";
    assert!(ended.stderr.contains(end), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn what_is_not_utf_8_is_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let wrong = OsStr::from_bytes(b"--message=\xff\x1b[31m");
    let folder = Folder::create();
    let mut command = command(LESSON, &folder);
    let hint = "type it again in a terminal that is set to UTF-8";
    let error = "not UTF-8: --message=\u{fffd}\\u{1b}[31m";
    is_refused(Program::start(command.arg(wrong)).finish(), error, hint);
}

#[test]
fn help_comes_whatever_is_wrong() {
    let folder = Folder::create();
    folder.write(".env", "LESSON_NONSENSE=x\nLESSON_TIMEOUT=never");
    let mut command = command(LESSON, &folder);
    let ended = Program::start(command.args(["--mesage", "x", "--help"])).finish();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("Usage: cargo run -p lesson02-udp-client"), "{ended:?}");
}

#[test]
fn help_shows_the_settings_and_where_they_come_from() {
    let folder = Folder::create();
    folder.write(".env", "LESSON_TIMEOUT=2.5");
    let mut command = command(LESSON, &folder);
    let arguments = ["--message", "hi", "--help"];
    let ended = Program::start(command.env("LESSON_LOG", "debug").args(arguments)).finish();
    assert_eq!((ended.status, ended.stderr.as_str()), (Some(0), ""));
    for expected in [
        "A UDP client that sends one message to an echo server and prints the answer.\n",
        "Usage: cargo run -p lesson02-udp-client -- [--FLAG VALUE]...\n",
        "  --echo-addr, LESSON_ECHO_ADDR\n",
        "      now: 127.0.0.1:7007 (from the default)\n",
        "  --message, LESSON_MESSAGE\n",
        "      now: hi (from the flag --message)\n",
        "      now: 2.5 (from line 1 of ",
        "      now: debug (from the environment)\n",
    ] {
        assert!(ended.stdout.contains(expected), "{expected:?} is not in:\n{}", ended.stdout);
    }
}
