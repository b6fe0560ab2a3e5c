//! Puts lines of several groups in order of time. A line waits until every group was read past its time, but never
//! longer than the delay: ordering is worth waiting one second, no more.

use crate::model::logs::Ms;
use std::collections::VecDeque;

/// The limits of one release.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Number of runs above which they are merged into one: scanning each run is expensive.
    runs: usize,
    /// Number of items released at once. Items of the last one's millisecond are all released together; a million at
    /// once would be copied through all of the memory.
    at_once: usize,
}

const USUAL: Limits = Limits { runs: 32, at_once: 4_096 };

/// Lines waiting for earlier ones of other groups. `T` is a line or a note.
#[derive(Debug, Clone)]
pub struct ReorderBuffer<T> {
    delay: Ms,
    limits: Limits,
    /// Runs in order of time, as pages are: an item goes to a run that ends before it.
    runs: Vec<VecDeque<Waiting<T>>>,
    /// The run that received the last item.
    latest: usize,
    aging: VecDeque<(Ms, Ms)>,
    serial: u64,
    waiting: usize,
    /// Number of items that wait only for their turn.
    ready: usize,
    /// Everything up to this time is released.
    bound: Ms,
}

#[derive(Debug, Clone)]
struct Waiting<T> {
    at: Ms,
    serial: u64,
    item: T,
}

impl<T> Waiting<T> {
    fn place(&self) -> (Ms, u64) {
        (self.at, self.serial)
    }
}

impl<T> ReorderBuffer<T> {
    /// An order in which a line waits no longer than this, in milliseconds; `Ms::MAX` waits forever.
    pub fn new(delay: Ms) -> Self {
        Self::with_limits(delay, USUAL)
    }

    fn with_limits(delay: Ms, limits: Limits) -> Self {
        Self {
            delay,
            limits,
            runs: Vec::new(),
            latest: 0,
            aging: VecDeque::new(),
            serial: 0,
            waiting: 0,
            ready: 0,
            bound: Ms::MIN,
        }
    }

    /// Adds an item that was written at `at` and arrived now.
    pub fn push(&mut self, at: Ms, now: Ms, item: T) {
        self.serial += 1;
        self.waiting += 1;
        let waiting = Waiting { at, serial: self.serial, item };
        let fits = |run: &VecDeque<Waiting<T>>| run.back().is_none_or(|last| last.at <= at);
        // Most lines belong right after the previous one.
        if !self.runs.get(self.latest).is_some_and(fits) {
            self.latest = self.runs.iter().position(fits).unwrap_or(self.runs.len());
        }
        if let Some(run) = self.runs.get_mut(self.latest) {
            run.push_back(waiting);
        } else {
            if self.runs.len() >= self.limits.runs {
                let mut merged: Vec<_> = self.runs.drain(..).flatten().collect();
                merged.sort_by_key(Waiting::place);
                self.runs.push(merged.into());
            }
            self.latest = self.runs.len();
            self.runs.push(VecDeque::from([waiting]));
        }
        if self.delay != Ms::MAX {
            self.aging.push_back((now, at));
        }
    }

    /// Number of lines waiting.
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether no line waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Returns the lines that are due: those before the time that every group was read past, and those that have waited
    /// long enough. More may be ready than are returned: see `Self::ready`.
    pub fn release(&mut self, now: Ms, covered: Ms) -> Vec<T> {
        while self.aging.front().is_some_and(|(came, _)| now - came >= self.delay) {
            let Some((_, at)) = self.aging.pop_front() else { break };
            self.bound = self.bound.max(at);
        }
        self.until(self.bound.max(covered), self.limits.at_once)
    }

    /// Number of lines that could be released at once, because the last release reached its limit.
    pub fn releasable_count(&self) -> usize {
        self.ready
    }

    /// Releases every waiting line, in order.
    pub fn flush(&mut self) -> Vec<T> {
        self.aging.clear();
        self.until(Ms::MAX, usize::MAX)
    }

    /// The items written up to a time, in order.
    fn until(&mut self, bound: Ms, most: usize) -> Vec<T> {
        let mut out = Vec::new();
        let mut last = Ms::MIN;
        loop {
            // Finds the first run, and how far it goes: up to where the next one begins.
            let mut heads: Option<(usize, (Ms, u64))> = None;
            let mut next = (bound, u64::MAX);
            for (n, run) in self.runs.iter().enumerate() {
                let Some(place) = run.front().map(Waiting::place).filter(|(at, _)| *at <= bound) else { continue };
                match heads {
                    Some((_, first)) if place > first => next = next.min(place),
                    _ => {
                        next = heads.map_or(next, |(_, first)| first.min(next));
                        heads = Some((n, place));
                    }
                }
            }
            let Some((first, (at, _))) = heads.filter(|(_, (at, _))| out.len() < most || *at == last) else { break };
            last = at;
            let run = &mut self.runs[first];
            let more = |waiting: &Waiting<T>, last: Ms, out: usize| {
                waiting.place() <= next && (waiting.at == last || out < most)
            };
            while let Some(waiting) = run.pop_front_if(|waiting| more(waiting, last, out.len())) {
                last = waiting.at;
                out.push(waiting.item);
            }
        }
        self.runs.retain(|run| !run.is_empty());
        self.waiting -= out.len();
        let ready = |run: &VecDeque<Waiting<T>>| run.partition_point(|waiting| waiting.at <= bound);
        self.ready = if out.len() < most { 0 } else { self.runs.iter().map(ready).sum() };
        out
    }

    /// When the next line has waited long enough, if any waits.
    pub fn due(&self) -> Option<Ms> {
        if self.is_empty() {
            return None;
        }
        self.aging.front().map(|(came, _)| came + self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Limits so small that every test reaches both.
    const FEW: Limits = Limits { runs: 4, at_once: 7 };

    #[test]
    fn line_waits_for_other_groups_but_not_for_long() {
        let mut order = ReorderBuffer::with_limits(1_000, FEW);
        order.push(50, 100, "b");
        order.push(40, 200, "a");
        order.push(90, 300, "c");
        assert!(order.release(900, 30).is_empty());
        assert_eq!(order.release(900, 40), ["a"]);
        assert_eq!(order.due(), Some(1_100));
        assert_eq!(order.release(1_100, 40), ["b"]);
        assert_eq!(order.release(1_300, 40), ["c"]);
        order.push(10, 1_400, "late");
        assert_eq!(order.release(1_400, 40), ["late"], "what is late waits for nobody");
        let mut eager = ReorderBuffer::with_limits(0, FEW);
        eager.push(9, 1, "x");
        assert_eq!(eager.release(1, 0), ["x"]);
    }

    #[test]
    fn release_returns_at_most_4096_lines() {
        let mut order = ReorderBuffer::with_limits(Ms::MAX, FEW);
        for n in 0..10_000 {
            order.push(n / 3, 0, n);
        }
        let mut released = Vec::new();
        loop {
            released.extend(order.release(0, 3_332));
            assert_eq!(order.releasable_count(), 9_999 - released.len());
            if order.releasable_count() == 0 {
                break;
            }
        }
        assert_eq!((released.len(), order.len()), (9_999, 1));
        assert!(released.is_sorted());
    }

    #[test]
    fn lines_of_one_millisecond_are_released_together() {
        let mut order = ReorderBuffer::with_limits(Ms::MAX, FEW);
        // Two runs, alternating.
        for n in 0..20 {
            order.push(5, 0, n);
            order.push(4, 0, -n);
        }
        order.push(6, 0, 100);
        assert_eq!(order.release(0, 6).len(), 20, "more than go out at once");
        assert_eq!(order.release(0, 6).len(), 20);
        assert_eq!((order.release(0, 6), order.len()), (vec![100], 0));
    }

    #[test]
    fn without_a_delay_limit_lines_wait_until_all_groups_are_read() {
        let mut order = ReorderBuffer::with_limits(Ms::MAX, FEW);
        order.push(5, 0, 1);
        order.push(9, 0, 2);
        assert_eq!(order.release(1_000_000, 5), [1]);
        assert_eq!(order.flush(), [2]);
    }

    proptest::proptest! {
        #![proptest_config(crate::app::testing::cases(64))]

        /// However lines arrive, they are released in order of time, and of arrival if the times are equal.
        #[test]
        fn lines_are_released_in_order_of_time(
            steps in proptest::collection::vec((0_i64..400, 0_i64..9), 0..300),
        ) {
            let mut order = ReorderBuffer::with_limits(Ms::MAX, FEW);
            let mut waiting: Vec<(Ms, usize)> = Vec::new();
            for (n, (at, step)) in steps.into_iter().enumerate() {
                order.push(at, 0, n);
                waiting.push((at, n));
                if step == 0 {
                    waiting.sort_unstable();
                    let due = waiting.partition_point(|(time, _)| *time <= at);
                    let expected: Vec<usize> = waiting.drain(..due).map(|(_, n)| n).collect();
                    let mut out = order.release(0, at);
                    while order.releasable_count() > 0 {
                        proptest::prop_assert_eq!(order.releasable_count() + out.len(), expected.len());
                        out.extend(order.release(0, at));
                    }
                    proptest::prop_assert_eq!(out, expected);
                    proptest::prop_assert_eq!(order.len(), waiting.len());
                }
            }
            waiting.sort_unstable();
            let rest: Vec<usize> = waiting.into_iter().map(|(_, n)| n).collect();
            proptest::prop_assert_eq!(order.flush(), rest);
            proptest::prop_assert!(order.is_empty());
        }
    }
}
