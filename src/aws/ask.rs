//! One question, to its answer: [`Session::ask`] is the whole of what the runtime needs.

use super::pages::Outlet;
use super::session::{Caller, Session};
use super::wire;
use super::{
    autoscaling, cloudwatch, ecs_definitions, ecs_rollouts, ecs_services, ecs_tasks, elbv2, logs, logs_insights,
    logs_live, metrics, rds, scheduler, sts,
};
use crate::app::effect::{Lane, Query};
use crate::app::event::Event;
use crate::app::ticket::Ticket;
use tokio::sync::mpsc::Sender;

impl Session {
    /// Asks, and sends the answer page by page: each with the requests that it took. Ends with the
    /// last page or with what broke. Dropping the future cancels what is under way.
    pub async fn ask(&self, ticket: Ticket, lane: Lane, query: Query, out: &Sender<Event>) {
        wire::counted(async {
            let caller = Caller::new(self, lane);
            let outlet = Outlet::new(ticket, out, &self.0.renewed);
            // Boxed: the largest of these futures would else be part of every task that asks.
            let asked = match query {
                Query::Identity => Box::pin(sts::identity(&caller, &outlet)).await,
                Query::Cluster { cluster } => Box::pin(ecs_services::cluster(&caller, &outlet, &cluster)).await,
                Query::ServiceNames { cluster } => Box::pin(ecs_services::names(&caller, &outlet, &cluster)).await,
                Query::Services { cluster, names } => {
                    Box::pin(ecs_services::services(&caller, &outlet, &cluster, &names)).await
                }
                Query::TaskIds { cluster, stopped } => {
                    Box::pin(ecs_tasks::ids(&caller, &outlet, &cluster, stopped)).await
                }
                Query::Tasks { cluster, ids } => Box::pin(ecs_tasks::tasks(&caller, &outlet, &cluster, &ids)).await,
                Query::TaskDefinition { name } => Box::pin(ecs_definitions::definition(&caller, &outlet, &name)).await,
                Query::Rollouts { cluster, service } => {
                    Box::pin(ecs_rollouts::rollouts(&caller, &outlet, &cluster, &service)).await
                }
                Query::ScalableTargets { cluster } => Box::pin(autoscaling::targets(&caller, &outlet, &cluster)).await,
                Query::ScalingPolicies { cluster } => Box::pin(autoscaling::policies(&caller, &outlet, &cluster)).await,
                Query::ScheduledActions { cluster } => {
                    Box::pin(autoscaling::scheduled(&caller, &outlet, &cluster)).await
                }
                Query::Schedules { prefix } => Box::pin(scheduler::schedules(&caller, &outlet, &prefix)).await,
                Query::ScalingActivities { cluster } => {
                    Box::pin(autoscaling::activities(&caller, &outlet, &cluster)).await
                }
                Query::Targets { group } => Box::pin(elbv2::targets(&caller, &outlet, &group)).await,
                Query::TargetGroups => Box::pin(elbv2::groups(&caller, &outlet)).await,
                Query::DbClusters => Box::pin(rds::clusters(&caller, &outlet)).await,
                Query::DbInstances => Box::pin(rds::instances(&caller, &outlet)).await,
                Query::Alarms { prefixes } => Box::pin(cloudwatch::alarms(&caller, &outlet, &prefixes)).await,
                Query::Metrics { cluster, keys, since, until } => {
                    Box::pin(metrics::points(&caller, &outlet, &cluster, &keys, since, until)).await
                }
                Query::TaskLog { group, region, stream, limit } => {
                    Box::pin(logs::tail(&caller, &outlet, (&group, region.as_deref()), &stream, limit)).await
                }
                Query::LogPage(window) => Box::pin(logs::page(&caller, &outlet, &window)).await,
                Query::StreamPage(window) => Box::pin(logs::stream_page(&caller, &outlet, &window)).await,
                Query::LogStreams { group, region } => {
                    Box::pin(logs::streams(&caller, &outlet, &group, region.as_deref())).await
                }
                Query::LogGroups { prefix } => Box::pin(logs::groups(&caller, &outlet, &prefix)).await,
                Query::LiveTail { groups } => Box::pin(logs_live::follow(&caller, &outlet, &groups)).await,
                Query::Insights(query) => Box::pin(logs_insights::query(&caller, &outlet, &query)).await,
            };
            if let Err(failure) = asked {
                outlet.broken(failure).await;
            }
        })
        .await;
    }
}
