//! Logging in to FTP, and TLS (RFC 4217).

use crate::accounts::{Rights, ftp_login};
use crate::ftp::tree::Tree;
use crate::ftp::{Session, refusal};
use crate::session::{Answer, Next, Reply};

impl Session<'_> {
    pub(super) fn user(&mut self, user: &str) -> Answer {
        if user.is_empty() {
            return Err("501 USER who?".into());
        }
        self.tree = None;
        self.user = user.into();
        Ok("331 and the password?".into())
    }

    pub(super) fn pass(&mut self, password: &str) -> Answer {
        if self.tree.is_some() || self.user.is_empty() {
            return Err("503 say USER first".into());
        }
        let Some((folder, rights)) = ftp_login(&self.user, password) else {
            return Err(Reply::new("530 wrong user or password", Next::LineAfterFailedLogin));
        };
        let tree = Tree::new(&self.practice.folder, folder, rights);
        // Somebody may have removed it.
        tree.make().map_err(refusal)?;
        self.tree = Some(tree);
        self.folder = "/".into();
        let welcome = match rights {
            Rights::Read => "230 welcome: you may read",
            Rights::Upload => "230 welcome: you may read and upload",
            Rights::Change => "230 welcome: all this is yours",
        };
        Ok(welcome.into())
    }

    pub(super) fn auth(&mut self, mechanism: &str, is_secure: bool) -> Answer {
        if is_secure {
            return Err("503 this is TLS already".into());
        }
        if !matches!(&*mechanism.to_ascii_uppercase(), "TLS" | "TLS-C") {
            return Err("504 AUTH TLS, please".into());
        }
        // What the client has said in clear no longer counts (RFC 4217 section 4).
        self.user.clear();
        self.tree = None;
        self.listener = None;
        Ok(Reply::new("234 begin TLS", Next::BeginTls))
    }

    /// RFC 2228; over TLS, client and server have no buffer size to agree on.
    pub(super) fn pbsz(&mut self, is_secure: bool) -> Answer {
        if !is_secure {
            return Err("503 say AUTH TLS first".into());
        }
        self.has_buffer_size = true;
        Ok("200 PBSZ=0".into())
    }

    /// RFC 2228.
    pub(super) fn prot(&mut self, level: &str) -> Answer {
        if !self.has_buffer_size {
            return Err("503 say PBSZ first".into());
        }
        self.is_private = match level.to_ascii_uppercase().as_str() {
            "P" => true,
            "C" => false,
            _ => return Err("536 P (private) or C (clear), please".into()),
        };
        Ok("200 as you like".into())
    }
}
