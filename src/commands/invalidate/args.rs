//! Arguments of `cockpit invalidate`.

use clap::Args;

/// Invalidate paths in the cache of a `CloudFront` distribution, and wait until every edge has done it [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    override_usage = "cockpit invalidate [OPTIONS] [DISTRIBUTION] <PATH>...",
    after_help = "The distribution is given by its id, one of its names or its comment, and may be omitted if the environment
has only one. The environment's distributions are those configured in `distributions`, else those that have one of its
hosts as an alias, or whose comment starts with the environment's name prefix. No other distribution is touched.

Paths begin with a slash. A * is a wildcard at the end only; elsewhere it is literal. The first 1,000 paths of a month
are free; the plan shows how many were invalidated, and what these cost.

Examples:
  cockpit invalidate '/*'
  cockpit --env pantri invalidate /index.html '/static/*'
  cockpit invalidate E2EXAMPLE1DIST '/images/*' --dry-run"
)]
pub struct Arguments {
    /// The distribution, unless there is only one, and the paths
    #[arg(value_names = ["DISTRIBUTION", "PATH"], required = true, num_args = 1..)]
    pub words: Vec<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
