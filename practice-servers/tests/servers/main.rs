//! The practice servers against raw bytes.
#![cfg(test)]

mod faults;
mod ftp;
mod fuzz;
mod kills;
mod mail;
mod pop3;
mod promises;
mod smtp;
mod support;
mod tls;
mod transfer;
mod tree;
