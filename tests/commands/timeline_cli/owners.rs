//! The environments that writes on a timeline and costs belong to, and the regions in which writes are recorded.

use super::*;

/// `CloudTrail` has the writes of all environments of the account: those of prod do not cause what begins in staging.
#[test]
fn writes_of_other_environments_are_counted_and_shown_only_with_all() {
    let (home, world) = (Home::new(), World::staging());
    world.post("/_sim/world", &json!({"deploy": {"service": "bookmark-manager-prod-web", "image": "c0ffee1"}}));
    let written = |operation: &str, input: Value| {
        world.poke(&json!({"written": {"region": "ap-northeast-1", "operation": operation, "input": input}}));
    };
    written("ssm:PutParameter", json!({"Name": "/bookmark-manager/prod/KEY"}));
    written("ssm:PutParameter", json!({"Name": "/bookmark-manager/staging/KEY"}));
    written("ec2:CreateSecurityGroup", json!({"GroupName": "sg-of-nobody"}));
    world.advance(180);
    let names = |report: &Value| -> Vec<String> {
        let of = |event: &Value| event["kind"] == "write" || event["kind"] == "parameter";
        let entries = events(report).into_iter().filter(of);
        entries.map(|event| event["name"].as_str().unwrap().to_owned()).collect()
    };
    let (web, key) = ("bookmark-manager-prod-web".to_owned(), "/bookmark-manager/prod/KEY".to_owned());
    let report = line(&mut home.on(&world), "timeline --env staging -o json").exits(0).json();
    follows_schema(&home, "timeline", &report);
    let own = names(&report);
    assert!(
        own.iter().any(|name| name.ends_with("/staging/KEY")) && !own.contains(&web) && !own.contains(&key),
        "{report:#}"
    );
    assert_eq!(own.len(), 2, "writes without an owner are kept: {own:?}");
    assert_eq!(report["of_others"], 2);
    let table = line(&mut home.on(&world), "timeline --env staging").exits(0).out;
    assert!(table.contains("2 of other environments are left out; --all shows them"), "{table}");
    let now = now(&world);
    let before = line(&mut home.on(&world), &format!("timeline --env staging --before {now} -o json")).exits(0).json();
    assert!(!names(&before).contains(&key) && before["of_others"] == 2, "{before:#}");
    let everything = line(&mut home.on(&world), "timeline --env staging --all -o json").exits(0).json();
    assert!(
        names(&everything).contains(&web) && names(&everything).contains(&key) && everything["of_others"] == 0,
        "{everything:#}"
    );
    let of = events(&everything).into_iter().find(|event| event["name"] == web).unwrap();
    assert_eq!(of["of_another"], "prod");
    let there = line(&mut home.on(&world), "timeline --env prod -o json").exits(0).json();
    assert!(names(&there).contains(&key) && there["of_others"] == 1, "{there:#}");
}

#[test]
fn writes_to_global_services_are_read_in_their_region_or_reported_as_unreadable() {
    let (home, world) = (Home::new(), World::staging());
    for (operation, input) in [
        ("wafv2:UpdateWebACL", json!({"Name": "bookmark-manager-staging-cdn"})),
        ("acm:DeleteCertificate", json!({"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/c-1"})),
        ("route53:ChangeResourceRecordSets", json!({"HostedZoneId": "Z1"})),
        ("ecs:UpdateService", json!({"Service": "service-of-there"})),
    ] {
        world.poke(&json!({"written": {"region": "us-east-1", "operation": operation, "input": input}}));
    }
    world.advance(180);
    let report = line(&mut home.on(&world), "timeline --env staging -o json").exits(0).json();
    let entries = events(&report);
    let mut names: Vec<&str> =
        entries.iter().filter(|one| one["kind"] == "write").map(|one| one["name"].as_str().unwrap()).collect();
    // Events of the same moment have no order.
    names.sort_unstable();
    assert_eq!(names, ["Z1", "bookmark-manager-staging-cdn", "c-1"], "{report:#}");
    assert!(entries.iter().all(|event| event["kind"] != "write" || event["who"] == "somebody-else"), "{report:#}");
    // An unreadable region is reported, and the local records are shown.
    world.poke(
        &json!({"written": {"region": "ap-northeast-1", "operation": "ec2:CreateKeyPair", "input": {"Name": "k"}}}),
    );
    world.post("/_sim/fault", &json!({"operation": "cloudtrail:LookupEvents", "kind": "denied", "after": 1}));
    world.advance(180);
    let report = line(&mut home.on(&world), "timeline --env staging -o json").exits(3).json();
    let row =
        report["sources"].as_array().unwrap().iter().find(|row| row["name"] == "cloudtrail.events").unwrap().clone();
    assert!(row["error"].as_str().unwrap().contains("recorded in us-east-1: cloudtrail:LookupEvents"), "{row}");
    assert!(events(&report).iter().any(|event| event["name"] == "k"), "{report:#}");
}

#[test]
fn costs_are_grouped_by_tag_value_and_limited_to_tagged_resources() {
    let (home, world) = (Home::new(), World::staging());
    let total = line(&mut home.on(&world), "cost -o json").exits(0).json();
    assert_eq!((&total["by"], &total["tags"]), (&json!("service"), &Value::Null));
    let by = line(&mut home.on(&world), "cost --by tag:Environment -o json").exits(0).json();
    follows_schema(&home, "cost", &by);
    assert_eq!((&by["by"], &by["services"]), (&json!("tag:Environment"), &json!([])));
    let values: Vec<(&Value, f64)> =
        by["tags"].as_array().unwrap().iter().map(|one| (&one["value"], one["share"].as_f64().unwrap())).collect();
    assert_eq!(values, [(&json!("prod"), 0.6), (&json!("staging"), 0.3), (&Value::Null, 0.1)]);
    assert_eq!(by["month"], total["month"], "the total is the same");
    let before = world.requests("ce:GetCostAndUsage");
    let table = line(&mut home.on(&world), "cost --by tag:Environment").exits(0).out;
    assert!(
        table.contains("VALUE") && table.contains("without the tag") && table.contains("by tag:Environment"),
        "{table}"
    );
    let csv = line(&mut home.on(&world), "cost --by tag:Environment -o csv").exits(0).out;
    assert!(csv.starts_with("\"value\",\"month\"") && csv.lines().count() == 4, "{csv}");
    line(&mut home.on(&world), "cost --by service").exits(0);
    assert_eq!(world.requests("ce:GetCostAndUsage"), before, "each is cached for a day");
    let tagged = line(&mut home.on(&world), "cost --tag Environment=prod -o json").exits(0).json();
    follows_schema(&home, "cost", &tagged);
    assert_eq!(tagged["tag"], "Environment=prod");
    let part = tagged["month"].as_f64().unwrap() / total["month"].as_f64().unwrap();
    assert!((part - 0.6).abs() < 0.01 && !tagged["services"].as_array().unwrap().is_empty(), "{tagged:#}");
    line(&mut home.on(&world), "cost --by nonsense").exits(2);
    line(&mut home.on(&world), "cost --by tag:").exits(2);
}
