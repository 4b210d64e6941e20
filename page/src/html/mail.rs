//! A mail: as its reader sees it, its parts, and as it travels.

use askama::Template;

use super::say;
use crate::mail::{Mail, Raw};

/// A mail, ready to be shown.
#[derive(Template)]
#[template(path = "mail.html")]
pub struct View {
    /// Unique on the page.
    pub id: String,
    /// The mail.
    pub mail: Mail,
}
