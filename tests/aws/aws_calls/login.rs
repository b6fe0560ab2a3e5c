//! The user of an environment's database, and the source of the password.

use super::*;
use cockpit::config::{DatabaseConfig, EnvironmentConfig};
use cockpit::db::{Roots, Settings, SslMode};
use cockpit::feeds::sql::{ConnectAs, Place};
use cockpit::runtime::database_login::settings;
use secrecy::ExposeSecret;

const SECRET_ID: &str = "bookmark-manager-staging-db/app";
const HOST: &str = "bookmark-manager-staging-db.cluster-x.eu-west-1.rds.amazonaws.com";

fn environment(database: DatabaseConfig) -> EnvironmentConfig {
    EnvironmentConfig { name: "staging".into(), database, ..EnvironmentConfig::default() }
}

fn as_configured(desk: &Desk, environment: &EnvironmentConfig, who: &ConnectAs) -> Result<Settings, Failure> {
    let place = Place { host: HOST.into(), port: 5432, through: None };
    let known = Some("of-aws".to_owned());
    desk.runtime.block_on(settings(environment, Some(&desk.session), place, who, known))
}

/// User, database, password, and the source of the password.
fn login(settings: &Settings) -> (&str, &str, Option<&str>, &str) {
    let password = settings.password.as_ref().map(ExposeSecret::expose_secret);
    (&settings.user, &settings.database, password, &settings.password_source)
}

#[test]
fn password_is_read_from_its_configured_place_and_database_settings_override_the_tunnel() {
    let desk = Desk::new(Scenario::Staging);
    let secret = desk.runtime.block_on(desk.session.secret(SECRET_ID)).unwrap();
    let password = secret.password.as_ref().map(|password| password.expose_secret().to_owned());
    let password = password.as_deref();
    assert!(password.is_some_and(|password| password.starts_with("simulated-")));
    let nobody = ConnectAs::default();
    let of = |database: DatabaseConfig| as_configured(&desk, &environment(database), &nobody);

    let all = of(DatabaseConfig { secret: Some(SECRET_ID.into()), ..DatabaseConfig::default() }).unwrap();
    assert_eq!(login(&all), ("app", "app", password, "the secret bookmark-manager-staging-db/app"));
    assert!(!format!("{all:?}").contains("simulated-"), "it never prints");
    // The environment's own settings precede those in the secret.
    let named = DatabaseConfig {
        secret: Some(SECRET_ID.into()),
        user: Some("me".into()),
        database: Some("mine".into()),
        ..DatabaseConfig::default()
    };
    let named = of(named).unwrap();
    assert_eq!((named.user.as_str(), named.database.as_str()), ("me", "mine"));

    let mut both = environment(DatabaseConfig::default());
    both.tunnel.secret = Some(SECRET_ID.into());
    both.tunnel.database = Some("tunnelled".into());
    let through = as_configured(&desk, &both, &nobody).unwrap();
    assert_eq!(login(&through), ("app", "tunnelled", password, "the secret bookmark-manager-staging-db/app"));
    // With a password of the database's own, the tunnel's password is not read.
    let own = DatabaseConfig {
        password_env: Some("CARGO_PKG_NAME".into()),
        user: Some("me".into()),
        ..DatabaseConfig::default()
    };
    let own = as_configured(&desk, &EnvironmentConfig { database: own, ..both }, &nobody).unwrap();
    assert_eq!(login(&own), ("me", "tunnelled", Some("cockpit"), "the environment variable CARGO_PKG_NAME"));

    let parameter = "/bookmark-manager/staging/SMTP_PASSWORD";
    let read = desk.runtime.block_on(desk.session.parameter(parameter)).unwrap().password.unwrap();
    let stored =
        DatabaseConfig { parameter: Some(parameter.into()), user: Some("me".into()), ..DatabaseConfig::default() };
    let stored = of(stored).unwrap();
    let words = format!("the parameter {parameter}");
    assert_eq!(login(&stored), ("me", "of-aws", Some(read.expose_secret()), words.as_str()));
}

#[test]
fn other_user_gets_no_password_and_missing_settings_are_named() {
    let desk = Desk::new(Scenario::Staging);
    let configured = environment(DatabaseConfig { secret: Some(SECRET_ID.into()), ..DatabaseConfig::default() });
    let who = |user: Option<&str>, database: Option<&str>| ConnectAs {
        user: user.map(str::to_owned),
        database: database.map(str::to_owned),
    };
    let other = as_configured(&desk, &configured, &who(Some("other"), Some("shop"))).unwrap();
    assert_eq!(login(&other), ("other", "shop", None, ""));
    let same = as_configured(&desk, &configured, &who(Some("app"), None)).unwrap();
    assert!(same.password.is_some(), "the configured user, by name");

    let failed =
        |database: DatabaseConfig| as_configured(&desk, &environment(database), &ConnectAs::default()).unwrap_err();
    let unsaid = failed(DatabaseConfig::default());
    assert!(
        unsaid.message.contains("no user is configured")
            && unsaid.hint.is_some_and(|hint| hint.contains("database.user"))
    );
    let unset = failed(DatabaseConfig { password_env: Some("NO_SUCH_VARIABLE".into()), ..DatabaseConfig::default() });
    assert!(unset.message.contains("NO_SUCH_VARIABLE is not set"), "{unset}");
    let gone = failed(DatabaseConfig { secret: Some("nowhere".into()), ..DatabaseConfig::default() });
    assert_eq!(gone.kind, FailureKind::NotFound, "{gone}");
    let place = Place { host: HOST.into(), port: 5432, through: None };
    let closed = desk.runtime.block_on(settings(&configured, None, place, &ConnectAs::default(), None)).unwrap_err();
    assert_eq!(closed.kind, FailureKind::Credentials, "{closed}");
}

#[test]
fn iam_token_is_made_for_the_connecting_user_and_never_sent_unencrypted() {
    let desk = Desk::new(Scenario::Staging);
    let configured = |sslmode: Option<&str>| {
        environment(DatabaseConfig {
            iam: Some(true),
            user: Some("app".into()),
            sslmode: sslmode.map(str::to_owned),
            statement_timeout: Some(jiff::SignedDuration::from_secs(30)),
            sslrootcert: Some("system".into()),
            ..DatabaseConfig::default()
        })
    };
    let of = |sslmode: Option<&str>, who: &ConnectAs| as_configured(&desk, &configured(sslmode), who).unwrap();
    let own = of(Some("disable"), &ConnectAs::default());
    assert_eq!((own.sslmode, own.password_source.as_str()), (SslMode::Require, "a token of IAM"));
    assert_eq!((own.roots.clone(), own.statement_timeout), (Roots::System, Some(Duration::from_secs(30))));
    let token = |settings: &Settings| settings.password.as_ref().unwrap().expose_secret().to_owned();
    assert!(
        token(&own).starts_with(&format!("{HOST}:5432/?")) && token(&own).contains("DBUser=app&"),
        "{}",
        token(&own)
    );
    let other = of(Some("verify-full"), &ConnectAs { user: Some("other".into()), ..ConnectAs::default() });
    assert!(token(&other).contains("DBUser=other&"), "a token belongs to its user");
    assert_eq!(other.sslmode, SslMode::VerifyFull);
}
