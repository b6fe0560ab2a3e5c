//! The endpoint of a request is the one displayed, classified and recorded, whichever flag, variable or file sets it.

use super::*;

/// The endpoints in the report of a change and in its audit entry.
fn reported_endpoints(home: &Home, report: &Value) -> (Value, Value) {
    let audit = line(&mut home.at(None), "audit -o json").exits(0).json();
    (report["endpoint"].clone(), audit["operations"].as_array().unwrap().last().unwrap()["endpoint"].clone())
}

#[test]
fn change_names_the_endpoint_of_its_own_service() {
    let (home, world, other) = (Home::new(), World::staging(), World::staging());
    let mut own = home.on(&world);
    own.env("AWS_ENDPOINT_URL_ECS", other.endpoint());
    // One world's load balancer does not know the other's tasks, so that it waits in vain.
    let output = line(&mut own, "scale web 2 --yes -o json --timeout 12s").exits(7);
    assert!(output.err.contains(&format!("at {}, which is not AWS", other.endpoint())), "{output:#?}");
    assert_eq!(reported_endpoints(&home, &output.json()), (json!(other.endpoint()), json!(other.endpoint())));
    assert_eq!((world.requests("ecs:UpdateService"), world.requests("ecs:DescribeServices")), (0, 0));

    // The same with a file, which uses other service names.
    let keys = "aws_access_key_id = AKIASIMULATED0000001\naws_secret_access_key = secret";
    let services = format!("[services two]\necs =\n  endpoint_url = {}\n", other.endpoint());
    let file = format!("[profile p]\nservices = two\nendpoint_url = {}\n{keys}\n{services}", world.endpoint());
    let file = home.write("aws.ini", file);
    let mut of_file = home.at(None);
    of_file.env("AWS_CONFIG_FILE", &file);
    let output = line(&mut of_file, "scale web 2 --dry-run -o json --profile p").exits(0);
    assert_eq!(output.json()["endpoint"], other.endpoint(), "{output:#?}");
    assert_eq!(world.requests("ecs:DescribeServices"), 0);

    // A flag takes precedence over everything.
    let mut flagged = home.on(&world);
    flagged.env("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:9");
    let output =
        run(&mut flagged, ["scale", "web", "2", "--dry-run", "-o", "json", "--endpoint-url", &world.endpoint()]);
    assert_eq!(output.exits(0).json()["endpoint"], world.endpoint());
}

#[test]
fn overriding_one_endpoint_does_not_make_the_rest_a_simulation() {
    let (home, world) = (Home::new(), World::staging());
    let mut partly = home.on(&world);
    // Nothing leaves the machine: AWS itself is unreachable here.
    partly.env_remove("AWS_ENDPOINT_URL").env("AWS_ENDPOINT_URL_STS", world.endpoint());
    let output = line(&mut partly, "services");
    assert!(
        output.code != 0
            && output.out.contains("the proxy `http://127.0.0.1:9` (HTTPS_PROXY) refuses the connection")
            && !output.out.contains(&world.endpoint()),
        "{output:#?}"
    );
}

#[test]
fn ignored_endpoints_are_not_reported_as_used() {
    let (home, world) = (Home::new(), World::staging());
    let mut ignoring = home.on(&world);
    ignoring.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true").env("AWS_MAX_ATTEMPTS", "1");
    let output = line(&mut ignoring, "services");
    assert!(output.code != 0 && !output.err.contains(&world.endpoint()), "{output:#?}");
    assert_eq!(world.get("/_sim/requests")["total"], 0, "no request was sent there");
    // A flag is not ignored.
    let mut typed = home.on(&world);
    typed.env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    run(&mut typed, ["services", "--endpoint-url", &world.endpoint()]).exits(0);
}

#[test]
fn empty_variable_counts_as_unset() {
    let (home, world) = (Home::new(), World::staging());
    for blank in ["", " "] {
        let mut own = home.on(&world);
        line(own.env("AWS_ENDPOINT_URL_ECS", blank), "services").exits(0);
        let mut all = home.on(&world);
        all.env("AWS_ENDPOINT_URL", blank);
        run(&mut all, ["services", "--endpoint-url", &world.endpoint()]).exits(0);
    }
}

#[test]
fn invalid_endpoint_url_is_a_usage_error() {
    let (home, world) = (Home::new(), World::staging());
    for (name, value) in [("AWS_ENDPOINT_URL", "localhost:4566"), ("AWS_ENDPOINT_URL_ECS", "http://a:999999")] {
        let mut wrong = home.on(&world);
        let output = line(wrong.env(name, value), "services").exits(2);
        assert!(output.err.contains(&format!("{name} is not a URL")) && output.err.contains("hint: "), "{output:#?}");
        // An unused one is harmless.
        let mut unused = home.on(&world);
        unused.env(name, value);
        run(&mut unused, ["services", "--endpoint-url", &world.endpoint()]).exits(0);
        let mut ignored = home.on(&world);
        ignored.env(name, value).env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true").env("AWS_MAX_ATTEMPTS", "1");
        assert_ne!(line(&mut ignored, "services").code, 2);
    }
    assert_eq!(world.requests("ecs:UpdateService"), 0);
}

#[test]
fn invalid_url_in_an_aws_file_is_a_usage_error_with_its_line() {
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
        let output = with(&[]).exits(2);
        let place = format!("`endpoint_url` of {section} in {}, line {number}", file.display());
        assert!(output.err.contains(&place) && output.err.contains("`localhost:4566` is not a URL"), "{output:#?}");
        // An unused one is harmless.
        with(&["--endpoint-url", &world.endpoint()]).exits(0);
    }
}

#[test]
fn suggested_command_repeats_the_flags_of_this_one() {
    let (home, world) = (Home::new(), World::staging());
    let file = home.write("other.toml", include_str!("../../../config.toml"));
    let endpoint = world.endpoint().replace("http://", "http://me:hidden@");
    let mut command = home.at(None);
    command.env("AWS_ACCESS_KEY_ID", "AKIASIMULATED0000001").env("AWS_SECRET_ACCESS_KEY", "secret");
    let arguments = ["-c", "other.toml", "--region", "ap-northeast-1", "--endpoint-url", &endpoint];
    let output = run(&mut command, arguments.into_iter().chain(["scale", "web", "3", "--dry-run"])).exits(0);
    let flags = format!(
        "--env staging --config {} --region ap-northeast-1 --endpoint-url {}`",
        file.display(),
        world.endpoint()
    );
    assert!(output.err.contains(&flags), "{flags}: {output:#?}");
    assert!(!output.err.contains("hidden"), "{output:#?}");
}
