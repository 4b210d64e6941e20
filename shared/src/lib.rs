//! What all lessons share: settings, log, output and the error type. The standard library alone.

mod config;
mod error;
#[doc(hidden)]
pub mod log;
mod print;
#[cfg(feature = "testing")]
pub mod testing;
mod url;

pub use config::{Config, file_name, load, resolve};
pub use error::{Error, OrCannot, Result, wait};
pub use log::{Level, received, report, sent};
pub use print::print;
pub use url::Url;
