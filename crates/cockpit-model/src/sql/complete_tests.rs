//! Tests of completion: the cursor is where `|` stands.

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
    catalogue.set_functions(&super::super::describe::Looked {
        columns: Vec::new(),
        rows: vec![row(&["pg_catalog", "lower", "text", "t"]), row(&["app", "touch", "", "f"])],
    });
    catalogue.set_names(&super::super::describe::Looked {
        columns: Vec::new(),
        rows: vec![row(&["n", "public"]), row(&["n", "app"]), row(&["d", "postgres"]), row(&["r", "app_reader"])],
    });
    catalogue
}

/// `bookmarks.user_id` refers to `users.id`.
fn keys() -> ForeignKeys {
    let row = ["by_user", "2", "public", "bookmarks", "1", "public", "users", "2\u{1f}user_id", "1\u{1f}id", "f"];
    ForeignKeys::of(&[row.iter().map(|cell| Some((*cell).to_owned())).collect()])
}

fn with(text: &str, cursor: usize, catalogue: &Catalogue) -> Completion {
    let known = Known { catalogue, keys: Some(&keys()), variables: &Variables::default() };
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

fn of(text: &str, offer: Offer) -> Vec<String> {
    offered(text).items.into_iter().filter(|item| item.offer == offer).map(|item| item.text).collect()
}

#[test]
fn tables_stand_where_a_table_does() {
    for text in [
        "select * from us|",
        "select * from a join us|",
        "insert into us|",
        "update us|",
        "select * from bookmarks b, us|",
        "delete from us|",
    ] {
        assert_eq!(of(text, Offer::Relation), ["users", "app.users_archive"], "{text}");
    }
    assert_eq!(of("select * from ord|", Offer::Relation), ["\"order\""], "as it must be written");
    assert_eq!(of("select * from し|", Offer::Relation), ["\"しおり\""]);
    assert_eq!(of("select * from pg_u|", Offer::Relation), ["pg_user".replace("pg_user", "pg_catalog.pg_user")]);
    assert_eq!(of("select * from bkm|", Offer::Relation), ["bookmarks"], "by its letters");
    assert_eq!(of("select * from |", Offer::Relation).len(), 4, "without a beginning those that need no schema");
    assert_eq!(offered("select * from us|er where 1").replaces, 14..16);
}

#[test]
fn columns_are_those_of_the_statements_tables_wherever_they_are_named() {
    assert_eq!(of("select | from users", Offer::Column), ["id", "name", "\"Odd Name\""]);
    assert_eq!(of("select u.| from users u", Offer::Column), ["id", "name", "\"Odd Name\""]);
    assert_eq!(of("select u.na| from public.users as u where x", Offer::Column), ["name", "\"Odd Name\""]);
    assert_eq!(of("select * from users u join bookmarks b on b.us|", Offer::Column), ["user_id"]);
    assert_eq!(of("select * from users, bookmarks where url|", Offer::Column), ["url"]);
    assert_eq!(of("update bookmarks set u|", Offer::Column), ["url", "user_id"]);
    assert_eq!(of("insert into bookmarks (|", Offer::Column), ["id", "url", "user_id"]);
    assert_eq!(of("insert into bookmarks (id, u|) values (1)", Offer::Column), ["url", "user_id"]);
    assert_eq!(of("select 1; select | from users; select * from bookmarks", Offer::Column).len(), 3);
    assert_eq!(of("select u| from users u", Offer::Alias), ["u"]);
    assert_eq!(texts("select bookmarks.| from users"), Vec::<String>::new());
    assert_eq!(of("select 題| from しおり", Offer::Column), ["\"題\""]);
}

#[test]
fn schemas_functions_and_key_words_stand_where_they_may() {
    assert_eq!(of("select * from app.|", Offer::Relation), ["users_archive"]);
    assert_eq!(of("select app.to|", Offer::Function), ["touch("]);
    assert_eq!(of("select low|", Offer::Function), ["lower("]);
    assert_eq!(of("sel|", Offer::Keyword), ["select"]);
    assert_eq!(of("SEL|", Offer::Keyword), ["SELECT"]);
    assert!(of("select 1 or|", Offer::Keyword).contains(&"order".into()));
    assert!(of("|", Offer::Keyword).contains(&"insert into".into()));
    assert_eq!(of("select * from ap|", Offer::Schema), ["app"]);
}

#[test]
fn nothing_is_offered_within_texts_comments_and_numbers() {
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
fn commands_and_what_may_follow_them_are_offered() {
    assert!(texts("\\d|").contains(&"\\dt".into()));
    assert_eq!(texts("\\crossta|"), ["\\crosstabview"]);
    assert_eq!(of("\\d us|", Offer::Relation), ["users", "users_pkey", "app.users_archive"]);
    assert_eq!(of("\\dt us|", Offer::Relation), ["users", "app.users_archive"]);
    assert_eq!(of("\\d app.us|", Offer::Relation), ["users_archive"]);
    assert_eq!(texts("\\df lo|"), ["lower"]);
    assert_eq!(texts("\\c po|"), ["postgres"]);
    assert_eq!(texts("\\du app|"), ["app_reader"]);
    assert_eq!(texts("\\pset format js|"), ["json", "jsonl"]);
    assert_eq!(texts("\\set ON_ERROR_S|"), ["ON_ERROR_STOP"]);
    assert_eq!(texts("select :ROW|"), ["ROW_COUNT"]);
    assert_eq!(offered("\\d app.us|").replaces, 7..9);
}

#[test]
fn ten_thousand_tables_are_looked_through_and_few_are_offered() {
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
    assert!(!first.get(10).is_some_and(|name| name.starts_with("table_0999")), "others have its letters in order");
    let text = "select * from table_";
    assert_eq!(with(text, text.len(), &catalogue).items.len(), MOST);
    let text = "select column_7 from table_00042";
    let found = with(text, 15, &catalogue);
    assert_eq!(found.items[0].text, "column_7");
}

#[test]
fn behind_on_stands_what_joins_the_tables_by_a_foreign_key() {
    let joins = |text: &str| of(text, Offer::Join);
    assert_eq!(joins("select * from users u join bookmarks b on |"), ["b.user_id = u.id"]);
    assert_eq!(joins("select * from bookmarks left join users on | where true"), ["users.id = bookmarks.user_id"]);
    assert_eq!(joins("select * from users u join bookmarks b on b|"), ["b.user_id = u.id"]);
    assert_eq!(texts("select * from users u join bookmarks b on |")[0], "b.user_id = u.id", "it comes first");
    assert_eq!(joins("select * from users u join \"order\" o on |"), Vec::<String>::new());
    assert_eq!(joins("select * from users u join bookmarks b on b.user_id = |"), Vec::<String>::new());
}

#[test]
fn what_the_statement_makes_itself_is_offered_with_its_columns() {
    let recent = "with recent as (select id, lower(url) as link, b.user_id from bookmarks b) select";
    assert_eq!(of(&format!("{recent} * from rec|"), Offer::Relation), ["recent"]);
    assert_eq!(of(&format!("{recent} r.| from recent r"), Offer::Column), ["id", "link", "user_id"]);
    assert_eq!(of(&format!("{recent} li| from recent"), Offer::Column), ["link"]);
    let named = "with recursive a (x, \"Y\") as not materialized (select 1, 2), users as (select 1 as one) select";
    assert_eq!(of(&format!("{named} a.| from a"), Offer::Column), ["x", "\"Y\""]);
    assert_eq!(of(&format!("{named} users.| from users"), Offer::Column), ["one"], "it hides the table");
    assert_eq!(
        of("select q.| from (select id, count(*) as many from users group by 1) q", Offer::Column),
        ["id", "many"]
    );
    let within = of("select * from (select | from users) q", Offer::Column);
    assert!(within.contains(&"name".to_owned()), "the cursor may be within it: {within:?}");
    assert_eq!(
        of("with gone as (delete from users returning id, name) select | from gone", Offer::Column)[..2],
        ["id", "name"]
    );
}
