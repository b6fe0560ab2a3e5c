//! ECS task definitions.

use super::budget::Class;
use super::convert::{arn_name, to_timestamp};
use super::copy_check::{self, Answer, Draft};
use super::ecs_copy::copy;
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::task_definition::{ContainerDefinition, LogConfiguration, Reference, TaskDefinition};
use crate::model::{Failure, FailureKind};
use aws_sdk_ecs::types as sdk;

pub(super) const DESCRIBE_TASK_DEFINITION: Action =
    Action { name: "ecs:DescribeTaskDefinition", class: Class::EcsClusters };

/// Reads one revision of a task definition.
pub(super) async fn definition(caller: &Caller<'_>, answers: &AnswerSender<'_>, name: &str) -> Result<(), Failure> {
    answers.last(Fact::TaskDefinition(Box::new(from_definition(describe(caller, name, false).await?.0)))).await;
    Ok(())
}

/// Fields that AWS adds to a definition, and no registration has.
const ADDED: [&str; 8] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
];

/// Returns one revision with the fields that its copy would lose; for a family name the newest revision.
pub(super) async fn read(caller: &Caller<'_>, name: &str) -> Result<TaskDefinition, Failure> {
    let (answer, draft) = (Answer::default(), Draft::default());
    let described = caller
        .call(DESCRIBE_TASK_DEFINITION, |clients| {
            let (ecs, answer, draft) = (clients.ecs().clone(), answer.clone(), draft.clone());
            async move {
                let request = ecs.describe_task_definition().task_definition(name);
                let described = request.customize().interceptor(answer).send().await?;
                if let Some(definition) = described.task_definition.clone() {
                    // Serialized as it would be sent, but not sent.
                    let _ = copy(&ecs, definition, Vec::new()).customize().interceptor(draft).send().await;
                }
                Ok(described)
            }
        })
        .await;
    let described = described.map_err(missing)?.task_definition.ok_or_else(without)?;
    let not_carried = copy_check::lost_fields(&answer, &draft, Some("taskDefinition"), &ADDED);
    Ok(TaskDefinition { not_carried, ..from_definition(described) })
}

/// Maps a refusal to "not found". ECS has no code of its own for this: a refusal without a specific kind is about the name.
fn missing(failure: Failure) -> Failure {
    if failure.kind == FailureKind::Other { Failure::new(FailureKind::NotFound, failure.message) } else { failure }
}

fn without() -> Failure {
    let message = format!("{}: the answer has no task definition", DESCRIBE_TASK_DEFINITION.name);
    Failure::new(FailureKind::Malformed, message)
}

/// Returns one revision as AWS has it, with its tags on request.
pub(super) async fn describe(
    caller: &Caller<'_>,
    name: &str,
    tags: bool,
) -> Result<(sdk::TaskDefinition, Vec<sdk::Tag>), Failure> {
    let include = tags.then(|| vec![sdk::TaskDefinitionField::Tags]);
    let answer = caller
        .call(DESCRIBE_TASK_DEFINITION, |clients| {
            clients.ecs().describe_task_definition().task_definition(name).set_include(include.clone()).send()
        })
        .await;
    let answer = answer.map_err(missing)?;
    let definition = answer.task_definition.ok_or_else(without)?;
    Ok((definition, answer.tags.unwrap_or_default()))
}

fn from_definition(definition: sdk::TaskDefinition) -> TaskDefinition {
    let name = definition.task_definition_arn.as_deref().map_or_else(
        || format!("{}:{}", definition.family.as_deref().unwrap_or_default(), definition.revision),
        |arn| arn_name(arn).to_owned(),
    );
    TaskDefinition {
        name,
        cpu: definition.cpu.unwrap_or_default(),
        memory: definition.memory.unwrap_or_default(),
        architecture: definition
            .runtime_platform
            .and_then(|platform| platform.cpu_architecture)
            .map(|architecture| architecture.as_str().to_owned()),
        containers: definition.container_definitions.unwrap_or_default().into_iter().map(from_container).collect(),
        task_role: definition.task_role_arn,
        execution_role: definition.execution_role_arn,
        registered_at: to_timestamp(definition.registered_at),
        registered_by: definition.registered_by,
        status: definition.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
        not_carried: Vec::new(),
    }
}

fn from_container(container: sdk::ContainerDefinition) -> ContainerDefinition {
    let option = |log: &sdk::LogConfiguration, name: &str| log.options.as_ref().and_then(|all| all.get(name).cloned());
    let reference = |secret: &sdk::Secret| Reference { variable: secret.name.clone(), from: secret.value_from.clone() };
    let of_log = container.log_configuration.iter().flat_map(|log| log.secret_options.iter().flatten());
    let references = container.secrets.iter().flatten().chain(of_log).map(reference).collect();
    ContainerDefinition {
        references,
        name: container.name.unwrap_or_default(),
        image: container.image.unwrap_or_default(),
        essential: container.essential.unwrap_or(true),
        cpu: container.cpu,
        memory: container.memory,
        log: container.log_configuration.map(|log| LogConfiguration {
            driver: log.log_driver.as_str().to_owned(),
            group: option(&log, "awslogs-group"),
            prefix: option(&log, "awslogs-stream-prefix"),
            region: option(&log, "awslogs-region"),
        }),
        variables: container.environment.unwrap_or_default().into_iter().filter_map(|pair| pair.name).collect(),
        secrets: container.secrets.unwrap_or_default().into_iter().map(|secret| secret.name).collect(),
        ports: container.port_mappings.unwrap_or_default().iter().filter_map(|port| port.container_port).collect(),
    }
}
