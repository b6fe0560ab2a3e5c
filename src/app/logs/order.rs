//! Lines of several groups in the order of their time. A line waits until every group was read past
//! its time, but never longer than the delay: order is worth a second, not more.

use crate::model::logs::Ms;
use std::collections::{BTreeMap, VecDeque};

/// What waits. `T` is a line or a note.
#[derive(Debug, Clone)]
pub struct Order<T> {
    delay: Ms,
    waiting: BTreeMap<(Ms, u64), T>,
    aging: VecDeque<(Ms, Ms)>,
    serial: u64,
    /// Everything up to this time goes out.
    bound: Ms,
}

impl<T> Order<T> {
    /// With the longest time that a line waits, in milliseconds; `Ms::MAX` is for ever.
    pub fn new(delay: Ms) -> Self {
        Self { delay, waiting: BTreeMap::new(), aging: VecDeque::new(), serial: 0, bound: Ms::MIN }
    }

    /// Takes one in that was written at a time and has come now.
    pub fn push(&mut self, at: Ms, now: Ms, item: T) {
        self.serial += 1;
        self.waiting.insert((at, self.serial), item);
        if self.delay != Ms::MAX {
            self.aging.push_back((now, at));
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What may go out now: up to the time that every group was read past, and what has waited.
    pub fn release(&mut self, now: Ms, covered: Ms) -> Vec<T> {
        while self.aging.front().is_some_and(|(came, _)| now - came >= self.delay) {
            let Some((_, at)) = self.aging.pop_front() else { break };
            self.bound = self.bound.max(at);
        }
        let bound = self.bound.max(covered);
        let rest = self.waiting.split_off(&(bound.saturating_add(1), 0));
        std::mem::replace(&mut self.waiting, rest).into_values().collect()
    }

    /// Everything.
    pub fn flush(&mut self) -> Vec<T> {
        self.aging.clear();
        std::mem::take(&mut self.waiting).into_values().collect()
    }

    /// When the next one has waited long enough, if any waits.
    pub fn due(&self) -> Option<Ms> {
        if self.waiting.is_empty() {
            return None;
        }
        self.aging.front().map(|(came, _)| came + self.delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_waits_for_the_others_but_not_for_long() {
        let mut order = Order::new(1_000);
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
        let mut eager = Order::new(0);
        eager.push(9, 1, "x");
        assert_eq!(eager.release(1, 0), ["x"]);
    }

    #[test]
    fn for_ever_is_until_covered() {
        let mut order = Order::new(Ms::MAX);
        order.push(5, 0, 1);
        order.push(9, 0, 2);
        assert_eq!(order.release(1_000_000, 5), [1]);
        assert_eq!(order.flush(), [2]);
    }
}
