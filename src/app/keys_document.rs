//! `docs/keys.md`, made from the commands.

use super::Table;
use super::command::Scope;
use std::fmt::Write as _;

/// The text of `docs/keys.md`.
pub fn keys(table: &Table) -> String {
    let mut page = String::from(
        "# Keys\n\nGenerated from the commands (`src/app/commands.rs`, and each pane's own in `src/panes`); a test \
         compares the two.\n\n\
         Small letters only look; capital letters change something (`G` and `N`, which move, are the two exceptions \
         that every pager has). Any command can be bound to other keys in the configuration: \
         `[keys]`, then `name = \"key\"` or a list of keys.\n",
    );
    let mut scopes = table.scopes(None);
    // What works everywhere comes first.
    scopes.sort_by_key(|scope| *scope != Scope::Global);
    for scope in scopes {
        let _ = write!(
            page,
            "\n## {}\n\n| keys | command | risk | what it does |\n|---|---|---|---|\n",
            table.heading(scope)
        );
        for command in table.commands().filter(|command| command.scope == scope) {
            let keys: Vec<String> =
                command.default_keys().iter().map(|key| format!("`{}`", key.label().replace('|', "\\|"))).collect();
            let _ = writeln!(
                page,
                "| {} | `{}` | {} | {} |",
                keys.join(" "),
                command.name(),
                command.risk.name(),
                command.doc
            );
        }
    }
    page
}
