//! The owners of the writes that `CloudTrail` has recorded: it keeps those of all environments of an account and region
//! side by side, and one of another environment is no cause of what began here.

use super::facts::TrailEvent;
use crate::cdn::prefixes;
use crate::parameters::place::Place;
use log_store::pattern::{is_pattern, matches};

/// Services of AWS that are not of a region: their writes are recorded in one, whosever they are.
pub const GLOBAL: [&str; 5] = [
    "cloudfront.amazonaws.com",
    "wafv2.amazonaws.com",
    "acm.amazonaws.com",
    "route53.amazonaws.com",
    "iam.amazonaws.com",
];
/// Where those are recorded. Source: `CloudTrail`'s user guide, "About global service events".
pub const GLOBAL_REGION: &str = "us-east-1";

/// The names that the configuration of an environment claims as its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Home {
    pub environment: String,
    pub project: String,
    pub region: Option<String>,
    /// Names or patterns: of its cluster, services, databases, and what else it names.
    pub names: Vec<String>,
    /// Beginnings of names: of its alarms.
    pub beginnings: Vec<String>,
}

/// An environment beside the others of its account.
#[derive(Debug, Clone)]
pub struct Owners<'a> {
    pub own: Home,
    pub others: Vec<Home>,
    pub parameters: Place<'a>,
}

impl Home {
    /// How much of a name says that it is this environment's.
    fn has(&self, name: &str) -> Option<usize> {
        let configured = self.names.iter().filter_map(|pattern| {
            // What has no letters before its wildcard says of no name whose it is.
            let told = if is_pattern(pattern) { pattern.find(['*', '?', '['])? } else { pattern.len() };
            (told > 0 && matches(pattern, name)).then_some(told)
        });
        let begun = self.beginnings.iter().filter(|start| !start.is_empty() && name.starts_with(start.as_str()));
        configured.chain(begun.map(String::len)).chain(self.begins(name)).max()
    }

    /// The beginning that its Terraform gives all names, of a name or of a part of a path.
    fn begins(&self, name: &str) -> Option<usize> {
        let starts = |prefix: &String| {
            let begins = |part: &&str| {
                part.strip_prefix(prefix.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.']))
            };
            name.split(['/', ':']).any(|part| begins(&part)).then_some(prefix.len())
        };
        prefixes(&self.project, &self.environment).iter().filter_map(starts).max()
    }

    /// Whether an event can be of it: what is of one region is not written in another.
    fn is_written_in(&self, event: &TrailEvent) -> bool {
        let global = event.region == GLOBAL_REGION && GLOBAL.contains(&event.source.as_str());
        global || event.region.is_empty() || self.region.as_ref().is_none_or(|region| *region == event.region)
    }
}

impl Owners<'_> {
    /// The other environment that an event names, where it names nothing of this one; `known` are names that were seen here.
    /// What says nothing of whose it is stays.
    pub fn another(&self, event: &TrailEvent, known: &[&str]) -> Option<&str> {
        let others: Vec<&Home> = self.others.iter().filter(|other| other.is_written_in(event)).collect();
        let mut found = None;
        for name in &event.names {
            let seen = known.contains(&name.as_str()).then_some(name.len());
            let own = self.own.has(name).max(seen);
            // A parameter's path tells it better than the beginning of one of its folders.
            let of_parameter = event.source.starts_with("ssm.").then(|| self.parameters.neighbour(name)).flatten();
            let of_parameter = of_parameter.map(|environment| (usize::MAX, environment));
            let named = others.iter().filter_map(|other| Some((other.has(name)?, other.environment.as_str())));
            let theirs = named.chain(of_parameter).max_by_key(|(length, _)| *length);
            match (own, theirs) {
                (Some(own), theirs) if theirs.is_none_or(|(length, _)| own > length) => return None,
                // What both may mean tells nothing.
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

    fn home(project: &str, environment: &str, names: &[&str]) -> Home {
        Home {
            environment: environment.into(),
            project: project.into(),
            region: Some("eu-west-1".into()),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            beginnings: vec![format!("{project}-{environment}-")],
        }
    }

    fn owners<'a>(own: Home, others: Vec<Home>) -> Owners<'a> {
        let parameters = Place {
            project: "shop",
            environment: "staging",
            configured: &[],
            also: Vec::new(),
            named: &[],
            complete: true,
            neighbours: vec![crate::parameters::place::Neighbour {
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
    fn a_write_that_names_another_environment_and_nothing_of_this_one_is_of_that_one() {
        let all = owners(home("shop", "staging", &["main"]), vec![home("shop", "prod", &["main", "legacy*", "*"])]);
        let whose = |source: &str, names: &[&str]| all.another(&event(source, names), &["web-of-staging"]);
        for (source, names) in [
            ("ecs", &["shop-prod-web", "shop-prod-cluster"][..]),
            // A cluster of both tells nothing; the service does.
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
    fn the_longest_beginning_tells_whose_it_is_and_a_region_only_what_is_of_it() {
        let all = owners(home("pantri", "pantri", &[]), vec![home("pantri", "pantri-dev", &[])]);
        assert_eq!(all.another(&event("ecs", &["pantri-dev-api"]), &[]), Some("pantri-dev"));
        assert_eq!(all.another(&event("ecs", &["pantri-api"]), &[]), None);
        // In another region the same names belong to others; what has no region may belong to anybody.
        let away = Home { region: Some("us-west-2".into()), ..home("shop", "prod", &[]) };
        let all = owners(home("shop", "staging", &[]), vec![away]);
        assert_eq!(all.another(&event("ecs", &["shop-prod-web"]), &[]), None);
        let global = TrailEvent { region: GLOBAL_REGION.into(), ..event("cloudfront", &["shop-prod-cdn"]) };
        assert_eq!(all.another(&global, &[]), Some("prod"));
    }
}
