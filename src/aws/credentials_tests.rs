//! One load for all who wait, and keys as they can be sent.

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

fn keeper(life: Duration, fails: bool) -> (Keeper, Arc<AtomicU32>) {
    let loads = Arc::new(AtomicU32::new(0));
    let source = Source::Sdk(SharedCredentialsProvider::new(Counted { loads: Arc::clone(&loads), life, fails }));
    let connection = Connection::default();
    (Keeper::new(source, crate::aws::profiles::context(&connection), &connection, ServiceClock::default()), loads)
}

fn given(id: &str, secret: &str, token: Option<&str>) -> Outcome {
    let context = Context { variables: true, ..crate::aws::profiles::context(&Connection::default()) };
    usable(&Credentials::new(id, secret, token.map(str::to_owned), None, "test"), &context, Timestamp::now())
}

#[test]
fn blanks_around_a_key_are_no_part_of_it_and_those_within_are_refused_by_name() {
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
async fn one_load_serves_all_who_wait_and_a_failure_is_kept() {
    for fails in [false, true] {
        let (keeper, loads) = keeper(Duration::from_hours(1), fails);
        let asked = (0..9).map(|_| keeper.ready());
        for outcome in futures_util::future::join_all(asked).await {
            assert_eq!(outcome.is_err(), fails);
        }
        assert_eq!(keeper.ready().await.is_err(), fails);
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_load_that_nobody_waits_for_ends_and_the_next_begins_anew() {
    let (keeper, loads) = keeper(Duration::from_hours(1), false);
    let mut left = Box::pin(keeper.ready());
    assert!(futures_util::poll!(&mut left).is_pending());
    drop(left);
    keeper.ready().await.unwrap();
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn credentials_that_live_shortly_are_not_loaded_with_every_request() {
    let (keeper, loads) = keeper(Duration::from_secs(30), false);
    for _ in 0..5 {
        keeper.ready().await.unwrap();
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    // A change holds them longer.
    keeper.held().await.unwrap();
    assert_eq!(loads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn credentials_that_have_ended_already_are_none() {
    let (keeper, loads) = keeper(Duration::ZERO, false);
    for _ in 0..5 {
        assert!(keeper.ready().await.unwrap_err().message.contains("have ended"));
    }
    assert_eq!(loads.load(Ordering::SeqCst), 1);
}
