//! The login for an environment's database: the settings of `[environments.NAME.database]`, and the password from its
//! configured source.

use crate::aws::Session;
use crate::aws::secrets::Login;
use crate::config::EnvironmentConfig;
use crate::db::{Roots, Settings, SslMode};
use crate::feeds::sql::{ConnectAs, Place};
use crate::model::{Failure, FailureKind};
use std::time::Duration;

/// Returns the settings for a connection to an environment's database. `who` overrides the configured user and database;
/// `database` is the database name reported by AWS, if known.
///
/// # Errors
/// If the password cannot be read, or no user is configured.
pub async fn settings(
    environment: &EnvironmentConfig,
    session: Option<&Session>,
    place: Place,
    who: &ConnectAs,
    database: Option<String>,
) -> Result<Settings, Failure> {
    let (ours, tunnel) = (&environment.database, &environment.tunnel);
    let missing = || Failure::new(FailureKind::Credentials, "no environment is opened whose password could be read");
    let own =
        ours.secret.is_some() || ours.parameter.is_some() || ours.password_env.is_some() || ours.iam == Some(true);
    let (secret, parameter) = if own { (&ours.secret, &ours.parameter) } else { (&tunnel.secret, &tunnel.parameter) };
    let (login, from) = match (secret, parameter, &ours.password_env) {
        (Some(secret), _, _) => (session.ok_or_else(missing)?.secret(secret).await?, format!("the secret {secret}")),
        (None, Some(parameter), _) => {
            (session.ok_or_else(missing)?.parameter(parameter).await?, format!("the parameter {parameter}"))
        }
        (None, None, Some(name)) => {
            let password = std::env::var(name).ok().ok_or_else(|| {
                Failure::new(FailureKind::Invalid, format!("the environment variable {name} is not set"))
                    .with_hint("`database.password_env` of the environment names it for the password")
            })?;
            let login = Login { password: Some(password.into()), ..Login::default() };
            (login, format!("the environment variable {name}"))
        }
        (None, None, None) => (Login::default(), String::new()),
    };
    let configured = ours.user.clone().or_else(|| tunnel.user.clone()).or(login.user);
    let is_other_user = who.user.is_some() && who.user != configured;
    let user = who.user.clone().or(configured).ok_or_else(|| {
        Failure::new(FailureKind::Invalid, format!("no user is configured for the database of {}", environment.name))
            .with_hint("write `database.user` in the environment, or `database.secret` with a user in it")
    })?;
    let named = who.database.clone().or_else(|| ours.database.clone()).or_else(|| tunnel.database.clone());
    let named = named.or(login.database).or(database);
    let mut settings = Settings::of(place, &user, named.unwrap_or_else(|| "postgres".to_owned()));
    if !is_other_user {
        settings.password = login.password;
        settings.password_source = from;
    }
    settings.sslmode = ours.sslmode.as_deref().and_then(SslMode::from_name).unwrap_or_default();
    settings.roots = match ours.sslrootcert.as_deref() {
        None => Roots::Usual,
        Some("system") => Roots::System,
        Some(file) => Roots::File(file.into()),
    };
    let limit = |limit: Option<jiff::SignedDuration>| limit.and_then(|limit| Duration::try_from(limit).ok());
    settings.statement_timeout = limit(ours.statement_timeout);
    settings.idle_timeout = limit(ours.idle_in_transaction_session_timeout);
    settings.result_limit = ours.result_limit.unwrap_or(settings.result_limit);
    if ours.iam == Some(true) {
        // A token must not be readable on its way.
        if !settings.sslmode.needs_tls() {
            settings.sslmode = SslMode::Require;
        }
        let (host, port) = (settings.place.host.clone(), settings.place.port);
        settings.password = Some(session.ok_or_else(missing)?.database_token(&host, port, &user).await?);
        "a token of IAM".clone_into(&mut settings.password_source);
    }
    Ok(settings)
}
