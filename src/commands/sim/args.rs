//! Arguments of `cockpit sim`.

use crate::commands::scenario::{parse_scenario, parse_speed};
use aws_sim::Scenario;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Run the simulated AWS as a server
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "Prints one line of JSON with its endpoint, then serves until SIGINT or SIGTERM.

Scenarios: staging, prod, pantri, minimal (calm), stopped (at night); crash-loop, bad-image, slow-rollout,
failover, throttled, expired, log-storm, scale-out, big. With the first change that is made: breaker,
no-breaker, rollback-fails, rollback-hangs, deleted, other-deploy, lost-answer, throttled-deploy, expires,
scheduled-stop. Without a past: first-deployment. Other shapes of services: health-checks, blue-green,
controllers (CodeDeploy, external).

Every client is throttled at the rates that AWS documents for each API. A second of a rate is a real or a
simulated one, whichever passes sooner: with --speed 60 a client may send 60 times as many requests, with --speed 0
as many as on AWS.

`POST /_sim/world` with JSON triggers more events: {\"delete_service\": NAME}, {\"rollback\": {\"service\": NAME,
\"ends\": \"fails\"}} (or hangs, open), {\"refuse_role\": ARN}, {\"role_seconds\": 60}; `POST /_sim/rates` {\"on\": false}.

Session Manager is simulated, too: sessions to a host and port (--map), ECS Exec with a small shell of its own
(--allow-commands: with programs of this machine), and faults of the link as `POST /_sim/fault`: {\"operation\":
\"gateway:link\", \"kind\": \"close\"} (or reset, going_away, hang, ended, restart), gateway:connect denied, signature,
reset or hang, gateway:handshake old, early, silent or with delay_ms, gateway:output and gateway:acknowledge drop,
duplicate, reorder, damage, unknown or with delay_ms, gateway:input (what a client sends) drop, duplicate,
reorder, damage or with delay_ms, gateway:pace delay (for each KB), gateway:dial refused
or hang; {\"after\": N} lets N through first.

Example:
  cockpit sim --scenario crash-loop --listen 127.0.0.1:4600
  cockpit --endpoint-url http://127.0.0.1:4600 services")]
pub struct Arguments {
    /// The scenario: what happens in the simulated AWS
    #[arg(long, value_name = "NAME", default_value = "staging", value_parser = parse_scenario)]
    pub scenario: Scenario,
    /// The address to listen on; only loopback addresses are allowed, port 0 picks a free port
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", value_parser = loopback)]
    pub listen: SocketAddr,
    /// The seed of ids and values: the same seed gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// The speed of the simulated clock as a multiple of real time; 0 stops it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = parse_speed)]
    pub speed: f64,
    /// Route tunnels to this host and port to a port of this machine. The host may be `*` (every host), `writer` or
    /// `reader` (the Aurora member that has this role at the time), or a member's identifier; names of a cluster follow
    /// a failover after 5 s. Tunnels to any other host reach an echo server. May be given several times
    #[arg(long, value_name = "HOST:PORT=127.0.0.1:PORT", value_parser = mapped)]
    pub map: Vec<(String, SocketAddr)>,
    /// Let ECS Exec run programs of this machine, as the user who runs the simulator, instead of the small shell
    #[arg(long)]
    pub allow_commands: bool,
    /// Write the certificate of its authority to this file, for `AWS_CA_BUNDLE`; TLS is served on the same port
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Do not throttle clients
    #[arg(long)]
    pub unlimited: bool,
}

/// Parses a host and port, and the local address that they map to.
fn mapped(text: &str) -> Result<(String, SocketAddr), String> {
    let (from, to) = text.split_once('=').ok_or("HOST:PORT=127.0.0.1:PORT")?;
    let port = from.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
    port.ok_or("a host and a port before the `=`, such as db.example:5432")?;
    Ok((from.to_owned(), loopback(to)?))
}

/// Parses a loopback address.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "an address and a port, such as 127.0.0.1:0".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only loopback addresses (127.0.0.1, [::1])".to_owned()) }
}
