//! An interpreter for psql's input: text goes in, actions come out, and their outcomes go back in. Nothing is run, read or
//! written here, so scripts, `-c` and the editor all use the same code.
//!
//! The driver calls [`Interpreter::step`], performs the action, passes an [`Answer`] if one is expected, and repeats.

mod action;
mod arguments;
mod connection;
mod files;
mod halt;
mod input;
mod meta;
mod report;
mod routine;
mod run;
mod state;

#[cfg(test)]
mod more_tests;
#[cfg(test)]
mod tests;

pub use action::{Action, Answer, Connection, Edited, Peer, Ran, Rows, Run, Target};
pub use connection::version_number;
pub use halt::{Halt, UnrunPart};
pub use input::Data;
pub use state::{Interpreter, Mode, Origin};
