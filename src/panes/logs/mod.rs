//! The Logs pane: the log lines of all services.
//!
//! [`state`] holds what is read, kept and shown; [`update`] handles keys, with [`marks`] and [`input_lines`]; [`windows`] are the
//! dialogs, and [`choices`] is what can be chosen in them. `app::logs` reads the groups, and the crate `log-store` keeps and
//! searches the lines.

pub mod choices;
mod histogram_view;
pub mod input_lines;
pub mod insights_result;
mod insights_result_view;
#[cfg(test)]
mod insights_tests;
pub mod layout;
mod lines_view;
pub mod marks;
#[cfg(test)]
mod paused_tests;
mod pieces_view;
pub mod state;
pub mod table;
#[cfg(test)]
mod tests;
pub mod update;
pub mod view;
pub mod windows;

use crate::app::command::{Bottom, Id, Scope};
use crate::app::effect::Effect;
use crate::app::pane::Data;
use crate::app::update::refresh::after_move;
use crate::app::{App, Command, Hooks, Pane, Spec, View, data_status, layout as place};
use crate::model::Source;
use choices::{Pick, Prompt, Window};
use std::time::Duration;

/// The Logs pane.
pub const PANE: Pane = Pane {
    id: state::ID,
    title: "Logs",
    key: "3",
    doc: "Go to the logs.",
    heading: "In the logs",
    commands: COMMANDS,
    in_lists: &[Command::new(
        Id("logs-of"),
        Scope::List,
        "its logs",
        &["ctrl-l"],
        "Show the logs of the selected service or task; of a stopped task its last lines.",
        update::show_selected_lines,
    )],
    actions: &[Id::REFRESH],
    views: &[&VIEW, &FOUND],
    view: |app| if insights_result::is_shown(app) { &FOUND } else { &VIEW },
    hooks: Hooks {
        entered: |app| app.panes.logs.open(),
        prepare: |app| {
            app.panes.logs.refresh();
        },
        moves: |app, motion| insights_result::moves(app, motion) || update::moves(app, motion),
        back: |app| insights_result::back(app) || update::back(&mut app.panes.logs),
        up: |_| {},
        open_subject: update::shows,
        open: |app| insights_result::open(app).or_else(|| update::open_event(app)),
        inspect: |app| insights_result::open(app).or_else(|| update::open_event(app)),
        copy: |app| insights_result::copy_text(app).or_else(|| update::copy_text(app)),
        mouse: |app, place, mouse| {
            insights_result::mouse(app, place, mouse).or_else(|| update::mouse(app, place, mouse))
        },
        accepts_command: insights_result::accepts_command,
        typed: |app, what, text| {
            if let Some(prompt) = Prompt::of(what) {
                input_lines::typed(app, prompt, text);
            }
        },
        accepted: |app, what, text| {
            Prompt::of(what).map_or_else(Vec::new, |prompt| input_lines::accept(app, prompt, text))
        },
        lines: |app, which| Window::of(which).map_or_else(Vec::new, |window| windows::lines(app, window)),
        picked: |app, what, text| Pick::of(what, text).map_or_else(Vec::new, |pick| windows::pick(app, pick)),
        question: windows::scan_question,
        plan: |app| app.panes.logs.plan(&app.estate, &app.environment, app.generation(), app.now),
        answer: |app, answer| {
            app.panes.logs.absorb(answer.of(), app.now);
            windows::show_insights_result(app);
        },
        renewed: |app| app.panes.logs.renew(app.now),
        clock_changed: |app| app.panes.logs.set_clock_offset(app.ahead),
        tee_ended: input_lines::tee_ended,
        on_switch: input_lines::switched,
        settle: |app| {
            update::settle(app);
            insights_result::settle(app);
        },
        // The log follower polls more often than once a second.
        next_tick: |app| app.panes.logs.was_opened().then_some(Duration::from_millis(100)),
        ..Hooks::NONE
    },
};

static VIEW: View = View {
    name: "logs",
    blocks: BLOCKS,
    unfocusable_blocks: &[],
    layout: place::single_block,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[Source::Services, Source::Tasks],
};

static FOUND: View = View {
    name: "logs-found",
    blocks: FOUND_BLOCKS,
    unfocusable_blocks: &[],
    layout: place::single_block,
    summary: place::no_summary,
    subject: |_| None,
    services: None,
    sources: &[],
};

const FOUND_BLOCKS: &[&Spec] =
    &[&Spec::self_drawn(state::INSIGHTS_RESULT, "Insights", Data::Own(|_| crate::app::pane::DataStatus::default()))];

const BLOCKS: &[&Spec] = &[&Spec::self_drawn(
    state::LINES,
    "Logs",
    // The block reports failures of its groups itself.
    Data::Read {
        status: |_| (Vec::new(), Vec::new()),
        missing: data_status::no_cluster,
        empty: |_| data_status::note("no lines"),
    },
)];

const OWN: Scope = Scope::Pane(state::ID.0);

const COMMANDS: &[Command] = &[
    Command::new(Id("follow"), OWN, "follow", &["f"], "Follow the newest line, or stop following.", |app| {
        own(app, update::follow)
    })
    .on_bottom(Bottom::First(1)),
    Command::new(
        Id("search"),
        OWN,
        "search",
        &["/"],
        "Search for a text or a /regex/ while it is typed; n and N go to the next and the previous match.",
        |app| prompt(app, Prompt::Search),
    )
    .on_bottom(Bottom::First(2)),
    Command::new(
        Id("logs-filter"),
        OWN,
        "filter",
        &["&"],
        "Show only lines that pass a filter: level>=warn service:api status:5xx latency>500ms -noise.",
        |app| prompt(app, Prompt::Filter),
    )
    .on_bottom(Bottom::First(3)),
    Command::new(
        Id("save-filter"),
        OWN,
        "save filter",
        &["+"],
        "Save the filter under a name, for this and later sessions: @name uses it; -name deletes it.",
        save,
    ),
    Command::new(
        Id("filters"),
        OWN,
        "filters",
        &["*"],
        "Choose a filter by name: saved ones, and `log_filters` of the environment.",
        |app| window(app, Window::Filters),
    ),
    Command::new(
        Id("logs-level"),
        OWN,
        "level",
        &["v"],
        "Show all lines, then info and worse, warnings and worse, errors.",
        |app| own(app, update::level),
    )
    .on_bottom(Bottom::First(4)),
    Command::new(Id("logs-time"), OWN, "to time", &["t"], "Go to a time; older lines are loaded.", |app| {
        prompt(app, Prompt::Time)
    })
    .on_bottom(Bottom::First(5)),
    Command::new(Id("mute"), OWN, "mute", &["-"], "Hide all lines with the pattern of the selected one.", |app| {
        own(app, marks::mute)
    })
    .on_bottom(Bottom::First(6)),
    Command::new(Id("unmute"), OWN, "unmute", &["="], "Show all muted patterns again.", |app| own(app, marks::unmute)),
    Command::new(Id("mark"), OWN, "mark", &["m"], "Mark the selected line, or unmark it.", |app| {
        own(app, marks::mark_line)
    })
    .on_bottom(Bottom::First(10)),
    Command::new(
        Id("mark-to"),
        OWN,
        "mark to",
        &["."],
        "Mark all shown lines from the nearest mark to the selected line.",
        |app| own(app, marks::mark_range),
    ),
    Command::new(
        Id("copy-marked"),
        OWN,
        "copy marked",
        &["ctrl-y"],
        "Copy the marked lines; an Insights result as CSV.",
        |app| insights_result::csv(app).unwrap_or_else(|| fresh(app, marks::copy_marked)),
    ),
    Command::new(Id("wrap"), OWN, "wrap", &["w"], "Wrap long lines, or cut them.", |app| {
        own(app, |app| app.panes.logs.wrap = !app.panes.logs.wrap)
    })
    .on_bottom(Bottom::First(8)),
    Command::new(
        Id("columns"),
        OWN,
        "columns",
        &["c"],
        "Choose the fields of structured lines to show as columns.",
        |app| window(app, Window::Columns),
    )
    .on_bottom(Bottom::First(9)),
    Command::new(
        Id("detail"),
        OWN,
        "detail",
        &["d"],
        "Show message and fields, the message alone, or the raw line.",
        |app| own(app, update::detail),
    ),
    Command::new(
        Id("sources"),
        OWN,
        "sources",
        &["a"],
        "Choose services; shows the lines per second and state of each log group.",
        |app| window(app, Window::Sources),
    )
    .on_bottom(Bottom::First(7)),
    Command::new(Id("earlier"), OWN, "earlier", &["["], "To the previous interval of the histogram.", |app| {
        own(app, |app| update::bin(app, -1))
    }),
    Command::new(Id("later"), OWN, "later", &["]"], "To the next interval of the histogram.", |app| {
        own(app, |app| update::bin(app, 1))
    }),
    Command::new(
        Id("live"),
        OWN,
        "live tail",
        &["ctrl-t"],
        "Follow with a live tail, which is charged by the minute, or by polling.",
        |app| own(app, update::live),
    ),
    Command::new(Id("task"), OWN, "its task", &["ctrl-o"], "Go to the task that wrote the selected line.", |app| {
        fresh(app, update::to_task)
    })
    .on_bottom(Bottom::First(12)),
    Command::new(
        Id("insights"),
        OWN,
        "Insights",
        &["u"],
        "Query CloudWatch Logs Insights: presets, or your own query, over any time range.",
        |app| window(app, Window::Insights),
    )
    .on_bottom(Bottom::First(11)),
    Command::new(
        insights_result::SORT,
        OWN,
        "sort",
        &["s"],
        "Sort the Insights result by the selected column: ascending, descending, original order.",
        insights_result::sort,
    ),
    Command::new(
        Id("insights-found"),
        OWN,
        "what Insights found",
        &[],
        "Show the last Insights result again.",
        insights_result::show_last,
    ),
    Command::new(
        Id("export"),
        OWN,
        "export",
        &["ctrl-s"],
        "Write the shown or the marked lines to a file (.jsonl: JSON lines).",
        |app| prompt(app, Prompt::Export),
    ),
    Command::new(
        Id("tee"),
        OWN,
        "tee",
        &[">"],
        "Also write every new line to a file, as JSON lines; rotated at 64 MB, 4 files are kept.",
        tee,
    ),
];

/// Updates the lines before a command runs: it may be run by name from another pane, which does not keep them up to date.
fn fresh(app: &mut App, command: fn(&mut App) -> Vec<Effect>) -> Vec<Effect> {
    app.panes.logs.refresh();
    command(app)
}

fn own(app: &mut App, command: fn(&mut App)) -> Vec<Effect> {
    app.panes.logs.refresh();
    command(app);
    app.plan()
}

fn window(app: &mut App, window: Window) -> Vec<Effect> {
    app.panes.logs.refresh();
    windows::open(app, window)
}

fn prompt(app: &mut App, prompt: Prompt) -> Vec<Effect> {
    windows::start_prompt(app, prompt);
    after_move(app)
}

fn save(app: &mut App) -> Vec<Effect> {
    if app.panes.logs.filter.trim().is_empty() && app.filters.is_empty() {
        app.show_message("there is no filter to save: & types one");
        return after_move(app);
    }
    prompt(app, Prompt::Save)
}

fn tee(app: &mut App) -> Vec<Effect> {
    if app.panes.logs.tee.is_some() { input_lines::tee(app, "") } else { prompt(app, Prompt::Tee) }
}
