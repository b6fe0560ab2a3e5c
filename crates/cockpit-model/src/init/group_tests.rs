//! Tests of grouping discovered resources into environments.

use super::super::discovered::Service;
use super::*;

fn cluster(name: &str, tags: &[(&str, &str)], services: &[&str]) -> Cluster {
    Cluster {
        name: name.into(),
        tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        services: services
            .iter()
            .map(|name| Service {
                name: (*name).to_owned(),
                uses_database: name.ends_with("api"),
                ..Service::default()
            })
            .collect(),
    }
}

fn seen(clusters: Vec<Cluster>, databases: &[&str]) -> DiscoveredResources {
    let region = Region {
        name: "ap-northeast-1".into(),
        clusters,
        databases: databases.iter().map(|name| (*name).to_owned()).collect(),
        ..Region::default()
    };
    DiscoveredResources {
        account: Some("123456789012".into()),
        regions: vec![region],
        ..DiscoveredResources::default()
    }
}

#[test]
fn empty_account_has_no_environment() {
    let guesses = group(&seen(Vec::new(), &[]));
    assert_eq!(guesses, Guesses::default());
    assert_eq!(guesses.default_environment(), None);
}

#[test]
fn environments_are_named_by_kind_and_production_is_guarded() {
    let tags = |kind| [("Project", "shop"), ("Environment", kind)];
    let guesses = group(&seen(
        vec![
            cluster("shop-prod-cluster", &tags("prod"), &["shop-prod-web", "shop-prod-api"]),
            cluster("shop-staging-cluster", &tags("staging"), &["shop-staging-web"]),
        ],
        &["shop-prod-aurora", "shop-staging-db"],
    ));
    let [prod, staging] = &guesses.environments[..] else { panic!("{guesses:?}") };
    assert_eq!((prod.name.as_str(), prod.guarded, prod.tunnel.as_deref()), ("prod", true, Some("shop-prod-api")));
    assert_eq!(prod.databases, ["shop-prod-aurora"]);
    assert_eq!((staging.name.as_str(), staging.guarded), ("staging", false));
    assert!(staging.questions[0].contains("through which one is the database reached"));
    assert_eq!(guesses.default_environment(), Some("staging"), "production is not opened by itself");
}

#[test]
fn untagged_resources_are_grouped_by_name() {
    let guesses =
        group(&seen(vec![cluster("pantri", &[("Environment", "prod")], &["pantri-service"])], &["minimal-db"]));
    let [pantri, minimal] = &guesses.environments[..] else { panic!("{guesses:?}") };
    assert_eq!((pantri.name.as_str(), pantri.guarded), ("pantri", false));
    assert!(pantri.questions[0].contains("is it production?"), "{pantri:?}");
    assert_eq!((minimal.name.as_str(), minimal.cluster.as_deref()), ("minimal", None));
}

#[test]
fn environment_names_are_unique() {
    let guesses = group(&seen(
        vec![
            cluster("a-staging", &[], &[]),
            cluster("a-prod", &[], &[]),
            cluster("b-staging", &[], &[]),
            cluster("b-prod", &[], &[]),
            cluster("a_staging", &[], &[]),
        ],
        &[],
    ));
    let mut names: Vec<&str> = guesses.environments.iter().map(|guess| guess.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn three_hundred_clusters_give_three_hundred_environments() {
    let clusters: Vec<Cluster> = (0..300).map(|number| cluster(&format!("team{number}-prod"), &[], &["web"])).collect();
    let databases: Vec<String> = (0..300).map(|number| format!("team{number}-prod-db")).collect();
    let databases: Vec<&str> = databases.iter().map(String::as_str).collect();
    let guesses = group(&seen(clusters, &databases));
    assert_eq!(guesses.environments.len(), 300);
    assert!(guesses.environments.iter().all(|guess| guess.databases.len() == 1));
    let one = guesses.environments.iter().find(|guess| guess.cluster.as_deref() == Some("team1-prod")).unwrap();
    assert_eq!(one.databases, ["team1-prod-db"], "and not that of team11");
}

#[test]
fn services_of_a_large_cluster_are_not_listed() {
    let names: Vec<String> = (0..21).map(|number| format!("s{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let guesses = group(&seen(vec![cluster("big", &[], &names)], &[]));
    assert!(guesses.environments[0].services.is_empty());
    assert!(guesses.environments[0].reasons[1].contains("21 services"));
}

#[test]
fn variable_files_become_workspaces_and_unmatched_code_is_reported() {
    let mut all =
        seen(vec![cluster("pantri", &[("Project", "pantri"), ("Environment", "prod")], &["pantri-service"])], &[]);
    all.code = vec![
        Code::Terraform { dir: "infra/pantri".into(), var_files: vec!["dev.tfvars".into(), "prod.tfvars".into()] },
        Code::Terragrunt { dir: "envs/bootstrap".into() },
    ];
    let guesses = group(&all);
    let [pantri, dev] = &guesses.environments[..] else { panic!("{guesses:?}") };
    let unit = |workspace: &str| Infra::Terraform {
        name: "pantri".into(),
        dir: "infra/pantri".into(),
        workspace: Some(workspace.into()),
        var_files: vec![format!("{workspace}.tfvars")],
    };
    assert_eq!(pantri.infra, Some(unit("prod")));
    assert_eq!((dev.name.as_str(), dev.account.as_deref(), &dev.infra), ("pantri-dev", None, &Some(unit("dev"))));
    assert!(guesses.unassigned[0].contains("envs/bootstrap"));
}

#[test]
fn alarms_schedules_and_scheduler_function_are_found_by_name() {
    let mut all = seen(vec![cluster("shop-staging-cluster", &[], &[]), cluster("shop-prod-cluster", &[], &[])], &[]);
    let region = &mut all.regions[0];
    region.alarms =
        ["shop-staging-cpu", "shop-staging-5xx", "TargetTracking-service/x", "other"].map(str::to_owned).to_vec();
    region.functions = ["shop-staging-ecs-scheduler", "shop-staging-mailer"].map(str::to_owned).to_vec();
    region.schedules = vec![("shop-staging-stop".into(), Some("Europe/Paris".into()))];
    let guesses = group(&all);
    let staging = &guesses.environments[0];
    assert_eq!(staging.alarms, ["shop-staging-"]);
    assert_eq!(staging.scheduler.as_deref(), Some("shop-staging-ecs-scheduler"));
    assert_eq!(
        (staging.schedules.as_deref(), staging.timezone.as_deref()),
        (Some("shop-staging-"), Some("Europe/Paris"))
    );
    assert!(guesses.environments[1].alarms.is_empty());
    assert_eq!(guesses.unassigned, ["1 alarm in ap-northeast-1 matches no environment"]);
}
