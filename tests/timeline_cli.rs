//! What happened, what it measures and what it costs, as it is typed: against the simulator, in its time.
#![allow(clippy::unwrap_used)]

#[path = "support/timeline_costs.rs"]
mod costs;
#[path = "support/timeline_mutes.rs"]
mod mutes;
#[path = "support/timeline_owners.rs"]
mod owners;
mod support;

use aws_sim::Scenario;
use serde_json::{Value, json};
use support::{Home, World, follows_schema, line, lines_follow_schema};

const WEB: &str = "bookmark-manager-staging-web";

fn events(value: &Value) -> Vec<Value> {
    value["events"].as_array().unwrap().clone()
}

/// A world in which somebody else has deployed a while ago.
fn deployed() -> World {
    let world = World::staging();
    world.advance(1_200);
    world.post("/_sim/world", &json!({"deploy": {"service": WEB, "image": "c0ffee1"}}));
    world.advance(600);
    world
}

#[test]
fn a_deployment_of_somebody_else_is_told_once_and_with_who_did_it() {
    let (home, world) = (Home::new(), deployed());
    let said = line(&mut home.on(&world), "timeline --since 1h -o json").coded(0).json();
    follows_schema(&home, "timeline", &said);
    let all = events(&said);
    let of = |kind: &str| -> Vec<Value> {
        all.iter().filter(|event| event["kind"] == kind && event["name"] == WEB).cloned().collect()
    };
    let began: Vec<Value> =
        of("deployment").into_iter().filter(|event| event["what"].as_str().unwrap().ends_with("began")).collect();
    assert_eq!(began.len(), 1, "{all:#?}");
    assert_eq!(began[0]["who"], "somebody-else");
    let what = began[0]["what"].as_str().unwrap();
    let revision = what.strip_prefix(&format!("deployment of {WEB}:")).and_then(|rest| rest.strip_suffix(" began"));
    assert!(revision.is_some_and(|number| number.parse::<u16>().is_ok()), "{what}");
    assert_eq!(of("write"), Vec::<Value>::new(), "its request is not told again");
    let times: Vec<jiff::Timestamp> = all.iter().map(|event| event["at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(all.iter().all(|event| event["routine"] == false && event["of_the_future"] == false));
    let whole = line(&mut home.on(&world), "timeline --since 1h --all -o json").coded(0).json();
    assert!(events(&whole).len() > all.len() && whole["left_out"] == 0, "{whole}");
    assert!(said["left_out"].as_u64().unwrap() > 0);
    let filtered = line(&mut home.on(&world), "timeline web --since 1h --filter who:somebody-else -o csv").coded(0);
    assert_eq!(filtered.out.lines().count(), 2, "{filtered:#?}");
}

#[test]
fn each_line_of_what_is_followed_says_what_it_is() {
    let (home, world) = (Home::new(), deployed());
    let said = line(&mut home.on(&world), "timeline --since 1h -f -o json --timeout 3s").coded(0);
    lines_follow_schema(&home, "timeline-event", &said.out);
}

#[test]
fn a_filter_that_nothing_can_pass_is_wrong_usage_with_the_nearest_name() {
    let (home, world) = (Home::new(), World::staging());
    for (filter, near) in
        [("kind:deploymnt", "`deployment`"), ("knid:alarm", "`kind`"), ("container:web", "there are:")]
    {
        let said = line(&mut home.on(&world), &format!("timeline --filter {filter}")).coded(2);
        assert!(said.err.contains(near), "{said:#?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], 0, "nothing was asked");
}

/// `nothing has happened` would be said of a name that is mistyped, too.
#[test]
fn a_name_of_nothing_is_told_and_one_without_events_is_none() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut home.on(&world), "timeline nosuch").coded(2);
    assert!(said.err.contains("`nosuch`") && said.err.contains(WEB), "{}", said.err);
    for known in ["web", WEB, "bookmark-manager-staging-db", "api-cpu-high"] {
        line(&mut home.on(&world), &format!("timeline {known} --since 1m")).coded(0);
    }
    line(&mut home.on(&world), "timeline web nosuch").coded(2);
    // What could not be read may have the name.
    world.fault("ecs:DescribeServices", "denied");
    line(&mut home.on(&world), "timeline nosuch").coded(3);
}

#[test]
fn what_changed_before_the_errors_began_is_ranked() {
    let (home, world) = (Home::new(), deployed());
    let moment = now(&world) - jiff::SignedDuration::from_mins(7);
    let said = line(&mut home.on(&world), &format!("timeline --before {moment} -o json")).coded(0).json();
    follows_schema(&home, "timeline", &said);
    let all = events(&said);
    // Its end is nearer than its beginning, which knows who asked for it.
    assert_eq!(all[0]["kind"], "deployment", "{all:#?}");
    let began = all.iter().find(|event| event["what"].as_str().unwrap().ends_with("began")).unwrap();
    assert_eq!((&began["kind"], &began["who"]), (&json!("deployment"), &json!("somebody-else")), "{all:#?}");
    assert!(all.iter().all(|event| event["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap() <= moment));
    let scores: Vec<f64> = all.iter().map(|event| event["score"].as_f64().unwrap()).collect();
    assert!(scores.windows(2).all(|pair| pair[0] >= pair[1]), "{scores:?}");
    let table = line(&mut home.on(&world), &format!("timeline --before {moment}")).coded(0).out;
    assert!(table.starts_with("BEFORE"), "{table}");
}

#[test]
fn a_source_that_is_denied_is_named_with_the_right_it_lacks_and_the_rest_stands() {
    let (home, world) = (Home::new(), deployed());
    for (operation, source) in [
        ("cloudtrail:LookupEvents", "cloudtrail.events"),
        ("cloudwatch:DescribeAlarmHistory", "cloudwatch.alarm_history"),
        ("rds:DescribeEvents", "rds.events"),
    ] {
        world.fault(operation, "denied");
        let said = line(&mut home.on(&world), "timeline --since 1h -o json").coded(3).json();
        let row = said["sources"].as_array().unwrap().iter().find(|row| row["name"] == source).unwrap().clone();
        assert!(row["error"].as_str().unwrap().contains(operation), "{row}");
        assert!(events(&said).iter().any(|event| event["kind"] == "deployment"), "{said}");
        let table = line(&mut home.on(&world), "timeline --since 1h").coded(3).out;
        assert!(table.contains(operation), "{table}");
        world.clear_faults();
    }
}

#[test]
fn cloudtrail_that_is_late_leaves_the_rest_and_says_so() {
    let (home, world) = (Home::new(), World::staging());
    world.poke(&json!({"trail_delay": 900}));
    world.post("/_sim/world", &json!({"deploy": {"service": WEB, "image": "c0ffee1"}}));
    world.advance(300);
    let early = line(&mut home.on(&world), "timeline --since 1h -o json").coded(0).json();
    let deployment =
        |said: &Value| events(said).into_iter().find(|event| event["kind"] == "deployment" && event["name"] == WEB);
    assert_eq!(deployment(&early).unwrap()["who"], Value::Null, "nobody knows yet");
    let table = line(&mut home.on(&world), "timeline --since 1h").coded(0).out;
    assert!(table.contains("CloudTrail is up to 15 minutes late"), "{table}");
    world.advance(900);
    let late = line(&mut home.on(&world), "timeline --since 1h -o json").coded(0).json();
    assert_eq!(deployment(&late).unwrap()["who"], "somebody-else");
}

#[test]
fn a_failover_is_on_the_time_line_with_its_end() {
    let (home, world) = (Home::new(), World::start(Scenario::Failover));
    world.advance(900);
    let said = line(&mut home.on(&world), "timeline --env prod --since 1h -o json").coded(0).json();
    let failovers: Vec<Value> = events(&said).into_iter().filter(|event| event["kind"] == "failover").collect();
    assert!(failovers.len() >= 2, "{said}");
    assert!(failovers[0]["what"].as_str().unwrap().starts_with("Started"), "{failovers:#?}");
    assert_eq!((&failovers[0]["health"], &failovers[0]["of"]), (&json!("degraded"), &json!("database")));
}

#[test]
fn alarms_tell_how_their_states_changed() {
    let (home, world) = (Home::new(), World::start(Scenario::ScaleOut));
    world.advance(3_600);
    let said = line(&mut home.on(&world), "alarms --env prod --all --history 2h -o json").coded(0).json();
    follows_schema(&home, "alarms", &said);
    let history = said["history"].as_array().unwrap();
    assert!(history.iter().any(|change| change["from"] == "OK" && change["to"] == "ALARM"), "{said}");
    let times: Vec<jiff::Timestamp> =
        history.iter().map(|change| change["at"].as_str().unwrap().parse().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "newest first: {times:?}");
    let plain = line(&mut home.on(&world), "alarms --env prod -o json").coded(0).json();
    assert_eq!(plain["history"], Value::Null);
    world.fault("cloudwatch:DescribeAlarmHistory", "denied");
    let denied = line(&mut home.on(&world), "alarms --env prod --history").coded(3).out;
    assert!(
        denied.contains("cloudwatch:DescribeAlarmHistory") && denied.contains("their history is not known"),
        "{denied}"
    );
}

#[test]
fn a_composite_alarm_is_listed_with_the_states_of_those_that_it_is_made_of() {
    let (home, world) = (Home::new(), World::start(Scenario::Prod));
    let (load, web) = ("bookmark-manager-prod-load", "bookmark-manager-prod-web-cpu-high");
    let table = line(&mut home.on(&world), "alarms --env prod --all").coded(0).out;
    let at = table.lines().position(|line| line.contains(load)).unwrap_or_else(|| panic!("{table}"));
    let below: Vec<&str> = table.lines().skip(at + 1).take(3).collect();
    assert!(below.iter().all(|line| line.contains("└ bookmark-manager-prod-") && line.contains("OK")), "{table}");
    assert!(below[1].contains(web), "{table}");
    // One of them is raised, and it with that one.
    world.poke(&json!({"load": {"service": "bookmark-manager-prod-web", "factor": 40}}));
    world.advance(1_200);
    let said = line(&mut home.on(&world), "alarms --env prod --history 1h -o json").coded(0).json();
    follows_schema(&home, "alarms", &said);
    let alarms = said["alarms"].as_array().unwrap();
    let one = alarms.iter().find(|one| one["name"] == load).unwrap_or_else(|| panic!("{said:#}"));
    assert_eq!((&one["state"], one["children"].as_array().map(Vec::len)), (&json!("ALARM"), Some(3)), "{one:#}");
    assert!(one["reason"].as_str().unwrap().contains(&format!("{web} transitioned to ALARM")), "{one:#}");
    let history = said["history"].as_array().unwrap();
    assert!(history.iter().any(|change| change["alarm"] == load && change["to"] == "ALARM"), "{said:#}");
}

#[test]
fn all_metrics_of_a_screen_are_one_request_and_another_time_is_one_more() {
    let (home, world) = (Home::new(), World::staging());
    world.advance(3_600);
    let said = line(&mut home.on(&world), "metrics --since 1h -o json").coded(0).json();
    follows_schema(&home, "metrics", &said);
    assert_eq!(world.asked("cloudwatch:GetMetricData"), 1);
    let metrics = said["metrics"].as_array().unwrap();
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
    let others: Vec<&str> = said["of_others"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(others.iter().any(|name| name.contains("-prod-")), "{others:?}");
    assert!(metrics.iter().all(|one| !others.contains(&one["of"].as_str().unwrap())), "{others:?}");
    let everything = line(&mut home.on(&world), "metrics waf --all --since 1h -o csv").coded(0).out;
    assert!(others.iter().all(|name| everything.contains(name)), "{everything}");
    let both = line(&mut home.on(&world), "metrics web --since 1h --against 1d -o json").coded(0).json();
    assert_eq!(world.asked("cloudwatch:GetMetricData"), 4, "one, one of all, and two");
    assert!(both["metrics"].as_array().unwrap().iter().all(|one| one["area"] == "service" || one["area"] == "alb"));
    assert!(both["metrics"][0]["change"].is_number() && both["metrics"][0]["points_before"].is_array(), "{both}");
    // A second in which a minute begins has a point; of two asked for one after the other one has none.
    let moments = [0; 2].map(|_| line(&mut home.on(&world), "metrics web --since 1s").coded(0).out);
    let says = |moment: &String| moment.contains("a point a minute") && !moment.contains("15 days");
    assert!(moments.iter().any(says), "{moments:?}");
    let text = line(&mut home.on(&world), "metrics db -o csv").coded(0).out;
    assert!(text.starts_with("\"area\",\"of\",\"name\""), "{text}");
    world.fault("cloudwatch:GetMetricData", "denied");
    let denied = line(&mut home.on(&world), "metrics db").coded(3).out;
    assert!(denied.contains("cloudwatch:GetMetricData"), "{denied}");
    line(&mut home.on(&world), "metrics nonsense").coded(2);
}

/// The time of the world.
fn now(world: &World) -> jiff::Timestamp {
    world.get("/_sim/state")["now"].as_str().unwrap().parse().unwrap()
}

#[test]
fn what_is_gone_at_aws_by_now_is_said() {
    let (home, world) = (Home::new(), World::staging());
    let old = line(&mut home.on(&world), "timeline --since 99d --env staging").coded(0).out;
    for kept in ["RDS keeps events for 14 days", "CloudTrail keeps events for 90 days"] {
        assert!(old.contains(kept), "{kept}: {old}");
    }
    let new = line(&mut home.on(&world), "timeline --since 2d --env staging").coded(0).out;
    assert!(!new.contains("of what was before it tells nothing"), "{new}");
}

#[test]
fn what_an_environment_costs_by_its_plans_is_told_before_it_is_built() {
    const PROD: &str = include_str!("../crates/cockpit-model/src/estimate/fixtures/prod.json");
    let (home, world) = (Home::new(), World::staging());
    let units: serde_json::Map<String, Value> = serde_json::from_str(PROD).unwrap();
    let mut files = String::new();
    for (unit, show) in &units {
        home.write(&format!("{unit}.json"), show.to_string());
        files = format!("{files} --plan {unit}.json");
    }
    let typed = format!("cost prod --estimate{files}");
    let said = line(&mut home.on(&world), &format!("{typed} -o json")).coded(0).json();
    follows_schema(&home, "cost-estimate", &said);
    assert_eq!(
        (&said["month"], &said["month_at_most"], &said["complete"]),
        (&json!(313.99), &json!(1452.17), &json!(true))
    );
    assert_eq!(said["prices"]["nat"]["price"], 0.062);
    assert!(said["prices"]["nat"]["source"].as_str().unwrap().starts_with("https://aws.amazon.com/"), "{said}");
    let table = line(&mut home.on(&world), &typed).coded(0).out;
    for wanted in
        ["aws_cloudwatch_metric_alarm.this", "2–20", "BY USE, NOT IN THE SUM", "1452.17", "cost nothing by themselves"]
    {
        assert!(table.contains(wanted), "{wanted}: {table}");
    }
    assert_eq!(world.asked("sts:GetCallerIdentity") + world.asked("ce:GetCostAndUsage"), 0, "AWS is asked nothing");
    // Prices of another region are not those of this one, and what is not known is in no sum.
    let other = line(&mut home.on(&world), &format!("{typed} --region eu-west-1 -o json")).coded(3).json();
    assert!(other["unknown"].to_string().contains("no price of nat in eu-west-1"), "{other}");
    let rows = line(&mut home.on(&world), &format!("{typed} -o csv")).coded(0).out;
    assert!(rows.starts_with("\"unit\",\"resource\"") && rows.contains("aws_nat_gateway.this"), "{rows}");
}

#[test]
fn what_is_no_plan_and_an_environment_that_was_never_planned_say_what_to_do() {
    let (home, world) = (Home::new(), World::staging());
    home.write("tfplan", "PK\u{3}\u{4} not json");
    let said = line(&mut home.on(&world), "cost --estimate --plan tfplan").coded(2);
    assert!(said.err.contains("tfplan is not a plan") && said.err.contains("terraform show -json tfplan"), "{said:#?}");
    let said = line(&mut home.on(&world), "cost --estimate --plan gone.json").coded(2);
    assert!(said.err.contains("gone.json cannot be read"), "{said:#?}");
    home.write("later.json", r#"{"format_version": "2.0"}"#);
    let said = line(&mut home.on(&world), "cost --estimate --plan later.json").coded(2);
    assert!(said.err.contains("format 2.0"), "{said:#?}");
    let said = line(&mut home.on(&world), "cost prod --estimate").coded(2);
    assert!(said.err.contains("prod has no run that planned") && said.err.contains("--now"), "{said:#?}");
    line(&mut home.on(&world), "cost --plan x.json").coded(2);
    line(&mut home.on(&world), "cost --estimate --tag a=b").coded(2);
    let said = line(&mut home.on(&world), "--env staging cost prod --estimate").coded(2);
    assert!(said.err.contains("two environments are named"), "{said:#?}");
}

#[test]
fn a_service_that_is_watched_tells_how_it_scales_and_ends_with_a_report() {
    let (home, world) = (Home::new(), World::run_at(Scenario::ScaleOut, 60.0));
    let said = line(&mut home.on(&world), "autoscaling web --env prod --watch --timeout 45s").coded(0);
    assert!(said.out.contains("running ") && said.out.contains("aims at"), "{said:#?}");
    let lines = line(&mut home.on(&world), "autoscaling web --env prod --watch --timeout 3s -o json").coded(0);
    lines_follow_schema(&home, "scaling-line", &lines.out);
    let last = said.out.lines().last().unwrap();
    assert!(last.contains("tasks that ran") || last.contains("held back") || last.contains("no load"), "{said:#?}");
}

#[test]
fn metrics_without_the_right_to_list_them_are_those_of_services_and_databases() {
    let (home, world) = (Home::new(), World::staging());
    world.advance(1_800);
    world.fault("cloudwatch:ListMetrics", "denied");
    let said = line(&mut home.on(&world), "metrics -o json").coded(3).json();
    let areas: std::collections::BTreeSet<String> =
        said["metrics"].as_array().unwrap().iter().map(|one| one["area"].as_str().unwrap().to_owned()).collect();
    assert_eq!(areas, ["db".to_owned(), "service".to_owned()].into(), "{said}");
    let table = line(&mut home.on(&world), "metrics").coded(3).out;
    assert!(table.contains("cloudwatch:ListMetrics"), "{table}");
}

#[test]
fn every_environment_is_a_line_and_what_one_may_not_read_is_told_in_its_own() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut home.on(&world), "snapshot --all -o json");
    assert!([0, 3].contains(&said.code), "{said:#?}");
    let said = said.json();
    follows_schema(&home, "environments", &said);
    let rows = said["environments"].as_array().unwrap();
    let staging = rows.iter().find(|row| row["environment"] == "staging").unwrap();
    assert!(staging["services"].as_u64().unwrap() > 0 && staging["error"].is_null(), "{staging}");
    assert!(rows.len() > 1, "{said}");
    let table = line(&mut home.on(&world), "snapshot --all -o table").out;
    assert!(table.contains("ENVIRONMENT") && table.contains("staging"), "{table}");
    world.fault("ecs:DescribeServices", "denied");
    let denied = line(&mut home.on(&world), "snapshot --all -o json").coded(3).json();
    let rows = denied["environments"].as_array().unwrap();
    let staging = rows.iter().find(|row| row["environment"] == "staging").unwrap();
    assert_eq!((&staging["services"], &staging["health"]), (&Value::Null, &Value::Null), "{staging}");
    assert!(staging["missing"].to_string().contains("ecs.services"), "{staging}");
    line(&mut home.on(&world), "snapshot --all --watch 1s").coded(2);
}
