//! The lessons with each other: each client against each server of its kind.
#![cfg(test)]

use testing::{built, built_bare, run, start, tcp_peer};

/// Lets so many clients, started at once, ask the server at `addr`, each with a message of its own.
fn ask(client: &str, addr: &str, count: usize) {
    let client = built(client);
    let clients = (0..count).map(|number| {
        let message = format!("message {number} 第{number}条");
        (start(&client, &["--echo-addr", addr, "--message", &message]), message)
    });
    for (client, message) in clients.collect::<Vec<_>>() {
        let ended = client.finish();
        assert_eq!(ended.status, Some(0), "{}", ended.stderr);
        assert_eq!(ended.stdout, message + "\n");
    }
}

#[test]
fn each_client_asks_each_server_of_its_kind() {
    for (server, client, host, count) in [
        ("lesson01-udp-server", "lesson02-udp-client", "127.0.0.1", 1),
        ("lesson03-udp-loop", "lesson02-udp-client", "127.0.0.1", 5),
        ("lesson03-udp-loop", "lesson02-udp-client", "[::1]", 2),
        ("lesson04-tcp-server", "lesson05-tcp-client", "127.0.0.1", 5),
        ("lesson04-tcp-server", "lesson05-tcp-client", "[::1]", 2),
        ("lesson09-tcp-threads", "lesson05-tcp-client", "localhost", 10),
    ] {
        let mut started = start(&built(server), &["--echo-addr", &format!("{host}:0")]);
        let port = started.listening().port();
        ask(client, &format!("{host}:{port}"), count);
        if server == "lesson01-udp-server" {
            assert_eq!(started.finish().status, Some(0));
        }
    }
}

#[test]
fn bare_lesson_00_tells_the_kinds() {
    let ended = run(&built_bare("lesson00-addresses"), &["192.168.1.20", "::1"]);
    assert_eq!(ended.stdout, "192.168.1.20: IPv4, private\n::1: IPv6, loopback\n");
}

#[test]
fn bare_servers_echo() {
    for (server, client, count) in [
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
        ask(client, addr, count);
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
