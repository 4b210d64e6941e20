//! The file to attach.

use std::fs;
use std::path::Path;

use shared::Config;

/// What is sent when the setting names no file.
const PICTURE: &[u8] = include_bytes!("../picture.png");

/// The name and the bytes of the file that `LESSON_ATTACHMENT` names. One that cannot be read ends
/// the program with status 2.
pub fn read(config: &Config) -> (String, Vec<u8>) {
    let path = config.text("LESSON_ATTACHMENT");
    if path.is_empty() {
        return ("picture.png".into(), PICTURE.to_vec());
    }
    let bytes = fs::read(path).unwrap_or_else(|why| config.refuse("LESSON_ATTACHMENT", why));
    let name = Path::new(path).file_name().unwrap_or_default();
    (name.to_string_lossy().into_owned(), bytes)
}
