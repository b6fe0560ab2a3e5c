//! Keeping and using credentials. Their sources are in `load`.
//!
//! Credentials are loaded before a request and outside of its time limits, by one load shared by all waiters:
//! a helper may prompt its user, and must do so only once.

pub(super) mod load;

use super::connection::Connection;
use super::failure::Context;
use super::helper::Helper;
use super::profiles::{Mfa, Role};
use super::service_clock::ServiceClock;
use super::sessions;
use crate::model::{Failure, FailureKind};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use jiff::Timestamp;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Credentials held for a change must be valid for at least this long; those in use are reloaded this long
/// before they expire.
const HELD: Duration = Duration::from_mins(1);

/// The time a person needs to find the device and type its code.
const CODE_LIMIT: Duration = Duration::from_mins(5);

/// The outcome of a load: credentials, or the failure.
type Outcome = Result<Credentials, Failure>;
type Load = Shared<BoxFuture<'static, Outcome>>;

/// Loads credentials once for all waiters, and keeps them until they expire. A failure is kept as long as
/// this generation of the files: a dozen concurrent requests must not each wait for a missing metadata
/// service, or each open a dialog.
#[derive(Debug, Clone)]
pub(super) struct CredentialCache(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    source: Source,
    context: Context,
    /// The time limit for one load.
    limit: Duration,
    /// Whether a helper gets no terminal.
    screen: bool,
    quiet: bool,
    /// Expiry times are in the service's time.
    clock: ServiceClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The latest loaded credentials.
    given: Option<Credentials>,
    /// When to reload them if possible; they may still be valid.
    stale: Option<Timestamp>,
    failed: Option<Failure>,
    /// The load in flight, cancelled when nobody waits for it any more.
    loading: Option<WeakShared<BoxFuture<'static, Outcome>>>,
}

/// Where credentials are loaded from.
#[derive(Debug, Clone)]
enum Source {
    /// Fixed keys: from the connection, or from environment variables.
    Keys(Credentials),
    /// A program, and roles to assume with its credentials.
    Helper { helper: Helper, roles: Vec<Role>, sts: Box<SdkConfig> },
    /// A role that requires an MFA code, the credentials to assume it with, and roles to assume after it.
    Mfa { mfa: Mfa, with: SharedCredentialsProvider, roles: Vec<Role>, sts: Box<SdkConfig> },
    /// Roles, and the credentials to assume the first one with. The SDK would send these requests to endpoints
    /// chosen by its own rules.
    Roles { with: SharedCredentialsProvider, roles: Vec<Role>, sts: Box<SdkConfig> },
    /// Credentials from the SDK's default chain.
    Sdk(SharedCredentialsProvider),
    /// No credentials can be loaded.
    None(Failure),
}

impl CredentialCache {
    fn new(source: Source, context: Context, connection: &Connection, clock: ServiceClock) -> Self {
        let limit = match source {
            Source::Helper { .. } => connection.credential_timeout,
            Source::Mfa { .. } => connection.credential_timeout.max(CODE_LIMIT),
            Source::Keys(_) | Source::Roles { .. } | Source::Sdk(_) | Source::None(_) => connection.operation_timeout,
        };
        let (screen, quiet) = (connection.screen, connection.without_prompt);
        Self(Arc::new(Kept { source, context, limit, screen, quiet, clock, state: Mutex::default() }))
    }

    /// Returns when the latest credentials expire.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.state().given.as_ref().and_then(expiry)
    }

    /// Whether a failure came from a helper, which must not be restarted at once: it prompts its user.
    pub(super) fn prompts_user(&self) -> bool {
        matches!(self.0.source, Source::Helper { .. } | Source::Mfa { .. })
    }

    /// Whether loading failed in this generation of the files.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failed.is_some()
    }

    /// Ensures that there are credentials, before a request and outside of its time limits.
    pub(super) async fn ensure_loaded(&self) -> Result<(), Failure> {
        self.get(false).await.map(drop)
    }

    /// Returns the credentials that a request would be sent with now.
    pub(super) async fn in_use(&self) -> Result<Credentials, Failure> {
        self.get(false).await
    }

    /// Returns credentials to hold for several requests of one identity: those in use, unless they
    /// expire soon.
    pub(super) async fn not_expiring_soon(&self) -> Result<Credentials, Failure> {
        self.get(true).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the credentials in use, or newly loaded ones; `long`: valid for at least another minute.
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
                // Credentials that cannot be reloaded are used until they expire.
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
                let limit = crate::model::time::sentence_duration(
                    jiff::SignedDuration::try_from(kept.limit).unwrap_or_default(),
                );
                let message = format!("credentials for {} did not arrive within {limit}", kept.context.profile);
                Err(Failure::new(FailureKind::Credentials, message).with_hint(kept.context.renewal_hint.clone()))
            });
            let loaded = loaded.and_then(|credentials| usable(&credentials, &kept.context, kept.now()));
            let mut state = kept.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.loading = None;
            match &loaded {
                Ok(credentials) => {
                    let now = kept.now();
                    // Reload a minute before the end, but not on every request if they are short-lived.
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
    /// The current time of the service.
    fn now(&self) -> Timestamp {
        Timestamp::now() + self.clock.ahead()
    }

    async fn load(&self) -> Outcome {
        match &self.source {
            Source::Keys(credentials) => Ok(credentials.clone()),
            Source::None(failure) => Err(failure.clone()),
            Source::Mfa { mfa, with, roles, sts } => {
                let mut credentials = mfa.credentials(with, sts, &self.context, self.now(), self.quiet).await?;
                for role in roles {
                    credentials = self.assume(role, credentials, sts).await?;
                }
                Ok(credentials)
            }
            Source::Sdk(provider) => self.given(provider).await,
            Source::Roles { with, roles, sts } => {
                let mut credentials = self.given(with).await?;
                for role in roles {
                    credentials = self.assume(role, credentials, sts).await?;
                }
                Ok(credentials)
            }
            Source::Helper { helper, roles, sts } => {
                // The helper's own limit is slightly shorter, so that it can report what it did.
                let limit = self.limit.saturating_sub(Duration::from_millis(100));
                let mut credentials = helper.run(limit, self.screen).await.map_err(|why| {
                    Failure::new(
                        FailureKind::Credentials,
                        format!("no credentials for {}: {why}", self.context.profile),
                    )
                    .with_hint(format!(
                        "{}; a slow dialog gets more time by `credential_timeout`",
                        self.context.renewal_hint
                    ))
                })?;
                for role in roles {
                    credentials = self.assume(role, credentials, sts).await?;
                }
                Ok(credentials)
            }
        }
    }

    /// Requests credentials from the SDK, within the limit.
    async fn given(&self, provider: &SharedCredentialsProvider) -> Outcome {
        provider.provide_credentials().await.map_err(|error| {
            let (kind, what) = super::failure::of_credentials(&self.context, &error);
            Failure::new(kind, super::failure::clean(&what)).with_hint(self.context.renewal_hint.clone())
        })
    }

    /// Assumes a role with credentials from a helper, a file or the SDK.
    async fn assume(&self, role: &Role, with: Credentials, sts: &SdkConfig) -> Outcome {
        let client = sessions::client(sts, SharedCredentialsProvider::new(with));
        let answer = sessions::role(&client, role).send().await.map_err(|error| {
            let failed = super::failure::of_request("sts:AssumeRole", &self.context, &error);
            let hint = "check the trust policy of the role, and the permissions of the identity that assumes it";
            Failure::new(FailureKind::Credentials, failed.message).with_hint(hint)
        })?;
        sessions::credentials_from("sts:AssumeRole", answer.credentials)
    }
}

fn expiry(credentials: &Credentials) -> Option<Timestamp> {
    credentials.expiry().and_then(|at| Timestamp::try_from(at).ok())
}

/// Returns credentials that can be sent. Whitespace around a key, which secret stores and editors leave, is
/// trimmed; a key with other invalid characters could not be put into a request.
fn usable(credentials: &Credentials, context: &Context, now: Timestamp) -> Outcome {
    let names = if context.from_variables {
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]
    } else {
        ["the access key id", "the secret access key", "the session token"]
    };
    let refused =
        |what: String| Err(Failure::new(FailureKind::Credentials, what).with_hint(context.renewal_hint.clone()));
    let parts = [Some(credentials.access_key_id()), Some(credentials.secret_access_key()), credentials.session_token()];
    for (name, part) in names.into_iter().zip(parts) {
        let Some(part) = part.map(str::trim) else { continue };
        let of = if context.from_variables { String::new() } else { format!(" of {}", context.profile) };
        if part.chars().any(|c| !c.is_ascii_graphic()) {
            return refused(format!(
                "{name}{of} is not a key: it contains a blank, a line break or another character that keys never contain"
            ));
        }
        if part.is_empty() && name != names[2] {
            return refused(format!("{name}{of} is empty"));
        }
    }
    if expiry(credentials).is_some_and(|end| end <= now) {
        return refused(format!("the credentials of {} expired before they were used", context.profile));
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

impl ProvideCredentials for CredentialCache {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            // The request has already ensured that they are loaded: this only returns them.
            self.get(false).await.map_err(|failure| CredentialsError::provider_error(failure.message))
        })
    }
}

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
