//! Tests of user-defined commands.

use super::loaded::KnownCommand;
use super::{Loaded, SourceFile, check, parse};
use crate::model::risk::Risk;
use std::sync::Arc;

fn messages(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().map(|mistake| format!("{} {}", mistake.place(), mistake.message)).collect()
}

#[test]
fn every_error_has_its_position_and_invalid_commands_are_left_out() {
    let text = r#"[[commands]]
name = "Flush it"
run = "x"
risk = "look"
[[commands]]
name = "a"
run = ""
risk = "danger"
[[commands]]
nme = "b"
key = "enter"
output = "window"
[[commands]]
name = "c"
run = "x"
risk = "change"
key = "c"
[[commands]]
name = "d"
run = "x"
risk = "look"
key = "D"
selection = "servce"
credentials = "yes"
[[commands]]
name = "good"
run = "x"
risk = "disrupt"
key = "W"
[[commands]]
name = "good"
run = "y"
risk = "look"
"#;
    let loaded = parse("config.toml", text);
    assert_eq!(
        messages(&loaded),
        [
            "config.toml:2:8 `Flush it` cannot be a command's name",
            "config.toml:7:7 this is empty",
            "config.toml:8:8 `danger` is not a risk",
            "config.toml:9:1 this command has no `name`",
            "config.toml:9:1 this command has no `run`",
            "config.toml:9:1 this command has no `risk`",
            "config.toml:10:1 unknown key `nme`",
            "config.toml:11:7 `enter` is a navigation key and cannot be a command's key",
            "config.toml:12:10 `window` is not a place for its output",
            "config.toml:17:7 `c` is not a capital letter, and the command changes something",
            "config.toml:22:7 `D` is a capital letter, and the command only looks",
            "config.toml:23:13 `servce` is not a thing that can be selected",
            "config.toml:24:15 `credentials` must be true or false, not a text",
            "config.toml:31:8 two commands are called `good`",
        ]
    );
    let names: Vec<(&str, Risk)> =
        loaded.config.commands.iter().map(|command| (command.name.as_str(), command.risk)).collect();
    assert_eq!(names, [("good", Risk::Disrupt)]);
}

/// Parses a file for a program with these commands and panes.
fn with(text: &str) -> Loaded {
    let command = |name: &str, scope: &str, key: &str, typing| KnownCommand {
        name: name.into(),
        scope: scope.into(),
        keys: vec![key.into()],
        typing,
    };
    let commands = [
        command("quit", "", "q", false),
        command("deploy", "In lists", "D", false),
        command("drop", "In the databases", "X", false),
        command("accept", "While typing", "w", true),
    ];
    let panes = [("services", "In the services"), ("database", "In the databases")];
    let panes: Vec<(String, String)> =
        panes.iter().map(|(name, heading)| ((*name).into(), (*heading).into())).collect();
    let mut loaded = Loaded::default();
    loaded.layer(&Arc::new(SourceFile { name: "config.toml".into(), text: text.into() }));
    check::check(&mut loaded, &commands, &panes);
    loaded
}

fn one(more: &str, risk: &str) -> String {
    format!("[[commands]]\nname = \"one\"\nrun = \"x\"\nrisk = \"{risk}\"\n{more}\n")
}

#[test]
fn taken_key_is_reported_and_key_free_in_its_pane_is_accepted() {
    let taken = |more: &str, risk: &str| messages(&with(&one(more, risk)));
    assert_eq!(taken("key = \"q\"", "look"), ["config.toml:5:7 `q` is also the key of `quit`"]);
    assert_eq!(
        taken("key = \"D\"\npane = \"services\"", "change"),
        ["config.toml:5:7 `D` is also the key of `deploy`"]
    );
    assert_eq!(taken("key = \"X\"", "change"), ["config.toml:5:7 `X` is also the key of `drop`"]);
    assert_eq!(taken("key = \"X\"\npane = \"services\"", "change"), [""; 0], "the key belongs to another pane");
    assert_eq!(taken("key = \"w\"", "look"), [""; 0], "nobody listens to it while something is typed");
    assert_eq!(taken("pane = \"servics\"", "look"), ["config.toml:5:8 there is no pane `servics`"]);
    let rebound = format!("[keys]\nquit = \"z\"\n{}", one("key = \"q\"", "look"));
    assert_eq!(messages(&with(&rebound)), [""; 0], "the key was freed by [keys]");
    let two = format!(
        "{}[[commands]]\nname = \"two\"\nrun = \"y\"\nrisk = \"look\"\nkey = \"w\"\n",
        one("key = \"w\"\npane = \"services\"", "look")
    );
    assert_eq!(messages(&with(&two)), ["config.toml:11:7 `w` is also the key of `one`"]);
    let name = "[[commands]]\nname = \"deploy\"\nrun = \"y\"\nrisk = \"look\"\n";
    let loaded = with(name);
    assert_eq!(messages(&loaded), ["config.toml:2:8 `deploy` is a command of the cockpit"]);
    assert!(loaded.config.commands.is_empty());
}

#[test]
fn command_without_risk_is_not_treated_as_harmless() {
    assert_eq!(super::CommandConfig::default().risk, Risk::Destroy);
}
