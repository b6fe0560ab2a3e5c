//! Assigns secrets to an environment: Secrets Manager lists all secrets of a region.

use super::Secret;
use super::check::is_arn_of;
use super::references::{ParameterReference, ValueSource};
use crate::cdn::{belongs, prefixes};

/// The data that decides which secrets belong to an environment.
#[derive(Debug, Clone, Copy)]
pub struct SecretOwnership<'a> {
    /// The references of the environment's task definitions.
    pub references: &'a [ParameterReference],
    /// Secrets in its configuration, by ARN or name.
    pub configured: &'a [&'a str],
    pub project: &'a str,
    pub environment: &'a str,
}

/// Returns the environment's secrets, and the number of others. If none can be assigned, all are returned.
pub fn of<'a>(secrets: &'a [Secret], whose: &SecretOwnership<'_>) -> (Vec<&'a Secret>, usize) {
    let name_prefixes = prefixes(whose.project, whose.environment);
    let is_own = |secret: &&Secret| {
        let named = whose.references.iter().any(|one| match &one.from {
            ValueSource::Secret { id } => refers_to(secret, id),
            ValueSource::Parameter { .. } => false,
        });
        named || whose.configured.iter().any(|id| refers_to(secret, id)) || {
            // `shop/prod/db` and `/shop/prod/db` are compared as `shop-prod-db`.
            let name = secret.name.trim_start_matches('/').replace('/', "-");
            belongs(&[&name], &[], &name_prefixes)
        }
    };
    let own: Vec<&Secret> = secrets.iter().filter(is_own).collect();
    if own.is_empty() {
        return (secrets.iter().collect(), 0);
    }
    let others = secrets.len() - own.len();
    (own, others)
}

/// Whether an id refers to this secret: its name, its ARN, its ARN without the six random characters, or its ARN
/// followed by a key.
fn refers_to(secret: &Secret, id: &str) -> bool {
    if id == secret.name {
        return true;
    }
    let is_arn = id.strip_prefix(secret.arn.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    is_arn || is_arn_of(&secret.arn, id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(name: &str) -> Secret {
        let arn = format!("arn:aws:secretsmanager:eu-west-1:1:secret:{name}-AbCdEf");
        Secret { name: name.to_owned(), arn, ..Secret::default() }
    }

    fn own(names: &[&str], named: &[&str], configured: &[&str]) -> (Vec<String>, usize) {
        let secrets: Vec<Secret> = names.iter().map(|name| secret(name)).collect();
        let named: Vec<ParameterReference> = named
            .iter()
            .map(|id| ParameterReference {
                service: "shop-prod-web".into(),
                short: "web".into(),
                definition: "web:1".into(),
                container: "web".into(),
                variable: "KEY".into(),
                from: ValueSource::Secret { id: (*id).to_owned() },
                execution_role: None,
            })
            .collect();
        let whose = SecretOwnership { references: &named, configured, project: "shop", environment: "prod" };
        let (own, others) = of(&secrets, &whose);
        (own.into_iter().map(|one| one.name.clone()).collect(), others)
    }

    #[test]
    fn secret_belongs_by_name_or_reference() {
        let all = ["shop-prod/db", "/shop/prod/key", "shop-production/db", "shop-staging/db", "rds!cluster-1", "edge"];
        assert_eq!(own(&all, &[], &[]), (vec!["shop-prod/db".to_owned(), "/shop/prod/key".to_owned()], 4));
        let arn = "arn:aws:secretsmanager:eu-west-1:1:secret:edge";
        for id in ["edge", arn, &format!("{arn}-AbCdEf"), &format!("{arn}-AbCdEf:password::")] {
            assert_eq!(own(&all, &[id], &[]).1, 3, "{id}");
        }
        assert_eq!(own(&all, &[], &["rds!cluster-1"]).0.last().unwrap(), "rds!cluster-1");
    }

    #[test]
    fn all_secrets_are_returned_if_none_can_be_assigned() {
        assert_eq!(own(&["edge", "other"], &[], &[]), (vec!["edge".to_owned(), "other".to_owned()], 0));
    }
}
