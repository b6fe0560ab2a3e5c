//! One connection to one environment: configuration and credentials are loaded once, for the first
//! request; all clients share one HTTP client and one cache of credentials.
//!
//! The operator's requests and polling have separate clients with their own retry partitions, so that
//! throttled polling never delays a key press. When AWS refuses the credentials, everything is
//! dropped and reloaded from the files and the environment, at most every
//! [`super::connection::REREAD_INTERVAL`]: credentials renewed outside are used without a restart.

use super::budget::{Budget, Class};
use super::clients::{Clients, Usage};
use super::connection::{Connection, HELPER_RETRY_DELAY};
use super::failure::{self, Context};
use super::pinned::Pinned;
use super::service_clock::ServiceClock;
use super::wire::{self, Wire};
use crate::app::effect::Priority;
use crate::model::{Endpoints, Failure, FailureKind};
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Maximum wait for clean-up tasks when the session ends.
const CLEANUP_LIMIT: Duration = Duration::from_secs(2);

/// A connection to one environment. Cloning is cheap; dropping the last clone closes it.
#[derive(Debug, Clone)]
pub struct Session(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) connection: Connection,
    pub(super) context: Context,
    pub(super) wire: Wire,
    pub(super) budget: Budget,
    current: Mutex<Arc<Generation>>,
    /// Whether credentials were reloaded since the last answer.
    pub(super) renewed: AtomicBool,
    pub(super) revisions: Mutex<super::revisions::Revisions>,
    pub(super) accounts: Mutex<super::accounts::Accounts>,
    /// Tasks that outlive their callers, to end something properly.
    cleanup: Mutex<JoinSet<()>>,
}

/// Configuration and credentials from one load of the files.
#[derive(Debug)]
pub(super) struct Generation {
    made: Instant,
    loaded: OnceCell<Result<Loaded, Failure>>,
}

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: SdkConfig,
    pub(super) credentials: super::credentials::CredentialCache,
    pub(super) context: Context,
    operator: Clients,
    background: Clients,
}

/// One operation: its name in IAM and its rate limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action {
    pub(super) name: &'static str,
    pub(super) class: Class,
}

impl Session {
    /// Creates a session that connects on first use.
    pub fn new(connection: Connection) -> Self {
        Self::with_clock(connection, ServiceClock::default())
    }

    /// Creates a session with a shared measurement of the service's clock.
    pub fn with_clock(connection: Connection, clock: ServiceClock) -> Self {
        let context = super::profiles::context(&connection);
        Self(Arc::new(Inner {
            connection,
            context,
            wire: Wire::new(clock),
            budget: Budget::default(),
            current: Mutex::new(Generation::new()),
            renewed: AtomicBool::new(false),
            revisions: Mutex::default(),
            accounts: Mutex::default(),
            cleanup: Mutex::default(),
        }))
    }

    /// Returns the number of requests sent, including retries.
    pub fn requests_total(&self) -> u64 {
        self.0.wire.requests()
    }

    /// Spawns a task that ends by itself soon after its caller is gone.
    pub(super) fn spawn_cleanup(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut cleanup = self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner);
        while cleanup.try_join_next().is_some() {}
        cleanup.spawn(task);
    }

    /// Whether a clean-up task is still running.
    pub fn has_pending_cleanup(&self) -> bool {
        let mut cleanup = self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner);
        while cleanup.try_join_next().is_some() {}
        !cleanup.is_empty()
    }

    /// Waits for clean-up tasks, for two seconds at most.
    pub async fn finish_cleanup(&self) {
        let mut cleanup = std::mem::take(&mut *self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner));
        // Not `join_all`: it would panic if one of the tasks did.
        let _ = tokio::time::timeout(CLEANUP_LIMIT, async { while cleanup.join_next().await.is_some() {} }).await;
    }

    /// Marks the session as a single reader without polling: nearly the full rate limits may be used.
    pub fn set_exclusive(&self) {
        self.0.budget.set_single_reader();
    }

    /// Marks the session as polling from now on: its lanes share the limits.
    pub fn set_shared(&self) {
        self.0.budget.start_polling();
    }

    /// Sets the rates for pages of logs with a single reader, in requests per second: for `FilterLogEvents` and for
    /// `GetLogEvents`.
    pub fn set_logs_rates(&self, filter: f64, get: f64) {
        self.0.budget.set_limit(Class::LogsFilter, filter, Instant::now());
        self.0.budget.set_limit(Class::LogsGet, get, Instant::now());
    }

    /// Returns the service's clock, as measured.
    pub fn service_clock(&self) -> &ServiceClock {
        self.0.wire.clock()
    }

    /// Returns the region of its requests, without sending one; `None` if it is not configured.
    ///
    /// # Errors
    /// The AWS files cannot be read.
    pub async fn configured_region(&self) -> Result<Option<String>, Failure> {
        super::credentials::load::configured_region(&self.0.connection).await
    }

    /// Returns the region in use, once it is known.
    pub fn region(&self) -> Option<String> {
        let current = self.current();
        let loaded = current.loaded.get()?.as_ref().ok()?;
        loaded.config.region().map(ToString::to_string)
    }

    /// Returns the endpoints of its requests; until the AWS files are read, those known without them.
    pub fn endpoints(&self) -> Endpoints {
        let current = self.current();
        let loaded = current.loaded.get().and_then(|loaded| loaded.as_ref().ok());
        loaded.map_or(&self.0.context, |loaded| &loaded.context).endpoints.clone()
    }

    /// Returns when the credentials in use expire; `None` for long-lived ones, or before the first use.
    pub fn credentials_expire(&self) -> Option<Timestamp> {
        let current = self.current();
        let loaded = current.loaded.get()?.as_ref().ok()?;
        loaded.credentials.expires()
    }

    pub(super) fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.0.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether refused credentials may be replaced later: those of files and programs may, those in
    /// environment variables cannot while this process runs.
    pub fn renewable(&self) -> bool {
        !self.0.context.fixed
    }

    /// Drops the generation `refused`, unless it was loaded very recently. Returns whether there may be
    /// newer credentials to try.
    pub(super) fn renew(&self, refused: &Arc<Generation>) -> bool {
        let mut current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&current, refused) {
            return true;
        }
        let asks = refused
            .loaded
            .get()
            .and_then(|loaded| loaded.as_ref().ok())
            .is_some_and(|loaded| loaded.credentials.prompts_user() && loaded.credentials.has_failed());
        // Each start of a helper may open a dialog; after the user closed one, it is not reopened at once.
        let wait = if asks {
            HELPER_RETRY_DELAY.max(self.0.connection.reread_interval)
        } else {
            self.0.connection.reread_interval
        };
        let due = refused.made.elapsed() >= wait;
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

    pub(super) async fn load(&self, session: &Inner) -> &Result<Loaded, Failure> {
        self.loaded
            .get_or_init(|| async {
                let (config, credentials, context) =
                    Box::pin(super::credentials::load::load(&session.connection, &session.wire)).await?;
                session.budget.set_region(config.region().map_or("", |region| region.as_ref()));
                Ok(Loaded {
                    operator: Clients::new(config.clone(), Usage::Operator),
                    background: Clients::new(config.clone(), Usage::Background),
                    config,
                    credentials,
                    context,
                })
            })
            .await
    }
}

impl Inner {
    /// Sends one request with the SDK's retries, within the budget.
    pub(super) async fn send<T, E>(
        &self,
        action: Action,
        priority: Priority,
        // Boxed: an SDK future takes some 20 kB.
        sending: Pin<Box<impl Future<Output = Result<T, SdkError<E, HttpResponse>>>>>,
    ) -> Result<T, SdkError<E, HttpResponse>> {
        self.budget.take(action.class, priority).await;
        let began = Instant::now();
        let (answer, sent) = wire::count_requests(async { (caught(sending).await, wire::requests_sent()) }).await;
        wire::add_requests(sent);
        self.budget.answered(action.class, Instant::now());
        self.budget.charge(action.class, priority, sent.saturating_sub(1), Instant::now());
        if sent > 1 {
            self.budget.slow_down_single_reader(action.class, Instant::now());
        }
        let outcome = if answer.is_ok() { "answered" } else { "failed" };
        tracing::debug!(requests = sent, ms = began.elapsed().as_millis() as u64, "{} {outcome}", action.name);
        answer
    }

    /// Waits until one request of a class may be sent.
    pub(super) async fn take(&self, class: Class, priority: Priority) {
        self.budget.take(class, priority).await;
    }

    /// Records that a request of a class was throttled: fewer are sent.
    pub(super) fn slow_down(&self, class: Class) {
        self.budget.slow_down(class, Instant::now());
    }

    /// Converts the error of a request; slows polling down if it was throttled.
    pub(super) fn request_failure<E>(
        &self,
        action: Action,
        context: &Context,
        error: &SdkError<E, HttpResponse>,
    ) -> Failure
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let failed = failure::of_request(action.name, context, error);
        if failed.kind == FailureKind::Throttled {
            self.budget.slow_down(action.class, Instant::now());
        }
        failed
    }
}

/// A session used with one priority.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) session: &'a Session,
    priority: Priority,
    /// Reads that belong to a change use its credentials, which are never reloaded in between.
    pinned: Option<&'a Pinned>,
}

impl<'a> Caller<'a> {
    pub(super) fn new(session: &'a Session, priority: Priority) -> Self {
        Self { session, priority, pinned: None }
    }

    pub(super) fn pinned(session: &'a Session, pinned: &'a Pinned) -> Self {
        Self { session, priority: Priority::Operator, pinned: Some(pinned) }
    }

    /// The fixed credentials of these requests, if any.
    pub(super) fn pinned_clients(&self) -> Option<&'a Pinned> {
        self.pinned
    }

    /// The endpoints of its requests.
    pub(super) fn endpoints(&self) -> Endpoints {
        self.pinned.map_or_else(|| self.session.endpoints(), |pinned| pinned.context.endpoints.clone())
    }

    /// The priority of its requests.
    pub(super) fn priority(&self) -> Priority {
        self.priority
    }

    /// Sends one request with its retries: within the budget, with failures as sentences, and once more
    /// with reloaded credentials if AWS refuses the current ones.
    pub(super) async fn call<T, E, Sending>(
        &self,
        action: Action,
        send: impl Fn(&Clients) -> Sending,
    ) -> Result<T, Failure>
    where
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let inner = &self.session.0;
        if let Some(pinned) = self.pinned {
            return self.call_pinned(action, pinned, send).await;
        }
        let (mut again, mut signed_again) = (true, false);
        loop {
            let generation = self.session.current();
            let ahead = self.session.service_clock().ahead();
            let failed = match generation.load(inner).await {
                Err(failure) => failure.clone().with_message(format!("{}: {failure}", action.name)),
                Ok(loaded) => {
                    if let Err(failure) = loaded.credentials.ensure_loaded().await {
                        let message = format!("{}: {failure}", action.name);
                        failure.with_message(message).mark_unsent()
                    } else {
                        let clients = match self.priority {
                            Priority::Operator => &loaded.operator,
                            Priority::Background => &loaded.background,
                        };
                        match inner.send(action, self.priority, Box::pin(send(clients))).await {
                            Ok(answer) => return Ok(answer),
                            Err(error) => inner.request_failure(action, &loaded.context, &error),
                        }
                    }
                }
            };
            tracing::warn!(kind = failed.kind.name(), "{failed}");
            if self.signed_too_early(ahead, &failed) && !signed_again {
                signed_again = true;
                continue;
            }
            if failed.kind != FailureKind::Credentials {
                return Err(failed);
            }
            if again && self.session.renew(&generation) {
                again = false;
                continue;
            }
            return Err(super::credentials::load::explain(&inner.connection, failed).await);
        }
    }

    /// Sends a request with fixed credentials: their holder decides whether to try others.
    async fn call_pinned<T, E, Sending>(
        &self,
        action: Action,
        pinned: &Pinned,
        send: impl Fn(&Clients) -> Sending,
    ) -> Result<T, Failure>
    where
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let inner = &self.session.0;
        let ahead = self.session.service_clock().ahead();
        let failed = match inner.send(action, self.priority, Box::pin(send(&pinned.reads))).await {
            Ok(answer) => return Ok(answer),
            Err(error) => inner.request_failure(action, &pinned.context, &error),
        };
        if !self.signed_too_early(ahead, &failed) {
            return Err(failed);
        }
        tracing::warn!(kind = failed.kind.name(), "{failed}");
        let answer = inner.send(action, self.priority, Box::pin(send(&pinned.reads))).await;
        answer.map_err(|error| inner.request_failure(action, &pinned.context, &error))
    }

    /// Whether it was signed with a wrong time, according to its answer: AWS refuses a difference of 5 minutes.
    fn signed_too_early(&self, ahead: jiff::SignedDuration, failed: &Failure) -> bool {
        ahead != self.session.service_clock().ahead() && may_refuse_signature(failed.kind)
    }
}

/// Whether AWS may have refused the signature of this request.
fn may_refuse_signature(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Credentials | FailureKind::Denied | FailureKind::Other)
}

tokio::task_local! {
    /// Set while a panic is caught by the sender of a request.
    static CAUGHT: ();
}

/// Whether a panic at this moment fails only a request.
pub fn panic_is_caught() -> bool {
    CAUGHT.try_with(|()| ()).is_ok()
}

/// Converts a panic of a library into a failure of its request.
async fn caught<T, E>(
    sending: Pin<Box<impl Future<Output = Result<T, SdkError<E, HttpResponse>>>>>,
) -> Result<T, SdkError<E, HttpResponse>> {
    if let Ok(answer) = AssertUnwindSafe(CAUGHT.scope((), sending)).catch_unwind().await {
        return answer;
    }
    let fault = "an internal fault of a library: see the report in the log";
    // Whether it was sent is unknown.
    Err(SdkError::dispatch_failure(ConnectorError::other(fault.into(), None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn panic_in_a_library_fails_only_its_request() {
        let broken = async {
            assert!(!panic_is_caught(), "a deliberate panic in a library");
            Ok::<(), SdkError<(), HttpResponse>>(())
        };
        assert!(matches!(caught(Box::pin(broken)).await, Err(SdkError::DispatchFailure(_))));
        assert!(!panic_is_caught(), "a panic outside of a request ends the program");
        assert!(caught(Box::pin(async { Ok::<_, SdkError<(), _>>(()) })).await.is_ok());
    }
}
