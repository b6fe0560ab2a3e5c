//! `logs --tail`: how far it is looked back for the newest lines, and what keeps them until they are written.

use crate::model::logs::Ms;
use std::collections::VecDeque;

/// The first look goes back so far.
const FIRST: Ms = 10_000;
/// Each further one so many times as far as the one before: all of them together read a third more than the last.
const FURTHER: Ms = 4;
/// Without `--since` it goes back so far at most: seven days.
pub(super) const LOOK_BACK: Ms = 7 * 24 * 3_600_000;
/// Where the newest lines are known, following begins so long before them: a trace begins before its last line.
const BEFORE: Ms = 10_000;

/// Where the looks begin that end at a time, the last one at the earliest time of all.
pub(super) fn looks(earliest: Ms, end: Ms) -> impl Iterator<Item = Ms> {
    let first = Some((end - FIRST).max(earliest));
    std::iter::successors(first, move |from| (*from > earliest).then(|| (end - (end - from) * FURTHER).max(earliest)))
}

/// A line as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// When it was written, in milliseconds.
    pub(super) at: Ms,
    /// The text to print.
    pub(super) text: String,
    /// The text for the file of `--tee`.
    pub(super) tee: Option<String>,
    /// Whether it is the one that is waited for.
    pub(super) over: bool,
}

/// Keeps the newest lines, for `--tail`.
#[derive(Debug, Clone, Default)]
pub(super) struct Newest {
    most: usize,
    lines: VecDeque<Kept>,
    /// The gaps among them, as they are printed.
    pub(super) gaps: String,
}

impl Newest {
    /// Keeps at most this many lines.
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Adds a line; the oldest goes.
    pub(super) fn push(&mut self, line: Kept) {
        // Of several groups they come nearly in order.
        let place = self.lines.iter().rposition(|before| before.at <= line.at).map_or(0, |at| at + 1);
        self.lines.insert(place, line);
        if self.lines.len() > self.most {
            self.lines.pop_front();
        }
    }

    /// Whether it has all that are wanted.
    pub(super) fn full(&self) -> bool {
        self.lines.len() >= self.most
    }

    /// Where whoever follows begins: nothing before it is wanted. None where more may be.
    pub(super) fn begins(&self) -> Option<Ms> {
        self.lines.front().filter(|_| self.full()).map(|line| line.at - BEFORE)
    }

    /// Forgets all lines.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }

    /// The lines, oldest first.
    pub(super) fn into_lines(self) -> VecDeque<Kept> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_look_goes_further_back_up_to_the_earliest_time() {
        let looked: Vec<Ms> = looks(0, 1_000_000).collect();
        assert_eq!(looked, [990_000, 960_000, 840_000, 360_000, 0]);
        assert_eq!(looks(999_000, 1_000_000).collect::<Vec<_>>(), [999_000]);
        assert_eq!(looks(0, LOOK_BACK).count(), 9, "a week is not many requests");
    }

    #[test]
    fn the_newest_are_kept_in_the_order_of_time() {
        let kept = |at: Ms| Kept { at, text: String::new(), tee: None, over: false };
        let mut newest = Newest::new(3);
        for at in [5, 9, 7, 1, 8] {
            newest.push(kept(at));
        }
        assert_eq!((newest.full(), newest.begins()), (true, Some(7 - BEFORE)));
        assert_eq!(newest.into_lines().iter().map(|line| line.at).collect::<Vec<_>>(), [7, 8, 9]);
        let mut few = Newest::new(2);
        few.push(kept(1));
        assert_eq!((few.full(), few.begins()), (false, None), "there may be more before it");
    }
}
