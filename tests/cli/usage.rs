//! Wrong usage and wrong configuration: what is said, and that nothing is done.

use super::*;

#[test]
fn without_a_command_and_a_terminal_it_names_the_snapshot() {
    let home = Home::new();
    for arguments in ["", "demo"] {
        let said = line(&mut home.at(None), arguments).coded(2);
        assert!(said.err.contains("needs a terminal"), "{said:?}");
        assert_eq!(said.out, "");
    }
    assert!(line(&mut home.at(None), "").err.contains("cockpit snapshot"));
}

#[test]
fn an_unknown_environment_lists_the_known_ones() {
    let (home, world) = (Home::new(), World::staging());
    let said = line(&mut home.on(&world), "snapshot --env stagin").coded(2);
    for name in ["stagin", "staging", "prod", "pantri", "minimal"] {
        assert!(said.err.contains(name), "{said:?}");
    }
    assert_eq!(world.get("/_sim/requests")["total"], 0, "nothing was asked");
}

#[test]
fn wrong_usage_says_what_is_right() {
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
        let said = line(&mut home.at(None), arguments).coded(2);
        assert!(said.err.starts_with("error: ") || said.err.starts_with('{'), "{arguments}: {said:?}");
        assert!(said.err.contains(expected), "{arguments}: {said:?}");
    }
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let (home, world) = (Home::new(), World::staging());
    for (arguments, kind) in [
        ("snapshot --env nowhere -o json", None),
        ("snapshot --nonsense --output=json", Some("usage")),
        ("services nobody -ojson", Some("usage")),
    ] {
        let error = line(&mut home.on(&world), arguments).coded(2).error();
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{error}");
        assert!(error["hint"].is_string() && error["causes"].is_array(), "{error}");
        if let Some(kind) = kind {
            assert_eq!(error["kind"], kind);
        }
    }
    world.fault("*", "expired");
    let error = line(&mut home.on(&world), "snapshot -o json").coded(8).error();
    assert_eq!(error["kind"], "credentials");
}

// The configuration.

#[test]
fn the_check_reports_all_mistakes_with_their_places() {
    let home = Home::with(
        "default_environment = \"stagin\"\n[environments.staging]\nclutser = \"a\"\nregion = \"tokyo\"\naccount = 12\n[keys]\nrefersh = \"r\"\n",
    );
    let said = line(&mut home.at(None), "config check").coded(2);
    let all = format!("{}{}", said.out, said.err);
    for expected in ["stagin", "clutser", "cluster", "tokyo", "account", "refersh", "refresh", "config.toml:3:1"] {
        assert!(all.contains(expected), "{expected} in {all}");
    }
    // Nothing runs with it.
    let refused = line(&mut home.at(None), "snapshot").coded(2);
    assert!(refused.err.contains("clutser"), "{refused:?}");
    let sound = Home::new();
    line(&mut sound.at(None), "config check").coded(0);
}

#[test]
fn the_check_reads_the_theme_that_the_session_would_read() {
    for (theme, code) in
        [("/none", 2), ("dark", 0), ("odd.toml", 2), ("good.toml", 0), ("~/good.toml", 0), ("darkk", 2)]
    {
        let home = Home::with(&format!("ui.theme = \"{theme}\"\n[environments.a]\n"));
        home.write("odd.toml", "no_such_meaning = \"red\"\n");
        home.write("good.toml", "down = \"bold red\"\n");
        let said = line(&mut home.at(None), "config check").coded(code);
        assert!(code == 0 || format!("{said:?}").contains("theme"), "{said:?}");
    }
}

#[test]
fn a_password_in_an_endpoint_is_never_shown() {
    let home = Home::with("[environments.a]\nendpoint_url = \"http://user:hunter2@127.0.0.1:9/x\"\n");
    for arguments in ["config show", "config show -o json", "config show -o yaml", "config check", "services", "doctor"]
    {
        let said = line(&mut home.at(None), arguments);
        assert!(!format!("{said:?}").contains("hunter2"), "{arguments}: {said:?}");
    }
    assert!(line(&mut home.at(None), "config show").out.contains("http://127.0.0.1:9/x"));
}

#[test]
fn a_configuration_that_cannot_be_read_is_told() {
    let home = Home::new();
    let missing = line(&mut home.at(None), "config check -c nowhere.toml").coded(2);
    assert!(format!("{missing:?}").contains("nowhere.toml"), "{missing:?}");
    home.write("binary.toml", [0xff, 0xfe, 0x00, b'a']);
    let binary = line(&mut home.at(None), "snapshot -c binary.toml").coded(2);
    assert!(binary.err.contains("UTF-8"), "{binary:?}");
    home.write("large.toml", "# long\n".repeat(1 << 20));
    let large = line(&mut home.at(None), "snapshot -c large.toml").coded(2);
    assert!(large.err.contains("large.toml"), "{large:?}");
    let folder = line(&mut home.at(None), "snapshot -c .").coded(2);
    assert!(folder.err.starts_with("error: "), "{folder:?}");
    home.write("broken.toml", "[environments.staging\nregion = \u{1b}[31m");
    let broken = line(&mut home.at(None), "snapshot -c broken.toml").coded(2);
    assert!(broken.err.contains("broken.toml:1:"), "{broken:?}");
}

#[test]
fn the_configuration_says_where_each_value_came_from() {
    let home = Home::new();
    let own = home.path().join(".config/cockpit");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), "[environments.staging]\nregion = \"eu-central-1\"\n").unwrap();
    let text = line(&mut home.at(None), "config show -o table").coded(0).out;
    let row = |key: &str| text.lines().find(|line| line.contains(key)).unwrap_or_else(|| panic!("{key}: {text}"));
    assert!(row("staging.region").contains("eu-central-1") && row("staging.region").contains(".config"), "{text}");
    assert!(row("staging.cluster").contains("config.toml"), "{text}");
    line(&mut home.at(None), "config show -o json").coded(0).json();
    assert!(!line(&mut home.at(None), "config show -o yaml").coded(0).out.is_empty());
    line(&mut home.at(None), "config show --env staging").coded(0);
    for command in ["config show --env stagin", "config check --env stagin -o json"] {
        let said = line(&mut home.at(None), command).coded(2);
        assert!(said.out.is_empty() && said.err.contains("there is no environment `stagin`"), "{said:?}");
        assert!(said.err.contains("did you mean `staging`?"), "{said:?}");
    }
}

#[test]
fn a_value_with_a_minus_is_told_to_be_written_without_it() {
    let home = Home::new();
    for (typed, right) in [("logs --tail -1", "--tail 1"), ("logs --since -5m", "--since 5m")] {
        let said = line(&mut home.at(None), typed).coded(2);
        assert!(said.err.contains(&format!("without the sign: {right}")), "{typed}: {said:#?}");
    }
}
