//! The JSON Schema of each output, derived from its DTO.

use crate::cli::SchemaName;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

fn of<T: JsonSchema>(id: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    schema.insert("$id".to_owned(), Value::from(format!("urn:{}", id.replace('/', ":"))));
    if let Some(name) = schema.pointer_mut("/properties/schema").and_then(Value::as_object_mut) {
        name.insert("const".to_owned(), Value::from(id));
    }
    schema.to_value()
}

/// The schema that `cockpit schema NAME` prints.
pub fn schema(name: SchemaName) -> Value {
    match name {
        SchemaName::Snapshot => of::<super::dto::Snapshot>(super::snapshot::SCHEMA),
        SchemaName::Services => of::<super::lists::ServiceList>(super::lists::SERVICES),
        SchemaName::Tasks => of::<super::tasks::TaskList>(super::tasks::SCHEMA),
        SchemaName::Autoscaling => of::<super::autoscaling::AutoscalingList>(super::autoscaling::SCHEMA),
        SchemaName::Db => of::<super::lists::DatabaseList>(super::lists::DATABASES),
        SchemaName::Alarms => of::<super::lists::AlarmList>(super::lists::ALARMS),
        SchemaName::Operation => of::<super::operation::OperationReport>(super::operation::SCHEMA),
        SchemaName::Schedule => of::<super::operation::ScheduleList>(super::operation::SCHEDULE),
        SchemaName::Audit => of::<super::operation::AuditList>(super::operation::AUDIT),
        SchemaName::Doctor => of::<super::doctor::Doctor>(super::doctor::SCHEMA),
    }
}
