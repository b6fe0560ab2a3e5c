//! Decides which time ranges of a group are read once more, and when.
//!
//! A line may become visible long after its timestamp. So each range is read again when it reaches each of the
//! [`AGES`], by whichever read covers it: a round that looks back far enough, a round that far behind, or a separate
//! one. A range that has more lines than can be remembered or requested is not read again but reported: lines that came
//! that late may be missing there.

use crate::model::logs::Ms;

/// The ages at which a range is read again, in milliseconds. Ingestion delays of 5 to 20 s are common, delays of most
/// of a minute happen.
pub(super) const AGES: [Ms; 3] = [10_000, 30_000, 120_000];
/// The overlap of every round with the one before, in milliseconds.
pub(super) const ROUND_OVERLAP: Ms = 2_000;
/// The length of a range that is never read again before it is reported, in milliseconds.
const REPORT_LENGTH: Ms = 30_000;
/// How much time one reread covers, in milliseconds …
const STEP: Ms = 20_000;
/// … or how many lines: two or three requests, during which new lines wait.
const STEP_LINES: f64 = 20_000.0;
/// Number of lines whose ids are remembered: some 20 MB.
const LINES: f64 = 500_000.0;

/// A range that was not read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SkippedRange {
    /// The time at which it begins.
    pub(super) from: Ms,
    /// The time at which it ends.
    pub(super) to: Ms,
    /// Lines that came later than this after their time may be missing there, in milliseconds.
    pub(super) later: Ms,
}

/// How far a group has been read again.
#[derive(Debug, Clone)]
pub(super) struct RereadProgress {
    /// The time up to which each of the ages is done.
    done: [Ms; AGES.len()],
    /// The ranges that were already reported.
    reported: Vec<(Ms, Ms)>,
}

/// The time up to which pages of a round have come; `None` before the first page.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach(Option<Ms>);

impl RereadProgress {
    /// Starts at a time; nothing before it is read.
    pub(super) fn new(since: Ms) -> Self {
        Self { done: [since; AGES.len()], reported: Vec::new() }
    }

    /// Records that a page of a round starting at `from`, requested at `asked`, returned everything visible then up to
    /// `to`.
    pub(super) fn record_page(&mut self, reach: &mut Reach, from: Ms, to: Ms, asked: Ms) {
        let began = reach.0.replace(to).unwrap_or(from);
        for (done, age) in self.done.iter_mut().zip(AGES) {
            // The range must have no hole; what was younger than an age at that time must be read again.
            if began <= *done {
                *done = (*done).max(to.min(asked - age));
            }
        }
    }

    /// The range that must be read again now.
    pub(super) fn due(&self, rate: f64, now: Ms) -> Option<(Ms, Ms)> {
        let step = ((STEP_LINES / rate.max(0.001) * 1_000.0).min(STEP as f64) as Ms).max(ROUND_OVERLAP);
        let remembered_ages = self.done.iter().zip(AGES).filter(|(_, age)| can_remember(rate, *age));
        let mut due = remembered_ages.filter(|(done, age)| now - age - **done >= step + ROUND_OVERLAP);
        due.next().map(|(done, age)| (*done, (now - age).min(done + 2 * step)))
    }

    /// Gives up what cannot be read again: ids of lines before `floor` were forgotten, and `remembered` ids are left.
    pub(super) fn give_up(&mut self, rate: f64, now: Ms, floor: Ms, remembered: usize) -> Vec<SkippedRange> {
        let full = remembered as f64 > LINES * 1.25;
        let mut left = Vec::new();
        for (number, age) in AGES.into_iter().enumerate() {
            let (done, old) = (self.done[number], now - age);
            let to = match can_remember(rate, age) && !full {
                true => floor,
                false if full || old - done >= REPORT_LENGTH => old.max(floor),
                false => continue,
            };
            if to > done {
                self.done[number] = to;
                // What an earlier reread found is not missing.
                let later = number.checked_sub(1).map_or(ROUND_OVERLAP, |before| AGES[before]);
                left.extend(self.unreported(done, to, later));
            }
        }
        left
    }

    /// Skips the time between two moments, so that nothing before it is read again.
    pub(super) fn skip(&mut self, from: Ms, to: Ms) -> Vec<SkippedRange> {
        let begins = self.done.into_iter().min().unwrap_or(from).min(from);
        self.done = self.done.map(|done| done.max(to));
        let left = self.unreported(begins, from, ROUND_OVERLAP);
        self.reported.push((from, to));
        left
    }

    /// Returns the parts of a range that were not reported yet, and records them as reported.
    fn unreported(&mut self, from: Ms, to: Ms, later: Ms) -> Vec<SkippedRange> {
        let oldest = self.done.into_iter().min().unwrap_or(from).min(from);
        self.reported.retain(|(_, end)| *end > oldest);
        self.reported.sort_unstable();
        let (mut at, mut left) = (from, Vec::new());
        for (begin, end) in &self.reported {
            if at < *begin && at < to {
                left.push(SkippedRange { from: at, to: to.min(*begin), later });
            }
            at = at.max(*end);
        }
        if at < to {
            left.push(SkippedRange { from: at, to, later });
        }
        self.reported.extend(left.iter().map(|left| (left.from, left.to)));
        left
    }

    /// The time from which ids of lines are needed.
    pub(super) fn ids_needed_from(&self, rate: f64) -> Ms {
        let remembered_ages = self.done.iter().zip(AGES).filter(|(_, age)| can_remember(rate, *age));
        remembered_ages.map(|(done, _)| *done).min().unwrap_or(Ms::MAX)
    }
}

/// Whether the ids of the lines that arrive within an age, plus the wait for a reread, can be remembered.
fn can_remember(rate: f64, age: Ms) -> bool {
    rate * (age + 2 * STEP) as f64 / 1_000.0 <= LINES
}
