//! STS: the caller's identity and assumed roles. Nothing is verified: every caller without a role is the same
//! operator, and the account of an assumed role is the one in its ARN.

use super::{ApiError, Call};
use crate::account::ACCOUNT;
use crate::clock::timestamp;
use crate::rng::Rng;
use crate::wire::{Node, map};
use crate::world::SECOND;
use crate::world::roles::RoleSession;

/// Runs an STS operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "GetCallerIdentity" => Ok(identity(call)),
        "AssumeRole" => assume(call),
        "AssumeRoleWithWebIdentity" => web_identity(call),
        "GetSessionToken" => session(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn identity(call: &Call<'_>) -> Node {
    match call.world.sessions.get(call.key) {
        Some(session) => map! {"UserId": session.id(), "Account": &session.account, "Arn": session.arn()},
        None => map! {
            "UserId": "AROASIMULATEDEXAMPLE:operator",
            "Account": ACCOUNT,
            "Arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/admin/operator"),
        },
    }
}

/// The account and name in `arn:aws:iam::ACCOUNT:role/PATH/NAME`.
fn role(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit())).then_some((account, name))
}

/// `GetSessionToken`: a temporary key of the user, checked against an MFA code if one is configured. Refused for
/// session credentials.
fn session(call: &mut Call<'_>) -> Result<Node, ApiError> {
    if call.world.sessions.contains_key(call.key) {
        return Err(ApiError::client("AccessDenied", "Cannot call GetSessionToken with session credentials"));
    }
    if let Some(code) = &call.world.trust.code
        && call.input.str("SerialNumber").is_some()
        && call.input.str("TokenCode") != Some(code.as_str())
    {
        let text = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
        return Err(ApiError::client("AccessDenied", text));
    }
    let seconds = call.input.int("DurationSeconds").unwrap_or(43_200);
    let number = call.world.serial();
    let mut rng = Rng::new(call.world.seed ^ number, "session");
    let key = format!("ASIA{:016X}", rng.next());
    let until = call.world.now + seconds * SECOND;
    let held = RoleSession { account: ACCOUNT.to_owned(), role: String::new(), name: "operator".to_owned(), until };
    let answer = map! {"Credentials": map! {
        "AccessKeyId": key.as_str(),
        "SecretAccessKey": rng.token(40),
        "SessionToken": rng.token(120),
        "Expiration": timestamp(until),
    }};
    call.world.sessions.insert(key, held);
    Ok(answer)
}

/// `AssumeRole`: a temporary key for an hour, or for the requested duration.
fn assume(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let requested = requested_role(call)?;
    let arn = requested.arn.as_str();
    if call.world.trust.refuses(arn) {
        let caller = call.world.sessions.get(call.key).map(RoleSession::arn);
        let caller = caller.unwrap_or_else(|| format!("arn:aws:iam::{ACCOUNT}:user/operator"));
        let text = format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        return Err(ApiError::client("AccessDeniedException", text));
    }
    if let Some(code) = &call.world.trust.code {
        let given = call.input.str("TokenCode");
        if given.is_some() && call.input.str("SerialNumber").is_none() || given.is_none() {
            let text = format!(
                "User: arn:aws:iam::{ACCOUNT}:user/operator is not authorized to perform: sts:AssumeRole on resource: {arn}"
            );
            return Err(ApiError::client("AccessDenied", text));
        }
        if given != Some(code.as_str()) {
            let text = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
            return Err(ApiError::client("AccessDenied", text));
        }
    }
    Ok(assumed(call, requested))
}

/// `AssumeRoleWithWebIdentity`: the same with a foreign token, such as a CI system issues to its jobs. Its signature
/// is not verified; text that is not a token, or a token marked as expired, is refused.
fn web_identity(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let requested = requested_role(call)?;
    let token = call.input.str("WebIdentityToken").unwrap_or_default();
    if token.split('.').count() != 3 {
        return Err(ApiError::client("InvalidIdentityToken", "The ID Token provided is not a valid JWT."));
    }
    if token.starts_with("expired.") {
        return Err(ApiError::client(
            "ExpiredTokenException",
            "Token expired: current date/time must be before the expiration date/time",
        ));
    }
    if call.world.trust.refuses(&requested.arn) {
        return Err(ApiError::client("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"));
    }
    let mut answer = assumed(call, requested);
    answer.set("SubjectFromWebIdentityToken", "project_path:shop/app:ref_type:branch:ref:main");
    answer.set("Audience", "sts.amazonaws.com");
    answer.set("Provider", format!("arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.example"));
    Ok(answer)
}

/// The requested role, session name and duration.
struct AssumedRole {
    arn: String,
    account: String,
    role: String,
    name: String,
    seconds: i64,
}

fn requested_role(call: &Call<'_>) -> Result<AssumedRole, ApiError> {
    let arn = call.input.str("RoleArn").unwrap_or_default();
    let (account, role) =
        role(arn).ok_or_else(|| ApiError::client("ValidationException", format!("{arn} is invalid")))?;
    let name = call.input.str("RoleSessionName").unwrap_or_default();
    let legal = |c: char| c.is_ascii_alphanumeric() || "_=,.@-".contains(c);
    if !(2..=64).contains(&name.len()) || !name.chars().all(legal) {
        return Err(ApiError::client("ValidationException", "RoleSessionName has 2 to 64 of the characters \\w+=,.@-"));
    }
    let seconds = call.input.int("DurationSeconds").unwrap_or(3_600);
    if !(900..=43_200).contains(&seconds) {
        return Err(ApiError::client("ValidationException", "DurationSeconds must be between 900 and 43200."));
    }
    let (arn, account, role, name) = (arn.to_owned(), account.to_owned(), role.to_owned(), name.to_owned());
    Ok(AssumedRole { arn, account, role, name, seconds })
}

/// Issues the temporary key of an assumed role.
fn assumed(call: &mut Call<'_>, requested: AssumedRole) -> Node {
    let AssumedRole { account, role, name, seconds, .. } = requested;
    let seconds = call.world.trust.longest.map_or(seconds, |longest| seconds.min(longest));
    let number = call.world.serial();
    let mut rng = Rng::new(call.world.seed ^ number, "session");
    let key = format!("ASIA{:016X}", rng.next());
    let session = RoleSession { account, role, name, until: call.world.now + seconds * SECOND };
    let answer = map! {
        "Credentials": map! {
            "AccessKeyId": key.as_str(),
            "SecretAccessKey": rng.token(40),
            "SessionToken": rng.token(120),
            "Expiration": timestamp(session.until),
        },
        "AssumedRoleUser": map! {"AssumedRoleId": session.id(), "Arn": session.arn()},
    };
    call.world.sessions.insert(key, session);
    answer
}
