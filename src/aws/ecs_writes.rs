//! Changes of ECS: a new revision, another count, stopping a task, a tag.

use super::budget::Class;
use super::convert::{arn_name, to_sdk_count};
use super::ecs_copy::copy;
use super::ecs_definitions::{self, DESCRIBE_TASK_DEFINITION};
use super::ecs_services::from_service;
use super::session::Action;
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::model::{Failure, FailureKind};
use aws_sdk_ecs::types as sdk;

const REGISTER_TASK_DEFINITION: Action = Action { name: "ecs:RegisterTaskDefinition", class: Class::EcsRegister };
const UPDATE_SERVICE: Action = Action { name: "ecs:UpdateService", class: Class::EcsUpdate };
const STOP_TASK: Action = Action { name: "ecs:StopTask", class: Class::EcsUpdate };
const TAG_RESOURCE: Action = Action { name: "ecs:TagResource", class: Class::EcsUpdate };
const UNTAG_RESOURCE: Action = Action { name: "ecs:UntagResource", class: Class::EcsUpdate };

/// Registers a copy of a revision with other images; everything else and its tags are kept.
pub(super) async fn register(writer: &Writer<'_>, base: &str, images: &[(String, String)]) -> Result<Reply, Failure> {
    let (mut definition, tags) =
        ecs_definitions::describe(&writer.reader(), base, true).await.map_err(Failure::mark_unsent)?;
    set_images(base, &mut definition, images).map_err(Failure::mark_unsent)?;
    let answer =
        writer.send_once(REGISTER_TASK_DEFINITION, |clients| copy(clients.ecs(), definition, tags).send()).await?;
    let registered = answer.task_definition.and_then(|definition| definition.task_definition_arn);
    match registered {
        Some(arn) => Ok(Reply::Registered(arn_name(&arn).to_owned())),
        None => Err(Failure::new(
            FailureKind::Malformed,
            format!("{}: the answer does not name the new revision", REGISTER_TASK_DEFINITION.name),
        )),
    }
}

fn set_images(base: &str, definition: &mut sdk::TaskDefinition, images: &[(String, String)]) -> Result<(), Failure> {
    let containers = definition.container_definitions.get_or_insert_default();
    for (name, image) in images {
        let Some(container) = containers.iter_mut().find(|container| container.name.as_ref() == Some(name)) else {
            let known: Vec<&str> = containers.iter().filter_map(|container| container.name.as_deref()).collect();
            return Err(Failure::new(
                FailureKind::NotFound,
                format!(
                    "{}: {base} has no container `{name}`; it has {}",
                    DESCRIBE_TASK_DEFINITION.name,
                    known.join(", ")
                ),
            ));
        };
        container.image = Some(image.clone());
    }
    Ok(())
}

/// The changes of a service.
pub(super) struct Change {
    pub(super) definition: Option<String>,
    pub(super) force: bool,
    pub(super) desired: Option<u32>,
    /// Whether to enable ECS Exec.
    pub(super) exec: bool,
}

/// Changes the revision or count, or forces a new deployment.
pub(super) async fn update(
    writer: &Writer<'_>,
    cluster: &str,
    service: &str,
    change: Change,
) -> Result<Reply, Failure> {
    let Change { definition, force, desired, exec } = change;
    let desired = to_sdk_count(UPDATE_SERVICE.name, desired).map_err(Failure::mark_unsent)?;
    let answer = writer
        .send_once(UPDATE_SERVICE, |clients| {
            clients
                .ecs()
                .update_service()
                .cluster(cluster)
                .service(service)
                .set_task_definition(definition)
                .set_force_new_deployment(force.then_some(true))
                .set_enable_execute_command(exec.then_some(true))
                .set_desired_count(desired)
                .send()
        })
        .await?;
    match answer.service {
        Some(service) => Ok(Reply::Services(vec![from_service(service)])),
        None => {
            Err(Failure::new(FailureKind::Malformed, format!("{}: the answer has no service", UPDATE_SERVICE.name)))
        }
    }
}

/// Stops one task; its service starts another.
pub(super) async fn stop_task(writer: &Writer<'_>, cluster: &str, id: &str, reason: &str) -> Result<Reply, Failure> {
    writer
        .send_once(STOP_TASK, |clients| clients.ecs().stop_task().cluster(cluster).task(id).reason(reason).send())
        .await?;
    Ok(Reply::Done)
}

/// Stores something about a service in its tags.
pub(super) async fn add_tags(writer: &Writer<'_>, arn: &str, tags: &[(&str, String)]) -> Result<Reply, Failure> {
    let tags = tags.iter().map(|(key, value)| sdk::Tag::builder().key(*key).value(value).build()).collect();
    writer
        .send_once(TAG_RESOURCE, |clients| clients.ecs().tag_resource().resource_arn(arn).set_tags(Some(tags)).send())
        .await?;
    Ok(Reply::Done)
}

/// Removes tags from a service.
pub(super) async fn remove_tags(writer: &Writer<'_>, arn: &str, keys: &[&str]) -> Result<Reply, Failure> {
    let keys = keys.iter().map(ToString::to_string).collect();
    writer
        .send_once(UNTAG_RESOURCE, |clients| {
            clients.ecs().untag_resource().resource_arn(arn).set_tag_keys(Some(keys)).send()
        })
        .await?;
    Ok(Reply::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ecs::Client;
    use aws_sdk_ecs::config::BehaviorVersion;
    use std::collections::BTreeMap;
    use std::fmt::Debug;

    /// Returns the fields of a structure with their values, parsed from its pretty debug output.
    fn fields(value: &impl Debug) -> BTreeMap<String, String> {
        let (mut fields, mut name) = (BTreeMap::<String, String>::new(), String::new());
        let text = format!("{value:#?}");
        for line in text.lines().skip(1) {
            let field = line.strip_prefix("    ").filter(|rest| !rest.starts_with([' ', '}', ']', ')']));
            if let Some((field, _)) = field.and_then(|rest| rest.split_once(": ")) {
                field.clone_into(&mut name);
            }
            fields.entry(name.clone()).or_default().push_str(line);
        }
        fields
    }

    #[allow(deprecated)]
    fn everything() -> sdk::TaskDefinition {
        let accelerator = sdk::InferenceAccelerator::builder().device_name("d").device_type("t");
        sdk::TaskDefinition::builder()
            .task_definition_arn("arn:aws:ecs:r:1:task-definition/family:7")
            .family("family")
            .revision(7)
            .task_role_arn("task")
            .execution_role_arn("execution")
            .network_mode(sdk::NetworkMode::Awsvpc)
            .container_definitions(sdk::ContainerDefinition::builder().name("web").image("web:1").build())
            .container_definitions(sdk::ContainerDefinition::builder().name("side").image("side:1").build())
            .volumes(sdk::Volume::builder().name("data").build())
            .placement_constraints(sdk::TaskDefinitionPlacementConstraint::builder().expression("e").build())
            .requires_compatibilities(sdk::Compatibility::Fargate)
            .cpu("256")
            .memory("512")
            .pid_mode(sdk::PidMode::Task)
            .ipc_mode(sdk::IpcMode::None)
            .proxy_configuration(sdk::ProxyConfiguration::builder().container_name("side").build().unwrap())
            .inference_accelerators(accelerator.build().unwrap())
            .ephemeral_storage(sdk::EphemeralStorage::builder().size_in_gib(30).build())
            .runtime_platform(sdk::RuntimePlatform::builder().cpu_architecture(sdk::CpuArchitecture::Arm64).build())
            .enable_fault_injection(true)
            .build()
    }

    fn copied(tags: Vec<sdk::Tag>) -> BTreeMap<String, String> {
        let config = aws_sdk_ecs::Config::builder().behavior_version(BehaviorVersion::latest()).build();
        let request = copy(&Client::from_conf(config), everything(), tags);
        fields(&request.as_input().clone().build().unwrap())
    }

    /// Fails when the SDK adds a field that both a definition and a registration have, while the builder
    /// above does not set it, or the copy does not keep it.
    #[test]
    fn copy_keeps_every_registrable_field() {
        let (from, to) = (fields(&everything()), copied(Vec::new()));
        let common: Vec<&String> = from.keys().filter(|name| to.contains_key(*name)).collect();
        assert_eq!(common.len(), 17, "{common:?}");
        for name in common {
            assert_ne!(from[name], format!("    {name}: None,"), "{name} is not tried");
            assert_eq!(to[name], from[name], "{name} is not kept");
        }
        // Only tags exist in a registration but not in a definition.
        let new: Vec<&String> = to.keys().filter(|name| !from.contains_key(*name)).collect();
        assert_eq!(new, ["tags"]);
    }

    #[test]
    fn tags_are_kept_except_aws_ones_and_an_empty_list_is_not_sent() {
        let tag = |key: &str| sdk::Tag::builder().key(key).value("v").build();
        assert!(copied(Vec::new())["tags"].contains("None"));
        assert!(copied(vec![tag("aws:cloudformation:stack-name")])["tags"].contains("None"));
        let kept = &copied(vec![tag("Project"), tag("AWS:x")])["tags"];
        assert!(kept.contains("Project") && !kept.contains("AWS:x"), "{kept}");
    }

    #[test]
    fn only_named_containers_change() {
        let mut definition = everything();
        set_images("family:7", &mut definition, &[("side".into(), "side:2".into())]).unwrap();
        let images: Vec<_> = definition.container_definitions().iter().filter_map(|one| one.image()).collect();
        assert_eq!(images, ["web:1", "side:2"]);
        let failure = set_images("family:7", &mut definition, &[("wbe".into(), "x".into())]).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotFound);
        assert!(failure.message.ends_with("family:7 has no container `wbe`; it has web, side"), "{failure}");
    }
}
