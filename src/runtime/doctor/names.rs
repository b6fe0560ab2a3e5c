//! Checks of names that no regular read covers: the cluster, parameters, instances, distributions, user pools, hosts, the near
//! end of tunnels, and secrets. Only kinds that the configuration names are requested.

use super::CheckedEnvironment;
use super::name_findings::{Checklist, Missing, Unread, require_complete};
use super::tunnels::Instance;
use crate::app::App;
use crate::aws::Session;
use crate::aws::machines::InstanceScope;
use crate::config::EnvironmentConfig;
use crate::model::cdn::belongs;
use crate::model::health_probe::declared::{Zone, is_in_zone, normalize_name};
use crate::model::machine::{Ec2Instance, is_named};
use crate::model::names::{ends_in, nearest};
use crate::model::parameters;
use crate::model::tunnel::NoTarget;
use crate::model::tunnel::instance::InstanceStatus;
use crate::model::{Failure, FailureKind, Source};
use std::collections::BTreeSet;

/// Requests everything that is named, concurrently, and checks it. The instance of tunnels was requested before.
pub(super) async fn check_configured_names(
    lines: &mut Checklist<'_>,
    checked: &CheckedEnvironment,
    app: &App,
    instance: Option<&Instance>,
) {
    let CheckedEnvironment { environment, aws, .. } = checked;
    let account = environment.account.as_deref();
    let secrets: Vec<&String> =
        [&environment.tunnel.secret, &environment.database.secret].into_iter().flatten().collect();
    let named = [&environment.tunnel.parameter, &environment.database.parameter];
    let named: Vec<String> = named.into_iter().flatten().cloned().collect();
    let everything = ["*".to_owned()];
    let which = InstanceScope::Named(&everything);
    let (clusters, services, parameters, named, machines, distributions, pools, all_secrets, zones) = tokio::join!(
        clusters(checked, app),
        services(checked, app),
        fetch_if(!environment.parameters.is_empty(), paths(aws, environment)),
        fetch_if(!named.is_empty(), aws.existing_parameters(&named, account)),
        fetch_if(!environment.instances.is_empty(), aws.list_instances(&which)),
        fetch_if(!environment.distributions.is_empty(), aws.distributions()),
        fetch_if(!environment.user_pools.is_empty(), aws.user_pools()),
        fetch_if(!secrets.is_empty(), aws.secrets(account)),
        fetch_if(!environment.health.hosts.is_empty(), aws.zones_of(&environment.health.hosts)),
    );
    cluster(lines, app, clusters.as_ref());
    check_names(lines, "tunnel.service", &environment.tunnel.service, services, |all, service| {
        let matches = all.iter().any(|name| name == service || ends_in(service, name));
        (!matches).then(|| near(service, all.iter().map(String::as_str)))
    });
    check_names(lines, "tunnel.instance", &environment.tunnel.instance, instance.map(missing_instance), |why, _| {
        why.clone().map(|(why, hint)| Missing::with_hint(why, hint))
    });
    check_names(lines, "parameters", &environment.parameters, parameters, |(all, around), path| {
        let exists = all.iter().any(|name| parameters::is_under_path(name, std::slice::from_ref(path)));
        (!exists).then(|| {
            Missing::with_message(
                format!("nothing lies under `{path}`"),
                nearest(path, around.iter().map(String::as_str)),
            )
        })
    });
    let has = |all: &BTreeSet<String>, name: &String| (!all.contains(name)).then(|| Missing::name(name, None));
    check_names(lines, "tunnel.parameter", &environment.tunnel.parameter, named.clone(), has);
    check_names(lines, "database.parameter", &environment.database.parameter, named, has);
    check_names(lines, "instances", &environment.instances, machines, |all: &Vec<Ec2Instance>, written| {
        let exists = all.iter().any(|machine| is_named(machine, std::slice::from_ref(written)));
        (!exists).then(|| near(written, all.iter().filter_map(|machine| machine.name.as_deref())))
    });
    check_names(lines, "distributions", &environment.distributions, distributions, |all, written| {
        let names = |one: &crate::model::cdn::Distribution| {
            let own = [&one.id, &one.domain, &one.comment];
            own.into_iter().chain(&one.aliases).cloned().collect::<Vec<String>>()
        };
        let all: Vec<Vec<String>> = all.iter().map(names).collect();
        missing_name(written, &all)
    });
    check_names(lines, "user_pools", &environment.user_pools, pools, |all, written| {
        let all: Vec<Vec<String>> = all.iter().map(|pool| vec![pool.id.clone(), pool.name.clone()]).collect();
        missing_name(written, &all)
    });
    for (key, secret) in
        [("tunnel.secret", &environment.tunnel.secret), ("database.secret", &environment.database.secret)]
    {
        check_names(lines, key, secret, all_secrets.clone(), |all, name| {
            // An ARN may be configured without the six random characters at its end.
            let is_arn =
                |arn: &str| arn == name || arn.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('-'));
            let exists = all.iter().any(|secret| secret.name == *name || is_arn(&secret.arn));
            (!exists).then(|| near(name, all.iter().map(|secret| secret.name.as_str())))
        });
    }
    hosts(lines, environment, zones);
}

/// Sends the request only if `fetch_if`.
async fn fetch_if<T>(wanted: bool, request: impl Future<Output = Result<T, Failure>>) -> Option<Result<T, Failure>> {
    if wanted { Some(request.await) } else { None }
}

/// Checks each name of a key against the values that were read for it.
fn check_names<'w, T>(
    lines: &mut Checklist<'_>,
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

/// Returns an error unless one of these things has the configured name among its own names.
fn missing_name(written: &String, all: &[Vec<String>]) -> Option<Missing> {
    let has = |names: &Vec<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        belongs(&names, std::slice::from_ref(written), &[])
    };
    (!all.iter().any(has)).then(|| near(written, all.iter().flatten().map(String::as_str)))
}

/// Returns the existing clusters if the configured one is not among them.
async fn clusters(checked: &CheckedEnvironment, app: &App) -> Option<Vec<String>> {
    let missing = app.estate.cluster.failure().is_some_and(|failure| failure.kind == FailureKind::NotFound);
    if missing { checked.aws.cluster_names().await.ok() } else { None }
}

fn cluster(lines: &mut Checklist<'_>, app: &App, all: Option<&Vec<String>>) {
    let missing = app.estate.cluster.failure().filter(|failure| failure.kind == FailureKind::NotFound);
    let read = if missing.is_some() { Ok(()) } else { require_complete(&app.estate.cluster) };
    lines.key("cluster", &app.environment.cluster, read, |name| {
        let near = nearest(name, all.into_iter().flatten().map(String::as_str));
        missing.map(|failure| Missing::with_message(failure.message.clone(), near))
    });
}

/// Returns the services that a tunnel may go through.
async fn services(checked: &CheckedEnvironment, app: &App) -> Option<Result<Vec<String>, Failure>> {
    let (environment, estate) = (&checked.environment, &app.estate);
    environment.tunnel.service.as_ref()?;
    let cluster = environment.cluster.as_ref()?;
    if environment.services.is_empty() {
        return Some(checked.aws.service_names(cluster).await);
    }
    if let Some(failure) = estate.services.failure() {
        return Some(Err(failure.clone()));
    }
    let own = estate.services.value().into_iter().flat_map(|services| services.keys().cloned());
    let others = estate.foreign_names.get(&Source::Services).into_iter().flatten().cloned();
    Some(Ok(own.chain(others).collect()))
}

/// Returns why there is no instance to go through.
fn missing_instance(found: &Instance) -> Result<Option<(String, String)>, Failure> {
    let why = |found: &Result<InstanceStatus, NoTarget>| {
        let none = found.as_ref().err().filter(|none| !none.soon)?;
        Some((none.why.clone(), none.hint.clone()))
    };
    found.as_ref().map(why).map_err(Clone::clone)
}

/// Returns the parameters under the configured paths, and the paths that lie next to those that have none.
async fn paths(aws: &Session, environment: &EnvironmentConfig) -> Result<(Vec<String>, Vec<String>), Failure> {
    let account = environment.account.as_deref();
    let found = aws.parameters(&environment.parameters, account).await?;
    let names: Vec<String> = found.into_iter().map(|one| one.name).collect();
    let empty = |path: &&String| !names.iter().any(|name| parameters::is_under_path(name, std::slice::from_ref(*path)));
    let around: BTreeSet<String> =
        environment.parameters.iter().filter(empty).filter_map(|path| parent(path)).collect();
    let mut siblings = Vec::new();
    if !around.is_empty() {
        let around: Vec<String> = around.into_iter().collect();
        let found = aws.parameters(&around, account).await?;
        siblings = parameters::prefixes(found.iter().map(|one| one.name.as_str()));
    }
    Ok((names, siblings))
}

/// Returns the parent path, `/shop/` for `/shop/stagign/`; `None` if that would be the root.
fn parent(path: &str) -> Option<String> {
    let (parent, _) = path.trim_end_matches('/').rsplit_once('/')?;
    (!parent.trim_matches('/').is_empty()).then(|| format!("{parent}/"))
}

/// Checks hosts against the zones of the account; nothing is sent to the hosts.
fn hosts(lines: &mut Checklist<'_>, environment: &EnvironmentConfig, zones: Option<Result<Vec<Zone>, Failure>>) {
    const KEY: &str = "health.hosts";
    let zones = match zones {
        None => return,
        Some(Err(failure)) => {
            return lines.key(KEY, &environment.health.hosts, Err(Unread::from(failure)), |_| None);
        }
        Some(Ok(zones)) => zones,
    };
    let zone_of =
        |host: &str| zones.iter().filter(|zone| is_in_zone(host, &zone.name)).max_by_key(|zone| zone.name.len());
    let (inside, outside): (Vec<&String>, Vec<&String>) =
        environment.health.hosts.iter().partition(|host| zone_of(host).is_some());
    for host in outside {
        let why = format!("no zone of this account has `{host}`");
        lines.add_unchecked(KEY, host, why, "`cockpit health` asks name servers of it");
    }
    lines.key(KEY, inside, Ok(()), |host| {
        let zone = zone_of(host)?;
        let names = || zone.records.iter().map(|record| record.name.as_str());
        let wanted = normalize_name(host);
        // A wildcard record. Route 53 writes its asterisk as \052.
        let is_wildcard_of = |name: &str| {
            let level = name.strip_prefix("*.").or_else(|| name.strip_prefix("\\052."));
            level.is_some_and(|level| is_in_zone(&wanted, level) && wanted != normalize_name(level))
        };
        let exists = names().any(|name| normalize_name(name) == wanted || is_wildcard_of(name));
        (!exists).then(|| {
            Missing::with_message(format!("zone {} has no record of `{host}`", zone.name), nearest(host, names()))
        })
    });
}

#[cfg(test)]
mod tests {
    use super::parent;

    #[test]
    fn parent_path_is_never_the_root() {
        assert_eq!(parent("/shop/stagign/").as_deref(), Some("/shop/"));
        assert_eq!(parent("/shop/staging/db/KEY").as_deref(), Some("/shop/staging/db/"));
        assert_eq!((parent("/shop/"), parent("KEY"), parent("/")), (None, None, None));
    }
}
