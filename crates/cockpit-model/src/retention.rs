//! The retention of past data in AWS. A request for an earlier time returns nothing, as if nothing had happened.

use super::logs::{LogGroup, Ms};
use super::source::Source;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The retention of each source's events, in days. Sources: `DescribeEvents` of RDS; `DescribeAlarmHistory`;
/// `DescribeScalingActivities` ("the previous six weeks"); `LookupEvents`; "Viewing Amazon ECS service deployments";
/// "Metrics retention" of `CloudWatch`.
const RETENTION: [(Source, &str, i64); 6] = [
    (Source::RdsEvents, "RDS keeps events", 14),
    (Source::AlarmHistory, "CloudWatch keeps changes of alarms", 30),
    (Source::ScalingActivities, "Application Auto Scaling keeps activities", 42),
    (Source::Rollouts, "ECS keeps service deployments", 90),
    (Source::Trail, "CloudTrail keeps events", 90),
    (Source::Metrics, "CloudWatch keeps metrics", 455),
];

/// Allowance for clock differences: requests reach back this much less than the retention allows.
const SLACK: SignedDuration = SignedDuration::from_mins(10);

/// Returns the retention of this source's events in days, with a phrase naming the service; `None` if they are kept
/// forever or not at all.
pub fn retention_days(source: Source) -> Option<(&'static str, i64)> {
    RETENTION.iter().find(|(kept, ..)| *kept == source).map(|(_, who, days)| (*who, *days))
}

/// Returns the earliest time for which this source can be queried; `None` if there is no limit.
pub fn earliest_time(source: Source, now: Timestamp) -> Option<Timestamp> {
    let (_, days) = retention_days(source)?;
    now.checked_sub(SignedDuration::from_hours(24 * days) - SLACK).ok()
}

/// Returns sentences on log groups whose retention is shorter than the requested time range.
pub fn log_retention_notes(groups: &[LogGroup], names: &[String], since: Ms, now: Ms) -> Vec<String> {
    const DAY: Ms = 24 * 3_600_000;
    let mut too_short: BTreeMap<i32, Vec<&str>> = BTreeMap::new();
    for group in groups.iter().filter(|group| names.contains(&group.name)) {
        if let Some(days) = group.retention_days.filter(|days| now - since > Ms::from(*days) * DAY) {
            too_short.entry(days).or_default().push(&group.name);
        }
    }
    let words = |(days, names): (i32, Vec<&str>)| {
        let (keep, have) = if names.len() == 1 { ("keeps", "it has") } else { ("keep", "they have") };
        let days = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
        format!("{} {keep} lines for {days}: of what was before {have} nothing", names.join(", "))
    };
    too_short.into_iter().map(words).collect()
}

/// Returns sentences on sources whose retention does not reach back to `since`.
pub fn retention_gaps(since: Timestamp, now: Timestamp, asked: impl Fn(Source) -> bool) -> Vec<String> {
    let days = now.duration_since(since).as_hours() / 24;
    let over = RETENTION.iter().filter(|(source, _, kept)| days > *kept && asked(*source));
    over.map(|(_, who, kept)| format!("{who} for {kept} days: of what was before it tells nothing")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_log_retention_is_reported() {
        const DAY: Ms = 24 * 3_600_000;
        let group = |name: &str, days| LogGroup { name: name.into(), bytes: 0, retention_days: days, created: None };
        let all = [group("/a", Some(30)), group("/b", Some(30)), group("/c", Some(1)), group("/d", None)];
        let names: Vec<String> = ["/a", "/b", "/c", "/d"].map(str::to_owned).to_vec();
        assert_eq!(log_retention_notes(&all, &names, 0, DAY), Vec::<String>::new());
        assert_eq!(
            log_retention_notes(&all, &names, 0, 31 * DAY),
            [
                "/c keeps lines for a day: of what was before it has nothing",
                "/a, /b keep lines for 30 days: of what was before they have nothing",
            ]
        );
        assert_eq!(log_retention_notes(&all, &names[..1], 0, 31 * DAY).len(), 1, "only requested groups are reported");
    }

    #[test]
    fn requests_do_not_reach_beyond_the_retention() {
        let now: Timestamp = "2026-11-20T05:02:31Z".parse().unwrap();
        let oldest = |source| earliest_time(source, now).map(|at| at.to_string());
        assert_eq!(oldest(Source::Trail).as_deref(), Some("2026-08-22T05:12:31Z"));
        assert_eq!(oldest(Source::Services), None);
    }

    #[test]
    fn only_queried_sources_report_their_retention() {
        let now: Timestamp = "2026-11-20T05:02:31Z".parse().unwrap();
        let of = |days: i64, asked: &dyn Fn(Source) -> bool| {
            retention_gaps(now - SignedDuration::from_hours(24 * days), now, asked)
        };
        assert_eq!(of(14, &|_| true), Vec::<String>::new());
        assert_eq!(of(1000, &|_| true).len(), RETENTION.len());
        let alarms = of(31, &|source| source == Source::AlarmHistory);
        assert_eq!(alarms, ["CloudWatch keeps changes of alarms for 30 days: of what was before it tells nothing"]);
    }
}
