//! The differences between two task definitions. Variables and secrets are compared by name only; their values are
//! never read.

use crate::TaskDefinition;
use crate::task_definition::ContainerDefinition;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The subject: `web image`, `cpu`.
    pub what: String,
    /// The current value; empty if there is none.
    pub now: String,
    /// The value after the deployment; empty if it is removed.
    pub next: String,
}

impl Change {
    /// Creates a change; `None` if both values are the same.
    pub fn of(what: impl Into<String>, now: impl Into<String>, next: impl Into<String>) -> Option<Self> {
        let change = Self { what: what.into(), now: now.into(), next: next.into() };
        (change.now != change.next).then_some(change)
    }
}

/// Returns all differences, in the order of a task definition.
pub fn diff(now: &TaskDefinition, next: &TaskDefinition) -> Vec<Change> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut changes: Vec<Change> = [
        Change::of("cpu", &now.cpu, &next.cpu),
        Change::of("memory", &now.memory, &next.memory),
        Change::of("architecture", text(&now.architecture), text(&next.architecture)),
        Change::of("task role", text(&now.task_role), text(&next.task_role)),
        Change::of("execution role", text(&now.execution_role), text(&next.execution_role)),
    ]
    .into_iter()
    .flatten()
    .collect();
    for container in &now.containers {
        match next.containers.iter().find(|other| other.name == container.name) {
            Some(other) => changes.extend(of_container(container, other)),
            None => changes.extend(Change::of(format!("container {}", container.name), &container.image, "")),
        }
    }
    for container in &next.containers {
        if now.containers.iter().all(|other| other.name != container.name) {
            changes.extend(Change::of(format!("container {}", container.name), "", &container.image));
        }
    }
    changes
}

fn of_container(now: &ContainerDefinition, next: &ContainerDefinition) -> Vec<Change> {
    let name = &now.name;
    let number = |value: Option<i32>| value.map(|value| value.to_string()).unwrap_or_default();
    let log = |container: &ContainerDefinition| {
        container.log.as_ref().map_or_else(String::new, |log| {
            let group = log.group.as_deref().unwrap_or_default();
            format!("{} {group}", log.driver).trim().to_owned()
        })
    };
    let ports =
        |container: &ContainerDefinition| container.ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let mut changes: Vec<Change> = [
        Change::of(format!("{name} image"), &now.image, &next.image),
        Change::of(format!("{name} cpu"), now.cpu.to_string(), next.cpu.to_string()),
        Change::of(format!("{name} memory"), number(now.memory), number(next.memory)),
        Change::of(format!("{name} ports"), ports(now), ports(next)),
        Change::of(format!("{name} log"), log(now), log(next)),
        Change::of(format!("{name} essential"), now.essential.to_string(), next.essential.to_string()),
    ]
    .into_iter()
    .flatten()
    .collect();
    for (kind, now, next) in [("variable", &now.variables, &next.variables), ("secret", &now.secrets, &next.secrets)] {
        for removed in now.iter().filter(|removed| !next.contains(removed)) {
            changes.extend(Change::of(format!("{name} {kind} {removed}"), "set", ""));
        }
        for added in next.iter().filter(|added| !now.contains(added)) {
            changes.extend(Change::of(format!("{name} {kind} {added}"), "", "set"));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_are_listed_and_secrets_by_name() {
        let web = |image: &str, secrets: &[&str]| TaskDefinition {
            cpu: "256".into(),
            containers: vec![ContainerDefinition {
                name: "web".into(),
                image: image.into(),
                secrets: secrets.iter().map(ToString::to_string).collect(),
                ..ContainerDefinition::default()
            }],
            ..TaskDefinition::default()
        };
        let changes = diff(&web("r/web:1", &["A"]), &web("r/web:2", &["A", "JWT_SECRET"]));
        let lines: Vec<_> = changes.iter().map(|c| (c.what.as_str(), c.now.as_str(), c.next.as_str())).collect();
        assert_eq!(lines, [("web image", "r/web:1", "r/web:2"), ("web secret JWT_SECRET", "", "set")]);
        assert_eq!(diff(&web("r/web:1", &[]), &web("r/web:1", &[])), []);
    }
}
