//! The lock of a state: who holds it, and releasing one that was left behind.

use super::environment::ChildEnvironment;
use super::short_calls::ToolCall;
use super::tools;
use super::unit_queries::Access;
use crate::model::infra::lock::{Lock, parse};
use crate::model::infra::{InfraError, InfraErrorKind};
use std::path::Path;

/// Whether the holder of a lock may still be working.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HolderState {
    /// It was taken on another machine.
    OtherMachine(String),
    /// Terraform runs on this machine, with these process IDs.
    MaybeRunning(Vec<String>),
    /// It was taken on this machine, and no Terraform runs here.
    Gone,
    /// It is not known.
    Unknown,
}

impl HolderState {
    /// Returns it as a sentence for a person.
    pub fn sentence(&self) -> String {
        match self {
            Self::OtherMachine(host) => format!("it was taken on {host}: ask there whether it still works"),
            Self::MaybeRunning(processes) => {
                format!("Terraform runs on this machine (process {}): it may be the one", processes.join(", "))
            }
            Self::Gone => "no Terraform runs on this machine, where it was taken: it was left behind".to_owned(),
            Self::Unknown => "it is not known whether it still works".to_owned(),
        }
    }
}

/// An address that no resource has. Terraform takes the lock to look for it, finds nothing, and releases the lock.
const NO_SUCH_ADDRESS: &str = "terraform_data.cockpit_looks_at_the_lock";

/// Returns the lock of a unit's state, if there is one. To find it, the lock is taken for a moment; nothing is changed.
///
/// # Errors
/// If the state cannot be read.
pub async fn find_lock(access: &Access<'_>) -> Result<Option<Lock>, InfraError> {
    let message = format!("the state of {} cannot be read", access.unit.name);
    access.read(&["state", "pull"], &message).await?;
    let dir = access.dir().await?;
    let question = access.state_call(&dir).arguments(["state", "rm", "-dry-run", "-lock-timeout=0s", NO_SUCH_ADDRESS]);
    let answer = question.run(&access.child_environment()).await?;
    Ok(parse(&answer.stderr_tail))
}

/// Releases a lock.
///
/// # Errors
/// If Terraform refuses, because the lock has changed meanwhile.
pub async fn release(access: &Access<'_>, lock: &Lock) -> Result<(), InfraError> {
    let dir = access.dir().await?;
    let question = access.state_call(&dir).arguments(["force-unlock", "-force", &lock.id]);
    question
        .run_checked(&access.child_environment(), &format!("the lock of {} cannot be released", access.unit.name))
        .await?;
    match find_lock(access).await? {
        None => Ok(()),
        Some(other) => {
            Err(InfraError::new(InfraErrorKind::Failed, format!("{} is locked by {}", access.unit.name, other.who)))
        }
    }
}

/// Determines whether the holder of a lock may still be working.
pub async fn holder_state(lock: &Lock, surroundings: &ChildEnvironment) -> HolderState {
    let Some((_, host)) = lock.who.rsplit_once('@') else { return HolderState::Unknown };
    let own = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if own != host {
        return HolderState::OtherMachine(host.to_owned());
    }
    let Some(ps) = tools::on_path("ps", surroundings) else { return HolderState::Unknown };
    let question = ToolCall::new(&ps, Path::new("/")).arguments(["-A", "-o", "pid=,comm="]);
    let Ok(answer) = question.run_checked(surroundings, "").await else { return HolderState::Unknown };
    let output = String::from_utf8_lossy(&answer.stdout).into_owned();
    let processes: Vec<String> = output
        .lines()
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .filter(|(_, program)| program.trim().rsplit('/').next() == Some("terraform"))
        .map(|(pid, _)| pid.to_owned())
        .collect();
    if processes.is_empty() { HolderState::Gone } else { HolderState::MaybeRunning(processes) }
}
