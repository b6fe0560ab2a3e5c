//! The declaration of a subcommand of `cockpit infra`.

use crate::cli::Formats;
use crate::commands::declared::Run;

/// A subcommand that takes the arguments `A`.
pub(super) struct Action<A: 'static> {
    /// The output formats that it supports.
    pub(super) formats: fn(&A) -> Formats,
    /// Whether it handles interrupts itself: what it started continues without it.
    pub(super) takes_interrupt: fn(&A) -> bool,
    /// The function that runs the subcommand.
    pub(super) run: Run<A>,
}
