//! How much a connection has moved lately.

use crate::time::Time;
use std::time::Duration;

/// The second is kept in as many parts.
const PARTS: usize = 4;
const PART: Duration = Duration::from_millis(250);

/// How many bytes were moved within the last second, to a quarter of it.
#[derive(Debug, Default)]
pub(super) struct Recent {
    parts: [usize; PARTS],
    /// The number of the newest part.
    newest: usize,
}

impl Recent {
    /// Counts bytes that were carried at this time.
    pub(super) fn add(&mut self, bytes: usize, now: Time) {
        let part = part(now);
        for forgotten in (self.newest + 1..=part).rev().take(PARTS) {
            self.parts[forgotten % PARTS] = 0;
        }
        self.newest = part;
        self.parts[part % PARTS] += bytes;
    }

    /// The bytes of the last second.
    pub(super) fn bytes(&self, now: Time) -> usize {
        let oldest = (part(now) + 1).saturating_sub(PARTS);
        (oldest..=self.newest).rev().take(PARTS).map(|part| self.parts[part % PARTS]).sum()
    }
}

fn part(now: Time) -> usize {
    (now.as_millis() / PART.as_millis()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_are_forgotten_after_a_second() {
        let mut recent = Recent::default();
        let at = Duration::from_millis;
        recent.add(5, at(100));
        recent.add(7, at(900));
        assert_eq!((recent.bytes(at(900)), recent.bytes(at(1100)), recent.bytes(at(2000))), (12, 7, 0));
        recent.add(1, at(90_000));
        assert_eq!((recent.bytes(at(90_000)), recent.bytes(at(91_000))), (1, 0));
    }

    proptest! {
        #[test]
        fn it_is_never_more_than_what_was_moved_in_a_second_nor_less_than_in_three_quarters(
            steps in prop::collection::vec((0u64..600, 0usize..1000), 1..40)
        ) {
            let (mut recent, mut all, mut now) = (Recent::default(), Vec::new(), Duration::ZERO);
            for (wait, bytes) in steps {
                now += Duration::from_millis(wait);
                recent.add(bytes, now);
                all.push((now, bytes));
                let within = |span: u64| -> usize {
                    all.iter().filter(|(at, _)| now.saturating_sub(*at) < Duration::from_millis(span)).map(|(_, bytes)| bytes).sum()
                };
                let told = recent.bytes(now);
                prop_assert!((within(750)..=within(1000)).contains(&told), "{told}");
            }
        }
    }
}
