//! What all lessons share: settings, log, output and the error type. The standard library alone.

mod addr;
mod config;
mod env_file;
mod error;
#[doc(hidden)]
pub mod log;
mod print;

pub use addr::{Addr, connect, resolve};
pub use config::{Config, Takes};
pub use error::{Error, OrCannot, Result, Whom, wait, wait_udp};
pub use log::{
    Level, accepted, closed, connected, listening, received, received_line, report, sent, sent_line,
};
pub use print::print;
