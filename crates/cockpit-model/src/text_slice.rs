//! Slices of shared text: a log page needs one allocation instead of three per line.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A slice of a shared text. Cloning is cheap; the whole text lives as long as any slice of it.
#[derive(Clone, Default)]
pub struct Piece {
    whole: Arc<String>,
    from: u32,
    to: u32,
}

impl Piece {
    /// Returns the piece of `whole` at this byte range; empty if the range is invalid or splits a character.
    pub fn of(whole: &Arc<String>, range: Range<usize>) -> Self {
        match (u32::try_from(range.start), u32::try_from(range.end)) {
            (Ok(from), Ok(to)) if whole.get(range).is_some() => Self { whole: Arc::clone(whole), from, to },
            _ => Self::default(),
        }
    }

    /// Whether it is the same range of the same text, not just equal text.
    pub fn is_same_slice(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.whole, &other.whole) && (self.from, self.to) == (other.from, other.to)
    }

    /// Returns the piece as text.
    pub fn as_str(&self) -> &str {
        self
    }
}

impl Deref for Piece {
    type Target = str;

    fn deref(&self) -> &str {
        // The range was checked on creation, and the shared text never changes.
        self.whole.get(self.from as usize..self.to as usize).unwrap_or_default()
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        let end = text.len();
        Self::of(&Arc::new(text), 0..end)
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<Option<String>> for Piece {
    fn from(text: Option<String>) -> Self {
        text.map(Self::from).unwrap_or_default()
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Piece {}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl serde::Serialize for Piece {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn piece_compares_and_prints_as_its_text() {
        let whole = Arc::new("読む a line".to_owned());
        let piece = Piece::of(&whole, 0..6);
        assert_eq!(&*piece, "読む");
        assert_eq!(piece, Piece::from("読む"));
        assert!(
            piece.is_same_slice(&piece.clone())
                && !piece.is_same_slice(&Piece::from("読む"))
                && !piece.is_same_slice(&Piece::of(&whole, 0..3))
        );
        assert_eq!(format!("{piece} {piece:?}"), "読む \"読む\"");
        assert_eq!(serde_json::to_string(&piece).unwrap(), "\"読む\"");
        drop(whole);
        assert_eq!(&*piece, "読む", "the piece keeps the whole text alive");
    }

    #[test]
    fn invalid_byte_range_gives_an_empty_piece() {
        let whole = Arc::new("読む".to_owned());
        for range in [0..7, 1..3, 4..100] {
            assert_eq!(&*Piece::of(&whole, range), "");
        }
    }
}
