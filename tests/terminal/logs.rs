//! The logs on a terminal: they follow, are searched and filtered, and drive nothing.

use super::*;

#[test]
fn logs_follow_let_go_search_and_drive_no_terminal() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("healthy");
    terminal.press("3");
    terminal.shows("following");
    terminal.shows("request completed");
    let group = "/ecs/bookmark-manager-staging-web";
    let message = "mark\u{1b}]0;owned\u{7}\u{1b}[2J 日本";
    world.poke(&json!({"write_log": {"group": group, "message": message}}));
    terminal.shows("mark␛]0;owned␇␛[2J 日本");
    terminal.press("k");
    terminal.shows("new ↓");
    terminal.press("/owned\r");
    terminal.shows("/owned (1)");
    terminal.press("\r");
    terminal.shows("Event");
    terminal.press("\x1b");
    // One Esc after the other: two that come in one piece are one.
    terminal.hides("Event");
    terminal.press("\x1b");
    terminal.hides("/owned");
    terminal.press("&level>=bad\r");
    terminal.shows("this is not a level");
    terminal.press("\x1b");
    terminal.shows("f follow");
    terminal.press("\x1b");
    terminal.hides("&level");
    terminal.press("f");
    terminal.shows("following");
    terminal.press("2G\x0c");
    terminal.shows("&service:");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}

#[test]
fn a_query_that_runs_is_stopped_when_the_session_ends() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    world.fault("logs:GetQueryResults", "hang");
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("3");
    terminal.shows("request completed");
    for n in 1..=2 {
        terminal.press("u");
        // What it costs is known: else a second yes is asked for.
        terminal.shows("less than $0.001");
        terminal.press("\r");
        terminal.shows("Insights is searching");
        until("a query", PATIENCE, || (world.asked("logs:StartQuery") == n).then_some(()));
        if n == 1 {
            terminal.press("\x1b");
            terminal.hides("Insights is searching");
        }
    }
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 1);
    terminal.is_given_back();
    assert_eq!((world.asked("logs:StartQuery"), world.asked("logs:StopQuery")), (2, 2));
}

#[test]
fn filters_are_there_in_the_next_session_and_lines_go_into_files() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("3");
    terminal.shows("request completed");
    terminal.press("&level>=warn\r");
    terminal.shows("&level>=warn");
    terminal.press("+bad\r");
    terminal.shows("saved: @bad is this filter");
    terminal.press("\x1b");
    terminal.hides("&level");
    terminal.press(">\x15all.jsonl\r");
    terminal.shows("→all.jsonl");
    let message = "into the file, too";
    world.poke(&json!({"write_log": {"group": "/ecs/bookmark-manager-staging-web", "message": message}}));
    let file = home.path().join("all.jsonl");
    until("the line in the file", PATIENCE, || {
        std::fs::read_to_string(&file).ok().filter(|text| text.contains(message))
    });
    // What is shown, into a new file; one that is there is left as it is.
    terminal.press("\x13\x15all.jsonl\r");
    terminal.shows("is there already");
    terminal.press("\x13\x15shown.txt\r");
    terminal.shows("shown.txt is written");
    assert!(std::fs::read_to_string(home.path().join("shown.txt")).unwrap().contains(message));
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("3");
    terminal.shows("request completed");
    terminal.press("*");
    terminal.shows("level>=warn (saved)");
    terminal.press("\r");
    terminal.shows("&@bad");
    terminal.hides("request completed");
    let said = support::line(&mut home.on(&world), "logs --since 10m --filter @bad -o json").coded(0);
    assert!(said.out.lines().count() > 0 && !said.out.contains("\"level\":\"info\""), "{}", said.out);
}

#[test]
fn a_filter_is_typed_in_any_script() {
    let (home, world) = (Home::with(&any_service()), World::staging());
    world.poke(&json!({"rename_service": {"from": SERVICE, "to": "ブックマーク管理"}}));
    let mut terminal = Terminal::on(&home, &world, "--env any");
    terminal.press("2");
    terminal.shows("ブックマーク管理");
    terminal.shows("staging-api");
    terminal.press("/マーク");
    terminal.hides("staging-api");
    terminal.shows("ブックマーク管理");
    terminal.press("\u{7f}\u{7f}\u{7f}api");
    terminal.shows("staging-api");
    terminal.hides("ブックマーク管理");
    // What is pasted is typed, not run.
    terminal.press("\u{15}\u{1b}[200~q\nマーク\u{1b}[201~");
    terminal.shows("qマーク");
    terminal.press(ESC);
    terminal.shows("staging-api");
    terminal.shows("ブックマーク管理");
}
