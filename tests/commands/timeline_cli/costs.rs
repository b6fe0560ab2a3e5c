//! Account costs: when Cost Explorer is requested, and what is reported if it is not enabled.

use super::now;
use crate::support::{Home, World, follows_schema, line};
use serde_json::{Value, json};

/// Seconds left of the simulated day, in UTC.
fn left_of_today(world: &World) -> u64 {
    const DAY: i64 = 24 * 3_600;
    u64::try_from(DAY - now(world).as_second().rem_euclid(DAY)).unwrap()
}

#[test]
fn costs_are_requested_once_a_day_and_cached_with_their_age() {
    let (home, world) = (Home::new(), World::staging());
    // Early in a day, whenever this test runs.
    world.advance(left_of_today(&world) + 600);
    let first = line(&mut home.on(&world), "cost -o json").exits(0).json();
    follows_schema(&home, "cost", &first);
    assert!(first["month"].as_f64().unwrap() > 0.0 && first["usual"].is_number(), "{first}");
    assert!(first["forecast"].as_f64() >= first["month"].as_f64(), "{first}");
    world.advance(3_600);
    let again = line(&mut home.on(&world), "cost").exits(0).out;
    assert!(again.contains("THIS MONTH") && again.contains("ago"), "{again}");
    assert_eq!(world.requests("ce:GetCostAndUsage"), 1, "cached until the end of the day");
    let budget = &first["budgets"][0];
    assert_eq!((&budget["name"], &budget["exceeded"]), (&json!("monthly"), &json!(false)), "{first}");
    assert_eq!(budget["spent"], first["month"], "both include today: {first}");
    assert!(again.contains("budget monthly"), "{again}");
    // A minute before midnight the cached costs are still used. A minute after it they lack most of yesterday,
    // and at the turn of a month everything of the new one.
    world.advance(left_of_today(&world) - 60);
    line(&mut home.on(&world), "cost -o csv").exits(0);
    assert_eq!(world.requests("ce:GetCostAndUsage"), 1);
    world.advance(120);
    line(&mut home.on(&world), "cost").exits(0);
    assert_eq!(world.requests("ce:GetCostAndUsage"), 2);
    world.fault("budgets:DescribeBudgets", "denied");
    let without = line(&mut home.on(&world), "cost --tag Project=x -o json").exits(3).json();
    assert_eq!(without["budgets"], Value::Null, "unknown is not an empty list");
    world.clear_faults();
    // An empty page is not the last one.
    world.post("/_sim/fault", &json!({"operation": "budgets:DescribeBudgets", "kind": "empty", "count": 1}));
    let paged = line(&mut home.on(&world), "cost --tag Nosuch=y -o json").exits(0).json();
    assert_eq!(paged["budgets"][0]["name"], "monthly", "{paged}");
    // AWS gives the same answer for a tag that nothing has as for one without costs.
    let output = line(&mut home.on(&world), "cost --tag Nosuch=x").exits(0);
    assert!(output.out.contains("nothing was charged for the tag Nosuch=x: nothing has it"), "{output:#?}");
    let output = line(&mut home.on(&world), "cost --by tag:Nosuch").exits(0);
    assert!(output.out.contains("no value of tag:Nosuch was charged"), "{output:#?}");
    world.fault("ce:GetCostAndUsage", "denied");
    let denied = line(&mut home.on(&world), "cost --tag Environment=staging");
    assert!(denied.code != 0 && denied.err.contains("ce:GetCostAndUsage"), "{denied:#?}");
}

#[test]
fn costs_of_an_unknown_account_are_not_cached() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    for _ in 0..2 {
        let before = world.requests("ce:GetCostAndUsage");
        let output = line(&mut home.on(&world), "cost").exits(3);
        assert!(output.err.contains("the account of these credentials is not known"), "{output:#?}");
        // A request that comes too soon after another is throttled, and sent again.
        assert!(world.requests("ce:GetCostAndUsage") > before, "it is requested each time");
    }
}

/// A refusal is reported with both of its causes: AWS uses one code for missing permission and for never enabled. A network error
/// is neither of them.
#[test]
fn disabled_cost_explorer_is_reported_with_a_remedy() {
    let (home, world) = (Home::new(), World::staging());
    for (state, words, hint) in [
        ("off", "User not enabled for cost explorer access", "Cost Explorer was never enabled"),
        ("new", "Data is not available", "data appears within a day"),
    ] {
        world.poke(&json!({"cost_explorer": state}));
        let output = line(&mut home.on(&world), "cost");
        assert!(
            output.code != 0 && output.err.contains(words) && output.err.contains(hint) && output.out.is_empty(),
            "{state}: {output:#?}"
        );
    }
    world.poke(&json!({"cost_explorer": "enabled"}));
    world.fault("ce:GetCostAndUsage", "error");
    let output = line(&mut home.on(&world), "cost");
    assert!(
        output.code != 0 && !output.err.contains("enabled") && output.err.contains("a fault on the side of AWS"),
        "{output:#?}"
    );
    world.clear_faults();
    world.fault("ce:GetCostAndUsage", "hang");
    let output = line(&mut home.on(&world), "cost --timeout 1s").exits(7);
    assert!(output.err.contains("the time is up"), "the limit applies to the whole command: {output:#?}");
    world.clear_faults();
    line(&mut home.on(&world), "cost").exits(0);
}
