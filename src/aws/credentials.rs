//! Credentials as they are kept and used. Where they come from is in `load`.
//!
//! Credentials are loaded before a request and apart from its limits, by one load for all who wait:
//! a helper may ask its user, and it asks once.

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

/// Credentials that are held for a change must be good for so long; those in use are loaded anew so long
/// before their end.
const HELD: Duration = Duration::from_mins(1);

/// A person finds the device and types its code within this.
const CODE_LIMIT: Duration = Duration::from_mins(5);

/// The outcome of a load: credentials, or why there are none.
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
    /// Whether a helper gets no terminal.
    screen: bool,
    quiet: bool,
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
    /// A role that takes a code, what it is assumed with, and roles to assume after it.
    Mfa { mfa: Mfa, with: SharedCredentialsProvider, roles: Vec<Role>, sts: Box<SdkConfig> },
    /// Roles, and what the first of them is assumed with: the SDK would ask for them by a rule of its own, where endpoints are
    /// concerned.
    Roles { with: SharedCredentialsProvider, roles: Vec<Role>, sts: Box<SdkConfig> },
    /// The credentials that the SDK's default chain finds.
    Sdk(SharedCredentialsProvider),
    /// Nothing can be loaded.
    None(Failure),
}

impl Keeper {
    fn new(source: Source, context: Context, connection: &Connection, clock: ServiceClock) -> Self {
        let limit = match source {
            Source::Helper { .. } => connection.credential_timeout,
            Source::Mfa { .. } => connection.credential_timeout.max(CODE_LIMIT),
            Source::Keys(_) | Source::Roles { .. } | Source::Sdk(_) | Source::None(_) => connection.operation_timeout,
        };
        let (screen, quiet) = (connection.screen, connection.quiet);
        Self(Arc::new(Kept { source, context, limit, screen, quiet, clock, state: Mutex::default() }))
    }

    /// When the last credentials end.
    pub(super) fn expires(&self) -> Option<Timestamp> {
        self.state().given.as_ref().and_then(expiry)
    }

    /// Whether a failure came from a helper, which must not be started again at once: it asks its user.
    pub(super) fn asks(&self) -> bool {
        matches!(self.0.source, Source::Helper { .. } | Source::Mfa { .. })
    }

    /// Whether there are none, and that was found out by this reading of the files.
    pub(super) fn failed(&self) -> bool {
        self.state().failed.is_some()
    }

    /// Sees that there are credentials, before a request and apart from its limits.
    pub(super) async fn ready(&self) -> Result<(), Failure> {
        self.get(false).await.map(drop)
    }

    /// The credentials that a request would be sent with now.
    pub(super) async fn in_use(&self) -> Result<Credentials, Failure> {
        self.get(false).await
    }

    /// Credentials to hold for several requests that must be one identity's: those in use, where they
    /// do not end soon.
    pub(super) async fn held(&self) -> Result<Credentials, Failure> {
        self.get(true).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The credentials in use, or those that a load brings; `long`: good for another minute.
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

    /// Asks the SDK for credentials, within the limit.
    async fn given(&self, provider: &SharedCredentialsProvider) -> Outcome {
        provider.provide_credentials().await.map_err(|error| {
            let (kind, what) = super::failure::of_credentials(&self.context, &error);
            Failure::new(kind, super::failure::clean(&what)).hinted(self.context.renew.clone())
        })
    }

    /// Assumes a role with credentials that a helper, a file or the SDK gave.
    async fn assume(&self, role: &Role, with: Credentials, sts: &SdkConfig) -> Outcome {
        let client = sessions::client(sts, SharedCredentialsProvider::new(with));
        let answer = sessions::role(&client, role).send().await.map_err(|error| {
            let failed = super::failure::of_request("sts:AssumeRole", &self.context, &error);
            let hint = "look at the trust policy of the role, and at what the identity that assumes it may do";
            Failure::new(FailureKind::Credentials, failed.message).hinted(hint)
        })?;
        sessions::built("sts:AssumeRole", answer.credentials)
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
                "{name}{of} is not a key: it has a blank, a line break or another sign within that no key has"
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

#[cfg(test)]
#[path = "credentials_tests.rs"]
mod tests;
