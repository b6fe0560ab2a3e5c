//! The references of task definitions: variables that come from a parameter or a secret. Source: "Pass sensitive data
//! to an Amazon ECS container".

use crate::task_definition::TaskDefinition;
use std::collections::BTreeMap;

/// Where a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// A parameter of Systems Manager.
    Parameter {
        /// Its name: `/shop/prod/KEY`.
        name: String,
        /// Its region, where an ARN says it.
        region: Option<String>,
        /// Its account, where an ARN says it.
        account: Option<String>,
    },
    /// A secret of Secrets Manager.
    Secret {
        /// Its ARN, or its name.
        id: String,
    },
}

impl From {
    /// Reads the `valueFrom` of a container's secret: a name, or an ARN.
    pub fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        match parts.as_slice() {
            ["arn", _, "ssm", region, account, resource, ..] if resource.starts_with("parameter/") => {
                let path = &resource["parameter/".len()..];
                // An ARN has no slash before a name without a path.
                let name = if path.contains('/') { format!("/{path}") } else { path.to_owned() };
                let known = |text: &&str| (!text.is_empty()).then(|| (*text).to_owned());
                Self::Parameter { name, region: known(region), account: known(account) }
            }
            ["arn", partition, "secretsmanager", region, account, "secret", rest] => {
                // Behind the name: a key of its JSON, a stage, a version.
                let name = rest.split(':').next().unwrap_or(rest);
                Self::Secret { id: format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{name}") }
            }
            _ => Self::Parameter { name: text.to_owned(), region: None, account: None },
        }
    }

    /// The same without the region where it is the one of this ARN.
    #[must_use]
    pub fn here(&self, arn: &str) -> Self {
        match self {
            Self::Parameter { name, region, account } if region.as_deref() == arn.split(':').nth(3) => {
                Self::Parameter { name: name.clone(), region: None, account: account.clone() }
            }
            other => other.clone(),
        }
    }

    /// The name of the parameter; none of a secret.
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Parameter { name, .. } => Some(name),
            Self::Secret { .. } => None,
        }
    }
}

/// A variable of a service that comes from a parameter or a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterReference {
    /// The service's whole name.
    pub service: String,
    /// The short name of the service.
    pub short: String,
    /// `family:revision`.
    pub definition: String,
    pub container: String,
    pub variable: String,
    pub from: From,
    /// The role that reads it before the container starts; none: the task definition has none.
    pub execution_role: Option<String>,
}

/// All that a task definition names.
pub fn of(service: &str, short: &str, definition: &TaskDefinition) -> Vec<ParameterReference> {
    let containers = definition.containers.iter();
    let named = containers.flat_map(|container| {
        container.references.iter().map(|reference| ParameterReference {
            service: service.to_owned(),
            short: short.to_owned(),
            definition: definition.name.clone(),
            container: container.name.clone(),
            variable: reference.variable.clone(),
            from: From::parse(&reference.from),
            execution_role: definition.execution_role.clone(),
        })
    });
    named.collect()
}

/// A name as names are compared: an ARN cannot tell `/KEY` from `KEY`.
pub fn key(name: &str) -> &str {
    name.strip_prefix('/').filter(|rest| !rest.contains('/')).unwrap_or(name)
}

/// Services that read a parameter when a task of theirs starts, by whole names, with what people call them.
pub fn readers(named: &[ParameterReference], parameter: &str) -> BTreeMap<String, String> {
    let reads = named.iter().filter(|one| one.from.parameter().is_some_and(|name| key(name) == key(parameter)));
    reads.map(|one| (one.service.clone(), one.short.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task_definition::{ContainerDefinition, Reference};

    #[test]
    fn a_variable_comes_from_a_name_or_an_arn_of_either_service() {
        let name = |text: &str| From::parse(text).parameter().map(str::to_owned);
        assert_eq!(name("/shop/prod/KEY").as_deref(), Some("/shop/prod/KEY"));
        assert_eq!(name("KEY").as_deref(), Some("KEY"));
        let arn = From::parse("arn:aws:ssm:eu-west-1:123456789012:parameter/shop/prod/KEY");
        let (region, account) = (Some("eu-west-1".to_owned()), Some("123456789012".to_owned()));
        assert_eq!(arn, From::Parameter { name: "/shop/prod/KEY".into(), region, account });
        assert_eq!(name("arn:aws:ssm:eu-west-1:123456789012:parameter/KEY").as_deref(), Some("KEY"));
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/db-AbCdEf";
        for behind in ["", ":password::", ":password:AWSCURRENT:"] {
            assert_eq!(From::parse(&format!("{secret}{behind}")), From::Secret { id: secret.into() });
        }
    }

    #[test]
    fn the_readers_of_a_parameter_are_the_services_that_name_it() {
        let reference = |from: &str| Reference { variable: "A".into(), from: from.into() };
        let container = ContainerDefinition {
            name: "app".into(),
            references: vec![reference("arn:aws:ssm:r:1:parameter/KEY"), reference("/shop/B")],
            ..ContainerDefinition::default()
        };
        let definition = TaskDefinition { containers: vec![container], ..TaskDefinition::default() };
        let mut all = of("app-web", "web", &definition);
        all.extend(of("app-api", "api", &definition));
        let read = readers(&all, "/KEY");
        assert_eq!(read.into_values().collect::<Vec<_>>(), ["api", "web"]);
        assert!(readers(&all, "/shop/C").is_empty());
    }
}
