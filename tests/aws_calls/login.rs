//! Who connects to an environment's database, with the password from where it lies.

use super::*;
use cockpit::config::{DatabaseConfig, EnvironmentConfig};
use cockpit::db::{Roots, Settings, SslMode};
use cockpit::feeds::sql::{Place, Who};
use cockpit::runtime::database_login::settings;
use secrecy::ExposeSecret;

const LIES: &str = "bookmark-manager-staging-db/app";
const HOST: &str = "bookmark-manager-staging-db.cluster-x.eu-west-1.rds.amazonaws.com";

fn environment(database: DatabaseConfig) -> EnvironmentConfig {
    EnvironmentConfig { name: "staging".into(), database, ..EnvironmentConfig::default() }
}

fn as_configured(desk: &Desk, environment: &EnvironmentConfig, who: &Who) -> Result<Settings, Failure> {
    let place = Place { host: HOST.into(), port: 5432, through: None };
    let known = Some("of-aws".to_owned());
    desk.runtime.block_on(settings(environment, Some(&desk.session), place, who, known))
}

/// User, database, password, and where that is from.
fn login(settings: &Settings) -> (&str, &str, Option<&str>, &str) {
    let password = settings.password.as_ref().map(ExposeSecret::expose_secret);
    (&settings.user, &settings.database, password, &settings.password_from)
}

#[test]
fn the_password_is_read_where_it_is_said_to_lie_and_what_is_said_of_the_database_goes_before_the_tunnel() {
    let desk = Desk::new(Scenario::Staging);
    let secret = desk.runtime.block_on(desk.session.secret(LIES)).unwrap();
    let password = secret.password.as_ref().map(|password| password.expose_secret().to_owned());
    let password = password.as_deref();
    assert!(password.is_some_and(|password| password.starts_with("simulated-")));
    let nobody = Who::default();
    let of = |database: DatabaseConfig| as_configured(&desk, &environment(database), &nobody);

    let all = of(DatabaseConfig { secret: Some(LIES.into()), ..DatabaseConfig::default() }).unwrap();
    assert_eq!(login(&all), ("app", "app", password, "the secret bookmark-manager-staging-db/app"));
    assert!(!format!("{all:?}").contains("simulated-"), "it never prints");
    // The environment's own word goes before what lies in the secret.
    let named = DatabaseConfig {
        secret: Some(LIES.into()),
        user: Some("me".into()),
        database: Some("mine".into()),
        ..DatabaseConfig::default()
    };
    let named = of(named).unwrap();
    assert_eq!((named.user.as_str(), named.database.as_str()), ("me", "mine"));

    let mut both = environment(DatabaseConfig::default());
    both.tunnel.secret = Some(LIES.into());
    both.tunnel.database = Some("tunnelled".into());
    let through = as_configured(&desk, &both, &nobody).unwrap();
    assert_eq!(login(&through), ("app", "tunnelled", password, "the secret bookmark-manager-staging-db/app"));
    // A password of the database's own: that of the tunnel is not read.
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
fn another_user_gets_no_password_that_is_not_his_and_what_is_missing_is_said() {
    let desk = Desk::new(Scenario::Staging);
    let configured = environment(DatabaseConfig { secret: Some(LIES.into()), ..DatabaseConfig::default() });
    let who = |user: Option<&str>, database: Option<&str>| Who {
        user: user.map(str::to_owned),
        database: database.map(str::to_owned),
    };
    let other = as_configured(&desk, &configured, &who(Some("other"), Some("shop"))).unwrap();
    assert_eq!(login(&other), ("other", "shop", None, ""));
    let same = as_configured(&desk, &configured, &who(Some("app"), None)).unwrap();
    assert!(same.password.is_some(), "the one who is configured, by his name");

    let failed = |database: DatabaseConfig| as_configured(&desk, &environment(database), &Who::default()).unwrap_err();
    let unsaid = failed(DatabaseConfig::default());
    assert!(
        unsaid.message.contains("not said who connects")
            && unsaid.hint.is_some_and(|hint| hint.contains("database.user"))
    );
    let unset = failed(DatabaseConfig { password_env: Some("NO_SUCH_VARIABLE".into()), ..DatabaseConfig::default() });
    assert!(unset.message.contains("NO_SUCH_VARIABLE is not set"), "{unset}");
    let gone = failed(DatabaseConfig { secret: Some("nowhere".into()), ..DatabaseConfig::default() });
    assert_eq!(gone.kind, FailureKind::NotFound, "{gone}");
    let place = Place { host: HOST.into(), port: 5432, through: None };
    let closed = desk.runtime.block_on(settings(&configured, None, place, &Who::default(), None)).unwrap_err();
    assert_eq!(closed.kind, FailureKind::Credentials, "{closed}");
}

#[test]
fn a_token_of_iam_is_made_for_who_connects_and_never_goes_unencrypted() {
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
    let of = |sslmode: Option<&str>, who: &Who| as_configured(&desk, &configured(sslmode), who).unwrap();
    let own = of(Some("disable"), &Who::default());
    assert_eq!((own.sslmode, own.password_from.as_str()), (SslMode::Require, "a token of IAM"));
    assert_eq!((own.roots.clone(), own.statement_timeout), (Roots::System, Some(Duration::from_secs(30))));
    let token = |settings: &Settings| settings.password.as_ref().unwrap().expose_secret().to_owned();
    assert!(
        token(&own).starts_with(&format!("{HOST}:5432/?")) && token(&own).contains("DBUser=app&"),
        "{}",
        token(&own)
    );
    let other = of(Some("verify-full"), &Who { user: Some("other".into()), ..Who::default() });
    assert!(token(&other).contains("DBUser=other&"), "a token is of its user");
    assert_eq!(other.sslmode, SslMode::VerifyFull);
}
