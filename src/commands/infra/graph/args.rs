//! `cockpit infra graph`: its arguments.

use crate::commands::infra::target::Target;
use clap::{Args, ValueEnum};

/// Show the units and what they depend on [table|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit infra graph staging
  cockpit infra graph staging --format svg > staging.svg
  cockpit infra graph prod --format mermaid --unit network --unit compute
  cockpit infra graph staging --unit network --format dot    its resources, as its latest plan has them")]
pub struct Arguments {
    /// The environment, and which of its units.
    #[command(flatten)]
    pub target: Target,
    /// As a diagram, or in the format of --output
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
    /// For a browser.
    Svg,
    /// Boxes and lines, as the screen has them.
    Text,
    /// As -o json.
    Json,
    /// As -o table.
    Table,
}
