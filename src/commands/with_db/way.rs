//! The way of the command's connections: a tunnel that another process of the same user has open, or one of its own.

use crate::cli::{ExitCode, Report};
use crate::commands::context::Context;
use crate::commands::say::say;
use crate::commands::through::{Target, Wish, ended, facts, left_behind};
use crate::commands::waits::{over, waited};
use crate::model::tunnel::far::RemoteAddress;
use crate::runtime::offers::{self, Found};
use crate::runtime::postgres::{Answer, answer, answers};
use crate::runtime::relay::Relay;
use serde_json::{Value, json};
use ssm_tunnel::{State, Status, Tunnel};
use std::future::pending;

/// A tunnel of another process.
struct Lent {
    relay: Relay,
    pid: u32,
    tls: bool,
}

/// The way of the connections: what they go through, and where they lead.
pub(super) struct Way<'a> {
    target: &'a Target,
    wish: Wish<'a>,
    far: &'a RemoteAddress,
    lent: Option<Lent>,
    own: Option<Tunnel>,
    /// The service or instance that it goes through, for the audit file.
    pub(super) through: String,
}

impl<'a> Way<'a> {
    /// The tunnel that another process has open to the same place, where PostgreSQL answers through it; else one of its own, which
    /// listens and is not ready yet.
    pub(super) async fn open(
        context: &Context,
        target: &'a Target,
        (wish, far): (Wish<'a>, &'a RemoteAddress),
        new: bool,
    ) -> Result<Self, Report> {
        let mut way = Self { target, wish, far, lent: None, own: None, through: String::new() };
        if !new && let Some((lent, through)) = Box::pin(lent(context, target, way.wish.through, far)).await? {
            say(&format!("uses the tunnel of process {} to {}, through {through}", lent.pid, far.place()));
            (way.lent, way.through) = (Some(lent), through);
            return Ok(way);
        }
        let (tunnel, through) = Box::pin(target.tunnel(context, &way.wish, far)).await?;
        (way.own, way.through) = (Some(tunnel), through);
        Ok(way)
    }

    /// The local port.
    pub(super) fn port(&self) -> u16 {
        let lent = self.lent.as_ref().map(|lent| lent.relay.port());
        lent.or_else(|| self.own.as_ref().map(|tunnel| tunnel.local().port())).unwrap_or_default()
    }

    /// The entry of the audit file at its beginning.
    pub(super) fn begun(&self) -> Value {
        self.marked(json!({"to": self.far.place()}))
    }

    /// The facts with whose tunnel it is, where that is another process's.
    fn marked(&self, mut facts: Value) -> Value {
        if let Some(lent) = &self.lent {
            let then = if self.own.is_some() { ", then its own" } else { "" };
            facts["tunnel"] = json!(format!("of process {}{then}", lent.pid));
        }
        facts
    }

    /// Waits until connections go through and PostgreSQL answers; returns whether it speaks TLS.
    pub(super) async fn ready(&self, context: &Context) -> Result<bool, Report> {
        match (&self.lent, &self.own) {
            (None, Some(tunnel)) => ready(context, tunnel, &self.far.place()).await,
            (lent, _) => Ok(lent.as_ref().is_some_and(|lent| lent.tls)),
        }
    }

    /// Says what becomes of the tunnel while the command runs: to stderr, as stdout is the command's.
    pub(super) async fn told<T>(&mut self, context: &Context, command: &str) -> T {
        let place = self.far.place();
        if let Some(lent) = &self.lent {
            lent.relay.ended().await;
            say(&format!("the tunnel of process {} to {place} has ended, with its connections", lent.pid));
            let opened = Box::pin(self.target.tunnel(context, &self.wish, self.far)).await;
            if let Err(report) = self.instead(opened, command) {
                let why: Vec<String> = std::iter::once(report.message).chain(report.causes).collect();
                say(&format!("no other one can be opened, and new connections are refused: {}", why.join(": ")));
            }
        }
        if let Some(tunnel) = &mut self.own {
            told(tunnel, &place).await;
        }
        pending().await
    }

    /// Leads new connections through the tunnel that was opened, once that is written down; else refuses them.
    fn instead(&mut self, opened: Result<(Tunnel, String), Report>, command: &str) -> Result<(), Report> {
        let Some(lent) = &self.lent else { return Ok(()) };
        let begun = opened.and_then(|(tunnel, through)| {
            let after = json!({"to": self.far.place(), "tunnel": format!("its own, through {through}")});
            let reason = format!("that of process {} has ended", lent.pid);
            self.target.audit("with-db", command, after, "started", &reason)?;
            Ok(tunnel)
        });
        match begun {
            Ok(tunnel) => {
                say("new connections go through a tunnel of this command's own");
                lent.relay.lead_to(tunnel.local().port());
                self.own = Some(tunnel);
                Ok(())
            }
            Err(report) => {
                lent.relay.refuse();
                Err(report)
            }
        }
    }

    /// Closes what it has opened; what came of it, for the audit file.
    pub(super) async fn close(mut self) -> Value {
        let place = self.far.place();
        let begun = self.begun();
        let Some(tunnel) = self.own.take() else { return begun };
        let local = tunnel.local().clone();
        let status = tunnel.close().await;
        left_behind(&status);
        let mut after = facts(&status, &place, Some(&local));
        if let Some(whose) = begun.get("tunnel") {
            after["tunnel"] = whose.clone();
        }
        after
    }
}

/// The tunnel of another process that leads to the same place, through the same, and through which something answers; what it goes
/// through.
async fn lent(
    context: &Context,
    target: &Target,
    asked: Option<&str>,
    far: &RemoteAddress,
) -> Result<Option<(Lent, String)>, Report> {
    let mut found = offers::like(&target.offer(far, String::new()));
    if found.is_empty() {
        return Ok(None);
    }
    if let Some(through) = target.through(context, asked).await? {
        found.retain(|one| one.offer.through == through);
    }
    let first = async {
        for one in found {
            if let Some(lent) = tried(one).await {
                return Ok(Some(lent));
            }
        }
        Ok(None)
    };
    waited(context, "the database did not answer in time", first).await
}

async fn tried(Found { offer, socket }: Found) -> Option<(Lent, String)> {
    let tls = match answer(offers::connect(&socket).await.ok()?).await? {
        Answer::Tls => true,
        Answer::Plain => false,
        Answer::Other | Answer::Refused | Answer::Silent => return None,
    };
    let relay = Relay::through(socket).await.ok()?;
    Some((Lent { relay, pid: offer.pid, tls }, offer.through))
}

/// Says the changes of a tunnel of its own, as long as there are any.
async fn told(tunnel: &mut Tunnel, place: &str) {
    let mut before = None;
    while let Some(status) = tunnel.changed().await {
        let word = status.state.word();
        match before {
            None if matches!(status.state, State::Closed(_)) => say(&standing(place, &status)),
            // What came until it was ready was waited for.
            None if status.state != State::Ready => continue,
            Some(before) if before != word => say(&standing(place, &status)),
            None | Some(_) => {}
        }
        before = Some(word);
    }
}

fn standing(place: &str, status: &Status) -> String {
    let what = match status.state {
        State::Ready => "is ready again",
        State::Resuming(_) => "has lost its link, and goes on with the next one",
        State::Replacing(_) => "is opened again, and what connections it had are lost",
        State::Closed(_) => "is closed",
        State::Resolving | State::Opening => "is opened",
    };
    let why = status.reason().map(|why| format!(": {why}")).unwrap_or_default();
    format!("the tunnel to {place} {what}{why}")
}

/// Waits until connections go through and PostgreSQL answers; returns whether it speaks TLS.
async fn ready(context: &Context, tunnel: &Tunnel, place: &str) -> Result<bool, Report> {
    let (status, port) = (tunnel.status(), tunnel.local().port());
    let answered = async {
        if let Err(status) = tunnel.ready().await {
            return Err(ended("the tunnel", &status)
                .unwrap_or_else(|| Report::new("session", "the tunnel was closed", ExitCode::Failed)));
        }
        match answers(port, || status.borrow().refused).await {
            Answer::Plain => Ok(false),
            Answer::Tls => Ok(true),
            Answer::Other => Err(Report::new("database", "what answers there is not PostgreSQL", ExitCode::Failed)
                .hint("see where the tunnel leads: `tunnel.to` of the environment, or --to")),
            Answer::Refused => {
                let what = format!("nobody listens at {place}, as seen from the container");
                Err(Report::new("database", what, ExitCode::Failed)
                    .hint("the host and the port must be right (--to), and the database must run"))
            }
            Answer::Silent => {
                let what = format!("{place} does not answer: what the container sends there is dropped");
                Err(Report::new("database", what, ExitCode::Failed)
                    .hint("its security group must let the service in, and the host must be right (--to)"))
            }
        }
    };
    // Long before it is given up.
    let told = async {
        let mut status = tunnel.status();
        let reason = status.wait_for(|status| status.silent > 0).await.ok().and_then(|status| status.reason());
        if let Some(reason) = reason {
            say(&format!("{place}: {reason}"));
        }
        pending::<Result<bool, Report>>().await
    };
    tokio::select! {
        answered = answered => answered,
        never = told => never,
        () = over(context) => Err(Report::new("timeout", "the database did not answer in time", ExitCode::TimedOut)
            .hint("give it more time with --timeout")),
    }
}
