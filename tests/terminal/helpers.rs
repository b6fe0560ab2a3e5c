//! A credential helper that prompts its user while the screen is open; and the MFA prompt of the screen.

use super::*;

/// A session whose profile names this script as its `credential_process`. It writes its process id to `helper`.
fn with_helper(home: &Home, world: &World) -> Terminal {
    let script = "echo $$ > \"$HOME/helper\"\necho 'Enter MFA code: ' >&2\n(echo 'Enter it here: ' > /dev/tty) 2>/dev/null\nread code || sleep 600\n";
    let path = home.write("helper.sh", script);
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    home.write(".aws/config", format!("[profile work]\ncredential_process = sh '{}'\n", path.display()));
    let mut command = command(home, None, "--env staging");
    command.env("AWS_ENDPOINT_URL", world.endpoint());
    command.env("AWS_PROFILE", "work");
    Terminal::open(command, 200, 60)
}

fn helper(home: &Home) -> String {
    until("the helper starts", PATIENCE, || {
        let text = std::fs::read_to_string(home.path().join("helper")).ok()?;
        text.ends_with('\n').then(|| text.trim().to_owned())
    })
}

fn alive(id: &str) -> bool {
    std::process::Command::new("kill").args(["-0", id]).stderr(std::process::Stdio::null()).status().unwrap().success()
}

#[test]
fn prompting_helper_is_named_and_writes_nothing_to_the_screen() {
    let config = include_str!("../../config.toml")
        .replace("[environments.staging]\n", "[environments.staging]\ncredential_timeout = \"1s\"\n");
    let (home, world) = (Home::with(&config), World::staging());
    let mut terminal = with_helper(&home, &world);
    helper(&home);
    terminal.shows("NO CREDENTIALS");
    terminal.shows("credential_process of profile `work`) did not end within 1 s and was ended: Enter MFA code");
    // Typed keys go to the screen, not to the helper.
    terminal.press("2");
    terminal.shows("DESIRED");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
    let raw = terminal.raw.lock().unwrap();
    assert!(!String::from_utf8_lossy(&raw).contains("Enter it here"), "it wrote over the screen");
}

#[test]
fn prompting_helper_is_killed_with_the_session() {
    for ends in ["q", "TERM"] {
        let (home, world) = (Home::new(), World::staging());
        let mut terminal = with_helper(&home, &world);
        let id = helper(&home);
        terminal.shows("Needs attention");
        assert!(alive(&id));
        if ends == "q" {
            terminal.press("q");
        } else {
            terminal.signal(Signal::TERM);
        }
        terminal.ended();
        until("the helper ends", PATIENCE, || (!alive(&id)).then_some(()));
    }
}

#[test]
fn mfa_code_is_entered_in_a_window_and_its_session_cached() {
    let (home, world) = (Home::new(), World::staging());
    world.poke(&json!({"require_code": "271828"}));
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    let files = format!(
        "[profile base]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\n\n[profile work]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"
    );
    home.write(".aws/config", files);
    let open = || {
        let mut command = command(&home, None, "--env staging");
        command.env("AWS_ENDPOINT_URL", world.endpoint());
        command.env("AWS_PROFILE", "work");
        Terminal::open(command, 120, 40)
    };
    let mut terminal = open();
    terminal.shows("Profile work needs an MFA code");
    terminal.press("111111\r");
    terminal.shows("MultiFactorAuthentication failed");
    terminal.press("271828\r");
    terminal.press("2");
    terminal.shows("DESIRED");
    terminal.shows("bookmark-manager-staging");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
    {
        let raw = terminal.raw.lock().unwrap();
        assert!(!String::from_utf8_lossy(&raw).contains("271828"), "it was on the screen");
    }
    // The next session finds it in the cache.
    let mut terminal = open();
    terminal.press("2");
    terminal.shows("DESIRED");
    terminal.press("q");
    terminal.ended();
    assert_eq!(world.requests("sts:AssumeRole"), 2);
}

#[test]
fn custom_foreground_command_gets_and_returns_the_terminal() {
    let config = format!(
        "{}\n[[commands]]\nname = \"ask\"\nkey = \"Alt-b\"\nrisk = \"look\"\noutput = \"foreground\"\nrun = 'printf \"what is it? \"; read -r it; echo \"it is $it in $COCKPIT_ENV\"; exit 3'\n",
        include_str!("../../config.toml")
    );
    let (home, world) = (Home::with(&config), World::staging());
    let mut terminal = Terminal::on(&home, &world, "--env staging");
    terminal.shows("Needs attention");
    terminal.press("\u{1b}b");
    terminal.shows("what is it?");
    terminal.press("a word\r");
    terminal.shows("it is a word in staging");
    terminal.shows("[exit 3] Enter goes back");
    terminal.press("\r");
    terminal.shows("FAILED  ask: exit 3");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
}

#[test]
fn expired_sign_in_is_renewed_within_the_screen() {
    let (home, world) = (Home::new(), World::staging());
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    let session = "[sso-session team]\nsso_start_url = https://team.awsapps.com/start\nsso_region = ap-northeast-1\nsso_registration_scopes = sso:account:access\n";
    home.write(
        ".aws/config",
        format!("[profile work]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = admin\nregion = ap-northeast-1\n\n{session}"),
    );
    let mut command = command(&home, None, "--env staging");
    command.env("AWS_ENDPOINT_URL", world.endpoint());
    command.env("AWS_PROFILE", "work");
    let mut terminal = Terminal::open(command, 120, 40);
    terminal.shows("NO CREDENTIALS");
    terminal.press(":sign-in\r");
    terminal.shows("KBLH-QRST");
    terminal.shows("https://team.awsapps.com/start/#/device?user_code=KBLH-QRST");
    until("polling for the confirmation", PATIENCE, || (world.requests("sso:CreateToken") > 1).then_some(()));
    world.poke(&json!({"approve_sign_in": true}));
    terminal.shows("signed in");
    terminal.press("2");
    terminal.shows("DESIRED");
    terminal.shows("bookmark-manager-staging");
    terminal.press("q");
    assert_eq!(terminal.ended(), 0);
    terminal.is_restored();
    // The name given by the AWS CLI: the digest of the session's name.
    let file = home.path().join(".aws/sso/cache/d25187dc137f35c88bc80ec8c3ffbdb17b5eb873.json");
    let kept: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert!(kept["accessToken"].is_string() && kept["refreshToken"].is_string());
    let raw = terminal.raw.lock().unwrap();
    assert!(
        !String::from_utf8_lossy(&raw).contains(kept["accessToken"].as_str().unwrap()),
        "the token was on the screen"
    );
}

#[test]
fn keys_typed_before_the_mfa_prompt_are_not_a_code() {
    let (home, world) = (Home::new(), World::staging());
    world.poke(&json!({"require_code": "271828"}));
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    let files = format!(
        "[profile base]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\n\n[profile work]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/me\n"
    );
    home.write(".aws/config", files);
    // The terminal receives the keys before the program starts.
    let mut shell = CommandBuilder::new("sh");
    shell.env_clear();
    for (name, value) in home.variables(None) {
        shell.env(name, value);
    }
    shell.env("AWS_ENDPOINT_URL", world.endpoint());
    shell.env("AWS_PROFILE", "work");
    shell.cwd(home.path());
    let program = env!("CARGO_BIN_EXE_cockpit");
    shell.args(["-c", &format!("until [ -e begin ]; do :; done; exec '{program}' --env staging services")]);
    let mut terminal = Terminal::open(shell, 200, 40);
    terminal.press("ls\r");
    // They have arrived once the terminal has echoed them.
    terminal.shows("ls");
    home.write("begin", "");
    terminal.shows("MFA code of arn:aws:iam::123456789012:mfa/me for profile work:");
    terminal.press("271828\r");
    assert_eq!(terminal.ended(), 0, "{}", terminal.text());
    assert_eq!(terminal.text().matches("MFA code of").count(), 1, "{}", terminal.text());
}
