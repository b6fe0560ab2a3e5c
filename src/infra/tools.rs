//! Finds Terraform and Terragrunt, and checks that their versions are known to work.

use super::environment::ChildEnvironment;
use super::short_calls::ToolCall;
use crate::config::EnvironmentConfig;
use crate::model::infra::{InfraError, InfraErrorKind, Tool};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A version: major, minor, patch.
pub type Version = (u32, u32, u32);

/// The supported versions of Terraform: from the first, below the second. In older ones the lock of a state in S3
/// (`use_lockfile`) is experimental.
pub const TERRAFORM: (Version, Version) = ((1, 11, 0), (2, 0, 0));
/// The supported versions of Terragrunt. 1.0 settled the names of its commands.
pub const TERRAGRUNT: (Version, Version) = ((1, 0, 0), (2, 0, 0));
/// The newest Terraform whose plans are known, as major and minor: plans of a later one may contain what is not shown.
const PLANS: (u32, u32) = (1, 14);
/// The time limit for printing a version: the first start after a boot reads 90 MB.
const LIMIT: Duration = Duration::from_secs(30);

/// The programs of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tools {
    /// The absolute path of Terraform.
    pub terraform: PathBuf,
    pub terraform_version: Version,
    /// The unchanged output of `terraform version`.
    pub terraform_version_output: String,
    /// The absolute path of Terragrunt and its version; `None` if the units are plain Terraform.
    pub terragrunt: Option<(PathBuf, Version)>,
    /// A folder of providers, for `init -plugin-dir`.
    pub plugin_dir: Option<PathBuf>,
}

impl Tools {
    /// Finds the programs of an environment, and checks them.
    ///
    /// # Errors
    /// A program is missing, is another one, or has an unsupported version; with what to install.
    pub async fn find(environment: &EnvironmentConfig, surroundings: &ChildEnvironment) -> Result<Self, InfraError> {
        Self::locate(environment, surroundings)?.check_versions(environment, surroundings).await
    }

    /// Finds the paths of the programs. Their versions are unknown until they are [`Self::check_versions`].
    ///
    /// # Errors
    /// A program is missing.
    pub fn locate(environment: &EnvironmentConfig, surroundings: &ChildEnvironment) -> Result<Self, InfraError> {
        let infra = &environment.infra;
        let plugin_dir = infra.plugin_dir.as_ref().map(PathBuf::from);
        if let Some(folder) = plugin_dir.as_ref().filter(|folder| !folder.is_dir()) {
            let message = format!("the folder of providers {} is not there", folder.display());
            return Err(InfraError::new(InfraErrorKind::Usage, message).hint("correct or leave out `infra.plugin_dir`"));
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
            terraform_version_output: String::new(),
            terragrunt: terragrunt.map(|path| (path, unknown)),
            plugin_dir,
        })
    }

    /// Checks the versions of the programs and adds them.
    ///
    /// # Errors
    /// A program is another one, or has an unsupported version; with what to install.
    pub async fn check_versions(
        mut self,
        environment: &EnvironmentConfig,
        surroundings: &ChildEnvironment,
    ) -> Result<Self, InfraError> {
        let dir = folder(environment);
        let of_terragrunt = async {
            match &self.terragrunt {
                Some((program, _)) => Ok(Some(query_version(Tool::Terragrunt, program, &dir, surroundings).await?.0)),
                None => Ok(None),
            }
        };
        let (terraform, terragrunt) =
            tokio::join!(query_version(Tool::Terraform, &self.terraform, &dir, surroundings), of_terragrunt);
        (self.terraform_version, self.terraform_version_output) = terraform?;
        self.terragrunt = self.terragrunt.map(|(path, _)| path).zip(terragrunt?);
        Ok(self)
    }

    /// Returns a warning if Terraform is later than those whose plans are known.
    pub fn warning(&self) -> Option<String> {
        let (major, minor, _) = self.terraform_version;
        ((major, minor) > PLANS).then(|| {
            format!(
                "Terraform {} is later than {}.{}, the newest whose plans are known here: what is new in it may be applied without \
                 being shown. Look at `terraform plan` too, or update the cockpit",
                format_version(self.terraform_version),
                PLANS.0,
                PLANS.1
            )
        })
    }

    /// Returns the path of Terragrunt, if the units are Terragrunt's.
    pub fn terragrunt(&self) -> &Path {
        self.terragrunt.as_ref().map_or(Path::new("terragrunt"), |(path, _)| path)
    }
}

/// Returns a sentence on what to install.
fn install(tool: Tool) -> String {
    let (from, below) = range(tool);
    let wanted = format!("{} to below {}", format_version(from), format_version(below));
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

/// Formats a version.
pub fn format_version((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

/// Returns the path of a program: the configured one, or the one on PATH with its usual name.
fn place(tool: Tool, configured: Option<&str>, surroundings: &ChildEnvironment) -> Result<PathBuf, InfraError> {
    let name = configured.unwrap_or(tool.name());
    if name.contains('/') {
        let path = PathBuf::from(name);
        if is_program(&path) {
            return Ok(path);
        }
        let message = format!("there is no program {name}");
        let cause = format!("`infra.{}` of the configuration names it", tool.name());
        return Err(InfraError::new(InfraErrorKind::Tool, message).cause(cause).hint(install(tool)));
    }
    on_path(name, surroundings).ok_or_else(|| {
        let path = surroundings.get("PATH").unwrap_or(OsStr::new(""));
        InfraError::new(InfraErrorKind::Tool, format!("there is no `{name}` on PATH"))
            .cause(format!("PATH is {}", path.to_string_lossy()))
            .hint(install(tool))
    })
}

/// Returns the path of a program on PATH. Relative folders in it are skipped, since they depend on the current folder.
pub fn on_path(name: &str, surroundings: &ChildEnvironment) -> Option<PathBuf> {
    let path = surroundings.get("PATH")?;
    let mut folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.find_map(|folder| Some(folder.join(name)).filter(|path| is_program(path)))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Returns the folder in which to query versions. A version manager in place of a program chooses the version by the folder of
/// the code.
fn folder(environment: &EnvironmentConfig) -> PathBuf {
    let infra = &environment.infra;
    let named = infra.dir.iter().chain(infra.units.iter().map(|unit| &unit.dir));
    let mut existing = named.filter_map(|dir| Path::new(dir).canonicalize().ok()).filter(|dir| dir.is_dir());
    existing.next().unwrap_or_else(|| PathBuf::from("/"))
}

/// Returns the version of a program in a folder, with the output.
async fn query_version(
    tool: Tool,
    program: &Path,
    dir: &Path,
    surroundings: &ChildEnvironment,
) -> Result<(Version, String), InfraError> {
    let question = ToolCall::new(program, dir).limit(LIMIT);
    let question = match tool {
        Tool::Terraform => question.arguments(["version"]),
        Tool::Terragrunt => question.arguments(["--version"]),
    };
    let message = format!("{} does not print its version", program.display());
    let answer = question.run_checked(surroundings, &message).await?;
    let output = String::from_utf8_lossy(&answer.stdout).into_owned();
    Ok((check_version(tool, &program.display().to_string(), &output)?, output))
}

/// Returns the version in a program's output, if it is the right program and a supported version.
fn check_version(tool: Tool, program: &str, output: &str) -> Result<Version, InfraError> {
    let wrong = |message: String| Err(InfraError::new(InfraErrorKind::Tool, message).hint(install(tool)));
    let first = output.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if output.lines().any(|line| line.starts_with("OpenTofu")) {
        return wrong(format!("{program} is OpenTofu, and not Terraform: its states and plans are not the same"));
    }
    let begin = match tool {
        Tool::Terraform => "Terraform v",
        Tool::Terragrunt => "terragrunt version ",
    };
    let Some(word) = output.lines().find_map(|line| line.trim().strip_prefix(begin)) else {
        return wrong(format!("{program} is not {}: it prints “{first}”", tool.name()));
    };
    let Some(version) = version(word) else {
        return wrong(format!("{program} reports version “{word}”: it was built without its number"));
    };
    let (from, below) = range(tool);
    if version < from || version >= below {
        let (is, from, below) = (format_version(version), format_version(from), format_version(below));
        return wrong(format!("{program} is {} {is}, and from {from} to below {below} are known to work", tool.name()));
    }
    Ok(version)
}

/// Parses a version: `v1.11.4-beta1` → 1.11.4.
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
    async fn version_is_queried_in_the_folder_of_the_code() {
        let dir = std::env::temp_dir().join(format!("cockpit-managed-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        // Called with `version`, `sh` runs this file.
        std::fs::write(dir.join("version"), "echo Terraform v1.12.3\n").unwrap();
        let unit = UnitConfig { name: "a".into(), dir: dir.display().to_string(), ..UnitConfig::default() };
        let missing = UnitConfig { dir: dir.join("gone").display().to_string(), ..unit.clone() };
        let infra = InfraConfig {
            kind: Some(Tool::Terraform),
            units: vec![missing, unit],
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
    fn terraform_later_than_the_known_plans_gives_a_warning() {
        let of = |terraform_version| Tools {
            terraform: "terraform".into(),
            terraform_version,
            terraform_version_output: String::new(),
            terragrunt: None,
            plugin_dir: None,
        };
        assert_eq!(of((1, 14, 9)).warning(), None);
        assert!(of((1, 15, 0)).warning().is_some_and(|warning| warning.contains("1.15.0 is later than 1.14")));
    }

    #[test]
    fn unsupported_version_or_program_is_refused_with_an_installation_hint() {
        assert_eq!(check_version(Tool::Terraform, "terraform", "Terraform v1.11.4\non linux_amd64\n"), Ok((1, 11, 4)));
        assert_eq!(check_version(Tool::Terragrunt, "terragrunt", "terragrunt version v1.1.0\n"), Ok((1, 1, 0)));
        for (tool, output, expected) in [
            (Tool::Terraform, "Terraform v1.5.7\n", "from 1.11.0 to below 2.0.0"),
            (Tool::Terraform, "Terraform v2.0.0\n", "from 1.11.0 to below 2.0.0"),
            (Tool::Terraform, "OpenTofu v1.11.4\non linux_amd64\n", "is OpenTofu"),
            (Tool::Terraform, "hello\n", "is not terraform"),
            (Tool::Terraform, "", "is not terraform"),
            (Tool::Terragrunt, "terragrunt version v0.67.1\n", "from 1.0.0 to below 2.0.0"),
            (Tool::Terragrunt, "terragrunt version latest\n", "built without its number"),
        ] {
            let trouble = check_version(tool, "x", output).unwrap_err();
            assert!(trouble.message.contains(expected), "{output}: {trouble:?}");
            assert_eq!(trouble.kind, InfraErrorKind::Tool);
            assert!(trouble.hint.is_some_and(|hint| hint.contains("install")), "{output}");
        }
    }
}
