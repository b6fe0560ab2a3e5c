//! Runs the selected action.

use super::args::{Action, Arguments};
use super::{change, export, read};
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    match &arguments.action {
        Action::Ls(ls) => Box::pin(read::list(context, ls, out)).await,
        Action::Get(get) => Box::pin(read::get(context, get, out)).await,
        Action::History(history) => Box::pin(read::history(context, history, out)).await,
        Action::Check => Box::pin(read::check(context, out)).await,
        Action::Diff(diff) => Box::pin(read::diff(context, diff, out)).await,
        Action::Put(put) => Box::pin(change::put(context, put, out)).await,
        Action::Rm(rm) => Box::pin(change::remove(context, rm, out)).await,
        Action::Import(import) => Box::pin(change::import(context, import, out)).await,
        Action::Export(export) => Box::pin(export::export(context, export)).await,
    }
}
