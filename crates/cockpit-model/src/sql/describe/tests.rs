//! Tests of the questions to the catalogue, without a server: which one comes when, and what becomes of the answers.

use super::*;

fn looked(columns: &[&str], rows: &[&[&str]]) -> Looked {
    let column = |name: &&str| Column { name: (*name).into(), type_oid: 25, modifier: -1, table_oid: 0, number: 0 };
    let row = |row: &&[&str]| row.iter().map(|cell| Some((*cell).to_owned())).collect();
    Looked { columns: columns.iter().map(column).collect(), rows: rows.iter().map(row).collect() }
}

/// A session with a server of this version.
fn at(version: u32) -> Setting {
    Setting { version, ..Setting::default() }
}

fn question(command: &str, arguments: &[&str], version: u32) -> String {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    match Describe::new(command, &arguments, &at(version)).unwrap().step() {
        Step::Ask(statement) => statement,
        other => format!("{other:?}"),
    }
}

#[test]
fn a_relation_takes_three_questions_and_says_what_stands_below_it() {
    let mut describe = Describe::new("d+", &["t*".into()], &at(150_000)).unwrap();
    assert!(matches!(describe.step(), Step::Ask(statement) if statement.contains("'^(t.*)$'")));
    describe.answer(looked(&[], &[&["1", "app", "t", "r", "p"], &["2", "app", "u", "v", "p"]]));
    assert!(
        matches!(describe.step(), Step::Ask(statement) if statement.contains("a.attrelid = '1'") && statement.contains("Compression"))
    );
    describe.answer(looked(&["Column"], &[&["a"]]));
    assert!(matches!(describe.step(), Step::Ask(statement) if statement.contains("Indexes:")));
    describe.answer(looked(
        &[],
        &[&["", "Partition of: x"], &["Indexes:", "    \"i\""], &["Indexes:", "    \"j\""], &["", "a\nb"]],
    ));
    let Step::Show(sheet) = describe.step() else { panic!("a table") };
    assert_eq!(sheet.title.as_deref(), Some("Table \"app.t\""));
    assert_eq!(sheet.footers, ["Partition of: x", "Indexes:", "    \"i\"", "    \"j\"", "a", "b"]);
    assert!(matches!(describe.step(), Step::Ask(statement) if statement.contains("'2'")), "the next one");
}

#[test]
fn what_is_not_found_is_said_as_psql_says_it() {
    let of = |command: &str, arguments: &[String], version: u32| {
        let mut describe = Describe::new(command, arguments, &at(version)).unwrap();
        describe.step();
        describe.answer(Looked::default());
        describe.step()
    };
    let said = |command: &str, arguments: &[String]| of(command, arguments, 0);
    assert_eq!(said("dt", &[]), Step::Say("Did not find any relations.".into()));
    assert_eq!(said("dt", &["x".into()]), Step::Say("Did not find any relation named \"x\".".into()));
    assert_eq!(said("d", &["x".into()]), Step::Fail("Did not find any relation named \"x\".".into()));
    assert!(matches!(said("dn", &[]), Step::Show(_)));
    // As psql: who wants to hear little gets the list, with nothing in it.
    let quiet = Setting { quiet: true, ..at(150_000) };
    let mut describe = Describe::new("dt", &["x".into()], &quiet).unwrap();
    describe.step();
    describe.answer(Looked::default());
    assert!(matches!(describe.step(), Step::Show(sheet) if sheet.rows.is_empty()));
    let (newest, some) = (180_004, ["x".to_owned()]);
    assert_eq!(of("dt", &[], newest), Step::Say("Did not find any tables.".into()));
    assert_eq!(of("di", &some, newest), Step::Say("Did not find any indexes named \"x\".".into()));
    assert_eq!(of("dtv", &some, newest), Step::Say("Did not find any relations named \"x\".".into()));
    assert_eq!(of("d", &some, newest), Step::Fail("Did not find any relation named \"x\".".into()));
}

#[test]
fn questions_are_those_of_the_servers_version() {
    assert!(
        question("l", &[], 130_000).contains("datctype") && !question("l", &[], 130_000).contains("datlocprovider")
    );
    assert!(question("l", &[], 150_000).contains("daticulocale"));
    assert!(question("l", &[], 170_000).contains("datlocale") && !question("l", &[], 170_000).contains("daticulocale"));
    assert!(question("du", &[], 150_000).contains("Member of") && !question("du", &[], 160_000).contains("Member of"));
    assert!(!question("df+", &[], 130_000).contains("pg_get_function_sqlbody"));
    assert!(question("df+", &[], 170_000).contains("Internal name"));
    assert!(!question("dconfig+", &["x"], 140_000).contains("pg_parameter_acl"));
    assert!(
        question("dRp", &[], 180_000).contains("pubgencols") && !question("dRp", &[], 170_000).contains("pubgencols")
    );
}

#[test]
fn system_and_patterns_decide_what_is_left_out() {
    assert!(question("dt", &[], 0).contains("n.nspname <> 'pg_catalog'"));
    assert!(!question("dtS", &[], 0).contains("<> 'pg_catalog'"));
    assert!(!question("dt", &["pg_*"], 0).contains("<> 'pg_catalog'"));
    assert!(question("dtv", &[], 0).contains("IN ('r','p','v')"));
    assert!(question("d", &[], 0).contains("IN ('r','p','v','m','S','f')"));
    assert!(question("dt", &["a.b.c.d"], 0).contains("improper qualified name"));
    for unknown in ["dq", "foo", "", "dfx", "dPx", "D", "d1"] {
        assert!(Describe::new(unknown, &[], &at(0)).is_none(), "{unknown}");
    }
}

#[test]
fn memberships_are_listed_with_the_options_that_the_version_has() {
    assert!(question("drg", &[], 160_000).contains("pam.inherit_option"));
    let before = question("drg", &["app*"], 150_000);
    assert!(
        before.contains("m.rolinherit") && before.contains("'^(app.*)$'") && !before.contains("!~ '^pg_'"),
        "{before}"
    );
}

/// The question for what stands below a table.
fn below(command: &str, version: u32) -> String {
    let mut describe = Describe::new(command, &["t".into()], &at(version)).unwrap();
    describe.step();
    describe.answer(looked(&[], &[&["1", "app", "t", "r", "p"]]));
    describe.step();
    describe.answer(Looked::default());
    match describe.step() {
        Step::Ask(statement) => statement,
        other => format!("{other:?}"),
    }
}

#[test]
fn what_stands_below_a_table_is_asked_for_as_the_version_has_it() {
    assert!(below("d", 180_000).contains("OR con.conperiod") && !below("d", 170_000).contains("conperiod"));
    assert!(below("d+", 140_000).contains("inhdetachpending") && !below("d+", 130_000).contains("inhdetachpending"));
    assert!(below("d", 140_000).contains("pg_depend") && !below("d", 150_000).contains("pg_depend"));
}
