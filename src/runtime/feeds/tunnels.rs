//! Opens tunnels, tells how they stand, and closes them when they are left. Each stands in the audit file before it is opened
//! and when it has ended.

use super::means::FeedContext;
use crate::app::operation::call::Read;
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::feeds::part::Part;
use crate::feeds::tunnels::{Ask, Fact, Order};
use crate::model::audit::Record;
use crate::model::tunnel::instance::{Found, InstanceSelector};
use crate::model::tunnel::standing::{Phase, TunnelStatus};
use crate::model::{Failure, FailureKind};
use crate::runtime::offers::{self, Offered, TunnelOffer};
use crate::runtime::ports;
use crate::runtime::tunnels::{listen, standing, write_down};
use ssm_tunnel::Tunnel;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Counters are told this often, while they grow.
const COUNTERS: Duration = Duration::from_secs(1);
/// An instance that is not online so long after its start will not be.
const STARTS: Duration = Duration::from_mins(5);

/// Answers a question about a tunnel.
pub(super) async fn answer(means: &FeedContext, ask: Ask) {
    let Ask::Open(order) = ask;
    if let Err(failure) = open(means, *order).await {
        means.send(Part::<Fact>::Failed(failure)).await;
    }
}

async fn open(means: &FeedContext, order: Order) -> Result<(), Failure> {
    let failed = |text: &str| Failure::new(FailureKind::Other, text);
    let session = means.session.clone().ok_or_else(|| failed("no environment is opened"))?;
    let to = order.to.place();
    // Each connection takes a file.
    ports::more_files();
    let options = session.websocket().await?;
    let purpose = Purpose::Port { host: order.to.host.clone(), port: order.to.port };
    let account = order.record.account.clone();
    // Whose credentials these are was known when somebody looked; they may be others by now.
    session.read(Read::Identity, Some(&account)).await.outcome?;
    if let Some(instance) = order.wanted.instance.as_deref()
        && let Awake::Stopped(id) = awake(means, &session, &order, instance).await?
    {
        means.send(Part::Last(Fact::Stopped(id))).await;
        return Ok(());
    }
    let gateway = Gateway::new(session, Some(account), order.wanted.clone(), purpose);
    write(&order, TunnelStatus::default().facts(&to, None), "started", String::new()).await?;
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, order.port));
    let beside = offers::socket();
    let tunnel = match listen(gateway, options, here.into(), beside.as_deref()).await {
        Ok(tunnel) => tunnel,
        Err(error) => {
            write(&order, TunnelStatus::default().facts(&to, None), "failed", error.to_string()).await?;
            if error.kind() != io::ErrorKind::AddrInUse {
                let text = format!("127.0.0.1:{} cannot be listened on: {error}", order.port);
                return Err(failed(&text));
            }
            let (by, free) = (ports::listener(order.port), ports::free_after(order.port));
            means.send(Part::Last(Fact::Taken { by, free })).await;
            return Ok(());
        }
    };
    let offered = Offered::new(&tunnel, &offer(&order));
    let local = tunnel.local().to_string();
    means.send(Part::Page(Fact::Listens(local.clone()))).await;
    let last = follow(means, tunnel).await;
    drop(offered);
    let (outcome, reason) = match last.phase {
        Phase::Failed => ("failed", last.reason.clone().unwrap_or_default()),
        _ => ("done", last.left_behind().unwrap_or_default()),
    };
    let written = write(&order, last.facts(&to, Some(&local)), outcome, reason).await;
    means.send(Part::Last(Fact::Stands(Box::new(last)))).await;
    written
}

/// The tunnel's description, for commands that may use it.
fn offer(order: &Order) -> TunnelOffer {
    TunnelOffer {
        environment: order.record.environment.clone(),
        account: order.record.account.clone(),
        region: order.record.region.clone(),
        endpoint: order.record.endpoint.clone(),
        to: order.to.place(),
        through: order.wanted.through().to_owned(),
        pid: std::process::id(),
    }
}

/// Whether the instance is there that a tunnel goes through.
enum Awake {
    /// Or nobody can say that it is not.
    Online,
    Stopped(String),
}

/// Looks at the instance, and starts it where somebody said yes; it is waited for until its agent is online.
async fn awake(means: &FeedContext, session: &Session, order: &Order, instance: &str) -> Result<Awake, Failure> {
    let named = InstanceSelector::configured(instance);
    let found = session.found(&named, &order.wanted.whose).await?;
    let found = found.map_err(|why| Failure::new(FailureKind::NotFound, why.why).hinted(why.hint))?;
    let id = match found {
        Found::Runs(_) => return Ok(Awake::Online),
        Found::Changes(id) => id,
        Found::Stopped(id) if !order.start => return Ok(Awake::Stopped(id)),
        Found::Stopped(id) => {
            start(session, order, &id).await?;
            id
        }
    };
    let reason = Some(format!("waiting until the agent of {id} is online"));
    let standing = TunnelStatus { phase: Phase::Opening, reason, ..TunnelStatus::default() };
    means.send(Part::Page(Fact::Stands(Box::new(standing)))).await;
    let online = async {
        loop {
            match session.instance_is_online(&id).await {
                Ok(true) => return,
                // Who may not ask learns it by the session, which is tried until it is opened.
                Err(failure) if failure.kind == FailureKind::Denied => return,
                // A moment without an answer is no end.
                Ok(false) | Err(_) => tokio::time::sleep(COUNTERS).await,
            }
        }
    };
    tokio::select! {
        () = online => Ok(Awake::Online),
        () = means.ended() => Ok(Awake::Online),
        () = tokio::time::sleep(STARTS) => {
            let failure = Failure::new(FailureKind::Timeout, format!("the agent of {id} is not online"));
            Err(failure.hinted("it needs a role with AmazonSSMManagedInstanceCore and a way to Systems Manager"))
        }
    }
}

/// Starts an instance, not before it is written down.
async fn start(session: &Session, order: &Order, id: &str) -> Result<(), Failure> {
    let command = format!("aws ec2 start-instances --instance-ids {id}");
    let record = |outcome: &str, reason: String| Record {
        operation: format!("{}-start", order.record.operation),
        command: command.clone(),
        after: serde_json::json!({"instance": id}),
        outcome: outcome.to_owned(),
        reason,
        ..order.record.clone()
    };
    write_down(&order.audit, record("started", String::new())).await?;
    let started = session.start_instance(id).await;
    let (outcome, reason) = match &started {
        Ok(()) => ("done", String::new()),
        Err(failure) => ("failed", failure.message.clone()),
    };
    write_down(&order.audit, record(outcome, reason)).await?;
    started
}

/// Tells how it stands until it is over or left; how it stood at its end.
async fn follow(means: &FeedContext, mut tunnel: Tunnel) -> TunnelStatus {
    let status = tunnel.status();
    let mut told = TunnelStatus::default();
    let mut counters = interval(COUNTERS);
    counters.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = tokio::select! {
            biased;
            () = means.ended() => break,
            change = tunnel.changed() => match change {
                Some(change) => standing(&change),
                None => break,
            },
            _ = counters.tick() => standing(&status.borrow()),
        };
        if now.phase.is_over() {
            break;
        }
        if now == told {
            continue;
        }
        told = now.clone();
        tokio::select! {
            biased;
            _ = means.send(Part::Page(Fact::Stands(Box::new(now)))) => {}
            () = means.ended() => break,
        }
    }
    standing(&tunnel.close().await)
}

async fn write(order: &Order, after: serde_json::Value, outcome: &str, reason: String) -> Result<(), Failure> {
    let record = Record { after, outcome: outcome.to_owned(), reason, ..order.record.clone() };
    write_down(&order.audit, record).await
}
