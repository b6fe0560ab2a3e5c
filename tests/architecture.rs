//! The invariants of ARCHITECTURE.md, each checked from the sources. They state absences, which no
//! type can: who imports what, who reads the clock, where a key is matched.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Rust files under a folder, as paths from the root with their text without comments.
fn sources(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                walk(&entry, found);
            } else if entry.extension().is_some_and(|ending| ending == "rs") {
                found.push(entry);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} has sources");
    found.sort();
    let read = found.into_iter().map(|path| {
        let text = fs::read_to_string(&path).expect("text");
        let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
        let name = path.strip_prefix(root()).expect("under the root").display().to_string();
        (name, code.join("\n"))
    });
    read.collect()
}

/// The part before the tests of a file.
fn product(code: &str) -> &str {
    code.split("#[cfg(test)]").next().unwrap_or(code)
}

/// Files, without those of tests, that contain one of the words.
fn with(folder: &str, words: &[&str]) -> BTreeSet<String> {
    let files = sources(folder).into_iter();
    let files = files
        .filter(|(name, _)| !name.ends_with("tests.rs") && !name.contains("/tests/") && !name.contains("/testing"));
    let hits = files.filter(|(_, code)| words.iter().any(|word| product(code).contains(word)));
    hits.map(|(name, _)| name).collect()
}

fn assert_none(folder: &str, words: &[&str], why: &str) {
    let hits = with(folder, words);
    assert!(hits.is_empty(), "{why}: {hits:?} under {folder} have one of {words:?}");
}

#[test]
fn only_the_aws_room_speaks_to_aws() {
    for hit in with("src", &["aws_sdk_", "aws_config::", "aws_smithy", "aws_credential_types", "aws_types"]) {
        assert!(hit.starts_with("src/aws/"), "{hit} imports the SDK");
    }
}

#[test]
fn nouns_and_verbs_are_pure() {
    let impure = [
        "tokio",
        "aws_sdk_",
        "std::fs",
        "std::net",
        "std::process",
        "std::env",
        "std::thread",
        "Instant::now",
        "SystemTime",
        "Timestamp::now",
        "Zoned::now",
        "TimeZone::system",
        "crossterm",
        "println!",
        "eprintln!",
    ];
    assert_none("src/model", &impure, "the model is pure");
    assert_none("src/app", &impure, "the app is pure");
}

#[test]
fn rooms_know_only_rooms_below_them() {
    assert_none(
        "src/model",
        &[
            "crate::app",
            "crate::ui",
            "crate::aws",
            "crate::runtime",
            "crate::headless",
            "crate::cli",
            "crate::config",
            "crate::commands",
        ],
        "the model knows nobody",
    );
    assert_none(
        "src/app",
        &["crate::ui", "crate::aws", "crate::runtime", "crate::headless", "crate::cli", "crate::commands"],
        "the app knows nouns and configuration",
    );
    assert_none(
        "src/ui",
        &["crate::aws", "crate::runtime", "crate::headless", "crate::cli", "crate::commands"],
        "the eyes only look",
    );
    assert_none("src/headless", &["crate::aws", "crate::runtime", "crate::ui", "crate::commands"], "reports only read");
    assert_none(
        "src/aws",
        &["crate::ui", "crate::runtime", "crate::headless", "crate::cli", "crate::commands"],
        "the AWS room only answers",
    );
    assert_none("crates/aws-sim/src", &["cockpit::"], "the simulator knows nothing of the cockpit");
}

#[test]
fn the_screen_and_the_reports_read_no_clock() {
    for folder in ["src/ui", "src/headless"] {
        assert_none(folder, &["Timestamp::now", "Instant::now", "SystemTime", "Zoned::now"], "time enters as an event");
    }
}

#[test]
fn views_change_nothing() {
    assert_none("src/ui", &["&mut App", "&mut crate::app::App", "&mut Screen", "&mut Estate"], "views read");
}

#[test]
fn a_key_is_matched_in_one_place() {
    let words = ["Code::Char", "Code::Enter", "Code::Esc", "KeyCode::", "Code::Up", "Code::Tab"];
    let allowed = BTreeSet::from([
        // What a key is, how it is written.
        "src/app/key.rs".to_owned(),
        // Which command it means.
        "src/app/keymap.rs".to_owned(),
        // From the terminal's form.
        "src/runtime/input.rs".to_owned(),
    ]);
    let hits: BTreeSet<String> = with("src", &words).difference(&allowed).cloned().collect();
    assert!(hits.is_empty(), "{hits:?} match keys");
}

#[test]
fn every_command_is_run_in_one_place() {
    let registry = fs::read_to_string(root().join("src/app/command.rs")).expect("text");
    let table = registry.split("commands! {").nth(1).expect("the table").split("\n}").next().expect("its end");
    let ids: Vec<&str> =
        table.lines().filter_map(|line| line.trim().split(',').next()).filter(|id| !id.is_empty()).collect();
    assert!(ids.len() > 30, "{ids:?}");
    let run = fs::read_to_string(root().join("src/app/update/run.rs")).expect("text");
    for id in ids.iter().filter(|id| !id.contains(' ') && !id.starts_with('"')) {
        assert!(run.contains(&format!("Id::{id}")), "{id} is in the registry and nothing runs it");
    }
    let body = run.split("fn run(").nth(1).expect("the place").split("\nfn ").next().expect("its end");
    assert!(!body.contains("_ =>"), "a wildcard would let a new command do nothing");
}

#[test]
fn no_lock_shares_the_state() {
    assert_none("src", &["Mutex<App", "RwLock<App", "RefCell<App"], "the state has one owner");
}

#[test]
fn processes_threads_and_drawing_are_the_hands_business() {
    for hit in with("src", &["std::thread::", "std::process::Command", "tokio::spawn", "execute!("]) {
        assert!(hit.starts_with("src/runtime/"), "{hit} has hands of its own");
    }
    // `doctor` asks tools for their versions.
    for hit in with("src", &["tokio::process"]) {
        assert!(hit == "src/commands/doctor.rs" || hit.starts_with("src/runtime/"), "{hit} runs programs");
    }
}

#[test]
fn channels_are_bounded() {
    assert_none("src", &["unbounded_channel", "mpsc::unbounded"], "a feed that is faster than the app waits");
}

#[test]
fn files_can_be_read_in_one_sitting() {
    for folder in ["src", "crates", "tests", "benches", "examples"] {
        if !root().join(folder).is_dir() {
            continue;
        }
        for (name, code) in sources(folder) {
            let lines = code.lines().count();
            let limit = 900;
            assert!(lines <= limit, "{name} has {lines} lines");
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for folder in ["src", "crates/aws-sim/src"] {
        let mut found = sources(folder);
        found.retain(|(name, _)| {
            let text = fs::read_to_string(root().join(name)).expect("text");
            !text.starts_with("//!") && !text.starts_with("#![")
        });
        assert!(found.is_empty(), "{:?}", found.into_iter().map(|(name, _)| name).collect::<Vec<_>>());
    }
}

/// Nothing copyleft is linked. `cargo deny` needs its database from outside; this needs nothing.
#[test]
fn licences_of_all_crates_are_permissive() {
    // Crates of other systems are not on this machine; each system checks its own.
    let rustc = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let rustc = String::from_utf8_lossy(&rustc.stdout).into_owned();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let accepted = [
        "MIT",
        "MIT-0",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "Zlib",
        "0BSD",
        "Unicode-3.0",
        "Unicode-DFS-2016",
        "BlueOak-1.0.0",
        "BSL-1.0",
        "CC0-1.0",
        "Unlicense",
        "OpenSSL",
    ];
    // The metadata also name crates of optional features that nobody asked for; the tree knows what is built.
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--workspace",
            "--offline",
            "--locked",
            "-e",
            "normal,build,dev",
            "--prefix",
            "none",
            "-f",
            "{p}",
        ])
        .current_dir(root())
        .output()
        .expect("cargo tree runs");
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let built: BTreeSet<String> =
        tree.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert!(built.len() > 200, "{}", built.len());
    let mut wrong = Vec::new();
    let packages = metadata["packages"].as_array().expect("packages");
    for package in packages {
        let (name, version) =
            (package["name"].as_str().unwrap_or_default(), package["version"].as_str().unwrap_or_default());
        if !built.contains(&format!("{name} v{version}")) {
            continue;
        }
        let licence = package["license"].as_str().unwrap_or("none");
        // `A OR B` needs one that is accepted, `A AND B` all of them; `/` is an old form of OR.
        let whole = licence.replace('/', " OR ").replace(['(', ')'], "");
        let one = |term: &str| term.split(" AND ").all(|part| accepted.contains(&part.trim()));
        let fine = whole.split(" OR ").any(one)
            || whole.split(" AND ").all(|all| all.split(" OR ").any(|part| accepted.contains(&part.trim())));
        if !fine {
            wrong.push(format!("{name}: {licence}"));
        }
    }
    assert!(wrong.is_empty(), "not accepted: {wrong:#?}");
}

/// The README's own words: its commands are those of the script and of the program.
#[test]
fn the_readme_names_commands_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).expect("text");
    let script = fs::read_to_string(root().join("dev")).expect("text");
    let mut seen = 0;
    for word in readme.split("./dev ").skip(1) {
        let command: String = word.chars().take_while(char::is_ascii_lowercase).collect();
        assert!(script.contains(&format!("\n  {command})")), "./dev {command} is not there");
        seen += 1;
    }
    assert!(seen >= 4);
    for picture in readme.split("](docs/pictures/").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(root().join("docs/pictures").join(picture).is_file(), "docs/pictures/{picture} is not there");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_cockpit")).arg("--help").output().expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for line in readme.lines().filter_map(|line| line.strip_prefix("cockpit ")) {
        let words = line.split_whitespace().filter(|word| !word.starts_with('-'));
        let command = words.clone().find(|word| help.contains(&format!("\n  {word} ")));
        assert!(line.starts_with("--env") || command.is_some(), "`cockpit {line}` is not there");
    }
}

#[test]
fn ci_calls_the_test_command() {
    let ci = fs::read_to_string(root().join(".ci/run")).expect("text");
    assert!(ci.contains("./dev test"));
}
