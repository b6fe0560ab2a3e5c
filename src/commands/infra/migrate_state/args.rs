//! Arguments of `cockpit infra migrate-state`.

use crate::commands::infra::target::Target;
use clap::Args;

/// Move states from local files to S3, where they have a lock; each move is verified, and undone if anything differs
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "Terragrunt: switch `remote_state` to s3 in the code first. Terraform: with --bucket the backend is written into
cockpit_backend.tf of each unit whose code names none, or a file (then cockpit_backend_override.tf). All workspaces of a
folder move with it. The state there must have the same lineage and content and no lower serial, the backend must lock,
and the plan must be empty; otherwise files and code are restored."
)]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
    /// The bucket, for Terraform units whose code configures no backend, or the local one
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// Show what would be moved, and move nothing
    #[arg(long)]
    pub dry_run: bool,
}
