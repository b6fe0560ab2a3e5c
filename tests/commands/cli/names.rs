//! Names in the configuration compared with existing resources.

use super::{SERVICE, source};
use crate::support::follows_schema;
use crate::support::{Home, World, line};
use serde_json::Value;

/// The example configuration with misspelled names.
fn wrong() -> String {
    include_str!("../../../config.toml")
        .replacen("\"bookmark-manager-staging-web\"", "\"bookmark-manager-staging-wbe\"", 1)
        .replacen(
            "databases = [\"bookmark-manager-staging-db\"]",
            "databases = [\"bookmark-staging-*\"]\ntarget_groups = [\"bookmark-manager-stagin\"]",
            1,
        )
        .replacen("alarms = [\"bookmark-manager-staging-\"]", "alarms = [\"bookmark-manager-stagign-\"]", 1)
        .replacen("schedules = \"bookmark-manager-staging-\"", "schedules = \"bookmark-manager-stagign-\"", 1)
        .replacen(
            "# logs = [\"/aws/lambda/bookmark-manager-staging-*\"]",
            "logs = [\"/aws/lambda/bookmark-stagin-*\"]",
            1,
        )
        .replacen("scheduler = \"bookmark-manager-staging-ecs-scheduler\"", "scheduler = \"bookmark-shceduler\"", 1)
}

#[test]
fn unmatched_configured_name_is_reported_with_the_nearest_match() {
    let (home, world) = (Home::with(&wrong()), World::staging());
    let snapshot = line(&mut home.on(&world), "snapshot -o json").exits(0).json();
    follows_schema(&home, "snapshot", &snapshot);
    let attention = snapshot["attention"].to_string();
    for (name, key, written, nearest) in [
        ("ecs.services", "services", "bookmark-manager-staging-wbe", SERVICE),
        ("rds.clusters", "databases", "bookmark-staging-*", "bookmark-manager-staging-db"),
        ("elbv2.target_health", "target_groups", "bookmark-manager-stagin", "bookmark-manager-staging"),
        ("cloudwatch.alarms", "alarms", "bookmark-manager-stagign-", "bookmark-manager-staging"),
        ("scheduler.schedules", "schedules", "bookmark-manager-stagign-", "bookmark-manager-staging"),
        ("logs.groups", "logs", "/aws/lambda/bookmark-stagin-*", "/aws/lambda/bookmark-manager-staging"),
        ("lambda.function", "scheduler", "bookmark-shceduler", ""),
    ] {
        let row = source(&snapshot, name);
        assert_eq!(
            (&row["unmatched"][0]["key"], &row["unmatched"][0]["name"]),
            (&key.into(), &written.into()),
            "{row}"
        );
        // Functions are not listed: no similar name is known.
        assert!(row["unmatched"][0]["nearest"].as_str().unwrap_or_default().starts_with(nearest), "{row}");
        assert!(attention.contains(&format!("nothing matches `{written}` (`{key}`)")), "{attention}");
    }
    let table = line(&mut home.on(&world), "db").exits(0);
    assert!(table.out.contains("nothing matches `bookmark-staging-*`"), "{table:?}");
    // Nothing is reported about unreadable resources.
    for operation in [
        "rds:*",
        "ecs:DescribeServices",
        "cloudwatch:DescribeAlarms",
        "scheduler:*",
        "elasticloadbalancing:*",
        "logs:DescribeLogGroups",
        "lambda:*",
    ] {
        world.fault(operation, "denied");
    }
    let snapshot = line(&mut home.on(&world), "snapshot -o json").json();
    assert!(!snapshot.to_string().contains("nothing matches"), "{snapshot:#}");
    // With correct names everything is found.
    let (home, world) = (Home::new(), World::staging());
    for environment in ["staging", "prod", "pantri", "minimal"] {
        let snapshot = line(&mut home.on(&world), &format!("snapshot --env {environment} -o json")).exits(0).json();
        assert!(!snapshot.to_string().contains("nothing matches"), "{environment}: {snapshot:#}");
    }
}

/// The doctor's result for each configuration key: name, status, place, hint.
fn lines_of(doctor: &Value) -> Vec<(String, String, String, String)> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let checks = doctor["checks"].as_array().unwrap().iter().filter(|check| !check["place"].is_null());
    checks.map(|one| (text(one, "name"), text(one, "status"), text(one, "place"), text(one, "hint"))).collect()
}

#[test]
fn doctor_reports_each_unmatched_line_with_its_place_and_a_suggestion() {
    let config = wrong()
        .replacen("cluster = \"bookmark-manager-prod-cluster\"", "cluster = \"bookmark-manager-prdo-cluster\"", 1)
        .replacen(
            "timezone = \"Asia/Tokyo\"",
            "timezone = \"Asia/Tokyo\"\nparameters = [\n  \"/bookmark-manager/staging/\",\n  \"/bookmark-manager/stagign/\",\n]\n\
             instances = [\"bastino\"]\nuser_pools = [\"people-*\"]\ndistributions = [\"E0NOBODY\"]",
            1,
        )
        .replacen(
            "service = \"bookmark-manager-staging-api\"",
            "service = \"bookmark-manager-staging-apj\"\nsecret = \"bookmark-manager-staging-db/ap\"\nparameter = \"/no/such\"",
            1,
        )
        .replacen("dir = \"infra/terraform/envs/staging\"", "dir = \"infra/terraform/envs/stagin\"", 1);
    let (home, world) = (Home::with(&config).with_code(), World::staging());
    let doctor = line(&mut home.on(&world), "doctor -o json").exits(1).json();
    follows_schema(&home, "doctor", &doctor);
    let lines = lines_of(&doctor);
    let place = |text: &str| {
        let number = config.lines().position(|line| line.contains(text)).unwrap() + 1;
        format!("config.toml:{number}")
    };
    for (key, written, near) in [
        ("services", "staging-wbe\"", SERVICE),
        ("databases", "bookmark-staging-*", "bookmark-manager-staging-db"),
        ("target_groups", "bookmark-manager-stagin\"", "bookmark-manager-staging"),
        ("alarms", "alarms = [\"bookmark-manager-stagign-", "bookmark-manager-staging"),
        ("schedules", "schedules = \"bookmark-manager-stagign-", "bookmark-manager-staging"),
        ("logs", "/aws/lambda/bookmark-stagin-*", "/aws/lambda/bookmark-manager-staging"),
        ("scheduler", "bookmark-shceduler", ""),
        ("parameters", "/bookmark-manager/stagign/", "/bookmark-manager/staging/"),
        ("instances", "bastino", ""),
        ("user_pools", "people-*", ""),
        ("distributions", "E0NOBODY", ""),
        ("tunnel.service", "staging-apj", "bookmark-manager-staging-api"),
        ("tunnel.secret", "staging-db/ap\"", "bookmark-manager-staging-db/app"),
        ("tunnel.parameter", "/no/such", ""),
        ("infra.dir", "envs/stagin\"", "staging"),
    ] {
        let failed: Vec<_> = lines.iter().filter(|(name, status, ..)| name == key && status == "fail").collect();
        let [(_, _, at, hint)] = &failed[..] else { panic!("{key}: {failed:?} of {lines:#?}") };
        assert_eq!(*at, place(written), "{key}");
        assert!(near.is_empty() || hint.contains(&format!("did you mean `{near}")), "{key}: {hint}");
    }
    // Correct keys are one line.
    assert!(lines.iter().any(|(name, status, ..)| name == "cluster" && status == "ok"), "{lines:#?}");
    let table = line(&mut home.on(&world), "doctor -o table").exits(1).out;
    assert!(table.contains(&place("envs/stagin\"")), "{table}");
    // A missing cluster does not mean that its services are missing.
    let doctor = line(&mut home.on(&world), "doctor --env prod -o json").exits(1).json();
    let lines = lines_of(&doctor);
    let cluster = lines.iter().find(|(name, ..)| name == "cluster").unwrap();
    assert!(cluster.1 == "fail" && cluster.3.contains("`bookmark-manager-prod-cluster`"), "{cluster:?}");
    assert!(lines.iter().any(|(name, status, ..)| name == "services" && status == "untried"), "{lines:#?}");
}

#[test]
fn doctor_reports_unreadable_parts_as_unknown_and_a_correct_configuration_as_fine() {
    let (home, world) = (Home::new().with_code(), World::staging());
    for environment in ["staging", "prod", "pantri", "minimal"] {
        let doctor = line(&mut home.on(&world), &format!("doctor --env {environment} -o json")).exits(0).json();
        let lines = lines_of(&doctor);
        assert!(lines.len() >= 3 && lines.iter().all(|(_, status, ..)| status == "ok"), "{environment}: {lines:#?}");
    }
    let pools =
        include_str!("../../../config.toml").replacen("scheduler =", "user_pools = [\"people\"]\nscheduler =", 1);
    let home = Home::with(&pools).with_code();
    world.fault("cognito-idp:ListUserPools", "denied");
    let report = line(&mut home.on(&world), "doctor -o json").exits(3).json();
    let pool = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "user_pools").unwrap();
    assert_eq!(pool["status"], "untried", "{pool}");
    assert!(pool["detail"].as_str().unwrap().contains("cognito-idp:ListUserPools"), "{pool}");
}

#[test]
fn policy_is_printed_without_requests() {
    let (home, world) = (Home::new(), World::staging());
    for (typed, documented) in [
        ("doctor --policy", include_str!("../../../docs/iam/staging/read-only.json")),
        ("doctor --policy read --env prod", include_str!("../../../docs/iam/prod/read-only.json")),
        ("doctor --policy operate", include_str!("../../../docs/iam/staging/operator.json")),
    ] {
        let output = line(&mut home.on(&world), typed).exits(0);
        assert_eq!((output.out.as_str(), output.err.as_str()), (documented, ""), "{typed}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], 0);
    let bare = Home::with("[environments.shop]\nproject = \"shop\"\n");
    let output = line(&mut bare.at(None), "doctor --policy --env shop").exits(2);
    assert!(output.err.contains("region"), "{output:?}");
    let output = line(&mut bare.at(None), "doctor --policy operate --env shop --region eu-west-1").exits(2);
    assert!(output.err.contains("account"), "{output:?}");
}
