//! From services and names to log groups, and from a stream's name to what a person calls it.

use crate::model::logs::{LogPlace, place_of};
use crate::model::names::Shortening;
use crate::model::task_definition::ContainerDefinition;
use crate::model::{Estate, Failure, partition};
use log_store::Source;
use std::collections::{BTreeMap, BTreeSet};

/// A container whose lines a group holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The whole name of its service.
    pub service: String,
    /// The container's name.
    pub container: String,
    /// How its streams' names begin; none: any stream of the group may be its.
    pub prefix: Option<String>,
}

impl Writer {
    /// The task whose stream it is, where it may be one of its own; empty where streams do not name their task.
    fn task<'s>(&self, stream: &'s str) -> Option<&'s str> {
        match &self.prefix {
            Some(prefix) => stream.strip_prefix(prefix.as_str()).filter(|id| !id.contains('/')),
            None => Some(""),
        }
    }
}

/// A group to be followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSource {
    /// The log group's name.
    pub group: String,
    /// Its region, as the task definitions say; none for that of the environment.
    pub region: Option<String>,
    /// The containers that write into it, as far as is known.
    pub writers: Vec<Writer>,
    /// Other containers that write into it and were not asked for.
    pub others: Vec<Writer>,
    /// Where streams of several services begin alike: the service of each task that is known.
    pub tasks: BTreeMap<String, String>,
    /// Whether only lines of these writers are wanted, not others of the group.
    pub only: bool,
}

/// The groups that are followed, and what cannot be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Groups in the order of their names.
    pub groups: Vec<GroupSource>,
    /// Sentences about containers whose lines are elsewhere.
    pub elsewhere: Vec<String>,
    /// Reads that have failed or not come yet, so that groups may be missing here.
    pub missing: Vec<Missing>,
}

/// A read on which it depends which groups there are, and which has brought nothing or not all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The thing that could not be read: `the services`, `the task definition api:7 of the service api`.
    pub what: String,
    /// Why; none while its first answer is still to come.
    pub failure: Option<Failure>,
    /// Services themselves may be missing, not only where one of them writes to.
    pub services: bool,
}

impl Missing {
    /// Where its lines are, in a sentence.
    pub fn words(&self) -> String {
        match &self.failure {
            Some(failure) => format!("{} could not be read: {failure}", self.what),
            None => format!("{} were not read in time", self.what),
        }
    }
}

impl Sources {
    /// Whether groups may be missing because a read failed; one that is still under way has not.
    pub fn failed(&self) -> impl Iterator<Item = (&Missing, &Failure)> {
        self.missing.iter().filter_map(|missing| Some((missing, missing.failure.as_ref()?)))
    }

    /// The groups of a region, as far as that is known. One of the same name that is there, while the lines of a
    /// service go elsewhere, is another.
    pub fn here(&self, region: Option<&str>) -> impl Iterator<Item = &GroupSource> {
        self.groups.iter().filter(move |group| group.is_in(region))
    }

    /// Whether it takes tasks to know whose some lines are.
    pub fn need_tasks(&self) -> bool {
        self.groups.iter().any(|group| !group.alike().is_empty())
    }

    /// A group that no query from a region searches, and how to search it.
    pub fn elsewhere(&self, region: Option<&str>) -> Option<String> {
        let group = self.groups.iter().find(|group| !group.is_in(region))?;
        let (name, there) = (&group.group, group.region.as_deref()?);
        Some(format!("{name} is in {there}: cockpit insights --region {there} --group {name}"))
    }
}

/// The ARNs that a live tail of a region is opened with: groups of another region are only polled.
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
    pub fn named(group: &str) -> Self {
        Self { group: group.to_owned(), ..Self::default() }
    }

    /// Whether it is in a region; where one of the two is not known, it is.
    fn is_in(&self, region: Option<&str>) -> bool {
        self.region.as_deref().is_none_or(|there| region.is_none_or(|region| region == there))
    }

    /// The source of a stream's lines; none if its lines are not wanted. Where several services may have written it,
    /// its task says which one has; where that is not known, it is none of a service but of `CONTAINER@GROUP`.
    pub fn source(&self, stream: &str) -> Option<Source> {
        let of = |service: String, container: &str, task: &str| Source {
            group: self.group.clone(),
            stream: stream.to_owned(),
            service,
            container: container.to_owned(),
            task: task.to_owned(),
        };
        // `/aws/lambda/NAME`, `/ecs/NAME`: its last part names it.
        let group = || self.group.rsplit('/').next().unwrap_or(&self.group);
        let all =
            self.writers.iter().map(|writer| (writer, true)).chain(self.others.iter().map(|other| (other, false)));
        let mut may: Vec<(&Writer, bool, &str)> =
            all.filter_map(|(writer, wanted)| Some((writer, wanted, writer.task(stream)?))).collect();
        // Whose streams have a beginning of their own is known better than who may have any stream.
        if may.iter().any(|(writer, ..)| writer.prefix.is_some()) {
            may.retain(|(writer, ..)| writer.prefix.is_some());
        }
        if let Some(service) = may.iter().find_map(|(.., task)| self.tasks.get(*task))
            && may.iter().any(|(writer, ..)| writer.service == *service)
        {
            may.retain(|(writer, ..)| writer.service == *service);
        }
        let Some(&(writer, _, task)) = may.iter().find(|(_, wanted, _)| *wanted) else {
            return (may.is_empty() && !self.only).then(|| of(group().to_owned(), "", ""));
        };
        let known = may.iter().all(|(other, ..)| other.service == writer.service);
        let service = if known { writer.service.clone() } else { format!("{}@{}", writer.container, group()) };
        Some(of(service, &writer.container, task))
    }

    /// The services of which streams begin like those of another one: only their tasks tell them apart.
    fn alike(&self) -> BTreeSet<&str> {
        let all = || self.writers.iter().chain(&self.others);
        let of_another =
            |writer: &&Writer| all().any(|other| other.prefix == writer.prefix && other.service != writer.service);
        all().filter(of_another).map(|writer| writer.service.as_str()).collect()
    }

    /// Which services' lines a query that was asked for others searches too, in a sentence with what leaves them out.
    pub fn also_searched(&self) -> Option<String> {
        let others: BTreeSet<&str> = self.others.iter().map(|other| other.service.as_str()).collect();
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

    /// The one prefix that all wanted streams share: the service then leaves the others out.
    pub fn prefix(&self) -> Option<String> {
        match self.writers.as_slice() {
            [only] if self.only => only.prefix.clone(),
            _ => None,
        }
    }
}

/// The groups of services; of all of them where none is named.
pub fn of_services(estate: &Estate, services: &[String]) -> Sources {
    let mut found = Sources { missing: unread_services(estate), ..Sources::default() };
    let mut groups = Groups::new();
    for service in estate.services.value().into_iter().flat_map(BTreeMap::values) {
        let wanted = services.is_empty() || services.contains(&service.name);
        // While a rollout goes on, two definitions write.
        let mut definitions: Vec<&str> = service.definitions().collect();
        let mut seen = std::collections::BTreeSet::new();
        definitions.retain(|name| seen.insert(*name));
        if definitions.is_empty() && wanted {
            // One of an external controller that has no task set.
            let (name, controller) = (&service.name, &service.controller);
            found.elsewhere.push(format!("{name}: deployed by {controller}, it names no task definition of its own"));
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
        found.elsewhere.push(format!(
            "whose lines are where several services write under one name is not known: the tasks could not be read: {failure}"
        ));
    }
    found
}

/// The groups that are found, by their name and region.
type Groups = BTreeMap<(String, Option<String>), GroupSource>;

/// Adds where a container of a service writes, and whether that is wanted.
fn add(found: &mut Sources, groups: &mut Groups, (service, wanted): (&str, bool), container: &ContainerDefinition) {
    match place_of(container) {
        LogPlace::Group { group, prefix, region } => {
            let named = GroupSource { region: region.clone(), ..GroupSource::named(&group) };
            let entry = groups.entry((group, region)).or_insert(named);
            entry.only |= !wanted;
            let writer = Writer { service: service.to_owned(), container: container.name.clone(), prefix };
            let writers = if wanted { &mut entry.writers } else { &mut entry.others };
            if !writers.contains(&writer) {
                writers.push(writer);
            }
        }
        LogPlace::Elsewhere(said) if wanted => {
            let said = format!("{service}: {said}");
            if !found.elsewhere.contains(&said) {
                found.elsewhere.push(said);
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

/// The groups that are not known because the services are not.
fn unread_services(estate: &Estate) -> Vec<Missing> {
    let services = &estate.services;
    let what = match (services.at(), services.partial()) {
        (_, Some(_)) => "some of the services",
        // An old list may lack a service that has come since.
        (Some(_), None) if services.failure().is_some() => "the services as they are now",
        (Some(_), None) => return Vec::new(),
        (None, None) => "the services",
    };
    vec![Missing { what: what.to_owned(), failure: services.failure().cloned(), services: true }]
}

/// Groups that are named in the configuration, patterns filled in with those that there are; one that a
/// service has already is left out.
pub fn named(patterns: &[String], there: &[String], of_services: &Sources) -> Vec<GroupSource> {
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
    names.into_iter().map(GroupSource::named).collect()
}

/// The names by which services are shown.
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
