//! Requests with credentials of only one account. The sessions they open may stay open for weeks, and credentials are reloaded
//! meanwhile: their account is verified once for each set of credentials, before they send or sign anything.

use super::accounts::BoundClients;
use super::clients::Clients;
use super::credentials::load::explain;
use super::ec2::instances;
use super::session::{Action, Caller, Generation, Session};
use crate::app::effect::Priority;
use crate::model::machine::Ec2Instance;
use crate::model::tunnel::instance::InstanceSelector;
use crate::model::{Failure, FailureKind};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error;
use std::sync::Arc;

/// A session that sends no request with credentials of another account: that fails with [`FailureKind::WrongAccount`].
#[derive(Debug, Clone)]
pub(super) struct SameAccount {
    session: Session,
    /// The required account; `None`: any.
    account: Option<String>,
}

impl SameAccount {
    pub(super) fn new(session: Session, account: Option<String>) -> Self {
        Self { session, account }
    }

    /// Returns credentials of the account, with their clients.
    async fn bound(&self, generation: &Arc<Generation>, account: &str) -> Result<Arc<BoundClients>, Failure> {
        let bound = Box::pin(self.session.bound_clients(generation)).await?;
        if bound.identity.account == account {
            Ok(bound)
        } else {
            Err(Failure::account_changed(&bound.identity.account, account))
        }
    }

    /// Succeeds if a failed request should be repeated with newer credentials: after refused ones, or those of another account.
    async fn again(&self, generation: &Arc<Generation>, failed: Failure, first: &mut bool) -> Result<(), Failure> {
        if !matches!(failed.kind, FailureKind::Credentials | FailureKind::WrongAccount) {
            return Err(failed);
        }
        tracing::warn!(kind = failed.kind.name(), "{failed}");
        if std::mem::take(first) && self.session.renew(generation) {
            return Ok(());
        }
        if failed.kind == FailureKind::Credentials {
            return Err(explain(&self.session.0.connection, failed).await);
        }
        Err(failed)
    }

    /// Sends one request with its retries.
    pub(super) async fn call<T, E, Sending>(
        &self,
        action: Action,
        send: impl Fn(&Clients) -> Sending,
    ) -> Result<T, Failure>
    where
        Sending: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + Error + 'static,
    {
        let Some(account) = &self.account else {
            return Caller::new(&self.session, Priority::Operator).call(action, send).await;
        };
        let mut first = true;
        loop {
            let generation = self.session.current();
            let answer = match self.bound(&generation, account).await {
                Ok(bound) => Caller::pinned(&self.session, &bound.pinned).call(action, &send).await,
                Err(failed) => Err(failed),
            };
            match answer {
                Ok(answer) => return Ok(answer),
                Err(failed) => self.again(&generation, failed, &mut first).await?,
            }
        }
    }

    /// Returns the selected instances.
    pub(super) async fn instances(&self, named: &InstanceSelector) -> Result<Vec<Ec2Instance>, Failure> {
        let Some(account) = &self.account else { return self.session.instances(named).await };
        let mut first = true;
        loop {
            let generation = self.session.current();
            let found = match self.bound(&generation, account).await {
                Ok(bound) => Box::pin(instances(&Caller::pinned(&self.session, &bound.pinned), named)).await,
                Err(failed) => Err(failed),
            };
            match found {
                Ok(found) => return Ok(found),
                Err(failed) => self.again(&generation, failed, &mut first).await?,
            }
        }
    }

    /// Returns credentials for signing.
    pub(super) async fn credentials(&self) -> Result<Credentials, Failure> {
        let Some(account) = &self.account else { return self.session.credentials().await };
        let mut first = true;
        loop {
            let generation = self.session.current();
            match self.bound(&generation, account).await {
                Ok(bound) => return Ok(bound.credentials.clone()),
                Err(failed) => self.again(&generation, failed, &mut first).await?,
            }
        }
    }
}
