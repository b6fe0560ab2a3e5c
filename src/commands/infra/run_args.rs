//! The arguments shared by the subcommands that start a run.

use super::target::Target;
use clap::Args;

/// The scope of a run.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct RunArgs {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
    /// Plan only this resource and what it depends on; for exceptions, may be given several times
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<String>,
    /// Replace this resource; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// The number of units that run at the same time [default: the number of CPU cores]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub parallelism: Option<u32>,
    /// Whether to skip final snapshots; only for `destroy`.
    #[arg(skip)]
    pub skip_snapshots: bool,
    /// Print events as JSON, one object per line; progress stays on stderr
    #[arg(long)]
    pub json: bool,
}

/// The arguments of the subcommands that change something.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "The run continues when this command detaches, when the terminal closes or the connection is lost:\n`cockpit infra attach` follows it again. Without a terminal --yes approves; destroying data also needs --confirm."
)]
pub struct ChangeArgs {
    /// The scope of the run.
    #[command(flatten)]
    pub of: RunArgs,
    /// Detach at once: the plans of the run wait for approval by `cockpit infra approve`, or in a session
    #[arg(long)]
    pub detach: bool,
}

/// The selection of a run.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Named {
    /// The run, as `cockpit infra runs` lists it [default: the latest]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}
