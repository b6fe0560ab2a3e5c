//! Results that go to files and programs, data that come from them, and values of a statement.

use super::testing::Desk;
use crate::feeds::sql::{Data, Outlet};
use crate::model::sql::format::Format;
use crate::ui::testing::pictures::seen;

fn outlets(desk: &Desk) -> Vec<Option<Outlet>> {
    desk.beside.iter().map(|beside| beside.outlet.clone().map(|(outlet, _)| outlet)).collect()
}

#[test]
fn one_result_goes_to_a_file_in_the_form_that_was_chosen() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\pset format csv");
    desk.keys("esc");
    desk.keys("tab");
    desk.run("select 1 \\g /tmp/out.csv");
    assert_eq!(desk.statements(), ["select 1"]);
    let (outlet, options) = desk.beside[0].outlet.clone().expect("an outlet");
    assert_eq!((outlet, options.format), (Outlet::File("/tmp/out.csv".into()), Format::Csv));
    desk.run("select 2;");
    assert_eq!(desk.beside[1].outlet, None, "only that one");
}

#[test]
fn results_go_to_a_file_until_o_ends_it_and_the_header_says_so() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\o report.txt");
    assert_eq!(desk.begun, ["report.txt"]);
    assert!(desk.screen().contains("results go to report.txt"), "{}", desk.screen());
    desk.run("select 1; select n from numbers \\gset\nselect 2;");
    seen("query_output_file", &desk.app);
    desk.run("\\o");
    desk.run("select 3;");
    let append = Some(Outlet::Append("report.txt".into()));
    assert_eq!(outlets(&desk)[..2], [append, None], "values for variables stay here");
    assert_eq!(outlets(&desk).last(), Some(&None));
    assert!(!desk.screen().contains("results go to"), "{}", desk.screen());
    desk.run("\\o /nowhere/x");
    assert!(desk.screen().contains("/nowhere/x: no"), "{}", desk.screen());
    assert_eq!(desk.app.panes.query.out, None);
}

#[test]
fn a_command_of_this_machine_asks_first() {
    let mut desk = Desk::connected((100, 30));
    desk.run("select * from bookmarks \\g |less -S");
    assert!(desk.ran.is_empty());
    let screen = desk.screen();
    assert!(screen.contains("A command is run on this machine for it: less -S"), "{screen}");
    desk.keys("esc");
    desk.tick(1);
    assert!(desk.ran.is_empty(), "it was answered with no");
    desk.run("\\copy bookmarks from program 'gunzip -c x.gz'");
    assert!(desk.screen().contains("gunzip -c x.gz"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!(desk.beside[0].data, Some(Data::Program("gunzip -c x.gz".into())));
    assert_eq!(desk.statements(), ["COPY bookmarks FROM STDIN"]);
}

#[test]
fn copy_reads_and_writes_files_and_a_guarded_environment_asks_before_it_is_changed() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\copy bookmarks from '~/b.csv' csv header");
    assert_eq!(desk.beside[0].data, Some(Data::File("~/b.csv".into())));
    desk.run("\\copy (select 1) to x.tsv");
    assert_eq!(outlets(&desk)[1], Some(Outlet::File("x.tsv".into())));
    desk.run("copy bookmarks to stdout;");
    assert_eq!(outlets(&desk)[2], None, "its rows are a result");
    let mut desk = Desk::new((100, 30));
    desk.app.environment.guarded = true;
    desk.keys("5");
    desk.connect();
    desk.run("\\copy bookmarks from b.csv");
    assert!(desk.ran.is_empty() && desk.screen().contains("this changes it"), "{}", desk.screen());
}

#[test]
fn values_are_bound_to_the_next_statement_alone() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\bind 7 'O''Neil'");
    desk.run("select * from users where id = $1 or name = $2;");
    desk.run("select 1;");
    assert_eq!(desk.beside[0].bind, Some(vec!["7".to_owned(), "O'Neil".to_owned()]));
    assert_eq!(desk.beside[1].bind, None);
}

#[test]
fn columns_of_a_statement_are_told_without_running_it() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks \\gdesc");
    assert!(desk.beside[0].describes && !desk.beside[1].describes);
    let asked = desk.statements()[1].to_owned();
    assert!(asked.contains("format_type") && asked.contains("('title', 25, -1)"), "{asked}");
    assert_eq!(desk.app.panes.query.tabs.len(), 1, "what was only described leaves no tab");
}
