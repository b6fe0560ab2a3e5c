//! Arguments of `cockpit init`.

use clap::Args;
use std::path::PathBuf;

/// Write a configuration from what is found in the account and in a folder
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Reads clusters, services, databases, alarms, functions, schedules, load balancers, log groups, names of parameters, user
pools, distributions, hosted zones, instances and the profiles of the AWS files, and changes nothing. Resources are
assigned to environments by their tags Project and Environment, else by their names. Environments that look like
production become guarded, and unknown values become questions in comments. An existing file is never overwritten: the
difference is shown.

Examples:
  cockpit init --region ap-northeast-1
  cockpit init --regions ap-northeast-1,us-east-1 --accept
  cockpit init --profile shop --dir infra --file shop.toml"
)]
pub struct Arguments {
    /// The regions to read [default: that of --region or of the profile]
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub regions: Vec<String>,
    /// The folder to search for infrastructure as code
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub dir: PathBuf,
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "config.toml")]
    pub file: PathBuf,
    /// Write the file without asking
    #[arg(long)]
    pub accept: bool,
}
