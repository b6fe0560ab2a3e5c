//! One connection to one environment: configuration and credentials are loaded when the first question
//! comes, once; all clients share one HTTP client and one cache of credentials.
//!
//! A person's questions and polling have clients of their own with a retry partition each, so that
//! polling that is throttled never delays a key press. When AWS refuses the credentials, everything is
//! dropped and read again from the files and the environment, at most every
//! [`super::connection::REREAD_AFTER`]: credentials renewed outside are used without a restart.

use super::budget::{Budget, Class};
use super::connection::{CONNECT_TIMEOUT, Connection};
use super::failure::{self, Context};
use super::wire::{self, Wire};
use crate::app::effect::Lane;
use crate::model::{Failure, FailureKind};
use aws_config::SdkConfig;
use aws_sdk_ecs::config::retry::RetryPartition;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::OnceCell;
use tokio::time::Instant;

/// A connection to one environment. Cloning is cheap; dropping the last clone closes it.
#[derive(Debug, Clone)]
pub struct Session(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    connection: Connection,
    context: Context,
    wire: Wire,
    budget: Budget,
    current: Mutex<Arc<Generation>>,
    /// Credentials were read again, and nobody was told yet.
    pub(super) renewed: AtomicBool,
    pub(super) revisions: Mutex<super::ecs_rollouts::Revisions>,
}

/// Configuration and credentials of one reading of the files.
#[derive(Debug)]
struct Generation {
    made: Instant,
    loaded: OnceCell<Result<Loaded, Failure>>,
}

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: SdkConfig,
    pub(super) credentials: super::credentials::Keeper,
    operator: Set,
    background: Set,
}

/// The clients of one lane, each made when it is first used.
#[derive(Debug, Default)]
struct Set {
    ecs: OnceLock<aws_sdk_ecs::Client>,
    rds: OnceLock<aws_sdk_rds::Client>,
    autoscaling: OnceLock<aws_sdk_applicationautoscaling::Client>,
    cloudwatch: OnceLock<aws_sdk_cloudwatch::Client>,
    elbv2: OnceLock<aws_sdk_elasticloadbalancingv2::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
    logs: OnceLock<aws_sdk_cloudwatchlogs::Client>,
}

/// One operation: its name in IAM and the limit that it draws on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) class: Class,
}

impl Session {
    /// A connection that does nothing yet.
    pub fn new(connection: Connection) -> Self {
        let (who, renew) = connection.who();
        let endpoint = connection
            .endpoint_url
            .clone()
            .or_else(|| std::env::var("AWS_ENDPOINT_URL").ok().filter(|url| !url.is_empty()))
            .map(|url| failure::without_user(&url));
        Self(Arc::new(Inner {
            connection,
            context: Context { who, renew, endpoint },
            wire: Wire::default(),
            budget: Budget::default(),
            current: Mutex::new(Generation::new()),
            renewed: AtomicBool::new(false),
            revisions: Mutex::default(),
        }))
    }

    /// Requests sent in all, retries too.
    pub fn requests_total(&self) -> u64 {
        self.0.wire.requests()
    }

    /// How often pages of logs may be asked for, in requests a second.
    pub fn set_logs_rate(&self, rate: f64) {
        self.0.budget.limit(Class::LogsFilter, rate);
    }

    /// How far this machine's clock is ahead of AWS's (behind: negative), once something answered.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.0.wire.clock_skew()
    }

    /// The region in use, once it is known.
    pub fn region(&self) -> Option<String> {
        let current = self.current();
        let loaded = current.loaded.get()?.as_ref().ok()?;
        loaded.config.region().map(ToString::to_string)
    }

    /// When the credentials in use end; `None` for long-lived ones, or while none were needed.
    pub fn credentials_expire(&self) -> Option<Timestamp> {
        let current = self.current();
        let loaded = current.loaded.get()?.as_ref().ok()?;
        loaded.credentials.expires()
    }

    fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.0.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Drops what `refused` holds, unless that was read a moment ago. Whether there is something
    /// newer to try.
    fn renew(&self, refused: &Arc<Generation>) -> bool {
        let mut current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&current, refused) {
            return true;
        }
        let due = refused.made.elapsed() >= self.0.connection.reread_after;
        if due {
            *current = Generation::new();
            self.0.renewed.store(true, Ordering::SeqCst);
        }
        due
    }
}

impl Generation {
    fn new() -> Arc<Self> {
        Arc::new(Self { made: Instant::now(), loaded: OnceCell::new() })
    }

    async fn load(&self, session: &Inner) -> &Result<Loaded, Failure> {
        self.loaded
            .get_or_init(|| async {
                let (config, credentials) = super::credentials::load(&session.connection, &session.wire).await?;
                Ok(Loaded { config, credentials, operator: Set::default(), background: Set::default() })
            })
            .await
    }
}

/// A session seen from one lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) session: &'a Session,
    pub(super) lane: Lane,
}

impl Caller<'_> {
    /// One request with its retries: within the budget, its failure in a sentence, and once more
    /// with new credentials where AWS refused those there were.
    pub(super) async fn call<T, E, Sending>(
        &self,
        action: Action,
        send: impl Fn(&Clients<'_>) -> Sending,
    ) -> Result<T, Failure>
    where
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let inner = &self.session.0;
        let mut again = true;
        loop {
            let generation = self.session.current();
            let failed = match generation.load(inner).await {
                Err(failure) => Failure::new(failure.kind, format!("{}: {failure}", action.name)),
                Ok(loaded) => {
                    inner.budget.take(action.class, self.lane).await;
                    // Boxed: an SDK future has some 20 kB.
                    let sending = Box::pin(send(&Clients { loaded, lane: self.lane }));
                    let (answer, sent) = wire::counted(async { (sending.await, wire::sent()) }).await;
                    wire::add(sent);
                    inner.budget.charge(action.class, self.lane, sent.saturating_sub(1));
                    match answer {
                        Ok(answer) => return Ok(answer),
                        Err(error) => failure::of_request(action.name, &inner.context, &error),
                    }
                }
            };
            tracing::debug!(kind = failed.kind.word(), "{failed}");
            match failed.kind {
                FailureKind::Throttled => inner.budget.slow_down(action.class),
                FailureKind::Credentials if again && self.session.renew(&generation) => {
                    again = false;
                    continue;
                }
                FailureKind::Credentials => return Err(super::credentials::explain(&inner.connection, failed).await),
                FailureKind::Denied
                | FailureKind::Unreachable
                | FailureKind::Timeout
                | FailureKind::Malformed
                | FailureKind::NotFound
                | FailureKind::WrongAccount
                | FailureKind::Service
                | FailureKind::Other => {}
            }
            return Err(failed);
        }
    }
}

/// The clients of a lane.
#[derive(Debug)]
pub(super) struct Clients<'a> {
    loaded: &'a Loaded,
    lane: Lane,
}

/// One getter: the client of a service, with the lane's own retry partition.
macro_rules! client {
    ($name:ident, $service:ident) => {
        pub(super) fn $name(&self) -> &$service::Client {
            self.set().$name.get_or_init(|| {
                let partition = match self.lane {
                    Lane::Operator => concat!("operator-", stringify!($name)),
                    Lane::Background => concat!("background-", stringify!($name)),
                };
                let config = $service::config::Builder::from(&self.loaded.config)
                    .retry_partition(RetryPartition::new(partition))
                    .build();
                $service::Client::from_conf(config)
            })
        }
    };
}

impl Clients<'_> {
    fn set(&self) -> &Set {
        match self.lane {
            Lane::Operator => &self.loaded.operator,
            Lane::Background => &self.loaded.background,
        }
    }

    client!(ecs, aws_sdk_ecs);
    client!(rds, aws_sdk_rds);
    client!(autoscaling, aws_sdk_applicationautoscaling);
    client!(cloudwatch, aws_sdk_cloudwatch);
    client!(elbv2, aws_sdk_elasticloadbalancingv2);
    client!(sts, aws_sdk_sts);

    pub(super) fn logs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.set().logs.get_or_init(|| {
            let partition = match self.lane {
                Lane::Operator => "operator-logs",
                Lane::Background => "background-logs",
            };
            let config = aws_sdk_cloudwatchlogs::config::Builder::from(&self.loaded.config)
                .retry_partition(RetryPartition::new(partition));
            let config = match self.loaded.config.endpoint_url() {
                Some(_) => config.interceptor(super::logs_live::PlainHost),
                None => config,
            };
            aws_sdk_cloudwatchlogs::Client::from_conf(config.build())
        })
    }
}

/// The limits of time for every request of a connection.
pub(super) fn timeouts(connection: &Connection) -> aws_smithy_types::timeout::TimeoutConfig {
    // The SDK's own default limits only the connecting: a server that hangs would hang us.
    aws_smithy_types::timeout::TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT.min(connection.operation_timeout))
        .operation_attempt_timeout(super::connection::ATTEMPT_TIMEOUT.min(connection.operation_timeout))
        .operation_timeout(connection.operation_timeout)
        .build()
}
