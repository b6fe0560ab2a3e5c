//! Screens of operations at several sizes: a plan, a running deployment, failing reads, each verdict.

use crate::app::operation::outcome::Verdict;
use crate::model::{Failure, FailureKind, RolloutStatus};
use crate::ui::testing::pictures::assert_screen;
use crate::ui::testing::*;

const SIZES: [((u16, u16), &str); 3] = [((60, 15), "60x15"), ((80, 24), "80x24"), ((120, 40), "120x40")];

#[test]
fn plan_screens() {
    for (size, name) in SIZES {
        let stage = Stage::planned(size);
        assert_screen(&format!("plan_{name}"), &stage.app);
        stage.assert_shown("[ Deploy ]");
    }
}

#[test]
fn deployment_screens() {
    for (size, name) in SIZES {
        let mut stage = Stage::with_half_deployment(size);
        assert_screen(&format!("deploying_{name}"), &stage.app);
        if size.1 < 20 {
            stage.press("tab");
            assert_screen(&format!("deploying_progress_{name}"), &stage.app);
            stage.press("tab");
        }
        stage.press("esc ctrl-a");
        assert_screen(&format!("drawer_{name}"), &stage.app);
    }
}

#[test]
fn failing_read_screens() {
    for (size, name) in SIZES {
        let mut stage = Stage::with_half_deployment(size);
        stage.aws.failing = Some(Failure::new(FailureKind::Throttled, "Rate exceeded"));
        for second in [78, 84, 91, 98] {
            stage.advance_to(second);
        }
        if size.1 < 20 {
            stage.press("tab");
        }
        assert_screen(&format!("deploying_late_{name}"), &stage.app);
    }
}

/// Ends a deployment that was half done.
fn ended(size: (u16, u16), status: RolloutStatus, fresh: u32, old: u32, reason: &str) -> Stage {
    let mut stage = Stage::with_half_deployment(size);
    stage.aws.rollout(WEB, fresh, 0, old);
    stage.aws.finish(WEB, status, reason);
    for second in [78, 82, 86] {
        stage.advance_to(second);
    }
    stage
}

#[test]
fn verdict_screens() {
    let long = "ECS deployment circuit breaker: tasks failed to start.";
    for (size, name) in SIZES {
        let done = ended(size, RolloutStatus::Successful, 4, 0, "");
        assert_eq!(done.verdict(), Some(Verdict::Done));
        assert_screen(&format!("verdict_done_{name}"), &done.app);
        let back = ended(size, RolloutStatus::RollbackSuccessful, 0, 4, long);
        assert_eq!(back.verdict(), Some(Verdict::RolledBack));
        assert_screen(&format!("verdict_rolled_back_{name}"), &back.app);
        let failed = ended(size, RolloutStatus::RollbackFailed, 1, 1, long);
        assert_eq!(failed.verdict(), Some(Verdict::Failed));
        assert_screen(&format!("verdict_failed_{name}"), &failed.app);
        let mut unknown = Stage::with_half_deployment(size);
        let id = unknown.app.operations.list.last().unwrap().id;
        let at = unknown.app.now;
        let effects = unknown.app.operations.detach(id, at);
        unknown.serve(effects);
        unknown.advance_to(80);
        assert_screen(&format!("verdict_unknown_{name}"), &unknown.app);
    }
}
