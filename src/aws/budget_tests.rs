//! Buckets, lanes, and who is alone with a limit.

use super::*;

#[test]
fn a_burst_then_the_rate() {
    let start = Instant::now();
    let budget = Budget::default();
    let take = || budget.reserve(Class::EcsServices, Priority::Background, start);
    for _ in 0..47 {
        assert_eq!(take(), Duration::ZERO, "nearly half of the burst of 100 goes at once");
    }
    for _ in 0..19 {
        take();
    }
    let last = take().as_secs_f64();
    assert!((1.9..2.2).contains(&last), "then nearly 10 a second: {last}");
    let later = start + Duration::from_mins(1);
    assert_eq!(budget.reserve(Class::EcsServices, Priority::Background, later), Duration::ZERO);
}

#[test]
fn one_reader_has_nearly_the_whole_limit_until_others_share_it() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.alone();
    let take = |lane| budget.reserve(Class::EcsClusters, lane, start);
    let at_once = (0..100).take_while(|_| take(Priority::Background).is_zero()).count();
    assert_eq!(at_once, 49, "of a burst of 50");
    for _ in 0..19 {
        take(Priority::Operator);
    }
    let last = take(Priority::Background).as_secs_f64();
    assert!((1.0..1.1).contains(&last), "then nearly 20 a second, whichever lane: {last}");
    budget.crowded(Class::EcsClusters, start);
    let crowded = take(Priority::Operator).as_secs_f64();
    assert!(crowded > 2.0 * last - 0.1, "half as often from then on: {crowded}");
    budget.shared();
    for lane in [Priority::Operator, Priority::Background] {
        assert!(take(lane) > Duration::from_secs(1), "what was taken alone is gone for both");
        assert_eq!(budget.reserve(Class::Rds, lane, start), Duration::ZERO, "what was not is there");
    }
}

#[test]
fn another_limit_counts_for_who_is_alone_too() {
    let start = Instant::now();
    for alone in [false, true] {
        let budget = Budget::default();
        if alone {
            budget.alone();
        }
        // Without it, 9 of the documented 10 go at once.
        budget.whole(Class::LogsFilter, 5.0, start);
        let at_once = |lane| (0..20).take_while(|_| budget.reserve(Class::LogsFilter, lane, start).is_zero()).count();
        let expected = if alone { [4, 0] } else { [2, 2] };
        assert_eq!([Priority::Operator, Priority::Background].map(at_once), expected, "alone: {alone}");
    }
}

#[test]
fn halves_are_as_slow_as_throttling_left_the_whole() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.alone();
    budget.reserve(Class::EcsClusters, Priority::Operator, start);
    budget.crowded(Class::EcsClusters, start);
    budget.shared();
    for lane in [Priority::Operator, Priority::Background] {
        let wait = budget.reserve(Class::EcsClusters, lane, start).as_secs_f64();
        assert!(wait > 0.15, "nothing is left, and it comes at half of the 10 a second: {wait}");
    }
}

#[test]
fn a_region_with_a_smaller_quota_is_asked_less_often() {
    let start = Instant::now();
    let at_once = |region: &str| {
        let budget = Budget::default();
        budget.asks_in(region);
        let free = || budget.reserve(Class::LogsFilter, Priority::Operator, start).is_zero();
        (0..100).take_while(|_| free()).count()
    };
    assert_eq!((at_once("us-east-1"), at_once("ap-northeast-1"), at_once("eu-central-1")), (11, 4, 2));
}

#[test]
fn a_person_does_not_wait_behind_polling() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.charge(Class::Rds, Priority::Background, 500, start);
    assert!(budget.reserve(Class::Rds, Priority::Background, start) > Duration::from_secs(30));
    assert_eq!(budget.reserve(Class::Rds, Priority::Operator, start), Duration::ZERO);
}

#[test]
fn throttling_slows_one_class_and_it_recovers() {
    let start = Instant::now();
    let mut bucket = Bucket::new(10.0, 50.0, start);
    let paced = |bucket: &Bucket, at: Instant, pace: f64| (bucket.pace(at) - pace).abs() < 0.01;
    bucket.slow_down(start);
    bucket.slow_down(start);
    assert!(paced(&bucket, start, 5.0), "answers at the same time count once");
    assert!(bucket.next(start) > Duration::ZERO, "no burst is left");
    assert!(paced(&bucket, start + RECOVERY / 2, 7.5));
    assert!(paced(&bucket, start + RECOVERY, 10.0));
    for second in 0..20 {
        bucket.slow_down(start + SAME * second);
    }
    assert!(bucket.pace(start + SAME * 20) >= 10.0 * SLOWEST);
}

#[test]
fn others_go_on_while_one_is_throttled() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.slow_down(Class::Alarms, start);
    assert_eq!(budget.reserve(Class::Rds, Priority::Background, start), Duration::ZERO);
    assert_eq!(budget.reserve(Class::Alarms, Priority::Operator, start), Duration::ZERO);
    assert!(budget.reserve(Class::Alarms, Priority::Background, start) > Duration::ZERO);
}
