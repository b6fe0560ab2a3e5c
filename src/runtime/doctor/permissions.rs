//! Checks of the permissions that tunnels and shells need: those of the caller, and those of the role of each service's
//! tasks. IAM is asked, by its own simulation: to open a session only to see whether one may would be to do it.

use crate::app::checkup::Check;
use crate::aws::Session;
use crate::aws::permissions::Question;
use crate::config::EnvironmentConfig;
use crate::model::permission::{Decision, Principal, Verdict, verdict};
use crate::model::{Failure, Identity};
use futures_util::future::{join_all, join3};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::timeout;

/// The actions of ECS Exec's agent, with the role of its task.
const CHANNELS: [&str; 4] = [
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
];
const START: &str = "ssm:StartSession";
const EXECUTE: &str = "ecs:ExecuteCommand";
/// The id of a task where none is known: policies name tasks by their cluster.
const SOME_TASK: &str = "00000000000000000000000000000000";

/// IAM is waited for so long: from a private network it may not be reached at all, and all else is to be told.
const LIMIT: Duration = Duration::from_secs(5);

/// The session and identity that permissions are asked with.
pub(super) struct Asked<'a> {
    pub(super) session: &'a Session,
    pub(super) environment: &'a EnvironmentConfig,
    /// The identity of the credentials, or why it is not known.
    pub(super) identity: Result<&'a Identity, String>,
    pub(super) through: TunnelVia<'a>,
    /// The task that a session would go through.
    pub(super) task: Option<&'a str>,
    pub(super) services: &'a [String],
}

/// The near end of tunnels.
#[derive(Debug, Clone, Copy)]
pub(super) enum TunnelVia<'a> {
    /// Tasks of the cluster.
    Tasks,
    /// An instance: its id, as far as it is known.
    Instance(Option<&'a str>),
}

/// An answer, or why it is not known.
type Known<T> = Result<T, String>;

impl Asked<'_> {
    /// A check for each action of who asks, and one for the role of each service's tasks.
    pub(super) async fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let who = self.who().await;
        let (start, execute, roles) = join3(self.starts(&who), self.executes(&who), self.roles()).await;
        let name = &self.environment.name;
        let tries = format!("`cockpit tunnel {name} --port 0` tries it and says what is refused; Ctrl-C ends it");
        checks.push(of_caller(START, &who, &start, (name, &tries)));
        if self.environment.cluster.is_some() {
            let tries = format!("`cockpit exec {name} SERVICE -- true` tries it and says what is refused");
            checks.push(of_caller(EXECUTE, &who, &execute, (name, &tries)));
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

    /// The ARN whose policies decide.
    async fn who(&self) -> Known<String> {
        let identity = self.identity.as_ref().map_err(Clone::clone)?;
        match Principal::of(&identity.arn) {
            Principal::User(arn) => Ok(arn.to_owned()),
            Principal::Other(what) => Err(format!("the policies of {what} are not simulated by IAM")),
            Principal::Role { name, arn, has_path } => {
                match within(LIMIT, self.session.role_arn(name, &self.region())).await {
                    Ok(whole) => Ok(whole),
                    Err(why) if has_path => Err(why),
                    // Most have no path; where one has, that is said by what comes next.
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

    /// The cluster's name: it may be configured by its ARN.
    fn cluster(&self) -> Option<&str> {
        self.environment.cluster.as_deref().map(|cluster| cluster.rsplit('/').next().unwrap_or(cluster))
    }

    /// Whether a tunnel may be opened: by its document, through its task or instance.
    async fn starts(&self, who: &Known<String>) -> Known<Vec<Decision>> {
        // Documents of AWS have no account.
        let document = self.arn_in("", "ssm", "document/AWS-StartPortForwardingSessionToRemoteHost");
        let target = match self.through {
            TunnelVia::Instance(Some(id)) => self.arn("ec2", &format!("instance/{id}")),
            TunnelVia::Instance(None) => return Err("which instance tunnels go through is not known".to_owned()),
            TunnelVia::Tasks => self.task_arn(self.cluster().unwrap_or_default()),
        };
        self.asked(who, &[START], &[document, target]).await
    }

    /// Whether a shell may be opened in a task of the cluster.
    async fn executes(&self, who: &Known<String>) -> Known<Vec<Decision>> {
        let Some(cluster) = self.cluster() else { return Ok(Vec::new()) };
        let whole = self.arn("ecs", &format!("cluster/{cluster}"));
        self.asked(who, &[EXECUTE], &[whole, self.task_arn(cluster)]).await
    }

    async fn asked(&self, who: &Known<String>, actions: &[&str], resources: &[String]) -> Known<Vec<Decision>> {
        let region = self.region();
        let cluster = self.cluster().map(|cluster| self.arn("ecs", &format!("cluster/{cluster}")));
        let context: Vec<(&str, String)> = std::iter::once(("aws:RequestedRegion", region.clone()))
            .chain(cluster.map(|cluster| ("ecs:cluster", cluster)))
            .collect();
        let question = Question { actions, resources, context: &context };
        let who = who.as_ref().map_err(Clone::clone)?;
        within(LIMIT, self.session.simulated(who, &region, question)).await
    }

    /// Whether the agent in the tasks of each service may open its channels. A role that several have is asked about once.
    async fn roles(&self) -> Vec<Check> {
        let Some(cluster) = self.environment.cluster.as_deref() else { return Vec::new() };
        // That services cannot be read is told by the check of that read.
        let Ok(roles) = self.session.task_roles(cluster, self.services).await else { return Vec::new() };
        let distinct: BTreeSet<&str> = roles.iter().filter_map(|(_, role)| role.as_ref().ok()?.as_deref()).collect();
        let asked = distinct.into_iter().map(|role| async move {
            let who = self.identity.as_ref().map(|_| role.to_owned()).map_err(Clone::clone);
            (role, self.asked(&who, &CHANNELS, &["*".to_owned()]).await)
        });
        let each: BTreeMap<&str, Known<Vec<Decision>>> = join_all(asked).await.into_iter().collect();
        let check = |(service, role): &(String, Result<Option<String>, Failure>)| match role {
            Ok(Some(role)) => of_role(service, role, &each[role.as_str()]),
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

/// The answer of IAM, or why it is not known.
async fn within<T>(limit: Duration, asks: impl Future<Output = Result<T, Failure>>) -> Known<T> {
    match timeout(limit, asks).await {
        Ok(answer) => answer.map_err(|failure| failure.message),
        Err(_) => Err(format!("IAM gives no answer within {} s", limit.as_secs())),
    }
}

const ROLE_TRIES: &str = "whether the agent is connected is seen when a tunnel or a shell is opened";

/// `ssmmessages:CreateControlChannel, CreateDataChannel, …`.
fn needed() -> String {
    let short = |action: &'static str| action.split(':').nth(1).unwrap_or(action);
    format!("ssmmessages:{}", CHANNELS.map(short).join(", "))
}

fn unknown(name: impl Into<String>, why: &str, hint: &str) -> Check {
    Check::untried(name, format!("not known, because {why}"), hint)
}

/// `role admin` of an ARN.
fn named(arn: &str) -> String {
    let entity = arn.rsplit(':').next().unwrap_or(arn);
    let (kind, name) = (entity.split('/').next().unwrap_or_default(), entity.rsplit('/').next().unwrap_or_default());
    format!("{kind} {name}")
}

/// The check of an action of who asks; with the environment's name, and how it is tried.
fn of_caller(action: &str, who: &Known<String>, decided: &Known<Vec<Decision>>, (name, tries): (&str, &str)) -> Check {
    let who = match who {
        Ok(arn) => named(arn),
        Err(why) => return unknown(action, why, tries),
    };
    let decided = match decided {
        Ok(decided) => decided,
        Err(why) => return unknown(action, why, tries),
    };
    match verdict(action, decided) {
        Verdict::Allowed => Check::ok(action, format!("allowed to {who}, as IAM simulates it")),
        Verdict::Denied(by, resource) => Check::warn(
            action,
            format!("not allowed to {who} on {}: {}", resource.rsplit(':').next().unwrap_or(&resource), by.words()),
            format!("`cockpit doctor --env {name} --policy operate` prints the policy that it takes"),
        ),
        Verdict::Depends(keys) => unknown(action, &conditions(&who, &keys), tries),
        Verdict::Unanswered => unknown(action, "the answer of IAM does not name it", tries),
    }
}

fn conditions(who: &str, keys: &[String]) -> String {
    format!("the policies of {who} have conditions on {}, which only a request has", keys.join(", "))
}

/// The check of the role of a service's tasks.
fn of_role(service: &str, arn: &str, decided: &Known<Vec<Decision>>) -> Check {
    let (name, who) = (format!("ssmmessages {service}"), named(arn));
    let decided = match decided {
        Ok(decided) => decided,
        Err(why) => return unknown(name, why, ROLE_TRIES),
    };
    let verdicts = CHANNELS.map(|action| (action, verdict(action, decided)));
    let denied: Vec<&str> =
        verdicts.iter().filter(|(_, said)| matches!(said, Verdict::Denied(..))).map(|(action, _)| *action).collect();
    let by = verdicts.iter().find_map(|(_, said)| match said {
        Verdict::Denied(by, _) => Some(*by),
        Verdict::Allowed | Verdict::Depends(_) | Verdict::Unanswered => None,
    });
    if let Some(by) = by {
        return Check::warn(
            name,
            format!("not allowed to {who}, the role of its tasks: {} ({})", denied.join(", "), by.words()),
            format!("allow it {}, and start new tasks with `cockpit deploy {service} --force`", needed()),
        );
    }
    let open = verdicts.iter().find_map(|(_, said)| match said {
        Verdict::Depends(keys) => Some(conditions(&who, keys)),
        Verdict::Unanswered => Some("the answer of IAM does not name it".to_owned()),
        Verdict::Allowed | Verdict::Denied(..) => None,
    });
    match open {
        Some(why) => unknown(name, &why, ROLE_TRIES),
        None => Check::ok(name, format!("its tasks' {who} may open the channels, as IAM simulates it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::checkup::Outcome;
    use crate::model::permission::By;

    fn decided(action: &str, refused: Option<By>, missing: &[&str]) -> Decision {
        let missing = missing.iter().map(|key| (*key).to_owned()).collect();
        Decision { action: action.into(), resource: "arn:aws:ecs:eu-west-1:1:task/shop/0".into(), refused, missing }
    }

    #[test]
    fn an_action_is_allowed_denied_or_not_known_in_words() {
        let who = Ok("arn:aws:iam::1:role/team/dev".to_owned());
        let check = |decided: Known<Vec<Decision>>| of_caller(START, &who, &decided, ("staging", "try it"));
        let allowed = check(Ok(vec![decided(START, None, &[])]));
        assert_eq!(
            (allowed.status, allowed.detail.as_str()),
            (Outcome::Ok, "allowed to role dev, as IAM simulates it")
        );
        let denied = check(Ok(vec![decided(START, Some(By::Organization), &[])]));
        assert_eq!(denied.status, Outcome::Warn);
        assert!(denied.detail.starts_with("not allowed to role dev on task/shop/0: a service control"), "{denied:?}");
        assert!(denied.hint.unwrap().contains("doctor --env staging --policy operate"));
        for (answer, why) in [
            (Ok(vec![decided(START, Some(By::None), &["aws:ResourceTag/Team"])]), "conditions on aws:ResourceTag/Team"),
            (Ok(Vec::new()), "does not name it"),
            (Err("iam:SimulatePrincipalPolicy: not allowed".to_owned()), "iam:SimulatePrincipalPolicy: not allowed"),
        ] {
            let unknown = check(answer);
            assert_eq!((unknown.status, unknown.hint.as_deref()), (Outcome::Untried, Some("try it")));
            assert!(unknown.detail.starts_with("not known, because ") && unknown.detail.contains(why), "{unknown:?}");
        }
        let nobody =
            of_caller(START, &Err("the policies of the root user".into()), &Ok(Vec::new()), ("staging", "try it"));
        assert_eq!(nobody.detail, "not known, because the policies of the root user");
    }

    #[tokio::test]
    async fn iam_that_does_not_answer_is_not_waited_for() {
        let never = std::future::pending::<Result<(), Failure>>();
        assert_eq!(within(Duration::ZERO, never).await, Err("IAM gives no answer within 0 s".to_owned()));
        assert_eq!(within(LIMIT, async { Ok(1) }).await, Ok(1));
    }

    #[test]
    fn a_role_is_told_with_what_it_may_not() {
        let all = |refused: &dyn Fn(&str) -> Option<By>| {
            CHANNELS.map(|action| decided(action, refused(action), &[])).to_vec()
        };
        let arn = "arn:aws:iam::1:role/web-task";
        assert_eq!(of_role("web", arn, &Ok(all(&|_| None))).status, Outcome::Ok);
        let some = all(&|action| action.ends_with("DataChannel").then_some(By::Boundary));
        let check = of_role("web", arn, &Ok(some));
        assert_eq!((check.status, check.name.as_str()), (Outcome::Warn, "ssmmessages web"));
        for words in
            ["role web-task", "ssmmessages:CreateDataChannel, ssmmessages:OpenDataChannel", "permissions boundary"]
        {
            assert!(check.detail.contains(words), "{check:?}");
        }
        assert!(check.hint.unwrap().contains("cockpit deploy web --force"));
        assert_eq!(of_role("web", arn, &Err("no".into())).detail, "not known, because no");
    }
}
