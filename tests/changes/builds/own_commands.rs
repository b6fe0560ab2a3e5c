//! Commands of the configuration, as typed: what they receive, which secrets they do not, who can approve them, what is
//! audited, and that nothing of them keeps running.

use super::*;
use crate::support::TOKEN;
use serde_json::Value;

const COMMANDS: &str = r#"
[[commands]]
name = "told"
risk = "look"
selection = "service"
run = '''
printf '%s\n' "service=$COCKPIT_SERVICE" "env=$COCKPIT_ENV" "key=$AWS_SECRET_ACCESS_KEY" "token=$AWS_SESSION_TOKEN" "profile=$AWS_PROFILE" "in=$PWD"
'''

[[commands]]
name = "with-aws"
risk = "look"
credentials = true
run = 'test -n "$AWS_SECRET_ACCESS_KEY" && echo "region=$AWS_REGION"'

[[commands]]
name = "flush"
key = "H"
risk = "change"
run = 'echo flushed > flushed; echo done'

[[commands]]
name = "fails"
risk = "look"
run = 'echo "it is broken" >&2; exit 7'

[[commands]]
name = "endless"
risk = "look"
run = '''trap '' TERM INT; sleep 600 & echo $! > "$HOME/child"; wait; sleep 600'''

[[commands]]
name = "loud"
risk = "look"
run = 'yes "a line that is written again and again until it is one hundred megabytes of nothing at all" | head -c 100000000'

[[commands]]
name = "typed"
risk = "look"
output = "foreground"
run = 'read word; echo "got $word"'
"#;

fn home() -> Home {
    Home::with(&format!("{}\n{COMMANDS}", include_str!("../../../config.toml")))
}

fn audit(home: &Home) -> Vec<Value> {
    let path = home.path().join(".local/state/cockpit/audit.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn command_gets_its_target_and_no_secret_of_the_environment() {
    let (home, world) = (home(), World::staging());
    let output = line(&mut home.on(&world), "run told --service web -o json").exits(0);
    let lines = &output.err;
    let folder = std::fs::canonicalize(home.path()).unwrap();
    for expected in [
        "service=bookmark-manager-staging-web",
        "env=staging",
        "key=\n",
        "token=\n",
        "profile=\n",
        &format!("in={}", folder.display()),
    ] {
        assert!(lines.contains(expected), "{expected:?}: {output:#?}");
    }
    assert!(!output.err.contains(SECRET) && !output.err.contains(TOKEN));
    assert_eq!(output.json()["operations"][0]["verdict"], "done");
    let output = line(&mut home.on(&world), "run with-aws").exits(0);
    assert!(output.err.contains("region=ap-northeast-1"), "{output:#?}");
    let output = line(&mut home.on(&world), "run told").exits(2);
    assert!(output.err.contains("`told` is run on one service") && output.err.contains("--service"), "{output:#?}");
    let output = line(&mut home.on(&world), "run tolld").exits(2);
    assert!(output.err.contains("did you mean `told`?"), "{output:#?}");
    let records = audit(&home);
    let outcomes: Vec<&str> = records.iter().map(|record| record["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["started", "done", "started", "done"]);
    assert_eq!(records[0]["command"], "cockpit run told --service bookmark-manager-staging-web --env staging");
    assert_eq!(records[1]["after"]["exit_code"], 0);
    assert_eq!(records[0]["account"], "123456789012");
    let text = records.iter().map(Value::to_string).collect::<String>();
    assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{text}");
}

#[test]
fn changing_command_needs_a_yes_the_right_account_and_no_read_only() {
    let (home, world) = (home(), World::staging());
    let flushed = || home.path().join("flushed").exists();
    let output = line(&mut home.on(&world), "run flush").exits(4);
    assert!(output.err.contains("echo flushed > flushed; echo done"), "the plan shows the command: {output:#?}");
    line(&mut home.on(&world), "run flush --yes --read-only").exits(4);
    line(&mut home.on(&world), "run flush --dry-run").exits(0);
    // prod is guarded, and these are staging's credentials.
    line(&mut home.on(&world), "run flush --env prod --yes").exits(4);
    assert!(!flushed() && audit(&home).is_empty());
    line(&mut home.on(&world), "run flush --yes").exits(0);
    assert!(flushed());
    assert_eq!(audit(&home).len(), 2);
    // Without an audit entry nothing is run.
    std::fs::remove_file(home.path().join("flushed")).unwrap();
    let folder = home.path().join(".local/state/cockpit");
    std::fs::remove_file(folder.join("audit.jsonl")).unwrap();
    std::fs::create_dir(folder.join("audit.jsonl")).unwrap();
    line(&mut home.on(&world), "run flush --yes").exits(4);
    assert!(!flushed());
}

#[test]
fn failure_shows_exit_code_and_last_output() {
    let (home, world) = (home(), World::staging());
    let output = line(&mut home.on(&world), "run fails").exits(1);
    assert!(output.err.contains("it is broken") && output.out.contains("exit 7"), "{output:#?}");
    assert_eq!(audit(&home)[1]["after"]["exit_code"], 7);
    // A command that changes nothing needs no network: the account is reported as unknown.
    world.fault("sts:GetCallerIdentity", "error");
    line(&mut home.on(&world), "run with-aws").exits(0);
}

#[test]
fn endless_command_is_killed_with_its_children() {
    let (home, world) = (home(), World::staging());
    let child = home.on(&world).args(["run", "endless"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let read = || std::fs::read_to_string(home.path().join("child")).ok().filter(|text| text.ends_with('\n'));
    let id = until("the command's own child", PATIENCE, read);
    signal(child.id(), rustix::process::Signal::INT);
    let output = finish(child);
    assert!(output.out.contains("it was stopped"), "{output:#?}");
    until("the end of its child processes", PATIENCE, || (!alive(&id)).then_some(()));
    assert_eq!(audit(&home)[1]["outcome"], "failed");
    // Its time limit is exceeded.
    let output = line(&mut home.on(&world), "run endless --timeout 2s").exits(7);
    assert!(output.out.contains("it was stopped") && output.out.contains("the time is up"), "{output:#?}");
}

#[test]
fn hundred_megabytes_of_output_are_not_kept_in_memory() {
    let (home, world) = (home(), World::staging());
    let child = home
        .on(&world)
        .args(["run", "loud", "-o", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let peak = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let of = |name: &str| {
                text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
            };
            let Some(high) = of("VmHWM:") else { break };
            peak = high;
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        peak
    });
    let output = finish(child).exits(0);
    let peak = peak.join().unwrap();
    assert!(peak > 0 && peak < 150_000, "{peak} kB at its peak");
    assert_eq!(output.json()["operations"][0]["verdict"], "done");
}

#[test]
fn foreground_command_receives_typed_input() {
    let (home, world) = (home(), World::staging());
    let mut child = home
        .on(&world)
        .args(["run", "typed"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"a word\n").unwrap();
    let output = finish(child).exits(0);
    assert!(output.out.contains("got a word"), "{output:#?}");
}

#[test]
fn every_mistake_is_reported_at_its_place_and_config_shows_the_rest() {
    let (home, world) = (home(), World::staging());
    let output = line(&mut home.on(&world), "config show").exits(0);
    assert!(output.out.contains("commands.flush.risk") && output.out.contains("commands.flush.key"), "{output:#?}");
    let wrong = "[[commands]]\nname = \"deploy\"\nrun = \"x\"\nrisk = \"look\"\nkey = \"q\"\npane = \"servces\"\n";
    home.write("config.toml", format!("{}\n{wrong}", include_str!("../../../config.toml")));
    let output = line(&mut home.on(&world), "config check -o json").exits(2);
    let mistakes = output.json()["mistakes"].as_array().unwrap().clone();
    let messages: Vec<&str> = mistakes.iter().map(|mistake| mistake["message"].as_str().unwrap()).collect();
    assert_eq!(messages, ["`deploy` is a command of the cockpit", "there is no pane `servces`"]);
    assert!(mistakes.iter().all(|mistake| mistake["line"].as_u64().is_some()), "{mistakes:#?}");
}
