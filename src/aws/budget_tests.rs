//! Tests of buckets, priorities, and single readers.

use super::*;

#[test]
fn burst_is_followed_by_the_rate() {
    let start = Instant::now();
    let budget = Budget::default();
    let take = || budget.reserve(Class::EcsServices, Priority::Background, start);
    for _ in 0..47 {
        assert_eq!(take(), Duration::ZERO, "nearly half of the burst of 100 is available at once");
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
fn single_reader_gets_nearly_the_whole_limit_until_shared() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.set_single_reader();
    let take = |priority| budget.reserve(Class::EcsClusters, priority, start);
    let at_once = (0..100).take_while(|_| take(Priority::Background).is_zero()).count();
    assert_eq!(at_once, 49, "of a burst of 50");
    for _ in 0..19 {
        take(Priority::Operator);
    }
    let last = take(Priority::Background).as_secs_f64();
    assert!((1.0..1.1).contains(&last), "then nearly 20 a second in either priority: {last}");
    budget.slow_down_single_reader(Class::EcsClusters, start);
    let crowded = take(Priority::Operator).as_secs_f64();
    assert!(crowded > 2.0 * last - 0.1, "half the rate from then on: {crowded}");
    budget.start_polling();
    for priority in [Priority::Operator, Priority::Background] {
        assert!(take(priority) > Duration::from_secs(1), "the single reader's tokens are gone for both priorities");
        assert_eq!(budget.reserve(Class::Rds, priority, start), Duration::ZERO, "nothing else is there");
    }
}

#[test]
fn single_reader_is_refilled_from_the_first_answer() {
    let start = Instant::now();
    let after = |milliseconds| start + Duration::from_millis(milliseconds);
    let waits = |answer: Option<u64>, at| {
        let budget = Budget::default();
        budget.set_single_reader();
        for _ in 0..49 {
            budget.reserve(Class::EcsClusters, Priority::Operator, start);
        }
        if let Some(milliseconds) = answer {
            budget.answered(Class::EcsClusters, after(milliseconds));
        }
        budget.reserve(Class::EcsClusters, Priority::Operator, after(at)).as_millis()
    };
    // 19.8 a second: a token every 50.5 ms, and those granted before the first request arrives would be too many.
    assert_eq!(waits(None, 400), 50, "nothing is refilled before the first answer");
    assert_eq!(waits(Some(380), 400), 30, "refilled for 20 ms");
    assert_eq!(waits(None, 1020), 30, "a request without an answer holds it up for a second");
    assert_eq!(waits(Some(1010), 1020), 30, "a late answer changes nothing");
}

#[test]
fn changed_limit_applies_to_a_single_reader_too() {
    let start = Instant::now();
    for alone in [false, true] {
        let budget = Budget::default();
        if alone {
            budget.set_single_reader();
        }
        // Otherwise, 9 of the documented 10 go at once.
        budget.set_limit(Class::LogsFilter, 5.0, start);
        let at_once =
            |priority| (0..20).take_while(|_| budget.reserve(Class::LogsFilter, priority, start).is_zero()).count();
        let expected = if alone { [4, 0] } else { [2, 2] };
        assert_eq!([Priority::Operator, Priority::Background].map(at_once), expected, "alone: {alone}");
    }
}

#[test]
fn shared_halves_keep_the_throttled_rate() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.set_single_reader();
    budget.reserve(Class::EcsClusters, Priority::Operator, start);
    budget.slow_down_single_reader(Class::EcsClusters, start);
    budget.start_polling();
    for priority in [Priority::Operator, Priority::Background] {
        let wait = budget.reserve(Class::EcsClusters, priority, start).as_secs_f64();
        assert!(wait > 0.15, "no tokens are left, and half of the 10 per second is refilled: {wait}");
    }
}

#[test]
fn region_with_a_smaller_quota_gets_a_lower_rate() {
    let start = Instant::now();
    let at_once = |region: &str| {
        let budget = Budget::default();
        budget.set_region(region);
        let free = || budget.reserve(Class::LogsFilter, Priority::Operator, start).is_zero();
        (0..100).take_while(|_| free()).count()
    };
    assert_eq!((at_once("us-east-1"), at_once("ap-northeast-1"), at_once("eu-central-1")), (11, 4, 2));
}

#[test]
fn operator_does_not_wait_behind_polling() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.charge(Class::Rds, Priority::Background, 500, start);
    assert!(budget.reserve(Class::Rds, Priority::Background, start) > Duration::from_secs(30));
    assert_eq!(budget.reserve(Class::Rds, Priority::Operator, start), Duration::ZERO);
}

#[test]
fn throttled_class_slows_and_recovers() {
    let start = Instant::now();
    let mut bucket = Bucket::new(10.0, 50.0, start);
    let paced = |bucket: &Bucket, at: Instant, pace: f64| (bucket.current_rate(at) - pace).abs() < 0.01;
    bucket.slow_down(start);
    bucket.slow_down(start);
    assert!(paced(&bucket, start, 5.0), "answers at the same time count once");
    assert!(bucket.reserve(start) > Duration::ZERO, "no burst is left");
    assert!(paced(&bucket, start + RECOVERY / 2, 7.5));
    assert!(paced(&bucket, start + RECOVERY, 10.0));
    for second in 0..20 {
        bucket.slow_down(start + SAME * second);
    }
    assert!(bucket.current_rate(start + SAME * 20) >= 10.0 * SLOWEST);
}

#[test]
fn other_classes_continue_while_one_is_throttled() {
    let start = Instant::now();
    let budget = Budget::default();
    budget.slow_down(Class::Alarms, start);
    assert_eq!(budget.reserve(Class::Rds, Priority::Background, start), Duration::ZERO);
    assert_eq!(budget.reserve(Class::Alarms, Priority::Operator, start), Duration::ZERO);
    assert!(budget.reserve(Class::Alarms, Priority::Background, start) > Duration::ZERO);
}
