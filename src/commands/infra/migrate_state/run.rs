//! Moves states, unit by unit.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::confirmation::confirm;
use crate::commands::context::Context;
use crate::commands::infra::audited_change::AuditedWriter;
use crate::commands::infra::environment_runs::{check_writable, other_aws_error, runs_root, start_error};
use crate::commands::infra::environment_units::{self, Opened, report};
use crate::commands::progress::print_note;
use crate::infra::Access;
use crate::infra::local_states::{self, Movable, Unmovable};
use crate::infra::migrate::{FileStates, MoveDestination, move_states};
use crate::model::infra::Unit;
use crate::model::text::shell_quote;
use crate::runtime::audit;
use crate::runtime::stop::next_stop_signal;
use std::path::PathBuf;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    // Until the first move, an interrupt ends the command as usual.
    let ready = tokio::select! {
        ready = ready(context, arguments) => ready?,
        signal = next_stop_signal() => return signal.command_result(),
    };
    let Some(ready) = ready else { return Ok(ExitCode::Done) };
    ready.moved(arguments).await
}

/// The states to move, after confirmation.
struct Ready {
    opened: Opened,
    writer: AuditedWriter,
    runs: PathBuf,
    movable: Movable,
}

async fn ready(context: &Context, arguments: &Arguments) -> Result<Option<Ready>, Report> {
    if !arguments.dry_run {
        check_writable(context)?;
    }
    let opened = environment_units::open_without_workspaces(context, &arguments.target).await?;
    let runs = runs_root(opened.config.audit_file.as_deref())?;
    let name = &opened.environment.name;
    let movable =
        local_states::find(&runs, &opened.environment, &opened.found, audit::current_process(), arguments.dry_run);
    let movable = movable.map_err(|why| unmovable(name, why))?;
    for note in &movable.notes {
        print_note(note);
    }
    for (unit, kept) in &movable.units {
        for line in local_states::describe(unit, kept) {
            print_note(&line);
        }
    }
    if movable.units.is_empty() || arguments.dry_run {
        return Ok(None);
    }
    print_note("they are moved to S3, one after the other; each is put back where it is not the same there");
    let writer = AuditedWriter::of(context, &opened).await?;
    writer.print_place(&opened);
    if !confirm(context, &opened.environment, Risk::Disrupt).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    Ok(Some(Ready { opened, writer, runs, movable }))
}

/// Converts the reason why nothing is moved to an error.
fn unmovable(environment: &str, why: Unmovable) -> Report {
    match why {
        Unmovable::NotStarted(error) => start_error(environment, &error),
        Unmovable::OtherWorld(unit, why) => other_aws_error(&format!("nothing of {unit} is changed: its state"), why),
        Unmovable::Trouble(trouble) => report(trouble),
    }
}

impl Ready {
    async fn moved(&self, arguments: &Arguments) -> Result<ExitCode, Report> {
        for (unit, kept) in &self.movable.units {
            print_note(&format!("{}: moving", unit.name));
            let access = Access::new(&self.opened.found, unit);
            let moved = move_states(&access, kept, &self.wanted(arguments, unit)).await;
            self.record(unit, kept, moved.as_ref().err().map(|trouble| trouble.message.as_str()));
            moved.map_err(report)?;
            print_note(&local_states::moved_sentence(unit));
        }
        print_note(&format!("copies of the files stay in {}", local_states::copies_folder(&self.runs).display()));
        Ok(ExitCode::Done)
    }

    fn wanted(&self, arguments: &Arguments, unit: &Unit) -> MoveDestination {
        let Opened { environment, found, .. } = &self.opened;
        local_states::destination(&self.runs, environment, found, unit, arguments.bucket.as_deref())
    }

    /// Writes the audit record of a unit.
    fn record(&self, unit: &Unit, kept: &FileStates, why: Option<&str>) {
        let name = &self.opened.environment.name;
        let command = format!("cockpit infra migrate-state {name} --unit {}", shell_quote(&unit.name));
        self.writer.record(&self.opened, &command, local_states::audit_entry(unit, kept), why);
    }
}
