//! Assigns recorded `CloudTrail` writes to environments: an account and region has the writes of all its environments,
//! and those of another one are not the cause of a problem here.

use super::facts::TrailEvent;
use crate::cdn::prefixes;
use crate::parameters::environment_path::ParameterScope;
use log_store::pattern::{is_pattern, matches};

/// Global AWS services, whose writes are recorded in a single region.
pub const GLOBAL: [&str; 5] = [
    "cloudfront.amazonaws.com",
    "wafv2.amazonaws.com",
    "acm.amazonaws.com",
    "route53.amazonaws.com",
    "iam.amazonaws.com",
];
/// The region in which they are recorded. Source: `CloudTrail`'s user guide, "About global service events".
pub const GLOBAL_REGION: &str = "us-east-1";

/// The names that an environment's configuration claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimedNames {
    pub environment: String,
    pub project: String,
    pub region: Option<String>,
    /// Names or patterns of its cluster, services, databases, and other configured resources.
    pub names: Vec<String>,
    /// Name prefixes of its alarms.
    pub alarm_prefixes: Vec<String>,
}

/// An environment and the others of its account.
#[derive(Debug, Clone)]
pub struct Owners<'a> {
    pub own: ClaimedNames,
    pub others: Vec<ClaimedNames>,
    pub parameters: ParameterScope<'a>,
}

impl ClaimedNames {
    /// Returns how specifically a name matches this environment: the length of the longest match.
    fn has(&self, name: &str) -> Option<usize> {
        let configured = self.names.iter().filter_map(|pattern| {
            // A pattern that starts with a wildcard matches names of any environment.
            let length = if is_pattern(pattern) { pattern.find(['*', '?', '['])? } else { pattern.len() };
            (length > 0 && matches(pattern, name)).then_some(length)
        });
        let by_prefix =
            self.alarm_prefixes.iter().filter(|start| !start.is_empty() && name.starts_with(start.as_str()));
        configured.chain(by_prefix.map(String::len)).chain(self.prefix_length(name)).max()
    }

    /// Returns the length of the name prefix of its Terraform if a name, or a part of its path, has it.
    fn prefix_length(&self, name: &str) -> Option<usize> {
        let starts = |prefix: &String| {
            let begins = |part: &&str| {
                part.strip_prefix(prefix.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
            };
            name.split(['/', ':']).any(|part| begins(&part)).then_some(prefix.len())
        };
        prefixes(&self.project, &self.environment).iter().filter_map(starts).max()
    }

    /// Whether an event can belong to this environment: writes to a regional service are recorded in its region.
    fn is_written_in(&self, event: &TrailEvent) -> bool {
        let global = event.region == GLOBAL_REGION && GLOBAL.contains(&event.source.as_str());
        global || event.region.is_empty() || self.region.as_ref().is_none_or(|region| *region == event.region)
    }
}

impl Owners<'_> {
    /// Returns the other environment that an event names, if it names nothing of this one; `known` are names that exist
    /// in this one. Events without a clear owner are kept.
    pub fn other_environment(&self, event: &TrailEvent, known: &[&str]) -> Option<&str> {
        let others: Vec<&ClaimedNames> = self.others.iter().filter(|other| other.is_written_in(event)).collect();
        let mut found = None;
        for name in &event.names {
            let seen = known.contains(&name.as_str()).then_some(name.len());
            let own = self.own.has(name).max(seen);
            // A parameter's path is more reliable than the prefix of one of its folders.
            let of_parameter = event.source.starts_with("ssm.").then(|| self.parameters.neighbour(name)).flatten();
            let of_parameter = of_parameter.map(|environment| (usize::MAX, environment));
            let named = others.iter().filter_map(|other| Some((other.has(name)?, other.environment.as_str())));
            let best_other = named.chain(of_parameter).max_by_key(|(length, _)| *length);
            match (own, best_other) {
                (Some(own), best_other) if best_other.is_none_or(|(length, _)| own > length) => return None,
                // A name that matches both equally is no evidence.
                (Some(own), Some((length, _))) if own == length => {}
                (_, Some((_, environment))) => found = found.or(Some(environment)),
                (_, None) => {}
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(project: &str, environment: &str, names: &[&str]) -> ClaimedNames {
        ClaimedNames {
            environment: environment.into(),
            project: project.into(),
            region: Some("eu-west-1".into()),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            alarm_prefixes: vec![format!("{project}-{environment}-")],
        }
    }

    fn owners<'a>(own: ClaimedNames, others: Vec<ClaimedNames>) -> Owners<'a> {
        let parameters = ParameterScope {
            project: "shop",
            environment: "staging",
            configured: &[],
            extra_names: Vec::new(),
            references: &[],
            complete: true,
            neighbours: vec![crate::parameters::environment_path::Neighbour {
                project: "shop",
                environment: "prod",
                configured: &[],
            }],
        };
        Owners { own, others, parameters }
    }

    fn event(source: &str, names: &[&str]) -> TrailEvent {
        TrailEvent {
            source: format!("{source}.amazonaws.com"),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            region: "eu-west-1".into(),
            ..TrailEvent::default()
        }
    }

    #[test]
    fn write_that_names_only_another_environment_belongs_to_it() {
        let all = owners(home("shop", "staging", &["main"]), vec![home("shop", "prod", &["main", "legacy*", "*"])]);
        let whose = |source: &str, names: &[&str]| all.other_environment(&event(source, names), &["web-of-staging"]);
        for (source, names) in [
            ("ecs", &["shop-prod-web", "shop-prod-cluster"][..]),
            // A cluster that both use is no evidence; the service is.
            ("ecs", &["shop-prod-web", "main"]),
            ("ecs", &["legacy-api"]),
            ("ssm", &["/shop/prod/KEY"]),
            ("logs", &["/aws/lambda/shop-prod-scheduler"]),
            ("secretsmanager", &["shop-prod-db/app"]),
            ("monitoring", &["TargetTracking-service/shop-prod-cluster/x"]),
        ] {
            assert_eq!(whose(source, names), Some("prod"), "{names:?}");
        }
        for (source, names) in [
            ("ecs", &["shop-staging-web"][..]),
            ("ecs", &["web-of-staging", "main"]),
            ("ecs", &["main"]),
            ("iam", &["shop-prod-role", "shop-staging-role"]),
            ("ssm", &["/shop/staging/KEY"]),
            ("ssm", &["/shop/KEY"]),
            ("ec2", &["sg-0123"]),
            ("iam", &["shop-production"]),
            ("iam", &[]),
        ] {
            assert_eq!(whose(source, names), None, "{names:?}");
        }
    }

    #[test]
    fn longest_prefix_and_the_region_decide_the_owner() {
        let all = owners(home("pantri", "pantri", &[]), vec![home("pantri", "pantri-dev", &[])]);
        assert_eq!(all.other_environment(&event("ecs", &["pantri-dev-api"]), &[]), Some("pantri-dev"));
        assert_eq!(all.other_environment(&event("ecs", &["pantri-api"]), &[]), None);
        // In another region the same names belong to others; a global service may belong to anyone.
        let away = ClaimedNames { region: Some("us-west-2".into()), ..home("shop", "prod", &[]) };
        let all = owners(home("shop", "staging", &[]), vec![away]);
        assert_eq!(all.other_environment(&event("ecs", &["shop-prod-web"]), &[]), None);
        let global = TrailEvent { region: GLOBAL_REGION.into(), ..event("cloudfront", &["shop-prod-cdn"]) };
        assert_eq!(all.other_environment(&global, &[]), Some("prod"));
    }
}
