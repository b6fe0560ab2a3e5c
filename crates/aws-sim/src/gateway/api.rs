//! The AWS operations on sessions.

use super::run;
use super::state::{AgentHost, Session, SessionTarget};
use crate::rng;
use crate::services::ApiError;
use crate::services::ecs::tasks::{find, runtime_id};
use crate::shared::Shared;
use crate::wire::{Node, map};
use crate::world::ecs::Task;
use crate::world::{TaskKey, World};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Answers an operation on sessions; none for any other operation.
pub(crate) fn answer(
    shared: &Arc<Shared>,
    world: &World,
    region: &str,
    operation: &str,
    input: &Node,
) -> Option<Result<Node, ApiError>> {
    match operation {
        "ssm:StartSession" => Some(start(shared, world, region, input)),
        "ssm:ResumeSession" => Some(resume(shared, input)),
        "ssm:TerminateSession" => Some(Ok(terminate(shared, input))),
        "ecs:ExecuteCommand" => Some(execute(shared, world, region, input)),
        _ => None,
    }
}

fn not_connected(target: &str) -> ApiError {
    ApiError::client("TargetNotConnected", format!("{target} is not connected."))
}

/// The running task behind `ecs:CLUSTER_TASK_RUNTIME`, if its agent runs.
fn target(world: &World, region: &str, target: &str) -> Option<TaskKey> {
    let rest = target.strip_prefix("ecs:")?;
    // A cluster name may contain underscores; the two fields after it do not.
    let (rest, runtime) = rest.rsplit_once('_')?;
    let (cluster, task) = rest.rsplit_once('_')?;
    let key = find(world, world.find_cluster(region, cluster)?, task)?;
    let connected = |task: &&Task| task.exec_ready(world.now) && !world.unreached.contains(&task.service);
    let task = world.tasks.get(&key).filter(connected)?;
    task.def.containers.iter().any(|c| runtime_id(key, &c.name) == runtime).then_some(key)
}

fn start(shared: &Arc<Shared>, world: &World, region: &str, input: &Node) -> Result<Node, ApiError> {
    let name = input.str("Target").unwrap_or_default();
    let online = world.instances.iter().find(|instance| instance.id == name && instance.online(world.now));
    let host_of_agent = match online {
        Some(instance) => AgentHost::Instance(instance.id),
        None => AgentHost::Task(target(world, region, name).ok_or_else(|| not_connected(name))?),
    };
    let parameter = |wanted: &str| -> Option<String> {
        Some(input.get("Parameters")?.strings(wanted).first().copied()?.to_owned())
    };
    let document = input.str("DocumentName").unwrap_or_default();
    // Without a document it is the account's own shell; both are available for instances only.
    if let "" | "SSM-SessionManagerRunShell" | "AWS-StartInteractiveCommand" = document {
        let instance = online.ok_or_else(|| not_connected(name))?;
        let command = match (document, parameter("command")) {
            ("AWS-StartInteractiveCommand", None) => {
                return Err(ApiError::client("InvalidParameters", "Parameter \"command\" is missing."));
            }
            ("AWS-StartInteractiveCommand", Some(command)) => command,
            _ => "/bin/sh".to_owned(),
        };
        let host = format!("ip-{}", instance.address.replace('.', "-"));
        let (id, url, token) = open(shared, host_of_agent, SessionTarget::Shell { command, host }, "operator");
        return Ok(map! {"SessionId": id, "StreamUrl": url, "TokenValue": token});
    }
    let host = match document {
        "AWS-StartPortForwardingSessionToRemoteHost" => parameter("host"),
        "AWS-StartPortForwardingSession" => Some("localhost".to_owned()),
        _ => {
            return Err(ApiError::client("InvalidDocument", format!("Document with name {document} does not exist.")));
        }
    };
    let port = parameter("portNumber").and_then(|port| port.parse().ok()).filter(|port| *port != 0);
    let (Some(host), Some(port)) = (host, port) else {
        return Err(ApiError::client(
            "InvalidParameters",
            "Parameter \"portNumber\" or \"host\" is missing or invalid.",
        ));
    };
    let local = parameter("localPortNumber").unwrap_or_else(|| "0".to_owned());
    let (id, url, token) = open(shared, host_of_agent, SessionTarget::Port { host, port, local }, "operator");
    Ok(map! {"SessionId": id, "StreamUrl": url, "TokenValue": token})
}

fn open(
    shared: &Arc<Shared>,
    host_of_agent: AgentHost,
    session_target: SessionTarget,
    prefix: &str,
) -> (String, String, String) {
    let endpoint = shared.endpoint();
    let mut gateway = shared.gateway();
    let (id, token) = (gateway.id(prefix), gateway.token());
    let url = gateway.address(&endpoint, &id);
    let (agent, commands) = mpsc::channel(4);
    gateway.sessions.insert(id.clone(), Session { token: token.clone(), forgotten: false, agent });
    tokio::spawn(run::run(Arc::clone(shared), id.clone(), host_of_agent, session_target, commands));
    (id, url, token)
}

fn resume(shared: &Shared, input: &Node) -> Result<Node, ApiError> {
    let id = input.str("SessionId").unwrap_or_default();
    let endpoint = shared.endpoint();
    let mut gateway = shared.gateway();
    let token = gateway.token();
    let Some(session) = gateway.sessions.get_mut(id) else {
        return Err(ApiError::client("DoesNotExistException", format!("Session {id} does not exist")));
    };
    if session.forgotten {
        // The answer of AWS for a session that timed out.
        return Ok(map! {"SessionId": id, "StreamUrl": "", "TokenValue": ""});
    }
    session.token.clone_from(&token);
    let url = gateway.address(&endpoint, id);
    Ok(map! {"SessionId": id, "StreamUrl": url, "TokenValue": token})
}

fn terminate(shared: &Shared, input: &Node) -> Node {
    let id = input.str("SessionId").unwrap_or_default();
    if let Some(session) = shared.gateway().sessions.remove(id) {
        // Dropping the sender ends its agent as well.
        let _ = session.agent.try_send(super::state::AgentCommand::End);
    }
    map! {"SessionId": id}
}

fn execute(shared: &Arc<Shared>, world: &World, region: &str, input: &Node) -> Result<Node, ApiError> {
    let cluster = input.str("cluster").unwrap_or("default");
    let at = world
        .find_cluster(region, cluster)
        .ok_or_else(|| ApiError::client("ClusterNotFoundException", "Cluster not found."))?;
    let invalid = |message: &str| ApiError::client("InvalidParameterException", message);
    let key = input
        .str("task")
        .and_then(|name| find(world, at, name))
        .ok_or_else(|| invalid("The specified task was not found."))?;
    let task = &world.tasks[&key];
    if !task.exec_ready(world.now) {
        return Err(invalid(
            "The execute command failed because execute command was not enabled when the task was run or the execute \
             command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.",
        ));
    }
    if world.unreached.contains(&task.service) {
        return Err(ApiError::client(
            "TargetNotConnectedException",
            "The execute command failed due to an internal error. Try again later.",
        ));
    }
    let container = match input.str("container") {
        Some(name) => task.def.containers.iter().find(|c| c.name == name),
        None if task.def.containers.len() == 1 => task.def.containers.first(),
        None => None,
    };
    let container =
        container.ok_or_else(|| invalid("The container name is missing or not that of a container of the task."))?;
    if input.bool("interactive") != Some(true) {
        return Err(invalid("Interactive is the only mode supported currently."));
    }
    let command = input.str("command").unwrap_or_default().to_owned();
    let host = format!("ip-{}", task.ip().replace('.', "-"));
    let (id, url, token) =
        open(shared, AgentHost::Task(key), SessionTarget::Shell { command, host }, "ecs-execute-command");
    Ok(map! {
        "clusterArn": world.clusters[at].arn(),
        "containerArn": format!("arn:aws:ecs:{region}:{}:container/{}/{:032x}/{:08x}", crate::account::ACCOUNT, world.clusters[at].name, key.1, rng::hash(7, &container.name)),
        "containerName": &container.name,
        "interactive": true,
        "session": map! {"sessionId": id, "streamUrl": url, "tokenValue": token},
        "taskArn": world.task_arn(key),
    })
}
