//! Moves states from local files to S3 as they were shown, unit by unit; a state that differs there afterwards is put back.

use super::context::FeedContext;
use super::errors::{failure_from, of_trouble};
use super::infra_changes::record;
use super::infra_inspect::{blocking, find_selected, opened_environment};
use super::runs::runs_folder;
use crate::config::EnvironmentConfig;
use crate::feeds::infra::{Fact, MovableStates};
use crate::feeds::part::Part;
use crate::feeds::runs::Place;
use crate::infra::local_states::{self, Movable, Unmovable};
use crate::infra::migrate::{self, MoveDestination};
use crate::infra::{Access, Discovered};
use crate::model::Failure;
use crate::model::infra::Unit;
use crate::model::infra::state_endpoint::HINT;
use crate::model::text::shell_quote;
use crate::runtime::audit;
use std::path::PathBuf;

/// Returns the states of these units that can be moved. Nothing is changed.
pub(super) async fn movable_states(
    context: &FeedContext,
    place: &Place,
    units: &[String],
    bucket: Option<String>,
) -> Result<Fact, Failure> {
    let selection = selection(context, place, units, bucket).await?;
    blocking(move || selection.find(true).map(|movable| selection.describe(&movable))).await?.map(Fact::Movable)
}

/// Moves them, if they are unchanged since they were shown. No run of the environment can start meanwhile.
pub(super) async fn move_states(context: &FeedContext, place: &Place, wanted: &MovableStates) -> Result<Fact, Failure> {
    let selection = selection(context, place, &wanted.units, wanted.bucket.clone()).await?;
    let source = selection.clone();
    let movable = blocking(move || source.find(false)).await??;
    let now = selection.describe(&movable);
    if (&now.units, &now.lines) != (&wanted.units, &wanted.lines) {
        return Err(failure_from("nothing is moved: the states are not as they were shown any more".to_owned()));
    }
    let mut lines = movable.notes.clone();
    for (unit, kept) in &movable.units {
        context.send(Part::Page(Fact::Moving(format!("moving the state of {} to S3 …", unit.name)))).await;
        let access = Access::new(&selection.found, unit);
        let done = migrate::move_states(&access, kept, &selection.wanted(unit)).await;
        let command_line =
            format!("cockpit infra migrate-state {} --unit {}", selection.environment.name, shell_quote(&unit.name));
        let why = done.as_ref().err().map(|trouble| trouble.message.clone());
        let written =
            record(context, place, &selection.found, &command_line, local_states::audit_entry(unit, kept), why);
        lines.extend(written.err().map(|error| format!("{}: the audit file does not have it: {error}", unit.name)));
        if let Err(trouble) = done {
            lines.push(of_trouble(&trouble).message);
            return Err(failure_from(lines.join("\n")));
        }
        lines.push(local_states::moved_sentence(unit));
    }
    lines.push(format!("copies of the files stay in {}", local_states::copies_folder(&selection.runs).display()));
    Ok(Fact::Moved(lines))
}

/// The states to move, and the settings for that.
#[derive(Clone)]
struct Selection {
    runs: PathBuf,
    environment: EnvironmentConfig,
    found: Discovered,
    bucket: Option<String>,
}

async fn selection(
    context: &FeedContext,
    place: &Place,
    units: &[String],
    bucket: Option<String>,
) -> Result<Selection, Failure> {
    let (runs, environment) = (runs_folder(place)?, opened_environment(context)?.clone());
    Ok(Selection { runs, environment, found: find_selected(context, units, true).await?, bucket })
}

impl Selection {
    /// Finds the states, which stay locked until the result is dropped.
    fn find(&self, read_only: bool) -> Result<Movable, Failure> {
        let found = local_states::find(&self.runs, &self.environment, &self.found, audit::current_process(), read_only);
        found.map_err(|why| match why {
            Unmovable::NotStarted(error) => failure_from(format!("nothing is moved: {}", error.sentence())),
            Unmovable::OtherWorld(unit, why) => failure_from(format!("nothing of {unit} is moved: {why}\n→ {HINT}")),
            Unmovable::Trouble(trouble) => of_trouble(&trouble),
        })
    }

    fn wanted(&self, unit: &Unit) -> MoveDestination {
        local_states::destination(&self.runs, &self.environment, &self.found, unit, self.bucket.as_deref())
    }

    fn describe(&self, movable: &Movable) -> MovableStates {
        let of_unit = |(unit, kept): &(Unit, migrate::FileStates)| {
            let mut lines = local_states::describe(unit, kept);
            lines.push(local_states::describe_destination(unit, &self.wanted(unit)));
            lines
        };
        MovableStates {
            units: movable.units.iter().map(|(unit, _)| unit.name.clone()).collect(),
            bucket: self.bucket.clone(),
            lines: movable.units.iter().flat_map(of_unit).collect(),
            notes: movable.notes.clone(),
        }
    }
}
