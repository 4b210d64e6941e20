//! The lessons with each other: each client against each server of its kind.
#![cfg(test)]

use testing::{Kind, built, built_bare, run, start, tcp_peer};

/// Runs `client` against `server`, `times` times, each with a message of its own.
fn play(server: &str, client: &str, addr: &str, times: usize) {
    let mut server = start(&built(server), &["--echo-addr", addr]);
    let addr = server.listening().to_string();
    let client = built(client);
    for time in 0..times {
        let message = format!("message {time} 第{time}条");
        let ended = start(&client, &["--echo-addr", &addr, "--message", &message]).finish();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stdout, message + "\n");
    }
    if times == 1 {
        server.event(|event| event.kind == Kind::Sent);
    }
}

#[test]
fn lesson_02_asks_lesson_01_which_ends() {
    let mut server = start(&built("lesson01-udp-server"), &["--echo-addr", "127.0.0.1:0"]);
    let addr = server.listening().to_string();
    let client = start(&built("lesson02-udp-client"), &["--echo-addr", &addr]).finish();
    assert_eq!(
        (client.status, client.stdout.as_str()),
        (Some(0), "Hello, network! 你好，网络！\n")
    );
    assert_eq!(server.finish().status, Some(0));
}

#[test]
fn lesson_02_asks_lesson_03_again_and_again() {
    play("lesson03-udp-loop", "lesson02-udp-client", "127.0.0.1:0", 5);
    play("lesson03-udp-loop", "lesson02-udp-client", "[::1]:0", 2);
}

#[test]
fn lesson_05_asks_lesson_04_again_and_again() {
    play("lesson04-tcp-server", "lesson05-tcp-client", "127.0.0.1:0", 5);
    play("lesson04-tcp-server", "lesson05-tcp-client", "[::1]:0", 2);
}

#[test]
fn lesson_05_asks_lesson_09_many_times_at_once() {
    let mut server = start(&built("lesson09-tcp-threads"), &["--echo-addr", "localhost:0"]);
    let addr = format!("localhost:{}", server.listening().port());
    let client = built("lesson05-tcp-client");
    let clients = (0..10).map(|number| {
        let message = format!("message {number}");
        (start(&client, &["--echo-addr", &addr, "--message", &message]), message)
    });
    for (client, message) in clients.collect::<Vec<_>>() {
        let ended = client.finish();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stdout, message + "\n");
    }
}

#[test]
fn bare_lesson_00_tells_the_kinds() {
    let ended = run(&built_bare("lesson00-addresses"), &["192.168.1.20", "::1"]);
    assert_eq!(ended.stdout, "192.168.1.20: IPv4, private\n::1: IPv6, loopback\n");
}

#[test]
fn bare_servers_echo() {
    for (server, client, times) in [
        ("lesson01-udp-server", "lesson02-udp-client", 1),
        ("lesson03-udp-loop", "lesson02-udp-client", 3),
        ("lesson04-tcp-server", "lesson05-tcp-client", 3),
        ("lesson09-tcp-threads", "lesson05-tcp-client", 3),
    ] {
        let mut bare = start(&built_bare(server), &["127.0.0.1:0"]);
        let line = bare.logged("listening on ");
        let addr = line.trim_start_matches("listening on ");
        // Where each client has a thread, a silent one keeps nobody waiting.
        let _silent = (server == "lesson09-tcp-threads").then(|| tcp_peer(addr.parse().unwrap()));
        for _ in 0..times {
            let ended = run(&built(client), &["--echo-addr", addr]);
            assert_eq!(ended.stdout, "Hello, network! 你好，网络！\n", "{server}: {ended:?}");
        }
    }
}

#[test]
fn bare_clients_print_the_answer() {
    for (client, server) in [
        ("lesson02-udp-client", "lesson03-udp-loop"),
        ("lesson05-tcp-client", "lesson04-tcp-server"),
    ] {
        let mut server = start(&built(server), &["--echo-addr", "127.0.0.1:0"]);
        let ended = run(&built_bare(client), &[&server.listening().to_string()]);
        assert_eq!(ended.status, Some(0), "{client}: {ended:?}");
        assert_eq!(ended.stdout, "Hello, network! 你好，网络！\n");
    }
}
