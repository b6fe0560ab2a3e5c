//! A state that Terraform could not write at the end of an apply and stored beside the code: compares it with the current state,
//! and pushes it.

use super::unit_queries::Access;
use crate::model::infra::state::StateIdentity;
use crate::model::infra::{InfraError, InfraErrorKind};
use std::path::{Path, PathBuf};

/// The extension of the file after its state was pushed.
const PUSHED: &str = "tfstate.pushed";

/// A stored state, and the current one.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredState {
    pub file: PathBuf,
    /// The lineage, serial and content of the stored state.
    pub mark: StateIdentity,
    /// The mark of the current state, if there is one.
    pub current: Option<StateIdentity>,
}

impl StoredState {
    /// Reads both states. Nothing is changed.
    ///
    /// # Errors
    /// If the file is not a state, or the current state cannot be read.
    pub async fn read(access: &Access<'_>, file: &Path) -> Result<Self, InfraError> {
        let mark = mark(file)?;
        let message = format!("the state of {} cannot be read", access.unit.name);
        let now = access.read(&["state", "pull"], &message).await?;
        Ok(Self { file: file.to_owned(), mark, current: StateIdentity::of(&now.stdout) })
    }

    /// Describes both states, in one line each.
    pub fn describe(&self) -> [String; 2] {
        let now = self.current.as_ref();
        let now = now
            .map_or_else(|| "there is no state now".to_owned(), |now| format!("the state is now: {}", now.describe()));
        [format!("kept in {}: {}", self.file.display(), self.mark.describe()), now]
    }

    /// Returns why the stored state must not replace the current one; `None` if it may.
    pub fn refusal(&self) -> Option<String> {
        let now = self.current.as_ref()?;
        if now.lineage != self.mark.lineage {
            return Some(format!(
                "it is of another state: its lineage is {}, and not {}",
                self.mark.lineage, now.lineage
            ));
        }
        (now.serial > self.mark.serial).then(|| {
            format!(
                "the state was written since: its serial is {} by now, and that of what was kept {}",
                now.serial, self.mark.serial
            )
        })
    }

    /// Pushes the stored state as it was read. Returns a message if the file could not be renamed afterwards.
    ///
    /// # Errors
    /// If the file has changed, or the error of Terraform, which itself rejects a state older than the current one.
    pub async fn push(&self, access: &Access<'_>) -> Result<Option<String>, InfraError> {
        if let Some(why) = self.refusal() {
            return Err(not_pushed(&self.file).cause(why));
        }
        if mark(&self.file)? != self.mark {
            return Err(not_pushed(&self.file).cause("it is not the one that was shown"));
        }
        let dir = access.dir().await?;
        let absolute = std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone());
        let question = access.state_call(&dir).arguments(["state", "push"]).arguments([&absolute]);
        let message = format!("the state of {} cannot be pushed", access.unit.name);
        question.run_checked(&access.child_environment(), &message).await?;
        let renamed = std::fs::rename(&self.file, self.file.with_extension(PUSHED));
        Ok(renamed
            .err()
            .map(|error| format!("it is pushed; {} cannot be renamed, remove it: {error}", self.file.display())))
    }
}

fn mark(file: &Path) -> Result<StateIdentity, InfraError> {
    let bytes = std::fs::read(file).map_err(|error| {
        InfraError::new(InfraErrorKind::Failed, format!("{} cannot be read", file.display())).cause(error.to_string())
    })?;
    StateIdentity::of(&bytes).ok_or_else(|| not_pushed(file).cause("it is not a state"))
}

fn not_pushed(file: &Path) -> InfraError {
    InfraError::new(InfraErrorKind::Refused, format!("{} is not pushed", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(serial: u64, now: Option<(&str, u64)>) -> StoredState {
        let of = |lineage: &str, serial| StateIdentity { lineage: lineage.into(), serial, content: json!([[], {}]) };
        StoredState {
            file: "/a/errored.tfstate".into(),
            mark: of("one", serial),
            current: now.map(|(lineage, serial)| of(lineage, serial)),
        }
    }

    #[test]
    fn other_lineage_or_older_serial_is_refused() {
        assert_eq!(kept(3, None).refusal(), None, "there is no state yet");
        assert_eq!(kept(3, Some(("one", 2))).refusal(), None);
        assert!(kept(3, Some(("two", 2))).refusal().is_some_and(|why| why.contains("of another state")));
        assert!(kept(3, Some(("one", 4))).refusal().is_some_and(|why| why.contains("was written since")));
        let lines = kept(3, None).describe();
        assert!(lines[0].contains("/a/errored.tfstate: serial 3") && lines[1] == "there is no state now", "{lines:?}");
    }

    #[test]
    fn file_without_a_state_is_rejected() {
        let file = std::env::temp_dir().join(format!("cockpit-kept-{}", std::process::id()));
        std::fs::write(&file, "{}").unwrap();
        let trouble = mark(&file).unwrap_err();
        std::fs::remove_file(&file).unwrap();
        assert_eq!((trouble.kind, trouble.causes), (InfraErrorKind::Refused, vec!["it is not a state".to_owned()]));
        assert_eq!(mark(&file).unwrap_err().kind, InfraErrorKind::Failed);
    }
}
