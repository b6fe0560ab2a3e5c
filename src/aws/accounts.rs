//! The last credentials whose account was asked for, and clients that use those alone. Who asks is in [`super::bound`].

use super::pinned::Pinned;
use crate::model::{Failure, Identity};
use aws_credential_types::Credentials;
use futures_util::future::{BoxFuture, WeakShared};
use std::sync::Arc;

pub(super) type Asked = Result<Arc<Bound>, Failure>;
pub(super) type Asking = BoxFuture<'static, Asked>;

/// Clients, and whose they are.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) credentials: Credentials,
    pub(super) identity: Identity,
    pub(super) pinned: Pinned,
}

/// The last credentials whose account was asked for.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) known: Option<Arc<Bound>>,
    /// The question under way, for all who wait: it ends when nobody does.
    pub(super) asking: Option<(Credentials, WeakShared<Asking>)>,
}
