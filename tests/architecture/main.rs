//! Checks the invariants of ARCHITECTURE.md against the sources, and the project's other promises: licences, the README's
//! commands, and what CI runs.

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

/// A rule that finds nothing may check nothing: each must find the violations planted for it.
#[test]
fn planted_violation_of_each_invariant_is_found() {
    let tree = Tree::read();
    for invariant in INVARIANTS {
        for (path, code) in invariant.planted {
            let breaches = (invariant.breaches)(&tree.with(path, code));
            assert!(!breaches.is_empty(), "not found in {path} by the rule “{}”: {code}", invariant.rule);
        }
    }
}

/// Adding a pane needs its folder and one line in each of the two lists.
#[test]
fn pane_needs_two_lines_outside_its_folder() {
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
    // The page shows the example exactly as it is.
    let page = fs::read_to_string(root().join("docs/adding-a-pane.md")).expect("text");
    for file in fs::read_dir(root().join("docs/adding-a-pane/alarms")).expect("a folder") {
        let path = file.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let lines = fs::read_to_string(&path).expect("text").lines().count();
        let block = page.lines().find(|line| line.contains(&format!("src/panes/alarms/{name}"))).unwrap_or_default();
        let number = block.split('|').nth(1).and_then(|rest| rest.split_whitespace().next());
        assert_eq!(number, Some(lines.to_string().as_str()), "{name}: {block}");
    }
}

/// Adding a command needs its folder and one line in each of the two lists.
#[test]
fn command_needs_two_lines_outside_its_folder() {
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

/// Each module has its line in the glossary, and no line is about a word that is no longer used.
#[test]
fn glossary_lists_every_module_and_no_unused_word() {
    let glossary = fs::read_to_string(root().join("docs/glossary.md")).expect("text");
    let words: BTreeSet<&str> = glossary
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|line| line.split(" |").next())
        .filter(|word| *word != "word")
        .collect();
    assert!(words.len() > 30, "{words:?}");
    for module in fs::read_dir(root().join("src")).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = module.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(
            !module.is_dir() || words.contains(format!("`{name}`").as_str()),
            "src/{name} is a module without a line in the glossary"
        );
    }
    let tree = Tree::read();
    for word in words.into_iter().map(|word| word.trim_matches('`')) {
        // A type must match as a whole word; other words may be part of one (`sweep_services`).
        let is_type = word.starts_with(char::is_uppercase);
        let used = |code: &str| {
            let mut parts = code.split(|next: char| !next.is_alphanumeric() && next != '_');
            parts.any(|found| if is_type { found == word } else { found.contains(word) })
        };
        let module = root().join("src").join(word).is_dir() || word == "model";
        assert!(
            module
                || ["src", "crates/cockpit-model/src"]
                    .iter()
                    .any(|folder| tree.under(folder).any(|(_, source)| used(&source.product))),
            "no code contains the word {word}"
        );
    }
}

/// A filter that matches no test runs nothing, and does not fail either.
#[test]
fn test_filters_of_dev_match_tests() {
    let tree = Tree::read();
    let dev = fs::read_to_string(root().join("dev")).expect("text");
    let is_filter = |word: &str| word.contains('_') && word.chars().all(|next| next.is_alphanumeric() || next == '_');
    let mut filters = BTreeSet::new();
    for line in dev.lines() {
        let Some((_, arguments)) = line.split_once("cargo test ") else { continue };
        let words: Vec<&str> = arguments.split_whitespace().collect();
        let pairs = words.windows(2).filter(|pair| pair[0] != "--test" && is_filter(pair[1]));
        filters.extend(pairs.map(|pair| pair[1].to_owned()));
    }
    assert!(filters.len() >= 3, "{filters:?}");
    for filter in filters {
        let is_test = |line: &str| {
            line.split_once("fn ")
                .is_some_and(|(_, rest)| rest.split('(').next().is_some_and(|name| name.contains(&filter)))
        };
        let mut files = ["src", "crates", "tests"].into_iter().flat_map(|folder| tree.under(folder));
        assert!(
            files.any(|(_, source)| source.text.lines().any(is_test)),
            "./dev runs the tests `{filter}`, and there are none"
        );
    }
}

/// Adding a feed needs its pure file, the file that makes the requests, and one line in the list beside their declarations.
#[test]
fn feed_is_one_line_in_the_list() {
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

/// Nothing copyleft is linked. Unlike `cargo deny`, this needs no database from the network.
#[test]
fn all_crates_have_permissive_licences() {
    // Crates for other systems are not on this machine; each system checks its own.
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
    // The metadata also list crates of unused optional features; `cargo tree` lists what is built.
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
        // `A OR B` needs one accepted licence, `A AND B` all of them; `/` is an old form of OR.
        let expression = licence.replace('/', " OR ").replace(['(', ')'], "");
        let is_accepted = |term: &str| term.split(" AND ").all(|part| accepted.contains(&part.trim()));
        let fine = expression.split(" OR ").any(is_accepted)
            || expression.split(" AND ").all(|all| all.split(" OR ").any(|part| accepted.contains(&part.trim())));
        if !fine {
            wrong.push(format!("{name}: {licence}"));
        }
    }
    assert!(wrong.is_empty(), "not accepted: {wrong:#?}");
}

/// The commands in the README exist in the script or in the program.
#[test]
fn readme_names_existing_commands() {
    let readme = fs::read_to_string(root().join("README.md")).expect("text");
    let script = fs::read_to_string(root().join("dev")).expect("text");
    let mut seen = 0;
    for word in readme.split("./dev ").skip(1) {
        let command: String = word.chars().take_while(char::is_ascii_lowercase).collect();
        assert!(script.contains(&format!("\n  {command})")), "./dev has no command {command}");
        seen += 1;
    }
    assert!(seen >= 4);
    for picture in readme.split("](docs/pictures/").skip(1).filter_map(|rest| rest.split(')').next()) {
        assert!(root().join("docs/pictures").join(picture).is_file(), "docs/pictures/{picture} does not exist");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_cockpit")).arg("--help").output().expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for line in readme.lines().filter_map(|line| line.strip_prefix("cockpit ")) {
        let words = line.split_whitespace().filter(|word| !word.starts_with('-'));
        let command = words.clone().find(|word| help.contains(&format!("\n  {word} ")));
        assert!(line.starts_with("--env") || command.is_some(), "`cockpit {line}` does not exist");
    }
}

/// Every AWS variable that the sources read is documented.
#[test]
fn every_aws_variable_read_is_in_the_table() {
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

/// Running a test by name needs only Rust, and the example of docs/adding-a-pane.md is found like any other test.
#[test]
fn running_one_test_by_name_needs_only_cargo() {
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
        [("key_opens_the_pane", "-p cockpit-core --lib"), ("line_waits_for_other_groups", "-p cockpit-core --lib")]
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
        let recorded = fs::read_to_string(&record).unwrap_or_default();
        assert_eq!(recorded.trim(), format!("test --locked {target} {test}"));
    }
}

#[test]
fn ci_calls_the_test_command() {
    let ci = fs::read_to_string(root().join(".ci/run")).expect("text");
    assert!(ci.contains("./dev test") && ci.contains("./dev lint"));
    let checks = fs::read_to_string(root().join(".github/workflows/checks.yml")).expect("text");
    assert!(checks.contains("\n  pull_request:\n") && checks.contains("\n      - run: .ci/run\n"), "{checks}");
}
