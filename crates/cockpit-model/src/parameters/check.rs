//! Problems of parameters that task definitions need. Only evident problems are reported: an unreadable parameter is
//! known from a missing execution role, from IAM's evaluation of the role's policies, or from a task that could not
//! start. What remains unknown is in [`super::permissions`].

use super::permissions::Denied;
use super::references::{ParameterReference, ValueSource, normalize};
use super::secret::{Rotation, Secret};
use super::{Kind, Parameter};
use crate::health::Severity;
use crate::permission::DeniedBy;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A problem of a parameter or secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// A task definition references it, but it does not exist.
    Missing,
    /// An execution role cannot read it.
    Unreadable,
    /// It exists, but its type is unsuitable.
    WrongType,
    /// The rotation of a secret failed or is overdue.
    Rotation,
    /// No task definition of the environment references it.
    Unused,
}

impl Problem {
    /// Returns a short name of the problem.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::WrongType => "wrong type",
            Self::Rotation => "rotation",
            Self::Unused => "unused",
        }
    }
}

/// A problem of one parameter or secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub severity: Severity,
    pub problem: Problem,
    /// The parameter or the secret.
    pub name: String,
    /// The problem, as a sentence.
    pub text: String,
    /// The references to it: `web: DATABASE_URL`.
    pub used_by: Vec<String>,
    pub hint: String,
}

/// The data for the check.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The existing parameters: those under the environment's paths, and those that are referenced.
    pub parameters: &'a [Parameter],
    /// Secrets; `None` if they could not be read.
    pub secrets: Option<&'a [Secret]>,
    /// The references of task definitions.
    pub references: &'a [ParameterReference],
    /// Names in use elsewhere: in the configuration of a tunnel.
    pub used_elsewhere: &'a [String],
    /// The region of the environment.
    pub region: Option<&'a str>,
    /// Whether all task definitions were read; otherwise, no parameter can be called unused.
    pub complete: bool,
    /// Reasons of tasks that stopped before they ran: `(service, reason)`.
    pub stopped: &'a [(String, String)],
    /// The reads that IAM denies to roles, if it was queried.
    pub denied: &'a [Denied],
    pub now: Timestamp,
}

/// Returns the findings, the most severe first.
pub fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let existing: BTreeMap<&str, &Parameter> = facts.parameters.iter().map(|one| (normalize(&one.name), one)).collect();
    let mut by_name: BTreeMap<&str, Vec<&ParameterReference>> = BTreeMap::new();
    let mut by_secret: BTreeMap<&str, Vec<&ParameterReference>> = BTreeMap::new();
    for one in facts.references {
        match &one.from {
            ValueSource::Parameter { name, .. } => by_name.entry(normalize(name)).or_default().push(one),
            ValueSource::Secret { id } => by_secret.entry(id).or_default().push(one),
        }
    }
    let mut list = Vec::new();
    for (short, users) in &by_name {
        parameter(facts, existing.get(short).copied(), users, &mut list);
    }
    for (id, users) in &by_secret {
        secret(facts, id, users, &mut list);
    }
    for secret in facts.secrets.unwrap_or_default() {
        if let Rotation::Failed(text) | Rotation::Overdue(text) = secret.rotation(facts.now) {
            list.push(Finding {
                severity: Severity::Warning,
                problem: Problem::Rotation,
                name: secret.name.clone(),
                text,
                used_by: Vec::new(),
                hint: "look at the log of its rotation function, and rotate it again".to_owned(),
            });
        }
    }
    if facts.complete {
        let used: BTreeSet<&str> =
            by_name.keys().copied().chain(facts.used_elsewhere.iter().map(|name| normalize(name))).collect();
        let unused = facts.parameters.iter().filter(|one| !used.contains(normalize(&one.name)));
        list.extend(unused.map(|one| Finding {
            severity: Severity::Note,
            problem: Problem::Unused,
            name: one.name.clone(),
            text: "no task definition of this environment names it".to_owned(),
            used_by: Vec::new(),
            hint: format!("where nothing else reads it, remove it with `cockpit params rm {}`", one.name),
        }));
    }
    list.sort_by(|a, b| (a.severity, a.problem, &a.name).cmp(&(b.severity, b.problem, &b.name)));
    list
}

fn users(named: &[&ParameterReference]) -> Vec<String> {
    let references: BTreeSet<String> = named.iter().map(|one| format!("{}: {}", one.short, one.variable)).collect();
    references.into_iter().collect()
}

fn parameter(facts: &Facts<'_>, found: Option<&Parameter>, named: &[&ParameterReference], list: &mut Vec<Finding>) {
    let Some(name) = named.iter().find_map(|one| one.from.parameter()) else { return };
    let mut add = |severity, problem, text: String, hint: String| {
        let name = found.map_or(name, |found| found.name.as_str()).to_owned();
        list.push(Finding { severity, problem, name, text, used_by: users(named), hint });
    };
    let elsewhere = named.iter().find_map(|one| match &one.from {
        ValueSource::Parameter { region: Some(region), .. } => {
            facts.region.filter(|here| *here != region).map(|_| region)
        }
        _ => None,
    });
    if let Some(region) = elsewhere {
        let text = format!("it is named in {region}, which is not looked at");
        return add(Severity::Note, Problem::Missing, text, "name one of the environment's region".to_owned());
    }
    let Some(found) = found else {
        let hint = format!("make it: `cockpit params put {name}`; without it no new task starts");
        return add(
            Severity::Critical,
            Problem::Missing,
            "it does not exist, and task definitions name it".to_owned(),
            hint,
        );
    };
    match found.kind {
        Kind::List => add(
            Severity::Warning,
            Problem::WrongType,
            "it is a StringList: the container gets one text with commas in it".to_owned(),
            "make it a String, or a SecureString".to_owned(),
        ),
        Kind::Plain if named.iter().any(|one| looks_secret(&one.variable)) => add(
            Severity::Warning,
            Problem::WrongType,
            "it is a String: who may read parameters reads it, and nothing encrypts it".to_owned(),
            format!("`cockpit params put {} --type SecureString` keeps the name", found.name),
        ),
        Kind::Plain | Kind::Secure => {}
    }
    readable(facts, &found.name, named, &mut add);
}

fn readable(
    facts: &Facts<'_>,
    name: &str,
    named: &[&ParameterReference],
    add: &mut impl FnMut(Severity, Problem, String, String),
) {
    if let Some(one) = named.iter().find(|one| one.execution_role.is_none()) {
        let text = format!("{} has no execution role, which would read it", one.definition);
        return add(
            Severity::Critical,
            Problem::Unreadable,
            text,
            "name an execution role in its task definition".to_owned(),
        );
    }
    let refused = facts.stopped.iter().find(|(service, reason)| {
        named.iter().any(|one| one.service == *service) && is_refusal(reason) && mentions(reason, name)
    });
    if let Some((_, reason)) = refused {
        let what = if reason.contains("kms:") { "kms:Decrypt on its key" } else { "ssm:GetParameters on it" };
        let role = named
            .iter()
            .find_map(|one| one.execution_role.as_deref())
            .map_or("the execution role", super::principal_name);
        let text = format!("a task did not start: {role} may not read it");
        return add(Severity::Critical, Problem::Unreadable, text, format!("allow {what} in the policy of {role}"));
    }
    let denied = facts.denied.iter().find(|denied| {
        denied.name == name && named.iter().any(|one| one.execution_role.as_ref() == Some(&denied.role))
    });
    if let Some(denied) = denied {
        let role = super::principal_name(&denied.role);
        let hint = match denied.by {
            DeniedBy::None => format!("allow ssm:GetParameters on it in the policy of {role}"),
            DeniedBy::Policy => format!("take the denial of ssm:GetParameters from the policies of {role}"),
            DeniedBy::Boundary => format!("allow ssm:GetParameters on it in the permissions boundary of {role}"),
            DeniedBy::Organization => {
                "whoever administers the organization can allow ssm:GetParameters on it".to_owned()
            }
        };
        let why = denied.by.describe();
        let text = format!("{role} may not read it: {why}, so no new task will start");
        add(Severity::Critical, Problem::Unreadable, text, hint);
    }
}

fn secret(facts: &Facts<'_>, id: &str, named: &[&ParameterReference], list: &mut Vec<Finding>) {
    let Some(secrets) = facts.secrets else { return };
    let is_this = |one: &&Secret| one.arn == id || one.name == id || is_arn_of(&one.arn, id);
    let name = id.rsplit(":secret:").next().unwrap_or(id).to_owned();
    let mut add = |severity, problem, text: &str, hint: &str| {
        let (text, hint) = (text.to_owned(), hint.to_owned());
        list.push(Finding { severity, problem, name: name.clone(), text, used_by: users(named), hint });
    };
    match secrets.iter().find(is_this) {
        None => add(
            Severity::Critical,
            Problem::Missing,
            "the secret does not exist, and task definitions name it",
            "make it in Secrets Manager, or correct the ARN in the task definition",
        ),
        Some(found) if found.deleted_at.is_some() => add(
            Severity::Critical,
            Problem::Missing,
            "the secret was deleted, and task definitions name it",
            "restore it while its recovery time lasts",
        ),
        Some(_) => {}
    }
}

/// Whether an ARN is this one plus the six random characters that Secrets Manager adds.
pub(super) fn is_arn_of(arn: &str, id: &str) -> bool {
    arn.rsplit_once('-').is_some_and(|(without, random)| random.len() == 6 && without == id)
}

fn is_refusal(reason: &str) -> bool {
    reason.contains("AccessDenied") || reason.contains("is not authorized to perform")
}

fn mentions(reason: &str, name: &str) -> bool {
    let bare = name.trim_start_matches('/');
    reason.match_indices(bare).any(|(at, _)| {
        let after = reason[at + bare.len()..].chars().next();
        after.is_none_or(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')))
    })
}

/// Whether a variable with this name usually contains a secret.
pub fn looks_secret(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let secret = ["PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIALS", "PRIVATE", "APIKEY", "DSN"];
    words.iter().any(|word| secret.contains(word))
        || words
            .windows(2)
            .any(|pair| pair[1] == "KEY" && ["API", "ACCESS", "SIGNING", "ENCRYPTION", "AUTH"].contains(&pair[0]))
        || matches!(name.as_str(), "DATABASE_URL" | "MONGODB_URI" | "REDIS_URL" | "AMQP_URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(service: &str, variable: &str, from: &str) -> ParameterReference {
        ParameterReference {
            service: format!("app-{service}"),
            short: service.to_owned(),
            definition: format!("{service}:3"),
            container: "app".into(),
            variable: variable.to_owned(),
            from: ValueSource::parse(from),
            execution_role: Some("arn:aws:iam::1:role/app-execution".into()),
        }
    }

    fn parameter_of(name: &str, kind: Kind) -> Parameter {
        Parameter { name: name.into(), kind, ..Parameter::default() }
    }

    fn facts<'a>(
        parameters: &'a [Parameter],
        named: &'a [ParameterReference],
        stopped: &'a [(String, String)],
    ) -> Facts<'a> {
        Facts {
            parameters,
            secrets: Some(&[]),
            references: named,
            used_elsewhere: &[],
            region: Some("eu-west-1"),
            complete: true,
            stopped,
            denied: &[],
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn findings(facts: &Facts<'_>) -> Vec<String> {
        check(facts).into_iter().map(|one| format!("{} {} {:?}", one.problem.name(), one.name, one.used_by)).collect()
    }

    #[test]
    fn every_problem_is_found_once_most_severe_first() {
        let parameters = [
            parameter_of("/a/DATABASE_URL", Kind::Secure),
            parameter_of("/a/LIST", Kind::List),
            parameter_of("/a/TOKEN", Kind::Plain),
            parameter_of("/a/PORT", Kind::Plain),
            parameter_of("/a/OLD", Kind::Secure),
        ];
        let named = [
            named("web", "DATABASE_URL", "/a/DATABASE_URL"),
            named("api", "DATABASE_URL", "arn:aws:ssm:eu-west-1:1:parameter/a/DATABASE_URL"),
            named("web", "LIST", "/a/LIST"),
            named("web", "API_TOKEN", "/a/TOKEN"),
            named("web", "PORT", "/a/PORT"),
            named("web", "GONE", "/a/GONE"),
            named("api", "GONE", "/a/GONE"),
            named("api", "OTHER", "arn:aws:secretsmanager:eu-west-1:1:secret:shop/x-AbCdEf"),
        ];
        assert_eq!(
            findings(&facts(&parameters, &named, &[])),
            [
                r#"missing /a/GONE ["api: GONE", "web: GONE"]"#,
                r#"missing shop/x-AbCdEf ["api: OTHER"]"#,
                r#"wrong type /a/LIST ["web: LIST"]"#,
                r#"wrong type /a/TOKEN ["web: API_TOKEN"]"#,
                "unused /a/OLD []",
            ]
        );
    }

    #[test]
    fn unreadable_parameter_is_known_from_a_stopped_task() {
        let parameters = [parameter_of("/a/KEY", Kind::Secure), parameter_of("/a/KEY2", Kind::Secure)];
        let mut all = vec![named("web", "A", "/a/KEY"), named("web", "B", "/a/KEY2")];
        let reason = "ResourceInitializationError: unable to pull secrets: AccessDeniedException: User: x is not authorized to \
                      perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:1:parameter/a/KEY because";
        let stopped = [("app-web".to_owned(), reason.to_owned())];
        let found = check(&facts(&parameters, &all, &stopped));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].problem, found[0].name.as_str()), (Problem::Unreadable, "/a/KEY"));
        assert!(found[0].hint.contains("ssm:GetParameters") && found[0].hint.contains("app-execution"));
        all[1].execution_role = None;
        assert_eq!(findings(&facts(&parameters, &all, &[])), [r#"unreadable /a/KEY2 ["web: B"]"#]);
    }

    #[test]
    fn unreadable_parameter_is_known_from_denied_policies() {
        let parameters = [parameter_of("/a/KEY", Kind::Secure), parameter_of("/a/KEY2", Kind::Secure)];
        let all = [named("web", "A", "/a/KEY"), named("web", "B", "/a/KEY2")];
        let role = all[0].execution_role.clone().unwrap();
        let denied = |role: &str, by| [Denied { role: role.to_owned(), name: "/a/KEY".to_owned(), by }];
        for (by, words) in [
            (DeniedBy::None, "no policy allows it"),
            (DeniedBy::Policy, "a policy denies it"),
            (DeniedBy::Boundary, "the permissions boundary does not allow it"),
        ] {
            let known = denied(&role, by);
            let found = check(&Facts { denied: &known, ..facts(&parameters, &all, &[]) });
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!((found[0].problem, found[0].name.as_str()), (Problem::Unreadable, "/a/KEY"));
            assert!(found[0].text.starts_with("app-execution may not read it") && found[0].text.contains(words));
        }
        let other = denied("arn:aws:iam::1:role/other", DeniedBy::None);
        assert!(check(&Facts { denied: &other, ..facts(&parameters, &all, &[]) }).is_empty());
    }

    #[test]
    fn parameter_is_unused_only_if_everything_was_read() {
        let parameters = [parameter_of("/a/OLD", Kind::Secure), parameter_of("/a/DB", Kind::Secure)];
        let also = ["/a/DB".to_owned()];
        let all = Facts { used_elsewhere: &also, ..facts(&parameters, &[], &[]) };
        assert_eq!(findings(&all), ["unused /a/OLD []"]);
        assert!(check(&Facts { complete: false, ..all }).is_empty());
    }

    #[test]
    fn secrets_match_by_full_or_partial_arn_and_failed_rotation_is_found() {
        let arn = "arn:aws:secretsmanager:r:1:secret:shop/db-AbCdEf";
        let one = Secret { name: "shop/db".into(), arn: arn.into(), rotates: true, pending: true, ..Secret::default() };
        let stuck = Secret { changed_at: Some(Timestamp::UNIX_EPOCH - jiff::SignedDuration::from_hours(9)), ..one };
        let secrets = [stuck];
        let named = [named("web", "A", arn), named("web", "B", "arn:aws:secretsmanager:r:1:secret:shop/db")];
        let all = Facts { secrets: Some(&secrets), ..facts(&[], &named, &[]) };
        assert_eq!(findings(&all), ["rotation shop/db []"]);
        assert!(check(&Facts { secrets: None, ..all }).is_empty(), "secrets that were not read are not missing");
    }

    #[test]
    fn secret_variable_is_recognized_by_its_name() {
        for secret in ["DB_PASSWORD", "JWT_SECRET", "API_KEY", "DATABASE_URL", "GITHUB_TOKEN"] {
            assert!(looks_secret(secret), "{secret}");
        }
        for plain in ["PORT", "NEXT_PUBLIC_API_URL", "PUBLIC_KEY", "KEYBOARD", "MONKEY"] {
            assert!(!looks_secret(plain), "{plain}");
        }
    }
}
