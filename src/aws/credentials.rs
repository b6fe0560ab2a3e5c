//! Whose credentials are used, and what to say when there are none.
//!
//! As in the AWS CLI: a profile that was named goes before keys in the environment; without one the
//! order is environment, files, web identity, container, and the instance's metadata as the last
//! resort, with one short attempt. The region never comes from the instance's metadata.

use super::connection::Connection;
use super::service_clock::ServiceClock;
use super::session::timeouts;
use super::wire::Wire;
use crate::model::{Failure, FailureKind};
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

// The successors of these names are in a crate that is not ours to depend on.
#[allow(deprecated)]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};

/// How long the instance's metadata service is waited for: where there is one, it is near.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);
/// Credentials that are held for a change must be good for so long.
const HELD: Duration = Duration::from_mins(1);
/// A chain of profiles longer than this is a loop.
const LONGEST_CHAIN: usize = 8;

/// Remembers when the credentials that it hands out end, and that there are none: a dozen questions at
/// once must not each wait for the same metadata service that is not there. A failure is remembered for
/// as long as the session keeps this reading of the files.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    provider: SharedCredentialsProvider,
    outcome: Arc<Mutex<Outcome>>,
}

#[derive(Debug, Default)]
struct Outcome {
    /// The last that were handed out.
    given: Option<Credentials>,
    failed: Option<(FailedBy, String)>,
}

/// The kinds of `CredentialsError` that are told apart.
#[derive(Debug, Clone, Copy)]
enum FailedBy {
    Nothing,
    Settings,
    Provider,
}

impl Keeper {
    fn new(provider: impl ProvideCredentials + 'static) -> Self {
        Self { provider: SharedCredentialsProvider::new(provider), outcome: Arc::default() }
    }

    /// When the last credentials end.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.outcome().given.as_ref().and_then(expiry)
    }

    /// Credentials to hold for several requests that must be one identity's: those in use, where they
    /// do not end soon.
    pub(super) async fn held(&self, clock: &ServiceClock) -> Result<Credentials, CredentialsError> {
        let given = self.outcome().given.clone();
        // Their end is told in the service's time.
        let soon = Timestamp::now() + clock.ahead() + HELD;
        match given {
            Some(credentials) if expiry(&credentials).is_none_or(|at| at > soon) => Ok(credentials),
            _ => self.provide().await,
        }
    }

    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        if let Some((by, why)) = self.outcome().failed.clone() {
            return Err(match by {
                FailedBy::Nothing => CredentialsError::not_loaded(why),
                FailedBy::Settings => CredentialsError::invalid_configuration(why),
                FailedBy::Provider => CredentialsError::provider_error(why),
            });
        }
        let provided = self.provider.provide_credentials().await;
        let mut outcome = self.outcome();
        match &provided {
            Ok(credentials) => outcome.given = Some(credentials.clone()),
            Err(error) => {
                let by = match error {
                    CredentialsError::CredentialsNotLoaded(_) => FailedBy::Nothing,
                    CredentialsError::InvalidConfiguration(_) => FailedBy::Settings,
                    _ => FailedBy::Provider,
                };
                outcome.failed = Some((by, super::failure::deepest(error)));
            }
        }
        provided
    }
}

fn expiry(credentials: &Credentials) -> Option<Timestamp> {
    credentials.expiry().and_then(|at| Timestamp::try_from(at).ok())
}

impl ProvideCredentials for Keeper {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

/// The configuration of every client, from flags, environment and files.
pub(super) async fn load(connection: &Connection, wire: &Wire) -> Result<(SdkConfig, Keeper), Failure> {
    let region = region(connection).await.ok_or_else(|| {
        Failure::new(
            FailureKind::Other,
            "no region is known: set `region` of the environment in config.toml, --region, AWS_REGION or the profile's region",
        )
    })?;
    let keeper = provider(connection, wire, &region).await;
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(wire.clone())
        .time_source(wire.clock().clone())
        .region(region)
        .credentials_provider(keeper.clone())
        .timeout_config(timeouts(connection))
        .retry_config(RetryConfig::standard().with_max_attempts(connection.attempts.max(1)));
    if let Some(profile) = &connection.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(files) = files(connection) {
        loader = loader.profile_files(files);
    }
    if let Some(endpoint) = &connection.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    Ok((loader.load().await, keeper))
}

async fn region(connection: &Connection) -> Option<Region> {
    if let Some(region) = &connection.region {
        return Some(Region::new(region.clone()));
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &connection.profile {
        profile = profile.profile_name(name);
    }
    if let Some(files) = files(connection) {
        profile = profile.profile_files(files);
    }
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profile.build()).region().await
}

async fn provider(connection: &Connection, wire: &Wire, region: &Region) -> Keeper {
    if let Some(keys) = &connection.keys {
        return Keeper::new(Credentials::new(&keys.id, keys.secret.expose_secret(), None, None, "cockpit"));
    }
    let config = ProviderConfig::without_region()
        .with_http_client(wire.clone())
        .with_time_source(wire.clock().clone())
        .with_region(Some(region.clone()));
    let files = files(connection);
    if connection.profile.is_some() || files.is_some() {
        let mut provider = ProfileFileCredentialsProvider::builder().configure(&config);
        if let Some(profile) = &connection.profile {
            provider = provider.profile_name(profile);
        }
        if let Some(files) = files {
            provider = provider.profile_files(files);
        }
        return Keeper::new(provider.build());
    }
    let metadata = imds::Client::builder()
        .configure(&config)
        .connect_timeout(METADATA_TIMEOUT)
        .read_timeout(METADATA_TIMEOUT)
        .max_attempts(1)
        .build();
    let chain = DefaultCredentialsChain::builder().configure(config).region(region.clone()).imds_client(metadata);
    Keeper::new(chain.build().await)
}

#[allow(deprecated)]
fn files(connection: &Connection) -> Option<ProfileFiles> {
    let file = connection.credentials_file.as_ref()?;
    Some(ProfileFiles::builder().with_file(ProfileFileKind::Credentials, file).build())
}

/// Says more about a failure of credentials where the profile asks for an MFA code, which the SDK
/// does not support: it sends the request without one, and AWS refuses it with no word of why.
pub(super) async fn explain(connection: &Connection, failure: Failure) -> Failure {
    let Some(profile) = asks_for_code(connection).await else { return failure };
    Failure::new(
        FailureKind::Credentials,
        format!(
            "profile `{profile}` asks for an MFA code (`mfa_serial`), which cannot be asked for here: add a profile with \
             `credential_process = aws configure export-credentials --profile {profile} --format process` and name that one"
        ),
    )
}

/// The profile in the chain of this connection that has `mfa_serial`.
async fn asks_for_code(connection: &Connection) -> Option<String> {
    use aws_types::os_shim_internal::{Env, Fs};
    let (fs, env) = (Fs::real(), Env::real());
    let files = files(connection).unwrap_or_default();
    let profiles =
        aws_config::profile::load(&fs, &env, &files, connection.profile.clone().map(Cow::Owned)).await.ok()?;
    let mut name = profiles.selected_profile().to_owned();
    for _ in 0..LONGEST_CHAIN {
        let profile = profiles.get_profile(&name)?;
        if profile.get("role_arn").is_some() && profile.get("mfa_serial").is_some() {
            return Some(name);
        }
        profile.get("source_profile")?.clone_into(&mut name);
    }
    None
}
