//! The settings of a statement beside its text: values, data of a `COPY`, and where its result goes.

use super::named;
use super::state::Out;
use crate::app::App;
use crate::feeds::sql::{Beside, Data, Outlet};
use crate::model::sql::copy::Copy;
use crate::model::sql::guard::judge;
use crate::model::sql::interpreter::{Data as Lines, Interpreter, Peer, Rows, Run, Target};

/// Why a statement is not run here, in words.
pub fn refused(run: &Run) -> Option<&'static str> {
    let standard = run.copy == Some(Peer::Standard) && is_copy_in(run);
    standard.then_some("there is no standard input here: \\copy … from 'FILE' reads a file")
}

/// The program of this machine that a statement is for.
pub fn program(run: &Run) -> Option<&str> {
    match (&run.copy, &run.target) {
        (Some(Peer::Program(command)), _) | (_, Target::Pipe(command)) => Some(command),
        _ => None,
    }
}

fn is_copy_in(run: &Run) -> bool {
    judge(&run.statement).copy == Some(Copy::In)
}

/// The things that go with a statement that begins.
pub fn of(app: &mut App, run: &Run) -> Beside {
    let mut beside = Beside { bind: run.bind.clone(), ..Beside::default() };
    if run.hidden {
        return beside;
    }
    if run.rows == Rows::Describe {
        beside.describes = true;
        return beside;
    }
    let options = || run.options.clone();
    if is_copy_in(run) {
        beside.data = match &run.copy {
            Some(Peer::File(path)) => Some(Data::File(named::file(app, path))),
            Some(Peer::Program(command)) => Some(Data::Program(command.clone())),
            Some(Peer::Following) => Some(Data::Lines(following(&mut app.panes.query.interpreter))),
            Some(Peer::Standard | Peer::Results) | None => None,
        };
        return beside;
    }
    let outlet = match (&run.copy, &run.target) {
        (Some(Peer::File(path)), _) | (_, Target::File(path)) => Some(Outlet::File(named::file(app, path))),
        (Some(Peer::Program(command)), _) | (_, Target::Pipe(command)) => Some(Outlet::Program(command.clone())),
        (_, Target::Results) if run.rows == Rows::Print => app.panes.query.out.clone().map(|out| match out {
            Out::File(path) => Outlet::Append(path),
            Out::Program { serial, command } => Outlet::Kept(serial, command),
        }),
        _ => None,
    };
    beside.outlet = outlet.map(|outlet| (outlet, options()));
    beside
}

/// The lines of data that follow in the file that is run.
fn following(interpreter: &mut Interpreter) -> String {
    let mut lines = String::new();
    while let Lines::Lines(more) = interpreter.data() {
        lines.push_str(&more);
    }
    lines
}
