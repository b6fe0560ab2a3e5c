//! The arguments that the subcommands share that begin a run.

use super::target::Target;
use clap::Args;

/// What a run covers.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct RunArgs {
    /// Which units.
    #[command(flatten)]
    pub target: Target,
    /// Plan only this resource and what it depends on; for exceptions, may be given several times
    #[arg(long = "target", value_name = "ADDRESS")]
    pub targets: Vec<String>,
    /// Replace this resource; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<String>,
    /// How many units work at a time [default: the machine's cores]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub parallelism: Option<u32>,
    /// No final snapshots; only for `destroy`.
    #[arg(skip)]
    pub skip_snapshots: bool,
    /// Print what happens as JSON, one object per line; progress stays on stderr
    #[arg(long)]
    pub json: bool,
}

/// What is typed of the subcommands whose run changes something.
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "The run goes on when this command is left, when the terminal closes and when the connection is lost:\n`cockpit infra attach` follows it again. Without a terminal --yes answers; what destroys data also needs --confirm."
)]
pub struct ChangeArgs {
    /// What the run covers.
    #[command(flatten)]
    pub of: RunArgs,
    /// Detach at once: the plans of the run wait for `cockpit infra approve`, or for a screen
    #[arg(long)]
    pub detach: bool,
}

/// Which run.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Named {
    /// The run, as `cockpit infra runs` lists it [default: the latest]
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
}
