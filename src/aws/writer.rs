//! How a change is sent: once, by an identity that was verified right before.
//!
//! Credentials are taken once and held: the account is requested with them, and the change is sent with the
//! same ones. If they are refused before anything was sent, they are reloaded; if the change
//! itself is refused, they are reloaded only for the next call. The SDK's retries are off.

use super::budget::Class;
use super::clients::Clients;
use super::failure;
use super::pinned::Pinned;
use super::session::{Action, Caller, Generation, Inner, Session};
use super::sts;
use crate::app::effect::Priority;
use crate::model::{Failure, FailureKind};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

/// One change in flight.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    session: &'a Session,
    pinned: Pinned,
    /// The generation of credentials that the change started with.
    generation: Arc<Generation>,
    ids: Mutex<Vec<String>>,
}

impl<'a> Writer<'a> {
    /// Takes credentials and verifies their account. `what` is the change, for the failure's message.
    pub(super) async fn new(session: &'a Session, what: &str, account: Option<&str>) -> Result<Self, Failure> {
        let inner = &session.0;
        let mut again = true;
        loop {
            let generation = session.current();
            let failed = match Self::begin(session, &generation, what, account).await {
                Ok(writer) => return Ok(writer),
                Err(failed) => failed,
            };
            tracing::warn!(kind = failed.kind.name(), "{failed}");
            if failed.kind != FailureKind::Credentials {
                return Err(failed);
            }
            // Nothing was sent yet, so newer credentials may be tried.
            if again && session.renew(&generation) {
                again = false;
                continue;
            }
            return Err(super::credentials::load::explain(&inner.connection, failed).await);
        }
    }

    async fn begin(
        session: &'a Session,
        generation: &Arc<Generation>,
        what: &str,
        account: Option<&str>,
    ) -> Result<Self, Failure> {
        let inner = &session.0;
        let loaded = match generation.load(inner).await {
            Ok(loaded) => loaded,
            Err(failure) => return Err(failure.clone().with_message(format!("{what}: {failure}"))),
        };
        let credentials = loaded.credentials.not_expiring_soon().await.map_err(|failure| {
            let message = format!("{what}: {failure}");
            failure.with_message(message).mark_unsent()
        })?;
        let writer = {
            let limit = inner.connection.operation_timeout;
            let pinned = Pinned::new(&loaded.config, loaded.context.clone(), &credentials, limit);
            Self { session, pinned, generation: Arc::clone(generation), ids: Mutex::default() }
        };
        if let Some(account) = account {
            let identity = sts::caller_identity(&writer.reader()).await?;
            if identity.account != account {
                return Err(Failure::new(
                    FailureKind::WrongAccount,
                    format!(
                        "{what} was not sent: the credentials of {} are for account {}, and the environment is in {account}",
                        inner.context.profile, identity.account
                    ),
                ));
            }
        }
        Ok(writer)
    }

    /// The caller for reads that belong to the change.
    pub(super) fn reader(&self) -> Caller<'_> {
        Caller::pinned(self.session, &self.pinned)
    }

    /// The parts needed to send hand-signed requests.
    pub(super) fn parts(&self) -> (&Inner, &Pinned) {
        (&self.session.0, &self.pinned)
    }

    /// Records AWS's id of a request, for the audit file.
    pub(super) fn record_request_id(&self, id: Option<&str>) {
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            self.ids.lock().unwrap_or_else(PoisonError::into_inner).push(failure::clean(id));
        }
    }

    /// Sends the change at most once, whatever the outcome.
    pub(super) async fn send_once<T, E, Sending>(
        &self,
        action: Action,
        send: impl FnOnce(&Clients) -> Sending,
    ) -> Result<T, Failure>
    where
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        T: RequestId,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let inner = &self.session.0;
        let clients = if action.class == Class::LambdaInvoke { &self.pinned.long_calls } else { &self.pinned.writes };
        let answer = inner.send(action, Priority::Operator, Box::pin(send(clients))).await;
        self.record_request_id(answer.request_id());
        answer.map_err(|error| inner.request_failure(action, &self.pinned.context, &error))
    }

    /// Ends the change: returns the outcome, with a hint if credentials were refused, and AWS's request ids.
    pub(super) async fn finish<T>(self, outcome: Result<T, Failure>) -> (Result<T, Failure>, Vec<String>) {
        let outcome = match outcome {
            Err(failed) if failed.kind == FailureKind::Credentials => {
                self.session.renew(&self.generation);
                Err(super::credentials::load::explain(&self.session.0.connection, failed).await)
            }
            outcome => outcome,
        };
        if let Err(failed) = &outcome {
            tracing::warn!(kind = failed.kind.name(), "{failed}");
        }
        (outcome, self.ids.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}
