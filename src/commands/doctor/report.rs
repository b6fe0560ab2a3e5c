//! `cockpit doctor`: the results of its checks as a report. The checks themselves are run by the
//! caller.

use crate::app::checkup::{Check, Outcome, counted, joined};
use crate::cli::ExitCode;
use crate::headless::emit::Printable;
use crate::headless::lists::word;
use crate::headless::table::{Table, prose, words};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit doctor`.
pub const SCHEMA: &str = "cockpit.doctor/1";

/// The report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Doctor {
    /// `cockpit.doctor/1`.
    pub schema: String,
    /// The environment; `null` if none could be opened.
    pub environment: Option<String>,
    /// Whether nothing fails.
    pub healthy: bool,
    /// The checks, in the order in which they were made.
    pub checks: Vec<Check>,
}

/// The report of these checks.
pub fn doctor(environment: Option<&str>, checks: Vec<Check>) -> Doctor {
    Doctor {
        schema: SCHEMA.to_owned(),
        environment: environment.map(str::to_owned),
        healthy: checks.iter().all(|check| check.status != Outcome::Fail),
        checks,
    }
}

impl Doctor {
    /// 0 if nothing fails, else 1; 3 where of something that is named it is not known whether it is there.
    pub fn exit_code(&self, unread: bool) -> ExitCode {
        match (self.healthy, unread) {
            (false, _) => ExitCode::Failed,
            (true, true) => ExitCode::Incomplete,
            (true, false) => ExitCode::Done,
        }
    }
}

impl Printable for Doctor {
    fn tables(&self) -> Vec<Table> {
        let mut table =
            Table::new(&[words("CHECK"), words("STATUS"), prose("DETAIL"), prose("HINT")], "nothing was checked");
        for check in joined(&self.checks) {
            let (status, told) = (word(&check.status), check.words());
            table.row([Some(check.name), Some(status), Some(told), check.hint]);
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        vec![counted(&self.checks)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Output;
    use crate::headless::emit::render;

    #[test]
    fn one_failure_makes_it_fail() {
        let checks = vec![
            Check::ok("account", "123456789012"),
            Check::warn("clock", "7 s behind AWS", "set the clock"),
            Check::fail("ecs:DescribeServices", "not allowed", "allow it"),
        ];
        let report = doctor(Some("staging"), checks);
        assert_eq!(report.exit_code(true), ExitCode::Failed);
        let text = render(&report, Output::Table, Some(100)).unwrap();
        assert!(text.ends_with("1 ok, 1 warning, 1 failed\n"), "{text}");
        assert!(text.contains("ecs:DescribeServices  fail    not allowed     allow it"), "{text}");
        assert_eq!(doctor(None, vec![]).exit_code(false), ExitCode::Done);
        let untried = doctor(None, vec![Check::untried("ssm:StartSession", "not tried", "try it")]);
        assert_eq!(untried.exit_code(false), ExitCode::Done);
        assert_eq!(untried.exit_code(true), ExitCode::Incomplete);
        let text = render(&untried, Output::Table, Some(100)).unwrap();
        assert!(text.contains("untried") && text.ends_with("0 ok, 0 warnings, 0 failed, 1 untried\n"), "{text}");
    }
}
