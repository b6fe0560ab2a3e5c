//! Hand-made reports of timelines, metrics and costs.

use super::autoscaling::report::Line as ScalingLine;
use super::cost::estimate_report::{CostEstimate, PlanDto, report as estimate_report};
use super::cost::report::{Cost, cost};
use super::logs::report::{Form, LineConditions, Printer};
use super::metrics::report::{Curve, Metrics, MetricsRead, Span, metrics};
use super::timeline::report::{Timeline, TimelineScope, in_order, ranked};
use crate::app::logs::follow::{Gap, ReceivedLine};
use crate::app::logs::json_line;
use crate::headless::fixtures::now;
use crate::headless::{SnapshotInput, TimeDisplay};
use crate::model::Point;
use crate::model::costs::{Budget, Costs, Day};
use crate::model::estimate::coverage::Cover;
use crate::model::estimate::prices::Prices;
use crate::model::estimate::{Unit, estimate};
use crate::model::infra::plan::{Plan, testing};
use crate::model::logs::LogEvent;
use crate::model::scaling_watch::{Observation, WatchSummary};
use crate::model::telemetry::{Area, figures};
use crate::model::timeline::{About, Kind, TimelineEvent, collect, merge, possible_causes};
use jiff::SignedDuration;
use jiff::civil::date;
use std::sync::Arc;

/// Returns the timelines of an estate, in order and ranked.
pub(super) fn happened(input: &SnapshotInput<'_>) -> [Timeline; 2] {
    let since = now() - SignedDuration::from_hours(24 * 365);
    let mut all = collect::gather(input.estate, &[], None, since, now());
    all.push(
        TimelineEvent::new(now(), Kind::Write, About::Environment, "=PutRule \u{1b}[2J", "trail/1")
            .with_actor(Some("anna".into())),
    );
    let all = merge::merge(all);
    let scope = TimelineScope { since, until: None, before: None, left_out: 2, of_others: 1, filtered: 0 };
    let ranks = possible_causes::likely_causes(&all, now(), possible_causes::WINDOW);
    [
        in_order(input, &all.iter().collect::<Vec<_>>(), scope, vec!["! audit could not be read".into()]),
        ranked(input, &ranks, TimelineScope { before: Some(now()), ..scope }, Vec::new()),
    ]
}

/// Returns metrics with a comparison range, and metrics that could not be read.
pub(super) fn measured(input: &SnapshotInput<'_>) -> [Metrics; 2] {
    let since = now() - SignedDuration::from_hours(3);
    let against = since - SignedDuration::from_hours(24);
    let span = Span { requested: since, since, until: now(), period: 60, against: Some(against) };
    let points = vec![Point { at: since, value: 0.5 }];
    let curves = figures(&[], &["db-1".into()], &[], &[Area::Db]).into_iter().map(|figure| Curve {
        figure,
        points: points.clone(),
        comparison: Some(Vec::new()),
    });
    let failed = metrics(input, Err("cloudwatch:GetMetricData: no".into()), &[], Span { against: None, ..span });
    [
        metrics(
            input,
            Ok(MetricsRead { curves: curves.collect(), unlisted: None, others: vec!["=waf".into()] }),
            &[],
            span,
        ),
        failed,
    ]
}

/// Returns an estimate with known and unknown costs.
pub(super) fn estimated() -> CostEstimate {
    let create = |address: &str, after| testing::change(address, &["create"], serde_json::Value::Null, after);
    let changes = [
        create("aws_nat_gateway.a", serde_json::json!({})),
        create("aws_thing.\u{1b}[2J", serde_json::json!({})),
        create("aws_lb.a", serde_json::json!({"subnets": ["a", "b"]})),
    ];
    let plan = Plan::read(testing::show(&changes).to_string().as_bytes()).unwrap();
    let units = [Unit { name: "=net", bill: plan.bill.as_ref().unwrap() }];
    let (prices, region) = (Prices::built_in(), "ap-northeast-1");
    let estimate = estimate(&units, &prices, region, now());
    let from = |missing, partial: Option<&str>| {
        let cover = Cover { on_mocks: true, missing, partial: partial.map(str::to_owned), ..Cover::complete("=net") };
        PlanDto::new(cover, "20261120T050000Z-plan-1f2e", Some(now().to_string()))
    };
    let plans = vec![from(None, Some("it was made with errors")), from(Some("it was not planned".to_owned()), None)];
    estimate_report(&estimate, &prices, "staging", region, plans, TimeDisplay::default())
}

/// Returns costs that were charged.
pub(super) fn charged() -> Cost {
    let day = |day: i8| Day { date: date(2026, 11, day), by: [("Amazon ECS".to_owned(), f64::from(day))].into() };
    let days = (1..20).map(day).collect();
    let budget = Budget {
        name: "=monthly".into(),
        every: "MONTHLY".into(),
        limit: 100.0,
        spent: 40.0,
        forecast: None,
        currency: "USD".into(),
    };
    let costs = Costs {
        currency: "USD".into(),
        read_at: now(),
        days,
        no_forecast: Some("no".into()),
        budgets: vec![budget],
        ..Costs::default()
    };
    cost(&costs, "staging", "123456789012", (Some("A=b".into()), None), date(2026, 11, 20), TimeDisplay::default())
}

/// Returns the output of `cockpit autoscaling --watch -o json`: an observation, a full summary and an empty one.
pub(super) fn scaled() -> Vec<ScalingLine> {
    let (observation, summary) = (
        Observation { at: now(), what: "running 1 of 3".into() },
        WatchSummary {
            load: Some(now()),
            out: Some((now(), 3)),
            capacity: Some(now()),
            load_end: Some(now()),
            back: Some((now(), 1)),
            peak_running: 3,
            delays: vec![("AlreadyAtMaxCapacity".into(), 2)],
        },
    );
    vec![ScalingLine::of(&observation), ScalingLine::of_end(&summary), ScalingLine::of_end(&WatchSummary::default())]
}

/// Returns the output of `cockpit logs -o json`: lines with all fields and with the fewest, and gaps.
pub(super) fn log_lines() -> Vec<String> {
    let source = |container: &str, task: &str| log_store::Source {
        group: "/ecs/app-api".into(),
        stream: "ecs/api/0123".into(),
        service: "app-api".into(),
        container: container.into(),
        task: task.into(),
    };
    let arrived = |source: log_store::Source, message: &str, late| {
        let event = LogEvent {
            id: "37".into(),
            stream: source.stream.as_str().into(),
            at: 1_763_600_000_123,
            ingested: 1_763_600_000_400,
            message: message.into(),
        };
        ReceivedLine { source: Arc::new(source), event, id: 1, late }
    };
    let mut printer =
        Printer::new(Form::Json, LineConditions::default(), jiff::tz::TimeZone::UTC, ["app-api"], (false, false));
    let mut text = String::new();
    printer.line(&arrived(source("api", "0123"), r#"{"level":50,"msg":"it failed"}"#, true), None, &mut text);
    printer.line(&arrived(source("", ""), "plain", false), None, &mut text);
    for sampled in [true, false] {
        let gap = Gap { group: "/ecs/app-api".into(), from: 0, to: 61_000, sampled, why: "throttled".into() };
        printer.gap(&gap, &mut text);
    }
    // As in files of the logs pane: the store keeps neither the event's id nor its ingestion time.
    let line = log_store::store::Line {
        at: 0,
        id: 1,
        stream: log_store::store::StreamId(0),
        source: &source("api", "0123"),
        level: log_store::Level::None,
        kind: log_store::Kind::Plain,
        marks: 0,
        text: "plain",
    };
    text.push_str(&json_line::json(&line, None));
    text.lines().map(str::to_owned).collect()
}
