//! Reports of what happened, what was measured and what was charged, made by hand.

use super::cost::report::{Cost, cost};
use super::metrics::report::{Curve, Metrics, Span, metrics};
use super::timeline::report::{Asked, Timeline, in_order, ranked};
use crate::headless::fixtures::now;
use crate::headless::{Shown, SnapshotInput};
use crate::model::Point;
use crate::model::costs::{Costs, Day};
use crate::model::telemetry::{Area, figures};
use crate::model::timeline::{About, Happening, Kind, gather, merge, near};
use jiff::SignedDuration;
use jiff::civil::date;

/// What happened in an estate, in order and ranked.
pub(super) fn happened(input: &SnapshotInput<'_>) -> [Timeline; 2] {
    let since = now() - SignedDuration::from_hours(24 * 365);
    let mut all = gather::gather(input.estate, since, now());
    all.push(
        Happening::new(now(), Kind::Write, About::Environment, "=PutRule \u{1b}[2J", "trail/1").by(Some("anna".into())),
    );
    let all = merge::merge(all);
    let asked = Asked { since, until: None, before: None, left_out: 2 };
    let ranks = near::before(&all, now(), near::WINDOW);
    [
        in_order(input, &all.iter().collect::<Vec<_>>(), asked, vec!["! audit could not be read".into()]),
        ranked(input, &ranks, Asked { before: Some(now()), ..asked }, Vec::new()),
    ]
}

/// What was measured, beside another time, and what could not be.
pub(super) fn measured(input: &SnapshotInput<'_>) -> [Metrics; 2] {
    let since = now() - SignedDuration::from_hours(3);
    let against = since - SignedDuration::from_hours(24);
    let span = Span { since, until: now(), period: 60, against: Some(against) };
    let points = vec![Point { at: since, value: 0.5 }];
    let curves = figures(&[], &["db-1".into()], &[], &[Area::Db]).into_iter().map(|figure| Curve {
        figure,
        points: points.clone(),
        before: Some(Vec::new()),
    });
    let failed = metrics(input, Err("cloudwatch:GetMetricData: no".into()), &[], Span { against: None, ..span });
    [metrics(input, Ok(curves.collect()), &[], span), failed]
}

/// What was charged.
pub(super) fn charged() -> Cost {
    let day = |day: i8| Day { date: date(2026, 11, day), by: [("Amazon ECS".to_owned(), f64::from(day))].into() };
    let days = (1..20).map(day).collect();
    let costs = Costs { currency: "USD".into(), read_at: now(), days, rest: None, no_forecast: Some("no".into()) };
    cost(&costs, "staging", "123456789012", Some("A=b".into()), date(2026, 11, 20), Shown::default())
}
