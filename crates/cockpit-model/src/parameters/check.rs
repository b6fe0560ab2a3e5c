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
    for (name, references) in &by_name {
        check_parameter(facts, existing.get(name).copied(), references, &mut list);
    }
    for (id, references) in &by_secret {
        check_secret(facts, id, references, &mut list);
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
            text: "no task definition of this environment references it".to_owned(),
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

/// The other region that a reference names, if it names one.
fn other_region<'a>(reference: &'a ParameterReference, here: Option<&str>) -> Option<&'a str> {
    match &reference.from {
        ValueSource::Parameter { region: Some(region), .. } if here.is_some_and(|here| here != region) => Some(region),
        _ => None,
    }
}

fn check_parameter(
    facts: &Facts<'_>,
    found: Option<&Parameter>,
    references: &[&ParameterReference],
    list: &mut Vec<Finding>,
) {
    let Some(name) = references.iter().find_map(|one| one.from.parameter()) else { return };
    let (elsewhere, named): (Vec<&ParameterReference>, Vec<_>) =
        references.iter().partition(|one| other_region(one, facts.region).is_some());
    if let Some(region) = elsewhere.first().and_then(|one| other_region(one, facts.region)) {
        list.push(Finding {
            severity: Severity::Note,
            problem: Problem::Missing,
            name: name.to_owned(),
            text: format!("a task definition references it in {region}, which is not checked"),
            used_by: users(&elsewhere),
            hint: "reference a parameter in the environment's region".to_owned(),
        });
    }
    if named.is_empty() {
        return;
    }
    let mut add = |severity, problem, text: String, hint: String| {
        let name = found.map_or(name, |found| found.name.as_str()).to_owned();
        list.push(Finding { severity, problem, name, text, used_by: users(&named), hint });
    };
    let Some(found) = found else {
        let hint = format!("create it: `cockpit params put {name}`; without it no new task starts");
        return add(
            Severity::Critical,
            Problem::Missing,
            "it does not exist, and task definitions reference it".to_owned(),
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
            "it is an unencrypted String: anyone allowed to read parameters can read it".to_owned(),
            format!("`cockpit params put {} --type SecureString` keeps the name", found.name),
        ),
        Kind::Plain | Kind::Secure => {}
    }
    check_access(facts, &found.name, &named, &mut add);
}

fn check_access(
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
    let refused = facts.stopped.iter().find_map(|(service, reason)| {
        let one = named.iter().find(|one| one.service == *service)?;
        (is_refusal(reason) && mentions(reason, name)).then_some((one, reason))
    });
    if let Some((one, reason)) = refused {
        let what = if reason.contains("kms:") { "kms:Decrypt on its key" } else { "ssm:GetParameters on it" };
        let role = one.execution_role.as_deref().map_or("the execution role", super::principal_name);
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
            DeniedBy::Policy => format!("remove the Deny of ssm:GetParameters from the policies of {role}"),
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

fn check_secret(facts: &Facts<'_>, id: &str, named: &[&ParameterReference], list: &mut Vec<Finding>) {
    let Some(secrets) = facts.secrets else { return };
    let is_this = |one: &&Secret| one.arn == id || one.name == id || is_arn_of(&one.arn, id);
    let name = id.rsplit(":secret:").next().unwrap_or(id).to_owned();
    let mut add = |severity, problem, text: &str, hint: &str| {
        let (text, hint) = (text.to_owned(), hint.to_owned());
        list.push(Finding { severity, problem, name: name.clone(), text, used_by: users(named), hint });
    };
    match secrets.iter().find(is_this) {
        None if is_in_other_place(id, secrets, facts.region) => add(
            Severity::Note,
            Problem::Missing,
            "the secret is in another region or account, which is not checked",
            "reference a secret in the environment's region and account",
        ),
        None => add(
            Severity::Critical,
            Problem::Missing,
            "the secret does not exist, and task definitions reference it",
            "create it in Secrets Manager, or correct the ARN in the task definition",
        ),
        Some(found) if found.deleted_at.is_some() => add(
            Severity::Critical,
            Problem::Missing,
            "the secret was deleted, and task definitions reference it",
            "restore it before its recovery window ends",
        ),
        Some(_) => {}
    }
}

/// Whether an ARN names another region than the environment's, or another account than that of the listed secrets.
fn is_in_other_place(arn: &str, listed: &[Secret], here: Option<&str>) -> bool {
    let Some((region, account)) = region_and_account(arn) else { return false };
    here.is_some_and(|here| here != region)
        || listed.iter().find_map(|one| region_and_account(&one.arn)).is_some_and(|(_, listed)| listed != account)
}

fn region_and_account(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.split(':').skip(3);
    parts.next().zip(parts.next()).filter(|(region, account)| !region.is_empty() && !account.is_empty())
}

/// Whether `arn` is `id` plus the hyphen and six random characters that Secrets Manager appends.
pub(super) fn is_arn_of(arn: &str, id: &str) -> bool {
    arn.rsplit_once('-').is_some_and(|(without, random)| random.len() == 6 && without == id)
}

fn is_refusal(reason: &str) -> bool {
    reason.contains("AccessDenied") || reason.contains("is not authorized to perform")
}

/// Whether a reason names this parameter, and not another whose name only begins or ends with it.
fn mentions(reason: &str, name: &str) -> bool {
    let bare = name.trim_start_matches('/');
    let of_a_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    reason.match_indices(bare).any(|(at, _)| {
        let (before, after) = (&reason[..at], &reason[at + bare.len()..]);
        let before = before.strip_suffix('/').unwrap_or(before);
        !after.starts_with(of_a_name) && (before.ends_with("parameter") || !before.ends_with(of_a_name))
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
#[path = "check_tests.rs"]
mod tests;
