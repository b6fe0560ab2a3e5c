//! Finds names in the configuration that match nothing. Lists that were not read, were incomplete or failed are not
//! judged.

use crate::config::{BuildConfig, Config, EnvironmentConfig};
use crate::model::names::{ends_in, nearest};
use crate::model::target::group_name;
use crate::model::{Estate, Observed, Source, Unmatched};
use log_store::pattern::{is_pattern, literal_prefix, matches};
use std::collections::BTreeMap;

/// The value of a list, if its last read was complete.
fn complete<T>(observed: &Observed<T>) -> Option<&T> {
    let complete = observed.at().is_some() && observed.failure().is_none() && observed.partial().is_none();
    observed.value().filter(|_| complete)
}

/// The other environments of the configuration: their things are not suggested here.
struct Others<'a> {
    own: &'a EnvironmentConfig,
    all: Vec<&'a EnvironmentConfig>,
}

impl<'a> Others<'a> {
    fn of(config: &'a Config, own: &'a EnvironmentConfig) -> Self {
        Self { own, all: config.environments.iter().filter(|other| other.name != own.name).collect() }
    }

    /// Whether a name belongs to another environment: its lists name it, or the name contains its name and not our own.
    fn contain(&self, key: &str, name: &str) -> bool {
        self.all.iter().filter(|other| self.is_beside(other)).any(|other| lists(other, key, name))
            || (!holds(name, &self.own.name) && self.all.iter().any(|other| holds(name, &other.name)))
    }

    /// Whether things seen here may belong to the other environment: one in another account or region may use the same
    /// names.
    fn is_beside(&self, other: &EnvironmentConfig) -> bool {
        let same = |own: &Option<String>, other: &Option<String>| own.is_none() || other.is_none() || own == other;
        same(&self.own.account, &other.account) && same(&self.own.region, &other.region)
    }
}

/// Whether a list of an environment names this.
fn lists(environment: &EnvironmentConfig, key: &str, name: &str) -> bool {
    let like = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
    match key {
        "services" => like(&environment.services),
        "databases" => like(&environment.databases),
        "target_groups" => like(&environment.target_groups),
        "logs" => like(&environment.logs),
        "alarms" => environment.alarms.iter().any(|beginning| name.starts_with(beginning.as_str())),
        "schedules" => environment.schedules.iter().any(|beginning| name.starts_with(beginning.as_str())),
        _ => false,
    }
}

/// Whether a name contains the words of an environment's name in a row.
fn holds(name: &str, environment: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.map(|word| usual(&word.to_ascii_lowercase()).to_owned()).collect()
    };
    let (name, environment) = (words(name), words(environment));
    !environment.is_empty() && name.windows(environment.len()).any(|some| some == environment)
}

/// Normalizes the common synonyms of environment names.
fn usual(word: &str) -> &str {
    match word {
        "production" | "prd" | "live" => "prod",
        "stage" | "stg" => "staging",
        "development" | "develop" => "dev",
        "testing" | "tst" => "test",
        other => other,
    }
}

/// The configured names, and the lists of what exists.
struct Lists<'a> {
    source: Source,
    key: &'static str,
    ours: Vec<&'a str>,
    others: &'a [String],
    neighbours: &'a Others<'a>,
}

impl Lists<'_> {
    /// Returns each configured name that matches nothing; `has` tells whether a pattern matches a name.
    fn unmatched<'w>(
        &self,
        written: impl IntoIterator<Item = &'w String>,
        has: impl Fn(&str, &str) -> bool,
    ) -> Vec<Unmatched> {
        let missing = written.into_iter().filter(|written| !self.ours.iter().any(|name| has(written, name)));
        let near = |written: &str| {
            // The wildcard signs are removed, so that a pattern is compared like a name.
            let letters: String = written.chars().filter(|c| !matches!(c, '*' | '?' | '[' | ']')).collect();
            let candidates =
                self.others.iter().map(String::as_str).filter(|name| !self.neighbours.contain(self.key, name));
            let names = self.ours.iter().copied().chain(candidates);
            nearest(&letters, names).filter(|_| !letters.is_empty()).map(str::to_owned)
        };
        missing
            // `*` matches anything, including nothing.
            .filter(|written| *written != "*")
            .map(|written| Unmatched {
                source: self.source,
                key: self.key,
                written: written.clone(),
                suggestion: near(written),
            })
            .collect()
    }
}

/// Returns everything that the configuration names for this environment and that does not exist.
pub fn find_unmatched(estate: &Estate, environment: &EnvironmentConfig, config: &Config) -> Vec<Unmatched> {
    let mut found = Vec::new();
    let neighbours = &Others::of(config, environment);
    let others = |source: Source| estate.foreign_names.get(&source).map_or(&[][..], Vec::as_slice);
    if let Some(services) = complete(&estate.services) {
        let ours: Vec<&str> = services.keys().map(String::as_str).collect();
        let lists =
            Lists { source: Source::Services, key: "services", ours, others: others(Source::Services), neighbours };
        found.extend(lists.unmatched(&environment.services, matches));
        found.extend(unbuilt(&lists.ours, &config.builds));
    }
    if let (Some(clusters), Some(instances)) = (complete(&estate.db_clusters), complete(&estate.db_instances)) {
        let mut ours: Vec<&str> = clusters.iter().map(|cluster| cluster.id.as_str()).collect();
        ours.extend(instances.iter().map(|instance| instance.id.as_str()));
        let also: Vec<String> = others(Source::DbClusters).iter().chain(others(Source::DbInstances)).cloned().collect();
        let lists = Lists { source: Source::DbClusters, key: "databases", ours, others: &also, neighbours };
        found.extend(lists.unmatched(&environment.databases, matches));
    }
    if let Some(groups) = complete(&estate.target_groups) {
        let ours = groups.iter().map(String::as_str).collect();
        let also: Vec<String> = others(Source::Targets).iter().map(|arn| group_name(arn).to_owned()).collect();
        let lists = Lists { source: Source::Targets, key: "target_groups", ours, others: &also, neighbours };
        let has = |pattern: &str, arn: &str| matches(pattern, arn) || matches(pattern, group_name(arn));
        found.extend(lists.unmatched(&environment.target_groups, has));
    }
    if let Some(alarms) = complete(&estate.alarms) {
        let ours = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
        let lists = Lists { source: Source::Alarms, key: "alarms", ours, others: others(Source::Alarms), neighbours };
        found.extend(lists.unmatched(&environment.alarms, |beginning, name| name.starts_with(beginning)));
    }
    if let Some(timers) = complete(&estate.schedules) {
        let ours = timers.iter().map(|timer| timer.name.as_str()).collect();
        let lists =
            Lists { source: Source::Schedules, key: "schedules", ours, others: others(Source::Schedules), neighbours };
        found.extend(lists.unmatched(&environment.schedules, |beginning, name| name.starts_with(beginning)));
    }
    if let Some(groups) = complete(&estate.log_groups) {
        let ours = groups.iter().map(String::as_str).collect();
        let lists =
            Lists { source: Source::LogGroups, key: "logs", ours, others: others(Source::LogGroups), neighbours };
        // No other log groups were read: they would be those of the whole account.
        let begun = environment.logs.iter().filter(|pattern| !literal_prefix(pattern).is_empty());
        found.extend(lists.unmatched(begun, matches));
    }
    if let (Some(false), Some(written)) = (complete(&estate.function), &environment.scheduler) {
        let (source, written) = (Source::Function, written.clone());
        found.push(Unmatched { source, key: "scheduler", written, suggestion: None });
    }
    found
}

/// Returns builds that match no service here but nearly match a service without a build. A build that resembles nothing
/// here may be of a service in another environment.
fn unbuilt(services: &[&str], builds: &BTreeMap<String, BuildConfig>) -> Vec<Unmatched> {
    let without: Vec<&str> =
        services.iter().copied().filter(|name| EnvironmentConfig::build_of(builds, name).is_none()).collect();
    let of_none = builds.keys().filter(|build| !services.iter().any(|name| ends_in(build, name)));
    let words = |name: &str| -> Vec<String> { name.split(['-', '_', '/']).map(str::to_owned).collect() };
    of_none
        .filter_map(|build| {
            let count = words(build).len();
            let near = without.iter().copied().filter_map(|name| {
                let words = words(name);
                let end = words.get(words.len().checked_sub(count)?..)?.join("-");
                (strsim::damerau_levenshtein(build, &end) <= 1 + build.len() / 6).then_some(name)
            });
            let near = near.map(str::to_owned).next()?;
            Some(Unmatched { source: Source::Services, key: "build", written: build.clone(), suggestion: Some(near) })
        })
        .collect()
}

/// Keeps the items of the environment and records the names of the rest.
pub(super) fn keep_own<T>(
    all: Vec<T>,
    others: &mut Vec<String>,
    name: impl Fn(&T) -> &str,
    ours: impl Fn(&T) -> bool,
) -> Vec<T> {
    let (kept, rest): (Vec<T>, Vec<T>) = all.into_iter().partition(ours);
    others.extend(rest.iter().map(|one| name(one).to_owned()));
    kept
}

/// Whether a service configured by its exact name does not exist: then the names that exist are not known.
pub(super) fn has_wrong_name(environment: &EnvironmentConfig, missing: &[String]) -> bool {
    missing.iter().any(|name| !is_pattern(name) && environment.services.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Alarm, DbCluster, DbInstance, Failure, FailureKind, Service};
    use jiff::Timestamp;

    fn read<T>(value: T) -> Observed<T> {
        let mut observed = Observed::default();
        observed.record(value, Timestamp::UNIX_EPOCH);
        observed
    }

    fn environment() -> EnvironmentConfig {
        EnvironmentConfig {
            services: vec!["shop-web".into(), "shop-wroker-*".into()],
            databases: vec!["shop-db".into(), "shop-bd*".into()],
            target_groups: vec!["shop-tg".into()],
            alarms: vec!["shop-".into(), "shpo-".into()],
            schedules: Some("shop-nihgt".into()),
            logs: vec!["/aws/lambda/shop-*".into(), "/aws/lambda/shpo-?".into(), "/aws/rds/shop".into()],
            scheduler: Some("shop-shceduler".into()),
            ..EnvironmentConfig::default()
        }
    }

    fn estate() -> Estate {
        let service = |name: &str| (name.to_owned(), Service { name: name.into(), ..Service::default() });
        let alarm = Alarm { name: "shop-cpu".into(), ..Alarm::default() };
        let others = [
            (Source::Services, vec!["shop-worker-1".to_owned()]),
            (Source::Targets, vec!["arn:aws:elasticloadbalancing:r:1:targetgroup/shop-gt/1".to_owned()]),
            (Source::Schedules, vec!["shop-night-stop".to_owned()]),
            (Source::LogGroups, vec!["/aws/lambda/shop-1".to_owned()]),
        ];
        Estate {
            services: read([service("shop-web")].into_iter().collect()),
            db_clusters: read(vec![DbCluster { id: "shop-db".into(), ..DbCluster::default() }]),
            db_instances: read(vec![DbInstance { id: "shop-db-1".into(), ..DbInstance::default() }]),
            target_groups: read(Vec::new()),
            alarms: read(vec![alarm]),
            schedules: read(Vec::new()),
            log_groups: read(vec!["/aws/lambda/shop-1".to_owned(), "/aws/rds/shop-db".to_owned()]),
            function: read(false),
            foreign_names: others.into_iter().collect(),
            ..Estate::default()
        }
    }

    fn findings(estate: &Estate) -> Vec<(&'static str, String, Option<String>)> {
        let found = find_unmatched(estate, &environment(), &Config::default());
        found.into_iter().map(|one| (one.key, one.written, one.suggestion)).collect()
    }

    #[test]
    fn unmatched_name_is_reported_with_the_nearest_name() {
        let near = |name: &str| Some(name.to_owned());
        assert_eq!(
            findings(&estate()),
            [
                ("services", "shop-wroker-*".to_owned(), near("shop-worker-1")),
                ("databases", "shop-bd*".to_owned(), near("shop-db")),
                ("target_groups", "shop-tg".to_owned(), near("shop-gt")),
                ("alarms", "shpo-".to_owned(), near("shop-cpu")),
                ("schedules", "shop-nihgt".to_owned(), near("shop-night-stop")),
                ("logs", "/aws/lambda/shpo-?".to_owned(), near("/aws/lambda/shop-1")),
                ("logs", "/aws/rds/shop".to_owned(), near("/aws/rds/shop-db")),
                ("scheduler", "shop-shceduler".to_owned(), None),
            ]
        );
    }

    #[test]
    fn names_of_another_environment_are_not_suggested() {
        let of_name = |name: &str| EnvironmentConfig { name: name.into(), ..EnvironmentConfig::default() };
        let own = EnvironmentConfig { databases: vec!["shop-stagin-aurora".into()], ..of_name("staging") };
        let near = |others: &[&str], environments: Vec<EnvironmentConfig>| {
            let others = others.iter().map(|name| (*name).to_owned()).collect();
            let estate = Estate {
                db_clusters: read(vec![]),
                db_instances: read(vec![]),
                foreign_names: [(Source::DbClusters, others)].into(),
                ..Estate::default()
            };
            let config = Config { environments, ..Config::default() };
            find_unmatched(&estate, &own, &config).remove(0).suggestion
        };
        let with = |databases: &[&str], name: &str| EnvironmentConfig {
            databases: databases.iter().map(|name| (*name).to_owned()).collect(),
            ..of_name(name)
        };
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(near(&["shop-prod-aurora"], vec![]), some("shop-prod-aurora"), "nothing says whose it is");
        for production in ["prod", "production", "Prod", "live"] {
            assert_eq!(near(&["shop-prod-aurora"], vec![own.clone(), of_name(production)]), None, "{production}");
        }
        assert_eq!(near(&["shop-aurora"], vec![own.clone(), with(&["shop-aur*"], "main")]), None, "its list names it");
        let other_account = EnvironmentConfig { account: some("2"), ..with(&["shop-*"], "main") };
        let here = EnvironmentConfig { account: some("1"), ..own.clone() };
        let others: Vec<String> = vec!["shop-aurora".into()];
        let neighbours = Others { own: &here, all: vec![&other_account] };
        assert!(!neighbours.contain("databases", &others[0]), "what another account has is not here");
        let both = ["shop-prod-aurora", "shop-staging-aurora"];
        assert_eq!(near(&both, vec![own.clone(), of_name("prod")]), some("shop-staging-aurora"));
        assert!(holds("shop-prod-aurora", "production") && !holds("shop-product-aurora", "prod"), "a word is whole");
    }

    #[test]
    fn alarms_of_another_environment_are_not_suggested() {
        let own = EnvironmentConfig { name: "staging".into(), alarms: vec!["shop-pord-".into()], ..Default::default() };
        let prod = EnvironmentConfig { name: "prod".into(), alarms: vec!["shop-p".into()], ..Default::default() };
        let estate = Estate {
            alarms: read(Vec::new()),
            foreign_names: [(Source::Alarms, vec!["shop-prod-cpu".to_owned()])].into(),
            ..Estate::default()
        };
        let near = |environments| {
            find_unmatched(&estate, &own, &Config { environments, ..Config::default() }).remove(0).suggestion
        };
        assert_eq!(near(Vec::new()).as_deref(), Some("shop-prod-cpu"));
        assert_eq!(near(vec![own.clone(), prod]), None);
    }

    #[test]
    fn incomplete_list_is_not_judged() {
        assert_eq!(findings(&Estate::default()), []);
        let failure = || Failure::new(FailureKind::Denied, "not allowed");
        let mut failed = estate();
        failed.services.record_failure(failure());
        failed.db_instances.record_failure(failure());
        failed.alarms.record_failure(failure());
        failed.schedules.record_failure(failure());
        failed.target_groups.record_failure(failure());
        failed.log_groups.record_failure(failure());
        failed.function.record_failure(failure());
        assert_eq!(findings(&failed), []);
        let mut partly = Estate::default();
        partly.alarms.record_partial(Vec::new(), "the list ended early".into(), None, Timestamp::UNIX_EPOCH);
        assert_eq!(findings(&partly), []);
    }

    #[test]
    fn star_pattern_matches_nothing_without_complaint() {
        let environment = EnvironmentConfig { databases: vec!["*".into()], ..EnvironmentConfig::default() };
        let estate = Estate { db_clusters: read(vec![]), db_instances: read(vec![]), ..Estate::default() };
        assert_eq!(find_unmatched(&estate, &environment, &Config::default()), []);
    }

    #[test]
    fn build_is_reported_if_it_nearly_matches_a_service_without_one() {
        let builds = |names: &[&str]| -> BTreeMap<String, BuildConfig> {
            names.iter().map(|name| ((*name).to_owned(), BuildConfig::default())).collect()
        };
        let services = ["shop-web", "shop-worker"];
        let suggestions = |names: &[&str]| {
            let found = unbuilt(&services, &builds(names));
            found.into_iter().filter_map(|one| one.suggestion).collect::<Vec<_>>()
        };
        assert_eq!(suggestions(&["wbe", "worker"]), ["shop-web"]);
        assert_eq!(suggestions(&["web", "worker", "billing"]), Vec::<String>::new(), "of another environment");
        assert_eq!(suggestions(&["web", "wbe"]), Vec::<String>::new(), "it has one");
    }
}
