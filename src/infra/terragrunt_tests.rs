//! The output of Terragrunt 1.1.0 on real trees, and what is read from it. The recordings are in
//! tests/fixtures/infra/terragrunt.

use super::*;
use serde_json::json;

const DIR: &str = "/repo/infra/terraform/envs/staging";
const DAG: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_dag.json");
const CYCLE: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_cycle.json");
const EXTERNAL: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_exclude_external.json");
const EDGE_LOST: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_edge_lost.json");
const PARSE_ERROR: &str = include_str!("../../tests/fixtures/infra/terragrunt/hcl_validate_parse_error.json");
const CYCLE_ERROR: &str = include_str!("../../tests/fixtures/infra/terragrunt/hcl_validate_cycle.stderr.txt");

fn said(dag: &str, plain: &[&str], check: Answer) -> Said {
    let plain = plain.iter().map(|path| json!({"type": "unit", "path": path})).collect::<Vec<_>>();
    Said { dag: found(dag.as_bytes()).unwrap(), plain: found(json!(plain).to_string().as_bytes()).unwrap(), check }
}

fn fine() -> Answer {
    Answer { code: Some(0), ..Answer::default() }
}

const ALL: [&str; 6] = ["compute", "database", "ecr", "network", "security", "storage"];

fn outside(path: &Path) -> Option<String> {
    path.ends_with("shared/dns/terragrunt.hcl").then(String::new)
}

fn judge(said: &Said) -> Result<(Vec<Unit>, Vec<String>), Trouble> {
    judged(said, Path::new(DIR), &outside)
}

fn edges(units: &[Unit]) -> Vec<String> {
    units.iter().map(|unit| format!("{}: {}", unit.name, unit.depends_on.join(" "))).collect()
}

#[test]
fn every_unit_and_every_edge_that_terragrunt_finds_is_in_the_graph() {
    let (units, warnings) = judge(&said(DAG, &ALL, fine())).unwrap();
    assert_eq!(
        edges(&units),
        [
            "compute: database ecr network security",
            "database: network security",
            "ecr: ",
            "network: ",
            "security: network",
            "storage: network",
        ]
    );
    assert_eq!((warnings, units[0].dir.as_path()), (vec![], Path::new("/repo/infra/terraform/envs/staging/compute")));
}

#[test]
fn broken_code_is_an_error_with_file_and_line_though_find_is_silent_about_it() {
    let check = Answer { code: Some(1), out: PARSE_ERROR.into(), ..Answer::default() };
    let trouble = judge(&said(EDGE_LOST, &ALL, check)).unwrap_err();
    assert_eq!(trouble.kind, TroubleKind::Code);
    assert_eq!(trouble.causes.len(), 3);
    let first = "/repo/infra/terraform/envs/staging/storage/terragrunt.hcl:9: Invalid block definition: ";
    assert!(trouble.causes[0].starts_with(first), "{trouble:?}");
}

#[test]
fn units_in_a_circle_are_an_error_that_names_it_and_no_smaller_graph() {
    let check = Answer { code: Some(1), err: CYCLE_ERROR.into(), ..Answer::default() };
    let trouble = judge(&said(CYCLE, &ALL, check)).unwrap_err();
    assert_eq!(trouble.causes, ["compute → network → compute"]);
    // Even where the check says nothing of it.
    let trouble = judge(&said(CYCLE, &ALL, fine())).unwrap_err();
    assert!(trouble.causes[0].contains("compute, database, network, security, storage"), "{trouble:?}");
}

#[test]
fn what_is_excluded_and_what_is_outside_is_left_out_and_told() {
    let (units, warnings) = judge(&said(EXTERNAL, &ALL, fine())).unwrap();
    assert_eq!(edges(&units)[..2], ["compute: database network security", "database: network security"]);
    assert!(units.iter().all(|unit| unit.name != "ecr" && !unit.name.contains("dns")), "{units:?}");
    assert_eq!(
        warnings,
        [
            "compute depends on ecr, which is left out, and taken as applied",
            "ecr is left out: its `exclude` block names plan, apply",
        ]
    );
    let dag = json!([
        {"type": "unit", "path": "app", "dependencies": ["../shared/dns"]},
        {"type": "unit", "path": "../shared/dns"},
    ]);
    // Where a file has Terragrunt leave it out, it is not even found.
    let filtered = json!([{"type": "unit", "path": "app", "dependencies": ["../shared/dns"]}]);
    for dag in [dag, filtered] {
        let (units, warnings) = judge(&said(&dag.to_string(), &["app"], fine())).unwrap();
        assert_eq!(edges(&units), ["app: "]);
        assert_eq!(warnings, ["app depends on ../shared/dns, which is not of this environment, and taken as applied"]);
    }
}

#[test]
fn a_dependency_that_is_not_there_is_an_error_where_it_is_written() {
    let dag = json!([
        {"type": "unit", "path": "app", "dependencies": ["netwrk"], "reading": ["../_units/app.hcl", "main.tf"]},
        {"type": "unit", "path": "netwrk"},
        {"type": "unit", "path": "network"},
    ]);
    let read = |path: &Path| {
        let included = path == Path::new("/repo/infra/terraform/envs/_units/app.hcl");
        included.then(|| "# \"../netwrk\"\ndependency \"network\" {\n  config_path = \"../netwrk\"\n}\n".to_owned())
    };
    let trouble = judged(&said(&dag.to_string(), &["app", "network"], fine()), Path::new(DIR), &read).unwrap_err();
    let place = "/repo/infra/terraform/envs/_units/app.hcl:3";
    assert_eq!(trouble.causes, [format!("{place}: app depends on netwrk, where there is no unit")]);
}

#[test]
fn a_folder_without_units_is_an_error() {
    assert!(judge(&said("[]", &[], fine())).unwrap_err().message.starts_with("there is no unit in "));
    assert!(found(b"WARN something").is_err());
}

#[test]
fn an_output_that_is_not_among_made_up_ones_is_told_and_is_no_broken_code() {
    let lacks = json!({"severity": "error", "summary": "Unsupported attribute", "detail": "This object does not have an attribute named \"id\".",
        "range": {"filename": "/envs/db/terragrunt.hcl", "start": {"line": 6}},
        "snippet": {"values": [{"traversal": "dependency.net.outputs", "statement": "is object"}]}});
    let check = |all: Value| Answer { code: Some(1), out: all.to_string().into_bytes(), ..Answer::default() };
    let (units, warnings) = judge(&said(DAG, &ALL, check(json!([lacks])))).unwrap();
    assert_eq!(units.len(), 6);
    assert!(
        warnings[0].starts_with("/envs/db/terragrunt.hcl:6: ") && warnings[0].contains("mock_outputs"),
        "{warnings:?}"
    );
    let other = json!({"severity": "error", "summary": "Unsupported attribute", "snippet": {"values": [{"traversal": "local.a"}]}});
    for broken in [json!([lacks, other]), json!([other]), json!([])] {
        assert_eq!(judge(&said(DAG, &ALL, check(broken))).unwrap_err().kind, TroubleKind::Code);
    }
}

#[test]
fn a_stack_that_was_not_generated_is_an_error_and_no_smaller_graph() {
    let stack = |units: Value| Said {
        plain: found(units.to_string().as_bytes()).unwrap(),
        ..said(&units.to_string(), &[], fine())
    };
    let (net, st) = (json!({"type": "unit", "path": "net"}), json!({"type": "stack", "path": "st"}));
    let trouble = judge(&stack(json!([net, st]))).unwrap_err();
    assert!(trouble.message.contains("is not generated"), "{trouble:?}");
    let web = json!({"type": "unit", "path": "st/.terragrunt-stack/web"});
    let (units, _) = judge(&stack(json!([net, st, web]))).unwrap();
    assert_eq!(edges(&units), ["net: ", "st/.terragrunt-stack/web: "]);
}

proptest::proptest! {
    #[test]
    fn no_answer_panics(out in "\\PC{0,80}", err in "\\PC{0,80}") {
        let _ = found(out.as_bytes());
        let _ = broken(&Answer { code: Some(1), out: out.into_bytes(), err }, Path::new(DIR));
    }
}

#[test]
fn a_file_by_which_terragrunt_leaves_units_out_is_told_unless_nothing_stands_in_it() {
    let dir = std::env::temp_dir().join(format!("cockpit-choosing-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let with = |name: &str, text: &str| {
        std::fs::write(dir.join(name), text).unwrap();
        choosing(&dir)
    };
    assert_eq!(with(".terragrunt-filters", "# all of them\n\n"), Vec::<String>::new());
    let told = with(".terragrunt-filters", "# some\n!./legacy/**\n");
    assert!(told.len() == 1 && told[0].starts_with(".terragrunt-filters in "), "{told:?}");
    assert_eq!(with(".terragrunt-excludes", "legacy\n").len(), 2);
    std::fs::remove_dir_all(dir).unwrap();
}
