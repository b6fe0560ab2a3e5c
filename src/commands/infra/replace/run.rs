//! Starts an apply run with `--replace` for the resource.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::apply_destroy::change;
use crate::commands::infra::run_args::{ChangeArgs, RunArgs};
use crate::commands::infra::target::{Environment, Target};
use crate::model::infra::run_event::Goal;
use std::io;

pub(super) async fn run(context: &Context, arguments: &Arguments, out: &mut dyn io::Write) -> Result<ExitCode, Report> {
    let (environment, address) = match arguments.words.as_slice() {
        [environment, address] => (Some(environment.clone()), address),
        [address] => (None, address),
        _ => return Err(Report::usage("one resource is needed, after the environment")),
    };
    let target = Target { of: Environment { environment }, units: vec![arguments.unit.clone()] };
    let run_arguments = RunArgs { target, replace: vec![address.clone()], ..RunArgs::default() };
    change(context, &ChangeArgs { of: run_arguments, detach: false }, Goal::Apply, out).await
}
