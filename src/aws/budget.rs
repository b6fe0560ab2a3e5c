//! How often each API may be asked.
//!
//! The limits are per account and region and are shared with CI, consoles and colleagues, so polling
//! keeps within half of each: its bucket has half the rate and half the burst. Questions of a person
//! draw on the other half and so never stand in the queue behind polling. A command that reads once and ends has nobody
//! polling beside it and takes nearly all of each limit ([`Budget::alone`]). That is of one session: a command that opens several
//! environments of one account has as many budgets, and what is left to it where they meet is to slow down ([`Budget::crowded`]).
//!
//! A bucket hands out reservations: whoever takes from an empty one is told how long to wait, and the
//! next one waits longer. After a throttling answer polling of that class halves its rate, and wins
//! it back over [`RECOVERY`].

use crate::app::effect::Priority;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The time in which a class that was throttled comes back to its whole rate.
pub const RECOVERY: Duration = Duration::from_mins(1);
/// The part of its half that a lane uses: requests arrive closer together than they were sent.
const MARGIN: f64 = 0.95;
/// The part of a limit that a reader uses who is alone with it.
const WHOLE: f64 = 0.99;
/// The part of its burst.
const BURST: f64 = 0.8;
/// A first request may arrive so much later than those that were sent after it: it opens the connection. A reader who is
/// alone keeps what a limit gives in this time, in seconds, off its burst.
const OPENING: f64 = 0.05;
/// A rate is never cut below this part of it: a source must be heard of again.
const SLOWEST: f64 = 1.0 / 16.0;
/// Throttling answers closer together than this are one: they were sent before the first came.
const SAME: Duration = Duration::from_secs(1);

/// APIs that share one documented limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// ECS `ListServices`, `DescribeServices`.
    EcsServices,
    /// ECS `ListTasks`, `DescribeTasks`.
    EcsTasks,
    /// ECS clusters and task definitions.
    EcsClusters,
    /// ECS service deployments and revisions.
    EcsRollouts,
    /// ECS `RegisterTaskDefinition`.
    EcsRegister,
    /// ECS `UpdateService`, and other changes of services, tasks and tags.
    EcsUpdate,
    Ecr,
    Rds,
    /// `CloudWatch` `DescribeAlarms`.
    Alarms,
    /// `CloudWatch` `GetMetricData`.
    MetricData,
    /// `ListMetrics`, of the same service.
    MetricList,
    /// Elastic Load Balancing.
    Elbv2,
    /// Application Auto Scaling.
    Autoscaling,
    Sts,
    /// Lambda `GetFunctionConfiguration`.
    Lambda,
    /// Lambda `Invoke`.
    LambdaInvoke,
    /// `EventBridge` Scheduler.
    Scheduler,
    /// Logs `FilterLogEvents`.
    LogsFilter,
    /// Logs `GetLogEvents`.
    LogsGet,
    /// Logs `DescribeLogGroups`, `DescribeLogStreams`.
    LogsDescribe,
    /// Logs `StartLiveTail`.
    LogsLive,
    /// Logs `StartQuery`, `GetQueryResults`.
    LogsInsights,
    /// Sessions of Systems Manager, and secrets.
    Sessions,
    /// Systems Manager `GetParameter`, `GetParameterHistory`.
    Parameters,
    /// Systems Manager `DescribeParameters`.
    ParameterList,
    /// Systems Manager `PutParameter`, `DeleteParameter`.
    ParameterChanges,
    /// Route 53, `CloudFront` and Certificate Manager, each for a whole account.
    Edge,
    /// `CloudTrail` `LookupEvents`.
    Trail,
    /// Cost Explorer: each request costs.
    Costs,
    /// IAM `SimulatePrincipalPolicy`.
    Iam,
    /// EC2 `Describe` actions.
    Ec2,
    /// EC2 `StartInstances`, `StopInstances`, `RebootInstances`.
    Ec2Changes,
    /// Cognito: user pools.
    UserPools,
    /// Cognito `ListUsers`.
    Users,
}

/// Regions in which pages of logs may be asked for less often than elsewhere.
const FEW_LOGS: [&str; 5] = ["ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"];

impl Class {
    /// Every class, in the order of their buckets.
    pub const ALL: [Class; Self::COUNT] = [
        Self::EcsServices,
        Self::EcsTasks,
        Self::EcsClusters,
        Self::EcsRollouts,
        Self::EcsRegister,
        Self::EcsUpdate,
        Self::Ecr,
        Self::Rds,
        Self::Alarms,
        Self::MetricData,
        Self::MetricList,
        Self::Elbv2,
        Self::Autoscaling,
        Self::Sts,
        Self::Lambda,
        Self::LambdaInvoke,
        Self::Scheduler,
        Self::LogsFilter,
        Self::LogsGet,
        Self::LogsDescribe,
        Self::LogsLive,
        Self::LogsInsights,
        Self::Sessions,
        Self::Parameters,
        Self::ParameterList,
        Self::ParameterChanges,
        Self::Edge,
        Self::Trail,
        Self::Costs,
        Self::Iam,
        Self::Ec2,
        Self::Ec2Changes,
        Self::UserPools,
        Self::Users,
    ];
    const COUNT: usize = 34;

    /// The whole limit in a region: requests a second, and how many at once. Where the region is not known
    /// (empty), that of most.
    ///
    /// Sources: the pages on throttling and quotas of each service in AWS's documentation (ECS and ELB: "Request
    /// throttling"; ECR, Lambda, `CloudWatch` Logs and Scheduler: "Quotas").
    pub fn limit(self, region: &str) -> (f64, f64) {
        let alike = |per_second: f64| (per_second, per_second);
        match self {
            // Not adjustable, and shared by all groups.
            Self::LogsFilter if region == "us-east-1" => alike(25.0),
            Self::LogsFilter if FEW_LOGS.contains(&region) => alike(5.0),
            Self::LogsGet if region == "us-west-2" || region == "eu-west-1" || FEW_LOGS.contains(&region) => {
                alike(10.0)
            }
            Self::LogsGet | Self::MetricList => alike(25.0),
            // Of EC2 that of describe actions without a filter.
            Self::EcsServices | Self::EcsTasks | Self::Ec2 => (20.0, 100.0),
            Self::EcsClusters | Self::EcsRollouts => (20.0, 50.0),
            Self::EcsRegister => (1.0, 20.0),
            // The rate of `UpdateService` and the burst of `TagResource`: the smallest among them.
            Self::EcsUpdate => (5.0, 20.0),
            // That of `GetAuthorizationToken`; those of images are far larger.
            Self::Ecr => (20.0, 200.0),
            // The smallest of its control plane. A function's own limit is not ours to know.
            Self::Lambda | Self::LambdaInvoke => (15.0, 15.0),
            // `ListSchedules`, the smallest of those that are used.
            Self::Scheduler => (50.0, 50.0),
            Self::Rds => (12.0, 300.0),
            Self::Alarms => (9.0, 9.0),
            Self::MetricData => (500.0, 500.0),
            Self::LogsFilter | Self::LogsDescribe | Self::LogsInsights => (10.0, 10.0),
            // Not documented for sessions: as few as for a live tail. Far larger for secrets. That of Route 53 is the smallest
            // at the edge.
            Self::LogsLive | Self::Sessions | Self::Edge | Self::Ec2Changes => (5.0, 5.0),
            Self::UserPools => alike(15.0),
            Self::Users => alike(30.0),
            // The throughput that is free of charge.
            Self::Parameters => alike(40.0),
            Self::ParameterChanges => alike(3.0),
            // Two a second of an account and region, whoever asks; not documented for Cost Explorer.
            Self::Trail | Self::Costs => (2.0, 2.0),
            // That of ELB's `Describe` actions; not documented for Application Auto Scaling, far larger for STS.
            // Nor for `DescribeParameters` and IAM.
            Self::Elbv2 | Self::Autoscaling | Self::Sts | Self::ParameterList | Self::Iam => (10.0, 40.0),
        }
    }
}

/// One bucket of tokens. Pure: time is handed in.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
    throttled: Option<(Instant, f64)>,
}

impl Bucket {
    /// A full bucket: `burst` requests at once, refilled by `rate` a second.
    pub fn new(rate: f64, burst: f64, now: Instant) -> Self {
        Self { rate, burst: burst.max(1.0), tokens: burst.max(1.0), at: now, throttled: None }
    }

    /// Takes one token; returns how long to wait before using it.
    pub fn next(&mut self, now: Instant) -> Duration {
        self.fill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / self.pace(now)) }
    }

    /// Counts requests that were sent without asking: the SDK's own retries.
    pub fn charge(&mut self, requests: u32, now: Instant) {
        self.fill(now);
        self.tokens -= f64::from(requests);
    }

    /// The service asked us to slow down.
    pub fn slow_down(&mut self, now: Instant) {
        self.fill(now);
        if self.throttled.is_some_and(|(at, _)| now.saturating_duration_since(at) < SAME) {
            return;
        }
        let part = (self.part(now) / 2.0).max(SLOWEST);
        self.throttled = Some((now, part));
        // What was saved up for a burst is worth nothing now.
        self.tokens = self.tokens.min(0.0);
    }

    /// Tokens a second at this moment.
    pub fn pace(&self, now: Instant) -> f64 {
        self.rate * self.part(now)
    }

    /// The part of its rate that it has: from what throttling left, back to 1.
    fn part(&self, now: Instant) -> f64 {
        self.throttled.map_or(1.0, |(at, part)| {
            let gone = now.saturating_duration_since(at).as_secs_f64() / RECOVERY.as_secs_f64();
            (part + (1.0 - part) * gone).min(1.0)
        })
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.pace(now)).min(self.burst);
        self.at = self.at.max(now);
    }
}

/// The buckets of one account and region: two for each class.
#[derive(Debug)]
pub struct Budget {
    operator: Mutex<[Option<Bucket>; Class::COUNT]>,
    background: Mutex<[Option<Bucket>; Class::COUNT]>,
    /// Both halves of each class in one, while nobody polls.
    whole: Mutex<Option<[Option<Bucket>; Class::COUNT]>>,
    /// Where it asks, once that is known.
    region: OnceLock<String>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            operator: Mutex::new([const { None }; Class::COUNT]),
            background: Mutex::new([const { None }; Class::COUNT]),
            whole: Mutex::new(None),
            region: OnceLock::new(),
        }
    }
}

impl Budget {
    /// The region whose limits count: said once, before anything is asked.
    pub fn asks_in(&self, region: &str) {
        self.region.get_or_init(|| region.to_owned());
    }

    /// Says that nobody polls beside what is asked from now on: lanes share nearly the whole of each limit.
    pub fn alone(&self) {
        self.whole.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| [const { None }; Class::COUNT]);
    }

    /// It is asked again and again from now on: each lane keeps to its half, of what is left, and as slow as throttling left it.
    pub fn shared(&self) {
        // Held until the halves have what is left: a request in between would find them full.
        let mut alone = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(whole) = alone.take() else { return };
        for buckets in [&self.operator, &self.background] {
            let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
            for (class, left) in Class::ALL.into_iter().zip(&whole) {
                if let Some(left) = left {
                    let half = buckets[class as usize].get_or_insert_with(|| self.half(class, left.at));
                    half.tokens = half.tokens.min(left.tokens / 2.0);
                    half.throttled = left.throttled.or(half.throttled);
                }
            }
        }
    }

    /// Another limit than the documented one, in requests a second, for a reader who uses both halves alone: nearly
    /// all of it, and a burst that leaves room for requests which arrive closer together than they were sent.
    pub fn whole(&self, class: Class, rate: f64, now: Instant) {
        if let Some(buckets) = &mut *self.whole.lock().unwrap_or_else(PoisonError::into_inner) {
            buckets[class as usize] = Some(Bucket::new(rate * WHOLE, rate * BURST, now));
        }
        for buckets in [&self.operator, &self.background] {
            let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
            buckets[class as usize] = Some(Bucket::new(rate / 2.0 * WHOLE, rate / 2.0 * BURST, now));
        }
    }

    /// Waits until one request may be sent.
    pub async fn take(&self, class: Class, lane: Priority) {
        let wait = self.reserve(class, lane, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Reserves the place of one request; returns how long to wait before it is sent.
    pub fn reserve(&self, class: Class, lane: Priority, now: Instant) -> Duration {
        self.with(class, lane, now, |bucket| bucket.next(now))
    }

    /// Counts requests that the SDK sent again by itself.
    pub fn charge(&self, class: Class, lane: Priority, requests: u32, now: Instant) {
        if requests > 0 {
            self.with(class, lane, now, |bucket| bucket.charge(requests, now));
        }
    }

    /// Something had to be sent again. Who is alone with a limit is not when that happens: another command, CI or a console
    /// asks too, and there is no half that was left to them.
    pub fn crowded(&self, class: Class, now: Instant) {
        if let Some(buckets) = &mut *self.whole.lock().unwrap_or_else(PoisonError::into_inner)
            && let Some(bucket) = &mut buckets[class as usize]
        {
            bucket.slow_down(now);
        }
    }

    /// Takes a throttling answer: polling of this class slows down, a person's questions do not.
    pub fn slow_down(&self, class: Class, now: Instant) {
        self.with(class, Priority::Background, now, |bucket| bucket.slow_down(now));
    }

    fn with<T>(&self, class: Class, lane: Priority, now: Instant, act: impl FnOnce(&mut Bucket) -> T) -> T {
        if let Some(buckets) = &mut *self.whole.lock().unwrap_or_else(PoisonError::into_inner) {
            return act(buckets[class as usize].get_or_insert_with(|| {
                let (rate, burst) = self.limit(class);
                Bucket::new(rate * WHOLE, burst - rate * OPENING, now)
            }));
        }
        let buckets = match lane {
            Priority::Operator => &self.operator,
            Priority::Background => &self.background,
        };
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        act(buckets[class as usize].get_or_insert_with(|| self.half(class, now)))
    }

    /// The bucket of one lane.
    fn half(&self, class: Class, now: Instant) -> Bucket {
        let (rate, burst) = self.limit(class);
        Bucket::new(rate / 2.0 * MARGIN, burst / 2.0 * MARGIN, now)
    }

    fn limit(&self, class: Class) -> (f64, f64) {
        class.limit(self.region.get().map_or("", String::as_str))
    }
}

#[cfg(test)]
#[path = "budget_tests.rs"]
mod tests;
