//! What there is in the demonstration's database, which is a real PostgreSQL: looked through and followed with keys.

use super::*;

const F8: &str = "\u{1b}[19~";

#[test]
fn a_real_database_is_looked_through_and_a_foreign_key_is_followed_and_back() {
    let home = Home::new();
    let mut terminal = Terminal::open(command(&home, None, "demo --scenario staging --speed 0"), 160, 45);
    terminal.shows("Overview");
    terminal.press("5");
    terminal.shows("connects to");
    terminal.press("\r");
    // Where there are several to choose from, the first; where the usual port is taken on this machine, the one that is offered.
    // No window takes a key that may have been held down since before it was there.
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
    // Their count is known before they are here.
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
