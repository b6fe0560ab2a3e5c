//! The recorded runs of an environment, and the selection of one of them.

use super::environment_units::environment;
use super::target::Environment;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::config::EnvironmentConfig;
use crate::feeds::runs::Place;
use crate::infra::run::events::Reader;
use crate::infra::run::start::{self, NotStarted};
use crate::infra::run::{folder, move_journal};
use crate::model::infra::RunState;
use crate::model::infra::run_order::ListedRun;
use crate::model::infra::state_endpoint::HINT;
use crate::runtime::audit;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// The recorded runs of an environment.
pub(super) struct EnvironmentRuns {
    pub(super) environment: EnvironmentConfig,
    /// The folder of all environments' runs.
    pub(super) root: PathBuf,
    /// Its runs, the latest first.
    pub(super) listed: Vec<ListedRun>,
}

/// Returns the configured folder of all environments' runs.
pub(super) fn runs_root(audit_file: Option<&str>) -> Result<PathBuf, Report> {
    audit::runs_folder(&Place { audit_file: audit_file.map(str::to_owned), simulated: false }).ok_or_else(|| {
        Report::new("system", "there is no home folder to keep runs in", ExitCode::Failed)
            .hint("set HOME, or `audit_file`")
    })
}

/// Lists the runs of the selected environment.
pub(super) fn environment_runs(context: &Context) -> Result<EnvironmentRuns, Report> {
    environment_runs_of(context, &Environment::default())
}

/// Lists the runs of the environment given as an argument or by `--env`.
pub(super) fn environment_runs_of(context: &Context, of: &Environment) -> Result<EnvironmentRuns, Report> {
    let (loaded, environment) = environment(context, of)?;
    let runs = runs_root(loaded.config.audit_file.as_deref())?;
    let listed = folder::list(&runs, &environment.name).map_err(|error| {
        Report::new("system", format!("the runs in {} cannot be listed", runs.display()), ExitCode::Failed)
            .caused_by(&error)
            .hint("check that it is a folder that can be read; runs are kept beside `audit_file` of the configuration")
    })?;
    Ok(EnvironmentRuns { environment, root: runs, listed })
}

impl EnvironmentRuns {
    /// Returns the run with this name, or the only one whose name contains it; the latest if `named` is `None`.
    pub(super) fn find(&self, named: Option<&str>) -> Result<&ListedRun, Report> {
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

impl EnvironmentRuns {
    /// Returns the selected run, which must be running.
    pub(super) fn running(&self, named: Option<&str>) -> Result<&ListedRun, Report> {
        let listed = self.find(named)?;
        if listed.live {
            return Ok(listed);
        }
        // If the supervisor was killed, the run may look as if it were running, and its processes may still work.
        if state(listed)?.end.is_none() {
            let works = folder::has_running_step(&listed.folder).unwrap_or(true);
            let cause = if works { "what it began still works" } else { "nothing of it works" };
            let report = Report::usage(format!("{} has stopped: its supervisor was killed", listed.run)).cause(cause);
            return Err(report.hint(format!("`cockpit infra resume {}` resumes it; then try again", listed.run)));
        }
        Err(Report::usage(format!("{} is not going on", listed.run)).hint("`cockpit infra runs` lists those that are"))
    }
}

/// Refuses a change with `--read-only`.
pub(super) fn check_writable(context: &Context) -> Result<(), Report> {
    if !context.global.read_only {
        return Ok(());
    }
    let text = "nothing was changed: --read-only refuses every change";
    Err(Report::new("refused", text, ExitCode::Refused).hint("leave --read-only out"))
}

/// Reads the state of a run.
pub(super) fn state(listed: &ListedRun) -> Result<RunState, Report> {
    let events = Reader::new(0).read_all(&listed.folder).map_err(|error| {
        Report::new("system", format!("{} cannot be read", listed.run), ExitCode::Failed).caused_by(&error)
    })?;
    Ok(RunState::of(&events.events))
}

/// Resumes a run, unless it is running.
pub(super) async fn resume_unless_running(
    context: &Context,
    runs: &EnvironmentRuns,
    listed: &ListedRun,
) -> Result<(), Report> {
    check_writable(context)?;
    if listed.live {
        return Ok(());
    }
    resume_run(&runs.environment.name, &listed.folder).await
}

/// Resumes a run without a live supervisor.
pub(super) async fn resume_run(environment: &str, run: &Path) -> Result<(), Report> {
    // A run's folder is in the folder of its environment, which is in the folder of all runs.
    let runs = run.parent().and_then(Path::parent).unwrap_or(run);
    start::resume(&start::this_program(), runs, run, &audit::current_process(), Timestamp::now())
        .await
        .map_err(|error| start_error(environment, &error))
}

/// Returns the refusal for a state that belongs to another AWS; `message` ends with the name of that state.
pub(super) fn other_aws_error(message: &str, why: String) -> Report {
    Report::new("refused", format!("{message} is of another AWS"), ExitCode::Refused).cause(why).hint(HINT)
}

/// Converts the reason why a run was not started to an error.
pub(super) fn start_error(environment: &str, error: &NotStarted) -> Report {
    use crate::infra::run::folder::LockError;
    match error {
        NotStarted::LockError(LockError::Taken(_)) => {
            Report::new("refused", format!("a run of {environment} is going on already"), ExitCode::Refused)
                .cause(error.sentence())
                .hint("`cockpit infra attach` follows it, `cockpit infra cancel` stops it")
        }
        NotStarted::LockError(LockError::StepsRunning(run)) => {
            Report::new("refused", format!("a run of {environment} still works"), ExitCode::Refused)
                .cause(error.sentence())
                .hint(format!("`cockpit infra resume {run}` resumes it"))
        }
        NotStarted::OtherWorld(why) => {
            other_aws_error(&format!("nothing of {environment} is planned: a state"), why.clone())
        }
        NotStarted::DiffersFromTerragrunt(why) => {
            let message = format!("nothing of {environment} is planned or destroyed");
            Report::new("refused", message, ExitCode::Refused).cause(why.clone())
        }
        NotStarted::InterruptedMove(unit, _) => {
            let (why, hint) = move_journal::words(unit, environment);
            Report::new("refused", format!("nothing of {environment} is planned or changed"), ExitCode::Refused)
                .cause(why)
                .hint(hint)
        }
        NotStarted::LockError(LockError::Io(_)) | NotStarted::Io(_) => {
            Report::new("system", "the run cannot be started", ExitCode::Failed).cause(error.sentence())
        }
    }
}
