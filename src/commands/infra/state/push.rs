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
use crate::infra::run::left;
use crate::model::infra::state::{Mark, addresses};
use crate::model::infra::{Trouble, TroubleKind};
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
    let kept = std::fs::read(file).map_err(|error| {
        Report::new("system", format!("{} cannot be read", file.display()), ExitCode::Failed).caused_by(&error)
    })?;
    let broken = |why: String| {
        report(Trouble::new(TroubleKind::Refused, format!("{} is not pushed", file.display())).cause(why))
    };
    let mark = Mark::of(&kept).ok_or_else(|| broken("it is no state".to_owned()))?;
    let (loaded, _) = opened::environment(context, &arguments.target.of)?;
    world::check(&place(loaded.config.audit_file.as_deref())?, &opened, &[unit])?;
    let access = Access::new(&opened.found, unit);
    let what = format!("the state of {} cannot be read", unit.name);
    let now = limited(context, access.read(&["state", "pull"], &what));
    let now = unless_stopped(now).await??.map_err(report)?;
    let before = Mark::of(&now.out);
    say(&format!("{}: kept in {}: {}", unit.name, file.display(), mark.words()));
    match &before {
        Some(before) => say(&format!("{}: the state is now: {}", unit.name, before.words())),
        None => say(&format!("{}: there is no state now", unit.name)),
    }
    if let Some(before) = before.filter(|before| before.lineage != mark.lineage) {
        return Err(broken(format!(
            "it is of another state: its lineage is {}, and not {}",
            mark.lineage, before.lineage
        )));
    }
    let writer = Writer::of(context, &opened).await?;
    let count = addresses(&kept).map_or(0, |all| all.len());
    say(&format!("it has {count} resources, and takes the place of the state"));
    if !said_yes(context, &opened.environment, Risk::Disrupt).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    let dir = access.dir().await.map_err(report)?;
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.clone());
    // Terraform itself refuses one that is older than what is there.
    let question = access.question(&dir).arguments(["state", "push"]).arguments([&absolute]);
    let (own, what) = (access.surroundings(), format!("the state of {} cannot be pushed", unit.name));
    let command = format!("cockpit infra state push {} --unit {}", opened.environment.name, unit.name);
    let after = serde_json::json!({ "unit": unit.name, "state": mark.words() });
    writer.does(context, &opened, (&command, after), question.ask_well(&own, &what)).await?;
    let done = file.with_extension("tfstate.pushed");
    if let Err(error) = std::fs::rename(file, &done) {
        say(&format!("it is pushed; {} cannot be renamed, remove it: {error}", file.display()));
    }
    context.say(&format!("{}: the state is pushed; `cockpit infra plan` says what is left to do", unit.name));
    Ok(ExitCode::Done)
}
