//! MFA: a role whose profile has `mfa_serial` is assumed with a code that a person types. The SDK has no such
//! prompt: it sends the request without a code, and AWS refuses it. Keys of a user whose profile has `mfa_serial` and no
//! role get their own session (`GetSessionToken`); if nobody can be prompted they are used directly, as the AWS CLI
//! always does.
//!
//! The prompt is set once for the process, which has one user: the terminal, the screen, or the
//! code given with `--mfa-code`. A code never appears in a log, an error or a file.

mod cache;

use super::cli_cache;
use super::failure::Context;
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

/// Number of prompts if AWS refuses the codes.
const ATTEMPTS: usize = 3;

/// The profile and device whose code is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRequest {
    /// The profile that requires a code.
    pub profile: String,
    /// The ARN or the serial number of the device.
    pub serial: String,
    /// Why the previous code was refused.
    pub retry_reason: Option<String>,
}

/// The function that prompts a person: returns the code, or `None` if nobody answers.
#[derive(Clone)]
pub struct CodePrompt(Arc<dyn Fn(CodeRequest) -> BoxFuture<'static, Option<Value>> + Send + Sync>);

impl fmt::Debug for CodePrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}

impl CodePrompt {
    /// Wraps a function that prompts for codes.
    pub fn new(ask: impl Fn(CodeRequest) -> BoxFuture<'static, Option<Value>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }
}

/// The prompt of this process.
static ASKED: Mutex<Option<CodePrompt>> = Mutex::new(None);
/// One prompt at a time: other sessions that need the same code find the session in the cache.
static ONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Sets the prompt for codes.
pub fn set_code_prompt(asker: CodePrompt) {
    *ASKED.lock().unwrap_or_else(PoisonError::into_inner) = Some(asker);
}

impl Mfa {
    /// Returns a cached session, or one made with a code; `quiet`: without a prompt.
    pub(super) async fn credentials(
        &self,
        source: &SharedCredentialsProvider,
        sts: &SdkConfig,
        context: &Context,
        now: Timestamp,
        quiet: bool,
    ) -> Result<Credentials, Failure> {
        let _one = ONE.lock().await;
        let path =
            cli_cache::folder("cli/cache").map(|folder| folder.join(cache::name(self.role.as_ref(), &self.serial)));
        if let Some(kept) = path.as_ref().and_then(|path| cache::read(path, now)) {
            return Ok(kept);
        }
        let mut again = None;
        for _ in 0..ATTEMPTS {
            let refused = again.take();
            let code = match self.ask(refused.clone(), quiet).await {
                Ok(code) => code,
                // Much may be allowed without MFA, and a denied request reports it.
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
                        tracing::warn!("the session cannot be cached in {}: {error}", path.display());
                    }
                    return Ok(session);
                }
                Err((failure, true)) => again = Some(failure.message),
                Err((failure, false)) => return Err(failure),
            }
        }
        let message = format!("the MFA codes for profile `{}` were refused{}", self.profile, because(again));
        Err(Failure::new(FailureKind::Credentials, message).with_hint("check the clock of the device, and try again"))
    }

    async fn ask(&self, again: Option<String>, quiet: bool) -> Result<Value, Failure> {
        let asker = ASKED.lock().unwrap_or_else(PoisonError::into_inner).clone().filter(|_| !quiet);
        let refused = because(again.clone());
        let question = CodeRequest { profile: self.profile.clone(), serial: self.serial.clone(), retry_reason: again };
        let answer = match asker {
            Some(asker) => (asker.0)(question).await,
            None => None,
        };
        answer.ok_or_else(|| {
            let message =
                format!("profile `{}` needs an MFA code of {}, and none was given{refused}", self.profile, self.serial);
            Failure::new(FailureKind::Credentials, message).with_hint(
                "pass --mfa-code CODE, or run it in a terminal; the session is then cached where the AWS CLI caches it",
            )
        })
    }

    /// Assumes the role; a failure states whether another code may help.
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
        let request = sessions::role(&client, role).serial_number(&self.serial).token_code(code);
        let answer = request.send().await.map_err(|error| {
            let failed = super::failure::of_request("sts:AssumeRole", context, &error);
            refused(failed, "check the trust policy of the role, and the key of `source_profile`")
        })?;
        let session =
            sessions::credentials_from("sts:AssumeRole", answer.credentials).map_err(|failure| (failure, false))?;
        Ok((session, answer.assumed_role_user.map(|user| user.arn)))
    }

    /// Gets a session for the keys themselves; a failure states whether another code may help.
    async fn session(
        &self,
        code: &Value,
        source: &SharedCredentialsProvider,
        sts: &SdkConfig,
        context: &Context,
    ) -> Result<(Credentials, Option<String>), (Failure, bool)> {
        let code = digits(code)?;
        let client = sessions::client(sts, source.clone());
        let request = client.get_session_token().serial_number(&self.serial).token_code(code);
        let answer = request.send().await.map_err(|error| {
            let failed = super::failure::of_request("sts:GetSessionToken", context, &error);
            refused(failed, "check that `mfa_serial` is the device of the user whose keys these are")
        })?;
        let session = sessions::credentials_from("sts:GetSessionToken", answer.credentials)
            .map_err(|failure| (failure, false))?;
        Ok((session, None))
    }
}

/// Returns the code without surrounding blanks. Its length is fixed. Source: `TokenCode` in the API reference of AWS STS.
fn digits(code: &Value) -> Result<&str, (Failure, bool)> {
    let code = code.expose().trim();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err((Failure::new(FailureKind::Credentials, "a code has 6 digits"), true));
    }
    Ok(code)
}

/// Why AWS gave no session, and whether another code may help: AWS distinguishes a wrong code from a denied request only by its
/// message.
fn refused(failed: Failure, hint: &str) -> (Failure, bool) {
    let wrong = failed.kind == FailureKind::Denied;
    (Failure::new(FailureKind::Credentials, failed.message).with_hint(hint), wrong)
}

fn because(again: Option<String>) -> String {
    again.map(|why| format!(": {why}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn background_request_never_prompts_for_a_code() {
        static ASKED_FOR: AtomicUsize = AtomicUsize::new(0);
        set_code_prompt(CodePrompt::new(|_| {
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
