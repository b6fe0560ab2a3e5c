//! The environment that the instance and the database of a tunnel belong to. Those of another environment are refused,
//! because its own safety confirmations would not apply.

use super::instance::InstanceSelector;
use super::no_target::{NoTarget, unavailable};
use crate::machine::{Ec2Instance, is_named, is_tagged};
use log_store::pattern::{is_pattern, matches};

/// The names that an environment's configuration claims.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentClaims {
    pub environment: String,
    pub project: String,
    pub account: Option<String>,
    pub region: Option<String>,
    /// Ids or name patterns of its instances; empty for those with its tags.
    pub instances: Vec<String>,
    /// Names or patterns of its databases.
    pub databases: Vec<String>,
    /// The configured instance of its tunnel.
    pub through: Option<String>,
    /// The configured host of its tunnel.
    pub to: Option<String>,
}

/// An environment and the other configured ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership {
    pub own: EnvironmentClaims,
    pub others: Vec<EnvironmentClaims>,
}

impl EnvironmentClaims {
    /// Whether an instance belongs to it, as `cockpit instances` lists them.
    fn has(&self, machine: &Ec2Instance) -> bool {
        if self.instances.is_empty() {
            is_tagged(machine, &self.project, &self.environment)
        } else {
            is_named(machine, &self.instances)
        }
    }

    /// Whether its configured tunnel goes through an instance.
    fn goes_through(&self, machine: &Ec2Instance) -> bool {
        match self.through.as_deref().map(InstanceSelector::configured) {
            Some(InstanceSelector::Id(id)) => id == machine.id,
            Some(InstanceSelector::Tag(key, value)) => key == "Name" && machine.name.as_deref() == Some(value.as_str()),
            None => false,
        }
    }

    /// Whether two environments may share resources: those of different accounts or regions cannot.
    fn is_beside(&self, other: &Self) -> bool {
        let same = |here: &Option<String>, there: &Option<String>| here.is_none() || there.is_none() || here == there;
        same(&self.account, &other.account) && same(&self.region, &other.region)
    }

    /// Returns how much of the first label of an endpoint matches the name of one of its databases. Members of a
    /// cluster usually have its name plus a suffix.
    fn match_length(&self, label: &str) -> Option<usize> {
        let length = |name: &String| {
            if matches(name, label) {
                return Some(label.len());
            }
            let member =
                !is_pattern(name) && label.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('-'));
            member.then_some(name.len())
        };
        self.databases.iter().filter_map(length).max()
    }

    /// Whether its configured tunnel leads to a host.
    fn leads_to(&self, host: &str) -> bool {
        self.to.as_deref().is_some_and(|to| plain(to) == host)
    }
}

impl Ownership {
    /// Selects an instance that does not belong to another environment.
    ///
    /// # Errors
    /// If there is none, the selection is ambiguous, or it belongs to another environment.
    pub fn of<'a>(&self, named: &InstanceSelector, found: &'a [Ec2Instance]) -> Result<&'a Ec2Instance, NoTarget> {
        let candidates = || found.iter().filter(|machine| !machine.is_ending());
        let allowed: Vec<&Ec2Instance> = candidates().filter(|machine| self.instance(machine).is_ok()).collect();
        if allowed.is_empty() {
            candidates().try_for_each(|machine| self.instance(machine))?;
        }
        named.of(allowed)
    }

    /// Checks that a tunnel may go through an instance: it belongs to this environment, or to none.
    ///
    /// # Errors
    /// If it belongs to another environment.
    pub fn instance(&self, machine: &Ec2Instance) -> Result<(), NoTarget> {
        let own = &self.own;
        if own.has(machine) {
            return Ok(());
        }
        let what = match &machine.name {
            Some(name) => format!("instance {name} ({})", machine.id),
            None => format!("instance {}", machine.id),
        };
        let mut others = self.others.iter().filter(|other| own.is_beside(other));
        // An instance with only the project's tag is shared by its environments.
        let owns = |other: &&EnvironmentClaims| {
            other.has(machine)
                && (!other.instances.is_empty() || machine.environment.is_some() || other.project != own.project)
        };
        if let Some(other) = others.clone().find(owns) {
            return Err(self.elsewhere(&what, &other.environment));
        }
        if own.goes_through(machine) {
            return Ok(());
        }
        if let Some(other) = others.find(|other| other.goes_through(machine)) {
            return Err(self.elsewhere(&what, &other.environment));
        }
        // Other tags of an instance are not read.
        let by_tag = matches!(own.through.as_deref().map(InstanceSelector::configured), Some(InstanceSelector::Tag(key, _)) if key != "Name");
        match &machine.environment {
            Some(tag) if !by_tag && machine.project.as_ref() == Some(&own.project) && *tag != own.environment => {
                Err(self.elsewhere(&what, tag))
            }
            _ => Ok(()),
        }
    }

    /// Checks that a tunnel or a session may connect to a host: by its name, it is not a database endpoint of another
    /// environment. Aliases and addresses cannot be checked.
    ///
    /// # Errors
    /// If it belongs to another environment.
    pub fn host(&self, host: &str) -> Result<(), NoTarget> {
        let plain = plain(host);
        let label = plain.split_once('.').filter(|(_, domain)| is_rds(domain));
        let label = label.map(|(label, _)| label);
        let names = |home: &EnvironmentClaims| label.and_then(|label| home.match_length(label));
        let own = names(&self.own);
        let closest =
            self.others.iter().filter_map(|other| Some((names(other)?, other))).max_by_key(|(length, _)| *length);
        let by_name = closest.filter(|(length, _)| own.is_none_or(|own| own < *length)).map(|(_, other)| other);
        let configured_target = || {
            let free = own.is_none() && !self.own.leads_to(&plain);
            self.others.iter().find(|other| free && other.leads_to(&plain))
        };
        match by_name.or_else(configured_target) {
            Some(other) => Err(self.elsewhere(&format!("the database at {host}"), &other.environment)),
            None => Ok(()),
        }
    }

    fn elsewhere(&self, what: &str, environment: &str) -> NoTarget {
        let why = format!("{what} is not of {}: it is of {environment}", self.own.environment);
        NoTarget { elsewhere: true, ..unavailable(why, format!("choose --env {environment}")) }
    }
}

/// Whether a domain is that of RDS endpoints. In China the region follows: `abc.rds.cn-north-1.amazonaws.com.cn`.
fn is_rds(domain: &str) -> bool {
    domain.contains(".rds.") && domain.contains(".amazonaws.")
}

/// Normalizes a host name for comparison.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(environment: &str) -> EnvironmentClaims {
        EnvironmentClaims {
            environment: environment.into(),
            project: "shop".into(),
            databases: vec![format!("shop-{environment}")],
            ..EnvironmentClaims::default()
        }
    }

    fn whose() -> Ownership {
        Ownership { own: home("staging"), others: vec![home("prod")] }
    }

    fn bastion(id: &str, project: Option<&str>, environment: Option<&str>) -> Ec2Instance {
        Ec2Instance {
            id: id.into(),
            name: Some("bastion".into()),
            state: "running".into(),
            project: project.map(str::to_owned),
            environment: environment.map(str::to_owned),
            ..Ec2Instance::default()
        }
    }

    #[test]
    fn foreign_instance_is_refused_and_shared_one_allowed() {
        let whose = whose();
        let why = whose.instance(&bastion("i-1", Some("shop"), Some("prod"))).unwrap_err();
        assert!(why.elsewhere && why.hint == "choose --env prod", "{why:?}");
        for (project, environment) in
            [(Some("shop"), Some("staging")), (Some("shop"), None), (Some("net"), None), (None, None)]
        {
            assert_eq!(whose.instance(&bastion("i-1", project, environment)), Ok(()), "{project:?} {environment:?}");
        }
        // It belongs to an environment that is not configured here.
        assert!(whose.instance(&bastion("i-1", Some("shop"), Some("demo"))).is_err());
        // An environment that lists it by name owns it.
        let named = Ownership {
            own: EnvironmentClaims { instances: vec!["bast*".into()], ..home("staging") },
            ..whose.clone()
        };
        assert_eq!(named.instance(&bastion("i-1", Some("shop"), Some("prod"))), Ok(()));
        // A configured tunnel does not override another environment's tags, but does override another tunnel.
        let through = Some("bastion".to_owned());
        let own = EnvironmentClaims { through: through.clone(), ..home("staging") };
        let other = EnvironmentClaims { through, ..home("prod") };
        let both = Ownership { own: own.clone(), others: vec![other.clone()] };
        assert!(both.instance(&bastion("i-1", Some("shop"), Some("prod"))).is_err());
        assert_eq!(both.instance(&bastion("i-1", None, None)), Ok(()));
        let theirs = Ownership { own: home("staging"), others: vec![other] };
        assert!(theirs.instance(&bastion("i-1", None, None)).is_err());
    }

    #[test]
    fn instance_of_another_account_or_region_is_not_compared() {
        let at =
            |environment: &str, region: &str| EnvironmentClaims { region: Some(region.into()), ..home(environment) };
        let there = EnvironmentClaims { instances: vec!["bastion".into()], ..at("prod", "us-east-1") };
        let whose = Ownership { own: at("staging", "eu-west-1"), others: vec![there] };
        assert_eq!(whose.instance(&bastion("i-1", None, None)), Ok(()));
    }

    #[test]
    fn ambiguous_name_selects_the_environments_own_instance() {
        let all = [bastion("i-1", Some("shop"), Some("prod")), bastion("i-2", Some("shop"), Some("staging"))];
        let named = InstanceSelector::configured("bastion");
        assert_eq!(whose().of(&named, &all).unwrap().id, "i-2");
        assert!(whose().of(&named, &all[..1]).unwrap_err().elsewhere);
        let terminated = [Ec2Instance { state: "terminated".into(), ..all[0].clone() }];
        assert!(!whose().of(&named, &terminated).unwrap_err().elsewhere, "terminated instances are ignored");
    }

    #[test]
    fn database_endpoint_of_another_environment_is_refused() {
        let whose = whose();
        let end = "abc.ap-northeast-1.rds.amazonaws.com";
        for label in ["shop-prod.cluster", "shop-prod.cluster-ro", "SHOP-prod.cluster", "shop-prod-1.x"] {
            let why = whose.host(&format!("{label}-{end}")).unwrap_err();
            assert!(why.elsewhere && why.hint == "choose --env prod", "{why:?}");
        }
        for host in [format!("shop-staging.{end}"), format!("shop-staging-1.{end}"), format!("other.{end}")] {
            assert_eq!(whose.host(&host), Ok(()), "{host}");
        }
        assert!(whose.host(&format!("shop-prod.{end}.")).is_err(), "with the dot of the root");
        assert!(whose.host("shop-prod.abc.rds.cn-north-1.amazonaws.com.cn").is_err());
        assert_eq!(whose.host("shop-prod.internal"), Ok(()), "the target of an alias is unknown");
        // The longer name is more specific.
        let short =
            Ownership { own: EnvironmentClaims { databases: vec!["shop".into()], ..home("staging") }, ..whose.clone() };
        assert!(short.host(&format!("shop-prod-1.{end}")).is_err());
        let to = |environment: &str| EnvironmentClaims { to: Some("db.internal".into()), ..home(environment) };
        assert!(Ownership { others: vec![to("prod")], ..whose }.host("db.internal").is_err());
        assert_eq!(Ownership { own: to("staging"), others: vec![to("prod")] }.host("db.internal"), Ok(()));
    }
}
