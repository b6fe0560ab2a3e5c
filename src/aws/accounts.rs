//! The latest credentials whose account was verified, and clients that use only those. The request is made in
//! [`super::verified_reads`].

use super::pinned::Pinned;
use crate::model::{Failure, Identity};
use aws_credential_types::Credentials;
use futures_util::future::{BoxFuture, WeakShared};
use std::sync::Arc;

pub(super) type BindResult = Result<Arc<BoundClients>, Failure>;
pub(super) type PendingBind = BoxFuture<'static, BindResult>;

/// Clients, and the account of their credentials.
#[derive(Debug)]
pub(super) struct BoundClients {
    pub(super) credentials: Credentials,
    pub(super) identity: Identity,
    pub(super) pinned: Pinned,
}

/// The latest credentials whose account was verified.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    pub(super) known: Option<Arc<BoundClients>>,
    /// The request in flight, shared by all that wait for it: it is cancelled when nobody does.
    pub(super) pending: Option<(Credentials, WeakShared<PendingBind>)>,
}
