//! Signing the WebSocket's address.

use super::gate::Credentials;
use crate::supervisor::Failure;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use std::time::SystemTime;

/// Returns the headers to send. A `+` in the query is signed as the space that it stands for; the address itself is
/// unchanged. Returns no headers for an address that already contains a signature.
pub(super) fn headers(
    url: &str,
    host: &str,
    region: &str,
    credentials: Credentials,
    now: SystemTime,
) -> Result<Vec<(String, String)>, Failure> {
    if url.contains("X-Amz-") {
        return Ok(Vec::new());
    }
    let failed = |error: &dyn std::fmt::Display| Failure::transient(format!("the request cannot be signed: {error}"));
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name("ssmmessages")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| failed(&error))?;
    // Signed as an HTTPS request; the scheme is not part of the signature.
    let address = url.replacen("wss://", "https://", 1).replacen("ws://", "http://", 1);
    let headers = [("host", host)];
    let request = SignableRequest::new("GET", address, headers.into_iter(), SignableBody::Bytes(&[]))
        .map_err(|error| failed(&error))?;
    let (instructions, _) = sign(request, &parameters.into()).map_err(|error| failed(&error))?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn signature(query: &str) -> Vec<(String, String)> {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", Some("session-token".into()), None, "test");
        let url =
            format!("wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/s-1?role=publish_subscribe{query}");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        headers(&url, "ssmmessages.eu-west-1.amazonaws.com", "eu-west-1", credentials, now).unwrap()
    }

    #[test]
    fn host_date_and_session_token_are_signed() {
        let headers = signature("");
        let authorization = &headers.iter().find(|(name, _)| name == "authorization").unwrap().1;
        assert!(authorization.contains("SignedHeaders=host;x-amz-date;x-amz-security-token"), "{authorization}");
        assert!(authorization.contains("/eu-west-1/ssmmessages/aws4_request"), "{authorization}");
    }

    #[test]
    fn plus_is_signed_as_a_space() {
        assert_eq!(signature("&cell-number=AA+B/C"), signature("&cell-number=AA%20B%2FC"));
        assert_ne!(signature("&cell-number=AA+B/C"), signature("&cell-number=AA%2BB%2FC"));
    }

    #[test]
    fn address_with_a_signature_is_not_signed_again() {
        assert_eq!(signature("&X-Amz-Signature=00"), []);
    }
}
