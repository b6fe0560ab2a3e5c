//! The objects of the demo's database, which is a real PostgreSQL, browsed and followed with keys.

use super::*;

const F8: &str = "\u{1b}[19~";

#[test]
fn real_database_is_browsed_and_foreign_keys_are_followed_both_ways() {
    let home = Home::new();
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario staging --speed 0"), 160, 45);
    terminal.shows("Overview");
    terminal.press("5");
    terminal.shows("connects to");
    terminal.press("\r");
    // With several to choose from, the first; if the usual port is taken on this machine, the offered one.
    // A window ignores keys that may have been held since before it opened.
    until("a session", PATIENCE, || {
        let text = terminal.text();
        if text.contains("Connect to") || text.contains("is taken") {
            std::thread::sleep(Duration::from_secs(2));
            terminal.press("\r");
        }
        std::thread::sleep(Duration::from_millis(200));
        text.contains("app=>").then_some(())
    });
    terminal.press("bookmarks");
    terminal.shows("app=> bookmarks");
    terminal.press(F8);
    terminal.shows("[Columns]");
    terminal.shows("→ users");
    terminal.press("]");
    terminal.shows("btree (");
    terminal.press("]]]");
    terminal.shows("CREATE TABLE public.bookmarks (");
    terminal.shows("GENERATED ALWAYS AS IDENTITY");
    terminal.press("]");
    terminal.shows("bookmarks (user_id) → users");
    terminal.press("d");
    terminal.shows("row 1 of 100");
    // Their count is known before they arrive.
    terminal.shows("A field guide to indexes #1 ");
    terminal.press("l");
    terminal.shows("column 2 of 10 → users");
    terminal.press("\r");
    terminal.shows("SELECT * FROM public.users WHERE id =");
    terminal.shows("@example.com");
    terminal.shows("Esc back");
    terminal.press("\u{1b}");
    terminal.shows("column 2 of 10 → users");
    terminal.press("b");
    terminal.shows("Rows by foreign keys");
    terminal.shows("← ");
}
