//! Usage and configuration errors: the messages, and that nothing is done.

use super::*;

#[test]
fn run_without_command_or_terminal_suggests_the_snapshot() {
    let home = Home::new();
    for arguments in ["", "demo"] {
        let output = line(&mut home.at(None), arguments).exits(2);
        assert!(output.err.contains("needs a terminal"), "{output:?}");
        assert_eq!(output.out, "");
    }
    assert!(line(&mut home.at(None), "").err.contains("cockpit snapshot"));
}

#[test]
fn unknown_environment_error_lists_the_known_ones() {
    let (home, world) = (Home::new(), World::staging());
    let output = line(&mut home.on(&world), "snapshot --env stagin").exits(2);
    for name in ["stagin", "staging", "prod", "pantri", "minimal"] {
        assert!(output.err.contains(name), "{output:?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], 0, "no request was sent");
}

#[test]
fn wrong_usage_shows_the_correct_form() {
    let home = Home::new();
    for (arguments, expected) in [
        ("snapshto", "snapshot"),
        ("snapshot --nonsense", "--nonsense"),
        ("snapshot --timeout soon", "soon"),
        ("snapshot --watch 1ms", "1ms"),
        ("snapshot --wait services.web.running==", "services.web.running=="),
        ("snapshot --region tokyo", "ap-northeast-1"),
        ("snapshot --endpoint-url nowhere", "http://"),
        ("man -o json", "leave out --output"),
        ("sim --listen 0.0.0.0:0", "loopback"),
        ("sim --scenario nonsense", "crash-loop"),
    ] {
        let output = line(&mut home.at(None), arguments).exits(2);
        assert!(output.err.starts_with("error: ") || output.err.starts_with('{'), "{arguments}: {output:?}");
        assert!(output.err.contains(expected), "{arguments}: {output:?}");
    }
}

#[test]
fn errors_are_json_when_json_is_requested() {
    let (home, world) = (Home::new(), World::staging());
    for (arguments, kind) in [
        ("snapshot --env nowhere -o json", None),
        ("snapshot --nonsense --output=json", Some("usage")),
        ("services nobody -ojson", Some("usage")),
    ] {
        let error = line(&mut home.on(&world), arguments).exits(2).error();
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        assert!(error["hint"].is_string() && error["causes"].is_array(), "{error}");
        if let Some(kind) = kind {
            assert_eq!(error["kind"], kind);
        }
    }
    world.fault("*", "expired");
    let error = line(&mut home.on(&world), "snapshot -o json").exits(8).error();
    assert_eq!(error["kind"], "credentials");
}

// The configuration.

#[test]
fn config_check_reports_all_mistakes_with_their_places() {
    let home = Home::with(
        "default_environment = \"stagin\"\n[environments.staging]\nclutser = \"a\"\nregion = \"tokyo\"\naccount = 12\n[keys]\nrefersh = \"r\"\n",
    );
    let output = line(&mut home.at(None), "config check").exits(2);
    let printed = format!("{}{}", output.out, output.err);
    for expected in ["stagin", "clutser", "cluster", "tokyo", "account", "refersh", "refresh", "config.toml:3:1"] {
        assert!(printed.contains(expected), "{expected} in {printed}");
    }
    // No command runs with it.
    let refused = line(&mut home.at(None), "snapshot").exits(2);
    assert!(refused.err.contains("clutser"), "{refused:?}");
    let sound = Home::new();
    line(&mut sound.at(None), "config check").exits(0);
}

#[test]
fn config_check_reads_the_theme_the_session_would_use() {
    for (theme, code) in
        [("/none", 2), ("dark", 0), ("odd.toml", 2), ("good.toml", 0), ("~/good.toml", 0), ("darkk", 2)]
    {
        let home = Home::with(&format!("ui.theme = \"{theme}\"\n[environments.a]\n"));
        home.write("odd.toml", "no_such_meaning = \"red\"\n");
        home.write("good.toml", "down = \"bold red\"\n");
        let output = line(&mut home.at(None), "config check").exits(code);
        assert!(code == 0 || format!("{output:?}").contains("theme"), "{output:?}");
    }
}

#[test]
fn password_in_an_endpoint_is_never_shown() {
    let home = Home::with("[environments.a]\nendpoint_url = \"http://user:hunter2@127.0.0.1:9/x\"\n");
    for arguments in ["config show", "config show -o json", "config show -o yaml", "config check", "services", "doctor"]
    {
        let output = line(&mut home.at(None), arguments);
        assert!(!format!("{output:?}").contains("hunter2"), "{arguments}: {output:?}");
    }
    assert!(line(&mut home.at(None), "config show").out.contains("http://127.0.0.1:9/x"));
}

#[test]
fn unreadable_configuration_is_reported() {
    let home = Home::new();
    let missing = line(&mut home.at(None), "config check -c nowhere.toml").exits(2);
    assert!(format!("{missing:?}").contains("nowhere.toml"), "{missing:?}");
    home.write("binary.toml", [0xff, 0xfe, 0x00, b'a']);
    let binary = line(&mut home.at(None), "snapshot -c binary.toml").exits(2);
    assert!(binary.err.contains("UTF-8"), "{binary:?}");
    home.write("large.toml", "# long\n".repeat(1 << 20));
    let large = line(&mut home.at(None), "snapshot -c large.toml").exits(2);
    assert!(large.err.contains("large.toml"), "{large:?}");
    let folder = line(&mut home.at(None), "snapshot -c .").exits(2);
    assert!(folder.err.starts_with("error: "), "{folder:?}");
    home.write("broken.toml", "[environments.staging\nregion = \u{1b}[31m");
    let broken = line(&mut home.at(None), "snapshot -c broken.toml").exits(2);
    assert!(broken.err.contains("broken.toml:1:"), "{broken:?}");
}

#[test]
fn config_shows_the_source_of_each_value() {
    let home = Home::new();
    let own = home.path().join(".config/cockpit");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), "[environments.staging]\nregion = \"eu-central-1\"\n").unwrap();
    let text = line(&mut home.at(None), "config show -o table").exits(0).out;
    let row = |key: &str| text.lines().find(|line| line.contains(key)).unwrap_or_else(|| panic!("{key}: {text}"));
    assert!(row("staging.region").contains("eu-central-1") && row("staging.region").contains(".config"), "{text}");
    assert!(row("staging.cluster").contains("config.toml"), "{text}");
    line(&mut home.at(None), "config show -o json").exits(0).json();
    assert!(!line(&mut home.at(None), "config show -o yaml").exits(0).out.is_empty());
    line(&mut home.at(None), "config show --env staging").exits(0);
    for command in ["config show --env stagin", "config check --env stagin -o json"] {
        let output = line(&mut home.at(None), command).exits(2);
        assert!(output.out.is_empty() && output.err.contains("there is no environment `stagin`"), "{output:?}");
        assert!(output.err.contains("did you mean `staging`?"), "{output:?}");
    }
}

#[test]
fn negative_value_error_suggests_writing_it_without_the_minus() {
    let home = Home::new();
    for (typed, right) in [("logs --tail -1", "--tail 1"), ("logs --since -5m", "--since 5m")] {
        let output = line(&mut home.at(None), typed).exits(2);
        assert!(output.err.contains(&format!("without the sign: {right}")), "{typed}: {output:#?}");
    }
}
