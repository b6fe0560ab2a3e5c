//! Arguments of `cockpit login`.

use clap::Args;

/// Sign in to IAM Identity Center with a code that is confirmed in a browser, on this machine or another
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(
    after_help = "The code and the address of the page are printed on stderr; no browser is opened. The token is kept where the AWS CLI
keeps it, and serves both. The profile is that of --profile, else the environment's, else AWS_PROFILE. --timeout limits the
wait for the confirmation.

Exit codes: 0 signed in, 8 refused, or the profile has no sign-in, 7 nobody confirmed it in time.

Examples:
  cockpit login
  cockpit --profile work login --timeout 5m"
)]
pub struct Arguments {}
