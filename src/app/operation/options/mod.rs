//! The options to choose from before an operation starts: the images of a repository, or earlier revisions. It only
//! reads.

use super::call::{CallResult, Read, Reply};
use super::machine::{ChoiceOption, Choices, Machine, NewOperation};
use super::outcome::{Outcome, Verdict};
use super::step::{Ctx, Slot};
use crate::model::deploy::history::candidates;
use crate::model::image::ImageRef;
use crate::model::task_definition::image_version;
use crate::model::{Failure, Service, TaskDefinition, time};
use jiff::Timestamp;

/// Number of revisions offered for a rollback.
const REVISIONS: usize = 8;

/// The kind of options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// Images of the service's repository, newest first.
    Images,
    /// Revisions that ran before, newest first.
    Revisions,
}

/// A request for options: images or revisions of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The full name of the service.
    pub service: String,
    /// The title in the window's frame.
    pub title: String,
    pub offer: Offer,
}

/// The options of a service, while they are read.
#[derive(Debug, Clone, PartialEq)]
pub struct Choose {
    request: Request,
    choices: Choices,
    service: Option<Service>,
    found: Vec<(String, Option<Timestamp>, Option<TaskDefinition>)>,
    waiting: usize,
}

impl From<Request> for NewOperation {
    fn from(request: Request) -> Self {
        let choices = Choices { images: request.offer == Offer::Images, ..Choices::default() };
        Box::new(Choose { request, choices, service: None, found: Vec::new(), waiting: 0 })
    }
}

impl Machine for Choose {
    fn clone_box(&self) -> NewOperation {
        Box::new(self.clone())
    }

    fn title(&self) -> String {
        self.request.title.clone()
    }

    fn verb(&self) -> &'static str {
        "Choose"
    }

    fn command_line(&self) -> String {
        String::new()
    }

    fn activity(&self) -> &'static str {
        "looking"
    }

    fn is_read_only(&self) -> bool {
        true
    }

    fn choices(&self) -> Option<&Choices> {
        Some(&self.choices)
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        let names = vec![self.request.service.clone()];
        self.read(Slot::Service, Read::Services { cluster: ctx.cluster(), names }, ctx);
    }

    fn reply(&mut self, slot: &Slot, answered: CallResult, ctx: &mut Ctx<'_>) {
        self.waiting = self.waiting.saturating_sub(1);
        match answered.outcome {
            Ok(reply) => self.found(slot, reply, ctx),
            // If a definition cannot be read, its line just lacks the image.
            Err(_) if matches!(slot, Slot::Choice(_)) => {}
            Err(failure) => return Self::failed(&failure, ctx),
        }
        if self.waiting == 0 && ctx.end.is_none() {
            self.list(ctx);
        }
    }
}

impl Choose {
    fn failed(failure: &Failure, ctx: &mut Ctx<'_>) {
        ctx.end =
            Some(Outcome::new(Verdict::Impossible, "what there is to choose from cannot be read").caused_by(failure));
    }

    fn read(&mut self, slot: Slot, read: Read, ctx: &mut Ctx<'_>) {
        self.waiting += 1;
        ctx.read(slot, read);
    }

    fn found(&mut self, slot: &Slot, reply: Reply, ctx: &mut Ctx<'_>) {
        match reply {
            Reply::Services(found) => {
                let Some(service) = found.into_iter().find(|service| service.name == self.request.service) else {
                    ctx.end = Some(Outcome::new(
                        Verdict::Impossible,
                        format!("there is no service {}", self.request.service),
                    ));
                    return;
                };
                let name = service.task_definition.clone();
                self.service = Some(service);
                match self.request.offer {
                    // The external deployment controller of such a service knows its versions.
                    _ if name.is_empty() => {}
                    Offer::Images => self.read(Slot::Definition, Read::TaskDefinition { name }, ctx),
                    Offer::Revisions => {
                        let (cluster, service) = (ctx.cluster(), self.request.service.clone());
                        self.read(Slot::History, Read::History { cluster, service }, ctx);
                    }
                }
            }
            Reply::TaskDefinition(found) if *slot == Slot::Definition => {
                let Some(main) = self.service.as_ref().and_then(|service| found.main_container(service)) else {
                    let names: Vec<&str> = found.containers.iter().map(|container| container.name.as_str()).collect();
                    let what = format!("which of its containers it is about cannot be told: {}", names.join(", "));
                    ctx.end = Some(Outcome::new(Verdict::Done, what));
                    return;
                };
                let image = ImageRef::parse(&main.image);
                if image.ecr().is_none() {
                    return;
                }
                let registry = image.ecr_registry();
                self.found.push((image.reference().to_owned(), None, Some(*found)));
                self.read(Slot::Image, Read::Images { registry, repository: image.repository }, ctx);
            }
            Reply::TaskDefinition(found) => {
                if let Slot::Choice(name) = slot
                    && let Some(entry) = self.found.iter_mut().find(|entry| entry.0 == *name)
                {
                    entry.2 = Some(*found);
                }
            }
            Reply::Releases(found) => {
                let running = self.service.as_ref().map(|service| service.task_definition.clone()).unwrap_or_default();
                let names: Vec<(String, Option<Timestamp>)> = candidates(&found, &running)
                    .into_iter()
                    .take(REVISIONS)
                    .filter_map(|entry| Some((entry.target.clone()?, entry.finished_at.or(entry.created_at))))
                    .collect();
                for (name, at) in names {
                    self.read(Slot::Choice(name.clone()), Read::TaskDefinition { name: name.clone() }, ctx);
                    self.found.push((name, at, None));
                }
            }
            Reply::Images(found) => {
                let now = self.found.first().map(|entry| entry.0.clone()).unwrap_or_default();
                self.choices.options = found
                    .iter()
                    .map(|image| {
                        let mut notes = Vec::new();
                        if let Some(at) = image.pushed_at {
                            notes.push(format!("{} ago", time::short(ctx.service_now.duration_since(at))));
                        }
                        if image.tags.len() > 1 {
                            notes.push(image.tags[1..].join(" "));
                        }
                        if image.digest == now || image.tags.contains(&now) {
                            notes.push("runs now".to_owned());
                        }
                        let value = image.tags.first().unwrap_or(&image.digest).clone();
                        ChoiceOption { value, note: notes.join("  ") }
                    })
                    .collect();
            }
            _ => {}
        }
    }

    fn list(&mut self, ctx: &mut Ctx<'_>) {
        if self.request.offer == Offer::Revisions {
            self.choices.options = self
                .found
                .iter()
                .map(|(name, at, definition)| {
                    let mut notes = Vec::new();
                    let container = self.service.as_ref().zip(definition.as_ref());
                    let container = container.and_then(|(service, definition)| definition.main_container(service));
                    notes.extend(container.map(|container| image_version(&container.image).to_owned()));
                    notes.extend(at.map(|at| format!("ran {}", time::date_clock(at, ctx.zone))));
                    let registered_by = definition.as_ref().and_then(|definition| definition.registered_by.as_deref());
                    notes.extend(registered_by.map(|arn| format!("by {}", arn.rsplit('/').next().unwrap_or(arn))));
                    ChoiceOption { value: name.clone(), note: notes.join("  ") }
                })
                .collect();
        }
        let what = if self.choices.options.is_empty() { "there is nothing to choose from" } else { "read" };
        ctx.end = Some(Outcome::new(Verdict::Done, what));
    }
}
