//! `cockpit login`: its arguments.

use clap::Args;

/// Sign in to IAM Identity Center with a code that is confirmed in a browser, on this machine or another
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(
    after_help = "The code and the page stand on stderr; nothing is opened. The token is kept where the AWS CLI keeps it, and serves both.
Which profile it is: --profile, that of the environment, AWS_PROFILE. --timeout ends the wait for the confirmation.

Exit codes: 0 signed in, 8 refused, or the profile has no sign-in, 7 nobody confirmed it in time.

Examples:
  cockpit login
  cockpit --profile work login --timeout 5m"
)]
pub struct Arguments {}
