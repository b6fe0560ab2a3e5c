//! The invariants of ARCHITECTURE.md, each checked from the sources, and what else the project promises of itself:
//! licences, the README's commands, what CI runs.

mod bad_input;
mod circles;
mod invariants;
mod offered;
mod rules;
mod runbook;
mod tree;

use invariants::INVARIANTS;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use tree::{Tree, root};

#[test]
fn every_invariant_holds() {
    let tree = Tree::read();
    for invariant in INVARIANTS {
        let breaches = (invariant.breaches)(&tree);
        assert!(breaches.is_empty(), "{}:\n  {}", invariant.rule, breaches.join("\n  "));
    }
}

/// A rule that finds nothing may look at nothing: each must find what is planted for it.
#[test]
fn a_planted_breach_of_each_invariant_is_found() {
    let tree = Tree::read();
    for invariant in INVARIANTS {
        for (path, code) in invariant.planted {
            let breaches = (invariant.breaches)(&tree.with(path, code));
            assert!(!breaches.is_empty(), "not found in {path}, though the rule is “{}”: {code}", invariant.rule);
        }
    }
}

/// Adding a pane costs its folder and a line in each of the two lists.
#[test]
fn a_pane_is_two_lines_outside_its_folder() {
    let lists = fs::read_to_string(root().join("src/panes/mod.rs")).expect("text");
    let folders =
        fs::read_dir(root().join("src/panes")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let names: Vec<String> = folders
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert!(names.len() >= 5, "{names:?}");
    for name in names {
        let code = lists.lines().filter(|line| !line.trim_start().starts_with("//"));
        let lines: Vec<&str> = code.filter(|line| line.contains(name.as_str())).map(str::trim).collect();
        assert_eq!(lines, [format!("{name},"), format!("pub mod {name};")], "of src/panes/mod.rs");
    }
    // What the page shows of the example is what the example is.
    let page = fs::read_to_string(root().join("docs/adding-a-pane.md")).expect("text");
    for file in fs::read_dir(root().join("docs/adding-a-pane/alarms")).expect("a folder") {
        let path = file.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let lines = fs::read_to_string(&path).expect("text").lines().count();
        let told = page.lines().find(|line| line.contains(&format!("src/panes/alarms/{name}"))).unwrap_or_default();
        let number = told.split('|').nth(1).and_then(|rest| rest.split_whitespace().next());
        assert_eq!(number, Some(lines.to_string().as_str()), "{name}: {told}");
    }
}

/// Adding a command costs its folder and a line in each of the two lists.
#[test]
fn a_command_is_two_lines_outside_its_folder() {
    let lists = fs::read_to_string(root().join("src/commands/mod.rs")).expect("text");
    let folders =
        fs::read_dir(root().join("src/commands")).expect("a folder").map(|entry| entry.expect("an entry").path());
    let names: Vec<String> = folders
        .filter(|path| path.join("mod.rs").is_file())
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert!(names.len() >= 20, "{names:?}");
    let code: Vec<&str> = lists.lines().map(str::trim).filter(|line| !line.starts_with("//")).collect();
    for name in names {
        let word =
            |line: &&&str| line.split(|next: char| !next.is_alphanumeric() && next != '_').any(|word| word == name);
        let lines: Vec<&str> = code.iter().filter(word).copied().collect();
        let listed = |line: &&str| line.ends_with(&format!("({name}),"));
        assert_eq!((lines.len(), lines.iter().filter(|line| listed(line)).count()), (2, 1), "{name}: {lines:?}");
        assert!(lines.contains(&format!("mod {name};").as_str()), "{name}: {lines:?}");
    }
}

/// The glossary: each room has its line, and no line is about a word that is no longer used.
#[test]
fn the_glossary_has_every_room_and_no_word_that_is_gone() {
    let glossary = fs::read_to_string(root().join("docs/glossary.md")).expect("text");
    let words: BTreeSet<&str> = glossary
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split(" |").next())
        .filter(|word| *word != "word")
        .collect();
    assert!(words.len() > 30, "{words:?}");
    for room in fs::read_dir(root().join("src")).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = room.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(!room.is_dir() || words.contains(format!("`{name}`").as_str()), "src/{name} is a room without a line");
    }
    let tree = Tree::read();
    for word in words.into_iter().map(|word| word.trim_matches('`')) {
        // A type is a whole word; others may be a part of one (`sweep_services`).
        let whole = word.starts_with(char::is_uppercase);
        let used = |code: &str| {
            let mut parts = code.split(|next: char| !next.is_alphanumeric() && next != '_');
            parts.any(|found| if whole { found == word } else { found.contains(word) })
        };
        let room = root().join("src").join(word).is_dir() || word == "model";
        assert!(
            room || ["src", "crates/cockpit-model/src"]
                .iter()
                .any(|folder| tree.under(folder).any(|(_, source)| used(&source.product))),
            "no code has the word {word}"
        );
    }
}

/// Adding a feed costs its pure file, the file that asks, and a line in the list beside their declarations.
#[test]
fn a_feed_is_one_line_in_the_list() {
    let text = |path: &str| fs::read_to_string(root().join(path)).expect("text");
    let lists = text("src/feeds/mod.rs");
    let list = lists.split("$make! {").nth(1).and_then(|rest| rest.split('}').next()).expect("a list");
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        assert!(root().join(format!("src/feeds/{name}.rs")).is_file(), "src/feeds/{name}.rs");
        assert!(root().join(format!("src/runtime/feeds/{name}.rs")).is_file(), "src/runtime/feeds/{name}.rs");
        let hands = text("src/runtime/feeds/mod.rs");
        let named: Vec<&str> = hands.lines().map(str::trim).filter(|line| line.contains(&format!("{name};"))).collect();
        assert_eq!(named, [format!("mod {name};")], "of src/runtime/feeds/mod.rs");
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

/// Variables of AWS that the sources read are told of.
#[test]
fn every_variable_of_aws_that_is_read_is_in_the_table() {
    let page = fs::read_to_string(root().join("docs/configuration.md")).expect("text");
    let files = ["credentials.rs", "credentials/load.rs", "connection.rs", "session.rs", "profiles.rs", "wire.rs"];
    let mut seen = 0;
    for file in files {
        let source = fs::read_to_string(root().join("src/aws").join(file)).expect("text");
        for name in source.split('"').filter(|word| word.starts_with("AWS_") && !word.contains(' ')) {
            seen += 1;
            let family = name.starts_with("AWS_ENDPOINT_URL_");
            assert!(family || page.contains(&format!("`{name}`")), "{name}");
        }
    }
    assert!(seen > 8);
}

/// A test by its name needs Rust and nothing else, and the example of docs/adding-a-pane.md is found as any other.
#[test]
fn a_test_by_its_name_needs_cargo_alone() {
    let work = tempfile::tempdir().expect("a folder");
    let stub = |name: &str, script: &str| {
        let path = work.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("it is written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it may run");
    };
    stub("cargo", r#"printf '%s\n' "$*" >>"$RECORD""#);
    for name in ["python3", "apt-get", "sudo", "brew", "go", "npm", "node", "terraform"] {
        stub(name, r#"printf 'asked for %s\n' "$0" >>"$RECORD"; exit 1"#);
    }
    let record = work.path().join("record");
    let path = format!("{}:/usr/bin:/bin", work.path().display());
    for (test, target) in
        [("its_key_opens_it", "-p cockpit-core --lib"), ("a_line_waits_for_the_others", "-p cockpit-core --lib")]
    {
        let _ = fs::remove_file(&record);
        let ran = Command::new("bash")
            .args(["./dev", "test", test])
            .current_dir(root())
            .env("PATH", &path)
            .env("CARGO_TARGET_DIR", work.path().join("target"))
            .env("RECORD", &record)
            .output()
            .expect("bash starts");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let asked = fs::read_to_string(&record).unwrap_or_default();
        assert_eq!(asked.trim(), format!("test --locked {target} {test}"));
    }
}

#[test]
fn ci_calls_the_test_command() {
    let ci = fs::read_to_string(root().join(".ci/run")).expect("text");
    assert!(ci.contains("./dev test") && ci.contains("./dev lint"));
    let checks = fs::read_to_string(root().join(".github/workflows/checks.yml")).expect("text");
    assert!(checks.contains("\n  pull_request:\n") && checks.contains("\n      - run: .ci/run\n"), "{checks}");
}
