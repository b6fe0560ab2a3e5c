//! A second factor: who is asked for its code, where the session is kept, and that the code stands nowhere.

use super::*;
use std::os::unix::fs::PermissionsExt as _;
use support::python;

const SERIAL: &str = "arn:aws:iam::123456789012:mfa/me";
const CODE: &str = "271828";

/// A profile whose role takes a code, and keys that it is assumed with.
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
fn a_script_gives_the_code_once_and_the_session_is_kept_for_it_and_for_the_aws_cli() {
    let (home, world) = (Home::new(), world());
    let said =
        line(&mut program(&home, &world), &format!("services --mfa-code {CODE} -vvv --log-file whole.log")).coded(0);
    let log = std::fs::read_to_string(home.path().join("whole.log")).unwrap();
    assert!(!said.err.contains(CODE) && !said.out.contains(CODE) && !log.contains(CODE), "the code is nowhere");
    assert_eq!(world.asked("sts:AssumeRole"), 1);
    let files = cached(&home);
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    // Without a code: what is kept serves the next command.
    line(&mut program(&home, &world), "services").coded(0);
    assert_eq!(world.asked("sts:AssumeRole"), 1);
    // And the AWS CLI, which reads the same file under the same name.
    let mut cli = Command::new(python());
    cli.args(["-m", "awscli", "sts", "get-caller-identity", "--endpoint-url", &world.endpoint()]);
    cli.env_clear().envs(home.variables(None)).env("AWS_PROFILE", "work").stdin(Stdio::null());
    let output = cli.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("assumed-role/ops/"), "{output:?}");
    assert_eq!(world.asked("sts:AssumeRole"), 1, "it asks for no code either");
}

#[test]
fn without_a_code_and_without_a_terminal_it_says_what_is_missing() {
    let (home, world) = (Home::new(), world());
    let mut program = program(&home, &world);
    // A session of its own has no terminal.
    let child = rustix_alone(&mut program, "services");
    let said = finish(child).coded(8);
    for part in ["profile `work` needs an MFA code", SERIAL, "--mfa-code"] {
        assert!(said.err.contains(part), "{part}: {said:#?}");
    }
    assert_eq!(world.asked("sts:AssumeRole"), 0);
    assert!(cached(&home).is_empty());
}

/// Started by `setsid`, which takes the terminal away.
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
fn a_code_that_is_refused_is_told_and_not_kept_and_what_is_no_code_is_no_argument() {
    let (home, world) = (Home::new(), world());
    let said = line(&mut program(&home, &world), "services --mfa-code 111111").coded(8);
    assert!(said.err.contains("MultiFactorAuthentication failed"), "{said:#?}");
    assert!(!said.err.contains("111111") && cached(&home).is_empty());
    line(&mut program(&home, &world), "services --mfa-code 12").coded(2);
    // A session that has ended is made anew, with another code.
    let path = home.path().join(".aws/cli/cache");
    std::fs::create_dir_all(&path).unwrap();
    line(&mut program(&home, &world), &format!("services --mfa-code {CODE}")).coded(0);
    let file = cached(&home).remove(0);
    let old = std::fs::read_to_string(&file).unwrap().replace("\"Expiration\":\"20", "\"Expiration\":\"19");
    std::fs::write(&file, old).unwrap();
    line(&mut program(&home, &world), "services").coded(8);
}

/// Keys of a user with a device and no role.
fn user(home: &Home, world: &World) -> Command {
    let text = format!(
        "[profile work]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = {SECRET}\nmfa_serial = {SERIAL}\nregion = ap-northeast-1\n"
    );
    let mut program = with_files(home, world, &text);
    program.env("AWS_PROFILE", "work");
    program
}

#[test]
fn keys_with_a_device_and_no_role_get_a_session_that_is_kept() {
    let (home, world) = (Home::new(), world());
    let said = line(&mut user(&home, &world), &format!("services --mfa-code {CODE}")).coded(0);
    assert!(!format!("{said:?}").contains(CODE), "{said:#?}");
    assert_eq!((world.asked("sts:GetSessionToken"), world.asked("sts:AssumeRole")), (1, 0));
    let files = cached(&home);
    assert_eq!(files.len(), 1);
    assert_eq!(std::fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    line(&mut user(&home, &world), "services").coded(0);
    assert_eq!(world.asked("sts:GetSessionToken"), 1, "what is kept serves the next command");
    let wrong = line(&mut user(&Home::new(), &world), "services --mfa-code 111111").coded(8);
    assert!(wrong.err.contains("MultiFactorAuthentication failed") && !wrong.err.contains("111111"), "{wrong:#?}");
}

#[test]
fn keys_with_a_device_are_used_as_they_are_where_nobody_can_be_asked() {
    let (home, world) = (Home::new(), world());
    let child = rustix_alone(&mut user(&home, &world), "services");
    finish(child).coded(0);
    assert_eq!(world.asked("sts:GetSessionToken"), 0);
    assert!(cached(&home).is_empty());
}
