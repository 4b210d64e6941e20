//! What goes wrong around the servers: too many clients, a full disk, a folder that has gone.

#[cfg(unix)]
use std::fs;

use crate::support::Servers;

/// How many threads and descriptors the servers have.
#[cfg(target_os = "linux")]
fn held(servers: &Servers) -> [usize; 2] {
    let process = format!("/proc/{}", servers.program.id());
    ["task", "fd"].map(|what| fs::read_dir(format!("{process}/{what}")).unwrap().count())
}

/// More clients than a port serves say nothing, or half a line, or never end the handshake of TLS.
/// (On macOS, a program may not open that many sockets.)
#[cfg(not(target_os = "macos"))]
#[test]
fn silent_clients_make_room_for_others() {
    use std::io::Write;

    use practice_servers::limits;
    use testing::tcp_peer;

    use crate::support::Peer;

    let servers = Servers::start();
    let mut known = servers.mailbox("qq", "laoshi");
    #[cfg(target_os = "linux")]
    let before = held(&servers);
    for (name, half) in [("qq-pop3", b"USE"), ("qq-smtps", b"\x16\x03\x01")] {
        let mut silent = Vec::new();
        for number in 0..limits::CONNECTIONS + 20 {
            let mut stream = tcp_peer(servers.addr(name));
            stream.write_all(&half[..number % 4]).unwrap();
            silent.push(stream);
        }
        let mut newcomer = Peer::new(tcp_peer(servers.addr(name)));
        if name == "qq-smtps" {
            newcomer.secure(&servers.tls());
        }
        newcomer.reply();
    }
    // Whoever has logged in may be silent longer.
    known.says("STAT", "+OK 0 0");
    #[cfg(target_os = "linux")]
    {
        use std::thread;
        use std::time::{Duration, Instant};

        let start = Instant::now();
        while held(&servers).iter().zip(before).any(|(now, before)| *now > before) {
            assert!(start.elapsed() < testing::PATIENCE, "{:?} of {before:?}", held(&servers));
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The system gives the servers no file of more than 32 KiB, as if the disk were full.
#[cfg(unix)]
#[test]
fn a_full_disk() {
    use crate::support::SERVERS;
    use testing::{Folder, Practice, command};

    let folder = Folder::create();
    let servers = Practice::command(SERVERS, &folder);
    let mut shell = command("sh", &folder);
    shell.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\""]);
    shell.arg(servers.get_program()).args(servers.get_args());
    let mut servers = Servers(Practice::start_by(shell, folder));

    let data = servers.path("");
    let mut peer = servers.laoshi();
    let to = ["zhujiao@qq.example", "xuesheng@sina.example"];
    let mail = format!("From: laoshi@qq.example\r\n\r\n{}", "x\r\n".repeat(40_000));
    peer.mails("laoshi@qq.example", &to, mail, "452");
    let data = data.display().to_string();
    servers.program.logged(&format!("cannot keep the mail in {}: ", data.trim_end_matches('/')));
    for folder in ["mail/zhujiao@qq.example/new", "queue/qq.example", "tmp"] {
        assert_eq!(servers.files(folder), [""; 0], "{folder}");
    }
    let mut ftp = servers.ftp("laoshi");
    ftp.stores("STOR file", "as it was", "226");
    ftp.stores("STOR file", [b'x'; 100_000], "452");
    servers.program.logged(&format!("cannot change what is in {data}ftp: 452"));
    assert_eq!(fs::read(servers.path("ftp/laoshi/file")).unwrap(), b"as it was");
    assert_eq!(servers.files("tmp"), [""; 0]);
    // There is room for less.
    peer.mails("laoshi@qq.example", &to, "From: laoshi@qq.example", "250");
    servers.mail("sina", "xuesheng");
    servers.mail("qq", "zhujiao");
    servers.come_to_rest();
}

/// The folder of the servers goes while they run. Then there is a file in its place, so that they
/// cannot make it again; and at last nothing. (Windows removes no file that a program has open.)
#[cfg(unix)]
#[test]
fn a_folder_that_has_gone() {
    let mut servers = Servers::start();
    let data = servers.folder.path().join("practice-data");
    let mut peer = servers.laoshi();
    let to = ["zhujiao@qq.example", "xuesheng@sina.example"];
    fs::remove_dir_all(&data).unwrap();
    peer.mails("laoshi@qq.example", &to, "From: laoshi@qq.example", "250");
    servers.mail("sina", "xuesheng");
    servers.mail("qq", "zhujiao");
    let mut ftp = servers.ftp("laoshi");
    ftp.stores("STOR file", "x", "226");

    fs::remove_dir_all(&data).unwrap();
    fs::write(&data, "no folder").unwrap();
    peer.says("MAIL FROM:<laoshi@qq.example>", "250");
    peer.says("RCPT TO:<zhujiao@qq.example>", "250");
    peer.says("DATA", "452");
    servers.program.logged(&format!("cannot keep the mail in {}: ", data.display()));
    let mut reader = servers.peer("qq-pop3");
    reader.answers("USER zhujiao@qq.example => +OK; PASS practice => -ERR [SYS/TEMP]");
    ftp.data();
    ftp.says("STOR file", "55");
    ftp.says("MKD folder", "55");

    fs::remove_file(&data).unwrap();
    peer.mails("laoshi@qq.example", &to, "From: laoshi@qq.example", "250");
    servers.mail("sina", "xuesheng");
    servers.mail("qq", "zhujiao");
    servers.ftp("laoshi").stores("STOR file", "x", "226");
}

/// Where a file cannot have two names, the mail is copied.
#[cfg(target_os = "linux")]
#[test]
fn a_mailbox_on_another_disk() {
    let servers = Servers::start();
    let other = std::path::Path::new("/dev/shm").join(format!("practice-{}", servers.program.id()));
    if fs::create_dir(&other).is_err() {
        // This machine has no other disk for everybody.
        return;
    }
    let mailbox = servers.path("mail/zhujiao@qq.example");
    fs::remove_dir_all(&mailbox).unwrap();
    std::os::unix::fs::symlink(&other, &mailbox).unwrap();
    let mut peer = servers.laoshi();
    let to = ["zhujiao@qq.example", "laoshi@qq.example", "xuesheng@sina.example"];
    peer.mails("laoshi@qq.example", &to, "From: laoshi@qq.example\r\n\r\ny", "250");
    let mails = [("qq", "zhujiao"), ("qq", "laoshi"), ("sina", "xuesheng")];
    let mails = mails.map(|(office, user)| servers.mail(office, user));
    let left = fs::read_dir(other.join("tmp")).unwrap().count();
    fs::remove_dir_all(&other).unwrap();
    assert_eq!((&mails[0], left), (&mails[1], 0));
    assert!(mails[2].ends_with("\r\n\r\ny\r\n"));
    servers.come_to_rest();
}
