//! Refusals and waits of Terraform are reported with its message, and no state is touched.

use crate::infra_runs::{PLAIN, Run, WAITS, in_state, order, terraform, unit, wait_for};
use crate::support::{Home, python};
use cockpit::infra::run::folder;
use cockpit::model::infra::RunOrder;
use cockpit::model::infra::error_causes;
use cockpit::model::infra::run_event::{Goal, RunEnd, Step, UnitEnd};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

fn why(run: &Run, unit: &str) -> String {
    match run.unit_end(unit) {
        UnitEnd::Failed { why } => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn missing_variable_value_or_provider_fails_its_unit_and_is_named() {
    let home = Home::new();
    let providers = home.path().join("providers");
    std::fs::create_dir_all(&providers).expect("a folder");
    let foreign = "terraform {\n  required_providers {\n    nowhere = { source = \"example.invalid/nobody/nowhere\" }\n  }\n}\nresource \"nowhere_thing\" \"it\" {}\n";
    let units = vec![
        unit(&home, "asks", &[], "variable \"size\" {}\nresource \"terraform_data\" \"it\" { input = var.size }\n"),
        unit(&home, "foreign", &[], foreign),
        unit(&home, "plain", &[], PLAIN),
    ];
    let with = RunOrder { plugin_dir: Some(providers), ..order(Goal::Apply, units.clone()) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Failed);
    assert!(why(&run, "asks").contains("No value for required variable"), "{}", why(&run, "asks"));
    let output = &run.state.units["asks"].diagnostics[0];
    assert_eq!((output.file.as_deref(), output.line), (Some("main.tf"), Some(1)));
    let foreign = &run.state.units["foreign"].diagnostics;
    assert!(foreign.iter().any(|message| format!("{message:?}").contains("nobody/nowhere")), "{foreign:?}");
    assert_eq!(run.unit_end("plain"), &UnitEnd::Done, "an independent unit continues");
    for unit in &units[..2] {
        assert!(!unit.dir.join("terraform.tfstate").exists(), "{}", unit.name);
    }
}

#[tokio::test]
async fn foreign_state_lock_is_waited_for_and_nothing_is_planned_meanwhile() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], WAITS)];
    let mut else_where = Command::new(terraform());
    else_where.current_dir(&units[0].dir).env_remove("TF_CLI_CONFIG_FILE").stdin(Stdio::null()).stdout(Stdio::null());
    let mut holder = else_where.args(["apply", "-auto-approve", "-input=false"]).spawn().expect("terraform runs");
    wait_for(&units[0].dir.join("begun"));
    let mut run = Run::start(&home, &order(Goal::Plan, units.clone())).await.expect("it starts");
    run.until("the plan to start", false, |state| {
        state.units["a"].step.as_ref().is_some_and(|step| step.step == Step::Plan) && state.units["a"].pid.is_some()
    });
    wait_for(&folder::stdout(&run.folder, "a", Step::Plan));
    // It prints its start before it requests the lock.
    run.until("the output of Terraform", false, |state| {
        state.units["a"].step.as_ref().is_some_and(|step| step.lines > 0)
    });
    assert!(run.state.units["a"].plan.is_none() && run.state.end.is_none(), "the lock is held");
    assert!(holder.try_wait().expect("it is there").is_none());
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    assert!(holder.wait().expect("it ends").success());
    assert_eq!(run.end(false), RunEnd::Done);
    // The plan includes what was created meanwhile: nothing is left to do.
    assert_eq!(run.unit_end("a"), &UnitEnd::Unchanged);
}

#[tokio::test]
async fn lasting_state_lock_is_reported_with_holder_time_and_inspect_command() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], WAITS)];
    let mut else_where = Command::new(terraform());
    else_where.current_dir(&units[0].dir).env_remove("TF_CLI_CONFIG_FILE").stdin(Stdio::null()).stdout(Stdio::null());
    let mut holder = else_where.args(["apply", "-auto-approve", "-input=false"]).spawn().expect("terraform runs");
    wait_for(&units[0].dir.join("begun"));
    // A Terraform that does not wait for locks.
    let hasty = home.path().join("hasty");
    let script = format!("#!/bin/bash\nexec {} \"${{@/-lock-timeout=60s/-lock-timeout=0s}}\"\n", terraform().display());
    std::fs::write(&hasty, script).expect("a file");
    std::fs::set_permissions(&hasty, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let with = RunOrder { terraform: hasty, ..order(Goal::Plan, units.clone()) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    assert_eq!(run.end(false), RunEnd::Failed);
    let output = why(&run, "a");
    assert!(output.contains("it is held by ") && output.contains(" for apply since 2"), "{output}");
    let explained = error_causes::explain(&run.state.units["a"].diagnostics[0]).expect("it is explained");
    assert!(
        explained.meaning.contains(" for apply since 2") && explained.hint.contains("cockpit infra unlock"),
        "{explained:?}"
    );
    std::fs::write(units[0].dir.join("go"), "").expect("a file");
    assert!(holder.wait().expect("it ends").success(), "the holder is not disturbed");
}

#[tokio::test]
async fn plan_file_of_another_terraform_version_is_neither_shown_nor_applied() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN)];
    // A Terraform whose plans claim another version.
    let other = home.path().join("other");
    let rewrite = home.write(
        "rewrite.py",
        "import sys, zipfile\nname = [word[5:] for word in sys.argv if word.startswith('-out=')][0]\n\
         kept = zipfile.ZipFile(name)\nparts = {one: kept.read(one) for one in kept.namelist()}\nkept.close()\n\
         version = sys.argv[1].encode()\nassert version in parts['tfplan']\n\
         parts['tfplan'] = parts['tfplan'].replace(version, b'9' + version[1:])\n\
         with zipfile.ZipFile(name, 'w') as made:\n    for one, data in parts.items():\n        made.writestr(one, data)\n",
    );
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = plan ]; then\n  {real} \"$@\"; code=$?\n  version=$({real} version | sed -n '1s/Terraform v//p')\n  {python} {rewrite} \"$version\" \"$@\" >&2 || exit 9\n  exit $code\nfi\nexec {real} \"$@\"\n",
        real = terraform().display(),
        python = python().display(),
        rewrite = rewrite.display(),
    );
    std::fs::write(&other, script).expect("a file");
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let with = RunOrder { terraform: other, ..order(Goal::Apply, units.clone()) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Failed);
    let why = why(&run, "a");
    assert!(why.contains("plan file was created by Terraform 9") && why.contains("but this is"), "{why}");
    assert!(!why.contains('\u{1b}'), "{why:?}");
    assert!(run.state.units["a"].approved.is_none());
    assert!(in_state(&units[0]).is_empty());
}
