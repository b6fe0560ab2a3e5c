//! A blue/green deployment of ECS on the screen: its stages, and its end only after the bake time.

use super::*;

#[test]
fn blue_green_deployment_shows_its_stages_and_is_done_after_bake_time() {
    let home = Home::new();
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario blue-green --speed 10"), 140, 32);
    terminal.press("2");
    terminal.shows("● web");
    terminal.press("j");
    terminal.press("F");
    terminal.shows("⏎ chooses");
    terminal.press("\r");
    terminal.shows("run ◐ deploy web");
    terminal.shows("starting the new tasks beside the old");
    terminal.shows("bake time: the old tasks stay until it is over");
    assert!(!terminal.text().contains("DONE"), "{}", terminal.text());
    terminal.shows("DONE  web runs");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
}
