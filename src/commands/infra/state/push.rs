//! Pushes a state that Terraform could not write at the end of an apply, and kept beside the code.

use super::args::Push;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::{self, limited, report};
use crate::commands::infra::runs_kept::{may_change, place};
use crate::commands::infra::world;
use crate::commands::infra::written_down::Writer;
use crate::commands::say::say;
use crate::commands::yes::said_yes;
use crate::infra::Access;
use crate::infra::kept::Kept;
use crate::infra::run::left;
use crate::model::infra::{Trouble, TroubleKind};
use crate::model::text::{counted, quoted};
use crate::runtime::stop::unless_stopped;
use std::path::PathBuf;

pub(super) async fn push(context: &Context, arguments: &Push) -> Result<ExitCode, Report> {
    may_change(context)?;
    let opened = unless_stopped(opened::open_to_ask(context, &arguments.target)).await??;
    let found: Vec<(&crate::model::infra::Unit, PathBuf)> = match (&arguments.from, opened.found.graph.units()) {
        (Some(file), [unit]) => vec![(unit, file.clone())],
        (Some(_), _) => return Err(Report::usage("a state is pushed to one unit").hint("name it with --unit")),
        (None, units) => {
            units.iter().flat_map(|unit| left::errored(unit).into_iter().map(move |file| (unit, file))).collect()
        }
    };
    let (unit, file) = match found.as_slice() {
        [] => {
            say(&format!("no unit of {} has a state that could not be written", opened.environment.name));
            return Ok(ExitCode::Done);
        }
        [(unit, file)] => (*unit, file),
        several => {
            let units: Vec<&str> = several.iter().map(|(unit, _)| unit.name.as_str()).collect();
            return Err(Report::usage("several units have a state that could not be written")
                .hint(format!("name the one that is meant with --unit: {}", units.join(", "))));
        }
    };
    let (loaded, _) = opened::environment(context, &arguments.target.of)?;
    world::check(&place(loaded.config.audit_file.as_deref())?, &opened, &[unit])?;
    let access = Access::new(&opened.found, unit);
    let kept = unless_stopped(limited(context, Kept::read(&access, file))).await??.map_err(report)?;
    for line in kept.lines() {
        say(&format!("{}: {line}", unit.name));
    }
    if let Some(why) = kept.refused() {
        let trouble = Trouble::new(TroubleKind::Refused, format!("{} is not pushed", file.display()));
        return Err(report(trouble.cause(why)));
    }
    let writer = Writer::of(context, &opened).await?;
    let resources = counted(kept.mark.resources(), "resource");
    say(&format!("it has {resources}, and takes the place of the state"));
    writer.say_where(&opened);
    if !said_yes(context, &opened.environment, Risk::Disrupt).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    let command = format!("cockpit infra state push {} --unit {}", opened.environment.name, quoted(&unit.name));
    let after = serde_json::json!({ "unit": unit.name, "state": kept.mark.words() });
    if let Some(left) = writer.does(context, &opened, (&command, after), kept.push(&access)).await? {
        say(&left);
    }
    context.say(&format!("{}: the state is pushed; `cockpit infra plan` says what is left to do", unit.name));
    Ok(ExitCode::Done)
}
