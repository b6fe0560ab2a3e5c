//! Starts the simulator from the command line: `cargo run -p aws-sim --example sim -- [scenario] [port] [speed]`.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use aws_sim::{Scenario, Sim, SimOptions};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let name = args.first().map_or("staging", String::as_str);
    let Some(scenario) = Scenario::parse(name) else {
        let names: Vec<&str> = Scenario::ALL.iter().map(|s| s.name()).collect();
        eprintln!("no scenario {name:?}; there are {}", names.join(", "));
        return ExitCode::from(2);
    };
    let port = args.get(1).and_then(|p| p.parse().ok()).unwrap_or(0);
    let speed = args.get(2).and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match Sim::start(SimOptions { scenario, listen, speed, ..SimOptions::default() }).await {
        Ok(sim) => {
            println!("{}", sim.hello());
            std::future::pending::<()>().await;
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
