//! The contents of a resource that is to be destroyed: how many images, users, snapshots, bytes of logs.

use super::logs::DESCRIBE_LOG_GROUPS;
use super::session::{Caller, Session};
use super::{cognito, ecr, rds_history};
use crate::model::infra::loss::{Contents, Count, Held, Loss};
use crate::model::{Failure, FailureKind};
use futures_util::future::join_all;

impl Session {
    /// The data that is lost with each of these; a resource that cannot be counted says why. Nothing is asked with
    /// credentials of another account than `account`.
    pub async fn losses(&self, held: &[Held], account: Option<&str>) -> Vec<Loss> {
        if let Some(all) = held.iter().map(Held::unasked).collect() {
            return all;
        }
        let generation = self.current();
        let bound = Box::pin(self.bound(&generation)).await.and_then(|bound| match account {
            Some(account) if account != bound.identity.account => {
                Err(Failure::other_account(&bound.identity.account, account))
            }
            _ => Ok(bound),
        });
        let bound = match bound {
            Ok(bound) => bound,
            Err(failure) => {
                let told = |held: &Held| held.unasked().unwrap_or_else(|| held.told(Err(failure.message.clone())));
                return held.iter().map(told).collect();
            }
        };
        let caller = Caller::pinned(self, &bound.pinned);
        let each = held.iter().map(async |held| {
            if let Some(loss) = held.unasked() {
                return loss;
            }
            let counted = match Box::pin(count(&caller, held)).await {
                Err(failure) if failure.kind == FailureKind::NotFound => Ok(Count::Gone),
                counted => counted.map_err(|failure| failure.message),
            };
            held.told(counted)
        });
        join_all(each).await
    }
}

async fn count(caller: &Caller<'_>, held: &Held) -> Result<Count, Failure> {
    let name = held.name.as_deref().unwrap_or_default();
    match held.what {
        Contents::Images => {
            let (images, bytes, more) = ecr::contents(caller, name).await?;
            Ok(Count::Images(images, bytes, more))
        }
        Contents::Users => cognito::estimated(caller, name).await.map(Count::Users),
        Contents::ClusterSnapshots => rds_history::automated(caller, name, true).await.map(Count::Snapshots),
        Contents::Snapshots => rds_history::automated(caller, name, false).await.map(Count::Snapshots),
        Contents::Logs => {
            let answer = caller
                .call(DESCRIBE_LOG_GROUPS, |clients| {
                    clients.logs().describe_log_groups().log_group_name_prefix(name).limit(50).send()
                })
                .await?;
            let groups = answer.log_groups.unwrap_or_default();
            let group = groups.into_iter().find(|group| group.log_group_name.as_deref() == Some(name));
            let Some(group) = group else { return Ok(Count::Gone) };
            let bytes = group.stored_bytes.and_then(|bytes| u64::try_from(bytes).ok());
            bytes.map(Count::Logs).ok_or_else(|| untold(DESCRIBE_LOG_GROUPS.name))
        }
        Contents::Elsewhere(_) => Err(untold("it")),
    }
}

/// An answer that does not say it.
fn untold(action: &str) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{action}: the answer does not say how much it is"))
}
