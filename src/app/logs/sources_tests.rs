//! The services that the lines of a group belong to, and which groups there are.

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

#[test]
fn a_live_tail_names_groups_as_their_partition_does() {
    let groups = [GroupSource::named("/ecs/web")];
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
fn groups_are_named_by_patterns() {
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
    // One of the two definitions of a rollout.
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

/// Two services with a sidecar of one name, whose streams begin alike, and a task of each.
fn sidecars() -> Estate {
    let mut estate = estate();
    for (name, own) in [("app-web:1", "web"), ("app-api:1", "api")] {
        let containers = vec![container(own, "awslogs", "/ecs/shared"), container("agent", "awslogs", "/ecs/shared")];
        let definition = TaskDefinition { name: name.into(), containers, ..TaskDefinition::default() };
        estate.task_definitions.entry(name.to_owned()).or_default().learn(definition, Timestamp::UNIX_EPOCH);
    }
    let task = |id: &str, service: &str| {
        (id.to_owned(), crate::model::Task { id: id.into(), service: Some(service.into()), ..Default::default() })
    };
    estate.tasks.learn([task("aa", "app-api"), task("bb", "app-web")].into(), Timestamp::UNIX_EPOCH);
    estate
}

#[test]
fn of_services_whose_streams_begin_alike_the_task_tells_whose_a_line_is() {
    let mut estate = sidecars();
    let whose = |sources: &Sources, stream: &str| sources.groups[0].source(stream).map(|source| source.service);
    let all = of_services(&estate, &[]);
    assert!(all.need_tasks());
    assert_eq!(whose(&all, "ecs/agent/aa").as_deref(), Some("app-api"));
    assert_eq!(whose(&all, "ecs/agent/bb").as_deref(), Some("app-web"));
    assert_eq!(whose(&all, "ecs/agent/cc").as_deref(), Some("agent@shared"), "it is not guessed");
    assert_eq!(whose(&all, "ecs/web/cc").as_deref(), Some("app-web"), "only one has such streams");
    let one = of_services(&estate, &["app-web".to_owned()]);
    assert_eq!(whose(&one, "ecs/agent/aa"), None, "it is known to be of another");
    assert_eq!(whose(&one, "ecs/agent/bb").as_deref(), Some("app-web"));
    assert_eq!(whose(&one, "ecs/agent/cc").as_deref(), Some("agent@shared"), "it may be of this one");
    assert_eq!(whose(&one, "ecs/api/aa"), None);
    estate.tasks = crate::model::Observed::default();
    estate.tasks.fail(Failure::new(crate::model::FailureKind::Denied, "ecs:ListTasks: no"));
    let unread = of_services(&estate, &[]);
    assert_eq!(whose(&unread, "ecs/agent/aa").as_deref(), Some("agent@shared"));
    assert!(unread.elsewhere.iter().any(|said| said.contains("ecs:ListTasks")), "{:?}", unread.elsewhere);
}

#[test]
fn without_a_prefix_a_stream_is_of_nobody_where_several_may_have_it() {
    let writer = |service: &str, prefix: Option<&str>| Writer {
        service: service.into(),
        container: "c".into(),
        prefix: prefix.map(str::to_owned),
    };
    let group = GroupSource {
        writers: vec![writer("a", None), writer("b", Some("ecs/c/"))],
        ..GroupSource::named("/ecs/shared")
    };
    assert_eq!(group.source("ecs/c/1").unwrap().service, "b", "its beginning says more than none");
    assert_eq!(group.source("0123").unwrap().service, "a");
    let group = GroupSource { writers: vec![writer("a", None), writer("b", None)], ..group };
    assert_eq!(group.source("0123").unwrap().service, "c@shared");
}

#[test]
fn whose_lines_a_query_searches_beside_those_that_were_asked_for_is_told() {
    let said = |estate: &Estate, name: &str| of_services(estate, &[name.to_owned()]).groups[0].also_searched();
    let said_of_web = said(&estate(), "app-web").unwrap();
    assert!(
        said_of_web.contains("holds lines of app-api too") && said_of_web.contains("/^(ecs\\/web\\/)/"),
        "{said_of_web}"
    );
    let said_of_web = said(&sidecars(), "app-web").unwrap();
    assert!(said_of_web.ends_with("holds lines of app-api too"), "no beginning tells them apart: {said_of_web}");
    assert_eq!(of_services(&estate(), &[]).groups[0].also_searched(), None);
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
