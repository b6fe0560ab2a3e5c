//! `cockpit sim`: its arguments.

use crate::commands::scenario::{named, speed};
use aws_sim::Scenario;
use clap::Args;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Run the simulated AWS alone
#[derive(Debug, Clone, PartialEq, Args)]
#[command(after_help = "It prints one line of JSON with its endpoint, then serves until SIGINT or SIGTERM.

Scenarios: staging, prod, pantri, minimal (calm), stopped (at night); crash-loop, bad-image, slow-rollout,
failover, throttled, expired, log-storm, scale-out, big. With the first change that is made: breaker,
no-breaker, rollback-fails, rollback-hangs, deleted, other-deploy, lost-answer, throttled-deploy, expires,
scheduled-stop. Without a past: first-deployment. Other shapes of services: health-checks, blue-green,
controllers (CodeDeploy, external).

Every client is held to the rates that AWS documents for each API, and throttled as AWS throttles. A second
of a rate is a real or a simulated one, whichever passes sooner: with --speed 60 a client may ask 60 times as often,
with --speed 0 as often as on AWS.

More happens on request, with `POST /_sim/world` and JSON: {\"delete_service\": NAME}, {\"rollback\": {\"service\": NAME,
\"ends\": \"fails\"}} (or hangs, open), {\"refuse_role\": ARN}, {\"role_seconds\": 60}; `POST /_sim/rates` {\"on\": false}.

Session Manager is there too: sessions to a host and port (--map), ECS Exec with a small shell of its own
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
    #[arg(long, value_name = "NAME", default_value = "staging", value_parser = named)]
    pub scenario: Scenario,
    /// The address it listens at; only loopback addresses are allowed, port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0", value_parser = loopback)]
    pub listen: SocketAddr,
    /// Seed of ids and figures: the same seed makes the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// How many times as fast as real time its clock runs; 0 stops it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Lead tunnels to this host and port to a port of this machine. The host may be `*` (every host), `writer` or
    /// `reader` (the Aurora member that has this role at the time), or a member's identifier; names of a cluster
    /// follow a failover after 5 s. Tunnels to any other host reach an echo server. May be given several times
    #[arg(long, value_name = "HOST:PORT=127.0.0.1:PORT", value_parser = mapped)]
    pub map: Vec<(String, SocketAddr)>,
    /// ECS Exec runs programs of this machine, as whoever runs the simulator, instead of the small shell
    #[arg(long)]
    pub allow_commands: bool,
    /// Write the certificate of its authority to this file, for `AWS_CA_BUNDLE`: it speaks TLS on the same port
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// Throttle no client, however often it asks
    #[arg(long)]
    pub unlimited: bool,
}

/// A host and port, and the address of this machine that they lead to.
fn mapped(text: &str) -> Result<(String, SocketAddr), String> {
    let (from, to) = text.split_once('=').ok_or("HOST:PORT=127.0.0.1:PORT")?;
    let port = from.rsplit_once(':').and_then(|(host, port)| port.parse::<u16>().ok().filter(|_| !host.is_empty()));
    port.ok_or("a host and a port before the `=`, such as db.example:5432")?;
    Ok((from.to_owned(), loopback(to)?))
}

/// An address of this machine alone.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "an address and a port, such as 127.0.0.1:0".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("only loopback addresses (127.0.0.1, [::1])".to_owned()) }
}
