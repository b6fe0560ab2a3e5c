//! Through which container a tunnel or a shell goes, and why there is none; where a tunnel leads, and how it stands.

pub mod far;
pub mod instance;
mod no_target;
pub mod standing;
pub mod whose;

use crate::names::listed;
pub use instance::is_instance;
use jiff::Timestamp;
pub use no_target::{NoTarget, none, soon};
use whose::Whose;

/// A task, as far as ECS Exec is concerned.
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
    /// Whether ECS Exec was on when it was started.
    pub exec: bool,
    /// Of Fargate: `1.4.0`.
    pub platform: Option<String>,
    pub containers: Vec<ExecContainer>,
}

/// A container with its agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecContainer {
    pub name: String,
    /// Names it to Session Manager; none before its image is there.
    pub runtime: Option<String>,
    /// How the agent of ECS Exec stands: `RUNNING`, `PENDING`, `STOPPED`; none where there is none.
    pub agent: Option<String>,
    /// The reason that ECS gives for the agent's state.
    pub reason: Option<String>,
}

/// The requirements of ECS Exec's agent.
const AGENT_NEEDS: &str = "the task role needs ssmmessages:CreateControlChannel, CreateDataChannel, OpenControlChannel and \
                           OpenDataChannel, and a private network a way to ssmmessages: a NAT, or an interface endpoint \
                           whose security group lets the tasks in";

/// Which service, task or container a tunnel is to go through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    pub cluster: String,
    pub service: String,
    /// A task by the beginning of its id.
    pub task: Option<String>,
    pub container: Option<String>,
    /// An instance instead of a task, as it was named: `i-0123456789abcdef0`, `instance:bastion`, `tag:Role=bastion`.
    pub instance: Option<String>,
    /// The environments whose instances it may be: a tag is looked up again for each session.
    pub whose: Whose,
}

impl Wanted {
    /// The instance or the service that it goes through.
    pub fn through(&self) -> &str {
        self.instance.as_deref().unwrap_or(&self.service)
    }
}

/// The container that was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub task: String,
    pub container: String,
    pub runtime: String,
}

/// The newest healthy task that is to run, with ECS Exec on and its agent running. `exec`: whether the service has ECS
/// Exec on for the tasks that it starts now, where that is known.
///
/// # Errors
/// Why there is none, and what to do.
pub fn choose(wanted: &Wanted, exec: Option<bool>, tasks: &[Candidate]) -> Result<Chosen, NoTarget> {
    let service = &wanted.service;
    let mut running: Vec<&Candidate> = tasks.iter().filter(|task| task.desired == "RUNNING").collect();
    if let Some(id) = &wanted.task {
        running.retain(|task| task.task.starts_with(id.as_str()));
        if running.is_empty() {
            return Err(none(
                format!("no task of {service} that runs has an id that begins with {id}"),
                format!("`cockpit tasks {service}` lists them"),
            ));
        }
        if running.len() > 1 {
            let ids: Vec<&str> = running.iter().map(|task| short(&task.task)).collect();
            return Err(none(
                format!("several tasks of {service} have an id that begins with {id}"),
                format!("write more of it: {}", listed(&ids)),
            ));
        }
    }
    if running.is_empty() {
        return Err(none(
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
    let mut best: Vec<&Candidate> = with_exec.iter().copied().filter(|task| task.status == "RUNNING").collect();
    if best.is_empty() {
        return Err(soon(format!("no task of {service} with ECS Exec runs yet")));
    }
    best.sort_by_key(|task| (rank(&task.health), std::cmp::Reverse(task.started_at)));
    let mut first = None;
    for task in &best {
        match container(wanted, task) {
            Ok(chosen) => return Ok(chosen),
            Err(why) => first = first.or(Some(why)),
        }
    }
    Err(first.unwrap_or_else(|| none(format!("{service} has no container"), "look at its task definition")))
}

fn rank(health: &str) -> u8 {
    match health {
        "HEALTHY" => 0,
        "UNHEALTHY" => 2,
        _ => 1,
    }
}

fn without_exec(wanted: &Wanted, exec: Option<bool>) -> NoTarget {
    let service = &wanted.service;
    if exec == Some(true) {
        return none(
            format!("ECS Exec is on for {service}, but its tasks were started before that"),
            format!("start new ones with `cockpit deploy {service} --force`"),
        );
    }
    none(
        format!("ECS Exec is off on {service}"),
        format!(
            "switch it on with `cockpit deploy {service} --enable-exec`, which starts new tasks, and where the service is \
             described (`enable_execute_command = true` in Terraform)"
        ),
    )
}

fn container(wanted: &Wanted, task: &Candidate) -> Result<Chosen, NoTarget> {
    let id = short(&task.task);
    let named = wanted.container.as_deref();
    let found: Vec<&ExecContainer> =
        task.containers.iter().filter(|container| named.is_none_or(|name| name == container.name)).collect();
    if found.is_empty() {
        let names: Vec<&str> = task.containers.iter().map(|container| container.name.as_str()).collect();
        let named = named.unwrap_or_default();
        return Err(none(
            format!("the tasks of {} have no container `{named}`", wanted.service),
            format!("theirs are: {}", names.join(", ")),
        ));
    }
    let up = found.iter().find_map(|container| {
        let runtime = container.runtime.clone().filter(|_| container.agent.as_deref() == Some("RUNNING"))?;
        Some(Chosen { task: task.task.clone(), container: container.name.clone(), runtime })
    });
    if let Some(chosen) = up {
        return Ok(chosen);
    }
    if let Some(old) = task.platform.as_deref().filter(|version| older(version)) {
        return Err(none(
            format!("task {id} runs on the Fargate platform {old}, which has no ECS Exec"),
            "set the platform version of the service to LATEST, and deploy",
        ));
    }
    let stopped = found.iter().find(|container| container.agent.as_deref() == Some("STOPPED"));
    if let Some(stopped) = stopped {
        let said = stopped.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return Err(none(format!("the agent of ECS Exec in task {id} has stopped{said}"), needs(&wanted.service)));
    }
    Err(soon(format!("the agent of ECS Exec in task {id} is not running yet")))
}

/// A hint on what the agent needs, and how its tasks come to have it.
fn needs(service: &str) -> String {
    format!("{AGENT_NEEDS}; then start new tasks with `cockpit deploy {service} --force`")
}

/// Session Manager says that the agent of what was chosen is not connected to it, although it runs as far as ECS and EC2
/// know. Asked for again where it may only just have been started.
pub fn not_connected(wanted: &Wanted, chosen: &Chosen, again: bool) -> NoTarget {
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
    NoTarget { soon: again, ..none(format!("{why} (TargetNotConnected)"), hint) }
}

/// Whether a Fargate platform is older than 1.4.0, which ECS Exec needs.
fn older(version: &str) -> bool {
    let numbers: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    !numbers.is_empty() && numbers < vec![1, 4]
}

/// The part of a task's id that people read.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted { cluster: "c".into(), service: "web".into(), ..Wanted::default() }
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

    fn why(wanted: &Wanted, exec: Option<bool>, tasks: &[Candidate]) -> NoTarget {
        choose(wanted, exec, tasks).unwrap_err()
    }

    #[test]
    fn the_newest_healthy_task_whose_agent_runs_is_chosen() {
        let sick = Candidate { health: "UNHEALTHY".into(), ..task("sick", 9) };
        let leaving = Candidate { desired: "STOPPED".into(), ..task("leaving", 10) };
        let mut silent = task("silent", 8);
        silent.containers[0].agent = Some("PENDING".into());
        let tasks = [task("old", 1), task("new", 5), sick, leaving, silent];
        assert_eq!(choose(&wanted(), None, &tasks).unwrap().task, "new");
        let one = |id: &str| Wanted { task: Some(id.into()), ..wanted() };
        assert_eq!(choose(&one("ol"), None, &tasks).unwrap().task, "old");
        let two = [task("0abc", 1), task("0abd", 2)];
        assert_eq!(choose(&one("0abc"), None, &two).unwrap().task, "0abc");
        let said = why(&one("0ab"), None, &two);
        assert!(said.why.contains("several tasks") && said.hint.contains("0abc") && !said.soon, "{said:?}");
    }

    #[test]
    fn an_instance_is_told_from_a_service_by_its_id() {
        assert!(is_instance("i-0123456789abcdef0") && is_instance("i-01234567"));
        for other in ["web", "i-web", "i-0123", "0123456789abcdef0", "i-0123456789abcdeg0"] {
            assert!(!is_instance(other), "{other}");
        }
    }

    #[test]
    fn each_reason_why_there_is_none_says_what_to_do() {
        let none = why(&wanted(), None, &[]);
        assert!(none.why.contains("no task that runs") && none.hint.contains("`cockpit services web`"), "{none:?}");
        assert!(!none.hint.contains("cockpit start"), "that takes no service, and starts all: {none:?}");
        let off = Candidate { exec: false, ..task("a", 1) };
        let said = why(&wanted(), Some(false), std::slice::from_ref(&off));
        assert!(
            said.why.contains("ECS Exec is off on web") && said.hint.contains("enable_execute_command"),
            "{said:?}"
        );
        assert!(why(&wanted(), Some(true), &[off]).hint.contains("--force"));
        let starting = Candidate { status: "PENDING".into(), ..task("a", 1) };
        assert!(why(&wanted(), None, &[starting]).soon);
        let mut late = task("a", 1);
        late.containers[0].agent = Some("PENDING".into());
        assert!(why(&wanted(), None, &[late.clone()]).soon);
        late.containers[0].agent = Some("STOPPED".into());
        let said = why(&wanted(), None, &[late.clone()]);
        assert!(!said.soon && said.hint.contains("ssmmessages"), "{said:?}");
        late.platform = Some("1.3.0".into());
        assert!(why(&wanted(), None, &[late]).why.contains("1.3.0"));
        let other = Wanted { container: Some("db".into()), ..wanted() };
        assert!(why(&other, None, &[task("a", 1)]).hint.contains("web"));
        let chosen = choose(&wanted(), None, &[task("abcdefghij", 1)]).unwrap();
        let said = not_connected(&wanted(), &chosen, false);
        assert!(said.why.contains("task abcdefgh runs and is not connected") && !said.soon, "{said:?}");
        for needed in ["ssmmessages:CreateControlChannel", "interface endpoint", "`cockpit deploy web --force`"] {
            assert!(said.hint.contains(needed), "{said:?}");
        }
        let through = Wanted { instance: Some("tag:Role=bastion".into()), ..wanted() };
        let said = not_connected(&through, &Chosen { task: "i-01234567".into(), ..chosen }, true);
        assert!(said.why.contains("instance i-01234567") && said.soon, "{said:?}");
        assert!(said.hint.contains("AmazonSSMManagedInstanceCore"), "{said:?}");
        let gone = Wanted { task: Some("zz".into()), ..wanted() };
        assert!(why(&gone, None, &[task("a", 1)]).why.contains("zz"));
    }
}
