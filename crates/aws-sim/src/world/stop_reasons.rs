//! The stop reasons of tasks that never ran.

use super::ecs::Task;
use super::fate::Fate;
use super::registry::invented;
use crate::account::ACCOUNT;
use crate::rng;

/// The stop reason of a task that never ran, in the wording of Fargate's agent.
pub(crate) fn why_not_started(task: &Task, id: u128) -> String {
    let container = task.def.containers.get(task.images.container);
    let image = container.map(|c| c.image.as_str()).unwrap_or_default();
    let repository = image.split(['@']).next().unwrap_or(image);
    let repository = repository.rsplit_once(':').map_or(repository, |(name, _)| name);
    let (region, family) = (task.def.region, &task.def.family);
    match task.fate {
        Fate::CannotPull => {
            let (host, name) = repository.split_once('/').unwrap_or((repository, repository));
            let layer = invented(rng::hash(23, image));
            format!(
                "CannotPullContainerError: ref pull has been retried 5 time(s): failed to copy: httpReadSeeker: failed open: unexpected status code https://{host}/v2/{name}/blobs/{layer}: 404 Not Found"
            )
        }
        Fate::NoPlatform => format!(
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/{}' in {image}",
            if task.def.arm { "arm64" } else { "amd64" }
        ),
        Fate::NoSecrets => {
            let secret = container.and_then(|c| c.secrets.first()).map(|(_, from)| from.clone());
            let secret = secret.unwrap_or_else(|| format!("arn:aws:ssm:{region}:{ACCOUNT}:parameter/none"));
            format!(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): AccessDeniedException: User: arn:aws:sts::{ACCOUNT}:assumed-role/{family}-execution/{id:032x} is not authorized to perform: ssm:GetParameters on resource: {secret} because no identity-based policy allows the ssm:GetParameters action"
            )
        }
        _ => format!(
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref {image}: {image}: not found"
        ),
    }
}
