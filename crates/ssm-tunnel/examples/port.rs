//! A local port that leads to a database, from the view of a user of this library; the gate makes the requests to AWS.

use rustls::{ClientConfig, RootCertStore};
use ssm_tunnel::{Credentials, Failure, Gate, OpenSession, Options, Proxy, SendRate, Token, Tunnel};
use std::error::Error;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

/// Makes the requests to AWS, with any SDK.
struct MyGate;

impl Gate for MyGate {
    /// The target of a session: an instance, or `ecs:CLUSTER_TASK_RUNTIME`.
    type Target = String;

    async fn resolve(&self) -> Result<String, Failure> {
        Ok("i-0123456789abcdef0".to_owned())
    }

    fn describe(&self, target: &String) -> String {
        format!("instance {target}")
    }

    async fn start(&self, _target: &String) -> Result<OpenSession, Failure> {
        // `ssm:StartSession` with AWS-StartPortForwardingSessionToRemoteHost, `host` and `portNumber`.
        Err(Failure::transient("StartSession is for you to implement"))
    }

    async fn resume(&self, _session_id: &str) -> Result<(Option<String>, Token), Failure> {
        // `ssm:ResumeSession`; without a token in its answer the session is `FailureKind::Gone`.
        Err(Failure::transient("ResumeSession is for you to implement"))
    }

    async fn terminate(&self, _session_id: &str) -> Result<(), Failure> {
        Ok(())
    }

    async fn find_gone_reason(&self, _target: &String) -> Option<String> {
        None
    }

    async fn credentials(&self) -> Result<Credentials, Failure> {
        Ok(Credentials::new("AKIA…", "…", None, None, "example"))
    }
}

async fn open() -> Result<(), Box<dyn Error>> {
    let proxy = Proxy::of_environment(|name| std::env::var(name).ok());
    // The certificates of this machine are trusted.
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    let options = Options { region: "eu-west-1".into(), tls: Some(Arc::new(tls)), proxy, pace: SendRate::default() };
    let local: SocketAddr = "127.0.0.1:5432".parse()?;
    let tunnel = Tunnel::open(MyGate, options, local).await?;
    match tunnel.ready().await {
        Ok(()) => writeln!(std::io::stdout(), "psql -h 127.0.0.1 -p {}", tunnel.local().port())?,
        Err(status) => writeln!(std::io::stderr(), "{}", status.state.reason().unwrap_or_default())?,
    }
    // Ends the session at AWS too.
    tunnel.close().await;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(open())
}
