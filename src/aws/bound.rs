//! The clients that operations read with: clients whose credentials do not change, and whose account was asked for with
//! the same credentials. So each answer is known to be of one account, also after credentials were renewed to another.

use super::accounts::{Accounts, Asked, Bound};
use super::pinned::Pinned;
use super::session::{Caller, Generation, Inner, Session};
use super::sts;
use crate::model::Failure;
use aws_credential_types::Credentials;
use futures_util::FutureExt as _;
use std::sync::{Arc, MutexGuard, PoisonError};

impl Session {
    /// The account of the credentials in use.
    ///
    /// # Errors
    /// There are no credentials, or nobody says whose they are.
    pub async fn account(&self) -> Result<String, Failure> {
        let generation = self.current();
        let bound = Box::pin(self.bound(&generation)).await?;
        Ok(bound.identity.account.clone())
    }

    /// Clients with the credentials in use, and their account: asked for once for each.
    ///
    /// # Errors
    /// There are no credentials, or nobody says whose they are.
    pub(super) async fn bound(&self, generation: &Arc<Generation>) -> Asked {
        let named = |failure: Failure| {
            let message = format!("{}: {failure}", sts::GET_CALLER_IDENTITY.name);
            failure.said(message).unsent()
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
            let under_way = accounts.asking.as_ref().filter(|(others, _)| *others == credentials);
            under_way.and_then(|(_, asking)| asking.upgrade()).unwrap_or_else(|| {
                let pinned = Pinned::new(
                    &loaded.config,
                    loaded.context.clone(),
                    &credentials,
                    self.0.connection.operation_timeout,
                );
                let asking = ask(self.clone(), credentials.clone(), pinned).boxed().shared();
                accounts.asking = asking.downgrade().map(|asking| (credentials, asking));
                asking
            })
        };
        asking.await
    }
}

async fn ask(session: Session, credentials: Credentials, pinned: Pinned) -> Asked {
    let asked = sts::who(&Caller::pinned(&session, &pinned)).await;
    let mut accounts = accounts(&session.0);
    if accounts.asking.as_ref().is_some_and(|(others, _)| *others == credentials) {
        accounts.asking = None;
    }
    let bound = Arc::new(Bound { credentials, identity: asked?, pinned });
    accounts.known = Some(Arc::clone(&bound));
    Ok(bound)
}

fn accounts(session: &Inner) -> MutexGuard<'_, Accounts> {
    session.accounts.lock().unwrap_or_else(PoisonError::into_inner)
}
