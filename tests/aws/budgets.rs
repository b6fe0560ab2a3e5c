//! The cockpit's request budgets against the rates documented by AWS, which the simulator enforces for every
//! client: the cockpit's polling and its operator's requests together are never throttled while nobody
//! else sends requests. The actions are read from the sources, so that new ones are covered as well.

use cockpit::aws::budget::Class;
use std::collections::BTreeMap;
use std::path::Path;

/// Every action in the sources, and the class of its budget.
fn actions() -> BTreeMap<String, Class> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/aws");
    let mut found = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap_or_default();
        for piece in text.split("Action { name: \"").skip(1) {
            let name = piece.split('"').next().unwrap().to_owned();
            let class = piece.split("class: Class::").nth(1).unwrap();
            let class: String = class.chars().take_while(|c| c.is_alphanumeric()).collect();
            let class = Class::ALL.iter().find(|known| format!("{known:?}") == class);
            found.insert(name, *class.unwrap());
        }
    }
    found
}

/// The operation of an action, whose name in IAM may differ.
fn operation(action: &str) -> &str {
    if action == "lambda:InvokeFunction" { "lambda:Invoke" } else { action }
}

#[test]
fn every_class_is_used_by_an_action() {
    let actions = actions();
    assert!(actions.len() > 40, "{actions:?}");
    for class in Class::ALL {
        assert!(actions.values().any(|used| *used == class), "{class:?}");
    }
}

#[test]
fn budgets_stay_below_the_documented_aws_limits() {
    for region in ["ap-northeast-1", "us-east-1", "eu-west-1", "eu-central-1", "us-west-2"] {
        // Classes that share one limit of AWS are added up.
        let mut drawn: BTreeMap<&str, (aws_sim::Rate, Vec<Class>)> = BTreeMap::new();
        for (action, class) in actions() {
            let rate = aws_sim::rate(operation(&action), region).unwrap_or_else(|| panic!("{action} has no rate"));
            let (_, classes) = drawn.entry(rate.name).or_insert_with(|| (rate, Vec::new()));
            if !classes.contains(&class) {
                classes.push(class);
            }
        }
        for (name, (rate, classes)) in drawn {
            let per_second: f64 = classes.iter().map(|class| class.limit(region).0).sum();
            let burst: f64 = classes.iter().map(|class| class.limit(region).1).sum();
            assert!(
                per_second <= rate.per_second && burst <= rate.burst,
                "{name} in {region}: {classes:?} may ask {per_second} a second and {burst} at once, AWS allows {} and {}",
                rate.per_second,
                rate.burst
            );
        }
    }
}
