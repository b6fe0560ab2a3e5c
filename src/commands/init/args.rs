//! `cockpit init`: its arguments.

use clap::Args;
use std::path::PathBuf;

/// Write a configuration by looking at the account and at the folder
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Clusters, services, databases, alarms, functions, schedules, load balancers, log groups, names of parameters, user
pools, distributions, hosted zones, instances and the profiles of the AWS files are read, and nothing is changed. They
are put into environments by their tags Project and Environment, else by their names; what looks like production is
guarded, and what is unknown is left as a question in a comment. An existing file is never overwritten: the difference is shown.

Examples:
  cockpit init --region ap-northeast-1
  cockpit init --regions ap-northeast-1,us-east-1 --accept
  cockpit init --profile shop --dir infra --file shop.toml"
)]
pub struct Arguments {
    /// Regions to look at; without it that of --region or of the profile
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// Where infrastructure as code is looked for
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub dir: PathBuf,
    /// The file that is written
    #[arg(long, value_name = "FILE", default_value = "config.toml")]
    pub file: PathBuf,
    /// Write it without asking
    #[arg(long)]
    pub accept: bool,
}
