//! An environment as it is guessed, while it is put together.

/// An environment as it is guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guess {
    /// The environment's name for `--env`.
    pub name: String,
    /// The project that it is an environment of.
    pub project: String,
    /// The account; none for one that is only code.
    pub account: Option<String>,
    pub region: Option<String>,
    pub profile: Option<String>,
    pub cluster: Option<String>,
    /// Its services; empty is all of the cluster.
    pub services: Vec<String>,
    pub databases: Vec<String>,
    /// Target groups beside those of its services.
    pub target_groups: Vec<String>,
    /// Instances that its tags do not tell.
    pub instances: Vec<String>,
    /// Distributions that their names do not tell.
    pub distributions: Vec<String>,
    /// User pools that their names do not tell.
    pub user_pools: Vec<String>,
    /// Paths of parameters that no task definition names.
    pub parameters: Vec<String>,
    /// Hosts that no record of its load balancers tells.
    pub hosts: Vec<String>,
    /// Beginnings of its alarms' names.
    pub alarms: Vec<String>,
    /// Whether it looks like production.
    pub guarded: bool,
    /// The zone of its times.
    pub timezone: Option<String>,
    /// The function that stops and starts it.
    pub scheduler: Option<String>,
    /// The beginning of the names of its schedules.
    pub schedules: Option<String>,
    /// The service through whose tasks its database is reached.
    pub tunnel: Option<String>,
    /// Its infrastructure as code.
    pub infra: Option<Infra>,
    /// Why it is what it is, in sentences.
    pub why: Vec<String>,
    /// The open questions, in sentences.
    pub questions: Vec<String>,
    /// Lines that could be written, each a key with its values and why.
    pub offers: Vec<Offer>,
}

/// The infrastructure as code of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Infra {
    /// A folder of Terragrunt units.
    Terragrunt {
        /// The folder, from the configuration file.
        dir: String,
    },
    /// One root, perhaps in a workspace.
    Terraform {
        /// The name of the unit.
        name: String,
        /// The folder, from the configuration file.
        dir: String,
        workspace: Option<String>,
        /// Files of variables.
        var_files: Vec<String>,
    },
}

/// A line that could be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    pub key: &'static str,
    /// The values: one text, or a list.
    pub values: Vec<String>,
    /// Whether it is a list.
    pub list: bool,
    /// Why it could belong there.
    pub why: String,
}

/// A guess and what is needed to find what belongs to it.
pub(super) struct Draft {
    pub(super) guess: Guess,
    /// The prefix of the names of its things.
    pub(super) prefix: String,
    /// The environment's own word: `staging`.
    pub(super) kind: Option<String>,
    /// Whether its tasks are given parameters.
    pub(super) names_parameters: bool,
}

/// Which draft, of a region where one is given, a name belongs to: the longest beginning in whole words.
pub(super) fn nearest(drafts: &[Draft], region: Option<&str>, name: &str) -> Option<usize> {
    let fits = |draft: &Draft| {
        region.is_none_or(|region| draft.guess.region.as_deref() == Some(region))
            && name
                .strip_prefix(draft.prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    let fitting = drafts.iter().enumerate().filter(|(_, draft)| fits(draft));
    fitting.max_by_key(|(_, draft)| draft.prefix.len()).map(|(at, _)| at)
}
