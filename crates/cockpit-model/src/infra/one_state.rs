//! Environments, or units, that would write one state: what one of them applies, the next plan of the other changes or destroys.

use super::path::plain;
use super::remote_state::Address;
use super::unit::Unit;
use std::path::{Path, PathBuf};

/// The place of a state of an environment, as far as it is known without asking anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub environment: String,
    /// Its endpoint: a bucket of an emulator is another one.
    pub endpoint: Option<String>,
    /// Of what.
    pub of: Of,
}

/// The owner of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// That of each unit which Terragrunt finds in a folder.
    Folder(PathBuf),
    /// That of a unit of Terraform, and where its code says that it is kept.
    Unit(Box<Unit>, Option<Address>),
}

/// A sentence for each two environments that would write one state.
pub fn warnings(all: &[Kept]) -> Vec<String> {
    let mut sentences = Vec::new();
    for (at, one) in all.iter().enumerate() {
        for other in all[..at].iter().filter(|other| other.environment != one.environment) {
            sentences.extend(both(other, one));
        }
    }
    sentences
}

/// The state that two of different environments would both write.
fn both(first: &Kept, second: &Kept) -> Option<String> {
    let [a, b] = [first, second].map(|kept| kept.environment.as_str());
    match (&first.of, &second.of) {
        (Of::Folder(one), Of::Folder(other)) => {
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
        (Of::Unit(one, own), Of::Unit(other, others)) => {
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
        (Of::Folder(_), Of::Unit(..)) | (Of::Unit(..), Of::Folder(_)) => None,
    }
}

/// A sentence for each two units of an environment whose code names one place. Of a workspace with a name the place is made of more
/// than is looked at here.
pub fn of_units(units: &[(&Unit, Option<&Address>)]) -> Vec<String> {
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

/// Where the state of two units is; none where each has its own, as far as their code says.
fn one_place((one, own): (&Unit, Option<&Address>), (other, others): (&Unit, Option<&Address>)) -> Option<String> {
    let [workspace, theirs] = [one, other].map(|unit| unit.workspace.as_deref().unwrap_or("default"));
    match (own, others) {
        (Some(Address::S3(bucket, key)), Some(Address::S3(their_bucket, their_key))) => {
            let is_one = (bucket, key) == (their_bucket, their_key) && workspace == theirs;
            is_one.then(|| format!("s3://{bucket}/{key} in the workspace {workspace}"))
        }
        (None | Some(Address::Local(_)), None | Some(Address::Local(_))) => {
            // Where the code names another kind of backend, the same folder and workspace are one state all the same.
            let [file, their_file] = [(one, own), (other, others)].map(|(unit, own)| file(unit, own));
            (file == their_file).then(|| format!("that of {} in the workspace {workspace}", one.dir.display()))
        }
        (Some(Address::S3(..)), None | Some(Address::Local(_)))
        | (None | Some(Address::Local(_)), Some(Address::S3(..))) => None,
    }
}

/// The file of a unit's state, where it is one.
fn file(unit: &Unit, own: Option<&Address>) -> PathBuf {
    let usual = Path::new("terraform.tfstate");
    let named = match own {
        Some(Address::Local(path)) => path.as_path(),
        Some(Address::S3(..)) | None => usual,
    };
    let path = match unit.workspace.as_deref().filter(|name| *name != "default") {
        Some(name) => Path::new("terraform.tfstate.d").join(name).join(usual),
        None => named.to_owned(),
    };
    plain(&unit.dir.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::infra::testing;

    fn kept(environment: &str, of: Of) -> Kept {
        Kept { environment: environment.into(), endpoint: None, of }
    }

    fn unit(environment: &str, name: &str, workspace: Option<&str>, own: Option<Address>) -> Kept {
        let unit = Unit { workspace: workspace.map(str::to_owned), ..testing::unit(name, &[]) };
        kept(environment, Of::Unit(Box::new(unit), own))
    }

    fn s3(key: &str) -> Address {
        Address::S3("states".into(), key.into())
    }

    #[test]
    fn two_environments_of_one_state_are_named_with_where_it_is() {
        let told = warnings(&[
            unit("dev", "web", None, Some(s3("web"))),
            unit("prod", "site", Some("default"), Some(s3("web"))),
        ]);
        assert_eq!(told.len(), 1, "{told:?}");
        for part in ["`web` of `dev` and `site` of `prod`", "s3://states/web in the workspace default", "`workspace`"] {
            assert!(told[0].contains(part), "{part} in {told:?}");
        }
        let local = |environment, workspace| unit(environment, "web", workspace, None);
        let told = warnings(&[local("dev", Some("one")), local("prod", Some("one"))]);
        assert!(told.len() == 1 && told[0].contains("that of /units/web in the workspace one"), "{told:?}");
        // Two folders whose code names one file.
        let named = |environment, name, path: &str| unit(environment, name, None, Some(Address::Local(path.into())));
        assert_eq!(warnings(&[named("dev", "a", "../s/x"), named("prod", "b", "/units/s/x")]).len(), 1);
        let folder = |environment, folder: &str| kept(environment, Of::Folder(folder.into()));
        let told = warnings(&[folder("dev", "/envs"), folder("prod", "/envs/prod")]);
        assert!(told.len() == 1 && told[0].contains("`dev` and `prod` both have the units in /envs/prod"), "{told:?}");
    }

    #[test]
    fn two_units_of_one_place_are_told() {
        let [a, b, c] = ["a", "b", "c"].map(|name| testing::unit(name, &[]));
        let named = Unit { workspace: Some("dev".into()), ..b.clone() };
        let (web, other) = (Some(s3("web")), Some(s3("other")));
        let told = of_units(&[(&a, web.as_ref()), (&c, other.as_ref()), (&b, web.as_ref())]);
        assert!(told.len() == 1 && told[0].starts_with("a and b are one state, s3://states/web"), "{told:?}");
        assert_eq!(of_units(&[(&a, web.as_ref()), (&named, web.as_ref()), (&c, None)]), Vec::<String>::new());
    }

    #[test]
    fn states_of_their_own_are_not_warned_of() {
        let folder = |environment, folder: &str| kept(environment, Of::Folder(folder.into()));
        let emulated =
            Kept { endpoint: Some("http://127.0.0.1:4566".into()), ..unit("sim", "web", None, Some(s3("web"))) };
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
        assert_eq!(warnings(&all), Vec::<String>::new());
    }
}
