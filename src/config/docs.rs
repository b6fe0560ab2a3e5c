//! Generates `docs/configuration.md` from the table of known keys.

use super::known::KNOWN;
use super::schema::{Known, TableScope};
use std::fmt::Write as _;

const HEAD: &str = "# Configuration

<!-- Generated from src/config/known.rs: `UPDATE_DOCS=1 ./dev test documentation` regenerates it. -->

`cockpit` reads these layers. Later ones override earlier ones, key by key:

1. built-in defaults;
2. the nearest `config.toml`, here or in a parent folder;
3. `config.toml` in the user's folder (`$XDG_CONFIG_HOME/cockpit` or `~/.config/cockpit`);
4. environment variables;
5. flags: `--profile`, `--region` and `--endpoint-url` for the chosen environment.

`--config FILE` (or `COCKPIT_CONFIG`) replaces 2 and 3; `--env NAME` (or `COCKPIT_ENV`)
chooses the environment. An unknown key is an error. `cockpit config check` reports all errors at
once, `cockpit config show` prints every value with its origin.

";

/// Returns the text of `docs/configuration.md`.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let keys_of = |prefix: &'static str, within: TableScope| {
        KNOWN.iter().filter(move |known| {
            known.within() == within && known.key.rsplit_once('.').map_or("", |(table, _)| table) == prefix
        })
    };
    section(&mut page, "At the top", keys_of("", TableScope::Top), "");
    section(&mut page, "`[ui]`", keys_of("ui", TableScope::Top), "");
    section(
        &mut page,
        "`[hooks]`",
        keys_of("hooks", TableScope::Top),
        "Commands run around a deployment. They receive its data as JSON on standard input, and its texts as\nvariables: `DEPLOY_ENVIRONMENT`, `DEPLOY_SERVICE`, `DEPLOY_IMAGE`, `DEPLOY_DIGEST`, `DEPLOY_REVISION`,\n`DEPLOY_PREVIOUS`; after the deployment also `DEPLOY_VERDICT` (`done`, `rolled_back`, `failed`, `unknown`) and `DEPLOY_SUMMARY`.\n\n",
    );
    section(
        &mut page,
        "`[build.SERVICE]`",
        keys_of("", TableScope::Build),
        "How `cockpit deploy SERVICE --build` builds an image. `SERVICE` is the service's name, or the end of it: `web`.\n\n",
    );
    page.push_str(&super::own_commands::section());
    page.push_str(
        "## `[keys]`\n\nMaps the name of a command to its key, or a list of keys, replacing the defaults. `docs/keys.md` lists\nthe commands. Keys are written as the screen shows them: `D`, `Ctrl-d`, `Alt-x`, `Esc`, `F5`, `PgDn`. Case\nmatters only for single letters.\n\n```toml\n[keys]\nrefresh = [\"r\", \"f5\"]\n```\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME]`",
        keys_of("", TableScope::Environment),
        "One table per environment, in the order in which they are listed. `NAME` is what `--env` names.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.infra]`",
        keys_of("infra", TableScope::Environment),
        "Its infrastructure as code, for `cockpit infra`: `docs/infra.md` describes how units are found and named. An\nenvironment may have nothing else.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.database]`",
        keys_of("database", TableScope::Environment),
        "How `cockpit sql` and the Query pane connect to the database, and as whom. [query.md](query.md) has the details. The password\ncomes from one place: `secret`, `parameter`, `password_env` or `iam`.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.refresh]`",
        keys_of("refresh", TableScope::Environment),
        "How often each source is read while the terminal has the focus, from `1s` to `24h`; half as often without the focus.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.tunnel]`",
        keys_of("tunnel", TableScope::Environment),
        "Where the tunnels of `cockpit tunnel` and `cockpit with-db` lead, and what they pass through. [tunnel.md](tunnel.md) has the requirements.\n\n",
    );
    section(
        &mut page,
        "`[environments.NAME.health]`",
        keys_of("health", TableScope::Environment),
        "What `cockpit health` and `v` in the Services pane check, and how. [health.md](health.md) describes the checks and what is sent.\n\n",
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
    page.push_str("| key | value | default | purpose | example |\n|---|---|---|---|---|\n");
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
