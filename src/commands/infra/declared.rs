//! The declaration of a subcommand of `cockpit infra`.

use crate::cli::Formats;
use crate::commands::declared::Run;

/// A subcommand, by its arguments.
pub(super) struct Action<A: 'static> {
    /// The formats that it prints in.
    pub(super) formats: fn(&A) -> Formats,
    /// Whether it takes an interrupt itself: what it began goes on without it.
    pub(super) takes_interrupt: fn(&A) -> bool,
    /// The function that runs the subcommand.
    pub(super) run: Run<A>,
}
