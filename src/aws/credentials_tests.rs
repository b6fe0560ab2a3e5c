//! Tests of shared loads, and of keys that can be sent.

use super::*;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

#[derive(Debug)]
struct Counted {
    loads: Arc<AtomicU32>,
    life: Duration,
    fails: bool,
}

impl ProvideCredentials for Counted {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            self.loads.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            if self.fails {
                return Err(CredentialsError::not_loaded("none"));
            }
            Ok(Credentials::new("AKIA", "s", None, Some(SystemTime::now() + self.life), "test"))
        })
    }
}

fn keeper(life: Duration, fails: bool) -> (CredentialCache, Arc<AtomicU32>) {
    let loads = Arc::new(AtomicU32::new(0));
    let source = Source::Sdk(SharedCredentialsProvider::new(Counted { loads: Arc::clone(&loads), life, fails }));
    let connection = Connection::default();
    (
        CredentialCache::new(source, crate::aws::profiles::context(&connection), &connection, ServiceClock::default()),
        loads,
    )
}

fn given(id: &str, secret: &str, token: Option<&str>) -> Outcome {
    let context = Context { from_variables: true, ..crate::aws::profiles::context(&Connection::default()) };
    usable(&Credentials::new(id, secret, token.map(str::to_owned), None, "test"), &context, Timestamp::now())
}

#[test]
fn whitespace_around_a_key_is_trimmed_and_whitespace_within_is_refused_by_name() {
    let found = given(" AKIA\n", "s/e+c=\r\n", Some("\ttoken \n")).unwrap();
    assert_eq!(
        (found.access_key_id(), found.secret_access_key(), found.session_token()),
        ("AKIA", "s/e+c=", Some("token"))
    );
    assert_eq!(given("AKIA", "s", Some(" \n")).unwrap().session_token(), None);
    for (id, secret, token, name) in [
        ("AK\nIA", "s", None, "AWS_ACCESS_KEY_ID"),
        ("AKIA", "s\ns", None, "AWS_SECRET_ACCESS_KEY"),
        ("AKIA", "s", Some("to\nken"), "AWS_SESSION_TOKEN"),
        ("AKIÄ", "s", None, "AWS_ACCESS_KEY_ID"),
        ("\u{feff}AKIA", "s", None, "AWS_ACCESS_KEY_ID"),
        ("  ", "s", None, "AWS_ACCESS_KEY_ID"),
        ("AKIA", "\u{0}s", None, "AWS_SECRET_ACCESS_KEY"),
    ] {
        let refused = given(id, secret, token).unwrap_err();
        assert_eq!(refused.kind, FailureKind::Credentials);
        assert!(refused.message.starts_with(name), "{refused}");
    }
}

#[tokio::test]
async fn one_load_serves_all_waiters_and_its_failure_is_cached() {
    for fails in [false, true] {
        let (keeper, loads) = keeper(Duration::from_hours(1), fails);
        let waiters = (0..9).map(|_| keeper.ensure_loaded());
        for outcome in futures_util::future::join_all(waiters).await {
            assert_eq!(outcome.is_err(), fails);
        }
        assert_eq!(keeper.ensure_loaded().await.is_err(), fails);
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn abandoned_load_ends_and_the_next_starts_fresh() {
    let (keeper, loads) = keeper(Duration::from_hours(1), false);
    let mut left = Box::pin(keeper.ensure_loaded());
    assert!(futures_util::poll!(&mut left).is_pending());
    drop(left);
    keeper.ensure_loaded().await.unwrap();
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn short_lived_credentials_are_not_loaded_on_every_request() {
    let (keeper, loads) = keeper(Duration::from_secs(30), false);
    for _ in 0..5 {
        keeper.ensure_loaded().await.unwrap();
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    // A change holds them longer.
    keeper.not_expiring_soon().await.unwrap();
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn expired_credentials_are_rejected() {
    let (keeper, loads) = keeper(Duration::ZERO, false);
    for _ in 0..5 {
        assert!(keeper.ensure_loaded().await.unwrap_err().message.contains("expired before"));
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}
