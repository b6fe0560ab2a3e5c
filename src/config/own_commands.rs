//! The keys of `[[commands]]`: reading, `config show` and `docs/configuration.md` come from them.

use super::types::CommandConfig;
use super::value::Value;
use std::fmt::Write as _;

/// A key of a `[[commands]]` table.
pub(super) struct OfCommand {
    pub(super) key: &'static str,
    /// Its value, in words.
    value: &'static str,
    /// The behaviour without it, in words.
    pub(super) default: &'static str,
    doc: &'static str,
    example: &'static str,
    /// The value of the key in a command; none where it is not set.
    pub(super) get: fn(&CommandConfig) -> Option<Value>,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// All keys of `[[commands]]`, in the order of the documentation.
pub(super) static EACH_COMMAND: &[OfCommand] = &[
    OfCommand {
        key: "name",
        value: "small letters, digits and `-`",
        default: "needed",
        doc: "What the palette finds and `cockpit run` takes.",
        example: "\"flush-cache\"",
        get: |command| Some(text(&command.name)),
    },
    OfCommand {
        key: "run",
        value: "a text",
        default: "needed",
        doc: "The command line.",
        example: "'./flush \"$COCKPIT_SERVICE\"'",
        get: |command| Some(text(&command.run)),
    },
    OfCommand {
        key: "risk",
        value: "`look`, `change`, `disrupt` or `destroy`",
        default: "needed",
        doc: "What it can do to the environment: what a yes takes, in a guarded one too, and whether `--read-only` refuses it.",
        example: "\"change\"",
        get: |command| Some(text(command.risk.word())),
    },
    OfCommand {
        key: "key",
        value: "a key",
        default: "none",
        doc: "Its key: a capital letter where it changes something.",
        example: "\"W\"",
        get: |command| command.key.as_deref().map(text),
    },
    OfCommand {
        key: "pane",
        value: "the name of a pane",
        default: "everywhere",
        doc: "Where it applies: `overview`, `services`, `database`, `logs`, `query`, `infra`, `parameters` …",
        example: "\"services\"",
        get: |command| command.pane.as_deref().map(text),
    },
    OfCommand {
        key: "selection",
        value: "`service`, `task`, `database`, `instance`, `alarm` or `row`",
        default: "nothing need be selected",
        doc: "What must be selected.",
        example: "\"service\"",
        get: |command| command.selection.as_deref().map(text),
    },
    OfCommand {
        key: "output",
        value: "`pane` or `foreground`",
        default: "`pane`",
        doc: "Whether its output comes in a window with its exit code and its age, or it gets the terminal until it ends.",
        example: "\"foreground\"",
        get: |command| Some(text(if command.foreground { "foreground" } else { "pane" })),
    },
    OfCommand {
        key: "credentials",
        value: "true or false",
        default: "false",
        doc: "Whether it gets the credentials of the environment.",
        example: "true",
        get: |command| Some(Value::Switch(command.credentials)),
    },
    OfCommand {
        key: "database",
        value: "true or false",
        default: "false",
        doc: "Whether it gets `DATABASE_URL`, and what libpq reads, leading through a tunnel to the environment's database, as \
              `cockpit with-db` gives them; with them the credentials that the tunnel needs. One that only looks gets sessions \
              that begin as read-only ones.",
        example: "true",
        get: |command| Some(Value::Switch(command.database)),
    },
    OfCommand {
        key: "title",
        value: "a text",
        default: "its name",
        doc: "Two or three words for the list of actions.",
        example: "\"flush cache\"",
        get: |command| command.title.as_deref().map(text),
    },
    OfCommand {
        key: "doc",
        value: "a text",
        default: "the command line",
        doc: "A sentence for the help and the palette.",
        example: "\"Forget what is cached.\"",
        get: |command| command.doc.as_deref().map(text),
    },
];

const HEAD: &str = r#"## `[[commands]]`

Commands of one's own. They are in the palette, the help and the list of actions, `cockpit run NAME` runs them without the
screen, and the audit file has each with its beginning and its end.

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
The command line is run by `sh -c` in the folder of this file. What is selected comes as variables and is never put into its
text: `COCKPIT_ENV`, `COCKPIT_COMMAND`, `COCKPIT_PROJECT`, `COCKPIT_ACCOUNT`, `COCKPIT_REGION`, `COCKPIT_CLUSTER`, and of the
selection, as far as there is one, `COCKPIT_SERVICE` (the whole name), `COCKPIT_TASK` (the id), `COCKPIT_CONTAINER`,
`COCKPIT_DATABASE`, `COCKPIT_INSTANCE`, `COCKPIT_ALARM` and `COCKPIT_ROW` (what `y` copies). Write `"$COCKPIT_SERVICE"` with
its quotation marks, so that a value is one word whatever is in it.

Credentials of AWS that the cockpit inherited (`AWS_ACCESS_KEY_ID` and its like, `AWS_PROFILE`) are not handed on: a command
that was not meant for AWS cannot act on another account by accident. With `credentials = true` it gets `AWS_REGION` and, as
configured, `AWS_PROFILE` and `AWS_ENDPOINT_URL` of the environment; inherited keys then only where the environment names no
`profile`. Passwords of databases (`PGPASSWORD`, `DATABASE_URL`, `COCKPIT_DATABASE_URL` and what `password_env` names) are
never handed on. With `database = true` the command is run by `cockpit with-db`: `DATABASE_URL` and what libpq reads are those
of a tunnel of its own, and it gets the credentials that the tunnel needs.

Output in the pane is kept to its last 2,000 lines, and a line longer than 4 kB is cut; `Ctrl-k` there stops the command with
all that it started. A command in the foreground has the terminal until it ends; where it fails, its last words stand until
Enter. Leaving the cockpit stops what runs.

Small letters only look, capital letters change something: a command that looks cannot have a capital letter as its key, and
any other must. A key that is another command's is a mistake, and so is a name.

"#;

/// The section of the page.
pub(super) fn section() -> String {
    let mut page = format!("{HEAD}| key | value | without it | what for | example |\n|---|---|---|---|---|\n");
    for OfCommand { key, value, default, doc, example, .. } in EACH_COMMAND {
        let _ = writeln!(page, "| `{key}` | {value} | {default} | {doc} | `{example}` |");
    }
    page + TAIL
}
