//! `docs/configuration.md`, from the table of known keys.

use super::schema::{KNOWN, Known};
use std::fmt::Write as _;

const HEAD: &str = "# Configuration

<!-- Generated from src/config/schema.rs: `UPDATE_DOCS=1 cargo test` writes it anew. -->

`cockpit` reads, and later wins, key by key:

1. built-in defaults;
2. the nearest `config.toml`, here or in a parent folder;
3. `config.toml` in the user's folder (`$XDG_CONFIG_HOME/cockpit` or `~/.config/cockpit`);
4. environment variables;
5. flags: `--profile`, `--region` and `--endpoint-url` for the chosen environment.

`--config FILE` (or `COCKPIT_CONFIG`) is read instead of 2 and 3; `--env NAME` (or `COCKPIT_ENV`)
chooses the environment. An unknown key is a mistake. `cockpit config check` reports all mistakes at
once, `cockpit config show` prints every value with where it comes from.

";

/// The page.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let of = |prefix: &'static str, inside: bool| {
        KNOWN.iter().filter(move |known| {
            known.in_environment() == inside && known.key.rsplit_once('.').map_or("", |(table, _)| table) == prefix
        })
    };
    section(&mut page, "At the top", of("", false), "");
    section(&mut page, "`[ui]`", of("ui", false), "");
    page.push_str(
        "## `[keys]`\n\nThe name of a command and its key, or a list of keys, instead of its default ones. `docs/keys.md` lists\nthe commands. Keys are written `D`, `ctrl-d`, `alt-x`, `esc`, `f5`.\n\n```toml\n[keys]\nrefresh = [\"r\", \"f5\"]\n```\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME]`",
        of("", true),
        "One table for each environment, in the order in which they are listed. `NAME` is what `--env` names.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.refresh]`",
        of("refresh", true),
        "How often each source is read while the terminal has the focus, from `1s` to `24h`; half as often without it.\n\n",
    );
    while page.ends_with("\n\n") {
        page.pop();
    }
    page
}

fn section(page: &mut String, title: &str, keys: impl Iterator<Item = &'static Known>, about: &str) {
    let _ = writeln!(page, "## {title}\n");
    page.push_str(about);
    page.push_str("| key | value | without it | what for | example |\n|---|---|---|---|---|\n");
    for known in keys {
        let name = known.key.rsplit('.').next().unwrap_or(known.key);
        let variable = known.variable().map(|name| format!(" Also `{name}`.")).unwrap_or_default();
        let _ = writeln!(
            page,
            "| `{name}` | {} | {} | {}{variable} | `{}` |",
            known.kind.words(),
            known.default,
            known.doc,
            known.example
        );
    }
    page.push('\n');
}
