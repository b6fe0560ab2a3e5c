//! `\crosstabview`: a result pivoted so that the values of one column become headings.

use crate::sql::small_table::Sheet;
use crate::sql::token::fold_identifier;

/// Maximum number of headings, which is the server's limit for the columns of a table.
const MOST: usize = 1_600;

/// A value; `None` is NULL.
type Value = Option<String>;

/// Pivots a result. `arguments` are those of `\crosstabview`: the columns of the vertical headings, the horizontal headings
/// and the values, and the column that sorts the horizontal ones; each by number from 1 or by name. `null` is the heading
/// that stands for NULL.
///
/// # Errors
/// The reason it cannot be pivoted; the message is psql's.
pub fn crosstab(
    columns: &[(String, bool)],
    rows: &[Vec<Value>],
    arguments: &[String],
    null: &str,
) -> Result<Sheet, String> {
    let fail = |why: String| Err(format!("\\crosstabview: {why}"));
    if columns.len() < 3 {
        return fail("query must return at least three columns".into());
    }
    let place = |at: usize| arguments.get(at).map(|name| column(columns, name)).transpose();
    let vertical = place(0)?.unwrap_or(0);
    let horizontal = place(1)?.unwrap_or(1);
    if vertical == horizontal {
        return fail("vertical and horizontal headers must be different columns".into());
    }
    let data = match place(2)? {
        Some(data) => data,
        None if columns.len() == 3 => 3 - vertical - horizontal,
        None => return fail("data column must be specified when query returns more than three columns".into()),
    };
    let sorted = place(3)?;

    let mut down: Vec<&Value> = Vec::new();
    let mut across: Vec<(&Value, f64)> = Vec::new();
    let mut cells = std::collections::HashMap::new();
    let (mut down_places, mut across_places) = (std::collections::HashMap::new(), std::collections::HashMap::new());
    for row in rows {
        let (Some(head), Some(side), Some(value)) = (row.get(horizontal), row.get(vertical), row.get(data)) else {
            continue;
        };
        let line = *down_places.entry(side).or_insert_with(|| {
            down.push(side);
            down.len() - 1
        });
        let rank = match sorted.and_then(|sorted| row.get(sorted)) {
            // As in psql, text that is not a number sorts as 0.
            Some(Some(text)) => text.parse::<f64>().unwrap_or_default(),
            Some(None) => f64::INFINITY,
            None => 0.0,
        };
        let place = *across_places.entry(head).or_insert_with(|| {
            across.push((head, rank));
            across.len() - 1
        });
        if across.len() > MOST {
            return fail(format!("maximum number of columns ({MOST}) exceeded"));
        }
        if cells.insert((line, place), value).is_some() {
            let shown = |value: &Value| value.clone().unwrap_or_else(|| "(null)".into());
            let (side, head) = (shown(side), shown(head));
            return fail(format!("query result contains multiple data values for row \"{side}\", column \"{head}\""));
        }
    }
    let mut order: Vec<usize> = (0..across.len()).collect();
    order.sort_by(|a, b| across[*a].1.total_cmp(&across[*b].1));
    let right = columns[data].1;
    let headings = order.iter().map(|at| (across[*at].0.clone().unwrap_or_else(|| null.to_owned()), right));
    let lines = down.iter().enumerate().map(|(line, side)| {
        let values =
            order.iter().map(|at| cells.get(&(line, *at)).map_or(Some(String::new()), |value| (*value).clone()));
        std::iter::once((*side).clone()).chain(values).collect()
    });
    Ok(Sheet {
        title: None,
        columns: std::iter::once(columns[vertical].clone()).chain(headings).collect(),
        rows: lines.collect(),
        counted: true,
        ..Sheet::default()
    })
}

/// Returns the column with this number or name. A name is folded to lower case unless quoted.
fn column(columns: &[(String, bool)], name: &str) -> Result<usize, String> {
    if let Ok(number) = name.parse::<usize>() {
        return match number.checked_sub(1) {
            Some(at) if at < columns.len() => Ok(at),
            _ => Err(format!("\\crosstabview: column number {number} is out of range 1..{}", columns.len())),
        };
    }
    let wanted = fold_identifier(name);
    let mut found = columns.iter().enumerate().filter(|(_, (known, _))| *known == wanted).map(|(at, _)| at);
    match (found.next(), found.next()) {
        (Some(at), None) => Ok(at),
        (None, _) => Err(format!("\\crosstabview: column name not found: \"{wanted}\"")),
        (Some(_), Some(_)) => Err(format!("\\crosstabview: ambiguous column name: \"{wanted}\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<(String, bool)> {
        names.iter().map(|name| ((*name).to_owned(), *name == "n")).collect()
    }

    fn rows(values: &[&[&str]]) -> Vec<Vec<Value>> {
        let value = |text: &&str| (*text != "NULL").then(|| (*text).to_owned());
        values.iter().map(|row| row.iter().map(value).collect()).collect()
    }

    fn text(sheet: &Sheet) -> String {
        let heads: Vec<&str> = sheet.columns.iter().map(|(name, _)| name.as_str()).collect();
        let line =
            |row: &Vec<Value>| row.iter().map(|cell| cell.as_deref().unwrap_or("∅")).collect::<Vec<_>>().join("|");
        let lines: Vec<String> = std::iter::once(heads.join("|")).chain(sheet.rows.iter().map(line)).collect();
        lines.join("\n")
    }

    #[test]
    fn headings_keep_their_order_or_are_sorted() {
        let rows = rows(&[&["a", "x", "1", "2"], &["b", "y", "NULL", "1"], &["a", "y", "3", "1"]]);
        let heads = columns(&["v", "h", "n", "s"]);
        let arguments = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let turned = |names: &[&str]| text(&crosstab(&heads, &rows, &arguments(names), "").unwrap());
        assert_eq!(turned(&["v", "h", "n"]), "v|x|y\na|1|3\nb||∅");
        assert_eq!(turned(&["1", "H", "\"n\"", "s"]), "v|y|x\na|3|1\nb|∅|");
        assert_eq!(turned(&["h", "v", "n"]), "h|a|b\nx|1|\ny|3|∅");
        let sheet = crosstab(&heads, &rows, &arguments(&["v", "h", "n"]), "").unwrap();
        assert_eq!(sheet.columns[1], ("x".into(), true), "values stay at their side");
        let unnamed = [vec![Some("a".to_owned()), None, Some("1".to_owned())]];
        assert_eq!(text(&crosstab(&heads[..3], &unnamed, &[], "(none)").unwrap()), "v|(none)\na|1");
    }

    #[test]
    fn result_that_cannot_be_pivoted_is_refused_with_a_reason() {
        let heads = columns(&["v", "h", "n"]);
        let values = rows(&[&["a", "x", "1"], &["a", "x", "2"]]);
        let why = |heads: &[(String, bool)], arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(|name| (*name).to_owned()).collect();
            crosstab(heads, &values, &arguments, "").unwrap_err()
        };
        assert!(why(&heads, &[]).contains("multiple data values for row \"a\", column \"x\""));
        assert!(why(&heads[..2], &[]).contains("at least three columns"));
        assert!(why(&heads, &["v", "1"]).contains("must be different"));
        assert!(why(&heads, &["4"]).contains("out of range 1..3"));
        assert!(why(&heads, &["w"]).contains("not found: \"w\""));
        assert!(why(&columns(&["a", "b", "c", "d"]), &[]).contains("data column must be specified"));
        assert!(why(&columns(&["a", "a", "c"]), &["a"]).contains("ambiguous"));
    }
}
