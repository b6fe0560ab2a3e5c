//! Health rules for databases, named as the functions below:
//!
//! | rule | health | when |
//! |---|---|---|
//! | `status` | down, changing or stopped | its status, or a member's, is not `available` |
//! | `writer` | down | a cluster without a writer |
//! | `lag` | degraded | a reader over 1 s behind and over five times its usual lag (a new reader: the cluster's usual
//! lag) |
//! | `storage` | degraded | free storage under 5 GB (RDS) |
//! | `cpu` | degraded | an instance at 80 % CPU or more for 3 minutes |
//! | `capacity` | note | a serverless instance at its maximum for 3 minutes |
//! | `lonely` | note | a cluster of one instance, without a failover target |
//! | `backup` | degraded | no automated backups, or the latest restorable time over 30 min old |
//! | `pending` | note | changes that wait for the maintenance window |

use super::database::{Database, DatabaseKind, Role};
use super::database_power::is_broken;
use super::health::{Assessment, Health, Reason, Severity};
use super::metric::{MetricKey, Series};
use super::time::sentence_duration;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Replica lag in milliseconds from which a reader may be degraded.
const LAG_MS: f64 = 1000.0;
/// Number of points after which a reader's own lag defines its usual lag.
const MIN_HISTORY: usize = 15;
/// Free storage in bytes below which an operator should act.
const LOW_STORAGE: f64 = 5e9;
/// CPU in percent that counts as high.
const HIGH_CPU: f64 = 80.0;
/// Number of consecutive minutes for which a value must hold.
const HELD_MINUTES: usize = 3;
/// Age of the latest restorable time that counts as late. RDS uploads transaction logs every 5 minutes; this is six of
/// them.
const BACKUP_LATE: SignedDuration = SignedDuration::from_mins(30);

/// Statuses in which a database accepts connections.
const SERVING: [&str; 8] = [
    "available",
    "backing-up",
    "configuring-enhanced-monitoring",
    "configuring-log-exports",
    "configuring-iam-database-auth",
    "storage-optimization",
    "storage-config-upgrade",
    "upgrading-ca-certificate",
];

/// Judges a database by the rules above.
pub fn assess(database: &Database, metrics: &BTreeMap<MetricKey, Series>, now: Timestamp) -> Assessment {
    let current = CurrentMetrics { metrics, now };
    let mut found = Vec::new();
    status(database, &mut found);
    writer(database, &mut found);
    for member in &database.members {
        lag(database, &member.id, member.role, &current, &mut found);
        cpu(&member.id, &current, &mut found);
        storage(database, &member.id, &current, &mut found);
        capacity(database, &member.id, &current, &mut found);
    }
    lonely(database, &mut found);
    backup(database, now, &mut found);
    pending(database, &mut found);
    let health = found.iter().map(|(health, _)| *health).min_by_key(|health| health.rank()).unwrap_or(Health::Healthy);
    let mut reasons: Vec<Reason> = found.into_iter().map(|(_, reason)| reason).collect();
    reasons.sort_by_key(|reason| reason.severity);
    Assessment { health, reasons }
}

/// Metrics, restricted to those that are current: an instance that stopped during a spike is no longer in it.
struct CurrentMetrics<'a> {
    metrics: &'a BTreeMap<MetricKey, Series>,
    now: Timestamp,
}

impl<'a> CurrentMetrics<'a> {
    fn get(&self, key: &MetricKey) -> Option<&'a Series> {
        self.metrics.get(key).filter(|series| series.recent(self.now).is_some())
    }
}

/// The hint for high CPU.
const BUSY: &str = "look for long queries, or give it a larger class";

type Found = Vec<(Health, Reason)>;

/// Adds a reason. Every rule has a hint, because a reason without one only alarms.
fn add(found: &mut Found, health: Health, severity: Severity, text: String, hint: &str) {
    found.push((health, Reason { severity, text, since: None, hint: Some(hint.to_owned()) }));
}

fn of_status(status: &str) -> (Health, Severity) {
    match status {
        "stopped" => (Health::Stopped, Severity::Note),
        broken if is_broken(broken) => (Health::Down, Severity::Critical),
        "failing-over" | "rebooting" | "promoting" => (Health::Degraded, Severity::Critical),
        _ => (Health::Changing, Severity::Warning),
    }
}

/// Returns the hint for a status with this health.
fn status_hint(health: Health) -> &'static str {
    match health {
        Health::Stopped => "`cockpit start --databases` starts it",
        Health::Down => "look at its events in the AWS console: it does not come back by itself",
        Health::Healthy | Health::Changing | Health::Degraded | Health::Unknown => {
            "it passes by itself; its events in the AWS console say how far it is"
        }
    }
}

fn status(database: &Database, found: &mut Found) {
    if !SERVING.contains(&database.status.as_str()) {
        let (health, severity) = of_status(&database.status);
        add(found, health, severity, format!("the database is {}", database.status), status_hint(health));
        return;
    }
    if database.kind == DatabaseKind::Rds {
        return;
    }
    for member in &database.members {
        let Some(status) = member.status.as_deref().filter(|status| !SERVING.contains(status)) else { continue };
        let (health, severity) = of_status(status);
        let health = if member.role == Role::Writer { health } else { Health::Degraded };
        add(found, health, severity, format!("{} {} is {status}", member.role.word(), member.id), status_hint(health));
    }
}

fn writer(database: &Database, found: &mut Found) {
    let has_no_writer =
        database.kind == DatabaseKind::Aurora && database.members.iter().all(|member| member.role != Role::Writer);
    if has_no_writer && database.status != "stopped" {
        add(
            found,
            Health::Down,
            Severity::Critical,
            "no writer".into(),
            "a failover may be under way: it takes up to a minute",
        );
    }
}

fn lag(database: &Database, id: &str, role: Role, current: &CurrentMetrics<'_>, found: &mut Found) {
    if role != Role::Reader {
        return;
    }
    let Some(series) = current.get(&MetricKey::DbLag(id.to_owned())) else { return };
    let (Some(last), Some(usual)) = (series.last(), usual_lag(database, id, series, current)) else { return };
    if last.value >= LAG_MS && last.value >= usual * 5.0 {
        let text = format!(
            "reader {}: replica lag {}, usual {}",
            short_id(database, id),
            lag_words(last.value),
            lag_words(usual)
        );
        add(
            found,
            Health::Degraded,
            Severity::Warning,
            text,
            "reads may be old; look for long transactions on the writer",
        );
    }
}

/// Returns the usual lag of a reader. A new reader, such as the former writer after a failover, has no history; then
/// the usual lag of the other members from their time as readers is used.
fn usual_lag(database: &Database, id: &str, own: &Series, current: &CurrentMetrics<'_>) -> Option<f64> {
    let itself = own.median();
    if own.points().len() >= MIN_HISTORY {
        return itself;
    }
    let others = database.members.iter().filter(|member| member.id != id);
    // The new writer's series has ended, but still shows the usual lag.
    let known = others.filter_map(|member| current.metrics.get(&MetricKey::DbLag(member.id.clone())));
    known
        .filter(|series| series.points().len() >= MIN_HISTORY)
        .filter_map(Series::median)
        .chain(itself)
        .reduce(f64::min)
}

/// Formats a lag: `4.2 s`, `18 ms`.
pub fn lag_words(milliseconds: f64) -> String {
    if milliseconds >= 1000.0 { format!("{:.1} s", milliseconds / 1000.0) } else { format!("{milliseconds:.0} ms") }
}

/// Returns an instance's name without the cluster's name: `…-1`.
pub fn short_id(database: &Database, id: &str) -> String {
    id.strip_prefix(database.id.as_str())
        .filter(|rest| !rest.is_empty())
        .map_or_else(|| id.to_owned(), |rest| format!("…{rest}"))
}

fn held(series: Option<&Series>, holds: impl Fn(f64) -> bool) -> Option<f64> {
    let points = series?.points();
    let newest = points.get(points.len().checked_sub(HELD_MINUTES)?..)?;
    // With gaps, three points span more than three minutes.
    let together =
        newest[HELD_MINUTES - 1].at.duration_since(newest[0].at) <= SignedDuration::from_mins(HELD_MINUTES as i64);
    (together && newest.iter().all(|point| holds(point.value))).then(|| newest[HELD_MINUTES - 1].value)
}

fn cpu(id: &str, current: &CurrentMetrics<'_>, found: &mut Found) {
    if let Some(value) = held(current.get(&MetricKey::DbCpu(id.to_owned())), |value| value >= HIGH_CPU) {
        add(found, Health::Degraded, Severity::Warning, format!("{id}: CPU at {value:.0} %"), BUSY);
    }
}

fn storage(database: &Database, id: &str, current: &CurrentMetrics<'_>, found: &mut Found) {
    if database.kind != DatabaseKind::Rds {
        return;
    }
    let last = current.get(&MetricKey::DbStorage { id: id.to_owned(), aurora: false }).and_then(Series::last);
    if let Some(last) = last.filter(|last| last.value < LOW_STORAGE) {
        let text = format!("{id}: {:.1} GB of storage left", last.value / 1e9);
        add(found, Health::Degraded, Severity::Warning, text, "a full disk stops the database: enlarge it");
    }
}

fn capacity(database: &Database, id: &str, current: &CurrentMetrics<'_>, found: &mut Found) {
    let Some((_, max)) = database.acu else { return };
    if held(current.get(&MetricKey::DbAcu(id.to_owned())), |value| value >= max).is_some() {
        let text = format!("{} at its maximum of {max} ACU", short_id(database, id));
        add(found, Health::Healthy, Severity::Note, text, "queries may slow down: raise the maximum");
    }
}

fn lonely(database: &Database, found: &mut Found) {
    if database.kind == DatabaseKind::Aurora && database.members.len() == 1 {
        let hint = "add a reader in another zone where an outage of minutes is too long";
        add(found, Health::Healthy, Severity::Note, "one instance: nothing to fail over to".into(), hint);
    }
}

fn backup(database: &Database, now: Timestamp, found: &mut Found) {
    match (database.backup.retention_days, database.backup.latest) {
        (Some(0), _) => {
            add(found, Health::Degraded, Severity::Warning, "no automated backups".into(), "set a retention period");
        }
        (_, Some(latest)) if now.duration_since(latest) > BACKUP_LATE && database.status == "available" => {
            let text = format!("can be restored only to {} ago", sentence_duration(now.duration_since(latest)));
            let hint = "look at the database's events: backups may be failing";
            add(found, Health::Degraded, Severity::Warning, text, hint);
        }
        (_, _) => {}
    }
}

fn pending(database: &Database, found: &mut Found) {
    let members =
        database.members.iter().filter(|_| database.kind == DatabaseKind::Aurora).flat_map(|member| &member.pending);
    let changes: Vec<String> =
        database.pending.iter().chain(members).map(|(what, to)| format!("{what} → {to}")).collect();
    if !changes.is_empty() {
        let when = database.maintenance.as_deref().map(|window| format!(" in {window} UTC")).unwrap_or_default();
        let hint = "it is done in the maintenance window, or at once with the AWS CLI and --apply-immediately";
        add(found, Health::Healthy, Severity::Note, format!("pending{when}: {}", changes.join(", ")), hint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Backup, Member};
    use crate::metric::Point;

    fn now() -> Timestamp {
        Timestamp::from_second(1_700_000_000).expect("in range")
    }

    fn aurora(roles: &[Role]) -> Database {
        let members = roles.iter().enumerate().map(|(number, role)| Member {
            id: format!("db-{}", number + 1),
            role: *role,
            status: Some("available".into()),
            class: None,
            az: None,
            tier: None,
            endpoint: None,
            pending: vec![],
        });
        Database {
            id: "db".into(),
            kind: DatabaseKind::Aurora,
            engine: "aurora-postgresql".into(),
            version: "17".into(),
            status: "available".into(),
            endpoint: None,
            reader_endpoint: None,
            port: None,
            database: None,
            acu: Some((0.5, 2.0)),
            storage_gib: None,
            multi_az: false,
            backup: Backup { retention_days: Some(30), latest: Some(now()), ..Backup::default() },
            protected: true,
            encrypted: true,
            maintenance: None,
            pending: vec![],
            members: members.collect(),
        }
    }

    fn series(values: &[f64]) -> Series {
        let points = values
            .iter()
            .enumerate()
            .map(|(minute, value)| Point { at: now() + SignedDuration::from_mins(minute as i64), value: *value });
        Series::new(points.collect())
    }

    fn texts(database: &Database, metrics: &BTreeMap<MetricKey, Series>) -> (Health, Vec<String>) {
        let assessment = assess(database, metrics, now());
        (assessment.health, assessment.reasons.into_iter().map(|reason| reason.text).collect())
    }

    #[test]
    fn cluster_without_faults_is_healthy() {
        assert_eq!(texts(&aurora(&[Role::Writer, Role::Reader]), &BTreeMap::new()), (Health::Healthy, vec![]));
    }

    /// Regression test: operations gave up on these statuses while the list claimed that they pass by themselves.
    #[test]
    fn stuck_status_is_down() {
        for status in ["failed", "incompatible-restore", "incompatible-option-group", "insufficient-capacity"] {
            let database = Database { status: status.into(), ..aurora(&[Role::Writer, Role::Reader]) };
            assert_eq!(texts(&database, &BTreeMap::new()).0, Health::Down, "{status}");
        }
        let database = Database { status: "deleting".into(), ..aurora(&[Role::Writer, Role::Reader]) };
        assert_eq!(texts(&database, &BTreeMap::new()).0, Health::Changing);
    }

    #[test]
    fn lag_is_compared_with_the_usual_lag() {
        let database = aurora(&[Role::Writer, Role::Reader]);
        let mut metrics = BTreeMap::from([(MetricKey::DbLag("db-2".into()), series(&[18.0, 17.0, 18.0, 4200.0]))]);
        assert_eq!(
            texts(&database, &metrics),
            (Health::Degraded, vec!["reader …-2: replica lag 4.2 s, usual 18 ms".into()])
        );
        metrics.insert(MetricKey::DbLag("db-2".into()), series(&[1500.0, 1400.0, 1500.0, 1600.0]));
        assert_eq!(texts(&database, &metrics).0, Health::Healthy);
    }

    #[test]
    fn new_reader_lag_is_compared_with_the_previous_reader() {
        // After a failover: db-1 was the writer, db-2 the reader.
        let mut database = aurora(&[Role::Reader, Role::Writer]);
        let before = MetricKey::DbLag("db-2".into());
        let mut metrics = BTreeMap::from([
            (MetricKey::DbLag("db-1".into()), series(&[3600.0, 3600.0, 3600.0])),
            (before.clone(), series(&[18.0; 60])),
        ]);
        let late = (Health::Degraded, vec!["reader …-1: replica lag 3.6 s, usual 18 ms".to_owned()]);
        assert_eq!(texts(&database, &metrics), late);
        // Without history nothing is unusual, and a writer has no lag even if it has an old series.
        metrics.remove(&before);
        assert_eq!(texts(&database, &metrics).0, Health::Healthy);
        metrics.insert(before, series(&[4200.0; 3]));
        database.members[0].role = Role::Writer;
        assert_eq!(texts(&database, &metrics).0, Health::Healthy);
        // A reader with enough history is compared with its own.
        database.members[0].role = Role::Reader;
        metrics.insert(MetricKey::DbLag("db-1".into()), series(&[1500.0; 20]));
        assert_eq!(texts(&database, &metrics).0, Health::Healthy);
    }

    #[test]
    fn missing_writer_backups_and_capacity_are_reported() {
        assert_eq!(texts(&aurora(&[Role::Reader, Role::Reader]), &BTreeMap::new()).0, Health::Down);
        let mut database = aurora(&[Role::Writer]);
        database.backup.retention_days = Some(0);
        let metrics = BTreeMap::from([(MetricKey::DbAcu("db-1".into()), series(&[1.0, 2.0, 2.0, 2.0]))]);
        let (health, reasons) = texts(&database, &metrics);
        assert_eq!(health, Health::Degraded);
        assert_eq!(
            reasons,
            ["no automated backups", "…-1 at its maximum of 2 ACU", "one instance: nothing to fail over to"]
        );
    }

    #[test]
    fn failover_is_critical() {
        let mut database = aurora(&[Role::Writer, Role::Reader]);
        database.status = "failing-over".into();
        assert_eq!(texts(&database, &BTreeMap::new()), (Health::Degraded, vec!["the database is failing-over".into()]));
    }
}
