//! Every service shape documented by the API, through every command: a shape without special meaning is handled like
//! the usual one, and others are explained.

use super::home;
use crate::support::{Home, World, line};
use serde_json::{Value, json};

const WEB: &str = "bookmark-manager-staging-web";

/// Commands about one service, and about all of them. None changes anything.
const COMMANDS: [&str; 17] = [
    "services -o json",
    "services web -o json",
    "services web",
    "tasks web -o json",
    "tasks",
    "autoscaling web -o json",
    "snapshot -o json",
    "snapshot",
    "schedule",
    "logs web --since 1m",
    "deploy web --image c0ffee1 --dry-run -o json",
    "deploy web --force --dry-run -o json",
    "rollback web --dry-run -o json",
    "scale web 2 --dry-run -o json",
    "stop --direct --dry-run -o json",
    "stop --dry-run -o json",
    "start --direct --dry-run -o json",
];

/// A shape: its name, the change of the world, its text in `services`, and the commands that refuse it,
/// with their reasons.
struct Shape {
    name: &'static str,
    change: Value,
    shown: Vec<(&'static str, &'static str)>,
    refused: Vec<(&'static str, &'static str)>,
}

fn of_services(at: &str, field: &str, value: &Value) -> Value {
    json!({"newer_field": {"operation": "ecs:DescribeServices", "at": at, "field": field, "value": value}})
}

fn shapes() -> Vec<Shape> {
    let shape = |more: Value| {
        let mut shape = json!({"service": WEB});
        shape.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "shape": shape })
    };
    let elsewhere = |controller| vec![("deploy", controller), ("rollback", controller)];
    let strategy = |name: &str| of_services("services.deploymentConfiguration", "strategy", &name.into());
    let connect = json!({"enabled": true, "namespace": "arn:aws:servicediscovery:ap-northeast-1:123456789012:namespace/ns-1",
        "services": [{"portName": "http", "clientAliases": [{"port": 80, "dnsName": "web"}]}]});
    vec![
        Shape {
            name: "usual",
            change: json!({}),
            shown: vec![("scheduling", "REPLICA"), ("controller", "ECS"), ("launch", "FARGATE")],
            refused: vec![],
        },
        Shape {
            name: "daemon",
            change: shape(json!({"scheduling": "DAEMON"})),
            shown: vec![("scheduling", "DAEMON")],
            refused: vec![("scale", "DAEMON")],
        },
        Shape {
            name: "CodeDeploy",
            change: shape(json!({"controller": "CODE_DEPLOY"})),
            shown: vec![("controller", "CODE_DEPLOY")],
            refused: elsewhere("CODE_DEPLOY"),
        },
        Shape {
            name: "external",
            change: shape(json!({"controller": "EXTERNAL"})),
            shown: vec![("controller", "EXTERNAL")],
            refused: elsewhere("EXTERNAL"),
        },
        Shape {
            name: "capacity providers",
            change: shape(json!({"providers": true})),
            shown: vec![("launch", "FARGATE+FARGATE_SPOT")],
            refused: vec![],
        },
        Shape {
            name: "Service Connect",
            change: of_services("services.deployments", "serviceConnectConfiguration", &connect),
            shown: vec![("controller", "ECS")],
            refused: vec![],
        },
        Shape { name: "canary", change: strategy("CANARY"), shown: vec![("strategy", "CANARY")], refused: vec![] },
        Shape { name: "linear", change: strategy("LINEAR"), shown: vec![("strategy", "LINEAR")], refused: vec![] },
        Shape {
            name: "no launch type",
            change: of_services("services", "launchType", &"EXTERNAL".into()),
            shown: vec![("launch", "EXTERNAL")],
            refused: vec![],
        },
    ]
}

/// The exit code and the output of each command.
fn tried(home: &Home, world: &World) -> Vec<(i32, String)> {
    let output = COMMANDS.iter().map(|arguments| {
        let output = line(&mut home.on(world), arguments);
        (output.code, format!("{}{}", output.out, output.err))
    });
    output.collect()
}

#[test]
fn every_command_accepts_services_of_every_shape_or_explains_why_not() {
    let home = home();
    let usual = tried(&home, &World::staging());
    for Shape { name, change, shown, refused } in shapes() {
        let world = World::staging();
        world.poke(&change);
        for ((command, (code, text)), (usually, _)) in COMMANDS.iter().zip(tried(&home, &world)).zip(&usual) {
            let why = refused.iter().find(|(first, _)| command.split(' ').next() == Some(*first));
            let expected = if why.is_some() { 1 } else { *usually };
            assert_eq!(code, expected, "{name}: {command}: {text}");
            if let Some((_, words)) = why {
                assert!(text.contains(words), "{name}: {command}: {text}");
            }
            for odd in ["of  ", "panicked", "internal fault", " :0"] {
                assert!(!text.contains(odd), "{name}: {command}: `{odd}` in {text}");
            }
        }
        let service = line(&mut home.on(&world), "services web -o json").exits(0).json()["services"][0].clone();
        for (field, value) in shown {
            assert_eq!(service[field], value, "{name}: {service:#}");
        }
        assert_eq!(world.requests("ecs:UpdateService") + world.requests("ecs:RegisterTaskDefinition"), 0, "{name}");
    }
}
