//! The subcommands as one enum, generated from the list.

use crate::cli::Formats;
use crate::commands::context::Context;
use crate::commands::declared::Running;
use clap::Subcommand;
use std::io;

macro_rules! actions {
    ($($variant:ident($name:ident),)*) => {
        /// The subcommands, each with its arguments.
        #[derive(Debug, Clone, PartialEq, Subcommand)]
        pub enum Action {
            $(
                #[doc = concat!("The arguments of `", stringify!($name), "`.")]
                $variant(crate::commands::infra::$name::args::Arguments),
            )*
        }

        impl Action {
            /// Returns the output formats that the subcommand supports.
            pub(super) fn formats(&self) -> Formats {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::infra::$name::ACTION.formats)(arguments),)*
                }
            }

            /// Whether the subcommand handles interrupts itself.
            pub(super) fn takes_interrupt(&self) -> bool {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::infra::$name::ACTION.takes_interrupt)(arguments),)*
                }
            }

            /// Runs the subcommand; output goes to `out`.
            pub(super) fn run<'a>(&'a self, context: &'a Context, out: &'a mut dyn io::Write) -> Running<'a> {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::infra::$name::ACTION.run)(context, arguments, out),)*
                }
            }
        }
    };
}

with_actions!(actions);
