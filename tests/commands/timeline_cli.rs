//! The timeline, metrics and costs, as typed: against the simulator, in its time.

mod costs;
mod mutes;
mod owners;

use crate::support::{Home, World, follows_schema, line, lines_follow_schema};
use aws_sim::Scenario;
use serde_json::{Value, json};

const WEB: &str = "bookmark-manager-staging-web";

fn events(value: &Value) -> Vec<Value> {
    value["events"].as_array().unwrap().clone()
}

/// A world in which somebody else has deployed some time ago.
fn deployed() -> World {
    let world = World::staging();
    world.advance(1_200);
    world.post("/_sim/world", &json!({"deploy": {"service": WEB, "image": "c0ffee1"}}));
    world.advance(600);
    world
}

#[test]
fn foreign_deployment_is_listed_once_with_its_author() {
    let (home, world) = (Home::new(), deployed());
    let report = line(&mut home.on(&world), "timeline --since 1h -o json").exits(0).json();
    follows_schema(&home, "timeline", &report);
    let entries = events(&report);
    let of = |kind: &str| -> Vec<Value> {
        entries.iter().filter(|event| event["kind"] == kind && event["name"] == WEB).cloned().collect()
    };
    let began: Vec<Value> =
        of("deployment").into_iter().filter(|event| event["what"].as_str().unwrap().ends_with("began")).collect();
    assert_eq!(began.len(), 1, "{entries:#?}");
    assert_eq!(began[0]["who"], "somebody-else");
    let what = began[0]["what"].as_str().unwrap();
    let revision = what.strip_prefix(&format!("deployment of {WEB}:")).and_then(|rest| rest.strip_suffix(" began"));
    assert!(revision.is_some_and(|number| number.parse::<u16>().is_ok()), "{what}");
    assert_eq!(of("write"), Vec::<Value>::new(), "its request is not printed again");
    let times: Vec<jiff::Timestamp> =
        entries.iter().map(|event| event["at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(entries.iter().all(|event| event["routine"] == false && event["of_the_future"] == false));
    let everything = line(&mut home.on(&world), "timeline --since 1h --all -o json").exits(0).json();
    assert!(events(&everything).len() > entries.len() && everything["left_out"] == 0, "{everything}");
    assert!(report["left_out"].as_u64().unwrap() > 0);
    let filtered = line(&mut home.on(&world), "timeline web --since 1h --filter who:somebody-else -o csv").exits(0);
    assert_eq!(filtered.out.lines().count(), 2, "{filtered:#?}");
}

#[test]
fn each_followed_line_states_its_kind() {
    let (home, world) = (Home::new(), deployed());
    let output = line(&mut home.on(&world), "timeline --since 1h -f -o json --timeout 3s").exits(0);
    lines_follow_schema(&home, "timeline-event", &output.out);
}

#[test]
fn impossible_filter_is_a_usage_error_with_the_nearest_name() {
    let (home, world) = (Home::new(), World::staging());
    for (filter, near) in
        [("kind:deploymnt", "`deployment`"), ("knid:alarm", "`kind`"), ("container:web", "there are:")]
    {
        let output = line(&mut home.on(&world), &format!("timeline --filter {filter}")).exits(2);
        assert!(output.err.contains(near), "{output:#?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], 0, "no request was sent");
}

/// Without it, a mistyped name would be answered with "nothing has happened".
#[test]
fn unknown_name_is_an_error_and_a_name_without_events_is_not() {
    let (home, world) = (Home::new(), World::staging());
    let output = line(&mut home.on(&world), "timeline nosuch").exits(2);
    assert!(output.err.contains("`nosuch`") && output.err.contains(WEB), "{}", output.err);
    for known in ["web", WEB, "bookmark-manager-staging-db", "api-cpu-high"] {
        line(&mut home.on(&world), &format!("timeline {known} --since 1m")).exits(0);
    }
    line(&mut home.on(&world), "timeline web nosuch").exits(2);
    // An unreadable resource may have the name.
    world.fault("ecs:DescribeServices", "denied");
    line(&mut home.on(&world), "timeline nosuch").exits(3);
}

#[test]
fn changes_before_the_errors_are_ranked() {
    let (home, world) = (Home::new(), deployed());
    let moment = now(&world) - jiff::SignedDuration::from_mins(7);
    let report = line(&mut home.on(&world), &format!("timeline --before {moment} -o json")).exits(0).json();
    follows_schema(&home, "timeline", &report);
    let entries = events(&report);
    // Its end is nearer than its beginning, which has the author.
    assert_eq!(entries[0]["kind"], "deployment", "{entries:#?}");
    let began = entries.iter().find(|event| event["what"].as_str().unwrap().ends_with("began")).unwrap();
    assert_eq!((&began["kind"], &began["who"]), (&json!("deployment"), &json!("somebody-else")), "{entries:#?}");
    assert!(entries.iter().all(|event| event["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() <= moment));
    let scores: Vec<f64> = entries.iter().map(|event| event["score"].as_f64().unwrap()).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    let table = line(&mut home.on(&world), &format!("timeline --before {moment}")).exits(0).out;
    assert!(table.starts_with("BEFORE"), "{table}");
}

#[test]
fn denied_source_is_named_with_its_missing_right_and_the_rest_is_shown() {
    let (home, world) = (Home::new(), deployed());
    for (operation, source) in [
        ("cloudtrail:LookupEvents", "cloudtrail.events"),
        ("cloudwatch:DescribeAlarmHistory", "cloudwatch.alarm_history"),
        ("rds:DescribeEvents", "rds.events"),
    ] {
        world.fault(operation, "denied");
        let report = line(&mut home.on(&world), "timeline --since 1h -o json").exits(3).json();
        let row = report["sources"].as_array().unwrap().iter().find(|row| row["name"] == source).unwrap().clone();
        assert!(row["error"].as_str().unwrap().contains(operation), "{row}");
        assert!(events(&report).iter().any(|event| event["kind"] == "deployment"), "{report}");
        let table = line(&mut home.on(&world), "timeline --since 1h").exits(3).out;
        assert!(table.contains(operation), "{table}");
        world.clear_faults();
    }
}

#[test]
fn late_cloudtrail_is_reported_and_the_rest_is_shown() {
    let (home, world) = (Home::new(), World::staging());
    world.poke(&json!({"trail_delay": 900}));
    world.post("/_sim/world", &json!({"deploy": {"service": WEB, "image": "c0ffee1"}}));
    world.advance(300);
    let early = line(&mut home.on(&world), "timeline --since 1h -o json").exits(0).json();
    let deployment =
        |report: &Value| events(report).into_iter().find(|event| event["kind"] == "deployment" && event["name"] == WEB);
    assert_eq!(deployment(&early).unwrap()["who"], Value::Null, "the author is not known yet");
    let table = line(&mut home.on(&world), "timeline --since 1h").exits(0).out;
    assert!(table.contains("CloudTrail is up to 15 minutes late"), "{table}");
    world.advance(900);
    let late = line(&mut home.on(&world), "timeline --since 1h -o json").exits(0).json();
    assert_eq!(deployment(&late).unwrap()["who"], "somebody-else");
}

#[test]
fn timeline_contains_a_failover_with_its_end() {
    let (home, world) = (Home::new(), World::start(Scenario::Failover));
    world.advance(900);
    let report = line(&mut home.on(&world), "timeline --env prod --since 1h -o json").exits(0).json();
    let failovers: Vec<Value> = events(&report).into_iter().filter(|event| event["kind"] == "failover").collect();
    assert!(failovers.len() >= 2, "{report}");
    assert!(failovers[0]["what"].as_str().unwrap().starts_with("Started"), "{failovers:#?}");
    assert_eq!((&failovers[0]["health"], &failovers[0]["of"]), (&json!("degraded"), &json!("database")));
}

#[test]
fn alarms_list_their_state_changes() {
    let (home, world) = (Home::new(), World::start(Scenario::ScaleOut));
    world.advance(3_600);
    let report = line(&mut home.on(&world), "alarms --env prod --all --history 2h -o json").exits(0).json();
    follows_schema(&home, "alarms", &report);
    let history = report["history"].as_array().unwrap();
    assert!(history.iter().any(|change| change["from"] == "OK" && change["to"] == "ALARM"), "{report}");
    let times: Vec<jiff::Timestamp> =
        history.iter().map(|change| change["at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "newest first: {times:?}");
    let plain = line(&mut home.on(&world), "alarms --env prod -o json").exits(0).json();
    assert_eq!(plain["history"], Value::Null);
    world.fault("cloudwatch:DescribeAlarmHistory", "denied");
    let denied = line(&mut home.on(&world), "alarms --env prod --history").exits(3).out;
    assert!(
        denied.contains("cloudwatch:DescribeAlarmHistory") && denied.contains("their history is not known"),
        "{denied}"
    );
}

#[test]
fn composite_alarm_is_listed_with_the_states_of_its_children() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    let (load, web) = ("bookmark-manager-prod-load", "bookmark-manager-prod-web-cpu-high");
    let table = line(&mut home.on(&world), "alarms --env prod --all").exits(0).out;
    let at = table.lines().position(|line| line.contains(load)).unwrap_or_else(|| panic!("{table}"));
    let below: Vec<&str> = table.lines().skip(at + 1).take(3).collect();
    assert!(below.iter().all(|line| line.contains("└ bookmark-manager-prod-") && line.contains("OK")), "{table}");
    assert!(below[1].contains(web), "{table}");
    // One of them fires, and the composite alarm with it.
    world.poke(&json!({"load": {"service": "bookmark-manager-prod-web", "factor": 40}}));
    world.advance(1_200);
    let report = line(&mut home.on(&world), "alarms --env prod --history 1h -o json").exits(0).json();
    follows_schema(&home, "alarms", &report);
    let alarms = report["alarms"].as_array().unwrap();
    let one = alarms.iter().find(|one| one["name"] == load).unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!((&one["state"], one["children"].as_array().map(Vec::len)), (&json!("ALARM"), Some(3)), "{one:#}");
    assert!(one["reason"].as_str().unwrap().contains(&format!("{web} transitioned to ALARM")), "{one:#}");
    let history = report["history"].as_array().unwrap();
    assert!(history.iter().any(|change| change["alarm"] == load && change["to"] == "ALARM"), "{report:#}");
}

#[test]
fn metrics_of_one_screen_are_one_request_per_time_range() {
    let (home, world) = (Home::new(), World::staging());
    world.advance(3_600);
    let report = line(&mut home.on(&world), "metrics --since 1h -o json").exits(0).json();
    follows_schema(&home, "metrics", &report);
    assert_eq!(world.requests("cloudwatch:GetMetricData"), 1);
    let metrics = report["metrics"].as_array().unwrap();
    let find = |area: &str, name: &str| metrics.iter().find(|one| one["area"] == area && one["name"] == name);
    for (area, name) in [
        ("service", "CPU"),
        ("service", "memory"),
        ("alb", "requests"),
        ("alb", "4xx"),
        ("alb", "5xx"),
        ("alb", "latency p50"),
        ("alb", "latency p99"),
        ("db", "connections"),
        ("nat", "bytes out"),
        ("waf", "blocked by sql-injection"),
    ] {
        let one = find(area, name).unwrap_or_else(|| panic!("{area} {name}: {metrics:#?}"));
        assert!(one["points"].as_array().unwrap().len() >= 55, "{area} {name}");
        assert!(one["last"].is_number() && one["max"].as_f64() >= one["min"].as_f64(), "{one}");
    }
    let latency = |name: &str| find("alb", name).unwrap()["mean"].as_f64().unwrap();
    assert!(latency("latency p99") > latency("latency p50") && latency("latency p50") > 1.0, "milliseconds");
    // The region's other firewalls are left out, and named.
    let others: Vec<&str> = report["of_others"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(others.iter().any(|name| name.contains("-prod-")), "{others:?}");
    assert!(metrics.iter().all(|one| !others.contains(&one["of"].as_str().unwrap())), "{others:?}");
    let everything = line(&mut home.on(&world), "metrics waf --all --since 1h -o csv").exits(0).out;
    assert!(others.iter().all(|name| everything.contains(name)), "{everything}");
    let both = line(&mut home.on(&world), "metrics web --since 1h --against 1d -o json").exits(0).json();
    assert_eq!(world.requests("cloudwatch:GetMetricData"), 4, "one, one of all, and two");
    assert!(both["metrics"].as_array().unwrap().iter().all(|one| one["area"] == "service" || one["area"] == "alb"));
    assert!(both["metrics"][0]["change"].is_number() && both["metrics"][0]["points_before"].is_array(), "{both}");
    // A second in which a minute begins has a point; of two consecutive requests one has none.
    let moments = [0; 2].map(|_| line(&mut home.on(&world), "metrics web --since 1s").exits(0).out);
    let says = |moment: &String| moment.contains("a point a minute") && !moment.contains("15 days");
    assert!(moments.iter().any(says), "{moments:?}");
    let text = line(&mut home.on(&world), "metrics db -o csv").exits(0).out;
    assert!(text.starts_with("\"area\",\"of\",\"name\""), "{text}");
    world.fault("cloudwatch:GetMetricData", "denied");
    let denied = line(&mut home.on(&world), "metrics db").exits(3).out;
    assert!(denied.contains("cloudwatch:GetMetricData"), "{denied}");
    line(&mut home.on(&world), "metrics nonsense").exits(2);
}

/// The time of the world.
fn now(world: &World) -> jiff::Timestamp {
    world.get("/_sim/state")["now"].as_str().unwrap().parse().unwrap()
}

#[test]
fn expired_aws_data_is_reported() {
    let (home, world) = (Home::new(), World::staging());
    let old = line(&mut home.on(&world), "timeline --since 99d --env staging").exits(0).out;
    for kept in ["RDS keeps events for 14 days", "CloudTrail keeps events for 90 days"] {
        assert!(old.contains(kept), "{kept}: {old}");
    }
    let new = line(&mut home.on(&world), "timeline --since 2d --env staging").exits(0).out;
    assert!(!new.contains("of what was before it tells nothing"), "{new}");
}

#[test]
fn planned_cost_of_an_environment_is_shown_before_it_is_built() {
    const PROD: &str = include_str!("../../crates/cockpit-model/src/estimate/fixtures/prod.json");
    let (home, world) = (Home::new(), World::staging());
    let units: serde_json::Map<String, Value> = serde_json::from_str(PROD).unwrap();
    let mut files = String::new();
    for (unit, show) in &units {
        home.write(&format!("{unit}.json"), show.to_string());
        files = format!("{files} --plan {unit}.json");
    }
    let typed = format!("cost prod --estimate{files}");
    let report = line(&mut home.on(&world), &format!("{typed} -o json")).exits(0).json();
    follows_schema(&home, "cost-estimate", &report);
    assert_eq!(
        (&report["month"], &report["month_at_most"], &report["complete"]),
        (&json!(313.99), &json!(1452.17), &json!(true))
    );
    assert_eq!(report["prices"]["nat"]["price"], 0.062);
    assert!(report["prices"]["nat"]["source"].as_str().unwrap().starts_with("https://aws.amazon.com/"), "{report}");
    let table = line(&mut home.on(&world), &typed).exits(0).out;
    for wanted in
        ["aws_cloudwatch_metric_alarm.this", "2–20", "BY USE, NOT IN THE SUM", "1452.17", "cost nothing by themselves"]
    {
        assert!(table.contains(wanted), "{wanted}: {table}");
    }
    assert_eq!(
        world.requests("sts:GetCallerIdentity") + world.requests("ce:GetCostAndUsage"),
        0,
        "no request is sent to AWS"
    );
    // Prices of another region do not apply to this one, and unknown prices are in no sum.
    let other = line(&mut home.on(&world), &format!("{typed} --region eu-west-1 -o json")).exits(3).json();
    assert!(other["unknown"].to_string().contains("no price of nat in eu-west-1"), "{other}");
    let rows = line(&mut home.on(&world), &format!("{typed} -o csv")).exits(0).out;
    assert!(rows.starts_with("\"unit\",\"resource\"") && rows.contains("aws_nat_gateway.this"), "{rows}");
}

#[test]
fn invalid_plan_and_unplanned_environment_are_reported_with_a_remedy() {
    let (home, world) = (Home::new(), World::staging());
    home.write("tfplan", "PK\u{3}\u{4} not json");
    let output = line(&mut home.on(&world), "cost --estimate --plan tfplan").exits(2);
    assert!(
        output.err.contains("tfplan is not a plan") && output.err.contains("terraform show -json tfplan"),
        "{output:#?}"
    );
    let output = line(&mut home.on(&world), "cost --estimate --plan gone.json").exits(2);
    assert!(output.err.contains("gone.json cannot be read"), "{output:#?}");
    home.write("later.json", r#"{"format_version": "2.0"}"#);
    let output = line(&mut home.on(&world), "cost --estimate --plan later.json").exits(2);
    assert!(output.err.contains("format 2.0"), "{output:#?}");
    let output = line(&mut home.on(&world), "cost prod --estimate").exits(2);
    assert!(output.err.contains("prod has no run that planned") && output.err.contains("--now"), "{output:#?}");
    line(&mut home.on(&world), "cost --plan x.json").exits(2);
    line(&mut home.on(&world), "cost --estimate --tag a=b").exits(2);
    let output = line(&mut home.on(&world), "--env staging cost prod --estimate").exits(2);
    assert!(output.err.contains("two environments are named"), "{output:#?}");
}

#[test]
fn watched_service_prints_its_scaling_and_a_final_report() {
    let (home, world) = (Home::new(), World::run_at(Scenario::ScaleOut, 60.0));
    let output = line(&mut home.on(&world), "autoscaling web --env prod --watch --timeout 45s").exits(0);
    assert!(output.out.contains("running ") && output.out.contains("(target "), "{output:#?}");
    let lines = line(&mut home.on(&world), "autoscaling web --env prod --watch --timeout 3s -o json").exits(0);
    lines_follow_schema(&home, "scaling-line", &lines.out);
    let last = output.out.lines().last().unwrap();
    assert!(last.contains("tasks that ran") || last.contains("held back") || last.contains("no load"), "{output:#?}");
}

#[test]
fn metrics_without_list_permission_cover_services_and_databases() {
    let (home, world) = (Home::new(), World::staging());
    world.advance(1_800);
    world.fault("cloudwatch:ListMetrics", "denied");
    let report = line(&mut home.on(&world), "metrics -o json").exits(3).json();
    let areas: std::collections::BTreeSet<String> =
        report["metrics"].as_array().unwrap().iter().map(|one| one["area"].as_str().unwrap().to_owned()).collect();
    assert_eq!(areas, ["db".to_owned(), "service".to_owned()].into(), "{report}");
    let table = line(&mut home.on(&world), "metrics").exits(3).out;
    assert!(table.contains("cloudwatch:ListMetrics"), "{table}");
}

#[test]
fn every_environment_has_a_line_with_its_own_denied_reads() {
    let (home, world) = (Home::new(), World::staging());
    let output = line(&mut home.on(&world), "snapshot --all -o json");
    assert!([0, 3].contains(&output.code), "{output:#?}");
    let report = output.json();
    follows_schema(&home, "environments", &report);
    let rows = report["environments"].as_array().unwrap();
    let staging = rows.iter().find(|row| row["environment"] == "staging").unwrap();
    assert!(staging["services"].as_u64().unwrap() > 0 && staging["error"].is_null(), "{staging}");
    assert!(rows.len() > 1, "{report}");
    let table = line(&mut home.on(&world), "snapshot --all -o table").out;
    assert!(table.contains("ENVIRONMENT") && table.contains("staging"), "{table}");
    world.fault("ecs:DescribeServices", "denied");
    let denied = line(&mut home.on(&world), "snapshot --all -o json").exits(3).json();
    let rows = denied["environments"].as_array().unwrap();
    let staging = rows.iter().find(|row| row["environment"] == "staging").unwrap();
    assert_eq!((&staging["services"], &staging["health"]), (&Value::Null, &Value::Null), "{staging}");
    assert!(staging["missing"].to_string().contains("ecs.services"), "{staging}");
    line(&mut home.on(&world), "snapshot --all --watch 1s").exits(2);
}
