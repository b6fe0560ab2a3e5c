//! Drafts of environments during the generation of a configuration.

/// A guessed environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guess {
    /// The environment's name for `--env`.
    pub name: String,
    /// The project that it belongs to.
    pub project: String,
    /// The account; `None` for an environment that only exists in code.
    pub account: Option<String>,
    pub region: Option<String>,
    pub profile: Option<String>,
    pub cluster: Option<String>,
    /// Its services; empty for all services of the cluster.
    pub services: Vec<String>,
    pub databases: Vec<String>,
    /// Target groups in addition to those of its services.
    pub target_groups: Vec<String>,
    /// Instances that cannot be found by tags.
    pub instances: Vec<String>,
    /// Distributions that cannot be found by name.
    pub distributions: Vec<String>,
    /// User pools that cannot be found by name.
    pub user_pools: Vec<String>,
    /// Paths of parameters that no task definition references.
    pub parameters: Vec<String>,
    /// Hosts that cannot be found by records of its load balancers.
    pub hosts: Vec<String>,
    /// Prefixes of its alarms' names.
    pub alarms: Vec<String>,
    /// Whether it looks like production.
    pub guarded: bool,
    /// The time zone of its schedules.
    pub timezone: Option<String>,
    /// The function that stops and starts it.
    pub scheduler: Option<String>,
    /// The prefix of its schedules' names.
    pub schedules: Option<String>,
    /// The service whose tasks give access to its database.
    pub tunnel: Option<String>,
    /// Its infrastructure as code.
    pub infra: Option<Infra>,
    /// The reasons for the guesses, as sentences.
    pub reasons: Vec<String>,
    /// The open questions, as sentences.
    pub questions: Vec<String>,
    /// Optional lines, each a key with its values and the reason.
    pub offers: Vec<Offer>,
}

/// The infrastructure as code of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Infra {
    /// A folder of Terragrunt units.
    Terragrunt {
        /// The folder, relative to the configuration file.
        dir: String,
    },
    /// One root module, possibly in a workspace.
    Terraform {
        /// The name of the unit.
        name: String,
        /// The folder, relative to the configuration file.
        dir: String,
        workspace: Option<String>,
        /// Variable files.
        var_files: Vec<String>,
    },
}

/// An optional line, which is written as a comment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offer {
    pub key: &'static str,
    /// The values: a single text, or a list.
    pub values: Vec<String>,
    /// Whether it is a list.
    pub list: bool,
    /// The reason why it could be wanted.
    pub why: String,
}

/// A guess, with the data for assigning resources to it.
pub(super) struct Draft {
    pub(super) guess: Guess,
    /// The prefix of its resources' names.
    pub(super) prefix: String,
    /// The word for the kind of environment: `staging`.
    pub(super) kind: Option<String>,
    /// Whether its task definitions reference parameters.
    pub(super) references_parameters: bool,
}

/// Returns the draft, within a region if given, that a name belongs to: the one with the longest matching prefix of
/// whole words.
pub(super) fn best_match(drafts: &[Draft], region: Option<&str>, name: &str) -> Option<usize> {
    let fits = |draft: &Draft| {
        region.is_none_or(|region| draft.guess.region.as_deref() == Some(region))
            && name
                .strip_prefix(draft.prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
    };
    let fitting = drafts.iter().enumerate().filter(|(_, draft)| fits(draft));
    fitting.max_by_key(|(_, draft)| draft.prefix.len()).map(|(at, _)| at)
}
