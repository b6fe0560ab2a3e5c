//! `cockpit doctor`: its arguments.

use clap::{Args, ValueEnum};

/// Check tools, credentials, permissions and each line of the configuration [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(
    after_help = "What the configuration names and AWS does not have is a failure, reported with its file and line and the name that may
have been meant. IAM is asked whether a tunnel and a shell would be allowed (iam:SimulatePrincipalPolicy); nothing is opened.
Exit codes: 0 nothing fails, 1 something fails, 3 something could not be read, so that it may or may not exist.

--policy asks AWS nothing: it prints the smallest IAM policy for what the environment configures, as JSON.

Examples:
  cockpit doctor --env staging
  cockpit doctor --env staging --policy > read-only.json
  cockpit doctor --env staging --policy operate > operator.json"
)]
pub struct Arguments {
    /// Print the smallest IAM policy for what is configured: `read` to look, `operate` also to change
    #[arg(long, value_name = "FOR", num_args = 0..=1, default_missing_value = "read")]
    pub policy: Option<Purpose>,
}

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// Looking.
    Read,
    /// What is changed, beside looking.
    Operate,
}
