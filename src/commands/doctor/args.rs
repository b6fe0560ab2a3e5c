//! `cockpit doctor`: its arguments.

use clap::{Args, ValueEnum};

/// Check tools, credentials, permissions and each line of the configuration [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(
    after_help = "What the configuration of the environment names and nothing there has is a failure, told with its file and line and
what may be meant. What a tunnel and a shell need to be allowed is asked of IAM (iam:SimulatePrincipalPolicy), and nothing is opened. 0: nothing fails; 1: something does; 3: of something it could not be read whether it is there.

--policy asks nobody: it prints the smallest IAM policy for what is configured of the environment, as JSON.

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
