//! The lessons and their bare programs with each other: each client against each server of its
//! kind.
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
    for (server, client, count) in [
        ("lesson01-udp-server", "lesson02-udp-client", 1),
        ("lesson03-udp-loop", "lesson02-udp-client", 5),
        ("lesson04-tcp-server", "lesson05-tcp-client", 5),
        ("lesson09-tcp-threads", "lesson05-tcp-client", 10),
    ] {
        let serves_once = server == "lesson01-udp-server";
        for host in ["127.0.0.1", "[::1]", "localhost"] {
            let mut started = start(&built(server), &["--echo-addr", &format!("{host}:0")]);
            let addr = format!("{host}:{}", started.listening().port());
            ask(client, &addr, count);
            if serves_once {
                assert_eq!(started.finish().status, Some(0));
            }
        }

        let mut bare = start(&built_bare(server), &["127.0.0.1:0"]);
        let line = bare.logged("listening on ");
        let addr = line.trim_start_matches("listening on ");
        // Where each client has a thread, a silent one keeps nobody waiting.
        let _silent = (server == "lesson09-tcp-threads").then(|| tcp_peer(addr.parse().unwrap()));
        ask(client, addr, count);
        if !serves_once {
            let ended = run(&built_bare(client), &[addr]);
            assert_eq!(ended.status, Some(0), "{client}: {ended:?}");
            assert_eq!(ended.stdout, "Hello, network! 你好，网络！\n", "{client}");
        }
    }
}

#[test]
fn bare_lesson_00_tells_the_kinds() {
    let ended = run(&built_bare("lesson00-addresses"), &["192.168.1.20", "::1"]);
    assert_eq!(ended.stdout, "192.168.1.20: IPv4, private\n::1: IPv6, loopback\n");
}
