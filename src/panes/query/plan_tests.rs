//! Query plans in the pane: explaining, measuring, comparing.

use super::testing::Desk;
use crate::model::sql::{StatementOutcome, Transaction};
use crate::ui::testing::pictures::assert_screen;

/// An answer to EXPLAIN (ANALYZE, FORMAT JSON): a join whose scan takes most of the time.
fn plan(scan: &str, milliseconds: f64) -> String {
    format!(
        r#"[{{"Plan": {{"Node Type": "Hash Join", "Join Type": "Inner", "Startup Cost": 1.0, "Total Cost": 91.5, "Plan Rows": 100,
        "Actual Total Time": {total}, "Actual Rows": 5000, "Actual Loops": 1, "Hash Cond": "(b.id = t.bookmark)",
        "Shared Hit Blocks": 1204, "Shared Read Blocks": 12,
        "Plans": [{{"Node Type": "{scan}", "Relation Name": "bookmarks", "Alias": "b", "Startup Cost": 0.0, "Total Cost": 40.0,
        "Plan Rows": 10, "Actual Total Time": {milliseconds}, "Actual Rows": 5000, "Actual Loops": 1, "Filter": "(title ~~ '%日本%')"}},
        {{"Node Type": "Hash", "Startup Cost": 0.0, "Total Cost": 2.0, "Plan Rows": 100, "Actual Total Time": 1.5,
        "Actual Rows": 100, "Actual Loops": 1, "Plans": [{{"Node Type": "Index Only Scan", "Index Name": "tags_pkey",
        "Relation Name": "tags", "Alias": "t", "Startup Cost": 0.0, "Total Cost": 1.0, "Plan Rows": 100,
        "Actual Total Time": 0.5, "Actual Rows": 100, "Actual Loops": 3}}]}}]}},
        "Planning Time": 0.42, "Execution Time": {total}}}]"#,
        total = milliseconds + 4.0
    )
}

#[test]
fn statement_under_the_cursor_is_explained_with_the_slowest_node_marked() {
    for (name, size) in
        [("query_plan_60x15", (60, 15)), ("query_plan_80x24", (80, 24)), ("query_plan_200x60", (200, 60))]
    {
        let mut desk = Desk::connected(size);
        desk.plans.push(plan("Seq Scan", 40.0));
        desk.paste("select 1;\nselect * from bookmarks b join tags t on t.bookmark = b.id;");
        desk.keys("f7");
        let asked =
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) select * from bookmarks b join tags t on t.bookmark = b.id";
        assert_eq!(desk.statements(), ["BEGIN", asked, "ROLLBACK"]);
        assert!(desk.app.panes.query.editor.text().starts_with("select 1;"), "the text stays");
        let screen = desk.screen();
        for part in ["Seq Scan", "slowest", "execution 44.00 ms"] {
            assert!(screen.contains(part), "{part}:\n{screen}");
        }
        assert_screen(name, &desk.app);
    }
}

#[test]
fn estimated_plan_has_costs_and_enter_shows_node_details() {
    let mut desk = Desk::connected((80, 24));
    let costs = r#"[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "t", "Alias": "t", "Startup Cost": 0.0, "Total Cost": 35.5, "Plan Rows": 2550, "Filter": "(a > 1)"}}]"#;
    desk.plans.push(costs.into());
    desk.paste("explain verbose delete from t where a > 1");
    desk.keys("f6");
    assert_eq!(desk.statements(), ["EXPLAIN (FORMAT JSON) delete from t where a > 1"], "nothing asks: nothing is run");
    let screen = desk.screen();
    for part in ["35.50", "2,550", "not run: costs alone", "Filter: (a > 1)"] {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    desk.keys("esc enter");
    assert!(desk.screen().contains("cost 0.00..35.50"), "{}", desk.screen());
    desk.keys("esc y");
    assert!(desk.copied[0].starts_with("Seq Scan on t  cost 0.00..35.50"), "{:?}", desk.copied);
}

#[test]
fn changing_statement_is_measured_after_confirmation_and_rolled_back() {
    let mut desk = Desk::connected((100, 30));
    desk.paste("delete from bookmarks;");
    desk.keys("f7");
    assert!(desk.ran.is_empty());
    let screen = desk.screen();
    assert!(screen.contains("It is rolled back") && screen.contains("ROLLBACK;"), "{screen}");
    desk.plans.push(plan("Seq Scan", 40.0));
    desk.keys("enter");
    let analyzed = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) delete from bookmarks";
    assert_eq!(desk.statements(), ["BEGIN", analyzed, "ROLLBACK"]);
    assert!(desk.screen().contains("slowest"), "{}", desk.screen());
    assert_eq!(desk.app.panes.query.tabs.len(), 1, "the surrounding statements have no tab");
    // In an open transaction only the statement's own effect is rolled back.
    desk.transaction(Transaction::Open);
    desk.keys("f7 enter");
    let last = "ROLLBACK TO SAVEPOINT cockpit_script; RELEASE SAVEPOINT cockpit_script";
    assert_eq!(desk.statements()[3..], ["SAVEPOINT cockpit_script", analyzed, last]);
    desk.transaction(Transaction::Failed);
    desk.keys("f7");
    assert!(desk.screen().contains("ROLLBACK ends it first"), "{}", desk.screen());
}

#[test]
fn measured_reading_statement_is_rolled_back_too() {
    let mut desk = Desk::connected((100, 30));
    desk.plans.push(plan("Seq Scan", 40.0));
    desk.paste("select wipe();");
    desk.keys("f7");
    let analyzed = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) select wipe()";
    assert_eq!(desk.statements(), ["BEGIN", analyzed, "ROLLBACK"], "nothing asks where nothing is guarded");
    desk.plans.push(plan("Seq Scan", 40.0));
    desk.transaction(Transaction::Open);
    desk.keys("f7");
    let last = "ROLLBACK TO SAVEPOINT cockpit_script; RELEASE SAVEPOINT cockpit_script";
    assert_eq!(desk.statements()[3..], ["SAVEPOINT cockpit_script", analyzed, last]);
}

#[test]
fn unknown_function_in_a_guarded_environment_asks_before_measuring() {
    let mut desk = Desk::connected((100, 30));
    desk.app.environment.guarded = true;
    desk.paste("select wipe();");
    desk.keys("f7");
    assert!(desk.ran.is_empty() && desk.screen().contains("It is rolled back"), "{}", desk.screen());
}

#[test]
fn several_statements_are_not_explained() {
    for key in ["f6", "f7"] {
        let mut desk = Desk::connected((100, 30));
        desk.paste("select wipe() \\; commit;");
        desk.keys(key);
        assert!(desk.ran.is_empty(), "{:?}", desk.statements());
        assert!(desk.screen().contains("these are several statements"), "{}", desk.screen());
    }
}

#[test]
fn explained_statement_contains_variable_values() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\set id 7");
    desk.plans.push(plan("Seq Scan", 40.0));
    desk.paste("select * from bookmarks where id = :id;");
    desk.keys("f7");
    let analyzed = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) select * from bookmarks where id = 7";
    assert_eq!(desk.statements(), ["BEGIN", analyzed, "ROLLBACK"]);
}

#[test]
fn failure_while_explaining_is_rolled_back_too() {
    let mut desk = Desk::connected((100, 30));
    desk.paste("delete from bookmarks;");
    desk.slow = true;
    desk.keys("f7 enter");
    desk.ends(StatementOutcome::Done("BEGIN".into()));
    desk.fails("permission denied for table bookmarks", None);
    desk.ends(StatementOutcome::Done("ROLLBACK".into()));
    assert_eq!(desk.statements().last(), Some(&"ROLLBACK"));
    assert!(desk.app.panes.query.pending.is_none() && desk.app.panes.query.running.is_none());
    assert!(desk.screen().contains("permission denied for table bookmarks"), "{}", desk.screen());
}

#[test]
fn two_plans_are_compared_side_by_side() {
    let mut desk = Desk::connected((100, 30));
    desk.paste("select * from bookmarks where title like '%日本%';");
    desk.keys("esc");
    desk.keys("=");
    assert!(desk.screen().contains("there is no plan"), "{}", desk.screen());
    desk.plans = vec![plan("Seq Scan", 40.0), plan("Bitmap Heap Scan", 4.0)];
    desk.keys("f7 =");
    assert!(desk.screen().contains("there is no plan before this one"), "{}", desk.screen());
    desk.keys("f7 =");
    let screen = desk.screen();
    for part in
        ["execution 44.00 ms → 8.00 ms: 5.50 times less", "Seq Scan on bookmarks", "Bitmap Heap Scan", "this plan"]
    {
        assert!(screen.contains(part), "{part}:\n{screen}");
    }
    assert_screen("query_plans_beside", &desk.app);
    desk.keys("=");
    assert!(desk.screen().contains("slowest"), "alone again:\n{}", desk.screen());
}
