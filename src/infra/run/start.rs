//! Starts the supervisor of a run. From then on the run is independent of its starter.

use super::folder::{self, Holder, LockError};
use super::{move_journal, start_lock, state_endpoints, steps};
use crate::model::infra::RunOrder;
use crate::model::infra::run_event::Actor;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// The time limit for a new supervisor to report that it is ready; it takes a few hundredths of that.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// The line that the supervisor prints when it is ready.
pub const READY: &str = "ready\n";

/// Why a run was not started.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// Another run of the environment is in progress.
    #[error(transparent)]
    LockError(#[from] LockError),
    /// A state belongs to another AWS than the run, with both.
    #[error("{0}")]
    OtherWorld(String),
    /// A run would treat a unit differently than Terragrunt does; the reason, and what to do.
    #[error("{0}")]
    DiffersFromTerragrunt(String),
    /// The move of a unit's state was interrupted; the unit and the environment.
    #[error("{}", move_journal::words(.0, .1).0)]
    InterruptedMove(String, String),
    /// Something that the run needs is missing.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl NotStarted {
    /// Returns a sentence, including who runs the other run.
    pub fn sentence(&self) -> String {
        match self {
            Self::LockError(LockError::Taken(Some(Holder { run, by, since }))) if !run.is_empty() => {
                format!("{run} is going on, started by {} on {} at {since:.0} (process {})", by.user, by.host, by.pid)
            }
            Self::OtherWorld(why) => format!("{why}\n→ {}", crate::model::infra::state_endpoint::HINT),
            Self::InterruptedMove(unit, environment) => {
                let (why, hint) = move_journal::words(unit, environment);
                format!("{why}\n→ {hint}")
            }
            other => other.to_string(),
        }
    }
}

/// Returns the running program, even if its file was replaced or removed meanwhile.
pub fn this_program() -> PathBuf {
    let named = std::env::current_exe().ok().filter(|path| path.exists());
    named.unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Starts a run and returns its folder. The run is independent when this returns. `cockpit` is the program of the supervisor.
///
/// # Errors
/// If another run of the environment is in progress, or it cannot be started; then no run is created.
pub async fn start(cockpit: &Path, runs: &Path, order: &RunOrder, now: Timestamp) -> Result<PathBuf, NotStarted> {
    let runs = std::path::absolute(runs)?;
    let holder = |run: &str| Holder { run: run.to_owned(), by: order.by.clone(), since: now };
    check_in_place(order)?;
    if let Some(why) = steps::refusal(order) {
        return Err(NotStarted::DiffersFromTerragrunt(why));
    }
    if let Some(why) = state_endpoints::other_world(&runs, order) {
        return Err(NotStarted::OtherWorld(why));
    }
    // Checked before the folder is created, so that a refused run leaves none.
    drop(folder::lock_environment(&runs, &order.environment, &holder(""))?);
    // Each state has its own lock, but two changes of an environment affect more than its states.
    for other in folder::list(&runs, &order.environment)?.iter().filter(|run| !run.live) {
        if folder::has_running_step(&other.folder)? {
            return Err(LockError::StepsRunning(other.run.clone()).into());
        }
    }
    let run = folder::new_run(&runs, order, now)?;
    let driven = drive(cockpit, &runs, &run, &order.environment, &holder(&folder::name(&run)), READY_LIMIT).await;
    if driven.is_err() {
        // Nobody knows of the run yet, so remove it.
        std::fs::remove_dir_all(&run)?;
    }
    driven.map(|()| run)
}

/// Resumes a run whose supervisor was killed or has ended.
///
/// # Errors
/// If it has a supervisor, another run of the environment is in progress, or it cannot be started.
pub async fn resume(cockpit: &Path, runs: &Path, run: &Path, by: &Actor, now: Timestamp) -> Result<(), NotStarted> {
    let (runs, run) = (std::path::absolute(runs)?, std::path::absolute(run)?);
    let order = folder::order(&run)?;
    check_in_place(&order)?;
    let holder = Holder { run: folder::name(&run), by: by.clone(), since: now };
    drive(cockpit, &runs, &run, &order.environment, &holder, READY_LIMIT).await
}

/// Rejects units whose state is being moved: they would be planned as if they had no state.
fn check_in_place(order: &RunOrder) -> Result<(), NotStarted> {
    match move_journal::interrupted_unit(order.units.iter().chain(&order.reads)) {
        Some(unit) => Err(NotStarted::InterruptedMove(unit.to_owned(), order.environment.clone())),
        None => Ok(()),
    }
}

async fn drive(
    cockpit: &Path,
    runs: &Path,
    run: &Path,
    environment: &str,
    holder: &Holder,
    limit: Duration,
) -> Result<(), NotStarted> {
    let (lock, of) = (folder::lock_environment(runs, environment, holder)?, runs.to_owned());
    // Until the run has a supervisor, only this lock shows that its caches are needed.
    let _begins =
        tokio::task::spawn_blocking(move || start_lock::lock_for_start(&of)).await.map_err(io::Error::other)??;
    // The lock is passed as standard input, and thus held from now on.
    let mut child = Command::new(cockpit)
        .args(["internal", "infra-supervisor"])
        .arg(run)
        .stdin(Stdio::from(lock))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (mut first_output, mut errors) = (String::new(), String::new());
    let ready = async {
        let (Some(mut out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) else { return };
        let mut first = [0; READY.len()];
        let read = out.read_exact(&mut first).await;
        first_output = String::from_utf8_lossy(&first).into_owned();
        if read.is_err() || first_output != READY {
            let _ = err.read_to_string(&mut errors).await;
        }
    };
    match tokio::time::timeout(limit, ready).await {
        Ok(()) if first_output == READY => Ok(()),
        Ok(()) => Err(io::Error::other(format!("its supervisor has ended: {}", errors.trim())).into()),
        Err(_) => {
            // It is reported as not started, so it must not drive the run later, for example when a full disk has room again.
            let _ = child.kill().await;
            let text = format!("its supervisor was not ready within {} s", limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, text).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{start_lock, steps};
    use super::*;
    use crate::model::infra::run_event::Goal;
    use futures_util::future::poll_immediate;
    use std::os::unix::fs::PermissionsExt as _;

    /// Creates a folder for runs, and a program that acts as their supervisor.
    fn fake_cockpit(name: &str, script: &str) -> (PathBuf, PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("cockpit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let (runs, cockpit) = (root.join("runs"), root.join("cockpit"));
        // Written by another process: a child of a concurrent test could keep it open for writing, so that it could not be
        // started.
        let write = ["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\""];
        let written = std::process::Command::new("/bin/sh").args(write).arg(&cockpit).arg(script).status();
        assert!(written.unwrap().success());
        std::fs::set_permissions(&cockpit, std::fs::Permissions::from_mode(0o700)).unwrap();
        (root, runs, cockpit)
    }

    #[tokio::test]
    async fn supervisor_that_is_not_ready_in_time_is_killed() {
        let (root, runs, cockpit) = fake_cockpit("stands", "exec sleep 600");
        let order = steps::tests::order(Goal::Apply);
        let run = folder::new_run(&runs, &order, Timestamp::now()).unwrap();
        let holder = Holder { run: folder::name(&run), by: order.by.clone(), since: Timestamp::now() };
        let late = drive(&cockpit, &runs, &run, &order.environment, &holder, Duration::ZERO).await;
        assert!(late.unwrap_err().sentence().starts_with("its supervisor was not ready"));
        let free = folder::lock_environment(&runs, &order.environment, &holder);
        assert!(free.is_ok(), "the environment is still locked: {free:?}");
        std::fs::remove_dir_all(root).unwrap();
    }

    #[tokio::test]
    async fn no_run_starts_while_caches_are_removed() {
        let (root, runs, cockpit) = fake_cockpit("begins", "echo > \"$0.drove\"\necho ready");
        let drove = root.join("cockpit.drove");
        let order = steps::tests::order(Goal::Plan);
        let removal = start_lock::lock_against_starts(&runs).unwrap();
        let mut begun = Box::pin(start(&cockpit, &runs, &order, Timestamp::now()));
        assert!(poll_immediate(&mut begun).await.is_none() && !drove.exists(), "the start waits for the removal");
        drop(removal);
        let run = begun.await.unwrap();
        assert!(drove.exists() && run.is_dir());
        let lock = start_lock::lock_against_starts(&runs);
        assert!(lock.is_ok(), "a started run no longer holds the lock");
        std::fs::remove_dir_all(root).unwrap();
    }
}
