//! Feeds text to psql's interpreter, carries out the actions it returns, and reports their results to it.

use super::answers::{self, drop_unanswered};
use super::choices::{Prompt, Window};
use super::requests::{Kind, request};
use super::running::{CommandUse, Pending};
use super::start::{Shown, start, start_with};
use super::state::{DialogQuestion, ResultTarget};
use super::{connect, files, guard, line, output, statement_settings, storage, watch, windows};
use crate::app::App;
use crate::app::effect::Effect;
use crate::app::grid::Grid;
use crate::app::overlays;
use crate::feeds::queries;
use crate::model::sql::format::{Expanded, Options, writer};
use crate::model::sql::interpreter::{Action, Answer, Edited, Origin, Ran, Run, Target};
use crate::model::sql::small_table::Sheet;
use crate::model::sql::{Cell, Column, ServerMessage};
use jiff::SignedDuration;

/// Maximum number of actions per round that wait for nothing, as a limit for endless scripts.
const AT_ONCE: usize = 2_000;
/// The type id of a number, for columns of tables made here.
const NUMBER: u32 = 23;
/// The type id of text.
const TEXT: u32 = 25;

/// Runs a text after the running one.
pub fn enqueue(app: &mut App, text: &str) {
    let taken_back = drop_unanswered(app);
    let state = &mut app.panes.query;
    if !taken_back && state.running.is_none() && state.pending.is_none() {
        state.transaction_before = state.transaction;
    }
    app.panes.query.interpreter.run(text, Origin::Command);
}

/// Carries out actions until one has to wait.
pub fn advance(app: &mut App) -> Vec<Effect> {
    let mut effects = Vec::new();
    for _ in 0..AT_ONCE {
        answers::halted(app);
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
        if state.pending.is_some() || state.open_question.is_some() || !state.is_on() {
            break;
        }
        let expanded = state.interpreter.options().expanded;
        let action = app.panes.query.interpreter.step();
        if matches!(action, Action::NeedInput(_)) {
            break;
        }
        effects.extend(carry_out(app, action));
        // `\x` also applies to the rows on the screen.
        let now = app.panes.query.interpreter.options().expanded;
        if now != expanded
            && let Some(tab) = app.panes.query.shown_mut()
        {
            tab.record = now == Expanded::On;
        }
    }
    show_output(app);
    effects
}

/// Shows the interpreter's output.
fn show_output(app: &mut App) {
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
        app.show_message(text);
    }
}

/// Reports the result of the last action to the interpreter.
pub fn answer(app: &mut App, answer: Answer) {
    app.panes.query.pending = None;
    app.panes.query.interpreter.answer(answer);
}

fn done(app: &mut App, done: Result<(), &str>) -> Vec<Effect> {
    answer(app, Answer::Done(done.map_err(str::to_owned)));
    Vec::new()
}

/// Sends a request to this machine whose result is a text.
fn of_file(app: &mut App, question: queries::Ask) -> Vec<Effect> {
    let (serial, effect) = request(app, Kind::Storage, question);
    app.panes.query.pending = Some(Pending::File(serial));
    vec![effect]
}

fn refused(app: &mut App, why: &str) -> Vec<Effect> {
    answer(app, Answer::Text(Err(why.to_owned())));
    Vec::new()
}

fn carry_out(app: &mut App, action: Action) -> Vec<Effect> {
    match action {
        Action::Run(run) => judged(app, run),
        // Runs in the session itself, because its settings, temporary objects and locks matter.
        Action::Query { statement, .. } => start(app, &statement, Shown::Hidden, Pending::Look),
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
            let path = files::file(app, &path);
            of_file(app, queries::Ask::Read(path))
        }
        Action::Write { text, target } => write_to(app, text, target),
        Action::Shell { command, .. } if command.is_empty() => {
            refused(app, "\\!: no shell is opened from here; ctrl-z leaves the screen for one")
        }
        Action::Shell { command, captured: true } => output::confirm_command(app, command, CommandUse::Captured),
        Action::Shell { command, captured: false } => {
            output::confirm_command(app, command, CommandUse::Reads(String::new()))
        }
        // The edited text is put into the editor, where it can be read before it runs.
        Action::Edit { what, line } => {
            answer(app, Answer::Text(Ok(String::new())));
            let what = match what {
                Edited::File(path) => Edited::File(files::file(app, &path)),
                text @ Edited::Text(_) => text,
            };
            storage::edit(app, what, line)
        }
        Action::History(Some(path)) => {
            let path = files::file(app, &path);
            let text = app.panes.query.history.entries.iter().fold(String::new(), |all, entry| all + entry + "\n");
            of_file(app, queries::Ask::Write { path, text })
        }
        Action::History(None) => {
            answer(app, Answer::Done(Ok(())));
            windows::open(app, Window::History)
        }
        Action::Prompt(text) => ask_a_line(app, text),
        Action::Environment(name) => of_file(app, queries::Ask::Variable(name)),
        Action::Folder(path) => {
            let path = path.map(|path| files::file(app, &path));
            let (serial, effect) = request(app, Kind::Storage, queries::Ask::Folder(path));
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
        Action::NeedInput(_) => Vec::new(),
        Action::Quit(_) => {
            // Asks first if something would be lost; after declining, everything is as before.
            app.panes.query.interpreter.cancel_quit();
            // The rest of the text is not run either.
            app.panes.query.interpreter.clear();
            connect::quit(app)
        }
    }
}

/// Sets the target of further results.
fn put_results(app: &mut App, target: Target) -> Vec<Effect> {
    match target {
        Target::File(path) => {
            let path = files::file(app, &path);
            let (serial, effect) = request(app, Kind::Storage, queries::Ask::Begin(path.clone()));
            app.panes.query.pending = Some(Pending::Output(serial, path));
            vec![effect]
        }
        Target::Pipe(command) => output::confirm_command(app, command, CommandUse::Results),
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
            let path = files::file(app, &path);
            of_file(app, queries::Ask::Write { path, text })
        }
        Target::Pipe(command) => output::confirm_command(app, command, CommandUse::Reads(text)),
        Target::Results | Target::Output | Target::Errors => done(app, Err("a file or a command is needed")),
    }
}

/// Asks the user for a line.
fn ask_a_line(app: &mut App, text: String) -> Vec<Effect> {
    // Set before the input line opens, because opening it updates everything and would otherwise continue the text.
    app.panes.query.pending = Some(Pending::Typed);
    let effects = line::prompt(app, Prompt::Variable);
    if let Some(typing) = &mut app.screen.typing {
        typing.prompt = text;
    }
    effects
}

fn failed(app: &mut App, message: &str) -> Vec<Effect> {
    let error = ServerMessage { severity: "ERROR".into(), message: message.into(), ..ServerMessage::default() };
    let transaction = app.panes.query.transaction;
    answer(app, Answer::Ran(Box::new(Ran { failed: Some(error), transaction, ..Ran::default() })));
    app.panes.query.printed.push_str(message);
    app.panes.query.printed.push('\n');
    Vec::new()
}

/// Runs a statement, or asks first.
fn judged(app: &mut App, run: Box<Run>) -> Vec<Effect> {
    let kept = if run.hidden { None } else { guard::refusal(app, &run.statement) };
    if let Some(why) = statement_settings::refusal(&run).or(kept) {
        return failed(app, why);
    }
    let mut asking = if run.hidden { None } else { guard::required_question(app, &run.statement) };
    if let Some(command) = statement_settings::local_command(&run) {
        let statement = run.statement.clone();
        let ours = DialogQuestion::Run {
            statement,
            why: Vec::new(),
            rows: None,
            destroys: false,
            lifts: false,
            program: true,
        };
        if let DialogQuestion::Run { why, program, .. } = asking.get_or_insert(ours) {
            *program = true;
            why.push(format!("A command is run on this machine for it: {command}"));
        }
    }
    match asking {
        None => begin(app, run),
        Some(asking) => {
            app.panes.query.pending = Some(Pending::Asked(run));
            ask_to_run(app, asking)
        }
    }
}

/// Asks whether to run a statement, and the server for an estimate of the affected rows.
fn ask_to_run(app: &mut App, asking: DialogQuestion) -> Vec<Effect> {
    let statement = match &asking {
        DialogQuestion::Run { statement, .. } if guard::can_estimate_rows(statement) => Some(statement.clone()),
        DialogQuestion::Run { .. }
        | DialogQuestion::Script(_)
        | DialogQuestion::Program { .. }
        | DialogQuestion::Terminate
        | DialogQuestion::Leave(_)
        | DialogQuestion::Close(_)
        | DialogQuestion::Replace(_)
        | DialogQuestion::Writes => None,
    };
    let mut effects = statement.map_or_else(Vec::new, |statement| {
        super::requests::look_up(app, guard::ROWS, crate::model::sql::guard::plan_of(&statement))
    });
    effects.extend(windows::ask(app, asking));
    effects
}

/// Starts the confirmed statement.
pub fn confirmed(app: &mut App) -> Vec<Effect> {
    let mut effects = super::requests::cancel_look_ups(app, guard::ROWS);
    match app.panes.query.pending.take() {
        Some(Pending::Asked(run)) => effects.extend(begin(app, run)),
        other => app.panes.query.pending = other,
    }
    effects
}

/// Starts a statement.
fn begin(app: &mut App, run: Box<Run>) -> Vec<Effect> {
    if run.hidden {
        return start(app, &run.statement.clone(), Shown::Hidden, Pending::Run(run));
    }
    guard::statement_starts(app, &run.statement);
    let repeats = watch::prepare_run(app, &run);
    let record = run.options.expanded == Expanded::On;
    let (statement, beside) = (run.statement.clone(), statement_settings::for_run(app, &run));
    let (describes, every) = (beside.describe_only, run.every);
    let mut effects = start_with(app, &statement, Shown::Tab { record }, Pending::Run(run), beside);
    effects.extend(watch::run_started(app, every, repeats));
    if let Some(tab) = app.panes.query.shown_mut().filter(|_| describes) {
        // The table of its columns replaces it.
        tab.transient = true;
    }
    effects
}

/// Whether a request to this machine with this serial number is pending.
pub fn waits_for(app: &App, serial: u64) -> bool {
    match app.panes.query.pending {
        Some(Pending::File(asked) | Pending::Output(asked, _) | Pending::Folder(asked)) => asked == serial,
        _ => false,
    }
}

/// Reports to the interpreter that a requested item does not exist, which is not a failure.
pub fn report_unset(app: &mut App) {
    answer(app, Answer::Done(Ok(())));
}

/// Handles a line typed for a variable.
pub fn variable_typed(app: &mut App, text: &str) {
    if app.panes.query.pending == Some(Pending::Typed) {
        answer(app, Answer::Text(Ok(text.to_owned())));
    }
}

/// Handles the contents of a file that the interpreter requested.
pub fn file_read(app: &mut App, serial: u64, text: Result<String, String>) {
    match &app.panes.query.pending {
        Some(Pending::File(asked)) if *asked == serial => {}
        Some(Pending::Output(asked, path)) if *asked == serial => {
            let path = path.clone();
            if text.is_ok() {
                let effects = output::set(app, Some(ResultTarget::File(path)));
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

/// Shows one of psql's tables in the grid.
pub fn show(app: &mut App, sheet: Sheet, options: &Options) {
    let complete_text = (!sheet.footers.is_empty()).then(|| writer::sheet(&sheet, options, false));
    let complete_text = complete_text.map(|text| String::from_utf8_lossy(&text).into_owned());
    let column = |(name, right): &(String, bool)| Column {
        name: name.clone(),
        type_oid: if *right { NUMBER } else { TEXT },
        modifier: -1,
        table_oid: 0,
        number: 0,
    };
    let cell = |value: Option<String>| match value {
        // psql leaves such a cell empty.
        None => Cell::Text { bytes: 0, text: "".into(), cut: false },
        Some(text) => Cell::Text { bytes: text.len() as u64, text: text.into(), cut: false },
    };
    let columns = sheet.columns.iter().map(column).collect();
    let rows = sheet.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
    let title = sheet.title.unwrap_or_default();
    answers::show(app, &title, Grid::of(columns, rows), sheet.footers, complete_text);
}
