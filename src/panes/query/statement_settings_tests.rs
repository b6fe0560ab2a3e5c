//! Results sent to files and programs, data read from them, and bound values of a statement.

use super::state::ResultTarget;
use super::testing::Desk;
use crate::feeds::part::Part;
use crate::feeds::sql::{self, Data, OutputTarget};
use crate::model::sql::Transaction;
use crate::model::sql::format::Format;
use crate::ui::testing::pictures::assert_screen;

fn outlets(desk: &Desk) -> Vec<Option<OutputTarget>> {
    desk.beside.iter().map(|beside| beside.target.clone().map(|(outlet, _)| outlet)).collect()
}

#[test]
fn g_writes_one_result_to_a_file_in_the_chosen_format() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\pset format csv");
    desk.keys("esc");
    desk.keys("tab");
    desk.run("select 1 \\g /tmp/out.csv");
    assert_eq!(desk.statements(), ["select 1"]);
    let (outlet, options) = desk.beside[0].target.clone().expect("an outlet");
    assert_eq!((outlet, options.format), (OutputTarget::File("/tmp/out.csv".into()), Format::Csv));
    desk.run("select 2;");
    assert_eq!(desk.beside[1].target, None, "only that one");
}

#[test]
fn o_writes_results_to_a_file_until_ended_and_the_header_shows_it() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\o report.txt");
    assert_eq!(desk.begun, ["report.txt"]);
    assert!(desk.screen().contains("results go to report.txt"), "{}", desk.screen());
    desk.run("select 1; select n from numbers \\gset\nselect 2;");
    assert_screen("query_output_file", &desk.app);
    desk.run("\\o");
    desk.run("select 3;");
    let append = Some(OutputTarget::Append("report.txt".into()));
    assert_eq!(outlets(&desk)[..2], [append, None], "values for variables stay here");
    assert_eq!(outlets(&desk).last(), Some(&None));
    assert!(!desk.screen().contains("results go to"), "{}", desk.screen());
    desk.run("\\o /nowhere/x");
    assert!(desk.screen().contains("/nowhere/x: no"), "{}", desk.screen());
    assert_eq!(desk.app.panes.query.result_target, None);
}

#[test]
fn o_pipes_results_to_a_command_until_either_ends() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\o |gzip > out.gz");
    assert!(desk.programs.is_empty() && desk.screen().contains("results go to it until"), "{}", desk.screen());
    desk.keys("enter");
    let (ticket, command, text) = desk.programs[0].clone();
    assert_eq!((command.as_str(), text), ("gzip > out.gz", None));
    desk.answered(ticket, Part::Page(sql::Fact::Done));
    assert!(desk.screen().contains("results go to |gzip > out.gz"), "{}", desk.screen());
    desk.run("select 1;");
    let kept = Some(OutputTarget::Kept(ticket.serial, "gzip > out.gz".into()));
    assert_eq!(outlets(&desk), [kept]);
    desk.run("\\o");
    assert_eq!(desk.left, [ticket], "its input is closed");
    assert!(!desk.screen().contains("results go to"), "{}", desk.screen());
    desk.answered(ticket, Part::Last(sql::Fact::ProgramOutput("12 bytes\n".into())));
    assert!(desk.screen().contains("12 bytes"), "{}", desk.screen());
    desk.run("\\o |head -1");
    desk.keys("enter");
    let (ticket, ..) = desk.programs[1].clone();
    desk.answered(ticket, Part::Page(sql::Fact::Done));
    desk.answered(ticket, Part::Last(sql::Fact::ProgramOutput(String::new())));
    assert_eq!(desk.app.panes.query.result_target, None);
    assert!(desk.screen().contains("head -1 has ended: results come here again"), "{}", desk.screen());
    desk.run("\\o |nosuch");
    desk.keys("esc");
    desk.tick(1);
    assert_eq!(desk.programs.len(), 2, "it was answered with no");
}

#[test]
fn command_output_is_shown_or_inserted_into_the_statement() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\! ls -l");
    assert!(desk.programs.is_empty() && desk.screen().contains("ls -l"), "{}", desk.screen());
    desk.keys("enter");
    let (ticket, command, text) = desk.programs[0].clone();
    assert_eq!((command.as_str(), text), ("ls -l", Some(String::new())));
    desk.answered(ticket, Part::Last(sql::Fact::ProgramOutput("a.sql\nb.sql\n".into())));
    desk.tick(1);
    assert!(desk.screen().contains("b.sql"), "{}", desk.screen());
    desk.keys("esc");
    desk.run("\\set day `date +%F`");
    desk.keys("enter");
    let (ticket, ..) = desk.programs[1].clone();
    desk.answered(ticket, Part::Last(sql::Fact::ProgramOutput("2026-11-29\n".into())));
    desk.tick(1);
    desk.run("select :'day';");
    assert_eq!(desk.statements(), ["select '2026-11-29'"]);
    desk.run("select 7 \\w |cat\n;");
    desk.keys("enter");
    assert_eq!(desk.programs[2].2.as_deref(), Some("select 7 \n"));
    desk.keys("ctrl-c");
    assert_eq!(desk.left, [desk.programs[2].0], "a running command is ended");
}

#[test]
fn history_is_written_to_a_named_file() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select 1;");
    desk.run("\\s ~/history.sql");
    let written = desk.begun.last().cloned().unwrap_or_default();
    assert!(written.starts_with("~/history.sql: ") && written.contains("select 1;\n"), "{written}");
}

#[test]
fn c_connects_only_within_the_environment() {
    let mut desk = Desk::connected((100, 30));
    let place = desk.connected.clone();
    desk.run("\\c shop");
    assert_eq!((desk.who.database.as_deref(), desk.who.user.as_deref()), (Some("shop"), None));
    assert_eq!(desk.connected, place, "the server is the same");
    assert_eq!(desk.app.panes.query.editor.text(), "", "it was taken");
    desk.tell(sql::Fact::Connected(Box::new(super::testing::server())));
    desk.run("\\c - aya");
    assert_eq!((desk.who.database.as_deref(), desk.who.user.as_deref()), (Some("shop"), Some("aya")));
    desk.tell(sql::Fact::Connected(Box::new(super::testing::server())));
    desk.connected = None;
    for (typed, why) in [
        ("\\c shop - db.example.com", "db.example.com is not a host of"),
        ("\\c shop - - 1234", "listens at"),
        ("\\c postgres://x@db.example.com/y", "cockpit sql --url"),
    ] {
        desk.run(typed);
        assert!(desk.connected.is_none() && desk.screen().contains(why), "{typed}: {}", desk.screen());
        desk.keys("esc esc tab");
    }
}

#[test]
fn local_command_needs_confirmation() {
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
fn copy_uses_files_and_asks_in_a_guarded_environment() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\copy bookmarks from '~/b.csv' csv header");
    assert_eq!(desk.beside[0].data, Some(Data::File("~/b.csv".into())));
    desk.run("\\copy (select 1) to x.tsv");
    assert_eq!(outlets(&desk)[1], Some(OutputTarget::File("x.tsv".into())));
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
fn bound_values_apply_only_to_the_next_statement() {
    let mut desk = Desk::connected((80, 24));
    desk.run("\\bind 7 'O''Neil'");
    desk.run("select * from users where id = $1 or name = $2;");
    desk.run("select 1;");
    assert_eq!(desk.beside[0].bind, Some(vec!["7".to_owned(), "O'Neil".to_owned()]));
    assert_eq!(desk.beside[1].bind, None);
}

#[test]
fn gdesc_shows_columns_without_running_the_statement() {
    let mut desk = Desk::connected((80, 24));
    desk.run("select * from bookmarks \\gdesc");
    assert!(desk.beside[0].describe_only && !desk.beside[1].describe_only);
    let asked = desk.statements()[1].to_owned();
    assert!(asked.contains("format_type") && asked.contains("('title', 25, -1)"), "{asked}");
    assert_eq!(desk.app.panes.query.tabs.len(), 1, "a description leaves no tab");
}

#[test]
fn declined_quit_keeps_variables_and_the_result_target() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\o report.txt");
    desk.run("\\set wanted 7");
    desk.transaction(Transaction::Open);
    desk.run("\\q");
    assert!(desk.screen().contains("Leave the session"), "{}", desk.screen());
    let out = Some(ResultTarget::File("report.txt".into()));
    desk.keys("esc");
    assert_eq!((desk.app.panes.query.result_target.clone(), desk.app.panes.query.is_on()), (out, true));
    let variable = |desk: &Desk| desk.app.panes.query.interpreter.variables().get("wanted").map(str::to_owned);
    assert_eq!(variable(&desk).as_deref(), Some("7"), "and what was set");
    desk.run("select :wanted;");
    assert_eq!(desk.statements().last(), Some(&"select 7"), "and goes on");
    desk.run("\\q");
    assert!(desk.screen().contains("Leave the session"), "{}", desk.screen());
    desk.keys("enter");
    assert_eq!((desk.app.panes.query.result_target.clone(), desk.app.panes.query.is_on()), (None, false));
    assert_eq!(variable(&desk), None, "the next session begins as psql does");
}

#[test]
fn history_lists_kept_statements_and_ignores_blank_prefixed_ones() {
    let mut desk = Desk::connected((100, 30));
    desk.run("\\set HISTCONTROL ignorespace");
    desk.run(" select 'not for others';");
    let state = &mut desk.app.panes.query;
    assert!(!state.history.entries.iter().any(|entry| entry.contains("not for others")));
    state.history.prepend((0..3_000).map(|number| format!("select {number}")).collect());
    let kept = state.history.entries.len();
    let listed = super::windows::lines(&desk.app, super::choices::Window::History).len();
    assert!(listed == kept && kept > 3_000, "{listed} of {kept}");
}
