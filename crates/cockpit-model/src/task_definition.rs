//! Task definitions: immutable once registered, so a revision is read once.

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
    /// Its containers, in order.
    pub containers: Vec<ContainerDefinition>,
    pub task_role: Option<String>,
    /// Role that pulls and logs.
    pub execution_role: Option<String>,
    /// When it was registered.
    pub registered_at: Option<Timestamp>,
    /// The ARN of whoever registered it.
    pub registered_by: Option<String>,
    /// `ACTIVE`, or `INACTIVE` once it was deregistered; empty where it is not known.
    pub status: String,
    /// Fields that AWS answered and a copy of it would not have, as paths; only where that was asked for.
    #[serde(skip)]
    pub not_carried: Vec<String>,
}

/// One container of a task definition. Values of variables are left out on purpose: they may be
/// secrets, and names are enough to operate.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ContainerDefinition {
    pub name: String,
    /// Image with tag or digest.
    pub image: String,
    /// Whether the task ends with it.
    pub essential: bool,
    /// CPU units, 0 when it shares the task's.
    pub cpu: i32,
    /// Hard memory limit in MiB.
    pub memory: Option<i32>,
    /// Where the container's log goes.
    pub log: Option<LogConfiguration>,
    /// Names of its environment variables.
    pub variables: Vec<String>,
    /// Names of its secrets.
    pub secrets: Vec<String>,
    /// Where its secrets, and those of its log driver, come from.
    pub references: Vec<Reference>,
    /// The ports of the container.
    pub ports: Vec<i32>,
}

/// A value that comes from a parameter or a secret when a task starts.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Reference {
    /// The variable, or the option of the log driver.
    pub variable: String,
    /// `valueFrom`: a name, or an ARN.
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
    /// `awslogs-region`: where the group is.
    pub region: Option<String>,
}

impl TaskDefinition {
    /// Whether it cannot be deployed any more as it is: it was deregistered. Source: "Task definition states" of the
    /// ECS developer guide.
    pub fn deregistered(&self) -> bool {
        !matches!(self.status.as_str(), "" | "ACTIVE")
    }

    /// A container by its name.
    pub fn container(&self, name: &str) -> Option<&ContainerDefinition> {
        self.containers.iter().find(|container| container.name == name)
    }

    /// The container that the service is about, as far as that can be told without asking a registry. The order of
    /// containers means nothing, and a sidecar may be essential.
    pub fn main_container(&self, service: &Service) -> Option<&ContainerDefinition> {
        let all = narrowed(self.containers.iter().collect(), service, |_| false);
        let alone = |fits: &dyn Fn(&ContainerDefinition) -> bool| {
            let mut fitting = all.iter().copied().filter(|container| fits(container));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        alone(&|_| true)
            // A service ends with what it is about.
            .or_else(|| alone(&|container| container.essential))
            .or_else(|| alone(&|container| ImageRef::parse(&container.image).ecr().is_some()))
    }
}

/// The family of a task definition: `web` of `web:42`, or of its ARN.
pub fn family(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.rsplit_once(':').map_or(name, |(family, _)| family)
}

/// The containers among these that a service may be about, narrowed in this order as long as several are left: those
/// that its load balancers reach, those whose repository holds an image (`holds`), those with the service's name.
/// One is the answer.
pub fn narrowed<'a>(
    from: Vec<&'a ContainerDefinition>,
    service: &Service,
    holds: impl Fn(&ContainerDefinition) -> bool,
) -> Vec<&'a ContainerDefinition> {
    let named = |container: &ContainerDefinition| service.is_named_like(&container.name);
    // One that has exactly the service's name is meant before one that has a part of it.
    let exact = |container: &ContainerDefinition| container.name == service.name;
    let reached = |container: &ContainerDefinition| service.balanced.contains(&container.name);
    let rules: [&dyn Fn(&ContainerDefinition) -> bool; 4] = [&reached, &holds, &named, &exact];
    let mut left = from;
    for rule in rules {
        let fitting: Vec<_> = left.iter().copied().filter(|container| rule(container)).collect();
        if left.len() > 1 && !fitting.is_empty() {
            left = fitting;
        }
    }
    left
}

/// The part of an image reference that tells versions apart: its tag, or the start of its digest.
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

    /// Every order of the same containers has the same main one.
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
    fn the_main_container_is_no_matter_of_order() {
        assert_eq!(main(&[AGENT, APP], &["app"]).as_deref(), Some("app"), "the load balancer's");
        assert_eq!(main(&[AGENT, WEB, PROXY], &[]).as_deref(), Some("web"), "the service's name");
        assert_eq!(main(&[AGENT, WEB, PROXY], &["envoy"]).as_deref(), Some("envoy"), "the balancer comes first");
        assert_eq!(main(&[AGENT], &[]).as_deref(), Some("datadog-agent"), "there is only one");
        assert_eq!(main(&[AGENT, APP], &[]).as_deref(), Some("app"), "the only one of a repository of ours");
        let helper = ("helper", APP.1, false);
        assert_eq!(main(&[helper, APP], &[]).as_deref(), Some("app"), "the only one that the task ends with");
        assert_eq!(main(&[APP, PROXY], &[]), None, "two that cannot be told apart");
        assert_eq!(main(&[APP, PROXY, AGENT], &["app", "envoy"]), None, "two balancers reach two of them");
        assert_eq!(main(&[], &[]), None);
    }

    #[test]
    fn an_image_narrows_what_a_balancer_leaves_open_and_a_name_what_the_image_does() {
        let narrowed = |containers: &[(&str, &str, bool)], balanced: &[&str], holding: &[&str]| {
            let definition = definition(containers);
            let all = definition.containers.iter().collect();
            let left = super::narrowed(all, &service(balanced), |one| holding.contains(&one.name.as_str()));
            left.iter().map(|container| container.name.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(narrowed(&[AGENT, PROXY, APP], &[], &["app"]), "app");
        assert_eq!(narrowed(&[PROXY, APP], &["app"], &["envoy"]), "app", "the balancer's comes first");
        assert_eq!(narrowed(&[PROXY, APP, AGENT], &["app", "envoy"], &["app", "datadog-agent"]), "app");
        // Both of one repository, as a service and its migrations are.
        assert_eq!(narrowed(&[APP, WEB], &[], &["app", "web"]), "web");
        assert_eq!(narrowed(&[APP, PROXY], &[], &["app", "envoy"]), "app envoy", "two are left: a person must say");
        assert_eq!(narrowed(&[APP, PROXY], &[], &[]), "app envoy");
    }

    #[test]
    fn versions_of_images() {
        assert_eq!(image_version("1.dkr.ecr.x.amazonaws.com/web:9f3c2e1"), "9f3c2e1");
        assert_eq!(image_version("localhost:5000/web"), "latest");
        assert_eq!(image_version("web@sha256:0123456789abcdef"), "0123456789ab");
    }
}
