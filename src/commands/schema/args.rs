//! Arguments of `cockpit schema`.

use crate::commands::list::schemas;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};

/// Print the JSON Schema of an output
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Arguments {
    /// The output
    #[arg(value_parser = names(), default_value = "snapshot")]
    pub name: String,
}

/// Returns the name of each schema, with the commands that print it as help.
fn names() -> PossibleValuesParser {
    schemas().iter().map(|schema| PossibleValue::new(schema.name).help(schema.about)).collect::<Vec<_>>().into()
}
