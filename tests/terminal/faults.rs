//! The screen while AWS does not answer, refuses, or is the wrong account.

use super::*;

#[test]
fn keys_work_while_aws_does_not_answer() {
    let (home, world) = (Home::new(), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("healthy");
    world.fault("*", "hang");
    terminal.press("r2");
    terminal.shows("DESIRED");
    terminal.shows("web");
    terminal.press("?");
    terminal.shows("Everywhere");
    terminal.press(ESC);
    // Nothing answers from the beginning: the frame is drawn, and keys work.
    let mut fresh = Terminal::on(&home, &world, "--env prod");
    fresh.shows("GUARDED");
    for (key, shown) in [("2", "Services"), ("4", "Databases"), ("?", "Everywhere")] {
        fresh.press(key);
        fresh.shows(shown);
    }
    fresh.press("\u{3}");
    assert_eq!(fresh.ended(), 0);
    fresh.is_restored();
}

#[test]
fn fault_is_shown_beside_the_last_good_data() {
    let (home, world) = (Home::new(), World::staging());
    for (kind, word) in [("throttle", "Rate exceeded"), ("malformed", "DescribeServices"), ("denied", "not allowed")] {
        let mut terminal = Terminal::on(&home, &world, "--env staging");
        terminal.shows("healthy");
        world.fault("ecs:DescribeServices", kind);
        terminal.press("r");
        terminal.shows("ecs:DescribeService");
        terminal.shows("web");
        terminal.press("\u{1}");
        terminal.shows("cannot read services");
        terminal.shows(word);
        world.clear_faults();
    }
}

#[test]
fn wrong_account_shows_only_that_error() {
    let config = include_str!("../../config.toml").replace("123456789012", "999999999999");
    let (home, world) = (Home::with(&config), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("WRONG ACCOUNT");
    terminal.press("2");
    terminal.shows("DESIRED");
    assert!(!terminal.text().contains("RUNNING  ") || !terminal.text().contains("healthy"));
    terminal.press("q");
    terminal.ended();
}

#[test]
fn renewed_credentials_on_disk_are_used_without_restart() {
    let (home, world) = (Home::new(), World::staging());
    let file = |key: &str| {
        home.write("credentials", format!("[default]\naws_access_key_id = {key}\naws_secret_access_key = {SECRET}\n"))
    };
    let path = file("AKIAFIRST00000000000");
    let mut command = command(&home, None, "--env staging");
    command.env("AWS_ENDPOINT_URL", world.endpoint());
    command.env("AWS_SHARED_CREDENTIALS_FILE", path);
    let mut terminal = Terminal::open(command, 120, 40);
    terminal.shows("healthy");
    world.post("/_sim/expire", &json!({"access_key": "AKIAFIRST00000000000"}));
    terminal.press("r");
    terminal.shows("NO CREDENTIALS");
    terminal.shows("web");
    terminal.press("2");
    terminal.shows("DESIRED");
    file("AKIASECOND0000000000");
    terminal.hides("NO CREDENTIALS");
    terminal.shows("healthy");
}

#[test]
fn unreached_environment_shows_the_reason() {
    let home = Home::new();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut terminal = Terminal::open(command(&home, Some(&format!("http://{closed}")), "--env staging"), 120, 40);
    terminal.shows("identity not known");
    terminal.shows("cannot");
    terminal.press("2");
    terminal.shows("DESIRED");
}
