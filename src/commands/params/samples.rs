//! A sample of each output, for the test that checks them against their schemas.

use super::facts::Facts;
use super::report;
use crate::aws::{Connection, Session};
use crate::config::{Config, EnvironmentConfig};
use crate::headless::TimeDisplay;
use crate::model::health::Severity;
use crate::model::parameters::check::{Finding, Problem};
use crate::model::parameters::compare::Difference;
use crate::model::parameters::{Kind, Parameter, ParameterWithValue, Secret, Value, Version};
use jiff::Timestamp;
use serde_json::to_value;

/// Returns sample outputs by the names of their schemas.
pub(in crate::commands) fn outputs() -> Vec<(&'static str, serde_json::Value)> {
    let environment = EnvironmentConfig { name: "staging".into(), ..EnvironmentConfig::default() };
    let facts = Facts {
        session: Session::new(Connection::from(&environment)),
        environment: environment.clone(),
        config: Config::default(),
        now: Timestamp::UNIX_EPOCH,
        named: Vec::new(),
        complete: true,
        missing: Vec::new(),
        failure: None,
        unread_tasks: None,
        stopped: Vec::new(),
        region: None,
    };
    let parameter =
        Parameter { name: "/a/KEY".into(), modified_at: Some(Timestamp::UNIX_EPOCH), ..Parameter::default() };
    let held = ParameterWithValue { parameter: parameter.clone(), value: Ok(Value::new("x")) };
    let version = Version {
        version: 1,
        kind: Kind::Secure,
        modified_at: None,
        modified_by: None,
        key: None,
        labels: Vec::new(),
        value: Some(Value::new("x")),
    };
    let finding = Finding {
        severity: Severity::Critical,
        problem: Problem::Missing,
        name: "/a/KEY".into(),
        text: "it does not exist".into(),
        used_by: vec!["web: KEY".into()],
        hint: "make it".into(),
    };
    let difference = Difference { name: "/a/*".into(), left: Some(("/a/b".into(), Kind::Plain)), right: None };
    let list = report::list(&facts, &[parameter], Some((vec![&Secret::default()], 2)), Vec::new());
    [
        ("parameters", to_value(list)),
        ("parameter", to_value(report::parameter(&environment, &held, true, TimeDisplay::default()))),
        ("parameter-history", to_value(report::history(&environment, "/a/KEY", &[version], TimeDisplay::default()))),
        ("parameter-check", to_value(report::findings(&facts, &[finding], 1, Vec::new(), Vec::new()))),
        ("parameter-diff", to_value(report::differences(&facts, &facts, &[difference]))),
    ]
    .map(|(name, value)| (name, value.unwrap()))
    .to_vec()
}
