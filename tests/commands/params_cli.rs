//! `cockpit params` as typed, against a simulated AWS.

use crate::support::{Home, Output, World, finish, follows_schema, line};
use aws_sim::Scenario;
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

const PATH: &str = "/bookmark-manager/staging/";

fn staging() -> (Home, World) {
    (Home::new(), World::run_at(Scenario::Staging, 40.0))
}

/// Runs a command with standard input.
fn piped(home: &Home, world: &World, arguments: &str, input: &str) -> Output {
    let mut command = home.on(world);
    command.args(arguments.split(' ')).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    finish(child)
}

fn names(list: &Value, field: &str) -> Vec<String> {
    list[field].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn list_contains_referenced_and_other_parameters_and_secrets() {
    let (home, world) = staging();
    let output = line(&mut home.on(&world), "params ls --env staging -o json").exits(0);
    let list = output.json();
    follows_schema(&home, "parameters", &list);
    let all = names(&list, "parameters");
    assert!(all.contains(&format!("{PATH}DATABASE_URL")) && all.contains(&format!("{PATH}SMTP_PASSWORD")), "{all:?}");
    assert_eq!(list["under"], json!([PATH]));
    let url =
        list["parameters"].as_array().unwrap().iter().find(|one| one["name"] == format!("{PATH}DATABASE_URL")).unwrap();
    assert_eq!((&url["type"], &url["used_by"]), (&json!("SecureString"), &json!(["api"])));
    assert!(url["modified_by"].as_str().unwrap().starts_with("arn:aws:"), "{url}");
    let secrets = names(&list, "secrets");
    assert_eq!(secrets, ["bookmark-manager-staging-db/app"], "writes of other environments are left out, and counted");
    assert_eq!(list["secrets_of_others"], json!(2));
    let everything = line(&mut home.on(&world), "params ls --all --env staging -o json").exits(0).json();
    assert_eq!((names(&everything, "secrets").len(), &everything["secrets_of_others"]), (3, &json!(0)));
    let table = line(&mut home.on(&world), "params ls --env staging").exits(0).out;
    assert!(table.contains(PATH) && table.contains("  DATABASE_URL") && table.contains("SECRET"), "{table}");
    assert!(table.contains("2 secrets of the region do not look like") && table.contains("--all"), "{table}");
    assert!(!output.out.contains("simulated-"), "it contains no value");
    assert_eq!(world.requests("ssm:GetParameter"), 0, "listing reads no value");
}

#[test]
fn unmatched_filter_is_an_empty_list_and_comparing_with_itself_a_usage_error() {
    let (home, world) = staging();
    let none = line(&mut home.on(&world), "params ls nothing-has-this --env staging").exits(0);
    assert!(none.out.contains("`nothing-has-this`") && !none.out.contains(PATH), "{none:#?}");
    let none = line(&mut home.on(&world), "params ls nothing-has-this --env staging -o json").exits(0).json();
    assert_eq!(
        (names(&none, "parameters").len(), &none["secrets_of_others"]),
        (0, &json!(0)),
        "--all shows none either"
    );
    let some = line(&mut home.on(&world), "params ls SMTP --env staging -o json").exits(0).json();
    assert_eq!((names(&some, "parameters").len(), names(&some, "secrets").len()), (1, 0), "secrets are filtered, too");
    for same in ["params diff staging staging", "params diff staging --env staging"] {
        let output = line(&mut home.on(&world), same).exits(2);
        assert!(output.err.contains("staging is the same environment"), "{output:#?}");
    }
}

/// A failure that the user cannot fix gets no hint: configuration does not help if the network is down.
#[test]
fn parameter_path_hint_is_only_for_denied_readers() {
    let (home, world) = staging();
    for (fault, configure) in [("denied", true), ("error", false)] {
        world.fault("ecs:DescribeServices", fault);
        let output = line(&mut home.on(&world), "params check --env staging").exits(3);
        assert_eq!(output.err.contains("parameters = ["), configure, "{fault}: {output:#?}");
        world.clear_faults();
    }
}

#[test]
fn value_is_shown_only_when_requested_by_name() {
    let (home, world) = staging();
    let hidden = line(&mut home.on(&world), "params get DATABASE_URL --env staging").exits(0).out;
    assert!(hidden.contains("••••") && !hidden.contains("postgres://"), "{hidden}");
    let shown = line(&mut home.on(&world), "params get DATABASE_URL --reveal --env staging").exits(0).out;
    assert!(shown.starts_with("postgres://app:simulated-") && !shown.ends_with('\n'), "as it is: {shown:?}");
    let one = line(&mut home.on(&world), "params get DATABASE_URL --reveal --env staging -o json").exits(0).json();
    follows_schema(&home, "parameter", &one);
    assert_eq!(one["value"], json!(shown));
    let none = line(&mut home.on(&world), "params get /none --env staging").exits(1);
    assert!(none.err.contains("there is no parameter /none") && none.err.contains("hint:"), "{none:#?}");
    // The key may not be used: the value is missing, and the rest is shown.
    world.poke(&json!({"refuse_key": "alias/aws/ssm"}));
    let kept = line(&mut home.on(&world), "params get DATABASE_URL --env staging").exits(0).out;
    assert!(kept.contains("not readable") && kept.contains("kms:Decrypt"), "{kept}");
    let refused = line(&mut home.on(&world), "params get DATABASE_URL --reveal --env staging").exits(1);
    assert!(refused.err.contains("kms:Decrypt"), "{refused:#?}");
}

#[test]
fn value_with_any_characters_round_trips_and_appears_nowhere_else() {
    let (home, world) = staging();
    let value = format!("line 1\nline \"2\" 'x' $HOME `id` \\ é日本\n{}", "s3cret-".repeat(1_100));
    assert!(value.len() > 7_500);
    let output = piped(&home, &world, "params put BIG --stdin --env staging --yes -o json", &value).exits(0);
    follows_schema(&home, "operation", &output.json());
    assert!(output.err.contains("advanced tier") && !format!("{output:?}").contains("s3cret"), "{output:#?}");
    let back = line(&mut home.on(&world), "params get BIG --reveal --env staging").exits(0).out;
    assert_eq!(back, value);
    let one = line(&mut home.on(&world), &format!("params get {PATH}BIG --env staging -o json")).exits(0).json();
    assert_eq!((&one["type"], &one["tier"], &one["value"]), (&json!("SecureString"), &json!("Advanced"), &Value::Null));
    // A second version, and the audit entries of both.
    piped(&home, &world, "params put BIG --stdin --trim --env staging --yes", "short-s3cret\n").exits(0);
    let history = line(&mut home.on(&world), "params history BIG --env staging -o json").exits(0).json();
    follows_schema(&home, "parameter-history", &history);
    let versions: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|one| one["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, [2, 1]);
    assert!(!history.to_string().contains("s3cret"));
    let shown = line(&mut home.on(&world), "params history BIG --reveal --env staging -o json").exits(0).json();
    assert_eq!(shown["versions"][0]["value"], json!("short-s3cret"));
    let audit = line(&mut home.on(&world), "audit --env staging -o json").exits(0).out;
    assert!(audit.contains("params put /bookmark-manager/staging/BIG") && !audit.contains("s3cret"), "{audit}");
}

#[test]
fn value_is_never_an_argument_and_no_prompt_without_terminal() {
    let (home, world) = staging();
    line(&mut home.on(&world), "params put KEY s3cret --env staging").exits(2);
    let output = line(&mut home.on(&world), "params put KEY --env staging --yes").exits(2);
    assert!(output.err.contains("--stdin"), "{output:#?}");
    let output = piped(&home, &world, "params put KEY --stdin --env staging", "x").exits(4);
    assert!(output.err.contains("--yes"), "{output:#?}");
    let output = piped(&home, &world, "params put KEY --stdin --env staging --yes --read-only", "x").exits(4);
    assert!(output.err.contains("--read-only"), "{output:#?}");
    // A guarded environment requires its name.
    piped(&home, &world, "params put KEY --stdin --env prod --yes", "x").exits(4);
    assert_eq!(world.requests("ssm:PutParameter"), 0);
}

#[test]
fn removal_requires_the_environment_name() {
    let (home, world) = staging();
    let output = line(&mut home.on(&world), "params rm SMTP_PASSWORD --env staging --yes").exits(4);
    assert!(output.err.contains("--confirm staging"), "{output:#?}");
    line(&mut home.on(&world), "params rm SMTP_PASSWORD --env staging --yes --confirm staging").exits(0);
    line(&mut home.on(&world), "params get SMTP_PASSWORD --env staging").exits(1);
    let gone = line(&mut home.on(&world), "params rm SMTP_PASSWORD --env staging --yes --confirm staging").exits(1);
    assert!(gone.err.contains("there is no parameter"), "{gone:#?}");
}

/// Parameter Store keeps the parameters of all environments side by side: a yes for staging does not apply to a guarded prod.
#[test]
fn parameter_of_another_environment_is_not_changed() {
    let (home, world) = staging();
    home.write("prod.env", "JWT_SECRET=s3cret\n");
    home.write("whole.env", "/bookmark-manager/prod/JWT_SECRET=s3cret\n");
    let secret = "/bookmark-manager/prod/JWT_SECRET";
    for arguments in [
        &format!("params put {secret} --stdin"),
        &format!("params put {secret} --editor"),
        &format!("params put {secret} --stdin --dry-run"),
        &format!("params rm {secret} --confirm staging"),
        &format!("params rm SMTP_PASSWORD {secret} --confirm staging"),
        "params import prod.env --under /bookmark-manager/prod",
        "params import whole.env",
    ] {
        let output = piped(&home, &world, &format!("{arguments} --env staging --yes"), "s3cret").exits(2);
        let printed = format!("{}{}", output.out, output.err);
        assert!(printed.contains(&format!("{secret} belongs to prod, not to staging")), "{arguments}: {printed}");
        assert!(printed.contains("--env prod") && !printed.contains("is no parameter"), "{arguments}: {printed}");
    }
    let output = piped(&home, &world, "params put /elsewhere/KEY --stdin --env staging --yes", "x").exits(2);
    assert!(output.err.contains("whose parameters lie under /bookmark-manager/staging/"), "{output:#?}");
    assert!(output.err.contains(r#"parameters = ["/bookmark-manager/staging/", "/elsewhere/"]"#), "{output:#?}");
    assert_eq!(world.requests("ssm:PutParameter") + world.requests("ssm:DeleteParameter"), 0);
    assert_eq!(world.requests("ssm:GetParameter"), 0, "none of its values is read");
    // A read reports the owning environment.
    let read = line(&mut home.on(&world), &format!("params get {secret} --env staging")).exits(0);
    assert!(read.err.contains("belongs to prod, not to staging"), "{read:#?}");
    let read = line(&mut home.on(&world), "params export prod.out --under /bookmark-manager/prod --env staging");
    assert!(read.err.contains("belongs to prod, not to staging"), "{read:#?}");
}

#[test]
fn services_reading_a_changed_parameter_get_new_tasks_on_request() {
    let (home, world) = staging();
    let output = piped(&home, &world, "params put JWT_SECRET --stdin --env staging --yes --dry-run", "x").exits(0);
    assert!(output.err.contains("api read it only when a task starts"), "{output:#?}");
    let output =
        piped(&home, &world, "params put JWT_SECRET --stdin --restart --env staging --yes -o json", "x").exits(0);
    let report = output.json();
    assert_eq!(report["operations"][0]["verdict"], "done", "{output:#?}");
    assert!(report["operations"][0]["summary"].as_str().unwrap().ends_with("and api runs new tasks"), "{output:#?}");
    assert_eq!((world.requests("ssm:PutParameter"), world.requests("ecs:UpdateService")), (1, 1));
}

#[test]
fn check_finds_missing_wrongly_typed_and_unused_parameters() {
    let (home, world) = staging();
    let output = line(&mut home.on(&world), "params check --env staging -o json").exits(0);
    let list = output.json();
    follows_schema(&home, "parameter-check", &list);
    let findings = |list: &Value| -> Vec<String> {
        let all = list["findings"].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", one["problem"].as_str().unwrap(), one["name"].as_str().unwrap())).collect()
    };
    assert_eq!(findings(&list), [format!("unused {PATH}SMTP_PASSWORD")]);
    // Parameters named by the task sets of an external deployment controller are used as well.
    world.poke(&json!({"shape": {"service": "bookmark-manager-staging-api", "controller": "EXTERNAL"}}));
    let list = line(&mut home.on(&world), "params check --env staging -o json").exits(0).json();
    assert_eq!(findings(&list), [format!("unused {PATH}SMTP_PASSWORD")]);
    world.poke(&json!({"shape": {"service": "bookmark-manager-staging-api", "controller": "ECS"}}));
    world.poke(&json!({"delete_parameter": format!("{PATH}JWT_SECRET")}));
    world.poke(&json!({"put_parameter": {"name": format!("{PATH}DATABASE_URL"), "type": "String", "value": "x"}}));
    let list = line(&mut home.on(&world), "params check --env staging -o json").exits(1).json();
    assert_eq!(
        findings(&list),
        [
            format!("missing {PATH}JWT_SECRET"),
            format!("wrong type {PATH}DATABASE_URL"),
            format!("unused {PATH}SMTP_PASSWORD")
        ]
    );
    assert_eq!(list["findings"][0]["used_by"], json!(["api: JWT_SECRET"]));
    world.poke(&json!({"fail_rotation": "bookmark-manager-prod-aurora"}));
    world.advance(20 * 24 * 3600);
    let list = line(&mut home.on(&world), "params check --env staging -o json").exits(1).json();
    assert!(findings(&list).contains(&"rotation bookmark-manager-prod-aurora/app".to_owned()), "{list}");
}

#[test]
fn check_finds_roles_without_read_permission_and_reports_unknowns() {
    let (home, world) = staging();
    let report = line(&mut home.on(&world), "params check --env staging -o json").exits(0).json();
    assert_eq!((&report["complete"], &report["unknown"]), (&json!(true), &json!([])));
    let requests = world.requests("iam:SimulatePrincipalPolicy");
    assert_eq!(requests, 2, "a request for each role");
    let name = format!("{PATH}DATABASE_URL");
    let role = "bookmark-manager-staging-api-execution";
    world.poke(&json!({"refuse_action": {"role": role, "action": "ssm:GetParameters", "resource": name}}));
    let list = line(&mut home.on(&world), "params check --env staging -o json").exits(1).json();
    let found = &list["findings"][0];
    assert_eq!(
        (&found["problem"], &found["name"], &found["severity"]),
        (&json!("unreadable"), &json!(name), &json!("critical"))
    );
    let text = found["text"].as_str().unwrap();
    assert!(text.starts_with("bookmark-manager-staging-api-execution may not read it: no policy allows it"), "{text}");
    // The policy of a customer key is not read, and a missing IAM permission is reported.
    let put = json!({"name": format!("{PATH}JWT_SECRET"), "type": "SecureString", "value": "x", "key": "alias/mine"});
    world.poke(&json!({"put_parameter": put}));
    world.fault("iam:SimulatePrincipalPolicy", "denied");
    let output = line(&mut home.on(&world), "params check --env staging").exits(3);
    let printed = output.out.clone() + &output.err;
    assert!(printed.contains("is not known before a task starts: iam:SimulatePrincipalPolicy"), "{output:#?}");
    assert!(printed.contains("may use alias/mine, which encrypts one parameter, is not known"), "{output:#?}");
}

#[test]
fn environments_are_compared_by_names_and_never_by_values() {
    let (home, world) = staging();
    let output = line(&mut home.on(&world), "params diff staging prod -o json").exits(0);
    let list = output.json();
    follows_schema(&home, "parameter-diff", &list);
    let differences = names(&list, "differences");
    assert!(differences.contains(&"/bookmark-manager/*/SMTP_PASSWORD".to_owned()), "{differences:?}");
    assert!(differences.contains(&"/bookmark-manager/*/SENTRY_DSN".to_owned()), "{differences:?}");
    assert!(!differences.contains(&"/bookmark-manager/*/DATABASE_URL".to_owned()), "{differences:?}");
    assert_eq!(world.requests("ssm:GetParameter"), 0);
    line(&mut home.on(&world), "params diff prod --env staging --exit-code").exits(1);
}

#[test]
fn export_is_readable_only_by_its_owner_and_imports_unchanged() {
    let (home, world) = staging();
    let tricky = "it's \"quoted\"\n$HOME `x` \\n # no comment";
    piped(&home, &world, "params put TRICKY --stdin --env staging --yes", tricky).exits(0);
    let file = home.path().join("staging.env");
    let line_of = |what: &str| format!("params {what} {} --env staging", file.display());
    line(&mut home.on(&world), &line_of("export")).exits(0);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    line(&mut home.on(&world), &line_of("export")).exits(2);
    line(&mut home.on(&world), &format!("{} --force", line_of("export"))).exits(0);
    // A shell reads the same values.
    let shell = std::process::Command::new("sh")
        .args(["-c", ". \"$1\"; printf %s \"$TRICKY\"", "sh"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(shell.stdout).unwrap(), tricky);
    // Unchanged values are not written again; changed ones are.
    let output = line(&mut home.on(&world), &format!("{} --yes", line_of("import"))).exits(0);
    assert!(output.out.contains("as it was asked for") || output.err.contains("as it was asked for"), "{output:#?}");
    world.poke(&json!({"delete_parameter": format!("{PATH}TRICKY")}));
    line(&mut home.on(&world), &format!("{} --yes", line_of("import"))).exits(0);
    let back = line(&mut home.on(&world), "params get TRICKY --reveal --env staging").exits(0).out;
    assert_eq!(back, tricky);
    let bad = home.write("bad.env", "A=1\nB='s3cret");
    let output = line(&mut home.on(&world), &format!("params import {} --env staging --yes", bad.display())).exits(2);
    assert!(output.err.contains("line 2") && !output.err.contains("s3cret"), "{output:#?}");
}

#[test]
fn denied_action_is_named_and_the_rest_is_shown() {
    let (home, world) = staging();
    world.fault("secretsmanager:ListSecrets", "denied");
    let output = line(&mut home.on(&world), "params ls --env staging -o json").exits(3);
    let list = output.json();
    assert_eq!((&list["complete"], &list["secrets"]), (&json!(false), &Value::Null));
    assert!(list["missing"][0].as_str().unwrap().contains("secretsmanager:ListSecrets"), "{list}");
    assert!(!names(&list, "parameters").is_empty());
    world.clear_faults();
    for (operation, arguments) in [
        ("ssm:DescribeParameters", "params ls --env staging"),
        ("ssm:GetParameter", "params get DATABASE_URL --reveal --env staging"),
        ("ssm:GetParameterHistory", "params history DATABASE_URL --env staging"),
        ("ssm:DeleteParameter", "params rm SMTP_PASSWORD --env staging --yes --confirm staging"),
    ] {
        world.fault(operation, "denied");
        let output = line(&mut home.on(&world), arguments).exits(1);
        assert!(format!("{}{}", output.out, output.err).contains(operation), "{output:#?}");
        world.clear_faults();
    }
    world.fault("ssm:PutParameter", "denied");
    let output = piped(&home, &world, "params put KEY --stdin --env staging --yes", "s3cret").exits(1);
    let printed = format!("{}{}", output.out, output.err);
    assert!(printed.contains("ssm:PutParameter") && !printed.contains("s3cret"), "{output:#?}");
}

/// Resolving short names and finding the path both depend on task definitions: without them the answer is unknown, and not
/// guessed.
#[test]
fn unreadable_task_definitions_are_not_guessed() {
    let (home, world) = staging();
    let by_name =
        ["params get KEY", "params history KEY", "params rm KEY --confirm staging", "params put KEY --stdin --yes"];
    let by_path = ["params ls", "params check", "params diff prod", "params export new.env", "params import old.env"];
    home.write("old.env", "A=1\n");
    for call in ["ecs:DescribeServices", "ecs:DescribeTaskDefinition"] {
        world.fault(call, "denied");
        for arguments in by_name.iter().chain(&by_path) {
            let output = piped(&home, &world, &format!("{arguments} --env staging"), "x").exits(3);
            assert!(output.err.contains(call), "{arguments}: {}", output.err);
            assert!(
                !output.err.contains("there is no parameter") && !output.err.contains("nothing says"),
                "{}",
                output.err
            );
        }
        // A full name needs none of it.
        line(&mut home.on(&world), "params get /bookmark-manager/staging/DATABASE_URL --env staging").exits(0);
        world.clear_faults();
    }
    // One of two definitions is not sufficient either: the other may use another parameter with this name.
    world.post("/_sim/fault", &json!({"operation": "ecs:DescribeTaskDefinition", "kind": "denied", "after": 1}));
    piped(&home, &world, "params rm DATABASE_URL --confirm staging --env staging", "").exits(3);
    world.clear_faults();
    world.fault("ecs:DescribeServices", "expired");
    piped(&home, &world, "params ls --env staging", "").exits(8);
    assert_eq!(world.requests("ssm:DeleteParameter") + world.requests("ssm:PutParameter"), 0);
}

#[test]
fn export_replaces_no_device_pipe_or_link() {
    let (home, world) = staging();
    let target = home.write("target", "");
    std::os::unix::fs::symlink(&target, home.path().join("link")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status().unwrap().success());
    for there in ["pipe", "link", "."] {
        let output = line(&mut home.on(&world), &format!("params export --force {there} --env staging")).exits(2);
        assert!(output.err.contains("is not a regular file"), "{}", output.err);
    }
    assert!(std::fs::symlink_metadata(home.path().join("link")).unwrap().is_symlink());
    assert_eq!(std::fs::read(target).unwrap(), b"");
    assert_eq!(world.requests("ssm:GetParameter"), 0);
}

#[test]
fn tables_show_write_times_in_wall_clock_time() {
    let (home, world) = staging();
    let one = line(&mut home.on(&world), "params get DATABASE_URL --env staging").exits(0).out;
    let written = one.lines().find(|line| line.starts_with("written")).unwrap();
    assert!(written.trim_end().ends_with(" JST") && !written.contains('Z'), "{written}");
    let history = line(&mut home.on(&world), "params history DATABASE_URL --env staging").exits(0).out;
    assert!(!history.contains('Z'), "{history}");
    let exact = line(&mut home.on(&world), "params get DATABASE_URL --env staging -o json").exits(0).json();
    assert!(exact["modified_at"].as_str().unwrap().ends_with('Z'), "{exact}");
}

/// For machine formats, the message about an unmatched word goes to stderr instead of the table.
#[test]
fn unmatched_word_is_reported_in_every_format() {
    let (home, world) = (Home::new(), World::staging());
    for (format, on_stderr) in [("table", false), ("json", true), ("csv", true)] {
        let output = line(&mut home.on(&world), &format!("params ls nosuch -o {format}")).exits(0);
        let words = "has `nosuch` in its name";
        assert_eq!(
            (output.out.contains(words), output.err.contains(words)),
            (!on_stderr, on_stderr),
            "{format}: {output:#?}"
        );
    }
}

#[test]
fn ten_thousand_parameters_are_listed_and_checked() {
    let (home, world) = staging();
    world.poke(
        &json!({"add_parameters": {"prefix": format!("{PATH}many/"), "count": 10_000, "region": "ap-northeast-1"}}),
    );
    let list = line(&mut home.on(&world), "params ls --env staging -o json").exits(0).json();
    assert!(list["parameters"].as_array().unwrap().len() > 10_000);
    assert!(world.requests("ssm:DescribeParameters") >= 200, "in pages");
    // Each unreferenced parameter is reported as unused, and the referenced ones are checked as usual.
    let began = std::time::Instant::now();
    let checked = line(&mut home.on(&world), "params check --env staging -o json").json();
    let unused = checked["findings"].as_array().unwrap().iter().filter(|one| one["problem"] == "unused").count();
    assert!(unused >= 10_000, "{unused} of {}", checked["findings"].as_array().unwrap().len());
    assert!(began.elapsed() < std::time::Duration::from_mins(1), "{:?}", began.elapsed());
}
