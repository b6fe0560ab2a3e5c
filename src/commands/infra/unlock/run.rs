//! Shows the lock of a state, and releases it after a yes.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::infra::opened::{self, limited};
use crate::commands::infra::written_down::Writer;
use crate::commands::say::say;
use crate::commands::yes::said_yes;
use crate::infra::{Access, each, locks};
use crate::model::text::quoted;
use crate::runtime::stop::unless_stopped;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let opened = unless_stopped(opened::open_to_ask(context, &arguments.target)).await??;
    let looked = limited(context, each(&opened.found, |access| async move { locks::look(&access).await }));
    let looked = unless_stopped(looked).await??;
    let (mut code, mut locked) = (ExitCode::Done, Vec::new());
    for (unit, lock) in looked {
        match lock {
            Ok(None) => say(&format!("{}: no lock", unit.name)),
            Ok(Some(lock)) => {
                let alive = locks::alive(&lock, &opened.found.surroundings).await;
                let lock = lock.in_words();
                say(&format!("{}: locked by {}, {}, since {}", unit.name, lock.who, lock.operation, lock.created));
                say(&format!("  {}; id {}", alive.sentence(), lock.id));
                locked.push((unit, lock, alive));
            }
            Err(trouble) => {
                say(&format!("{}: {}", unit.name, [vec![trouble.message], trouble.causes].concat().join("; ")));
                code = ExitCode::Failed;
            }
        }
    }
    if locked.is_empty() || arguments.dry_run {
        return Ok(code);
    }
    if locked.len() > 1 {
        return Err(Report::usage("several units are locked").hint("name the one that is meant with --unit"));
    }
    let (unit, lock, alive) = &locked[0];
    say(&format!(
        "its lock will be released: where {} still works on it, two would write one state, and one's work is lost",
        lock.who
    ));
    let writer = Writer::of(context, &opened).await?;
    writer.say_where(&opened);
    let risk = if *alive == locks::Alive::Gone { Risk::Disrupt } else { Risk::Destroy };
    if !said_yes(context, &opened.environment, risk).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    let access = Access::new(&opened.found, unit);
    let command = format!("cockpit infra unlock {} --unit {}", opened.environment.name, quoted(&unit.name));
    let after = serde_json::json!({ "unit": unit.name, "lock": lock.id, "held_by": lock.who });
    writer.does(context, &opened, (&command, after), locks::release(&access, lock)).await?;
    say(&format!("{}: the lock is released", unit.name));
    Ok(code)
}
