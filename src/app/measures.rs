//! Which metrics an environment has to show, for commands and screen alike: those of its services and databases there always
//! are, and of load balancers, NAT gateways and firewalls those that are listed.

use crate::model::Estate;
use crate::model::telemetry::{self, Area, Figure, Listed, Named};

/// Statistics of one request of `GetMetricData`. Source: its API reference.
pub const MOST: usize = 500;

/// The figures of some areas. `names` are the services that are meant, `databases` the clusters or instances; none is all.
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
    telemetry::figures(&services, &instances, there, areas)
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
        assert!(known(&app.estate, true, true));
        assert!(!known(&Estate::default(), true, false) && known(&Estate::default(), false, false));
    }
}
