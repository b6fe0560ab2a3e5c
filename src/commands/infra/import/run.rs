//! Writes an import block.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::imports;
use crate::commands::infra::opened;
use crate::commands::infra::target::{Environment, Target};
use crate::commands::say::say;
use crate::model::infra::import;
use std::io::Write as _;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let (environment, address, id) = match arguments.words.as_slice() {
        [environment, address, id] => (Some(environment.clone()), address, id),
        [address, id] => (None, address, id),
        _ => {
            return Err(Report::usage("an address and an id are needed, after the environment")
                .hint("cockpit infra import ENVIRONMENT --unit UNIT ADDRESS ID"));
        }
    };
    if context.global.read_only {
        return Err(Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused));
    }
    let block = import::block(address, id).map_err(|why| {
        Report::usage(format!("`{address}` is no address of a resource: {why}"))
            .hint("write it as aws_vpc.main or module.a.aws_vpc.main[0]")
    })?;
    let target = Target { of: Environment { environment }, units: arguments.unit.iter().cloned().collect() };
    let opened = opened::open_to_ask(context, &target).await?;
    let [unit] = opened.found.graph.units() else {
        let names: Vec<&str> = opened.found.graph.units().iter().map(|unit| unit.name.as_str()).collect();
        return Err(
            Report::usage("it is imported into one unit").hint(format!("name it with --unit: {}", names.join(", ")))
        );
    };
    let path = unit.dir.join(import::FILE);
    let before = imports::before(&path)?;
    if import::has(&before, address) {
        return Err(Report::usage(format!("{} has an import of {address} already", path.display())));
    }
    let written = std::fs::OpenOptions::new().create(true).append(true).open(&path).and_then(|mut file| {
        file.write_all(if before.is_empty() || before.ends_with("\n\n") { b"" } else { b"\n" })?;
        file.write_all(block.as_bytes())
    });
    written.map_err(|error| {
        Report::new("output", format!("{} cannot be written", path.display()), ExitCode::Failed).caused_by(&error)
    })?;
    say(&format!("{} imports {address} as {id}", path.display()));
    let name = &opened.environment.name;
    context.say(&format!(
        "`cockpit infra plan {name} --unit {}` shows what it would do, `cockpit infra apply` does it",
        unit.name
    ));
    Ok(ExitCode::Done)
}
