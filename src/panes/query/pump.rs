//! Hands the text to psql's interpreter, which says what is next, and is told what came of it.

use super::ask::{Kind, ask};
use super::choice::{Prompt, Window};
use super::facts::{self, drop_unanswered};
use super::running::{CommandUse, Pending};
use super::start::{Shown, start, start_with};
use super::state::{Asking, Out};
use super::{beside, connect, guard, keep, line, named, output, watch, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::Grid;
use crate::app::overlays;
use crate::feeds::queries;
use crate::model::sql::format::{Expanded, Options, writer};
use crate::model::sql::interpreter::{Action, Answer, Edited, Origin, Ran, Run, Target};
use crate::model::sql::sheet::Sheet;
use crate::model::sql::{Cell, Column, ServerMessage};
use jiff::SignedDuration;

/// The most actions at once that need nobody: a script of settings is long, but not endless.
const AT_ONCE: usize = 2_000;
/// The type of a number, for columns of tables made here.
const NUMBER: u32 = 23;
/// The type of a text.
const TEXT: u32 = 25;

/// Runs a text after what is run already.
pub fn enqueue(app: &mut App, text: &str) {
    let taken_back = drop_unanswered(app);
    let state = &mut app.panes.query;
    if !taken_back && state.running.is_none() && state.pending.is_none() {
        state.before = state.transaction;
    }
    app.panes.query.interpreter.run(text, Origin::Command);
}

/// Does what is next, until something is waited for.
pub fn go(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    for _ in 0..AT_ONCE {
        facts::halted(app);
        if let Some(Pending::Wait(until)) = app.panes.query.pending
            && app.now >= until
        {
            watch::is_due(&mut app.panes.query);
            answer(app, Answer::Done(Ok(())));
        }
        if app.panes.query.pending == Some(Pending::Typed) && app.screen.typing.is_none() {
            answer(app, Answer::Text(Err("\\prompt: nothing was typed".to_owned())));
        }
        let state = &app.panes.query;
        if state.pending.is_some() || state.asking.is_some() || !state.is_on() {
            break;
        }
        let expanded = state.interpreter.options().expanded;
        let action = app.panes.query.interpreter.step();
        if matches!(action, Action::More(_)) {
            break;
        }
        effects.extend(does(app, action));
        // `\x` means the rows that are on the screen, too.
        let now = app.panes.query.interpreter.options().expanded;
        if now != expanded
            && let Some(tab) = app.panes.query.shown_mut()
        {
            tab.record = now == Expanded::On;
        }
    }
    said(app);
    effects
}

/// Shows what the interpreter has printed.
fn said(app: &mut App) {
    if app.panes.query.pending.is_some() || app.panes.query.printed.is_empty() {
        return;
    }
    let text = std::mem::take(&mut app.panes.query.printed);
    let text = text.trim_end();
    if text.contains('\n') || text.len() > 70 {
        let message = overlays::message(app, "psql", text);
        app.screen.overlays.push(message);
        app.lists_changed();
    } else if !text.is_empty() {
        app.say(text);
    }
}

/// Tells the interpreter what came of the last action.
pub fn answer(app: &mut App, answer: Answer) {
    app.panes.query.pending = None;
    app.panes.query.interpreter.answer(answer);
}

fn done(app: &mut App, done: Result<(), &str>) -> Vec<Effect> {
    answer(app, Answer::Done(done.map_err(str::to_owned)));
    Vec::new()
}

/// Asks for something of this machine, whose text is the answer.
fn of_file(app: &mut App, question: queries::Ask) -> Vec<Effect> {
    let (serial, effect) = ask(app, Kind::Keep, question);
    app.panes.query.pending = Some(Pending::File(serial));
    vec![effect]
}

fn refused(app: &mut App, why: &str) -> Vec<Effect> {
    answer(app, Answer::Text(Err(why.to_owned())));
    Vec::new()
}

fn does(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Run(run) => judged(app, run),
        // In the session itself: what it has set, made and locked is what is asked about.
        Action::Look { statement, .. } => start(app, &statement, Shown::Hidden, Pending::Look),
        Action::Print { text, .. } => {
            app.panes.query.printed.push_str(&text);
            Vec::new()
        }
        Action::Show { sheet, options } => {
            show(app, *sheet, &options);
            Vec::new()
        }
        Action::Fail { message, line, file } => {
            let message = file.map_or_else(|| message.clone(), |file| format!("{file}:{line}: {message}"));
            app.note(true, message.clone());
            app.panes.query.printed.push_str(&message);
            app.panes.query.printed.push('\n');
            Vec::new()
        }
        Action::Output(target) => put_results(app, target),
        Action::Read { path } => {
            let path = named::file(app, &path);
            of_file(app, queries::Ask::Read(path))
        }
        Action::Write { text, target } => write_to(app, text, target),
        Action::Shell { command, .. } if command.is_empty() => {
            refused(app, "\\!: no shell is opened from here; ctrl-z leaves the screen for one")
        }
        Action::Shell { command, captured: true } => output::ask_for(app, command, CommandUse::Captured),
        Action::Shell { command, captured: false } => output::ask_for(app, command, CommandUse::Reads(String::new())),
        // What comes back stands in the editor here, where it can be looked at before it runs.
        Action::Edit { what, line } => {
            answer(app, Answer::Text(Ok(String::new())));
            let what = match what {
                Edited::File(path) => Edited::File(named::file(app, &path)),
                text @ Edited::Text(_) => text,
            };
            keep::edit(app, what, line)
        }
        Action::History(Some(path)) => {
            let path = named::file(app, &path);
            let text = app.panes.query.history.entries.iter().fold(String::new(), |all, entry| all + entry + "\n");
            of_file(app, queries::Ask::Write { path, text })
        }
        Action::History(None) => {
            answer(app, Answer::Done(Ok(())));
            windows::open(app, Window::History)
        }
        Action::Ask(text) => ask_a_line(app, text),
        Action::Environment(name) => of_file(app, queries::Ask::Variable(name)),
        Action::Folder(path) => {
            let path = path.map(|path| named::file(app, &path));
            let (serial, effect) = ask(app, Kind::Keep, queries::Ask::Folder(path));
            app.panes.query.pending = Some(Pending::Folder(serial));
            vec![effect]
        }
        Action::Connect(to) => match connect::named(app, to) {
            Ok(effects) => {
                answer(app, Answer::Done(Ok(())));
                effects
            }
            Err(why) => done(app, Err(&why)),
        },
        Action::Wait(milliseconds) => {
            let wait = SignedDuration::from_millis(i64::try_from(milliseconds).unwrap_or(i64::MAX));
            app.panes.query.pending = Some(Pending::Wait(app.now + wait));
            Vec::new()
        }
        Action::More(_) => Vec::new(),
        Action::Quit(_) => {
            // It is asked where something would be lost: who stays finds everything as it was.
            app.panes.query.interpreter.stay();
            // What stands after it is not run either.
            app.panes.query.interpreter.clear();
            connect::quit(app)
        }
    }
}

/// Results go there from now on.
fn put_results(app: &mut App, target: Target) -> Vec<Effect> {
    match target {
        Target::File(path) => {
            let path = named::file(app, &path);
            let (serial, effect) = ask(app, Kind::Keep, queries::Ask::Begin(path.clone()));
            app.panes.query.pending = Some(Pending::Output(serial, path));
            vec![effect]
        }
        Target::Pipe(command) => output::ask_for(app, command, CommandUse::Results),
        Target::Results | Target::Output | Target::Errors => {
            answer(app, Answer::Done(Ok(())));
            output::set(app, None)
        }
    }
}

/// Writes a text to a file or to a command.
fn write_to(app: &mut App, text: String, target: Target) -> Vec<Effect> {
    match target {
        Target::File(path) => {
            let path = named::file(app, &path);
            of_file(app, queries::Ask::Write { path, text })
        }
        Target::Pipe(command) => output::ask_for(app, command, CommandUse::Reads(text)),
        Target::Results | Target::Output | Target::Errors => done(app, Err("a file or a command is needed")),
    }
}

/// Asks a person for a line.
fn ask_a_line(app: &mut App, text: String) -> Vec<Effect> {
    // Before the line begins: what begins it brings everything up to date, and this goes on only when it is waited for.
    app.panes.query.pending = Some(Pending::Typed);
    let effects = line::prompt(app, Prompt::Variable);
    if let Some(typing) = &mut app.screen.typing {
        typing.asked = text;
    }
    effects
}

fn failed(app: &mut App, message: &str) -> Vec<Effect> {
    let said = ServerMessage { severity: "ERROR".into(), message: message.into(), ..ServerMessage::default() };
    let transaction = app.panes.query.transaction;
    answer(app, Answer::Ran(Box::new(Ran { failed: Some(said), transaction, ..Ran::default() })));
    app.panes.query.printed.push_str(message);
    app.panes.query.printed.push('\n');
    Vec::new()
}

/// Runs a statement, or asks first.
fn judged(app: &mut App, run: Box<Run>) -> Vec<Effect> {
    let kept = if run.hidden { None } else { guard::refused(app, &run.statement) };
    if let Some(why) = beside::refused(&run).or(kept) {
        return failed(app, why);
    }
    let mut asking = if run.hidden { None } else { guard::judge(app, &run.statement) };
    if let Some(command) = beside::program(&run) {
        let statement = run.statement.clone();
        let ours = Asking::Run { statement, why: Vec::new(), rows: None, destroys: false, lifts: false, program: true };
        if let Asking::Run { why, program, .. } = asking.get_or_insert(ours) {
            *program = true;
            why.push(format!("A command is run on this machine for it: {command}"));
        }
    }
    match asking {
        None => begin(app, run),
        Some(asking) => {
            app.panes.query.pending = Some(Pending::Asked(run));
            asks(app, asking)
        }
    }
}

/// Asks whether a statement is run, and the server how many rows it would touch.
fn asks(app: &mut App, asking: Asking) -> Vec<Effect> {
    let statement = match &asking {
        Asking::Run { statement, .. } if guard::is_counted(statement) => Some(statement.clone()),
        Asking::Run { .. }
        | Asking::Script(_)
        | Asking::Program { .. }
        | Asking::Terminate
        | Asking::Leave(_)
        | Asking::Close(_)
        | Asking::Replace(_)
        | Asking::Writes => None,
    };
    let mut effects = statement.map_or_else(Vec::new, |statement| {
        super::ask::look(app, guard::ROWS, crate::model::sql::guard::plan_of(&statement))
    });
    effects.extend(windows::ask(app, asking));
    effects
}

/// The statement that waited for a yes begins.
pub fn confirmed(app: &mut App) -> Vec<Effect> {
    let mut effects = super::ask::leave(app, guard::ROWS);
    match app.panes.query.pending.take() {
        Some(Pending::Asked(run)) => effects.extend(begin(app, run)),
        other => app.panes.query.pending = other,
    }
    effects
}

/// Begins a statement.
fn begin(app: &mut App, run: Box<Run>) -> Vec<Effect> {
    if run.hidden {
        return start(app, &run.statement.clone(), Shown::Hidden, Pending::Run(run));
    }
    guard::begins(app, &run.statement);
    let repeats = watch::begins(app, &run);
    let record = run.options.expanded == Expanded::On;
    let (statement, beside) = (run.statement.clone(), beside::of(app, &run));
    let (describes, every) = (beside.describes, run.every);
    let mut effects = start_with(app, &statement, Shown::Tab { record }, Pending::Run(run), beside);
    effects.extend(watch::begun(app, every, repeats));
    if let Some(tab) = app.panes.query.shown_mut().filter(|_| describes) {
        // The table of its columns comes after it, in its place.
        tab.passing = true;
    }
    effects
}

/// Whether something of this machine is waited for under this number.
pub fn waits_for(app: &App, serial: u64) -> bool {
    match app.panes.query.pending {
        Some(Pending::File(asked) | Pending::Output(asked, _) | Pending::Folder(asked)) => asked == serial,
        _ => false,
    }
}

/// Tells the interpreter that the thing it asked for is not there, which is no failure.
pub fn unset(app: &mut App) {
    answer(app, Answer::Done(Ok(())));
}

/// A line was typed for a variable.
pub fn prompted(app: &mut App, text: &str) {
    if app.panes.query.pending == Some(Pending::Typed) {
        answer(app, Answer::Text(Ok(text.to_owned())));
    }
}

/// A file that the interpreter wants has come.
pub fn read(app: &mut App, serial: u64, text: Result<String, String>) {
    match &app.panes.query.pending {
        Some(Pending::File(asked)) if *asked == serial => {}
        Some(Pending::Output(asked, path)) if *asked == serial => {
            let path = path.clone();
            if text.is_ok() {
                let effects = output::set(app, Some(Out::File(path)));
                app.panes.query.effects.extend(effects);
            }
        }
        Some(Pending::Folder(asked)) if *asked == serial => {
            if let Ok(folder) = &text {
                app.panes.query.folder = Some(folder.clone());
            }
        }
        _ => return,
    }
    answer(app, Answer::Text(text));
}

/// Shows a table of psql's in the grid.
pub fn show(app: &mut App, sheet: Sheet, options: &Options) {
    let whole = (!sheet.footers.is_empty()).then(|| writer::sheet(&sheet, options, false));
    let whole = whole.map(|text| String::from_utf8_lossy(&text).into_owned());
    let column = |(name, right): &(String, bool)| Column {
        name: name.clone(),
        type_oid: if *right { NUMBER } else { TEXT },
        modifier: -1,
        table_oid: 0,
        number: 0,
    };
    let cell = |value: Option<String>| match value {
        // psql leaves it empty there.
        None => Cell::Text { bytes: 0, text: "".into(), cut: false },
        Some(text) => Cell::Text { bytes: text.len() as u64, text: text.into(), cut: false },
    };
    let columns = sheet.columns.iter().map(column).collect();
    let rows = sheet.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
    let title = sheet.title.unwrap_or_default();
    facts::show(app, &title, Grid::of(columns, rows), sheet.footers, whole);
}
