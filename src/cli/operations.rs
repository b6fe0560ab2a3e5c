//! Commands that change an environment: `deploy`, `rollback`, `scale`, `stop`, `start`, `schedule`,
//! `stop-task`, and `audit`, which shows what was changed.

use clap::{ArgGroup, Args, ValueEnum};

/// Flags of `cockpit deploy`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    group = ArgGroup::new("source").required(true).args(["image", "force", "build", "attach"]),
    after_help = "Done means that the new version serves: the service's own history calls this deployment SUCCESSFUL and
its tasks run. Exit codes: 0 done, 5 rolled back, 6 failed and not rolled back, 7 not known (detached with
Ctrl-C, or the time is up). Several services are deployed in the configured order, up to the first failure.

Examples:
  cockpit deploy web --image 9f3c2e1
  cockpit deploy web api --image 9f3c2e1 --yes
  cockpit deploy api --build --dry-run
  cockpit deploy web --attach"
)]
pub struct Deploy {
    /// Names, short names, words that only one service's name has, or ARNs
    #[arg(value_name = "SERVICE", required = true)]
    pub services: Vec<String>,
    /// An image in the service's repository: a tag, a digest (`sha256:…`), or its whole name (`REPOSITORY:TAG`)
    #[arg(long, value_name = "TAG|DIGEST")]
    pub image: Option<String>,
    /// The same task definition again, with new tasks
    #[arg(long)]
    pub force: bool,
    /// Build and push an image first, as `[build.SERVICE]` of the configuration says
    #[arg(long)]
    pub build: bool,
    /// Change nothing: watch the newest deployment, or tell how it ended
    #[arg(long)]
    pub attach: bool,
    /// With --build: though there are changes that are not committed
    #[arg(long, requires = "build")]
    pub dirty: bool,
    /// The task definition that is copied instead of the one that runs (`family:revision`)
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["force", "attach"])]
    pub from: Option<String>,
    /// The container whose image is changed; without it the one that the load balancer reaches, else the one whose
    /// repository has the image, else the one with the service's name. Needed where several are left, and for an
    /// image that is not in ECR
    #[arg(long, value_name = "NAME", conflicts_with_all = ["force", "attach"])]
    pub container: Option<String>,
    /// Roll back from here as soon as it surely fails; the default where the circuit breaker is off
    #[arg(long, conflicts_with_all = ["no_rollback", "attach"])]
    pub rollback_on_failure: bool,
    /// Leave a failing deployment as it is
    #[arg(long, conflicts_with = "attach")]
    pub no_rollback: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long, conflicts_with = "attach")]
    pub dry_run: bool,
}

/// Flags of `cockpit rollback`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Goes back to the version that ran before, as the history of deployments tells, or ends the
deployment that is in progress.

Examples:
  cockpit rollback web
  cockpit rollback web --to 41")]
pub struct Rollback {
    /// Name, short name, words that only its name has, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// This revision (`41` or `family:41`) instead of the one that ran before
    #[arg(long, value_name = "REVISION")]
    pub to: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `cockpit scale`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "Waits until as many tasks run. Where autoscaling would undo it, --move-limits moves its limits.

Examples:
  cockpit scale web 3
  cockpit scale web 12 --max 15"
)]
pub struct Scale {
    /// Name, short name, words that only its name has, or ARN
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// How many tasks
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub desired: u32,
    /// New minimum of autoscaling
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub min: Option<u32>,
    /// New maximum of autoscaling
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=5000))]
    pub max: Option<u32>,
    /// Move the limits of autoscaling as far as the count needs it
    #[arg(long)]
    pub move_limits: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `cockpit stop` and `cockpit start`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "It is done by the environment's scheduler function where one is configured, else directly; the counts
of before are kept in a tag of each service, so that `cockpit start` brings them back."
)]
pub struct Power {
    /// The databases too
    #[arg(long)]
    pub databases: bool,
    /// Without the scheduler function
    #[arg(long)]
    pub direct: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Which scheduled time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Which {
    /// The next stop.
    Stop,
    /// The next start.
    Start,
}

/// Flags of `cockpit schedule`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit schedule
  cockpit schedule --skip stop")]
pub struct Schedule {
    /// Skip the next one, and only that
    #[arg(long, value_enum, value_name = "WHICH", conflicts_with = "unskip")]
    pub skip: Option<Which>,
    /// Let the next one happen after all
    #[arg(long, value_enum, value_name = "WHICH")]
    pub unskip: Option<Which>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `cockpit stop-task`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Its service starts another one in its place.")]
pub struct StopTask {
    /// The task's id, an unambiguous beginning of it, or its ARN
    #[arg(value_name = "TASK")]
    pub task: String,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Flags of `cockpit audit`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Shows the operations of the chosen environment, the newest last.

Examples:
  cockpit audit
  cockpit audit --all --last 100 -o json")]
pub struct Audit {
    /// So many of the newest
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub last: usize,
    /// Of all environments
    #[arg(long)]
    pub all: bool,
}
