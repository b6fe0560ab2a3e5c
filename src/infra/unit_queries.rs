//! Queries of a unit without a run: its outputs, its state, whether its code is valid. Terraform itself is called in its working
//! folder, so that no dependency is read and nothing is planned.

use super::environment::ChildEnvironment;
use super::find::Discovered;
use super::short_calls::{STATE, ToolCall, ToolOutput};
use super::tools::Tools;
use super::{terraform, terragrunt};
use crate::model::infra::{InfraError, InfraErrorKind, Tool, Unit};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

/// The time limit of an initialisation, which may download a provider of 700 MB.
const INIT_LIMIT: Duration = Duration::from_mins(20);
/// The number of units to query at a time: a provider of AWS takes 300 MB of memory.
const CONCURRENT_QUERIES: usize = 4;

/// Providers are stored in one cache, which Terraform does not lock: one initialisation at a time.
static INITIALISING: Mutex<()> = Mutex::const_new(());

/// A unit with the tools and variables to query it.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    pub unit: &'a Unit,
    tools: &'a Tools,
    surroundings: &'a ChildEnvironment,
}

impl<'a> Access<'a> {
    /// Returns access to a unit that was found.
    pub fn new(found: &'a Discovered, unit: &'a Unit) -> Self {
        Self { unit, tools: &found.tools, surroundings: &found.child_environment }
    }

    /// Returns the folder in which Terraform works for the unit. With Terragrunt it exists once the unit was initialised.
    ///
    /// # Errors
    /// If Terragrunt does not report it.
    pub async fn dir(&self) -> Result<PathBuf, InfraError> {
        match self.unit.tool {
            Tool::Terraform => Ok(self.unit.dir.clone()),
            Tool::Terragrunt => terragrunt::working_dir(self.unit, self.tools, self.surroundings).await,
        }
    }

    /// Returns a call of Terraform in a folder returned by [`Self::dir`].
    pub fn terraform_call(&self, dir: &Path) -> ToolCall {
        ToolCall::new(&self.tools.terraform, dir)
    }

    /// Returns a call that reads or changes the unit's state; through Terragrunt if that has other credentials for it.
    pub fn state_call(&self, dir: &Path) -> ToolCall {
        if self.unit.around.state_needs_terragrunt() {
            ToolCall::new(self.tools.terragrunt(), &self.unit.dir).arguments(STATE)
        } else {
            self.terraform_call(dir)
        }
    }

    /// Returns the variables for calls of this unit.
    pub fn child_environment(&self) -> ChildEnvironment {
        let own = self.surroundings.of_unit(self.unit);
        if self.unit.around.state_needs_terragrunt() { own.of_terragrunt(&self.tools.terraform) } else { own }
    }

    /// Initialises the unit: its providers, modules and backend. A state is neither created nor moved.
    ///
    /// # Errors
    /// The error of Terraform or Terragrunt, or the unit's workspace does not exist.
    pub async fn init(&self) -> Result<ToolOutput, InfraError> {
        let answer = self.init_without_workspace().await?;
        terraform::check_workspace(self.unit, self.tools, self.surroundings).await?;
        Ok(answer)
    }

    /// The same for a unit whose workspace may not exist yet.
    ///
    /// # Errors
    /// The error of Terraform.
    pub async fn init_without_workspace(&self) -> Result<ToolOutput, InfraError> {
        let mut own = self.child_environment();
        if self.unit.tool == Tool::Terraform {
            own.set("TF_WORKSPACE", super::environment::DEFAULT_WORKSPACE);
        }
        super::run::state_endpoints::lend_record(self.unit);
        let _one = INITIALISING.lock().await;
        let mut words: Vec<std::ffi::OsString> = vec!["init".into(), "-input=false".into(), "-no-color".into()];
        if let Some(folder) = &self.tools.plugin_dir {
            words.push(format!("-plugin-dir={}", folder.display()).into());
        }
        let message = format!("{} cannot be initialised", self.unit.name);
        match self.unit.tool {
            Tool::Terraform => {
                self.terraform_call(&self.unit.dir).arguments(words).limit(INIT_LIMIT).run_checked(&own, &message).await
            }
            Tool::Terragrunt => {
                let question = ToolCall::new(self.tools.terragrunt(), &self.unit.dir).limit(INIT_LIMIT);
                let question = question.arguments(["run", "--non-interactive", "--no-color", "--"]).arguments(words);
                question.run_checked(&own.of_terragrunt(&self.tools.terraform), &message).await
            }
        }
    }

    /// Initialises the unit, and creates its workspace if that is missing; returns the created one. `tell` is called as soon
    /// as the workspace was created, or could not be.
    ///
    /// # Errors
    /// The error of Terraform.
    pub async fn init_with_workspace(
        &self,
        tell: &(dyn Fn(&str, Option<&InfraError>) + Sync),
    ) -> Result<Option<&'a str>, InfraError> {
        let is_named =
            |name: &&str| self.unit.tool == Tool::Terraform && *name != super::environment::DEFAULT_WORKSPACE;
        let Some(wanted) = self.unit.workspace.as_deref().filter(is_named) else {
            return self.init().await.map(|_| None);
        };
        self.init_without_workspace().await?;
        let is_there = self.workspaces().await?.iter().any(|name| name == wanted);
        if !is_there {
            let made = self.create_own_workspace().await;
            tell(wanted, made.as_ref().err());
            made?;
        }
        self.init().await?;
        Ok((!is_there).then_some(wanted))
    }

    /// Returns the workspaces of the unit's folder.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub async fn workspaces(&self) -> Result<Vec<String>, InfraError> {
        terraform::workspaces(self.unit, self.tools, self.surroundings).await
    }

    /// Creates the unit's workspace.
    ///
    /// # Errors
    /// The error of Terraform.
    pub async fn create_own_workspace(&self) -> Result<(), InfraError> {
        self.create_workspace(self.unit.workspace.as_deref().unwrap_or_default()).await
    }

    /// Creates a workspace in the unit's folder.
    ///
    /// # Errors
    /// The error of Terraform.
    pub async fn create_workspace(&self, name: &str) -> Result<(), InfraError> {
        // Terraform refuses to create one while the variable is set, and selects the new one. The selection has no effect,
        // since each call sets the variable.
        let mut own = self.child_environment();
        own.unset("TF_WORKSPACE");
        let question = self.terraform_call(&self.unit.dir).arguments(["workspace", "new", "-no-color", name]);
        let message = format!("workspace {name} cannot be made");
        question.run_checked(&own, &message).await.map(drop)
    }

    /// Whether a plan of the unit contains no changes.
    ///
    /// # Errors
    /// If it cannot be planned.
    pub async fn plan_is_empty(&self) -> Result<bool, InfraError> {
        let files = self.unit.var_files.iter().map(|file| format!("-var-file={}", file.display()));
        let words = ["plan", "-detailed-exitcode", "-input=false", "-no-color"].map(str::to_owned);
        let words = words.into_iter().chain(files);
        let own = self.child_environment();
        let (question, own) = match self.unit.tool {
            Tool::Terraform => (self.terraform_call(&self.unit.dir).arguments(words), own),
            Tool::Terragrunt => {
                let question = ToolCall::new(self.tools.terragrunt(), &self.unit.dir);
                let run = ["run", "--non-interactive", "--no-color", "--no-auto-init", "--"];
                (question.arguments(run).arguments(words), own.of_terragrunt(&self.tools.terraform))
            }
        };
        let question = question.limit(INIT_LIMIT);
        let answer = question.run(&own).await?;
        match answer.code {
            Some(0) => Ok(true),
            Some(2) => Ok(false),
            _ => Err(question.failure(&format!("{} cannot be planned", self.unit.name), &answer)),
        }
    }

    /// Runs a read-only command of Terraform on the unit as it is: nothing is initialised or downloaded.
    ///
    /// # Errors
    /// If it was never initialised on this machine, does not answer within the limit, or the error of Terraform.
    pub async fn read_as_is(&self, words: &[&str], message: &str, limit: Duration) -> Result<ToolOutput, InfraError> {
        let dir = self.dir().await?;
        if !dir.is_dir() {
            let trouble = InfraError::new(InfraErrorKind::NotInitialised, message)
                .cause("it was not initialised on this machine");
            return Err(trouble.hint("`cockpit infra init` does that"));
        }
        self.state_call(&dir).arguments(words).limit(limit).run_checked(&self.child_environment(), message).await
    }

    /// Runs a read-only command of Terraform. If that fails, initialises the unit and tries once more, since the files it
    /// needs may be missing on this machine.
    ///
    /// # Errors
    /// The failure, with the error of Terraform.
    pub async fn read(&self, words: &[&str], message: &str) -> Result<ToolOutput, InfraError> {
        let own = self.child_environment();
        let dir = self.dir().await?;
        if dir.is_dir() {
            let answer = self.state_call(&dir).arguments(words).run(&own).await?;
            if answer.code == Some(0) {
                return Ok(answer);
            }
        }
        self.init().await.map_err(|trouble| match trouble.kind {
            InfraErrorKind::Workspace => trouble,
            _ => InfraError {
                hint: trouble.hint.clone(),
                ..InfraError::new(InfraErrorKind::NotInitialised, message).causes(into_causes(trouble))
            },
        })?;
        self.state_call(&self.dir().await?).arguments(words).run_checked(&own, message).await
    }
}

/// Converts trouble into causes of other trouble.
fn into_causes(trouble: InfraError) -> Vec<String> {
    std::iter::once(trouble.message).chain(trouble.causes).collect()
}

/// Queries each unit of an environment, a few at a time; the answers are in the order of the units.
pub async fn query_each<'a, T, F: Future<Output = T>>(
    found: &'a Discovered,
    ask: impl Fn(Access<'a>) -> F,
) -> Vec<(&'a Unit, T)> {
    let mut answers = Vec::new();
    for chunk in found.graph.units().chunks(CONCURRENT_QUERIES) {
        let answered = chunk.iter().map(|unit| ask(Access::new(found, unit)));
        answers.extend(chunk.iter().zip(futures_util::future::join_all(answered).await));
    }
    answers
}
