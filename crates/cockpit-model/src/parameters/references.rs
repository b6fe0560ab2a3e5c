//! References in task definitions: variables whose values come from a parameter or a secret. Source: "Pass sensitive
//! data to an Amazon ECS container".

use crate::task_definition::TaskDefinition;
use std::collections::BTreeMap;

/// The source of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueSource {
    /// A Systems Manager parameter.
    Parameter {
        /// Its name: `/shop/prod/KEY`.
        name: String,
        /// Its region, if given by an ARN.
        region: Option<String>,
        /// Its account, if given by an ARN.
        account: Option<String>,
    },
    /// A Secrets Manager secret.
    Secret {
        /// Its ARN or its name.
        id: String,
    },
}

impl ValueSource {
    /// Parses the `valueFrom` of a container's secret: a name or an ARN.
    pub fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        match parts.as_slice() {
            ["arn", _, "ssm", region, account, resource, ..] if resource.starts_with("parameter/") => {
                let path = &resource["parameter/".len()..];
                // An ARN has no slash before a name without a path.
                let name = if path.contains('/') { format!("/{path}") } else { path.to_owned() };
                let non_empty = |text: &&str| (!text.is_empty()).then(|| (*text).to_owned());
                Self::Parameter { name, region: non_empty(region), account: non_empty(account) }
            }
            ["arn", partition, "secretsmanager", region, account, "secret", rest] => {
                // The name may be followed by a JSON key, a stage and a version.
                let name = rest.split(':').next().unwrap_or(rest);
                Self::Secret { id: format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}") }
            }
            _ => Self::Parameter { name: text.to_owned(), region: None, account: None },
        }
    }

    /// Returns the reference without its region if that is the region of the given ARN.
    #[must_use]
    pub fn without_local_region(&self, arn: &str) -> Self {
        match self {
            Self::Parameter { name, region, account } if region.as_deref() == arn.split(':').nth(3) => {
                Self::Parameter { name: name.clone(), region: None, account: account.clone() }
            }
            other => other.clone(),
        }
    }

    /// Returns the name of the parameter; `None` for a secret.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Parameter { name, .. } => Some(name),
            Self::Secret { .. } => None,
        }
    }
}

/// A variable of a service whose value comes from a parameter or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterReference {
    /// The full name of the service.
    pub service: String,
    /// The short name of the service.
    pub short: String,
    /// `family:revision`.
    pub definition: String,
    pub container: String,
    pub variable: String,
    pub from: ValueSource,
    /// The role that reads it before the container starts; `None` if the task definition has none.
    pub execution_role: Option<String>,
}

/// Returns all references of a task definition.
pub fn references(service: &str, short: &str, definition: &TaskDefinition) -> Vec<ParameterReference> {
    let containers = definition.containers.iter();
    let named = containers.flat_map(|container| {
        container.references.iter().map(|reference| ParameterReference {
            service: service.to_owned(),
            short: short.to_owned(),
            definition: definition.name.clone(),
            container: container.name.clone(),
            variable: reference.variable.clone(),
            from: ValueSource::parse(&reference.from),
            execution_role: definition.execution_role.clone(),
        })
    });
    named.collect()
}

/// Normalizes a name for comparison: an ARN does not distinguish `/KEY` from `KEY`.
pub fn normalize(name: &str) -> &str {
    name.strip_prefix('/').filter(|rest| !rest.contains('/')).unwrap_or(name)
}

/// Returns the services whose tasks read a parameter when they start: full names with short names.
pub fn readers(named: &[ParameterReference], parameter: &str) -> BTreeMap<String, String> {
    let reads =
        named.iter().filter(|one| one.from.parameter().is_some_and(|name| normalize(name) == normalize(parameter)));
    reads.map(|one| (one.service.clone(), one.short.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_definition::{ContainerDefinition, Reference};

    #[test]
    fn source_is_parsed_from_a_name_or_an_arn() {
        let name = |text: &str| ValueSource::parse(text).parameter().map(str::to_owned);
        assert_eq!(name("/shop/prod/KEY").as_deref(), Some("/shop/prod/KEY"));
        assert_eq!(name("KEY").as_deref(), Some("KEY"));
        let arn = ValueSource::parse("arn:aws:ssm:eu-west-1:123456789012:parameter/shop/prod/KEY");
        let (region, account) = (Some("eu-west-1".to_owned()), Some("123456789012".to_owned()));
        assert_eq!(arn, ValueSource::Parameter { name: "/shop/prod/KEY".into(), region, account });
        assert_eq!(name("arn:aws:ssm:eu-west-1:123456789012:parameter/KEY").as_deref(), Some("KEY"));
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";
        for behind in ["", ":password::", ":password:AWSCURRENT:"] {
            assert_eq!(ValueSource::parse(&format!("{secret}{behind}")), ValueSource::Secret { id: secret.into() });
        }
    }

    #[test]
    fn readers_are_the_services_that_reference_it() {
        let reference = |from: &str| Reference { variable: "A".into(), from: from.into() };
        let container = ContainerDefinition {
            name: "app".into(),
            references: vec![reference("arn:aws:ssm:r:1:parameter/KEY"), reference("/shop/B")],
            ..ContainerDefinition::default()
        };
        let definition = TaskDefinition { containers: vec![container], ..TaskDefinition::default() };
        let mut all = references("app-web", "web", &definition);
        all.extend(references("app-api", "api", &definition));
        let read = readers(&all, "/KEY");
        assert_eq!(read.into_values().collect::<Vec<_>>(), ["api", "web"]);
        assert!(readers(&all, "/shop/C").is_empty());
    }
}
