//! psql's input, interpreted: text goes in, what is to be done comes out, what came of it goes in again. Nothing is run,
//! read or written here, so scripts, `-c` and the editor's text take one way.
//!
//! Whoever drives it calls [`Interpreter::step`], does what that says, gives the [`Answer`] where one is waited for, and
//! calls again.

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
pub use halt::{Halt, Left};
pub use input::Data;
pub use state::{Interpreter, Mode, Origin};
