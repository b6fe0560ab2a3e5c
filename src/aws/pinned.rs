//! Clients of one change, with fixed credentials.

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

/// The multiple of the usual limit for invoking a function, which may take longer than other calls.
const FUNCTION_LIMIT: u32 = 6;

/// Clients with fixed credentials.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) context: Context,
    pub(super) config: SdkConfig,
    /// For hand-signed requests.
    pub(super) credentials: Credentials,
    /// For reads that belong to the change: with retries.
    pub(super) reads: Clients,
    /// For the change itself: sent once.
    pub(super) writes: Clients,
    /// For invoking functions, which may take long.
    pub(super) long_calls: Clients,
}

impl Pinned {
    /// Creates the clients; `limit` applies to one call.
    pub(super) fn new(config: &SdkConfig, context: Context, credentials: &Credentials, limit: Duration) -> Self {
        let held = || {
            // A cache would keep the credentials of every change for the lifetime of the session.
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
            writes: Clients::new(held().retry_config(RetryConfig::disabled()).build(), Usage::Change),
            long_calls: Clients::new(patient, Usage::Change),
        }
    }
}
