//! Task definitions. They are immutable once registered, so a revision is read once.

use super::image::ImageRef;
use super::service::Service;
use jiff::Timestamp;

/// One revision of a task definition.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct TaskDefinition {
    /// `family:revision`.
    pub name: String,
    /// CPU units of the task.
    pub cpu: String,
    /// Memory of the whole task, in MiB.
    pub memory: String,
    /// `X86_64` or `ARM64`.
    pub architecture: Option<String>,
    /// Its containers, in the order of the definition.
    pub containers: Vec<ContainerDefinition>,
    pub task_role: Option<String>,
    /// The role for pulling images and writing logs.
    pub execution_role: Option<String>,
    /// When it was registered.
    pub registered_at: Option<Timestamp>,
    /// The ARN of the identity that registered it.
    pub registered_by: Option<String>,
    /// `ACTIVE`, or `INACTIVE` once deregistered; empty if unknown.
    pub status: String,
    /// Paths of the fields that a copy of it would lose; only if requested.
    #[serde(skip)]
    pub not_carried: Vec<String>,
}

/// One container of a task definition. The values of variables are left out on purpose: they may be secrets, and the
/// names are sufficient for operations.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ContainerDefinition {
    pub name: String,
    /// Image with tag or digest.
    pub image: String,
    /// Whether the task stops when it exits.
    pub essential: bool,
    /// CPU units; 0 if it shares the task's.
    pub cpu: i32,
    /// Hard memory limit in MiB.
    pub memory: Option<i32>,
    /// Its log configuration.
    pub log: Option<LogConfiguration>,
    /// Names of its environment variables.
    pub variables: Vec<String>,
    /// Names of its secrets.
    pub secrets: Vec<String>,
    /// References of its secrets and those of its log driver.
    pub references: Vec<Reference>,
    /// Its container ports.
    pub ports: Vec<i32>,
}

/// A reference to a parameter or a secret, which is resolved when a task starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reference {
    /// The variable, or the log driver's option.
    pub variable: String,
    /// `valueFrom`: a name or an ARN.
    pub from: String,
}

/// The `logConfiguration` of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct LogConfiguration {
    /// `awslogs`, `awsfirelens`, …
    pub driver: String,
    /// `awslogs-group`.
    pub group: Option<String>,
    /// `awslogs-stream-prefix`: the stream is `prefix/container/task-id`.
    pub prefix: Option<String>,
    /// `awslogs-region`: the region of the group.
    pub region: Option<String>,
}

impl TaskDefinition {
    /// Whether it was deregistered, so that it cannot be deployed any more. Source: "Task definition states" of the ECS
    /// developer guide.
    pub fn is_deregistered(&self) -> bool {
        !matches!(self.status.as_str(), "" | "ACTIVE")
    }

    /// Returns a container by its name.
    pub fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.containers.iter().find(|container| container.name == name)
    }

    /// Returns the service's main container, if it can be determined without querying a registry. The order of
    /// containers is irrelevant, and a sidecar may be essential too.
    pub fn main_container(&self, service: &Service) -> Option<&ContainerDefinition> {
        let candidates = narrowed(self.containers.iter().collect(), service, |_| false);
        let only_one = |fits: &dyn Fn(&ContainerDefinition) -> bool| {
            let mut fitting = candidates.iter().copied().filter(|container| fits(container));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        only_one(&|_| true)
            // The main container is always essential.
            .or_else(|| only_one(&|container| container.essential))
            .or_else(|| only_one(&|container| ImageRef::parse(&container.image).ecr().is_some()))
    }
}

/// Returns the family of a task definition: `web` of `web:42`, or of its ARN.
pub fn family(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.rsplit_once(':').map_or(name, |(family, _)| family)
}

/// Narrows down the candidates for a service's main container. While several are left, these rules apply in order: it
/// is reached by a load balancer; its repository contains a given image (`holds`); it has a part of the service's name;
/// it has exactly the service's name.
pub fn narrowed<'a>(
    candidates: Vec<&'a ContainerDefinition>,
    service: &Service,
    holds: impl Fn(&ContainerDefinition) -> bool,
) -> Vec<&'a ContainerDefinition> {
    let named = |container: &ContainerDefinition| service.is_named_like(&container.name);
    // An exact match is preferred to a partial one.
    let exact = |container: &ContainerDefinition| container.name == service.name;
    let reached = |container: &ContainerDefinition| service.balanced.contains(&container.name);
    let rules: [&dyn Fn(&ContainerDefinition) -> bool; 4] = [&reached, &holds, &named, &exact];
    let mut remaining = candidates;
    for rule in rules {
        let fitting: Vec<_> = remaining.iter().copied().filter(|container| rule(container)).collect();
        if remaining.len() > 1 && !fitting.is_empty() {
            remaining = fitting;
        }
    }
    remaining
}

/// Returns the version of an image reference: its tag, or the start of its digest.
pub fn image_version(image: &str) -> &str {
    if let Some((_, digest)) = image.split_once('@') {
        let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
        return digest.get(..12).unwrap_or(digest);
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').map_or("latest", |(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(containers: &[(&str, &str, bool)]) -> TaskDefinition {
        let container = |(name, image, essential): &(&str, &str, bool)| ContainerDefinition {
            name: (*name).into(),
            image: (*image).into(),
            essential: *essential,
            ..ContainerDefinition::default()
        };
        TaskDefinition { containers: containers.iter().map(container).collect(), ..TaskDefinition::default() }
    }

    fn service(balanced: &[&str]) -> Service {
        Service {
            name: "shop-prod-web".into(),
            balanced: balanced.iter().map(ToString::to_string).collect(),
            ..Service::default()
        }
    }

    const AGENT: (&str, &str, bool) = ("datadog-agent", "public.ecr.aws/datadog/agent:7", true);
    const PROXY: (&str, &str, bool) = ("envoy", "1.dkr.ecr.x.amazonaws.com/envoy:1", true);
    const APP: (&str, &str, bool) = ("app", "1.dkr.ecr.x.amazonaws.com/shop:1", true);
    const WEB: (&str, &str, bool) = ("web", "1.dkr.ecr.x.amazonaws.com/shop:1", true);

    /// Returns the main container, which must be the same for every order of the containers.
    fn main(containers: &[(&str, &str, bool)], balanced: &[&str]) -> Option<String> {
        let mut found: Vec<Option<String>> = (0..containers.len().max(1))
            .map(|turn| {
                let mut turned = containers.to_vec();
                turned.rotate_left(turn.min(containers.len()));
                let definition = definition(&turned);
                definition.main_container(&service(balanced)).map(|container| container.name.clone())
            })
            .collect();
        found.dedup();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn main_container_does_not_depend_on_order() {
        assert_eq!(main(&[AGENT, APP], &["app"]).as_deref(), Some("app"), "the load balancer's");
        assert_eq!(main(&[AGENT, WEB, PROXY], &[]).as_deref(), Some("web"), "the service's name");
        assert_eq!(main(&[AGENT, WEB, PROXY], &["envoy"]).as_deref(), Some("envoy"), "the balancer comes first");
        assert_eq!(main(&[AGENT], &[]).as_deref(), Some("datadog-agent"), "there is only one");
        assert_eq!(main(&[AGENT, APP], &[]).as_deref(), Some("app"), "the only one of a repository of ours");
        let helper = ("helper", APP.1, false);
        assert_eq!(main(&[helper, APP], &[]).as_deref(), Some("app"), "the only one that the task ends with");
        assert_eq!(main(&[APP, PROXY], &[]), None, "two candidates are ambiguous");
        assert_eq!(main(&[APP, PROXY, AGENT], &["app", "envoy"]), None, "two balancers reach two of them");
        assert_eq!(main(&[], &[]), None);
    }

    #[test]
    fn image_and_then_name_narrow_the_candidates() {
        let narrowed = |containers: &[(&str, &str, bool)], balanced: &[&str], holding: &[&str]| {
            let definition = definition(containers);
            let all = definition.containers.iter().collect();
            let left = super::narrowed(all, &service(balanced), |one| holding.contains(&one.name.as_str()));
            left.iter().map(|container| container.name.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(narrowed(&[AGENT, PROXY, APP], &[], &["app"]), "app");
        assert_eq!(narrowed(&[PROXY, APP], &["app"], &["envoy"]), "app", "the balancer's comes first");
        assert_eq!(narrowed(&[PROXY, APP, AGENT], &["app", "envoy"], &["app", "datadog-agent"]), "app");
        // Two containers of one repository, as for a service and its migrations.
        assert_eq!(narrowed(&[APP, WEB], &[], &["app", "web"]), "web");
        assert_eq!(narrowed(&[APP, PROXY], &[], &["app", "envoy"]), "app envoy", "two are left: ambiguous");
        assert_eq!(narrowed(&[APP, PROXY], &[], &[]), "app envoy");
    }

    #[test]
    fn image_version_is_the_tag_or_digest() {
        assert_eq!(image_version("1.dkr.ecr.x.amazonaws.com/web:9f3c2e1"), "9f3c2e1");
        assert_eq!(image_version("localhost:5000/web"), "latest");
        assert_eq!(image_version("web@sha256:0123456789abcdef"), "0123456789ab");
    }
}
