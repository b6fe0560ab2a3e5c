//! Arguments of `cockpit infra import`.

use clap::Args;

/// Write an import block into a unit: its next plan shows the import, and an apply performs it
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    override_usage = "cockpit infra import [OPTIONS] [ENVIRONMENT] <ADDRESS> <ID>",
    after_help = "The block is written to cockpit_imports.tf in the unit's folder, and can be deleted once it was applied. Nothing else is
changed: the plan shows what Terraform would do to the resource before anything is done.

Example:
  cockpit infra import staging --unit network aws_vpc.this vpc-0123456789abcdef0"
)]
pub struct Arguments {
    /// The environment, as with --env; the resource's address in the code; and the provider's id of the resource
    #[arg(value_names = ["ENVIRONMENT", "ADDRESS", "ID"], num_args = 1..=3, required = true)]
    pub words: Vec<String>,
    /// The unit
    #[arg(short, long = "unit", value_name = "NAME")]
    pub unit: Option<String>,
}
