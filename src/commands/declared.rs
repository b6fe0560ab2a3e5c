//! The declaration of a command, from which everything else about it is derived.

use super::context::Context;
use crate::cli::{ExitCode, Formats, Report};
use serde_json::Value;
use std::io;
use std::pin::Pin;

/// A command that takes the arguments `A`.
pub(super) struct Declared<A: 'static> {
    /// The name on the command line.
    pub(super) name: &'static str,
    /// The output formats that it supports.
    pub(super) formats: fn(&A) -> Formats,
    /// Whether it handles interrupts itself: what it started continues without it, and it prints how to follow it
    /// again.
    pub(super) takes_interrupt: fn(&A) -> bool,
    /// The kind of its work.
    pub(super) work: Work,
    /// The schemas of its output, for `cockpit schema`.
    pub(super) schemas: &'static [Schema],
    /// The function that runs the command.
    pub(super) run: Run<A>,
}

/// The function that runs a command; output goes to the writer.
pub(super) type Run<A> = for<'a> fn(&'a Context, &'a A, &'a mut dyn io::Write) -> Running<'a>;

/// The future of a running command.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Result<ExitCode, Report>> + 'a>>;

/// The kind of work that a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It reads or changes something, and prints the result.
    Prints,
    /// It prints answers so large that they are parsed off the main thread.
    PrintsMuch,
    /// It shows a screen, which must not freeze while an answer is parsed.
    Screen,
}

/// The schema of a command's JSON output.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The name for `cockpit schema NAME`.
    pub name: &'static str,
    /// The commands that print it.
    pub about: &'static str,
    pub make: fn() -> Value,
}

/// For commands that an interrupt ends at once: always false.
pub(super) fn never<A>(_: &A) -> bool {
    false
}

/// For commands that handle interrupts themselves: always true.
pub(super) fn always<A>(_: &A) -> bool {
    true
}
