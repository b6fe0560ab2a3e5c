//! The commands of the bottom line.

use super::App;
use super::command::{self, Id};
use super::overlay::Kind;
use super::screen::View;
use super::{rows, select};

/// The commands of the bottom line, most useful first.
pub fn commands(app: &App) -> Vec<Id> {
    if app.screen.typing.is_some() {
        return vec![Id::Accept, Id::Cancel, Id::DeleteAll];
    }
    if let Some(overlay) = app.screen.overlays.last() {
        return match overlay.kind {
            Kind::Inspect | Kind::Message => vec![Id::Back, Id::Filter, Id::Copy],
            Kind::Activity => vec![Id::Open, Id::Back, Id::Filter, Id::Copy],
            Kind::Plan(_) | Kind::Revert(_) | Kind::Quit => vec![Id::Open, Id::Back, Id::Copy],
            Kind::Choose(_)
            | Kind::Ask(_)
            | Kind::Help
            | Kind::Palette
            | Kind::Actions
            | Kind::Logs(_)
            | Kind::Environments => {
                vec![Id::Open, Id::Back, Id::Filter]
            }
        };
    }
    if app.screen.view() == View::Logs {
        return vec![
            Id::Open,
            Id::LogsFollow,
            Id::LogsSearch,
            Id::LogsFilter,
            Id::LogsLevel,
            Id::LogsTime,
            Id::LogsMute,
            Id::LogsSources,
            Id::LogsWrap,
            Id::LogsColumns,
            Id::LogsMark,
            Id::LogsInsights,
            Id::LogsTask,
            Id::Copy,
            Id::Environment,
            Id::Help,
            Id::Palette,
            Id::Quit,
        ];
    }
    let (_, mut commands) = select::actions(app);
    // The few changes that are made daily stand first; the others are in the list of actions and in help.
    let daily = [Id::StopTask, Id::Deploy, Id::RollBack, Id::Scale];
    let rare = |id: &Id| command::get(*id).risk != command::Risk::Read && !daily.contains(id);
    let later: Vec<Id> = commands.iter().copied().filter(rare).collect();
    commands.retain(|id| !(rare(id) || app.session.read_only && daily.contains(id)));
    commands.insert(commands.len().min(1), Id::Actions);
    if let Some(last) = commands.iter().rposition(|id| daily.contains(id)) {
        commands.insert(last + 1, Id::Filter);
    }
    if !rows::columns(app.screen.focused()).is_empty() {
        commands.push(Id::Sort);
    }
    commands.extend([
        Id::Filter,
        Id::NextBlock,
        Id::Environment,
        Id::Help,
        Id::Palette,
        Id::Zoom,
        Id::Pause,
        Id::Activity,
        Id::Quit,
    ]);
    commands.extend(later.into_iter().filter(|_| !app.session.read_only));
    if app.screen.view().blocks().len() == 1 {
        commands.retain(|id| *id != Id::NextBlock);
    }
    let mut seen = std::collections::BTreeSet::new();
    commands.retain(|id| seen.insert(*id) && !command::get(*id).title.is_empty());
    commands
}
