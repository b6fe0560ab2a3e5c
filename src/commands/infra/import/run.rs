//! Writes an import block.

use super::args::Arguments;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::environment_units;
use crate::commands::infra::target::{Environment, Target};
use crate::commands::progress::print_note;
use crate::infra::imports;
use crate::model::infra::import;
use crate::model::text::shell_quote;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let (environment, address, id) = match arguments.words.as_slice() {
        [environment, address, id] => (Some(environment.clone()), address, id),
        [address, id] => (None, address, id),
        _ => {
            return Err(Report::usage("an address and an id are needed, after the environment")
                .hint("write: cockpit infra import ENVIRONMENT --unit UNIT ADDRESS ID"));
        }
    };
    if context.global.read_only {
        return Err(Report::new("refused", "nothing was changed: --read-only refuses every change", ExitCode::Refused));
    }
    let target = Target { of: Environment { environment }, units: arguments.unit.iter().cloned().collect() };
    let opened = environment_units::open_for_query(context, &target).await?;
    let [unit] = opened.found.graph.units() else {
        let names: Vec<&str> = opened.found.graph.units().iter().map(|unit| unit.name.as_str()).collect();
        return Err(
            Report::usage("it is imported into one unit").hint(format!("name it with --unit: {}", names.join(", ")))
        );
    };
    let Some(path) = imports::add(unit, address, id).map_err(environment_units::report)? else {
        let path = unit.dir.join(import::FILE);
        return Err(Report::usage(format!("{} has an import of {address} already", path.display())));
    };
    print_note(&format!("{} imports {address} as {id}", path.display()));
    let name = &opened.environment.name;
    context.print_note(&format!(
        "`cockpit infra plan {name} --unit {}` shows what it would do, `cockpit infra apply` does it",
        shell_quote(&unit.name)
    ));
    Ok(ExitCode::Done)
}
