//! Checks of things that no list of every look tells of: the cluster, parameters, instances, distributions, user pools,
//! hosts, what the tunnel goes through, and secrets. Only what the configuration names is asked for.

use super::CheckedEnvironment;
use super::lines::{Lines, Missing, Unread, whole};
use super::tunnels::Instance;
use crate::app::App;
use crate::aws::Session;
use crate::aws::machines::Which;
use crate::config::EnvironmentConfig;
use crate::model::cdn::belongs;
use crate::model::health_probe::declared::{Zone, is_in, plain};
use crate::model::machine::{Machine, is_named};
use crate::model::names::{ends_in, nearest};
use crate::model::parameters;
use crate::model::tunnel::NoTarget;
use crate::model::tunnel::instance::Found;
use crate::model::{Failure, FailureKind, Source};
use std::collections::BTreeSet;

/// Asks for what is named, all at once, and looks at it; the instance that tunnels go through was asked for already.
pub(super) async fn look(lines: &mut Lines<'_>, patient: &CheckedEnvironment, app: &App, instance: Option<&Instance>) {
    let CheckedEnvironment { environment, aws, .. } = patient;
    let account = environment.account.as_deref();
    let secrets: Vec<&String> =
        [&environment.tunnel.secret, &environment.database.secret].into_iter().flatten().collect();
    let named = [&environment.tunnel.parameter, &environment.database.parameter];
    let named: Vec<String> = named.into_iter().flatten().cloned().collect();
    let everything = ["*".to_owned()];
    let which = Which::Named(&everything);
    let (clusters, services, parameters, named, machines, distributions, pools, all_secrets, zones) = tokio::join!(
        clusters(patient, app),
        services(patient, app),
        wanted(!environment.parameters.is_empty(), paths(aws, environment)),
        wanted(!named.is_empty(), aws.known_parameters(&named, account)),
        wanted(!environment.instances.is_empty(), aws.listed(&which)),
        wanted(!environment.distributions.is_empty(), aws.distributions()),
        wanted(!environment.user_pools.is_empty(), aws.user_pools()),
        wanted(!secrets.is_empty(), aws.secrets(account)),
        wanted(!environment.health.hosts.is_empty(), aws.zones_of(&environment.health.hosts)),
    );
    cluster(lines, app, clusters.as_ref());
    each(lines, "tunnel.service", &environment.tunnel.service, services, |all, service| {
        let meant = all.iter().any(|name| name == service || ends_in(service, name));
        (!meant).then(|| near(service, all.iter().map(String::as_str)))
    });
    each(lines, "tunnel.instance", &environment.tunnel.instance, instance.map(missing_instance), |why, _| {
        why.clone().map(|(why, hint)| Missing::hinted(why, hint))
    });
    each(lines, "parameters", &environment.parameters, parameters, |(all, around), path| {
        let there = all.iter().any(|name| parameters::belongs(name, std::slice::from_ref(path)));
        (!there).then(|| {
            Missing::because(format!("nothing lies under `{path}`"), nearest(path, around.iter().map(String::as_str)))
        })
    });
    let has = |all: &BTreeSet<String>, name: &String| (!all.contains(name)).then(|| Missing::name(name, None));
    each(lines, "tunnel.parameter", &environment.tunnel.parameter, named.clone(), has);
    each(lines, "database.parameter", &environment.database.parameter, named, has);
    each(lines, "instances", &environment.instances, machines, |all: &Vec<Machine>, written| {
        let there = all.iter().any(|machine| is_named(machine, std::slice::from_ref(written)));
        (!there).then(|| near(written, all.iter().filter_map(|machine| machine.name.as_deref())))
    });
    each(lines, "distributions", &environment.distributions, distributions, |all, written| {
        let names = |one: &crate::model::cdn::Distribution| {
            let own = [&one.id, &one.domain, &one.comment];
            own.into_iter().chain(&one.aliases).cloned().collect::<Vec<String>>()
        };
        let all: Vec<Vec<String>> = all.iter().map(names).collect();
        of_names(written, &all)
    });
    each(lines, "user_pools", &environment.user_pools, pools, |all, written| {
        let all: Vec<Vec<String>> = all.iter().map(|pool| vec![pool.id.clone(), pool.name.clone()]).collect();
        of_names(written, &all)
    });
    for (key, secret) in
        [("tunnel.secret", &environment.tunnel.secret), ("database.secret", &environment.database.secret)]
    {
        each(lines, key, secret, all_secrets.clone(), |all, name| {
            // An ARN may be named without the six characters that end it.
            let is =
                |arn: &str| arn == name || arn.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('-'));
            let there = all.iter().any(|secret| secret.name == *name || is(&secret.arn));
            (!there).then(|| near(name, all.iter().map(|secret| secret.name.as_str())))
        });
    }
    hosts(lines, environment, zones);
}

/// Asks only where something is named.
async fn wanted<T>(wanted: bool, asks: impl Future<Output = Result<T, Failure>>) -> Option<Result<T, Failure>> {
    if wanted { Some(asks.await) } else { None }
}

/// A key, held against what was read for it.
fn each<'w, T>(
    lines: &mut Lines<'_>,
    key: &str,
    written: impl IntoIterator<Item = &'w String>,
    read: Option<Result<T, Failure>>,
    missing: impl Fn(&T, &String) -> Option<Missing>,
) {
    match read {
        Some(Ok(all)) => lines.key(key, written, Ok(()), |name| missing(&all, &name.to_owned())),
        Some(Err(failure)) => lines.key(key, written, Err(failure.into()), |_| None),
        None => {}
    }
}

fn near<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Missing {
    Missing::name(name, nearest(name, names))
}

/// Whether one of these things has the name, by any of its own.
fn of_names(written: &String, all: &[Vec<String>]) -> Option<Missing> {
    let has = |names: &Vec<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        belongs(&names, std::slice::from_ref(written), &[])
    };
    (!all.iter().any(has)).then(|| near(written, all.iter().flatten().map(String::as_str)))
}

/// The clusters that there are, where the one that is named is not among them.
async fn clusters(patient: &CheckedEnvironment, app: &App) -> Option<Vec<String>> {
    let missing = app.estate.cluster.failure().is_some_and(|failure| failure.kind == FailureKind::NotFound);
    if missing { patient.aws.cluster_names().await.ok() } else { None }
}

fn cluster(lines: &mut Lines<'_>, app: &App, all: Option<&Vec<String>>) {
    let missing = app.estate.cluster.failure().filter(|failure| failure.kind == FailureKind::NotFound);
    let read = if missing.is_some() { Ok(()) } else { whole(&app.estate.cluster) };
    lines.key("cluster", &app.environment.cluster, read, |name| {
        let near = nearest(name, all.into_iter().flatten().map(String::as_str));
        missing.map(|failure| Missing::because(failure.message.clone(), near))
    });
}

/// The services that a tunnel may go through.
async fn services(patient: &CheckedEnvironment, app: &App) -> Option<Result<Vec<String>, Failure>> {
    let (environment, estate) = (&patient.environment, &app.estate);
    environment.tunnel.service.as_ref()?;
    let cluster = environment.cluster.as_ref()?;
    if environment.services.is_empty() {
        return Some(patient.aws.service_names(cluster).await);
    }
    if let Some(failure) = estate.services.failure() {
        return Some(Err(failure.clone()));
    }
    let own = estate.services.value().into_iter().flat_map(|services| services.keys().cloned());
    let others = estate.others.get(&Source::Services).into_iter().flatten().cloned();
    Some(Ok(own.chain(others).collect()))
}

/// Why there is no instance to go through.
fn missing_instance(found: &Instance) -> Result<Option<(String, String)>, Failure> {
    let why = |found: &Result<Found, NoTarget>| {
        let none = found.as_ref().err().filter(|none| !none.soon)?;
        Some((none.why.clone(), none.hint.clone()))
    };
    found.as_ref().map(why).map_err(Clone::clone)
}

/// The parameters under the configured paths, and for those without any the paths that lie beside them.
async fn paths(aws: &Session, environment: &EnvironmentConfig) -> Result<(Vec<String>, Vec<String>), Failure> {
    let account = environment.account.as_deref();
    let found = aws.parameters(&environment.parameters, account).await?;
    let names: Vec<String> = found.into_iter().map(|one| one.name).collect();
    let empty = |path: &&String| !names.iter().any(|name| parameters::belongs(name, std::slice::from_ref(*path)));
    let around: BTreeSet<String> = environment.parameters.iter().filter(empty).filter_map(|path| above(path)).collect();
    let mut beside = Vec::new();
    if !around.is_empty() {
        let around: Vec<String> = around.into_iter().collect();
        let found = aws.parameters(&around, account).await?;
        beside = parameters::prefixes(found.iter().map(|one| one.name.as_str()));
    }
    Ok((names, beside))
}

/// `/shop/` of `/shop/stagign/`; none where that would be everything.
fn above(path: &str) -> Option<String> {
    let (above, _) = path.trim_end_matches('/').rsplit_once('/')?;
    (!above.trim_matches('/').is_empty()).then(|| format!("{above}/"))
}

/// Hosts are looked for in the zones of the account; nothing is sent to them.
fn hosts(lines: &mut Lines<'_>, environment: &EnvironmentConfig, zones: Option<Result<Vec<Zone>, Failure>>) {
    const KEY: &str = "health.hosts";
    let zones = match zones {
        None => return,
        Some(Err(failure)) => {
            return lines.key(KEY, &environment.health.hosts, Err(Unread::from(failure)), |_| None);
        }
        Some(Ok(zones)) => zones,
    };
    let of = |host: &str| zones.iter().filter(|zone| is_in(host, &zone.name)).max_by_key(|zone| zone.name.len());
    let (inside, outside): (Vec<&String>, Vec<&String>) =
        environment.health.hosts.iter().partition(|host| of(host).is_some());
    for host in outside {
        let why = format!("no zone of this account has `{host}`");
        lines.untried(KEY, host, why, "`cockpit health` asks name servers of it");
    }
    lines.key(KEY, inside, Ok(()), |host| {
        let zone = of(host)?;
        let names = || zone.records.iter().map(|record| record.name.as_str());
        let wanted = plain(host);
        // A record for all names of a level: Route 53 writes its star as \052.
        let all = |name: &str| {
            let level = name.strip_prefix("*.").or_else(|| name.strip_prefix("\\052."));
            level.is_some_and(|level| is_in(&wanted, level) && wanted != plain(level))
        };
        let there = names().any(|name| plain(name) == wanted || all(name));
        (!there)
            .then(|| Missing::because(format!("zone {} has no record of `{host}`", zone.name), nearest(host, names())))
    });
}

#[cfg(test)]
mod tests {
    use super::above;

    #[test]
    fn the_path_above_is_never_everything() {
        assert_eq!(above("/shop/stagign/").as_deref(), Some("/shop/"));
        assert_eq!(above("/shop/staging/db/KEY").as_deref(), Some("/shop/staging/db/"));
        assert_eq!((above("/shop/"), above("KEY"), above("/")), (None, None, None));
    }
}
