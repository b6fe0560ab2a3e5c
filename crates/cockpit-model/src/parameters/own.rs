//! Which of a region's secrets belong to an environment: Secrets Manager lists them all.

use super::Secret;
use super::check::is_arn_of;
use super::named::{From, ParameterReference};
use crate::cdn::{belongs, prefixes};

/// The evidence on which environment a secret belongs to.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// The references of the environment's task definitions.
    pub named: &'a [ParameterReference],
    /// Secrets that its configuration names, by ARN or name.
    pub configured: &'a [&'a str],
    pub project: &'a str,
    pub environment: &'a str,
}

/// The environment's secrets, and how many others there are. Where none can be told to be its own each may be, and all are.
pub fn of<'a>(secrets: &'a [Secret], whose: &Whose<'_>) -> (Vec<&'a Secret>, usize) {
    let beginnings = prefixes(whose.project, whose.environment);
    let ours = |secret: &&Secret| {
        let named = whose.named.iter().any(|one| match &one.from {
            From::Secret { id } => is(secret, id),
            From::Parameter { .. } => false,
        });
        named || whose.configured.iter().any(|id| is(secret, id)) || {
            // `shop/prod/db` and `/shop/prod/db` are written as `shop-prod-db` is.
            let name = secret.name.trim_start_matches('/').replace('/', "-");
            belongs(&[&name], &[], &beginnings)
        }
    };
    let own: Vec<&Secret> = secrets.iter().filter(ours).collect();
    if own.is_empty() {
        return (secrets.iter().collect(), 0);
    }
    let others = secrets.len() - own.len();
    (own, others)
}

/// Whether an id is this secret's: its name, its ARN, its ARN without the six characters that AWS adds, or one with the key
/// of a value behind it.
fn is(secret: &Secret, id: &str) -> bool {
    if id == secret.name {
        return true;
    }
    let whole = id.strip_prefix(secret.arn.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'));
    whole || is_arn_of(&secret.arn, id)
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
                from: From::Secret { id: (*id).to_owned() },
                execution_role: None,
            })
            .collect();
        let whose = Whose { named: &named, configured, project: "shop", environment: "prod" };
        let (own, others) = of(&secrets, &whose);
        (own.into_iter().map(|one| one.name.clone()).collect(), others)
    }

    #[test]
    fn a_secret_is_the_environments_by_its_name_or_by_what_names_it() {
        let all = ["shop-prod/db", "/shop/prod/key", "shop-production/db", "shop-staging/db", "rds!cluster-1", "edge"];
        assert_eq!(own(&all, &[], &[]), (vec!["shop-prod/db".to_owned(), "/shop/prod/key".to_owned()], 4));
        let arn = "arn:aws:secretsmanager:eu-west-1:1:secret:edge";
        for id in ["edge", arn, &format!("{arn}-AbCdEf"), &format!("{arn}-AbCdEf:password::")] {
            assert_eq!(own(&all, &[id], &[]).1, 3, "{id}");
        }
        assert_eq!(own(&all, &[], &["rds!cluster-1"]).0.last().unwrap(), "rds!cluster-1");
    }

    #[test]
    fn where_none_is_told_to_be_its_own_each_may_be() {
        assert_eq!(own(&["edge", "other"], &[], &[]), (vec!["edge".to_owned(), "other".to_owned()], 0));
    }
}
