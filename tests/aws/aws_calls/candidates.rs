//! The tasks that a tunnel or shell can go through.

use super::last_lines::scripted;
use super::*;
use cockpit::aws::ssm::{Gateway, Purpose};
use cockpit::model::tunnel::{ExecTarget, TunnelGateway};

fn arn(id: &str) -> String {
    format!("arn:aws:ecs:{REGION}:1:task/{CLUSTER}/{id}")
}

fn task(id: &str, started: u32) -> Value {
    let agent = json!({"name": "ExecuteCommandAgent", "lastStatus": "RUNNING"});
    json!({
        "taskArn": arn(id), "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "healthStatus": "HEALTHY",
        "enableExecuteCommand": true, "platformVersion": "1.4.0", "startedAt": started,
        "containers": [{"name": "web", "runtimeId": format!("{id}-1"), "managedAgents": [agent]}],
    })
}

/// Chooses on a service with these answers; returns the choice and the requests.
fn chosen(answers: Vec<Value>) -> (Result<ExecTarget, Failure>, Vec<Value>) {
    let (endpoint, served) = scripted(answers.into_iter().map(|answer| (200, answer)).collect());
    let wanted = TunnelGateway { cluster: CLUSTER.into(), service: WEB.into(), ..TunnelGateway::default() };
    let gateway =
        Gateway::new(Session::new(connection(endpoint)), None, wanted, Purpose::Shell { command: "sh".into() });
    let chosen = Runtime::new().unwrap().block_on(gateway.choose());
    (chosen, served.join().unwrap())
}

#[test]
fn newest_task_is_found_on_any_page_and_all_tasks_are_described() {
    let (found, requests) = chosen(vec![
        json!({"taskArns": [arn("one")], "nextToken": "second"}),
        json!({"taskArns": [], "nextToken": "third"}),
        json!({"taskArns": [arn("two")]}),
        json!({"tasks": [task("one", 1), task("two", 2)]}),
    ]);
    assert_eq!(found.unwrap().task, "two");
    let tokens: Vec<&Value> = requests[..3].iter().map(|request| &request["nextToken"]).collect();
    assert_eq!(tokens, [&Value::Null, &json!("second"), &json!("third")]);
    assert_eq!(requests[3]["tasks"], json!([arn("one"), arn("two")]));
    // A service that repeats its token is not queried forever.
    let page = || json!({"taskArns": [], "nextToken": "again"});
    let failure = chosen(vec![page(), page()]).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Malformed);
    assert!(failure.message.contains("same page token"), "{failure}");
}
