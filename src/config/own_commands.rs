//! The keys of `[[commands]]`, on which parsing, `config show` and `docs/configuration.md` are based.

use super::types::CommandConfig;
use super::value::Value;
use std::fmt::Write as _;

/// A key of a `[[commands]]` table.
pub(super) struct CommandKey {
    pub(super) key: &'static str,
    /// The type of its value, in words.
    value: &'static str,
    /// The behaviour if it is not set, in words.
    pub(super) default: &'static str,
    doc: &'static str,
    example: &'static str,
    /// Returns the key's value in a command; `None` if it is not set.
    pub(super) get: fn(&CommandConfig) -> Option<Value>,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// All keys of `[[commands]]`, in the order of the documentation.
pub(super) static EACH_COMMAND: &[CommandKey] = &[
    CommandKey {
        key: "name",
        value: "small letters, digits and `-`",
        default: "needed",
        doc: "The name in the palette and for `cockpit run`.",
        example: "\"flush-cache\"",
        get: |command| Some(text(&command.name)),
    },
    CommandKey {
        key: "run",
        value: "a text",
        default: "needed",
        doc: "The command line.",
        example: "'./flush \"$COCKPIT_SERVICE\"'",
        get: |command| Some(text(&command.run)),
    },
    CommandKey {
        key: "risk",
        value: "`look`, `change`, `disrupt` or `destroy`",
        default: "needed",
        doc: "The risk to the environment. It decides how the command must be confirmed, also in a guarded environment, and whether `--read-only` refuses it.",
        example: "\"change\"",
        get: |command| Some(text(command.risk.name())),
    },
    CommandKey {
        key: "key",
        value: "a key",
        default: "none",
        doc: "The key, a capital letter if the command changes something.",
        example: "\"W\"",
        get: |command| command.key.as_deref().map(text),
    },
    CommandKey {
        key: "pane",
        value: "the name of a pane",
        default: "everywhere",
        doc: "The pane in which it applies: `overview`, `services`, `database`, `logs`, `query`, `infra`, `parameters` …",
        example: "\"services\"",
        get: |command| command.pane.as_deref().map(text),
    },
    CommandKey {
        key: "selection",
        value: "`service`, `task`, `database`, `instance`, `alarm` or `row`",
        default: "nothing need be selected",
        doc: "The kind of thing that must be selected.",
        example: "\"service\"",
        get: |command| command.selection.as_deref().map(text),
    },
    CommandKey {
        key: "output",
        value: "`pane` or `foreground`",
        default: "`pane`",
        doc: "Whether its output is shown in a window with exit code and age (`pane`), or it uses the terminal until it ends (`foreground`).",
        example: "\"foreground\"",
        get: |command| Some(text(if command.foreground { "foreground" } else { "pane" })),
    },
    CommandKey {
        key: "credentials",
        value: "true or false",
        default: "false",
        doc: "Whether it receives the credentials of the environment.",
        example: "true",
        get: |command| Some(Value::Switch(command.credentials)),
    },
    CommandKey {
        key: "database",
        value: "true or false",
        default: "false",
        doc: "Whether it receives `DATABASE_URL` and libpq's variables for the environment's database through a tunnel, as \
              with `cockpit with-db`, and the credentials that the tunnel needs. A command with risk `look` gets sessions \
              that begin read-only.",
        example: "true",
        get: |command| Some(Value::Switch(command.database)),
    },
    CommandKey {
        key: "title",
        value: "a text",
        default: "its name",
        doc: "Two or three words for the list of actions.",
        example: "\"flush cache\"",
        get: |command| command.title.as_deref().map(text),
    },
    CommandKey {
        key: "doc",
        value: "a text",
        default: "the command line",
        doc: "A sentence for the help and the palette.",
        example: "\"Clear the cache.\"",
        get: |command| command.doc.as_deref().map(text),
    },
];

const HEAD: &str = r#"## `[[commands]]`

User-defined commands. They are in the palette, the help and the list of actions, `cockpit run NAME` runs them without the
screen, and the audit file records the beginning and end of each.

```toml
[[commands]]
name = "flush-cache"
key = "W"
pane = "services"
selection = "service"
risk = "change"
run = './flush "$COCKPIT_ENV" "$COCKPIT_SERVICE"'
```

"#;

const TAIL: &str = r#"
The command line is run by `sh -c` in the folder of this file. The selection is passed in variables and never inserted into
the command line: `COCKPIT_ENV`, `COCKPIT_COMMAND`, `COCKPIT_PROJECT`, `COCKPIT_ACCOUNT`, `COCKPIT_REGION`,
`COCKPIT_CLUSTER`, and for the selection, if there is one, `COCKPIT_SERVICE` (the whole name), `COCKPIT_TASK` (the id),
`COCKPIT_CONTAINER`, `COCKPIT_DATABASE`, `COCKPIT_INSTANCE`, `COCKPIT_ALARM` and `COCKPIT_ROW` (what `y` copies). Write
`"$COCKPIT_SERVICE"` with its quotation marks, so that any value is a single word.

AWS credentials that the cockpit inherited (`AWS_ACCESS_KEY_ID` and similar, `AWS_PROFILE`) are not passed on: a command not
meant for AWS cannot act on another account by accident. With `credentials = true` it receives `AWS_REGION` and, as
configured, `AWS_PROFILE` and `AWS_ENDPOINT_URL` of the environment. It then receives inherited keys only if the environment
has no `profile`. Passwords of databases (`PGPASSWORD`, `DATABASE_URL`, `COCKPIT_DATABASE_URL` and what `password_env` names)
are never passed on. With `database = true` the command is run by `cockpit with-db`: `DATABASE_URL` and libpq's variables are
those of its own tunnel, and it receives the credentials that the tunnel needs.

The last 2,000 lines of output in the pane are kept, and lines longer than 4 kB are cut. `Ctrl-k` there stops the command
with all processes it started. A command in the foreground has the terminal until it ends; if it fails, its last output stays
until Enter is pressed. Leaving the cockpit stops running commands.

Lower-case letters only look, capital letters change something: a command that looks cannot have a capital letter as its key,
and any other must. A key or name that another command already has is a mistake.

"#;

/// Returns this section of the page.
pub(super) fn section() -> String {
    let mut page = format!("{HEAD}| key | value | default | purpose | example |\n|---|---|---|---|---|\n");
    for CommandKey { key, value, default, doc, example, .. } in EACH_COMMAND {
        let _ = writeln!(page, "| `{key}` | {value} | {default} | {doc} | `{example}` |");
    }
    page + TAIL
}
