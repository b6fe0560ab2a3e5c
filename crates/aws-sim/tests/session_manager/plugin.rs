//! The official session-manager-plugin as the client of the simulator's gateway, to verify its compatibility.
#![allow(clippy::unwrap_used)]

use super::client::{PATIENCE, REMOTE, fault, plugin};
use super::matrix::{Sizes, Transfer, far_side, transfer};
use aws_sim::{Scenario, Sim, SimOptions};
use serde_json::json;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the official plugin in COCKPIT_SESSION_MANAGER_PLUGIN: `./dev test --full` builds it"]
async fn official_plugin_transfers_every_byte_and_resumes_its_session() {
    let map = vec![(format!("{}:{}", REMOTE.0, REMOTE.1), far_side().await)];
    let sim = Sim::start(SimOptions { scenario: Scenario::Staging, map, ..SimOptions::default() }).await.unwrap();
    let program = std::env::var("COCKPIT_SESSION_MANAGER_PLUGIN").unwrap();
    let (_child, local) = plugin(&program, &sim.endpoint()).await;
    for kind in [Transfer::Up, Transfer::Down, Transfer::Rounds] {
        let result = timeout(PATIENCE, transfer(local, kind, Sizes::SMALL, async {})).await.unwrap();
        assert!(result.unwrap(), "{kind:?}");
    }
    let cut = fault(&sim, json!({"operation": "gateway:link", "kind": "reset", "count": 1}));
    assert!(timeout(PATIENCE, transfer(local, Transfer::Rounds, Sizes::SMALL, cut)).await.unwrap().unwrap());
}
