//! Moves states, unit by unit.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::{self, Opened, report};
use crate::commands::infra::runs_kept::{may_change, not_started, of_another_aws, place};
use crate::commands::infra::written_down::Writer;
use crate::commands::say::say;
use crate::commands::yes::said_yes;
use crate::infra::Access;
use crate::infra::migrate::{Kept, Wanted, moved};
use crate::infra::movable::{self, Movable, Unmovable};
use crate::model::infra::Unit;
use crate::model::text::quoted;
use crate::runtime::audit;
use crate::runtime::stop::stopped;
use std::path::PathBuf;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    // Until something is moved, an interrupt ends it as any command.
    let ready = tokio::select! {
        ready = ready(context, arguments) => ready?,
        signal = stopped() => return signal.ended(),
    };
    let Some(ready) = ready else { return Ok(ExitCode::Done) };
    ready.moved(arguments).await
}

/// The states to move, after the yes.
struct Ready {
    opened: Opened,
    writer: Writer,
    runs: PathBuf,
    movable: Movable,
}

async fn ready(context: &Context, arguments: &Arguments) -> Result<Option<Ready>, Report> {
    if !arguments.dry_run {
        may_change(context)?;
    }
    let opened = opened::open_without_workspaces(context, &arguments.target).await?;
    let runs = place(opened.config.audit_file.as_deref())?;
    let name = &opened.environment.name;
    let movable = movable::find(&runs, &opened.environment, &opened.found, audit::who(), arguments.dry_run);
    let movable = movable.map_err(|why| unmovable(name, why))?;
    for said in &movable.said {
        say(said);
    }
    for (unit, kept) in &movable.units {
        for line in movable::lines(unit, kept) {
            say(&line);
        }
    }
    if movable.units.is_empty() || arguments.dry_run {
        return Ok(None);
    }
    say("they are moved to S3, one after the other; each is put back where it is not the same there");
    let writer = Writer::of(context, &opened).await?;
    writer.say_where(&opened);
    if !said_yes(context, &opened.environment, Risk::Disrupt).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    Ok(Some(Ready { opened, writer, runs, movable }))
}

/// Why nothing is moved, as it is told.
fn unmovable(environment: &str, why: Unmovable) -> Report {
    match why {
        Unmovable::NotStarted(error) => not_started(environment, &error),
        Unmovable::OtherWorld(unit, why) => of_another_aws(&format!("nothing of {unit} is changed: its state"), why),
        Unmovable::Trouble(trouble) => report(trouble),
    }
}

impl Ready {
    async fn moved(&self, arguments: &Arguments) -> Result<ExitCode, Report> {
        for (unit, kept) in &self.movable.units {
            say(&format!("{}: moving", unit.name));
            let access = Access::new(&self.opened.found, unit);
            let moved = moved(&access, kept, &self.wanted(arguments, unit)).await;
            self.written_down(unit, kept, moved.as_ref().err().map(|trouble| trouble.message.as_str()));
            moved.map_err(report)?;
            say(&movable::moved(unit));
        }
        say(&format!("copies of the files stay in {}", movable::copies(&self.runs).display()));
        Ok(ExitCode::Done)
    }

    fn wanted(&self, arguments: &Arguments, unit: &Unit) -> Wanted {
        let Opened { environment, found, .. } = &self.opened;
        movable::wanted(&self.runs, environment, found, unit, arguments.bucket.as_deref())
    }

    /// The line of a unit in the audit file.
    fn written_down(&self, unit: &Unit, kept: &Kept, why: Option<&str>) {
        let name = &self.opened.environment.name;
        let command = format!("cockpit infra migrate-state {name} --unit {}", quoted(&unit.name));
        self.writer.tell(&self.opened, &command, movable::audited(unit, kept), why);
    }
}
