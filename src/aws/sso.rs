//! Device sign-in to IAM Identity Center: a code is confirmed in any browser, and the token is stored
//! where the AWS CLI and the SDK look for it (`~/.aws/sso/cache`). These requests are not signed.

use super::cli_cache;
use super::credentials::load::endpoints;
use super::endpoints::SSO_OIDC;
use super::profiles::{Profiles, Sso};
use super::session::Session;
use crate::model::{Failure, FailureKind, partition};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::oneshot;

/// The default scope of a device. Source: the AWS CLI's default of `sso_registration_scopes`.
const SCOPE: &str = "sso:account:access";
/// The grant type of a device. Source: RFC 8628.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The client name shown on the sign-in page.
const CLIENT: &str = "cockpit";
/// The default polling interval, in seconds. Source: RFC 8628.
const EVERY: u64 = 5;
/// The increase of the polling interval when the service demands it, in seconds. Source: RFC 8628.
const SLOWER: u64 = 5;

/// The page and code that a person needs to confirm the sign-in in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// The page, with the code in it.
    pub url: String,
    /// The code that the page must show.
    pub code: String,
    pub expires: Timestamp,
}

impl Session {
    /// Signs in with the profile in use. `verification` receives the page and code for the person; dropping the future ends the
    /// wait.
    ///
    /// # Errors
    /// The profile has no sign-in, the service refuses it, or nobody confirms it in time.
    pub async fn sign_in(&self, verification: oneshot::Sender<Verification>) -> Result<(), Failure> {
        let profiles = Profiles::read(&self.0.connection).await?;
        let Some(sso) = profiles.sso() else {
            let message =
                format!("profile `{}` has no sign-in (`sso_session` or `sso_start_url`)", profiles.selected());
            return Err(Failure::new(FailureKind::Credentials, message).with_hint(profiles.renewal_hint()));
        };
        let named = endpoints(&self.0.connection, &profiles).await?;
        let named = named.of_service(SSO_OIDC).map(str::to_owned);
        let base = named.unwrap_or_else(|| host(&sso.region));
        let file = cli_cache::folder("sso/cache").map(|folder| folder.join(sso.file()));
        let Some(file) = file else {
            return Err(Failure::new(FailureKind::Other, "there is no home folder to keep the token in"));
        };
        let registered = Box::pin(self.post(&base, "RegisterClient", "/client/register", &sso.registration())).await?;
        let client = (text(&registered, "clientId")?, text(&registered, "clientSecret")?);
        let body = json!({ "clientId": client.0, "clientSecret": client.1, "startUrl": sso.start_url });
        let device = Box::pin(self.post(&base, "StartDeviceAuthorization", "/device_authorization", &body)).await?;
        let until = later(device["expiresIn"].as_i64().unwrap_or(600));
        let url = text(&device, "verificationUriComplete").or_else(|_| text(&device, "verificationUri"))?;
        // The receiver may be gone; the page can be opened elsewhere all the same.
        let _ = verification.send(Verification { url, code: text(&device, "userCode")?, expires: until });
        let body = json!({
            "clientId": client.0,
            "clientSecret": client.1,
            "grantType": GRANT,
            "deviceCode": text(&device, "deviceCode")?,
        });
        let mut every = device["interval"].as_u64().unwrap_or(EVERY).max(1);
        let token = loop {
            tokio::time::sleep(Duration::from_secs(every)).await;
            if Timestamp::now() >= until {
                let message = "nobody confirmed the sign-in in time";
                return Err(Failure::new(FailureKind::Timeout, message).with_hint("sign in again"));
            }
            match Box::pin(self.post(&base, "CreateToken", "/token", &body)).await {
                Ok(token) => break token,
                Err(Refused { code: Code::Pending, .. }) => {}
                Err(Refused { code: Code::TooSoon, .. }) => every += SLOWER,
                // A temporarily unreachable server; the code is still valid.
                Err(Refused { failure, .. }) if failure.kind == FailureKind::Unreachable => {}
                Err(Refused { failure, .. }) => return Err(failure),
            }
        };
        let kept = json!({
            "startUrl": sso.start_url,
            "region": sso.region,
            "accessToken": text(&token, "accessToken")?,
            "expiresAt": later(token["expiresIn"].as_i64().unwrap_or_default()).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "clientId": client.0,
            "clientSecret": client.1,
            "registrationExpiresAt": registered["clientSecretExpiresAt"]
                .as_i64()
                .and_then(|second| Timestamp::from_second(second).ok())
                .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            "refreshToken": token["refreshToken"],
        });
        cli_cache::write(&file, &kept).map_err(|error| {
            Failure::new(FailureKind::Other, format!("the token cannot be kept in {}: {error}", file.display()))
        })
    }

    /// Sends one request; a failure has the service's message.
    async fn post(&self, base: &str, operation: &str, path: &str, body: &Value) -> Result<Value, Refused> {
        let action = format!("sso-oidc:{operation}");
        let failed = |error: &dyn std::error::Error| {
            Refused::from(Failure::new(FailureKind::Other, format!("{action}: the request cannot be made: {error}")))
        };
        let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
        request.set_uri(format!("{}{path}", base.trim_end_matches('/'))).map_err(|error| failed(&error))?;
        request.set_method("POST").map_err(|error| failed(&error))?;
        request.headers_mut().insert("content-type", "application/json");
        let answer = self.0.wire.send_request(request, self.0.connection.operation_timeout).await;
        let (status, _, text) = answer
            .map_err(|_| Failure::new(FailureKind::Unreachable, format!("{action}: the sign-in does not answer")))
            .map_err(Refused::from)?;
        let answer: Value = serde_json::from_str(&text).unwrap_or_default();
        if status == 200 {
            return Ok(answer);
        }
        let word = |key: &str| answer[key].as_str().map(str::to_owned);
        let code = word("error").or_else(|| word("__type"));
        let words: Vec<String> =
            [code.clone(), word("error_description").or_else(|| word("message"))].into_iter().flatten().collect();
        let words = if words.is_empty() { format!("status {status}") } else { words.join(": ") };
        let failure = Failure::new(FailureKind::Credentials, format!("{action}: {}", super::failure::clean(&words)));
        Err(Refused { code: Code::named(code.as_deref().unwrap_or_default()), failure })
    }
}

impl Sso {
    fn registration(&self) -> Value {
        let scopes = if self.scopes.is_empty() { vec![SCOPE.to_owned()] } else { self.scopes.clone() };
        match self.session {
            Some(_) => json!({
                "clientName": CLIENT, "clientType": "public", "scopes": scopes, "grantTypes": [GRANT, "refresh_token"],
            }),
            // Old profiles have no scopes, and tokens that cannot be renewed.
            None => json!({ "clientName": CLIENT, "clientType": "public" }),
        }
    }
}

fn text(answer: &Value, key: &str) -> Result<String, Failure> {
    let found = answer[key].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    found.ok_or_else(|| Failure::new(FailureKind::Malformed, format!("the sign-in's answer has no {key}")))
}

fn later(seconds: i64) -> Timestamp {
    let now = Timestamp::now();
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

/// Why a request was refused.
#[derive(Debug)]
struct Refused {
    code: Code,
    failure: Failure,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { code: Code::Other, failure }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        refused.failure
    }
}

/// The error codes on which polling continues. Source: RFC 8628, and the names of the service's own errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Pending,
    TooSoon,
    Other,
}

impl Code {
    fn named(code: &str) -> Self {
        match code {
            "authorization_pending" | "AuthorizationPendingException" => Self::Pending,
            "slow_down" | "SlowDownException" => Self::TooSoon,
            _ => Self::Other,
        }
    }
}

/// The host for a sign-in in this region.
fn host(region: &str) -> String {
    format!("https://oidc.{region}.{}", partition::domain(region))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::digest::sha1;

    #[test]
    fn sign_in_uses_the_host_of_its_partition() {
        assert_eq!(host("us-east-1"), "https://oidc.us-east-1.amazonaws.com");
        assert_eq!(host("cn-north-1"), "https://oidc.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn token_is_stored_where_the_aws_cli_looks_for_it() {
        let sso = |session: Option<&str>| Sso {
            session: session.map(str::to_owned),
            start_url: "https://d-92671207e4.awsapps.com/start".into(),
            region: "us-east-1".into(),
            scopes: Vec::new(),
        };
        // Source: botocore's own tests of its token provider.
        assert_eq!(sso(Some("admin")).file(), "d033e22ae348aeb5660fc2140aec35850c4da997.json");
        assert_eq!(sso(None).file(), format!("{}.json", sha1("https://d-92671207e4.awsapps.com/start")));
        assert_eq!(sso(Some("admin")).registration()["scopes"], json!([SCOPE]));
        assert_eq!(sso(None).registration()["scopes"], Value::Null);
    }
}
