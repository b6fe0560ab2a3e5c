//! The beginning and the level of a plain line, independent of its stream.

use crate::level::Level;

/// The length of the longest level word, in bytes.
const LONGEST: usize = 9;
/// Number of bytes of a plain line that are searched for a level.
const HEAD: usize = 160;

/// Returns the level of a plain line, from marks at its beginning or from words in it.
pub(crate) fn plain_level(line: &str) -> Level {
    let trimmed = line.trim_start();
    match trimmed.chars().next() {
        Some('⨯' | '✖' | '✗') => return Level::Error,
        Some('⚠') => return Level::Warn,
        Some('✓' | '▲' | '○') => return Level::Info,
        _ => {}
    }
    let head = &line.as_bytes()[..line.len().min(HEAD)];
    if let Some(level) = lettered(head) {
        return level;
    }
    // After a time, the first word may be a level in lower case: swift-log, the OTP, zap.
    let timed = head.iter().take_while(|b| b.is_ascii_digit()).count() >= 2 && starts_log_entry(line);
    let (mut first, mut best, mut from) = (None, Level::None, 0);
    let mut words = 0;
    for at in 0..=head.len() {
        let byte = head.get(at).copied().unwrap_or(b' ');
        if byte.is_ascii_alphabetic() {
            continue;
        }
        let word = &head[from..at];
        from = at + 1;
        if word.len() < 3 {
            continue;
        }
        let rest = &head[at..];
        // More severe than any level in the line.
        if (word == b"FATAL" && rest.starts_with(b" ERROR"))
            || (word == b"Fatal" && rest.starts_with(b" error"))
            || (word == b"panicked" && rest.starts_with(b" at"))
        {
            return Level::Fatal;
        }
        words += 1;
        // `TypeError: …`, `PrismaClientInitializationError: …`
        if byte == b':' && (word.ends_with(b"Error") || word.ends_with(b"Exception")) {
            best = if word.len() <= LONGEST || rest.starts_with(b": ") || rest == b":" { Level::Error } else { best };
        }
        // Lower-case words are prose, unless they are marked as a level.
        let alone = byte == b'\t' && at - word.len() > 0 && head[at - word.len() - 1] == b'\t';
        let after_time = timed && words == 1 && byte == b' ';
        let marked = matches!(byte, b':' | b']' | b'|') || alone || after_time;
        if first.is_some() || word.len() > LONGEST || !(marked || word[0].is_ascii_uppercase()) {
            continue;
        }
        if marked || byte == b'\t' || word.iter().all(u8::is_ascii_uppercase) {
            first = Level::from_word(word);
        }
    }
    first.unwrap_or(best)
}

/// Returns the level of klog (`E1120 12:00:00.0 7 a.go:1] x`) and of Ruby's logger (`E, [2026-…`), from its letter.
fn lettered(head: &[u8]) -> Option<Level> {
    let level = match head.first()? {
        b'D' => Level::Debug,
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' => Level::Fatal,
        _ => return None,
    };
    let klog = head.get(1..6).is_some_and(|five| five[..4].iter().all(u8::is_ascii_digit) && five[4] == b' ');
    (klog || head.get(1..4) == Some(b", [")).then_some(level)
}

/// Returns whether a line begins like a logger's: with a time or a level.
pub(crate) fn starts_log_entry(line: &str) -> bool {
    let trimmed = line.trim_start_matches([' ', '\t', '[', '(', '<']);
    let bytes = trimmed.as_bytes();
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let after = bytes.get(digits).copied().unwrap_or(b' ');
    let next_is_digit = bytes.get(digits + 1).is_some_and(u8::is_ascii_digit);
    // 2026-11-20, 2026/11/20, 20-Nov-2026, 20/Nov/2026, 12:00:00
    let time = match digits {
        4 => matches!(after, b'-' | b'/') && next_is_digit,
        1 | 2 => {
            (after == b':' && next_is_digit && bytes.get(digits + 2).is_some_and(u8::is_ascii_digit))
                || (matches!(after, b'-' | b'/') && bytes.get(digits + 1).is_some_and(u8::is_ascii_alphanumeric))
        }
        _ => false,
    };
    // klog: `E1120 12:00:00`; Ruby: `E, [2026-…`.
    let lettered = matches!(bytes.first(), Some(b'D' | b'I' | b'W' | b'E' | b'F' | b'A'))
        && (bytes.get(1..5).is_some_and(|four| four.iter().all(u8::is_ascii_digit)) || bytes.get(1..4) == Some(b", ["));
    let pairs = ["time=", "level=", "ts=", "lvl=", "{\""].iter().any(|mark| trimmed.starts_with(mark));
    time || lettered || pairs || head_level(line)
}

/// Returns whether a level is at the very beginning, as loggers write it: `ERROR `, `[warn]`, `info:`.
fn head_level(line: &str) -> bool {
    let trimmed = line.trim_start_matches([' ', '\t', '[', '<']);
    let end = trimmed.bytes().position(|b| !b.is_ascii_alphabetic()).unwrap_or(trimmed.len());
    let (word, rest) = trimmed.split_at(end);
    let capitals = word.len() > 2 && word.bytes().all(|b| b.is_ascii_uppercase());
    let marked = rest.starts_with([':', ']', '|']) || (capitals && rest.starts_with([' ', '\t', '[']));
    // `Error: x` is the name of an exception.
    marked && !word.starts_with("Error") && Level::from_word(word.as_bytes()).is_some()
}
