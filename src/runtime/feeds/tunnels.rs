//! Opens tunnels, reports their status, and closes them when they are left. The audit file records each before it is opened and
//! after it has ended.

use super::context::FeedContext;
use crate::app::operation::call::Read;
use crate::aws::Session;
use crate::aws::ssm::{Gateway, Purpose};
use crate::feeds::part::Part;
use crate::feeds::tunnels::{Ask, Fact, TunnelOrder};
use crate::model::audit::Record;
use crate::model::tunnel::instance::{InstanceSelector, InstanceStatus};
use crate::model::tunnel::status::{Phase, TunnelStatus};
use crate::model::{Failure, FailureKind};
use crate::runtime::ports;
use crate::runtime::shared_tunnels::{self, PublishedOffer, TunnelOffer};
use crate::runtime::tunnels::{listen, to_model_status, write_audit_record};
use ssm_tunnel::Tunnel;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// The interval of reports while the counters grow.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// How long an instance may take to come online after it was started.
const START_LIMIT: Duration = Duration::from_mins(5);

/// Answers a query about a tunnel.
pub(super) async fn answer(context: &FeedContext, ask: Ask) {
    let Ask::Open(order) = ask;
    if let Err(failure) = open(context, *order).await {
        context.send(Part::<Fact>::Failed(failure)).await;
    }
}

async fn open(context: &FeedContext, order: TunnelOrder) -> Result<(), Failure> {
    let failed = |text: &str| Failure::new(FailureKind::Other, text);
    let session = context.session.clone().ok_or_else(|| failed("no environment is opened"))?;
    let to = order.to.host_and_port();
    // Each connection takes a file descriptor.
    ports::raise_open_file_limit();
    let options = session.websocket().await?;
    let purpose = Purpose::Port { host: order.to.host.clone(), port: order.to.port };
    let account = order.record.account.clone();
    // The credentials may have changed since the account was last checked.
    session.read(Read::Identity, Some(&account)).await.outcome?;
    if let Some(instance) = order.wanted.instance.as_deref()
        && let InstanceState::Stopped(id) = wake_instance(context, &session, &order, instance).await?
    {
        context.send(Part::Last(Fact::Stopped(id))).await;
        return Ok(());
    }
    let gateway = Gateway::new(session, Some(account), order.wanted.clone(), purpose);
    write(&order, TunnelStatus::default().audit_fields(&to, None), "started", String::new()).await?;
    let here = SocketAddr::from((Ipv4Addr::LOCALHOST, order.port));
    let socket = shared_tunnels::socket();
    let tunnel = match listen(gateway, options, here.into(), socket.as_deref()).await {
        Ok(tunnel) => tunnel,
        Err(error) => {
            write(&order, TunnelStatus::default().audit_fields(&to, None), "failed", error.to_string()).await?;
            if error.kind() != io::ErrorKind::AddrInUse {
                let text = format!("127.0.0.1:{} cannot be listened on: {error}", order.port);
                return Err(failed(&text));
            }
            let (by, free) = (ports::port_owner(order.port), ports::next_free_port(order.port));
            context.send(Part::Last(Fact::PortTaken { by, free })).await;
            return Ok(());
        }
    };
    let offered = PublishedOffer::new(&tunnel, &tunnel_offer(&order));
    let local = tunnel.local().to_string();
    context.send(Part::Page(Fact::Listening(local.clone()))).await;
    let last = follow(context, tunnel).await;
    drop(offered);
    let (outcome, reason) = match last.phase {
        Phase::Failed => ("failed", last.reason.clone().unwrap_or_default()),
        _ => ("done", last.left_session_note().unwrap_or_default()),
    };
    let written = write(&order, last.audit_fields(&to, Some(&local)), outcome, reason).await;
    context.send(Part::Last(Fact::Status(Box::new(last)))).await;
    written
}

/// Describes the tunnel for commands that may use it.
fn tunnel_offer(order: &TunnelOrder) -> TunnelOffer {
    TunnelOffer {
        environment: order.record.environment.clone(),
        account: order.record.account.clone(),
        region: order.record.region.clone(),
        endpoint: order.record.endpoint.clone(),
        to: order.to.host_and_port(),
        through: order.wanted.through().to_owned(),
        pid: std::process::id(),
    }
}

/// The state of the instance that a tunnel goes through.
enum InstanceState {
    /// Online, or its state cannot be read.
    Online,
    Stopped(String),
}

/// Checks the instance, starts it if that was confirmed, and waits until its agent is online.
async fn wake_instance(
    context: &FeedContext,
    session: &Session,
    order: &TunnelOrder,
    instance: &str,
) -> Result<InstanceState, Failure> {
    let named = InstanceSelector::configured(instance);
    let found = session.find_instance(&named, &order.wanted.ownership).await?;
    let found = found.map_err(|why| Failure::new(FailureKind::NotFound, why.why).with_hint(why.hint))?;
    let id = match found {
        InstanceStatus::Running(_) => return Ok(InstanceState::Online),
        InstanceStatus::Changing(id) => id,
        InstanceStatus::Stopped(id) if !order.start => return Ok(InstanceState::Stopped(id)),
        InstanceStatus::Stopped(id) => {
            start(session, order, &id).await?;
            id
        }
    };
    let reason = Some(format!("waiting until the agent of {id} is online"));
    let status = TunnelStatus { phase: Phase::Opening, reason, ..TunnelStatus::default() };
    context.send(Part::Page(Fact::Status(Box::new(status)))).await;
    let online = async {
        loop {
            match session.instance_is_online(&id).await {
                Ok(true) => return,
                // Without that permission, opening the session will show it; that is retried until it succeeds.
                Err(failure) if failure.kind == FailureKind::Denied => return,
                // A missing answer does not end the wait.
                Ok(false) | Err(_) => tokio::time::sleep(REPORT_INTERVAL).await,
            }
        }
    };
    tokio::select! {
        () = online => Ok(InstanceState::Online),
        () = context.ended() => Ok(InstanceState::Online),
        () = tokio::time::sleep(START_LIMIT) => {
            let failure = Failure::new(FailureKind::Timeout, format!("the agent of {id} is not online"));
            Err(failure.with_hint("it needs a role with AmazonSSMManagedInstanceCore and a way to Systems Manager"))
        }
    }
}

/// Starts an instance, after recording it in the audit file.
async fn start(session: &Session, order: &TunnelOrder, id: &str) -> Result<(), Failure> {
    let command = format!("aws ec2 start-instances --instance-ids {id}");
    let record = |outcome: &str, reason: String| Record {
        operation: format!("{}-start", order.record.operation),
        command: command.clone(),
        after: serde_json::json!({"instance": id}),
        outcome: outcome.to_owned(),
        reason,
        ..order.record.clone()
    };
    write_audit_record(&order.audit, record("started", String::new())).await?;
    let started = session.start_instance(id).await;
    let (outcome, reason) = match &started {
        Ok(()) => ("done", String::new()),
        Err(failure) => ("failed", failure.message.clone()),
    };
    write_audit_record(&order.audit, record(outcome, reason)).await?;
    started
}

/// Reports the status until the tunnel is over or left; returns the final status.
async fn follow(context: &FeedContext, mut tunnel: Tunnel) -> TunnelStatus {
    let status = tunnel.status();
    let mut reported = TunnelStatus::default();
    let mut counters = interval(REPORT_INTERVAL);
    counters.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let now = tokio::select! {
            biased;
            () = context.ended() => break,
            change = tunnel.changed() => match change {
                Some(change) => to_model_status(&change),
                None => break,
            },
            _ = counters.tick() => to_model_status(&status.borrow()),
        };
        if now.phase.is_over() {
            break;
        }
        if now == reported {
            continue;
        }
        reported = now.clone();
        tokio::select! {
            biased;
            _ = context.send(Part::Page(Fact::Status(Box::new(now)))) => {}
            () = context.ended() => break,
        }
    }
    to_model_status(&tunnel.close().await)
}

async fn write(order: &TunnelOrder, after: serde_json::Value, outcome: &str, reason: String) -> Result<(), Failure> {
    let record = Record { after, outcome: outcome.to_owned(), reason, ..order.record.clone() };
    write_audit_record(&order.audit, record).await
}
