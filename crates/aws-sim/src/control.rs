//! Control requests under `/_sim/`: time, faults, keys, direct changes of the world, and the simulator's state. JSON,
//! without credentials, on loopback only.
//!
//! | request | body | effect |
//! |---|---|---|
//! | `POST /_sim/advance` | `{"seconds":N}` | the clock moves; everything due happens |
//! | `POST /_sim/fault` | `{"operation","kind","count","seconds","delay_ms"}`, `{"clear":true}` | see `faults` |
//! | | operations `gateway:connect`, `gateway:handshake`, `gateway:link`, `gateway:output`, `gateway:acknowledge`, `gateway:dial` | the WebSocket of sessions, see `gateway` |
//! | `POST /_sim/rates` | `{"on":false}`, `{"rate":"logs:filter","per_second":5,"burst":5}` | throttling, see `rates` |
//! | `POST /_sim/expire` | `{"access_key","on"}` | requests signed with the key are refused; `"on":false` ends that |
//! | `POST /_sim/world`, `/_sim/poke` | see `World::control` and `World::poke` | changes the world; returns the result |
//! | `POST /_sim/logs` | `{"region","group","from","to"}` in ms | ids of all visible events |
//! | `GET /_sim/state` | | time, services, databases, faults |
//! | `GET /_sim/requests` | | counts by operation and budget; `POST /_sim/requests/reset` |

use crate::reply::{Payload, answer};
use crate::shared::Shared;
use crate::world::World;
use hyper::http::request::Parts;
use hyper::{Method, Response};
use serde_json::{Value, json};

/// Answers a control request.
pub(crate) fn handle(shared: &Shared, head: &Parts, body: &[u8]) -> Response<Payload> {
    let (status, value) = match run(shared, &head.method, head.uri.path(), body) {
        Ok(value) => (200, value),
        Err((status, message)) => (status, json!({"error": message})),
    };
    answer(status, "application/json", value.to_string().into_bytes())
}

fn run(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Result<Value, (u16, String)> {
    let bad = |message: String| (400, message);
    let input = || -> Result<Value, (u16, String)> {
        if body.is_empty() {
            return Ok(json!({}));
        }
        serde_json::from_slice(body).map_err(|e| (400, format!("not JSON: {e}")))
    };
    match (method.as_str(), path) {
        ("POST", "/_sim/advance") => {
            let seconds = input()?["seconds"].as_f64().filter(|s| *s >= 0.0);
            let seconds = seconds.ok_or_else(|| bad("seconds is missing or negative".to_owned()))?;
            shared.clock.advance((seconds * 1000.0) as i64);
            drop(shared.world());
            Ok(json!({"now": shared.clock.now().to_string()}))
        }
        ("POST", "/_sim/fault") => {
            shared.faults().control(&input()?, shared.clock.now_ms()).map_err(bad)?;
            shared.gateway().notify_of_faults();
            Ok(json!({"faults": shared.faults().report()}))
        }
        ("POST", "/_sim/rates") => {
            shared.limits().control(&input()?).map_err(bad)?;
            Ok(json!({"ok": true}))
        }
        ("POST", "/_sim/expire") => {
            let input = input()?;
            let key = input["access_key"].as_str().ok_or_else(|| bad("access_key is missing".to_owned()))?;
            if input["on"] == json!(false) {
                shared.keys().revive(key);
                return Ok(json!({"good": key}));
            }
            shared.keys().expire(key);
            Ok(json!({"expired": key}))
        }
        ("POST", "/_sim/world" | "/_sim/poke") => shared.world().control(&input()?).map_err(bad),
        ("POST", "/_sim/logs") => emitted(shared, &input()?).map_err(bad),
        ("GET", "/_sim/state") => Ok(state(shared)),
        ("GET", "/_sim/requests") => Ok(shared.meter().report()),
        ("POST", "/_sim/requests/reset") => {
            *shared.meter() = crate::meter::Meter::new();
            Ok(json!({"ok": true}))
        }
        _ => Err((404, format!("no control request {method} {path}"))),
    }
}

/// The newest service deployments with their states.
fn releases(world: &World, service: usize) -> Vec<Value> {
    let newest = world.services[service].releases.iter().take(5);
    newest
        .map(|r| {
            json!({
                "id": r.id,
                "deployment": format!("ecs-svc/{}", r.deployment),
                "status": r.shown(world.now),
                "reason": r.status_reason,
            })
        })
        .collect()
}

/// The ids of the log events that a reader must have received; tests compare with them to detect losses.
fn emitted(shared: &Shared, input: &Value) -> Result<Value, String> {
    let world = shared.world();
    let group = input["group"].as_str().ok_or("group is missing")?;
    let region = input["region"].as_str().unwrap_or("ap-northeast-1");
    let streams = world.streams(region, group).ok_or("no such group")?;
    let (from, to) = (input["from"].as_i64().unwrap_or(0), input["to"].as_i64().unwrap_or(world.now));
    let ids = crate::services::visible_events(&world, &streams, from, to);
    Ok(json!({"now": world.now, "ids": ids}))
}

fn state(shared: &Shared) -> Value {
    let world = shared.world();
    let clusters: Vec<Value> = world
        .clusters
        .iter()
        .enumerate()
        .map(|(at, c)| {
            let services: Vec<Value> = world
                .service_index
                .range((at, String::new())..(at + 1, String::new()))
                .map(|((_, name), s)| {
                    let d = &world.services[*s].deployments;
                    json!({
                        "name": name,
                        "desired": world.services[*s].desired,
                        "running": world.running(*s),
                        "pending": world.pending(*s),
                        "deployments": d.len(),
                        "failed_tasks": d[0].failed + d[0].health_failures,
                        "deployment": d[0].name(),
                        "task_definition": d[0].def.arn(),
                        "releases": releases(&world, *s),
                    })
                })
                .collect();
            json!({"name": c.name, "region": c.region, "services": services})
        })
        .collect();
    let databases: Vec<Value> = world
        .databases
        .instances
        .iter()
        .enumerate()
        .map(|(at, i)| {
            let cluster = i.cluster.map(|c| &world.databases.clusters[c]);
            json!({
                "id": i.id,
                "region": i.region,
                "cluster": cluster.map(|c| c.id.as_str()),
                "status": cluster.map_or(i.status, |c| c.status),
                "writer": cluster.map(|c| c.writer() == at),
            })
        })
        .collect();
    json!({
        "now": shared.clock.now().to_string(),
        "scenario": shared.scenario.name(),
        "seed": shared.seed,
        "clusters": clusters,
        "databases": databases,
        "tasks": world.tasks.len(),
        "faults": shared.faults().report(),
    })
}
