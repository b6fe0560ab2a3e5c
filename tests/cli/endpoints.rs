//! Where requests go is what is shown, judged and written down, whichever flag, variable or file says it.

use super::*;

/// The endpoint that stands in the report of a change and in the audit file about it.
fn told(home: &Home, said: &Value) -> (Value, Value) {
    let audit = line(&mut home.at(None), "audit -o json").coded(0).json();
    (said["endpoint"].clone(), audit["operations"].as_array().unwrap().last().unwrap()["endpoint"].clone())
}

#[test]
fn a_change_is_told_to_be_where_its_own_service_is_asked() {
    let (home, world, other) = (Home::new(), World::staging(), World::staging());
    let mut own = home.on(&world);
    own.env("AWS_ENDPOINT_URL_ECS", other.endpoint());
    // The balancer of the one knows nothing of the tasks of the other, so that it waits in vain.
    let said = line(&mut own, "scale web 2 --yes -o json --timeout 12s").coded(7);
    assert!(said.err.contains(&format!("at {}, which is not AWS", other.endpoint())), "{said:#?}");
    assert_eq!(told(&home, &said.json()), (json!(other.endpoint()), json!(other.endpoint())));
    assert_eq!((world.asked("ecs:UpdateService"), world.asked("ecs:DescribeServices")), (0, 0));

    // The same from a file, which knows services by other names.
    let keys = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = secret";
    let services = format!("[services two]\necs =\n  endpoint_url = {}\n", other.endpoint());
    let file = format!("[profile p]\nservices = two\nendpoint_url = {}\n{keys}\n{services}", world.endpoint());
    let file = home.write("aws.ini", file);
    let mut of_file = home.at(None);
    of_file.env("AWS_CONFIG_FILE", &file);
    let said = line(&mut of_file, "scale web 2 --dry-run -o json --profile p").coded(0);
    assert_eq!(said.json()["endpoint"], other.endpoint(), "{said:#?}");
    assert_eq!(world.asked("ecs:DescribeServices"), 0);

    // A flag goes before all of it.
    let mut flagged = home.on(&world);
    flagged.env("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:9");
    let said = run(&mut flagged, ["scale", "web", "2", "--dry-run", "-o", "json", "--endpoint-url", &world.endpoint()]);
    assert_eq!(said.coded(0).json()["endpoint"], world.endpoint());
}

#[test]
fn a_part_that_is_asked_elsewhere_does_not_make_the_rest_a_trial() {
    let (home, world) = (Home::new(), World::staging());
    let mut partly = home.on(&world);
    // Nothing leaves the machine: there is no way to AWS itself here.
    partly.env_remove("AWS_ENDPOINT_URL").env("AWS_ENDPOINT_URL_STS", world.endpoint());
    let said = line(&mut partly, "services");
    assert!(
        said.code != 0
            && said.out.contains("the proxy `http://127.0.0.1:9` (HTTPS_PROXY) refuses the connection")
            && !said.out.contains(&world.endpoint()),
        "{said:#?}"
    );
}

#[test]
fn endpoints_that_are_ignored_are_not_said_to_be_asked() {
    let (home, world) = (Home::new(), World::staging());
    let mut ignoring = home.on(&world);
    ignoring.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true").env("AWS_MAX_ATTEMPTS", "1");
    let said = line(&mut ignoring, "services");
    assert!(said.code != 0 && !said.err.contains(&world.endpoint()), "{said:#?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "nothing was asked there");
    // What is typed is not ignored.
    let mut typed = home.on(&world);
    typed.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    run(&mut typed, ["services", "--endpoint-url", &world.endpoint()]).coded(0);
}

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let (home, world) = (Home::new(), World::staging());
    for blank in ["", " "] {
        let mut own = home.on(&world);
        line(own.env("AWS_ENDPOINT_URL_ECS", blank), "services").coded(0);
        let mut all = home.on(&world);
        all.env("AWS_ENDPOINT_URL", blank);
        run(&mut all, ["services", "--endpoint-url", &world.endpoint()]).coded(0);
    }
}

#[test]
fn what_is_no_url_is_wrong_usage() {
    let (home, world) = (Home::new(), World::staging());
    for (name, value) in [("AWS_ENDPOINT_URL", "localhost:4566"), ("AWS_ENDPOINT_URL_ECS", "http://a:999999")] {
        let mut wrong = home.on(&world);
        let said = line(wrong.env(name, value), "services").coded(2);
        assert!(said.err.contains(&format!("{name} is not a URL")) && said.err.contains("hint: "), "{said:#?}");
        // One that is not used does no harm.
        let mut unused = home.on(&world);
        unused.env(name, value);
        run(&mut unused, ["services", "--endpoint-url", &world.endpoint()]).coded(0);
        let mut ignored = home.on(&world);
        ignored.env(name, value).env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true").env("AWS_MAX_ATTEMPTS", "1");
        assert_ne!(line(&mut ignored, "services").code, 2);
    }
    assert_eq!(world.asked("ecs:UpdateService"), 0);
}

#[test]
fn what_is_no_url_in_an_aws_file_is_wrong_usage_with_its_line() {
    let (home, world) = (Home::new(), World::staging());
    let keys = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = secret\n";
    let of_profile = format!("[profile p]\n{keys}endpoint_url = localhost:4566\n");
    let of_services =
        format!("[profile p]\n{keys}services = two\n[services two]\necs =\n  endpoint_url = localhost:4566\n");
    for (text, section, number) in [(of_profile, "[profile p]", 4), (of_services, "[services two]", 7)] {
        let file = home.write("aws.ini", text);
        let with = |more: &[&str]| {
            let mut program = home.at(None);
            program.env("AWS_CONFIG_FILE", &file).env("AWS_MAX_ATTEMPTS", "1");
            let arguments = ["--profile", "p", "--region", "ap-northeast-1", "services", "-o", "json"];
            run(&mut program, arguments.iter().chain(more))
        };
        let said = with(&[]).coded(2);
        let place = format!("`endpoint_url` of {section} in {}, line {number}", file.display());
        assert!(said.err.contains(&place) && said.err.contains("`localhost:4566` is not a URL"), "{said:#?}");
        // One that is not used does no harm.
        with(&["--endpoint-url", &world.endpoint()]).coded(0);
    }
}

#[test]
fn a_command_that_is_offered_leads_where_this_one_led() {
    let (home, world) = (Home::new(), World::staging());
    let file = home.write("other.toml", include_str!("../../config.toml"));
    let endpoint = world.endpoint().replace("http://", "http://me:hidden@");
    let mut command = home.at(None);
    command.env("AWS_ACCESS_KEY_ID", "AKIASIMULATED0000001").env("AWS_SECRET_ACCESS_KEY", "secret");
    let arguments = ["-c", "other.toml", "--region", "ap-northeast-1", "--endpoint-url", &endpoint];
    let said = run(&mut command, arguments.into_iter().chain(["scale", "web", "3", "--dry-run"])).coded(0);
    let flags = format!(
        "--env staging --config {} --region ap-northeast-1 --endpoint-url {}`",
        file.display(),
        world.endpoint()
    );
    assert!(said.err.contains(&flags), "{flags}: {said:#?}");
    assert!(!said.err.contains("hidden"), "{said:#?}");
}
