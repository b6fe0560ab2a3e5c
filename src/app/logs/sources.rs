//! From services and names to log groups, and from stream names to the names people use.

use crate::model::logs::{LogPlace, place_of};
use crate::model::names::Shortening;
use crate::model::task_definition::ContainerDefinition;
use crate::model::{Estate, Failure, partition};
use log_store::Source;
use std::collections::{BTreeMap, BTreeSet};

/// A container whose lines a group holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The full name of its service.
    pub service: String,
    /// The container's name.
    pub container: String,
    /// The prefix of its streams' names; `None`: any stream of the group may be its own.
    pub prefix: Option<String>,
}

impl Writer {
    /// The task that a stream belongs to, if the stream may be one of this writer's; empty if stream names do not
    /// contain the task.
    fn task<'s>(&self, stream: &'s str) -> Option<&'s str> {
        match &self.prefix {
            Some(prefix) => stream.strip_prefix(prefix.as_str()).filter(|id| !id.contains('/')),
            None => Some(""),
        }
    }
}

/// A group to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSource {
    /// The log group's name.
    pub group: String,
    /// Its region according to the task definitions; `None` for that of the environment.
    pub region: Option<String>,
    /// The known containers that write into it.
    pub writers: Vec<Writer>,
    /// Other containers that write into it and were not requested.
    pub other_writers: Vec<Writer>,
    /// If streams of several services have the same prefix: the service of each known task.
    pub tasks: BTreeMap<String, String>,
    /// Whether only lines of these writers are wanted, not all lines of the group.
    pub writers_only: bool,
}

/// The groups to read, and the containers that have none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// The groups, ordered by name.
    pub groups: Vec<GroupSource>,
    /// Sentences about containers whose lines are elsewhere.
    pub elsewhere_notes: Vec<String>,
    /// Reads that failed or have not been answered yet, so that groups may be missing.
    pub missing: Vec<Missing>,
}

/// A read that determines the groups, and that returned nothing or not everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What could not be read: `the services`, `the task definition api:7 of the service api`.
    pub what: String,
    /// Why; `None` while its first answer is still expected.
    pub failure: Option<Failure>,
    /// Whether services themselves may be missing, not only the groups of one service.
    pub services: bool,
}

impl Missing {
    /// The problem as a sentence.
    pub fn describe(&self) -> String {
        match &self.failure {
            Some(failure) => format!("{} could not be read: {failure}", self.what),
            None => format!("{} were not read in time", self.what),
        }
    }
}

impl Sources {
    /// The reads because of which groups may be missing; a read in progress has not failed.
    pub fn failed(&self) -> impl Iterator<Item = (&Missing, &Failure)> {
        self.missing.iter().filter_map(|missing| Some((missing, missing.failure.as_ref()?)))
    }

    /// The groups of a region, as far as known. A group of the same name in another region is a different one.
    pub fn in_region(&self, region: Option<&str>) -> impl Iterator<Item = &GroupSource> {
        self.groups.iter().filter(move |group| group.is_in(region))
    }

    /// Whether tasks are needed to assign lines to services.
    pub fn need_tasks(&self) -> bool {
        self.groups.iter().any(|group| !group.alike().is_empty())
    }

    /// Describes a group that no query from a region searches, and how to search it.
    pub fn other_region_note(&self, region: Option<&str>) -> Option<String> {
        let group = self.groups.iter().find(|group| !group.is_in(region))?;
        let (name, there) = (&group.group, group.region.as_deref()?);
        Some(format!("{name} is in {there}: cockpit insights --region {there} --group {name}"))
    }
}

/// The ARNs for a live tail in a region: groups of other regions are only polled.
pub fn live_arns<'a>(
    groups: impl IntoIterator<Item = &'a GroupSource>,
    region: &str,
    account: &str,
) -> impl Iterator<Item = String> {
    let here = groups.into_iter().filter(move |group| group.is_in(Some(region)));
    let partition = partition::name(region);
    here.map(move |group| format!("arn:{partition}:logs:{region}:{account}:log-group:{}", group.group))
}

impl GroupSource {
    /// A group by its name alone.
    pub fn by_name(group: &str) -> Self {
        Self { group: group.to_owned(), ..Self::default() }
    }

    /// Whether it is in a region; true if one of the two is unknown.
    fn is_in(&self, region: Option<&str>) -> bool {
        self.region.as_deref().is_none_or(|there| region.is_none_or(|region| region == there))
    }

    /// The source of a stream's lines; `None` if they are not wanted. If several services may have written it, the task
    /// decides; if the task is unknown, the service is replaced by `CONTAINER@GROUP`.
    pub fn source(&self, stream: &str) -> Option<Source> {
        let of = |service: String, container: &str, task: &str| Source {
            group: self.group.clone(),
            stream: stream.to_owned(),
            service,
            container: container.to_owned(),
            task: task.to_owned(),
        };
        // `/aws/lambda/NAME`, `/ecs/NAME`: the last part is the name.
        let group = || self.group.rsplit('/').next().unwrap_or(&self.group);
        let writers = self
            .writers
            .iter()
            .map(|writer| (writer, true))
            .chain(self.other_writers.iter().map(|other| (other, false)));
        let mut may: Vec<(&Writer, bool, &str)> =
            writers.filter_map(|(writer, wanted)| Some((writer, wanted, writer.task(stream)?))).collect();
        // A writer with a stream prefix is a better match than one that may have any stream.
        if may.iter().any(|(writer, ..)| writer.prefix.is_some()) {
            may.retain(|(writer, ..)| writer.prefix.is_some());
        }
        if let Some(service) = may.iter().find_map(|(.., task)| self.tasks.get(*task))
            && may.iter().any(|(writer, ..)| writer.service == *service)
        {
            may.retain(|(writer, ..)| writer.service == *service);
        }
        let Some(&(writer, _, task)) = may.iter().find(|(_, wanted, _)| *wanted) else {
            return (may.is_empty() && !self.writers_only).then(|| of(group().to_owned(), "", ""));
        };
        let known = may.iter().all(|(other, ..)| other.service == writer.service);
        let service = if known { writer.service.clone() } else { format!("{}@{}", writer.container, group()) };
        Some(of(service, &writer.container, task))
    }

    /// The services whose streams have the same prefix as another's: only their tasks tell them apart.
    fn alike(&self) -> BTreeSet<&str> {
        let writers = || self.writers.iter().chain(&self.other_writers);
        let of_another =
            |writer: &&Writer| writers().any(|other| other.prefix == writer.prefix && other.service != writer.service);
        writers().filter(of_another).map(|writer| writer.service.as_str()).collect()
    }

    /// Describes which other services' lines a query also searches, and what filter excludes them.
    pub fn other_services_note(&self) -> Option<String> {
        let others: BTreeSet<&str> = self.other_writers.iter().map(|other| other.service.as_str()).collect();
        let others: Vec<&str> = others.into_iter().collect();
        let alike = self.alike();
        let mut own: Vec<String> = Vec::new();
        for writer in &self.writers {
            own.push(match &writer.prefix {
                Some(prefix) if !alike.contains(writer.service.as_str()) => prefix.replace('/', "\\/"),
                _ => {
                    return (!others.is_empty())
                        .then(|| format!("{} holds lines of {} too", self.group, others.join(", ")));
                }
            });
        }
        own.dedup();
        (!others.is_empty()).then(|| {
            format!(
                "{} holds lines of {} too; `filter @logStream like /^({})/` leaves them out",
                self.group,
                others.join(", "),
                own.join("|")
            )
        })
    }

    /// The prefix that all wanted streams share, if any: the service then excludes the others.
    pub fn prefix(&self) -> Option<String> {
        match self.writers.as_slice() {
            [only] if self.writers_only => only.prefix.clone(),
            _ => None,
        }
    }
}

/// Returns the groups of services; of all services if none is named.
pub fn service_sources(estate: &Estate, services: &[String]) -> Sources {
    let mut found = Sources { missing: unread_services(estate), ..Sources::default() };
    let mut groups = Groups::new();
    for service in estate.services.value().into_iter().flat_map(BTreeMap::values) {
        let wanted = services.is_empty() || services.contains(&service.name);
        // During a rollout, two task definitions write.
        let mut definitions: Vec<&str> = service.definitions().collect();
        let mut seen = std::collections::BTreeSet::new();
        definitions.retain(|name| seen.insert(*name));
        if definitions.is_empty() && wanted {
            // A service with an external controller and without a task set.
            let (name, controller) = (&service.name, &service.controller);
            found
                .elsewhere_notes
                .push(format!("{name}: deployed by {controller}, it names no task definition of its own"));
        }
        for name in definitions {
            let slot = estate.task_definitions.get(name);
            let Some(definition) = slot.and_then(|slot| slot.value()) else {
                if wanted {
                    let what = format!("the containers of {name}, a task definition of {},", service.name);
                    let failure = slot.and_then(|slot| slot.failure()).cloned();
                    found.missing.push(Missing { what, failure, services: false });
                }
                continue;
            };
            for container in &definition.containers {
                add(&mut found, &mut groups, (service.name.as_str(), wanted), container);
            }
        }
    }
    found.groups = groups.into_values().filter(|group| !group.writers.is_empty()).collect();
    for group in &mut found.groups {
        group.tasks = tasks_of(estate, &group.alike());
    }
    if found.need_tasks()
        && let Some(failure) = estate.tasks.failure()
    {
        found.elsewhere_notes.push(format!(
            "whose lines are where several services write under one name is not known: the tasks could not be read: {failure}"
        ));
    }
    found
}

/// The groups found, by name and region.
type Groups = BTreeMap<(String, Option<String>), GroupSource>;

/// Adds the group that a container of a service writes to, and whether its lines are wanted.
fn add(found: &mut Sources, groups: &mut Groups, (service, wanted): (&str, bool), container: &ContainerDefinition) {
    match place_of(container) {
        LogPlace::Group { group, prefix, region } => {
            let named = GroupSource { region: region.clone(), ..GroupSource::by_name(&group) };
            let entry = groups.entry((group, region)).or_insert(named);
            entry.writers_only |= !wanted;
            let writer = Writer { service: service.to_owned(), container: container.name.clone(), prefix };
            let writers = if wanted { &mut entry.writers } else { &mut entry.other_writers };
            if !writers.contains(&writer) {
                writers.push(writer);
            }
        }
        LogPlace::Elsewhere(place) if wanted => {
            let place = format!("{service}: {place}");
            if !found.elsewhere_notes.contains(&place) {
                found.elsewhere_notes.push(place);
            }
        }
        LogPlace::Elsewhere(_) => {}
    }
}

/// The service of each task of these services, as far as the tasks are known.
fn tasks_of(estate: &Estate, services: &BTreeSet<&str>) -> BTreeMap<String, String> {
    let tasks = estate.tasks.value().into_iter().flat_map(BTreeMap::values);
    let of_these = tasks.filter_map(|task| {
        let service = task.service.as_deref().filter(|service| services.contains(service))?;
        Some((task.id.clone(), service.to_owned()))
    });
    if services.is_empty() { BTreeMap::new() } else { of_these.collect() }
}

/// The missing groups of services that are not known.
fn unread_services(estate: &Estate) -> Vec<Missing> {
    let services = &estate.services;
    let what = match (services.at(), services.partial()) {
        (_, Some(_)) => "some of the services",
        // An old list may lack a newer service.
        (Some(_), None) if services.failure().is_some() => "the services as they are now",
        (Some(_), None) => return Vec::new(),
        (None, None) => "the services",
    };
    vec![Missing { what: what.to_owned(), failure: services.failure().cloned(), services: true }]
}

/// The groups named in the configuration, with patterns expanded to existing groups; groups of a service are left out.
pub fn configured_groups(patterns: &[String], there: &[String], of_services: &Sources) -> Vec<GroupSource> {
    let mut names: Vec<&str> = Vec::new();
    for pattern in patterns {
        if log_store::pattern::is_pattern(pattern) {
            names.extend(there.iter().map(String::as_str).filter(|name| log_store::pattern::matches(pattern, name)));
        } else {
            names.push(pattern);
        }
    }
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !of_services.groups.iter().any(|group| group.group == *name));
    names.into_iter().map(GroupSource::by_name).collect()
}

/// The names under which services are shown.
pub fn short_names<'a>(services: impl IntoIterator<Item = &'a str> + Clone) -> BTreeMap<&'a str, &'a str> {
    let mut distinct: Vec<&str> = services.into_iter().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let shortening = Shortening::of(distinct.iter().copied());
    distinct.into_iter().map(|name| (name, shortening.short(name))).collect()
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
