//! Tests of the command line as users type it.

use super::command_line::{Cli, Stop, command};
use super::list::Command;
use crate::cli::{ExitCode, Output};
use jiff::SignedDuration;

fn read(line: &str) -> Result<Cli, Stop> {
    Cli::read(std::iter::once("cockpit").chain(line.split_whitespace()))
}

fn wrong(line: &str) -> (String, String, bool) {
    match read(line) {
        Err(Stop::UsageError { report, json }) => {
            assert_eq!(report.code, ExitCode::Usage);
            (report.message, report.hint.unwrap_or_default(), json)
        }
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn clap_definition_is_valid() {
    command().debug_assert();
}

#[test]
fn flags_are_accepted_before_and_after_the_command() {
    let before = read("--env staging -o json --timeout 2h30m services web api").unwrap();
    let after = read("services web api --timeout 2h30m -e staging --output json").unwrap();
    assert_eq!(before, after);
    assert_eq!(before.global.timeout, Some(SignedDuration::from_mins(150)));
    assert_eq!(before.output(true).unwrap(), Output::Json);
    assert!(matches!(before.command, Some(Command::Services(ref services)) if services.services == ["web", "api"]));
}

#[test]
fn all_flag_applies_to_the_session_and_not_to_every_command() {
    assert!(read("--all --env staging").unwrap().all);
    let (message, hint, _) = wrong("--all services");
    assert!(message.contains("--all before a command") && hint.contains("cockpit snapshot --all"), "{message} {hint}");
    assert!(!read("snapshot --all").unwrap().all);
}

#[test]
fn default_format_is_table_and_json_for_a_piped_snapshot() {
    assert_eq!(read("snapshot").unwrap().output(false).unwrap(), Output::Json);
    assert_eq!(read("snapshot").unwrap().output(true).unwrap(), Output::Table);
    assert_eq!(read("services").unwrap().output(false).unwrap(), Output::Table);
}

#[test]
fn wrong_usage_has_a_hint() {
    let (message, hint, json) = wrong("snapshot -o csv");
    assert_eq!(message, "`cockpit snapshot` has no output as csv");
    assert_eq!(hint, "it supports: table, json, yaml");
    assert!(!json);
    assert!(wrong("servicse -o json").2);
    assert!(wrong("servicse").1.contains("'services'"));
    assert!(wrong("snapshot --timeout soon").0.contains("`soon` is not a duration"));
    assert!(wrong("sim --listen 0.0.0.0:1").0.contains("loopback"));
    assert!(wrong("demo --scenario nowhere").0.contains("crash-loop"));
    assert!(wrong("services --region tokyo").0.contains("`tokyo` is not a region"));
}

#[test]
fn invalid_number_has_a_plain_message() {
    let (message, hint, _) = wrong("scale web -1 -y");
    assert!(message.contains("`-1` has a minus") && hint.ends_with(": 1"), "{message} {hint}");
    assert!(wrong("scale web 1e3").0.contains("it is not a whole number"));
    assert!(wrong("logs --tail 99999999999999999999").0.contains("it is too large"));
    // clap's tip to pass an unknown flag after `--` is removed.
    let (message, hint, _) = wrong("cost --moth 2026-11");
    assert!(message.contains("--moth") && !hint.contains("-- --moth"), "{message} {hint}");
}

/// `sh -c ''` is a valid command: arguments for a program may be empty.
#[test]
fn program_arguments_may_be_empty() {
    for line in ["exec staging api -- echo", "with-db staging -- psql", "instances session bastion -- echo"] {
        let words = |last: &[&str]| line.split(' ').chain(last.iter().copied()).map(str::to_owned).collect::<Vec<_>>();
        assert!(super::command_line::Cli::read(program(words(&["", "x"]))).is_ok(), "{line}");
    }
    let nameless = ["exec", "staging", "api", "--", "", "x"].map(str::to_owned).to_vec();
    assert!(super::command_line::Cli::read(program(nameless)).is_err(), "it has a name");
}

#[test]
fn empty_argument_is_reported_by_name() {
    let cases: [(&[&str], &str); 5] = [
        (&["exec", "staging", ""], "SERVICE"),
        (&["exec", "", "web"], "ENVIRONMENT"),
        (&["exec", ""], "SERVICE"),
        (&["invalidate", "site", "/a", ""], "PATH"),
        (&["services", "web", ""], "SERVICE"),
    ];
    for (typed, name) in cases {
        let words = typed.iter().map(|word| (*word).to_owned()).collect();
        let Err(super::command_line::Stop::UsageError { report, .. }) = super::command_line::Cli::read(program(words))
        else {
            panic!()
        };
        assert_eq!(report.message, format!("{name} is empty"));
    }
}

fn program(words: Vec<String>) -> Vec<std::ffi::OsString> {
    std::iter::once("cockpit".to_owned()).chain(words).map(Into::into).collect()
}

/// Collects every argument that takes a value, with the path of its command.
fn places(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, Option<String>)>) {
    for argument in command.get_arguments().filter(|argument| argument.get_action().takes_values()) {
        found.push((path.to_vec(), argument.get_long().map(|long| format!("--{long}"))));
    }
    for sub in command.get_subcommands() {
        let deeper = [path, &[sub.get_name().to_owned()]].concat();
        places(sub, &deeper, found);
    }
}

#[test]
fn empty_argument_is_wrong_usage_everywhere() {
    let mut found = Vec::new();
    places(&command(), &[], &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for (path, flag) in found {
        for empty in ["", " ", "\t"] {
            let mut arguments = vec!["cockpit".to_owned()];
            arguments.extend(path.clone());
            arguments.extend(flag.clone());
            arguments.push(empty.to_owned());
            let stop = Cli::read(&arguments);
            assert!(
                matches!(&stop, Err(Stop::UsageError { report, .. }) if report.code == ExitCode::Usage),
                "{arguments:?}"
            );
        }
    }
}

#[test]
fn empty_name_is_rejected_before_any_request() {
    for (arguments, name) in [
        (&["deploy", "", "--force", "-y"][..], "SERVICE"),
        (&["deploy", "web", "", "--force", "-y"], "SERVICE"),
        (&["scale", "", "0", "-y"], "SERVICE"),
        (&["stop-task", ""], "TASK"),
        (&["rollback", ""], "SERVICE"),
        (&["services", ""], "SERVICE"),
        (&["logs", "web", "--filter="], "--filter"),
        (&["autoscaling", "", "--suspend"], "SERVICE"),
        (&["deploy", "web", "--image", "", "-y"], "--image"),
        (&["deploy", "web", "--force", "--env", "", "-y"], "--env"),
        (&["--env", "", "deploy", "web", "--force"], "--env"),
        (&["db", "  "], "DATABASE"),
    ] {
        let arguments: Vec<&str> = std::iter::once("cockpit").chain(arguments.iter().copied()).collect();
        match Cli::read(&arguments) {
            Err(Stop::UsageError { report, .. }) => {
                assert_eq!(report.message.split(' ').next(), Some(name), "{arguments:?}");
            }
            other => panic!("{arguments:?}: {other:?}"),
        }
    }
}

#[test]
fn help_names_every_exit_code() {
    let Err(Stop::Print(help)) = read("--help") else { panic!("no help") };
    for code in ExitCode::ALL {
        assert!(help.contains(&format!("{:>3}  {}", code.code(), code.meaning())), "{help}");
    }
    assert!(matches!(read("--version"), Err(Stop::Print(text)) if text.starts_with("cockpit ")));
    for sub in command().get_subcommands() {
        assert!(matches!(read(&format!("{} --help", sub.get_name())), Err(Stop::Print(_))));
        assert_eq!(sub.get_name(), sub.get_name().to_lowercase());
    }
}

#[test]
fn simulator_has_defaults() {
    let Some(Command::Sim(sim)) = read("sim").unwrap().command else { panic!("no sim") };
    assert_eq!((sim.scenario.name(), sim.listen.to_string().as_str(), sim.seed), ("staging", "127.0.0.1:0", 1));
}

/// Collects all commands with their paths.
fn commands(of: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
    found.push((path.to_vec(), of.clone()));
    for below in of.get_subcommands() {
        commands(below, &[path, &[below.get_name().to_owned()]].concat(), found);
    }
}

/// Returns possible ways to type a flag, with different values.
fn typed(flag: &clap::Arg) -> Vec<Vec<String>> {
    let name = format!("--{}", flag.get_long().unwrap_or_default());
    if !flag.get_action().takes_values() {
        return vec![vec![name]];
    }
    let known: Vec<String> = flag.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let others = ["1", "x", "5m", "a=b", "tag:x", "linux/amd64", "127.0.0.1", "cpu=50", "CONFIRMED"].map(str::to_owned);
    known.into_iter().chain(others).map(|value| vec![format!("{name}={value}")]).collect()
}

/// Without help clap accepts a flag without the one it requires, if a third flag conflicts with the required one.
#[test]
fn flag_without_its_required_flag_is_wrong_usage() {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let root = command();
    let mut all = Vec::new();
    commands(&root, &[], &mut all);
    let mut needing = 0;
    for (path, one) in all {
        let required = one.get_positionals().filter(|place| place.is_required_set());
        let places =
            required.flat_map(|place| vec!["x".to_owned(); place.get_num_args().map_or(1, |n| n.min_values())]);
        let words: Vec<String> = std::iter::once("cockpit".to_owned()).chain(path).chain(places).collect();
        let parse = |flags: &[&[String]]| {
            root.clone().try_get_matches_from(words.iter().chain(flags.iter().copied().flatten()))
        };
        // Returns the missing arguments of an input that is otherwise valid.
        let missing = |flags: &[&[String]]| match parse(flags) {
            Ok(_) => Some(Vec::new()),
            Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
                match error.get(ContextKind::InvalidArg) {
                    Some(ContextValue::Strings(names)) => Some(names.clone()),
                    _ => Some(Vec::new()),
                }
            }
            Err(_) => None,
        };
        let Some(before) = missing(&[]) else { continue };
        let flags = one.get_arguments().filter(|flag| flag.get_long().is_some() && !flag.is_global_set());
        let taken: Vec<Vec<String>> =
            flags.filter_map(|flag| typed(flag).into_iter().find(|typed| missing(&[typed]).is_some())).collect();
        for flag in &taken {
            let needs = missing(&[flag]).unwrap_or_default();
            let needs: Vec<&String> = needs.iter().filter(|name| !before.contains(name)).collect();
            let Some(needed) = needs.first() else { continue };
            needing += 1;
            for beside in taken.iter().filter(|beside| *beside != flag) {
                let is_it = beside[0].split('=').next() == needed.split([' ', '=']).next();
                assert!(
                    is_it || parse(&[flag, beside]).is_err(),
                    "{words:?} {flag:?} without {needed}, beside {beside:?}"
                );
            }
        }
    }
    assert!(needing >= 8, "{needing}");
}
