//! Tests of the sections.

use super::*;

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| Some((*cell).to_owned())).collect()
}

fn table() -> Object {
    Object { kind: 'r', oid: 7, schema: "app".into(), name: "bookmarks".into(), ..Object::default() }
}

fn keys() -> ForeignKeys {
    let key = |cells: [&str; 10]| row(&cells);
    ForeignKeys::of(&[
        key(["user", "7", "app", "bookmarks", "9", "public", "users", "2\u{1f}user_id", "1\u{1f}id", "f"]),
        key(["mark", "8", "app", "tags", "7", "app", "bookmarks", "1\u{1f}bookmark_id", "1\u{1f}id", "f"]),
    ])
}

fn cells(listing: &Listing) -> Vec<Vec<&str>> {
    listing.rows.iter().map(|row| row.cells.iter().map(|cell| cell.text.as_str()).collect()).collect()
}

#[test]
fn columns_have_their_keys_and_referenced_tables() {
    let rows =
        [row(&["1", "id", "bigint", "t", "", "p", ""]), row(&["2", "user_id", "bigint", "f", "3", "u", "whose"])];
    let listing = Section::Columns.listing(&table(), &keys(), &rows);
    assert_eq!(
        cells(&listing),
        [["id", "bigint", "not null", "PK", "", ""], ["user_id", "bigint", "", "UQ → users", "3", "whose"]]
    );
    assert_eq!(listing.rows[1].full_text, "user_id bigint\n3\nwhose");
}

#[test]
fn keys_include_referencing_ones_and_lead_to_the_other_table() {
    let rows = [
        row(&["pk", "p", "PRIMARY KEY (id)", "t", "", "0"]),
        row(&["user", "f", "FOREIGN KEY (user_id) REFERENCES users(id)", "f", "", "9"]),
    ];
    let listing = Section::Keys.listing(&table(), &keys(), &rows);
    let ends: Vec<_> = listing.rows.iter().map(|row| other_end(&row.key)).collect();
    assert_eq!(ends, [None, Some(9), Some(8)]);
    assert_eq!(listing.rows[1].weight, Weight::Warn, "it is not validated");
    assert_eq!(cells(&listing)[2], ["mark", "referred to by", "app.tags (bookmark_id) → (id)"]);
}

#[test]
fn unused_and_redundant_indexes_are_marked() {
    let index = |name: &str, used: &str, like: Option<&str>| {
        let mut index = row(&["app", "bookmarks", name, "8192", used, "f", "t"]);
        index
            .extend([like.map(str::to_owned), Some(format!("CREATE INDEX {name} ON app.bookmarks USING btree (url)"))]);
        index
    };
    let rows = [index("a", "5", None), index("b", "0", None), index("c", "5", Some("a"))];
    let listing = Section::Indexes.listing(&table(), &keys(), &rows);
    let findings: Vec<_> = cells(&listing).into_iter().map(|cells| cells[4].to_owned()).collect();
    assert_eq!(findings, ["", "unused since the statistics began", "a does the same"]);
    assert_eq!(cells(&listing)[0][1], "btree (url)");
    assert_eq!(listing.rows[0].full_text, "CREATE INDEX a ON app.bookmarks USING btree (url)");
}

#[test]
fn values_that_were_never_counted_are_not_zero() {
    let mut rows = vec![row(&["size in all", "b", "8192"]), row(&["vacuumed before", "s", "120.5"])];
    rows.push(vec![Some("rows estimated".to_owned()), Some("n".to_owned()), None]);
    let listing = Section::About.listing(&table(), &keys(), &rows);
    assert_eq!(cells(&listing)[0], ["size in all", "8.0 kB"]);
    assert!(cells(&listing)[2][1].starts_with("not known"), "{:?}", cells(&listing));
}

#[test]
fn diagram_contains_the_tables_at_the_other_ends() {
    let question = Section::Er.query(&table(), &keys(), 150_000);
    for name in ["('app', 'bookmarks')", "('app', 'tags')", "('public', 'users')"] {
        assert!(question.contains(name), "{question}");
    }
    let rows = [
        row(&["app", "bookmarks", "*id\u{1f}bigint\u{1e}user_id\u{1f}bigint"]),
        row(&["public", "users", "*id\u{1f}bigint"]),
    ];
    let listing = Section::Er.listing(&table(), &keys(), &rows);
    let text = full_text(&listing);
    assert!(text.contains("│ app.bookmarks") && text.contains("app.bookmarks (user_id) → users"), "{text}");
    assert!(!text.contains("tags"), "an invisible table is not drawn: {text}");
}

#[test]
fn every_section_of_every_object_has_a_query() {
    for (class, kind) in [
        (Class::Relation, 'r'),
        (Class::Relation, 'v'),
        (Class::Relation, 'm'),
        (Class::Relation, 'S'),
        (Class::Relation, 'i'),
        (Class::Function, 'f'),
        (Class::Type, 'e'),
        (Class::Schema, 'n'),
    ] {
        let object = Object { class, kind, oid: 7, ..table() };
        for section in Section::of(&object) {
            let question = section.query(&object, &keys(), 150_000);
            assert!(question.contains('7') || *section == Section::Er, "{section:?} {question}");
        }
    }
}
