//! Which stretches of a group's time are read once more, when, and which are not.
//!
//! A line may become visible long after its time. So each stretch is read again when it is as old as each of the
//! [`AGES`], whatever reads it: a round that looks back far enough, one that is that far behind, or one of its own. What
//! is not read again, because it has more lines than are remembered or than requests bring, is told: what came that late
//! may be missing there, and nobody can know.

use crate::model::logs::Ms;

/// How old a stretch is when it is read once more. Ingestion delays of 5 to 20 s are common, most of a minute happens.
pub(super) const AGES: [Ms; 3] = [10_000, 30_000, 120_000];
/// The overlap of every round with the one before, in milliseconds.
pub(super) const NEAR: Ms = 2_000;
/// How much of what is never read again is told at once.
const TOLD: Ms = 30_000;
/// How much time is read again at once …
const STEP: Ms = 20_000;
/// … or so many lines: two or three requests, behind which what is new waits.
const STEP_LINES: f64 = 20_000.0;
/// Ids of so many lines are remembered: some 20 MB.
const LINES: f64 = 500_000.0;

/// A stretch that was not read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// The time at which it begins.
    pub(super) from: Ms,
    /// The time at which it ends.
    pub(super) to: Ms,
    /// Lines that came later than this after their time may be missing there, in milliseconds.
    pub(super) later: Ms,
}

/// How far a group has been read again.
#[derive(Debug, Clone)]
pub(super) struct Again {
    /// Up to when, for each of the ages.
    done: [Ms; AGES.len()],
    /// The stretches that were told already.
    told: Vec<(Ms, Ms)>,
}

/// Up to when the pages of a round have come; none before the first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach(Option<Ms>);

impl Again {
    /// Begins at a time; nothing before it is read.
    pub(super) fn new(since: Ms) -> Self {
        Self { done: [since; AGES.len()], told: Vec::new() }
    }

    /// A page of a round from `from` on, asked for at `asked`, has brought all that was visible then up to `to`.
    pub(super) fn read(&mut self, reach: &mut Reach, from: Ms, to: Ms, asked: Ms) {
        let began = reach.0.replace(to).unwrap_or(from);
        for (done, age) in self.done.iter_mut().zip(AGES) {
            // Nothing was passed over between; what was younger then has to be read once more.
            if began <= *done {
                *done = (*done).max(to.min(asked - age));
            }
        }
    }

    /// The stretch that is to be read again now.
    pub(super) fn due(&self, rate: f64, now: Ms) -> Option<(Ms, Ms)> {
        let step = ((STEP_LINES / rate.max(0.001) * 1_000.0).min(STEP as f64) as Ms).max(NEAR);
        let kept = self.done.iter().zip(AGES).filter(|(_, age)| kept(rate, *age));
        let mut due = kept.filter(|(done, age)| now - age - **done >= step + NEAR);
        due.next().map(|(done, age)| (*done, (now - age).min(done + 2 * step)))
    }

    /// Gives up what cannot be read again: ids of lines before `floor` are forgotten, `remembered` are there.
    pub(super) fn give_up(&mut self, rate: f64, now: Ms, floor: Ms, remembered: usize) -> Vec<LeftOut> {
        let full = remembered as f64 > LINES * 1.25;
        let mut left = Vec::new();
        for (number, age) in AGES.into_iter().enumerate() {
            let (done, old) = (self.done[number], now - age);
            let to = match kept(rate, age) && !full {
                true => floor,
                false if full || old - done >= TOLD => old.max(floor),
                false => continue,
            };
            if to > done {
                self.done[number] = to;
                // What an earlier look has found is there.
                let later = number.checked_sub(1).map_or(NEAR, |before| AGES[before]);
                left.extend(self.tell(done, to, later));
            }
        }
        left
    }

    /// Passes over the time between two moments, so that nothing before it is read again.
    pub(super) fn pass_over(&mut self, from: Ms, to: Ms) -> Vec<LeftOut> {
        let begins = self.done.into_iter().min().unwrap_or(from).min(from);
        self.done = self.done.map(|done| done.max(to));
        let left = self.tell(begins, from, NEAR);
        self.told.push((from, to));
        left
    }

    /// The parts of this stretch that were not told yet.
    fn tell(&mut self, from: Ms, to: Ms, later: Ms) -> Vec<LeftOut> {
        let oldest = self.done.into_iter().min().unwrap_or(from).min(from);
        self.told.retain(|(_, end)| *end > oldest);
        self.told.sort_unstable();
        let (mut at, mut left) = (from, Vec::new());
        for (begin, end) in &self.told {
            if at < *begin && at < to {
                left.push(LeftOut { from: at, to: to.min(*begin), later });
            }
            at = at.max(*end);
        }
        if at < to {
            left.push(LeftOut { from: at, to, later });
        }
        self.told.extend(left.iter().map(|left| (left.from, left.to)));
        left
    }

    /// The time from which ids of lines are needed.
    pub(super) fn needed(&self, rate: f64) -> Ms {
        let kept = self.done.iter().zip(AGES).filter(|(_, age)| kept(rate, *age));
        kept.map(|(done, _)| *done).min().unwrap_or(Ms::MAX)
    }
}

/// Whether the ids of what comes within an age, and while it waits for its turn, can be remembered.
fn kept(rate: f64, age: Ms) -> bool {
    rate * (age + 2 * STEP) as f64 / 1_000.0 <= LINES
}
