//! Tests of reports from hand-made estates.

use super::alarms::report::alarms;
use super::audit::report::audit;
use super::autoscaling::report::autoscaling;
use super::db::report::databases;
use super::doctor::report::doctor;
use super::health::report::health;
use super::insights::report::InsightsDto;
use super::instances::report::instances;
use super::list::schemas;
use super::sample_reports_tests::{charged, estimated, happened, log_lines, measured, scaled};
use super::schedule::report::schedule;
use super::services::report::services;
use super::snapshot::all as every;
use super::snapshot::own::LocalFacts;
use super::snapshot::report;
use super::snapshot::wait::Condition;
use super::snapshot::watch;
use super::tasks::report::tasks;
use super::users::report::{PoolRead, users};
use crate::cli::{ExitCode, Output};
use crate::config::EnvironmentConfig;
use crate::headless::dto::{Snapshot, SourceState};
use crate::headless::fixtures::{complete_estate, environment, failed, japanese, now, requests};
use crate::headless::{SnapshotInput, TimeDisplay, operation, render};
use crate::model::audit::Record;
use crate::model::health_probe::findings::Findings;
use crate::model::logs::InsightsResult;
use crate::model::machine::Ec2Instance;
use crate::model::users::User;
use crate::model::{Estate, Failure, FailureKind, Source};
use jiff::SignedDuration;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Passes the input for an estate to `then`.
pub(super) fn with<T>(
    estate: &Estate,
    environment: &EnvironmentConfig,
    then: impl FnOnce(&SnapshotInput<'_>) -> T,
) -> T {
    let requests = requests();
    let tokyo = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    then(&SnapshotInput {
        zone: &tokyo,
        environment,
        estate,
        now: now(),
        ahead: SignedDuration::ZERO,
        started: now() - SignedDuration::from_millis(412),
        requests: &requests,
        skipped: &[],
        service_metrics: true,
    })
}

/// Builds a snapshot for a machine without kept costs and runs.
pub(super) fn snapshot(input: &SnapshotInput<'_>) -> Snapshot {
    report::snapshot(input, &LocalFacts::default())
}

fn taken(estate: &Estate) -> (Snapshot, Value) {
    let taken = with(estate, &environment(), snapshot);
    let value = serde_json::to_value(&taken).unwrap();
    (taken, value)
}

pub(super) fn partial() -> Estate {
    let mut estate = complete_estate();
    let services = estate.services.value().unwrap().clone();
    estate.services.record_partial(services, "2 of 12 services".into(), None, now());
    estate.alarms.record_failure(Failure::new(FailureKind::Denied, "not allowed: cloudwatch:DescribeAlarms"));
    estate.settle(now());
    estate
}

/// Asserts that a value matches the schema of this name, and that this schema rejects an empty object and another
/// schema name.
fn assert_matches_schema(name: &str, value: Value) {
    let schema = schemas().into_iter().find(|schema| schema.name == name).expect("it is in the list");
    let validator = jsonschema::validator_for(&(schema.make)()).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{} {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    assert!(!validator.is_valid(&Value::from(serde_json::Map::new())), "{name}");
    let mut other = value;
    other["schema"] = "cockpit.other/1".into();
    assert!(!validator.is_valid(&other), "{name}: the schema's name is part of it");
}

#[test]
fn every_output_matches_its_schema() {
    let estates = vec![
        Estate::default(),
        complete_estate(),
        partial(),
        failed(FailureKind::Credentials),
        failed(FailureKind::Timeout),
        japanese(),
    ];
    let mut checked = BTreeSet::new();
    let mut check = |name: &'static str, value: Value| {
        checked.insert(name);
        assert_matches_schema(name, value);
    };
    for estate in &estates {
        with(estate, &environment(), |input| {
            check("snapshot", value(snapshot(input)));
            check("services", value(services(input, &[]).unwrap()));
            check("tasks", value(tasks(input, &[]).unwrap()));
            check("autoscaling", value(autoscaling(input, &[]).unwrap()));
            check("db", value(databases(input, &[]).unwrap()));
            check("health", value(health(input, &Findings::default(), false, false)));
            check("instances", value(instances(input, &[], &Ok((vec![Ec2Instance::default()], Vec::new())))));
            let read =
                PoolRead { users: Some(vec![User::default()]), declared: Some(Vec::new()), ..PoolRead::default() };
            check("users", value(users(input, &read, false)));
            check("users", value(users(input, &PoolRead::default(), false)));
            check("alarms", value(alarms(input, true)));
            check("schedule", value(schedule(input)));
            let rows = vec![every::row(input), every::failed_row("prod", "no".into())];
            check("environments", value(every::environments(rows, now(), jiff::tz::TimeZone::UTC)));
            for report in happened(input) {
                for event in &report.events {
                    check("timeline-event", value(super::timeline::report::Line::of(event.clone())));
                }
                check("timeline", value(report));
            }
            for report in measured(input) {
                check("metrics", value(report));
            }
        });
    }
    check("cost", value(charged()));
    check("cost-estimate", value(estimated()));
    check("doctor", value(doctor(None, vec![])));
    check("operation", value(operation::report(&[], true)));
    check("audit", value(audit(vec![Record::default()], 1, "audit.jsonl".into(), None, 20, TimeDisplay::default())));
    let found = InsightsResult {
        columns: vec!["@message".into(), "count".into()],
        rows: vec![vec![Some("x".into()), None], vec![None, Some("3".into())]],
        ..InsightsResult::default()
    };
    check("insights", value(InsightsDto::new(&found, vec!["services".into()], jiff::tz::TimeZone::UTC)));
    check("insights", value(InsightsDto::new(&InsightsResult::default(), vec![], jiff::tz::TimeZone::UTC)));
    for (name, sample) in super::infra::samples::all() {
        check(name, sample);
    }
    for example in super::db::activity_report::examples() {
        check("activity", example);
    }
    check("tunnel", value(super::tunnel::report::example()));
    for change in watch::changes(&json!({"a": 1}), &json!({"a": [null, "x"]}), now()) {
        check("snapshot-change", value(change));
    }
    for line in scaled() {
        check("scaling-line", value(line));
    }
    for line in log_lines() {
        check("log", serde_json::from_str(&line).unwrap());
    }
    for (name, value) in super::params::samples::outputs() {
        check(name, value);
    }
    let all: BTreeSet<&str> = schemas().iter().map(|schema| schema.name).collect();
    assert_eq!(checked, all, "every schema of the list is held against an output");
}

fn value(report: impl Serialize) -> Value {
    serde_json::to_value(report).unwrap()
}

#[test]
fn snapshot_keeps_its_fields_and_their_order() {
    let (_, value) = taken(&complete_estate());
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert!(keys(&value).starts_with(
        "schema environment account region taken_at duration_ms complete sources services databases infra alarms schedule cost attention"
    ));
    assert!(keys(&value["sources"][0]).starts_with("name status age_ms requests error"));
    assert!(keys(&value["services"][0]).starts_with(
        "name cluster status desired running pending task_definition deployments autoscaling targets health reasons"
    ));
    assert!(
        keys(&value["services"][0]["deployments"][0]).starts_with(
            "id status rollout_state desired running pending failed task_definition image digest created_at"
        )
    );
    assert!(keys(&value["services"][0]["autoscaling"]).starts_with("min max suspended policies scheduled"));
    assert!(keys(&value["databases"][0]).starts_with("id kind engine version status endpoint members backup reasons"));
    assert!(keys(&value["databases"][0]["members"][0]).starts_with("id role status class az acu lag_ms"));
    assert!(keys(&value["attention"][0]).starts_with("severity where what since hint"));
}

#[test]
fn read_facts_are_in_the_snapshot() {
    let (taken, value) = taken(&complete_estate());
    assert!(taken.complete, "{:?}", taken.sources);
    assert_eq!(taken.exit_code(), ExitCode::Done);
    assert_eq!((value["duration_ms"].as_u64(), &value["taken_at"]), (Some(412), &Value::from("2026-11-20T12:30:00Z")));
    assert_eq!(value["sources"][2]["age_ms"], 250);
    let (api, web) = (&value["services"][0], &value["services"][1]);
    assert_eq!((&api["short"], &api["health"], &web["health"]), (&"api".into(), &"healthy".into(), &"degraded".into()));
    assert_eq!(api["deployments"][0]["image"], "r/s-api:9f3c2e1");
    assert_eq!(api["deployments"][0]["digest"], "sha256:abc");
    assert_eq!(api["cpu_percent"], 71.25);
    assert_eq!(api["memory_percent"], Value::Null);
    assert_eq!(api["autoscaling"]["scheduled"][0]["next"], "2026-11-20T13:00:00Z");
    assert_eq!(web["autoscaling"], Value::Null);
    assert_eq!(value["databases"][0]["members"][0]["role"], "writer");
    assert_eq!(value["databases"][0]["members"][0]["acu"], 0.5);
    assert_eq!(value["databases"][0]["members"][1]["lag_ms"], 18.0);
    assert_eq!(value["databases"][0]["members"][0]["lag_ms"], Value::Null, "a writer is behind nobody");
    assert_eq!(value["databases"][0]["pending"][0]["member"], "db-2");
    assert_eq!(value["schedule"]["next_stop"]["action"], "stop");
    assert_eq!(value["schedule"]["next_start"], Value::Null);
    let places: Vec<&str> =
        value["attention"].as_array().unwrap().iter().map(|one| one["where"].as_str().unwrap()).collect();
    assert!(places.contains(&"service:web") && places.contains(&"alarm:s-cpu"), "{places:?}");
}

#[test]
fn unknown_facts_are_null_with_a_reason() {
    let (taken_empty, value) = taken(&Estate::default());
    assert_eq!((&value["services"], &value["databases"], &value["alarms"]), (&Value::Null, &Value::Null, &Value::Null));
    // The configured account was not confirmed.
    assert_eq!(value["account"], Value::Null);
    assert_eq!(taken_empty.exit_code(), ExitCode::Failed);
    for row in value["sources"].as_array().unwrap().iter().filter(|row| row["status"] != "skipped") {
        let error = row["error"].as_str().unwrap();
        assert!(error == "no answer came in time" || error.starts_with("not asked, as "), "{row}");
    }

    let (taken_partly, value) = taken(&partial());
    assert_eq!(taken_partly.exit_code(), ExitCode::Incomplete);
    assert_eq!(
        (&value["sources"][2]["status"], &value["sources"][2]["error"]),
        (&"partial".into(), &"2 of 12 services".into())
    );
    assert_eq!((&value["sources"][14]["status"], &value["sources"][14]["kind"]), (&"failed".into(), &"denied".into()));
    assert_eq!(value["alarms"].as_array().unwrap().len(), 2, "the last good value stays");

    let mut begun = Estate::default();
    begun.services.value_or_default();
    assert_eq!(taken(&begun).1["services"], Value::Null);
}

#[test]
fn unconfigured_resources_are_empty_not_unknown() {
    let bare = EnvironmentConfig { name: "bare".into(), ..EnvironmentConfig::default() };
    let estate = Estate::default();
    let value = serde_json::to_value(with(&estate, &bare, snapshot)).unwrap();
    assert_eq!(
        (&value["services"], &value["databases"], &value["alarms"]),
        (&Value::from(Vec::<u8>::new()), &Value::from(Vec::<u8>::new()), &Value::from(Vec::<u8>::new()))
    );
    let nothing = BTreeMap::new();
    let input = SnapshotInput {
        zone: &jiff::tz::TimeZone::UTC,
        environment: &bare,
        estate: &estate,
        now: now(),
        ahead: SignedDuration::ZERO,
        started: now(),
        requests: &nothing,
        skipped: &[Source::Identity],
        service_metrics: true,
    };
    assert!(snapshot(&input).complete);
    assert_eq!(serde_json::to_value(snapshot(&input)).unwrap()["sources"][2]["status"], "skipped");
}

#[test]
fn hanging_source_is_failed_not_skipped() {
    // Requests are counted with their answers: a source that hangs has none.
    let nothing = BTreeMap::new();
    let environment = environment();
    let mut estate = complete_estate();
    estate.targets.clear();
    estate.alarms = crate::model::Observed::default();
    estate.settle(now());
    let input = SnapshotInput {
        zone: &jiff::tz::TimeZone::UTC,
        environment: &environment,
        estate: &estate,
        now: now(),
        ahead: SignedDuration::ZERO,
        started: now(),
        requests: &nothing,
        skipped: &[],
        service_metrics: true,
    };
    let taken = snapshot(&input);
    assert!(!taken.complete);
    let failed: Vec<&str> =
        taken.sources.iter().filter(|row| row.status == SourceState::Failed).map(|row| row.name.as_str()).collect();
    assert_eq!(failed, ["elbv2.target_health", "cloudwatch.alarms"]);
    assert_eq!(taken.exit_code(), ExitCode::Incomplete);

    let mut one = complete_estate();
    one.targets.pop_first();
    one.settle(now());
    let taken = with(&one, &environment, snapshot);
    assert_eq!(taken.sources[11].error.as_deref(), Some("1 of them were not answered in time"));
    assert_eq!(taken.services.unwrap()[0].targets, None);
}

#[test]
fn exit_code_follows_from_the_failure() {
    let code = |kind| taken(&failed(kind)).0.exit_code();
    assert_eq!(code(FailureKind::Credentials), ExitCode::Credentials);
    assert_eq!(code(FailureKind::WrongAccount), ExitCode::Refused);
    assert_eq!(code(FailureKind::Unreachable), ExitCode::Failed);
    let mut one = complete_estate();
    one.metrics.record_failure(Failure::new(FailureKind::Malformed, "not CBOR"));
    one.settle(now());
    assert_eq!(taken(&one).0.exit_code(), ExitCode::Incomplete);
}

#[test]
fn arguments_select_services() {
    let estate = complete_estate();
    with(&estate, &environment(), |input| {
        let names =
            |wanted: &str| services(input, &[wanted.to_owned()]).map(|list| list.services.unwrap()[0].name.clone());
        assert_eq!(names("web").unwrap(), "s-web");
        assert_eq!(names("s-api").unwrap(), "s-api");
        let error = names("wep").unwrap_err();
        assert_eq!(error.message, "there is no service `wep`");
        assert_eq!(error.hint.unwrap(), "there are: s-api, s-web");
        assert_eq!(names("s-ap").unwrap_err().hint.unwrap(), "did you mean `s-api`? there are: s-api, s-web");
        assert_eq!(names("").unwrap_err().message, "there is no service ``", "nothing is no name");
        assert_eq!(tasks(input, &["web".into()]).unwrap().tasks.unwrap().len(), 2);
        assert_eq!(databases(input, &["db".into()]).unwrap().databases.unwrap().len(), 1);
        assert_eq!(databases(input, &["x".into()]).unwrap_err().code, ExitCode::Usage);
    });
    // If the services are not known, no name is rejected.
    let estate = failed(FailureKind::Timeout);
    with(&estate, &environment(), |input| assert_eq!(services(input, &["web".into()]).unwrap().services, None));
}

#[test]
fn autoscaling_lists_why_it_does_not_scale() {
    let estate = complete_estate();
    with(&estate, &environment(), |input| {
        let list = autoscaling(input, &[]).unwrap();
        let all = list.services.as_ref().unwrap();
        assert_eq!(
            all[0].not_scaling_because,
            ["suspended: scaling in", "it is at its maximum of 10", "the policy wants more, but it is at its maximum"]
        );
        assert_eq!(all[1].not_scaling_because, ["it is not registered for autoscaling"]);
        let text = render(&list, Output::Table, Some(200)).unwrap();
        assert!(text.contains("stop 22:00:00"), "{text}");
    });
}

#[test]
fn tables_match_their_snapshots() {
    let estate = complete_estate();
    with(&estate, &environment(), |input| {
        let text = render(&services(input, &[]).unwrap(), Output::Table, None).unwrap();
        insta::assert_snapshot!("services", text);
        insta::assert_snapshot!("tasks", render(&tasks(input, &[]).unwrap(), Output::Table, None).unwrap());
        insta::assert_snapshot!("db", render(&databases(input, &[]).unwrap(), Output::Table, None).unwrap());
        insta::assert_snapshot!("alarms", render(&alarms(input, false), Output::Table, None).unwrap());
        insta::assert_snapshot!("snapshot", render(&snapshot(input), Output::Table, Some(120)).unwrap());
    });
    let estate = partial();
    with(&estate, &environment(), |input| {
        let text = render(&snapshot(input), Output::Table, Some(120)).unwrap();
        assert!(text.ends_with(
            "\n! ecs.services is incomplete: 2 of 12 services\n! cloudwatch.alarms is old, the last read failed: not allowed: cloudwatch:DescribeAlarms\n"
        ), "{text}");
    });
}

#[test]
fn names_are_escaped_in_every_format() {
    let estate = japanese();
    with(&estate, &environment(), |input| {
        let csv = render(&services(input, &[]).unwrap(), Output::Csv, None).unwrap();
        let all = [Output::Table, Output::Json, Output::Yaml]
            .map(|output| render(&snapshot(input), output, Some(80)).unwrap());
        for text in all.into_iter().chain([csv]) {
            let text = text.replace('\n', "");
            assert_eq!(crate::model::text::sanitize(&text), text);
        }
        for text in [
            render(&services(input, &[]).unwrap(), Output::Yaml, None).unwrap(),
            render(&tasks(input, &[]).unwrap(), Output::Yaml, None).unwrap(),
            render(&databases(input, &[]).unwrap(), Output::Yaml, None).unwrap(),
        ] {
            assert!(text.contains("schema") && text.contains("cockpit."), "{text}");
        }
        let json = render(&snapshot(input), Output::Json, None).unwrap();
        let back: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back, serde_json::to_value(snapshot(input)).unwrap());
    });
}

#[test]
fn conditions_and_changes_read_the_snapshot() {
    let (_, before) = taken(&complete_estate());
    let condition = Condition::parse("services.web.running == services.web.desired").unwrap();
    assert!(!condition.evaluate(&before).holds());
    let mut better = complete_estate();
    if let Some(web) = better.services.value_or_default().get_mut("s-web") {
        web.running = 2;
    }
    better.settle(now());
    let (_, after) = taken(&better);
    assert!(condition.evaluate(&after).holds());
    let paths: Vec<String> = watch::changes(&before, &after, now()).into_iter().map(|change| change.path).collect();
    assert!(paths.contains(&"services.web.running".to_owned()), "{paths:?}");
    assert!(watch::changes(&after, &after, now()).is_empty());
    for root in before.as_object().unwrap().keys() {
        // Even if the comparison is invalid, the field is known.
        let wrong =
            Condition::parse(&format!("{root} == 1")).err().map(|wrong| format!("{wrong:?}")).unwrap_or_default();
        assert!(!wrong.contains("has no field"), "{root} is no path: {wrong}");
    }
}

#[test]
fn passing_time_yields_the_same_judgement_as_settling() {
    for estate in [complete_estate(), partial(), failed(FailureKind::Denied), japanese()] {
        for minutes in [0, 1, 20, 90, 600] {
            let later = now() + jiff::SignedDuration::from_mins(minutes);
            let (mut passed, mut judged, mut settled) = (estate.clone(), estate.clone(), estate.clone());
            passed.settle_elapsed_time(later);
            judged.settle_keeping_tasks(later);
            settled.settle(later);
            // Compared as text, because NaN is not equal to itself.
            let judgements = |estate: &Estate| {
                let derived = &estate.derived;
                format!("{:?} {:?} {:?}", derived.services, derived.databases, derived.attention)
            };
            for other in [&passed, &judged] {
                assert_eq!(judgements(other), judgements(&settled));
                assert_eq!(other.derived.tasks, settled.derived.tasks);
            }
        }
    }
}
