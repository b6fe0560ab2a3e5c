//! IAM: the permissions of a user or role, simulated by IAM itself without executing anything. The crate of IAM would be
//! larger than these two requests, so they are signed by hand (`signed`).

use super::budget::Class;
use super::protocols::query;
use super::session::{Action, Caller, Session};
use super::signed::Service;
use super::xml::Element;
use super::{ecs_definitions, ecs_services};
use crate::app::effect::Priority;
use crate::model::permission::{Decision, DeniedBy};
use crate::model::{Failure, FailureKind};
use futures_util::future::join_all;

/// The version of the API.
pub(super) const VERSION: &str = "2010-05-08";
pub(super) const SIMULATE: Action = Action { name: "iam:SimulatePrincipalPolicy", class: Class::Iam };
pub(super) const GET_ROLE: Action = Action { name: "iam:GetRole", class: Class::Iam };

/// A permission query about a user or role.
#[derive(Debug, Clone, Copy)]
pub struct PermissionQuery<'a> {
    /// The actions, such as `ssm:StartSession`.
    pub actions: &'a [&'a str],
    /// The ARNs, each needed for each action.
    pub resources: &'a [String],
    /// Keys that conditions may use, with their values in the request.
    pub context: &'a [(&'a str, String)],
}

/// A service, and the ARN of its tasks' role, if they have one.
pub type TaskRole = (String, Result<Option<String>, Failure>);

/// IAM uses one region per partition.
pub(super) fn service(region: &str) -> Service {
    let of_partition = if region.starts_with("cn-") {
        "cn-north-1"
    } else if region.starts_with("us-gov-") {
        "us-gov-west-1"
    } else {
        "us-east-1"
    };
    Service("iam", Some(of_partition))
}

impl Session {
    /// Returns the full ARN of a role of this account, including its path.
    ///
    /// # Errors
    /// The request is refused, or the role does not exist.
    pub async fn role_arn(&self, name: &str, region: &str) -> Result<String, Failure> {
        let request = query(GET_ROLE, service(region), VERSION, &[("RoleName", name.to_owned())]);
        let answer = Caller::new(self, Priority::Operator).xml(&request).await?;
        answer.get_owned("GetRoleResult/Role/Arn").ok_or_else(|| unreadable(GET_ROLE))
    }

    /// Returns IAM's decisions for a user or role, on each action and each resource.
    ///
    /// # Errors
    /// The request is refused, the user or role does not exist, or the answer cannot be read.
    pub async fn simulate(
        &self,
        arn: &str,
        region: &str,
        question: PermissionQuery<'_>,
    ) -> Result<Vec<Decision>, Failure> {
        simulate_principal(&Caller::new(self, Priority::Operator), arn, region, question).await
    }

    /// Returns the task roles of at most ten services known to ECS, by service; `None` if its tasks have no role.
    ///
    /// # Errors
    /// The services cannot be read. An unreadable task definition is a failure in place of its role.
    pub async fn task_roles(&self, cluster: &str, services: &[String]) -> Result<Vec<TaskRole>, Failure> {
        if services.is_empty() {
            return Ok(Vec::new());
        }
        let caller = &Caller::new(self, Priority::Operator);
        let known = ecs_services::services_with_tags(caller, cluster, services).await?;
        let each = known.iter().map(|service| async move {
            // With an external deployment controller the definitions are in its task sets.
            let definition = Some(&service.task_definition).filter(|name| !name.is_empty());
            let role = match definition.or(service.task_sets.first()) {
                Some(name) => {
                    ecs_definitions::describe(caller, name, false).await.map(|(found, _)| found.task_role_arn)
                }
                None => Ok(None),
            };
            (service.name.clone(), role)
        });
        Ok(join_all(each).await)
    }
}

/// Returns IAM's decisions, for an existing caller.
pub(super) async fn simulate_principal(
    caller: &Caller<'_>,
    arn: &str,
    region: &str,
    question: PermissionQuery<'_>,
) -> Result<Vec<Decision>, Failure> {
    let parameters = parameters(arn, question);
    let parameters: Vec<(&str, String)> = parameters.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    let answer = caller.xml(&query(SIMULATE, service(region), VERSION, &parameters)).await?;
    decisions(&answer).ok_or_else(|| unreadable(SIMULATE))
}

fn unreadable(action: Action) -> Failure {
    Failure::new(FailureKind::Malformed, format!("{}: the answer lacks the requested data", action.name))
}

fn parameters(arn: &str, question: PermissionQuery<'_>) -> Vec<(String, String)> {
    let mut made = vec![("PolicySourceArn".to_owned(), arn.to_owned())];
    let numbered = |key: &str, number: usize, value: &str| (format!("{key}.member.{}", number + 1), value.to_owned());
    made.extend(question.actions.iter().enumerate().map(|(number, action)| numbered("ActionNames", number, action)));
    made.extend(question.resources.iter().enumerate().map(|(number, arn)| numbered("ResourceArns", number, arn)));
    for (number, (key, value)) in question.context.iter().enumerate() {
        let entry = format!("ContextEntries.member.{}", number + 1);
        made.push((format!("{entry}.ContextKeyName"), (*key).to_owned()));
        made.push((format!("{entry}.ContextKeyType"), "string".to_owned()));
        made.push((format!("{entry}.ContextKeyValues.member.1"), value.clone()));
    }
    made
}

/// Parses the decisions of an answer. If resources were named, each has its own result inside that of the action.
fn decisions(answer: &Element) -> Option<Vec<Decision>> {
    let mut made = Vec::new();
    for result in &answer.at("SimulatePrincipalPolicyResult/EvaluationResults")?.children {
        let action = result.get("EvalActionName")?;
        let each = result.children_at("ResourceSpecificResults");
        if each.is_empty() {
            made.push(decision(action, result, result, "EvalDecision")?);
        }
        for one in each {
            made.push(decision(action, result, one, "EvalResourceDecision")?);
        }
    }
    Some(made)
}

/// Parses the decision on one resource; that of the organization is stored at the action.
fn decision(action: &str, result: &Element, one: &Element, decided: &str) -> Option<Decision> {
    let says_no = |element: &Element, path: &str| element.get(path) == Some("false");
    let boundary = "PermissionsBoundaryDecisionDetail/AllowedByPermissionsBoundary";
    let refused = match one.get(decided)? {
        "allowed" => None,
        _ if says_no(result, "OrganizationsDecisionDetail/AllowedByOrganizations") => Some(DeniedBy::Organization),
        _ if says_no(one, boundary) || says_no(result, boundary) => Some(DeniedBy::Boundary),
        "explicitDeny" => Some(DeniedBy::Policy),
        _ => Some(DeniedBy::None),
    };
    Some(Decision {
        action: action.to_owned(),
        resource: one.get_owned("EvalResourceName").unwrap_or_else(|| "*".to_owned()),
        denied_by: refused,
        missing: one.children_at("MissingContextValues").iter().map(|key| key.text.trim().to_owned()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shortened answer of IAM: one action as a whole, one by resource.
    const ANSWER: &str = "<SimulatePrincipalPolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">\
        <SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults><member><MatchedStatements/>\
        <MissingContextValues/><EvalResourceName>*</EvalResourceName><EvalDecision>explicitDeny</EvalDecision>\
        <EvalActionName>ssmmessages:OpenDataChannel</EvalActionName></member><member><EvalActionName>ssm:StartSession</EvalActionName>\
        <EvalResourceName>arn:a</EvalResourceName><EvalDecision>implicitDeny</EvalDecision><OrganizationsDecisionDetail>\
        <AllowedByOrganizations>true</AllowedByOrganizations></OrganizationsDecisionDetail><ResourceSpecificResults><member>\
        <EvalResourceName>arn:a</EvalResourceName><EvalResourceDecision>allowed</EvalResourceDecision><MissingContextValues/></member>\
        <member><EvalResourceName>arn:b</EvalResourceName><EvalResourceDecision>implicitDeny</EvalResourceDecision>\
        <MissingContextValues><member>aws:ResourceTag/Team</member></MissingContextValues><PermissionsBoundaryDecisionDetail>\
        <AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail></member>\
        </ResourceSpecificResults></member></EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>";

    #[test]
    fn decisions_are_parsed_overall_and_by_resource() {
        let read = decisions(&Element::parse(ANSWER).unwrap()).unwrap();
        let read: Vec<_> =
            read.iter().map(|one| (&*one.action, &*one.resource, one.denied_by, one.missing.len())).collect();
        let (channel, start) = ("ssmmessages:OpenDataChannel", "ssm:StartSession");
        assert_eq!(
            read,
            [
                (channel, "*", Some(DeniedBy::Policy), 0),
                (start, "arn:a", None, 0),
                (start, "arn:b", Some(DeniedBy::Boundary), 1)
            ]
        );
        let organization = ANSWER.replace("<AllowedByOrganizations>true", "<AllowedByOrganizations>false");
        let read = decisions(&Element::parse(&organization).unwrap()).unwrap();
        assert_eq!((read[1].denied_by, read[2].denied_by), (None, Some(DeniedBy::Organization)));
        assert_eq!(decisions(&Element::parse("<R><EvaluationResults/></R>").unwrap()), None);
    }

    #[test]
    fn request_uses_query_protocol_lists() {
        let resources = ["arn:a".to_owned()];
        let context = [("aws:RequestedRegion", "eu-west-1".to_owned())];
        let question = PermissionQuery {
            actions: &["ssm:StartSession", "ecs:ExecuteCommand"],
            resources: &resources,
            context: &context,
        };
        let made = parameters("arn:role", question);
        let wanted = [
            ("PolicySourceArn", "arn:role"),
            ("ActionNames.member.1", "ssm:StartSession"),
            ("ActionNames.member.2", "ecs:ExecuteCommand"),
            ("ResourceArns.member.1", "arn:a"),
            ("ContextEntries.member.1.ContextKeyName", "aws:RequestedRegion"),
            ("ContextEntries.member.1.ContextKeyType", "string"),
            ("ContextEntries.member.1.ContextKeyValues.member.1", "eu-west-1"),
        ];
        assert!(made.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(wanted), "{made:?}");
        let signed = ["eu-west-1", "cn-northwest-1", "us-gov-east-1"].map(|region| service(region).1);
        assert_eq!(signed, [Some("us-east-1"), Some("cn-north-1"), Some("us-gov-west-1")]);
    }
}
