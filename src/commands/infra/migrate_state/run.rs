//! Moves states, unit by unit.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::{self, report};
use crate::commands::infra::runs_kept::{may_change, not_started, place};
use crate::commands::infra::world;
use crate::commands::say::say;
use crate::commands::yes::said_yes;
use crate::infra::migrate::{Kept, Wanted, kept, moved};
use crate::infra::run::folder::{self, Holder};
use crate::infra::run::start::NotStarted;
use crate::infra::{Access, run::world as states};
use crate::model::infra::Unit;
use crate::runtime::audit;
use jiff::Timestamp;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    may_change(context)?;
    let opened = opened::open_to_ask(context, &arguments.target).await?;
    let (loaded, _) = opened::environment(context, &arguments.target.of)?;
    let runs = place(loaded.config.audit_file.as_deref())?;
    let waves = opened.found.graph.waves();
    let units: Vec<&Unit> = waves.into_iter().flatten().collect();
    world::check(&runs, &opened, &units)?;
    let name = &opened.environment.name;
    let mut to_move: Vec<(&Unit, Kept)> = Vec::new();
    for unit in units {
        let what = kept(unit).map_err(report)?;
        match what {
            Some(what) => {
                let files: Vec<String> = what.files.iter().map(|(file, _)| file.display().to_string()).collect();
                say(&format!("{}: {}, in {}", unit.name, what.mark.words(), files.join(", ")));
                to_move.push((unit, what));
            }
            None => say(&format!("{}: no state in a file of this machine", unit.name)),
        }
    }
    if to_move.is_empty() {
        return Ok(ExitCode::Done);
    }
    say("they are moved to S3, one after the other; each is put back where it is not the same there");
    if !said_yes(context, &opened.environment, Risk::Disrupt).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    // As a run: nothing else may work at these states meanwhile.
    let holder = Holder { run: String::new(), by: audit::who(), since: Timestamp::now() };
    let _lock = folder::hold(&runs, name, &holder).map_err(|error| not_started(name, &NotStarted::NotHeld(error)))?;
    let asked = states::of(&opened.found.surroundings);
    let wanted = Wanted {
        bucket: arguments.bucket.clone(),
        environment: name.clone(),
        region: opened.environment.region.clone(),
        emulated: !asked.is_aws(),
        copies: runs.with_file_name("states-moved"),
    };
    for (unit, what) in &to_move {
        say(&format!("{}: moving", unit.name));
        let access = Access::new(&opened.found, unit);
        let tell = |text: &str| say(&format!("{}: {text}", unit.name));
        moved(&access, what, &wanted, &tell).await.map_err(report)?;
        say(&format!("{}: moved: the same lineage, serial and content, a lock, and an empty plan", unit.name));
    }
    Ok(ExitCode::Done)
}
