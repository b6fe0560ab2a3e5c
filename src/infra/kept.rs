//! A state that Terraform could not write at the end of an apply, and kept beside the code: what it has beside the state as it is
//! now, and having it take that state's place.

use super::access::Access;
use crate::model::infra::state::Mark;
use crate::model::infra::{Trouble, TroubleKind};
use std::path::{Path, PathBuf};

/// The file's name once its state was pushed.
const PUSHED: &str = "tfstate.pushed";

/// A kept state beside the state as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub file: PathBuf,
    /// Which state it is, and how far.
    pub mark: Mark,
    /// The mark of the state as it is now; none where there is none.
    pub now: Option<Mark>,
}

impl Kept {
    /// Reads both. Nothing is changed.
    ///
    /// # Errors
    /// The file is no state, or the state cannot be read.
    pub async fn read(access: &Access<'_>, file: &Path) -> Result<Self, Trouble> {
        let mark = mark(file)?;
        let what = format!("the state of {} cannot be read", access.unit.name);
        let now = access.read(&["state", "pull"], &what).await?;
        Ok(Self { file: file.to_owned(), mark, now: Mark::of(&now.out) })
    }

    /// Both states, one line each.
    pub fn lines(&self) -> [String; 2] {
        let now = self.now.as_ref();
        let now =
            now.map_or_else(|| "there is no state now".to_owned(), |now| format!("the state is now: {}", now.words()));
        [format!("kept in {}: {}", self.file.display(), self.mark.words()), now]
    }

    /// Why it does not take the place of the state; none where it may.
    pub fn refused(&self) -> Option<String> {
        let now = self.now.as_ref()?;
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

    /// Pushes it, as it was read; what is said where it could not be set aside afterwards.
    ///
    /// # Errors
    /// It is another one by now, or as Terraform says, which itself refuses one that is older than the state.
    pub async fn push(&self, access: &Access<'_>) -> Result<Option<String>, Trouble> {
        if let Some(why) = self.refused() {
            return Err(not_pushed(&self.file).cause(why));
        }
        if mark(&self.file)? != self.mark {
            return Err(not_pushed(&self.file).cause("it is not the one that was shown"));
        }
        let dir = access.dir().await?;
        let absolute = std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone());
        let question = access.state_question(&dir).arguments(["state", "push"]).arguments([&absolute]);
        let what = format!("the state of {} cannot be pushed", access.unit.name);
        question.ask_well(&access.surroundings(), &what).await?;
        let renamed = std::fs::rename(&self.file, self.file.with_extension(PUSHED));
        Ok(renamed
            .err()
            .map(|error| format!("it is pushed; {} cannot be renamed, remove it: {error}", self.file.display())))
    }
}

fn mark(file: &Path) -> Result<Mark, Trouble> {
    let bytes = std::fs::read(file).map_err(|error| {
        Trouble::new(TroubleKind::Failed, format!("{} cannot be read", file.display())).cause(error.to_string())
    })?;
    Mark::of(&bytes).ok_or_else(|| not_pushed(file).cause("it is not a state"))
}

fn not_pushed(file: &Path) -> Trouble {
    Trouble::new(TroubleKind::Refused, format!("{} is not pushed", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(serial: u64, now: Option<(&str, u64)>) -> Kept {
        let of = |lineage: &str, serial| Mark { lineage: lineage.into(), serial, content: json!([[], {}]) };
        Kept {
            file: "/a/errored.tfstate".into(),
            mark: of("one", serial),
            now: now.map(|(lineage, serial)| of(lineage, serial)),
        }
    }

    #[test]
    fn what_is_of_another_state_or_older_than_it_does_not_take_its_place() {
        assert_eq!(kept(3, None).refused(), None, "there is none yet");
        assert_eq!(kept(3, Some(("one", 2))).refused(), None);
        assert!(kept(3, Some(("two", 2))).refused().is_some_and(|why| why.contains("of another state")));
        assert!(kept(3, Some(("one", 4))).refused().is_some_and(|why| why.contains("was written since")));
        let lines = kept(3, None).lines();
        assert!(lines[0].contains("/a/errored.tfstate: serial 3") && lines[1] == "there is no state now", "{lines:?}");
    }

    #[test]
    fn a_file_that_is_no_state_is_said_to_be_none() {
        let file = std::env::temp_dir().join(format!("cockpit-kept-{}", std::process::id()));
        std::fs::write(&file, "{}").unwrap();
        let trouble = mark(&file).unwrap_err();
        std::fs::remove_file(&file).unwrap();
        assert_eq!((trouble.kind, trouble.causes), (TroubleKind::Refused, vec!["it is not a state".to_owned()]));
        assert_eq!(mark(&file).unwrap_err().kind, TroubleKind::Failed);
    }
}
