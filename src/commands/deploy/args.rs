//! Arguments of `cockpit deploy`.

use crate::model::image::is_platform;
use clap::{ArgGroup, Args};
use std::path::PathBuf;

/// Deploy a version, watch the rollout to its end and report how it ended [table|json|yaml]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    group = ArgGroup::new("source").required(true).args(["image", "force", "enable_exec", "build", "attach"]),
    after_help = "A deployment is done when the new version serves: ECS reports this service deployment as SUCCESSFUL and
its tasks run. Exit codes: 0 done, 5 rolled back, 6 failed and not rolled back, 7 not known (detached with
Ctrl-C, or the time is up). Several services are deployed in the configured order, up to the first failure.
With --attach each is followed to its own end, and the worst of them is the exit code.

Examples:
  cockpit deploy web --image 9f3c2e1
  cockpit deploy web api --image 9f3c2e1 --yes
  cockpit deploy api --build --dry-run
  cockpit deploy web --attach"
)]
pub struct Arguments {
    /// Services by name, short name, unambiguous part of the name, or ARN
    #[arg(value_name = "SERVICE", required = true)]
    pub services: Vec<String>,
    /// The image to deploy, from the service's repository: a tag, a digest (`sha256:…`), or a full name
    /// (`REPOSITORY:TAG`)
    #[arg(long, value_name = "TAG|DIGEST")]
    pub image: Option<String>,
    /// Force a new deployment of the same task definition, which replaces all tasks
    #[arg(long)]
    pub force: bool,
    /// Enable ECS Exec on the service and force a new deployment, so that `cockpit tunnel` and `cockpit exec` can use its tasks
    #[arg(long)]
    pub enable_exec: bool,
    /// Build and push an image first, as configured in `[build.SERVICE]`
    #[arg(long)]
    pub build: bool,
    /// Change nothing: watch the newest deployment, or report how it ended
    #[arg(long)]
    pub attach: bool,
    /// With --build: build even with uncommitted changes; refused in a guarded environment
    #[arg(long, requires = "build", conflicts_with_all = ["image", "force", "enable_exec", "attach"])]
    pub dirty: bool,
    /// With --build: the folder to send as build context, instead of the configured one
    #[arg(long, value_name = "DIR", requires = "build", conflicts_with_all = ["image", "force", "enable_exec", "attach"])]
    pub context: Option<PathBuf>,
    /// With --build: the platform to build for, instead of the task definition's: `linux/arm64`
    #[arg(long, value_name = "PLATFORM", requires = "build", conflicts_with_all = ["image", "force", "enable_exec", "attach"], value_parser = platform)]
    pub platform: Option<String>,
    /// The task definition to copy instead of the running one (`family:revision`)
    #[arg(long, value_name = "REVISION", conflicts_with_all = ["force", "enable_exec", "attach"])]
    pub from: Option<String>,
    /// The container whose image is changed [default: the one that the load balancer reaches, else the one whose
    /// repository has the image, else the one with the service's name]. Required if several are left, and for an image
    /// that is not in ECR
    #[arg(long, value_name = "NAME", conflicts_with_all = ["force", "enable_exec", "attach"])]
    pub container: Option<String>,
    /// Roll back from this machine as soon as the deployment is certain to fail; the default if the circuit breaker is
    /// off
    #[arg(long, conflicts_with_all = ["no_rollback", "attach"])]
    pub rollback_on_failure: bool,
    /// Do not roll back a failing deployment
    #[arg(long, conflicts_with = "attach")]
    pub no_rollback: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long, conflicts_with = "attach")]
    pub dry_run: bool,
}

fn platform(text: &str) -> Result<String, String> {
    if is_platform(text) { Ok(text.to_owned()) } else { Err("a platform is written as linux/amd64".to_owned()) }
}
