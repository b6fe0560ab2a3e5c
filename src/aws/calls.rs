//! The calls of operations: each read and each change, with its reply. They are described in
//! [`crate::app::operation::call`].

use super::accounts::BoundClients;
use super::session::{Caller, Session};
use super::writer::Writer;
use super::{
    alarm_mutes, autoscaling, autoscaling_changes, cloudfront, cloudwatch, ec2_changes, ecr, ecs_definitions,
    ecs_rollouts, ecs_services, ecs_tasks, ecs_writes, elbv2, ingress, lambda, logs_tail, parameters, rds, rds_history,
    rds_writes, scheduler,
};
use crate::app::operation::call::{CallResult, Read, Reply, Write, stored_tags};
use crate::model::{Failure, FailureKind};

impl Session {
    /// Executes one read of an operation, with all its pages: it succeeds completely or fails, and uses one identity's
    /// credentials, whose account the answer states. Credentials of an account other than `account` fail with
    /// [`FailureKind::WrongAccount`]; they are reloaded for the next call. Dropping the future cancels the request in
    /// flight.
    pub async fn read(&self, read: Read, account: Option<&str>) -> CallResult {
        let mut again = true;
        loop {
            let generation = self.current();
            let (outcome, of) = match Box::pin(self.bound_clients(&generation)).await {
                Ok(bound) => {
                    let of = bound.identity.account.clone();
                    let outcome = match account.filter(|account| *account != of) {
                        Some(account) => Err(Failure::account_changed(&of, account)),
                        None => Box::pin(self.read_with(&bound, read.clone())).await,
                    };
                    (outcome, Some(of))
                }
                Err(failure) => (Err(failure), None),
            };
            let outcome = match outcome {
                Err(failure) if matches!(failure.kind, FailureKind::Credentials | FailureKind::WrongAccount) => {
                    tracing::warn!(kind = failure.kind.name(), "{failure}");
                    if again && self.renew(&generation) {
                        again = false;
                        continue;
                    }
                    if failure.kind == FailureKind::Credentials {
                        Err(super::credentials::load::explain(&self.0.connection, failure).await)
                    } else {
                        Err(failure)
                    }
                }
                outcome => outcome,
            };
            return CallResult { outcome, request_ids: Vec::new(), account: of };
        }
    }

    async fn read_with(&self, bound: &BoundClients, read: Read) -> Result<Reply, Failure> {
        let caller = Caller::pinned(self, &bound.pinned);
        // Boxed: otherwise the largest of these futures would be part of every operation.
        match read {
            Read::Identity => Ok(Reply::Identity(bound.identity.clone())),
            Read::Services { cluster, names } => {
                Box::pin(ecs_services::services_with_tags(&caller, &cluster, &names)).await.map(Reply::Services)
            }
            Read::History { cluster, service } => {
                Box::pin(ecs_rollouts::history(&caller, &cluster, &service)).await.map(Reply::Releases)
            }
            Read::Releases { arns } => Box::pin(ecs_rollouts::releases(&caller, &arns)).await.map(Reply::Releases),
            Read::Tasks { cluster, service } => {
                Box::pin(ecs_tasks::of_service(&caller, &cluster, &service)).await.map(Reply::Tasks)
            }
            Read::Task { cluster, id } => {
                Box::pin(ecs_tasks::read_tasks(&caller, &cluster, &[id])).await.map(Reply::Tasks)
            }
            Read::TaskDefinition { name } => Box::pin(ecs_definitions::read(&caller, &name))
                .await
                .map(|definition| Reply::TaskDefinition(Box::new(definition))),
            Read::Scalable { resource } => Box::pin(autoscaling::target(&caller, &resource)).await.map(Reply::Scalable),
            Read::Image { registry, repository, reference } => {
                Box::pin(ecr::image(&caller, registry.as_ref(), &repository, &reference))
                    .await
                    .map(|image| Reply::Image(Box::new(image)))
            }
            Read::Scan { registry, repository, digest } => {
                Box::pin(ecr::scan(&caller, registry.as_ref(), &repository, &digest))
                    .await
                    .map(|scan| Reply::Scan(scan.map(Box::new)))
            }
            Read::Images { registry, repository } => {
                Box::pin(ecr::images(&caller, registry.as_ref(), &repository)).await.map(Reply::Images)
            }
            Read::Targets { groups } => Box::pin(elbv2::targets_of_groups(&caller, &groups)).await.map(Reply::Targets),
            Read::TaskLog { group, region, stream, limit } => {
                Box::pin(logs_tail::lines(&caller, (&group, region.as_deref()), &stream, limit)).await.map(Reply::Log)
            }
            Read::Timers { prefix } => Box::pin(scheduler::timers(&caller, &prefix)).await.map(Reply::Timers),
            Read::Actions { cluster } => Box::pin(autoscaling::timers(&caller, &cluster)).await.map(Reply::Timers),
            Read::Function { name } => Box::pin(lambda::exists(&caller, &name)).await,
            Read::Databases { patterns } => Box::pin(rds::states(&caller, &patterns)).await.map(Reply::Databases),
            Read::Rds(read) => Box::pin(rds_history::read(&caller, read)).await.map(Reply::Rds),
            Read::Instance { id } => Box::pin(ec2_changes::read_instance(&caller, &id)).await.map(Reply::Instance),
            Read::Scaling(read) => Box::pin(autoscaling_changes::read(&caller, read)).await.map(Reply::Scaling),
            Read::Reach(read) => Box::pin(ingress::read(&caller, read)).await.map(Reply::Reach),
            Read::Cdn(read) => Box::pin(cloudfront::read(&caller, read)).await.map(Reply::Cdn),
            Read::Parameter { name } => {
                Box::pin(parameters::read_parameter(&caller, &name)).await.map(Reply::Parameter)
            }
            Read::Alarm { name } => {
                let alarm = Box::pin(cloudwatch::find_alarm(&caller, &name)).await?;
                let mutes = match alarm {
                    Some(_) => Box::pin(alarm_mutes::mutes_of(&caller, Some(&name))).await?,
                    None => Vec::new(),
                };
                Ok(Reply::Alarm(alarm.map(Box::new), mutes))
            }
            Read::Login { registry } => Box::pin(ecr::login(&caller, registry.as_ref())).await,
        }
    }

    /// Executes one change, sent at most once, after verifying the account: if it is not
    /// `account`, the failure is [`crate::model::FailureKind::WrongAccount`], and nothing was sent.
    pub async fn write(&self, write: Write, account: Option<String>) -> CallResult {
        let writer = match Box::pin(Writer::new(self, write.action(), account.as_deref())).await {
            Ok(writer) => writer,
            // The account is requested first: nothing of the change was sent yet.
            Err(failure) => {
                return CallResult { outcome: Err(failure.mark_unsent()), request_ids: Vec::new(), account: None };
            }
        };
        let outcome = Box::pin(change(&writer, write)).await;
        let (outcome, request_ids) = writer.finish(outcome).await;
        CallResult { outcome, request_ids, account: None }
    }
}

async fn change(writer: &Writer<'_>, write: Write) -> Result<Reply, Failure> {
    match write {
        Write::Register { base, images } => Box::pin(ecs_writes::register(writer, &base, &images)).await,
        Write::Update { cluster, service, task_definition, force, desired, exec } => {
            let change = ecs_writes::Change { definition: task_definition, force, desired, exec };
            Box::pin(ecs_writes::update(writer, &cluster, &service, change)).await
        }
        Write::RollBack { arn } => Box::pin(ecs_rollouts::roll_back(writer, &arn)).await,
        Write::StopTask { cluster, id, reason } => {
            Box::pin(ecs_writes::stop_task(writer, &cluster, &id, &reason)).await
        }
        Write::Remember { arn, desired, suspended } => {
            Box::pin(ecs_writes::add_tags(writer, &arn, &stored_tags(desired, suspended))).await
        }
        Write::Forget { arn, keys } => Box::pin(ecs_writes::remove_tags(writer, &arn, &keys)).await,
        Write::Limits { resource, min, max, suspended } => {
            Box::pin(autoscaling::set_limits(writer, &resource, min, max, suspended)).await
        }
        Write::Invoke { function, power } => Box::pin(lambda::invoke(writer, &function, power)).await,
        Write::Skip { timer, until } if timer.action.is_some() => {
            Box::pin(autoscaling::skip(writer, &timer, until)).await
        }
        Write::Skip { timer, until } => Box::pin(scheduler::skip(writer, &timer, until)).await,
        Write::Rds(write) => Box::pin(rds_writes::write(writer, &write)).await,
        Write::Instance { id, turn } => Box::pin(ec2_changes::change_power(writer, &id, turn)).await,
        Write::Scaling(write) => Box::pin(autoscaling_changes::write(writer, &write)).await,
        Write::Ingress(change) => Box::pin(ingress::write(writer, &change)).await,
        Write::Invalidate(batch) => Box::pin(cloudfront::invalidate(writer, &batch)).await,
        Write::PutParameter(put) => Box::pin(parameters::put(writer, *put)).await,
        Write::DeleteParameter { name } => Box::pin(parameters::delete(writer, &name)).await,
        Write::MuteAlarm { alarm, from, length } => Box::pin(alarm_mutes::put(writer, &alarm, from, length)).await,
        Write::UnmuteAlarm { alarm } => Box::pin(alarm_mutes::delete(writer, &alarm)).await,
        Write::Database { id, cluster, power } => Box::pin(rds::power(writer, &id, cluster, power)).await,
    }
}
