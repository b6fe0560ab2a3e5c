//! IAM Identity Center without a screen: a sign-in with a code, and tokens that are renewed without anybody.

use super::*;

/// Under the name that the AWS CLI gives it: the digest of the session's name.
const TOKEN: &str = ".aws/sso/cache/d25187dc137f35c88bc80ec8c3ffbdb17b5eb873.json";

/// The program with a profile that signs in; the session has scopes, and so tokens that can be renewed.
fn program(home: &Home, world: &World) -> Command {
    let text = "[profile work]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = admin\nregion = ap-northeast-1\n\n\
                [sso-session team]\nsso_start_url = https://team.awsapps.com/start\nsso_region = ap-northeast-1\n\
                sso_registration_scopes = sso:account:access\n";
    let mut program = with_files(home, world, text);
    program.env("AWS_PROFILE", "work").stdout(Stdio::piped()).stderr(Stdio::piped());
    program
}

fn signed_in(home: &Home, world: &World) -> Said {
    let child = program(home, world).arg("login").spawn().unwrap();
    until("it is asked whether somebody has confirmed it", PATIENCE, || {
        (world.asked("sso:CreateToken") > 0).then_some(())
    });
    world.poke(&json!({"approve_sign_in": true}));
    finish(child)
}

fn token(home: &Home) -> Value {
    serde_json::from_slice(&std::fs::read(home.path().join(TOKEN)).unwrap()).unwrap()
}

#[test]
fn a_sign_in_without_a_screen_shows_its_code_and_serves_every_command_after_it() {
    let (home, world) = (Home::new(), World::staging());
    let before = line(&mut program(&home, &world), "services").coded(8);
    assert!(before.err.contains("cockpit --profile work login"), "{before:#?}");
    let said = signed_in(&home, &world).coded(0);
    assert!(said.out.is_empty(), "{said:#?}");
    for part in ["KBLH-QRST", "https://team.awsapps.com/start/#/device?user_code=KBLH-QRST", "signed in"] {
        assert!(said.err.contains(part), "{part}: {said:#?}");
    }
    assert!(!said.err.contains(token(&home)["accessToken"].as_str().unwrap()), "the token is nowhere");
    line(&mut program(&home, &world), "services").coded(0);
}

/// The SDK would send the token there: no rule of ours reaches its own requests.
#[test]
fn a_sign_in_that_would_be_asked_where_it_is_not_to_be_is_refused() {
    let (home, world) = (Home::new(), World::staging());
    signed_in(&home, &world).coded(0);
    let before = world.get("/_sim/requests")["total"].clone();
    let said = line(program(&home, &world).env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), "services").coded(8);
    for part in ["profile `work`", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "hint:"] {
        assert!(said.err.contains(part), "{part}: {said:#?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], before, "nothing was asked there");
}

#[test]
fn nobody_who_confirms_it_is_a_timeout_and_a_profile_without_a_sign_in_is_told_so() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut program(&home, &world), "login --timeout 2s").coded(7);
    assert!(said.err.contains("KBLH-QRST") && said.err.contains("nobody confirmed the code in time"), "{said:#?}");
    assert!(!home.path().join(TOKEN).exists());
    let keys = format!(
        "[profile work]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\nregion = ap-northeast-1\n"
    );
    let mut plain = with_files(&home, &world, &keys);
    let said = line(plain.env("AWS_PROFILE", "work"), "login").coded(8);
    assert!(said.err.contains("profile `work` has no sign-in"), "{said:#?}");
}

#[test]
fn a_token_that_ran_out_is_renewed_without_a_browser_as_long_as_it_can_be() {
    let (home, world) = (Home::new(), World::staging());
    signed_in(&home, &world).coded(0);
    let asked = world.asked("sso:CreateToken");
    let mut old = token(&home);
    let first = old["accessToken"].clone();
    old["expiresAt"] = json!("2020-01-01T00:00:00Z");
    home.write(TOKEN, old.to_string());
    world.poke(&json!({"end_sign_ins": true}));
    line(&mut program(&home, &world), "services").coded(0);
    assert_eq!(world.asked("sso:CreateToken"), asked + 1, "it is renewed once");
    let renewed = token(&home);
    assert_ne!(renewed["accessToken"], first, "and kept for the AWS CLI, too");
    assert_ne!(renewed["refreshToken"], old["refreshToken"]);
    // What renews it is good once: the one before does not do it again.
    world.poke(&json!({"end_sign_ins": true}));
    home.write(TOKEN, old.to_string());
    let said = line(&mut program(&home, &world), "services").coded(8);
    assert!(said.err.contains("cockpit --profile work login"), "{said:#?}");
}
