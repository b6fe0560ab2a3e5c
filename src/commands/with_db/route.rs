//! The way of the command's connections: an open tunnel of another process of the same user, or an own tunnel.

use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::progress::print_note;
use crate::commands::remote::{Target, TunnelRequest, end_error, facts, warn_left_behind};
use crate::commands::waiting::{wait_for, wait_for_deadline};
use crate::model::tunnel::remote_end::RemoteAddress;
use crate::runtime::postgres::{ServerKind, probe_port, probe_stream};
use crate::runtime::relay::Relay;
use crate::runtime::shared_tunnels::{self, FoundTunnel};
use serde_json::{Value, json};
use ssm_tunnel::{State, Status, Tunnel};
use std::future::pending;

/// A tunnel of another process.
struct BorrowedTunnel {
    relay: Relay,
    pid: u32,
    tls: bool,
}

/// The way of the connections, and their destination.
pub(super) struct TunnelRoute<'a> {
    target: &'a Target,
    request: TunnelRequest<'a>,
    far: &'a RemoteAddress,
    lent: Option<BorrowedTunnel>,
    own: Option<Tunnel>,
    /// The service or instance that it goes through, for the audit file.
    pub(super) through: String,
}

impl<'a> TunnelRoute<'a> {
    /// Uses another process's tunnel to the same destination if PostgreSQL answers through it; else opens an own
    /// tunnel, which listens but is not ready yet.
    pub(super) async fn open(
        context: &Context,
        target: &'a Target,
        (request, far): (TunnelRequest<'a>, &'a RemoteAddress),
        new: bool,
    ) -> Result<Self, Report> {
        let mut way = Self { target, request, far, lent: None, own: None, through: String::new() };
        if !new && let Some((lent, through)) = Box::pin(lent(context, target, way.request.through, far)).await? {
            print_note(&format!(
                "uses the tunnel of process {} to {}, through {through}",
                lent.pid,
                far.host_and_port()
            ));
            (way.lent, way.through) = (Some(lent), through);
            return Ok(way);
        }
        let (tunnel, through) = Box::pin(target.tunnel(context, &way.request, far)).await?;
        (way.own, way.through) = (Some(tunnel), through);
        Ok(way)
    }

    /// Returns the local port.
    pub(super) fn port(&self) -> u16 {
        let lent = self.lent.as_ref().map(|lent| lent.relay.port());
        lent.or_else(|| self.own.as_ref().map(|tunnel| tunnel.local().port())).unwrap_or_default()
    }

    /// Returns the facts for the audit record of the start.
    pub(super) fn start_facts(&self) -> Value {
        self.marked(json!({"to": self.far.host_and_port()}))
    }

    /// Adds the process that owns the tunnel to the facts, if it is another process.
    fn marked(&self, mut facts: Value) -> Value {
        if let Some(lent) = &self.lent {
            let then = if self.own.is_some() { ", then its own" } else { "" };
            facts["tunnel"] = json!(format!("of process {}{then}", lent.pid));
        }
        facts
    }

    /// Waits until connections go through and PostgreSQL answers; returns whether the server supports TLS.
    pub(super) async fn wait_until_ready(&self, context: &Context) -> Result<bool, Report> {
        match (&self.lent, &self.own) {
            (None, Some(tunnel)) => ready(context, tunnel, &self.far.host_and_port()).await,
            (lent, _) => Ok(lent.as_ref().is_some_and(|lent| lent.tls)),
        }
    }

    /// Reports the state of the tunnel on stderr while the command runs (stdout belongs to the command), and opens an
    /// own tunnel if another process's tunnel ends.
    pub(super) async fn watch_tunnel<T>(&mut self, context: &Context, command: &str) -> T {
        let place = self.far.host_and_port();
        if let Some(lent) = &self.lent {
            lent.relay.ended().await;
            print_note(&format!("the tunnel of process {} to {place} has ended, with its connections", lent.pid));
            let opened = Box::pin(self.target.tunnel(context, &self.request, self.far)).await;
            if let Err(report) = self.replace_tunnel(opened, command) {
                let why: Vec<String> = std::iter::once(report.message).chain(report.causes).collect();
                print_note(&format!("no other one can be opened, and new connections are refused: {}", why.join(": ")));
            }
        }
        if let Some(tunnel) = &mut self.own {
            print_changes(tunnel, &place).await;
        }
        pending().await
    }

    /// Routes new connections through the tunnel that was opened, once that is in the audit file; else refuses them.
    fn replace_tunnel(&mut self, opened: Result<(Tunnel, String), Report>, command: &str) -> Result<(), Report> {
        let Some(lent) = &self.lent else { return Ok(()) };
        let begun = opened.and_then(|(tunnel, through)| {
            let after = json!({"to": self.far.host_and_port(), "tunnel": format!("its own, through {through}")});
            let reason = format!("that of process {} has ended", lent.pid);
            self.target.audit("with-db", command, after, "started", &reason)?;
            Ok(tunnel)
        });
        match begun {
            Ok(tunnel) => {
                print_note("new connections go through a tunnel of this command's own");
                lent.relay.forward_to(tunnel.local().port());
                self.own = Some(tunnel);
                Ok(())
            }
            Err(report) => {
                lent.relay.reset_connections();
                Err(report)
            }
        }
    }

    /// Closes the own tunnel; returns the facts for the audit record of the end.
    pub(super) async fn close(mut self) -> Value {
        let place = self.far.host_and_port();
        let begun = self.start_facts();
        let Some(tunnel) = self.own.take() else { return begun };
        let local = tunnel.local().clone();
        let status = tunnel.close().await;
        warn_left_behind(&status);
        let mut after = facts(&status, &place, Some(&local));
        if let Some(whose) = begun.get("tunnel") {
            after["tunnel"] = whose.clone();
        }
        after
    }
}

/// Finds another process's tunnel to the same destination, through the same service or instance, that PostgreSQL
/// answers through. Also returns what it goes through.
async fn lent(
    context: &Context,
    target: &Target,
    typed: Option<&str>,
    far: &RemoteAddress,
) -> Result<Option<(BorrowedTunnel, String)>, Report> {
    let mut found = shared_tunnels::find_matching(&target.offer(far, String::new()));
    if found.is_empty() {
        return Ok(None);
    }
    if let Some(through) = target.through(context, typed).await? {
        found.retain(|one| one.offer.through == through);
    }
    let first = async {
        for one in found {
            if let Some(lent) = try_offer(one).await {
                return Ok(Some(lent));
            }
        }
        Ok(None)
    };
    wait_for(context, "the database did not answer in time", first).await
}

async fn try_offer(FoundTunnel { offer, socket }: FoundTunnel) -> Option<(BorrowedTunnel, String)> {
    let tls = match probe_stream(shared_tunnels::connect(&socket).await.ok()?).await? {
        ServerKind::Tls => true,
        ServerKind::Plain => false,
        ServerKind::Other | ServerKind::Refused | ServerKind::Silent => return None,
    };
    let relay = Relay::through(socket).await.ok()?;
    Some((BorrowedTunnel { relay, pid: offer.pid, tls }, offer.through))
}

/// Prints the state changes of the own tunnel.
async fn print_changes(tunnel: &mut Tunnel, place: &str) {
    let mut before = None;
    while let Some(status) = tunnel.changed().await {
        let word = status.state.name();
        match before {
            None if matches!(status.state, State::Closed(_)) => print_note(&standing(place, &status)),
            // The initial states until it is ready are expected.
            None if status.state != State::Ready => continue,
            Some(before) if before != word => print_note(&standing(place, &status)),
            None | Some(_) => {}
        }
        before = Some(word);
    }
}

fn standing(place: &str, status: &Status) -> String {
    let what = match status.state {
        State::Ready => "is ready again",
        State::Resuming(_) => "has lost its link, and continues with the next one",
        State::Replacing(_) => "is opened again, and what connections it had are lost",
        State::Closed(_) => "is closed",
        State::Resolving | State::Opening => "is opened",
    };
    let why = status.reason().map(|why| format!(": {why}")).unwrap_or_default();
    format!("the tunnel to {place} {what}{why}")
}

/// Waits until connections go through and PostgreSQL answers; returns whether the server supports TLS.
async fn ready(context: &Context, tunnel: &Tunnel, place: &str) -> Result<bool, Report> {
    let (status, port) = (tunnel.status(), tunnel.local().port());
    let answered = async {
        if let Err(status) = tunnel.ready().await {
            return Err(end_error("the tunnel", &status)
                .unwrap_or_else(|| Report::new("session", "the tunnel was closed", ExitCode::Failed)));
        }
        match probe_port(port, || status.borrow().refused).await {
            ServerKind::Plain => Ok(false),
            ServerKind::Tls => Ok(true),
            ServerKind::Other => Err(Report::new("database", "what answers there is not PostgreSQL", ExitCode::Failed)
                .hint("see where the tunnel leads: `tunnel.to` of the environment, or --to")),
            ServerKind::Refused => {
                let what = format!("nobody listens at {place}, as seen from the container");
                Err(Report::new("database", what, ExitCode::Failed)
                    .hint("the host and the port must be right (--to), and the database must run"))
            }
            ServerKind::Silent => {
                let what = format!("{place} does not answer: what the container sends there is dropped");
                Err(Report::new("database", what, ExitCode::Failed)
                    .hint("its security group must let the service in, and the host must be right (--to)"))
            }
        }
    };
    // Reports the reason of a silent tunnel long before the wait is given up.
    let report_silence = async {
        let mut status = tunnel.status();
        let reason = status.wait_for(|status| status.silent > 0).await.ok().and_then(|status| status.reason());
        if let Some(reason) = reason {
            print_note(&format!("{place}: {reason}"));
        }
        pending::<Result<bool, Report>>().await
    };
    tokio::select! {
        answered = answered => answered,
        never = report_silence => never,
        () = wait_for_deadline(context) => Err(Report::new("timeout", "the database did not answer in time", ExitCode::TimedOut)
            .hint("give it more time with --timeout")),
    }
}
