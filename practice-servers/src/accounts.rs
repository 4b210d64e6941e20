//! Who is who: the accounts of the two mail offices and of the FTP host.

use crate::trouble::{self, Trouble, What, Where};

/// The password of every account but one, which is there for trouble.
pub const PASSWORD: &str = "practice";

/// A mail provider: it takes mail for its users (MTA) and lets them fetch it (MDA).
pub struct Office {
    /// The short name, as in the transcript.
    pub name: &'static str,
    /// What stands behind the `@` of its users' addresses.
    pub domain: &'static str,
    /// What stands before the `@`. The first one also reads the postmaster's mail.
    pub users: &'static [&'static str],
    /// Whether it takes a mail of its users only with their address in `From`.
    pub wants_author: bool,
}

/// The teacher's office.
pub static QQ: Office = Office {
    name: "qq",
    domain: "qq.example",
    users: &["laoshi", "zhujiao", "xinsheng"],
    wants_author: true,
};

/// The student's office.
pub static SINA: Office = Office {
    name: "sina",
    domain: "sina.example",
    users: &["xuesheng", "banzhang"],
    wants_author: false,
};

/// All offices.
pub static OFFICES: [&Office; 2] = [&QQ, &SINA];

impl Office {
    /// Whether `address` ends with this office's domain.
    pub fn serves(&self, address: &str) -> bool {
        let domain = address.rsplit('@').next().unwrap_or_default();
        domain.eq_ignore_ascii_case(self.domain)
    }

    /// The mailbox that gets mail for `address`, if that is an address of this office. Every office
    /// must have the address `postmaster` (RFC 5321 section 4.5.1).
    pub fn mailbox(&self, address: &str) -> Option<String> {
        let user = address.rsplit_once('@').map_or(address, |(user, _)| user);
        let is_postmaster = user.eq_ignore_ascii_case("postmaster");
        if is_postmaster && (self.serves(address) || user == address) {
            return Some(self.address(self.users[0]));
        }
        self.account(address)
    }

    /// The account that logs in with this user name, which is the whole address, and password.
    ///
    /// # Errors
    /// Why nobody does, for the reply.
    pub fn login(&self, user: &str, password: &str) -> Result<String, &'static str> {
        let (right, why) = if wants_code(user) {
            // The words of the real qq.
            (trouble::CODE, "Login Fail. Please enter your authorization code to login.")
        } else {
            (PASSWORD, "wrong user or password")
        };
        self.account(user).filter(|_| password == right).ok_or(why)
    }

    /// The addresses of all accounts, as their mailboxes are called.
    pub fn accounts(&self) -> impl Iterator<Item = String> {
        self.users.iter().map(|user| self.address(user))
    }

    fn account(&self, address: &str) -> Option<String> {
        let mut accounts = self.accounts();
        accounts.find(|account| account.eq_ignore_ascii_case(address))
    }

    fn address(&self, user: &str) -> String {
        format!("{user}@{}", self.domain)
    }
}

/// Whether this user logs in with an authorization code alone.
pub fn wants_code(user: &str) -> bool {
    let trouble = Trouble::find(Where::MailLogin, &user.to_ascii_lowercase());
    trouble.is_some_and(|trouble| trouble.what == What::WantCode)
}

/// What a user of the FTP host may do in its own tree. Each includes the ones before it.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub enum Rights {
    /// Anonymous: look around and download.
    Read,
    /// Guest: also upload files and make folders.
    Upload,
    /// Real: also delete and rename.
    Change,
}

/// The kinds of FTP users: the folder of each, which it sees as `/`, and its rights.
pub const FTP_USERS: [(&str, Rights); 3] =
    [("laoshi", Rights::Change), ("guest", Rights::Upload), ("anonymous", Rights::Read)];

/// The folder and the rights of the FTP user with this name and password. Anonymous users may give
/// any password, by custom their mail address, and may also call themselves `ftp` (RFC 1635).
pub fn ftp_login(user: &str, password: &str) -> Option<(&'static str, Rights)> {
    let [.., anonymous] = FTP_USERS;
    if user.eq_ignore_ascii_case("anonymous") || user.eq_ignore_ascii_case("ftp") {
        return Some(anonymous);
    }
    let mut users = FTP_USERS.into_iter();
    users.find(|(name, _)| *name == user && password == PASSWORD)
}
