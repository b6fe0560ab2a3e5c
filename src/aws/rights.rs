//! What roles may: IAM's own judgement of their policies, asked before a task of theirs has to fail.

use super::budget::Class;
use super::protocols::query;
use super::session::{Action, Caller, Session};
use super::signed::Service;
use super::xml::Element;
use crate::model::Failure;
use crate::model::parameters::rights::{Asked, Denied};
use futures_util::future::join_all;

pub(super) const SIMULATE: Action = Action { name: "iam:SimulatePrincipalPolicy", class: Class::Iam };
/// It has one region for all.
pub(super) const IAM: Service = Service("iam", Some("us-east-1"));
/// The version of the API.
pub(super) const VERSION: &str = "2010-05-08";
/// What reads a parameter for a container.
const READS: &str = "ssm:GetParameters";
/// So many resources in one request.
const RESOURCES: usize = 100;

impl Session {
    /// Which parameters roles may not read, and the first failure: what is known of one role stands without another.
    ///
    /// # Errors
    /// The credentials are of another account than `account`, or whose they are is not known.
    pub async fn denied(
        &self,
        asked: &Asked,
        account: Option<&str>,
    ) -> Result<(Vec<Denied>, Option<Failure>), Failure> {
        let bound = self.of_account(account).await?;
        let caller = Caller::pinned(self, &bound.pinned);
        let questions = asked.iter().flat_map(|(role, parameters)| {
            let arns: Vec<(&String, &String)> = parameters.iter().collect();
            let pieces = arns.chunks(RESOURCES).map(<[_]>::to_vec).collect::<Vec<_>>();
            pieces.into_iter().map(move |piece| (role, piece))
        });
        let answers = questions.map(async |(role, parameters)| {
            let mut form = vec![
                ("PolicySourceArn".to_owned(), role.clone()),
                ("ActionNames.member.1".to_owned(), READS.to_owned()),
                ("MaxItems".to_owned(), "1000".to_owned()),
            ];
            let arns = (1..).zip(&parameters);
            form.extend(arns.map(|(number, (arn, _))| (format!("ResourceArns.member.{number}"), (*arn).clone())));
            let form: Vec<(&str, String)> = form.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
            let answer = caller.xml(&query(SIMULATE, IAM, VERSION, &form)).await?;
            let of = |(arn, explicit): (String, bool)| {
                let (_, name) = parameters.iter().find(|(asked, _)| **asked == arn)?;
                Some(Denied { role: role.clone(), name: (*name).clone(), explicit })
            };
            Ok::<_, Failure>(refused(&answer).into_iter().filter_map(of).collect::<Vec<_>>())
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

/// ARNs that are refused, and whether a policy denies them. Where it hangs on what only a real request has, it is not known
/// to be refused.
fn refused(answer: &Element) -> Vec<(String, bool)> {
    let results = answer.all("SimulatePrincipalPolicyResult/EvaluationResults").iter();
    let each = results.flat_map(|result| {
        let own = result.all("ResourceSpecificResults");
        let of = |one: &Element, decision: &str| {
            let open = !one.all("MissingContextValues").is_empty();
            let said = one.get(decision).filter(|said| *said != "allowed" && !open)?;
            Some((one.owned("EvalResourceName")?, said == "explicitDeny"))
        };
        let whole = if own.is_empty() { of(result, "EvalDecision") } else { None };
        whole.into_iter().chain(own.iter().filter_map(move |one| of(one, "EvalResourceDecision"))).collect::<Vec<_>>()
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(results: &str) -> Element {
        let text = format!(
            "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><SimulatePrincipalPolicyResult>\
             <IsTruncated>false</IsTruncated><EvaluationResults>{results}</EvaluationResults></SimulatePrincipalPolicyResult>\
             <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>"
        );
        Element::parse(&text).unwrap()
    }

    #[test]
    fn what_is_refused_is_read_for_each_resource_and_what_hangs_on_a_request_is_open() {
        let one = |arn: &str, decision: &str, missing: &str| {
            format!(
                "<member><EvalActionName>ssm:GetParameters</EvalActionName><EvalResourceName>{arn}</EvalResourceName>\
                 <EvalDecision>{decision}</EvalDecision><MissingContextValues>{missing}</MissingContextValues></member>"
            )
        };
        let several = "<member><EvalResourceName>*</EvalResourceName><EvalDecision>implicitDeny</EvalDecision><ResourceSpecificResults>\
             <member><EvalResourceName>d</EvalResourceName><EvalResourceDecision>implicitDeny</EvalResourceDecision></member>\
             <member><EvalResourceName>e</EvalResourceName><EvalResourceDecision>allowed</EvalResourceDecision></member>\
             </ResourceSpecificResults></member>";
        let all = [
            one("a", "allowed", ""),
            one("b", "explicitDeny", ""),
            one("c", "implicitDeny", "<member>aws:SourceVpc</member>"),
            several.to_owned(),
        ];
        let found = refused(&answer(&all.concat()));
        assert_eq!(found, [("b".to_owned(), true), ("d".to_owned(), false)]);
        assert!(refused(&Element::default()).is_empty());
    }
}
