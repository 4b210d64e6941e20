//! Every limit of the practice servers.

use std::time::Duration;

/// The longest line of a conversation, in bytes with its CR LF. RFC 5321 section 4.5.3.1.4 asks for
/// at least 512; the lines of `AUTH` and paths of FTP may be longer.
pub const LINE: usize = 4_096;

/// The largest message, in bytes (the `SIZE` of RFC 1870): 50 MiB.
pub const MESSAGE: u64 = 50 << 20;

/// The most recipients of one message (RFC 5321 section 4.5.3.1.8).
pub const RECIPIENTS: usize = 100;

/// How long a slow server takes for each reply.
pub const SLOW: Duration = Duration::from_secs(3);

/// How long a pair of addresses has to wait when it is on the grey list.
pub const GREY: Duration = Duration::from_secs(1);

/// For how many peers a server that makes trouble remembers what it did to each. When there are
/// more, it forgets them all.
pub const REMEMBERED: usize = 1_000;

/// A message with more `Received` lines than this goes round in a loop (RFC 5321 section 6.3).
pub const HOPS: usize = 100;

/// The most connections that one address serves at the same time. Whoever comes then waits until
/// somebody leaves.
pub const CONNECTIONS: usize = 256;

/// After this many failed logins, the next one closes the connection.
pub const LOGINS: usize = 3;

/// After this many commands that are none, from a client that has not logged in, the server closes
/// the connection.
pub const MISTAKES: usize = 20;

/// The longest wait for a whole line or a whole message (RFC 5321 section 4.5.3.2.7 asks for 5
/// minutes at least, RFC 1939 section 3 for 10).
pub const SILENCE: Duration = Duration::from_secs(600);

/// How long somebody who has not logged in may be silent when an address serves as many connections
/// as it can. The fewer it serves, the longer, up to [`SILENCE`].
pub const HURRY: Duration = Duration::from_secs(5);

/// The longest wait for a mailbox that another session has open.
pub const IN_USE: Duration = Duration::from_secs(2);

/// How often a connection looks whether it has waited too long.
pub const TICK: Duration = Duration::from_secs(1);

/// How often a transfer over which nothing moves looks whether the FTP client says `ABOR`.
pub const GLANCE: Duration = Duration::from_millis(100);

/// The longest wait for the next bytes in the midst of a transfer, and for a whole TLS handshake.
/// An echo server keeps a connection over which nothing more comes open as long as this.
pub const STALL: Duration = Duration::from_secs(60);

/// The longest wait for an FTP client to open the data connection.
pub const DATA_CONNECTION: Duration = Duration::from_secs(5);

/// How many bytes of a message or a file the transcript shows at most.
pub const SHOWN: u64 = 1 << 20;

/// How many bytes of a file or a message the server moves at a time. With less, downloads are
/// slower, or now and then twice as slow.
pub const PIECE: usize = 1 << 21;

/// The pause before mail that could not be relayed is tried again.
pub const RETRY: Duration = Duration::from_secs(5);
