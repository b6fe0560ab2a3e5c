//! The reads that only operations need (deploy, stop, start, schedule), tried once for `cockpit doctor`.
//! Changes are not tried: there is no way to ask for one and not have it.
//!
//! Policies often name repositories, log groups and functions. So those of the environment are asked
//! for, as far as they can be learned, and something in them that is not there.

use super::attempt::{NO_TASK, NOBODY, Probe, one};
use crate::aws::session::Caller;
use crate::aws::{ecr, ecs_definitions, ecs_rollouts, ecs_services, lambda, logs_tail, scheduler};
use crate::config::EnvironmentConfig;
use crate::model::image::ImageRef;
use crate::model::partition;
use futures_util::future::{BoxFuture, join_all};

/// A digest that no image has.
const NO_IMAGE: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The names that the questions of a probe are about.
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
    let service = environment.exact_services().and_then(<[String]>::first).map_or(NOBODY, String::as_str);
    let partition = partition::name(region);
    let arn = |kind: &str| format!("arn:{partition}:ecs:{region}:{owner}:{kind}/{cluster}/{service}/{NOBODY}");
    let (deployment, revision) = (arn("service-deployment"), arn("service-revision"));
    let image = &aws_sdk_ecr::types::ImageIdentifier::builder().image_digest(NO_IMAGE).build();
    let stream = &format!("{NOBODY}/{NOBODY}/{NO_TASK}");
    let prefix = environment.schedules.as_deref().filter(|prefix| !prefix.is_empty()).unwrap_or(NOBODY);
    let mut tries: Vec<BoxFuture<'_, Probe>> = vec![
        Box::pin(one(caller, ecs_rollouts::DESCRIBE_SERVICE_DEPLOYMENTS, |clients| {
            clients.ecs().describe_service_deployments().service_deployment_arns(&deployment).send()
        })),
        Box::pin(one(caller, ecs_rollouts::DESCRIBE_SERVICE_REVISIONS, |clients| {
            clients.ecs().describe_service_revisions().service_revision_arns(&revision).send()
        })),
        Box::pin(one(caller, ecr::DESCRIBE_IMAGES, |clients| {
            let request = clients.ecr().describe_images().set_registry_id(account.clone());
            request.repository_name(repository).image_ids(image.clone()).send()
        })),
        Box::pin(one(caller, ecr::BATCH_GET_IMAGE, |clients| {
            let request = clients.ecr().batch_get_image().set_registry_id(account.clone());
            request.repository_name(repository).image_ids(image.clone()).send()
        })),
        Box::pin(one(caller, ecr::GET_DOWNLOAD_URL, |clients| {
            let request = clients.ecr().get_download_url_for_layer().set_registry_id(account.clone());
            request.repository_name(repository).layer_digest(NO_IMAGE).send()
        })),
        Box::pin(one(caller, logs_tail::GET_LOG_EVENTS, |clients| {
            clients.logs().get_log_events().log_group_name(group).log_stream_name(stream).limit(1).send()
        })),
        Box::pin(one(caller, scheduler::LIST_SCHEDULES, |clients| {
            clients.scheduler().list_schedules().name_prefix(prefix).max_results(1).send()
        })),
        Box::pin(one(caller, scheduler::GET_SCHEDULE, move |clients| {
            clients.scheduler().get_schedule().name(prefix).send()
        })),
    ];
    if let Some(function) = environment.scheduler.as_deref() {
        tries.push(Box::pin(one(caller, lambda::GET_FUNCTION_CONFIGURATION, move |clients| {
            clients.lambda().get_function_configuration().function_name(function).send()
        })));
    }
    join_all(tries).await
}

/// The repository and the log group of the first service. What cannot be learned is asked about by a
/// name that nothing has; why it could not is the business of the other reads.
async fn learn(caller: Caller<'_>, environment: &EnvironmentConfig, cluster: &str) -> Names {
    let nobody = || Names { account: None, repository: NOBODY.to_owned(), group: format!("/{NOBODY}") };
    let name = match environment.exact_services().and_then(<[String]>::first) {
        Some(name) => Some(name.clone()),
        None => ecs_services::any(&caller, cluster, |name| environment.has_service(name)).await,
    };
    let Some(name) = name else { return nobody() };
    let Ok(services) = ecs_services::tagged(&caller, cluster, &[name]).await else { return nobody() };
    let Some(service) = services.first() else { return nobody() };
    let Ok(definition) = ecs_definitions::read(&caller, &service.task_definition).await else { return nobody() };
    let Some(container) = definition.main_container(service) else { return nobody() };
    let image = ImageRef::parse(&container.image);
    let ecr = image.ecr().map(|(account, _)| (Some(account.to_owned()), image.repository.clone()));
    let (account, repository) = ecr.unwrap_or_else(|| (None, NOBODY.to_owned()));
    let group = container.log.as_ref().and_then(|log| log.group.clone());
    Names { account, repository, group: group.unwrap_or_else(|| format!("/{NOBODY}")) }
}
