//! AWS files that are unreadable or malformed, and variables with odd values.

use super::with_files;
use crate::support::{Home, World, line};
use std::os::unix::fs::PermissionsExt as _;

/// The variables of the AWS CLI documented in docs/configuration.md.
fn documented() -> Vec<String> {
    let document = include_str!("../../../docs/configuration.md");
    let rows = document.lines().filter_map(|line| line.strip_prefix("| `AWS_"));
    let cells = rows.filter_map(|row| row.split(" | ").next().map(|cell| format!("`AWS_{cell}")));
    let names = cells.flat_map(|cell| cell.split('`').map(str::to_owned).collect::<Vec<_>>());
    names.filter(|name| name.starts_with("AWS_") && !name.ends_with("_SERVICE")).collect()
}

#[test]
fn no_aws_cli_variable_value_crashes_the_program() {
    let (home, world) = (Home::new(), World::staging());
    let commands = ["services", "doctor", "params ls", "tunnel --to db.internal:5432 --port 0 --through nosuch"];
    let with = |name: &str, value: &str, command: &str| {
        let endpoint = world.endpoint();
        let output =
            line(home.on(&world).env(name, value), &format!("--endpoint-url {endpoint} --timeout 20s {command}"));
        assert!(output.code != 101 && !output.err.contains("panicked"), "{name}={value} {command}: {output:#?}");
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
fn no_profile_setting_crashes_the_program() {
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
        let output = line(&mut program, "params ls");
        assert_eq!(output.code, 0, "{setting}: {output:#?}");
    }
}

#[test]
fn unreadable_file_is_reported_by_name() {
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
    let mut all = vec![(wide, "not UTF-8 text"), (folder, "it is a folder")];
    let closed = home.write("closed", text);
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
    // A superuser can read every file, so there is nothing to report.
    if std::fs::read(&closed).is_err() {
        all.push((closed, "denied"));
    }
    for (path, why) in all {
        for command in ["services", "params ls", "doctor"] {
            let output = line(&mut program(&path), command);
            let text = format!("{}{}", output.out, output.err);
            assert!(
                output.code != 0 && text.contains(&path.display().to_string()) && text.contains(why),
                "{output:#?}"
            );
        }
        // Keys in variables need no file.
        let mut keys = home.on(&world);
        line(keys.env("AWS_CONFIG_FILE", &path), "services").exits(0);
    }
}

#[test]
fn aws_file_that_is_a_pipe_is_refused_at_once() {
    let (home, world) = (Home::new(), World::staging());
    let pipe = home.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        // Even with a key: the file's other settings would block the read.
        let output = line(home.on(&world).env(name, &pipe), "services").exits(8);
        assert!(
            output.err.contains(pipe.to_str().unwrap()) && output.err.contains("it is a pipe"),
            "{name}: {output:#?}"
        );
    }
}

#[test]
fn profile_in_the_syntax_of_the_other_file_is_reported_by_line() {
    let (home, world) = (Home::new(), World::staging());
    let keys = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = s\n";
    let mut program = with_files(&home, &world, &format!("\n[work]\n{keys}"));
    let output = line(&mut program, "--profile work services").exits(8);
    assert!(output.err.contains("config:2 has `[work]`: in this file it is written `[profile work]`"), "{output:#?}");
    let mut program = with_files(&home, &world, "");
    home.write(".aws/credentials", format!("[profile work]\n{keys}"));
    let output = line(&mut program, "--profile work services").exits(8);
    assert!(
        output.err.contains("credentials:1 has `[profile work]`: in this file it is written `[work]`"),
        "{output:#?}"
    );
}

#[test]
fn missing_token_file_is_named() {
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
        let output = line(&mut program, "services").exits(8);
        assert!(output.err.contains("/nowhere/token") && output.err.contains("TOKEN_FILE"), "{output:#?}");
    }
    let signs_in = "[profile work]\nsso_session = team\nsso_account_id = 123456789012\nsso_role_name = admin\n\n\
                    [sso-session team]\nsso_start_url = https://team.awsapps.com/start\nsso_region = ap-northeast-1\n";
    let console = "[profile work]\nlogin_session = arn:aws:iam::123456789012:user/a\n";
    for text in [signs_in, console] {
        let output = line(&mut with_files(&home, &world, text), "--profile work services").exits(8);
        assert!(output.err.contains("profile `work` is not signed in"), "{output:#?}");
    }
}

#[test]
fn unreachable_proxy_is_named_instead_of_aws() {
    let home = Home::new();
    let mut program = home.at(None);
    program.env("AWS_ACCESS_KEY_ID", "AKIASIMULATED0000001").env("AWS_SECRET_ACCESS_KEY", "s");
    program.env("AWS_MAX_ATTEMPTS", "1").env("HTTPS_PROXY", "http://somebody:hush@127.0.0.1:9");
    let output = line(program.env("AWS_ENDPOINT_URL", "https://aws.test"), "params ls");
    let text = format!("{}{}", output.out, output.err);
    assert!(output.code != 0 && text.contains("127.0.0.1:9") && text.contains("(HTTPS_PROXY)"), "{output:#?}");
    assert!(!text.contains("hush"), "{output:#?}");
}
