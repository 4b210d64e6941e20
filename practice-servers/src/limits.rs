//! What a peer may ask for, at most: every limit of the practice servers, in one place.

use std::time::Duration;

/// The longest line of a conversation, in bytes with its CR LF. RFC 5321 section 4.5.3.1.4 asks for at
/// least 512; the lines of `AUTH` and paths of FTP may be longer.
pub const LINE: usize = 4_096;

/// The largest message, in bytes (the `SIZE` of RFC 1870): 50 MiB.
pub const MESSAGE: u64 = 50 << 20;

/// The most recipients of one message (RFC 5321 section 4.5.3.1.8).
pub const RECIPIENTS: usize = 100;

/// The most messages in one mailbox, and the most that wait in one queue.
pub const MESSAGES: usize = 10_000;

/// A message with more `Received` lines than this goes round in a loop (RFC 5321 section 6.3).
pub const HOPS: usize = 100;

/// The most connections that one address serves at the same time.
pub const CONNECTIONS: usize = 50;

/// So many more are told that the server is busy; beyond these, a connection is closed without a word.
pub const REFUSALS: usize = 50;

/// The failed logins after which the next attempt closes the connection.
pub const LOGINS: usize = 3;

/// The commands that nobody understands after which a connection is closed.
pub const MISTAKES: usize = 20;

/// The longest wait for a whole line or a whole message (RFC 5321 section 4.5.3.2.7 asks for 5 minutes
/// at least, RFC 1939 section 3 for 10).
pub const SILENCE: Duration = Duration::from_secs(600);

/// The longest wait for the peer to take or give bytes in the midst of a transfer, and for a TLS
/// handshake.
pub const STALL: Duration = Duration::from_secs(60);

/// The longest wait for an FTP client to open the data connection.
pub const DATA_CONNECTION: Duration = Duration::from_secs(5);

/// The pause before mail that could not be relayed is tried again.
pub const RETRY: Duration = Duration::from_secs(5);

/// Mail that could not be relayed for so long goes back to its sender (RFC 5321 section 4.5.4.1).
pub const GIVE_UP: Duration = Duration::from_secs(5 * 24 * 3600);
