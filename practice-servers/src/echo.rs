//! Echo servers (RFC 862) with troubles, each with one of its own that is the same every time.

use std::collections::HashMap;
use std::io::{self, BufRead};
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use shared::log::Kind;

use crate::connection::Connection;
use crate::limits;
use crate::transcript::Transcript;

/// What is wrong with a server.
#[derive(Clone, Copy, PartialEq)]
pub enum Manner {
    /// A stream comes back in pieces of 1, 2, 3 .. bytes; datagrams are lost, doubled and late.
    Awkward,
    /// It never answers.
    Silent,
    /// It closes the connection after five bytes.
    Short,
    /// It answers, and does not close the connection when the client has said everything.
    Open,
}

/// The pause between two pieces of the awkward stream.
const PAUSE: Duration = Duration::from_millis(50);

/// How many bytes the short server sends back.
const SHORT: usize = 5;

/// Serves one client over TCP until it has said everything.
pub fn serve(manner: Manner, connection: &mut Connection) -> io::Result<()> {
    // How long the awkward server's last piece was.
    let mut length = 0;
    // How many bytes the short server still sends back.
    let mut left = SHORT;
    while connection.wait(Instant::now())? {
        let bytes = connection.stream.buffer().to_vec();
        connection.stream.consume(bytes.len());
        connection.transcript.exchanged(Kind::Received, &bytes);
        match manner {
            Manner::Silent => {}
            Manner::Open => answer(connection, &bytes)?,
            Manner::Short => {
                let (answered, _) = bytes.split_at(left.min(bytes.len()));
                answer(connection, answered)?;
                left -= answered.len();
                if left == 0 {
                    return Ok(());
                }
            }
            Manner::Awkward => {
                let mut rest = &bytes[..];
                while !rest.is_empty() {
                    length += 1;
                    let (piece, behind) = rest.split_at(length.min(rest.len()));
                    answer(connection, piece)?;
                    rest = behind;
                    thread::sleep(PAUSE);
                }
            }
        }
    }
    connection.transcript.said("the peer has closed its sending side");
    if let Manner::Silent | Manner::Open = manner {
        let start = Instant::now();
        while start.elapsed() < connection.patience().min(limits::STALL) {
            thread::sleep(limits::TICK);
        }
    }
    Ok(())
}

fn answer(connection: &mut Connection, bytes: &[u8]) -> io::Result<()> {
    connection.transcript.exchanged(Kind::Sent, bytes);
    connection.write(bytes)
}

/// What the awkward server knows of a peer.
#[derive(Default)]
struct Peer {
    /// How many datagrams have come from it.
    count: usize,
    /// The datagram that is answered after the next one.
    late: Option<Vec<u8>>,
}

impl Peer {
    /// What goes back for the next datagram.
    fn answers(&mut self, datagram: &[u8]) -> Vec<Vec<u8>> {
        self.count += 1;
        let late = self.late.take();
        let mut answers = Vec::new();
        let is_lost = self.count % 3 == 2;
        if is_lost {
            // Nothing comes back.
        } else if self.count.is_multiple_of(7) {
            self.late = Some(datagram.to_vec());
        } else if self.count.is_multiple_of(5) {
            answers.extend([datagram.to_vec(), datagram.to_vec()]);
        } else {
            answers.push(datagram.to_vec());
        }
        answers.extend(late);
        answers
    }
}

/// Takes datagrams, forever.
pub fn serve_datagrams(manner: Manner, socket: &UdpSocket, transcript: &Transcript) {
    let mut peers: HashMap<SocketAddr, Peer> = HashMap::new();
    let mut buffer = vec![0; 65_535];
    loop {
        let (length, addr) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) => {
                // On Windows, an answer that nobody took is an error of the next call.
                transcript.said(format!("cannot receive: {error}"));
                thread::sleep(PAUSE);
                continue;
            }
        };
        let datagram = &buffer[..length];
        let transcript = transcript.with(addr, addr);
        transcript.exchanged(Kind::Received, datagram);
        if manner != Manner::Awkward {
            continue;
        }
        if peers.len() >= limits::REMEMBERED {
            peers.clear();
        }
        for answer in peers.entry(addr).or_default().answers(datagram) {
            transcript.exchanged(Kind::Sent, &answer);
            if let Err(error) = socket.send_to(&answer, addr) {
                transcript.said(format!("cannot answer: {error}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_21_datagrams_some_are_lost_doubled_and_late() {
        let mut peer = Peer::default();
        let answers: Vec<_> = (1..=21).map(|number| peer.answers(&[number]).concat()).collect();
        let mut expected: Vec<Vec<u8>> = (1..=21).map(|number| vec![number]).collect();
        for lost in [2, 5, 8, 11, 14, 17, 20] {
            expected[lost - 1].clear();
        }
        expected[10 - 1] = vec![10, 10];
        expected[15 - 1] = vec![15, 15];
        expected[7 - 1].clear();
        expected[8 - 1] = vec![7];
        expected[21 - 1].clear();
        assert_eq!(answers, expected);
    }
}
