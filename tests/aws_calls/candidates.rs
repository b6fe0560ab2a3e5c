//! The tasks that a tunnel or a shell may go through.

use super::last_lines::scripted;
use super::*;
use cockpit::aws::ssm::{Gateway, Purpose};
use cockpit::model::tunnel::{Chosen, Wanted};

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

/// What is chosen on a service that answers so, and what it was asked.
fn chosen(answers: Vec<Value>) -> (Result<Chosen, Failure>, Vec<Value>) {
    let (endpoint, served) = scripted(answers.into_iter().map(|answer| (200, answer)).collect());
    let wanted = Wanted { cluster: CLUSTER.into(), service: WEB.into(), ..Wanted::default() };
    let gateway =
        Gateway::new(Session::new(connection(endpoint)), None, wanted, Purpose::Shell { command: "sh".into() });
    let chosen = Runtime::new().unwrap().block_on(gateway.choose());
    (chosen, served.join().unwrap())
}

#[test]
fn the_newest_task_is_found_on_whichever_page_it_stands_and_all_are_described() {
    let (found, asked) = chosen(vec![
        json!({"taskArns": [arn("one")], "nextToken": "second"}),
        json!({"taskArns": [], "nextToken": "third"}),
        json!({"taskArns": [arn("two")]}),
        json!({"tasks": [task("one", 1), task("two", 2)]}),
    ]);
    assert_eq!(found.unwrap().task, "two");
    let tokens: Vec<&Value> = asked[..3].iter().map(|asked| &asked["nextToken"]).collect();
    assert_eq!(tokens, [&Value::Null, &json!("second"), &json!("third")]);
    assert_eq!(asked[3]["tasks"], json!([arn("one"), arn("two")]));
    // A service that repeats itself is not asked for ever.
    let page = || json!({"taskArns": [], "nextToken": "again"});
    let failure = chosen(vec![page(), page()]).0.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Malformed);
    assert!(failure.message.contains("same page token"), "{failure}");
}
