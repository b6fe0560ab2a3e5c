//! The recipes of docs/ci.md, each script exactly as documented, against the simulator: what a pipeline prints, what it
//! posts, and at which step it stops.

use crate::support::{Home, Output, World, finish, python};
use aws_sim::Scenario;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

const PAGE: &str = include_str!("../../docs/ci.md");
const UNIT: &str = "resource \"terraform_data\" \"vpc\" { input = \"10.0.0.0/16\" }\n";

/// The code blocks in this language.
fn blocks(language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut block: Option<String> = None;
    for line in PAGE.lines() {
        match &mut block {
            None if line == format!("```{language}") => block = Some(String::new()),
            None => {}
            Some(_) if line == "```" => found.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found
}

/// Parses the file that begins with this comment.
fn recipe(file: &str) -> Value {
    let text = blocks("yaml").into_iter().find(|text| text.starts_with(&format!("# {file}\n"))).unwrap();
    let read = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)";
    let mut python = Command::new(python());
    let mut child = python.args(["-c", read]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap()
}

/// A checkout with a configuration, a Terraform unit, and a `gh` that records its arguments.
struct Checkout {
    home: Home,
    world: World,
    variables: BTreeMap<String, String>,
}

impl Checkout {
    fn new(scenario: Scenario) -> Self {
        let config = include_str!("../../config.toml")
            .replace("# [environments.staging.refresh]", "[environments.staging.refresh]")
            .replace("# watch = \"3s\" ", "watch = \"1s\" ");
        // The units of staging are replaced by those of this test: its own would need AWS.
        let (before, rest) = config.split_once("[environments.staging.infra]").unwrap();
        let rest = rest.split_once("\n[").map_or("", |(_, rest)| rest);
        let infra = "[environments.staging.infra]\nkind = \"terraform\"\nunits = [{ name = \"network\", dir = \"units/network\" }]\n";
        let home = Home::with(&format!("{before}{infra}\n[{rest}"));
        std::fs::create_dir_all(home.path().join("units/network")).unwrap();
        home.write("units/network/main.tf", UNIT);
        let bin = home.path().join("bin");
        std::fs::create_dir_all(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_cockpit"), bin.join("cockpit")).unwrap();
        let gh = home.write("bin/gh", "#!/bin/sh\necho \"$*\" >> \"$HOME/gh.log\"\n[ -s plan.md ]\n");
        std::fs::set_permissions(gh, std::fs::Permissions::from_mode(0o755)).unwrap();
        let world = World::run_at(scenario, 40.0);
        let mut variables: BTreeMap<String, String> = home.variables(Some(&world.endpoint())).into_iter().collect();
        let path = format!("{}:{}", bin.display(), variables["PATH"]);
        variables.insert("PATH".into(), path);
        variables.insert("GITHUB_STEP_SUMMARY".into(), home.path().join("summary.md").display().to_string());
        Self { home, world, variables }
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }

    /// Runs a script in the shell of the pipeline.
    fn script(&self, shell: &[&str], script: &str, more: &BTreeMap<String, String>) -> Output {
        let child = Command::new(shell[0])
            .args(&shell[1..])
            .arg(script)
            .env_clear()
            .envs(&self.variables)
            .envs(more)
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        finish(child)
    }

    /// Runs the steps of a job as GitHub does: after a failure only those with `always()`. Returns the names of the steps
    /// that ran, and the output of the last failure.
    fn github(&self, job: &Value, given: &[(&str, &str)]) -> (Vec<String>, Option<Output>) {
        let mut failed = None;
        let mut ran = Vec::new();
        let texts = |value: &Value| -> BTreeMap<String, String> {
            let all = value["env"].as_object().cloned().unwrap_or_default();
            all.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect()
        };
        for step in job["steps"].as_array().unwrap() {
            let Some(script) = step["run"].as_str() else { continue };
            assert!(!script.contains("${{"), "external values are not inserted into a script: {script}");
            if failed.is_some() && step["if"] != "always()" {
                continue;
            }
            let mut variables = texts(job);
            variables.extend(texts(step));
            for value in variables.values_mut() {
                if let Some((_, to)) = given.iter().find(|(from, _)| *value == format!("${{{{ {from} }}}}")) {
                    *value = (*to).to_owned();
                }
                assert!(!value.contains("${{"), "{value}");
            }
            ran.push(step["name"].as_str().unwrap().to_owned());
            // The default shell of a `run` step, as documented by GitHub.
            let output = self.script(&["bash", "-e", "-c"], script, &variables);
            if output.code != 0 {
                failed = Some(output);
            }
        }
        (ran, failed)
    }

    /// Runs the script of a job as GitLab does: line by line until the first failure.
    fn gitlab(&self, file: &Value, job: &str, given: &[(&str, &str)]) -> Output {
        let lines = |value: &Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|line| line.as_str().unwrap().to_owned()).collect()
        };
        let mut commands = lines(&file["default"]["before_script"]);
        commands.extend(lines(&file[job]["script"]));
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in file["variables"].as_object().unwrap() {
            variables.insert(name.clone(), value.as_str().unwrap().to_owned());
        }
        variables.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        // There are no keys: GitLab provides the token, and the project names the role.
        for key in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            variables.insert(key.into(), String::new());
        }
        variables.insert("AWS_ROLE_ARN".into(), "arn:aws:iam::123456789012:role/staging-ci-apply".into());
        self.script(&["bash", "-e", "-c"], &commands.join("\n"), &variables)
    }
}

#[test]
fn pull_request_gets_its_plan_as_comment_and_summary_and_a_failing_plan_stops_it() {
    let file = recipe(".github/workflows/plan.yml");
    let checkout = Checkout::new(Scenario::Staging);
    let given = [("github.token", "t"), ("github.event.pull_request.number", "12")];
    let (ran, failed) = checkout.github(&file["jobs"]["plan"], &given);
    assert!(failed.is_none(), "{failed:#?}");
    assert_eq!(ran, ["Configuration", "Plan", "Comment"]);
    let (plan, summary) = (checkout.read("plan.md"), checkout.read("summary.md"));
    assert!(plan.contains("terraform_data.vpc") && plan == summary, "{plan}");
    assert_eq!(checkout.read("gh.log"), "pr comment 12 --body-file plan.md --edit-last --create-if-none\n");
    assert!(!checkout.home.path().join("units/network/terraform.tfstate").exists(), "planning changes nothing");
    checkout.home.write("units/network/main.tf", "broken {");
    let (ran, failed) = checkout.github(&file["jobs"]["plan"], &given);
    assert_eq!(ran, ["Configuration", "Plan"], "no comment for a missing plan");
    assert_eq!(failed.unwrap().code, 1);
    checkout.home.write("config.toml", "default_environment = 3\n");
    let (ran, failed) = checkout.github(&file["jobs"]["plan"], &given);
    assert_eq!((ran.as_slice(), failed.unwrap().code), (&["Configuration".to_owned()][..], 2));
}

#[test]
fn merge_is_applied_and_deployed_and_the_verdict_decides_the_job() {
    let file = recipe(".github/workflows/deploy.yml");
    let job = &file["jobs"]["deploy"];
    let checkout = Checkout::new(Scenario::Staging);
    let (ran, failed) = checkout.github(job, &[("github.sha", "c0ffee1")]);
    assert!(failed.is_none(), "{failed:#?}");
    assert_eq!(ran, ["Apply", "Deploy", "Verdict"]);
    assert!(checkout.read("units/network/terraform.tfstate").contains("10.0.0.0/16"));
    let summary = checkout.read("summary.md");
    assert!(summary.starts_with("### staging\n") && summary.matches("- **done**").count() == 2, "{summary}");
    // A version that does not start is rolled back: the job fails with that reason.
    let (ran, failed) = checkout.github(job, &[("github.sha", "badc0de")]);
    assert_eq!(ran, ["Apply", "Deploy", "Verdict"]);
    assert_eq!(failed.unwrap().code, 5);
    let summary = checkout.read("summary.md");
    assert!(summary.contains("- **rolled_back**") && summary.contains("exited 1"), "{summary}");
    // A failing apply deploys nothing.
    checkout.home.write("units/network/main.tf", "broken {");
    let deployed = checkout.world.requests("ecs:UpdateService");
    std::fs::remove_file(checkout.home.path().join("deploy.json")).unwrap();
    let (ran, failed) = checkout.github(job, &[("github.sha", "c0ffee1")]);
    assert_eq!(ran, ["Apply", "Verdict"]);
    assert_ne!(failed.unwrap().code, 0);
    assert_eq!(checkout.world.requests("ecs:UpdateService"), deployed);
}

#[test]
fn other_account_stops_a_pipeline_before_any_change() {
    let file = recipe(".github/workflows/deploy.yml");
    let checkout = Checkout::new(Scenario::Staging);
    let config = checkout.read("config.toml").replace("123456789012", "210987654321");
    checkout.home.write("config.toml", config);
    let (_, failed) = checkout.github(&file["jobs"]["deploy"], &[("github.sha", "c0ffee1")]);
    assert!(failed.is_some());
    assert_eq!(checkout.world.requests("ecs:UpdateService") + checkout.world.requests("ecs:RegisterTaskDefinition"), 0);
}

#[test]
fn gitlab_gets_the_plan_as_artifact_and_the_verdict_as_junit() {
    let file = recipe(".gitlab-ci.yml");
    let checkout = Checkout::new(Scenario::Staging);
    let token = [("AWS_TOKEN", "head.claims.signature")];
    let output = checkout.gitlab(&file, "plan", &token).exits(0);
    assert!(output.out.contains("terraform_data.vpc") && checkout.read("plan.md").contains("terraform_data.vpc"));
    for (sha, code) in [("c0ffee1", 0), ("badc0de", 5)] {
        checkout.gitlab(&file, "deploy", &[token[0], ("CI_COMMIT_SHORT_SHA", sha)]).exits(code);
        let report = checkout.read("deploy.xml");
        assert!(report.starts_with("<testsuite name=\"deploy\">") && report.trim_end().ends_with("</testsuite>"));
        assert_eq!(report.matches("<testcase ").count(), 1, "{report}");
        assert_eq!(report.contains("<failure message="), code != 0, "{report}");
        let mut reader = quick_xml::Reader::from_str(&report);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }
    assert!(
        checkout.world.requests("sts:AssumeRoleWithWebIdentity") > 0,
        "each command assumes the role with the token"
    );
    // Every file that a job passes on exists.
    for (job, key) in [("plan", "plan.md"), ("deploy", "deploy.json")] {
        assert_eq!(file[job]["artifacts"]["paths"][0], key);
        assert!(checkout.home.path().join(key).exists());
    }
    assert!(Path::new(file["deploy"]["artifacts"]["reports"]["junit"].as_str().unwrap()).extension().is_some());
}

#[test]
fn other_recipes_use_existing_commands() {
    let checkout = Checkout::new(Scenario::Staging);
    let variables = BTreeMap::from([("ENVIRONMENT".to_owned(), "staging".to_owned())]);
    let scripts = blocks("sh");
    assert!(scripts.len() >= 2);
    checkout.script(&["bash", "-e", "-c"], &scripts[0], &variables).exits(0);
    let (_, failed) =
        checkout.github(&recipe(".github/workflows/deploy.yml")["jobs"]["deploy"], &[("github.sha", "c0ffee1")]);
    assert!(failed.is_none());
    let output = checkout.script(&["bash", "-e", "-c"], &scripts[1], &variables);
    assert!(matches!(output.code, 0 | 2), "{output:#?}");
}
