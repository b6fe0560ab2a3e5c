//! The report of `cockpit doctor`: the results of its checks. The caller runs the checks.

use crate::app::doctor::{Check, Outcome, merge_by_cause, summary};
use crate::cli::ExitCode;
use crate::headless::emit::Printable;
use crate::headless::lists::serde_word;
use crate::headless::table::{Table, left_aligned, prose};
use schemars::JsonSchema;
use serde::Serialize;

/// Schema of `cockpit doctor`.
pub const SCHEMA: &str = "cockpit.doctor/1";

/// The results of all checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Doctor {
    /// `cockpit.doctor/1`.
    pub schema: String,
    /// The environment; `null` if none could be opened.
    pub environment: Option<String>,
    /// Whether no check failed.
    pub healthy: bool,
    /// The checks, in the order in which they ran.
    pub checks: Vec<Check>,
}

/// Builds the report of these checks.
pub fn doctor(environment: Option<&str>, checks: Vec<Check>) -> Doctor {
    Doctor {
        schema: SCHEMA.to_owned(),
        environment: environment.map(str::to_owned),
        healthy: checks.iter().all(|check| check.status != Outcome::Fail),
        checks,
    }
}

impl Doctor {
    /// Returns 0 if no check failed, else 1; 3 if `unread`: the existence of a configured name could not be checked.
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
        let mut table = Table::new(
            &[left_aligned("CHECK"), left_aligned("STATUS"), prose("DETAIL"), prose("HINT")],
            "nothing was checked",
        );
        for check in merge_by_cause(&self.checks) {
            let (status, detail) = (serde_word(&check.status), check.describe());
            table.row([Some(check.name), Some(status), Some(detail), check.hint]);
        }
        vec![table]
    }

    fn notes(&self) -> Vec<String> {
        vec![summary(&self.checks)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Output;
    use crate::headless::emit::render;

    #[test]
    fn one_failed_check_fails_the_report() {
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
