//! The commands as one enum, generated from the list.

use super::context::Context;
use super::declared::{Running, Schema, Work};
use crate::cli::Formats;
use clap::Subcommand;
use std::io;

macro_rules! commands {
    ($($variant:ident($name:ident),)*) => {
        /// The commands, each with its arguments.
        #[derive(Debug, Clone, PartialEq, Subcommand)]
        pub enum Command {
            $(
                #[doc = concat!("The arguments of `", stringify!($name), "`.")]
                #[command(name = crate::commands::$name::COMMAND.name)]
                $variant(crate::commands::$name::args::Arguments),
            )*
        }

        impl Command {
            /// Returns the name on the command line.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => crate::commands::$name::COMMAND.name,)*
                }
            }

            /// Returns the output formats that the command supports.
            pub fn formats(&self) -> Formats {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::$name::COMMAND.formats)(arguments),)*
                }
            }

            /// Whether the command handles interrupts itself.
            pub fn takes_interrupt(&self) -> bool {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::$name::COMMAND.takes_interrupt)(arguments),)*
                }
            }

            /// Returns the kind of the command's work.
            pub fn work(&self) -> Work {
                match self {
                    $(Self::$variant(_) => crate::commands::$name::COMMAND.work,)*
                }
            }

            /// Runs the command; output goes to `out`.
            pub(super) fn run<'a>(&'a self, context: &'a Context, out: &'a mut dyn io::Write) -> Running<'a> {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::$name::COMMAND.run)(context, arguments, out),)*
                }
            }
        }

        /// The schemas of each command.
        const SCHEMAS: &[&[Schema]] = &[$(crate::commands::$name::COMMAND.schemas,)*];
    };
}

with_commands!(commands);

/// Returns every schema once, in the order of the commands.
pub(super) fn schemas() -> Vec<Schema> {
    let mut schemas: Vec<Schema> = Vec::new();
    for schema in SCHEMAS.iter().copied().flatten() {
        if schemas.iter().all(|known| known.name != schema.name) {
            schemas.push(*schema);
        }
    }
    schemas
}
