//! Other events in the life of a tunnel besides link faults: tasks that are replaced, a day and its night, IPv6
//! addresses, TLS, agents that run programs of this machine.
#![allow(clippy::unwrap_used)]

use super::client::{CLUSTER, Client, PATIENCE, REMOTE, SERVICE, ecs, fault, options, post, round, until};
use super::matrix::{Sizes, Transfer, Verdict, far_side, run_transfer, transfer};
use aws_sim::{Scenario, Sim, SimOptions};
use serde_json::json;
use ssm_tunnel::driver::{ShellInput, ShellOutput};
use ssm_tunnel::message::Size;
use ssm_tunnel::{Shell, State, Tunnel};
use std::io::ErrorKind;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::time::timeout;

async fn started(options: SimOptions, to: Option<SocketAddr>) -> Sim {
    let map = to.map(|to| (format!("{}:{}", REMOTE.0, REMOTE.1), to)).into_iter().collect();
    Sim::start(SimOptions { scenario: Scenario::Staging, map, ..options }).await.unwrap()
}

async fn tunnel(sim: &Sim) -> Tunnel {
    let gate = Client { endpoint: sim.endpoint(), command: None };
    let tunnel = Tunnel::open(gate, options(), SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    timeout(PATIENCE, tunnel.ready()).await.unwrap().unwrap();
    tunnel
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replaced_task_resets_a_transfer_and_the_next_uses_another_task() {
    for kind in [Transfer::Up, Transfer::Down, Transfer::Rounds] {
        let sim = started(SimOptions { speed: 20.0, ..SimOptions::default() }, Some(far_side().await)).await;
        let tunnel = tunnel(&sim).await;
        // The agent rests like the official one; otherwise everything arrives before the task ends.
        fault(&sim, json!({"operation": "gateway:pace", "kind": "delay", "delay_ms": 1})).await;
        let long = Sizes { bytes: 4 << 20, ..Sizes::SMALL };
        let task = tunnel.status().borrow().target.clone().unwrap();
        let stopped = async {
            let input = json!({"cluster": CLUSTER, "task": task, "reason": "test"});
            ecs(&sim.endpoint(), "StopTask", &input).await.unwrap();
            // Long after the time that a task has to stop.
            post(&sim.endpoint(), "/_sim/advance", "", &json!({"seconds": 120})).await.unwrap();
            until(&tunnel, |status| status.state != State::Ready || status.replacements > 0).await;
        };
        let result = timeout(PATIENCE, transfer(tunnel.address().unwrap(), kind, long, stopped)).await.unwrap();
        let error = result.map_err(|error| error.kind()).unwrap_err();
        assert!(matches!(error, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{kind:?}: {error:?}");
        until(&tunnel, |status| status.state == State::Ready && status.replacements > 0).await;
        assert_ne!(tunnel.status().borrow().target.as_deref(), Some(task.as_str()), "{SERVICE}");
        assert!(transfer(tunnel.address().unwrap(), kind, Sizes::SMALL, async {}).await.unwrap(), "{kind:?}");
    }
}

/// Whether the service is running, not stopped for the night.
async fn is_day(sim: &Sim) -> bool {
    let input = json!({"cluster": CLUSTER, "services": [SERVICE]});
    ecs(&sim.endpoint(), "DescribeServices", &input).await.unwrap()["services"][0]["desiredCount"] != 0
}

async fn advance(sim: &Sim, seconds: u64) {
    post(&sim.endpoint(), "/_sim/advance", "", &json!({"seconds": seconds})).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tunnel_survives_a_day_of_closes_and_a_night_without_tasks() {
    // Half past nine in the morning of a Thursday in Tokyo; staging is stopped at ten in the evening.
    let start = Some("2026-11-19T00:30:00Z".parse().unwrap());
    let sim = started(SimOptions { start, limited: false, ..SimOptions::default() }, Some(far_side().await)).await;
    let tunnel = tunnel(&sim).await;
    let sizes = Sizes { bytes: 96 << 10, rounds: 40, ..Sizes::SMALL };
    let (mut night, mut transfers) = (0, 0);
    for hour in 1..=24 {
        advance(&sim, 3600).await;
        if !is_day(&sim).await {
            night += 1;
            until(&tunnel, |status| matches!(status.state, State::Replacing(_))).await;
            continue;
        }
        for kind in [Transfer::Up, Transfer::Down, Transfer::Rounds] {
            let resumes = until(&tunnel, |status| status.state == State::Ready).await.resumes;
            let close = fault(&sim, json!({"operation": "gateway:link", "kind": "close", "count": 1}));
            assert_eq!(
                run_transfer(tunnel.address().unwrap(), kind, sizes, close).await,
                Verdict::Exact,
                "{hour}: {kind:?}"
            );
            until(&tunnel, |status| status.state == State::Ready && status.resumes > resumes).await;
            transfers += 1;
        }
        if hour % 3 == 0 {
            let before = tunnel.status().borrow().clone();
            let stop = json!({"cluster": CLUSTER, "task": before.target, "reason": "deployment"});
            ecs(&sim.endpoint(), "StopTask", &stop).await.unwrap();
            advance(&sim, 300).await;
            until(&tunnel, |status| status.replacements > before.replacements).await;
        }
    }
    assert_eq!((night, transfers), (11, 39));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_only_service_and_far_side_are_reached() {
    let far = TcpListener::bind("[::1]:0").await.unwrap();
    let to = far.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = far.accept().await {
            tokio::spawn(async move {
                let (mut read, mut write) = socket.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    let listen = "[::1]:0".parse().unwrap();
    let sim = started(SimOptions { listen, ..SimOptions::default() }, Some(to)).await;
    assert!(sim.endpoint().starts_with("http://[::1]:"));
    let tunnel = tunnel(&sim).await;
    timeout(PATIENCE, round(tunnel.address().unwrap(), 100_000)).await.unwrap().unwrap();
    assert_eq!(tunnel.close().await.refused, 0);
}

/// The output of a shell until it contains `end` or the shell is over.
async fn output_until(shell: &mut Shell, end: &str) -> (String, Option<i32>) {
    let (mut output, mut exit) = (Vec::new(), None);
    while !String::from_utf8_lossy(&output).contains(end) {
        match timeout(PATIENCE, shell.next()).await.unwrap() {
            Some(ShellOutput::Output(bytes) | ShellOutput::Stderr(bytes)) => output.extend_from_slice(&bytes),
            Some(ShellOutput::Exit(code)) => exit = Some(code),
            Some(ShellOutput::Closed) | None => break,
        }
    }
    (String::from_utf8_lossy(&output).into_owned(), exit)
}

fn shell(sim: &Sim, command: &str) -> Shell {
    let gate = Client { endpoint: sim.endpoint(), command: Some(command.to_owned()) };
    Shell::open(gate, options())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shell_continues_over_a_lost_link_without_repeating_output() {
    for kind in ["close", "reset", "hang"] {
        let sim = started(SimOptions::default(), None).await;
        let mut shell = shell(&sim, "/bin/sh");
        let input = shell.input().unwrap();
        input.send(ShellInput::Bytes("echo be''fore\r".into())).await.unwrap();
        output_until(&mut shell, "\r\nbefore\r\n").await;
        fault(&sim, json!({"operation": "gateway:link", "kind": kind, "count": 1})).await;
        input.send(ShellInput::Bytes("echo af''ter\r".into())).await.unwrap();
        let (output, _) = output_until(&mut shell, "\r\nafter\r\n").await;
        assert_eq!(output.matches("af''ter").count(), 1, "{kind}: {output}");
        let mut status = shell.status();
        timeout(PATIENCE, status.wait_for(|status| status.resumes == 1 && status.state == State::Ready))
            .await
            .unwrap()
            .unwrap();
        input.send(ShellInput::Bytes("exit 3\r".into())).await.unwrap();
        assert_eq!(output_until(&mut shell, "\0").await.1, Some(3), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_programs_run_only_if_allowed() {
    let sim = started(SimOptions { commands: true, ..SimOptions::default() }, None).await;
    let (output, exit) = output_until(&mut shell(&sim, "sh -c 'expr 6 \\* 7; exit 5'"), "\0").await;
    assert_eq!((output.as_str(), exit), ("42\r\n", Some(5)));
    // A real terminal, with a size and Ctrl-C.
    let mut real = shell(&sim, "/bin/sh");
    let input = real.input().unwrap();
    input.send(ShellInput::Size(Size { cols: 123, rows: 45 })).await.unwrap();
    let typed =
        "PS1=next''prompt; until [ \"$(stty size)\" = '45 123' ]; do sleep 0.05; done; echo there''after; cat\n";
    input.send(ShellInput::Bytes(typed.into())).await.unwrap();
    output_until(&mut real, "thereafter").await;
    input.send(ShellInput::Bytes("\u{3}".into())).await.unwrap();
    // Otherwise the program that is being ended could still read the next input.
    output_until(&mut real, "nextprompt").await;
    input.send(ShellInput::Bytes("exit 7\n".into())).await.unwrap();
    assert_eq!(output_until(&mut real, "\0").await.1, Some(7));
    // Without the permission, the built-in shell has no such program.
    let sim = started(SimOptions::default(), None).await;
    let (output, exit) = output_until(&mut shell(&sim, "sh -c 'expr 6 \\* 7; exit 5'"), "\0").await;
    assert!(output.contains("expr: not found") && exit == Some(5), "{output}");
}
