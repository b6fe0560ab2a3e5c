//! `cockpit infra drift`: besides the plans, running resources are compared with those declared in the states.

use crate::support::{Home, World, follows_schema, line};
use aws_sim::ACCOUNT;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

const BASE: &str = "bookmark-manager-staging";

/// The code of a unit without providers, with the resources of the states as comments: lines 5, 6 and 8.
const CODE: &str = r#"resource "terraform_data" "it" { input = "one" }
# Commented out, as Terraform has no provider here.
/*
The service and its scaling:
resource "aws_ecs_service" "web" {}
resource "aws_appautoscaling_target" "api" {}

resource "aws_ecs_task_definition" "web" {}
*/
"#;

/// Terraform's output for the state, as if it had the provider.
fn state(parameter: &str) -> Value {
    let resource = |kind: &str, name: &str, values: Value| json!({"address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name, "values": values});
    let containers = json!([{"name": "web", "image": "declared/web:0", "secrets": [
        {"name": "A", "valueFrom": format!("arn:aws:ssm:ap-northeast-1:{ACCOUNT}:parameter{parameter}")}]}]);
    let all = [
        resource("aws_ecs_service", "web", json!({"name": format!("{BASE}-web"), "desired_count": 77})),
        resource(
            "aws_ecs_task_definition",
            "web",
            json!({"family": format!("{BASE}-web"), "revision": 1, "container_definitions": containers.to_string()}),
        ),
        resource(
            "aws_appautoscaling_target",
            "api",
            json!({"resource_id": format!("service/{BASE}-cluster/{BASE}-api"), "min_capacity": 1, "max_capacity": 99}),
        ),
        // Without drift.
        resource(
            "aws_db_instance",
            "this",
            json!({"identifier": format!("{BASE}-db"), "instance_class": "db.t4g.micro"}),
        ),
    ];
    json!({"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": all}}})
}

/// Staging with one unit, and a Terraform that prints this state and otherwise works normally.
fn home() -> Home {
    let home = Home::with("");
    home.write(
        "config.toml",
        format!(
            "[environments.staging]\naccount = \"{ACCOUNT}\"\nregion = \"ap-northeast-1\"\ncluster = \"{BASE}-cluster\"\n\
             databases = [\"{BASE}-db\"]\n[environments.staging.infra]\nkind = \"terraform\"\nterraform = \"{}\"\n\
             units = [{{ name = \"compute\", dir = \"compute\" }}]\n",
            home.path().join("terraform").display()
        ),
    );
    std::fs::create_dir_all(home.path().join("compute")).unwrap();
    home.write("compute/main.tf", CODE);
    let path = std::env::var_os("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|folder| folder.join("terraform")).find(|path| path.is_file()).unwrap();
    let program = home.write(
        "terraform",
        format!(
            "#!/bin/sh\nif [ \"$*\" = 'show -json -no-color' ]; then exec cat {}; fi\nexec {} \"$@\"\n",
            home.path().join("state.json").display(),
            real.display()
        ),
    );
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    home.write("state.json", state("/bookmark-manager/staging/NO_SUCH").to_string());
    home
}

#[test]
fn drift_is_reported_with_file_line_and_exit_code() {
    let (home, world) = (home(), World::staging());
    let drift = |more: &str| line(&mut home.on(&world), &format!("infra drift staging {more}"));
    let output = drift("-o json").exits(0);
    let report = output.json();
    follows_schema(&home, "infra-plan", &report);
    let differences = report["differences"].as_array().unwrap();
    let one = |what: &str| {
        let found = differences.iter().find(|one| one["what"].as_str().is_some_and(|text| text.starts_with(what)));
        found.unwrap_or_else(|| panic!("no {what}: {report:#}"))
    };
    let place = |line: u32| format!("{}:{line}", home.path().join("compute/main.tf").canonicalize().unwrap().display());
    for (what, declared, at) in [
        ("count", "77", 5),
        ("maximum of scaling", "99", 6),
        ("image of web", "declared/web:0", 8),
        ("task definition of", "bookmark-manager-staging-web:1", 8),
        ("parameter that a task names", "/bookmark-manager/staging/NO_SUCH", 8),
    ] {
        let found = one(what);
        assert_eq!((&found["declared"], &found["place"]), (&declared.into(), &place(at).into()), "{found}");
    }
    assert_eq!(one("maximum of scaling")["runs"], "2");
    assert_eq!(one("parameter")["runs"], "does not exist");
    assert_eq!(differences.len(), 5, "{report:#}");
    let table = drift("").exits(0);
    let sentence = "compute: aws_ecs_service.web: count: declared 77, now ";
    assert!(table.out.contains("runs, and is declared otherwise:") && table.out.contains(sentence), "{table:?}");
    assert!(table.out.contains(&format!(" ({})", place(5))), "{table:?}");
    let absent = "parameter that a task names: declared /bookmark-manager/staging/NO_SUCH, and does not exist (";
    assert!(table.out.contains(absent), "{table:?}");
    drift("--detailed-exitcode").exits(2);
    // An unreadable resource is reported, and the exit code is neither 0 nor 2.
    world.fault("ssm:DescribeParameters", "denied");
    let part = drift("-o json").exits(3);
    assert!(part.err.contains("parameters cannot be compared"), "{part:?}");
    assert_eq!(part.json()["differences"].as_array().map(Vec::len), Some(4), "{part:?}");
    drift("--detailed-exitcode").exits(1);
    world.clear_faults();
}

#[test]
fn absence_of_drift_is_reported() {
    let (home, world) = (home(), World::staging());
    let none = json!({"format_version": "1.0", "values": {"root_module": {"resources": [
        {"address": "aws_db_instance.this", "mode": "managed", "type": "aws_db_instance", "name": "this",
         "values": {"identifier": format!("{BASE}-db"), "instance_class": "db.t4g.micro"}}]}}});
    home.write("state.json", none.to_string());
    let output = line(&mut home.on(&world), "infra drift staging --detailed-exitcode").exits(0);
    assert!(output.out.contains("no difference from the declaration"), "{output:?}");
    // An unparsable state does not count as one without drift.
    home.write("state.json", "not JSON");
    let output = line(&mut home.on(&world), "infra drift staging").exits(3);
    assert!(output.err.contains("compute: its state is not understood"), "{output:?}");
}
