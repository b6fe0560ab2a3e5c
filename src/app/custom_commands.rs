//! Commands defined in the configuration, as rows of the command table like any other. So the key map, palette, help,
//! the list of actions, `--read-only` and the confirmations of guarded environments apply to them unchanged.

use super::command::{Id, Scope};
use super::operation::custom::{Request, Selected};
use super::subject::Subject;
use super::update::{change, operations};
use super::{App, Command, Table, select};
use crate::app::effect::Effect;
use crate::config::CommandConfig;
use crate::model::risk::Risk;

/// Returns the table with the configured commands added; the memory is leaked, as the table lives as long as the
/// program.
pub fn table(base: &'static Table, commands: &[CommandConfig]) -> &'static Table {
    if commands.is_empty() {
        return base;
    }
    let rows: Vec<Command> = commands.iter().enumerate().map(|(number, command)| row(base, number, command)).collect();
    let mut command_groups = base.commands.to_vec();
    command_groups.push(rows.leak());
    Box::leak(Box::new(Table { panes: base.panes, commands: command_groups.leak() }))
}

fn row(base: &'static Table, number: usize, command: &CommandConfig) -> Command {
    let leaked = |text: &str| -> &'static str { text.to_owned().leak() };
    let keys: Vec<&'static str> = command.key.iter().map(|key| leaked(key)).collect();
    let pane = command.pane.as_deref().and_then(|name| base.panes.iter().find(|pane| pane.id.0 == name));
    let scope = pane.map_or(Scope::Global, |pane| Scope::Pane(pane.id.0));
    let title = leaked(command.title.as_deref().unwrap_or(&command.name));
    let doc = leaked(&command.doc.clone().unwrap_or_else(|| format!("Run `{}`.", command.run)));
    Command::new(Id(leaked(&command.name)), scope, title, keys.leak(), doc, |_| Vec::new())
        .with_risk(command.risk)
        .numbered(number, run, applies)
}

/// The selected thing, in the form a configured command receives it.
fn selected(app: &App) -> Selected {
    let subject = select::subject(app);
    let mut selected = Selected { service: select::service(app), ..Selected::default() };
    match &subject {
        Some(Subject::Task(service, id)) => {
            selected.service = Some(service.clone());
            selected.task = Some(id.clone());
        }
        Some(Subject::Container(task, name)) => {
            selected.task = Some(task.clone());
            selected.container = Some(name.clone());
        }
        Some(Subject::Deployment(service, _) | Subject::Service(service)) => selected.service = Some(service.clone()),
        Some(Subject::Database(id)) => selected.database = Some(id.clone()),
        Some(Subject::Instance(database, id)) => {
            selected.database = Some(database.clone());
            selected.instance = Some(id.clone());
        }
        Some(Subject::Machine(id)) => selected.instance = Some(id.clone()),
        Some(Subject::Alarm(name)) => selected.alarm = Some(name.clone()),
        Some(Subject::Services | Subject::Reachability | Subject::Logs(..) | Subject::Text(_)) | None => {}
    }
    let copied = || (app.shown_pane().hooks.copy)(app).or_else(|| Some(subject.as_ref()?.name().to_owned()));
    selected.row = copied().filter(|row| !row.contains('\0'));
    selected
}

/// Returns why the command does not apply now; `None` if it applies.
fn missing(app: &App, command: &CommandConfig) -> Option<String> {
    if let Some(pane) = &command.pane
        && app.shown_pane().id.0 != pane
    {
        return Some(format!("`{}` applies in the pane {pane}", command.name));
    }
    let wanted = command.selection.as_deref()?;
    (!selected(app).has(wanted)).then(|| {
        let article = if wanted.starts_with(['a', 'i']) { "an" } else { "a" };
        format!("select {article} {wanted} first")
    })
}

fn applies(app: &App, number: usize) -> bool {
    app.config.commands.get(number).is_some_and(|command| missing(app, command).is_none())
}

/// Runs the command: at once if it only reads, after its plan is confirmed if it changes something.
fn run(app: &mut App, number: usize) -> Vec<Effect> {
    let Some(command) = app.config.commands.get(number).cloned() else { return Vec::new() };
    if let Some(why) = missing(app, &command) {
        app.show_message(why);
        return Vec::new();
    }
    let risk = command.risk;
    let request = Request::new(command, selected(app), &app.environment, &app.config);
    if risk != Risk::Read {
        return change::plan(app, request);
    }
    let (id, effects) = app.operations.start(request, &app.environment, app.now);
    app.followed.confirmed.insert(id);
    operations::open(app, id);
    effects
}
