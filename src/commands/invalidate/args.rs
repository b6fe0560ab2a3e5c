//! `cockpit invalidate`: its arguments.

use clap::Args;

/// Invalidate what a distribution has cached, and wait until every edge has done it [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "The distribution of CloudFront is named by its id, one of its names or its comment; where the environment has one alone, it need not be.
Which are the environment's: those that `distributions` names in the configuration, else those with one of its hosts as
alias, or with the beginning of its names as comment. Of another none is touched.

Paths begin with a slash. A * at the end stands for anything; elsewhere it is only itself. The first 1,000 paths of a month
are free; the plan says how many were invalidated, and what these cost.

Examples:
  cockpit invalidate '/*'
  cockpit --env pantri invalidate /index.html '/static/*'
  cockpit invalidate E2EXAMPLE1DIST '/images/*' --dry-run"
)]
pub struct Arguments {
    /// The distribution, where there are several, and the paths
    #[arg(value_names = ["DISTRIBUTION", "PATH"], required = true, num_args = 1..)]
    pub words: Vec<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
