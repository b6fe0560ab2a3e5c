//! Conditions around Terraform: the account, hooks, and large outputs.

use crate::infra_runs::ahead::terragrunt;
use crate::infra_runs::{PLAIN, Run, in_state, order, terraform, unit};
use crate::support::{Home, World};
use cockpit::infra::run::folder;
use cockpit::model::infra::RunOrder;
use cockpit::model::infra::Tool;
use cockpit::model::infra::data_loss::Loss;
use cockpit::model::infra::run::Phase;
use cockpit::model::infra::run_event::{Goal, RequestKind, RunEnd, UnitEnd};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Starts a stand-in for STS that returns this account, which the test can change, and counts its requests.
pub(crate) fn sts(account: &Arc<Mutex<String>>, requests: &Arc<AtomicU64>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let (account, requests) = (Arc::clone(account), Arc::clone(requests));
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 16 * 1024]);
            requests.fetch_add(1, Ordering::SeqCst);
            let account = account.lock().expect("no panic").clone();
            let body = format!(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
                 <Arn>arn:aws:iam::{account}:user/ana</Arn><UserId>AIDA</UserId><Account>{account}</Account>\
                 </GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
            );
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    endpoint
}

#[tokio::test]
async fn account_is_checked_again_before_an_apply_and_another_account_changes_nothing() {
    let home = Home::new();
    let (account, requests) = (Arc::new(Mutex::new("111111111111".to_owned())), Arc::default());
    let endpoint = sts(&account, &requests);
    let units = vec![unit(&home, "a", &[], PLAIN)];
    let with = |account: &str| RunOrder {
        account: Some(account.to_owned()),
        region: Some("eu-west-1".into()),
        endpoint_url: Some(endpoint.clone()),
        ..order(Goal::Apply, units.clone())
    };
    let mut wrong = Run::start(&home, &with("222222222222")).await.expect("it starts");
    assert_eq!(wrong.end(true), RunEnd::Failed);
    let why = |run: &Run| match run.unit_end("a") {
        UnitEnd::Failed { why } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert!(why(&wrong).contains("account 111111111111, and the run was begun in 222222222222"), "{}", why(&wrong));
    assert!(wrong.state.units["a"].plan.is_none(), "nothing is planned");
    drop(wrong);
    let mut run = Run::start(&home, &with("111111111111")).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let before = requests.load(Ordering::SeqCst);
    "333333333333".clone_into(&mut account.lock().expect("no panic"));
    assert_eq!(run.end(true), RunEnd::Failed);
    assert!(requests.load(Ordering::SeqCst) > before, "the account is requested again");
    assert!(why(&run).contains("account 333333333333"), "{}", why(&run));
    assert!(in_state(&units[0]).is_empty(), "nothing is applied");
    // With the right account again, a retry succeeds.
    "111111111111".clone_into(&mut account.lock().expect("no panic"));
    run.ask(RequestKind::Retry);
    run.resume().await;
    run.until("the retry", false, |state| state.end.is_none());
    assert_eq!(run.end(true), RunEnd::Done);
    assert_eq!(in_state(&units[0]), ["terraform_data.it"]);
}

/// The peak memory of a process, in KB.
fn most_memory(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok())
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn two_hundred_megabytes_of_output_use_no_more_memory_than_a_little() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN)];
    // Terraform with a background process that keeps printing, like a provisioner or a hook.
    let loud = home.path().join("loud");
    let script = format!(
        "#!/bin/sh\ncase \"$1\" in\n  apply) head -c 210000000 /dev/zero | tr '\\0' x | fold -w 16000; echo ;;\nesac\nexec {} \"$@\"\n",
        terraform().display()
    );
    std::fs::write(&loud, script).expect("a file");
    std::fs::set_permissions(&loud, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let mut run =
        Run::start(&home, &RunOrder { terraform: loud, ..order(Goal::Apply, units.clone()) }).await.expect("it starts");
    let pid = run.state.supervisor;
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let pid = pid.or(run.state.supervisor).expect("a supervisor");
    let before = most_memory(pid).expect("it lives");
    run.approve_all();
    let mut most = before;
    run.until("the end", false, |state| {
        most = most.max(most_memory(pid).unwrap_or(0));
        state.units["a"].phase == Phase::Ended
    });
    assert_eq!(run.end(false), RunEnd::Done);
    assert_eq!(in_state(&units[0]), ["terraform_data.it"]);
    let output = std::fs::metadata(folder::stdout(&run.folder, "a", cockpit::model::infra::run_event::Step::Apply));
    assert!(output.expect("a file").len() > 200_000_000, "the file has the full value");
    assert!(most - before < 32 * 1024, "{before} KB became {most} KB");
}

#[tokio::test]
async fn unit_with_apply_hooks_is_applied_through_terragrunt_and_the_run_records_it() {
    let home = Home::new();
    let mut unit = unit(&home, "a", &[], PLAIN);
    let hook = "terraform {\n  after_hook \"told\" {\n    commands = [\"apply\"]\n    execute  = [\"touch\", \"${get_terragrunt_dir()}/told\"]\n  }\n}\n";
    std::fs::write(unit.dir.join("terragrunt.hcl"), hook).expect("a file");
    (unit.tool, unit.around.apply_hooks) = (Tool::Terragrunt, true);
    let with = RunOrder { terragrunt: Some(terragrunt()), ..order(Goal::Apply, vec![unit.clone()]) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Done);
    let notes: Vec<&str> = run.state.notes.iter().map(|(_, text)| text.as_str()).collect();
    assert!(notes.iter().any(|text| text.contains("applied through Terragrunt")), "{notes:?}");
    assert!(unit.dir.join("told").exists(), "its hook ran");
}

#[tokio::test]
async fn destroy_losses_are_counted_before_the_confirmation() {
    let home = Home::new();
    let world = std::thread::spawn(World::staging).join().expect("a world");
    let units = vec![unit(&home, "a", &[], PLAIN)];
    let mut made = Run::start(&home, &order(Goal::Apply, units.clone())).await.expect("it starts");
    assert_eq!(made.end(true), RunEnd::Done);
    drop(made);
    // A Terraform whose plan additionally destroys a repository and a bucket.
    let wider = home.path().join("wider");
    let gone = |address: &str, kind: &str, before: serde_json::Value| {
        serde_json::json!({"address": address, "mode": "managed", "type": kind, "name": "this",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {"actions": ["delete"], "before": before, "after": null, "before_sensitive": {}, "after_sensitive": false}})
    };
    let more = serde_json::json!([
        gone(
            "aws_ecr_repository.web",
            "aws_ecr_repository",
            serde_json::json!({"name": "bookmark-manager-staging-web", "force_delete": true})
        ),
        gone("aws_s3_bucket.this", "aws_s3_bucket", serde_json::json!({"bucket": "team-logs", "force_destroy": true})),
        gone(
            "aws_cloudwatch_log_group.this",
            "aws_cloudwatch_log_group",
            serde_json::json!({"name": "/aws/lambda/bookmark-manager-staging-ecs-scheduler"})
        ),
    ]);
    std::fs::write(home.path().join("more.json"), more.to_string()).expect("a file");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = show ]; then\n  {real} \"$@\" | {python} -c 'import json,sys\nplan = json.load(sys.stdin)\nplan[\"resource_changes\"] += json.load(open(\"{more}\"))\nprint(json.dumps(plan))'\nelse\n  exec {real} \"$@\"\nfi\n",
        real = terraform().display(),
        python = crate::support::python().display(),
        more = home.path().join("more.json").display(),
    );
    std::fs::write(&wider, script).expect("a file");
    std::fs::set_permissions(&wider, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let with = RunOrder {
        terraform: wider,
        region: Some("ap-northeast-1".into()),
        endpoint_url: Some(world.endpoint()),
        ..order(Goal::Destroy, units.clone())
    };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    run.until("a plan", false, |state| state.to_review().count() == 1);
    let output: Vec<String> = run.state.units["a"].losses.iter().map(Loss::sentence).collect();
    assert_eq!(output.len(), 3, "{output:?}");
    assert_eq!(output[0], "aws_cloudwatch_log_group.this: about 48 MB of logs");
    assert!(output[1].starts_with("aws_ecr_repository.web: ") && output[1].contains(" image"), "{output:?}");
    assert!(
        output[2].contains("aws_s3_bucket.this: what is in it is not counted") && output[2].contains("team-logs"),
        "{output:?}"
    );
    assert!(!in_state(&units[0]).is_empty(), "nothing is destroyed before the yes");
    run.ask(RequestKind::Cancel { hard: false });
    assert_eq!(run.end(false), RunEnd::Cancelled);
    std::thread::spawn(move || drop(world)).join().expect("it ends");
}

#[tokio::test]
async fn successful_apply_without_counts_is_a_failure() {
    let home = Home::new();
    let units = vec![unit(&home, "a", &[], PLAIN)];
    // A Terraform that ends as if interrupted before it started.
    let brief = home.path().join("brief");
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = apply ]; then\n  echo '{{\"@message\":\"Terraform\",\"type\":\"version\",\"terraform\":\"1.11.4\",\"ui\":\"1.2\"}}'\n  exit 0\nfi\nexec {} \"$@\"\n",
        terraform().display()
    );
    std::fs::write(&brief, script).expect("a file");
    std::fs::set_permissions(&brief, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    let with = RunOrder { terraform: brief, ..order(Goal::Apply, units.clone()) };
    let mut run = Run::start(&home, &with).await.expect("it starts");
    assert_eq!(run.end(true), RunEnd::Failed);
    let end = run.unit_end("a");
    assert!(matches!(end, UnitEnd::Failed { why } if why.contains("ended before it had begun")), "{end:?}");
    assert!(in_state(&units[0]).is_empty());
}
