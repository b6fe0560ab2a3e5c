//! The invariants of ARCHITECTURE.md that can be checked from the sources. Most require an absence, which no type can express:
//! which file imports what, reads the clock or matches a key.
//!
//! Each has violations that are planted into a copy of the sources in memory: a rule that does not find them is broken.

use crate::circles;
use crate::rules::{commands_that_are_named, of_view, outside, panes_that_are_named, too_long, undocumented};
use crate::tree::{Source, Tree};

/// A rule over the sources.
pub struct Invariant {
    /// The rule, as printed when it is violated.
    pub rule: &'static str,
    /// Returns the violations of the rule, one line each.
    pub breaches: fn(&Tree) -> Vec<String>,
    /// Code that violates it: a file and the text appended to it.
    pub planted: &'static [(&'static str, &'static str)],
}

/// Words of code that waits, makes requests, draws or reads the clock.
const IMPURE: &[&str] = &[
    "tokio",
    "aws_sdk_",
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "Instant::now",
    "SystemTime",
    "Timestamp::now",
    "Zoned::now",
    "TimeZone::system",
    "crossterm",
    "println!",
    "eprintln!",
];

const CLOCK: &[&str] = &["Timestamp::now", "Instant::now", "SystemTime", "Zoned::now"];

/// The model, which is its own crate.
const MODEL: &str = "crates/cockpit-model/src";

/// Modules, and those they must not depend on. A module depends only on modules below it; those of `src/core.rs` cannot depend on the
/// others, which are another crate.
const ROOMS: &[(&str, &[&str])] = &[
    ("src/feeds", &["app", "panes", "ui", "cli", "config"]),
    ("src/app", &["ui", "cli"]),
    ("src/config", &["app", "panes", "ui"]),
    ("src/cli", &["app", "config", "ui", "panes", "feeds"]),
    ("src/panes", &["cli"]),
    ("src/ui", &["cli"]),
    ("src/headless", &["aws", "db", "infra", "probe", "runtime", "ui", "commands"]),
    ("src/aws", &["db", "infra", "probe", "ui", "panes", "runtime", "headless", "cli", "commands"]),
    ("src/db", &["app", "panes", "ui", "aws", "infra", "probe", "runtime", "headless", "cli", "config", "commands"]),
    (
        "src/probe",
        &["app", "panes", "ui", "aws", "db", "infra", "runtime", "headless", "cli", "config", "commands", "feeds"],
    ),
    ("src/infra", &["app", "panes", "ui", "aws", "db", "probe", "runtime", "headless", "cli", "commands"]),
    ("src/runtime", &["commands", "headless"]),
];

pub const INVARIANTS: &[Invariant] = &[
    Invariant {
        rule: "only src/aws imports the AWS SDK",
        breaches: |tree| {
            let words = ["aws_sdk_", "aws_config::", "aws_smithy", "aws_credential_types", "aws_types"];
            outside(tree.naming_anywhere(&words), &["src/aws/"])
        },
        planted: &[("src/runtime/mod.rs", "use aws_sdk_ecs::Client;")],
    },
    Invariant {
        rule: "model, feeds, app and panes are pure: no runtime, no SDK, no clock, no files, no terminal",
        breaches: |tree| {
            [MODEL, "src/feeds", "src/app", "src/panes"].map(|module| tree.naming(module, IMPURE)).concat()
        },
        planted: &[
            ("src/app/mod.rs", "fn now() { tokio::spawn(async {}); }"),
            ("src/app/operation/mod.rs", "fn read() { let _ = std::fs::read(\"\"); }"),
            ("crates/cockpit-model/src/time.rs", "fn now() -> jiff::Timestamp { jiff::Timestamp::now() }"),
            ("src/feeds/runs.rs", "fn read() { let _ = std::fs::read(\"\"); }"),
        ],
    },
    Invariant {
        rule: "a module depends only on the modules below it",
        breaches: |tree| {
            let one = |(module, above): &(&str, &[&str])| {
                let words: Vec<String> = above.iter().map(|name| format!("crate::{name}")).collect();
                tree.naming(module, &words.iter().map(String::as_str).collect::<Vec<_>>())
            };
            let mut found: Vec<String> = ROOMS.iter().flat_map(one).collect();
            // The core crate is used under this crate's own names, so that one pattern finds each use.
            found.extend(outside(tree.naming("src", &["cockpit_core"]), &["src/lib.rs"]));
            found.extend(tree.naming("crates", &["cockpit_core"]));
            found.extend(tree.naming(MODEL, &["cockpit::", "aws_sim", "ssm_tunnel"]));
            found.extend(tree.naming("crates/aws-sim/src", &["cockpit::", "cockpit_model"]));
            found.extend(tree.naming("crates/log-store/src", &["cockpit::", "aws_sim"]));
            found.extend(tree.naming("crates/ssm-tunnel/src", &["cockpit::", "aws_sim", "aws_sdk_"]));
            // The core must build without the dependencies of the driver.
            let of_driver =
                ["crate::driver", "tokio::", "rustls::", "futures_util", "aws_sigv4", "aws_credential_types"];
            let named = tree.naming("crates/ssm-tunnel/src", &of_driver);
            found.extend(outside(named, &["crates/ssm-tunnel/src/driver/"]));
            found
        },
        planted: &[
            ("crates/cockpit-model/src/lib.rs", "use cockpit::config::Config;"),
            ("src/feeds/aws.rs", "use crate::app::event::Event;"),
            ("src/app/mod.rs", "use crate::{cli::Report, ui::Theme};"),
            ("src/panes/logs/update.rs", "use crate::cli::Report;"),
            ("src/config/mod.rs", "use crate::app::App;"),
            ("src/cli/mod.rs", "use crate::config::Config;"),
            ("src/ui/mod.rs", "use crate::cli::Report;"),
            ("src/headless/mod.rs", "use cockpit_core::ui::Theme;"),
            ("src/runtime/mod.rs", "use crate::{app::App, headless::table};"),
            ("src/aws/mod.rs", "use crate::db::url;"),
            ("src/headless/mod.rs", "use crate::runtime::clock;"),
            ("src/aws/mod.rs", "use crate::headless::table;"),
            ("src/infra/mod.rs", "use crate::commands::dispatch::run;"),
            ("src/runtime/mod.rs", "use crate::commands::dispatch::run;"),
            ("src/infra/mod.rs", "use crate::app::App;"),
            ("src/db/mod.rs", "use crate::aws::Session;"),
            ("crates/aws-sim/src/lib.rs", "use cockpit::model::Estate;"),
            ("crates/ssm-tunnel/src/session.rs", "use tokio::time::sleep;"),
        ],
    },
    Invariant {
        rule: "files depend on each other in one direction: no cycles",
        breaches: circles::all,
        planted: &[
            ("crates/cockpit-model/src/text.rs", "use crate::wrap::wrapped; use super::attention::attention;"),
            ("crates/log-store/src/level.rs", "use crate::store::Store;"),
            ("crates/aws-sim/src/shared.rs", "use crate::server::serve;"),
        ],
    },
    Invariant {
        rule: "the screen and the reports read no clock: time enters as an event",
        breaches: |tree| [tree.naming("src/ui", CLOCK), tree.naming("src/headless", CLOCK)].concat(),
        planted: &[
            ("src/ui/mod.rs", "fn now() { std::time::Instant::now(); }"),
            ("src/headless/mod.rs", "fn now() { jiff::Timestamp::now(); }"),
        ],
    },
    Invariant {
        rule: "views only read the state",
        breaches: |tree| {
            let changing = ["&mut App", "&mut crate::app::App", "&mut Screen", "&mut Estate"];
            let mut found = tree.naming("src/ui", &changing);
            found.extend(tree.naming("src/panes", &changing).into_iter().filter(|hit| of_view(hit)));
            found
        },
        planted: &[
            ("src/ui/mod.rs", "fn change(app: &mut App) {}"),
            ("src/panes/logs/view.rs", "fn change(app: &mut App) {}"),
        ],
    },
    Invariant {
        rule: "in a pane's folder only view.rs draws",
        breaches: |tree| {
            let drawing = ["crate::ui", "ratatui::style", "ratatui::widgets", "ratatui::buffer", "ratatui::Frame"];
            let found = tree.naming("src/panes", &drawing).into_iter();
            found.filter(|hit| !of_view(hit) && !hit.starts_with("src/panes/views.rs")).collect()
        },
        planted: &[
            ("src/panes/logs/update.rs", "use crate::ui::canvas::Canvas;"),
            ("src/panes/database/state.rs", "use crate::ui::Theme;"),
            ("src/panes/infra/rows.rs", "use ratatui::{layout::Rect, style::Style};"),
        ],
    },
    Invariant {
        rule: "a pane's folder is named by the lists of src/panes alone",
        breaches: panes_that_are_named,
        planted: &[
            ("src/app/update/run.rs", "fn follows(app: &App) -> bool { app.panes.logs.follow }"),
            ("src/ui/mod.rs", "use crate::panes::logs::view;"),
            ("src/panes/overview/rows.rs", "use crate::panes::database::state::LIST;"),
            ("src/app/layout.rs", "use crate::panes::table::TABLE;"),
        ],
    },
    Invariant {
        rule: "in a command's folder args.rs and report.rs do not wait, send requests or draw",
        breaches: |tree| {
            // The address that a command listens on is a plain value.
            let impure = IMPURE.iter().copied().filter(|word| *word != "std::net");
            let modules = ["crate::aws", "crate::runtime", "crate::ui", "commands::context", "super::run"];
            let words: Vec<&str> = impure.chain(modules).collect();
            let pure = |hit: &String| {
                let path = hit.split(": ").next().unwrap_or_default();
                path.ends_with("/args.rs") || path.ends_with("/report.rs")
            };
            tree.naming("src/commands", &words).into_iter().filter(pure).collect()
        },
        planted: &[
            ("src/commands/logs/args.rs", "use crate::runtime::clock::Clock;"),
            ("src/commands/deploy/args.rs", "fn now() { jiff::Timestamp::now(); }"),
            ("src/commands/tasks/report.rs", "use crate::commands::context::Context;"),
        ],
    },
    Invariant {
        rule: "a command's folder is named by the lists of src/commands alone",
        breaches: commands_that_are_named,
        planted: &[
            ("src/commands/context.rs", "use super::logs::args::Arguments;"),
            ("src/commands/insights/run.rs", "use crate::commands::logs::tail::LOOK_BACK;"),
            ("src/main.rs", "use cockpit::commands::sim::args::Arguments;"),
        ],
    },
    Invariant {
        rule: "a key is matched in one place: its type (key.rs), its command (keymap.rs), its terminal input (input.rs)",
        breaches: |tree| {
            let words = ["Code::Char", "Code::Enter", "Code::Esc", "KeyCode::", "Code::Up", "Code::Tab"];
            outside(
                tree.naming_anywhere(&words),
                &["crates/cockpit-model/src/key.rs", "src/app/keymap.rs", "src/runtime/input.rs"],
            )
        },
        planted: &[("src/app/update.rs", "fn quits(code: Code) -> bool { code == Code::Esc }")],
    },
    Invariant {
        rule: "a command carries its action: no code compares commands",
        breaches: |tree| {
            let hit = |text: &str| {
                text.contains("Id::")
                    && text.lines().any(|line| line.trim_start().starts_with("Id::") && line.contains("=>"))
            };
            let files = tree.under("src").filter(|(_, source)| hit(&source.product));
            files.map(|(path, _)| path.to_owned()).collect()
        },
        planted: &[(
            "src/app/update/run.rs",
            "fn quits(id: Id) -> bool { match id {\nId::QUIT => true,\n _ => false } }",
        )],
    },
    Invariant {
        rule: "the state has one owner and is not shared by a lock",
        breaches: |tree| tree.naming_anywhere(&["Mutex<App", "RwLock<App", "RefCell<App"]),
        planted: &[("src/runtime/mod.rs", "type Shared = std::sync::Mutex<App>;")],
    },
    Invariant {
        rule: "processes, threads and drawing belong to src/runtime, Terraform and Terragrunt to src/infra",
        breaches: |tree| {
            let hands = ["std::thread::", "std::process::Command", "tokio::spawn", "execute!("];
            let mut found = outside(tree.naming_anywhere(&hands), &["src/runtime/", "src/infra/"]);
            // A profile can name a program that provides credentials.
            let others = ["src/runtime/", "src/infra/", "src/aws/helper.rs"];
            found.extend(outside(tree.naming_anywhere(&["tokio::process"]), &others));
            found
        },
        planted: &[
            ("src/commands/mod.rs", "fn go() { std::thread::spawn(|| {}); }"),
            ("src/aws/mod.rs", "async fn go() { tokio::process::Command::new(\"\"); }"),
            ("src/commands/infra/mod.rs", "async fn go() { tokio::process::Command::new(\"terraform\"); }"),
        ],
    },
    Invariant {
        rule: "no decision depends on the text of a message, a title or a label",
        breaches: |tree| {
            let words = [
                "message.contains(",
                "summary.contains(",
                "title.contains(",
                "title.split(",
                "title ==",
                "label.contains(",
                "label ==",
                "note.contains(",
                "reason.text.contains(",
                "check.text.contains(",
            ];
            // AWS has no error code of its own for these: a refused log token, a missing task definition.
            // PostgreSQL has one code for several causes of a refused login, which need different hints.
            let known = ["src/app/logs/follow.rs", "src/aws/probe/attempt.rs", "src/db/connection_errors.rs"];
            outside(tree.naming_anywhere(&words), &known)
        },
        planted: &[
            ("src/app/dialog.rs", "fn verb(title: &str) -> &str { title.split(' ').next().unwrap_or(\"\") }"),
            ("src/ui/overlay.rs", "fn warns(line: &Line) -> bool { line.note.contains(\"GUARDED\") }"),
            ("src/app/poll/keyed_facts.rs", "fn news(event: &Event) -> bool { event.message.contains(\"roll\") }"),
        ],
    },
    Invariant {
        rule: "an answer is routed by its owner, not by bits of its number",
        breaches: |tree| {
            let bits = ["<< 58", "<< 59", "<< 60", "<< 61", "<< 62", "<< 63"];
            [tree.naming("src/app", &bits), tree.naming("src/runtime", &bits)].concat()
        },
        planted: &[("src/app/logs/reader.rs", "const LIVE: u64 = 1 << 62;")],
    },
    Invariant {
        rule: "only the machine of an operation depends on its kind: the lifecycle, the screen and the reports name no kind",
        breaches: |tree| {
            let kind = ["operation::deploy", "operation::steps", "operation::options", "super::deploy", "super::steps"];
            let readers = ["src/ui", "src/headless", "src/runtime", "src/panes"];
            let mut found: Vec<String> = readers.iter().flat_map(|module| tree.naming(module, &kind)).collect();
            let life = ["src/app/operation/life_cycle.rs", "src/app/operation/machine.rs", "src/app/update/change.rs"];
            let named = [tree.naming("src/app/operation", &kind), tree.naming("src/app/update", &kind)].concat();
            found.extend(named.into_iter().filter(|hit| life.iter().any(|file| hit.starts_with(file))));
            found
        },
        planted: &[
            ("src/app/operation/life_cycle.rs", "fn deploys(one: &dyn Any) { one.is::<super::deploy::Deploy>(); }"),
            ("src/headless/operation.rs", "use crate::app::operation::deploy::Deploy;"),
            ("src/app/update/change.rs", "use crate::app::operation::steps::Wanted;"),
        ],
    },
    Invariant {
        rule: "the command line of an operation is written in one file, that of its request",
        breaches: |tree| {
            // The beginnings of commands that change something, as they appear in string literals.
            let typed = [
                "deploy {short}",
                "rollback {short}",
                "scale {short}",
                "autoscaling {short}",
                "stop-task {",
                "schedule --",
                "params put {",
                "params rm {",
                "params import",
                "failover {",
                "db {id",
                "alarms mute {",
                "alarms unmute {",
                "invalidate {",
                "instances {",
            ];
            let quoted: Vec<String> = typed.iter().map(|words| format!("\"{words}")).collect();
            let files = tree.under("src").filter(|(_, source)| !source.product.is_empty());
            let named = files.filter(|(_, source)| quoted.iter().any(|words| source.text.contains(words.as_str())));
            let folders = [
                "src/app/operation/deploy/request.rs",
                "src/app/operation/steps/request.rs",
                "src/app/operation/single/scaling/request.rs",
                "src/app/operation/parameter/command_line.rs",
                "src/app/operation/database/request.rs",
                "src/app/operation/single/mute/request.rs",
                "src/app/operation/single/invalidation/mod.rs",
                "src/app/operation/single/instance.rs",
            ];
            named.map(|(path, _)| path.to_owned()).filter(|path| !folders.contains(&path.as_str())).collect()
        },
        planted: &[
            ("src/app/update/change.rs", "fn words(short: &str) -> String { format!(\"scale {short} 3\") }"),
            ("src/commands/deploy/run.rs", "fn words(short: &str) -> String { format!(\"deploy {short} --force\") }"),
        ],
    },
    Invariant {
        rule: "events are awaited only in src/runtime/event_loop.rs, and src/app decides which logs are read",
        breaches: |tree| {
            let waits = ["Receiver<Event>", "events.recv(", "answers.recv("];
            // The executor creates the channel.
            let places = ["src/runtime/event_loop.rs", "src/runtime/executor.rs"];
            [
                outside(tree.naming_anywhere(&waits), &places),
                tree.naming_in("src/runtime/logs.rs", &["Backoff", "Follower"]),
            ]
            .concat()
        },
        planted: &[
            ("src/runtime/headless_operations.rs", "async fn all(events: &mut mpsc::Receiver<Event>) {}"),
            ("src/commands/logs/run.rs", "async fn all(mut events: Events) { while events.recv().await.is_some() {} }"),
            ("src/runtime/logs.rs", "use crate::app::backoff::Backoff;"),
        ],
    },
    Invariant {
        rule: "CSV is written in one place, crates/cockpit-model/src/csv.rs",
        breaches: |tree| outside(tree.naming_anywhere(&["csv::Writer"]), &["crates/cockpit-model/src/csv.rs"]),
        planted: &[("src/panes/logs/windows.rs", "fn all() { csv::WriterBuilder::new(); }")],
    },
    Invariant {
        rule: "the feed decides the lifetime of a query: the executor only reads it",
        breaches: |tree| tree.naming_in("src/runtime/executor.rs", &["Query::", "runs::", "Ask::Aws", "Ask::Runs"]),
        planted: &[("src/runtime/executor.rs", "fn is_live(ask: &Ask) -> bool { matches!(ask, Ask::Aws(_)) }")],
    },
    Invariant {
        rule: "channels are bounded: a feed that is faster than the app waits",
        breaches: |tree| {
            let words = ["unbounded_channel", "mpsc::unbounded"];
            // Both are bounded by the bytes that the session allows (`Bucket`), which is not a number of messages.
            let by_bytes = ["crates/ssm-tunnel/src/driver/shell.rs", "crates/ssm-tunnel/src/driver/actor/traffic.rs"];
            let tunnel = outside(tree.naming("crates/ssm-tunnel/src", &words), &by_bytes);
            [tree.naming_anywhere(&words), tunnel].concat()
        },
        planted: &[
            ("src/runtime/mod.rs", "use tokio::sync::mpsc::unbounded_channel;"),
            ("crates/ssm-tunnel/src/driver/mod.rs", "use tokio::sync::mpsc::{self, unbounded_channel};"),
        ],
    },
    Invariant {
        rule: "code that changes the state has a match arm for every kind: `_ =>` would swallow a new one",
        breaches: |tree| {
            let of_update = |path: &str| {
                path == "src/app/update.rs"
                    || path.starts_with("src/app/update/")
                    || (path.starts_with("src/panes/") && path.ends_with("/update.rs"))
            };
            let swallows = |source: &Source| {
                source
                    .product
                    .lines()
                    .any(|line| ["_ =>", "_ if "].iter().any(|arm| line.trim_start().starts_with(arm)))
            };
            let files = tree.under("src").filter(|(path, source)| of_update(path) && swallows(source));
            files.map(|(path, _)| path.to_owned()).collect()
        },
        planted: &[
            ("src/app/update/dialogs.rs", "fn f(act: Act) { match act {\n    Act::Yes => {}\n    _ => {}\n} }"),
            ("src/panes/logs/update.rs", "fn f(act: Act) { match act {\n    _ if true => {}\n} }"),
        ],
    },
    Invariant {
        rule: "a file can be read in one sitting",
        breaches: too_long,
        planted: &[("crates/cockpit-model/src/new.rs", LONG_FILE)],
    },
    Invariant {
        rule: "a function fits on a screen or two",
        breaches: crate::rules::long_functions,
        planted: &[("crates/cockpit-model/src/new.rs", crate::rules::LONG_FUNCTION)],
    },
    Invariant {
        rule: "each module has a //! header that states its purpose",
        breaches: |tree| {
            let silent = |text: &str| !text.starts_with("//!") && !text.starts_with("#![");
            let folders = ["src", MODEL, "crates/aws-sim/src", "crates/log-store/src", "crates/ssm-tunnel/src"];
            let files = folders.into_iter().flat_map(|folder| tree.under(folder).collect::<Vec<_>>());
            files.filter(|(_, source)| silent(&source.text)).map(|(path, _)| path.to_owned()).collect()
        },
        planted: &[("crates/cockpit-model/src/new.rs", "fn undocumented() {}")],
    },
    Invariant {
        rule: "public items are documented; the name of a field or variant may be sufficient",
        breaches: undocumented,
        planted: &[
            ("crates/cockpit-model/src/text.rs", "pub fn cut() {}"),
            ("src/cli/global.rs", "#[derive(Debug)]\npub struct More;"),
            ("crates/log-store/src/level.rs", "impl Level {\n    pub const WORST: u8 = 6;\n}"),
        ],
    },
];

/// A file of 500 lines.
const LONG_FILE: &str = {
    const LINES: [u8; 500] = [b'\n'; 500];
    match std::str::from_utf8(&LINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};
