//! What an office does with a mail that it has taken: it puts the mail into mailboxes of its own,
//! and hands it on to other offices.

pub mod envelope;
pub mod mailbox;
pub mod queue;
pub mod relay;
pub mod report;
