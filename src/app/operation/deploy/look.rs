//! The reads before a deployment, and deployments that are only watched.

use super::build::{Build, Tool};
use super::{Deploy, Phase, Source};
use crate::app::operation::call::{Call, CallResult, Read, Reply};
use crate::app::operation::machine::Machine as _;
use crate::app::operation::outcome::{Outcome, Verdict};
use crate::app::operation::step::{Ctx, Slot, Weight};
use crate::app::operation::watch::Subject;
use crate::model::deploy::{Check, Level, history, preflight};
use crate::model::service::Service;
use crate::model::task_definition::{family, image_version};
use crate::model::{Failure, FailureKind};

impl Deploy {
    /// Starts reading.
    pub(super) fn start_reading(&mut self, ctx: &mut Ctx<'_>) {
        let (cluster, service) = (ctx.cluster(), self.request.service.clone());
        if let Source::Build { config, dirty } = self.request.source.clone() {
            let build = Build::new(config, dirty);
            for (slot, program) in build.queries() {
                self.gather.send_call(slot, Call::Run(program), ctx);
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

    pub(super) fn take_read(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        self.gather.waiting.retain(|waiting| waiting != slot);
        match answered.outcome {
            Ok(reply) => self.take_reply(slot, reply, ctx),
            Err(failure) => match slot {
                Slot::ImageOf(container) => self.image_answered(container, Err(failure)),
                _ => self.read_failed(slot, &failure),
            },
        }
        if self.gather.waiting.is_empty() {
            if let Some(check) = self.build.as_mut().and_then(Build::no_usable_tool) {
                self.gather.add_blocker(check);
            }
            if self.request.source == Source::Attach {
                self.attach(ctx);
            } else {
                self.phase = Phase::Planned;
                self.planned_at_zero = self.gather.service.as_ref().is_some_and(|service| service.desired == 0);
                ctx.plan = Some(self.plan(ctx));
            }
        }
    }

    fn take_reply(&mut self, slot: &Slot, reply: Reply, ctx: &mut Ctx<'_>) {
        let gather = &mut self.gather;
        match reply {
            Reply::Services(found) => match found.into_iter().find(|service| service.name == self.request.service) {
                Some(service) => self.take_service(service, ctx),
                None => gather.add_blocker(
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
                    // The revision to roll back to has an image of its own.
                    if self.request.base.is_none() && !matches!(self.request.source, Source::RollBack(_)) {
                        self.request_image(ctx);
                    }
                }
                Slot::Base => {
                    gather.base = Some(*found);
                    self.request_image(ctx);
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
            Reply::Ended { code, output, left_out } => {
                let guarded = ctx.environment.guarded;
                let found =
                    self.build.as_mut().map(|build| build.take_answer(slot, code, (&output, left_out), guarded));
                if let Some(Err(check)) = found {
                    self.gather.add_blocker(check);
                }
            }
            _ => {}
        }
    }

    fn take_service(&mut self, service: Service, ctx: &mut Ctx<'_>) {
        let running = service.task_definition.clone();
        let controlled = service.controller == "ECS";
        self.target.previous = Some(running.clone()).filter(|name| !name.is_empty());
        self.gather.service = Some(service);
        // A service without a task definition of its own has task sets, and something else deploys them.
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
        if !matches!(self.request.source, Source::RollBack(_)) {
            let copied = self.request.base.as_deref().unwrap_or(&running);
            self.gather.read(Slot::Newest, Read::TaskDefinition { name: family(copied).to_owned() }, ctx);
        }
        self.choose_back(ctx);
    }

    /// Chooses the revision to roll back to, once both the service and its history are known.
    fn choose_back(&mut self, ctx: &mut Ctx<'_>) {
        let Source::RollBack(wanted) = &self.request.source else { return };
        let unread = |slot: &Slot| self.gather.waiting.contains(slot);
        if unread(&Slot::Service) || unread(&Slot::History) || self.target.revision.is_some() {
            return;
        }
        let Some(service) = &self.gather.service else { return };
        let under_way = self.gather.deployment_in_progress().is_some();
        let running = &service.task_definition;
        if wanted.is_some() && under_way {
            let check = Check::new(Level::Stop, "a deployment is under way, and ending it leads to what ran before it");
            self.gather.add_blocker(check.hint("leave --to out to end it, then go on to the revision"));
            return;
        }
        let chosen = match wanted {
            Some(name) if name.contains(':') => Some(name.clone()),
            // A number is a revision of the same family.
            Some(number) => Some(format!("{}:{number}", family(running))),
            None if under_way => None,
            None if history::is_previous_uncertain(&self.gather.history, running) => {
                let text =
                    "which version ran before cannot be told: the history does not say what each deployment went to";
                let hint = "allow ecs:DescribeServiceRevisions, which says it, or name a revision with --to";
                self.gather.add_blocker(Check::new(Level::Stop, text).hint(hint));
                return;
            }
            None => history::previous_deployment(&self.gather.history, running).and_then(|entry| entry.target.clone()),
        };
        match chosen {
            Some(name) if name == *running && !under_way => {
                let check = Check::new(Level::Stop, format!("{name} is what runs"));
                self.gather.add_blocker(check.hint("name another revision with --to"));
            }
            Some(name) => {
                self.target.revision = Some(name.clone());
                // A copy of a deregistered revision follows the newest of its own family.
                self.gather.read(Slot::Newest, Read::TaskDefinition { name: family(&name).to_owned() }, ctx);
                self.gather.read(Slot::Base, Read::TaskDefinition { name }, ctx);
            }
            None if under_way => {}
            None => self.gather.add_blocker(
                Check::new(Level::Stop, "the history shows no version that ran before")
                    .hint("name a revision with --to"),
            ),
        }
    }

    /// Handles a failed read: a necessary read prevents the deployment, an optional one is noted.
    pub(super) fn read_failed(&mut self, slot: &Slot, failure: &Failure) {
        let gather = &mut self.gather;
        let (level, what) = match slot {
            Slot::Service => (Level::Stop, "the service cannot be read"),
            Slot::History => (
                Level::Stop,
                "the history of deployments cannot be read, and without it no end can be told from a rollback",
            ),
            Slot::Definition | Slot::Base => (Level::Stop, "the task definition cannot be read"),
            // A version that runs, or ran, may run again even if a registry does not know it.
            Slot::Image if matches!(self.request.source, Source::Force | Source::RollBack(_)) => {
                (Level::Warn, "the image cannot be found in its registry")
            }
            Slot::Image if failure.kind == FailureKind::NotFound => (Level::Stop, "there is no such image"),
            Slot::Image => (Level::Stop, "the image cannot be looked up"),
            Slot::Run(_) => (Level::Stop, "the build cannot begin"),
            Slot::Scalable => (Level::Note, "autoscaling cannot be read"),
            Slot::Timers => (Level::Note, "the schedule cannot be read"),
            // The necessary definition cannot be read then either, and prevents the deployment.
            Slot::Newest if matches!(failure.kind, FailureKind::NotFound | FailureKind::Denied) => return,
            _ => (Level::Note, "not everything could be read"),
        };
        let check = Check::failed(level, what, failure);
        let check = match (slot, failure.kind) {
            (Slot::Base, FailureKind::NotFound) if self.request.base.is_some() => {
                check.hint("name a revision that is there with --from")
            }
            (Slot::Base, FailureKind::NotFound) if matches!(self.request.source, Source::RollBack(Some(_))) => {
                check.hint("name a revision that is there with --to")
            }
            (Slot::Image, FailureKind::NotFound) => check.hint("push it first, or choose another tag"),
            (Slot::Run(_), FailureKind::NotFound) => {
                check.hint("install it, or build elsewhere and deploy with --image")
            }
            _ => check,
        };
        // The folder is part of the request; every program run in it would report the same.
        let no_folder = matches!(slot, Slot::Run(_)) && failure.kind == FailureKind::Invalid;
        let check = Check { usage: no_folder, ..check };
        let tool = match slot {
            Slot::Run("docker") => Some(Tool::Docker),
            Slot::Run("podman") => Some(Tool::Podman),
            _ => None,
        };
        if let (Some(tool), Some(build)) = (tool, &mut self.build) {
            // The other of the two programs may be available.
            return build.record_unusable(tool, check);
        }
        gather.add_check(check);
    }

    /// Watches the deployment in progress, or reports how the last one ended.
    pub(super) fn attach(&mut self, ctx: &mut Ctx<'_>) {
        if let Some(check) = self.gather.checks.iter().find(|check| check.level == Level::Stop) {
            let mut outcome = Outcome::new(Verdict::Impossible, check.text.clone());
            outcome.hint.clone_from(&check.hint);
            outcome.failure = check.failure;
            ctx.end = Some(outcome);
            return;
        }
        if let Some(service) = self.gather.service.as_ref().filter(|service| service.controller != "ECS") {
            let text = preflight::unsupported_controller(&service.controller).text;
            ctx.end = Some(Outcome::new(Verdict::Impossible, text).hint("watch it with the tool that controls it"));
            return;
        }
        let (Some(service), Some(newest)) = (self.gather.service.clone(), self.gather.history.first().cloned()) else {
            ctx.end = Some(Outcome::new(Verdict::Impossible, "no deployment is known of this service"));
            return;
        };
        // Its deployment is the one with the same task definition that began at the same time.
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
        ctx.log(Weight::Step, format!("the newest deployment goes to {revision}{}", what.unwrap_or_default()));
        // A rollback that ends the deployment in progress has its own beginning: its limit and time count from there.
        if self.is_read_only() {
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
