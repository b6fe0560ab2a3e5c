//! The commands that every pane shares, a row each (see [`super::command`]).

use super::command::Bottom::{First, IfRoom, Then};
use super::command::Scope::{Global, Input, List};
use super::command::{Id, Risk};
use super::effect::Effect;
use super::input::Edit;
use super::overlay::Question;
use super::pane::Motion;
use super::update::moves::{handle_motion, next_block, page, step};
use super::update::open::inspect;
use super::update::refresh::after_move;
use super::update::run::{back, console, copy, filter, open_or_choose, open_window, palette, pause, refresh, sort};
use super::update::typing::{accept, cancel, edit, input_next};
use super::update::{change, dialogs, doctor, sign_in};
use super::{Command, overlays, select};
use crate::model::timer::Power;

/// Commands about the selected thing and about what is shown.
pub const FIRST: &[Command] = &[
    Command::new(Id::OPEN, List, "open", &["enter"], "Open the selected row.", open_or_choose)
        .in_dialogs()
        .when(select::can_open),
    Command::new(Id::BACK, Global, "back", &["esc"], "One level back; never quits.", |app| {
        back(app);
        after_move(app)
    })
    .in_dialogs(),
    Command::new(Id::ACTIONS, Global, "actions", &["x"], "List the actions on the selected row.", |app| {
        open_window(app, overlays::actions)
    }),
    Command::new(Id::FILTER, List, "filter", &["/"], "Show only the rows that contain a text.", filter)
        .on_bottom(IfRoom(0)),
    Command::new(Id::SORT, List, "sort", &["s"], "Reverse the order, then sort by the next column.", |app| {
        sort(app);
        after_move(app)
    }),
    Command::new(Id::INSPECT, List, "fields", &["i"], "Show the raw fields of the selected row.", inspect)
        .when(select::has_fields),
    Command::new(Id::COPY, List, "copy", &["y"], "Copy the name of the selected row, also over ssh.", copy)
        .when(|app| select::subject(app).is_some())
        .in_dialogs(),
    Command::new(
        Id::CONSOLE,
        List,
        "AWS console",
        &["o"],
        "Open the selected row in the AWS console, or show its link.",
        console,
    )
    .when(select::has_link),
    Command::new(Id::REFRESH, Global, "refresh", &["r"], "Refresh the data on the screen now.", refresh),
    Command::new(Id::ENVIRONMENT, Global, "environment", &["e"], "Switch to another environment.", |app| {
        open_window(app, overlays::environments)
    })
    .on_bottom(Then(20)),
    Command::new(Id::HELP, Global, "help", &["?"], "Show all keys and commands.", |app| {
        open_window(app, overlays::help)
    })
    .on_bottom(Then(30)),
    Command::new(Id::PALETTE, Global, "command", &[":"], "Run a command by its name.", palette).on_bottom(Then(40)),
    Command::new(
        Id("sign-in"),
        Global,
        "sign in",
        &[],
        "Sign in to IAM Identity Center with this environment's profile: shows a code to confirm in a browser.",
        sign_in::begin,
    ),
    Command::new(
        Id("doctor"),
        Global,
        "doctor",
        &[],
        "Check tools, credentials, permissions and this environment's configuration.",
        doctor::begin,
    ),
    Command::new(Id::ZOOM, Global, "zoom", &["z"], "Zoom the focused block to the whole screen, or back.", |app| {
        app.screen.zoom = !app.screen.zoom;
        after_move(app)
    })
    .on_bottom(IfRoom(50)),
    Command::new(Id::PAUSE, Global, "pause", &["p"], "Pause the screen; again resumes it.", pause)
        .on_bottom(IfRoom(60)),
    Command::new(Id::ACTIVITY, Global, "activity", &["ctrl-a"], "Show the activity of this session.", |app| {
        open_window(app, overlays::activity)
    })
    .on_bottom(IfRoom(70)),
];

/// The commands that move the focus and the selection.
pub const MOVING: &[Command] = &[
    Command::new(Id::NEXT_BLOCK, Global, "next block", &["tab"], "Focus the next block.", |app| {
        next_block(app, 1);
        after_move(app)
    })
    .when(|app| app.view().blocks.len() > 1)
    .on_bottom(IfRoom(10))
    .in_dialogs(),
    Command::new(Id::PREVIOUS_BLOCK, Global, "previous block", &["shift-tab"], "Focus the previous block.", |app| {
        next_block(app, -1);
        after_move(app)
    })
    .in_dialogs(),
    Command::new(Id::DOWN, List, "down", &["j", "down"], "One row down.", |app| handle_motion(app, Motion::Down))
        .in_dialogs(),
    Command::new(Id::UP, List, "up", &["k", "up"], "One row up.", |app| handle_motion(app, Motion::Up)).in_dialogs(),
    Command::new(
        Id::LEFT,
        List,
        "left",
        &["h", "left"],
        "To the left: the block beside, or the beginning of a long line.",
        |app| handle_motion(app, Motion::Left),
    )
    .in_dialogs(),
    Command::new(
        Id::RIGHT,
        List,
        "right",
        &["l", "right"],
        "To the right: the block beside, or further along a long line.",
        |app| handle_motion(app, Motion::Right),
    )
    .in_dialogs(),
    Command::new(Id::FIRST, List, "first", &["g", "home"], "To the first row.", |app| {
        handle_motion(app, Motion::First)
    })
    .in_dialogs(),
    Command::new(Id::LAST, List, "last", &["G", "end"], "To the last row.", |app| handle_motion(app, Motion::Last))
        .in_dialogs(),
    Command::new(Id::HALF_DOWN, List, "half a page down", &["ctrl-d"], "Half a page down.", |app| {
        handle_motion(app, Motion::HalfDown)
    })
    .in_dialogs(),
    Command::new(Id::HALF_UP, List, "half a page up", &["ctrl-u"], "Half a page up.", |app| {
        handle_motion(app, Motion::HalfUp)
    })
    .in_dialogs(),
    Command::new(Id::PAGE_DOWN, List, "page down", &["pagedown", "ctrl-f"], "A page down.", |app| {
        handle_motion(app, Motion::PageDown)
    })
    .in_dialogs(),
    Command::new(Id::PAGE_UP, List, "page up", &["pageup", "ctrl-b"], "A page up.", |app| {
        handle_motion(app, Motion::PageUp)
    })
    .in_dialogs(),
    Command::new(Id::NEXT_MATCH, List, "next match", &["n"], "To the next row that matches.", |app| {
        handle_motion(app, Motion::NextMatch)
    }),
    Command::new(Id::PREVIOUS_MATCH, List, "previous match", &["N"], "To the previous row that matches.", |app| {
        handle_motion(app, Motion::PreviousMatch)
    }),
];

/// Commands that change something, and those that leave the program.
pub const CHANGES: &[Command] = &[
    Command::new(
        Id::DEPLOY,
        List,
        "deploy",
        &["D"],
        "Deploy an image to the selected service: choose it, review the plan, confirm.",
        change::deploy::image,
    )
    .with_risk(Risk::Change)
    .when(select::in_service)
    .on_bottom(First(2)),
    Command::new(
        Id::ROLL_BACK,
        List,
        "roll back",
        &["R"],
        "Roll the selected service back to an earlier version; stops a deployment in progress.",
        change::deploy::roll_back,
    )
    .with_risk(Risk::Change)
    .when(select::can_roll_back)
    .on_bottom(First(3)),
    Command::new(Id::SCALE, List, "scale", &["S"], "Change the desired count of the selected service.", |app| {
        change::steps::ask_numbers(app, Question::Count);
        after_move(app)
    })
    .with_risk(Risk::Change)
    .when(select::in_service)
    .on_bottom(First(4)),
    Command::new(
        Id::FORCE,
        List,
        "force",
        &["F"],
        "Deploy the selected service's task definition again, with new tasks.",
        change::deploy::force,
    )
    .with_risk(Risk::Change)
    .when(select::in_service),
    Command::new(
        Id::STOP_TASK,
        List,
        "stop task",
        &["K"],
        "Stop the selected task; its service starts another in its place.",
        change::steps::stop_task,
    )
    .with_risk(Risk::Disrupt)
    .when(select::has_task)
    .on_bottom(First(1)),
    Command::new(
        Id::POWER,
        List,
        "on/off",
        &["O"],
        "Stop the environment, or start it with its previous desired counts.",
        change::steps::power,
    )
    .with_risk(Risk::Disrupt)
    .when(select::in_service),
    Command::new(
        Id::WATCH,
        List,
        "watch",
        &[],
        "Watch the newest deployment of the selected service, whoever started it.",
        change::deploy::watch,
    )
    .when(select::in_service),
    Command::new(
        Id::SCALING_SUSPEND,
        List,
        "suspend autoscaling",
        &[],
        "Suspend the autoscaling of the selected service.",
        |app| change::steps::suspend(app, true),
    )
    .with_risk(Risk::Change)
    .when(|app| select::suspended(app) == Some(false)),
    Command::new(
        Id::SCALING_RESUME,
        List,
        "resume autoscaling",
        &[],
        "Resume the autoscaling of the selected service.",
        |app| change::steps::suspend(app, false),
    )
    .with_risk(Risk::Change)
    .when(|app| select::suspended(app) == Some(true)),
    Command::new(
        Id::SCALING_LIMITS,
        List,
        "limits",
        &[],
        "Change the autoscaling limits (minimum and maximum) of the selected service.",
        |app| {
            change::steps::ask_numbers(app, Question::Limits);
            after_move(app)
        },
    )
    .with_risk(Risk::Change)
    .when(|app| select::suspended(app).is_some()),
    Command::new(
        Id::SKIP_STOP,
        List,
        "skip next stop",
        &[],
        "Skip the next scheduled stop of the environment.",
        |app| change::steps::skip(app, Power::Stop),
    )
    .with_risk(Risk::Change)
    .when(select::has_schedule),
    Command::new(
        Id::SKIP_START,
        List,
        "skip next start",
        &[],
        "Skip the next scheduled start of the environment.",
        |app| change::steps::skip(app, Power::Start),
    )
    .with_risk(Risk::Change)
    .when(select::has_schedule),
    Command::new(
        Id::SUSPEND,
        Global,
        "suspend",
        &["ctrl-z"],
        "Give the terminal back to the shell; `fg` returns.",
        |_| vec![Effect::Suspend],
    )
    .in_dialogs(),
    Command::new(Id::QUIT, Global, "quit", &["q", "ctrl-c"], "Quit.", dialogs::quit).on_bottom(Then(80)).in_dialogs(),
];

/// Commands that apply while a line is being typed.
pub const TYPING: &[Command] = &[
    Command::new(Id::ACCEPT, Input, "accept", &["enter"], "Accept the line.", accept),
    Command::new(Id::CANCEL, Input, "cancel", &["esc", "ctrl-c"], "Cancel the line.", cancel),
    Command::new(Id::INPUT_UP, Input, "up", &["up", "ctrl-p"], "To the candidate above.", |app| {
        step(app, -1);
        Vec::new()
    }),
    Command::new(Id::INPUT_DOWN, Input, "down", &["down", "ctrl-n"], "To the candidate below.", |app| {
        step(app, 1);
        Vec::new()
    }),
    Command::new(Id::INPUT_PAGE_UP, Input, "page up", &["pageup"], "A page of candidates or of the text up.", |app| {
        page(app, -1, 1);
        Vec::new()
    }),
    Command::new(
        Id::INPUT_PAGE_DOWN,
        Input,
        "page down",
        &["pagedown"],
        "A page of candidates or of the text down.",
        |app| {
            page(app, 1, 1);
            Vec::new()
        },
    ),
    Command::new(Id::INPUT_NEXT, Input, "next", &["tab"], "To the next candidate, or the next button.", input_next),
    Command::new(
        Id::DELETE_BACK,
        Input,
        "delete back",
        &["backspace", "ctrl-h"],
        "Delete the character before the cursor.",
        |app| edit(app, Edit::DeleteBack),
    ),
    Command::new(
        Id::DELETE_HERE,
        Input,
        "delete",
        &["delete", "ctrl-d"],
        "Delete the character at the cursor.",
        |app| edit(app, Edit::DeleteHere),
    ),
    Command::new(Id::DELETE_WORD, Input, "delete word", &["ctrl-w"], "Delete the word before the cursor.", |app| {
        edit(app, Edit::DeleteWord)
    }),
    Command::new(Id::DELETE_ALL, Input, "delete all", &["ctrl-u"], "Delete the whole line.", |app| {
        edit(app, Edit::DeleteAll)
    }),
    Command::new(
        Id::CURSOR_LEFT,
        Input,
        "cursor left",
        &["left", "ctrl-b"],
        "The cursor one character to the left.",
        |app| edit(app, Edit::CursorLeft),
    ),
    Command::new(
        Id::CURSOR_RIGHT,
        Input,
        "cursor right",
        &["right", "ctrl-f"],
        "The cursor one character to the right.",
        |app| edit(app, Edit::CursorRight),
    ),
    Command::new(
        Id::CURSOR_START,
        Input,
        "cursor to the start",
        &["home", "ctrl-a"],
        "The cursor to the beginning.",
        |app| edit(app, Edit::CursorStart),
    ),
    Command::new(Id::CURSOR_END, Input, "cursor to the end", &["end", "ctrl-e"], "The cursor to the end.", |app| {
        edit(app, Edit::CursorEnd)
    }),
];

/// The actions on the selected thing, most useful first.
pub const ACTIONS: &[Id] = &[
    Id::OPEN,
    Id::STOP_TASK,
    Id("exec"),
    Id::DEPLOY,
    Id::ROLL_BACK,
    Id::SCALE,
    Id::FORCE,
    Id("enable-exec"),
    Id::WATCH,
    Id::SCALING_RESUME,
    Id::SCALING_SUSPEND,
    Id::SCALING_LIMITS,
    Id::POWER,
    Id::SKIP_STOP,
    Id::SKIP_START,
    Id("tunnel"),
    Id("tunnel-to"),
    Id("tunnel-close"),
    Id::INSPECT,
    Id::COPY,
    Id::CONSOLE,
    Id::REFRESH,
];

#[cfg(test)]
#[path = "commands_tests.rs"]
mod tests;
