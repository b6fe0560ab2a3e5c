//! `cockpit params` as its users type it, against a simulated AWS.
#![allow(clippy::unwrap_used)]

mod support;

use aws_sim::Scenario;
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use support::{Home, Said, World, finish, follows_schema, line};

const PATH: &str = "/bookmark-manager/staging/";

fn staging() -> (Home, World) {
    (Home::new(), World::run_at(Scenario::Staging, 40.0))
}

/// A command with something on its standard input.
fn fed(home: &Home, world: &World, arguments: &str, input: &str) -> Said {
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
fn the_list_has_what_task_definitions_name_and_what_lies_beside_with_secrets() {
    let (home, world) = staging();
    let said = line(&mut home.on(&world), "params ls --env staging -o json").coded(0);
    let list = said.json();
    follows_schema(&home, "parameters", &list);
    let all = names(&list, "parameters");
    assert!(all.contains(&format!("{PATH}DATABASE_URL")) && all.contains(&format!("{PATH}SMTP_PASSWORD")), "{all:?}");
    assert_eq!(list["under"], json!([PATH]));
    let url =
        list["parameters"].as_array().unwrap().iter().find(|one| one["name"] == format!("{PATH}DATABASE_URL")).unwrap();
    assert_eq!((&url["type"], &url["used_by"]), (&json!("SecureString"), &json!(["api"])));
    assert!(url["modified_by"].as_str().unwrap().starts_with("arn:aws:"), "{url}");
    let secrets = names(&list, "secrets");
    assert_eq!(secrets, ["bookmark-manager-staging-db/app"], "those of other environments are left out, and counted");
    assert_eq!(list["secrets_of_others"], json!(2));
    let everything = line(&mut home.on(&world), "params ls --all --env staging -o json").coded(0).json();
    assert_eq!((names(&everything, "secrets").len(), &everything["secrets_of_others"]), (3, &json!(0)));
    let table = line(&mut home.on(&world), "params ls --env staging").coded(0).out;
    assert!(table.contains(PATH) && table.contains("  DATABASE_URL") && table.contains("SECRET"), "{table}");
    assert!(table.contains("2 secrets of the region do not look like") && table.contains("--all"), "{table}");
    assert!(!said.out.contains("simulated-"), "no value is in it");
    assert_eq!(world.asked("ssm:GetParameter"), 0, "no value is read for a list");
}

#[test]
fn what_matches_nothing_is_an_empty_list_and_what_is_the_same_is_wrong_usage() {
    let (home, world) = staging();
    let none = line(&mut home.on(&world), "params ls nothing-has-this --env staging").coded(0);
    assert!(none.out.contains("`nothing-has-this`") && !none.out.contains(PATH), "{none:#?}");
    let none = line(&mut home.on(&world), "params ls nothing-has-this --env staging -o json").coded(0).json();
    assert_eq!((names(&none, "parameters").len(), &none["secrets_of_others"]), (0, &json!(0)), "--all has none either");
    let some = line(&mut home.on(&world), "params ls SMTP --env staging -o json").coded(0).json();
    assert_eq!((names(&some, "parameters").len(), names(&some, "secrets").len()), (1, 0), "secrets are sifted, too");
    for same in ["params diff staging staging", "params diff staging --env staging"] {
        let said = line(&mut home.on(&world), same).coded(2);
        assert!(said.err.contains("staging is the same environment"), "{said:#?}");
    }
}

/// What nobody can do about is no hint: a network that is down is not configured around.
#[test]
fn where_parameters_lie_is_a_hint_only_for_who_may_not_read_it() {
    let (home, world) = staging();
    for (fault, configure) in [("denied", true), ("error", false)] {
        world.fault("ecs:DescribeServices", fault);
        let said = line(&mut home.on(&world), "params check --env staging").coded(3);
        assert_eq!(said.err.contains("parameters = ["), configure, "{fault}: {said:#?}");
        world.clear_faults();
    }
}

#[test]
fn a_value_is_shown_only_where_it_was_asked_for_by_name() {
    let (home, world) = staging();
    let hidden = line(&mut home.on(&world), "params get DATABASE_URL --env staging").coded(0).out;
    assert!(hidden.contains("••••") && !hidden.contains("postgres://"), "{hidden}");
    let shown = line(&mut home.on(&world), "params get DATABASE_URL --reveal --env staging").coded(0).out;
    assert!(shown.starts_with("postgres://app:simulated-") && !shown.ends_with('\n'), "as it is: {shown:?}");
    let one = line(&mut home.on(&world), "params get DATABASE_URL --reveal --env staging -o json").coded(0).json();
    follows_schema(&home, "parameter", &one);
    assert_eq!(one["value"], json!(shown));
    let none = line(&mut home.on(&world), "params get /none --env staging").coded(1);
    assert!(none.err.contains("there is no parameter /none") && none.err.contains("hint:"), "{none:#?}");
    // The key may not be used: the value is not there, and the rest stands.
    world.poke(&json!({"refuse_key": "alias/aws/ssm"}));
    let kept = line(&mut home.on(&world), "params get DATABASE_URL --env staging").coded(0).out;
    assert!(kept.contains("not readable") && kept.contains("kms:Decrypt"), "{kept}");
    let refused = line(&mut home.on(&world), "params get DATABASE_URL --reveal --env staging").coded(1);
    assert!(refused.err.contains("kms:Decrypt"), "{refused:#?}");
}

#[test]
fn a_value_with_everything_in_it_comes_back_as_it_was_and_is_in_no_other_place() {
    let (home, world) = staging();
    let value = format!("line 1\nline \"2\" 'x' $HOME `id` \\ é日本\n{}", "s3cret-".repeat(1_100));
    assert!(value.len() > 7_500);
    let said = fed(&home, &world, "params put BIG --stdin --env staging --yes -o json", &value).coded(0);
    follows_schema(&home, "operation", &said.json());
    assert!(said.err.contains("advanced tier") && !format!("{said:?}").contains("s3cret"), "{said:#?}");
    let back = line(&mut home.on(&world), "params get BIG --reveal --env staging").coded(0).out;
    assert_eq!(back, value);
    let one = line(&mut home.on(&world), &format!("params get {PATH}BIG --env staging -o json")).coded(0).json();
    assert_eq!((&one["type"], &one["tier"], &one["value"]), (&json!("SecureString"), &json!("Advanced"), &Value::Null));
    // A second version, and what the audit file has of both.
    fed(&home, &world, "params put BIG --stdin --trim --env staging --yes", "short-s3cret\n").coded(0);
    let history = line(&mut home.on(&world), "params history BIG --env staging -o json").coded(0).json();
    follows_schema(&home, "parameter-history", &history);
    let versions: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|one| one["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, [2, 1]);
    assert!(!history.to_string().contains("s3cret"));
    let shown = line(&mut home.on(&world), "params history BIG --reveal --env staging -o json").coded(0).json();
    assert_eq!(shown["versions"][0]["value"], json!("short-s3cret"));
    let audit = line(&mut home.on(&world), "audit --env staging -o json").coded(0).out;
    assert!(audit.contains("params put /bookmark-manager/staging/BIG") && !audit.contains("s3cret"), "{audit}");
}

#[test]
fn a_value_is_never_an_argument_and_nothing_prompts_without_a_terminal() {
    let (home, world) = staging();
    line(&mut home.on(&world), "params put KEY s3cret --env staging").coded(2);
    let said = line(&mut home.on(&world), "params put KEY --env staging --yes").coded(2);
    assert!(said.err.contains("--stdin"), "{said:#?}");
    let said = fed(&home, &world, "params put KEY --stdin --env staging", "x").coded(4);
    assert!(said.err.contains("--yes"), "{said:#?}");
    let said = fed(&home, &world, "params put KEY --stdin --env staging --yes --read-only", "x").coded(4);
    assert!(said.err.contains("--read-only"), "{said:#?}");
    // A guarded environment wants its name.
    fed(&home, &world, "params put KEY --stdin --env prod --yes", "x").coded(4);
    assert_eq!(world.asked("ssm:PutParameter"), 0);
}

#[test]
fn a_removal_wants_the_name_of_the_environment() {
    let (home, world) = staging();
    let said = line(&mut home.on(&world), "params rm SMTP_PASSWORD --env staging --yes").coded(4);
    assert!(said.err.contains("--confirm staging"), "{said:#?}");
    line(&mut home.on(&world), "params rm SMTP_PASSWORD --env staging --yes --confirm staging").coded(0);
    line(&mut home.on(&world), "params get SMTP_PASSWORD --env staging").coded(1);
    let gone = line(&mut home.on(&world), "params rm SMTP_PASSWORD --env staging --yes --confirm staging").coded(1);
    assert!(gone.err.contains("there is no parameter"), "{gone:#?}");
}

/// Parameter Store keeps those of all environments side by side: a yes for staging is none for a guarded prod.
#[test]
fn what_lies_with_another_environment_is_not_changed_from_here() {
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
        let said = fed(&home, &world, &format!("{arguments} --env staging --yes"), "s3cret").coded(2);
        let told = format!("{}{}", said.out, said.err);
        assert!(told.contains(&format!("{secret} belongs to prod, not to staging")), "{arguments}: {told}");
        assert!(told.contains("--env prod") && !told.contains("is no parameter"), "{arguments}: {told}");
    }
    let said = fed(&home, &world, "params put /elsewhere/KEY --stdin --env staging --yes", "x").coded(2);
    assert!(said.err.contains("whose parameters lie under /bookmark-manager/staging/"), "{said:#?}");
    assert!(said.err.contains(r#"parameters = ["/bookmark-manager/staging/", "/elsewhere/"]"#), "{said:#?}");
    assert_eq!(world.asked("ssm:PutParameter") + world.asked("ssm:DeleteParameter"), 0);
    assert_eq!(world.asked("ssm:GetParameter"), 0, "nothing of it is looked at");
    // What is only read is told whose it is.
    let read = line(&mut home.on(&world), &format!("params get {secret} --env staging")).coded(0);
    assert!(read.err.contains("belongs to prod, not to staging"), "{read:#?}");
    let read = line(&mut home.on(&world), "params export prod.out --under /bookmark-manager/prod --env staging");
    assert!(read.err.contains("belongs to prod, not to staging"), "{read:#?}");
}

#[test]
fn after_a_change_the_services_that_read_it_get_new_tasks_where_that_is_asked_for() {
    let (home, world) = staging();
    let said = fed(&home, &world, "params put JWT_SECRET --stdin --env staging --yes --dry-run", "x").coded(0);
    assert!(said.err.contains("api read it only when a task starts"), "{said:#?}");
    let said = fed(&home, &world, "params put JWT_SECRET --stdin --restart --env staging --yes -o json", "x").coded(0);
    let report = said.json();
    assert_eq!(report["operations"][0]["verdict"], "done", "{said:#?}");
    assert!(report["operations"][0]["summary"].as_str().unwrap().ends_with("and api runs new tasks"), "{said:#?}");
    assert_eq!((world.asked("ssm:PutParameter"), world.asked("ecs:UpdateService")), (1, 1));
}

#[test]
fn the_check_finds_what_is_missing_of_the_wrong_type_and_unused() {
    let (home, world) = staging();
    let said = line(&mut home.on(&world), "params check --env staging -o json").coded(0);
    let list = said.json();
    follows_schema(&home, "parameter-check", &list);
    let told = |list: &Value| -> Vec<String> {
        let all = list["findings"].as_array().unwrap().iter();
        all.map(|one| format!("{} {}", one["problem"].as_str().unwrap(), one["name"].as_str().unwrap())).collect()
    };
    assert_eq!(told(&list), [format!("unused {PATH}SMTP_PASSWORD")]);
    // What the task sets of another controller's service name is used as well.
    world.poke(&json!({"shape": {"service": "bookmark-manager-staging-api", "controller": "EXTERNAL"}}));
    let list = line(&mut home.on(&world), "params check --env staging -o json").coded(0).json();
    assert_eq!(told(&list), [format!("unused {PATH}SMTP_PASSWORD")]);
    world.poke(&json!({"shape": {"service": "bookmark-manager-staging-api", "controller": "ECS"}}));
    world.poke(&json!({"delete_parameter": format!("{PATH}JWT_SECRET")}));
    world.poke(&json!({"put_parameter": {"name": format!("{PATH}DATABASE_URL"), "type": "String", "value": "x"}}));
    let list = line(&mut home.on(&world), "params check --env staging -o json").coded(1).json();
    assert_eq!(
        told(&list),
        [
            format!("missing {PATH}JWT_SECRET"),
            format!("wrong type {PATH}DATABASE_URL"),
            format!("unused {PATH}SMTP_PASSWORD")
        ]
    );
    assert_eq!(list["findings"][0]["used_by"], json!(["api: JWT_SECRET"]));
    world.poke(&json!({"fail_rotation": "bookmark-manager-prod-aurora"}));
    world.advance(20 * 24 * 3600);
    let list = line(&mut home.on(&world), "params check --env staging -o json").coded(1).json();
    assert!(told(&list).contains(&"rotation bookmark-manager-prod-aurora/app".to_owned()), "{list}");
}

#[test]
fn the_check_knows_of_a_role_that_may_not_read_before_a_task_fails_and_says_what_is_not_known() {
    let (home, world) = staging();
    let all = line(&mut home.on(&world), "params check --env staging -o json").coded(0).json();
    assert_eq!((&all["complete"], &all["unknown"]), (&json!(true), &json!([])));
    let asked = world.asked("iam:SimulatePrincipalPolicy");
    assert_eq!(asked, 2, "a request for each role");
    let name = format!("{PATH}DATABASE_URL");
    let role = "bookmark-manager-staging-api-execution";
    world.poke(&json!({"refuse_action": {"role": role, "action": "ssm:GetParameters", "resource": name}}));
    let list = line(&mut home.on(&world), "params check --env staging -o json").coded(1).json();
    let found = &list["findings"][0];
    assert_eq!(
        (&found["problem"], &found["name"], &found["severity"]),
        (&json!("unreadable"), &json!(name), &json!("critical"))
    );
    let text = found["text"].as_str().unwrap();
    assert!(text.starts_with("bookmark-manager-staging-api-execution may not read it: no policy allows it"), "{text}");
    // A key of one's own has a policy that is not read, and who may not ask IAM is told so.
    let put = json!({"name": format!("{PATH}JWT_SECRET"), "type": "SecureString", "value": "x", "key": "alias/mine"});
    world.poke(&json!({"put_parameter": put}));
    world.fault("iam:SimulatePrincipalPolicy", "denied");
    let said = line(&mut home.on(&world), "params check --env staging").coded(3);
    let told = said.out.clone() + &said.err;
    assert!(told.contains("is not known before a task starts: iam:SimulatePrincipalPolicy"), "{said:#?}");
    assert!(told.contains("may use alias/mine, which encrypts one parameter, is not known"), "{said:#?}");
}

#[test]
fn two_environments_are_compared_by_their_names_and_never_by_values() {
    let (home, world) = staging();
    let said = line(&mut home.on(&world), "params diff staging prod -o json").coded(0);
    let list = said.json();
    follows_schema(&home, "parameter-diff", &list);
    let all = names(&list, "differences");
    assert!(all.contains(&"/bookmark-manager/*/SMTP_PASSWORD".to_owned()), "{all:?}");
    assert!(all.contains(&"/bookmark-manager/*/SENTRY_DSN".to_owned()), "{all:?}");
    assert!(!all.contains(&"/bookmark-manager/*/DATABASE_URL".to_owned()), "{all:?}");
    assert_eq!(world.asked("ssm:GetParameter"), 0);
    line(&mut home.on(&world), "params diff prod --env staging --exit-code").coded(1);
}

#[test]
fn what_is_exported_is_for_its_owner_alone_and_is_imported_as_it_was() {
    let (home, world) = staging();
    let tricky = "it's \"quoted\"\n$HOME `x` \\n # no comment";
    fed(&home, &world, "params put TRICKY --stdin --env staging --yes", tricky).coded(0);
    let file = home.path().join("staging.env");
    let line_of = |what: &str| format!("params {what} {} --env staging", file.display());
    line(&mut home.on(&world), &line_of("export")).coded(0);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    line(&mut home.on(&world), &line_of("export")).coded(2);
    line(&mut home.on(&world), &format!("{} --force", line_of("export"))).coded(0);
    // A shell reads the same.
    let shell = std::process::Command::new("sh")
        .args(["-c", ". \"$1\"; printf %s \"$TRICKY\"", "sh"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(shell.stdout).unwrap(), tricky);
    // What is as it is is not written again; what is not is.
    let said = line(&mut home.on(&world), &format!("{} --yes", line_of("import"))).coded(0);
    assert!(said.out.contains("as it was asked for") || said.err.contains("as it was asked for"), "{said:#?}");
    world.poke(&json!({"delete_parameter": format!("{PATH}TRICKY")}));
    line(&mut home.on(&world), &format!("{} --yes", line_of("import"))).coded(0);
    let back = line(&mut home.on(&world), "params get TRICKY --reveal --env staging").coded(0).out;
    assert_eq!(back, tricky);
    let bad = home.write("bad.env", "A=1\nB='s3cret");
    let said = line(&mut home.on(&world), &format!("params import {} --env staging --yes", bad.display())).coded(2);
    assert!(said.err.contains("line 2") && !said.err.contains("s3cret"), "{said:#?}");
}

#[test]
fn without_a_permission_the_action_is_named_and_the_rest_stands() {
    let (home, world) = staging();
    world.fault("secretsmanager:ListSecrets", "denied");
    let said = line(&mut home.on(&world), "params ls --env staging -o json").coded(3);
    let list = said.json();
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
        let said = line(&mut home.on(&world), arguments).coded(1);
        assert!(format!("{}{}", said.out, said.err).contains(operation), "{said:#?}");
        world.clear_faults();
    }
    world.fault("ssm:PutParameter", "denied");
    let said = fed(&home, &world, "params put KEY --stdin --env staging --yes", "s3cret").coded(1);
    let told = format!("{}{}", said.out, said.err);
    assert!(told.contains("ssm:PutParameter") && !told.contains("s3cret"), "{said:#?}");
}

/// `which parameter is it` and `where do they lie` are answered by task definitions: without them there is no answer, and none
/// is guessed.
#[test]
fn what_task_definitions_would_tell_is_not_guessed_where_they_cannot_be_read() {
    let (home, world) = staging();
    let by_name =
        ["params get KEY", "params history KEY", "params rm KEY --confirm staging", "params put KEY --stdin --yes"];
    let by_path = ["params ls", "params check", "params diff prod", "params export new.env", "params import old.env"];
    home.write("old.env", "A=1\n");
    for call in ["ecs:DescribeServices", "ecs:DescribeTaskDefinition"] {
        world.fault(call, "denied");
        for arguments in by_name.iter().chain(&by_path) {
            let said = fed(&home, &world, &format!("{arguments} --env staging"), "x").coded(3);
            assert!(said.err.contains(call), "{arguments}: {}", said.err);
            assert!(!said.err.contains("there is no parameter") && !said.err.contains("nothing says"), "{}", said.err);
        }
        // A whole name needs none of it.
        line(&mut home.on(&world), "params get /bookmark-manager/staging/DATABASE_URL --env staging").coded(0);
        world.clear_faults();
    }
    // One of two is no answer either: the other may name another one of this name.
    world.post("/_sim/fault", &json!({"operation": "ecs:DescribeTaskDefinition", "kind": "denied", "after": 1}));
    fed(&home, &world, "params rm DATABASE_URL --confirm staging --env staging", "").coded(3);
    world.clear_faults();
    world.fault("ecs:DescribeServices", "expired");
    fed(&home, &world, "params ls --env staging", "").coded(8);
    assert_eq!(world.asked("ssm:DeleteParameter") + world.asked("ssm:PutParameter"), 0);
}

#[test]
fn an_export_takes_the_place_of_no_device_pipe_or_link() {
    let (home, world) = staging();
    let target = home.write("target", "");
    std::os::unix::fs::symlink(&target, home.path().join("link")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(home.path().join("pipe")).status().unwrap().success());
    for there in ["pipe", "link", "."] {
        let said = line(&mut home.on(&world), &format!("params export --force {there} --env staging")).coded(2);
        assert!(said.err.contains("is not a regular file"), "{}", said.err);
    }
    assert!(std::fs::symlink_metadata(home.path().join("link")).unwrap().is_symlink());
    assert_eq!(std::fs::read(target).unwrap(), b"");
    assert_eq!(world.asked("ssm:GetParameter"), 0);
}

#[test]
fn tables_tell_when_a_value_was_written_as_a_clock_on_the_wall_does() {
    let (home, world) = staging();
    let one = line(&mut home.on(&world), "params get DATABASE_URL --env staging").coded(0).out;
    let written = one.lines().find(|line| line.starts_with("written")).unwrap();
    assert!(written.trim_end().ends_with(" JST") && !written.contains('Z'), "{written}");
    let all = line(&mut home.on(&world), "params history DATABASE_URL --env staging").coded(0).out;
    assert!(!all.contains('Z'), "{all}");
    let exact = line(&mut home.on(&world), "params get DATABASE_URL --env staging -o json").coded(0).json();
    assert!(exact["modified_at"].as_str().unwrap().ends_with('Z'), "{exact}");
}

/// What a table says of a word that nothing has in its name is said beside formats for programs.
#[test]
fn a_word_that_no_parameter_has_is_told_in_every_format() {
    let (home, world) = (Home::new(), World::staging());
    for (format, told) in [("table", false), ("json", true), ("csv", true)] {
        let said = line(&mut home.on(&world), &format!("params ls nosuch -o {format}")).coded(0);
        let words = "has `nosuch` in its name";
        assert_eq!((said.out.contains(words), said.err.contains(words)), (!told, told), "{format}: {said:#?}");
    }
}

#[test]
fn ten_thousand_parameters_are_listed_and_checked() {
    let (home, world) = staging();
    world.poke(
        &json!({"add_parameters": {"prefix": format!("{PATH}many/"), "count": 10_000, "region": "ap-northeast-1"}}),
    );
    let list = line(&mut home.on(&world), "params ls --env staging -o json").coded(0).json();
    assert!(list["parameters"].as_array().unwrap().len() > 10_000);
    assert!(world.asked("ssm:DescribeParameters") >= 200, "in pages");
    // Each of them is told to be unused, as nothing names it, and those that are named are checked as ever.
    let began = std::time::Instant::now();
    let checked = line(&mut home.on(&world), "params check --env staging -o json").json();
    let unused = checked["findings"].as_array().unwrap().iter().filter(|one| one["problem"] == "unused").count();
    assert!(unused >= 10_000, "{unused} of {}", checked["findings"].as_array().unwrap().len());
    assert!(began.elapsed() < std::time::Duration::from_mins(1), "{:?}", began.elapsed());
}
