//! Task definitions: immutable once registered, so a revision is read once.

use jiff::Timestamp;

/// One revision of a task definition.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct TaskDefinition {
    /// `family:revision`.
    pub name: String,
    /// CPU units of the task.
    pub cpu: String,
    /// MiB of the task.
    pub memory: String,
    /// `X86_64` or `ARM64`.
    pub architecture: Option<String>,
    /// Its containers, in order.
    pub containers: Vec<ContainerDefinition>,
    /// Role of the task.
    pub task_role: Option<String>,
    /// Role that pulls and logs.
    pub execution_role: Option<String>,
    /// When it was registered.
    pub registered_at: Option<Timestamp>,
    /// By whom (an ARN).
    pub registered_by: Option<String>,
}

/// One container of a task definition. Values of variables are left out on purpose: they may be
/// secrets, and names are enough to operate.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct ContainerDefinition {
    /// Its name.
    pub name: String,
    /// Image with tag or digest.
    pub image: String,
    /// Whether the task ends with it.
    pub essential: bool,
    /// CPU units, 0 when it shares the task's.
    pub cpu: i32,
    /// Hard memory limit in MiB.
    pub memory: Option<i32>,
    /// Where its log goes.
    pub log: Option<LogConfiguration>,
    /// Names of its environment variables.
    pub variables: Vec<String>,
    /// Names of its secrets.
    pub secrets: Vec<String>,
    /// Container ports.
    pub ports: Vec<i32>,
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
    /// The container that the service is about: the first essential one.
    pub fn main_container(&self) -> Option<&ContainerDefinition> {
        self.containers.iter().find(|container| container.essential).or(self.containers.first())
    }
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
    use super::image_version;

    #[test]
    fn versions_of_images() {
        assert_eq!(image_version("1.dkr.ecr.x.amazonaws.com/web:9f3c2e1"), "9f3c2e1");
        assert_eq!(image_version("localhost:5000/web"), "latest");
        assert_eq!(image_version("web@sha256:0123456789abcdef"), "0123456789ab");
    }
}
