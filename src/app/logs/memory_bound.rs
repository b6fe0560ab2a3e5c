//! Bounds the memory of rounds beside a live tail. Rounds report what the tail has not shown. If they fail for long,
//! the lines received in the meantime are not remembered indefinitely; what is given up for that is reported as a gap.

use super::feed::{Batch, Feed, Gap};
use crate::model::logs::Ms;

/// Maximum number of lines remembered per group: more than working rounds ever need. About 50 MB.
pub(super) const MAX_REMEMBERED_LINES: usize = 700_000;

impl Feed {
    /// Forgets the older half if more than `most` lines are remembered. Later rounds begin after it.
    pub(super) fn limit_remembered(&mut self, most: usize, batch: &mut Batch) {
        if self.seen.len() <= most {
            return;
        }
        let mut times: Vec<Ms> = self.seen.values().copied().collect();
        let middle = times.len() / 2;
        let (_, middle, _) = times.select_nth_unstable(middle);
        let to = *middle + 1;
        if to > self.covered {
            let left = self.reread_progress.skip(self.covered, to);
            self.report_skipped(left, batch);
            batch.gaps.push(Gap {
                group: self.source.group.clone(),
                from: self.covered,
                to,
                sampled: true,
                why: "the group could not be read beside the live tail: what the tail did not show is missing"
                    .to_owned(),
            });
            (self.covered, self.round, self.back) = (to, None, None);
        }
        self.forget_before(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::logs::follow::{Follower, Plan};
    use crate::app::logs::sources::GroupSource;
    use crate::model::logs::{LiveUpdate, LogEvent, LogPage};
    use crate::model::{Failure, FailureKind, Piece};

    const HOUR: Ms = 3_600_000;

    /// A line every 200 ms, visible 90 ms later.
    fn line(n: Ms) -> LogEvent {
        let text = Piece::from(n.to_string());
        LogEvent { id: text.clone(), stream: "s".into(), at: n * 200, ingested: n * 200 + 90, message: text }
    }

    /// The lines in a window, in one page.
    fn answer(from: Ms, to: Option<Ms>, now: Ms) -> LogPage {
        let until = to.unwrap_or(Ms::MAX).min(now - 90);
        let events = ((from + 199) / 200..=until.div_euclid(200)).map(line).collect();
        LogPage { events, next: None }
    }

    /// How often each line came, and the gaps.
    #[derive(Default)]
    struct Seen {
        times: Vec<u8>,
        gaps: Vec<Gap>,
    }

    impl Seen {
        fn take(&mut self, batch: Batch) {
            for line in batch.lines {
                let n = line.event.message.parse::<usize>().expect("a number");
                self.times.resize(self.times.len().max(n + 1), 0);
                self.times[n] += 1;
            }
            self.gaps.extend(batch.gaps);
        }
    }

    #[test]
    fn rounds_failing_for_hours_beside_a_live_tail_use_bounded_memory() {
        const MOST: usize = 2_000;
        // The rounds work for a minute first, or never.
        for works in [60_000, 0] {
            let plan = Plan { since: 0, live: true, skip: None };
            let mut follower = Follower::new(vec![GroupSource::by_name("/g")], plan, None).with_memory_limit(MOST);
            let (mut seen, mut most) = (Seen::default(), 0);
            let (broken, end) = (6 * HOUR, 6 * HOUR + 1_200_000);
            for now in (0..end).step_by(1_000) {
                // The tail shows what was ingested within the last second, except every hundredth line.
                let shown = (now - 1_000) / 200..now / 200;
                let events = shown.filter(|n| *n >= 0 && n % 100 != 0);
                let events = events.map(|n| ("/g".to_owned(), LogEvent { id: Piece::default(), ..line(n) })).collect();
                seen.take(follower.live(LiveUpdate { events, ..LiveUpdate::default() }, now));
                for ask in follower.tick(now) {
                    let batch = if (works..broken).contains(&now) {
                        follower.failed(ask.number, Failure::new(FailureKind::Unreachable, "no"), now)
                    } else {
                        follower.page(ask.number, answer(ask.window.from, ask.window.to, now), now)
                    };
                    seen.take(batch);
                }
                most = most.max(follower.remembered());
            }
            // Lines are remembered both by id and by text.
            assert!(most <= 2 * (MOST + 5), "{most} are remembered");
            assert!(seen.times.iter().all(|times| *times <= 1), "nothing comes twice");
            assert!(!seen.gaps.is_empty() && seen.gaps.len() < 200, "{} gaps", seen.gaps.len());
            let missing: Vec<Ms> = (0..(end - 60_000) / 200).filter(|n| seen.times[*n as usize] == 0).collect();
            assert!(missing.len() > 500, "what the tail did not show while nothing else was read is not there");
            for at in missing.iter().map(|n| n * 200) {
                assert!(seen.gaps.iter().any(|gap| (gap.from..=gap.to).contains(&at)), "{at} is missing and in no gap");
            }
            assert!(seen.gaps.is_sorted_by(|one, next| one.to <= next.from), "{:?}", seen.gaps);
            let last = seen.gaps.last().expect("one").to;
            assert!((broken - 400_000..broken).contains(&last), "the time that is remembered is read again: {last}");
        }
    }
}
