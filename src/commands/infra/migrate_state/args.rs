//! `cockpit infra migrate-state`: its arguments.

use crate::commands::infra::target::Target;
use clap::Args;

/// Move states from files on this machine to S3, where they have a lock; checked, and undone where anything differs
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Terragrunt: switch `remote_state` to s3 in the code first. Terraform: with --bucket the backend is written into
cockpit_backend.tf of each unit whose code names none, or a file (then cockpit_backend_override.tf). All workspaces of a
folder move with it. The state there must have the same lineage, no lower serial and the same content, the backend a lock,
and the plan must be empty; else files and code are put back as they were."
)]
pub struct Arguments {
    /// The environment, and which of its units.
    #[command(flatten)]
    pub target: Target,
    /// The bucket, for units of Terraform whose code names no backend, or a file
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// Show what would be moved, and move nothing
    #[arg(long)]
    pub dry_run: bool,
}
