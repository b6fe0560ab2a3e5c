//! MFA: the prompt for the code, the cache of the session, and that the code is stored nowhere.

use super::*;
use crate::support::python;
use std::os::unix::fs::PermissionsExt as _;

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/me";
const CODE: &str = "271828";

/// A profile whose role requires a code, and the keys to assume it with.
fn files() -> String {
    format!(
        "[profile base]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\n\n\
         [profile work]\nrole_arn = arn:aws:iam::123456789012:role/ops\nsource_profile = base\nmfa_serial = {SERIAL}\nregion = ap-northeast-1\n"
    )
}

fn program(home: &Home, world: &World) -> Command {
    let mut program = with_files(home, world, &files());
    program.env("AWS_PROFILE", "work");
    program
}

fn world() -> World {
    let world = World::staging();
    world.poke(&json!({"require_code": CODE}));
    world
}

fn cached(home: &Home) -> Vec<std::path::PathBuf> {
    let folder = std::fs::read_dir(home.path().join(".aws/cli/cache"));
    folder.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn scripted_mfa_code_is_used_once_and_its_session_is_cached_for_cockpit_and_aws_cli() {
    let (home, world) = (Home::new(), world());
    let result =
        line(&mut program(&home, &world), &format!("services --mfa-code {CODE} -vvv --log-file whole.log")).exits(0);
    let log = std::fs::read_to_string(home.path().join("whole.log")).unwrap();
    assert!(
        !result.err.contains(CODE) && !result.out.contains(CODE) && !log.contains(CODE),
        "the code is printed nowhere"
    );
    assert_eq!(world.requests("sts:AssumeRole"), 1);
    let files = cached(&home);
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    // Without a code: the cached session serves the next command.
    line(&mut program(&home, &world), "services").exits(0);
    assert_eq!(world.requests("sts:AssumeRole"), 1);
    // And the AWS CLI, which reads the same file under the same name.
    let mut cli = Command::new(python());
    cli.args(["-m", "awscli", "sts", "get-caller-identity", "--endpoint-url", &world.endpoint()]);
    cli.env_clear().envs(home.variables(None)).env("AWS_PROFILE", "work").stdin(Stdio::null());
    let output = cli.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("assumed-role/ops/"), "{output:?}");
    assert_eq!(world.requests("sts:AssumeRole"), 1, "it does not prompt for a code either");
}

#[test]
fn missing_mfa_code_without_terminal_is_explained() {
    let (home, world) = (Home::new(), world());
    let mut program = program(&home, &world);
    // A process in its own session has no terminal.
    let child = rustix_alone(&mut program, "services");
    let output = finish(child).exits(8);
    for part in ["profile `work` needs an MFA code", SERIAL, "--mfa-code"] {
        assert!(output.err.contains(part), "{part}: {output:#?}");
    }
    assert_eq!(world.requests("sts:AssumeRole"), 0);
    assert!(cached(&home).is_empty());
}

/// Starts the program with `setsid`, which removes the terminal.
fn rustix_alone(program: &mut Command, arguments: &str) -> std::process::Child {
    let mut alone = Command::new("setsid");
    alone.arg("--wait").arg(program.get_program()).args(arguments.split(' ')).env_clear();
    for (name, value) in program.get_envs() {
        if let Some(value) = value {
            alone.env(name, value);
        }
    }
    if let Some(folder) = program.get_current_dir() {
        alone.current_dir(folder);
    }
    alone.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn refused_mfa_code_is_reported_and_not_cached_and_a_malformed_one_is_a_usage_error() {
    let (home, world) = (Home::new(), world());
    let output = line(&mut program(&home, &world), "services --mfa-code 111111").exits(8);
    assert!(output.err.contains("MultiFactorAuthentication failed"), "{output:#?}");
    assert!(!output.err.contains("111111") && cached(&home).is_empty());
    for code in ["12", "1234567"] {
        line(&mut program(&home, &world), &format!("services --mfa-code {code}")).exits(2);
    }
    // An expired session is renewed with another code.
    let path = home.path().join(".aws/cli/cache");
    std::fs::create_dir_all(&path).unwrap();
    line(&mut program(&home, &world), &format!("services --mfa-code {CODE}")).exits(0);
    let file = cached(&home).remove(0);
    let old = std::fs::read_to_string(&file).unwrap().replace("\"Expiration\":\"20", "\"Expiration\":\"19");
    std::fs::write(&file, old).unwrap();
    line(&mut program(&home, &world), "services").exits(8);
}

/// Keys of a user with an MFA device and no role.
fn user(home: &Home, world: &World) -> Command {
    let text = format!(
        "[profile work]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\nmfa_serial = {SERIAL}\nregion = ap-northeast-1\n"
    );
    let mut program = with_files(home, world, &text);
    program.env("AWS_PROFILE", "work");
    program
}

#[test]
fn keys_with_mfa_device_and_no_role_get_a_cached_session() {
    let (home, world) = (Home::new(), world());
    let output = line(&mut user(&home, &world), &format!("services --mfa-code {CODE}")).exits(0);
    assert!(!format!("{output:?}").contains(CODE), "{output:#?}");
    assert_eq!((world.requests("sts:GetSessionToken"), world.requests("sts:AssumeRole")), (1, 0));
    let files = cached(&home);
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    line(&mut user(&home, &world), "services").exits(0);
    assert_eq!(world.requests("sts:GetSessionToken"), 1, "the cached session serves the next command");
    let wrong = line(&mut user(&Home::new(), &world), "services --mfa-code 111111").exits(8);
    assert!(wrong.err.contains("MultiFactorAuthentication failed") && !wrong.err.contains("111111"), "{wrong:#?}");
}

#[test]
fn keys_with_mfa_device_are_used_directly_when_nobody_can_enter_a_code() {
    let (home, world) = (Home::new(), world());
    let child = rustix_alone(&mut user(&home, &world), "services");
    finish(child).exits(0);
    assert_eq!(world.requests("sts:GetSessionToken"), 0);
    assert!(cached(&home).is_empty());
}
