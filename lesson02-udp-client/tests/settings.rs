//! The settings of a program as a whole, with lesson 02: what overrides what, and how it ends. The
//! tests of `shared` look at each form that a setting can have.
#![cfg(test)]

use std::fs;
use std::net::UdpSocket;

use testing::{Ended, Folder, PATIENCE, Program, command, fails, refuses, run};

const LESSON: &str = env!("CARGO_BIN_EXE_lesson02-udp-client");

#[test]
fn a_flag_overrides_the_environment_and_that_an_env_file_further_up() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    server.set_read_timeout(Some(PATIENCE)).unwrap();
    let folder = Folder::create();
    let addr = server.local_addr().unwrap();
    folder.write(".env", &format!("LESSON_ECHO_ADDR={addr}\nLESSON_MESSAGE=a\nLESSON_TIMEOUT=x"));
    let below = folder.path().join("below");
    fs::create_dir(&below).unwrap();
    let mut command = command(LESSON, &folder);
    command.current_dir(below).env("LESSON_MESSAGE", "b").env("LESSON_TIMEOUT", "60");
    let lesson = Program::start(command.args(["--message", "c"]));
    let mut datagram = [0; 10];
    let (length, peer) = shared::wait(|| server.recv_from(&mut datagram)).unwrap();
    assert_eq!(&datagram[..length], b"c");
    server.send_to(b"answer", peer).unwrap();
    assert_eq!(lesson.finish().stdout, "answer\n");
}

/// How the lesson ends when its `.env` holds `text`.
fn with_env_file(text: &str, arguments: &[&str]) -> Ended {
    let folder = Folder::create();
    folder.write(".env", text);
    Program::start(command(LESSON, &folder).args(arguments)).finish()
}

#[test]
fn what_is_wrong_ends_the_program_before_it_sends_anything() {
    let ended = run(LESSON, &["--timeout", "0"]);
    let lines = "Error: LESSON_TIMEOUT is \"0\" (from the flag --timeout): not a number of seconds \
                 above 0\nhint: a right one is --timeout \"10\"\n";
    assert_eq!((ended.status, &*ended.stderr, &*ended.stdout), (Some(2), lines, ""));
    let level = run(LESSON, &["--log", "loud"]);
    let why = "LESSON_LOG is \"loud\" (from the flag --log): not one of off, info, debug and json";
    refuses(&level, why, "a right one is --log \"info\"");
    let unknown = run(LESSON, &["--mesage", "x"]);
    refuses(&unknown, "lesson02-udp-client does not take --mesage", "did you mean --message,");
    let long = with_env_file(&format!("LESSON_MESSAGE={}", "x".repeat(65_508)), &[]);
    refuses(&long, "it has 65508 bytes, and 65507 are the most", "a right one is LESSON_MESSAGE=");
    // This is no matter of the settings alone: the name may have an address tomorrow.
    let no_host = run(LESSON, &["--echo-addr", "no-such-host.invalid:7007"]);
    fails(&no_host, "cannot look up no-such-host.invalid:7007: ", "the host in LESSON_ECHO_ADDR");
}

#[test]
fn help_comes_whatever_is_wrong() {
    let ended =
        with_env_file("LESSON_NONSENSE=x", &["--mesage", "x", "--timeout", "2.5", "--help"]);
    assert_eq!((ended.status, &*ended.stderr), (Some(0), ""));
    let start = "A UDP client that sends one message to an echo server and prints the answer.\n\n\
                 Usage: cargo run -p lesson02-udp-client -- [--FLAG VALUE]...\n";
    assert!(ended.stdout.starts_with(start), "{}", ended.stdout);
}
