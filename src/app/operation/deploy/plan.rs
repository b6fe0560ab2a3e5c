//! The plan made from the reads.

use super::build::Build;
use super::{Deploy, Source};
use crate::app::command::Risk;
use crate::app::operation::call::Write;
use crate::app::operation::machine::Machine as _;
use crate::app::operation::plan::Plan;
use crate::app::operation::step::Ctx;
use crate::model::deploy::{Change, Check, Level, diff, history, preflight};
use crate::model::task_definition::family;
use crate::model::{Service, TaskDefinition};

impl Deploy {
    /// The plan to confirm.
    pub(super) fn plan(&self, ctx: &Ctx<'_>) -> Plan {
        let (gather, request) = (&self.gather, &self.request);
        let mut checks = gather.checks.clone();
        if let Some(service) = &gather.service {
            checks.extend(self.service_checks(service, ctx));
        }
        if let Some((service, base)) = gather.service.as_ref().zip(gather.base.as_ref()) {
            checks.extend(preflight::missing_balanced_containers(service, base));
            checks.extend(gather.is_other_family().then(|| preflight::foreign_family(service, base)));
        }
        let definition = gather.base_definition();
        if let (Some(image), Some(definition)) = (&gather.image, definition) {
            let mut found = preflight::image(image, definition, ctx.service_now);
            if matches!(request.source, Source::Force | Source::RollBack(_)) {
                // The version that ran before is not judged again.
                found.retain(|check| check.level != Level::Stop);
            }
            checks.extend(found);
        }
        if let Some(build) = &self.build {
            checks.extend(build.checks());
        }
        let copies = matches!(request.source, Source::Image(_) | Source::Build { .. })
            || gather.deregistered_source(request).is_some();
        if let Some(definition) = definition.filter(|_| copies) {
            checks.extend(definition.not_carried.iter().map(|field| {
                Check::new(Level::Warn, format!("a copy of {} would not have `{field}`", definition.name))
                    .hint("this version of the cockpit does not know it: register the revision with another tool, or use a newer version")
            }));
        }
        if request.exec {
            checks.extend(gather.service.as_ref().map(preflight::exec).into_iter().flatten());
        }
        let changes = self.changes();
        // Nothing is known about an image that prevents the deployment.
        let stopped = checks.iter().any(|check| check.level == Level::Stop);
        if matches!(request.source, Source::Image(_)) && changes.is_empty() && !stopped {
            checks.push(Check::new(Level::Warn, "this image already runs: only new tasks will come of it"));
        }
        checks.extend(definition.and_then(|definition| self.left_out(definition)));
        if let Some(service) = gather.service.as_ref().filter(|service| service.controller != "ECS") {
            // Nothing else matters, and little else could be read.
            let other = preflight::unsupported_controller(&service.controller);
            checks.retain(|check| *check == other);
        }
        checks.sort_by_key(|check| std::cmp::Reverse(check.level));
        Plan {
            title: self.request.title(),
            steps: self.steps(ctx),
            changes,
            checks,
            undo: self.undo(),
            risk: if gather.is_other_family() { Risk::Disrupt } else { Risk::Change },
            writes: self.writes(ctx),
            programs: self.programs(),
            command: ctx.command(&request.command_line()),
            wider_plan_title: None,
        }
    }

    /// The checks of the service's current state.
    fn service_checks(&self, service: &Service, ctx: &Ctx<'_>) -> Vec<Check> {
        let (gather, request) = (&self.gather, &self.request);
        let mut found = preflight::service(service, &gather.history, gather.definition.as_ref(), ctx.service_now);
        if matches!(request.source, Source::RollBack(_)) {
            // A rollback ends the deployment in progress.
            let busy =
                preflight::check_no_deployment(service, &gather.history, gather.definition.as_ref(), ctx.service_now);
            found.iter_mut().filter(|check| busy.as_ref() == Some(*check)).for_each(|check| {
                check.level = Level::Note;
                check.hint = None;
            });
        }
        let breaker = preflight::breaker(service);
        found.iter_mut().filter(|check| breaker.level == Level::Warn && **check == breaker).for_each(|check| {
            check.hint = Some(self.where_it_fails().to_owned());
        });
        found.extend(preflight::interference(
            service,
            gather.scalable.as_ref(),
            &gather.timers,
            ctx.service_now,
            ctx.zone,
        ));
        found
    }

    /// A revision newer than the copied one that was never deployed.
    fn left_out(&self, copied: &TaskDefinition) -> Option<Check> {
        let (newest, service) = (self.gather.newest.as_ref()?, self.gather.service.as_ref()?);
        // A newer revision in another service's family was not meant for this service.
        let ours = newest.name != service.task_definition && family(&newest.name) == family(&service.task_definition);
        let copies = matches!(self.request.source, Source::Image(_) | Source::Build { .. });
        if newest.name == copied.name || !ours || !copies {
            return None;
        }
        let text = format!("{} is newer than {} and was not deployed; it is left out", newest.name, copied.name);
        Some(Check::new(Level::Note, text).hint(format!("copy it instead with --from {}", newest.name)))
    }

    /// The text about a failing version if the circuit breaker is off.
    fn where_it_fails(&self) -> &'static str {
        match (&self.request.source, self.request.roll_back) {
            (Source::RollBack(_), _) => "a rollback is not rolled back again",
            (_, Some(false)) => "with --no-rollback it is not rolled back",
            // A restart that is part of another operation has no such flag.
            (_, None) if !self.after_others => {
                "what fails early is rolled back from here, unless --no-rollback is given"
            }
            (_, None | Some(true)) => "what fails early is rolled back from here",
        }
    }

    /// The sentence on how to undo it.
    fn undo(&self) -> String {
        let (request, gather) = (&self.request, &self.gather);
        let short = &request.short;
        let Some(previous) = &self.target.previous else { return String::new() };
        // A deregistered revision is registered again when it is rolled back to.
        let deregistered = gather.definition.as_ref().is_some_and(TaskDefinition::is_deregistered);
        let to = if deregistered { format!("a copy of {previous}, which is deregistered") } else { previous.clone() };
        match &request.source {
            Source::Force if request.exec => format!(
                "`aws ecs update-service --cluster {} --service {} --disable-execute-command --force-new-deployment` switches it off again",
                gather.service.as_ref().map_or("", |service| service.cluster.as_str()),
                request.service
            ),
            Source::Force if !deregistered => format!(
                "while it rolls out `cockpit rollback {short}` ends it; after that the same revision, {previous}, has run before and after it, and there is nothing to go back to"
            ),
            // The newest earlier version in the history may differ from the running one.
            Source::RollBack(_) => format!("`cockpit rollback {short} --to {previous}` goes back to {to}"),
            Source::Image(_) | Source::Build { .. } | Source::Force | Source::Attach => {
                let last = history::candidates(&gather.history, "").first().and_then(|entry| entry.target.as_ref());
                if last == Some(previous) {
                    format!("`cockpit rollback {short}` goes back to {to}")
                } else {
                    format!("once it is done, `cockpit rollback {short} --to {previous}` goes back to {to}")
                }
            }
        }
    }

    fn steps(&self, ctx: &Ctx<'_>) -> Vec<String> {
        let (request, gather) = (&self.request, &self.gather);
        let desired = gather.service.as_ref().map_or(0, |service| service.desired);
        let tasks = format!("{desired} {} replaced", if desired == 1 { "task is" } else { "tasks are" });
        let mut steps = Vec::new();
        // The deployment is impossible, and there are no names for a description.
        if gather.base_definition().is_none() && gather.deployment_in_progress().is_none() {
            return steps;
        }
        match &request.source {
            Source::Build { .. } => {
                steps.extend(self.build.as_ref().map(Build::describe));
                steps.push(format!("a copy of {} is registered with the digest, and {tasks}", gather.base_name()));
            }
            Source::Image(_) => {
                steps.push(format!("a copy of {} is registered with the digest, and {tasks}", gather.base_name()));
            }
            Source::Force | Source::RollBack(_) if gather.deregistered_source(request).is_some() => {
                let name = gather.base_name();
                steps.push(format!(
                    "{name} is deregistered: a copy of it is registered, and {tasks} by ones of the copy"
                ));
            }
            Source::Force => steps.push(format!("{tasks} by new ones of {}", gather.base_name())),
            Source::RollBack(_) => match (gather.deployment_in_progress(), &self.target.revision) {
                (Some(_), _) if gather.is_rolling_back() => {
                    steps.push("ECS rolls the deployment under way back already: that is watched".to_owned());
                }
                (Some(_), _) => steps.push("the deployment under way is ended, and ECS rolls it back".to_owned()),
                (None, Some(revision)) => steps.push(format!("{tasks} by ones of {revision}")),
                (None, None) => {}
            },
            Source::Attach => {}
        }
        if let Some(usual) = self.usual_duration() {
            steps.push(format!("this usually takes {}", crate::model::time::sentence_duration(usual)));
        }
        let breaker = gather.service.as_ref().and_then(|service| service.breaker);
        let ecs_does_it = breaker.is_some_and(|breaker| breaker.enabled && breaker.rollback);
        if !matches!(request.source, Source::RollBack(_)) && request.roll_back.unwrap_or(!ecs_does_it) {
            steps.push("what fails early is rolled back from here".to_owned());
        }
        let _ = ctx;
        steps
    }

    fn changes(&self) -> Vec<Change> {
        let gather = &self.gather;
        let Some(now) = &gather.definition else { return Vec::new() };
        let mut next = gather.base.clone().unwrap_or_else(|| now.clone());
        if matches!(self.request.source, Source::Image(_) | Source::Build { .. })
            && let (Some(name), Some(image)) = (&gather.container.name, &self.target.image)
            && let Some(container) = next.containers.iter_mut().find(|container| container.name == *name)
        {
            container.image.clone_from(image);
        }
        let mut changes = diff::diff(now, &next);
        if self.request.exec && gather.service.as_ref().is_some_and(|service| !service.exec) {
            changes.insert(0, Change { what: "ECS Exec".to_owned(), now: "off".to_owned(), next: "on".to_owned() });
        }
        changes
    }

    fn writes(&self, ctx: &Ctx<'_>) -> Vec<Write> {
        let mut writes = Vec::new();
        if self.gather.base_definition().is_none() && self.gather.deployment_in_progress().is_none() {
            return writes;
        }
        let update = |task_definition: Option<String>| Write::Update {
            cluster: ctx.cluster(),
            service: self.request.service.clone(),
            force: task_definition.is_none(),
            task_definition,
            desired: None,
            exec: self.request.exec,
        };
        match &self.request.source {
            Source::Image(_) | Source::Build { .. } => {
                writes.extend(self.registration());
                writes.push(update(Some("the new revision".to_owned())));
            }
            Source::Force | Source::RollBack(_) if self.gather.deregistered_source(&self.request).is_some() => {
                writes.extend(self.registration());
                writes.push(update(Some("the new revision".to_owned())));
            }
            Source::Force => writes.push(update(None)),
            Source::RollBack(_) => match (self.gather.deployment_in_progress(), &self.target.revision) {
                (Some(_), _) if self.gather.is_rolling_back() => {}
                (Some(arn), _) => writes.push(Write::RollBack { arn }),
                (None, Some(revision)) => writes.push(update(Some(revision.clone()))),
                (None, None) => {}
            },
            Source::Attach => {}
        }
        writes
    }

    fn programs(&self) -> Vec<String> {
        let names = self.build_names().zip(self.build.as_ref());
        let built = names.map(|((image, platform), build)| build.commands(&image, &platform));
        let mut programs: Vec<String> = built.unwrap_or_default();
        let hooks = &self.request.hooks;
        programs.extend(hooks.before_deploy.iter().map(|command| format!("before: {command}")));
        programs.extend(hooks.after_deploy.iter().map(|command| format!("after: {command}")));
        programs
    }
}
