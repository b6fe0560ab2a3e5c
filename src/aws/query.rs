//! One query and its answer: [`Session::fetch`] is all that the runtime needs.

use super::pages::AnswerSender;
use super::session::{Caller, Session};
use super::wire;
use super::{
    alarm_mutes, autoscaling, cloudwatch, cognito, costs, curves, ecs_definitions, ecs_rollouts, ecs_services,
    ecs_tasks, elbv2, health_reads, history, lambda, logs, logs_groups, logs_insights, logs_live, machines, metrics,
    parameters, rds, rds_history, scheduler, secret_list, sts, trail,
};
use crate::app::effect::Priority;
use crate::app::event::Event;
use crate::app::ticket::Ticket;
use crate::feeds::aws::Query;
use tokio::sync::mpsc::Sender;

impl Session {
    /// Sends the query, and its answer page by page, each with its number of requests. Ends with the
    /// last page or with the failure. Dropping the future cancels the request in flight.
    pub async fn fetch(&self, ticket: Ticket, priority: Priority, query: Query, out: &Sender<Event>) {
        wire::count_requests(async {
            let caller = &Caller::new(self, priority);
            let answers = &AnswerSender::new(ticket, out, &self.0.renewed);
            // Boxed: otherwise the largest of these futures would be part of every task that sends a query.
            let outcome = match query {
                Query::Identity => Box::pin(sts::identity(caller, answers)).await,
                Query::Cluster { cluster } => Box::pin(ecs_services::cluster(caller, answers, &cluster)).await,
                Query::ServiceNames { cluster } => Box::pin(ecs_services::names(caller, answers, &cluster)).await,
                Query::Services { cluster, names } => {
                    Box::pin(ecs_services::services(caller, answers, &cluster, &names)).await
                }
                Query::TaskIds { cluster, stopped } => {
                    Box::pin(ecs_tasks::ids(caller, answers, &cluster, stopped)).await
                }
                Query::Tasks { cluster, ids } => Box::pin(ecs_tasks::tasks(caller, answers, &cluster, &ids)).await,
                Query::TaskDefinition { name } => Box::pin(ecs_definitions::definition(caller, answers, &name)).await,
                Query::Rollouts { cluster, service, with_details: named } => {
                    Box::pin(ecs_rollouts::rollouts(caller, answers, &cluster, &service, named)).await
                }
                Query::ScalableTargets { cluster } => Box::pin(autoscaling::targets(caller, answers, &cluster)).await,
                Query::ScalingPolicies { cluster } => Box::pin(autoscaling::policies(caller, answers, &cluster)).await,
                Query::ScheduledActions { cluster } => {
                    Box::pin(autoscaling::scheduled(caller, answers, &cluster)).await
                }
                Query::Schedules { prefix } => Box::pin(scheduler::schedules(caller, answers, &prefix)).await,
                Query::ScalingActivities { cluster } => {
                    Box::pin(autoscaling::activities(caller, answers, &cluster)).await
                }
                Query::Targets { group } => Box::pin(elbv2::targets(caller, answers, &group)).await,
                Query::TargetGroups => Box::pin(elbv2::groups(caller, answers)).await,
                Query::DbClusters => Box::pin(rds::clusters(caller, answers)).await,
                Query::DbInstances => Box::pin(rds::instances(caller, answers)).await,
                Query::DbSnapshots => Box::pin(rds_history::snapshots(caller, answers)).await,
                Query::Alarms { prefixes } => Box::pin(cloudwatch::alarms(caller, answers, &prefixes)).await,
                Query::AlarmMutes => Box::pin(alarm_mutes::send_rules(caller, answers)).await,
                Query::AlarmHistory { prefixes, since, until } => {
                    Box::pin(history::alarms(caller, answers, &prefixes, since, until)).await
                }
                Query::Costs(of) => Box::pin(costs::costs(caller, answers, &of)).await,
                Query::MetricNames { namespaces } => {
                    Box::pin(curves::recent_metrics(caller, answers, &namespaces)).await
                }
                Query::Curves { statistics, period, since, until } => {
                    Box::pin(curves::points(caller, answers, &statistics, period, (since, until))).await
                }
                Query::RdsEvents { since, until } => Box::pin(history::databases(caller, answers, since, until)).await,
                Query::Certificates { groups } => {
                    Box::pin(health_reads::balancer_certificates(caller, answers, &groups)).await
                }
                Query::Trail { since, until } => Box::pin(trail::events(caller, answers, since, until)).await,
                Query::ConfiguredGroups { patterns } => {
                    Box::pin(logs_groups::configured(caller, answers, &patterns)).await
                }
                Query::Function { name } => Box::pin(lambda::send_existence(caller, answers, &name)).await,
                Query::Metrics { cluster, keys, since, until } => {
                    Box::pin(metrics::points(caller, answers, &cluster, &keys, since, until)).await
                }
                Query::TaskLog { group, region, stream, limit } => {
                    Box::pin(logs::tail(caller, answers, (&group, region.as_deref()), &stream, limit)).await
                }
                Query::LogPage(window) => Box::pin(logs::page(caller, answers, &window)).await,
                Query::StreamPage(window) => Box::pin(logs::stream_page(caller, answers, &window)).await,
                Query::LogStreams { group, region } => {
                    Box::pin(logs::streams(caller, answers, &group, region.as_deref())).await
                }
                Query::LogGroups { prefix } => Box::pin(logs_groups::groups(caller, answers, &prefix)).await,
                Query::LiveTail { groups } => Box::pin(logs_live::follow(caller, answers, &groups)).await,
                Query::Parameters { prefixes } => {
                    Box::pin(parameters::send_parameters(caller, answers, &prefixes)).await
                }
                Query::ParameterValue { name } => Box::pin(parameters::value(caller, answers, &name)).await,
                Query::ParameterHistory { name } => Box::pin(parameters::history(caller, answers, &name)).await,
                Query::UserPool { named, prefixes } => {
                    Box::pin(cognito::send_pool(caller, answers, &named, &prefixes)).await
                }
                Query::Machines { named, project, environment, now } => {
                    Box::pin(machines::send_machines(caller, answers, (&named, &project, &environment), now)).await
                }
                Query::Secrets => Box::pin(secret_list::send_secrets(caller, answers)).await,
                Query::Insights(query) => Box::pin(logs_insights::query(caller, answers, &query)).await,
            };
            if let Err(failure) = outcome {
                answers.fail(failure).await;
            }
        })
        .await;
    }
}
