//! The lock of a state: who holds it, and releasing one that somebody left behind.

use super::access::Access;
use super::ask::Question;
use super::surroundings::ChildEnvironment;
use super::tools;
use crate::model::infra::lock::{Lock, parse};
use crate::model::infra::{Trouble, TroubleKind};
use std::path::Path;

/// Whether whoever holds a lock may still be at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alive {
    /// It was taken on another machine.
    Elsewhere(String),
    /// Terraform runs on this machine, as these processes.
    Perhaps(Vec<String>),
    /// No Terraform runs on this machine, on which it was taken.
    Gone,
    /// It is not known.
    Unknown,
}

impl Alive {
    /// The sentence that a person reads.
    pub fn sentence(&self) -> String {
        match self {
            Self::Elsewhere(host) => format!("it was taken on {host}: ask there whether it still works"),
            Self::Perhaps(processes) => {
                format!("Terraform runs on this machine (process {}): it may be the one", processes.join(", "))
            }
            Self::Gone => "no Terraform runs on this machine, where it was taken: it was left behind".to_owned(),
            Self::Unknown => "whether it still works cannot be told".to_owned(),
        }
    }
}

/// An address that no resource has: Terraform takes the lock to look for it, finds nothing, and lets go.
const NOWHERE: &str = "terraform_data.cockpit_looks_at_the_lock";

/// The lock of a unit's state, if there is one. It is found by taking it for a moment, without changing anything.
///
/// # Errors
/// The state cannot be read.
pub async fn look(access: &Access<'_>) -> Result<Option<Lock>, Trouble> {
    let what = format!("the state of {} cannot be read", access.unit.name);
    access.read(&["state", "pull"], &what).await?;
    let dir = access.dir().await?;
    let question = access.state_question(&dir).arguments(["state", "rm", "-dry-run", "-lock-timeout=0s", NOWHERE]);
    let answer = question.ask(&access.surroundings()).await?;
    Ok(parse(&answer.err))
}

/// Releases a lock.
///
/// # Errors
/// Terraform refuses: it is another one by now.
pub async fn release(access: &Access<'_>, lock: &Lock) -> Result<(), Trouble> {
    let dir = access.dir().await?;
    let question = access.state_question(&dir).arguments(["force-unlock", "-force", &lock.id]);
    question.ask_well(&access.surroundings(), &format!("the lock of {} cannot be released", access.unit.name)).await?;
    match look(access).await? {
        None => Ok(()),
        Some(other) => {
            Err(Trouble::new(TroubleKind::Failed, format!("{} is locked by {}", access.unit.name, other.who)))
        }
    }
}

/// Whether whoever holds a lock may still be at work.
pub async fn alive(lock: &Lock, surroundings: &ChildEnvironment) -> Alive {
    let Some((_, host)) = lock.who.rsplit_once('@') else { return Alive::Unknown };
    let own = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if own != host {
        return Alive::Elsewhere(host.to_owned());
    }
    let Some(ps) = tools::on_path("ps", surroundings) else { return Alive::Unknown };
    let question = Question::new(&ps, Path::new("/")).arguments(["-A", "-o", "pid=,comm="]);
    let Ok(answer) = question.ask_well(surroundings, "").await else { return Alive::Unknown };
    let said = String::from_utf8_lossy(&answer.out).into_owned();
    let processes: Vec<String> = said
        .lines()
        .filter_map(|line| line.trim().split_once(char::is_whitespace))
        .filter(|(_, program)| program.trim().rsplit('/').next() == Some("terraform"))
        .map(|(pid, _)| pid.to_owned())
        .collect();
    if processes.is_empty() { Alive::Gone } else { Alive::Perhaps(processes) }
}
