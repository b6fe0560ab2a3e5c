//! Names of the configuration against what is there.

use super::support::follows_schema;
use super::support::{Home, World, line};
use super::{SERVICE, source};

#[test]
fn a_name_of_the_configuration_that_matches_nothing_is_said_with_the_nearest() {
    let config = include_str!("../../config.toml")
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
        .replacen("scheduler = \"bookmark-manager-staging-ecs-scheduler\"", "scheduler = \"bookmark-shceduler\"", 1);
    let (home, world) = (Home::with(&config), World::staging());
    let snapshot = line(&mut home.on(&world), "snapshot -o json").coded(0).json();
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
        // Functions are not listed: nothing can be told of what is near.
        assert!(row["unmatched"][0]["nearest"].as_str().unwrap_or_default().starts_with(nearest), "{row}");
        assert!(attention.contains(&format!("nothing matches `{written}` (`{key}`)")), "{attention}");
    }
    let table = line(&mut home.on(&world), "db").coded(0);
    assert!(table.out.contains("nothing matches `bookmark-staging-*`"), "{table:?}");
    // Of what could not be read nothing is said.
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
    // And as it is meant, all names are found.
    let (home, world) = (Home::new(), World::staging());
    for environment in ["staging", "prod", "pantri", "minimal"] {
        let snapshot = line(&mut home.on(&world), &format!("snapshot --env {environment} -o json")).coded(0).json();
        assert!(!snapshot.to_string().contains("nothing matches"), "{environment}: {snapshot:#}");
    }
}
