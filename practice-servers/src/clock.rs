//! Times in the forms that mail and FTP give them, always in Coordinated Universal Time.

use std::time::SystemTime;

use time::{OffsetDateTime, UtcDateTime};

/// `Mon, 23 Nov 2026 08:05:00 +0000` (RFC 5322 section 3.3).
pub fn mail_date() -> String {
    let now = UtcDateTime::now();
    let (weekday, month) = (now.weekday().to_string(), now.month().to_string());
    let (weekday, month) = (&weekday[..3], &month[..3]);
    let (hour, minute, second) = now.as_hms();
    let (day, year) = (now.day(), now.year());
    format!("{weekday}, {day} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

/// `20261123080500` (RFC 3659 section 2.3).
pub fn ftp_time(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    let (hour, minute, second) = time.to_hms();
    let (year, month, day) = time.to_calendar_date();
    let month = u8::from(month);
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// `Nov 23 08:05`, or `Nov 23  2025` when it is half a year away, as `ls -l` does it.
pub fn list_date(time: SystemTime) -> String {
    let now = OffsetDateTime::from(SystemTime::now());
    let time = OffsetDateTime::from(time);
    let month = time.month().to_string();
    let (month, day) = (&month[..3], time.day());
    let (hour, minute, _) = time.to_hms();
    match (now - time).whole_days() {
        -1..180 => format!("{month} {day:>2} {hour:02}:{minute:02}"),
        _ => format!("{month} {day:>2}  {:04}", time.year()),
    }
}
