//! What is looked at before a deployment, and the plan that comes of it.

use super::build::Build;
use super::{Deploy, Phase, Request, Source};
use crate::app::command::Risk;
use crate::app::operation::call::{Answered, Call, Read, Reply, Write};
use crate::app::operation::machine::{Ctx, Slot, Weight};
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::plan::Plan;
use crate::app::operation::watch::Subject;
use crate::model::deploy::{Change, Check, Level, diff, history, preflight};
use crate::model::image::Image;
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::Service;
use crate::model::task_definition::image_version;
use crate::model::timer::Timer;
use crate::model::{Failure, FailureKind, ScalableTarget, TaskDefinition};
use std::collections::BTreeMap;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gather {
    /// What is still asked.
    waiting: Vec<Slot>,
    /// The service.
    pub service: Option<Service>,
    /// Its deployments, newest first.
    pub history: Vec<ServiceDeployment>,
    /// Its autoscaling.
    pub scalable: Option<ScalableTarget>,
    /// The task definition that runs.
    pub definition: Option<TaskDefinition>,
    /// The one that is copied or gone back to, where it is another.
    pub base: Option<TaskDefinition>,
    /// The newest of the family.
    pub newest: Option<TaskDefinition>,
    /// The container whose image is changed, or is looked at.
    pub container: Container,
    /// The image.
    pub image: Option<Image>,
    /// Schedules.
    pub timers: Vec<Timer>,
    /// What failed, as checks.
    checks: Vec<Check>,
    /// The first failure that stops it.
    failure: Option<Failure>,
}

/// The container, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Container {
    /// Its name, once it is decided.
    pub name: Option<String>,
    /// Those that it may be.
    pub(super) candidates: Vec<String>,
    /// What their registries answered.
    pub(super) answers: BTreeMap<String, Result<Image, Failure>>,
}

impl Gather {
    fn ask(&mut self, slot: Slot, call: Call, ctx: &mut Ctx<'_>) {
        self.waiting.push(slot.clone());
        ctx.ask(slot, call);
    }

    pub(super) fn read(&mut self, slot: Slot, read: Read, ctx: &mut Ctx<'_>) {
        self.ask(slot, Call::Read(read), ctx);
    }

    pub(super) fn stop(&mut self, check: Check) {
        self.checks.push(Check { level: Level::Stop, ..check });
    }

    pub(super) fn note(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Whether something like this is still asked.
    pub(super) fn waits_for(&self, like: impl Fn(&Slot) -> bool) -> bool {
        self.waiting.iter().any(like)
    }

    /// The task definition that is copied, gone back to, or runs.
    pub(super) fn copied(&self) -> Option<&TaskDefinition> {
        self.base.as_ref().or(self.definition.as_ref())
    }

    /// A deregistered task definition that is to be deployed: a copy of it takes its place.
    pub(super) fn anew(&self, request: &Request) -> Option<&TaskDefinition> {
        let definition = match request.source {
            Source::Force => self.definition.as_ref(),
            Source::Back(_) if self.under_way().is_none() => self.base.as_ref(),
            Source::Back(_) | Source::Image(_) | Source::Build { .. } | Source::Attach => None,
        };
        definition.filter(|definition| definition.deregistered())
    }

    /// `family:revision` that is copied.
    pub fn base_name(&self) -> String {
        self.copied().map(|definition| definition.name.clone()).unwrap_or_default()
    }

    /// The number of the newest revision.
    pub fn newest_revision(&self) -> u32 {
        let newest = self.newest.as_ref().or(self.definition.as_ref());
        newest.and_then(|newest| newest.name.rsplit(':').next()?.parse().ok()).unwrap_or(0)
    }

    /// Whether the one under way is on its way back already.
    pub fn coming_back(&self) -> bool {
        self.history.first().is_some_and(|newest| newest.status == RolloutStatus::RollbackInProgress)
    }

    /// The ARN of a service deployment under way.
    pub fn under_way(&self) -> Option<String> {
        self.history.first().filter(|newest| !newest.status.terminal()).map(|newest| newest.arn.clone())
    }
}

impl Deploy {
    /// Begins to look.
    pub(in crate::app::operation) fn begin(&mut self, ctx: &mut Ctx<'_>) {
        let (cluster, service) = (ctx.cluster(), self.request.service.clone());
        if let Source::Build { config, dirty } = self.request.source.clone() {
            let build = Build::new(config, dirty);
            for (slot, program) in build.before() {
                self.gather.ask(slot, Call::Run(program), ctx);
            }
            self.build = Some(build);
        }
        let gather = &mut self.gather;
        gather.read(Slot::Service, Read::Services { cluster: cluster.clone(), names: vec![service.clone()] }, ctx);
        gather.read(Slot::History, Read::History { cluster: cluster.clone(), service: service.clone() }, ctx);
        if self.request.source == Source::Attach {
            return;
        }
        gather.read(Slot::Scalable, Read::Scalable { resource: format!("service/{cluster}/{service}") }, ctx);
        if let Some(prefix) = ctx.environment.schedules.clone() {
            gather.read(Slot::Timers, Read::Timers { prefix }, ctx);
        }
    }

    pub(super) fn gathered(&mut self, slot: &Slot, answered: Answered, ctx: &mut Ctx<'_>) {
        self.gather.waiting.retain(|waiting| waiting != slot);
        match answered.outcome {
            Ok(reply) => self.found(slot, reply, ctx),
            Err(failure) => match slot {
                Slot::ImageOf(container) => self.image_answered(container, Err(failure)),
                _ => self.missed(slot, failure),
            },
        }
        if self.gather.waiting.is_empty() {
            if self.request.source == Source::Attach {
                self.attach(ctx);
            } else {
                self.phase = Phase::Planned;
                self.planned_at_zero = self.gather.service.as_ref().is_some_and(|service| service.desired == 0);
                ctx.plan = Some(self.plan(ctx));
            }
        }
    }

    fn found(&mut self, slot: &Slot, reply: Reply, ctx: &mut Ctx<'_>) {
        let gather = &mut self.gather;
        match reply {
            Reply::Services(found) => match found.into_iter().find(|service| service.name == self.request.service) {
                Some(service) => self.found_service(service, ctx),
                None => gather.stop(
                    Check::new(Level::Stop, format!("there is no service {}", self.request.service))
                        .hint("`cockpit services` lists them"),
                ),
            },
            Reply::Releases(found) => {
                gather.history = found;
                self.choose_back(ctx);
            }
            Reply::Scalable(found) => gather.scalable = found,
            Reply::Timers(found) => gather.timers = found,
            Reply::TaskDefinition(found) => match slot {
                Slot::Definition => {
                    gather.definition = Some(*found);
                    // What is gone back to has an image of its own.
                    if self.request.base.is_none() && !matches!(self.request.source, Source::Back(_)) {
                        self.ask_image(ctx);
                    }
                }
                Slot::Base => {
                    gather.base = Some(*found);
                    self.ask_image(ctx);
                }
                _ => gather.newest = Some(*found),
            },
            Reply::Image(found) => {
                if let Slot::ImageOf(container) = slot {
                    self.image_answered(container, Ok(*found));
                } else {
                    self.pin(&found);
                    self.gather.image = Some(*found);
                }
            }
            Reply::Ended { code, output } => {
                let found = self.build.as_mut().map(|build| build.found(slot, code, &output));
                if let Some(Err(check)) = found {
                    self.gather.stop(check);
                }
            }
            _ => {}
        }
    }

    fn found_service(&mut self, service: Service, ctx: &mut Ctx<'_>) {
        let running = service.task_definition.clone();
        let controlled = service.controller == "ECS";
        self.target.previous = Some(running.clone()).filter(|name| !name.is_empty());
        self.gather.service = Some(service);
        // Without a task definition of its own it has task sets, and somebody else deploys them.
        if running.is_empty() || !controlled && self.request.source != Source::Attach {
            return;
        }
        if self.request.source == Source::Attach {
            let attached = running;
            self.gather.read(Slot::Definition, Read::TaskDefinition { name: attached }, ctx);
            return;
        }
        self.gather.read(Slot::Definition, Read::TaskDefinition { name: running.clone() }, ctx);
        if let Some(base) = self.request.base.clone() {
            self.gather.read(Slot::Base, Read::TaskDefinition { name: base }, ctx);
        }
        let family = running.rsplit_once(':').map_or(running.as_str(), |(family, _)| family).to_owned();
        self.gather.read(Slot::Newest, Read::TaskDefinition { name: family }, ctx);
        self.choose_back(ctx);
    }

    /// What is gone back to, once both the service and its history are known.
    fn choose_back(&mut self, ctx: &mut Ctx<'_>) {
        let Source::Back(wanted) = &self.request.source else { return };
        let unread = |slot: &Slot| self.gather.waiting.contains(slot);
        if unread(&Slot::Service) || unread(&Slot::History) || self.target.revision.is_some() {
            return;
        }
        let Some(service) = &self.gather.service else { return };
        let under_way = self.gather.under_way().is_some();
        let running = &service.task_definition;
        let family = running.rsplit_once(':').map_or(running.as_str(), |(family, _)| family);
        if wanted.is_some() && under_way {
            let check = Check::new(Level::Stop, "a deployment is under way, and ending it leads to what ran before it");
            self.gather.stop(check.hint("leave --to out to end it, then go on to the revision"));
            return;
        }
        let chosen = match wanted {
            Some(name) if name.contains(':') => Some(name.clone()),
            // A number is a revision of the same family.
            Some(number) => Some(format!("{family}:{number}")),
            None if under_way => None,
            None => history::ran_before(&self.gather.history, running).and_then(|entry| entry.target.clone()),
        };
        match chosen {
            Some(name) if name == *running && !under_way => {
                let check = Check::new(Level::Stop, format!("{name} is what runs"));
                self.gather.stop(check.hint("name another revision with --to"));
            }
            Some(name) => {
                self.target.revision = Some(name.clone());
                self.gather.read(Slot::Base, Read::TaskDefinition { name }, ctx);
            }
            None if under_way => {}
            None => self.gather.stop(
                Check::new(Level::Stop, "the history shows no version that ran before")
                    .hint("name a revision with --to"),
            ),
        }
    }

    /// Something could not be read: what is needed stops it, what is an extra is told.
    pub(super) fn missed(&mut self, slot: &Slot, failure: Failure) {
        let gather = &mut self.gather;
        let (level, what) = match slot {
            Slot::Service => (Level::Stop, "the service cannot be read"),
            Slot::History => (
                Level::Stop,
                "the history of deployments cannot be read, and without it no end can be told from a rollback",
            ),
            Slot::Definition | Slot::Base => (Level::Stop, "the task definition cannot be read"),
            // What runs, or ran, is not kept from running again because a registry does not know it.
            Slot::Image if matches!(self.request.source, Source::Force | Source::Back(_)) => {
                (Level::Warn, "the image cannot be found in its registry")
            }
            Slot::Image if failure.kind == FailureKind::NotFound => (Level::Stop, "there is no such image"),
            Slot::Image => (Level::Stop, "the image cannot be looked up"),
            Slot::Run(_) => (Level::Stop, "the build cannot begin"),
            Slot::Scalable => (Level::Note, "autoscaling cannot be read"),
            Slot::Timers => (Level::Note, "the schedule cannot be read"),
            _ => (Level::Note, "not everything could be read"),
        };
        let check = Check::new(level, format!("{what}: {failure}"));
        let hint = match (slot, failure.kind) {
            (Slot::Image, FailureKind::NotFound) => "push it first, or choose another tag".to_owned(),
            (Slot::Run(_), FailureKind::NotFound) => {
                "install it, or build elsewhere and deploy with --image".to_owned()
            }
            _ => failure.hint().to_owned(),
        };
        gather.checks.push(check.hint(hint));
        if level == Level::Stop {
            gather.failure.get_or_insert(failure);
        }
    }

    fn plan(&self, ctx: &Ctx<'_>) -> Plan {
        let (gather, request) = (&self.gather, &self.request);
        let mut checks = gather.checks.clone();
        if let Some(service) = &gather.service {
            let mut found = preflight::service(service, &gather.history, gather.definition.as_ref(), ctx.service_now);
            if matches!(request.source, Source::Back(_)) {
                // A rollback ends what is under way.
                let busy = preflight::under_way(service, &gather.history, gather.definition.as_ref(), ctx.service_now);
                found.iter_mut().filter(|check| busy.as_ref() == Some(*check)).for_each(|check| {
                    check.level = Level::Note;
                    check.hint = None;
                });
            }
            checks.extend(found);
            checks.extend(preflight::interference(
                service,
                gather.scalable.as_ref(),
                &gather.timers,
                ctx.service_now,
                ctx.zone,
            ));
        }
        let definition = gather.copied();
        if let (Some(image), Some(definition)) = (&gather.image, definition) {
            let mut found = preflight::image(image, definition, ctx.service_now);
            if matches!(request.source, Source::Force | Source::Back(_)) {
                // What ran before is not judged again.
                found.retain(|check| check.level != Level::Stop);
            }
            checks.extend(found);
        }
        if let Some(build) = &self.build {
            checks.extend(build.checks());
        }
        let copies =
            matches!(request.source, Source::Image(_) | Source::Build { .. }) || gather.anew(request).is_some();
        if let Some(definition) = definition.filter(|_| copies) {
            checks.extend(definition.not_carried.iter().map(|field| {
                Check::new(Level::Warn, format!("a copy of {} would not have `{field}`", definition.name))
                    .hint("this version of the cockpit does not know it: register the revision with another tool, or use a newer version")
            }));
        }
        let changes = self.changes();
        if matches!(request.source, Source::Image(_)) && changes.is_empty() && gather.failure.is_none() {
            checks.push(Check::new(Level::Warn, "this image already runs: only new tasks will come of it"));
        }
        if let (Some(newest), Some(definition)) = (&gather.newest, definition)
            && newest.name != definition.name
            && matches!(request.source, Source::Image(_) | Source::Build { .. })
        {
            let text =
                format!("{} is newer than {} and was not deployed; it is left out", newest.name, definition.name);
            checks.push(Check::new(Level::Note, text).hint(format!("copy it instead with --from {}", newest.name)));
        }
        if let Some(service) = gather.service.as_ref().filter(|service| service.controller != "ECS") {
            // Nothing else matters, and little else could be read.
            let other = preflight::not_by_ecs(&service.controller);
            checks.retain(|check| *check == other);
        }
        checks.sort_by_key(|check| std::cmp::Reverse(check.level));
        Plan {
            title: self.title(),
            steps: self.steps(ctx),
            changes,
            checks,
            undo: self.undo(),
            risk: Risk::Change,
            writes: self.writes(ctx),
            programs: self.programs(),
            command: request.command.clone(),
            offer: None,
        }
    }

    /// `deploy web`.
    pub fn title(&self) -> String {
        let short = &self.request.short;
        match &self.request.source {
            Source::Image(_) | Source::Build { .. } => format!("deploy {short}"),
            Source::Force => format!("deploy {short} anew"),
            Source::Back(_) => format!("roll {short} back"),
            Source::Attach => format!("watch {short}"),
        }
    }

    /// What a yes does, in a word or two, as on a button.
    pub fn verb(&self) -> &'static str {
        match &self.request.source {
            Source::Image(_) | Source::Build { .. } | Source::Force => "Deploy",
            Source::Back(_) => "Roll back",
            Source::Attach => "Watch",
        }
    }

    /// What takes it back: a sentence that holds.
    fn undo(&self) -> String {
        let (request, gather) = (&self.request, &self.gather);
        let short = &request.short;
        let Some(previous) = &self.target.previous else { return String::new() };
        // One that is deregistered is registered anew when it is gone back to.
        let gone = gather.definition.as_ref().is_some_and(TaskDefinition::deregistered);
        let to = if gone { format!("a copy of {previous}, which is deregistered") } else { previous.clone() };
        match &request.source {
            Source::Force if !gone => format!(
                "while it rolls out `cockpit rollback {short}` ends it; after that the same revision, {previous}, has run before and after it, and there is nothing to go back to"
            ),
            // What ran before in the history may be another one than what runs now.
            Source::Back(_) => format!("`cockpit rollback {short} --to {previous}` goes back to {to}"),
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
        // Nothing of it can be done, and there are no names to say what.
        if gather.copied().is_none() && gather.under_way().is_none() {
            return steps;
        }
        match &request.source {
            Source::Build { .. } => {
                steps.extend(self.build.as_ref().map(Build::words));
                steps.push(format!("a copy of {} is registered with the digest, and {tasks}", gather.base_name()));
            }
            Source::Image(_) => {
                steps.push(format!("a copy of {} is registered with the digest, and {tasks}", gather.base_name()));
            }
            Source::Force | Source::Back(_) if gather.anew(request).is_some() => {
                let name = gather.base_name();
                steps.push(format!(
                    "{name} is deregistered: a copy of it is registered, and {tasks} by ones of the copy"
                ));
            }
            Source::Force => steps.push(format!("{tasks} by new ones of {}", gather.base_name())),
            Source::Back(_) => match (gather.under_way(), &self.target.revision) {
                (Some(_), _) if gather.coming_back() => {
                    steps.push("ECS rolls the deployment under way back already: that is watched".to_owned());
                }
                (Some(_), _) => steps.push("the deployment under way is ended, and ECS rolls it back".to_owned()),
                (None, Some(revision)) => steps.push(format!("{tasks} by ones of {revision}")),
                (None, None) => {}
            },
            Source::Attach => {}
        }
        if let Some(usual) = self.usual() {
            steps.push(format!("this usually takes {}", crate::model::time::spoken(usual)));
        }
        let breaker = gather.service.as_ref().and_then(|service| service.breaker);
        let ecs_does_it = breaker.is_some_and(|breaker| breaker.enabled && breaker.rollback);
        if !matches!(request.source, Source::Back(_)) && request.roll_back.unwrap_or(!ecs_does_it) {
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
        diff::diff(now, &next)
    }

    fn writes(&self, ctx: &Ctx<'_>) -> Vec<Write> {
        let mut writes = Vec::new();
        if self.gather.copied().is_none() && self.gather.under_way().is_none() {
            return writes;
        }
        let update = |task_definition: Option<String>| Write::Update {
            cluster: ctx.cluster(),
            service: self.request.service.clone(),
            force: task_definition.is_none(),
            task_definition,
            desired: None,
        };
        match &self.request.source {
            Source::Image(_) | Source::Build { .. } => {
                writes.extend(self.registration());
                writes.push(update(Some("the new revision".to_owned())));
            }
            Source::Force | Source::Back(_) if self.gather.anew(&self.request).is_some() => {
                writes.extend(self.registration());
                writes.push(update(Some("the new revision".to_owned())));
            }
            Source::Force => writes.push(update(None)),
            Source::Back(_) => match (self.gather.under_way(), &self.target.revision) {
                (Some(_), _) if self.gather.coming_back() => {}
                (Some(arn), _) => writes.push(Write::RollBack { arn }),
                (None, Some(revision)) => writes.push(update(Some(revision.clone()))),
                (None, None) => {}
            },
            Source::Attach => {}
        }
        writes
    }

    fn programs(&self) -> Vec<String> {
        let mut programs: Vec<String> = self.build.iter().flat_map(|build| build.commands(self)).collect();
        let hooks = &self.request.hooks;
        programs.extend(hooks.before_deploy.iter().map(|command| format!("before: {command}")));
        programs.extend(hooks.after_deploy.iter().map(|command| format!("after: {command}")));
        programs
    }

    /// Watches what is under way, or tells how the last one ended.
    pub(super) fn attach(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(check) = self.gather.checks.iter().find(|check| check.level == Level::Stop) {
            let mut outcome = Outcome::new(Verdict::Impossible, check.text.clone());
            outcome.hint.clone_from(&check.hint);
            outcome.failure = self.gather.failure.as_ref().map(|failure| failure.kind);
            ctx.end = Some(outcome);
            return;
        }
        if let Some(service) = self.gather.service.as_ref().filter(|service| service.controller != "ECS") {
            let text = preflight::not_by_ecs(&service.controller).text;
            ctx.end = Some(Outcome::new(Verdict::Impossible, text).hint("watch it with the tool that controls it"));
            return;
        }
        let (Some(service), Some(newest)) = (self.gather.service.clone(), self.gather.history.first().cloned()) else {
            ctx.end = Some(Outcome::new(Verdict::Impossible, "no deployment is known of this service"));
            return;
        };
        // Its deployment is the one to the same task definition that began at the same time.
        let near = |at: Option<jiff::Timestamp>| match (at, newest.created_at) {
            (Some(at), Some(created)) => at.duration_since(created).as_millis().unsigned_abs(),
            _ => u128::MAX,
        };
        let mut ours: Vec<_> = service
            .deployments
            .iter()
            .filter(|other| newest.target.as_ref().is_none_or(|target| other.task_definition == *target))
            .collect();
        ours.sort_by_key(|other| near(other.created_at));
        let id = ours.first().map(|ours| ours.id.clone()).unwrap_or_default();
        let revision = newest.target.clone().unwrap_or_else(|| service.task_definition.clone());
        self.target.revision = Some(revision.clone());
        self.target.image = self
            .definition()
            .filter(|definition| definition.name == revision)
            .and_then(|definition| definition.main_container(&service))
            .map(|container| container.image.clone());
        let what = self.target.image.as_deref().map(|image| format!(" ({})", image_version(image)));
        ctx.say(Weight::Step, format!("the newest deployment goes to {revision}{}", what.unwrap_or_default()));
        // A rollback that ends what is under way began itself: its own limit and time count from then.
        if self.only_looks() {
            self.began = newest.created_at;
        }
        let subject = Subject {
            cluster: ctx.cluster(),
            service: service.name.clone(),
            deployment: id,
            revision,
            known: self.gather.history.iter().skip(1).map(|entry| entry.arn.clone()).collect(),
            since: newest.created_at.unwrap_or(ctx.service_now),
        };
        self.watch_over(subject, service, ctx);
        if let Some(watch) = &mut self.watch {
            watch.release = Some(newest.arn);
        }
    }
}
