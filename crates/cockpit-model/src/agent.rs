//! Monitoring agents beside a service's own container: whose, in which version, running, and well.

use crate::task::{Container, Task};

/// Agents by what their image or their container is called.
const KNOWN: &[(&str, &str)] = &[
    ("datadog", "datadog"),
    ("newrelic", "newrelic"),
    ("cloudwatch-agent", "cloudwatch"),
    ("aws-otel-collector", "opentelemetry"),
    ("opentelemetry-collector", "opentelemetry"),
    ("dynatrace", "dynatrace"),
];

/// A monitoring agent of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Whose: `datadog`.
    pub kind: &'static str,
    /// Its container.
    pub container: String,
    /// Its version, as its image's tag says.
    pub version: Option<String>,
    /// Whether its container runs.
    pub running: bool,
    /// Whether its own health check says that it reports; none where it has none.
    pub reporting: Option<bool>,
}

impl Agent {
    /// In words: `datadog 7.72.1 running`.
    pub fn words(&self) -> String {
        let version = self.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
        let state = match (self.running, self.reporting) {
            (false, _) => "not running",
            (true, Some(false)) => "running, its health check fails",
            (true, Some(true)) => "running and well",
            (true, None) => "running",
        };
        format!("{}{version} {state}", self.kind)
    }
}

fn of_container(container: &Container) -> Option<Agent> {
    let (image, name) = (container.image.to_ascii_lowercase(), container.name.to_ascii_lowercase());
    let (_, kind) = KNOWN.iter().find(|(word, _)| image.contains(word) || name.contains(word))?;
    let tag = container.image.rsplit('/').next().and_then(|last| last.split('@').next()?.split_once(':'));
    Some(Agent {
        kind,
        container: container.name.clone(),
        version: tag.map(|(_, tag)| tag.to_owned()),
        running: container.status == "RUNNING",
        reporting: match container.health.as_str() {
            "HEALTHY" => Some(true),
            "UNHEALTHY" => Some(false),
            _ => None,
        },
    })
}

/// The agents of a task.
pub fn agents(task: &Task) -> Vec<Agent> {
    task.containers.iter().filter_map(of_container).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, image: &str, status: &str, health: &str) -> Container {
        Container {
            name: name.into(),
            image: image.into(),
            status: status.into(),
            health: health.into(),
            ..Container::default()
        }
    }

    #[test]
    fn an_agent_is_known_by_its_image_or_its_container() {
        let of = |name, image, health| of_container(&container(name, image, "RUNNING", health));
        let datadog = of("datadog-agent", "public.ecr.aws/datadog/agent:7.72.1", "UNKNOWN").unwrap();
        assert_eq!(datadog.words(), "datadog 7.72.1 running");
        assert_eq!(
            of("dd", "registry.example/datadog/agent@sha256:0", "HEALTHY").unwrap().words(),
            "datadog running and well"
        );
        assert_eq!(of("web", "1.dkr.ecr.x.amazonaws.com/web:9f3c2e1", "HEALTHY"), None);
    }

    #[test]
    fn one_that_does_not_run_or_is_not_well_is_told_so() {
        let stopped = of_container(&container("datadog-agent", "datadog/agent:7", "STOPPED", "UNKNOWN")).unwrap();
        assert_eq!(stopped.words(), "datadog 7 not running");
        let sick = of_container(&container("datadog-agent", "datadog/agent:7", "RUNNING", "UNHEALTHY")).unwrap();
        assert_eq!(sick.words(), "datadog 7 running, its health check fails");
    }
}
