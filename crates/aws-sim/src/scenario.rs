//! The names and descriptions of the scenarios. Their behaviour is in `world::build` and in the parts of the world
//! that check the scenario.

/// An initial world: an environment that is calm or in which one thing goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// bookmark-manager staging, calm.
    Staging,
    /// bookmark-manager prod, calm.
    Prod,
    /// Pantri in us-east-1, calm.
    Pantri,
    /// One database and no containers.
    Minimal,
    /// The staging api repeatedly runs out of memory.
    CrashLoop,
    /// A deployment of staging to an image that cannot be pulled is in progress.
    BadImage,
    /// Images take minutes to start.
    SlowRollout,
    /// Every deployment by a client crashes, and the breaker rolls it back.
    Breaker,
    /// Every deployment by a client crashes, and nothing stops it.
    NoBreaker,
    /// Every deployment by a client crashes, and the breaker's rollback fails as well.
    RollbackFails,
    /// Every deployment by a client crashes, and the breaker's rollback never ends.
    RollbackHangs,
    /// A service was created a moment ago, and its first rollout fails.
    FirstDeployment,
    /// A service is deleted 30 s after its first change.
    Deleted,
    /// Containers have their own health checks.
    HealthChecks,
    /// Services are deployed blue/green, with a bake time of a minute.
    BlueGreen,
    /// The services are deployed by controllers other than ECS.
    Controllers,
    /// Somebody else deploys 30 s after the first change.
    OtherDeploy,
    /// The first change succeeds but returns an error.
    LostAnswer,
    /// After the first change ECS is throttled for two minutes.
    ThrottledDeploy,
    /// The key expires 30 s after the first change.
    Expires,
    /// The scheduled stop comes 30 s after the first change.
    ScheduledStop,
    /// The staging environment, stopped for the night.
    Stopped,
    /// The prod database fails over 30 s after the start and every 10 minutes.
    Failover,
    /// About 30 % of the ECS calls are throttled.
    Throttled,
    /// The first access key expires after 30 s.
    Expired,
    /// Load in prod rises until the services reach their maximum.
    ScaleOut,
    /// 1,000 services and 10,000 tasks.
    Big,
    /// Prod writes 50,000 lines a second.
    LogStorm,
}

impl Scenario {
    /// All scenarios, in the order in which the help lists them.
    pub const ALL: &[Scenario] = &[
        Scenario::Staging,
        Scenario::Prod,
        Scenario::Pantri,
        Scenario::Minimal,
        Scenario::CrashLoop,
        Scenario::BadImage,
        Scenario::SlowRollout,
        Scenario::Breaker,
        Scenario::NoBreaker,
        Scenario::RollbackFails,
        Scenario::RollbackHangs,
        Scenario::FirstDeployment,
        Scenario::Deleted,
        Scenario::HealthChecks,
        Scenario::BlueGreen,
        Scenario::Controllers,
        Scenario::OtherDeploy,
        Scenario::LostAnswer,
        Scenario::ThrottledDeploy,
        Scenario::Expires,
        Scenario::ScheduledStop,
        Scenario::Stopped,
        Scenario::Failover,
        Scenario::Throttled,
        Scenario::Expired,
        Scenario::ScaleOut,
        Scenario::Big,
        Scenario::LogStorm,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Scenario::Staging => "staging",
            Scenario::Prod => "prod",
            Scenario::Pantri => "pantri",
            Scenario::Minimal => "minimal",
            Scenario::CrashLoop => "crash-loop",
            Scenario::BadImage => "bad-image",
            Scenario::SlowRollout => "slow-rollout",
            Scenario::Breaker => "breaker",
            Scenario::NoBreaker => "no-breaker",
            Scenario::RollbackFails => "rollback-fails",
            Scenario::RollbackHangs => "rollback-hangs",
            Scenario::FirstDeployment => "first-deployment",
            Scenario::Deleted => "deleted",
            Scenario::HealthChecks => "health-checks",
            Scenario::BlueGreen => "blue-green",
            Scenario::Controllers => "controllers",
            Scenario::OtherDeploy => "other-deploy",
            Scenario::LostAnswer => "lost-answer",
            Scenario::ThrottledDeploy => "throttled-deploy",
            Scenario::Expires => "expires",
            Scenario::ScheduledStop => "scheduled-stop",
            Scenario::Stopped => "stopped",
            Scenario::Failover => "failover",
            Scenario::Throttled => "throttled",
            Scenario::Expired => "expired",
            Scenario::ScaleOut => "scale-out",
            Scenario::Big => "big",
            Scenario::LogStorm => "log-storm",
        }
    }

    /// The scenario with this name, if there is one.
    pub fn parse(name: &str) -> Option<Scenario> {
        Scenario::ALL.iter().copied().find(|s| s.name() == name)
    }

    /// The environment to open in a demonstration of this scenario.
    pub fn environment(self) -> &'static str {
        match self {
            Scenario::Staging
            | Scenario::CrashLoop
            | Scenario::BadImage
            | Scenario::SlowRollout
            | Scenario::Breaker
            | Scenario::NoBreaker
            | Scenario::RollbackFails
            | Scenario::RollbackHangs
            | Scenario::FirstDeployment
            | Scenario::Deleted
            | Scenario::HealthChecks
            | Scenario::BlueGreen
            | Scenario::Controllers
            | Scenario::OtherDeploy
            | Scenario::LostAnswer
            | Scenario::ThrottledDeploy
            | Scenario::Expires
            | Scenario::ScheduledStop
            | Scenario::Stopped
            | Scenario::Throttled
            | Scenario::Expired => "staging",
            Scenario::Prod | Scenario::Failover | Scenario::ScaleOut | Scenario::LogStorm => "prod",
            Scenario::Pantri => "pantri",
            Scenario::Minimal => "minimal",
            Scenario::Big => "big",
        }
    }

    /// A one-line description for `--help`.
    pub fn describe(self) -> &'static str {
        match self {
            Scenario::Staging => "bookmark-manager staging, calm; stops at night, starts in the morning",
            Scenario::Prod => "bookmark-manager prod with an Aurora cluster, calm",
            Scenario::Pantri => "pantri in us-east-1 over two zones, calm",
            Scenario::Minimal => "one database and no containers, calm",
            Scenario::CrashLoop => "the staging api runs out of memory again and again",
            Scenario::BadImage => "staging deploys web with an image that cannot be pulled; the breaker will roll back",
            Scenario::SlowRollout => "staging, where every image takes two to three minutes to start",
            Scenario::Breaker => "staging, where whatever is deployed crashes and the breaker rolls it back",
            Scenario::NoBreaker => "staging without a breaker, where whatever is deployed crashes for ever",
            Scenario::RollbackFails => "staging, where whatever is deployed crashes and the rollback fails too",
            Scenario::RollbackHangs => "staging, where whatever is deployed crashes and the rollback never ends",
            Scenario::FirstDeployment => "staging, where api was created half a minute ago and never came to run",
            Scenario::Deleted => "staging, where the service is deleted 30 s after your first change of it",
            Scenario::HealthChecks => "staging, whose containers have health checks; the image deadbee fails them",
            Scenario::BlueGreen => "staging, deployed blue/green with a bake time of a minute",
            Scenario::Controllers => "staging, whose web is deployed by CodeDeploy and api by an external controller",
            Scenario::OtherDeploy => "staging, where another person deploys 30 s after your first change",
            Scenario::LostAnswer => "staging, where the first UpdateService works and answers 500",
            Scenario::ThrottledDeploy => {
                "staging, where ECS throttles every call for two minutes after the first UpdateService"
            }
            Scenario::Expires => "staging, where your key expires 30 s after the first UpdateService",
            Scenario::ScheduledStop => "staging, where the scheduled stop comes 30 s after the first UpdateService",
            Scenario::Stopped => "staging at night: stopped, the counts kept in the tags",
            Scenario::Failover => "the prod database fails over 30 s after the start, then every 10 minutes",
            Scenario::Throttled => "about 30 % of the ECS calls are throttled",
            Scenario::Expired => "the first access key expires after 30 s",
            Scenario::ScaleOut => "load in prod rises until web sits at its maximum of 10",
            Scenario::Big => "1,000 services and 10,000 tasks in one cluster",
            Scenario::LogStorm => "web and api of prod write 50,000 log lines a second",
        }
    }

    /// The region of the scenario's environment.
    pub(crate) fn region(self) -> &'static str {
        match self {
            Scenario::Pantri => "us-east-1",
            _ => "ap-northeast-1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenario_names_round_trip() {
        for s in Scenario::ALL {
            assert_eq!(Scenario::parse(s.name()), Some(*s));
            assert!(!s.describe().is_empty());
        }
        assert_eq!(Scenario::parse("nothing"), None);
    }
}
