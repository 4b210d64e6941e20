//! What all lessons share: settings, log, output and the error type. The standard library alone.

mod config;
mod env_file;
mod error;
#[doc(hidden)]
pub mod log;
mod print;

pub use config::{Config, resolve};
pub use error::{Error, OrCannot, Result, wait, wait_udp};
pub use log::{Level, received, report, sent};
pub use print::print;
