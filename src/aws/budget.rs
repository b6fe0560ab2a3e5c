//! Rate limits for requests to each API.
//!
//! The limits apply per account and region and are shared with CI, consoles and colleagues, so polling
//! keeps within half of each: its bucket has half the rate and half the burst. Requests of the operator
//! use the other half and so never queue behind polling. A command that reads once and ends has no polling
//! beside it and uses nearly all of each limit ([`Budget::set_single_reader`]). A budget belongs to one session: a command
//! that opens several environments of one account has one budget for each, and slows down when they collide
//! ([`Budget::slow_down_single_reader`]).
//!
//! A bucket grants reservations: taking from an empty one returns the time to wait, and the
//! next caller waits longer. After a throttling answer, polling of that class halves its rate and
//! recovers it over [`RECOVERY`].

use crate::app::effect::Priority;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The time in which a throttled class returns to its full rate.
pub const RECOVERY: Duration = Duration::from_mins(1);
/// The fraction of its half that a priority uses: requests arrive closer together than they were sent.
const MARGIN: f64 = 0.95;
/// The fraction of a limit that a single reader uses.
const WHOLE: f64 = 0.99;
/// The fraction of its burst.
const BURST: f64 = 0.8;
/// How much longer one request may be under way than another, in seconds. A single reader reduces its burst by what the limit
/// grants in this time.
const UNEVEN: f64 = 0.05;
/// How long a single reader's bucket waits for the first answer before it is refilled. AWS counts from the arrival of the first
/// request, which is unknown here, but not later than its answer: a bucket refilled from an earlier moment would grant as many
/// requests too many as the limit allows in between, and credentials and a connection take up to a second.
const FIRST_ANSWER: Duration = Duration::from_secs(1);
/// The minimum fraction of a rate: a throttled source must still be updated.
const SLOWEST: f64 = 1.0 / 16.0;
/// Throttling answers closer together than this count as one: their requests were sent before the first answer arrived.
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
    /// `CloudWatch` `ListMetrics`.
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
    /// Session Manager sessions, and secrets.
    Sessions,
    /// Systems Manager `GetParameter`, `GetParameterHistory`.
    Parameters,
    /// Systems Manager `DescribeParameters`.
    ParameterList,
    /// Systems Manager `PutParameter`, `DeleteParameter`.
    ParameterChanges,
    /// Route 53, `CloudFront` and Certificate Manager, each limited per account.
    Edge,
    /// `CloudTrail` `LookupEvents`.
    Trail,
    /// Cost Explorer: each request is charged.
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

/// Regions with a lower limit for pages of logs.
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

    /// The full limit in a region: requests per second, and the burst. An unknown region (empty) gets
    /// the limit of most regions.
    ///
    /// Sources: the pages on throttling and quotas of each service in AWS's documentation (ECS and ELB: "Request
    /// throttling"; ECR, Lambda, `CloudWatch` Logs and Scheduler: "Quotas").
    pub fn limit(self, region: &str) -> (f64, f64) {
        let alike = |per_second: f64| (per_second, per_second);
        match self {
            // Not adjustable, and shared by all log groups.
            Self::LogsFilter if region == "us-east-1" => alike(25.0),
            Self::LogsFilter if FEW_LOGS.contains(&region) => alike(5.0),
            Self::LogsGet if region == "us-west-2" || region == "eu-west-1" || FEW_LOGS.contains(&region) => {
                alike(10.0)
            }
            Self::LogsGet | Self::MetricList => alike(25.0),
            // For EC2, the limit of describe actions without a filter.
            Self::EcsServices | Self::EcsTasks | Self::Ec2 => (20.0, 100.0),
            Self::EcsClusters | Self::EcsRollouts => (20.0, 50.0),
            Self::EcsRegister => (1.0, 20.0),
            // The rate of `UpdateService` and the burst of `TagResource`: the smallest of these actions.
            Self::EcsUpdate => (5.0, 20.0),
            // The limit of `GetAuthorizationToken`; those of image actions are far larger.
            Self::Ecr => (20.0, 200.0),
            // The smallest limit of the control plane. A function's own limit is unknown here.
            Self::Lambda | Self::LambdaInvoke => (15.0, 15.0),
            // `ListSchedules`, the smallest limit of the actions used.
            Self::Scheduler => (50.0, 50.0),
            Self::Rds => (12.0, 300.0),
            Self::Alarms => (9.0, 9.0),
            Self::MetricData => (500.0, 500.0),
            Self::LogsFilter | Self::LogsDescribe | Self::LogsInsights => (10.0, 10.0),
            // Not documented for sessions: the same as for a live tail. Far larger for secrets. Route 53 has the smallest limit
            // of the edge services.
            Self::LogsLive | Self::Sessions | Self::Edge | Self::Ec2Changes => (5.0, 5.0),
            Self::UserPools => alike(15.0),
            Self::Users => alike(30.0),
            // The throughput without extra charge.
            Self::Parameters => alike(40.0),
            Self::ParameterChanges => alike(3.0),
            // Two per second and account and region, shared by all callers; not documented for Cost Explorer.
            Self::Trail | Self::Costs => (2.0, 2.0),
            // The limit of ELB's `Describe` actions; not documented for Application Auto Scaling, far larger for STS.
            // Not documented for `DescribeParameters` and IAM either.
            Self::Elbv2 | Self::Autoscaling | Self::Sts | Self::ParameterList | Self::Iam => (10.0, 40.0),
        }
    }
}

/// One token bucket. Pure: the time is a parameter.
#[derive(Debug, Clone)]
pub struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
    throttled: Option<(Instant, f64)>,
    /// When the bucket was created, until the first answer.
    unanswered_since: Option<Instant>,
}

impl Bucket {
    /// Creates a full bucket: a burst of `burst` requests, refilled with `rate` per second.
    pub fn new(rate: f64, burst: f64, now: Instant) -> Self {
        Self { rate, burst: burst.max(1.0), tokens: burst.max(1.0), at: now, throttled: None, unanswered_since: None }
    }

    /// Creates a full bucket that is refilled from its first answer on, or from [`FIRST_ANSWER`] on.
    fn refilled_from_first_answer(rate: f64, burst: f64, now: Instant) -> Self {
        Self { unanswered_since: Some(now), ..Self::new(rate, burst, now) }
    }

    /// Records an answer: from the first one on, the bucket is refilled.
    fn answered(&mut self, now: Instant) {
        self.fill(now);
        self.unanswered_since = None;
    }

    /// Takes one token; returns how long to wait before using it.
    pub fn reserve(&mut self, now: Instant) -> Duration {
        self.fill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-self.tokens / self.current_rate(now)) }
    }

    /// Counts requests that were sent without a token: the SDK's own retries.
    pub fn charge(&mut self, requests: u32, now: Instant) {
        self.fill(now);
        self.tokens -= f64::from(requests);
    }

    /// Halves the rate after a throttling answer.
    pub fn slow_down(&mut self, now: Instant) {
        self.fill(now);
        if self.throttled.is_some_and(|(at, _)| now.saturating_duration_since(at) < SAME) {
            return;
        }
        let part = (self.part(now) / 2.0).max(SLOWEST);
        self.throttled = Some((now, part));
        // Tokens saved for a burst are void now.
        self.tokens = self.tokens.min(0.0);
    }

    /// Returns the tokens per second at this moment.
    pub fn current_rate(&self, now: Instant) -> f64 {
        self.rate * self.part(now)
    }

    /// The current fraction of the rate: from what throttling left, recovering to 1.
    fn part(&self, now: Instant) -> f64 {
        self.throttled.map_or(1.0, |(at, part)| {
            let gone = now.saturating_duration_since(at).as_secs_f64() / RECOVERY.as_secs_f64();
            (part + (1.0 - part) * gone).min(1.0)
        })
    }

    fn fill(&mut self, now: Instant) {
        if let Some(since) = self.unanswered_since {
            self.at = self.at.max(now.min(since + FIRST_ANSWER));
            if now < since + FIRST_ANSWER {
                return;
            }
            self.unanswered_since = None;
        }
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.current_rate(now)).min(self.burst);
        self.at = self.at.max(now);
    }
}

/// The buckets of one account and region: two per class.
#[derive(Debug)]
pub struct Budget {
    operator: Mutex<[Option<Bucket>; Class::COUNT]>,
    background: Mutex<[Option<Bucket>; Class::COUNT]>,
    /// Both halves of each class as one bucket, while there is no polling.
    combined: Mutex<Option<[Option<Bucket>; Class::COUNT]>>,
    /// The region of the requests, once it is known.
    region: OnceLock<String>,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            operator: Mutex::new([const { None }; Class::COUNT]),
            background: Mutex::new([const { None }; Class::COUNT]),
            combined: Mutex::new(None),
            region: OnceLock::new(),
        }
    }
}

impl Budget {
    /// Sets the region whose limits apply: once, before the first request.
    pub fn set_region(&self, region: &str) {
        self.region.get_or_init(|| region.to_owned());
    }

    /// Marks the session as a single reader without polling: its priorities share nearly the full limit.
    pub fn set_single_reader(&self) {
        self.combined
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert_with(|| [const { None }; Class::COUNT]);
    }

    /// Starts polling: each priority uses its half of the remaining tokens, at the rate that throttling left.
    pub fn start_polling(&self) {
        // Held until the halves have the remaining tokens: a request in between would find them full.
        let mut alone = self.combined.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(combined) = alone.take() else { return };
        for buckets in [&self.operator, &self.background] {
            let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
            for (class, left) in Class::ALL.into_iter().zip(&combined) {
                if let Some(left) = left {
                    let half = buckets[class as usize].get_or_insert_with(|| self.half(class, left.at));
                    half.tokens = half.tokens.min(left.tokens / 2.0);
                    half.throttled = left.throttled.or(half.throttled);
                }
            }
        }
    }

    /// Replaces the documented limit, in requests per second, for a single reader that uses both halves: nearly
    /// all of it, with a burst that leaves room for requests that arrive closer together than they were sent.
    pub fn set_limit(&self, class: Class, rate: f64, now: Instant) {
        if let Some(buckets) = &mut *self.combined.lock().unwrap_or_else(PoisonError::into_inner) {
            buckets[class as usize] = Some(Bucket::refilled_from_first_answer(rate * WHOLE, rate * BURST, now));
        }
        for buckets in [&self.operator, &self.background] {
            let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
            buckets[class as usize] = Some(Bucket::new(rate / 2.0 * WHOLE, rate / 2.0 * BURST, now));
        }
    }

    /// Waits until one request may be sent.
    pub async fn take(&self, class: Class, priority: Priority) {
        let wait = self.reserve(class, priority, Instant::now());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
    }

    /// Reserves the slot of one request; returns how long to wait before it is sent.
    pub fn reserve(&self, class: Class, priority: Priority, now: Instant) -> Duration {
        self.with(class, priority, now, |bucket| bucket.reserve(now))
    }

    /// Counts requests that the SDK retried by itself.
    pub fn charge(&self, class: Class, priority: Priority, requests: u32, now: Instant) {
        if requests > 0 {
            self.with(class, priority, now, |bucket| bucket.charge(requests, now));
        }
    }

    /// Records an answer, or that there is none, to a request of a single reader.
    pub fn answered(&self, class: Class, now: Instant) {
        self.with_single_reader(class, |bucket| bucket.answered(now));
    }

    /// Slows down after a retry was needed. A single reader is not alone with a limit when that happens: another command, CI
    /// or a console sends requests too, and no half was left to them.
    pub fn slow_down_single_reader(&self, class: Class, now: Instant) {
        self.with_single_reader(class, |bucket| bucket.slow_down(now));
    }

    /// Changes the bucket of a class, if there is a single reader and it has used the class.
    fn with_single_reader(&self, class: Class, change: impl FnOnce(&mut Bucket)) {
        if let Some(buckets) = &mut *self.combined.lock().unwrap_or_else(PoisonError::into_inner)
            && let Some(bucket) = &mut buckets[class as usize]
        {
            change(bucket);
        }
    }

    /// Records a throttling answer: polling of this class slows down, the operator's requests do not.
    pub fn slow_down(&self, class: Class, now: Instant) {
        self.with(class, Priority::Background, now, |bucket| bucket.slow_down(now));
    }

    fn with<T>(&self, class: Class, priority: Priority, now: Instant, act: impl FnOnce(&mut Bucket) -> T) -> T {
        if let Some(buckets) = &mut *self.combined.lock().unwrap_or_else(PoisonError::into_inner) {
            return act(buckets[class as usize].get_or_insert_with(|| {
                let (rate, burst) = self.limit(class);
                Bucket::refilled_from_first_answer(rate * WHOLE, burst - rate * UNEVEN, now)
            }));
        }
        let buckets = match priority {
            Priority::Operator => &self.operator,
            Priority::Background => &self.background,
        };
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        act(buckets[class as usize].get_or_insert_with(|| self.half(class, now)))
    }

    /// The bucket for one priority.
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
