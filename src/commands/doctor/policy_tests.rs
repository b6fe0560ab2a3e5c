//! Compares policies with those in `docs/iam` and with the configuration.

use super::*;
use crate::config;
use std::collections::BTreeSet;

/// Returns an environment of the shipped configuration with its policy from `docs/iam`.
fn shipped(name: &str, kind: &str) -> (EnvironmentConfig, String) {
    let loaded = config::parse("config.toml", include_str!("../../../config.toml"));
    let environment = loaded.config.environment(name).unwrap().clone();
    let path = format!("{}/docs/iam/{name}/{kind}.json", env!("CARGO_MANIFEST_DIR"));
    (environment, std::fs::read_to_string(path).unwrap())
}

fn made(environment: &EnvironmentConfig, purpose: Purpose) -> String {
    text(environment, environment.region.as_deref(), purpose).unwrap()
}

fn actions(policy: &str) -> BTreeSet<String> {
    let policy: Value = serde_json::from_str(policy).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|one| one["Action"].as_array().unwrap());
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

#[test]
fn shipped_environments_have_the_documented_policy() {
    for name in ["staging", "prod", "pantri"] {
        let (environment, documented) = shipped(name, "read-only");
        assert_eq!(made(&environment, Purpose::Read), documented.trim_end(), "{name}");
    }
    let (environment, documented) = shipped("staging", "operator");
    assert_eq!(made(&environment, Purpose::Operate), documented.trim_end());
    // Resources that are not configured (a repository without a cluster, a bastion, a CDN) occur in the documentation
    // only.
    let (environment, documented) = shipped("minimal", "read-only");
    let beyond: Vec<String> =
        actions(&documented).difference(&actions(&made(&environment, Purpose::Read))).cloned().collect();
    assert!(!beyond.is_empty() && beyond.iter().all(|action| action.starts_with("ecr:")), "{beyond:?}");
    for name in ["prod", "pantri", "minimal"] {
        let (environment, documented) = shipped(name, "operator");
        let (made, documented) = (actions(&made(&environment, Purpose::Operate)), actions(&documented));
        assert!(made.is_subset(&documented), "{name}: {:?}", made.difference(&documented));
    }
}

#[test]
fn unconfigured_feature_needs_no_permission() {
    let bare = EnvironmentConfig {
        name: "shop".into(),
        account: Some("123456789012".into()),
        region: Some("cn-north-1".into()),
        ..EnvironmentConfig::default()
    };
    let services = |environment: &EnvironmentConfig, purpose| -> BTreeSet<String> {
        actions(&made(environment, purpose)).iter().map(|action| action.split(':').next().unwrap().to_owned()).collect()
    };
    for purpose in [Purpose::Read, Purpose::Operate] {
        let services = services(&bare, purpose);
        for service in ["ecs", "rds", "scheduler", "lambda", "elasticloadbalancing", "application-autoscaling"] {
            assert!(!services.contains(service), "{service} of {services:?}");
        }
    }
    assert!(!actions(&made(&bare, Purpose::Read)).contains("cloudwatch:DescribeAlarms"));
    let with = EnvironmentConfig {
        databases: vec!["shop-[ab]".into()],
        alarms: vec!["shop-".into()],
        target_groups: vec!["shop".into()],
        ..bare.clone()
    };
    let services = services(&with, Purpose::Read);
    assert!(services.contains("rds") && services.contains("elasticloadbalancing") && !services.contains("ecs"));
    assert!(actions(&made(&with, Purpose::Read)).contains("cloudwatch:DescribeAlarms"));
    let text = made(&with, Purpose::Operate);
    assert!(text.contains("arn:aws-cn:rds:cn-north-1:123456789012:db:shop-?\""), "{text}");
    assert!(!text.contains("[ab]"), "{text}");
}

#[test]
fn policy_is_limited_to_configured_resources() {
    let (mut environment, _) = shipped("staging", "operator");
    environment.parameters = vec!["/elsewhere/".into(), "/one/KEY".into()];
    environment.tunnel.secret = Some("app/login".into());
    environment.tunnel.instance = Some("bastion".into());
    let text = made(&environment, Purpose::Operate);
    for wanted in [
        ":parameter/elsewhere/*\"",
        ":parameter/one/KEY\"",
        ":secret:app/login-*\"",
        "document/AWS-StartInteractiveCommand\"",
        "\"SessionOnInstance\"",
        "\"bastion\"",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains("parameter/bookmark-manager") && !text.contains("parameter/one/KEY/*"), "{text}");
}

#[test]
fn policy_needs_a_region_and_for_changes_an_account() {
    let environment = EnvironmentConfig::default();
    assert!(text(&environment, None, Purpose::Read).is_err());
    assert!(text(&environment, Some("eu-west-1"), Purpose::Read).is_ok());
    assert!(text(&environment, Some("eu-west-1"), Purpose::Operate).is_err());
}
