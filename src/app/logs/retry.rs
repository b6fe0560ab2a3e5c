//! How long to wait until something that failed is asked for again: the one rule of this room, for pages, live
//! tails, lists of groups, in the pane and in the command.

use crate::model::logs::Ms;

/// The wait after the first failure, in milliseconds.
const FIRST: Ms = 1_000;
/// No wait is longer.
const LONGEST: Ms = 60_000;

/// The wait after so many failures in a row: doubled each time, a minute at most.
pub fn wait(failures: u32) -> Ms {
    (FIRST << failures.saturating_sub(1).min(10)).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_a_minute() {
        let waits: Vec<Ms> = [0, 1, 2, 3, 6, 7, 8, 1_000, u32::MAX].map(wait).into();
        assert_eq!(waits, [1_000, 1_000, 2_000, 4_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
    }
}
