//! The settings that accompany a statement: bound values, data of a `COPY`, and the target of its result.

use super::files;
use super::state::ResultTarget;
use crate::app::App;
use crate::feeds::sql::{Data, OutputTarget, RunOptions};
use crate::model::sql::copy::Copy;
use crate::model::sql::guard::judge;
use crate::model::sql::interpreter::{Data as Lines, Interpreter, Peer, Rows, Run, Target};

/// Why a statement cannot be run here.
pub fn refusal(run: &Run) -> Option<&'static str> {
    let standard = run.copy == Some(Peer::Standard) && is_copy_in(run);
    standard.then_some("there is no standard input here: \\copy … from 'FILE' reads a file")
}

/// The command on this machine that a statement uses.
pub fn local_command(run: &Run) -> Option<&str> {
    match (&run.copy, &run.target) {
        (Some(Peer::Program(command)), _) | (_, Target::Pipe(command)) => Some(command),
        _ => None,
    }
}

fn is_copy_in(run: &Run) -> bool {
    judge(&run.statement).copy == Some(Copy::In)
}

/// The settings for a statement that starts.
pub fn for_run(app: &mut App, run: &Run) -> RunOptions {
    let mut beside = RunOptions { bind: run.bind.clone(), ..RunOptions::default() };
    if run.hidden {
        return beside;
    }
    if run.rows == Rows::Describe {
        beside.describe_only = true;
        return beside;
    }
    let options = || run.options.clone();
    if is_copy_in(run) {
        beside.data = match &run.copy {
            Some(Peer::File(path)) => Some(Data::File(files::file(app, path))),
            Some(Peer::Program(command)) => Some(Data::Program(command.clone())),
            Some(Peer::Following) => Some(Data::Lines(following(&mut app.panes.query.interpreter))),
            Some(Peer::Standard | Peer::Results) | None => None,
        };
        return beside;
    }
    let outlet = match (&run.copy, &run.target) {
        (Some(Peer::File(path)), _) | (_, Target::File(path)) => Some(OutputTarget::File(files::file(app, path))),
        (Some(Peer::Program(command)), _) | (_, Target::Pipe(command)) => Some(OutputTarget::Program(command.clone())),
        (_, Target::Results) if run.rows == Rows::Print => app.panes.query.result_target.clone().map(|out| match out {
            ResultTarget::File(path) => OutputTarget::Append(path),
            ResultTarget::Program { serial, command } => OutputTarget::Kept(serial, command),
        }),
        _ => None,
    };
    beside.target = outlet.map(|outlet| (outlet, options()));
    beside
}

/// The lines of data that follow in the file being run.
fn following(interpreter: &mut Interpreter) -> String {
    let mut lines = String::new();
    while let Lines::Lines(more) = interpreter.data() {
        lines.push_str(&more);
    }
    lines
}
