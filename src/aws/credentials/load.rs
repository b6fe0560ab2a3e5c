//! Where credentials and the region come from, and the messages for when there are none.
//!
//! As in the AWS CLI: a named profile takes precedence over keys in the environment; otherwise the
//! order is environment, files, web identity, container, and the instance's metadata as the last
//! resort, with one short attempt. The region never comes from the instance's metadata.

use super::{CredentialCache, Outcome, Source};
use crate::aws::connection::{Connection, MAX_ATTEMPTS, aws_files, timeouts};
use crate::aws::endpoints::{IGNORE_VARIABLE, Resolved, are_ignored, not_a_url};
use crate::aws::environment::variable;
use crate::aws::failure::Context;
use crate::aws::profiles::{self, CredentialSource, MfaSource, Profiles, SecondFactor, profile_files};
use crate::aws::wire::Wire;
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
use aws_credential_types::provider::SharedCredentialsProvider;
use secrecy::ExposeSecret as _;
use std::time::Duration;

/// The time limit for the instance's metadata service: if it exists, it is near.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);

/// Loads the configuration of every client from flags, environment and files, with the names used in messages.
pub(crate) async fn load(
    connection: &Connection,
    wire: &Wire,
) -> Result<(SdkConfig, CredentialCache, Context), Failure> {
    let profiles = Profiles::read(connection).await?;
    let keys = keys(connection);
    let context = context(connection, &profiles, keys.as_ref().is_some_and(Result::is_ok));
    if keys.is_none()
        && let Some(undefined) = profiles.undefined_profile()
    {
        return Err(undefined);
    }
    wire.trust_bundle(variable("AWS_CA_BUNDLE").or_else(|| profiles.get("ca_bundle").map(str::to_owned)).as_deref())?;
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
        if let Some(files) = profile_files(connection) {
            loader = loader.profile_files(files);
        }
        loader
    };
    let endpoints = endpoints(connection, &profiles).await?;
    let context = Context { endpoints: endpoints.for_display(), ..context };
    let refused =
        if keys.is_none() { ignored_endpoint_in_use(connection, &profiles, &context.profile).await } else { None };
    let keys = keys.or_else(|| refused.map(Err));
    // Requests to assume roles use the same endpoint as all others.
    let sts = async { Box::new(endpoints.apply_to(loader().no_credentials().load().await)) };
    let from = |source| match source {
        MfaSource::Keys(keys) => SharedCredentialsProvider::new(keys),
        MfaSource::Profile(name) => of_profile(connection, &base, &name),
    };
    let source = match keys {
        Some(Ok(keys)) => Source::Keys(keys),
        Some(Err(failure)) => Source::None(failure),
        None => match (second_factor(&profiles), profiles.credential_source()) {
            (Some(SecondFactor { mfa, source, roles, .. }), _) => {
                Source::Mfa { mfa, with: from(source), roles, sts: sts.await }
            }
            (None, CredentialSource::Helper(helper, roles)) => Source::Helper { helper, roles, sts: sts.await },
            (
                None,
                CredentialSource::Sso
                | CredentialSource::Login
                | CredentialSource::Keys
                | CredentialSource::Machine
                | CredentialSource::Unknown,
            ) => match profiles.roles() {
                Some((source, roles)) => Source::Roles { with: from(source), roles, sts: sts.await },
                None => Source::Sdk(provider(connection, &profiles, base.clone(), &region).await),
            },
        },
    };
    let keeper = CredentialCache::new(source, context.clone(), connection, wire.clock().clone());
    let config = loader().credentials_provider(keeper.clone()).load().await;
    Ok((endpoints.apply_to(config), keeper, context))
}

/// Resolves each service's endpoint from variables and files.
///
/// # Errors
/// A configured endpoint is not a URL.
pub(crate) async fn endpoints(connection: &Connection, profiles: &Profiles) -> Result<Resolved, Failure> {
    let sdk = files_of_sdk(connection, profiles).await;
    let found = Resolved::read(connection, |key| profiles.get(key).map(str::to_owned), &sdk);
    found.map_err(|wrong| {
        let in_files = aws_files(connection).endpoints(profiles.selected());
        let place = in_files.named.into_values().find(|one| one.url == wrong).map(|one| one.place);
        not_a_url(&wrong, place)
    })
}

/// Fails if the SDK would request the profile's credentials at an endpoint that is to be ignored: its own requests use
/// configured endpoints regardless of the ignore setting, and one of them carries a token.
async fn ignored_endpoint_in_use(connection: &Connection, profiles: &Profiles, who: &str) -> Option<Failure> {
    let services = profiles.services_called_by_sdk();
    if services.is_empty() || !are_ignored(variable, |key| profiles.get(key).map(str::to_owned)) {
        return None;
    }
    let sdk = files_of_sdk(connection, profiles).await;
    let named = Resolved::ignored_setting(&sdk, services)?;
    let what = format!("the credentials of {who} would be requested from {named}, although {IGNORE_VARIABLE} is set");
    let hint = format!("remove {named} for this: the AWS SDK uses it for sign-ins in any case");
    Some(Failure::new(FailureKind::Credentials, what).with_hint(hint))
}

/// Returns the configuration that the SDK makes of the files.
async fn files_of_sdk(connection: &Connection, profiles: &Profiles) -> SdkConfig {
    // Only its files are used; without a region the SDK would query the instance's metadata for one.
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        // Otherwise the SDK reads the retry mode too, and panics at unknown values: `legacy`, an empty variable.
        .retry_config(RetryConfig::standard())
        .no_credentials()
        .profile_name(profiles.selected());
    if let Some(files) = profile_files(connection) {
        loader = loader.profile_files(files);
    }
    loader.load().await
}

/// Returns the MFA device to prompt for: only if its role is assumed with credentials from the files.
fn second_factor(profiles: &Profiles) -> Option<SecondFactor> {
    profiles.second_factor().filter(|found| !found.own || matches!(found.source, MfaSource::Keys(_)))
}

/// Returns the credentials of the profile with this name.
fn of_profile(connection: &Connection, base: &ProviderConfig, name: &str) -> SharedCredentialsProvider {
    let mut provider = ProfileFileCredentialsProvider::builder().configure(base).profile_name(name);
    if let Some(files) = profile_files(connection) {
        provider = provider.profile_files(files);
    }
    SharedCredentialsProvider::new(provider.build())
}

/// Returns keys that are given, or set in the environment while no profile is named. The region and all else may
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
        Some(
            Err(Failure::new(FailureKind::Credentials, message).with_hint("set both, or neither and name a --profile")),
        )
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

/// Returns the context of messages, once the source of the credentials is known.
fn context(connection: &Connection, profiles: &Profiles, keys: bool) -> Context {
    let known = profiles::context(connection);
    if keys || known.fixed {
        return known;
    }
    let signs_in = matches!(profiles.credential_source(), CredentialSource::Sso | CredentialSource::Login);
    Context { renewal_hint: profiles.renewal_hint(), from_sign_in: signs_in, ..known }
}

/// Returns the number of attempts as the AWS CLI does: an integer of at least 1 from the variable or profile; else the default.
fn attempts(connection: &Connection, profiles: &Profiles) -> u32 {
    let configured = || profiles.get("max_attempts").and_then(|value| value.parse().ok()).filter(|count| *count > 0);
    connection.attempts.or_else(configured).unwrap_or(MAX_ATTEMPTS)
}

/// Returns the region named by the connection, a variable or the profile, if any.
///
/// # Errors
/// The files cannot be read.
pub(crate) async fn configured_region(connection: &Connection) -> Result<Option<String>, Failure> {
    Ok(of_files(connection, &Profiles::read(connection).await?).await)
}

async fn of_files(connection: &Connection, profiles: &Profiles) -> Option<String> {
    let variables = async { EnvironmentVariableRegionProvider::new().region().await.map(|region| region.to_string()) };
    let found = match &connection.region {
        Some(region) => Some(region.clone()),
        None => variables.await.or_else(|| profiles.get("region").map(str::to_owned)),
    };
    found.map(|region| region.trim().to_owned()).filter(|region| !region.is_empty())
}

async fn region(connection: &Connection, profiles: &Profiles) -> Result<Region, Failure> {
    let Some(found) = of_files(connection, profiles).await else {
        let message = "no region is known: set `region` of the environment in config.toml, --region, AWS_REGION or the profile's region";
        return Err(Failure::new(FailureKind::Other, message)
            .with_hint("`cockpit config show` prints where each value comes from"));
    };
    if !crate::model::format::is_region(&found) {
        let message = format!(
            "`{found}` is not a region: it is written as ap-northeast-1, in AWS_REGION, the profile or config.toml"
        );
        return Err(Failure::new(FailureKind::Other, message)
            .with_hint("`cockpit config show` prints where each value comes from"));
    }
    Ok(Region::new(found))
}

async fn provider(
    connection: &Connection,
    profiles: &Profiles,
    config: ProviderConfig,
    region: &Region,
) -> SharedCredentialsProvider {
    let files = profile_files(connection);
    if connection.profile.is_some() || files.is_some() {
        let mut provider =
            ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profiles.selected());
        if let Some(files) = files {
            provider = provider.profile_files(files);
        }
        return SharedCredentialsProvider::new(provider.build());
    }
    let number = |name: &str| variable(name).and_then(|value| value.parse::<u32>().ok()).filter(|number| *number > 0);
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

/// Fails if the token file named by a variable cannot be read and nothing else provides credentials: the SDK reports the
/// reason, but not the file.
fn unreadable_token_file(connection: &Connection, profiles: &Profiles) -> Option<Failure> {
    let others = connection.keys.is_some() || connection.profile.is_some() || connection.credentials_file.is_some();
    if others
        || variable("AWS_ACCESS_KEY_ID").is_some()
        || !matches!(profiles.credential_source(), CredentialSource::Unknown | CredentialSource::Machine)
    {
        return None;
    }
    ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"].into_iter().find_map(|name| {
        let file = variable(name)?;
        let error = std::fs::read(&file).err()?;
        let message = format!("the file {file}, which {name} names, cannot be read: {error}");
        let hint = "the platform that runs this writes a token there, as Kubernetes, ECS or a pipeline does: check that it does, or pass --profile";
        Some(Failure::new(FailureKind::Credentials, message).with_hint(hint))
    })
}

/// Extends a credentials failure if the profile requires an MFA code, which the SDK
/// does not support: it sends the request without one, and AWS refuses it without stating why.
pub(crate) async fn explain(connection: &Connection, failure: Failure) -> Failure {
    let Ok(profiles) = Profiles::read(connection).await else { return failure };
    if failure.kind == FailureKind::Credentials
        && let Some(missing) = unreadable_token_file(connection, &profiles)
    {
        return missing;
    }
    let signs_in =
        failure.kind == FailureKind::Credentials && matches!(profiles.credential_source(), CredentialSource::Sso);
    if signs_in && profiles.sso().is_some_and(|sso| sso.is_new()) {
        return failure.with_message(format!("profile `{}` is not signed in", profiles.selected()));
    }
    let needs_code = second_factor(&profiles).is_some();
    if connection.keys.is_some() || needs_code || matches!(profiles.credential_source(), CredentialSource::Helper(..)) {
        return failure;
    }
    let Some(profile) = profiles.mfa_profile() else { return failure };
    Failure::new(
        FailureKind::Credentials,
        format!(
            "profile `{profile}` requires an MFA code (`mfa_serial`), and there is no prompt for it here: add a profile with \
             `credential_process = aws configure export-credentials --profile {profile} --format process` and name that one"
        ),
    )
    .with_hint(format!(
        "the AWS CLI prompts for the code, which is then valid for hours: run `aws sts get-caller-identity --profile {profile}` \
         in a terminal first"
    ))
}
