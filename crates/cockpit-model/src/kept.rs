//! For how long AWS keeps what it tells of the past: what is asked for beyond that is not there, which looks as if nothing had
//! happened.

use super::logs::{LogGroup, Ms};
use super::source::Source;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The days for which each source keeps its events. Sources: `DescribeEvents` of RDS; `DescribeAlarmHistory`;
/// `DescribeScalingActivities` ("the previous six weeks"); `LookupEvents`; "Viewing Amazon ECS service deployments";
/// "Metrics retention" of `CloudWatch`.
const KEPT: [(Source, &str, i64); 6] = [
    (Source::RdsEvents, "RDS keeps events", 14),
    (Source::AlarmHistory, "CloudWatch keeps changes of alarms", 30),
    (Source::ScalingActivities, "Application Auto Scaling keeps activities", 42),
    (Source::Rollouts, "ECS keeps service deployments", 90),
    (Source::Trail, "CloudTrail keeps events", 90),
    (Source::Metrics, "CloudWatch keeps metrics", 455),
];

/// Clocks differ by less: what is asked for begins so much later than AWS may still know it.
const SLACK: SignedDuration = SignedDuration::from_mins(10);

/// The days for which AWS keeps the events of this source, and the service that does; none where they are kept for ever
/// or not at all.
pub fn days(source: Source) -> Option<(&'static str, i64)> {
    KEPT.iter().find(|(kept, ..)| *kept == source).map(|(_, who, days)| (*who, *days))
}

/// The earliest moment that this source can be asked about now; none where there is no such.
pub fn oldest(source: Source, now: Timestamp) -> Option<Timestamp> {
    let (_, days) = days(source)?;
    now.checked_sub(SignedDuration::from_hours(24 * days) - SLACK).ok()
}

/// How long groups keep their lines, where what was asked for reaches further back, in sentences.
pub fn lines(all: &[LogGroup], names: &[String], since: Ms, now: Ms) -> Vec<String> {
    const DAY: Ms = 24 * 3_600_000;
    let mut short: BTreeMap<i32, Vec<&str>> = BTreeMap::new();
    for group in all.iter().filter(|group| names.contains(&group.name)) {
        if let Some(days) = group.retention_days.filter(|days| now - since > Ms::from(*days) * DAY) {
            short.entry(days).or_default().push(&group.name);
        }
    }
    let words = |(days, names): (i32, Vec<&str>)| {
        let (keep, have) = if names.len() == 1 { ("keeps", "it has") } else { ("keep", "they have") };
        let days = if days == 1 { "a day".to_owned() } else { format!("{days} days") };
        format!("{} {keep} lines for {days}: of what was before {have} nothing", names.join(", "))
    };
    short.into_iter().map(words).collect()
}

/// Sentences on sources that no longer keep all of the time since a moment.
pub fn gone(since: Timestamp, now: Timestamp, asked: impl Fn(Source) -> bool) -> Vec<String> {
    let days = now.duration_since(since).as_hours() / 24;
    let over = KEPT.iter().filter(|(source, _, kept)| days > *kept && asked(*source));
    over.map(|(_, who, kept)| format!("{who} for {kept} days: of what was before it tells nothing")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_a_group_keeps_no_longer_are_told() {
        const DAY: Ms = 24 * 3_600_000;
        let group = |name: &str, days| LogGroup { name: name.into(), bytes: 0, retention_days: days, created: None };
        let all = [group("/a", Some(30)), group("/b", Some(30)), group("/c", Some(1)), group("/d", None)];
        let names: Vec<String> = ["/a", "/b", "/c", "/d"].map(str::to_owned).to_vec();
        assert_eq!(lines(&all, &names, 0, DAY), Vec::<String>::new());
        assert_eq!(
            lines(&all, &names, 0, 31 * DAY),
            [
                "/c keeps lines for a day: of what was before it has nothing",
                "/a, /b keep lines for 30 days: of what was before they have nothing",
            ]
        );
        assert_eq!(lines(&all, &names[..1], 0, 31 * DAY).len(), 1, "only of those that were asked");
    }

    #[test]
    fn nothing_is_asked_of_a_time_of_which_nothing_is_kept() {
        let now: Timestamp = "2026-11-20T05:02:31Z".parse().unwrap();
        let oldest = |source| oldest(source, now).map(|at| at.to_string());
        assert_eq!(oldest(Source::Trail).as_deref(), Some("2026-08-22T05:12:31Z"));
        assert_eq!(oldest(Source::Services), None);
    }

    #[test]
    fn only_sources_that_were_asked_tell_what_they_no_longer_keep() {
        let now: Timestamp = "2026-11-20T05:02:31Z".parse().unwrap();
        let of =
            |days: i64, asked: &dyn Fn(Source) -> bool| gone(now - SignedDuration::from_hours(24 * days), now, asked);
        assert_eq!(of(14, &|_| true), Vec::<String>::new());
        assert_eq!(of(1000, &|_| true).len(), KEPT.len());
        let alarms = of(31, &|source| source == Source::AlarmHistory);
        assert_eq!(alarms, ["CloudWatch keeps changes of alarms for 30 days: of what was before it tells nothing"]);
    }
}
