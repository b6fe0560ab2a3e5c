//! Tests of completion; `|` marks the cursor.

use super::*;

fn relation(schema: &str, name: &str, kind: char, columns: &[&str]) -> Relation {
    Relation {
        schema: schema.into(),
        name: name.into(),
        kind,
        visible: schema == "public",
        columns: columns.iter().map(|name| ((*name).to_owned(), "text".to_owned())).collect(),
        ..Relation::default()
    }
}

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.with_relations(vec![
        Relation { oid: 1, ..relation("public", "users", 'r', &["id", "name", "Odd Name"]) },
        Relation { oid: 2, ..relation("public", "bookmarks", 'r', &["id", "user_id", "url"]) },
        relation("public", "order", 'r', &["total"]),
        relation("app", "users_archive", 'r', &["gone_at"]),
        relation("public", "users_pkey", 'i', &[]),
        relation("public", "しおり", 'v', &["題"]),
        relation("pg_catalog", "pg_user", 'v', &["usename"]),
    ]);
    let row = |cells: &[&str]| cells.iter().map(|cell| Some((*cell).to_owned())).collect();
    catalogue.set_functions(&super::super::describe::QueryResult {
        columns: Vec::new(),
        rows: vec![row(&["pg_catalog", "lower", "text", "t"]), row(&["app", "touch", "", "f"])],
    });
    catalogue.set_names(&super::super::describe::QueryResult {
        columns: Vec::new(),
        rows: vec![row(&["n", "public"]), row(&["n", "app"]), row(&["d", "postgres"]), row(&["r", "app_reader"])],
    });
    catalogue
}

/// `bookmarks.user_id` references `users.id`.
fn keys() -> ForeignKeys {
    let row = ["by_user", "2", "public", "bookmarks", "1", "public", "users", "2\u{1f}user_id", "1\u{1f}id", "f"];
    ForeignKeys::of(&[row.iter().map(|cell| Some((*cell).to_owned())).collect()])
}

fn with(text: &str, cursor: usize, catalogue: &Catalogue) -> Completion {
    let known = CompletionContext { catalogue, keys: Some(&keys()), variables: &Variables::default() };
    complete(text, &Split::new(text), cursor, known)
}

fn offered(text: &str) -> Completion {
    let cursor = text.find('|').unwrap();
    let text = text.replacen('|', "", 1);
    with(&text, cursor, &catalogue())
}

fn texts(text: &str) -> Vec<String> {
    offered(text).items.into_iter().map(|item| item.text).collect()
}

fn of(text: &str, offer: CompletionKind) -> Vec<String> {
    offered(text).items.into_iter().filter(|item| item.kind == offer).map(|item| item.text).collect()
}

#[test]
fn tables_are_offered_where_a_table_may_stand() {
    for text in [
        "select * from us|",
        "select * from a join us|",
        "insert into us|",
        "update us|",
        "select * from bookmarks b, us|",
        "delete from us|",
    ] {
        assert_eq!(of(text, CompletionKind::Relation), ["users", "app.users_archive"], "{text}");
    }
    assert_eq!(of("select * from ord|", CompletionKind::Relation), ["\"order\""], "quoted as required");
    assert_eq!(of("select * from し|", CompletionKind::Relation), ["\"しおり\""]);
    assert_eq!(
        of("select * from pg_u|", CompletionKind::Relation),
        ["pg_user".replace("pg_user", "pg_catalog.pg_user")]
    );
    assert_eq!(of("select * from bkm|", CompletionKind::Relation), ["bookmarks"], "matched by its letters in order");
    assert_eq!(
        of("select * from |", CompletionKind::Relation).len(),
        4,
        "without a prefix only relations on the search path"
    );
    assert_eq!(offered("select * from us|er where 1").replaces, 14..16);
}

#[test]
fn columns_come_from_all_tables_of_the_statement() {
    assert_eq!(of("select | from users", CompletionKind::Column), ["id", "name", "\"Odd Name\""]);
    assert_eq!(of("select u.| from users u", CompletionKind::Column), ["id", "name", "\"Odd Name\""]);
    assert_eq!(of("select u.na| from public.users as u where x", CompletionKind::Column), ["name", "\"Odd Name\""]);
    assert_eq!(of("select * from users u join bookmarks b on b.us|", CompletionKind::Column), ["user_id"]);
    assert_eq!(of("select * from users, bookmarks where url|", CompletionKind::Column), ["url"]);
    assert_eq!(of("update bookmarks set u|", CompletionKind::Column), ["url", "user_id"]);
    assert_eq!(of("insert into bookmarks (|", CompletionKind::Column), ["id", "url", "user_id"]);
    assert_eq!(of("insert into bookmarks (id, u|) values (1)", CompletionKind::Column), ["url", "user_id"]);
    assert_eq!(of("select 1; select | from users; select * from bookmarks", CompletionKind::Column).len(), 3);
    assert_eq!(of("select u| from users u", CompletionKind::Alias), ["u"]);
    assert_eq!(texts("select bookmarks.| from users"), Vec::<String>::new());
    assert_eq!(of("select 題| from しおり", CompletionKind::Column), ["\"題\""]);
}

#[test]
fn schemas_functions_and_keywords_are_offered_in_place() {
    assert_eq!(of("select * from app.|", CompletionKind::Relation), ["users_archive"]);
    assert_eq!(of("select app.to|", CompletionKind::Function), ["touch("]);
    assert_eq!(of("select low|", CompletionKind::Function), ["lower("]);
    assert_eq!(of("sel|", CompletionKind::Keyword), ["select"]);
    assert_eq!(of("SEL|", CompletionKind::Keyword), ["SELECT"]);
    assert!(of("select 1 or|", CompletionKind::Keyword).contains(&"order".into()));
    assert!(of("|", CompletionKind::Keyword).contains(&"insert into".into()));
    assert_eq!(of("select * from ap|", CompletionKind::Schema), ["app"]);
}

#[test]
fn nothing_is_offered_inside_strings_comments_and_numbers() {
    for text in [
        "select 'us|",
        "select 'us|'",
        "-- us|",
        "/* us| */",
        "select 12|",
        "select $$us|$$",
        "copy users from stdin;\nus|",
    ] {
        assert_eq!(texts(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn commands_and_their_arguments_are_offered() {
    assert!(texts("\\d|").contains(&"\\dt".into()));
    assert_eq!(texts("\\crossta|"), ["\\crosstabview"]);
    assert_eq!(of("\\d us|", CompletionKind::Relation), ["users", "users_pkey", "app.users_archive"]);
    assert_eq!(of("\\dt us|", CompletionKind::Relation), ["users", "app.users_archive"]);
    assert_eq!(of("\\d app.us|", CompletionKind::Relation), ["users_archive"]);
    assert_eq!(texts("\\df lo|"), ["lower"]);
    assert_eq!(texts("\\c po|"), ["postgres"]);
    assert_eq!(texts("\\du app|"), ["app_reader"]);
    assert_eq!(texts("\\pset format js|"), ["json", "jsonl"]);
    assert_eq!(texts("\\set ON_ERROR_S|"), ["ON_ERROR_STOP"]);
    assert_eq!(texts("select :ROW|"), ["ROW_COUNT"]);
    assert_eq!(offered("\\d app.us|").replaces, 7..9);
}

#[test]
fn ten_thousand_tables_yield_a_limited_list() {
    let mut catalogue = Catalogue::default();
    let tables = (0..10_000).map(|number| {
        let columns: Vec<String> = (0..10).map(|column| format!("column_{column}")).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        relation("public", &format!("table_{number:05}"), 'r', &columns)
    });
    catalogue.with_relations(tables.collect());
    let text = "select * from table_0999";
    let found = with(text, text.len(), &catalogue);
    let first: Vec<&str> = found.items.iter().take(11).map(|item| item.text.as_str()).collect();
    assert!(first[..10].iter().all(|name| name.starts_with("table_0999")), "{first:?}");
    assert!(
        !first.get(10).is_some_and(|name| name.starts_with("table_0999")),
        "further matches only have the letters in order"
    );
    let text = "select * from table_";
    assert_eq!(with(text, text.len(), &catalogue).items.len(), MOST);
    let text = "select column_7 from table_00042";
    let found = with(text, 15, &catalogue);
    assert_eq!(found.items[0].text, "column_7");
}

#[test]
fn join_conditions_from_foreign_keys_are_offered_after_on() {
    let joins = |text: &str| of(text, CompletionKind::Join);
    assert_eq!(joins("select * from users u join bookmarks b on |"), ["b.user_id = u.id"]);
    assert_eq!(joins("select * from bookmarks left join users on | where true"), ["users.id = bookmarks.user_id"]);
    assert_eq!(joins("select * from users u join bookmarks b on b|"), ["b.user_id = u.id"]);
    assert_eq!(texts("select * from users u join bookmarks b on |")[0], "b.user_id = u.id", "it comes first");
    assert_eq!(joins("select * from users u join \"order\" o on |"), Vec::<String>::new());
    assert_eq!(joins("select * from users u join bookmarks b on b.user_id = |"), Vec::<String>::new());
}

#[test]
fn subqueries_and_common_table_expressions_are_offered_with_columns() {
    let recent = "with recent as (select id, lower(url) as link, b.user_id from bookmarks b) select";
    assert_eq!(of(&format!("{recent} * from rec|"), CompletionKind::Relation), ["recent"]);
    assert_eq!(of(&format!("{recent} r.| from recent r"), CompletionKind::Column), ["id", "link", "user_id"]);
    assert_eq!(of(&format!("{recent} li| from recent"), CompletionKind::Column), ["link"]);
    let named = "with recursive a (x, \"Y\") as not materialized (select 1, 2), users as (select 1 as one) select";
    assert_eq!(of(&format!("{named} a.| from a"), CompletionKind::Column), ["x", "\"Y\""]);
    assert_eq!(of(&format!("{named} users.| from users"), CompletionKind::Column), ["one"], "it hides the table");
    assert_eq!(
        of("select q.| from (select id, count(*) as many from users group by 1) q", CompletionKind::Column),
        ["id", "many"]
    );
    let within = of("select * from (select | from users) q", CompletionKind::Column);
    assert!(within.contains(&"name".to_owned()), "the cursor may be inside the subquery: {within:?}");
    assert_eq!(
        of("with gone as (delete from users returning id, name) select | from gone", CompletionKind::Column)[..2],
        ["id", "name"]
    );
}
