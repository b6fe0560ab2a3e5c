//! What lists say where they have no rows: that there is nothing, that it could not be read, or that it was never asked for.

use super::alarms::report::alarms;
use super::db::report::databases;
use super::metrics::report::{Read, Span, metrics};
use super::report_tests::with;
use super::schedule::report::schedule;
use super::services::report::services;
use super::timeline::report::{Asked, in_order};
use crate::config::{EnvironmentConfig, InfraConfig};
use crate::headless::SnapshotInput;
use crate::headless::emit::Printable;
use crate::headless::fixtures::{environment, failed, now, whole};
use crate::model::infra::Tool;
use crate::model::{Estate, FailureKind};
use jiff::SignedDuration;

/// The text in place of rows: the time line's, and that of metrics.
fn told(input: &SnapshotInput<'_>) -> [String; 2] {
    let since = now() - SignedDuration::from_hours(3);
    let asked = Asked { since, until: None, before: None, left_out: 0, of_others: 0, filtered: 0 };
    let line = in_order(input, &[], asked, Vec::new());
    let read = Read { curves: Vec::new(), unlisted: None, others: Vec::new() };
    let measured = metrics(input, Ok(read), &[], Span { asked: since, since, until: now(), period: 60, against: None });
    [line.tables().remove(0).empty, measured.tables().remove(0).empty]
}

#[test]
fn where_nothing_could_be_read_nothing_is_said_not_to_be_there() {
    let unread = with(&failed(FailureKind::Denied), &environment(), told);
    assert_eq!(unread, ["what has happened is not known", "metrics are not known"]);
    // Something was read, and something was not.
    let mut part = whole();
    part.services.fail(crate::model::Failure::new(FailureKind::Denied, "no"));
    let [line, measured] = with(&part, &environment(), told);
    assert!(line.starts_with("nothing in what") && measured.starts_with("nothing that was read"), "{line}, {measured}");
}

#[test]
fn what_is_not_configured_is_not_told_as_if_it_were_empty() {
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
        let [line, measured] = told(input);
        assert!(line.contains("nothing else that tells of it is configured"), "{line}");
        assert_eq!(measured, "nothing that is configured has metrics");
    });
}
