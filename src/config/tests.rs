//! Tests of whole configurations.

use super::*;
use crate::model::infra::Tool;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A temporary folder, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("cockpit-config-{}-{number}", std::process::id()));
        std::fs::create_dir_all(path.join("inner")).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn request(&self) -> Request {
        Request { folder: self.0.join("inner"), config_folder: Some(self.0.join("home/cockpit")), ..Request::default() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The repository, which contains the shipped configuration and the generated documents.
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn of(text: &str) -> Loaded {
    with(text, &[])
}

fn with(text: &str, commands: &[KnownCommand]) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.layer(&Arc::new(SourceFile { name: "config.toml".into(), text: text.into() }));
    check::check(&mut loaded, commands, &[]);
    loaded
}

fn messages(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().map(|mistake| format!("{} {}", mistake.place(), mistake.message)).collect()
}

#[test]
fn time_of_day_is_not_an_interval() {
    for text in ["16:01:44", "1d 01:02:03", "00:00:30"] {
        assert!(value::Kind::Interval.of_text(text).is_err(), "{text}");
    }
    assert!(value::Kind::Interval.of_text("1h30m").is_ok());
}

#[test]
fn example_is_valid() {
    let root = repository();
    let loaded = load(&Request { folder: root.clone(), ..Request::default() });
    assert_eq!(messages(&loaded), [""; 0]);
    let names: Vec<&str> = loaded.config.environments.iter().map(|environment| environment.name.as_str()).collect();
    assert_eq!(names, ["staging", "prod", "pantri", "pantri-dev", "minimal"]);
    for (name, dir) in [("staging", "envs/staging"), ("prod", "envs/prod"), ("minimal", "envs/minimal")] {
        let infra = &loaded.select_environment(Some(name)).unwrap().infra;
        assert_eq!(infra.kind, Some(Tool::Terragrunt));
        let dir = root.join("infra/terraform").join(dir);
        assert!(dir.is_dir() && infra.dir.as_deref().map(Path::new) == Some(&dir), "{infra:?}");
    }
    let dev = loaded.select_environment(Some("pantri-dev")).unwrap();
    assert_eq!((dev.account.as_deref(), dev.region.as_deref(), dev.cluster.as_deref()), (None, None, None));
    let [unit] = &dev.infra.units[..] else { panic!("{dev:?}") };
    assert_eq!((unit.name.as_str(), unit.workspace.as_deref()), ("pantri", Some("dev")));
    assert!(Path::new(&unit.dir).join(&unit.var_files[0]).is_file(), "{unit:?}");
    let staging = loaded.select_environment(None).unwrap();
    assert_eq!(staging.exact_services().unwrap().len(), 2);
    assert!(loaded.select_environment(Some("prod")).unwrap().guarded);
    assert_eq!(loaded.select_environment(Some("minimal")).unwrap().cluster, None);
    let error = loaded.select_environment(Some("stagin")).unwrap_err();
    assert_eq!(error.message, "there is no environment `stagin`");
    assert_eq!(error.hint.unwrap(), "did you mean `staging`? there are: staging, prod, pantri, pantri-dev, minimal");
}

#[test]
fn commented_out_lines_of_the_example_are_valid() {
    let root = repository();
    let text = std::fs::read_to_string(root.join("config.toml")).unwrap();
    let is_setting = |line: &str| {
        line.starts_with('[')
            || line.split_once(" = ").is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
    };
    // Sub-tables may follow other tables, so turning comments on in place stays valid.
    let on: Vec<&str> =
        text.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line)).collect();
    let on = on.join("\n");
    assert!(on.contains("\n[environments.staging.refresh]\nservices"), "{on}");
    assert_eq!(messages(&of(&on)), [""; 0]);
}

#[test]
fn documentation_matches_the_table() {
    let path = repository().join("docs/configuration.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, markdown()).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == markdown(), "docs/configuration.md is old: run `UPDATE_DOCS=1 ./dev test documentation`");
}

#[test]
fn examples_and_defaults_of_the_table_are_valid() {
    for known in KNOWN {
        let line = format!("{} = {}", known.key, known.example);
        let text = if known.within() == crate::config::TableScope::Environment {
            // A kind of infrastructure requires its units, and units their kind.
            let beside = match known.key {
                "infra.kind" => "infra.dir = \"x\"",
                "infra.dir" => "infra.kind = \"terragrunt\"",
                "infra.units" => "infra.kind = \"terraform\"",
                "infra.terraform" | "infra.terragrunt" | "infra.plugin_dir" => {
                    "infra.kind = \"terragrunt\"\ninfra.dir = \"x\""
                }
                _ => "",
            };
            format!("[environments.staging]\n{line}\n{beside}")
        } else if known.within() == crate::config::TableScope::Build {
            let context = if known.key == "context" { "" } else { "context = \"x\"\n" };
            format!("[build.web]\n{context}{line}")
        } else {
            format!("{line}\n[environments.staging]")
        };
        assert_eq!(messages(&of(&text)), [""; 0], "{line}");
    }
    let defaults = of("[environments.x]");
    for row in rows(&defaults).iter().filter(|row| row.key.contains(".refresh.")) {
        assert_eq!(row.value.as_ref().map(ToString::to_string), Some(format!("\"{}\"", row.default)), "{}", row.key);
    }
}

#[test]
fn all_errors_are_reported_at_once() {
    let loaded = of(r#"default_environment = "stagin"
colour = true
[ui]
themes = "dark"
ascii = "yes"
[environments.staging]
acount = "1"
account = 123456789012
region = "tokyo"
timezone = "Asia/Tokio"
endpoint_url = "localhost"
services = ["a", 1, ""]
databases = "db"
cluster = ""
[environments.staging.refresh]
services = "10"
tasks = 5
alarms = "1ms"
metrics = "2d"
metric = "1m"
[environments.x]
refresh = "1m"
alarms = ["a-", "a-"]
[keys]
quit = "hyper-x"
[environments]
y = 1
"#);
    assert_eq!(
        messages(&loaded),
        [
            "config.toml:1:1 there is no environment `stagin`",
            "config.toml:2:1 unknown key `colour`",
            "config.toml:4:1 unknown key `themes`",
            "config.toml:5:9 this must be true or false",
            "config.toml:7:1 unknown key `acount`",
            "config.toml:8:11 `account` must be a text of 12 digits, not a number",
            "config.toml:9:10 `tokyo` is not a region",
            "config.toml:10:12 there is no time zone `Asia/Tokio`",
            "config.toml:11:16 `localhost` is not a URL",
            "config.toml:12:18 a text must stand here, not a number",
            "config.toml:12:21 an empty name matches nothing",
            "config.toml:13:13 this must be a list",
            "config.toml:14:11 this is empty",
            "config.toml:16:12 `10` is not an interval",
            "config.toml:17:9 `tasks` must be an interval (`10s`, `2m`), not a number",
            "config.toml:18:10 `1ms` is too short",
            "config.toml:19:11 `2d` is too long",
            "config.toml:20:1 unknown key `metric`",
            "config.toml:22:1 `refresh` must be a table",
            "config.toml:23:1 `a-` is in this list twice",
            "config.toml:25:8 `hyper-x` is not a key: write a character, `Ctrl-x`, `Alt-x`, `Enter`, `Esc`, `Tab`, `F5` …",
            "config.toml:27:1 `y` must be a table",
        ]
    );
    let hint = |at: usize| loaded.diagnostics[at].hint.clone().unwrap();
    assert!(hint(4).starts_with("did you mean `account`? known here: project, account, region"), "{}", hint(4));
    assert!(hint(2).starts_with("did you mean `theme`?"));
    assert!(hint(0).starts_with("did you mean `staging`?"));
    let report = loaded.check_errors().unwrap_err();
    assert_eq!(report.message, "the configuration has 22 mistakes");
    assert_eq!(report.code.code(), 2);
}

#[test]
fn error_is_shown_with_its_line() {
    let loaded = of("[environments.staging]\nacount = \"1\u{9b}\" # 日本\n");
    assert_eq!(
        loaded.diagnostics[0].text(),
        "error: unknown key `acount`
 --> config.toml:2:1
  |
2 | acount = \"1\\u{9b}\" # 日本
  | ^^^^^^
  |
  = help: did you mean `account`? known here: project, account, region, profile, credential_timeout, endpoint_url, cluster, services, databases, target_groups, instances, distributions, user_pools, alarms, parameters, logs, log_filters, log_queries, guarded, timezone, scheduler, schedules, infra, tunnel, database, health, refresh
"
    );
}

#[test]
fn invalid_toml_does_not_hide_other_errors() {
    let loaded =
        of("default_environment = staging\n[environments.staging]\nregion = \"tokyo\"\n[environments.staging]\n");
    let messages = messages(&loaded);
    assert!(messages[0].starts_with("config.toml:1:23 this is not TOML"), "{messages:?}");
    assert!(
        messages.iter().any(|line| line.starts_with("config.toml:4:") && line.contains("duplicate")),
        "{messages:?}"
    );
    assert!(messages.iter().any(|line| line.contains("`tokyo` is not a region")), "{messages:?}");
}

#[test]
fn unreadable_files_are_errors_not_panics() {
    let folder = Folder::new();
    folder.write("latin.toml", b"a = \"x\"\nb = \"\xe9\"").write("big.toml", vec![b'#'; MAX_FILE_SIZE + 1]);
    for (name, says) in [
        ("latin.toml", "this file is not UTF-8 (line 2)"),
        ("big.toml", "this file is larger than 1 MiB"),
        ("none.toml", "this file cannot be read"),
        ("inner", "this file cannot be read"),
    ] {
        let loaded = load(&Request { file: Some(folder.0.join(name)), ..folder.request() });
        assert_eq!(loaded.diagnostics.len(), 1, "{name}");
        assert!(loaded.diagnostics[0].text().contains(says), "{}", loaded.diagnostics[0].text());
    }
}

#[test]
fn file_paths_are_resolved_regardless_of_the_working_folder() {
    let folder = Folder::new();
    let user = PathBuf::from("/home/someone");
    for (written, expected) in [
        ("~/kept/audit.jsonl", user.join("kept/audit.jsonl")),
        ("audit.jsonl", folder.0.join("audit.jsonl")),
        ("/var/log/audit.jsonl", PathBuf::from("/var/log/audit.jsonl")),
        ("~other/x", folder.0.join("~other/x")),
    ] {
        folder.write(
            "config.toml",
            format!("audit_file = \"{written}\"\nui.theme = \"themes/own.toml\"\n[environments.a]\n"),
        );
        // The program starts in `inner`; the file is in its parent.
        let loaded = load(&Request { home_folder: Some(user.clone()), ..folder.request() });
        assert_eq!(loaded.config.audit_file.as_deref(), Some(expected.to_str().unwrap()), "{written}");
        assert_eq!(loaded.config.ui.theme.as_deref(), Some(folder.0.join("themes/own.toml").to_str().unwrap()));
    }
    let mut request = Request { home_folder: Some(user), ..folder.request() };
    request.variables =
        vec![("COCKPIT_AUDIT_FILE".into(), "here.jsonl".into()), ("COCKPIT_UI_THEME".into(), "light".into())];
    let loaded = load(&request);
    assert_eq!(loaded.config.audit_file.as_deref(), Some(folder.0.join("inner/here.jsonl").to_str().unwrap()));
    assert_eq!(loaded.config.ui.theme.as_deref(), Some("light"));
}

#[test]
fn later_layers_override_key_by_key() {
    let folder = Folder::new();
    folder
        .write("config.toml", "default_environment = \"a\"\nui.theme = \"light\"\n[environments.b]\nregion = \"us-east-1\"\nprofile = \"p\"\n[environments.a]\n")
        .write("home/cockpit/config.toml", "ui.ascii = true\n[environments.b]\nregion = \"eu-west-1\"\n");
    let mut request = folder.request();
    request.variables = vec![
        ("COCKPIT_UI_MOUSE".into(), "0".into()),
        ("COCKPIT_DEFAULT_ENVIRONMENT".into(), "b".into()),
        ("COCKPIT_UI_ASCII".into(), "perhaps".into()),
    ];
    request.flags.profile = Some("q".into());
    let loaded = load(&request);
    assert_eq!(messages(&loaded), ["environment variable COCKPIT_UI_ASCII this must be true or false"]);
    let names: Vec<&str> = loaded.config.environments.iter().map(|environment| environment.name.as_str()).collect();
    assert_eq!(names, ["b", "a"]);
    let b = loaded.config.environment("b").unwrap();
    assert_eq!((b.region.as_deref(), b.profile.as_deref()), (Some("eu-west-1"), Some("q")));
    assert_eq!(loaded.config.ui, Ui { theme: Some("light".into()), ascii: Some(true), mouse: Some(false) });
    let from = |key: &str| rows(&loaded).into_iter().find(|row| row.key == key).unwrap().from;
    assert!(from("environments.b.region").ends_with("home/cockpit/config.toml:3"));
    assert!(from("ui.theme").ends_with("config.toml:2"));
    assert_eq!(from("environments.b.profile"), "flag --profile");
    assert_eq!(from("ui.mouse"), "environment variable COCKPIT_UI_MOUSE");
    assert_eq!(from("environments.a.guarded"), "default");

    let only = load(&Request { file: Some(folder.0.join("home/cockpit/config.toml")), ..folder.request() });
    assert_eq!(only.config.ui.theme, None);
    assert_eq!(only.files.len(), 1);
}

#[test]
fn missing_configuration_reports_where_it_was_looked_for() {
    let folder = Folder::new();
    // The search goes up to the root, where an unrelated file may exist, so only the absence of a configuration is tested.
    let (inner, home) = (folder.0.join("inner"), Some(folder.0.join("home")));
    let loaded = load(&Request { folder: inner, config_folder: home, ..Request::default() });
    if loaded.files.is_empty() {
        let error = loaded.select_environment(Some("x")).unwrap_err();
        assert_eq!(error.message, "there is no configuration");
        assert!(error.causes[0].contains("config.toml"));
    }
    assert_eq!(of("[environments.a]").select_environment(None).unwrap_err().message, "no environment is named");
}

#[test]
fn cluster_arn_sets_region_and_account_or_is_refused() {
    const ARN: &str = "arn:aws:ecs:eu-west-1:123456789012:cluster/shop";
    let environment = |text: &str| {
        let loaded = parse("config.toml", &format!("[environments.a]\ncluster = \"{ARN}\"\n{text}"));
        (messages(&loaded), loaded.config.environments[0].clone())
    };
    for text in ["", "region = \"eu-west-1\"\n", "account = \"123456789012\"\nregion = \"eu-west-1\"\n"] {
        let (mistakes, found) = environment(text);
        assert_eq!(mistakes, [""; 0], "{text}");
        assert_eq!(found.cluster.as_deref(), Some("shop"));
        assert_eq!((found.region.as_deref(), found.account.as_deref()), (Some("eu-west-1"), Some("123456789012")));
    }
    for (text, why) in [
        ("region = \"us-east-1\"\n", "it is of region eu-west-1, and the environment of us-east-1"),
        ("account = \"999999999999\"\n", "it is of account 123456789012, and the environment of 999999999999"),
    ] {
        let (mistakes, _) = environment(text);
        assert_eq!(mistakes, [format!("config.toml:2:1 the cluster `shop` is elsewhere: {why}")]);
    }
    for text in ["arn:aws:rds:eu-west-1:123456789012:cluster:db", "arn:aws:ecs:eu-west-1:123456789012:service/shop/web"]
    {
        let loaded = parse("config.toml", &format!("[environments.a]\ncluster = \"{text}\"\n"));
        assert_eq!(messages(&loaded), [format!("config.toml:2:1 `{text}` is not an ARN of an ECS cluster")]);
    }
}

#[test]
fn region_flag_does_not_move_a_cluster_arn() {
    let folder = Folder::new();
    folder.write("config.toml", "[environments.a]\ncluster = \"arn:aws:ecs:eu-west-1:123456789012:cluster/shop\"\n");
    let flags = Flags { environment: Some("a".into()), region: Some("us-east-1".into()), ..Flags::default() };
    let loaded = load(&Request { flags, ..folder.request() });
    assert_eq!(loaded.diagnostics.len(), 1, "{:?}", messages(&loaded));
}

#[test]
fn hooks_and_builds_run_in_the_folder_of_their_file() {
    let folder = Folder::new();
    folder
        .write(
            "config.toml",
            "[hooks]\nbefore_deploy = \"./migrate.sh\"\n[build.web]\ncontext = \"../app\"\n[environments.a]\n",
        )
        .write(
            "home/cockpit/config.toml",
            "[hooks]\nafter_deploy = \"./notify.sh\"\n[build.api]\ncontext = \"~/api\"\n",
        );
    let loaded = load(&Request { home_folder: Some("/home/me".into()), ..folder.request() });
    let at = |name: &str| Some(folder.0.join(name).display().to_string());
    let hooks = &loaded.config.hooks;
    assert_eq!(
        (hooks.before_deploy.as_deref(), hooks.after_deploy.as_deref()),
        (Some("./migrate.sh"), Some("./notify.sh"))
    );
    assert_eq!(hooks.before_folder, Some(folder.0.display().to_string()));
    assert_eq!(hooks.after_folder, at("home/cockpit"));
    assert_eq!(Some(loaded.config.builds["web"].context.clone()), at("../app"));
    assert_eq!(loaded.config.builds["api"].context, "/home/me/api");
}

#[test]
fn keys_are_checked_against_the_commands() {
    let command = |name: &str, scope: &str, key: &str| KnownCommand {
        name: name.into(),
        scope: scope.into(),
        keys: vec![key.into()],
        typing: false,
    };
    let commands = [
        command("quit", "", "q"),
        command("deploy", "services", "D"),
        command("drop", "database", "D"),
        command("stop", "services", "S"),
    ];
    let loaded = with("[keys]\nquitt = \"x\"\ndeploy = [\"d\", \"q\"]\ndrop = \"d\"\nstop = \"d\"\n", &commands);
    assert_eq!(
        messages(&loaded),
        [
            "config.toml:2:1 there is no command `quitt`",
            "config.toml:3:1 `q` is also the key of `quit`",
            "config.toml:5:1 `d` is also the key of `deploy`",
        ]
    );
    assert_eq!(messages(&with("[keys]\nquit = \"z\"\ndrop = \"q\"\n", &commands)), [""; 0]);
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        for mistake in of(&text).diagnostics {
            let _ = mistake.text();
        }
    }

    #[test]
    fn no_text_that_looks_like_a_file_panics(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "[environments.a]", "[keys]", "\n", "region", " = ", "\"x\"", "1", "[", "]", "{", "}", "'", "\"\"\"", "日本",
            "refresh.tasks", "10s", ",", ".", "#", "true", "\u{feff}", "\r", "environments",
        ]), 0..16)
    ) {
        for mistake in of(&parts.concat()).diagnostics {
            let _ = mistake.text();
        }
    }
}

#[test]
fn name_prefix_must_not_be_a_pattern() {
    let messages = messages(&of("[environments.a]\nalarms = [\"*\", \"shop-*\", \"shop-\"]\nschedules = \"shop-?\"\n"));
    for (message, pattern) in messages.iter().zip(["`*`", "`shop-*`", "`shop-?`"]) {
        assert!(message.contains(&format!("{pattern} is a pattern")), "{message}");
    }
    assert_eq!(messages.len(), 3, "{messages:?}");
}
