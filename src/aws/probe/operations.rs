//! The reads that only operations need (deploy, stop, start, schedule), tried once for `cockpit doctor`.
//! Changes are not tried: a change cannot be requested without making it.
//!
//! Policies often name repositories, log groups and functions. So those of the environment are requested
//! if they can be found out, and missing items inside them.

use super::attempt::{Probe, UNUSED_NAME, UNUSED_TASK_ID, try_read};
use crate::aws::session::Caller;
use crate::aws::{ecr, ecs_definitions, ecs_rollouts, ecs_services, lambda, logs_tail, scheduler};
use crate::config::EnvironmentConfig;
use crate::model::image::ImageRef;
use crate::model::partition;
use futures_util::future::{BoxFuture, join_all};

/// A digest that no image has.
const NO_IMAGE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The names used by the requests of a probe.
struct Names {
    account: Option<String>,
    repository: String,
    group: String,
}

/// Tries each read, all at once.
pub(super) async fn probe(caller: Caller<'_>, environment: &EnvironmentConfig, cluster: &str) -> Vec<Probe> {
    let names: BoxFuture<'_, Names> = Box::pin(learn(caller, environment, cluster));
    let Names { account, repository, group } = &names.await;
    let region = environment.region.as_deref().unwrap_or("us-east-1");
    let owner = environment.account.as_deref().unwrap_or("000000000000");
    let service = environment.exact_services().and_then(<[String]>::first).map_or(UNUSED_NAME, String::as_str);
    let partition = partition::name(region);
    let arn = |kind: &str| format!("arn:{partition}:ecs:{region}:{owner}:{kind}/{cluster}/{service}/{UNUSED_NAME}");
    let (deployment, revision) = (arn("service-deployment"), arn("service-revision"));
    let image = &aws_sdk_ecr::types::ImageIdentifier::builder().image_digest(NO_IMAGE).build();
    let stream = &format!("{UNUSED_NAME}/{UNUSED_NAME}/{UNUSED_TASK_ID}");
    let prefix = environment.schedules.as_deref().filter(|prefix| !prefix.is_empty()).unwrap_or(UNUSED_NAME);
    let mut tries: Vec<BoxFuture<'_, Probe>> = vec![
        Box::pin(try_read(caller, ecs_rollouts::DESCRIBE_SERVICE_DEPLOYMENTS, |clients| {
            clients.ecs().describe_service_deployments().service_deployment_arns(&deployment).send()
        })),
        Box::pin(try_read(caller, ecs_rollouts::DESCRIBE_SERVICE_REVISIONS, |clients| {
            clients.ecs().describe_service_revisions().service_revision_arns(&revision).send()
        })),
        Box::pin(try_read(caller, ecr::DESCRIBE_IMAGES, |clients| {
            let request = clients.ecr().describe_images().set_registry_id(account.clone());
            request.repository_name(repository).image_ids(image.clone()).send()
        })),
        Box::pin(try_read(caller, ecr::BATCH_GET_IMAGE, |clients| {
            let request = clients.ecr().batch_get_image().set_registry_id(account.clone());
            request.repository_name(repository).image_ids(image.clone()).send()
        })),
        Box::pin(try_read(caller, ecr::GET_DOWNLOAD_URL, |clients| {
            let request = clients.ecr().get_download_url_for_layer().set_registry_id(account.clone());
            request.repository_name(repository).layer_digest(NO_IMAGE).send()
        })),
        Box::pin(try_read(caller, logs_tail::GET_LOG_EVENTS, |clients| {
            clients.logs().get_log_events().log_group_name(group).log_stream_name(stream).limit(1).send()
        })),
        Box::pin(try_read(caller, scheduler::LIST_SCHEDULES, |clients| {
            clients.scheduler().list_schedules().name_prefix(prefix).max_results(1).send()
        })),
        Box::pin(try_read(caller, scheduler::GET_SCHEDULE, move |clients| {
            clients.scheduler().get_schedule().name(prefix).send()
        })),
    ];
    if let Some(function) = environment.scheduler.as_deref() {
        tries.push(Box::pin(try_read(caller, lambda::GET_FUNCTION_CONFIGURATION, move |clients| {
            clients.lambda().get_function_configuration().function_name(function).send()
        })));
    }
    join_all(tries).await
}

/// Finds the repository and the log group of the first service. Unknown ones are replaced by a
/// name that nothing has; the reason is reported by the other reads.
async fn learn(caller: Caller<'_>, environment: &EnvironmentConfig, cluster: &str) -> Names {
    let nobody = || Names { account: None, repository: UNUSED_NAME.to_owned(), group: format!("/{UNUSED_NAME}") };
    let name = match environment.exact_services().and_then(<[String]>::first) {
        Some(name) => Some(name.clone()),
        None => ecs_services::find_matching(&caller, cluster, |name| environment.has_service(name)).await,
    };
    let Some(name) = name else { return nobody() };
    let Ok(services) = ecs_services::services_with_tags(&caller, cluster, &[name]).await else { return nobody() };
    let Some(service) = services.first() else { return nobody() };
    let Ok(definition) = ecs_definitions::read(&caller, &service.task_definition).await else { return nobody() };
    let Some(container) = definition.main_container(service) else { return nobody() };
    let image = ImageRef::parse(&container.image);
    let ecr = image.ecr().map(|(account, _)| (Some(account.to_owned()), image.repository.clone()));
    let (account, repository) = ecr.unwrap_or_else(|| (None, UNUSED_NAME.to_owned()));
    let group = container.log.as_ref().and_then(|log| log.group.clone());
    Names { account, repository, group: group.unwrap_or_else(|| format!("/{UNUSED_NAME}")) }
}
