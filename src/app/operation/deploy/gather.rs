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
use crate::model::image::{Image, ImageRef, is_digest, is_tag};
use crate::model::rollout::{RolloutStatus, ServiceDeployment};
use crate::model::service::Service;
use crate::model::task_definition::image_version;
use crate::model::timer::Timer;
use crate::model::{Failure, FailureKind, ScalableTarget, TaskDefinition};

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
    /// The image.
    pub image: Option<Image>,
    /// Schedules.
    pub timers: Vec<Timer>,
    /// What failed, as checks.
    checks: Vec<Check>,
    /// The first failure that stops it.
    failure: Option<Failure>,
}

impl Gather {
    fn ask(&mut self, slot: Slot, call: Call, ctx: &mut Ctx<'_>) {
        self.waiting.push(slot.clone());
        ctx.ask(slot, call);
    }

    fn read(&mut self, slot: Slot, read: Read, ctx: &mut Ctx<'_>) {
        self.ask(slot, Call::Read(read), ctx);
    }

    fn stop(&mut self, check: Check) {
        self.checks.push(Check { level: Level::Stop, ..check });
    }

    /// `family:revision` that is copied.
    pub fn base_name(&self) -> String {
        let definition = self.base.as_ref().or(self.definition.as_ref());
        definition.map(|definition| definition.name.clone()).unwrap_or_default()
    }

    /// The container whose image is changed.
    pub fn container(&self, request: &Request) -> Option<String> {
        let definition = self.base.as_ref().or(self.definition.as_ref())?;
        match &request.container {
            Some(name) => definition.containers.iter().find(|container| container.name == *name),
            None => definition.main_container(),
        }
        .map(|container| container.name.clone())
    }

    /// The image of that container.
    pub fn image_now(&self, request: &Request) -> Option<ImageRef> {
        let name = self.container(request)?;
        let definition = self.base.as_ref().or(self.definition.as_ref())?;
        let container = definition.containers.iter().find(|container| container.name == name)?;
        Some(ImageRef::parse(&container.image))
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
            Err(failure) => self.missed(slot, failure),
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
                self.pin(&found);
                self.gather.image = Some(*found);
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
        self.target.previous = Some(service.task_definition.clone());
        let running = service.task_definition.clone();
        self.gather.service = Some(service);
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

    /// Asks the registry for the image, once it is known which.
    fn ask_image(&mut self, ctx: &mut Ctx<'_>) {
        let wanted = match &self.request.source {
            Source::Image(wanted) => wanted.clone(),
            // What it is now; a revision that is gone back to keeps its own.
            Source::Force | Source::Back(_) => String::new(),
            Source::Build { .. } | Source::Attach => return,
        };
        let Some(now) = self.gather.image_now(&self.request) else {
            let name = self.request.container.clone().unwrap_or_default();
            self.gather.stop(Check::new(Level::Stop, format!("the task definition has no container {name}")));
            return;
        };
        let wanted = if wanted.is_empty() { now.reference().to_owned() } else { wanted };
        let wanted = wanted.strip_prefix('@').unwrap_or(&wanted).to_owned();
        if !is_digest(&wanted) && !is_tag(&wanted) {
            let check = Check::new(Level::Stop, format!("`{wanted}` is neither a tag nor a digest"));
            self.gather
                .stop(check.hint("a tag has letters, digits, `.`, `_` and `-`; a digest is sha256: and 64 digits"));
            return;
        }
        let image = if is_digest(&wanted) { now.pinned(&wanted) } else { now.tagged(&wanted) };
        self.target.image = Some(image);
        match now.registry_of() {
            Some(registry) => {
                let (registry, repository) = (Some(registry), now.repository.clone());
                self.gather.read(Slot::Image, Read::Image { registry, repository, reference: wanted }, ctx);
            }
            None => self.gather.checks.push(
                Check::new(
                    Level::Warn,
                    format!("{} is not in ECR: whether the image exists is not checked", now.name()),
                )
                .hint("ECS resolves the tag when the deployment begins"),
            ),
        }
    }

    /// The digest is what is deployed: a tag may mean another image tomorrow.
    pub(super) fn pin(&mut self, image: &Image) {
        self.target.digest = Some(image.digest.clone());
        if matches!(self.request.source, Source::Image(_) | Source::Build { .. })
            && let Some(now) = self.gather.image_now(&self.request)
        {
            self.target.image = Some(now.pinned(&image.digest));
        }
    }

    /// Something could not be read: what is needed stops it, what is an extra is told.
    fn missed(&mut self, slot: &Slot, failure: Failure) {
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
        let short = &request.short;
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
        let definition = gather.base.as_ref().or(gather.definition.as_ref());
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
        checks.sort_by_key(|check| std::cmp::Reverse(check.level));
        Plan {
            title: self.title(),
            steps: self.steps(ctx),
            changes,
            checks,
            undo: match &self.target.previous {
                Some(previous) => format!("`cockpit rollback {short}` goes back to {previous}"),
                None => String::new(),
            },
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

    fn steps(&self, ctx: &Ctx<'_>) -> Vec<String> {
        let (request, gather) = (&self.request, &self.gather);
        let desired = gather.service.as_ref().map_or(0, |service| service.desired);
        let tasks = format!("{desired} {} replaced", if desired == 1 { "task is" } else { "tasks are" });
        let mut steps = Vec::new();
        match &request.source {
            Source::Build { .. } => {
                steps.extend(self.build.as_ref().map(Build::words));
                steps.push(format!("a copy of {} is registered with the digest, and {tasks}", gather.base_name()));
            }
            Source::Image(_) => {
                steps.push(format!("a copy of {} is registered with the digest, and {tasks}", gather.base_name()));
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
            && let (Some(name), Some(image)) = (gather.container(&self.request), &self.target.image)
            && let Some(container) = next.containers.iter_mut().find(|container| container.name == name)
        {
            container.image.clone_from(image);
        }
        diff::diff(now, &next)
    }

    fn writes(&self, ctx: &Ctx<'_>) -> Vec<Write> {
        let mut writes = Vec::new();
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
            .and_then(TaskDefinition::main_container)
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
