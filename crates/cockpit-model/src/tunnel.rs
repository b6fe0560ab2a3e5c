//! Tunnels and shells: the container that they go through, or why there is none; and a tunnel's far end and state.

pub mod instance;
mod no_target;
pub mod owner;
pub mod remote_end;
pub mod status;

use crate::names::list_names;
pub use instance::is_instance;
use jiff::Timestamp;
pub use no_target::{NoTarget, not_yet, unavailable};
use owner::Ownership;

/// A task, with the data that ECS Exec needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The last part of its ARN.
    pub task: String,
    /// `RUNNING`, …
    pub status: String,
    /// `RUNNING` or `STOPPED`.
    pub desired: String,
    /// `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health: String,
    pub started_at: Option<Timestamp>,
    /// Whether ECS Exec was enabled when it was started.
    pub exec: bool,
    /// The Fargate platform version: `1.4.0`.
    pub platform: Option<String>,
    pub containers: Vec<ExecContainer>,
}

/// A container and the state of its ECS Exec agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecContainer {
    pub name: String,
    /// The runtime id, which identifies it to Session Manager; `None` before its image was pulled.
    pub runtime: Option<String>,
    /// The state of the ECS Exec agent: `RUNNING`, `PENDING`, `STOPPED`; `None` if there is no agent.
    pub agent: Option<String>,
    /// ECS's reason for the agent's state.
    pub reason: Option<String>,
}

/// The requirements of the ECS Exec agent.
const AGENT_NEEDS: &str = "the task role needs ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and \
                           OpenDataChannel, and a private network a way to ssmmessages: a NAT, or an interface endpoint \
                           whose security group lets the tasks in";

/// The service, task or container that a tunnel should go through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelGateway {
    pub cluster: String,
    pub service: String,
    /// The start of a task id.
    pub task: Option<String>,
    pub container: Option<String>,
    /// An instance instead of a task, as typed: `i-0123456789abcdef0`, `instance:bastion`, `tag:Role=bastion`.
    pub instance: Option<String>,
    /// The environments that the instance may belong to; a tag is resolved again for each session.
    pub ownership: Ownership,
}

impl TunnelGateway {
    /// Returns the instance or the service that it goes through.
    pub fn through(&self) -> &str {
        self.instance.as_deref().unwrap_or(&self.service)
    }
}

/// The chosen container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecTarget {
    pub task: String,
    pub container: String,
    pub runtime: String,
}

/// Chooses the newest healthy running task with ECS Exec enabled and its agent running. `exec`: whether the service
/// enables ECS Exec for new tasks, if known.
///
/// # Errors
/// The reason why there is none, with a hint.
pub fn choose(wanted: &TunnelGateway, exec: Option<bool>, tasks: &[Candidate]) -> Result<ExecTarget, NoTarget> {
    let service = &wanted.service;
    let mut running: Vec<&Candidate> = tasks.iter().filter(|task| task.desired == "RUNNING").collect();
    if let Some(id) = &wanted.task {
        running.retain(|task| task.task.starts_with(id.as_str()));
        if running.is_empty() {
            return Err(unavailable(
                format!("no task of {service} that runs has an id that begins with {id}"),
                format!("`cockpit tasks {service}` lists them"),
            ));
        }
        if running.len() > 1 {
            let ids: Vec<&str> = running.iter().map(|task| short(&task.task)).collect();
            return Err(unavailable(
                format!("several tasks of {service} have an id that begins with {id}"),
                format!("write more of it: {}", list_names(&ids)),
            ));
        }
    }
    if running.is_empty() {
        return Err(unavailable(
            format!("{service} has no task that runs"),
            format!(
                "see with `cockpit services {service}` why none is there; where none is wanted, `cockpit scale {service} 1` \
                 starts one"
            ),
        ));
    }
    let with_exec: Vec<&Candidate> = running.iter().copied().filter(|task| task.exec).collect();
    if with_exec.is_empty() {
        return Err(without_exec(wanted, exec));
    }
    let mut by_preference: Vec<&Candidate> =
        with_exec.iter().copied().filter(|task| task.status == "RUNNING").collect();
    if by_preference.is_empty() {
        return Err(not_yet(format!("no task of {service} with ECS Exec runs yet")));
    }
    by_preference.sort_by_key(|task| (rank(&task.health), std::cmp::Reverse(task.started_at)));
    let mut first_error = None;
    for task in &by_preference {
        match container(wanted, task) {
            Ok(chosen) => return Ok(chosen),
            Err(why) => first_error = first_error.or(Some(why)),
        }
    }
    Err(first_error
        .unwrap_or_else(|| unavailable(format!("{service} has no container"), "look at its task definition")))
}

fn rank(health: &str) -> u8 {
    match health {
        "HEALTHY" => 0,
        "UNHEALTHY" => 2,
        _ => 1,
    }
}

fn without_exec(wanted: &TunnelGateway, exec: Option<bool>) -> NoTarget {
    let service = &wanted.service;
    if exec == Some(true) {
        return unavailable(
            format!("ECS Exec is on for {service}, but its tasks were started before that"),
            format!("start new ones with `cockpit deploy {service} --force`"),
        );
    }
    unavailable(
        format!("ECS Exec is off on {service}"),
        format!(
            "switch it on with `cockpit deploy {service} --enable-exec`, which starts new tasks, and where the service is \
             described (`enable_execute_command = true` in Terraform)"
        ),
    )
}

fn container(wanted: &TunnelGateway, task: &Candidate) -> Result<ExecTarget, NoTarget> {
    let id = short(&task.task);
    let named = wanted.container.as_deref();
    let found: Vec<&ExecContainer> =
        task.containers.iter().filter(|container| named.is_none_or(|name| name == container.name)).collect();
    if found.is_empty() {
        let names: Vec<&str> = task.containers.iter().map(|container| container.name.as_str()).collect();
        let named = named.unwrap_or_default();
        return Err(unavailable(
            format!("the tasks of {} have no container `{named}`", wanted.service),
            format!("theirs are: {}", names.join(", ")),
        ));
    }
    let ready = found.iter().find_map(|container| {
        let runtime = container.runtime.clone().filter(|_| container.agent.as_deref() == Some("RUNNING"))?;
        Some(ExecTarget { task: task.task.clone(), container: container.name.clone(), runtime })
    });
    if let Some(chosen) = ready {
        return Ok(chosen);
    }
    if let Some(old) = task.platform.as_deref().filter(|version| older(version)) {
        return Err(unavailable(
            format!("task {id} runs on the Fargate platform {old}, which has no ECS Exec"),
            "set the platform version of the service to LATEST, and deploy",
        ));
    }
    let stopped = found.iter().find(|container| container.agent.as_deref() == Some("STOPPED"));
    if let Some(stopped) = stopped {
        let reason = stopped.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return Err(unavailable(
            format!("the agent of ECS Exec in task {id} has stopped{reason}"),
            needs(&wanted.service),
        ));
    }
    Err(not_yet(format!("the agent of ECS Exec in task {id} is not running yet")))
}

/// Returns a hint on the agent's requirements and on how to start new tasks.
fn needs(service: &str) -> String {
    format!("{AGENT_NEEDS}; then start new tasks with `cockpit deploy {service} --force`")
}

/// Returns the error for an agent that is not connected to Session Manager, although ECS or EC2 reports it as running.
/// `again`: it may only just have started, so a retry makes sense.
pub fn agent_not_connected(wanted: &TunnelGateway, chosen: &ExecTarget, again: bool) -> NoTarget {
    let (why, hint) = match &wanted.instance {
        Some(_) => (
            format!("the agent of instance {} is not connected to Systems Manager", chosen.task),
            "the instance must run, with an agent that reaches Systems Manager and a role with AmazonSSMManagedInstanceCore; \
             one that was just started needs a minute"
                .to_owned(),
        ),
        None => (
            format!("the agent of ECS Exec in task {} runs and is not connected to Systems Manager", short(&chosen.task)),
            needs(&wanted.service),
        ),
    };
    NoTarget { soon: again, ..unavailable(format!("{why} (TargetNotConnected)"), hint) }
}

/// Whether a Fargate platform version is older than 1.4.0, which ECS Exec requires.
fn older(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    !numbers.is_empty() && numbers < vec![1, 4]
}

/// Shortens a task id to the part that people read.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> TunnelGateway {
        TunnelGateway { cluster: "c".into(), service: "web".into(), ..TunnelGateway::default() }
    }

    fn task(id: &str, started: i64) -> Candidate {
        Candidate {
            task: id.into(),
            status: "RUNNING".into(),
            desired: "RUNNING".into(),
            health: "HEALTHY".into(),
            started_at: Timestamp::from_second(started).ok(),
            exec: true,
            platform: Some("1.4.0".into()),
            containers: vec![ExecContainer {
                name: "web".into(),
                runtime: Some(format!("{id}-1")),
                agent: Some("RUNNING".into()),
                reason: None,
            }],
        }
    }

    fn why(wanted: &TunnelGateway, exec: Option<bool>, tasks: &[Candidate]) -> NoTarget {
        choose(wanted, exec, tasks).unwrap_err()
    }

    #[test]
    fn newest_healthy_task_with_running_agent_is_chosen() {
        let unhealthy = Candidate { health: "UNHEALTHY".into(), ..task("sick", 9) };
        let leaving = Candidate { desired: "STOPPED".into(), ..task("leaving", 10) };
        let mut silent = task("silent", 8);
        silent.containers[0].agent = Some("PENDING".into());
        let tasks = [task("old", 1), task("new", 5), unhealthy, leaving, silent];
        assert_eq!(choose(&wanted(), None, &tasks).unwrap().task, "new");
        let one = |id: &str| TunnelGateway { task: Some(id.into()), ..wanted() };
        assert_eq!(choose(&one("ol"), None, &tasks).unwrap().task, "old");
        let two = [task("0abc", 1), task("0abd", 2)];
        assert_eq!(choose(&one("0abc"), None, &two).unwrap().task, "0abc");
        let error = why(&one("0ab"), None, &two);
        assert!(error.why.contains("several tasks") && error.hint.contains("0abc") && !error.soon, "{error:?}");
    }

    #[test]
    fn instance_is_recognized_by_its_id() {
        assert!(is_instance("i-0123456789abcdef0") && is_instance("i-01234567"));
        for other in ["web", "i-web", "i-0123", "0123456789abcdef0", "i-0123456789abcdeg0"] {
            assert!(!is_instance(other), "{other}");
        }
    }

    #[test]
    fn every_reason_for_no_target_has_a_hint() {
        let none = why(&wanted(), None, &[]);
        assert!(none.why.contains("no task that runs") && none.hint.contains("`cockpit services web`"), "{none:?}");
        assert!(!none.hint.contains("cockpit start"), "that command takes no service and starts everything: {none:?}");
        let off = Candidate { exec: false, ..task("a", 1) };
        let error = why(&wanted(), Some(false), std::slice::from_ref(&off));
        assert!(
            error.why.contains("ECS Exec is off on web") && error.hint.contains("enable_execute_command"),
            "{error:?}"
        );
        assert!(why(&wanted(), Some(true), &[off]).hint.contains("--force"));
        let starting = Candidate { status: "PENDING".into(), ..task("a", 1) };
        assert!(why(&wanted(), None, &[starting]).soon);
        let mut late = task("a", 1);
        late.containers[0].agent = Some("PENDING".into());
        assert!(why(&wanted(), None, &[late.clone()]).soon);
        late.containers[0].agent = Some("STOPPED".into());
        let error = why(&wanted(), None, &[late.clone()]);
        assert!(!error.soon && error.hint.contains("ssmmessages"), "{error:?}");
        late.platform = Some("1.3.0".into());
        assert!(why(&wanted(), None, &[late]).why.contains("1.3.0"));
        let other = TunnelGateway { container: Some("db".into()), ..wanted() };
        assert!(why(&other, None, &[task("a", 1)]).hint.contains("web"));
        let chosen = choose(&wanted(), None, &[task("abcdefghij", 1)]).unwrap();
        let error = agent_not_connected(&wanted(), &chosen, false);
        assert!(error.why.contains("task abcdefgh runs and is not connected") && !error.soon, "{error:?}");
        for needed in ["ssmmessages:CreateControlChannel", "interface endpoint", "`cockpit deploy web --force`"] {
            assert!(error.hint.contains(needed), "{error:?}");
        }
        let through = TunnelGateway { instance: Some("tag:Role=bastion".into()), ..wanted() };
        let error = agent_not_connected(&through, &ExecTarget { task: "i-01234567".into(), ..chosen }, true);
        assert!(error.why.contains("instance i-01234567") && error.soon, "{error:?}");
        assert!(error.hint.contains("AmazonSSMManagedInstanceCore"), "{error:?}");
        let missing = TunnelGateway { task: Some("zz".into()), ..wanted() };
        assert!(why(&missing, None, &[task("a", 1)]).why.contains("zz"));
    }
}
