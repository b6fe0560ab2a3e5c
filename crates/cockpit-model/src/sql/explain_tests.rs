//! Tests of plans: times, marks, comparison.

use super::*;
use serde_json::json;

fn node(kind: &str, estimated: u64, real: Option<(f64, f64, f64)>, below: &[Value]) -> Value {
    let mut value =
        json!({"Node Type": kind, "Startup Cost": 0.0, "Total Cost": 9.5, "Plan Rows": estimated, "Plans": below});
    if let Some((time, rows, loops)) = real {
        value["Actual Total Time"] = json!(time);
        value["Actual Rows"] = json!(rows);
        value["Actual Loops"] = json!(loops);
    }
    value
}

fn plan(root: &Value) -> Plan {
    parse(&json!([{"Plan": root, "Planning Time": 0.5, "Execution Time": 1200.0}]).to_string()).unwrap()
}

#[test]
fn own_time_of_a_node_excludes_its_children() {
    let scan = node("Seq Scan", 10, Some((2.0, 5000.0, 3.0)), &[]);
    let never = node("Index Scan", 10, Some((0.0, 0.0, 0.0)), &[]);
    let plan = plan(&node("Nested Loop", 30, Some((10.0, 30.0, 1.0)), &[scan, never]));
    let own: Vec<f64> = plan.nodes.iter().map(|node| node.measured.unwrap().own).collect();
    assert_eq!(own, [4.0, 6.0, 0.0]);
    assert_eq!((plan.slowest, plan.misestimated), (Some(1), Some(1)));
    assert_eq!(
        plan.text(),
        "Nested Loop  10.00 ms (4.00 ms itself), 30 rows of 30 estimated\n  \
         Seq Scan  6.00 ms (6.00 ms itself), 5,000 rows of 10 estimated, 3 times, slowest, estimate 500× off\n  \
         Index Scan  never run\nPlanning: 0.50 ms\nExecution: 1.20 s\n"
    );
}

#[test]
fn time_of_parallel_workers_is_not_summed() {
    let mut gather = node("Gather", 10, Some((10.0, 10.0, 1.0)), &[node("Seq Scan", 10, Some((9.0, 3.0, 3.0)), &[])]);
    gather["Workers Launched"] = json!(2);
    let plan = plan(&gather);
    let totals: Vec<f64> = plan.nodes.iter().map(|node| node.measured.unwrap().total).collect();
    assert_eq!(totals, [10.0, 9.0]);
}

#[test]
fn plan_that_was_not_run_has_only_costs() {
    let mut root = node("ModifyTable", 0, None, &[node("Seq Scan", 1234, None, &[])]);
    root["Operation"] = json!("Update");
    root["Relation Name"] = json!("t\u{1b}");
    root["Alias"] = json!("t\u{1b}");
    root["Filter"] = json!("(a > 1)");
    let plan = plan(&root);
    assert_eq!(plan.nodes[0].label, "Update on t␛");
    assert_eq!(plan.nodes[0].details, ["Filter: (a > 1)"]);
    assert_eq!((plan.slowest, plan.misestimated), (None, None));
    assert_eq!(plan.rows_touched(), Some(1234.0));
    assert!(plan.text().contains("cost 0.00..9.50, 1,234 rows"));
}

#[test]
fn changed_rows_are_summed_over_all_parts() {
    let modify = |name: Option<&str>, below: &[Value]| {
        let mut value = node("ModifyTable", 0, None, below);
        value["Operation"] = json!("Delete");
        if let Some(name) = name {
            value["Subplan Name"] = json!(name);
            value["Parent Relationship"] = json!("InitPlan");
        }
        value
    };
    let with = modify(Some("CTE d"), &[node("Seq Scan", 120_000, None, &[])]);
    let select = plan(&node("Result", 1, None, std::slice::from_ref(&with)));
    assert_eq!(select.rows_touched(), Some(120_000.0), "with d as (delete from t) select 1");
    let both = plan(&modify(None, &[with, node("Seq Scan", 5, None, &[])]));
    assert_eq!(both.rows_touched(), Some(120_005.0));
    let partitions = plan(&modify(None, &[node("Seq Scan", 7, None, &[]), node("Seq Scan", 8, None, &[])]));
    assert_eq!(partitions.rows_touched(), Some(15.0), "a plan for each partition, as before PostgreSQL 14");
    assert_eq!(plan(&node("Seq Scan", 9, None, &[])).rows_touched(), None);
}

#[test]
fn labels_are_those_of_explain() {
    let label = |value: Value| label(&value);
    assert_eq!(label(json!({"Node Type": "Hash Join", "Join Type": "Right"})), "Hash Right Join");
    assert_eq!(label(json!({"Node Type": "Nested Loop", "Join Type": "Left"})), "Nested Loop Left Join");
    assert_eq!(label(json!({"Node Type": "Aggregate", "Strategy": "Hashed"})), "HashAggregate");
    assert_eq!(
        label(
            json!({"Node Type": "Index Scan", "Index Name": "i", "Relation Name": "t", "Alias": "a", "Parallel Aware": true})
        ),
        "Parallel Index Scan using i on t a"
    );
    assert_eq!(label(json!({"Node Type": "Limit", "Subplan Name": "InitPlan 1"})), "InitPlan 1: Limit");
}

#[test]
fn text_that_is_not_a_plan_is_refused() {
    assert!(parse("x").unwrap_err().contains("not JSON"));
    assert_eq!(parse("[]").unwrap_err(), "it contains no plan");
    let deep = (0..50).fold(node("Seq Scan", 1, None, &[]), |below, _| node("Limit", 1, None, &[below]));
    assert_eq!(plan(&deep).nodes.len(), 51);
}

#[test]
fn plans_are_aligned_at_equal_nodes() {
    let before = plan(&node("Sort", 1, None, &[node("Seq Scan", 1, None, &[])]));
    let after = plan(&node("Sort", 1, None, &[node("Index Scan", 1, None, &[])]));
    let pair = |before, after| Pair { before, after };
    assert_eq!(compare(&before, &after), [pair(Some(0), Some(0)), pair(Some(1), None), pair(None, Some(1))]);
    assert_eq!(compare(&before, &before), [pair(Some(0), Some(0)), pair(Some(1), Some(1))]);
    assert_eq!(compare(&Plan::default(), &after).len(), 2);
}

#[test]
fn explain_keyword_and_options_are_removed_from_the_statement() {
    for (text, wanted) in [
        ("select 1", "select 1"),
        ("EXPLAIN select 1", "select 1"),
        ("explain analyze verbose\n delete from t", "delete from t"),
        ("explain (analyze, buffers, format json) with a as (select 1) select 2", "with a as (select 1) select 2"),
        ("-- why\nexplain select 1", "select 1"),
        ("explain", "explain"),
        ("explain (costs off", "explain (costs off"),
    ] {
        assert_eq!(subject(text), wanted, "{text}");
    }
}

#[test]
fn jit_time_is_shown_apart_from_nodes() {
    let root = node("Seq Scan", 10, Some((2.0, 10.0, 1.0)), &[]);
    let compiled =
        json!([{"Plan": root, "Execution Time": 310.0, "JIT": {"Functions": 3, "Timing": {"Total": 300.0}}}]);
    let plan = parse(&compiled.to_string()).unwrap();
    assert!(plan.text().contains("JIT: 300.00 ms\n"), "{}", plan.text());
    assert_eq!(super::super::explain_table::summary(&plan), "execution 310.00 ms · JIT 300.00 ms");
}

#[test]
fn rows_below_a_limit_are_no_estimation_error() {
    let scan = || node("Index Scan", 20_000, Some((1.0, 100.0, 1.0)), &[]);
    let limited = |below: Value| plan(&node("Limit", 100, Some((1.0, 100.0, 1.0)), &[below]));
    assert_eq!(limited(scan()).misestimated, None);
    let join = node("Nested Loop", 20_000, Some((1.0, 100.0, 1.0)), &[scan()]);
    assert_eq!(limited(join).misestimated, None);
    // A sort reads its whole input, so its estimate counts. More rows than estimated are an error anywhere.
    assert_eq!(limited(node("Sort", 100, Some((1.0, 100.0, 1.0)), &[scan()])).misestimated, Some(2));
    assert_eq!(limited(node("Seq Scan", 2, Some((1.0, 100.0, 1.0)), &[])).misestimated, Some(1));
}
