//! The owner of the instances and databases that a tunnel is to go through and to: those of its own environment, or of
//! another one. What is another's is refused: there the questions are asked that guard it.

use super::instance::InstanceSelector;
use super::no_target::{NoTarget, none};
use crate::machine::{Machine, is_named, is_tagged};
use log_store::pattern::{is_pattern, matches};

/// The names that the configuration of an environment claims as its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Home {
    pub environment: String,
    pub project: String,
    pub account: Option<String>,
    pub region: Option<String>,
    /// Ids, or patterns of names, of its instances; none: those with its tags.
    pub instances: Vec<String>,
    /// Names or patterns of its databases.
    pub databases: Vec<String>,
    /// The instance that its tunnel goes through, as it is configured.
    pub through: Option<String>,
    /// The host that its tunnel leads to, as it is configured.
    pub to: Option<String>,
}

/// An environment beside the others that are configured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whose {
    pub own: Home,
    pub others: Vec<Home>,
}

impl Home {
    /// Whether an instance is one of its own, as `cockpit instances` lists them.
    fn has(&self, machine: &Machine) -> bool {
        if self.instances.is_empty() {
            is_tagged(machine, &self.project, &self.environment)
        } else {
            is_named(machine, &self.instances)
        }
    }

    /// Whether the tunnel of the configuration goes through it.
    fn goes_through(&self, machine: &Machine) -> bool {
        match self.through.as_deref().map(InstanceSelector::configured) {
            Some(InstanceSelector::Id(id)) => id == machine.id,
            Some(InstanceSelector::Tag(key, value)) => key == "Name" && machine.name.as_deref() == Some(value.as_str()),
            None => false,
        }
    }

    /// Whether what is here and what is there can be one: another account or region has others.
    fn is_beside(&self, other: &Self) -> bool {
        let same = |here: &Option<String>, there: &Option<String>| here.is_none() || there.is_none() || here == there;
        same(&self.account, &other.account) && same(&self.region, &other.region)
    }

    /// How much of the first label of an endpoint is the name of one of its databases. A cluster's members are mostly called
    /// as it is, with something behind.
    fn names(&self, label: &str) -> Option<usize> {
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

    /// Whether the tunnel of the configuration leads there.
    fn leads_to(&self, host: &str) -> bool {
        self.to.as_deref().is_some_and(|to| plain(to) == host)
    }
}

impl Whose {
    /// The one instance that is meant among those that were found and are not another environment's.
    ///
    /// # Errors
    /// There is none, it is not clear which, or it is another environment's.
    pub fn of<'a>(&self, named: &InstanceSelector, found: &'a [Machine]) -> Result<&'a Machine, NoTarget> {
        let there = || found.iter().filter(|machine| !machine.is_ending());
        let mine: Vec<&Machine> = there().filter(|machine| self.instance(machine).is_ok()).collect();
        if mine.is_empty() {
            there().try_for_each(|machine| self.instance(machine))?;
        }
        named.of(mine)
    }

    /// Whether a tunnel may go through an instance: one of its own, or one that nothing says to be another's.
    ///
    /// # Errors
    /// It is another environment's.
    pub fn instance(&self, machine: &Machine) -> Result<(), NoTarget> {
        let own = &self.own;
        if own.has(machine) {
            return Ok(());
        }
        let what = match &machine.name {
            Some(name) => format!("instance {name} ({})", machine.id),
            None => format!("instance {}", machine.id),
        };
        let mut others = self.others.iter().filter(|other| own.is_beside(other));
        // What has the project's tag alone is shared by its environments.
        let surely = |other: &&Home| {
            other.has(machine)
                && (!other.instances.is_empty() || machine.environment.is_some() || other.project != own.project)
        };
        if let Some(other) = others.clone().find(surely) {
            return Err(self.elsewhere(&what, &other.environment));
        }
        if own.goes_through(machine) {
            return Ok(());
        }
        if let Some(other) = others.find(|other| other.goes_through(machine)) {
            return Err(self.elsewhere(&what, &other.environment));
        }
        // No other tags of an instance are kept.
        let by_tag = matches!(own.through.as_deref().map(InstanceSelector::configured), Some(InstanceSelector::Tag(key, _)) if key != "Name");
        match &machine.environment {
            Some(tag) if !by_tag && machine.project.as_ref() == Some(&own.project) && *tag != own.environment => {
                Err(self.elsewhere(&what, tag))
            }
            _ => Ok(()),
        }
    }

    /// Whether a tunnel or a session may go to a host: it is no endpoint of a database of another environment, as far as its
    /// name tells. Aliases and addresses tell nothing.
    ///
    /// # Errors
    /// It is another environment's.
    pub fn host(&self, host: &str) -> Result<(), NoTarget> {
        let plain = plain(host);
        let label = plain.split_once('.').filter(|(_, domain)| is_rds(domain));
        let label = label.map(|(label, _)| label);
        let names = |home: &Home| label.and_then(|label| home.names(label));
        let own = names(&self.own);
        let closest =
            self.others.iter().filter_map(|other| Some((names(other)?, other))).max_by_key(|(length, _)| *length);
        let by_name = closest.filter(|(length, _)| own.is_none_or(|own| own < *length)).map(|(_, other)| other);
        let led = || {
            let free = own.is_none() && !self.own.leads_to(&plain);
            self.others.iter().find(|other| free && other.leads_to(&plain))
        };
        match by_name.or_else(led) {
            Some(other) => Err(self.elsewhere(&format!("the database at {host}"), &other.environment)),
            None => Ok(()),
        }
    }

    fn elsewhere(&self, what: &str, environment: &str) -> NoTarget {
        let why = format!("{what} is not of {}: it is of {environment}", self.own.environment);
        NoTarget { elsewhere: true, ..none(why, format!("choose --env {environment}")) }
    }
}

/// Whether it is the domain of RDS endpoints. In China the region stands behind: `abc.rds.cn-north-1.amazonaws.com.cn`.
fn is_rds(domain: &str) -> bool {
    domain.contains(".rds.") && domain.contains(".amazonaws.")
}

/// A host as names are compared.
fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(environment: &str) -> Home {
        Home {
            environment: environment.into(),
            project: "shop".into(),
            databases: vec![format!("shop-{environment}")],
            ..Home::default()
        }
    }

    fn whose() -> Whose {
        Whose { own: home("staging"), others: vec![home("prod")] }
    }

    fn bastion(id: &str, project: Option<&str>, environment: Option<&str>) -> Machine {
        Machine {
            id: id.into(),
            name: Some("bastion".into()),
            state: "running".into(),
            project: project.map(str::to_owned),
            environment: environment.map(str::to_owned),
            ..Machine::default()
        }
    }

    #[test]
    fn an_instance_of_another_environment_is_refused_and_one_that_is_shared_is_not() {
        let whose = whose();
        let why = whose.instance(&bastion("i-1", Some("shop"), Some("prod"))).unwrap_err();
        assert!(why.elsewhere && why.hint == "choose --env prod", "{why:?}");
        for (project, environment) in
            [(Some("shop"), Some("staging")), (Some("shop"), None), (Some("net"), None), (None, None)]
        {
            assert_eq!(whose.instance(&bastion("i-1", project, environment)), Ok(()), "{project:?} {environment:?}");
        }
        // Belongs to an environment that is not configured here.
        assert!(whose.instance(&bastion("i-1", Some("shop"), Some("demo"))).is_err());
        // Who names it has it.
        let named = Whose { own: Home { instances: vec!["bast*".into()], ..home("staging") }, ..whose.clone() };
        assert_eq!(named.instance(&bastion("i-1", Some("shop"), Some("prod"))), Ok(()));
        // The tunnel of the configuration is no word against another's tags, and one against another's tunnel.
        let through = Some("bastion".to_owned());
        let own = Home { through: through.clone(), ..home("staging") };
        let other = Home { through, ..home("prod") };
        let both = Whose { own: own.clone(), others: vec![other.clone()] };
        assert!(both.instance(&bastion("i-1", Some("shop"), Some("prod"))).is_err());
        assert_eq!(both.instance(&bastion("i-1", None, None)), Ok(()));
        let theirs = Whose { own: home("staging"), others: vec![other] };
        assert!(theirs.instance(&bastion("i-1", None, None)).is_err());
    }

    #[test]
    fn an_instance_of_another_account_or_region_is_not_meant() {
        let at = |environment: &str, region: &str| Home { region: Some(region.into()), ..home(environment) };
        let there = Home { instances: vec!["bastion".into()], ..at("prod", "us-east-1") };
        let whose = Whose { own: at("staging", "eu-west-1"), others: vec![there] };
        assert_eq!(whose.instance(&bastion("i-1", None, None)), Ok(()));
    }

    #[test]
    fn a_name_that_several_have_means_the_environments_own() {
        let all = [bastion("i-1", Some("shop"), Some("prod")), bastion("i-2", Some("shop"), Some("staging"))];
        let named = InstanceSelector::configured("bastion");
        assert_eq!(whose().of(&named, &all).unwrap().id, "i-2");
        assert!(whose().of(&named, &all[..1]).unwrap_err().elsewhere);
        let gone = [Machine { state: "terminated".into(), ..all[0].clone() }];
        assert!(!whose().of(&named, &gone).unwrap_err().elsewhere, "what is gone is not there");
    }

    #[test]
    fn an_endpoint_of_a_database_of_another_environment_is_refused() {
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
        assert_eq!(whose.host("shop-prod.internal"), Ok(()), "what an alias leads to is not known");
        // The longer name says more.
        let short = Whose { own: Home { databases: vec!["shop".into()], ..home("staging") }, ..whose.clone() };
        assert!(short.host(&format!("shop-prod-1.{end}")).is_err());
        let to = |environment: &str| Home { to: Some("db.internal".into()), ..home(environment) };
        assert!(Whose { others: vec![to("prod")], ..whose }.host("db.internal").is_err());
        assert_eq!(Whose { own: to("staging"), others: vec![to("prod")] }.host("db.internal"), Ok(()));
    }
}
