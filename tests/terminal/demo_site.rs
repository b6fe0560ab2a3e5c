//! The site of the demo, as its health is looked at.

use super::*;

#[test]
fn the_demo_has_a_site_that_is_looked_at_from_outside() {
    let home = Home::with("not read");
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario staging"), 120, 40);
    terminal.shows("SIMULATED");
    terminal.press("2");
    terminal.shows("DESIRED");
    terminal.press("v");
    terminal.shows("Health from outside");
    // Staging has no host of its own: its load balancer answers.
    terminal.shows("/health");
    terminal.shows("200");
    terminal.hides("nothing is sent to the hosts");
    terminal.press("w");
    terminal.shows("refuses an SQL injection and a script");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_given_back();
}
