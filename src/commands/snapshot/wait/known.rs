//! The parts of a snapshot that are known at this moment: a condition must not come true on anything else. What a
//! source told before it failed, what it has not told yet, and what is judged from several sources of which one is
//! missing stands in a snapshot with a note beside it; for `--wait` it is not there.

use super::super::own::RUNS;
use super::expression::{Path, Segment};
use crate::model::Source;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where a field's value comes from. `*` is each element of a list.
struct From(&'static str, &'static [Source]);

/// All that is judged of a service.
const JUDGED: &[Source] = &[
    Source::Services,
    Source::Tasks,
    Source::TaskDefinitions,
    Source::Rollouts,
    Source::ScalableTargets,
    Source::ScalingPolicies,
    Source::ScheduledActions,
    Source::ScalingActivities,
    Source::Targets,
];
/// All that is judged of a database.
const DATABASES: &[Source] = &[Source::DbClusters, Source::DbInstances, Source::Metrics];

/// Every field that needs more than its parent does.
const FIELDS: [From; 33] = [
    From("account", &[Source::Identity]),
    From("identity", &[Source::Identity]),
    From("services", &[Source::Services]),
    From("services.*.autoscaling", &[Source::ScalableTargets]),
    From("services.*.autoscaling.policies", &[Source::ScalingPolicies]),
    From("services.*.autoscaling.scheduled", &[Source::ScheduledActions]),
    From("services.*.targets", &[Source::Targets]),
    From("services.*.health", JUDGED),
    From("services.*.reasons", JUDGED),
    From("services.*.rollout", &[Source::Rollouts]),
    From("services.*.image", &[Source::TaskDefinitions]),
    From("services.*.digest", &[Source::TaskDefinitions, Source::Tasks]),
    From("services.*.deployments.*.image", &[Source::TaskDefinitions]),
    From("services.*.deployments.*.digest", &[Source::TaskDefinitions, Source::Tasks]),
    From("services.*.cpu_percent", &[Source::Metrics]),
    From("services.*.memory_percent", &[Source::Metrics]),
    From("services.*.failed_tasks", &[Source::Tasks]),
    From("databases", &[Source::DbClusters, Source::DbInstances]),
    From("databases.*.health", DATABASES),
    From("databases.*.reasons", DATABASES),
    From("databases.*.members.*.acu", &[Source::Metrics]),
    From("databases.*.members.*.lag_ms", &[Source::Metrics]),
    From("databases.*.members.*.cpu_percent", &[Source::Metrics]),
    From("databases.*.members.*.connections", &[Source::Metrics]),
    From("databases.*.members.*.free_storage_bytes", &[Source::Metrics]),
    From("alarms", &[Source::Alarms]),
    From("alarms.*.muted_until", &[Source::AlarmMutes]),
    From("schedule", &[Source::ScheduledActions, Source::Schedules]),
    From("attention", &Source::ALL),
    From("targets", &[Source::Targets]),
    // Of this machine: its row has another name than those of AWS.
    From("infra", &[]),
    From("cost", &[Source::Costs]),
    // Read once for a snapshot that is printed, and not again and again.
    From("user_pool", &[Source::Logs]),
];

/// Fields that are told by nobody else than the cockpit itself, or are `null` where they are not known.
#[cfg(test)]
const OWN: [&str; 9] =
    ["schema", "environment", "region", "taken_at", "duration_ms", "complete", "sources", "project", "guarded"];

/// Removes from a snapshot what is not known; a `null` that stays is known to be nothing.
pub(super) fn keep(snapshot: &mut Value) {
    let rows = snapshot["sources"].as_array().cloned().unwrap_or_default();
    let good = |row: &&Value| matches!(row["status"].as_str(), Some("ok" | "skipped"));
    let read: BTreeSet<String> =
        rows.iter().filter(good).filter_map(|row| Some(row["name"].as_str()?.to_owned())).collect();
    for From(path, sources) in FIELDS {
        if !sources.iter().all(|source| read.contains(source.name())) {
            take_out(snapshot, &path.split('.').collect::<Vec<_>>());
        }
    }
    if !read.contains(RUNS) {
        take_out(snapshot, &["infra"]);
    }
    // What nobody asked is not known to be nothing.
    for field in ["region", "cost"] {
        if snapshot[field].is_null() {
            take_out(snapshot, &[field]);
        }
    }
}

/// The sources without one of which a path is not there.
pub(super) fn sources(path: &Path) -> BTreeSet<Source> {
    let within = |field: &str| {
        let mut segments = path.segments.iter();
        field.split('.').all(|part| {
            segments.next().is_some_and(|segment| match segment {
                Segment::Name(name) | Segment::Quoted(name) => part == "*" || part == name,
                Segment::Place(_) => part == "*",
            })
        })
    };
    FIELDS.iter().filter(|From(field, _)| within(field)).flat_map(|From(_, sources)| *sources).copied().collect()
}

fn take_out(here: &mut Value, path: &[&str]) {
    match (here, path) {
        (Value::Array(all), ["*", rest @ ..]) => {
            for one in all {
                take_out(one, rest);
            }
        }
        (Value::Object(fields), [last]) => {
            fields.remove(*last);
        }
        (Value::Object(fields), [first, rest @ ..]) => {
            if let Some(below) = fields.get_mut(*first) {
                take_out(below, rest);
            }
        }
        (_, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A snapshot that is whole, but for one source.
    fn without(source: Source, status: &str) -> Value {
        let rows = Source::ALL
            .map(|one| json!({"name": one.name(), "status": if one == source { json!(status) } else { json!("ok") }}));
        let mut snapshot = json!({
            "complete": false, "sources": rows, "account": "1", "region": "r", "identity": {"arn": "a"}, "infra": null,
            "services": [{
                "name": "web", "running": 2, "health": "healthy", "reasons": [], "autoscaling": null, "targets": [],
                "image": "i", "digest": "d", "rollout": "completed", "failed_tasks": 0, "cpu_percent": null,
                "deployments": [{"id": "1", "image": "i", "digest": "d"}],
            }],
            "databases": [{"id": "db", "health": "healthy", "reasons": [], "members": [{"id": "m", "acu": 1.0}]}],
            "alarms": [], "schedule": null, "cost": null, "attention": [], "targets": [],
        });
        keep(&mut snapshot);
        snapshot
    }

    #[test]
    fn nothing_stands_there_that_its_source_has_not_told_now() {
        let conditions: [(&str, &[Source]); 14] = [
            ("attention.count == 0", &Source::ALL),
            ("services.count == 1", &[Source::Services]),
            ("services.web.running == 2", &[Source::Services]),
            ("services.web.health == healthy", JUDGED),
            ("services.web.reasons.count == 0", JUDGED),
            ("services.web.autoscaling == null", &[Source::Services, Source::ScalableTargets]),
            ("services.web.targets.count == 0", &[Source::Services, Source::Targets]),
            ("services.web.failed_tasks < 1", &[Source::Services, Source::Tasks]),
            ("services.web.deployments[0].image == i", &[Source::Services, Source::TaskDefinitions]),
            ("databases.db.health != down", DATABASES),
            ("databases.db.members.m.acu < 2", DATABASES),
            ("alarms.count == 0", &[Source::Alarms]),
            ("schedule == null", &[Source::ScheduledActions, Source::Schedules]),
            ("account == 1", &[Source::Identity]),
        ];
        for (text, needs) in conditions {
            let condition = super::super::Condition::parse(text).unwrap();
            for source in Source::ALL {
                for status in ["failed", "partial", "ok", "skipped"] {
                    let known = status == "ok" || status == "skipped" || !needs.contains(&source);
                    let snapshot = without(source, status);
                    let verdict = condition.evaluate(&snapshot).known;
                    assert_eq!(verdict, known.then_some(true), "{text}: {} is {status}", source.name());
                    // Nor does its opposite come true.
                    let not = super::super::Condition::parse(&format!("not ({text})")).unwrap();
                    assert_eq!(not.evaluate(&snapshot).known, known.then_some(false), "not {text}");
                }
            }
        }
        // What is never read is not known to be nothing.
        let whole = without(Source::Alarms, "ok");
        let known = |text: &str, of: &Value| super::super::Condition::parse(text).unwrap().evaluate(of).known;
        for text in ["infra == null", "cost == null"] {
            assert_eq!(known(text, &whole), None, "{text}");
        }
        let rows = json!([{"name": RUNS, "status": "ok"}, {"name": Source::Costs.name(), "status": "ok"}]);
        let mut kept = json!({"sources": rows, "infra": {"run": {"state": "done"}}, "cost": {"month": 12.5}});
        keep(&mut kept);
        for text in ["infra.run.state == done", "cost.month < 100"] {
            assert_eq!(known(text, &kept), Some(true), "{text}");
        }
    }

    #[test]
    fn a_source_without_a_row_has_told_nothing() {
        let mut snapshot = json!({"sources": [], "alarms": [], "attention": [], "services": []});
        keep(&mut snapshot);
        assert_eq!(snapshot, json!({"sources": []}));
    }

    /// A new field has to say which sources it comes from.
    #[test]
    fn each_field_of_the_schema_has_its_sources() {
        let schema = crate::headless::schema::of::<crate::headless::dto::Snapshot>(super::super::super::report::SCHEMA);
        let fields = schema["properties"].as_object().unwrap();
        for field in fields.keys() {
            let told = FIELDS.iter().any(|From(path, _)| path == field);
            assert!(told || OWN.contains(&field.as_str()), "{field}");
        }
        for From(path, _) in FIELDS {
            let mut here = &schema;
            for part in path.split('.') {
                here = resolved(&schema, here);
                here = if part == "*" { &here["items"] } else { &here["properties"][part] };
                assert!(!here.is_null(), "{path} has no {part}");
            }
        }
        // Of lists: what their source itself tells, and what needs another one.
        let own = |list: &str, names: &[&str]| {
            let items = resolved(&schema, &fields[list]);
            for name in resolved(&schema, &items["items"])["properties"].as_object().unwrap().keys() {
                let path = format!("{list}.*.{name}");
                let told = FIELDS.iter().any(|From(known, _)| *known == path);
                assert!(told != names.contains(&name.as_str()), "{path}");
            }
        };
        own(
            "services",
            &[
                "name",
                "cluster",
                "status",
                "desired",
                "running",
                "pending",
                "task_definition",
                "deployments",
                "short",
                "launch",
                "scheduling",
                "controller",
                "strategy",
            ],
        );
        own(
            "databases",
            &[
                "id",
                "kind",
                "engine",
                "version",
                "status",
                "endpoint",
                "members",
                "backup",
                "reader_endpoint",
                "port",
                "acu",
                "storage_gib",
                "pending",
                "maintenance",
                "protected",
            ],
        );
    }

    fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return resolved(root, root.pointer(&reference[1..]).unwrap());
        }
        let parts = schema["anyOf"].as_array().into_iter().flatten();
        match parts.filter(|part| part["type"] != "null").collect::<Vec<_>>()[..] {
            [only] => resolved(root, only),
            _ => schema,
        }
    }
}
