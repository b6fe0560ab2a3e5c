//! The program against moto, an independent emulator, seeded with boto3: the resources created there are listed.

use crate::support::{Home, Lines, ended, line, python};
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};

const CONFIG: &str = "
[environments.seeded]
account = \"123456789012\"
region = \"ap-northeast-1\"
cluster = \"seeded\"
databases = [\"seeded-*\"]
alarms = [\"seeded-\"]
";

/// moto in its own process, until dropped.
struct Emulator {
    child: Child,
    endpoint: String,
}

impl Emulator {
    fn start(home: &Home) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/emulator.py");
        let mut command = Command::new(python());
        command.env_clear().envs(home.variables(None)).env("PYTHONDONTWRITEBYTECODE", "1").env_remove("HTTPS_PROXY");
        let mut child = command
            .arg(script)
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(home.path().join("moto.log")).unwrap())
            .spawn()
            .unwrap();
        let hello = Lines::of(child.stdout.take().unwrap()).next().unwrap_or_default();
        let log = || std::fs::read_to_string(home.path().join("moto.log")).unwrap_or_default();
        let hello: Value = serde_json::from_str(&hello).unwrap_or_else(|error| panic!("{error}: {}", log()));
        Self { child, endpoint: hello["endpoint"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        ended(&mut self.child);
    }
}

fn named<'a>(rows: &'a Value, field: &str, name: &str) -> &'a Value {
    let found = rows.as_array().and_then(|rows| rows.iter().find(|row| row[field] == name));
    found.unwrap_or_else(|| panic!("no {name} in {rows:#}"))
}

#[test]
fn resources_created_by_boto3_are_listed() {
    let home = Home::with(CONFIG);
    let emulator = Emulator::start(&home);
    let at = || home.at(Some(&emulator.endpoint));
    // moto has no CBOR support and sends container sizes as numbers: those sources fail, others work.
    let output = line(&mut at(), "snapshot --env seeded -o json").exits(3);
    let snapshot = output.json();
    assert_eq!(snapshot["account"], "123456789012");
    let services = &snapshot["services"];
    assert_eq!(services.as_array().unwrap().len(), 12);
    for number in 0..12 {
        let service = named(services, "name", &format!("svc-{number:02}"));
        assert_eq!(service["desired"], json!(number));
        assert_eq!(service["task_definition"], format!("svc-{number:02}:1"));
        let image = service["deployments"][0]["image"].as_str().unwrap();
        assert!(image.ends_with(&format!("svc-{number:02}:v{number}")), "{image}");
    }
    let scaled = &named(services, "name", "svc-03")["autoscaling"];
    assert_eq!((&scaled["min"], &scaled["max"]), (&json!(2), &json!(7)));
    assert_eq!(scaled["policies"].as_array().unwrap().len(), 1);
    assert_eq!(scaled["scheduled"].as_array().unwrap().len(), 1);
    assert_eq!(named(services, "name", "svc-00")["targets"].as_array().unwrap().len(), 1);
    let databases = &snapshot["databases"];
    assert_eq!(named(databases, "id", "seeded-db")["kind"], "rds");
    let aurora = named(databases, "id", "seeded-aurora");
    assert_eq!(aurora["kind"], "aurora");
    assert_eq!(aurora["members"].as_array().unwrap().len(), 2);
    for name in ["cloudwatch.alarms", "cloudwatch.metrics"] {
        let source = named(&snapshot["sources"], "name", name);
        assert_eq!(source["status"], "failed", "{source}");
        assert!(source["error"].as_str().is_some_and(|text| text.contains("cloudwatch:")), "{source}");
    }
    assert_eq!(snapshot["alarms"], Value::Null);
    // The same facts through the AWS CLI.
    let mut cli = Command::new(python());
    cli.env_clear().envs(home.variables(Some(&emulator.endpoint))).env("AWS_DEFAULT_REGION", "ap-northeast-1");
    let listed = line(&mut cli, "-m awscli --output json ecs list-services --cluster seeded --max-items 100").exits(0);
    assert_eq!(listed.json()["serviceArns"].as_array().unwrap().len(), 12);
    let rows = line(&mut at(), "db --env seeded -o json").json();
    assert_eq!(rows["databases"].as_array().unwrap().len(), 2);
    assert!(line(&mut at(), "doctor --env seeded").out.contains("123456789012"));
}
