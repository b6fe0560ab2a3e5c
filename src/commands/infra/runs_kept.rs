//! Where an environment's runs are, and which one is meant.

use super::opened::environment;
use super::target::Environment;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::config::EnvironmentConfig;
use crate::feeds::runs::Place;
use crate::infra::run::events::Reader;
use crate::infra::run::start::{self, NotStarted};
use crate::infra::run::{folder, moving};
use crate::model::infra::RunState;
use crate::model::infra::order::Listed;
use crate::model::infra::world::HINT;
use crate::runtime::audit;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The runs of an environment.
pub(super) struct Kept {
    pub(super) environment: EnvironmentConfig,
    /// The folder of all environments' runs.
    pub(super) runs: PathBuf,
    /// Its runs, the latest first.
    pub(super) listed: Vec<Listed>,
}

/// The folder of all environments' runs, as configured.
pub(super) fn place(audit_file: Option<&str>) -> Result<PathBuf, Report> {
    audit::runs(&Place { audit_file: audit_file.map(str::to_owned), simulated: false }).ok_or_else(|| {
        Report::new("system", "there is no home folder to keep runs in", ExitCode::Failed)
            .hint("set HOME, or `audit_file`")
    })
}

/// The runs of the environment that is meant.
pub(super) fn kept(context: &Context) -> Result<Kept, Report> {
    kept_of(context, &Environment::default())
}

/// The runs of an environment that is named beside `--env`.
pub(super) fn kept_of(context: &Context, of: &Environment) -> Result<Kept, Report> {
    let (loaded, environment) = environment(context, of)?;
    let runs = place(loaded.config.audit_file.as_deref())?;
    let listed = folder::list(&runs, &environment.name).map_err(|error| {
        Report::new("system", format!("the runs in {} cannot be listed", runs.display()), ExitCode::Failed)
            .caused_by(&error)
            .hint("check that it is a folder that can be read; runs are kept beside `audit_file` of the configuration")
    })?;
    Ok(Kept { environment, runs, listed })
}

impl Kept {
    /// The run that is named, by its name or the only one that has this in it; the latest where none is.
    pub(super) fn one(&self, named: Option<&str>) -> Result<&Listed, Report> {
        let Some(named) = named else {
            return self.listed.first().ok_or_else(|| {
                Report::usage(format!("{} has no runs", self.environment.name)).hint("`cockpit infra plan` makes one")
            });
        };
        if let Some(exact) = self.listed.iter().find(|run| run.run == named) {
            return Ok(exact);
        }
        let mut found = self.listed.iter().filter(|run| run.run.contains(named));
        match (found.next(), found.next()) {
            (Some(run), None) => Ok(run),
            (None, _) => Err(Report::usage(format!("{} has no run `{named}`", self.environment.name))
                .hint("`cockpit infra runs` lists them")),
            (Some(_), Some(_)) => {
                Err(Report::usage(format!("several runs have `{named}` in their names")).hint("write more of it"))
            }
        }
    }
}

impl Kept {
    /// The run that is meant, which must be going on.
    pub(super) fn going_on(&self, named: Option<&str>) -> Result<&Listed, Report> {
        let listed = self.one(named)?;
        if listed.live {
            return Ok(listed);
        }
        // A run whose supervisor was killed may look as if it went on, and what it began may do so.
        if state(listed)?.end.is_none() {
            let works = folder::works(&listed.folder).unwrap_or(true);
            let cause = if works { "what it began still works" } else { "nothing of it works" };
            let report = Report::usage(format!("{} has stopped: its supervisor was killed", listed.run)).cause(cause);
            return Err(
                report.hint(format!("`cockpit infra resume {}` takes it up: then it is asked again", listed.run))
            );
        }
        Err(Report::usage(format!("{} is not going on", listed.run)).hint("`cockpit infra runs` lists those that are"))
    }
}

/// Refuses a change where only reading is allowed.
pub(super) fn may_change(context: &Context) -> Result<(), Report> {
    if !context.global.read_only {
        return Ok(());
    }
    let text = "nothing was changed: --read-only refuses every change";
    Err(Report::new("refused", text, ExitCode::Refused).hint("leave --read-only out"))
}

/// The state of a run.
pub(super) fn state(listed: &Listed) -> Result<RunState, Report> {
    let events = Reader::new(0).read_all(&listed.folder).map_err(|error| {
        Report::new("system", format!("{} cannot be read", listed.run), ExitCode::Failed).caused_by(&error)
    })?;
    Ok(RunState::of(&events.events))
}

/// Resumes a run, unless it is running.
pub(super) async fn take_up(context: &Context, kept: &Kept, listed: &Listed) -> Result<(), Report> {
    may_change(context)?;
    if listed.live {
        return Ok(());
    }
    resumed(&kept.environment.name, &listed.folder).await
}

/// Resumes a run that no process drives.
pub(super) async fn resumed(environment: &str, run: &Path) -> Result<(), Report> {
    // A run is a folder in that of its environment, which is in that of all.
    let runs = run.parent().and_then(Path::parent).unwrap_or(run);
    start::resume(&start::this_program(), runs, run, &audit::who(), Timestamp::now())
        .await
        .map_err(|error| not_started(environment, &error))
}

/// The refusal because of a state that is of another AWS; `message` ends with the words for that state.
pub(super) fn of_another_aws(message: &str, why: String) -> Report {
    Report::new("refused", format!("{message} is of another AWS"), ExitCode::Refused).cause(why).hint(HINT)
}

/// Why a run was not started, as it is told.
pub(super) fn not_started(environment: &str, error: &NotStarted) -> Report {
    use crate::infra::run::folder::LockError;
    match error {
        NotStarted::LockError(LockError::Taken(_)) => {
            Report::new("refused", format!("a run of {environment} is going on already"), ExitCode::Refused)
                .cause(error.words())
                .hint("`cockpit infra attach` follows it, `cockpit infra cancel` stops it")
        }
        NotStarted::LockError(LockError::Works(run)) => {
            Report::new("refused", format!("a run of {environment} still works"), ExitCode::Refused)
                .cause(error.words())
                .hint(format!("`cockpit infra resume {run}` resumes it"))
        }
        NotStarted::OtherWorld(why) => {
            of_another_aws(&format!("nothing of {environment} is planned: a state"), why.clone())
        }
        NotStarted::Around(why) => {
            let message = format!("nothing of {environment} is planned or destroyed");
            Report::new("refused", message, ExitCode::Refused).cause(why.clone())
        }
        NotStarted::Moving(unit, _) => {
            let (why, hint) = moving::words(unit, environment);
            Report::new("refused", format!("nothing of {environment} is planned or changed"), ExitCode::Refused)
                .cause(why)
                .hint(hint)
        }
        NotStarted::LockError(LockError::Impossible(_)) | NotStarted::Io(_) => {
            Report::new("system", "the run cannot be started", ExitCode::Failed).cause(error.words())
        }
    }
}
