//! `logs --tail`: decides how far back to look for the newest lines, and collects them.

use crate::model::logs::Ms;
use std::collections::VecDeque;

/// The range of the first look, in milliseconds.
const FIRST_RANGE: Ms = 10_000;
/// Each further look reaches this many times as far back: all earlier looks together read a third of the last one.
const GROWTH: Ms = 4;
/// The maximum range without `--since`: seven days.
pub(super) const LOOK_BACK: Ms = 7 * 24 * 3_600_000;
/// Following starts this long before the newest lines, because a stack trace begins before its last line.
const TRACE_MARGIN: Ms = 10_000;

/// Returns the start times of the looks that end at `end`; the last one starts at `earliest`.
pub(super) fn look_starts(earliest: Ms, end: Ms) -> impl Iterator<Item = Ms> {
    let first = Some((end - FIRST_RANGE).max(earliest));
    std::iter::successors(first, move |from| (*from > earliest).then(|| (end - (end - from) * GROWTH).max(earliest)))
}

/// A formatted line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FormattedLine {
    /// The line's timestamp, in milliseconds.
    pub(super) at: Ms,
    /// The text to print.
    pub(super) text: String,
    /// The text for the `--tee` file.
    pub(super) tee: Option<String>,
    /// Whether the line passes `--exit-on`.
    pub(super) ends_command: bool,
}

/// Collects the newest lines, for `--tail`.
#[derive(Debug, Clone, Default)]
pub(super) struct Newest {
    most: usize,
    lines: VecDeque<FormattedLine>,
    /// The formatted gaps among them.
    pub(super) gaps: String,
}

impl Newest {
    /// Keeps at most `most` lines.
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Adds a line, and drops the oldest one if there are too many.
    pub(super) fn push(&mut self, line: FormattedLine) {
        // Lines of several groups arrive nearly in order.
        let place = self.lines.iter().rposition(|before| before.at <= line.at).map_or(0, |at| at + 1);
        self.lines.insert(place, line);
        if self.lines.len() > self.most {
            self.lines.pop_front();
        }
    }

    /// Whether the wanted number of lines was reached.
    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= self.most
    }

    /// Returns the time from which to follow: no earlier line is wanted. `None` if more lines may be wanted.
    pub(super) fn follow_start(&self) -> Option<Ms> {
        self.lines.front().filter(|_| self.is_full()).map(|line| line.at - TRACE_MARGIN)
    }

    /// Discards all lines.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
    }

    /// Returns the lines, oldest first.
    pub(super) fn into_lines(self) -> VecDeque<FormattedLine> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_reach_further_back_up_to_the_earliest_time() {
        let looked: Vec<Ms> = look_starts(0, 1_000_000).collect();
        assert_eq!(looked, [990_000, 960_000, 840_000, 360_000, 0]);
        assert_eq!(look_starts(999_000, 1_000_000).collect::<Vec<_>>(), [999_000]);
        assert_eq!(look_starts(0, LOOK_BACK).count(), 9, "a week is not many requests");
    }

    #[test]
    fn newest_lines_are_kept_in_time_order() {
        let kept = |at: Ms| FormattedLine { at, text: String::new(), tee: None, ends_command: false };
        let mut newest = Newest::new(3);
        for at in [5, 9, 7, 1, 8] {
            newest.push(kept(at));
        }
        assert_eq!((newest.is_full(), newest.follow_start()), (true, Some(7 - TRACE_MARGIN)));
        assert_eq!(newest.into_lines().iter().map(|line| line.at).collect::<Vec<_>>(), [7, 8, 9]);
        let mut few = Newest::new(2);
        few.push(kept(1));
        assert_eq!((few.is_full(), few.follow_start()), (false, None), "there may be more before it");
    }
}
