//! `cockpit invalidate`: its arguments.

use clap::Args;

/// Invalidate what a distribution has cached, and wait until every edge has done it [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    override_usage = "cockpit invalidate [OPTIONS] [DISTRIBUTION] <PATH>...",
    after_help = "A CloudFront distribution is named by its id, one of its names or its comment, and may be left out where the environment
has only one. The environment's are those that `distributions` names in the configuration, else those that have one of its
hosts as an alias, or whose comment begins as the environment's names do. No other distribution is touched.

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
