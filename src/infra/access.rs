//! A unit asked without a run: for its outputs, its state, whether its code is valid. Terraform itself is asked, in the
//! folder that it works in, so that no dependency has to be read and nothing is planned.

use super::ask::{Answer, Question, STATE};
use super::find::Discovered;
use super::surroundings::ChildEnvironment;
use super::tools::Tools;
use super::{terraform, terragrunt};
use crate::model::infra::{Tool, Trouble, TroubleKind, Unit};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long an initialisation may take: a provider of 700 MB may have to come.
const INIT: Duration = Duration::from_mins(20);
/// Units that are asked at the same time: a provider of AWS takes 300 MB.
const AT_A_TIME: usize = 4;

/// Providers come into one cache, which Terraform does not lock: one initialisation at a time.
static INITIALISES: Mutex<()> = Mutex::const_new(());

/// A unit with what it is asked with.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    pub unit: &'a Unit,
    tools: &'a Tools,
    surroundings: &'a ChildEnvironment,
}

impl<'a> Access<'a> {
    /// Access to a unit that was found.
    pub fn new(found: &'a Discovered, unit: &'a Unit) -> Self {
        Self { unit, tools: &found.tools, surroundings: &found.surroundings }
    }

    /// Where Terraform works for it. With Terragrunt it is there once the unit was initialised.
    ///
    /// # Errors
    /// Terragrunt does not say it.
    pub async fn dir(&self) -> Result<PathBuf, Trouble> {
        match self.unit.tool {
            Tool::Terraform => Ok(self.unit.dir.clone()),
            Tool::Terragrunt => terragrunt::working_dir(self.unit, self.tools, self.surroundings).await,
        }
    }

    /// A question to Terraform in a folder that [`Self::dir`] said.
    pub fn question(&self, dir: &Path) -> Question {
        Question::new(&self.tools.terraform, dir)
    }

    /// A question that reads or changes the unit's state: through Terragrunt where that has other credentials for it.
    pub fn state_question(&self, dir: &Path) -> Question {
        if self.unit.around.has_state() {
            Question::new(self.tools.terragrunt(), &self.unit.dir).arguments(STATE)
        } else {
            self.question(dir)
        }
    }

    /// The variables that it is asked with.
    pub fn surroundings(&self) -> ChildEnvironment {
        let own = self.surroundings.of_unit(self.unit);
        if self.unit.around.has_state() { own.of_terragrunt(&self.tools.terraform) } else { own }
    }

    /// Initialises it: its providers, modules and backend. A state is neither made nor moved.
    ///
    /// # Errors
    /// As Terraform or Terragrunt says; its workspace is not there.
    pub async fn init(&self) -> Result<Answer, Trouble> {
        let answer = self.init_without_workspace().await?;
        terraform::check_workspace(self.unit, self.tools, self.surroundings).await?;
        Ok(answer)
    }

    /// The same for a unit whose workspace may not exist yet.
    ///
    /// # Errors
    /// As Terraform says.
    pub async fn init_without_workspace(&self) -> Result<Answer, Trouble> {
        let mut own = self.surroundings();
        if self.unit.tool == Tool::Terraform {
            own.set("TF_WORKSPACE", super::surroundings::DEFAULT_WORKSPACE);
        }
        super::run::world::lend_record(self.unit);
        let _one = INITIALISES.lock().await;
        let mut words: Vec<std::ffi::OsString> = vec!["init".into(), "-input=false".into(), "-no-color".into()];
        if let Some(folder) = &self.tools.plugin_dir {
            words.push(format!("-plugin-dir={}", folder.display()).into());
        }
        let what = format!("{} cannot be initialised", self.unit.name);
        match self.unit.tool {
            Tool::Terraform => self.question(&self.unit.dir).arguments(words).limit(INIT).ask_well(&own, &what).await,
            Tool::Terragrunt => {
                let question = Question::new(self.tools.terragrunt(), &self.unit.dir).limit(INIT);
                let question = question.arguments(["run", "--non-interactive", "--no-color", "--"]).arguments(words);
                question.ask_well(&own.of_terragrunt(&self.tools.terraform), &what).await
            }
        }
    }

    /// Initialises it, and makes its workspace where that is not there yet: which one. `tell` hears of it as soon as it is made, or
    /// cannot be.
    ///
    /// # Errors
    /// As Terraform says.
    pub async fn init_with_workspace(
        &self,
        tell: &(dyn Fn(&str, Option<&Trouble>) + Sync),
    ) -> Result<Option<&'a str>, Trouble> {
        let is_named =
            |name: &&str| self.unit.tool == Tool::Terraform && *name != super::surroundings::DEFAULT_WORKSPACE;
        let Some(wanted) = self.unit.workspace.as_deref().filter(is_named) else {
            return self.init().await.map(|_| None);
        };
        self.init_without_workspace().await?;
        let is_there = self.workspaces().await?.iter().any(|name| name == wanted);
        if !is_there {
            let made = self.new_workspace().await;
            tell(wanted, made.as_ref().err());
            made?;
        }
        self.init().await?;
        Ok((!is_there).then_some(wanted))
    }

    /// The workspaces of its folder.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn workspaces(&self) -> Result<Vec<String>, Trouble> {
        terraform::workspaces(self.unit, self.tools, self.surroundings).await
    }

    /// Makes its workspace.
    ///
    /// # Errors
    /// As Terraform says.
    pub async fn new_workspace(&self) -> Result<(), Trouble> {
        self.make_workspace(self.unit.workspace.as_deref().unwrap_or_default()).await
    }

    /// Makes a workspace in its folder.
    ///
    /// # Errors
    /// As Terraform says.
    pub async fn make_workspace(&self, name: &str) -> Result<(), Trouble> {
        // Terraform makes none while the variable names one, and selects the one that it makes: that changes nothing, as
        // the variable says in each call which is meant.
        let mut own = self.surroundings();
        own.unset("TF_WORKSPACE");
        let question = self.question(&self.unit.dir).arguments(["workspace", "new", "-no-color", name]);
        let what = format!("workspace {name} cannot be made");
        question.ask_well(&own, &what).await.map(drop)
    }

    /// Whether a plan of it would change nothing.
    ///
    /// # Errors
    /// It cannot be planned.
    pub async fn plans_nothing(&self) -> Result<bool, Trouble> {
        let files = self.unit.var_files.iter().map(|file| format!("-var-file={}", file.display()));
        let words = ["plan", "-detailed-exitcode", "-input=false", "-no-color"].map(str::to_owned);
        let words = words.into_iter().chain(files);
        let own = self.surroundings();
        let (question, own) = match self.unit.tool {
            Tool::Terraform => (self.question(&self.unit.dir).arguments(words), own),
            Tool::Terragrunt => {
                let question = Question::new(self.tools.terragrunt(), &self.unit.dir);
                let run = ["run", "--non-interactive", "--no-color", "--no-auto-init", "--"];
                (question.arguments(run).arguments(words), own.of_terragrunt(&self.tools.terraform))
            }
        };
        let question = question.limit(INIT);
        let answer = question.ask(&own).await?;
        match answer.code {
            Some(0) => Ok(true),
            Some(2) => Ok(false),
            _ => Err(question.failed(&format!("{} cannot be planned", self.unit.name), &answer)),
        }
    }

    /// Asks Terraform something that changes nothing, as the unit is: nothing is initialised or fetched for it.
    ///
    /// # Errors
    /// It was never initialised on this machine, does not answer within the limit, or what failed as Terraform says it.
    pub async fn glance(&self, words: &[&str], what: &str, limit: Duration) -> Result<Answer, Trouble> {
        let dir = self.dir().await?;
        if !dir.is_dir() {
            let trouble =
                Trouble::new(TroubleKind::NotInitialised, what).cause("it was not initialised on this machine");
            return Err(trouble.hint("`cockpit infra init` does that"));
        }
        self.state_question(&dir).arguments(words).limit(limit).ask_well(&self.surroundings(), what).await
    }

    /// Asks Terraform something that changes nothing. Where it cannot say, the unit is initialised and asked once more:
    /// what it needs may not be on this machine yet.
    ///
    /// # Errors
    /// What failed, with what Terraform said.
    pub async fn read(&self, words: &[&str], what: &str) -> Result<Answer, Trouble> {
        let own = self.surroundings();
        let dir = self.dir().await?;
        if dir.is_dir() {
            let answer = self.state_question(&dir).arguments(words).ask(&own).await?;
            if answer.code == Some(0) {
                return Ok(answer);
            }
        }
        self.init().await.map_err(|trouble| match trouble.kind {
            TroubleKind::Workspace => trouble,
            _ => Trouble {
                hint: trouble.hint.clone(),
                ..Trouble::new(TroubleKind::NotInitialised, what).causes(told(trouble))
            },
        })?;
        self.state_question(&self.dir().await?).arguments(words).ask_well(&own, what).await
    }
}

/// Trouble as causes of other trouble.
fn told(trouble: Trouble) -> Vec<String> {
    std::iter::once(trouble.message).chain(trouble.causes).collect()
}

/// Asks each unit of an environment, some at a time; answers come in the order of the units.
pub async fn each<'a, T, F: Future<Output = T>>(
    found: &'a Discovered,
    ask: impl Fn(Access<'a>) -> F,
) -> Vec<(&'a Unit, T)> {
    let mut answers = Vec::new();
    for some in found.graph.units().chunks(AT_A_TIME) {
        let asked = some.iter().map(|unit| ask(Access::new(found, unit)));
        answers.extend(some.iter().zip(futures_util::future::join_all(asked).await));
    }
    answers
}
