//! Shows the lock of a state, and releases it after confirmation.

use super::args::Arguments;
use crate::app::command::Risk;
use crate::cli::{ExitCode, Report};
use crate::commands::confirmation::confirm;
use crate::commands::context::Context;
use crate::commands::infra::audited_change::AuditedWriter;
use crate::commands::infra::environment_units::{self, with_timeout};
use crate::commands::progress::print_note;
use crate::infra::{Access, locks, query_each};
use crate::model::text::shell_quote;
use crate::runtime::stop::unless_stopped;

pub(super) async fn run(context: &Context, arguments: &Arguments) -> Result<ExitCode, Report> {
    let opened = unless_stopped(environment_units::open_for_query(context, &arguments.target)).await??;
    let unit_locks =
        with_timeout(context, query_each(&opened.found, |access| async move { locks::find_lock(&access).await }));
    let unit_locks = unless_stopped(unit_locks).await??;
    let (mut code, mut locked) = (ExitCode::Done, Vec::new());
    for (unit, lock) in unit_locks {
        match lock {
            Ok(None) => print_note(&format!("{}: no lock", unit.name)),
            Ok(Some(lock)) => {
                let alive = locks::holder_state(&lock, &opened.found.child_environment).await;
                let lock = lock.with_placeholders();
                print_note(&format!(
                    "{}: locked by {}, {}, since {}",
                    unit.name, lock.who, lock.operation, lock.created
                ));
                print_note(&format!("  {}; id {}", alive.sentence(), lock.id));
                locked.push((unit, lock, alive));
            }
            Err(trouble) => {
                print_note(&format!("{}: {}", unit.name, [vec![trouble.message], trouble.causes].concat().join("; ")));
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
    print_note(&format!(
        "its lock will be released: where {} still works on it, two would write one state, and one's work is lost",
        lock.who
    ));
    let writer = AuditedWriter::of(context, &opened).await?;
    writer.print_place(&opened);
    let risk = if *alive == locks::HolderState::Gone { Risk::Disrupt } else { Risk::Destroy };
    if !confirm(context, &opened.environment, risk).await? {
        return Err(Report::new("refused", "nothing was changed: it was not confirmed", ExitCode::Refused));
    }
    let access = Access::new(&opened.found, unit);
    let command = format!("cockpit infra unlock {} --unit {}", opened.environment.name, shell_quote(&unit.name));
    let after = serde_json::json!({ "unit": unit.name, "lock": lock.id, "held_by": lock.who });
    writer.run(context, &opened, (&command, after), locks::release(&access, lock)).await?;
    print_note(&format!("{}: the lock is released", unit.name));
    Ok(code)
}
