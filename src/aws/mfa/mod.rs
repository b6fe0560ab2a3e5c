//! A second factor: a role whose profile has `mfa_serial` is assumed with a code that a person is asked for. The SDK knows no
//! such question: it sends the request without one, and AWS refuses it. Keys of a user whose profile has `mfa_serial` and no
//! role get a session of their own (`GetSessionToken`); where nobody can be asked they are used as they are, as the AWS CLI
//! does always.
//!
//! Who is asked is said once for the process, which has one person before it: the terminal, the screen, or whoever gave
//! a code with `--mfa-code`. A code is in no log, no error and no file.

mod cache;

use super::failure::Context;
use super::kept;
use super::profiles::{Mfa, Role};
use super::sessions;
use crate::model::parameters::Value;
use crate::model::{Failure, FailureKind};
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// A code that AWS refuses is asked for again so often.
const ATTEMPTS: usize = 3;

/// The profile and device whose code is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The profile that wants a code.
    pub profile: String,
    /// The ARN or the serial number of the device.
    pub serial: String,
    /// Why it is asked again.
    pub again: Option<String>,
}

/// The function that asks a person: returns the code, or none where nobody answers.
#[derive(Clone)]
pub struct Asker(Arc<dyn Fn(Question) -> BoxFuture<'static, Option<Value>> + Send + Sync>);

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}

impl Asker {
    /// Codes are asked for with this function.
    pub fn new(ask: impl Fn(Question) -> BoxFuture<'static, Option<Value>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

/// The function that asks in this process.
static ASKED: Mutex<Option<Asker>> = Mutex::new(None);
/// One question at a time: sessions that want the same find it answered in the cache.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Sets who is asked for codes from now on.
pub fn ask_through(asker: Asker) {
    *ASKED.lock().unwrap_or_else(PoisonError::into_inner) = Some(asker);
}

impl Mfa {
    /// A session that is kept, or one that a code makes; `quiet`: nobody is asked for one.
    pub(super) async fn credentials(
        &self,
        source: &SharedCredentialsProvider,
        sts: &SdkConfig,
        context: &Context,
        now: Timestamp,
        quiet: bool,
    ) -> Result<Credentials, Failure> {
        let _one = ONE.lock().await;
        let path = kept::folder("cli/cache").map(|folder| folder.join(cache::name(self.role.as_ref(), &self.serial)));
        if let Some(kept) = path.as_ref().and_then(|path| cache::read(path, now)) {
            return Ok(kept);
        }
        let mut again = None;
        for _ in 0..ATTEMPTS {
            let refused = again.take();
            let code = match self.ask(refused.clone(), quiet).await {
                Ok(code) => code,
                // Much may be allowed without a second factor, and what is not says so.
                Err(_) if self.role.is_none() && refused.is_none() => {
                    tracing::warn!(
                        "profile `{}` has an MFA device, and no code was given: its keys are used",
                        self.profile
                    );
                    return source.provide_credentials().await.map_err(|error| {
                        let (kind, what) = super::failure::of_credentials(context, &error);
                        Failure::new(kind, super::failure::clean(&what))
                    });
                }
                Err(failure) => return Err(failure),
            };
            let made = match &self.role {
                Some(role) => self.assume(role, &code, source, sts, context).await,
                None => self.session(&code, source, sts, context).await,
            };
            match made {
                Ok((session, arn)) => {
                    if let Some(path) = &path
                        && let Err(error) = cache::write(path, &session, arn.as_deref())
                    {
                        tracing::warn!("the session is not kept in {}: {error}", path.display());
                    }
                    return Ok(session);
                }
                Err((failure, true)) => again = Some(failure.message),
                Err((failure, false)) => return Err(failure),
            }
        }
        let message = format!("the MFA codes for profile `{}` were refused{}", self.profile, because(again));
        Err(Failure::new(FailureKind::Credentials, message)
            .hinted("see that the device's clock is right, and try again"))
    }

    async fn ask(&self, again: Option<String>, quiet: bool) -> Result<Value, Failure> {
        let asker = ASKED.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|_| !quiet);
        let refused = because(again.clone());
        let question = Question { profile: self.profile.clone(), serial: self.serial.clone(), again };
        let answer = match asker {
            Some(asker) => (asker.0)(question).await,
            None => None,
        };
        answer.ok_or_else(|| {
            let message =
                format!("profile `{}` needs an MFA code of {}, and none was given{refused}", self.profile, self.serial);
            Failure::new(FailureKind::Credentials, message)
                .hinted("say --mfa-code CODE, or run it where a terminal can ask; the session is then kept as the AWS CLI keeps it")
        })
    }

    /// Assumes the role; with a failure, whether another code may do.
    async fn assume(
        &self,
        role: &Role,
        code: &Value,
        source: &SharedCredentialsProvider,
        sts: &SdkConfig,
        context: &Context,
    ) -> Result<(Credentials, Option<String>), (Failure, bool)> {
        let code = digits(code)?;
        let client = sessions::client(sts, source.clone());
        let asked = sessions::role(&client, role).serial_number(&self.serial).token_code(code);
        let answer = asked.send().await.map_err(|error| {
            let failed = super::failure::of_request("sts:AssumeRole", context, &error);
            refused(failed, "look at the trust policy of the role, and at the key of `source_profile`")
        })?;
        let session = sessions::built("sts:AssumeRole", answer.credentials).map_err(|failure| (failure, false))?;
        Ok((session, answer.assumed_role_user.map(|user| user.arn)))
    }

    /// A session of the keys themselves; with a failure, whether another code may do.
    async fn session(
        &self,
        code: &Value,
        source: &SharedCredentialsProvider,
        sts: &SdkConfig,
        context: &Context,
    ) -> Result<(Credentials, Option<String>), (Failure, bool)> {
        let code = digits(code)?;
        let client = sessions::client(sts, source.clone());
        let asked = client.get_session_token().serial_number(&self.serial).token_code(code);
        let answer = asked.send().await.map_err(|error| {
            let failed = super::failure::of_request("sts:GetSessionToken", context, &error);
            refused(failed, "check that `mfa_serial` is the device of the user whose keys these are")
        })?;
        let session = sessions::built("sts:GetSessionToken", answer.credentials).map_err(|failure| (failure, false))?;
        Ok((session, None))
    }
}

/// The digits of a code.
fn digits(code: &Value) -> Result<&str, (Failure, bool)> {
    let code = code.expose().trim();
    if code.len() < 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((Failure::new(FailureKind::Credentials, "a code has 6 digits"), true));
    }
    Ok(code)
}

/// Why AWS gave no session, and whether another code may do: AWS tells a wrong code from what may not be asked in its words
/// alone.
fn refused(failed: Failure, hint: &str) -> (Failure, bool) {
    let wrong = failed.kind == FailureKind::Denied;
    (Failure::new(FailureKind::Credentials, failed.message).hinted(hint), wrong)
}

fn because(again: Option<String>) -> String {
    again.map(|why| format!(": {why}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn nobody_is_asked_for_a_code_of_what_is_looked_at_in_passing() {
        static ASKED_FOR: AtomicUsize = AtomicUsize::new(0);
        ask_through(Asker::new(|_| {
            ASKED_FOR.fetch_add(1, Ordering::Relaxed);
            Box::pin(std::future::ready(None))
        }));
        let mfa = Mfa { profile: "ops".into(), serial: "arn:aws:iam::123456789012:mfa/me".into(), role: None };
        assert!(mfa.ask(None, true).await.is_err());
        assert_eq!(ASKED_FOR.load(Ordering::Relaxed), 0);
        let failure = mfa.ask(None, false).await.unwrap_err();
        assert!(failure.message.contains("needs an MFA code"), "{failure}");
        assert_eq!(ASKED_FOR.load(Ordering::Relaxed), 1);
    }
}
