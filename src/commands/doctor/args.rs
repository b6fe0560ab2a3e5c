//! Arguments of `cockpit doctor`.

use clap::{Args, ValueEnum};

/// Check tools, credentials, permissions and each line of the configuration [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(
    after_help = "A configured name that does not exist in AWS is a failure, reported with its file and line and the most similar existing
name. IAM is asked whether a tunnel and a shell would be allowed (iam:SimulatePrincipalPolicy); nothing is opened.
Exit codes: 0 nothing fails, 1 something fails, 3 something could not be read, so that it may or may not exist.

--policy only prints the smallest IAM policy for the configuration of the environment, as JSON; it sends AWS no request.

Examples:
  cockpit doctor --env staging
  cockpit doctor --env staging --policy > read-only.json
  cockpit doctor --env staging --policy operate > operator.json"
)]
pub struct Arguments {
    /// Print the smallest IAM policy for the configuration: `read` to view, `operate` also to change
    #[arg(long, value_name = "FOR", num_args = 0..=1, default_missing_value = "read")]
    pub policy: Option<Purpose>,
}

/// The purpose of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Purpose {
    /// View the environment.
    Read,
    /// View and change the environment.
    Operate,
}
