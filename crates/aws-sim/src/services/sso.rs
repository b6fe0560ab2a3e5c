//! IAM Identity Center: a device signs in (`RegisterClient`, `StartDeviceAuthorization`, `CreateToken`), and its
//! token returns keys of a role. No request is signed. The confirmation of the code in a browser is simulated with
//! the control request `approve_sign_in`.

use super::{ApiError, Call};
use crate::rng::Rng;
use crate::wire::{Node, map};
use crate::world::SECOND;
use crate::world::roles::RoleSession;

/// How long a device's code is valid, in seconds.
const CODE: i64 = 600;
/// How long a token is valid, in seconds.
const TOKEN: i64 = 8 * 3_600;

/// Runs an operation.
pub(crate) fn call(operation: &str, call: &mut Call<'_>) -> Result<Node, ApiError> {
    match operation {
        "RegisterClient" => Ok(register(call)),
        "StartDeviceAuthorization" => start(call),
        "CreateToken" => token(call),
        "GetRoleCredentials" => keys(call),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn random(call: &mut Call<'_>, length: usize) -> String {
    let number = call.world.serial();
    Rng::new(call.world.seed ^ number, "sign-in").token(length)
}

fn register(call: &mut Call<'_>) -> Node {
    let now = call.world.now / SECOND;
    map! {
        "clientId": random(call, 22),
        "clientSecret": random(call, 60),
        "clientIdIssuedAt": now,
        "clientSecretExpiresAt": now + 90 * 24 * 3_600,
    }
}

fn start(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let missing = ["clientId", "clientSecret", "startUrl"].into_iter().find(|name| call.input.str(name).is_none());
    if let Some(name) = missing {
        return Err(ApiError::client("InvalidRequestException", format!("{name} is missing")));
    }
    let start = call.input.str("startUrl").unwrap_or_default().trim_end_matches('/').to_owned();
    let device = random(call, 60);
    call.world.sign_in.code = Some((device.clone(), call.world.now + CODE * SECOND));
    call.world.sign_in.approved = false;
    Ok(map! {
        "deviceCode": device,
        "userCode": "KBLH-QRST",
        "verificationUri": format!("{start}/#/device"),
        "verificationUriComplete": format!("{start}/#/device?user_code=KBLH-QRST"),
        "expiresIn": CODE,
        "interval": 1,
    })
}

fn token(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let now = call.world.now;
    if call.input.str("grantType") == Some("refresh_token") {
        let held = call.input.str("refreshToken").unwrap_or_default().to_owned();
        // Each refresh token is valid once; the answer contains the next one.
        if !call.world.sign_in.refresh.remove(&held) {
            return Err(ApiError::client("InvalidGrantException", "invalid_grant"));
        }
        return Ok(issue_token(call));
    }
    let (known, until) = call.world.sign_in.code.clone().unwrap_or_default();
    if call.input.str("deviceCode") != Some(known.as_str()) {
        return Err(ApiError::client("InvalidGrantException", "invalid_grant"));
    }
    if until <= now {
        return Err(ApiError::client("ExpiredTokenException", "expired_token"));
    }
    if !call.world.sign_in.approved {
        return Err(ApiError::client("AuthorizationPendingException", "authorization_pending"));
    }
    call.world.sign_in.code = None;
    Ok(issue_token(call))
}

/// Issues a token and its refresh token.
fn issue_token(call: &mut Call<'_>) -> Node {
    let (token, refresh) = (random(call, 80), random(call, 80));
    let until = call.world.now + TOKEN * SECOND;
    call.world.sign_in.tokens.insert(token.clone(), until);
    call.world.sign_in.refresh.insert(refresh.clone());
    map! {"accessToken": token, "tokenType": "Bearer", "expiresIn": TOKEN, "refreshToken": refresh}
}

fn keys(call: &mut Call<'_>) -> Result<Node, ApiError> {
    let now = call.world.now;
    let token = call.input.str("AccessToken").unwrap_or_default();
    if call.world.sign_in.tokens.get(token).is_none_or(|until| *until <= now) {
        let refused = ApiError::client("UnauthorizedException", "Session token not found or invalid");
        return Err(ApiError { status: 401, ..refused });
    }
    let role = call.input.str("RoleName").unwrap_or_default().to_owned();
    let account = call.input.str("AccountId").unwrap_or_default().to_owned();
    let key = format!("ASIA{:016X}", Rng::new(call.world.seed ^ call.world.serial(), "session").next());
    let until = now + 3_600 * SECOND;
    let (secret, session) = (random(call, 40), random(call, 120));
    let held = RoleSession { account, role: format!("AWSReservedSSO_{role}_0123"), name: "alice".to_owned(), until };
    call.world.sessions.insert(key.clone(), held);
    Ok(map! {"roleCredentials": map! {
        "accessKeyId": key,
        "secretAccessKey": secret,
        "sessionToken": session,
        "expiration": until,
    }})
}
