//! Environments or units that share one state, so that what one of them applies, the next plan of the other changes or
//! destroys.

use super::path::plain;
use super::remote_state::Address;
use super::unit::Unit;
use std::path::{Path, PathBuf};

/// The location of an environment's state, as far as it is known without requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateLocation {
    pub environment: String,
    /// Its endpoint: the same bucket name on an emulator is another bucket.
    pub endpoint: Option<String>,
    /// The owner of the state.
    pub owner: StateOwner,
}

/// The owner of a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateOwner {
    /// All units that Terragrunt finds in a folder.
    Folder(PathBuf),
    /// A Terraform unit, and the location of the state in its code.
    Unit(Box<Unit>, Option<Address>),
}

/// Returns a sentence for each pair of environments that share a state.
pub fn environment_warnings(states: &[StateLocation]) -> Vec<String> {
    let mut sentences = Vec::new();
    for (at, one) in states.iter().enumerate() {
        for other in states[..at].iter().filter(|other| other.environment != one.environment) {
            sentences.extend(shared_state(other, one));
        }
    }
    sentences
}

/// Returns a sentence if two states of different environments are the same.
fn shared_state(first: &StateLocation, second: &StateLocation) -> Option<String> {
    let [a, b] = [first, second].map(|kept| kept.environment.as_str());
    match (&first.owner, &second.owner) {
        (StateOwner::Folder(one), StateOwner::Folder(other)) => {
            let folder = [one, other].into_iter().max_by_key(|folder| folder.components().count())?;
            let shared = one.starts_with(other) || other.starts_with(one);
            shared.then(|| {
                format!(
                    "`{a}` and `{b}` both have the units in {}: unless their code tells the two apart, each has one state, and what \
                     one environment applies the other changes or destroys. Give each its own folder",
                    folder.display()
                )
            })
        }
        (StateOwner::Unit(one, own), StateOwner::Unit(other, others)) => {
            let is_s3 = matches!(own, Some(Address::S3(..)));
            if is_s3 && first.endpoint != second.endpoint {
                return None;
            }
            let place = one_place((one.as_ref(), own.as_ref()), (other.as_ref(), others.as_ref()))?;
            Some(format!(
                "`{}` of `{a}` and `{}` of `{b}` are one state, {place}: what one environment applies the other changes or destroys. \
                 Give one of them another `workspace`, or another place in its code",
                one.name, other.name
            ))
        }
        (StateOwner::Folder(_), StateOwner::Unit(..)) | (StateOwner::Unit(..), StateOwner::Folder(_)) => None,
    }
}

/// Returns a sentence for each pair of units whose code names the same location. Named workspaces are not compared,
/// because their location has more parts.
pub fn shared_state_warnings(units: &[(&Unit, Option<&Address>)]) -> Vec<String> {
    let mut sentences = Vec::new();
    let is_default = |unit: &Unit| unit.workspace.as_deref().is_none_or(|name| name == "default");
    for (at, (unit, own)) in units.iter().enumerate().filter(|(_, (unit, _))| is_default(unit)) {
        for (other, others) in &units[..at] {
            sentences.extend(one_place((*other, *others), (*unit, *own)).map(|place| {
                format!(
                    "{} and {} are one state, {place}: what one applies the other changes or destroys. Give one of them another place \
                     in its code",
                    other.name, unit.name
                )
            }));
        }
    }
    sentences
}

/// Returns the shared state location of two units; `None` if each has its own, as far as their code shows.
fn one_place((one, own): (&Unit, Option<&Address>), (other, others): (&Unit, Option<&Address>)) -> Option<String> {
    let [workspace, theirs] = [one, other].map(|unit| unit.workspace.as_deref().unwrap_or("default"));
    match (own, others) {
        (Some(Address::S3(bucket, key)), Some(Address::S3(their_bucket, their_key))) => {
            let is_shared = (bucket, key) == (their_bucket, their_key) && workspace == theirs;
            is_shared.then(|| format!("s3://{bucket}/{key} in the workspace {workspace}"))
        }
        (None | Some(Address::Local(_)), None | Some(Address::Local(_))) => {
            // Even if the code names another kind of backend, the same folder and workspace mean the same state.
            let [file, their_file] = [(one, own), (other, others)].map(|(unit, own)| file(unit, own));
            (file == their_file).then(|| format!("that of {} in the workspace {workspace}", one.dir.display()))
        }
        (Some(Address::S3(..)), None | Some(Address::Local(_)))
        | (None | Some(Address::Local(_)), Some(Address::S3(..))) => None,
    }
}

/// Returns the file of a unit's state, for a local backend.
fn file(unit: &Unit, own: Option<&Address>) -> PathBuf {
    let default_file = Path::new("terraform.tfstate");
    let named = match own {
        Some(Address::Local(path)) => path.as_path(),
        Some(Address::S3(..)) | None => default_file,
    };
    let path = match unit.workspace.as_deref().filter(|name| *name != "default") {
        Some(name) => Path::new("terraform.tfstate.d").join(name).join(default_file),
        None => named.to_owned(),
    };
    plain(&unit.dir.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::testing;

    fn kept(environment: &str, of: StateOwner) -> StateLocation {
        StateLocation { environment: environment.into(), endpoint: None, owner: of }
    }

    fn unit(environment: &str, name: &str, workspace: Option<&str>, own: Option<Address>) -> StateLocation {
        let unit = Unit { workspace: workspace.map(str::to_owned), ..testing::unit(name, &[]) };
        kept(environment, StateOwner::Unit(Box::new(unit), own))
    }

    fn s3(key: &str) -> Address {
        Address::S3("states".into(), key.into())
    }

    #[test]
    fn environments_sharing_a_state_are_reported() {
        let sentences = environment_warnings(&[
            unit("dev", "web", None, Some(s3("web"))),
            unit("prod", "site", Some("default"), Some(s3("web"))),
        ]);
        assert_eq!(sentences.len(), 1, "{sentences:?}");
        for part in ["`web` of `dev` and `site` of `prod`", "s3://states/web in the workspace default", "`workspace`"] {
            assert!(sentences[0].contains(part), "{part} in {sentences:?}");
        }
        let local = |environment, workspace| unit(environment, "web", workspace, None);
        let sentences = environment_warnings(&[local("dev", Some("one")), local("prod", Some("one"))]);
        assert!(
            sentences.len() == 1 && sentences[0].contains("that of /units/web in the workspace one"),
            "{sentences:?}"
        );
        // Two folders whose code names the same file.
        let named = |environment, name, path: &str| unit(environment, name, None, Some(Address::Local(path.into())));
        assert_eq!(environment_warnings(&[named("dev", "a", "../s/x"), named("prod", "b", "/units/s/x")]).len(), 1);
        let folder = |environment, folder: &str| kept(environment, StateOwner::Folder(folder.into()));
        let sentences = environment_warnings(&[folder("dev", "/envs"), folder("prod", "/envs/prod")]);
        assert!(
            sentences.len() == 1 && sentences[0].contains("`dev` and `prod` both have the units in /envs/prod"),
            "{sentences:?}"
        );
    }

    #[test]
    fn units_sharing_a_state_are_reported() {
        let [a, b, c] = ["a", "b", "c"].map(|name| testing::unit(name, &[]));
        let named = Unit { workspace: Some("dev".into()), ..b.clone() };
        let (web, other) = (Some(s3("web")), Some(s3("other")));
        let sentences = shared_state_warnings(&[(&a, web.as_ref()), (&c, other.as_ref()), (&b, web.as_ref())]);
        assert!(
            sentences.len() == 1 && sentences[0].starts_with("a and b are one state, s3://states/web"),
            "{sentences:?}"
        );
        assert_eq!(
            shared_state_warnings(&[(&a, web.as_ref()), (&named, web.as_ref()), (&c, None)]),
            Vec::<String>::new()
        );
    }

    #[test]
    fn separate_states_are_not_reported() {
        let folder = |environment, folder: &str| kept(environment, StateOwner::Folder(folder.into()));
        let emulated = StateLocation {
            endpoint: Some("http://127.0.0.1:4566".into()),
            ..unit("sim", "web", None, Some(s3("web")))
        };
        let all = [
            unit("dev", "web", None, Some(s3("web"))),
            unit("prod", "web", Some("prod"), Some(s3("web"))),
            unit("test", "web", None, Some(s3("other"))),
            emulated,
            unit("file", "web", Some("file"), None),
            unit("files", "web", Some("files"), None),
            unit("here", "web", None, None),
            unit("here", "web", None, None),
            folder("a", "/envs/a"),
            folder("ab", "/envs/ab"),
        ];
        assert_eq!(environment_warnings(&all), Vec::<String>::new());
    }
}
