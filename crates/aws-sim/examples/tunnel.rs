//! A tunnel of `ssm-tunnel` through the simulated Session Manager to a local echo server, with one lost link: `cargo
//! run -p aws-sim --example tunnel`. Its gate is that of the tests, `client::Client`.

#[path = "../tests/session_manager/client.rs"]
mod client;

use serde_json::json;
use ssm_tunnel::State;
use std::error::Error;
use std::io::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut out = std::io::stdout();
    let sim = client::simulator(Some(client::echo().await)).await;
    let mut tunnel = client::opened(&sim).await;
    writeln!(out, "{} leads to an echo", tunnel.local())?;
    let mut socket = TcpStream::connect(tunnel.address().ok_or("no port")?).await?;
    for (words, harm) in [("before", true), ("after", false)] {
        socket.write_all(words.as_bytes()).await?;
        let mut answer = vec![0; words.len()];
        socket.read_exact(&mut answer).await?;
        writeln!(out, "→ {words} ← {}", String::from_utf8_lossy(&answer))?;
        if harm {
            client::fault(&sim, json!({"operation": "gateway:link", "kind": "close", "count": 1})).await;
            client::until(&tunnel, |status| status.state == State::Ready && status.resumes == 1).await;
        }
    }
    while let Some(status) = tunnel.changed().await {
        writeln!(out, "{}: {}", status.state.name(), status.reason().unwrap_or_default())?;
        if status.resumes == 1 {
            break;
        }
    }
    let end = tunnel.close().await;
    writeln!(out, "{}: {} bytes there, {} back", end.state.name(), end.sent, end.received)?;
    Ok(())
}
