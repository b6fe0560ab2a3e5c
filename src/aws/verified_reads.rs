//! Clients for the reads of operations: their credentials never change, and the account was verified with the same
//! credentials. So each answer belongs to one known account, even after credentials were renewed to another.

use super::accounts::{Accounts, BindResult, BoundClients};
use super::pinned::Pinned;
use super::session::{Caller, Generation, Inner, Session};
use super::sts;
use crate::model::Failure;
use aws_credential_types::Credentials;
use futures_util::FutureExt as _;
use std::sync::{Arc, MutexGuard, PoisonError};

impl Session {
    /// Returns the account of the credentials in use.
    ///
    /// # Errors
    /// There are no credentials, or STS does not answer.
    pub async fn account(&self) -> Result<String, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound_clients(&generation)).await?;
        Ok(bound.identity.account.clone())
    }

    /// Returns clients with the credentials in use, and their account, which is requested once per credentials.
    ///
    /// # Errors
    /// There are no credentials, or STS does not answer.
    pub(super) async fn bound_clients(&self, generation: &Arc<Generation>) -> BindResult {
        let named = |failure: Failure| {
            let message = format!("{}: {failure}", sts::GET_CALLER_IDENTITY.name);
            failure.with_message(message).mark_unsent()
        };
        let loaded = match generation.load(&self.0).await {
            Ok(loaded) => loaded,
            Err(failure) => return Err(named(failure.clone())),
        };
        let credentials = loaded.credentials.in_use().await.map_err(named)?;
        let asking = {
            let mut accounts = accounts(&self.0);
            if let Some(known) = accounts.known.as_ref().filter(|known| known.credentials == credentials) {
                return Ok(Arc::clone(known));
            }
            let under_way = accounts.pending.as_ref().filter(|(others, _)| *others == credentials);
            under_way.and_then(|(_, asking)| asking.upgrade()).unwrap_or_else(|| {
                let pinned = Pinned::new(
                    &loaded.config,
                    loaded.context.clone(),
                    &credentials,
                    self.0.connection.operation_timeout,
                );
                let asking = ask(self.clone(), credentials.clone(), pinned).boxed().shared();
                accounts.pending = asking.downgrade().map(|asking| (credentials, asking));
                asking
            })
        };
        asking.await
    }
}

async fn ask(session: Session, credentials: Credentials, pinned: Pinned) -> BindResult {
    let identity = sts::caller_identity(&Caller::pinned(&session, &pinned)).await;
    let mut accounts = accounts(&session.0);
    if accounts.pending.as_ref().is_some_and(|(others, _)| *others == credentials) {
        accounts.pending = None;
    }
    let bound = Arc::new(BoundClients { credentials, identity: identity?, pinned });
    accounts.known = Some(Arc::clone(&bound));
    Ok(bound)
}

fn accounts(session: &Inner) -> MutexGuard<'_, Accounts> {
    session.accounts.lock().unwrap_or_else(PoisonError::into_inner)
}
