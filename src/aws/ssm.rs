//! Session Manager and ECS Exec: the requests of tunnels and shells. The data channel is in `ssm_tunnel`.

use super::budget::Class;
use super::convert::{owned_arn_name, to_timestamp};
use super::ecs_services;
use super::ecs_tasks::{DESCRIBE_TASKS, LIST_TASKS, MAX, PAGE};
use super::same_account::SameAccount;
use super::session::{Action, Caller, Session};
use crate::app::effect::Priority;
use crate::model::tunnel::instance::InstanceSelector;
use crate::model::tunnel::{
    Candidate, ExecContainer, ExecTarget, NoTarget, TunnelGateway, agent_not_connected, choose, not_yet, short,
    unavailable,
};
use crate::model::{Failure, FailureKind};
use aws_sdk_ecs::operation::execute_command::ExecuteCommandError;
use aws_sdk_ecs::types as sdk;
use aws_sdk_ssm::operation::start_session::StartSessionError;
use aws_smithy_async::time::TimeSource as _;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use ssm_tunnel::{Credentials, Gate, OpenSession, Token};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

const START: Action = Action { name: "ssm:StartSession", class: Class::Sessions };
const RESUME: Action = Action { name: "ssm:ResumeSession", class: Class::Sessions };
const TERMINATE: Action = Action { name: "ssm:TerminateSession", class: Class::Sessions };
const EXECUTE: Action = Action { name: "ecs:ExecuteCommand", class: Class::EcsUpdate };
const DESCRIBE_SERVICES: Action = Action { name: "ecs:DescribeServices", class: Class::EcsServices };
const DOCUMENT: &str = "AWS-StartPortForwardingSessionToRemoteHost";
/// Runs one command with a terminal. Without a document a session is the shell configured in the account.
const COMMAND: &str = "AWS-StartInteractiveCommand";

/// Number of failed connections to an agent, some 16 s with the pauses between them, after which something is missing: an agent
/// that ECS reports as running may connect a moment later.
const NOT_CONNECTED: u32 = 6;

/// The purpose of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Connections to a host and a port.
    Port {
        /// Resolved by the container.
        host: String,
        port: u16,
    },
    /// A command with a terminal.
    Shell {
        /// The command line; empty is the shell that Session Manager opens on an instance.
        command: String,
    },
}

/// Opens, resumes and ends sessions through a container of a service, or an instance.
#[derive(Debug, Clone)]
pub struct Gateway {
    session: Session,
    /// Sends all requests with credentials of the required account.
    own: SameAccount,
    wanted: TunnelGateway,
    purpose: Purpose,
    /// Number of times the target was not connected since the last session was opened.
    not_connected: Arc<AtomicU32>,
    /// Tasks that were still running at the last check, but are going to stop.
    leaving: Arc<Mutex<BTreeSet<String>>>,
}

impl Gateway {
    /// Creates the gateway of one tunnel or shell, which uses only credentials of `account`; `None` to check what
    /// it would go through.
    pub fn new(session: Session, account: Option<String>, wanted: TunnelGateway, purpose: Purpose) -> Self {
        let own = SameAccount::new(session.clone(), account);
        Self { session, own, wanted, purpose, not_connected: Arc::default(), leaving: Arc::default() }
    }

    /// Chooses the current container to go through.
    ///
    /// # Errors
    /// No container is suitable; with the reason and a hint.
    pub async fn choose(&self) -> Result<ExecTarget, Failure> {
        if let Some(instance) = &self.wanted.instance {
            let chosen =
                |id: &str| ExecTarget { task: id.to_owned(), container: String::new(), runtime: String::new() };
            let named = InstanceSelector::configured(instance);
            if let InstanceSelector::Id(id) = &named {
                return Ok(chosen(id));
            }
            let found = self.own.instances(&named).await?;
            let one = self.wanted.ownership.of(&named, &found).map_err(|none| no_target(&none))?;
            return match one.state.as_str() {
                "running" => Ok(chosen(&one.id)),
                "pending" => Err(no_target(&not_yet(format!("{} is starting", named.describe())))),
                state => Err(no_target(&unavailable(
                    format!("{} ({}) is {state}", named.describe(), one.id),
                    format!("`cockpit instances start {}` starts it", one.id),
                ))),
            };
        }
        let tasks = self.candidates().await?;
        // Whether ECS Exec is enabled for the service only improves the hint.
        let exec = if tasks.iter().any(|task| task.exec) { Some(true) } else { self.service_exec().await };
        choose(&self.wanted, exec, &tasks).map_err(|none| no_target(&none))
    }

    /// Returns the tasks of the service, from all pages.
    async fn candidates(&self) -> Result<Vec<Candidate>, Failure> {
        let (cluster, service) = (self.wanted.cluster.as_str(), self.wanted.service.as_str());
        let (mut arns, mut token) = (Vec::new(), None::<String>);
        loop {
            let listed = self
                .own
                .call(LIST_TASKS, |clients| {
                    let request = clients.ecs().list_tasks().cluster(cluster).service_name(service);
                    request.max_results(PAGE).set_next_token(token.clone()).send()
                })
                .await?;
            arns.extend(listed.task_arns.unwrap_or_default());
            let next = listed.next_token.filter(|next| !next.is_empty());
            if next.is_none() || arns.len() >= MAX {
                break;
            }
            if next == token {
                let what = format!("{}: the same page token came twice", LIST_TASKS.name);
                return Err(Failure::new(FailureKind::Malformed, what));
            }
            token = next;
        }
        let mut candidates = Vec::new();
        for some in arns.chunks(PAGE as usize) {
            let described = self
                .own
                .call(DESCRIBE_TASKS, |clients| {
                    clients.ecs().describe_tasks().cluster(cluster).set_tasks(Some(some.to_vec())).send()
                })
                .await?;
            candidates.extend(described.tasks.unwrap_or_default().into_iter().map(candidate));
        }
        Ok(candidates)
    }

    async fn service_exec(&self) -> Option<bool> {
        let (cluster, service) = (self.wanted.cluster.as_str(), self.wanted.service.as_str());
        let answer = self
            .own
            .call(DESCRIBE_SERVICES, |clients| {
                clients.ecs().describe_services().cluster(cluster).services(service).send()
            })
            .await
            .ok()?;
        answer.services().first().map(sdk::Service::enable_execute_command)
    }

    /// Returns the answer, and counts it if the target is not connected.
    async fn seen<T, E>(
        &self,
        answer: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        not_connected: fn(&E) -> bool,
    ) -> Result<T, SdkError<E, HttpResponse>> {
        answer.await.inspect_err(|error| {
            if error.as_service_error().is_some_and(not_connected) {
                self.not_connected.fetch_add(1, Ordering::Relaxed);
            }
        })
    }

    async fn start_port(&self, chosen: &ExecTarget, host: &str, port: u16) -> Result<OpenSession, Failure> {
        let cluster = self.wanted.cluster.rsplit('/').next().unwrap_or_default();
        let target = match &self.wanted.instance {
            Some(_) => chosen.task.clone(),
            None => format!("ecs:{cluster}_{}_{}", chosen.task, chosen.runtime),
        };
        let port = port.to_string();
        let answer = self
            .own
            .call(START, |clients| {
                let request = clients.ssm().start_session().target(&target).document_name(DOCUMENT);
                let request = request
                    .parameters("host", vec![host.to_owned()])
                    .parameters("portNumber", vec![port.clone()])
                    .parameters("localPortNumber", vec!["0".to_owned()]);
                self.seen(request.send(), StartSessionError::is_target_not_connected)
            })
            .await?;
        granted(START, answer.session_id, answer.stream_url, answer.token_value)
    }

    async fn start_shell(&self, chosen: &ExecTarget, command: &str) -> Result<OpenSession, Failure> {
        if self.wanted.instance.is_some() {
            let answer = self
                .own
                .call(START, |clients| {
                    let mut request = clients.ssm().start_session().target(&chosen.task);
                    if !command.is_empty() {
                        request = request.document_name(COMMAND).parameters("command", vec![command.to_owned()]);
                    }
                    self.seen(request.send(), StartSessionError::is_target_not_connected)
                })
                .await?;
            return granted(START, answer.session_id, answer.stream_url, answer.token_value);
        }
        let answer = self
            .own
            .call(EXECUTE, |clients| {
                let request = clients.ecs().execute_command().cluster(&self.wanted.cluster).task(&chosen.task);
                let request = request.container(&chosen.container).command(command).interactive(true);
                self.seen(request.send(), ExecuteCommandError::is_target_not_connected_exception)
            })
            .await?;
        let session = answer.session.unwrap_or_else(|| sdk::Session::builder().build());
        granted(EXECUTE, session.session_id, session.stream_url, session.token_value)
    }
}

impl Session {
    /// Returns the names of all services of a cluster.
    ///
    /// # Errors
    /// They cannot be listed.
    pub async fn service_names(&self, cluster: &str) -> Result<Vec<String>, Failure> {
        ecs_services::all_names(&Caller::new(self, Priority::Operator), cluster).await
    }
}

fn candidate(task: sdk::Task) -> Candidate {
    let containers = task.containers.unwrap_or_default().into_iter().map(|container| {
        let agent = container
            .managed_agents
            .unwrap_or_default()
            .into_iter()
            .find(|agent| agent.name == Some(sdk::ManagedAgentName::ExecuteCommandAgent));
        ExecContainer {
            name: container.name.unwrap_or_default(),
            runtime: container.runtime_id,
            reason: agent.as_ref().and_then(|agent| agent.reason.clone()),
            agent: agent.and_then(|agent| agent.last_status),
        }
    });
    Candidate {
        containers: containers.collect(),
        task: owned_arn_name(task.task_arn),
        status: task.last_status.unwrap_or_default(),
        desired: task.desired_status.unwrap_or_default(),
        health: task.health_status.map(|health| health.as_str().to_owned()).unwrap_or_default(),
        started_at: to_timestamp(task.started_at),
        exec: task.enable_execute_command,
        platform: task.platform_version,
    }
}

/// Whether a task in this state still carries its sessions. One that is DEACTIVATING keeps running while its load
/// balancer drains it, which may take an hour; its containers are stopped only afterwards.
fn carries(status: &str) -> bool {
    !matches!(status, "STOPPING" | "DEPROVISIONING" | "STOPPED" | "DELETED")
}

/// Whether a task with this desired status is going to stop: one replaced by a deployment is drained by its load balancer, and
/// carries its sessions meanwhile.
fn will_stop(desired: Option<&str>) -> bool {
    desired == Some("STOPPED")
}

fn no_target(none: &NoTarget) -> Failure {
    // A target that may be available soon is requested again.
    let kind = if none.soon { FailureKind::Service } else { FailureKind::NotFound };
    Failure::new(kind, none.why.clone()).with_hint(none.hint.clone())
}

fn granted(
    action: Action,
    id: Option<String>,
    url: Option<String>,
    token: Option<String>,
) -> Result<OpenSession, Failure> {
    match (id, url, token) {
        (Some(session_id), Some(url), Some(token)) if !token.is_empty() => {
            Ok(OpenSession { session_id, url, token: token.into() })
        }
        _ => Err(Failure::new(FailureKind::Malformed, format!("{}: the answer has no session", action.name))),
    }
}

/// Converts a failure of AWS to one of a session.
fn of(failure: &Failure) -> ssm_tunnel::Failure {
    use ssm_tunnel::FailureKind as Kind;
    let kind = match failure.kind {
        FailureKind::Credentials => Kind::Credentials,
        FailureKind::WrongAccount => Kind::Forbidden,
        FailureKind::Denied | FailureKind::NotFound | FailureKind::Invalid => Kind::Refused,
        FailureKind::Throttled
        | FailureKind::Unreachable
        | FailureKind::Timeout
        | FailureKind::Malformed
        | FailureKind::Service
        | FailureKind::Other => Kind::Transient,
    };
    ssm_tunnel::Failure { kind, message: failure.message.clone(), hint: Some(failure.hint().to_owned()) }
}

impl Gate for Gateway {
    type Target = ExecTarget;

    async fn resolve(&self) -> Result<ExecTarget, ssm_tunnel::Failure> {
        self.choose().await.map_err(|failure| of(&failure))
    }

    fn describe(&self, target: &ExecTarget) -> String {
        if self.wanted.instance.is_some() {
            return format!("instance {}", target.task);
        }
        format!("{}, task {}, container {}", self.wanted.service, short(&target.task), target.container)
    }

    async fn start(&self, target: &ExecTarget) -> Result<OpenSession, ssm_tunnel::Failure> {
        let before = self.not_connected.load(Ordering::Relaxed);
        let started = match &self.purpose {
            Purpose::Port { host, port } => self.start_port(target, host, *port).await,
            Purpose::Shell { command } => self.start_shell(target, command).await,
        };
        let times = self.not_connected.load(Ordering::Relaxed);
        match started {
            Ok(granted) => {
                self.not_connected.store(0, Ordering::Relaxed);
                Ok(granted)
            }
            Err(_) if times > before => {
                // An instance that was just started needs longer.
                let again = times < NOT_CONNECTED || self.wanted.instance.is_some();
                Err(of(&no_target(&agent_not_connected(&self.wanted, target, again))))
            }
            Err(failure) => Err(of(&failure)),
        }
    }

    async fn resume(&self, session_id: &str) -> Result<(Option<String>, Token), ssm_tunnel::Failure> {
        let resumed = self
            .own
            .call(RESUME, |clients| clients.ssm().resume_session().session_id(session_id).send())
            .await
            .map_err(|failure| match failure.kind {
                FailureKind::NotFound => ssm_tunnel::Failure::new(ssm_tunnel::FailureKind::Gone, failure.message),
                _ => of(&failure),
            })?;
        match resumed.token_value {
            Some(token) if !token.is_empty() => Ok((resumed.stream_url, token.into())),
            _ => Err(ssm_tunnel::Failure::new(ssm_tunnel::FailureKind::Gone, "the session timed out at AWS")),
        }
    }

    async fn terminate(&self, session_id: &str) -> Result<(), ssm_tunnel::Failure> {
        let ended =
            self.own.call(TERMINATE, |clients| clients.ssm().terminate_session().session_id(session_id).send()).await;
        ended.map(drop).map_err(|failure| of(&failure))
    }

    async fn find_gone_reason(&self, target: &ExecTarget) -> Option<String> {
        if self.wanted.instance.is_some() {
            let found = self.own.instances(&InstanceSelector::Id(target.task.clone())).await;
            let there = match &found {
                Ok(found) => found.iter().any(|one| !one.is_ending() && one.state != "stopped"),
                // A failed request does not prove that it is gone.
                Err(failure) => failure.kind != FailureKind::NotFound,
            };
            return (!there).then(|| format!("instance {} does not run any more", target.task));
        }
        let (cluster, task) = (self.wanted.cluster.as_str(), target.task.as_str());
        let answer = self
            .own
            .call(DESCRIBE_TASKS, |clients| clients.ecs().describe_tasks().cluster(cluster).tasks(task).send())
            .await
            // A failed request does not prove that it is gone.
            .ok()?;
        let there = answer.tasks().iter().find(|task| carries(task.last_status().unwrap_or_default()));
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        match there {
            Some(found) if will_stop(found.desired_status()) => {
                leaving.insert(task.to_owned());
            }
            Some(_) => {}
            None => {
                leaving.remove(task);
                return Some(format!("task {} does not run any more", short(task)));
            }
        }
        None
    }

    fn is_leaving(&self, target: &ExecTarget) -> bool {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner).contains(&target.task)
    }

    async fn credentials(&self) -> Result<Credentials, ssm_tunnel::Failure> {
        self.own.credentials().await.map_err(|failure| of(&failure))
    }

    fn now(&self) -> SystemTime {
        self.session.service_clock().now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn task_keeps_its_sessions_until_its_containers_are_stopping() {
        let states = ["PENDING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"];
        let carrying: Vec<&str> = states.into_iter().filter(|status| carries(status)).collect();
        assert_eq!(carrying, ["PENDING", "RUNNING", "DEACTIVATING"]);
        assert_eq!([Some("RUNNING"), Some("STOPPED"), None].map(will_stop), [false, true, false]);
    }
}
