//! IAM Identity Center without a screen: a sign-in with a code, and tokens that are renewed automatically.

use super::*;

/// The name given by the AWS CLI: the digest of the session's name.
const TOKEN: &str = ".aws/sso/cache/d25187dc137f35c88bc80ec8c3ffbdb17b5eb873.json";

/// The program with a sign-in profile; its session has scopes, so its tokens can be renewed.
fn program(home: &Home, world: &World) -> Command {
    let text = "[profile work]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = admin\nregion = ap-northeast-1\n\n\
                [sso-session team]\nsso_start_url = https://team.awsapps.com/start\nsso_region = ap-northeast-1\n\
                sso_registration_scopes = sso:account:access\n";
    let mut program = with_files(home, world, text);
    program.env("AWS_PROFILE", "work").stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn signed_in(home: &Home, world: &World) -> Output {
    let child = program(home, world).arg("login").spawn().unwrap();
    until("polling for the confirmation", PATIENCE, || (world.requests("sso:CreateToken") > 0).then_some(()));
    world.poke(&json!({"approve_sign_in": true}));
    finish(child)
}

fn token(home: &Home) -> Value {
    serde_json::from_slice(&std::fs::read(home.path().join(TOKEN)).unwrap()).unwrap()
}

#[test]
fn sign_in_without_browser_shows_its_code_and_serves_later_commands() {
    let (home, world) = (Home::new(), World::staging());
    let before = line(&mut program(&home, &world), "services").exits(8);
    assert!(before.err.contains("cockpit --profile work login"), "{before:#?}");
    let output = signed_in(&home, &world).exits(0);
    assert!(output.out.is_empty(), "{output:#?}");
    for part in ["KBLH-QRST", "https://team.awsapps.com/start/#/device?user_code=KBLH-QRST", "signed in"] {
        assert!(output.err.contains(part), "{part}: {output:#?}");
    }
    assert!(!output.err.contains(token(&home)["accessToken"].as_str().unwrap()), "the token is printed nowhere");
    line(&mut program(&home, &world), "services").exits(0);
}

/// The SDK would send the token there: its own requests do not follow our endpoint rules.
#[test]
fn sign_in_at_an_unintended_endpoint_is_refused() {
    let (home, world) = (Home::new(), World::staging());
    signed_in(&home, &world).exits(0);
    let before = world.get("/_sim/requests")["total"].clone();
    let output = line(program(&home, &world).env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), "services").exits(8);
    for part in ["profile `work`", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "hint:"] {
        assert!(output.err.contains(part), "{part}: {output:#?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], before, "no request was sent there");
}

#[test]
fn unconfirmed_sign_in_times_out_and_a_profile_without_sign_in_is_reported() {
    let (home, world) = (Home::new(), World::staging());
    let output = line(&mut program(&home, &world), "login --timeout 2s").exits(7);
    assert!(
        output.err.contains("KBLH-QRST") && output.err.contains("nobody confirmed the code in time"),
        "{output:#?}"
    );
    assert!(!home.path().join(TOKEN).exists());
    let keys = format!(
        "[profile work]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\nregion = ap-northeast-1\n"
    );
    let mut plain = with_files(&home, &world, &keys);
    let output = line(plain.env("AWS_PROFILE", "work"), "login").exits(8);
    assert!(output.err.contains("profile `work` has no sign-in"), "{output:#?}");
}

#[test]
fn expired_token_is_renewed_without_browser_while_possible() {
    let (home, world) = (Home::new(), World::staging());
    signed_in(&home, &world).exits(0);
    let before = world.requests("sso:CreateToken");
    let mut old = token(&home);
    let first = old["accessToken"].clone();
    old["expiresAt"] = json!("2020-01-01T00:00:00Z");
    home.write(TOKEN, old.to_string());
    world.poke(&json!({"end_sign_ins": true}));
    line(&mut program(&home, &world), "services").exits(0);
    assert_eq!(world.requests("sso:CreateToken"), before + 1, "it is renewed once");
    let renewed = token(&home);
    assert_ne!(renewed["accessToken"], first, "and cached for the AWS CLI, too");
    assert_ne!(renewed["refreshToken"], old["refreshToken"]);
    // A refresh token is valid once: the previous one does not work again.
    world.poke(&json!({"end_sign_ins": true}));
    home.write(TOKEN, old.to_string());
    let output = line(&mut program(&home, &world), "services").exits(8);
    assert!(output.err.contains("cockpit --profile work login"), "{output:#?}");
}
