//! The declaration of a command, from which everything else about it follows.

use super::context::Context;
use crate::cli::{ExitCode, Formats, Report};
use serde_json::Value;
use std::io;
use std::pin::Pin;

/// A command, by its arguments.
pub(super) struct Declared<A: 'static> {
    /// The name as it is typed.
    pub(super) name: &'static str,
    /// The formats that it prints in.
    pub(super) formats: fn(&A) -> Formats,
    /// Whether it takes an interrupt itself: what it began goes on without it, and it says how to look again.
    pub(super) takes_interrupt: fn(&A) -> bool,
    /// The kind of its work.
    pub(super) work: Work,
    /// The schemas of its output, for `cockpit schema`.
    pub(super) schemas: &'static [Schema],
    /// The function that runs the command.
    pub(super) run: Run<A>,
}

/// The function that runs a command; what it prints goes to the writer.
pub(super) type Run<A> = for<'a> fn(&'a Context, &'a A, &'a mut dyn io::Write) -> Running<'a>;

/// A command that is under way.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<ExitCode, Report>> + 'a>>;

/// The kind of work that a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Reads or changes something, and prints it.
    Prints,
    /// It prints answers so large that they are parsed off the main thread.
    PrintsMuch,
    /// Shows a screen, which must not wait while an answer is taken apart.
    Screen,
}

/// The schema of a JSON that commands print.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The word that is typed after `cockpit schema`.
    pub name: &'static str,
    /// Which commands print it.
    pub about: &'static str,
    pub make: fn() -> Value,
}

/// No: for commands that end at once when they are interrupted.
pub(super) fn never<A>(_: &A) -> bool {
    false
}

/// Yes: for commands that take an interrupt themselves.
pub(super) fn always<A>(_: &A) -> bool {
    true
}
