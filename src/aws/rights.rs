//! What roles may read: IAM's own judgement of their policies, asked before a task of theirs has to fail.

use super::permissions::{Question, simulated};
use super::session::{Caller, Session};
use crate::model::Failure;
use crate::model::parameters::rights::{Asked, Denied};
use crate::model::permission::{By, Decision};
use futures_util::future::join_all;

/// What reads parameters for a container: asked of roles, never called from here.
const READS: [&str; 1] = ["ssm:GetParameters"];
/// So many resources in one request.
const RESOURCES: usize = 100;

impl Session {
    /// Which parameters of this region roles may not read, and the first failure: what is known of one role stands without
    /// another.
    ///
    /// # Errors
    /// The credentials are of another account than `account`, or whose they are is not known.
    pub async fn denied(
        &self,
        asked: &Asked,
        account: Option<&str>,
        region: &str,
    ) -> Result<(Vec<Denied>, Option<Failure>), Failure> {
        let bound = self.of_account(account).await?;
        let caller = Caller::pinned(self, &bound.pinned);
        let questions = asked.iter().flat_map(|(role, parameters)| {
            let arns: Vec<(&String, &String)> = parameters.iter().collect();
            let pieces = arns.chunks(RESOURCES).map(<[_]>::to_vec).collect::<Vec<_>>();
            pieces.into_iter().map(move |piece| (role, piece))
        });
        let answers = questions.map(async |(role, parameters)| {
            let resources: Vec<String> = parameters.iter().map(|(arn, _)| (*arn).clone()).collect();
            let question = Question { actions: &READS, resources: &resources, context: &[] };
            let decided = simulated(&caller, role, region, question).await?;
            let of = |(arn, explicit): (String, bool)| {
                let (_, name) = parameters.iter().find(|(asked, _)| **asked == arn)?;
                Some(Denied { role: role.clone(), name: (*name).clone(), explicit })
            };
            Ok::<_, Failure>(decided.into_iter().filter_map(refused).filter_map(of).collect::<Vec<_>>())
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

/// The ARN of what is refused, and whether a policy denies it. Where it hangs on what only a real request has, it is not known
/// to be refused.
fn refused(decision: Decision) -> Option<(String, bool)> {
    let by = decision.refused.filter(|_| decision.missing.is_empty())?;
    Some((decision.resource, by == By::Policy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_on_a_request_is_not_known_to_be_refused() {
        let of = |refused: Option<By>, missing: &[&str]| Decision {
            action: READS[0].to_owned(),
            resource: "a".to_owned(),
            refused,
            missing: missing.iter().map(|key| (*key).to_owned()).collect(),
        };
        assert_eq!(refused(of(None, &[])), None);
        assert_eq!(refused(of(Some(By::Policy), &[])), Some(("a".to_owned(), true)));
        assert_eq!(refused(of(Some(By::None), &[])), Some(("a".to_owned(), false)));
        assert_eq!(refused(of(Some(By::None), &["aws:SourceVpc"])), None);
    }
}
