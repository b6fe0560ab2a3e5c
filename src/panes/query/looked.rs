//! What was looked up in the second session.

use super::guard::ROWS;
use super::state::Asking;
use super::tell;
use crate::app::App;
use crate::feeds::part::Part;
use crate::feeds::sql;
use serde_json::Value;

/// An answer has come.
pub fn answer(app: &mut App, part: Part<sql::Fact>) {
    match part {
        Part::Page(sql::Fact::Looked { purpose: ROWS, rows, .. })
        | Part::Last(sql::Fact::Looked { purpose: ROWS, rows, .. }) => {
            let plan = rows.into_iter().flatten().flatten().collect::<Vec<_>>().join("\n");
            let rows = rows_of(&plan).map(|rows| format!("About {} rows (EXPLAIN).", tell::count(rows)));
            counted(app, rows.unwrap_or_else(|| "How many rows is not known: EXPLAIN does not say.".to_owned()));
        }
        Part::Page(_) | Part::Last(_) => {}
        Part::Failed(failure) => counted(app, format!("How many rows is not known: {}", failure.message)),
    }
}

fn counted(app: &mut App, words: String) {
    if let Some(Asking::Run { rows, .. }) = &mut app.panes.query.asking {
        *rows = Some(words);
    }
}

/// How many rows a plan means to touch: what comes out of the node below the one that changes them.
fn rows_of(plan: &str) -> Option<u64> {
    let plan: Value = serde_json::from_str(plan).ok()?;
    let top = plan.get(0)?.get("Plan")?;
    let below = top.get("Plans").and_then(|plans| plans.get(0)).unwrap_or(top);
    below.get("Plan Rows")?.as_f64().map(|rows| rows as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_are_those_of_the_node_below_the_change() {
        let plan = r#"[{"Plan": {"Node Type": "ModifyTable", "Plan Rows": 0, "Plans": [{"Plan Rows": 120000}]}}]"#;
        assert_eq!(rows_of(plan), Some(120_000));
        for none in ["", "[]", "[{}]", "{"] {
            assert_eq!(rows_of(none), None);
        }
    }
}
