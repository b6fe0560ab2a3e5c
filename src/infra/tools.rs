//! Which Terraform and which Terragrunt: where they are, and whether they are of a version that is known to work.

use super::ask::Question;
use super::surroundings::ChildEnvironment;
use crate::config::EnvironmentConfig;
use crate::model::infra::{Tool, Trouble, TroubleKind};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A version: major, minor, patch.
pub type Version = (u32, u32, u32);

/// Versions of Terraform that are known to work: from the first, below the second. Older ones have no lock beside a
/// state in S3 (`use_lockfile`) that is not an experiment.
pub const TERRAFORM: (Version, Version) = ((1, 11, 0), (2, 0, 0));
/// The versions of Terragrunt that are taken: 1.0 settled the names of its commands.
pub const TERRAGRUNT: (Version, Version) = ((1, 0, 0), (2, 0, 0));
/// The newest Terraform whose plans are known, major and minor: a later one may plan what is not shown.
const PLANS: (u32, u32) = (1, 14);
/// How long a program may take to say its version: the first start after a boot reads 90 MB.
const LIMIT: Duration = Duration::from_secs(30);

/// The programs of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// The absolute path of Terraform.
    pub terraform: PathBuf,
    pub terraform_version: Version,
    /// The output of `terraform version`, as it came.
    pub terraform_said: String,
    /// Terragrunt, absolute, and its version; none where units are Terraform's own.
    pub terragrunt: Option<(PathBuf, Version)>,
    /// A folder of providers, for `init -plugin-dir`.
    pub plugin_dir: Option<PathBuf>,
}

impl Tools {
    /// Finds what an environment needs, and checks it.
    ///
    /// # Errors
    /// A program that is not there, is another one, or has a version that is not known to work; with what to install.
    pub async fn find(environment: &EnvironmentConfig, surroundings: &ChildEnvironment) -> Result<Self, Trouble> {
        Self::placed(environment, surroundings)?.checked(environment, surroundings).await
    }

    /// Finds where they are. Their versions are not known before they are [`Self::checked`].
    ///
    /// # Errors
    /// A program that is not there.
    pub fn placed(environment: &EnvironmentConfig, surroundings: &ChildEnvironment) -> Result<Self, Trouble> {
        let infra = &environment.infra;
        let plugin_dir = infra.plugin_dir.as_ref().map(PathBuf::from);
        if let Some(folder) = plugin_dir.as_ref().filter(|folder| !folder.is_dir()) {
            let message = format!("the folder of providers {} is not there", folder.display());
            return Err(Trouble::new(TroubleKind::Usage, message).hint("correct or leave out `infra.plugin_dir`"));
        }
        let terraform = place(Tool::Terraform, infra.terraform.as_deref(), surroundings)?;
        let terragrunt = match infra.kind {
            Some(Tool::Terragrunt) => Some(place(Tool::Terragrunt, infra.terragrunt.as_deref(), surroundings)?),
            Some(Tool::Terraform) | None => None,
        };
        let unknown = Version::default();
        Ok(Self {
            terraform,
            terraform_version: unknown,
            terraform_said: String::new(),
            terragrunt: terragrunt.map(|path| (path, unknown)),
            plugin_dir,
        })
    }

    /// The same with their versions, which are known to work.
    ///
    /// # Errors
    /// A program is another one, or has a version that is not known to work; with what to install.
    pub async fn checked(
        mut self,
        environment: &EnvironmentConfig,
        surroundings: &ChildEnvironment,
    ) -> Result<Self, Trouble> {
        let dir = folder(environment);
        let of_terragrunt = async {
            match &self.terragrunt {
                Some((program, _)) => Ok(Some(asked(Tool::Terragrunt, program, &dir, surroundings).await?.0)),
                None => Ok(None),
            }
        };
        let (terraform, terragrunt) =
            tokio::join!(asked(Tool::Terraform, &self.terraform, &dir, surroundings), of_terragrunt);
        (self.terraform_version, self.terraform_said) = terraform?;
        self.terragrunt = self.terragrunt.map(|(path, _)| path).zip(terragrunt?);
        Ok(self)
    }

    /// A warning about a Terraform that is later than those whose plans are known.
    pub fn warning(&self) -> Option<String> {
        let (major, minor, _) = self.terraform_version;
        ((major, minor) > PLANS).then(|| {
            format!(
                "Terraform {} is later than {}.{}, the newest whose plans are known here: what is new in it may be applied without \
                 being shown. Look at `terraform plan` too, or update the cockpit",
                shown(self.terraform_version),
                PLANS.0,
                PLANS.1
            )
        })
    }

    /// Terragrunt's program, where units are Terragrunt's.
    pub fn terragrunt(&self) -> &Path {
        self.terragrunt.as_ref().map_or(Path::new("terragrunt"), |(path, _)| path)
    }
}

/// A sentence on what to install.
fn install(tool: Tool) -> String {
    let (from, below) = range(tool);
    let wanted = format!("{} to below {}", shown(from), shown(below));
    match tool {
        Tool::Terraform => format!(
            "install Terraform {wanted}: `mise install` in the project, or https://developer.hashicorp.com/terraform/install; \
             `infra.terraform` in the configuration names one that is elsewhere"
        ),
        Tool::Terragrunt => format!(
            "install Terragrunt {wanted}: `mise install` in the project, or https://terragrunt.gruntwork.io/docs/getting-started/install; \
             `infra.terragrunt` in the configuration names one that is elsewhere"
        ),
    }
}

fn range(tool: Tool) -> (Version, Version) {
    match tool {
        Tool::Terraform => TERRAFORM,
        Tool::Terragrunt => TERRAGRUNT,
    }
}

/// A version as it is written.
pub fn shown((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

/// Where a program is: as configured, or on PATH under its own name, and no other.
fn place(tool: Tool, configured: Option<&str>, surroundings: &ChildEnvironment) -> Result<PathBuf, Trouble> {
    let name = configured.unwrap_or(tool.word());
    if name.contains('/') {
        let path = PathBuf::from(name);
        if is_program(&path) {
            return Ok(path);
        }
        let message = format!("there is no program {name}");
        let cause = format!("`infra.{}` of the configuration names it", tool.word());
        return Err(Trouble::new(TroubleKind::Tool, message).cause(cause).hint(install(tool)));
    }
    on_path(name, surroundings).ok_or_else(|| {
        let path = surroundings.get("PATH").unwrap_or(OsStr::new(""));
        Trouble::new(TroubleKind::Tool, format!("there is no `{name}` on PATH"))
            .cause(format!("PATH is {}", path.to_string_lossy()))
            .hint(install(tool))
    })
}

/// Where a program is on PATH. Relative folders in it are not looked at: what is there depends on where one stands.
pub fn on_path(name: &str, surroundings: &ChildEnvironment) -> Option<PathBuf> {
    let path = surroundings.get("PATH")?;
    let mut folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.find_map(|folder| Some(folder.join(name)).filter(|path| is_program(path)))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Where programs are asked for their versions: one that a version manager stands in for is of the version that the folder of the
/// code names.
fn folder(environment: &EnvironmentConfig) -> PathBuf {
    let infra = &environment.infra;
    let named = infra.dir.iter().chain(infra.units.iter().map(|unit| &unit.dir));
    let mut there = named.filter_map(|dir| Path::new(dir).canonicalize().ok()).filter(|dir| dir.is_dir());
    there.next().unwrap_or_else(|| PathBuf::from("/"))
}

/// Asks a program for its version in a folder. With what it says.
async fn asked(
    tool: Tool,
    program: &Path,
    dir: &Path,
    surroundings: &ChildEnvironment,
) -> Result<(Version, String), Trouble> {
    let question = Question::new(program, dir).limit(LIMIT);
    let question = match tool {
        Tool::Terraform => question.arguments(["version"]),
        Tool::Terragrunt => question.arguments(["--version"]),
    };
    let what = format!("{} does not say its version", program.display());
    let answer = question.ask_well(surroundings, &what).await?;
    let said = String::from_utf8_lossy(&answer.out).into_owned();
    Ok((checked(tool, &program.display().to_string(), &said)?, said))
}

/// The version that a program says, if it is that program and a version that is known to work.
fn checked(tool: Tool, program: &str, said: &str) -> Result<Version, Trouble> {
    let wrong = |message: String| Err(Trouble::new(TroubleKind::Tool, message).hint(install(tool)));
    let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if said.lines().any(|line| line.starts_with("OpenTofu")) {
        return wrong(format!("{program} is OpenTofu, and not Terraform: its states and plans are not the same"));
    }
    let begin = match tool {
        Tool::Terraform => "Terraform v",
        Tool::Terragrunt => "terragrunt version ",
    };
    let Some(word) = said.lines().find_map(|line| line.trim().strip_prefix(begin)) else {
        return wrong(format!("{program} is not {}: it says “{first}”", tool.word()));
    };
    let Some(version) = version(word) else {
        return wrong(format!("{program} says version “{word}”: it was built without its number"));
    };
    let (from, below) = range(tool);
    if version < from || version >= below {
        let (is, from, below) = (shown(version), shown(from), shown(below));
        return wrong(format!("{program} is {} {is}, and from {from} to below {below} are known to work", tool.word()));
    }
    Ok(version)
}

/// `v1.11.4-beta1` → 1.11.4.
fn version(word: &str) -> Option<Version> {
    let plain = word.trim().trim_start_matches('v');
    let plain = plain.split(['-', '+', ' ']).next()?;
    let mut numbers = plain.split('.').map(|part| part.parse::<u32>().ok());
    let version = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{InfraConfig, UnitConfig};

    #[tokio::test]
    async fn a_program_is_asked_for_its_version_where_the_code_is_as_a_version_manager_looks_there() {
        let dir = std::env::temp_dir().join(format!("cockpit-managed-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        // Called with `version`, it reads what stands there.
        std::fs::write(dir.join("version"), "echo Terraform v1.12.3\n").unwrap();
        let unit = UnitConfig { name: "a".into(), dir: dir.display().to_string(), ..UnitConfig::default() };
        let gone = UnitConfig { dir: dir.join("gone").display().to_string(), ..unit.clone() };
        let infra = InfraConfig {
            kind: Some(Tool::Terraform),
            units: vec![gone, unit],
            terraform: Some("/bin/sh".into()),
            ..InfraConfig::default()
        };
        let environment = EnvironmentConfig { infra, ..EnvironmentConfig::default() };
        let surroundings = ChildEnvironment::of(std::env::vars_os(), &environment, Path::is_file);
        let tools = Box::pin(Tools::find(&environment, &surroundings)).await;
        std::fs::remove_dir_all(dir).unwrap();
        assert_eq!(tools.map(|tools| tools.terraform_version), Ok((1, 12, 3)));
        assert_eq!(folder(&EnvironmentConfig::default()), Path::new("/"));
    }

    #[test]
    fn a_terraform_that_is_later_than_those_whose_plans_are_known_is_told() {
        let of = |terraform_version| Tools {
            terraform: "terraform".into(),
            terraform_version,
            terraform_said: String::new(),
            terragrunt: None,
            plugin_dir: None,
        };
        assert_eq!(of((1, 14, 9)).warning(), None);
        assert!(of((1, 15, 0)).warning().is_some_and(|told| told.contains("1.15.0 is later than 1.14")));
    }

    #[test]
    fn a_version_outside_of_the_range_and_another_program_are_refused_with_what_to_install() {
        assert_eq!(checked(Tool::Terraform, "terraform", "Terraform v1.11.4\non linux_amd64\n"), Ok((1, 11, 4)));
        assert_eq!(checked(Tool::Terragrunt, "terragrunt", "terragrunt version v1.1.0\n"), Ok((1, 1, 0)));
        for (tool, said, says) in [
            (Tool::Terraform, "Terraform v1.5.7\n", "from 1.11.0 to below 2.0.0"),
            (Tool::Terraform, "Terraform v2.0.0\n", "from 1.11.0 to below 2.0.0"),
            (Tool::Terraform, "OpenTofu v1.11.4\non linux_amd64\n", "is OpenTofu"),
            (Tool::Terraform, "hello\n", "is not terraform"),
            (Tool::Terraform, "", "is not terraform"),
            (Tool::Terragrunt, "terragrunt version v0.67.1\n", "from 1.0.0 to below 2.0.0"),
            (Tool::Terragrunt, "terragrunt version latest\n", "built without its number"),
        ] {
            let trouble = checked(tool, "x", said).unwrap_err();
            assert!(trouble.message.contains(says), "{said}: {trouble:?}");
            assert_eq!(trouble.kind, TroubleKind::Tool);
            assert!(trouble.hint.is_some_and(|hint| hint.contains("install")), "{said}");
        }
    }
}
