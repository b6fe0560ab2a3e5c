//! Which metrics an environment has, for commands and the screen alike. Metrics of its services and databases always
//! exist; those of load balancers, NAT gateways and firewalls are the ones CloudWatch lists.

use crate::config::EnvironmentConfig;
use crate::model::cdn::{belongs, prefixes};
use crate::model::telemetry::{self, Area, Figure, MetricIdentity, NamedService};
use crate::model::units::Unit;
use crate::model::{DatabaseKind, Estate};
use std::collections::BTreeSet;

/// Maximum number of statistics in one `GetMetricData` request. Source: its API reference.
pub const MAX_STATISTICS: usize = 500;

/// Returns the figures of some areas. `names` are the services to include, `databases` the clusters or instances;
/// `None` includes all. `there` are the metrics that CloudWatch lists. A database has a capacity figure only if its
/// capacity varies, and a replica lag figure only if it has readers.
pub fn figures(
    estate: &Estate,
    names: Option<&[String]>,
    databases: Option<&[String]>,
    there: &[MetricIdentity],
    areas: &[Area],
) -> Vec<Figure> {
    let wanted = |name: &String| names.is_none_or(|names| names.contains(name));
    let rows = estate.derived.services.iter().filter(|row| wanted(&row.name));
    let services: Vec<NamedService<'_>> =
        rows.filter_map(|row| Some(NamedService { service: estate.service(&row.name)?, short: &row.short })).collect();
    let includes = |id: &String| databases.is_none_or(|databases| databases.contains(id));
    let members = estate.derived.databases.iter().flat_map(|row| {
        let whole = includes(&row.database.id);
        row.database.members.iter().filter(move |member| whole || includes(&member.id))
    });
    let instances: Vec<String> = members.map(|member| member.id.clone()).collect();
    let mut found = telemetry::figures(&services, &instances, there, areas);
    let database = |id: &String| {
        let rows = estate.derived.databases.iter().map(|row| &row.database);
        rows.into_iter().find(|database| database.members.iter().any(|member| member.id == *id))
    };
    found.retain(|figure| {
        let Some(database) = Some(&figure.of).filter(|_| figure.area == Area::Db).and_then(database) else {
            return true;
        };
        match figure.measure {
            Unit::Acu => database.acu.is_some(),
            Unit::Milliseconds => database.kind == DatabaseKind::Aurora,
            _ => true,
        }
    });
    found
}

/// Splits off the firewalls and load balancers of other environments: returns the figures that stay, and the names left
/// out. The metric list covers the whole region. If none carries the environment's names, any may belong to it and all
/// stay; nothing tells which environment a NAT gateway belongs to.
pub fn split_foreign(environment: &EnvironmentConfig, mut figures: Vec<Figure>) -> (Vec<Figure>, BTreeSet<String>) {
    let prefixes = prefixes(&environment.project, &environment.name);
    let ours = |figure: &Figure| belongs(&[&figure.of], &[], &prefixes);
    // Load balancer figures per target group belong to the service behind it; only whole-balancer figures are told
    // apart by name.
    let by_name = |figure: &Figure| match figure.area {
        Area::Waf => true,
        Area::Alb => figure.statistic.metric.dimension("TargetGroup").is_none(),
        Area::Service | Area::Db | Area::Nat => false,
    };
    let mut others = BTreeSet::new();
    for area in [Area::Waf, Area::Alb] {
        let of = |figure: &Figure| figure.area == area && by_name(figure);
        if figures.iter().any(|figure| of(figure) && ours(figure)) {
            figures.retain(|figure| {
                let stays = !of(figure) || ours(figure);
                if !stays {
                    others.insert(figure.of.clone());
                }
                stays
            });
        }
    }
    (figures, others)
}

/// Whether the services and databases are known, or known to be unreadable.
pub fn are_resources_known(estate: &Estate, cluster: bool, databases: bool) -> bool {
    let services = &estate.services;
    let instances = &estate.db_instances;
    (!cluster || services.at().is_some() || services.failure().is_some())
        && (!databases || instances.at().is_some() || instances.failure().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::{read, world};

    #[test]
    fn figures_cover_only_the_requested_services_and_databases() {
        let app = read(&world(3, 1));
        let of = |names: Option<&[String]>, databases: Option<&[String]>| {
            figures(&app.estate, names, databases, &[], &[Area::Service, Area::Db])
        };
        let name = app.estate.derived.services[0].name.clone();
        let one_service = of(Some(std::slice::from_ref(&name)), Some(&[]));
        assert_eq!(one_service.iter().map(|figure| figure.name.as_str()).collect::<Vec<_>>(), ["CPU", "memory"]);
        assert!(of(None, Some(&[])).len() == 6);
        let of_databases = of(Some(&[]), None);
        assert!(of_databases.iter().all(|figure| figure.area == Area::Db) && !of_databases.is_empty());
        assert!(of_databases.iter().all(|figure| figure.name != "capacity" && figure.name != "replica lag"));
        let acl = |name: &str| MetricIdentity {
            namespace: "AWS/WAFV2".into(),
            metric: "AllowedRequests".into(),
            dimensions: vec![("Rule".into(), "ALL".into()), ("WebACL".into(), name.into())],
        };
        let firewalls = |named: &str, names: &[&str]| {
            let environment =
                EnvironmentConfig { project: "shop".into(), name: named.into(), ..EnvironmentConfig::default() };
            let listed: Vec<MetricIdentity> = names.iter().map(|name| acl(name)).collect();
            let (found, others) = split_foreign(&environment, figures(&app.estate, None, None, &listed, &[Area::Waf]));
            (found.into_iter().map(|figure| figure.of).collect::<Vec<_>>(), others.into_iter().collect::<Vec<_>>())
        };
        let both = firewalls("staging", &["shop-staging-waf", "shop-prod-waf"]);
        assert_eq!(both, (vec!["shop-staging-waf".to_owned()], vec!["shop-prod-waf".to_owned()]));
        assert_eq!(
            firewalls("staging", &["edge"]),
            (vec!["edge".to_owned()], Vec::new()),
            "where none has such a name it may be any"
        );
        assert!(are_resources_known(&app.estate, true, true));
        assert!(
            !are_resources_known(&Estate::default(), true, false)
                && are_resources_known(&Estate::default(), false, false)
        );
    }
}
