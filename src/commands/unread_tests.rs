//! Tests of empty lists: they distinguish between no results, unreadable sources, and sources that are not configured.

use super::alarms::report::alarms;
use super::db::report::databases;
use super::metrics::report::{MetricsRead, Span, metrics};
use super::report_tests::with;
use super::schedule::report::schedule;
use super::services::report::services;
use super::timeline::report::{TimelineScope, in_order};
use crate::config::{EnvironmentConfig, InfraConfig};
use crate::headless::SnapshotInput;
use crate::headless::emit::Printable;
use crate::headless::fixtures::{complete_estate, environment, failed, now};
use crate::model::infra::Tool;
use crate::model::{Estate, FailureKind};
use jiff::SignedDuration;

/// Returns the empty messages of the timeline and of metrics.
fn empty_messages(input: &SnapshotInput<'_>) -> [String; 2] {
    let since = now() - SignedDuration::from_hours(3);
    let scope = TimelineScope { since, until: None, before: None, left_out: 0, of_others: 0, filtered: 0 };
    let line = in_order(input, &[], scope, Vec::new());
    let read = MetricsRead { curves: Vec::new(), unlisted: None, others: Vec::new() };
    let measured =
        metrics(input, Ok(read), &[], Span { requested: since, since, until: now(), period: 60, against: None });
    [line.tables().remove(0).empty, measured.tables().remove(0).empty]
}

#[test]
fn unread_sources_are_not_reported_as_empty() {
    let unread = with(&failed(FailureKind::Denied), &environment(), empty_messages);
    assert_eq!(unread, ["what has happened is not known", "metrics are not known"]);
    // Some sources were read, others were not.
    let mut part = complete_estate();
    part.services.record_failure(crate::model::Failure::new(FailureKind::Denied, "no"));
    let [line, measured] = with(&part, &environment(), empty_messages);
    assert!(line.starts_with("nothing in what") && measured.starts_with("nothing that was read"), "{line}, {measured}");
}

#[test]
fn unconfigured_sources_are_not_reported_as_empty() {
    let infra = InfraConfig { kind: Some(Tool::Terraform), ..InfraConfig::default() };
    let bare = EnvironmentConfig { name: "dev".into(), infra, ..EnvironmentConfig::default() };
    assert!(bare.is_only_infra());
    with(&Estate::default(), &bare, |input| {
        let mut tables = services(input, &[]).unwrap().tables();
        tables.extend(databases(input, &[]).unwrap().tables());
        tables.extend(alarms(input, false).tables());
        tables.extend(schedule(input).tables());
        let empty: Vec<&str> = tables.iter().map(|table| table.empty.as_str()).collect();
        let all = [
            "services are not configured",
            "databases are not configured",
            "databases are not configured",
            "alarms are not configured",
            "schedules are not configured",
        ];
        assert_eq!(empty, all);
        let [line, measured] = empty_messages(input);
        assert!(line.contains("no other source of events is configured"), "{line}");
        assert_eq!(measured, "nothing that is configured has metrics");
    });
}
