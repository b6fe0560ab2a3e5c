//! Determines which parts of a snapshot are known now, because a condition must only hold on known values. A snapshot
//! itself also contains values of a source that has since failed, partial values, and judgements that lack a source,
//! each with a note; `--wait` ignores these.

use super::super::own::RUNS;
use super::expression::{Path, Segment};
use crate::model::Source;
use serde_json::Value;
use std::collections::BTreeSet;

/// A field and the sources of its value; `*` stands for each element of a list.
struct FieldSources(&'static str, &'static [Source]);

/// The sources of a service's judgement.
const SERVICE_JUDGEMENT: &[Source] = &[
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
/// The sources of a database's judgement.
const DATABASE_JUDGEMENT: &[Source] = &[Source::DbClusters, Source::DbInstances, Source::Metrics];

/// Every field that needs more sources than its parent.
const FIELDS: [FieldSources; 33] = [
    FieldSources("account", &[Source::Identity]),
    FieldSources("identity", &[Source::Identity]),
    FieldSources("services", &[Source::Services]),
    FieldSources("services.*.autoscaling", &[Source::ScalableTargets]),
    FieldSources("services.*.autoscaling.policies", &[Source::ScalingPolicies]),
    FieldSources("services.*.autoscaling.scheduled", &[Source::ScheduledActions]),
    FieldSources("services.*.targets", &[Source::Targets]),
    FieldSources("services.*.health", SERVICE_JUDGEMENT),
    FieldSources("services.*.reasons", SERVICE_JUDGEMENT),
    FieldSources("services.*.rollout", &[Source::Rollouts]),
    FieldSources("services.*.image", &[Source::TaskDefinitions]),
    FieldSources("services.*.digest", &[Source::TaskDefinitions, Source::Tasks]),
    FieldSources("services.*.deployments.*.image", &[Source::TaskDefinitions]),
    FieldSources("services.*.deployments.*.digest", &[Source::TaskDefinitions, Source::Tasks]),
    FieldSources("services.*.cpu_percent", &[Source::Metrics]),
    FieldSources("services.*.memory_percent", &[Source::Metrics]),
    FieldSources("services.*.failed_tasks", &[Source::Tasks]),
    FieldSources("databases", &[Source::DbClusters, Source::DbInstances]),
    FieldSources("databases.*.health", DATABASE_JUDGEMENT),
    FieldSources("databases.*.reasons", DATABASE_JUDGEMENT),
    FieldSources("databases.*.members.*.acu", &[Source::Metrics]),
    FieldSources("databases.*.members.*.lag_ms", &[Source::Metrics]),
    FieldSources("databases.*.members.*.cpu_percent", &[Source::Metrics]),
    FieldSources("databases.*.members.*.connections", &[Source::Metrics]),
    FieldSources("databases.*.members.*.free_storage_bytes", &[Source::Metrics]),
    FieldSources("alarms", &[Source::Alarms]),
    FieldSources("alarms.*.muted_until", &[Source::AlarmMutes]),
    FieldSources("schedule", &[Source::ScheduledActions, Source::Schedules]),
    FieldSources("attention", &Source::ALL),
    FieldSources("targets", &[Source::Targets]),
    // Kept on this machine, so its source is not in `Source`.
    FieldSources("infra", &[]),
    FieldSources("cost", &[Source::Costs]),
    // Read once, for a snapshot that is printed, and not repeatedly while waiting.
    FieldSources("user_pool", &[Source::UserPool]),
];

/// Fields that the cockpit itself determines, or that are `null` if not known.
#[cfg(test)]
const OWN_FIELDS: [&str; 9] =
    ["schema", "environment", "region", "taken_at", "duration_ms", "complete", "sources", "project", "guarded"];

/// Removes unknown values from a snapshot; a remaining `null` is known to be empty.
pub(super) fn remove_unknown(snapshot: &mut Value) {
    let rows = snapshot["sources"].as_array().cloned().unwrap_or_default();
    let good = |row: &&Value| matches!(row["status"].as_str(), Some("ok" | "skipped"));
    let read: BTreeSet<String> =
        rows.iter().filter(good).filter_map(|row| Some(row["name"].as_str()?.to_owned())).collect();
    for FieldSources(path, sources) in FIELDS {
        if !sources.iter().all(|source| read.contains(source.name())) {
            remove(snapshot, &path.split('.').collect::<Vec<_>>());
        }
    }
    if !read.contains(RUNS) {
        remove(snapshot, &["infra"]);
    }
    // These are `null` if they were not read, so `null` does not mean empty.
    for field in ["region", "cost", "user_pool"] {
        if snapshot[field].is_null() {
            remove(snapshot, &[field]);
        }
    }
}

/// Returns the sources that a path needs; without one of them its value is unknown.
pub(super) fn sources(path: &Path) -> BTreeSet<Source> {
    let within = |field: &str| {
        let mut segments = path.segments.iter();
        field.split('.').all(|part| {
            segments.next().is_some_and(|segment| match segment {
                Segment::Name(name) | Segment::Quoted(name) => part == "*" || part == name,
                Segment::Index(_) => part == "*",
            })
        })
    };
    FIELDS
        .iter()
        .filter(|FieldSources(field, _)| within(field))
        .flat_map(|FieldSources(_, sources)| *sources)
        .copied()
        .collect()
}

fn remove(here: &mut Value, path: &[&str]) {
    match (here, path) {
        (Value::Array(all), ["*", rest @ ..]) => {
            for one in all {
                remove(one, rest);
            }
        }
        (Value::Object(fields), [last]) => {
            fields.remove(*last);
        }
        (Value::Object(fields), [first, rest @ ..]) => {
            if let Some(below) = fields.get_mut(*first) {
                remove(below, rest);
            }
        }
        (_, _) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Returns a complete snapshot except for one source.
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
            "alarms": [], "schedule": null, "cost": null, "user_pool": null, "attention": [], "targets": [],
        });
        remove_unknown(&mut snapshot);
        snapshot
    }

    #[test]
    fn value_is_unknown_unless_its_sources_were_read_now() {
        let conditions: [(&str, &[Source]); 14] = [
            ("attention.count == 0", &Source::ALL),
            ("services.count == 1", &[Source::Services]),
            ("services.web.running == 2", &[Source::Services]),
            ("services.web.health == healthy", SERVICE_JUDGEMENT),
            ("services.web.reasons.count == 0", SERVICE_JUDGEMENT),
            ("services.web.autoscaling == null", &[Source::Services, Source::ScalableTargets]),
            ("services.web.targets.count == 0", &[Source::Services, Source::Targets]),
            ("services.web.failed_tasks < 1", &[Source::Services, Source::Tasks]),
            ("services.web.deployments[0].image == i", &[Source::Services, Source::TaskDefinitions]),
            ("databases.db.health != down", DATABASE_JUDGEMENT),
            ("databases.db.members.m.acu < 2", DATABASE_JUDGEMENT),
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
                    let verdict = condition.evaluate(&snapshot).result;
                    assert_eq!(verdict, known.then_some(true), "{text}: {} is {status}", source.name());
                    // The negation does not hold either.
                    let not = super::super::Condition::parse(&format!("not ({text})")).unwrap();
                    assert_eq!(not.evaluate(&snapshot).result, known.then_some(false), "not {text}");
                }
            }
        }
        // A value that is never read is not known to be empty.
        let whole = without(Source::Alarms, "ok");
        let known = |text: &str, of: &Value| super::super::Condition::parse(text).unwrap().evaluate(of).result;
        for text in ["infra == null", "cost == null", "user_pool == null"] {
            assert_eq!(known(text, &whole), None, "{text}");
        }
        let rows = json!([{"name": RUNS, "status": "ok"}, {"name": Source::Costs.name(), "status": "ok"}]);
        let mut kept = json!({"sources": rows, "infra": {"run": {"state": "done"}}, "cost": {"month": 12.5}});
        remove_unknown(&mut kept);
        for text in ["infra.run.state == done", "cost.month < 100"] {
            assert_eq!(known(text, &kept), Some(true), "{text}");
        }
    }

    #[test]
    fn source_without_a_row_leaves_values_unknown() {
        let mut snapshot = json!({"sources": [], "alarms": [], "attention": [], "services": []});
        remove_unknown(&mut snapshot);
        assert_eq!(snapshot, json!({"sources": []}));
    }

    /// Ensures that a new field declares its sources.
    #[test]
    fn every_schema_field_declares_its_sources() {
        let schema = crate::headless::schema::of::<crate::headless::dto::Snapshot>(super::super::super::report::SCHEMA);
        let fields = schema["properties"].as_object().unwrap();
        for field in fields.keys() {
            let declared = FIELDS.iter().any(|FieldSources(path, _)| path == field);
            assert!(declared || OWN_FIELDS.contains(&field.as_str()), "{field}");
        }
        for FieldSources(path, _) in FIELDS {
            let mut current = &schema;
            for part in path.split('.') {
                current = resolved(&schema, current);
                current = if part == "*" { &current["items"] } else { &current["properties"][part] };
                assert!(!current.is_null(), "{path} has no {part}");
            }
        }
        // For lists: the fields from the list's own source, and those that need another one.
        let own = |list: &str, names: &[&str]| {
            let items = resolved(&schema, &fields[list]);
            for name in resolved(&schema, &items["items"])["properties"].as_object().unwrap().keys() {
                let path = format!("{list}.*.{name}");
                let declared = FIELDS.iter().any(|FieldSources(known, _)| *known == path);
                assert!(declared != names.contains(&name.as_str()), "{path}");
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
