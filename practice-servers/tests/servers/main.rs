//! The practice servers against raw bytes.
#![cfg(test)]

mod ftp;
mod pop3;
mod promises;
mod smtp;
mod support;
mod tls;
