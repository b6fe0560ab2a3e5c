//! The demo's site in the health view.

use super::*;

#[test]
fn demo_has_a_site_probed_from_outside() {
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
    terminal.is_restored();
}
