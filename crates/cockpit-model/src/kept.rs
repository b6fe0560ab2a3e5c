//! For how long AWS keeps what it tells of the past: what is asked for beyond that is not there, which looks as if nothing had
//! happened.

use super::source::Source;
use jiff::Timestamp;

/// Who keeps what for how many days. Sources: `DescribeEvents` of RDS; `DescribeAlarmHistory`; `DescribeScalingActivities`
/// ("the previous six weeks"); `LookupEvents`; "Viewing Amazon ECS service deployments"; "Metrics retention" of `CloudWatch`.
const KEPT: [(Source, &str, i64); 6] = [
    (Source::RdsEvents, "RDS keeps events", 14),
    (Source::AlarmHistory, "CloudWatch keeps changes of alarms", 30),
    (Source::ScalingActivities, "Application Auto Scaling keeps activities", 42),
    (Source::Rollouts, "ECS keeps service deployments", 90),
    (Source::Trail, "CloudTrail keeps events", 90),
    (Source::Metrics, "CloudWatch keeps metrics", 455),
];

/// Of the time since a moment, what is gone by now of these sources, in sentences.
pub fn gone(since: Timestamp, now: Timestamp, asked: impl Fn(Source) -> bool) -> Vec<String> {
    let days = now.duration_since(since).as_hours() / 24;
    let over = KEPT.iter().filter(|(source, _, kept)| days > *kept && asked(*source));
    over.map(|(_, who, kept)| format!("{who} for {kept} days: of what was before it tells nothing")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    #[test]
    fn what_is_gone_is_told_of_what_was_asked() {
        let now: Timestamp = "2026-11-20T05:02:31Z".parse().unwrap();
        let of =
            |days: i64, asked: &dyn Fn(Source) -> bool| gone(now - SignedDuration::from_hours(24 * days), now, asked);
        assert_eq!(of(14, &|_| true), Vec::<String>::new());
        assert_eq!(of(1000, &|_| true).len(), KEPT.len());
        let alarms = of(31, &|source| source == Source::AlarmHistory);
        assert_eq!(alarms, ["CloudWatch keeps changes of alarms for 30 days: of what was before it tells nothing"]);
    }
}
