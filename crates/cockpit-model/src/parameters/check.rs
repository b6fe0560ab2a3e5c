//! Problems of parameters that are not as the task definitions need them. It says no more than what can be seen: that a
//! role cannot read a parameter is known from a task definition that has no such role, from what IAM judges of its
//! policies, and from a task that could not start. What of that is not known is in [`super::rights`].

use super::named::{From, ParameterReference, key};
use super::rights::Denied;
use super::secret::{Rotation, Secret};
use super::{Kind, Parameter};
use crate::health::Severity;
use crate::permission::By;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A problem of a parameter or secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// A task definition names it, and it is not there.
    Missing,
    /// Its execution role cannot read it.
    Unreadable,
    /// It is there, of a type that does not fit.
    WrongType,
    /// The rotation of a secret failed or did not happen.
    Rotation,
    /// No task definition of the environment names it.
    Unused,
}

impl Problem {
    /// The problem in a word or two.
    pub fn word(self) -> &'static str {
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
    /// The problem in a sentence.
    pub text: String,
    /// The references to it: `web: DATABASE_URL`.
    pub used_by: Vec<String>,
    pub hint: String,
}

/// The facts that the check works with.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Parameters that there are: those under the environment's paths and those that are named.
    pub parameters: &'a [Parameter],
    /// Secrets; none where they could not be read.
    pub secrets: Option<&'a [Secret]>,
    /// The references of task definitions.
    pub named: &'a [ParameterReference],
    /// Names that something else uses: the configuration of a tunnel.
    pub also_used: &'a [String],
    /// The region that is looked at.
    pub region: Option<&'a str>,
    /// Whether all task definitions were read: without them, nothing is known to be unused.
    pub complete: bool,
    /// Why tasks stopped before they ran: `(service, reason)`.
    pub stopped: &'a [(String, String)],
    /// The reads that IAM denies to roles, where it was asked.
    pub denied: &'a [Denied],
    pub now: Timestamp,
}

/// The findings, the worst first.
pub fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let there: BTreeMap<&str, &Parameter> = facts.parameters.iter().map(|one| (key(&one.name), one)).collect();
    let mut by_name: BTreeMap<&str, Vec<&ParameterReference>> = BTreeMap::new();
    let mut by_secret: BTreeMap<&str, Vec<&ParameterReference>> = BTreeMap::new();
    for one in facts.named {
        match &one.from {
            From::Parameter { name, .. } => by_name.entry(key(name)).or_default().push(one),
            From::Secret { id } => by_secret.entry(id).or_default().push(one),
        }
    }
    let mut list = Vec::new();
    for (short, users) in &by_name {
        parameter(facts, there.get(short).copied(), users, &mut list);
    }
    for (id, users) in &by_secret {
        secret(facts, id, users, &mut list);
    }
    for secret in facts.secrets.unwrap_or_default() {
        if let Rotation::Failed(text) | Rotation::Late(text) = secret.rotation(facts.now) {
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
            by_name.keys().copied().chain(facts.also_used.iter().map(|name| key(name))).collect();
        let unused = facts.parameters.iter().filter(|one| !used.contains(key(&one.name)));
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
    let all: BTreeSet<String> = named.iter().map(|one| format!("{}: {}", one.short, one.variable)).collect();
    all.into_iter().collect()
}

fn parameter(facts: &Facts<'_>, found: Option<&Parameter>, named: &[&ParameterReference], list: &mut Vec<Finding>) {
    let Some(name) = named.iter().find_map(|one| one.from.parameter()) else { return };
    let mut add = |severity, problem, text: String, hint: String| {
        let name = found.map_or(name, |found| found.name.as_str()).to_owned();
        list.push(Finding { severity, problem, name, text, used_by: users(named), hint });
    };
    let elsewhere = named.iter().find_map(|one| match &one.from {
        From::Parameter { region: Some(region), .. } => facts.region.filter(|here| *here != region).map(|_| region),
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
        let role =
            named.iter().find_map(|one| one.execution_role.as_deref()).map_or("the execution role", super::person);
        let text = format!("a task did not start: {role} may not read it");
        return add(Severity::Critical, Problem::Unreadable, text, format!("allow {what} in the policy of {role}"));
    }
    let denied = facts.denied.iter().find(|denied| {
        denied.name == name && named.iter().any(|one| one.execution_role.as_ref() == Some(&denied.role))
    });
    if let Some(denied) = denied {
        let role = super::person(&denied.role);
        let hint = match denied.by {
            By::None => format!("allow ssm:GetParameters on it in the policy of {role}"),
            By::Policy => format!("take the denial of ssm:GetParameters from the policies of {role}"),
            By::Boundary => format!("allow ssm:GetParameters on it in the permissions boundary of {role}"),
            By::Organization => "whoever administers the organization can allow ssm:GetParameters on it".to_owned(),
        };
        let why = denied.by.words();
        let text = format!("{role} may not read it: {why}, so no new task will start");
        add(Severity::Critical, Problem::Unreadable, text, hint);
    }
}

fn secret(facts: &Facts<'_>, id: &str, named: &[&ParameterReference], list: &mut Vec<Finding>) {
    let Some(secrets) = facts.secrets else { return };
    let mine = |one: &&Secret| one.arn == id || one.name == id || is_arn_of(&one.arn, id);
    let name = id.rsplit(":secret:").next().unwrap_or(id).to_owned();
    let mut add = |severity, problem, text: &str, hint: &str| {
        let (text, hint) = (text.to_owned(), hint.to_owned());
        list.push(Finding { severity, problem, name: name.clone(), text, used_by: users(named), hint });
    };
    match secrets.iter().find(mine) {
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

/// Whether an ARN is this one without the six characters that Secrets Manager adds.
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

/// Whether a variable of this name usually holds what nobody should read.
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
            from: From::parse(from),
            execution_role: Some("arn:aws:iam::1:role/app-execution".into()),
        }
    }

    fn there(name: &str, kind: Kind) -> Parameter {
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
            named,
            also_used: &[],
            region: Some("eu-west-1"),
            complete: true,
            stopped,
            denied: &[],
            now: Timestamp::UNIX_EPOCH,
        }
    }

    fn told(facts: &Facts<'_>) -> Vec<String> {
        check(facts).into_iter().map(|one| format!("{} {} {:?}", one.problem.word(), one.name, one.used_by)).collect()
    }

    #[test]
    fn each_thing_that_can_be_wrong_is_found_once_the_worst_first() {
        let parameters = [
            there("/a/DATABASE_URL", Kind::Secure),
            there("/a/LIST", Kind::List),
            there("/a/TOKEN", Kind::Plain),
            there("/a/PORT", Kind::Plain),
            there("/a/OLD", Kind::Secure),
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
            told(&facts(&parameters, &named, &[])),
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
    fn a_role_that_cannot_read_is_known_from_a_task_that_did_not_start() {
        let parameters = [there("/a/KEY", Kind::Secure), there("/a/KEY2", Kind::Secure)];
        let mut all = vec![named("web", "A", "/a/KEY"), named("web", "B", "/a/KEY2")];
        let reason = "ResourceInitializationError: unable to pull secrets: AccessDeniedException: User: x is not authorized to \
                      perform: ssm:GetParameters on resource: arn:aws:ssm:eu-west-1:1:parameter/a/KEY because";
        let stopped = [("app-web".to_owned(), reason.to_owned())];
        let found = check(&facts(&parameters, &all, &stopped));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].problem, found[0].name.as_str()), (Problem::Unreadable, "/a/KEY"));
        assert!(found[0].hint.contains("ssm:GetParameters") && found[0].hint.contains("app-execution"));
        all[1].execution_role = None;
        assert_eq!(told(&facts(&parameters, &all, &[])), [r#"unreadable /a/KEY2 ["web: B"]"#]);
    }

    #[test]
    fn a_role_that_cannot_read_is_known_from_its_policies_before_a_task_fails() {
        let parameters = [there("/a/KEY", Kind::Secure), there("/a/KEY2", Kind::Secure)];
        let all = [named("web", "A", "/a/KEY"), named("web", "B", "/a/KEY2")];
        let role = all[0].execution_role.clone().unwrap();
        let denied = |role: &str, by| [Denied { role: role.to_owned(), name: "/a/KEY".to_owned(), by }];
        for (by, words) in [
            (By::None, "no policy allows it"),
            (By::Policy, "a policy denies it"),
            (By::Boundary, "the permissions boundary does not allow it"),
        ] {
            let known = denied(&role, by);
            let found = check(&Facts { denied: &known, ..facts(&parameters, &all, &[]) });
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!((found[0].problem, found[0].name.as_str()), (Problem::Unreadable, "/a/KEY"));
            assert!(found[0].text.starts_with("app-execution may not read it") && found[0].text.contains(words));
        }
        let other = denied("arn:aws:iam::1:role/other", By::None);
        assert!(check(&Facts { denied: &other, ..facts(&parameters, &all, &[]) }).is_empty());
    }

    #[test]
    fn nothing_is_called_unused_while_a_task_definition_is_not_known_or_something_else_uses_it() {
        let parameters = [there("/a/OLD", Kind::Secure), there("/a/DB", Kind::Secure)];
        let also = ["/a/DB".to_owned()];
        let all = Facts { also_used: &also, ..facts(&parameters, &[], &[]) };
        assert_eq!(told(&all), ["unused /a/OLD []"]);
        assert!(check(&Facts { complete: false, ..all }).is_empty());
    }

    #[test]
    fn secrets_are_known_by_their_arn_with_and_without_its_end_and_a_rotation_that_failed_is_found() {
        let arn = "arn:aws:secretsmanager:r:1:secret:shop/db-AbCdEf";
        let one = Secret { name: "shop/db".into(), arn: arn.into(), rotates: true, pending: true, ..Secret::default() };
        let stuck = Secret { changed_at: Some(Timestamp::UNIX_EPOCH - jiff::SignedDuration::from_hours(9)), ..one };
        let secrets = [stuck];
        let named = [named("web", "A", arn), named("web", "B", "arn:aws:secretsmanager:r:1:secret:shop/db")];
        let all = Facts { secrets: Some(&secrets), ..facts(&[], &named, &[]) };
        assert_eq!(told(&all), ["rotation shop/db []"]);
        assert!(check(&Facts { secrets: None, ..all }).is_empty(), "what was not read is not missing");
    }

    #[test]
    fn a_variable_that_holds_a_secret_is_known_by_the_words_of_its_name() {
        for secret in ["DB_PASSWORD", "JWT_SECRET", "API_KEY", "DATABASE_URL", "GITHUB_TOKEN"] {
            assert!(looks_secret(secret), "{secret}");
        }
        for plain in ["PORT", "NEXT_PUBLIC_API_URL", "PUBLIC_KEY", "KEYBOARD", "MONKEY"] {
            assert!(!looks_secret(plain), "{plain}");
        }
    }
}
