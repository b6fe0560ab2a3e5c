//! Checks of the permissions that tunnels and shells need: those of the caller, and those of each service's task role. They use
//! the policy simulation of IAM, because the only other way to know is to really open a session.

use crate::app::doctor::Check;
use crate::aws::Session;
use crate::aws::permissions::PermissionQuery;
use crate::config::EnvironmentConfig;
use crate::model::permission::{ActionVerdict, Decision, Principal, verdict};
use crate::model::{Failure, Identity};
use futures_util::future::{join_all, join3};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::timeout;

/// The actions that the agent of ECS Exec needs, in the task role.
const CHANNELS: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];
const START: &str = "ssm:StartSession";
const EXECUTE: &str = "ecs:ExecuteCommand";
/// A placeholder for an unknown task ID: policies name tasks by their cluster.
const SOME_TASK: &str = "00000000000000000000000000000000";

/// The time limit for IAM. A private network may not reach it at all, and the other checks must still be reported.
const LIMIT: Duration = Duration::from_secs(5);

/// The session, identity and targets whose permissions are checked.
pub(super) struct PermissionCheck<'a> {
    pub(super) session: &'a Session,
    pub(super) environment: &'a EnvironmentConfig,
    /// The identity of the credentials, or why it is unknown.
    pub(super) identity: Result<&'a Identity, String>,
    pub(super) through: TunnelVia<'a>,
    /// The task that a session would use.
    pub(super) task: Option<&'a str>,
    pub(super) services: &'a [String],
}

/// The near end of tunnels.
#[derive(Debug, Clone, Copy)]
pub(super) enum TunnelVia<'a> {
    /// Tasks in the cluster.
    Tasks,
    /// An instance, with its ID if known.
    Instance(Option<&'a str>),
}

/// An answer, or why it is unknown.
type Known<T> = Result<T, String>;

impl PermissionCheck<'_> {
    /// Returns a check for each action of the caller, and one for each service's task role.
    pub(super) async fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let principal = self.principal().await;
        let (start, execute, roles) =
            join3(self.simulate_start(&principal), self.simulate_execute(&principal), self.roles()).await;
        let name = &self.environment.name;
        let tries = format!("`cockpit tunnel {name} --port 0` tries it and says what is refused; Ctrl-C ends it");
        checks.push(caller_check(START, &principal, &start, (name, &tries)));
        if self.environment.cluster.is_some() {
            let tries = format!("`cockpit exec {name} SERVICE -- true` tries it and says what is refused");
            checks.push(caller_check(EXECUTE, &principal, &execute, (name, &tries)));
        }
        checks.push(Check::untried(
            "ssm:ResumeSession",
            "not asked for, nor is ssm:TerminateSession: policies allow them for one's own sessions, which have no name yet",
            tries,
        ));
        checks.extend(roles);
        checks
    }

    fn region(&self) -> String {
        let of_identity = self.identity.as_ref().ok().and_then(|identity| identity.region.clone());
        of_identity.or_else(|| self.environment.region.clone()).unwrap_or_default()
    }

    /// Returns the ARN of the principal whose policies decide.
    async fn principal(&self) -> Known<String> {
        let identity = self.identity.as_ref().map_err(Clone::clone)?;
        match Principal::of(&identity.arn) {
            Principal::User(arn) => Ok(arn.to_owned()),
            Principal::Other(what) => Err(format!("the policies of {what} are not simulated by IAM")),
            Principal::Role { name, arn, has_path } => {
                match within_limit(LIMIT, self.session.role_arn(name, &self.region())).await {
                    Ok(full_arn) => Ok(full_arn),
                    Err(why) if has_path => Err(why),
                    // Most roles have no path. If this one has, the simulation that follows reports it.
                    Err(_) => Ok(arn),
                }
            }
        }
    }

    fn arn(&self, service: &str, rest: &str) -> String {
        let account = self.identity.as_ref().map(|identity| identity.account.as_str()).unwrap_or_default();
        self.arn_in(account, service, rest)
    }

    fn arn_in(&self, account: &str, service: &str, rest: &str) -> String {
        let partition =
            self.identity.as_ref().ok().and_then(|identity| identity.arn.split(':').nth(1)).unwrap_or("aws");
        format!("arn:{partition}:{service}:{}:{account}:{rest}", self.region())
    }

    fn task_arn(&self, cluster: &str) -> String {
        self.arn("ecs", &format!("task/{cluster}/{}", self.task.unwrap_or(SOME_TASK)))
    }

    /// Returns the cluster's name, which may be configured as an ARN.
    fn cluster(&self) -> Option<&str> {
        self.environment.cluster.as_deref().map(|cluster| cluster.rsplit('/').next().unwrap_or(cluster))
    }

    /// Simulates opening a tunnel: its document, and its task or instance.
    async fn simulate_start(&self, principal: &Known<String>) -> Known<Vec<Decision>> {
        // Documents owned by AWS have no account in their ARN.
        let document = self.arn_in("", "ssm", "document/AWS-StartPortForwardingSessionToRemoteHost");
        let target = match self.through {
            TunnelVia::Instance(Some(id)) => self.arn("ec2", &format!("instance/{id}")),
            TunnelVia::Instance(None) => return Err("which instance tunnels go through is not known".to_owned()),
            TunnelVia::Tasks => self.task_arn(self.cluster().unwrap_or_default()),
        };
        self.simulate(principal, &[START], &[document, target]).await
    }

    /// Simulates opening a shell in a task of the cluster.
    async fn simulate_execute(&self, principal: &Known<String>) -> Known<Vec<Decision>> {
        let Some(cluster) = self.cluster() else { return Ok(Vec::new()) };
        let cluster_arn = self.arn("ecs", &format!("cluster/{cluster}"));
        self.simulate(principal, &[EXECUTE], &[cluster_arn, self.task_arn(cluster)]).await
    }

    async fn simulate(
        &self,
        principal: &Known<String>,
        actions: &[&str],
        resources: &[String],
    ) -> Known<Vec<Decision>> {
        let region = self.region();
        let cluster = self.cluster().map(|cluster| self.arn("ecs", &format!("cluster/{cluster}")));
        let context: Vec<(&str, String)> = std::iter::once(("aws:RequestedRegion", region.clone()))
            .chain(cluster.map(|cluster| ("ecs:cluster", cluster)))
            .collect();
        let question = PermissionQuery { actions, resources, context: &context };
        let principal = principal.as_ref().map_err(Clone::clone)?;
        within_limit(LIMIT, self.session.simulate(principal, &region, question)).await
    }

    /// Checks whether the agent in each service's tasks may open its channels. A role shared by services is simulated once.
    async fn roles(&self) -> Vec<Check> {
        let Some(cluster) = self.environment.cluster.as_deref() else { return Vec::new() };
        // A failure to read the services is reported by the check of that read.
        let Ok(roles) = self.session.task_roles(cluster, self.services).await else { return Vec::new() };
        let distinct: BTreeSet<&str> = roles.iter().filter_map(|(_, role)| role.as_ref().ok()?.as_deref()).collect();
        let simulations = distinct.into_iter().map(|role| async move {
            let principal = self.identity.as_ref().map(|_| role.to_owned()).map_err(Clone::clone);
            (role, self.simulate(&principal, &CHANNELS, &["*".to_owned()]).await)
        });
        let each: BTreeMap<&str, Known<Vec<Decision>>> = join_all(simulations).await.into_iter().collect();
        let check = |(service, role): &(String, Result<Option<String>, Failure>)| match role {
            Ok(Some(role)) => role_check(service, role, &each[role.as_str()]),
            Ok(None) => Check::warn(
                format!("ssmmessages {service}"),
                "its tasks have no role, so the agent of ECS Exec has nothing to sign with",
                format!("give its task definition a task role that allows {}", needed()),
            ),
            Err(failure) => unknown(format!("ssmmessages {service}"), &failure.message, ROLE_TRIES),
        };
        roles.iter().map(check).collect()
    }
}

/// Returns the answer of IAM, or why it is unknown.
async fn within_limit<T>(limit: Duration, request: impl Future<Output = Result<T, Failure>>) -> Known<T> {
    match timeout(limit, request).await {
        Ok(answer) => answer.map_err(|failure| failure.message),
        Err(_) => Err(format!("IAM gives no answer within {} s", limit.as_secs())),
    }
}

const ROLE_TRIES: &str = "whether the agent is connected is seen when a tunnel or a shell is opened";

/// Returns `ssmmessages:CreateControlChannel, CreateDataChannel, …`.
fn needed() -> String {
    let short = |action: &'static str| action.split(':').nth(1).unwrap_or(action);
    format!("ssmmessages:{}", CHANNELS.map(short).join(", "))
}

fn unknown(name: impl Into<String>, why: &str, hint: &str) -> Check {
    Check::untried(name, format!("not known, because {why}"), hint)
}

/// Returns `role admin` for an ARN.
fn principal_name(arn: &str) -> String {
    let entity = arn.rsplit(':').next().unwrap_or(arn);
    let (kind, name) = (entity.split('/').next().unwrap_or_default(), entity.rsplit('/').next().unwrap_or_default());
    format!("{kind} {name}")
}

/// Returns the check of an action of the caller. `name` is the environment's; `tries` tells how to try the action.
fn caller_check(
    action: &str,
    principal: &Known<String>,
    decided: &Known<Vec<Decision>>,
    (name, tries): (&str, &str),
) -> Check {
    let principal = match principal {
        Ok(arn) => principal_name(arn),
        Err(why) => return unknown(action, why, tries),
    };
    let decided = match decided {
        Ok(decided) => decided,
        Err(why) => return unknown(action, why, tries),
    };
    match verdict(action, decided) {
        ActionVerdict::Allowed => Check::ok(action, format!("allowed to {principal}, as IAM simulates it")),
        ActionVerdict::Denied(by, resource) => Check::warn(
            action,
            format!(
                "not allowed to {principal} on {}: {}",
                resource.rsplit(':').next().unwrap_or(&resource),
                by.describe()
            ),
            format!("`cockpit doctor --env {name} --policy operate` prints the policy that it takes"),
        ),
        ActionVerdict::Depends(keys) => unknown(action, &conditions(&principal, &keys), tries),
        ActionVerdict::Missing => unknown(action, "the answer of IAM does not name it", tries),
    }
}

fn conditions(principal: &str, keys: &[String]) -> String {
    format!("the policies of {principal} have conditions on {}, which only a request has", keys.join(", "))
}

/// Returns the check of a service's task role.
fn role_check(service: &str, arn: &str, decided: &Known<Vec<Decision>>) -> Check {
    let (name, principal) = (format!("ssmmessages {service}"), principal_name(arn));
    let decided = match decided {
        Ok(decided) => decided,
        Err(why) => return unknown(name, why, ROLE_TRIES),
    };
    let verdicts = CHANNELS.map(|action| (action, verdict(action, decided)));
    let denied: Vec<&str> = verdicts
        .iter()
        .filter(|(_, verdict)| matches!(verdict, ActionVerdict::Denied(..)))
        .map(|(action, _)| *action)
        .collect();
    let by = verdicts.iter().find_map(|(_, verdict)| match verdict {
        ActionVerdict::Denied(by, _) => Some(*by),
        ActionVerdict::Allowed | ActionVerdict::Depends(_) | ActionVerdict::Missing => None,
    });
    if let Some(by) = by {
        return Check::warn(
            name,
            format!("not allowed to {principal}, the role of its tasks: {} ({})", denied.join(", "), by.describe()),
            format!("allow it {}, and start new tasks with `cockpit deploy {service} --force`", needed()),
        );
    }
    let open = verdicts.iter().find_map(|(_, verdict)| match verdict {
        ActionVerdict::Depends(keys) => Some(conditions(&principal, keys)),
        ActionVerdict::Missing => Some("the answer of IAM does not name it".to_owned()),
        ActionVerdict::Allowed | ActionVerdict::Denied(..) => None,
    });
    match open {
        Some(why) => unknown(name, &why, ROLE_TRIES),
        None => Check::ok(name, format!("its tasks' {principal} may open the channels, as IAM simulates it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::doctor::Outcome;
    use crate::model::permission::DeniedBy;

    fn decided(action: &str, refused: Option<DeniedBy>, missing: &[&str]) -> Decision {
        let missing = missing.iter().map(|key| (*key).to_owned()).collect();
        Decision {
            action: action.into(),
            resource: "arn:aws:ecs:eu-west-1:1:task/shop/0".into(),
            denied_by: refused,
            missing,
        }
    }

    #[test]
    fn check_of_the_caller_reports_allowed_denied_and_unknown() {
        let principal = Ok("arn:aws:iam::1:role/team/dev".to_owned());
        let check = |decided: Known<Vec<Decision>>| caller_check(START, &principal, &decided, ("staging", "try it"));
        let allowed = check(Ok(vec![decided(START, None, &[])]));
        assert_eq!(
            (allowed.status, allowed.detail.as_str()),
            (Outcome::Ok, "allowed to role dev, as IAM simulates it")
        );
        let denied = check(Ok(vec![decided(START, Some(DeniedBy::Organization), &[])]));
        assert_eq!(denied.status, Outcome::Warn);
        assert!(denied.detail.starts_with("not allowed to role dev on task/shop/0: a service control"), "{denied:?}");
        assert!(denied.hint.unwrap().contains("doctor --env staging --policy operate"));
        for (answer, why) in [
            (
                Ok(vec![decided(START, Some(DeniedBy::None), &["aws:ResourceTag/Team"])]),
                "conditions on aws:ResourceTag/Team",
            ),
            (Ok(Vec::new()), "does not name it"),
            (Err("iam:SimulatePrincipalPolicy: not allowed".to_owned()), "iam:SimulatePrincipalPolicy: not allowed"),
        ] {
            let unknown = check(answer);
            assert_eq!((unknown.status, unknown.hint.as_deref()), (Outcome::Untried, Some("try it")));
            assert!(unknown.detail.starts_with("not known, because ") && unknown.detail.contains(why), "{unknown:?}");
        }
        let nobody =
            caller_check(START, &Err("the policies of the root user".into()), &Ok(Vec::new()), ("staging", "try it"));
        assert_eq!(nobody.detail, "not known, because the policies of the root user");
    }

    #[tokio::test]
    async fn unresponsive_iam_times_out() {
        let never = std::future::pending::<Result<(), Failure>>();
        assert_eq!(within_limit(Duration::ZERO, never).await, Err("IAM gives no answer within 0 s".to_owned()));
        assert_eq!(within_limit(LIMIT, async { Ok(1) }).await, Ok(1));
    }

    #[test]
    fn denied_actions_of_a_task_role_are_reported() {
        let all = |refused: &dyn Fn(&str) -> Option<DeniedBy>| {
            CHANNELS.map(|action| decided(action, refused(action), &[])).to_vec()
        };
        let arn = "arn:aws:iam::1:role/web-task";
        assert_eq!(role_check("web", arn, &Ok(all(&|_| None))).status, Outcome::Ok);
        let some = all(&|action| action.ends_with("DataChannel").then_some(DeniedBy::Boundary));
        let check = role_check("web", arn, &Ok(some));
        assert_eq!((check.status, check.name.as_str()), (Outcome::Warn, "ssmmessages web"));
        for words in
            ["role web-task", "ssmmessages:CreateDataChannel, ssmmessages:OpenDataChannel", "permissions boundary"]
        {
            assert!(check.detail.contains(words), "{check:?}");
        }
        assert!(check.hint.unwrap().contains("cockpit deploy web --force"));
        assert_eq!(role_check("web", arn, &Err("no".into())).detail, "not known, because no");
    }
}
