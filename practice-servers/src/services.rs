//! The one table of services: what is served, and which setting holds the address. The names and
//! the flags come from the setting's name.

use crate::accounts::{Office, QQ, SINA};
use crate::echo::Manner;

/// What is spoken at an address, and which office speaks it.
#[derive(Clone, Copy)]
pub enum Protocol {
    /// The office takes mail.
    Smtp(&'static Office),
    /// The office's users fetch mail.
    Pop3(&'static Office),
    /// The host's users fetch and bring files.
    Ftp,
    /// Echo, with a trouble.
    Echo(Manner),
}

/// One address at which the program listens.
pub struct Service {
    /// The setting that holds the address. All other names come from this one.
    pub setting: &'static str,
    /// What is served there.
    pub protocol: Protocol,
    /// Whether the client begins TLS at once, before anybody says anything.
    pub starts_in_tls: bool,
}

/// All services.
pub static SERVICES: [Service; 13] = [
    Service::new("LESSON_QQ_SMTP_ADDR", Protocol::Smtp(&QQ), false),
    Service::new("LESSON_QQ_SMTPS_ADDR", Protocol::Smtp(&QQ), true),
    Service::new("LESSON_QQ_POP3_ADDR", Protocol::Pop3(&QQ), false),
    Service::new("LESSON_QQ_POP3S_ADDR", Protocol::Pop3(&QQ), true),
    Service::new("LESSON_SINA_SMTP_ADDR", Protocol::Smtp(&SINA), false),
    Service::new("LESSON_SINA_SMTPS_ADDR", Protocol::Smtp(&SINA), true),
    Service::new("LESSON_SINA_POP3_ADDR", Protocol::Pop3(&SINA), false),
    Service::new("LESSON_SINA_POP3S_ADDR", Protocol::Pop3(&SINA), true),
    Service::new("LESSON_FTP_ADDR", Protocol::Ftp, false),
    Service::new("LESSON_AWKWARD_ECHO_ADDR", Protocol::Echo(Manner::Awkward), false),
    Service::new("LESSON_SILENT_ECHO_ADDR", Protocol::Echo(Manner::Silent), false),
    Service::new("LESSON_SHORT_ECHO_ADDR", Protocol::Echo(Manner::Short), false),
    Service::new("LESSON_OPEN_ECHO_ADDR", Protocol::Echo(Manner::Open), false),
];

impl Service {
    const fn new(setting: &'static str, protocol: Protocol, starts_in_tls: bool) -> Self {
        Service { setting, protocol, starts_in_tls }
    }

    /// The name in the log, such as `qq-smtp`. The flag is `--qq-smtp-addr`.
    pub fn name(&self) -> String {
        let name = self.setting.trim_start_matches("LESSON_").trim_end_matches("_ADDR");
        name.to_ascii_lowercase().replace('_', "-")
    }

    /// Whether it takes datagrams as well as connections.
    pub fn has_udp(&self) -> bool {
        matches!(self.protocol, Protocol::Echo(Manner::Awkward | Manner::Silent))
    }

    /// Whether this is one of the office's services.
    pub fn is_of(&self, office: &Office) -> bool {
        match self.protocol {
            Protocol::Smtp(owner) | Protocol::Pop3(owner) => owner.domain == office.domain,
            Protocol::Ftp | Protocol::Echo(_) => false,
        }
    }
}
