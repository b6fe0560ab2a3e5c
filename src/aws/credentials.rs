//! Whose credentials are used, and what to say when there are none.
//!
//! As in the AWS CLI: a profile that was named goes before keys in the environment; without one the
//! order is environment, files, web identity, container, and the instance's metadata as the last
//! resort, with one short attempt. The region never comes from the instance's metadata.
//!
//! Credentials are loaded before a request and apart from its limits, by one load for all who wait:
//! a helper may ask its user, and it asks once.

use super::connection::{Connection, timeouts};
use super::environment::variable;
use super::failure::Context;
use super::helper::Helper;
use super::profiles::{Base, Profiles, Role, files};
use super::service_clock::ServiceClock;
use super::wire::Wire;
use crate::model::{Failure, FailureKind};
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::meta::region::ProvideRegion as _;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long the instance's metadata service is waited for: where there is one, it is near.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);
/// Credentials that are held for a change must be good for so long; those in use are loaded anew so long
/// before their end.
const HELD: Duration = Duration::from_mins(1);

/// What came of a load: credentials, or why there are none.
type Outcome = Result<Credentials, Failure>;
type Load = Shared<BoxFuture<'static, Outcome>>;

/// Loads credentials, once for all who wait, and keeps them until they end. A failure is kept for as long as the
/// session keeps this reading of the files: a dozen questions at once must not each wait for the same metadata
/// service that is not there, or open a dialog each.
#[derive(Debug, Clone)]
pub(super) struct Keeper(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    source: Source,
    context: Context,
    /// The limit for one load.
    limit: Duration,
    /// A helper gets no terminal.
    screen: bool,
    /// Their end is told in the service's time.
    clock: ServiceClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The last that were loaded.
    given: Option<Credentials>,
    /// From then on they are loaded anew where that is possible; they may still be good.
    stale: Option<Timestamp>,
    failed: Option<Failure>,
    /// The load under way: it ends when nobody waits for it any more.
    loading: Option<WeakShared<BoxFuture<'static, Outcome>>>,
}

/// Where credentials are loaded from.
#[derive(Debug, Clone)]
enum Source {
    /// Keys that are known: given, or in variables of the environment.
    Keys(Credentials),
    /// A program, and roles to assume with what it gives.
    Helper { helper: Helper, roles: Vec<Role>, sts: Box<SdkConfig> },
    /// What the SDK finds.
    Sdk(SharedCredentialsProvider),
    /// Nothing can be loaded.
    None(Failure),
}

impl Keeper {
    fn new(source: Source, context: Context, connection: &Connection, clock: ServiceClock) -> Self {
        let limit = match source {
            Source::Helper { .. } => connection.credential_timeout,
            Source::Keys(_) | Source::Sdk(_) | Source::None(_) => connection.operation_timeout,
        };
        let screen = connection.screen;
        Self(Arc::new(Kept { source, context, limit, screen, clock, state: Mutex::default() }))
    }

    /// When the last credentials end.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.state().given.as_ref().and_then(expiry)
    }

    /// Whether a failure came from a helper, which must not be started again at once: it asks its user.
    pub(super) fn asks(&self) -> bool {
        matches!(self.0.source, Source::Helper { .. })
    }

    /// Whether there are none, and that was found out by this reading of the files.
    pub(super) fn failed(&self) -> bool {
        self.state().failed.is_some()
    }

    /// Sees that there are credentials, before a request and apart from its limits.
    pub(super) async fn ready(&self) -> Result<(), Failure> {
        self.get(false).await.map(drop)
    }

    /// Credentials to hold for several requests that must be one identity's: those in use, where they
    /// do not end soon.
    pub(super) async fn held(&self) -> Result<Credentials, Failure> {
        self.get(true).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is in use, or what a load brings; `long`: good for another minute.
    async fn get(&self, long: bool) -> Outcome {
        let load = {
            let mut state = self.state();
            let now = self.0.now();
            if let Some(given) = &state.given {
                let end = expiry(given);
                let good = end.is_none_or(|end| end > now);
                let soon = if long {
                    end.is_some_and(|end| end <= now + HELD)
                } else {
                    state.stale.is_some_and(|at| at <= now)
                };
                // What cannot be loaded anew is used until its end.
                if good && (!soon || state.failed.is_some()) {
                    return Ok(given.clone());
                }
            }
            if let Some(failed) = &state.failed {
                return Err(failed.clone());
            }
            let under_way = state.loading.as_ref().and_then(WeakShared::upgrade);
            under_way.unwrap_or_else(|| {
                let load = self.begin();
                state.loading = load.downgrade();
                load
            })
        };
        load.await
    }

    fn begin(&self) -> Load {
        let kept = Arc::clone(&self.0);
        let load = async move {
            let loaded = tokio::time::timeout(kept.limit, kept.load()).await.unwrap_or_else(|_| {
                let limit = crate::model::time::spoken(jiff::SignedDuration::try_from(kept.limit).unwrap_or_default());
                let message = format!("credentials for {} did not come within {limit}", kept.context.who);
                Err(Failure::new(FailureKind::Credentials, message).hinted(kept.context.renew.clone()))
            });
            let loaded = loaded.and_then(|credentials| usable(&credentials, &kept.context, kept.now()));
            let mut state = kept.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.loading = None;
            match &loaded {
                Ok(credentials) => {
                    let now = kept.now();
                    // A load a minute before the end, but not with every request where they are short-lived.
                    state.stale = expiry(credentials).map(|end| {
                        let left = end.duration_since(now);
                        let early = jiff::SignedDuration::try_from(HELD).unwrap_or_default().min(left / 2);
                        end.checked_sub(early).unwrap_or(end)
                    });
                    state.given = Some(credentials.clone());
                }
                Err(failure) => state.failed = Some(failure.clone()),
            }
            loaded
        };
        load.boxed().shared()
    }
}

impl Kept {
    /// Now, in the service's time.
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.clock.ahead()
    }

    async fn load(&self) -> Outcome {
        match &self.source {
            Source::Keys(credentials) => Ok(credentials.clone()),
            Source::None(failure) => Err(failure.clone()),
            Source::Sdk(provider) => provider.provide_credentials().await.map_err(|error| {
                let (kind, what) = super::failure::of_credentials(&self.context, &error);
                Failure::new(kind, super::failure::clean(&what)).hinted(self.context.renew.clone())
            }),
            Source::Helper { helper, roles, sts } => {
                // The helper's own limit is a moment shorter, so that it can say what it did.
                let limit = self.limit.saturating_sub(Duration::from_millis(100));
                let mut credentials = helper.run(limit, self.screen).await.map_err(|why| {
                    Failure::new(FailureKind::Credentials, format!("no credentials for {}: {why}", self.context.who))
                        .hinted(format!("{}; a slow dialog gets more time by `credential_timeout`", self.context.renew))
                })?;
                for role in roles {
                    credentials = self.assume(role, credentials, sts).await?;
                }
                Ok(credentials)
            }
        }
    }

    /// Assumes a role with credentials that a helper gave.
    async fn assume(&self, role: &Role, with: Credentials, sts: &SdkConfig) -> Outcome {
        let config = sts.to_builder().credentials_provider(SharedCredentialsProvider::new(with)).build();
        let name = role.session_name.clone().unwrap_or_else(|| format!("cockpit-{}", Timestamp::now().as_second()));
        let asked = aws_sdk_sts::Client::new(&config)
            .assume_role()
            .role_arn(&role.arn)
            .role_session_name(name)
            .set_external_id(role.external_id.clone())
            .set_duration_seconds(role.duration);
        let answer = asked.send().await.map_err(|error| {
            let failed = super::failure::of_request("sts:AssumeRole", &self.context, &error);
            let hint = "look at the trust policy of the role, and at what the helper's identity may do";
            Failure::new(FailureKind::Credentials, failed.message).hinted(hint)
        })?;
        let found = answer
            .credentials
            .ok_or_else(|| Failure::new(FailureKind::Malformed, "sts:AssumeRole: the answer has no credentials"))?;
        let mut built = Credentials::builder()
            .access_key_id(found.access_key_id)
            .secret_access_key(found.secret_access_key)
            .session_token(found.session_token)
            .provider_name("AssumeRole");
        built.set_expiry(found.expiration.try_into().ok());
        Ok(built.build())
    }
}

fn expiry(credentials: &Credentials) -> Option<Timestamp> {
    credentials.expiry().and_then(|at| Timestamp::try_from(at).ok())
}

/// Credentials as they can be sent. What stands around a key, as a secret store or an editor leaves it, is no
/// part of it; what cannot be a key at all would not survive being put into a request.
fn usable(credentials: &Credentials, context: &Context, now: Timestamp) -> Outcome {
    let names = if context.variables {
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
    } else {
        ["the access key id", "the secret access key", "the session token"]
    };
    let refused = |what: String| Err(Failure::new(FailureKind::Credentials, what).hinted(context.renew.clone()));
    let parts = [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), credentials.session_token()];
    for (name, part) in names.into_iter().zip(parts) {
        let Some(part) = part.map(str::trim) else { continue };
        let of = if context.variables { String::new() } else { format!(" of {}", context.who) };
        if part.chars().any(|c| !c.is_ascii_graphic()) {
            return refused(format!(
                "{name}{of} is no key: it has a blank, a line break or another sign within that no key has"
            ));
        }
        if part.is_empty() && name != names[2] {
            return refused(format!("{name}{of} is empty"));
        }
    }
    if expiry(credentials).is_some_and(|end| end <= now) {
        return refused(format!("the credentials of {} have ended before they were used", context.who));
    }
    let mut trimmed = Credentials::builder()
        .access_key_id(credentials.access_key_id().trim())
        .secret_access_key(credentials.secret_access_key().trim())
        .provider_name("cockpit");
    trimmed.set_session_token(
        credentials.session_token().map(str::trim).filter(|token| !token.is_empty()).map(str::to_owned),
    );
    trimmed.set_expiry(credentials.expiry());
    trimmed.set_account_id(credentials.account_id().cloned());
    Ok(trimmed.build())
}

impl ProvideCredentials for Keeper {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            // The request has seen to it that they are there: this only hands them out.
            self.get(false).await.map_err(|failure| CredentialsError::provider_error(failure.message))
        })
    }
}

/// The configuration of every client, from flags, environment and files, and what messages name.
pub(super) async fn load(connection: &Connection, wire: &Wire) -> Result<(SdkConfig, Keeper, Context), Failure> {
    let profiles = Profiles::read(connection).await?;
    let keys = keys(connection);
    let context = context(connection, &profiles, keys.as_ref().is_some_and(Result::is_ok));
    if keys.is_none()
        && let Some(undefined) = profiles.undefined()
    {
        return Err(undefined);
    }
    wire.trust(variable("AWS_CA_BUNDLE").or_else(|| profiles.get("ca_bundle").map(str::to_owned)).as_deref())?;
    let region = region(connection, &profiles).await?;
    let base = ProviderConfig::without_region()
        .with_http_client(wire.clone())
        .with_time_source(wire.clock().clone())
        .with_region(Some(region.clone()));
    let loader = || {
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(wire.clone())
            .time_source(wire.clock().clone())
            .region(region.clone())
            .timeout_config(timeouts(connection))
            .retry_config(RetryConfig::standard().with_max_attempts(attempts(connection, &profiles)))
            .profile_name(profiles.selected());
        if let Some(files) = files(connection) {
            loader = loader.profile_files(files);
        }
        if let Some(endpoint) = &connection.endpoint_url {
            loader = loader.endpoint_url(endpoint);
        }
        loader
    };
    let source = match keys {
        Some(Ok(keys)) => Source::Keys(keys),
        Some(Err(failure)) => Source::None(failure),
        None => match profiles.base() {
            Base::Helper(helper, roles) => {
                // Its requests for roles are made with what the helper gives.
                let sts = Box::new(loader().no_credentials().load().await);
                Source::Helper { helper, roles, sts }
            }
            Base::Sso | Base::Login | Base::Keys | Base::Machine | Base::Unknown => {
                Source::Sdk(provider(connection, &profiles, base, &region).await)
            }
        },
    };
    let keeper = Keeper::new(source, context.clone(), connection, wire.clock().clone());
    Ok((loader().credentials_provider(keeper.clone()).load().await, keeper, context))
}

/// Keys that are given, or stand in the environment where no profile was named. The region and all else may
/// still come from files.
fn keys(connection: &Connection) -> Option<Outcome> {
    if let Some(keys) = &connection.keys {
        return Some(Ok(Credentials::new(&keys.id, keys.secret.expose_secret(), None, None, "cockpit")));
    }
    if connection.profile.is_some() || connection.credentials_file.is_some() {
        return None;
    }
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
    let half = |set: &str, missing: &str| {
        let message = format!("{set} is set and {missing} is not");
        Some(Err(Failure::new(FailureKind::Credentials, message).hinted("set both, or neither and name a --profile")))
    };
    match (id, secret) {
        (Some(id), Some(secret)) => {
            Some(Ok(Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "environment")))
        }
        (Some(_), None) => half("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        (None, Some(_)) => half("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        (None, None) => None,
    }
}

/// What messages name, once it is known where the credentials come from.
fn context(connection: &Connection, profiles: &Profiles, keys: bool) -> Context {
    let known = super::profiles::context(connection);
    if keys || known.lasting {
        return known;
    }
    Context { renew: profiles.renew(), ..known }
}

/// As in the AWS CLI: a whole number from 1, of the variable or of the profile; anything else is not heard.
fn attempts(connection: &Connection, profiles: &Profiles) -> u32 {
    let configured = || profiles.get("max_attempts").and_then(|said| said.parse().ok()).filter(|count| *count > 0);
    connection.attempts.or_else(configured).unwrap_or(super::connection::ATTEMPTS)
}

async fn region(connection: &Connection, profiles: &Profiles) -> Result<Region, Failure> {
    let variables = async { EnvironmentVariableRegionProvider::new().region().await.map(|region| region.to_string()) };
    let found = match &connection.region {
        Some(region) => Some(region.clone()),
        None => variables.await.or_else(|| profiles.get("region").map(str::to_owned)),
    };
    let Some(found) = found.map(|region| region.trim().to_owned()).filter(|region| !region.is_empty()) else {
        let message = "no region is known: set `region` of the environment in config.toml, --region, AWS_REGION or the profile's region";
        return Err(Failure::new(FailureKind::Other, message)
            .hinted("`cockpit config show` prints where each value comes from"));
    };
    if !crate::model::format::is_region(&found) {
        let message = format!(
            "`{found}` is no region: it is written as ap-northeast-1, in AWS_REGION, the profile or config.toml"
        );
        return Err(Failure::new(FailureKind::Other, message)
            .hinted("`cockpit config show` prints where each value comes from"));
    }
    Ok(Region::new(found))
}

async fn provider(
    connection: &Connection,
    profiles: &Profiles,
    config: ProviderConfig,
    region: &Region,
) -> SharedCredentialsProvider {
    let files = files(connection);
    if connection.profile.is_some() || files.is_some() {
        let mut provider =
            ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profiles.selected());
        if let Some(files) = files {
            provider = provider.profile_files(files);
        }
        return SharedCredentialsProvider::new(provider.build());
    }
    let number = |name: &str| variable(name).and_then(|said| said.parse::<u32>().ok()).filter(|number| *number > 0);
    let limit = number("AWS_METADATA_SERVICE_TIMEOUT").map_or(METADATA_TIMEOUT, |s| Duration::from_secs(u64::from(s)));
    let metadata = imds::Client::builder()
        .configure(&config)
        .connect_timeout(limit)
        .read_timeout(limit)
        .max_attempts(number("AWS_METADATA_SERVICE_NUM_ATTEMPTS").unwrap_or(1))
        .build();
    let chain = DefaultCredentialsChain::builder()
        .configure(config)
        .region(region.clone())
        .profile_name(profiles.selected())
        .imds_client(metadata);
    SharedCredentialsProvider::new(chain.build().await)
}

/// Says more about a failure of credentials where the profile asks for an MFA code, which the SDK
/// does not support: it sends the request without one, and AWS refuses it with no word of why.
pub(super) async fn explain(connection: &Connection, failure: Failure) -> Failure {
    let Ok(profiles) = Profiles::read(connection).await else { return failure };
    if connection.keys.is_some() || matches!(profiles.base(), Base::Helper(..)) {
        return failure;
    }
    let Some(profile) = profiles.asks_for_code() else { return failure };
    Failure::new(
        FailureKind::Credentials,
        format!(
            "profile `{profile}` asks for an MFA code (`mfa_serial`), which cannot be asked for here: add a profile with \
             `credential_process = aws configure export-credentials --profile {profile} --format process` and name that one"
        ),
    )
    .hinted(format!(
        "the code is typed where the AWS CLI can ask for it, and holds for hours: run `aws sts get-caller-identity --profile {profile}` \
         in a terminal first"
    ))
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
