//! From services and names to log groups, and from a stream's name to what a person calls it.

use crate::model::logs::{LogPlace, place_of};
use crate::model::names::Shortening;
use crate::model::{Estate, Failure};
use log_store::Source;
use std::collections::BTreeMap;

/// A container whose lines a group holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writer {
    /// The whole name of its service.
    pub service: String,
    /// Its name.
    pub container: String,
    /// How its streams' names begin; none: any stream of the group may be its.
    pub prefix: Option<String>,
}

/// A group to be followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupSource {
    /// Its name.
    pub group: String,
    /// Its region, as the task definitions say; none for that of the environment.
    pub region: Option<String>,
    /// Who writes into it, as far as is known.
    pub writers: Vec<Writer>,
    /// Only lines of these writers are wanted, not others of the group.
    pub only: bool,
}

/// What is followed, and what cannot be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    /// Groups in the order of their names.
    pub groups: Vec<GroupSource>,
    /// Sentences about containers whose lines are elsewhere.
    pub elsewhere: Vec<String>,
    /// What is not known, so that groups may be missing here.
    pub missing: Vec<Missing>,
}

/// A read on which it depends which groups there are, and which has brought nothing or not all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// What could not be read: `the services`, `the task definition api:7 of the service api`.
    pub what: String,
    /// Why; none while its first answer is still to come.
    pub failure: Option<Failure>,
    /// Services themselves may be missing, not only where one of them writes to.
    pub services: bool,
}

impl Missing {
    /// In a sentence.
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
    here.map(move |group| format!("arn:aws:logs:{region}:{account}:log-group:{}", group.group))
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

    /// What a stream of it is; none if its lines are not wanted.
    pub fn source(&self, stream: &str) -> Option<Source> {
        let found = self.writers.iter().find(|writer| {
            writer
                .prefix
                .as_ref()
                .is_none_or(|prefix| stream.strip_prefix(prefix.as_str()).is_some_and(|id| !id.contains('/')))
        });
        if let Some(writer) = found {
            let task = writer.prefix.as_ref().and_then(|prefix| stream.strip_prefix(prefix.as_str()));
            return Some(Source {
                group: self.group.clone(),
                stream: stream.to_owned(),
                service: writer.service.clone(),
                container: writer.container.clone(),
                task: task.unwrap_or_default().to_owned(),
            });
        }
        if self.only {
            return None;
        }
        // `/aws/lambda/NAME`, `/ecs/NAME`: its last part names it.
        let service = self.group.rsplit('/').next().unwrap_or(&self.group).to_owned();
        Some(Source { group: self.group.clone(), stream: stream.to_owned(), service, ..Source::default() })
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
    let mut groups: BTreeMap<(String, Option<String>), GroupSource> = BTreeMap::new();
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
                match place_of(container) {
                    LogPlace::Group { group, prefix, region } => {
                        let named = GroupSource { region: region.clone(), ..GroupSource::named(&group) };
                        let entry = groups.entry((group, region)).or_insert(named);
                        if !wanted {
                            // Others write here too, and were not asked for.
                            entry.only = true;
                            continue;
                        }
                        let writer =
                            Writer { service: service.name.clone(), container: container.name.clone(), prefix };
                        if !entry.writers.contains(&writer) {
                            entry.writers.push(writer);
                        }
                    }
                    LogPlace::Elsewhere(said) if wanted => {
                        let said = format!("{}: {said}", service.name);
                        if !found.elsewhere.contains(&said) {
                            found.elsewhere.push(said);
                        }
                    }
                    LogPlace::Elsewhere(_) => {}
                }
            }
        }
    }
    found.groups = groups.into_values().filter(|group| !group.writers.is_empty()).collect();
    found
}

/// What is not known of the services themselves.
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

/// Gives a filter a name among others, each `name: filter`, or takes it away. Whether the name was there.
pub fn name_filter(filters: &mut Vec<String>, name: &str, filter: Option<&str>) -> bool {
    let before = filters.len();
    filters.retain(|saved| saved.split_once(':').is_none_or(|(known, _)| known.trim() != name));
    let was = filters.len() < before;
    filters.extend(filter.map(|filter| format!("{name}: {filter}")));
    filters.sort();
    was
}

/// A filter as it was typed, with each `@NAME` replaced by the configured one in brackets. The error is
/// the name that is not configured.
pub fn expand(typed: &str, filters: &[String]) -> Result<String, String> {
    let mut out = Vec::new();
    for word in typed.split(' ') {
        let (minus, name) = word.strip_prefix('-').map_or(("", word), |rest| ("-", rest));
        let Some(name) = name.strip_prefix('@').filter(|name| !name.is_empty()) else {
            out.push(word.to_owned());
            continue;
        };
        let known = filters.iter().filter_map(|filter| filter.split_once(':'));
        let found = known.into_iter().find(|(known, _)| known.trim() == name);
        let (_, filter) = found.ok_or_else(|| name.to_owned())?;
        out.push(format!("{minus}({})", filter.trim()));
    }
    Ok(out.join(" "))
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
mod tests {
    use super::*;
    use crate::model::task_definition::{ContainerDefinition, LogConfiguration};
    use crate::model::{Service, TaskDefinition};
    use jiff::Timestamp;

    #[test]
    fn a_query_searches_no_group_of_another_region() {
        let group = |name: &str, region: Option<&str>| GroupSource {
            region: region.map(str::to_owned),
            ..GroupSource::named(name)
        };
        let groups = vec![group("/a", None), group("/b", Some("eu-west-1")), group("/c", Some("us-east-1"))];
        let sources = Sources { groups, ..Sources::default() };
        let names: Vec<&str> = sources.here(Some("eu-west-1")).map(|group| group.group.as_str()).collect();
        assert_eq!(names, ["/a", "/b"]);
        let said = sources.elsewhere(Some("eu-west-1")).expect("one is left out");
        assert!(said.contains("/c is in us-east-1") && said.contains("--region us-east-1"), "{said}");
        assert_eq!((sources.here(None).count(), sources.elsewhere(None)), (3, None), "it is not known where we are");
    }

    fn container(name: &str, driver: &str, group: &str) -> ContainerDefinition {
        let log = LogConfiguration {
            driver: driver.into(),
            group: Some(group.into()),
            prefix: Some("ecs".into()),
            region: None,
        };
        ContainerDefinition { name: name.into(), log: Some(log), ..ContainerDefinition::default() }
    }

    fn estate() -> Estate {
        let mut estate = Estate::default();
        let service =
            |name: &str| Service { name: name.into(), task_definition: format!("{name}:1"), ..Service::default() };
        let all = ["app-web", "app-api", "app-cron"].map(|name| (name.to_owned(), service(name)));
        estate.services.learn(all.into(), Timestamp::UNIX_EPOCH);
        let mut define = |name: &str, containers: Vec<ContainerDefinition>| {
            let definition = TaskDefinition { name: name.into(), containers, ..TaskDefinition::default() };
            estate.task_definitions.entry(name.to_owned()).or_default().learn(definition, Timestamp::UNIX_EPOCH);
        };
        define("app-web:1", vec![container("web", "awslogs", "/ecs/shared"), container("agent", "awsfirelens", "x")]);
        define("app-api:1", vec![container("api", "awslogs", "/ecs/shared")]);
        estate
    }

    #[test]
    fn filters_have_names_and_groups_patterns() {
        let filters = ["slow: latency>1s or took>1s".to_owned(), "noise: health".to_owned()];
        assert_eq!(
            expand("level>=warn @slow -@noise", &filters).as_deref(),
            Ok("level>=warn (latency>1s or took>1s) -(health)")
        );
        assert_eq!(expand("@none", &filters), Err("none".to_owned()));
        let there = ["/aws/lambda/a".to_owned(), "/ecs/shared".to_owned()];
        let of_services = of_services(&estate(), &[]);
        let groups = named(&["/aws/*".to_owned(), "/x".to_owned(), "/ecs/shared".to_owned()], &there, &of_services);
        assert_eq!(groups.iter().map(|group| group.group.as_str()).collect::<Vec<_>>(), ["/aws/lambda/a", "/x"]);
    }

    #[test]
    fn nothing_is_without_groups_because_a_read_failed() {
        let denied = || Failure::new(crate::model::FailureKind::Denied, "ecs:DescribeServices: no");
        let mut unread = Estate::default();
        assert_eq!(of_services(&unread, &[]).failed().count(), 0, "its first answer is still to come");
        assert_eq!(of_services(&unread, &[]).missing[0].words(), "the services were not read in time");
        unread.services.fail(denied());
        let words = of_services(&unread, &[]).missing[0].words();
        assert_eq!(words, "the services could not be read: ecs:DescribeServices: no");
        let mut half = estate();
        // Of a rollout, one of the two definitions.
        let services = half.services.value_mut().unwrap();
        let deployment = crate::model::Deployment { task_definition: "app-api:2".into(), ..Default::default() };
        services.get_mut("app-api").unwrap().deployments.push(deployment);
        half.task_definitions.entry("app-api:2".into()).or_default().fail(denied());
        let one = of_services(&half, &["app-api".to_owned()]);
        assert_eq!((one.groups.len(), one.failed().count()), (1, 1), "{:?}", one.missing);
        assert_eq!(of_services(&half, &["app-web".to_owned()]).missing, [], "others were not asked for");
        let services = half.services.value().cloned().unwrap();
        half.services.learn_partly(services, "10 of 20".into(), Some(denied()), Timestamp::UNIX_EPOCH);
        assert!(of_services(&half, &[]).missing[0].words().starts_with("some of the services could not"));
    }

    #[test]
    fn a_service_that_names_no_task_definition_is_said() {
        let mut estate = estate();
        let web = estate.services.value_mut().unwrap().get_mut("app-web").unwrap();
        (web.task_definition, web.controller) = (String::new(), "EXTERNAL".into());
        let found = of_services(&estate, &["app-web".to_owned()]);
        assert_eq!(found.elsewhere, ["app-web: deployed by EXTERNAL, it names no task definition of its own"]);
        assert_eq!((found.groups, found.missing), (Vec::new(), Vec::new()));
        // Its task sets do.
        estate.services.value_mut().unwrap().get_mut("app-web").unwrap().task_sets = vec!["app-web:1".into()];
        let found = of_services(&estate, &["app-web".to_owned()]);
        let said = found.elsewhere.iter().any(|said| said.contains("names no task definition"));
        assert!(found.groups.len() == 1 && !said, "{found:?}");
    }

    #[test]
    fn a_group_is_where_its_task_definition_says() {
        let mut estate = estate();
        let mut there = container("web", "awslogs", "/ecs/shared");
        there.log.as_mut().unwrap().region = Some("eu-west-1".into());
        let definition = TaskDefinition { name: "app-web:1".into(), containers: vec![there], ..Default::default() };
        estate.task_definitions.get_mut("app-web:1").unwrap().learn(definition, Timestamp::UNIX_EPOCH);
        let found = of_services(&estate, &[]).groups;
        let regions: Vec<Option<&str>> = found.iter().map(|group| group.region.as_deref()).collect();
        assert_eq!(regions, [None, Some("eu-west-1")], "one name in two regions is two groups");
    }

    #[test]
    fn groups_of_all_services_and_of_one() {
        let estate = estate();
        let all = of_services(&estate, &[]);
        assert_eq!(all.groups.len(), 1);
        let missing: Vec<&str> = all.missing.iter().map(|missing| missing.what.as_str()).collect();
        assert_eq!(missing, ["the containers of app-cron:1, a task definition of app-cron,"]);
        assert!(all.elsewhere[0].contains("agent") && all.elsewhere[0].contains("awsfirelens"), "{:?}", all.elsewhere);
        let source = all.groups[0].source("ecs/api/0123").unwrap();
        assert_eq!((source.service.as_str(), source.task.as_str()), ("app-api", "0123"));
        assert_eq!(all.groups[0].source("odd").unwrap().service, "shared");
        let one = of_services(&estate, &["app-web".to_owned()]);
        assert!(one.groups[0].source("ecs/api/0123").is_none(), "others of the group were not asked for");
        assert_eq!(one.groups[0].prefix().as_deref(), Some("ecs/web/"));
    }
}
