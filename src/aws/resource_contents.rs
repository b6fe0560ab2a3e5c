//! The contents of a resource to be destroyed: the number of images, users and snapshots, and the bytes of logs.

use super::logs::DESCRIBE_LOG_GROUPS;
use super::session::{Caller, Session};
use super::{cognito, ecr, rds_history};
use crate::model::infra::data_loss::{Contents, Count, DataResource, Loss};
use crate::model::{Failure, FailureKind};
use futures_util::future::join_all;

impl Session {
    /// Returns the data lost with each resource, or the reason why it cannot be counted. Sends no request with
    /// credentials of an account other than `account`.
    pub async fn losses(&self, held: &[DataResource], account: Option<&str>) -> Vec<Loss> {
        if let Some(all) = held.iter().map(DataResource::known_uncounted).collect() {
            return all;
        }
        let generation = self.current();
        let bound = Box::pin(self.bound_clients(&generation)).await.and_then(|bound| match account {
            Some(account) if account != bound.identity.account => {
                Err(Failure::account_changed(&bound.identity.account, account))
            }
            _ => Ok(bound),
        });
        let bound = match bound {
            Ok(bound) => bound,
            Err(failure) => {
                let failed = |held: &DataResource| {
                    held.known_uncounted().unwrap_or_else(|| held.describe(Err(failure.message.clone())))
                };
                return held.iter().map(failed).collect();
            }
        };
        let caller = Caller::pinned(self, &bound.pinned);
        let each = held.iter().map(async |held| {
            if let Some(loss) = held.known_uncounted() {
                return loss;
            }
            let counted = match Box::pin(count(&caller, held)).await {
                Err(failure) if failure.kind == FailureKind::NotFound => Ok(Count::Missing),
                counted => counted.map_err(|failure| failure.message),
            };
            held.describe(counted)
        });
        join_all(each).await
    }
}

async fn count(caller: &Caller<'_>, held: &DataResource) -> Result<Count, Failure> {
    let name = held.name.as_deref().unwrap_or_default();
    match held.contents {
        Contents::Images => {
            let (images, bytes, more) = ecr::contents(caller, name).await?;
            Ok(Count::Images(images, bytes, more))
        }
        Contents::Users => cognito::estimated_user_count(caller, name).await.map(Count::Users),
        Contents::ClusterSnapshots => {
            rds_history::automated_snapshot_count(caller, name, true).await.map(Count::Snapshots)
        }
        Contents::Snapshots => rds_history::automated_snapshot_count(caller, name, false).await.map(Count::Snapshots),
        Contents::Logs => {
            let answer = caller
                .call(DESCRIBE_LOG_GROUPS, |clients| {
                    clients.logs().describe_log_groups().log_group_name_prefix(name).limit(50).send()
                })
                .await?;
            let groups = answer.log_groups.unwrap_or_default();
            let group = groups.into_iter().find(|group| group.log_group_name.as_deref() == Some(name));
            let Some(group) = group else { return Ok(Count::Missing) };
            let bytes = group.stored_bytes.and_then(|bytes| u64::try_from(bytes).ok());
            bytes.map(Count::Logs).ok_or_else(|| without_value(DESCRIBE_LOG_GROUPS.name))
        }
        Contents::ByCommand(_) => Err(without_value("it")),
    }
}

/// The failure for an answer without the value.
fn without_value(action: &str) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{action}: the answer has no amount"))
}
