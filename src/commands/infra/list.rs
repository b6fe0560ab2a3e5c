//! The subcommands as one type, from the list.

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
                #[doc = concat!("What is typed of `", stringify!($name), "`.")]
                $variant(crate::commands::infra::$name::args::Arguments),
            )*
        }

        impl Action {
            /// The formats that it prints in.
            pub(super) fn formats(&self) -> Formats {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::infra::$name::ACTION.formats)(arguments),)*
                }
            }

            /// Whether it takes an interrupt itself.
            pub(super) fn takes_interrupt(&self) -> bool {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::infra::$name::ACTION.takes_interrupt)(arguments),)*
                }
            }

            /// Runs it; what is printed goes to `out`.
            pub(super) fn run<'a>(&'a self, context: &'a Context, out: &'a mut dyn io::Write) -> Running<'a> {
                match self {
                    $(Self::$variant(arguments) => (crate::commands::infra::$name::ACTION.run)(context, arguments, out),)*
                }
            }
        }
    };
}

with_actions!(actions);
