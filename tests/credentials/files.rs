//! AWS files that cannot be read or are written wrongly, and variables with odd values.

use super::support::{Home, World, line};
use super::with_files;
use std::os::unix::fs::PermissionsExt as _;

/// The variables of the AWS CLI that docs/configuration.md tells of.
fn documented() -> Vec<String> {
    let document = include_str!("../../docs/configuration.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `AWS_"));
    let cells = rows.filter_map(|row| row.split(" | ").next().map(|cell| format!("`AWS_{cell}")));
    let names = cells.flat_map(|cell| cell.split('`').map(str::to_owned).collect::<Vec<_>>());
    names.filter(|name| name.starts_with("AWS_") && !name.ends_with("_SERVICE")).collect()
}

#[test]
fn no_value_of_a_variable_of_the_aws_cli_ends_the_program() {
    let (home, world) = (Home::new(), World::staging());
    let commands = ["services", "doctor", "params ls", "tunnel --to db.internal:5432 --port 0 --through nosuch"];
    let with = |name: &str, value: &str, command: &str| {
        let endpoint = world.endpoint();
        let said =
            line(home.on(&world).env(name, value), &format!("--endpoint-url {endpoint} --timeout 20s {command}"));
        assert!(said.code != 101 && !said.err.contains("panicked"), "{name}={value} {command}: {said:#?}");
    };
    let names = documented();
    assert!(names.len() > 40 && names.iter().any(|name| name == "AWS_RETRY_MODE"), "{names:?}");
    for name in &names {
        for value in ["", "abc", "0"] {
            with(name, value, commands[2]);
        }
    }
    for (name, values) in [
        ("AWS_RETRY_MODE", &["", "legacy", "adaptive", "bogus"][..]),
        ("AWS_MAX_ATTEMPTS", &["", "0", "-1", "3.5", "abc"]),
        ("AWS_DEFAULTS_MODE", &["", "auto", "bogus"]),
    ] {
        for value in values {
            for command in commands {
                with(name, value, command);
            }
        }
    }
}

#[test]
fn no_setting_of_a_profile_ends_the_program() {
    let (home, world) = (Home::new(), World::staging());
    let keys = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = s\nregion = ap-northeast-1\n";
    for setting in [
        "retry_mode = legacy",
        "retry_mode =",
        "max_attempts = abc",
        "max_attempts = 0",
        "defaults_mode = bogus",
        "use_fips_endpoint = perhaps",
        "sdk_ua_app_id = a b c",
    ] {
        let mut program = with_files(&home, &world, &format!("[default]\n{keys}{setting}\n"));
        let said = line(&mut program, "params ls");
        assert_eq!(said.code, 0, "{setting}: {said:#?}");
    }
}

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_told_by_its_name() {
    let (home, world) = (Home::new(), World::staging());
    let text = "[profile work]\naws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = s\n";
    let program = |path: &std::path::Path| {
        let mut program = home.at(None);
        program.env("AWS_ENDPOINT_URL", world.endpoint()).env("AWS_CONFIG_FILE", path).env("AWS_PROFILE", "work");
        program
    };
    let wide: Vec<u8> = [0xfe_u8, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let wide = home.write("wide", wide);
    let folder = home.path().join("folder");
    std::fs::create_dir_all(&folder).unwrap();
    let mut all = vec![(wide, "no text in UTF-8"), (folder, "it is a folder")];
    let closed = home.write("closed", text);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    // Who may read everything is told nothing.
    if std::fs::read(&closed).is_err() {
        all.push((closed, "denied"));
    }
    for (path, why) in all {
        for command in ["services", "params ls", "doctor"] {
            let said = line(&mut program(&path), command);
            let text = format!("{}{}", said.out, said.err);
            assert!(said.code != 0 && text.contains(&path.display().to_string()) && text.contains(why), "{said:#?}");
        }
        // Keys in variables need no file.
        let mut keys = home.on(&world);
        line(keys.env("AWS_CONFIG_FILE", &path), "services").coded(0);
    }
}

#[test]
fn an_aws_file_that_is_a_pipe_is_refused_at_once() {
    let (home, world) = (Home::new(), World::staging());
    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        // Though a key is there: what else the file says would be waited for.
        let said = line(home.on(&world).env(name, &pipe), "services").coded(8);
        assert!(said.err.contains(pipe.to_str().unwrap()) && said.err.contains("it is a pipe"), "{name}: {said:#?}");
    }
}

#[test]
fn a_profile_that_is_written_as_in_the_other_file_is_told_by_its_line() {
    let (home, world) = (Home::new(), World::staging());
    let keys = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = s\n";
    let mut program = with_files(&home, &world, &format!("\n[work]\n{keys}"));
    let said = line(&mut program, "--profile work services").coded(8);
    assert!(said.err.contains("config:2 has `[work]`: in this file it is written `[profile work]`"), "{said:#?}");
    let mut program = with_files(&home, &world, "");
    home.write(".aws/credentials", format!("[profile work]\n{keys}"));
    let said = line(&mut program, "--profile work services").coded(8);
    assert!(said.err.contains("credentials:1 has `[profile work]`: in this file it is written `[work]`"), "{said:#?}");
}

#[test]
fn a_file_of_a_token_that_is_not_there_is_named() {
    let (home, world) = (Home::new(), World::staging());
    let program = || {
        let mut program = home.at(None);
        program.env("AWS_ENDPOINT_URL", world.endpoint());
        program
    };
    let mut web = program();
    web.env("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token").env("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/a");
    let mut container = program();
    container.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/keys");
    container.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token");
    for mut program in [web, container] {
        let said = line(&mut program, "services").coded(8);
        assert!(said.err.contains("/nowhere/token") && said.err.contains("TOKEN_FILE"), "{said:#?}");
    }
    let signs_in = "[profile work]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = admin\n\n\
                    [sso-session team]\nsso_start_url = https://team.awsapps.com/start\nsso_region = ap-northeast-1\n";
    let console = "[profile work]\nlogin_session = arn:aws:iam::123456789012:user/a\n";
    for text in [signs_in, console] {
        let said = line(&mut with_files(&home, &world, text), "--profile work services").coded(8);
        assert!(said.err.contains("profile `work` is not signed in"), "{said:#?}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named_and_not_aws() {
    let home = Home::new();
    let mut program = home.at(None);
    program.env("AWS_ACCESS_KEY_ID", "AKIASIMULATED0000001").env("AWS_SECRET_ACCESS_KEY", "s");
    program.env("AWS_MAX_ATTEMPTS", "1").env("HTTPS_PROXY", "http://somebody:hush@127.0.0.1:9");
    let said = line(program.env("AWS_ENDPOINT_URL", "https://aws.test"), "params ls");
    let text = format!("{}{}", said.out, said.err);
    assert!(said.code != 0 && text.contains("127.0.0.1:9") && text.contains("(HTTPS_PROXY)"), "{said:#?}");
    assert!(!text.contains("hush"), "{said:#?}");
}
