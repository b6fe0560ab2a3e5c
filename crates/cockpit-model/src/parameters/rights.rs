//! Whether execution roles may read what their task definitions name, as far as that is known before a task fails: what is
//! asked of IAM, and what nobody can tell.

use super::named::{From, ParameterReference, key};
use super::{Kind, Parameter};
use crate::permission::By;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that every role of an account may use through Systems Manager.
const OF_AWS: &str = "alias/aws/";

/// The question about one role: the ARNs of parameters, each with the parameter's name.
pub type Asked = BTreeMap<String, BTreeMap<String, String>>;

/// A read that IAM denies to a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The role, as the task definition names it.
    pub role: String,
    /// The name of the parameter.
    pub name: String,
    /// The policy that denies it.
    pub by: By,
}

/// The questions for IAM: existing parameters of this region, by the role that reads them.
pub fn questions(named: &[ParameterReference], there: &[Parameter], region: &str) -> Asked {
    let known: BTreeMap<&str, &str> = there.iter().map(|one| (key(&one.name), one.name.as_str())).collect();
    let mut asked = Asked::new();
    for one in named {
        let From::Parameter { name, region: elsewhere, account } = &one.from else { continue };
        let (Some(role), Some(name)) = (&one.execution_role, known.get(key(name))) else { continue };
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
        asked.entry(role.clone()).or_default().insert(arn, (*name).to_owned());
    }
    asked
}

/// A sentence on what is not known where IAM did not answer.
pub fn unasked(why: &str) -> String {
    format!(
        "whether execution roles may read what their task definitions name is not known before a task starts: {why}"
    )
}

/// Sentences on what nobody can tell before a task starts.
pub fn unknown(named: &[ParameterReference], there: &[Parameter]) -> Vec<String> {
    let mut told = Vec::new();
    let used: BTreeSet<&str> = named.iter().filter_map(|one| one.from.parameter()).map(key).collect();
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    for one in there.iter().filter(|one| one.kind == Kind::Secure && used.contains(key(&one.name))) {
        if let Some(key) = one.key.as_deref().filter(|key| !key.starts_with(OF_AWS)) {
            *keys.entry(key).or_default() += 1;
        }
    }
    told.extend(keys.into_iter().map(|(key, count)| {
        let what = if count == 1 { "one parameter".to_owned() } else { format!("{count} parameters") };
        format!("whether execution roles may use {key}, which encrypts {what}, is not known before a task starts: policies of keys are not read")
    }));
    let secrets: BTreeSet<&str> = named
        .iter()
        .filter_map(|one| match &one.from {
            From::Secret { id } => Some(id.as_str()),
            From::Parameter { .. } => None,
        })
        .collect();
    if !secrets.is_empty() {
        let what = if secrets.len() == 1 { "the secret" } else { "the secrets" };
        told.push(format!(
            "whether execution roles may read {what} of Secrets Manager that they need is not known before a task starts: policies of secrets are not read"
        ));
    }
    told
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
            from: From::parse(from),
            execution_role: role.map(str::to_owned),
        }
    }

    fn there(name: &str, key: Option<&str>) -> Parameter {
        let kind = if key.is_some() { Kind::Secure } else { Kind::Plain };
        Parameter { name: name.into(), kind, key: key.map(str::to_owned), ..Parameter::default() }
    }

    const ROLE: &str = "arn:aws:iam::123456789012:role/app-execution";

    #[test]
    fn each_role_is_asked_about_what_it_reads_here_and_what_is_there() {
        let all = [
            named("A", "/a/KEY", Some(ROLE)),
            named("B", "arn:aws:ssm:eu-west-1:123456789012:parameter/a/KEY", Some(ROLE)),
            named("C", "/a/GONE", Some(ROLE)),
            named("D", "/a/KEY", None),
            named("E", "arn:aws:ssm:us-east-1:123456789012:parameter/a/KEY", Some(ROLE)),
            named("F", "PLAIN", Some("execution")),
            named("G", "PLAIN", Some("arn:aws-cn:iam::1:role/other")),
        ];
        let asked = questions(&all, &[there("/a/KEY", None), there("PLAIN", None)], "eu-west-1");
        let flat: Vec<_> = asked
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
    fn what_nobody_can_tell_before_a_task_starts_is_said() {
        let all = [
            named("A", "/a/KEY", Some(ROLE)),
            named("B", "/a/OWN", Some(ROLE)),
            named("C", "arn:aws:secretsmanager:r:1:secret:shop/x-AbCdEf", Some(ROLE)),
        ];
        let parameters =
            [there("/a/KEY", Some("alias/aws/ssm")), there("/a/OWN", Some("alias/mine")), there("/a/NONE", Some("k"))];
        let told = unknown(&all, &parameters);
        assert_eq!(told.len(), 2, "{told:#?}");
        assert!(told[0].contains("may use alias/mine, which encrypts one parameter,"), "{told:#?}");
        assert!(told[1].contains("the secret of Secrets Manager"), "{told:#?}");
        assert!(unknown(&all[..1], &parameters).is_empty(), "IAM answers, and nothing else is open");
    }
}
