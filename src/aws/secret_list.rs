//! Secrets of Secrets Manager with the state of their rotation, without their values.

use super::budget::Class;
use super::convert::to_timestamp;
use super::pages::AnswerSender;
use super::session::{Action, Caller};
use crate::feeds::aws::Fact;
use crate::model::Failure;
use crate::model::parameters::Secret;
use aws_sdk_secretsmanager::types as sdk;

pub(super) const LIST_SECRETS: Action = Action { name: "secretsmanager:ListSecrets", class: Class::Sessions };
/// Items per page: the maximum of the API.
const PAGE: i32 = 100;

/// Reads all secrets, page by page.
pub(super) async fn send_secrets(caller: &Caller<'_>, answers: &AnswerSender<'_>) -> Result<(), Failure> {
    caller
        .pages(
            answers,
            LIST_SECRETS,
            |clients, token| {
                let request = clients.secretsmanager().list_secrets().include_planned_deletion(true);
                request.max_results(PAGE).set_next_token(token).send()
            },
            |page| {
                let found = page.secret_list.unwrap_or_default().into_iter().map(from_entry);
                (Fact::Secrets(found.collect()), page.next_token)
            },
        )
        .await
}

/// Returns all secrets at once.
pub(super) async fn list_secrets(caller: &Caller<'_>) -> Result<Vec<Secret>, Failure> {
    caller
        .all_pages(
            LIST_SECRETS,
            usize::MAX,
            |clients, token| {
                let request = clients.secretsmanager().list_secrets().include_planned_deletion(true);
                request.max_results(PAGE).set_next_token(token).send()
            },
            |page| (page.secret_list.unwrap_or_default().into_iter().map(from_entry).collect(), page.next_token),
        )
        .await
}

fn from_entry(found: sdk::SecretListEntry) -> Secret {
    let stages = found.secret_versions_to_stages.unwrap_or_default();
    let has = |stages: &[String], stage: &str| stages.iter().any(|other| other == stage);
    let pending = stages.values().any(|stages| has(stages, "AWSPENDING") && !has(stages, "AWSCURRENT"));
    let every = found.rotation_rules.and_then(|rules| {
        let days = rules.automatically_after_days.map(|days| format!("every {days} days"));
        days.or(rules.schedule_expression)
    });
    Secret {
        name: found.name.unwrap_or_default(),
        arn: found.arn.unwrap_or_default(),
        description: found.description.filter(|text| !text.is_empty()),
        rotates: found.rotation_enabled.unwrap_or_default(),
        every,
        rotated_at: to_timestamp(found.last_rotated_date),
        next_rotation: to_timestamp(found.next_rotation_date),
        changed_at: to_timestamp(found.last_changed_date),
        accessed_at: to_timestamp(found.last_accessed_date),
        deleted_at: to_timestamp(found.deleted_date),
        pending,
        owner: found.owning_service.filter(|text| !text.is_empty()),
    }
}
