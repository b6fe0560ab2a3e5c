//! Moves states, unit by unit.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::{self, Opened, report};
use crate::commands::infra::runs_kept::{may_change, not_started, place};
use crate::commands::infra::world;
use crate::commands::infra::written_down::Writer;
use crate::commands::say::say;
use crate::commands::yes::said_yes;
use crate::infra::migrate::{self, Kept, Wanted, kept, moved};
use crate::infra::run::folder::{self, Holder};
use crate::infra::run::moving;
use crate::infra::run::start::NotStarted;
use crate::infra::surroundings::DEFAULT_WORKSPACE;
use crate::infra::{Access, run::world as states};
use crate::model::infra::Unit;
use crate::model::infra::backend::Place;
use crate::model::text::quoted;
use crate::runtime::audit;
use crate::runtime::stop::stopped;
use jiff::Timestamp;
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

/// What is moved, after the yes.
struct Ready {
    opened: Opened,
    writer: Writer,
    runs: PathBuf,
    to_move: Vec<(Unit, Kept)>,
    // Nothing else may work at these states meanwhile, as in a run.
    _lock: std::fs::File,
}

async fn ready(context: &Context, arguments: &Arguments) -> Result<Option<Ready>, Report> {
    if !arguments.dry_run {
        may_change(context)?;
    }
    let opened = opened::open_without_workspaces(context, &arguments.target).await?;
    let runs = place(opened.config.audit_file.as_deref())?;
    let name = opened.environment.name.clone();
    let holder = Holder { run: String::new(), by: audit::who(), since: Timestamp::now() };
    let lock =
        folder::hold(&runs, &name, &holder).map_err(|error| not_started(&name, &NotStarted::LockError(error)))?;
    for run in folder::list(&runs, &name).unwrap_or_default() {
        if folder::works(&run.folder).unwrap_or(false) {
            let works = NotStarted::LockError(folder::LockError::Works(run.run));
            return Err(not_started(&name, &works));
        }
    }
    let units: Vec<Unit> = opened.found.graph.waves().into_iter().flatten().cloned().collect();
    if !arguments.dry_run {
        for unit in &units {
            if migrate::put_back(unit).map_err(report)? {
                say(&format!("{}: a move that was interrupted is put back", unit.name));
            }
        }
    }
    if let Some(unit) = moving::between(&units) {
        let (why, hint) = moving::words(unit, &name);
        return Err(Report::new("refused", why, ExitCode::Refused).hint(hint));
    }
    world::check(&runs, &opened, &units.iter().collect::<Vec<_>>())?;
    let mut to_move: Vec<(Unit, Kept)> = Vec::new();
    for unit in units {
        let kept = kept(&unit).map_err(report)?;
        // Units of one folder that differ by their workspaces move together.
        if to_move.iter().any(|(other, _)| other.dir == unit.dir) {
            continue;
        }
        if kept.states.is_empty() {
            say(&format!("{}: no state in a file of this machine", unit.name));
            continue;
        }
        for state in &kept.states {
            let of = state.workspace.as_deref().filter(|name| *name != DEFAULT_WORKSPACE);
            let of = of.map(|name| format!(" (workspace {name})")).unwrap_or_default();
            say(&format!("{}{of}: {}, in {}", unit.name, state.mark.words(), state.file.display()));
        }
        to_move.push((unit, kept));
    }
    if to_move.is_empty() || arguments.dry_run {
        return Ok(None);
    }
    say("they are moved to S3, one after the other; each is put back where it is not the same there");
    let writer = Writer::of(context, &opened).await?;
    writer.say_where(&opened);
    if !said_yes(context, &opened.environment, Risk::Disrupt).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    Ok(Some(Ready { opened, writer, runs, to_move, _lock: lock }))
}

impl Ready {
    async fn moved(&self, arguments: &Arguments) -> Result<ExitCode, Report> {
        for (unit, kept) in &self.to_move {
            say(&format!("{}: moving", unit.name));
            let access = Access::new(&self.opened.found, unit);
            let tell = |text: &str| say(&format!("{}: {text}", unit.name));
            let moved = moved(&access, kept, &self.wanted(arguments, unit), &tell).await;
            self.written_down(unit, kept, moved.as_ref().err().map(|trouble| trouble.message.as_str()));
            moved.map_err(report)?;
            say(&format!(
                "{}: moved: the same lineage and content, no lower serial, a lock, and an empty plan",
                unit.name
            ));
        }
        say(&format!("copies of the files stay in {}", self.copies().display()));
        Ok(ExitCode::Done)
    }

    fn copies(&self) -> PathBuf {
        self.runs.with_file_name("states-moved")
    }

    fn wanted(&self, arguments: &Arguments, unit: &Unit) -> Wanted {
        let environment = &self.opened.environment;
        // Environments that are workspaces of one folder share its code, and so its key: Terraform tells them apart.
        let of_workspace = unit.workspace.as_deref().is_some_and(|name| name != DEFAULT_WORKSPACE);
        let first = if of_workspace { String::new() } else { format!("{}/", environment.name) };
        let place = arguments.bucket.as_ref().map(|bucket| Place {
            bucket: bucket.clone(),
            key: format!("{first}{}/terraform.tfstate", unit.name),
            region: environment.region.clone(),
            emulated: !states::of(&self.opened.found.surroundings).is_aws(),
        });
        Wanted { place, copies: self.copies() }
    }

    /// The line of a unit in the audit file.
    fn written_down(&self, unit: &Unit, kept: &Kept, why: Option<&str>) {
        let name = &self.opened.environment.name;
        let marks: Vec<String> = kept.states.iter().map(|state| state.mark.words()).collect();
        let command = format!("cockpit infra migrate-state {name} --unit {}", quoted(&unit.name));
        self.writer.tell(&self.opened, &command, serde_json::json!({ "unit": unit.name, "states": marks }), why);
    }
}
