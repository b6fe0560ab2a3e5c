//! Screens of operations at several sizes: a plan, a deployment under way, reads that fail, each verdict.

use crate::app::operation::outcome::Verdict;
use crate::model::{Failure, FailureKind, RolloutStatus};
use crate::ui::testing::pictures::seen;
use crate::ui::testing::*;

const SIZES: [((u16, u16), &str); 3] = [((60, 15), "60x15"), ((80, 24), "80x24"), ((120, 40), "120x40")];

#[test]
fn pictures_of_a_plan() {
    for (size, name) in SIZES {
        let stage = Stage::planned(size);
        seen(&format!("plan_{name}"), &stage.app);
        stage.shows("[ Deploy ]");
    }
}

#[test]
fn pictures_of_a_deployment() {
    for (size, name) in SIZES {
        let mut stage = Stage::half(size);
        seen(&format!("deploying_{name}"), &stage.app);
        if size.1 < 20 {
            stage.press("tab");
            seen(&format!("deploying_progress_{name}"), &stage.app);
            stage.press("tab");
        }
        stage.press("esc ctrl-a");
        seen(&format!("drawer_{name}"), &stage.app);
    }
}

#[test]
fn pictures_of_reads_that_fail() {
    for (size, name) in SIZES {
        let mut stage = Stage::half(size);
        stage.aws.failing = Some(Failure::new(FailureKind::Throttled, "Rate exceeded"));
        for second in [78, 84, 91, 98] {
            stage.to(second);
        }
        if size.1 < 20 {
            stage.press("tab");
        }
        seen(&format!("deploying_late_{name}"), &stage.app);
    }
}

/// Ends a deployment that is half done.
fn ended(size: (u16, u16), status: RolloutStatus, fresh: u32, old: u32, reason: &str) -> Stage {
    let mut stage = Stage::half(size);
    stage.aws.rollout(WEB, fresh, 0, old);
    stage.aws.finish(WEB, status, reason);
    for second in [78, 82, 86] {
        stage.to(second);
    }
    stage
}

#[test]
fn pictures_of_verdicts() {
    let long = "ECS deployment circuit breaker: tasks failed to start.";
    for (size, name) in SIZES {
        let done = ended(size, RolloutStatus::Successful, 4, 0, "");
        assert_eq!(done.verdict(), Some(Verdict::Done));
        seen(&format!("verdict_done_{name}"), &done.app);
        let back = ended(size, RolloutStatus::RollbackSuccessful, 0, 4, long);
        assert_eq!(back.verdict(), Some(Verdict::RolledBack));
        seen(&format!("verdict_rolled_back_{name}"), &back.app);
        let failed = ended(size, RolloutStatus::RollbackFailed, 1, 1, long);
        assert_eq!(failed.verdict(), Some(Verdict::Failed));
        seen(&format!("verdict_failed_{name}"), &failed.app);
        let mut unknown = Stage::half(size);
        let id = unknown.app.operations.list.last().unwrap().id;
        let at = unknown.app.now;
        let effects = unknown.app.operations.detach(id, at);
        unknown.serve(effects);
        unknown.to(80);
        seen(&format!("verdict_unknown_{name}"), &unknown.app);
    }
}
