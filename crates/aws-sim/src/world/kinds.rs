//! Simple enums of services and deployments without dependencies on the rest of the world: lifecycle, deployment
//! strategy, controller and stage.

/// The `status` of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Active,
    /// It was deleted, and its last tasks are stopping.
    Draining,
    /// It was deleted, and its tasks have stopped.
    Inactive,
}

impl Life {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Life::Active => "ACTIVE",
            Life::Draining => "DRAINING",
            Life::Inactive => "INACTIVE",
        }
    }
}

/// The outcome of a rollback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RollbackOutcome {
    /// It ends as its tasks determine.
    Open,
    /// It starts and never ends.
    Hangs,
    /// It starts and fails.
    Fails,
}

impl RollbackOutcome {
    pub(crate) fn parse(name: &str) -> Result<RollbackOutcome, String> {
        match name {
            "open" => Ok(RollbackOutcome::Open),
            "hangs" => Ok(RollbackOutcome::Hangs),
            "fails" => Ok(RollbackOutcome::Fails),
            _ => Err(format!("rollback {name:?} is none of open, hangs, fails")),
        }
    }
}

/// The deployment strategy of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    Rolling,
    /// Blue/green with this bake time, in minutes.
    BlueGreen(u32),
}

/// The `lifecycleStage` of a service deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    ReconcileService,
    PreScaleUp,
    ScaleUp,
    PostScaleUp,
    TestTrafficShift,
    PostTestTrafficShift,
    ProductionTrafficShift,
    PostProductionTrafficShift,
    BakeTime,
    CleanUp,
}

impl Stage {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Stage::ReconcileService => "RECONCILE_SERVICE",
            Stage::PreScaleUp => "PRE_SCALE_UP",
            Stage::ScaleUp => "SCALE_UP",
            Stage::PostScaleUp => "POST_SCALE_UP",
            Stage::TestTrafficShift => "TEST_TRAFFIC_SHIFT",
            Stage::PostTestTrafficShift => "POST_TEST_TRAFFIC_SHIFT",
            Stage::ProductionTrafficShift => "PRODUCTION_TRAFFIC_SHIFT",
            Stage::PostProductionTrafficShift => "POST_PRODUCTION_TRAFFIC_SHIFT",
            Stage::BakeTime => "BAKE_TIME",
            Stage::CleanUp => "CLEAN_UP",
        }
    }

    /// The next stage; none after the last.
    pub(crate) fn next(self) -> Option<Stage> {
        Some(match self {
            Stage::ReconcileService => Stage::PreScaleUp,
            Stage::PreScaleUp => Stage::ScaleUp,
            Stage::ScaleUp => Stage::PostScaleUp,
            Stage::PostScaleUp => Stage::TestTrafficShift,
            Stage::TestTrafficShift => Stage::PostTestTrafficShift,
            Stage::PostTestTrafficShift => Stage::ProductionTrafficShift,
            Stage::ProductionTrafficShift => Stage::PostProductionTrafficShift,
            Stage::PostProductionTrafficShift => Stage::BakeTime,
            Stage::BakeTime => Stage::CleanUp,
            Stage::CleanUp => return None,
        })
    }
}

/// The `deploymentController` of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Controller {
    Ecs,
    CodeDeploy,
    External,
}

impl Controller {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Controller::Ecs => "ECS",
            Controller::CodeDeploy => "CODE_DEPLOY",
            Controller::External => "EXTERNAL",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Controller> {
        [Controller::Ecs, Controller::CodeDeploy, Controller::External].into_iter().find(|c| c.name() == name)
    }
}

/// The additional fields of a deployment that is a task set.
#[derive(Debug, Clone)]
pub(crate) struct TaskSet {
    pub(crate) external: Option<String>,
    /// The scale in percent of the desired count.
    pub(crate) scale: f64,
    pub(crate) primary: bool,
}
