//! A task definition as the request that registers it again.

use aws_sdk_ecs::Client;
use aws_sdk_ecs::operation::register_task_definition::builders::RegisterTaskDefinitionFluentBuilder;
use aws_sdk_ecs::types as sdk;

/// Builds the request that registers the same definition again, without what AWS adds (ARN, revision, status, times,
/// attributes); `copy_keeps_every_registrable_field` compares the two shapes.
// Inference accelerators are no longer offered; AWS itself refuses a revision that has them.
#[allow(deprecated)]
pub(super) fn copy(
    client: &Client,
    from: sdk::TaskDefinition,
    tags: Vec<sdk::Tag>,
) -> RegisterTaskDefinitionFluentBuilder {
    // Tags of AWS itself must not be sent, and an empty list is refused.
    let ours = |tag: &sdk::Tag| !tag.key.as_deref().is_some_and(|key| key.to_ascii_lowercase().starts_with("aws:"));
    let tags: Vec<sdk::Tag> = tags.into_iter().filter(ours).collect();
    client
        .register_task_definition()
        .set_family(from.family)
        .set_task_role_arn(from.task_role_arn)
        .set_execution_role_arn(from.execution_role_arn)
        .set_network_mode(from.network_mode)
        .set_container_definitions(from.container_definitions)
        .set_volumes(from.volumes)
        .set_placement_constraints(from.placement_constraints)
        .set_requires_compatibilities(from.requires_compatibilities)
        .set_cpu(from.cpu)
        .set_memory(from.memory)
        .set_pid_mode(from.pid_mode)
        .set_ipc_mode(from.ipc_mode)
        .set_proxy_configuration(from.proxy_configuration)
        .set_inference_accelerators(from.inference_accelerators)
        .set_ephemeral_storage(from.ephemeral_storage)
        .set_runtime_platform(from.runtime_platform)
        .set_enable_fault_injection(from.enable_fault_injection)
        .set_tags((!tags.is_empty()).then_some(tags))
}
