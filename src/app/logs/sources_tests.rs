//! Tests of which groups there are, and which services their lines belong to.

use super::*;
use crate::model::task_definition::{ContainerDefinition, LogConfiguration};
use crate::model::{Service, TaskDefinition};
use jiff::Timestamp;

#[test]
fn query_excludes_groups_of_another_region() {
    let group = |name: &str, region: Option<&str>| GroupSource {
        region: region.map(str::to_owned),
        ..GroupSource::by_name(name)
    };
    let groups = vec![group("/a", None), group("/b", Some("eu-west-1")), group("/c", Some("us-east-1"))];
    let sources = Sources { groups, ..Sources::default() };
    let names: Vec<&str> = sources.in_region(Some("eu-west-1")).map(|group| group.group.as_str()).collect();
    assert_eq!(names, ["/a", "/b"]);
    let sentence = sources.other_region_note(Some("eu-west-1")).expect("one is left out");
    assert!(sentence.contains("/c is in us-east-1") && sentence.contains("--region us-east-1"), "{sentence}");
    assert_eq!(
        (sources.in_region(None).count(), sources.other_region_note(None)),
        (3, None),
        "it is not known where we are"
    );
}

#[test]
fn live_tail_arns_use_the_partition_of_the_region() {
    let groups = [GroupSource::by_name("/ecs/web")];
    for (region, arn) in [
        ("eu-west-1", "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/web"),
        ("cn-north-1", "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/ecs/web"),
        ("us-gov-west-1", "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/ecs/web"),
    ] {
        assert_eq!(live_arns(&groups, region, "123456789012").collect::<Vec<_>>(), [arn]);
    }
}

fn container(name: &str, driver: &str, group: &str) -> ContainerDefinition {
    let log =
        LogConfiguration { driver: driver.into(), group: Some(group.into()), prefix: Some("ecs".into()), region: None };
    ContainerDefinition { name: name.into(), log: Some(log), ..ContainerDefinition::default() }
}

fn estate() -> Estate {
    let mut estate = Estate::default();
    let service =
        |name: &str| Service { name: name.into(), task_definition: format!("{name}:1"), ..Service::default() };
    let services = ["app-web", "app-api", "app-cron"].map(|name| (name.to_owned(), service(name)));
    estate.services.record(services.into(), Timestamp::UNIX_EPOCH);
    let mut define = |name: &str, containers: Vec<ContainerDefinition>| {
        let definition = TaskDefinition { name: name.into(), containers, ..TaskDefinition::default() };
        estate.task_definitions.entry(name.to_owned()).or_default().record(definition, Timestamp::UNIX_EPOCH);
    };
    define("app-web:1", vec![container("web", "awslogs", "/ecs/shared"), container("agent", "awsfirelens", "x")]);
    define("app-api:1", vec![container("api", "awslogs", "/ecs/shared")]);
    estate
}

#[test]
fn groups_are_named_by_patterns() {
    let existing = ["/aws/lambda/a".to_owned(), "/ecs/shared".to_owned()];
    let of_services = service_sources(&estate(), &[]);
    let groups =
        configured_groups(&["/aws/*".to_owned(), "/x".to_owned(), "/ecs/shared".to_owned()], &existing, &of_services);
    assert_eq!(groups.iter().map(|group| group.group.as_str()).collect::<Vec<_>>(), ["/aws/lambda/a", "/x"]);
}

#[test]
fn failed_reads_are_reported_as_missing_groups() {
    let denied = || Failure::new(crate::model::FailureKind::Denied, "ecs:DescribeServices: no");
    let mut unread = Estate::default();
    assert_eq!(service_sources(&unread, &[]).failed().count(), 0, "its first answer is still to come");
    assert_eq!(service_sources(&unread, &[]).missing[0].describe(), "the services were not read in time");
    unread.services.record_failure(denied());
    let words = service_sources(&unread, &[]).missing[0].describe();
    assert_eq!(words, "the services could not be read: ecs:DescribeServices: no");
    let mut half = estate();
    // One of the two definitions during a rollout.
    let services = half.services.value_mut().unwrap();
    let deployment = crate::model::Deployment { task_definition: "app-api:2".into(), ..Default::default() };
    services.get_mut("app-api").unwrap().deployments.push(deployment);
    half.task_definitions.entry("app-api:2".into()).or_default().record_failure(denied());
    let selected = service_sources(&half, &["app-api".to_owned()]);
    assert_eq!((selected.groups.len(), selected.failed().count()), (1, 1), "{:?}", selected.missing);
    assert_eq!(service_sources(&half, &["app-web".to_owned()]).missing, [], "others were not asked for");
    let services = half.services.value().cloned().unwrap();
    half.services.record_partial(services, "10 of 20".into(), Some(denied()), Timestamp::UNIX_EPOCH);
    assert!(service_sources(&half, &[]).missing[0].describe().starts_with("some of the services could not"));
}

#[test]
fn service_without_task_definition_is_reported() {
    let mut estate = estate();
    let web = estate.services.value_mut().unwrap().get_mut("app-web").unwrap();
    (web.task_definition, web.controller) = (String::new(), "EXTERNAL".into());
    let found = service_sources(&estate, &["app-web".to_owned()]);
    assert_eq!(found.elsewhere_notes, ["app-web: deployed by EXTERNAL, it names no task definition of its own"]);
    assert_eq!((found.groups, found.missing), (Vec::new(), Vec::new()));
    // Its task sets name one.
    estate.services.value_mut().unwrap().get_mut("app-web").unwrap().task_sets = vec!["app-web:1".into()];
    let found = service_sources(&estate, &["app-web".to_owned()]);
    let is_reported = found.elsewhere_notes.iter().any(|sentence| sentence.contains("names no task definition"));
    assert!(found.groups.len() == 1 && !is_reported, "{found:?}");
}

#[test]
fn group_is_in_the_region_of_its_task_definition() {
    let mut estate = estate();
    let mut other_region = container("web", "awslogs", "/ecs/shared");
    other_region.log.as_mut().unwrap().region = Some("eu-west-1".into());
    let definition = TaskDefinition { name: "app-web:1".into(), containers: vec![other_region], ..Default::default() };
    estate.task_definitions.get_mut("app-web:1").unwrap().record(definition, Timestamp::UNIX_EPOCH);
    let found = service_sources(&estate, &[]).groups;
    let regions: Vec<Option<&str>> = found.iter().map(|group| group.region.as_deref()).collect();
    assert_eq!(regions, [None, Some("eu-west-1")], "one name in two regions is two groups");
}

/// Two services with a sidecar of the same name, whose streams have the same prefix, and a task of each.
fn sidecars() -> Estate {
    let mut estate = estate();
    for (name, own) in [("app-web:1", "web"), ("app-api:1", "api")] {
        let containers = vec![container(own, "awslogs", "/ecs/shared"), container("agent", "awslogs", "/ecs/shared")];
        let definition = TaskDefinition { name: name.into(), containers, ..TaskDefinition::default() };
        estate.task_definitions.entry(name.to_owned()).or_default().record(definition, Timestamp::UNIX_EPOCH);
    }
    let task = |id: &str, service: &str| {
        (id.to_owned(), crate::model::Task { id: id.into(), service: Some(service.into()), ..Default::default() })
    };
    estate.tasks.record([task("aa", "app-api"), task("bb", "app-web")].into(), Timestamp::UNIX_EPOCH);
    estate
}

#[test]
fn task_identifies_the_service_if_stream_prefixes_are_shared() {
    let mut estate = sidecars();
    let service_of = |sources: &Sources, stream: &str| sources.groups[0].source(stream).map(|source| source.service);
    let all_sources = service_sources(&estate, &[]);
    assert!(all_sources.need_tasks());
    assert_eq!(service_of(&all_sources, "ecs/agent/aa").as_deref(), Some("app-api"));
    assert_eq!(service_of(&all_sources, "ecs/agent/bb").as_deref(), Some("app-web"));
    assert_eq!(service_of(&all_sources, "ecs/agent/cc").as_deref(), Some("agent@shared"), "it is not guessed");
    assert_eq!(service_of(&all_sources, "ecs/web/cc").as_deref(), Some("app-web"), "only one has such streams");
    let one_service = service_sources(&estate, &["app-web".to_owned()]);
    assert_eq!(service_of(&one_service, "ecs/agent/aa"), None, "it is known to be of another");
    assert_eq!(service_of(&one_service, "ecs/agent/bb").as_deref(), Some("app-web"));
    assert_eq!(service_of(&one_service, "ecs/agent/cc").as_deref(), Some("agent@shared"), "it may be of this one");
    assert_eq!(service_of(&one_service, "ecs/api/aa"), None);
    estate.tasks = crate::model::Observed::default();
    estate.tasks.record_failure(Failure::new(crate::model::FailureKind::Denied, "ecs:ListTasks: no"));
    let unread = service_sources(&estate, &[]);
    assert_eq!(service_of(&unread, "ecs/agent/aa").as_deref(), Some("agent@shared"));
    assert!(unread.elsewhere_notes.iter().any(|said| said.contains("ecs:ListTasks")), "{:?}", unread.elsewhere_notes);
}

#[test]
fn stream_without_prefix_belongs_to_no_service_if_several_may_own_it() {
    let writer = |service: &str, prefix: Option<&str>| Writer {
        service: service.into(),
        container: "c".into(),
        prefix: prefix.map(str::to_owned),
    };
    let group = GroupSource {
        writers: vec![writer("a", None), writer("b", Some("ecs/c/"))],
        ..GroupSource::by_name("/ecs/shared")
    };
    assert_eq!(group.source("ecs/c/1").unwrap().service, "b", "its beginning says more than none");
    assert_eq!(group.source("0123").unwrap().service, "a");
    let group = GroupSource { writers: vec![writer("a", None), writer("b", None)], ..group };
    assert_eq!(group.source("0123").unwrap().service, "c@shared");
}

#[test]
fn other_services_searched_by_a_query_are_reported() {
    let also_searched =
        |estate: &Estate, name: &str| service_sources(estate, &[name.to_owned()]).groups[0].other_services_note();
    let said_of_web = also_searched(&estate(), "app-web").unwrap();
    assert!(
        said_of_web.contains("holds lines of app-api too") && said_of_web.contains("/^(ecs\\/web\\/)/"),
        "{said_of_web}"
    );
    let said_of_web = also_searched(&sidecars(), "app-web").unwrap();
    assert!(said_of_web.ends_with("holds lines of app-api too"), "no beginning tells them apart: {said_of_web}");
    assert_eq!(service_sources(&estate(), &[]).groups[0].other_services_note(), None);
}

#[test]
fn groups_of_all_services_and_of_one() {
    let estate = estate();
    let all_sources = service_sources(&estate, &[]);
    assert_eq!(all_sources.groups.len(), 1);
    let missing: Vec<&str> = all_sources.missing.iter().map(|missing| missing.what.as_str()).collect();
    assert_eq!(missing, ["the containers of app-cron:1, a task definition of app-cron,"]);
    assert!(
        all_sources.elsewhere_notes[0].contains("agent") && all_sources.elsewhere_notes[0].contains("awsfirelens"),
        "{:?}",
        all_sources.elsewhere_notes
    );
    let source = all_sources.groups[0].source("ecs/api/0123").unwrap();
    assert_eq!((source.service.as_str(), source.task.as_str()), ("app-api", "0123"));
    assert_eq!(all_sources.groups[0].source("odd").unwrap().service, "shared");
    let one_service = service_sources(&estate, &["app-web".to_owned()]);
    assert!(one_service.groups[0].source("ecs/api/0123").is_none(), "others of the group were not asked for");
    assert_eq!(one_service.groups[0].prefix().as_deref(), Some("ecs/web/"));
}
