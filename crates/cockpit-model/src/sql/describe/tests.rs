//! Tests of the catalogue queries without a server: their order, and the handling of their results.

use super::*;

fn looked(columns: &[&str], rows: &[&[&str]]) -> QueryResult {
    let column = |name: &&str| Column { name: (*name).into(), type_oid: 25, modifier: -1, table_oid: 0, number: 0 };
    let row = |row: &&[&str]| row.iter().map(|cell| Some((*cell).to_owned())).collect();
    QueryResult { columns: columns.iter().map(column).collect(), rows: rows.iter().map(row).collect() }
}

/// The settings of a session with a server of this version.
fn at(version: u32) -> Setting {
    Setting { version, ..Setting::default() }
}

fn query(command: &str, arguments: &[&str], version: u32) -> String {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    match Describe::new(command, &arguments, &at(version)).unwrap().step() {
        Step::Query(statement) => statement,
        other => format!("{other:?}"),
    }
}

#[test]
fn relation_takes_three_queries_and_shows_its_footers() {
    let mut describe = Describe::new("d+", &["t*".into()], &at(150_000)).unwrap();
    assert!(matches!(describe.step(), Step::Query(statement) if statement.contains("'^(t.*)$'")));
    describe.answer(looked(&[], &[&["1", "app", "t", "r", "p"], &["2", "app", "u", "v", "p"]]));
    assert!(
        matches!(describe.step(), Step::Query(statement) if statement.contains("a.attrelid = '1'") && statement.contains("Compression"))
    );
    describe.answer(looked(&["Column"], &[&["a"]]));
    assert!(matches!(describe.step(), Step::Query(statement) if statement.contains("Indexes:")));
    describe.answer(looked(
        &[],
        &[&["", "Partition of: x"], &["Indexes:", "    \"i\""], &["Indexes:", "    \"j\""], &["", "a\nb"]],
    ));
    let Step::Show(sheet) = describe.step() else { panic!("a table") };
    assert_eq!(sheet.title.as_deref(), Some("Table \"app.t\""));
    assert_eq!(sheet.footers, ["Partition of: x", "Indexes:", "    \"i\"", "    \"j\"", "a", "b"]);
    assert!(matches!(describe.step(), Step::Query(statement) if statement.contains("'2'")), "the next one");
}

#[test]
fn missing_objects_have_psqls_messages() {
    let first_step = |command: &str, arguments: &[String], version: u32| {
        let mut describe = Describe::new(command, arguments, &at(version)).unwrap();
        describe.step();
        describe.answer(QueryResult::default());
        describe.step()
    };
    let message = |command: &str, arguments: &[String]| first_step(command, arguments, 0);
    assert_eq!(message("dt", &[]), Step::Print("Did not find any relations.".into()));
    assert_eq!(message("dt", &["x".into()]), Step::Print("Did not find any relation named \"x\".".into()));
    assert_eq!(message("d", &["x".into()]), Step::Fail("Did not find any relation named \"x\".".into()));
    assert!(matches!(message("dn", &[]), Step::Show(_)));
    // As in psql: with `QUIET` the list is shown, without rows.
    let quiet = Setting { quiet: true, ..at(150_000) };
    let mut describe = Describe::new("dt", &["x".into()], &quiet).unwrap();
    describe.step();
    describe.answer(QueryResult::default());
    assert!(matches!(describe.step(), Step::Show(sheet) if sheet.rows.is_empty()));
    let (newest, some) = (180_004, ["x".to_owned()]);
    assert_eq!(first_step("dt", &[], newest), Step::Print("Did not find any tables.".into()));
    assert_eq!(first_step("di", &some, newest), Step::Print("Did not find any indexes named \"x\".".into()));
    assert_eq!(first_step("dtv", &some, newest), Step::Print("Did not find any relations named \"x\".".into()));
    assert_eq!(first_step("d", &some, newest), Step::Fail("Did not find any relation named \"x\".".into()));
}

#[test]
fn queries_match_the_server_version() {
    assert!(query("l", &[], 130_000).contains("datctype") && !query("l", &[], 130_000).contains("datlocprovider"));
    assert!(query("l", &[], 150_000).contains("daticulocale"));
    assert!(query("l", &[], 170_000).contains("datlocale") && !query("l", &[], 170_000).contains("daticulocale"));
    assert!(query("du", &[], 150_000).contains("Member of") && !query("du", &[], 160_000).contains("Member of"));
    assert!(!query("df+", &[], 130_000).contains("pg_get_function_sqlbody"));
    assert!(query("df+", &[], 170_000).contains("Internal name"));
    assert!(!query("dconfig+", &["x"], 140_000).contains("pg_parameter_acl"));
    assert!(query("dRp", &[], 180_000).contains("pubgencols") && !query("dRp", &[], 170_000).contains("pubgencols"));
}

#[test]
fn system_flag_and_pattern_decide_which_objects_are_left_out() {
    assert!(query("dt", &[], 0).contains("n.nspname <> 'pg_catalog'"));
    assert!(!query("dtS", &[], 0).contains("<> 'pg_catalog'"));
    assert!(!query("dt", &["pg_*"], 0).contains("<> 'pg_catalog'"));
    assert!(query("dtv", &[], 0).contains("IN ('r','p','v')"));
    assert!(query("d", &[], 0).contains("IN ('r','p','v','m','S','f')"));
    assert!(query("dt", &["a.b.c.d"], 0).contains("improper qualified name"));
    for unknown in ["dq", "foo", "", "dfx", "dPx", "D", "d1"] {
        assert!(Describe::new(unknown, &[], &at(0)).is_none(), "{unknown}");
    }
}

#[test]
fn memberships_are_listed_with_the_versions_options() {
    assert!(query("drg", &[], 160_000).contains("pam.inherit_option"));
    let before = query("drg", &["app*"], 150_000);
    assert!(
        before.contains("m.rolinherit") && before.contains("'^(app.*)$'") && !before.contains("!~ '^pg_'"),
        "{before}"
    );
}

/// Returns the query for the footers of a table.
fn footers_query(command: &str, version: u32) -> String {
    let mut describe = Describe::new(command, &["t".into()], &at(version)).unwrap();
    describe.step();
    describe.answer(looked(&[], &[&["1", "app", "t", "r", "p"]]));
    describe.step();
    describe.answer(QueryResult::default());
    match describe.step() {
        Step::Query(statement) => statement,
        other => format!("{other:?}"),
    }
}

#[test]
fn footer_query_matches_the_server_version() {
    assert!(
        footers_query("d", 180_000).contains("OR con.conperiod") && !footers_query("d", 170_000).contains("conperiod")
    );
    assert!(
        footers_query("d+", 140_000).contains("inhdetachpending")
            && !footers_query("d+", 130_000).contains("inhdetachpending")
    );
    assert!(footers_query("d", 140_000).contains("pg_depend") && !footers_query("d", 150_000).contains("pg_depend"));
}
