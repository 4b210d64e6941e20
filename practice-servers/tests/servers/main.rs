//! The practice servers against raw bytes.
#![cfg(test)]

mod ftp;
mod mail;
mod pop3;
mod promises;
mod smtp;
mod support;
mod tls;
mod transfer;
mod tree;
