//! Whether roles may read parameters and secrets: IAM evaluates their policies, before one of their tasks
//! fails.

use super::permissions::{PermissionQuery, simulate_principal};
use super::session::{Caller, Session};
use crate::model::Failure;
use crate::model::parameters::permissions::{Denied, PermissionQueries};
use crate::model::permission::Decision;
use futures_util::future::join_all;

/// The actions that read parameters for a container: IAM evaluates them for roles; they are never called from here.
const READS: [&str; 1] = ["ssm:GetParameters"];
/// Number of resources in one request.
const RESOURCES: usize = 100;

impl Session {
    /// Returns the parameters of this region that roles may not read, and the first failure: a failure for one role
    /// leaves the others' results.
    ///
    /// # Errors
    /// The credentials belong to another account than `account`, or their account is unknown.
    pub async fn denied_parameters(
        &self,
        asked: &PermissionQueries,
        account: Option<&str>,
        region: &str,
    ) -> Result<(Vec<Denied>, Option<Failure>), Failure> {
        let bound = self.require_account(account).await?;
        let caller = Caller::pinned(self, &bound.pinned);
        let questions = asked.iter().flat_map(|(role, parameters)| {
            let arns: Vec<(&String, &String)> = parameters.iter().collect();
            let pieces = arns.chunks(RESOURCES).map(<[_]>::to_vec).collect::<Vec<_>>();
            pieces.into_iter().map(move |piece| (role, piece))
        });
        let answers = questions.map(async |(role, parameters)| {
            let resources: Vec<String> = parameters.iter().map(|(arn, _)| (*arn).clone()).collect();
            let question = PermissionQuery { actions: &READS, resources: &resources, context: &[] };
            let decided = simulate_principal(&caller, role, region, question).await?;
            let of = |decision: &Decision| {
                let by = decision.denied()?;
                let (_, name) = parameters.iter().find(|(arn, _)| **arn == decision.resource)?;
                Some(Denied { role: role.clone(), name: (*name).clone(), by })
            };
            Ok::<_, Failure>(decided.iter().filter_map(of).collect::<Vec<_>>())
        });
        let (mut denied, mut failure) = (Vec::new(), None);
        for answer in join_all(answers).await {
            match answer {
                Ok(found) => denied.extend(found),
                Err(failed) => failure = failure.or(Some(failed)),
            }
        }
        Ok((denied, failure))
    }
}
