//! Whether execution roles can read the parameters that their task definitions reference, as far as that is known
//! before a task fails: the queries for IAM, and what remains unknown.

use super::references::{ParameterReference, ValueSource, normalize};
use super::{Kind, Parameter};
use crate::permission::DeniedBy;
use std::collections::{BTreeMap, BTreeSet};

/// The prefix of KMS keys that every role of an account may use through Systems Manager.
const AWS_KEY_PREFIX: &str = "alias/aws/";

/// The queries, by role: ARNs of parameters, each with the parameter's name.
pub type PermissionQueries = BTreeMap<String, BTreeMap<String, String>>;

/// A read that IAM denies to a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The role, as in the task definition.
    pub role: String,
    /// The name of the parameter.
    pub name: String,
    /// The kind of policy that denies it.
    pub by: DeniedBy,
}

/// Returns the queries for IAM: existing parameters of this region, by the role that reads them.
pub fn permission_queries(named: &[ParameterReference], existing: &[Parameter], region: &str) -> PermissionQueries {
    let known: BTreeMap<&str, &str> = existing.iter().map(|one| (normalize(&one.name), one.name.as_str())).collect();
    let mut queries = PermissionQueries::new();
    for one in named {
        let ValueSource::Parameter { name, region: elsewhere, account } = &one.from else { continue };
        let (Some(role), Some(name)) = (&one.execution_role, known.get(normalize(name))) else { continue };
        let mut parts = role.split(':');
        let (Some("arn"), Some(partition), Some("iam"), Some(_), Some(own)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if elsewhere.as_ref().is_some_and(|other| other != region) {
            continue;
        }
        let account = account.as_deref().unwrap_or(own);
        let arn = format!("arn:{partition}:ssm:{region}:{account}:parameter/{}", name.trim_start_matches('/'));
        queries.entry(role.clone()).or_default().insert(arn, (*name).to_owned());
    }
    queries
}

/// Returns a sentence on what is unknown because IAM could not be queried.
pub fn query_failure_note(why: &str) -> String {
    format!(
        "whether execution roles may read what their task definitions name is not known before a task starts: {why}"
    )
}

/// Returns sentences on what is unknown before a task starts.
pub fn unknown_notes(named: &[ParameterReference], existing: &[Parameter]) -> Vec<String> {
    let mut sentences = Vec::new();
    let used: BTreeSet<&str> = named.iter().filter_map(|one| one.from.parameter()).map(normalize).collect();
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for one in existing.iter().filter(|one| one.kind == Kind::Secure && used.contains(normalize(&one.name))) {
        if let Some(key) = one.key.as_deref().filter(|key| !key.starts_with(AWS_KEY_PREFIX)) {
            *keys.entry(key).or_default() += 1;
        }
    }
    sentences.extend(keys.into_iter().map(|(key, count)| {
        let what = if count == 1 { "one parameter".to_owned() } else { format!("{count} parameters") };
        format!("whether execution roles may use {key}, which encrypts {what}, is not known before a task starts: policies of keys are not read")
    }));
    let secrets: BTreeSet<&str> = named
        .iter()
        .filter_map(|one| match &one.from {
            ValueSource::Secret { id } => Some(id.as_str()),
            ValueSource::Parameter { .. } => None,
        })
        .collect();
    if !secrets.is_empty() {
        let what = if secrets.len() == 1 { "the secret" } else { "the secrets" };
        sentences.push(format!(
            "whether execution roles may read {what} of Secrets Manager that they need is not known before a task starts: policies of secrets are not read"
        ));
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(variable: &str, from: &str, role: Option<&str>) -> ParameterReference {
        ParameterReference {
            service: "app-web".into(),
            short: "web".into(),
            definition: "web:3".into(),
            container: "app".into(),
            variable: variable.to_owned(),
            from: ValueSource::parse(from),
            execution_role: role.map(str::to_owned),
        }
    }

    fn parameter(name: &str, key: Option<&str>) -> Parameter {
        let kind = if key.is_some() { Kind::Secure } else { Kind::Plain };
        Parameter { name: name.into(), kind, key: key.map(str::to_owned), ..Parameter::default() }
    }

    const ROLE: &str = "arn:aws:iam::123456789012:role/app-execution";

    #[test]
    fn queries_contain_existing_parameters_of_the_region_by_role() {
        let all = [
            named("A", "/a/KEY", Some(ROLE)),
            named("B", "arn:aws:ssm:eu-west-1:123456789012:parameter/a/KEY", Some(ROLE)),
            named("C", "/a/GONE", Some(ROLE)),
            named("D", "/a/KEY", None),
            named("E", "arn:aws:ssm:us-east-1:123456789012:parameter/a/KEY", Some(ROLE)),
            named("F", "PLAIN", Some("execution")),
            named("G", "PLAIN", Some("arn:aws-cn:iam::1:role/other")),
        ];
        let queries = permission_queries(&all, &[parameter("/a/KEY", None), parameter("PLAIN", None)], "eu-west-1");
        let flat: Vec<_> = queries
            .iter()
            .flat_map(|(role, all)| all.iter().map(move |(arn, name)| (role.as_str(), arn.as_str(), name.as_str())))
            .collect();
        assert_eq!(
            flat,
            [
                ("arn:aws-cn:iam::1:role/other", "arn:aws-cn:ssm:eu-west-1:1:parameter/PLAIN", "PLAIN"),
                (ROLE, "arn:aws:ssm:eu-west-1:123456789012:parameter/a/KEY", "/a/KEY"),
            ]
        );
    }

    #[test]
    fn unknown_permissions_are_reported() {
        let all = [
            named("A", "/a/KEY", Some(ROLE)),
            named("B", "/a/OWN", Some(ROLE)),
            named("C", "arn:aws:secretsmanager:r:1:secret:shop/x-AbCdEf", Some(ROLE)),
        ];
        let parameters = [
            parameter("/a/KEY", Some("alias/aws/ssm")),
            parameter("/a/OWN", Some("alias/mine")),
            parameter("/a/NONE", Some("k")),
        ];
        let sentences = unknown_notes(&all, &parameters);
        assert_eq!(sentences.len(), 2, "{sentences:#?}");
        assert!(sentences[0].contains("may use alias/mine, which encrypts one parameter,"), "{sentences:#?}");
        assert!(sentences[1].contains("the secret of Secrets Manager"), "{sentences:#?}");
        assert!(unknown_notes(&all[..1], &parameters).is_empty(), "IAM answers, and nothing else is open");
    }
}
