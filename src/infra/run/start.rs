//! Starts what drives a run and hands the run over: from then on it needs nobody.

use super::folder::{self, Holder, LockError};
use super::{begins, moving, steps, world};
use crate::model::infra::Order;
use crate::model::infra::run_event::Who;
use jiff::Timestamp;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

/// The limit for a new supervisor to say that it drives the run; it takes a few hundredths of that.
const STANDS: Duration = Duration::from_secs(10);

/// The supervisor's word then.
pub const READY: &str = "ready\n";

/// Why a run is not driven.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// Another run of the environment is going on.
    #[error(transparent)]
    LockError(#[from] LockError),
    /// A state is of another AWS than the run: which, and of which.
    #[error("{0}")]
    OtherWorld(String),
    /// A run would do it in another way than Terragrunt: why, with what to do.
    #[error("{0}")]
    Around(String),
    /// The state of a unit is between two places, in an environment.
    #[error("{}", moving::words(.0, .1).0)]
    Moving(String, String),
    /// Something that it needs is not there.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl NotStarted {
    /// A sentence that says who holds it up.
    pub fn words(&self) -> String {
        match self {
            Self::LockError(LockError::Taken(Some(Holder { run, by, since }))) if !run.is_empty() => {
                format!("{run} is going on, started by {} on {} at {since:.0} (process {})", by.user, by.host, by.pid)
            }
            Self::OtherWorld(why) => format!("{why}\n→ {}", crate::model::infra::world::HINT),
            Self::Moving(unit, environment) => {
                let (why, hint) = moving::words(unit, environment);
                format!("{why}\n→ {hint}")
            }
            other => other.to_string(),
        }
    }
}

/// The program that runs here, also where its file was replaced or removed since.
pub fn this_program() -> PathBuf {
    let named = std::env::current_exe().ok().filter(|path| path.exists());
    named.unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

/// Starts a run: its folder. It stands on its own when this returns; `cockpit` is the program that drives it.
///
/// # Errors
/// When another run of the environment is going on, or it cannot be started: then there is no run.
pub async fn start(cockpit: &Path, runs: &Path, order: &Order, now: Timestamp) -> Result<PathBuf, NotStarted> {
    let runs = std::path::absolute(runs)?;
    let holder = |run: &str| Holder { run: run.to_owned(), by: order.by.clone(), since: now };
    in_place(order)?;
    if let Some(why) = steps::refused(order) {
        return Err(NotStarted::Around(why));
    }
    if let Some(why) = world::other(&runs, order) {
        return Err(NotStarted::OtherWorld(why));
    }
    // Asked before there is a folder: a run that is refused leaves none.
    drop(folder::hold(&runs, &order.environment, &holder(""))?);
    // A state has its own lock; two that change one environment are more than its states.
    for other in folder::list(&runs, &order.environment)?.iter().filter(|run| !run.live) {
        if folder::works(&other.folder)? {
            return Err(LockError::Works(other.run.clone()).into());
        }
    }
    let run = folder::new_run(&runs, order, now)?;
    let driven = drive(cockpit, &runs, &run, &order.environment, &holder(&folder::name(&run)), STANDS).await;
    if driven.is_err() {
        // Nobody has been told of it: it is as if it had not been asked for.
        std::fs::remove_dir_all(&run)?;
    }
    driven.map(|()| run)
}

/// Has a run that was begun before go on, where its supervisor was killed or has ended.
///
/// # Errors
/// When it is driven already, when another run of the environment is going on, or when it cannot be started.
pub async fn resume(cockpit: &Path, runs: &Path, run: &Path, by: &Who, now: Timestamp) -> Result<(), NotStarted> {
    let (runs, run) = (std::path::absolute(runs)?, std::path::absolute(run)?);
    let order = folder::order(&run)?;
    in_place(&order)?;
    let holder = Holder { run: folder::name(&run), by: by.clone(), since: now };
    drive(cockpit, &runs, &run, &order.environment, &holder, STANDS).await
}

/// A state that is between two places would be planned as if it were not there.
fn in_place(order: &Order) -> Result<(), NotStarted> {
    match moving::between(order.units.iter().chain(&order.reads)) {
        Some(unit) => Err(NotStarted::Moving(unit.to_owned(), order.environment.clone())),
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
    let (lock, of) = (folder::hold(runs, environment, holder)?, runs.to_owned());
    // From here on until it is driven, nothing else says that its caches are needed.
    let _begins = tokio::task::spawn_blocking(move || begins::one(&of)).await.map_err(io::Error::other)??;
    // The lock is handed over as its standard input, and so held from now on.
    let mut child = Command::new(cockpit)
        .args(["internal", "infra-supervisor"])
        .arg(run)
        .stdin(Stdio::from(lock))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (mut said, mut complaint) = (String::new(), String::new());
    let stands = async {
        let (Some(mut out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) else { return };
        let mut first = [0; READY.len()];
        let read = out.read_exact(&mut first).await;
        said = String::from_utf8_lossy(&first).into_owned();
        if read.is_err() || said != READY {
            let _ = err.read_to_string(&mut complaint).await;
        }
    };
    match tokio::time::timeout(limit, stands).await {
        Ok(()) if said == READY => Ok(()),
        Ok(()) => Err(io::Error::other(format!("what drives it has ended: {}", complaint.trim())).into()),
        Err(_) => {
            // It is said not to be driven: what came to it later, as when a full disk has room again, would drive it all the same.
            let _ = child.kill().await;
            let text = format!("what drives it did not say within {} s that it stands", limit.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, text).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{begins, steps};
    use super::*;
    use crate::model::infra::run_event::Goal;
    use futures_util::future::poll_immediate;
    use std::os::unix::fs::PermissionsExt as _;

    /// A folder for runs, and a program that drives them so.
    fn lab(name: &str, script: &str) -> (PathBuf, PathBuf, PathBuf) {
        let root = std::env::temp_dir().join(format!("cockpit-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let (runs, cockpit) = (root.join("runs"), root.join("cockpit"));
        // Written by another process: a child of another test would keep it open for writing while it is to be started.
        let write = ["-c", "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\""];
        let written = std::process::Command::new("/bin/sh").args(write).arg(&cockpit).arg(script).status();
        assert!(written.unwrap().success());
        std::fs::set_permissions(&cockpit, std::fs::Permissions::from_mode(0o700)).unwrap();
        (root, runs, cockpit)
    }

    #[tokio::test]
    async fn what_does_not_stand_in_time_does_not_drive_the_run_later() {
        let (root, runs, cockpit) = lab("stands", "exec sleep 600");
        let order = steps::tests::order(Goal::Apply);
        let run = folder::new_run(&runs, &order, Timestamp::now()).unwrap();
        let holder = Holder { run: folder::name(&run), by: order.by.clone(), since: Timestamp::now() };
        let late = drive(&cockpit, &runs, &run, &order.environment, &holder, Duration::ZERO).await;
        assert!(late.unwrap_err().words().starts_with("what drives it did not say"));
        let free = folder::hold(&runs, &order.environment, &holder);
        assert!(free.is_ok(), "it holds the environment still: {free:?}");
        std::fs::remove_dir_all(root).unwrap();
    }

    #[tokio::test]
    async fn no_run_begins_while_caches_are_removed() {
        let (root, runs, cockpit) = lab("begins", "echo > \"$0.drove\"\necho ready");
        let drove = root.join("cockpit.drove");
        let order = steps::tests::order(Goal::Plan);
        let removal = begins::none(&runs).unwrap();
        let mut begun = Box::pin(start(&cockpit, &runs, &order, Timestamp::now()));
        assert!(poll_immediate(&mut begun).await.is_none() && !drove.exists(), "it waits");
        drop(removal);
        let run = begun.await.unwrap();
        assert!(drove.exists() && run.is_dir());
        let all = begins::none(&runs);
        assert!(all.is_ok(), "it has begun");
        std::fs::remove_dir_all(root).unwrap();
    }
}
