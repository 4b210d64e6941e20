//! Times in the forms that mail and FTP give them, always in Coordinated Universal Time.

use std::time::{SystemTime, UNIX_EPOCH};

use time::UtcDateTime;

/// `Mon, 23 Nov 2026 08:05:00 +0000` (RFC 5322 section 3.3).
pub fn mail_date() -> String {
    let now = UtcDateTime::now();
    let weekday = &now.weekday().to_string()[..3];
    let month = &now.month().to_string()[..3];
    let (hour, minute, second) = now.as_hms();
    let day = now.day();
    let year = now.year();
    format!("{weekday}, {day} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

/// `20261123080500` (RFC 3659 section 2.3).
pub fn ftp_time(time: SystemTime) -> String {
    let time = civil(time);
    let (hour, minute, second) = time.as_hms();
    let year = time.year();
    let month = u8::from(time.month());
    let day = time.day();
    format!("{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}")
}

/// `Nov 23 08:05`, or `Nov 23  2025` when it is half a year away, as `ls -l` does it.
pub fn list_date(time: SystemTime) -> String {
    let now = UtcDateTime::now();
    let time = civil(time);
    let month = &time.month().to_string()[..3];
    let day = time.day();
    let (hour, minute, _) = time.as_hms();
    match (now - time).whole_days() {
        -1..180 => format!("{month} {day:>2} {hour:02}:{minute:02}"),
        _ => format!("{month} {day:>2}  {:04}", time.year()),
    }
}

/// The date and time. A time that the calendar does not reach becomes the beginning of 1970.
fn civil(time: SystemTime) -> UtcDateTime {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(seconds.as_secs()).unwrap_or_default();
    UtcDateTime::from_unix_timestamp(seconds).unwrap_or(UtcDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn any_time_is_written() {
        let century = Duration::from_secs(100 * 366 * 24 * 3600);
        for time in [UNIX_EPOCH - century, UNIX_EPOCH + century, UNIX_EPOCH + 100 * century] {
            assert_eq!(ftp_time(time).len(), "20261123080500".len());
            assert_eq!(list_date(time).len(), "Nov 23  2025".len());
        }
    }
}
