//! The statements that create an object, in the style of `pg_dump -s`. The server writes the parts, and this module puts them
//! together.
//!
//! [`query`] is a single text of two statements, so that both run in one transaction: the first makes the server qualify
//! names with their schema, the second is the query.

mod other;
mod parts;
mod relation;
mod tail;

use super::object::{Class, Object};

/// Makes the server qualify names with their schema until the end of the transaction.
const QUALIFIED: &str = "SELECT pg_catalog.set_config('search_path', '', true);\n";

/// Returns the query for the parts of an object's definition, for this server version (`150018`; 0 if unknown).
pub fn query(object: &Object, version: u32) -> String {
    let branches = match object.class {
        Class::Relation => match object.kind {
            'S' => other::sequence(object.oid),
            'i' | 'I' => other::index(object.oid),
            'c' => other::composite(object.oid),
            'v' | 'm' => relation::view(object.oid, object.kind == 'm'),
            kind => relation::table(object.oid, kind, version),
        },
        Class::Function => other::function(object.oid, object.kind),
        Class::Type => other::standalone_type(object.oid),
        Class::Schema => other::schema(object.oid),
    };
    format!(
        "{QUALIFIED}SELECT kind, line FROM (\n{}\n) AS p (place, sort, kind, line) WHERE line IS NOT NULL ORDER BY place, sort COLLATE \"C\"",
        branches.join("\nUNION ALL ")
    )
}

/// Returns the query for one part of a definition: its position, its sort order within that position, its kind, its text, and
/// the `FROM` clause. The kind is `s` for a statement, `open` for the head of one, `item` for an entry between its
/// parentheses, `close` for its end.
fn part(place: u32, sort: &str, kind: &str, line: &str, from: &str) -> String {
    format!("SELECT {place}, ({sort})::text, '{kind}', {line} {from}")
}

/// Returns the definition from the result of [`query`]: statements, each with its semicolon. Empty if the object no longer
/// exists.
pub fn text(rows: &[Vec<Option<String>>]) -> String {
    let cell = |row: &[Option<String>], at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let mut statements: Vec<(String, String)> = Vec::new();
    let (mut head, mut items) = (String::new(), Vec::new());
    for row in rows {
        let (kind, line) = (cell(row, 0), cell(row, 1));
        match kind.as_str() {
            "open" => (head, items) = (line, Vec::new()),
            "item" => items.push(line),
            "close" => {
                let inside =
                    if items.is_empty() { String::new() } else { format!("\n    {}\n", items.join(",\n    ")) };
                statements.push((word_of(&head), format!("{head} ({inside}){line};")));
            }
            _ => {
                let line = line.trim_end().trim_end_matches(';').trim_end();
                let end = if line.starts_with("--") { "" } else { ";" };
                statements.push((word_of(line), format!("{line}{end}")));
            }
        }
    }
    let mut text = String::new();
    let mut before = String::new();
    for (word, statement) in statements {
        // Related statements are kept together; multi-line statements are set apart.
        if !text.is_empty() && (word != before || word == "CREATE") {
            text.push('\n');
        }
        text.push_str(&statement);
        text.push('\n');
        before = word;
    }
    text
}

fn word_of(statement: &str) -> String {
    statement.split_whitespace().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(parts: &[(&str, &str)]) -> Vec<Vec<Option<String>>> {
        parts.iter().map(|(kind, line)| vec![Some((*kind).to_owned()), Some((*line).to_owned())]).collect()
    }

    #[test]
    fn parts_are_joined_into_statements_with_semicolons() {
        let text = text(&rows(&[
            ("open", "CREATE TABLE app.t"),
            ("item", "id bigint NOT NULL"),
            ("item", "\"名前\" text"),
            ("close", " WITH (fillfactor='70')"),
            ("s", "CREATE INDEX i ON app.t USING btree (id)"),
            ("s", "COMMENT ON TABLE app.t IS 'x'"),
            ("s", "COMMENT ON COLUMN app.t.id IS 'y;'"),
            ("s", " SELECT 1;\n"),
            ("s", "-- not valid"),
        ]));
        assert_eq!(
            text,
            "CREATE TABLE app.t (\n    id bigint NOT NULL,\n    \"名前\" text\n) WITH (fillfactor='70');\n\n\
             CREATE INDEX i ON app.t USING btree (id);\n\nCOMMENT ON TABLE app.t IS 'x';\nCOMMENT ON COLUMN app.t.id IS 'y;';\n\n SELECT 1;\n\n-- not valid\n"
        );
        assert_eq!(super::text(&rows(&[("open", "CREATE TABLE e"), ("close", "")])), "CREATE TABLE e ();\n");
        assert_eq!(super::text(&[]), "");
    }

    #[test]
    fn query_of_each_object_kind_sets_the_search_path_in_its_transaction() {
        for (class, kinds) in
            [(Class::Relation, "rpfvmSiIc"), (Class::Function, "fpaw"), (Class::Type, "edrb"), (Class::Schema, "n")]
        {
            for kind in kinds.chars() {
                for version in [0, 130_000, 150_018, 180_000] {
                    let object = Object { class, kind, oid: 4711, ..Object::default() };
                    let question = query(&object, version);
                    assert!(question.starts_with(QUALIFIED) && question.contains("4711"), "{question}");
                    let bare = question.replace("';'", "").replace("E';\\n'", "");
                    assert_eq!(bare.matches(';').count(), 1, "{bare}");
                    assert_eq!(
                        question.contains("attcompression"),
                        kind_has_columns(class, kind) && version >= 140_000
                    );
                }
            }
        }
    }

    fn kind_has_columns(class: Class, kind: char) -> bool {
        class == Class::Relation && "rpf".contains(kind)
    }
}
