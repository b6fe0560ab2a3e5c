//! The logs on a terminal: following, searching and filtering, without effect on the terminal.

use super::*;

#[test]
fn log_pane_follows_scrolls_searches_and_escapes_control_characters() {
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
    // One Esc after the other: two in one piece count as one.
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
    terminal.is_restored();
}

#[test]
fn running_insights_query_is_stopped_at_the_end_of_the_session() {
    let (home, world) = (Home::new(), World::running(Scenario::Staging));
    world.fault("logs:GetQueryResults", "hang");
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.press("3");
    terminal.shows("request completed");
    for n in 1..=2 {
        terminal.press("u");
        // The price is known: otherwise a second confirmation is required.
        terminal.shows("less than $0.001");
        terminal.press("\r");
        terminal.shows("Insights is searching");
        until("a query", PATIENCE, || (world.requests("logs:StartQuery") == n).then_some(()));
        if n == 1 {
            terminal.press("\x1b");
            terminal.hides("Insights is searching");
        }
    }
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ended(), 1);
    terminal.is_restored();
    assert_eq!((world.requests("logs:StartQuery"), world.requests("logs:StopQuery")), (2, 2));
}

#[test]
fn filters_persist_and_lines_are_saved_to_files() {
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
    // The shown lines, into a new file; an existing one is left unchanged.
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
    let output = crate::support::line(&mut home.on(&world), "logs --since 10m --filter @bad -o json").exits(0);
    assert!(output.out.lines().count() > 0 && !output.out.contains("\"level\":\"info\""), "{}", output.out);
}

#[test]
fn filter_accepts_any_script() {
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
    // Pasted text is inserted, not run.
    terminal.press("\u{15}\u{1b}[200~q\nマーク\u{1b}[201~");
    terminal.shows("qマーク");
    terminal.press(ESC);
    terminal.shows("staging-api");
    terminal.shows("ブックマーク管理");
}
