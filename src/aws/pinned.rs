//! Clients of one change, whose credentials do not change under it.

use super::clients::{Clients, Usage};
use super::connection::CONNECT_TIMEOUT;
use super::failure::Context;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ecs::config::IdentityCache;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

/// A function may work for longer than any other call: so many times the usual limit.
const FUNCTION_LIMIT: u32 = 6;

/// Clients with credentials that do not change any more.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) context: Context,
    pub(super) config: SdkConfig,
    /// For requests that are signed by hand.
    pub(super) credentials: Credentials,
    /// For reads that belong to the change: with retries.
    pub(super) reads: Clients,
    /// For the change itself: sent once.
    pub(super) once: Clients,
    /// The clients for calls of functions, which may take long.
    pub(super) patient: Clients,
}

impl Pinned {
    /// `limit` is that of one call.
    pub(super) fn new(config: &SdkConfig, context: Context, credentials: &Credentials, limit: Duration) -> Self {
        let held = || {
            // A cache would keep every change's credentials for as long as the session lasts.
            config
                .clone()
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
                .identity_cache(IdentityCache::no_cache())
        };
        let limit = limit * FUNCTION_LIMIT;
        let times =
            TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT.min(limit)).operation_timeout(limit).build();
        let patient = held().retry_config(RetryConfig::disabled()).timeout_config(times).build();
        Self {
            context,
            config: config.clone(),
            credentials: credentials.clone(),
            reads: Clients::new(held().build(), Usage::Operator),
            once: Clients::new(held().retry_config(RetryConfig::disabled()).build(), Usage::Change),
            patient: Clients::new(patient, Usage::Change),
        }
    }
}
