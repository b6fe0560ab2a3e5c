//! A password for an RDS database derived from AWS credentials and valid for 15 minutes: a signed URL that is
//! sent only to the database. Source: "Connecting to your DB instance using IAM authentication" in the RDS guide.

use super::session::Session;
use crate::model::{Failure, FailureKind};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningError, SigningSettings, sign};
use aws_sigv4::sign::v4;
use jiff::Timestamp;
use secrecy::SecretString;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// The maximum lifetime of a token in RDS.
const GOOD_FOR: Duration = Duration::from_mins(15);

impl Session {
    /// Returns the password of a user for the database at this host and port, which must be its real ones.
    ///
    /// # Errors
    /// There are no credentials, or no region.
    pub async fn database_token(&self, host: &str, port: u16, user: &str) -> Result<SecretString, Failure> {
        let credentials = self.credentials().await?;
        let region = self.region().ok_or_else(|| {
            Failure::new(FailureKind::Invalid, "an IAM token needs the region of the database")
                .with_hint("set `region` of the environment")
        })?;
        let now = Timestamp::now() + self.service_clock().ahead();
        token(credentials, &region, (host, port, user), now.into()).map(SecretString::from).map_err(|error| {
            Failure::new(FailureKind::Other, format!("the IAM token for the database cannot be made: {error}"))
        })
    }
}

fn token(
    credentials: Credentials,
    region: &str,
    (host, port, user): (&str, u16, &str),
    now: SystemTime,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(GOOD_FOR);
    settings.signature_location = SignatureLocation::QueryParams;
    let identity = credentials.into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("rds-db")
        .time(now)
        .settings(settings)
        .build()?
        .into();
    let mut url = format!("{host}:{port}/?Action=connect&DBUser={}", encoded(user));
    let full_url = format!("https://{url}");
    let request = SignableRequest::new("GET", &full_url, std::iter::empty(), SignableBody::Bytes(&[]))?;
    let (signed, _) = sign(request, &params).map_err(|error: SigningError| Box::new(error))?.into_parts();
    for (name, value) in signed.params() {
        let _ = write!(url, "&{name}={}", encoded(value));
    }
    Ok(url)
}

/// Encodes as Signature Version 4 requires: everything except the unreserved characters of RFC 3986.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_a_signed_url_for_the_real_host_and_user() {
        let credentials = Credentials::new("AKIDEXAMPLE", "hush", Some("a/b+c".into()), None, "test");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let made = token(credentials, "eu-west-1", ("db.example", 5432, "app@x"), now).unwrap();
        assert!(made.starts_with("db.example:5432/?Action=connect&DBUser=app%40x&"), "{made}");
        assert!(made.contains("X-Amz-Credential=AKIDEXAMPLE%2F20231114%2Feu-west-1%2Frds-db%2Faws4_request"), "{made}");
        assert!(made.contains("X-Amz-Expires=900") && made.contains("X-Amz-Security-Token=a%2Fb%2Bc"), "{made}");
        assert!(made.contains("X-Amz-Signature=") && !made.contains("hush"), "{made}");
    }
}
