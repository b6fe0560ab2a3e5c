//! Whose the writes on a time line are, and where they are recorded; whose the costs are.

use super::*;

/// `CloudTrail` has the writes of all environments of the account: prod's are no cause of what begins in staging.
#[test]
fn what_was_written_in_another_environment_is_left_out_counted_and_shown_where_everything_is() {
    let (home, world) = (Home::new(), World::staging());
    world.post("/_sim/world", &json!({"deploy": {"service": "bookmark-manager-prod-web", "image": "c0ffee1"}}));
    let written = |operation: &str, input: Value| {
        world.poke(&json!({"written": {"region": "ap-northeast-1", "operation": operation, "input": input}}));
    };
    written("ssm:PutParameter", json!({"Name": "/bookmark-manager/prod/KEY"}));
    written("ssm:PutParameter", json!({"Name": "/bookmark-manager/staging/KEY"}));
    written("ec2:CreateSecurityGroup", json!({"GroupName": "sg-of-nobody"}));
    world.advance(180);
    let names = |said: &Value| -> Vec<String> {
        let of = |event: &Value| event["kind"] == "write" || event["kind"] == "parameter";
        let all = events(said).into_iter().filter(of);
        all.map(|event| event["name"].as_str().unwrap().to_owned()).collect()
    };
    let (web, key) = ("bookmark-manager-prod-web".to_owned(), "/bookmark-manager/prod/KEY".to_owned());
    let said = line(&mut home.on(&world), "timeline --env staging -o json").coded(0).json();
    follows_schema(&home, "timeline", &said);
    let own = names(&said);
    assert!(
        own.iter().any(|name| name.ends_with("/staging/KEY")) && !own.contains(&web) && !own.contains(&key),
        "{said:#}"
    );
    assert_eq!(own.len(), 2, "what says nothing of whose it is stays: {own:?}");
    assert_eq!(said["of_others"], 2);
    let table = line(&mut home.on(&world), "timeline --env staging").coded(0).out;
    assert!(table.contains("2 of other environments are left out; --all shows them"), "{table}");
    let now = now(&world);
    let before = line(&mut home.on(&world), &format!("timeline --env staging --before {now} -o json")).coded(0).json();
    assert!(!names(&before).contains(&key) && before["of_others"] == 2, "{before:#}");
    let all = line(&mut home.on(&world), "timeline --env staging --all -o json").coded(0).json();
    assert!(names(&all).contains(&web) && names(&all).contains(&key) && all["of_others"] == 0, "{all:#}");
    let of = events(&all).into_iter().find(|event| event["name"] == web).unwrap();
    assert_eq!(of["of_another"], "prod");
    let there = line(&mut home.on(&world), "timeline --env prod -o json").coded(0).json();
    assert!(names(&there).contains(&key) && there["of_others"] == 1, "{there:#}");
}

#[test]
fn writes_of_what_is_of_no_region_are_read_where_they_are_recorded_and_named_where_they_cannot_be() {
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
    let said = line(&mut home.on(&world), "timeline --env staging -o json").coded(0).json();
    let all = events(&said);
    let mut names: Vec<&str> =
        all.iter().filter(|one| one["kind"] == "write").map(|one| one["name"].as_str().unwrap()).collect();
    // Those of one moment are in no order.
    names.sort_unstable();
    assert_eq!(names, ["Z1", "bookmark-manager-staging-cdn", "c-1"], "{said:#}");
    assert!(all.iter().all(|event| event["kind"] != "write" || event["who"] == "somebody-else"), "{said:#}");
    // What cannot be read there is said, and what is recorded here stands.
    world.poke(
        &json!({"written": {"region": "ap-northeast-1", "operation": "ec2:CreateKeyPair", "input": {"Name": "k"}}}),
    );
    world.post("/_sim/fault", &json!({"operation": "cloudtrail:LookupEvents", "kind": "denied", "after": 1}));
    world.advance(180);
    let said = line(&mut home.on(&world), "timeline --env staging -o json").coded(3).json();
    let row =
        said["sources"].as_array().unwrap().iter().find(|row| row["name"] == "cloudtrail.events").unwrap().clone();
    assert!(row["error"].as_str().unwrap().contains("recorded in us-east-1: cloudtrail:LookupEvents"), "{row}");
    assert!(events(&said).iter().any(|event| event["name"] == "k"), "{said:#}");
}

#[test]
fn costs_are_told_by_the_values_of_a_tag_and_of_what_has_one() {
    let (home, world) = (Home::new(), World::staging());
    let whole = line(&mut home.on(&world), "cost -o json").coded(0).json();
    assert_eq!((&whole["by"], &whole["tags"]), (&json!("service"), &Value::Null));
    let by = line(&mut home.on(&world), "cost --by tag:Environment -o json").coded(0).json();
    follows_schema(&home, "cost", &by);
    assert_eq!((&by["by"], &by["services"]), (&json!("tag:Environment"), &json!([])));
    let values: Vec<(&Value, f64)> =
        by["tags"].as_array().unwrap().iter().map(|one| (&one["value"], one["share"].as_f64().unwrap())).collect();
    assert_eq!(values, [(&json!("prod"), 0.6), (&json!("staging"), 0.3), (&Value::Null, 0.1)]);
    assert_eq!(by["month"], whole["month"], "the whole is the same");
    let asked = world.asked("ce:GetCostAndUsage");
    let table = line(&mut home.on(&world), "cost --by tag:Environment").coded(0).out;
    assert!(
        table.contains("VALUE") && table.contains("without the tag") && table.contains("by tag:Environment"),
        "{table}"
    );
    let csv = line(&mut home.on(&world), "cost --by tag:Environment -o csv").coded(0).out;
    assert!(csv.starts_with("\"value\",\"month\"") && csv.lines().count() == 4, "{csv}");
    line(&mut home.on(&world), "cost --by service").coded(0);
    assert_eq!(world.asked("ce:GetCostAndUsage"), asked, "each is kept for a day");
    let tagged = line(&mut home.on(&world), "cost --tag Environment=prod -o json").coded(0).json();
    follows_schema(&home, "cost", &tagged);
    assert_eq!(tagged["tag"], "Environment=prod");
    let part = tagged["month"].as_f64().unwrap() / whole["month"].as_f64().unwrap();
    assert!((part - 0.6).abs() < 0.01 && !tagged["services"].as_array().unwrap().is_empty(), "{tagged:#}");
    line(&mut home.on(&world), "cost --by nonsense").coded(2);
    line(&mut home.on(&world), "cost --by tag:").coded(2);
}
