//! Which commands the bottom line shows.

use super::command::{Bottom, Id, Risk, Scope};
use super::overlay::Kind;
use super::select;
use super::{App, Command};
use crate::model::key::Key;

/// Returns the commands of the bottom line, most useful first.
pub fn commands(app: &App) -> Vec<Id> {
    if app.screen.typing.is_some() {
        return vec![Id::ACCEPT, Id::CANCEL, Id::DELETE_ALL];
    }
    if let Some(overlay) = app.screen.overlays.last() {
        return overlay_commands(&overlay.kind);
    }
    let place = |id: Id| app.table.command(id).bottom;
    let mut own: Vec<(u8, Id)> = Vec::new();
    let editing = app.editing();
    let taken = |command: &&Command| (app.shown_pane().hooks.accepts_command)(app, command.id);
    for command in
        app.shown_pane().commands.iter().filter(|command| (command.scope == Scope::Text) <= editing).filter(taken)
    {
        let letter = |key: &Key| key.typed_char().is_some();
        let typed = editing && command.scope != Scope::Text && app.keymap.keys(command.id).iter().all(letter);
        if let Bottom::First(place) = command.bottom
            && !typed
        {
            own.push((place, command.id));
        }
    }
    own.sort_by_key(|(place, _)| *place);
    if editing {
        return own.into_iter().map(|(_, id)| id).chain([Id::BACK]).collect();
    }
    let mut common: Vec<(u8, Id)> = Vec::new();
    for command in app.table.commands().filter(|command| !matches!(command.scope, Scope::Pane(_))) {
        match command.bottom {
            Bottom::Then(place) => common.push((place, command.id)),
            Bottom::IfRoom(place)
                if own.is_empty() && (app.view().blocks.len() > 1 || command.id != Id::NEXT_BLOCK) =>
            {
                common.push((place, command.id));
            }
            Bottom::IfRoom(_) | Bottom::First(_) | Bottom::No => {}
        }
    }
    common.sort_by_key(|(place, _)| *place);
    let common = common.into_iter().map(|(_, id)| id);
    if !own.is_empty() {
        return [Id::OPEN]
            .into_iter()
            .chain(own.into_iter().map(|(_, id)| id))
            .chain([Id::COPY])
            .chain(common)
            .collect();
    }
    let (_, mut commands) = select::actions(app);
    // The few changes that are made daily come first; the others are in the list of actions and in help.
    let daily = |id: &Id| matches!(place(*id), Bottom::First(_));
    let rare = |id: &Id| app.table.command(*id).risk != Risk::Read && !daily(id);
    let later: Vec<Id> = commands.iter().copied().filter(rare).collect();
    commands.retain(|id| !(rare(id) || app.session.read_only && daily(id)));
    commands.insert(commands.len().min(1), Id::ACTIONS);
    if let Some(last) = commands.iter().rposition(daily) {
        commands.insert(last + 1, Id::FILTER);
    }
    if !app.spec(app.focused()).columns.is_empty() {
        commands.push(Id::SORT);
    }
    commands.extend(common);
    commands.extend(later.into_iter().filter(|_| !app.session.read_only));
    let mut seen = std::collections::BTreeSet::new();
    commands.retain(|id| seen.insert(*id) && !app.table.command(*id).title.is_empty());
    commands
}

/// Returns the commands of an overlay window.
fn overlay_commands(kind: &Kind) -> Vec<Id> {
    match kind {
        Kind::Inspect | Kind::Message | Kind::Code | Kind::SignIn | Kind::Checkup => {
            vec![Id::BACK, Id::FILTER, Id::COPY]
        }
        Kind::Activity => vec![Id::OPEN, Id::BACK, Id::FILTER, Id::COPY],
        Kind::Plan(_) | Kind::Revert(_) | Kind::Confirm(..) | Kind::Quit => vec![Id::OPEN, Id::BACK, Id::COPY],
        Kind::Choose(_)
        | Kind::Ask(_)
        | Kind::SnapshotName
        | Kind::Help
        | Kind::Palette
        | Kind::Actions
        | Kind::Pane(..)
        | Kind::Find(..)
        | Kind::Environments => {
            vec![Id::OPEN, Id::BACK, Id::FILTER]
        }
    }
}
