//! Failover targets: which member a database can fail over to, or why there is none.

use super::database::{Database, DatabaseKind, Member, Role};
use super::database_health::lag_words;
use super::deploy::{Check, Level};
use std::collections::BTreeMap;

/// Replica lag in milliseconds from which a failover takes noticeably longer.
const FAR_BEHIND: f64 = 1000.0;

/// The kind of failover.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailoverKind<'a> {
    /// A reader of a cluster takes over.
    Member {
        /// The current writer; `None` if there is none.
        writer: Option<&'a Member>,
        target: &'a Member,
    },
    /// The standby of a Multi-AZ instance takes over under the same name.
    Standby(&'a Member),
}

/// The metrics that a choice is based on, by instance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Figures {
    /// Replica lag in milliseconds.
    pub lag: BTreeMap<String, f64>,
    pub connections: BTreeMap<String, f64>,
}

/// Returns the failover target, or the check that prevents a failover. Without a requested target, it is the reader
/// that AWS would promote: the lowest tier, and within a tier the one with the least lag.
///
/// # Errors
/// There is no target, or the requested one cannot take over.
pub fn choose<'a>(
    database: &'a Database,
    to: Option<&str>,
    figures: Option<&Figures>,
) -> Result<FailoverKind<'a>, Check> {
    let id = &database.id;
    let stop = |text: String, hint: &str| Err(Check::new(Level::Stop, text).hint(hint));
    if database.status != "available" {
        return stop(
            format!("{id} is {}: it must be available", database.status),
            "wait until it is: `cockpit db` shows its status",
        );
    }
    if database.kind == DatabaseKind::Rds {
        let Some(instance) = database.members.first() else {
            return stop(format!("nothing is known of the instance {id}"), "`cockpit db` says what could not be read");
        };
        if to.is_some() {
            return Err(Check::usage(format!("{id} is a single instance: its standby has no name to fail over to"))
                .hint("leave --to out"));
        }
        if !database.multi_az {
            return stop(
                format!("{id} has no failover target: it is a single instance in one zone"),
                "a standby needs Multi-AZ (`multi_az = true` where it is declared); `cockpit db --reboot` only restarts it",
            );
        }
        return Ok(FailoverKind::Standby(instance));
    }
    let writer = database.members.iter().find(|member| member.role == Role::Writer);
    let readers: Vec<&Member> = database.members.iter().filter(|member| member.role == Role::Reader).collect();
    if readers.is_empty() {
        return stop(
            format!("{id} has no failover target: it is a cluster of one instance"),
            "add a reader to it; without one Aurora restarts the writer, which takes minutes",
        );
    }
    if let Some(wanted) = to {
        if writer.is_some_and(|writer| writer.id == wanted) {
            return Err(Check::usage(format!("{wanted} is the writer already")));
        }
        let Some(target) = readers.iter().find(|reader| reader.id == wanted) else {
            let names: Vec<&str> = readers.iter().map(|reader| reader.id.as_str()).collect();
            return Err(Check::usage(format!("{id} has no reader {wanted}"))
                .hint(format!("its readers are: {}", names.join(", "))));
        };
        return match &target.status {
            Some(status) if status != "available" => {
                stop(format!("{wanted} is {status}: it cannot take over"), "choose another one, or wait for it")
            }
            _ => Ok(FailoverKind::Member { writer, target }),
        };
    }
    let able = readers.iter().filter(|reader| reader.status.as_deref().is_none_or(|status| status == "available"));
    let lag =
        |member: &Member| figures.and_then(|figures| figures.lag.get(&member.id).copied()).unwrap_or(f64::INFINITY);
    let best = able.min_by(|a, b| {
        let tiers = a.tier.unwrap_or(u32::MAX).cmp(&b.tier.unwrap_or(u32::MAX));
        tiers.then(lag(a).total_cmp(&lag(b))).then_with(|| a.id.cmp(&b.id))
    });
    match best {
        Some(target) => Ok(FailoverKind::Member { writer, target }),
        None => stop(
            format!("{id} has no failover target: none of its readers is available"),
            "`cockpit db` shows the state of each",
        ),
    }
}

/// Returns the checks before a failover: lag, classes and connections, as far as metrics are known. If no metrics could
/// be read, a single check elsewhere reports that.
pub fn checks(way: &FailoverKind<'_>, figures: Option<&Figures>) -> Vec<Check> {
    let note = |text: String| Check::new(Level::Note, text);
    let connected = |member: &Member| {
        figures.and_then(|figures| figures.connections.get(&member.id)).map(|count| {
            let words = if *count >= 1.5 { "connections" } else { "connection" };
            note(format!("{} has {count:.0} {words}: each of them is cut", member.id))
        })
    };
    let mut found = Vec::new();
    match way {
        FailoverKind::Standby(instance) => {
            found.extend(connected(instance));
            found.push(note("the standby is synchronous: nothing that was committed is lost".to_owned()));
        }
        FailoverKind::Member { writer, target } => {
            match figures.map(|figures| figures.lag.get(&target.id)) {
                None => {}
                Some(Some(lag)) if *lag >= FAR_BEHIND => found.push(
                    Check::new(Level::Warn, format!("{} is {} behind the writer", target.id, lag_words(*lag)))
                        .hint("it catches up first: the time without a writer gets longer by that"),
                ),
                Some(Some(lag)) => found.push(note(format!("{} is {} behind the writer", target.id, lag_words(*lag)))),
                Some(None) => found.push(
                    Check::new(Level::Warn, format!("how far {} is behind the writer is not known", target.id))
                        .hint("CloudWatch has no recent AuroraReplicaLag of it"),
                ),
            }
            found.extend(writer.and_then(connected));
            found.extend(connected(target));
            if let Some(writer) = writer
                && let (Some(now), Some(next)) = (&writer.class, &target.class)
                && now != next
            {
                found.push(
                    Check::new(Level::Warn, format!("{} is a {next}, the writer a {now}", target.id))
                        .hint("it may be too small for the load of the writer"),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{DbCluster, DbInstance, join};

    fn cluster(readers: &[(&str, u32, &str)]) -> Database {
        let mut members = vec![("db-1".to_owned(), true, Some(0))];
        members.extend(readers.iter().map(|(id, tier, _)| ((*id).to_owned(), false, Some(*tier))));
        let own = |id: &str, status: &str| DbInstance {
            id: id.into(),
            cluster: Some("db".into()),
            status: status.into(),
            class: "db.serverless".into(),
            ..DbInstance::default()
        };
        let mut instances = vec![own("db-1", "available")];
        instances.extend(readers.iter().map(|(id, _, status)| own(id, status)));
        let cluster = DbCluster { id: "db".into(), status: "available".into(), members, ..DbCluster::default() };
        join(&[cluster], Some(&instances)).remove(0)
    }

    fn target(database: &Database, to: Option<&str>, figures: &Figures) -> Result<String, String> {
        match choose(database, to, Some(figures)) {
            Ok(FailoverKind::Member { target, .. }) => Ok(target.id.clone()),
            Ok(FailoverKind::Standby(instance)) => Ok(format!("standby of {}", instance.id)),
            Err(check) => Err(check.text),
        }
    }

    #[test]
    fn lowest_tier_with_least_lag_takes_over() {
        let database = cluster(&[("db-2", 1, "available"), ("db-3", 1, "available"), ("db-4", 0, "rebooting")]);
        let figures =
            Figures { lag: BTreeMap::from([("db-2".into(), 40.0), ("db-3".into(), 12.0)]), ..Figures::default() };
        assert_eq!(target(&database, None, &figures), Ok("db-3".into()));
        assert_eq!(target(&database, None, &Figures::default()), Ok("db-2".into()));
        assert_eq!(target(&database, Some("db-2"), &figures), Ok("db-2".into()));
    }

    #[test]
    fn missing_target_has_a_reason() {
        let none = Figures::default();
        assert!(target(&cluster(&[]), None, &none).unwrap_err().contains("cluster of one instance"));
        let down = cluster(&[("db-2", 1, "rebooting")]);
        assert!(target(&down, None, &none).unwrap_err().contains("none of its readers is available"));
        assert!(target(&down, Some("db-2"), &none).unwrap_err().contains("cannot take over"));
        assert!(target(&down, Some("db-1"), &none).unwrap_err().contains("the writer already"));
        assert!(target(&down, Some("db-9"), &none).unwrap_err().contains("no reader db-9"));
        let moving = Database { status: "failing-over".into(), ..cluster(&[("db-2", 1, "available")]) };
        assert!(target(&moving, None, &none).unwrap_err().contains("failing-over"));
    }

    #[test]
    fn single_instance_needs_a_standby_to_fail_over() {
        let instance = |multi_az| {
            let one = DbInstance { id: "one".into(), status: "available".into(), multi_az, ..DbInstance::default() };
            join(&[], Some(&[one])).remove(0)
        };
        let none = Figures::default();
        assert_eq!(target(&instance(true), None, &none), Ok("standby of one".into()));
        assert!(target(&instance(false), None, &none).unwrap_err().contains("no failover target"));
        assert!(target(&instance(true), Some("two"), &none).unwrap_err().contains("no name"));
    }

    #[test]
    fn plan_warns_of_large_or_unknown_lag() {
        let database = cluster(&[("db-2", 1, "available")]);
        let warns = |figures: &Figures| {
            let way = choose(&database, None, Some(figures)).unwrap();
            checks(&way, Some(figures)).into_iter().filter(|check| check.level == Level::Warn).count()
        };
        let lag = |lag: f64| Figures { lag: BTreeMap::from([("db-2".into(), lag)]), ..Figures::default() };
        assert_eq!((warns(&lag(18.0)), warns(&lag(4200.0)), warns(&Figures::default())), (0, 1, 1));
        let connected = Figures { connections: BTreeMap::from([("db-1".into(), 12.0)]), ..lag(18.0) };
        let found = checks(&choose(&database, None, Some(&connected)).unwrap(), Some(&connected));
        assert!(found.iter().any(|check| check.text == "db-1 has 12 connections: each of them is cut"), "{found:?}");
        assert_eq!(checks(&choose(&database, None, None).unwrap(), None), [], "missing metrics are reported elsewhere");
    }
}
