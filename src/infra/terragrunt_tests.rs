//! Parsing the output of Terragrunt 1.1.0 on real trees. The recordings are in tests/fixtures/infra/terragrunt.

use super::*;
use serde_json::json;

const DIR: &str = "/repo/infra/terraform/envs/staging";
const DAG: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_dag.json");
const CYCLE: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_cycle.json");
const EXTERNAL: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_exclude_external.json");
const EDGE_LOST: &str = include_str!("../../tests/fixtures/infra/terragrunt/find_edge_lost.json");
const PARSE_ERROR: &str = include_str!("../../tests/fixtures/infra/terragrunt/hcl_validate_parse_error.json");
const CYCLE_ERROR: &str = include_str!("../../tests/fixtures/infra/terragrunt/hcl_validate_cycle.stderr.txt");

fn output(dag: &str, plain: &[&str], check: ToolOutput) -> Output {
    let plain = plain.iter().map(|path| json!({"type": "unit", "path": path})).collect::<Vec<_>>();
    Output { dag: found(dag.as_bytes()).unwrap(), plain: found(json!(plain).to_string().as_bytes()).unwrap(), check }
}

fn fine() -> ToolOutput {
    ToolOutput { code: Some(0), ..ToolOutput::default() }
}

const ALL: [&str; 6] = ["compute", "database", "ecr", "network", "security", "storage"];

fn outside(path: &Path) -> Option<String> {
    path.ends_with("shared/dns/terragrunt.hcl").then(String::new)
}

fn judge(output: &Output) -> Result<(Vec<Unit>, Vec<String>), InfraError> {
    evaluate(output, Path::new(DIR), &outside)
}

fn edges(units: &[Unit]) -> Vec<String> {
    units.iter().map(|unit| format!("{}: {}", unit.name, unit.depends_on.join(" "))).collect()
}

#[test]
fn graph_has_every_unit_and_dependency_that_terragrunt_finds() {
    let (units, warnings) = judge(&output(DAG, &ALL, fine())).unwrap();
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
fn broken_code_is_an_error_with_file_and_line() {
    let check = ToolOutput { code: Some(1), stdout: PARSE_ERROR.into(), ..ToolOutput::default() };
    let trouble = judge(&output(EDGE_LOST, &ALL, check)).unwrap_err();
    assert_eq!(trouble.kind, InfraErrorKind::Code);
    assert_eq!(trouble.causes.len(), 3);
    let first = "/repo/infra/terraform/envs/staging/storage/terragrunt.hcl:9: Invalid block definition: ";
    assert!(trouble.causes[0].starts_with(first), "{trouble:?}");
}

#[test]
fn cycle_is_an_error_that_names_its_units() {
    let check = ToolOutput { code: Some(1), stderr_tail: CYCLE_ERROR.into(), ..ToolOutput::default() };
    let trouble = judge(&output(CYCLE, &ALL, check)).unwrap_err();
    assert_eq!(trouble.causes, ["compute → network → compute"]);
    // The cycle is also found without the validation.
    let trouble = judge(&output(CYCLE, &ALL, fine())).unwrap_err();
    assert!(trouble.causes[0].contains("compute, database, network, security, storage"), "{trouble:?}");
}

#[test]
fn excluded_and_outside_units_are_left_out_with_a_warning() {
    let (units, warnings) = judge(&output(EXTERNAL, &ALL, fine())).unwrap();
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
    // A unit that a filter file leaves out is not even found.
    let filtered = json!([{"type": "unit", "path": "app", "dependencies": ["../shared/dns"]}]);
    for dag in [dag, filtered] {
        let (units, warnings) = judge(&output(&dag.to_string(), &["app"], fine())).unwrap();
        assert_eq!(edges(&units), ["app: "]);
        assert_eq!(warnings, ["app depends on ../shared/dns, which is not of this environment, and taken as applied"]);
    }
}

#[test]
fn missing_dependency_is_an_error_with_its_place() {
    let dag = json!([
        {"type": "unit", "path": "app", "dependencies": ["netwrk"], "reading": ["../_units/app.hcl", "main.tf"]},
        {"type": "unit", "path": "netwrk"},
        {"type": "unit", "path": "network"},
    ]);
    let read = |path: &Path| {
        let included = path == Path::new("/repo/infra/terraform/envs/_units/app.hcl");
        included.then(|| "# \"../netwrk\"\ndependency \"network\" {\n  config_path = \"../netwrk\"\n}\n".to_owned())
    };
    let trouble = evaluate(&output(&dag.to_string(), &["app", "network"], fine()), Path::new(DIR), &read).unwrap_err();
    let place = "/repo/infra/terraform/envs/_units/app.hcl:3";
    assert_eq!(trouble.causes, [format!("{place}: app depends on netwrk, where there is no unit")]);
}

#[test]
fn folder_without_units_is_an_error() {
    assert!(judge(&output("[]", &[], fine())).unwrap_err().message.starts_with("there is no unit in "));
    assert!(found(b"WARN something").is_err());
}

#[test]
fn missing_mock_output_is_a_warning_and_not_broken_code() {
    let lacks = json!({"severity": "error", "summary": "Unsupported attribute", "detail": "This object does not have an attribute named \"id\".",
        "range": {"filename": "/envs/db/terragrunt.hcl", "start": {"line": 6}},
        "snippet": {"values": [{"traversal": "dependency.net.outputs", "statement": "is object"}]}});
    let check =
        |all: Value| ToolOutput { code: Some(1), stdout: all.to_string().into_bytes(), ..ToolOutput::default() };
    let (units, warnings) = judge(&output(DAG, &ALL, check(json!([lacks])))).unwrap();
    assert_eq!(units.len(), 6);
    assert!(
        warnings[0].starts_with("/envs/db/terragrunt.hcl:6: ") && warnings[0].contains("mock_outputs"),
        "{warnings:?}"
    );
    let other = json!({"severity": "error", "summary": "Unsupported attribute", "snippet": {"values": [{"traversal": "local.a"}]}});
    for broken in [json!([lacks, other]), json!([other]), json!([])] {
        assert_eq!(judge(&output(DAG, &ALL, check(broken))).unwrap_err().kind, InfraErrorKind::Code);
    }
}

#[test]
fn stack_that_was_not_generated_is_an_error() {
    let stack = |units: Value| Output {
        plain: found(units.to_string().as_bytes()).unwrap(),
        ..output(&units.to_string(), &[], fine())
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
        let _ = broken(&ToolOutput { code: Some(1), stdout: out.into_bytes(), stderr_tail: err }, Path::new(DIR));
    }
}

#[test]
fn filter_file_gives_a_warning_unless_it_is_empty() {
    let dir = std::env::temp_dir().join(format!("cockpit-choosing-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let with = |name: &str, text: &str| {
        std::fs::write(dir.join(name), text).unwrap();
        filter_warnings(&dir)
    };
    assert_eq!(with(".terragrunt-filters", "# all of them\n\n"), Vec::<String>::new());
    let warnings = with(".terragrunt-filters", "# some\n!./legacy/**\n");
    assert!(warnings.len() == 1 && warnings[0].starts_with(".terragrunt-filters in "), "{warnings:?}");
    assert_eq!(with(".terragrunt-excludes", "legacy\n").len(), 2);
    std::fs::remove_dir_all(dir).unwrap();
}
