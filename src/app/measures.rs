//! Which metrics an environment has to show, for commands and screen alike: those of its services and databases there always
//! are, and of load balancers, NAT gateways and firewalls those that are listed.

use crate::config::EnvironmentConfig;
use crate::model::cdn::{belongs, prefixes};
use crate::model::telemetry::{self, Area, Figure, Listed, Named};
use crate::model::units::Unit;
use crate::model::{DatabaseKind, Estate};
use std::collections::BTreeSet;

/// Statistics of one request of `GetMetricData`. Source: its API reference.
pub const MOST: usize = 500;

/// The figures of some areas: a database has a capacity where that changes and a lag where it has readers. `names` are the services that are meant, `databases` the clusters or instances; none is all.
pub fn figures(
    estate: &Estate,
    names: Option<&[String]>,
    databases: Option<&[String]>,
    there: &[Listed],
    areas: &[Area],
) -> Vec<Figure> {
    let wanted = |name: &String| names.is_none_or(|names| names.contains(name));
    let rows = estate.derived.services.iter().filter(|row| wanted(&row.name));
    let services: Vec<Named<'_>> =
        rows.filter_map(|row| Some(Named { service: estate.service(&row.name)?, short: &row.short })).collect();
    let meant = |id: &String| databases.is_none_or(|databases| databases.contains(id));
    let members = estate.derived.databases.iter().flat_map(|row| {
        let whole = meant(&row.database.id);
        row.database.members.iter().filter(move |member| whole || meant(&member.id))
    });
    let instances: Vec<String> = members.map(|member| member.id.clone()).collect();
    let mut found = telemetry::figures(&services, &instances, there, areas);
    let database = |id: &String| {
        let rows = estate.derived.databases.iter().map(|row| &row.database);
        rows.into_iter().find(|one| one.members.iter().any(|member| member.id == *id))
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

/// Those of the environment, and what else of the region is left out, by name: the list of metrics is the region's, and a
/// firewall or a load balancer of another environment is not this one's. Where none has the environment's names, each may be
/// its own and all stay; of a NAT gateway nothing tells whose it is.
pub fn own(environment: &EnvironmentConfig, mut figures: Vec<Figure>) -> (Vec<Figure>, BTreeSet<String>) {
    let prefixes = prefixes(&environment.project, &environment.name);
    let ours = |figure: &Figure| belongs(&[&figure.of], &[], &prefixes);
    // Figures of a load balancer as a whole; a balancer in front of one service belongs to that service.
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

/// Whether it is known which services and databases there are, or that this cannot be known.
pub fn known(estate: &Estate, cluster: bool, databases: bool) -> bool {
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
    fn figures_are_those_of_what_is_meant() {
        let app = read(&world(3, 1));
        let of = |names: Option<&[String]>, databases: Option<&[String]>| {
            figures(&app.estate, names, databases, &[], &[Area::Service, Area::Db])
        };
        let name = app.estate.derived.services[0].name.clone();
        let one = of(Some(std::slice::from_ref(&name)), Some(&[]));
        assert_eq!(one.iter().map(|figure| figure.name.as_str()).collect::<Vec<_>>(), ["CPU", "memory"]);
        assert!(of(None, Some(&[])).len() == 6);
        let of_databases = of(Some(&[]), None);
        assert!(of_databases.iter().all(|figure| figure.area == Area::Db) && !of_databases.is_empty());
        assert!(of_databases.iter().all(|figure| figure.name != "capacity" && figure.name != "replica lag"));
        let acl = |name: &str| Listed {
            namespace: "AWS/WAFV2".into(),
            metric: "AllowedRequests".into(),
            dimensions: vec![("Rule".into(), "ALL".into()), ("WebACL".into(), name.into())],
        };
        let firewalls = |named: &str, all: &[&str]| {
            let environment =
                EnvironmentConfig { project: "shop".into(), name: named.into(), ..EnvironmentConfig::default() };
            let there: Vec<Listed> = all.iter().map(|name| acl(name)).collect();
            let (found, others) = own(&environment, figures(&app.estate, None, None, &there, &[Area::Waf]));
            (found.into_iter().map(|figure| figure.of).collect::<Vec<_>>(), others.into_iter().collect::<Vec<_>>())
        };
        let both = firewalls("staging", &["shop-staging-waf", "shop-prod-waf"]);
        assert_eq!(both, (vec!["shop-staging-waf".to_owned()], vec!["shop-prod-waf".to_owned()]));
        assert_eq!(
            firewalls("staging", &["edge"]),
            (vec!["edge".to_owned()], Vec::new()),
            "where none has such a name it may be any"
        );
        assert!(known(&app.estate, true, true));
        assert!(!known(&Estate::default(), true, false) && known(&Estate::default(), false, false));
    }
}
