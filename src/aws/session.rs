//! One connection to one environment: configuration and credentials are loaded when the first question
//! comes, once; all clients share one HTTP client and one cache of credentials.
//!
//! A person's questions and polling have clients of their own with a retry partition each, so that
//! polling that is throttled never delays a key press. When AWS refuses the credentials, everything is
//! dropped and read again from the files and the environment, at most every
//! [`super::connection::REREAD_AFTER`]: credentials renewed outside are used without a restart.

use super::budget::{Budget, Class};
use super::clients::{Clients, Usage};
use super::connection::{Connection, HELPER_AGAIN};
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

/// The longest wait for clean-up tasks when the session ends.
const CLEANUP_LIMIT: Duration = Duration::from_secs(2);

/// A connection to one environment. Cloning is cheap; dropping the last clone closes it.
#[derive(Debug, Clone)]
pub struct Session(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) connection: Connection,
    pub(super) context: Context,
    pub(super) wire: Wire,
    budget: Budget,
    current: Mutex<Arc<Generation>>,
    /// Credentials were read again, and nobody was told yet.
    pub(super) renewed: AtomicBool,
    pub(super) revisions: Mutex<super::revisions::Revisions>,
    pub(super) accounts: Mutex<super::accounts::Accounts>,
    /// Tasks that outlive those who wait for them, to end something properly.
    cleanup: Mutex<JoinSet<()>>,
}

/// Configuration and credentials of one reading of the files.
#[derive(Debug)]
pub(super) struct Generation {
    made: Instant,
    loaded: OnceCell<Result<Loaded, Failure>>,
}

#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: SdkConfig,
    pub(super) credentials: super::credentials::Keeper,
    pub(super) context: Context,
    operator: Clients,
    background: Clients,
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
        Self::with_clock(connection, ServiceClock::default())
    }

    /// A session with a measurement of the service's clock that is shared.
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

    /// Requests sent in all, retries too.
    pub fn requests_total(&self) -> u64 {
        self.0.wire.requests()
    }

    /// Runs something that ends by itself a moment after nobody waits for it any more.
    pub(super) fn spawn_cleanup(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut cleanup = self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner);
        while cleanup.try_join_next().is_some() {}
        cleanup.spawn(task);
    }

    /// Whether something that was left has not ended yet.
    pub fn has_pending_cleanup(&self) -> bool {
        let mut cleanup = self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner);
        while cleanup.try_join_next().is_some() {}
        !cleanup.is_empty()
    }

    /// Waits until what was left has ended, for two seconds at most.
    pub async fn finish_cleanup(&self) {
        let mut cleanup = std::mem::take(&mut *self.0.cleanup.lock().unwrap_or_else(PoisonError::into_inner));
        // Not `join_all`: it would panic where one of the tasks did.
        let _ = tokio::time::timeout(CLEANUP_LIMIT, async { while cleanup.join_next().await.is_some() {} }).await;
    }

    /// Says that nobody polls beside what is asked from now on: nearly the whole of each limit may be used.
    pub fn reads_alone(&self) {
        self.0.budget.alone();
    }

    /// Says that it is asked again and again from now on, beside others.
    pub fn reads_again(&self) {
        self.0.budget.shared();
    }

    /// How often pages of logs may be asked for by one reader alone, in requests a second: by `FilterLogEvents`, by
    /// `GetLogEvents`.
    pub fn set_logs_rates(&self, filter: f64, get: f64) {
        self.0.budget.whole(Class::LogsFilter, filter, Instant::now());
        self.0.budget.whole(Class::LogsGet, get, Instant::now());
    }

    /// The service's clock, as measured.
    pub fn service_clock(&self) -> &ServiceClock {
        self.0.wire.clock()
    }

    /// The region that it asks in, before anything is asked; none where nothing names one.
    ///
    /// # Errors
    /// The files of AWS cannot be read.
    pub async fn named_region(&self) -> Result<Option<String>, Failure> {
        super::credentials::load::named_region(&self.0.connection).await
    }

    /// The region in use, once it is known.
    pub fn region(&self) -> Option<String> {
        let current = self.current();
        let loaded = current.loaded.get()?.as_ref().ok()?;
        loaded.config.region().map(ToString::to_string)
    }

    /// Where requests go; before the AWS files were read, as far as that is known without them.
    pub fn endpoints(&self) -> Endpoints {
        let current = self.current();
        let loaded = current.loaded.get().and_then(|loaded| loaded.as_ref().ok());
        loaded.map_or(&self.0.context, |loaded| &loaded.context).endpoints.clone()
    }

    /// When the credentials in use end; `None` for long-lived ones, or while none were needed.
    pub fn credentials_expire(&self) -> Option<Timestamp> {
        let current = self.current();
        let loaded = current.loaded.get()?.as_ref().ok()?;
        loaded.credentials.expires()
    }

    pub(super) fn current(&self) -> Arc<Generation> {
        Arc::clone(&self.0.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether credentials that AWS refuses may be others later: those of files and programs may, those in
    /// variables of the environment cannot as long as this process runs.
    pub fn renewable(&self) -> bool {
        !self.0.context.lasting
    }

    /// Drops what `refused` holds, unless that was read a moment ago. Whether there is something
    /// newer to try.
    pub(super) fn renew(&self, refused: &Arc<Generation>) -> bool {
        let mut current = self.0.current.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&current, refused) {
            return true;
        }
        let asks = refused
            .loaded
            .get()
            .and_then(|loaded| loaded.as_ref().ok())
            .is_some_and(|loaded| loaded.credentials.asks() && loaded.credentials.failed());
        // Each start of a helper may be a dialog; one that was closed is not opened again at once.
        let wait = if asks { HELPER_AGAIN.max(self.0.connection.reread_after) } else { self.0.connection.reread_after };
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
                session.budget.asks_in(config.region().map_or("", |region| region.as_ref()));
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
    /// One request with the SDK's retries, within the budget.
    pub(super) async fn send<T, E>(
        &self,
        action: Action,
        lane: Priority,
        // Boxed: an SDK future has some 20 kB.
        sending: Pin<Box<impl Future<Output = Result<T, SdkError<E, HttpResponse>>>>>,
    ) -> Result<T, SdkError<E, HttpResponse>> {
        self.budget.take(action.class, lane).await;
        let began = Instant::now();
        let (answer, sent) = wire::counted(async { (caught(sending).await, wire::sent()) }).await;
        wire::add(sent);
        self.budget.charge(action.class, lane, sent.saturating_sub(1), Instant::now());
        if sent > 1 {
            self.budget.crowded(action.class, Instant::now());
        }
        let outcome = if answer.is_ok() { "answered" } else { "failed" };
        tracing::debug!(requests = sent, ms = began.elapsed().as_millis() as u64, "{} {outcome}", action.name);
        answer
    }

    /// Waits until one request of a class may be sent.
    pub(super) async fn take(&self, class: Class, lane: Priority) {
        self.budget.take(class, lane).await;
    }

    /// A request of a class was throttled: fewer are sent.
    pub(super) fn slow_down(&self, class: Class) {
        self.budget.slow_down(class, Instant::now());
    }

    /// The failure of a request; polling slows down where it was throttled.
    pub(super) fn failed<E>(&self, action: Action, context: &Context, error: &SdkError<E, HttpResponse>) -> Failure
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

/// A session seen from one lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller<'a> {
    pub(super) session: &'a Session,
    lane: Priority,
    /// Reads that belong to a change use its credentials, which are never renewed in between.
    pinned: Option<&'a Pinned>,
}

impl<'a> Caller<'a> {
    pub(super) fn new(session: &'a Session, lane: Priority) -> Self {
        Self { session, lane, pinned: None }
    }

    pub(super) fn pinned(session: &'a Session, pinned: &'a Pinned) -> Self {
        Self { session, lane: Priority::Operator, pinned: Some(pinned) }
    }

    /// The credentials that do not change under what is asked.
    pub(super) fn held(&self) -> Option<&'a Pinned> {
        self.pinned
    }

    /// Where its requests go.
    pub(super) fn endpoints(&self) -> Endpoints {
        self.pinned.map_or_else(|| self.session.endpoints(), |pinned| pinned.context.endpoints.clone())
    }

    /// The priority of these questions.
    pub(super) fn lane(&self) -> Priority {
        self.lane
    }

    /// One request with its retries: within the budget, its failure in a sentence, and once more
    /// with new credentials where AWS refused those there were.
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
                Err(failure) => failure.clone().said(format!("{}: {failure}", action.name)),
                Ok(loaded) => {
                    if let Err(failure) = loaded.credentials.ready().await {
                        let message = format!("{}: {failure}", action.name);
                        failure.said(message).unsent()
                    } else {
                        let clients = match self.lane {
                            Priority::Operator => &loaded.operator,
                            Priority::Background => &loaded.background,
                        };
                        match inner.send(action, self.lane, Box::pin(send(clients))).await {
                            Ok(answer) => return Ok(answer),
                            Err(error) => inner.failed(action, &loaded.context, &error),
                        }
                    }
                }
            };
            tracing::warn!(kind = failed.kind.word(), "{failed}");
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

    /// Sends a request with fixed credentials: whoever holds them decides whether others are tried.
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
        let failed = match inner.send(action, self.lane, Box::pin(send(&pinned.reads))).await {
            Ok(answer) => return Ok(answer),
            Err(error) => inner.failed(action, &pinned.context, &error),
        };
        if !self.signed_too_early(ahead, &failed) {
            return Err(failed);
        }
        tracing::warn!(kind = failed.kind.word(), "{failed}");
        let answer = inner.send(action, self.lane, Box::pin(send(&pinned.reads))).await;
        answer.map_err(|error| inner.failed(action, &pinned.context, &error))
    }

    /// Whether it was signed with a time that was wrong, as its answer has shown: AWS refuses 5 minutes of difference.
    fn signed_too_early(&self, ahead: jiff::SignedDuration, failed: &Failure) -> bool {
        ahead != self.session.service_clock().ahead() && refuses(failed.kind)
    }
}

/// Whether AWS may have refused what this request was signed with.
fn refuses(kind: FailureKind) -> bool {
    matches!(kind, FailureKind::Credentials | FailureKind::Denied | FailureKind::Other)
}

tokio::task_local! {
    /// A panic within is caught where the request is made.
    static CAUGHT: ();
}

/// Whether a panic that happens now ends no more than a request.
pub fn panic_is_caught() -> bool {
    CAUGHT.try_with(|()| ()).is_ok()
}

/// A library that panics ends its request, and nothing else.
async fn caught<T, E>(
    sending: Pin<Box<impl Future<Output = Result<T, SdkError<E, HttpResponse>>>>>,
) -> Result<T, SdkError<E, HttpResponse>> {
    if let Ok(answer) = AssertUnwindSafe(CAUGHT.scope((), sending)).catch_unwind().await {
        return answer;
    }
    let fault = "an internal fault of a library: see the report in the log";
    // Whether it was sent cannot be known.
    Err(SdkError::dispatch_failure(ConnectorError::other(fault.into(), None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_library_that_panics_ends_its_request_and_nothing_else() {
        let broken = async {
            assert!(!panic_is_caught(), "a library's fault, on purpose");
            Ok::<(), SdkError<(), HttpResponse>>(())
        };
        assert!(matches!(caught(Box::pin(broken)).await, Err(SdkError::DispatchFailure(_))));
        assert!(!panic_is_caught(), "outside of a request a panic is the program's");
        assert!(caught(Box::pin(async { Ok::<_, SdkError<(), _>>(()) })).await.is_ok());
    }
}
