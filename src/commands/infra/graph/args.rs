//! Arguments of `cockpit infra graph`.

use crate::commands::infra::target::Target;
use clap::{Args, ValueEnum};

/// Show the units and their dependencies [table|json|yaml]
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Examples:
  cockpit infra graph staging
  cockpit infra graph staging --format svg > staging.svg
  cockpit infra graph prod --format mermaid --unit network --unit compute
  cockpit infra graph staging --unit network --format dot    its resources, from its latest plan")]
pub struct Arguments {
    /// The environment and its units.
    #[command(flatten)]
    pub target: Target,
    /// Print a diagram or another format than --output
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// The formats of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For Graphviz.
    Dot,
    /// For Markdown.
    Mermaid,
    /// For a browser.
    Svg,
    /// Boxes and lines, as on the screen.
    Text,
    /// Like `-o json`.
    Json,
    /// Like `-o table`.
    Table,
}
