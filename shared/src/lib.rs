//! What all lessons share: settings, log, output and the error type. The standard library alone.

mod addr;
mod config;
mod env_file;
mod error;
#[doc(hidden)]
pub mod log;
mod print;
mod setting;
mod wait;

pub use addr::{Addr, connect, resolve};
pub use config::{Config, Takes, right_or_end};
pub use error::{Error, OrCannot, Result, Whom};
pub use log::{
    Level, accepted, closed, connected, listening, received, received_line, report, sent, sent_line,
};
pub use print::{print, text};
pub use wait::{in_time, wait, wait_udp};
