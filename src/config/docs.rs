//! `docs/configuration.md`, from the table of known keys.

use super::known::KNOWN;
use super::schema::{Known, TableScope};
use std::fmt::Write as _;

const HEAD: &str = "# Configuration

<!-- Generated from src/config/known.rs: `UPDATE_DOCS=1 ./dev test documentation` writes it again. -->

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

/// The text of `docs/configuration.md`.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let of = |prefix: &'static str, within: TableScope| {
        KNOWN.iter().filter(move |known| {
            known.within() == within && known.key.rsplit_once('.').map_or("", |(table, _)| table) == prefix
        })
    };
    section(&mut page, "At the top", of("", TableScope::Top), "");
    section(&mut page, "`[ui]`", of("ui", TableScope::Top), "");
    section(
        &mut page,
        "`[hooks]`",
        of("hooks", TableScope::Top),
        "Commands around a deployment. They get the facts as JSON on standard input, and those that are texts as\nvariables: `DEPLOY_ENVIRONMENT`, `DEPLOY_SERVICE`, `DEPLOY_IMAGE`, `DEPLOY_DIGEST`, `DEPLOY_REVISION`,\n`DEPLOY_PREVIOUS`; after it also `DEPLOY_VERDICT` (`done`, `rolled_back`, `failed`, `unknown`) and `DEPLOY_SUMMARY`.\n\n",
    );
    section(
        &mut page,
        "`[build.SERVICE]`",
        of("", TableScope::Build),
        "How `cockpit deploy SERVICE --build` builds an image. `SERVICE` is the service's name or its end: `web`.\n\n",
    );
    page.push_str(&super::own_commands::section());
    page.push_str(
        "## `[keys]`\n\nThe name of a command and its key, or a list of keys, instead of its default ones. `docs/keys.md` lists\nthe commands. Keys are written as the screen shows them: `D`, `Ctrl-d`, `Alt-x`, `Esc`, `F5`, `PgDn`. Case\nmatters for single letters alone.\n\n```toml\n[keys]\nrefresh = [\"r\", \"f5\"]\n```\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME]`",
        of("", TableScope::Environment),
        "One table for each environment, in the order in which they are listed. `NAME` is what `--env` names.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.infra]`",
        of("infra", TableScope::Environment),
        "Its infrastructure as code, for `cockpit infra`: `docs/infra.md` says how units are found and what they are called. An\nenvironment may have nothing but this.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.database]`",
        of("database", TableScope::Environment),
        "Who connects to the database for `cockpit sql` and the Query pane, and how. [query.md](query.md) says more. The password\nlies in one place: `secret`, `parameter`, `password_env` or `iam`.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.refresh]`",
        of("refresh", TableScope::Environment),
        "How often each source is read while the terminal has the focus, from `1s` to `24h`; half as often without it.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.tunnel]`",
        of("tunnel", TableScope::Environment),
        "Where `cockpit tunnel` and `cockpit with-db` go, and through what. [tunnel.md](tunnel.md) says what it takes.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.health]`",
        of("health", TableScope::Environment),
        "What `cockpit health` and `v` in the Services pane check, and how. [health.md](health.md) says what is checked and what is sent.\n\n",
    );
    page.push_str(&super::aws_settings::section());
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
