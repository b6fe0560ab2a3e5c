//! The tasks of a watched deployment: why they stopped, their last log lines, and their problems.

use super::{LOG_LINES, Watch, short};
use crate::app::operation::call::{CallResult, Read, Reply};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::model::Fault;
use crate::model::deploy::task_problems::problems;
use crate::model::task::Task;

/// Number of stopped tasks whose logs are read: more of the same add nothing.
const LOGS: usize = 3;

impl Watch {
    pub(super) fn take_tasks(&mut self, found: Vec<Task>, ctx: &mut Ctx<'_>) {
        let ours = self.subject.deployment.clone();
        // A task may have run and ended between two reads.
        self.ran |= found.iter().any(|task| task.started_by == ours && task.started_at.is_some());
        for task in found.iter().filter(|task| task.started_by == ours) {
            let own = match task.end(self.definition.as_ref()).map(|end| end.fault) {
                Some(Fault::Version) => true,
                Some(Fault::Platform | Fault::Person) => false,
                Some(Fault::Service | Fault::Unknown) | None => continue,
            };
            if self.reported_events.insert(format!("task {}", task.id)) {
                let why = task.end_reason().unwrap_or_else(|| "no reason given".to_owned());
                let code = task.stop_code.as_deref().map(|code| format!(" ({code})")).unwrap_or_default();
                let weight = if own { Weight::Bad } else { Weight::Warn };
                ctx.log(weight, format!("task {} stopped: {why}{code}", short(&task.id)));
                if let Some(reason) = &task.stopped_reason {
                    ctx.log(Weight::Detail, reason.clone());
                }
                if own {
                    self.request_logs(task, ctx);
                }
            }
        }
        self.tasks = found;
        self.look_for_trouble(ctx);
    }

    /// Requests the last lines of a task's containers, if they are in CloudWatch.
    pub(super) fn request_logs(&mut self, task: &Task, ctx: &mut Ctx<'_>) {
        if self.logged.len() >= LOGS || !self.logged.insert(task.id.clone()) {
            return;
        }
        let Some(definition) = &self.definition else { return };
        for container in &definition.containers {
            // A container that never started has written nothing.
            let began = task.started_at.is_some()
                || task.containers.iter().any(|other| other.name == container.name && other.exit_code.is_some());
            let Some(log) = container.log.as_ref().filter(|_| began) else { continue };
            match (log.driver.as_str(), &log.group, &log.prefix) {
                ("awslogs", Some(group), Some(prefix)) => {
                    let stream = format!("{prefix}/{}/{}", container.name, task.id);
                    let slot = Slot::Log { task: task.id.clone(), container: container.name.clone() };
                    let (group, region) = (group.clone(), log.region.clone());
                    ctx.read(slot, Read::TaskLog { group, region, stream, limit: LOG_LINES });
                }
                ("awslogs", ..) => {}
                (driver, ..) => {
                    let text = format!("the log of {} goes to {driver}: look there", container.name);
                    ctx.log(Weight::Detail, text);
                }
            }
        }
    }

    pub(super) fn take_log(task: &str, container: &str, answered: CallResult, ctx: &mut Ctx<'_>) {
        match answered.outcome {
            Ok(Reply::Log(lines)) if !lines.is_empty() => {
                ctx.log(Weight::Step, format!("the last lines of {container} in task {}:", short(task)));
                for line in lines {
                    ctx.log(Weight::Detail, format!("  {}", log_store::parse::strip_colour(line.trim_end())));
                }
            }
            Ok(_) => ctx.log(Weight::Detail, format!("{container} in task {} wrote no log", short(task))),
            Err(failure) => {
                ctx.log(
                    Weight::Warn,
                    format!("the log of {container} in task {} cannot be read: {failure}", short(task)),
                );
            }
        }
    }

    pub(super) fn look_for_trouble(&mut self, ctx: &mut Ctx<'_>) {
        let Some(service) = &self.service else { return };
        let subject = &self.subject;
        let definition = self.definition.as_ref();
        let found = problems(service, &self.tasks, definition, &subject.deployment, subject.since, ctx.service_now);
        for trouble in found.iter().filter(|trouble| trouble.sure) {
            if self.reported_events.insert(format!("trouble {:?}", trouble.kind)) {
                let weight = if trouble.justifies_rollback() { Weight::Bad } else { Weight::Warn };
                ctx.log(weight, trouble.text.clone());
            }
        }
        self.troubles = found;
    }
}
