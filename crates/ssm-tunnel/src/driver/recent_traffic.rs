//! The recent traffic of a connection.

use crate::time::Time;
use std::time::Duration;

/// The number of parts that a second is divided into.
const PARTS: usize = 4;
const PART: Duration = Duration::from_millis(250);

/// The number of bytes moved within the last second, accurate to a quarter second.
#[derive(Debug, Default)]
pub(super) struct Recent {
    parts: [usize; PARTS],
    /// The index of the newest part.
    newest: usize,
}

impl Recent {
    /// Adds bytes that were moved at this time.
    pub(super) fn add(&mut self, bytes: usize, now: Time) {
        let part = part(now);
        for expired in (self.newest + 1..=part).rev().take(PARTS) {
            self.parts[expired % PARTS] = 0;
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
    fn bytes_expire_after_a_second() {
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
        fn recent_bytes_cover_between_three_quarters_and_one_second(
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
                let counted = recent.bytes(now);
                prop_assert!((within(750)..=within(1000)).contains(&counted), "{counted}");
            }
        }
    }
}
