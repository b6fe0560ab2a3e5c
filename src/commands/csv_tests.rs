//! Compares the CSV of every command with its JSON and its schema.

use super::alarms::report::alarms;
use super::autoscaling::report::autoscaling;
use super::command_line::{Cli, command};
use super::db::report::databases;
use super::health::report::health;
use super::insights::report::InsightsDto;
use super::instances::report::instances;
use super::list::schemas;
use super::report_tests::{partial, snapshot, with};
use super::sample_reports_tests::{charged, happened, measured};
use super::services::report::services;
use super::tasks::report::tasks;
use super::users::report::{PoolRead, users};
use crate::cli::Output;
use crate::headless::fixtures::{complete_estate, environment, failed, japanese};
use crate::headless::{Printable, Rows, render};
use crate::model::FailureKind;
use crate::model::health_probe::findings::Findings;
use crate::model::logs::InsightsResult;
use crate::model::machine::Ec2Instance;
use crate::model::text::{escape_formula, sanitize};
use crate::model::users::User;
use serde_json::Value;

/// Commands with CSV output whose fields a schema describes.
const WITH_A_SCHEMA: [&str; 11] =
    ["services", "tasks", "autoscaling", "db", "alarms", "health", "instances", "users", "timeline", "metrics", "cost"];

fn schema(name: &str) -> Value {
    (schemas().into_iter().find(|schema| schema.name == name).unwrap().make)()
}

/// Returns the part of a schema at a path below one of its nodes.
fn below<'a>(root: &'a Value, node: &'a Value, path: &str) -> Option<&'a Value> {
    if let Some(target) = node["$ref"].as_str() {
        return below(root, root.pointer(target.strip_prefix('#')?)?, path);
    }
    for kind in ["anyOf", "oneOf"] {
        let found = node[kind].as_array().into_iter().flatten().find_map(|node| below(root, node, path));
        if found.is_some() {
            return found;
        }
    }
    if node.get("items").is_some() {
        return below(root, &node["items"], path);
    }
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    if first.is_empty() {
        return Some(node);
    }
    below(root, node["properties"].get(first)?, rest)
}

/// Returns the expected CSV rows: for each element, the JSON values at the path of each heading.
fn expected(rows: &Rows, json: &Value) -> Vec<Vec<String>> {
    let at = |value: &Value, path: &str| path.split('.').fold(value.clone(), |value, name| value[name].clone());
    let text = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => escape_formula(&sanitize(&text)),
        other => sanitize(&other.to_string()).into_owned(),
    };
    let mut expected_rows = Vec::new();
    for element in json[rows.list].as_array().into_iter().flatten() {
        let parts = rows.each.map_or_else(Vec::new, |each| element[each].as_array().unwrap().clone());
        let mut row = element.clone();
        for part in if parts.is_empty() { vec![Value::Null] } else { parts } {
            if let Some(each) = rows.each {
                row[each] = part;
            }
            expected_rows.push(rows.fields.iter().map(|field| text(at(&row, field))).collect());
        }
    }
    expected_rows
}

fn assert_csv_matches(report: &impl Printable, schema: Option<&Value>) {
    let rows = report.rows().expect("it has CSV");
    let csv = render(report, Output::Csv, None).unwrap();
    let json: Value = serde_json::from_str(&render(report, Output::Json, None).unwrap()).unwrap();
    let mut read = ::csv::Reader::from_reader(csv.as_bytes());
    let headings: Vec<String> = read.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(headings, rows.fields);
    if let Some(schema) = schema {
        for heading in &headings {
            let path = format!("{}.{heading}", rows.list);
            assert!(below(schema, schema, &path).is_some(), "`{heading}` is no field of {}", schema["$id"]);
        }
    }
    let cells: Vec<Vec<String>> = read.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(cells, expected(&rows, &json));
}

#[test]
fn csv_headings_are_schema_fields_and_values_match_the_json() {
    for estate in [complete_estate(), partial(), failed(FailureKind::Timeout), japanese()] {
        with(&estate, &environment(), |input| {
            assert_csv_matches(&services(input, &[]).unwrap(), Some(&schema("services")));
            assert_csv_matches(&tasks(input, &[]).unwrap(), Some(&schema("tasks")));
            assert_csv_matches(&autoscaling(input, &[]).unwrap(), Some(&schema("autoscaling")));
            assert_csv_matches(&databases(input, &[]).unwrap(), Some(&schema("db")));
            assert_csv_matches(&alarms(input, true), Some(&schema("alarms")));
            assert_csv_matches(&health(input, &Findings::default(), false, false), Some(&schema("health")));
            let machine = Ec2Instance { cpu: Some(12.5), ..Ec2Instance::default() };
            assert_csv_matches(&instances(input, &[], &Ok((vec![machine], Vec::new()))), Some(&schema("instances")));
            let read =
                PoolRead { users: Some(vec![User { name: "a@b.c".into(), ..User::default() }]), ..PoolRead::default() };
            assert_csv_matches(&users(input, &read, true), Some(&schema("users")));
            for report in &happened(input) {
                assert_csv_matches(report, Some(&schema("timeline")));
            }
            for report in &measured(input) {
                assert_csv_matches(report, Some(&schema("metrics")));
            }
        });
    }
    assert_csv_matches(&charged(), Some(&schema("cost")));
    let found = InsightsResult {
        columns: vec!["@message".into(), "count".into()],
        rows: vec![vec![Some("x\u{1b}[2J".into()), None], vec![Some("y".into()), Some("3".into())]],
        ..InsightsResult::default()
    };
    assert_csv_matches(&InsightsDto::new(&found, vec![], jiff::tz::TimeZone::UTC), None);
}

#[test]
fn every_command_with_csv_is_compared_with_its_json() {
    for sub in command().get_subcommands() {
        let name = sub.get_name();
        let advertised = sub.get_about().is_some_and(|about| about.to_string().contains("csv"));
        let takes = [vec![], vec!["x"]]
            .into_iter()
            .any(|words| Cli::read([vec!["cockpit", name, "-o", "csv"], words].concat()).is_ok());
        // Its rows are those of an arbitrary statement; `sql_cli` tests each format of them.
        if name == "sql" {
            assert!(takes, "its rows have CSV");
            continue;
        }
        let held = WITH_A_SCHEMA.contains(&name) || name == "insights";
        assert_eq!((advertised, takes), (held, held), "{name}");
    }
}

#[test]
fn tables_print_clock_times_in_the_environments_zone() {
    let estate = complete_estate();
    with(&estate, &environment(), |input| {
        let all = [
            render(&autoscaling(input, &[]).unwrap(), Output::Table, None).unwrap(),
            render(&databases(input, &[]).unwrap(), Output::Table, None).unwrap(),
            render(&alarms(input, true), Output::Table, None).unwrap(),
            render(&snapshot(input), Output::Table, None).unwrap(),
        ];
        for text in &all {
            assert!(!text.contains("2026-11-20T"), "{text}");
        }
        assert!(all[1].contains("  21:30:00  "), "{}", all[1]);
        assert!(all[3].starts_with("staging  123456789012  ap-northeast-1  2026-11-20 21:30:00 JST\n"), "{}", all[3]);
    });
}
