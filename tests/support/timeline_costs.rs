//! What an account costs: when Cost Explorer is asked, and what is told where it is not enabled.

use super::now;
use super::support::{Home, World, follows_schema, line};
use serde_json::{Value, json};

/// How many seconds are left of its day, in UTC.
fn left_of_today(world: &World) -> u64 {
    const DAY: i64 = 24 * 3_600;
    u64::try_from(DAY - now(world).as_second().rem_euclid(DAY)).unwrap()
}

#[test]
fn what_it_costs_is_asked_once_a_day_and_kept_with_its_age() {
    let (home, world) = (Home::new(), World::staging());
    // Early in a day, whenever this runs.
    world.advance(left_of_today(&world) + 600);
    let first = line(&mut home.on(&world), "cost -o json").coded(0).json();
    follows_schema(&home, "cost", &first);
    assert!(first["month"].as_f64().unwrap() > 0.0 && first["usual"].is_number(), "{first}");
    assert!(first["forecast"].as_f64() >= first["month"].as_f64(), "{first}");
    world.advance(3_600);
    let again = line(&mut home.on(&world), "cost").coded(0).out;
    assert!(again.contains("THIS MONTH") && again.contains("ago"), "{again}");
    assert_eq!(world.asked("ce:GetCostAndUsage"), 1, "kept until the day is over");
    let budget = &first["budgets"][0];
    assert_eq!((&budget["name"], &budget["exceeded"]), (&json!("monthly"), &json!(false)), "{first}");
    assert!(again.contains("budget monthly"), "{again}");
    // A minute before midnight it is kept still. A minute after it most of yesterday is not in what was kept, and at the turn of a
    // month nothing of the new one.
    world.advance(left_of_today(&world) - 60);
    line(&mut home.on(&world), "cost -o csv").coded(0);
    assert_eq!(world.asked("ce:GetCostAndUsage"), 1);
    world.advance(120);
    line(&mut home.on(&world), "cost").coded(0);
    assert_eq!(world.asked("ce:GetCostAndUsage"), 2);
    world.fault("budgets:DescribeBudgets", "denied");
    let without = line(&mut home.on(&world), "cost --tag Project=x -o json").coded(3).json();
    assert_eq!(without["budgets"], Value::Null, "what is not known is no empty list");
    world.clear_faults();
    // A page that is empty is not the last.
    world.post("/_sim/fault", &json!({"operation": "budgets:DescribeBudgets", "kind": "empty", "count": 1}));
    let paged = line(&mut home.on(&world), "cost --tag Nosuch=y -o json").coded(0).json();
    assert_eq!(paged["budgets"][0]["name"], "monthly", "{paged}");
    // AWS tells the same of a tag that nothing has as of one that cost nothing.
    let said = line(&mut home.on(&world), "cost --tag Nosuch=x").coded(0);
    assert!(said.out.contains("nothing was charged for the tag Nosuch=x: nothing has it"), "{said:#?}");
    let said = line(&mut home.on(&world), "cost --by tag:Nosuch").coded(0);
    assert!(said.out.contains("no value of tag:Nosuch was charged"), "{said:#?}");
    world.fault("ce:GetCostAndUsage", "denied");
    let denied = line(&mut home.on(&world), "cost --tag Environment=staging");
    assert!(denied.code != 0 && denied.err.contains("ce:GetCostAndUsage"), "{denied:#?}");
}

#[test]
fn what_credentials_of_an_unknown_account_cost_is_kept_under_no_account() {
    let (home, world) = (Home::new(), World::staging());
    world.fault("sts:GetCallerIdentity", "denied");
    for _ in 0..2 {
        let before = world.asked("ce:GetCostAndUsage");
        let said = line(&mut home.on(&world), "cost").coded(3);
        assert!(said.err.contains("the account of these credentials is not known"), "{said:#?}");
        // One that comes too soon after another is throttled, and sent again.
        assert!(world.asked("ce:GetCostAndUsage") > before, "it is asked each time");
    }
}

/// A refusal is told with both of its causes: AWS has one code for who may not ask and for what was never enabled. A fault of the
/// network is none of them.
#[test]
fn where_cost_explorer_is_not_enabled_it_is_said_what_to_do() {
    let (home, world) = (Home::new(), World::staging());
    for (state, said, hint) in [
        ("off", "User not enabled for cost explorer access", "Cost Explorer was never enabled"),
        ("new", "Data is not available", "they come within a day"),
    ] {
        world.poke(&json!({"cost_explorer": state}));
        let told = line(&mut home.on(&world), "cost");
        assert!(
            told.code != 0 && told.err.contains(said) && told.err.contains(hint) && told.out.is_empty(),
            "{state}: {told:#?}"
        );
    }
    world.poke(&json!({"cost_explorer": "enabled"}));
    world.fault("ce:GetCostAndUsage", "error");
    let told = line(&mut home.on(&world), "cost");
    assert!(
        told.code != 0 && !told.err.contains("enabled") && told.err.contains("a fault on the side of AWS"),
        "{told:#?}"
    );
    world.clear_faults();
    world.fault("ce:GetCostAndUsage", "hang");
    let told = line(&mut home.on(&world), "cost --timeout 1s").coded(7);
    assert!(told.err.contains("the time is up"), "the limit is that of the whole command: {told:#?}");
    world.clear_faults();
    line(&mut home.on(&world), "cost").coded(0);
}
