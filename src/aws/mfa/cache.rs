//! Sessions cached where the AWS CLI caches them (`~/.aws/cli/cache`), under the same names: a code typed for one of the
//! two programs serves the other.

use crate::aws::cli_cache;
use crate::aws::digest::sha1;
use crate::aws::profiles::Role;
use aws_credential_types::Credentials;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// A session that expires within this is renewed. Source: botocore, `CachedCredentialFetcher`.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// The cache file of a role assumed with MFA. Source: botocore, `AssumeRoleCredentialFetcher`: the digest
/// of the arguments of `AssumeRole`, as JSON with sorted keys, without a generated session name. A session
/// without a role does not exist in the AWS CLI: its file is the digest of the arguments of `GetSessionToken`.
pub(super) fn name(role: Option<&Role>, serial: &str) -> String {
    let mut arguments = Map::new();
    arguments.insert("SerialNumber".to_owned(), json!(serial));
    let Some(role) = role else { return file(&arguments) };
    arguments.insert("RoleArn".to_owned(), json!(role.arn));
    if let Some(id) = &role.external_id {
        arguments.insert("ExternalId".to_owned(), json!(id));
    }
    if let Some(name) = &role.session_name {
        arguments.insert("RoleSessionName".to_owned(), json!(name));
    }
    if let Some(seconds) = role.duration {
        arguments.insert("DurationSeconds".to_owned(), json!(seconds));
    }
    file(&arguments)
}

fn file(arguments: &Map<String, Value>) -> String {
    let mut keys: Vec<(&String, &Value)> = arguments.iter().collect();
    keys.sort_by_key(|(key, _)| *key);
    let parts: Vec<String> = keys.into_iter().map(|(key, value)| format!("\"{key}\": {}", ascii(value))).collect();
    format!("{}.json", sha1(&format!("{{{}}}", parts.join(", "))))
}

/// Formats JSON like Python: non-ASCII characters as `\uXXXX`.
fn ascii(value: &Value) -> String {
    let mut out = String::new();
    for unit in value.to_string().encode_utf16() {
        match char::from_u32(u32::from(unit)).filter(char::is_ascii) {
            Some(letter) => out.push(letter),
            None => {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// Reads a session from a file, if it is valid for a while.
pub(super) fn read(path: &Path, now: Timestamp) -> Option<Credentials> {
    let kept: Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
    let kept = &kept["Credentials"];
    let until: Timestamp = kept["Expiration"].as_str()?.parse().ok()?;
    if until.duration_since(now) < SOON {
        return None;
    }
    let text = |key: &str| Some(kept[key].as_str().filter(|text| !text.is_empty())?.to_owned());
    let mut built = Credentials::builder()
        .access_key_id(text("AccessKeyId")?)
        .secret_access_key(text("SecretAccessKey")?)
        .session_token(text("SessionToken")?)
        .provider_name("AssumeRole");
    built.set_expiry(Some(until.into()));
    Some(built.build())
}

/// Writes a session to a file that only its owner can read.
pub(super) fn write(path: &Path, session: &Credentials, arn: Option<&str>) -> io::Result<()> {
    let until = session.expiry().and_then(|at| Timestamp::try_from(at).ok());
    let kept = json!({
        "Credentials": {
            "AccessKeyId": session.access_key_id(),
            "SecretAccessKey": session.secret_access_key(),
            "SessionToken": session.session_token(),
            "Expiration": until.map(|until| until.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()),
        },
        "AssumedRoleUser": { "Arn": arn },
    });
    cli_cache::write(path, &kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn role() -> Role {
        Role { arn: "arn:aws:iam::123456789012:role/ops".into(), external_id: None, session_name: None, duration: None }
    }

    #[test]
    fn cache_files_are_named_as_by_the_aws_cli() {
        let serial = "arn:aws:iam::123456789012:mfa/me";
        assert_eq!(name(Some(&role()), serial), "42f273b37ec1354bbda551a6d6014fec6dd86e9c.json");
        let all = Role {
            external_id: Some("日本 \"x\"".into()),
            session_name: Some("me".into()),
            duration: Some(3_600),
            ..role()
        };
        assert_eq!(name(Some(&all), serial), "9c9bc6266ce023dba34c6a0b8d53210a7e3ae5f0.json");
        let alone = format!("{}.json", sha1(&format!("{{\"SerialNumber\": \"{serial}\"}}")));
        assert_eq!(name(None, serial), alone);
    }

    #[test]
    fn cached_session_is_private_and_used_until_shortly_before_expiry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cli/cache/x.json");
        let until: Timestamp = "2026-11-20T06:00:00Z".parse().unwrap();
        let mut session =
            Credentials::builder().access_key_id("ASIA").secret_access_key("s").session_token("t").provider_name("x");
        session.set_expiry(Some(until.into()));
        write(&path, &session.build(), Some("arn")).unwrap();
        let early: Timestamp = "2026-11-20T05:44:00Z".parse().unwrap();
        let found = read(&path, early).unwrap();
        assert_eq!((found.access_key_id(), found.session_token()), ("ASIA", Some("t")));
        assert_eq!(found.expiry(), Some(until.into()));
        assert!(read(&path, "2026-11-20T05:46:00Z".parse().unwrap()).is_none(), "it expires within 15 minutes");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        for odd in ["", "{}", "[]", r#"{"Credentials":{"Expiration":"2030-01-01T00:00:00Z"}}"#] {
            fs::write(&path, odd).unwrap();
            assert!(read(&path, early).is_none(), "{odd}");
        }
    }
}
