//! `cockpit init` as typed: what it writes and leaves, and its messages for empty and for large accounts.

use super::*;

/// A home folder without a configuration.
fn empty() -> Home {
    let home = Home::with("");
    std::fs::remove_file(home.path().join("config.toml")).unwrap();
    home
}

const REGIONS: &str = "--regions ap-northeast-1,us-east-1";

#[test]
fn found_configuration_is_written_once_and_never_overwrites_a_file() {
    let (home, world) = (empty(), World::staging());
    let file = home.path().join("config.toml");
    // Nobody can be asked: the result is printed, and nothing is written.
    let output = line(&mut home.on(&world), &format!("init {REGIONS}")).exits(0);
    assert!(output.out.contains("[environments.staging]") && output.err.contains("nothing was written"), "{output:#?}");
    assert!(!file.exists());
    let output = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).exits(0);
    assert!(output.err.contains("config.toml is written"), "{output:#?}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("account = \"123456789012\"") && written.contains("guarded = true"), "{written}");
    // The output is a valid configuration.
    line(&mut home.on(&world), "config check").exits(0);
    let services = line(&mut home.on(&world), "services --env staging -o json").exits(0).json();
    assert_eq!(services["services"].as_array().map(Vec::len), Some(2));
    let output = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).exits(0);
    assert!(output.err.contains("is as it would be written") && output.out.is_empty(), "{output:#?}");
    // The difference is shown, and the file is unchanged.
    let changed = written.replace("guarded = true", "guarded = false");
    std::fs::write(&file, &changed).unwrap();
    let output = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).exits(0);
    assert!(output.out.lines().any(|line| line == "- guarded = false" || line == "-guarded = false"), "{output:#?}");
    assert!(output.out.lines().any(|line| line == "+ guarded = true" || line == "+guarded = true"), "{output:#?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), changed);
    // A symbolic link is not overwritten either.
    let (target, link) = (home.path().join("target.toml"), home.path().join("link.toml"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    line(&mut home.on(&world), &format!("init {REGIONS} --accept --file link.toml")).exits(1);
    assert!(!target.exists());
    line(&mut home.on(&world), &format!("init {REGIONS} --accept --file no/such/folder.toml")).exits(1);
}

#[test]
fn empty_region_is_a_question_and_an_unreadable_account_an_error() {
    let (home, world) = (empty(), World::staging());
    let output = line(&mut home.on(&world), "init --region eu-west-1").exits(0);
    assert!(output.out.contains("# ?") && !output.out.contains("\n[environments."), "{output:#?}");
    let nowhere = line(&mut home.on(&world), "init").exits(2);
    assert!(nowhere.err.contains("no region is known") && nowhere.err.contains("--regions "), "{nowhere:#?}");
    assert!(!nowhere.err.contains("config show"), "there is no configuration yet: {nowhere:#?}");
    let without = line(&mut home.at(None), "init --region eu-west-1").exits(8);
    assert!(without.err.contains("the account cannot be looked at"), "{without:#?}");
    world.fault("ecs:ListClusters", "denied");
    let output = line(&mut home.on(&world), &format!("init {REGIONS}")).exits(3);
    assert!(output.out.contains("ecs:ListClusters"), "a denied read is reported with its action: {output:#?}");
    // A script that writes it must not take it for complete.
    let output = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).exits(3);
    assert!(output.err.contains("not all of the account could be read"), "{output:#?}");
    assert!(home.path().join("config.toml").exists());
}

#[test]
fn account_with_three_hundred_clusters_is_written_completely_and_loads_again() {
    let (home, world) = (empty(), World::staging());
    world.poke(&json!({"add_clusters": {"count": 300, "region": "ap-northeast-1"}}));
    line(&mut home.on(&world), "init --region ap-northeast-1 --accept").exits(0);
    let written = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let environments =
        written.lines().filter(|line| line.starts_with("[environments.") && line.matches('.').count() == 1).count();
    assert!(environments >= 300, "{environments}");
    line(&mut home.on(&world), "config check").exits(0);
    // One request describes up to a hundred clusters.
    assert!(world.requests("ecs:DescribeClusters") <= 8, "{}", world.requests("ecs:DescribeClusters"));
}

#[test]
fn undetectable_settings_get_a_line_and_denied_reads_are_reported() {
    let (home, world) = (empty(), World::staging());
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    home.write(
        ".aws/config",
        "[profile team-admin]\nsso_account_id = 123456789012\nregion = ap-northeast-1\n\
         [profile elsewhere]\nsso_account_id = 999999999999\n",
    );
    world.poke(&json!({"add_distribution": {"comment": "bookmark-manager-prod_site", "name": "cdn.example.com"}}));
    let output = line(&mut home.on(&world), &format!("init {REGIONS}")).exits(0);
    for wanted in [
        "\ndistributions = [\"E0ANOTHER0DIST\"]\n",
        "# logs = [\"/aws/lambda/bookmark-manager-staging-*\"]",
        "# profile = \"team-admin\"   # of this account in ~/.aws/config: team-admin\n",
    ] {
        assert!(output.out.contains(wanted), "{wanted}: {output:#?}");
    }
    assert!(!output.out.contains("Not read"), "{output:#?}");
    let reads = [
        "elasticloadbalancing:DescribeTargetGroups",
        "logs:DescribeLogGroups",
        "ssm:DescribeParameters",
        "cognito-idp:ListUserPools",
        "ec2:DescribeInstances",
        "cloudfront:ListDistributions",
        "route53:ListHostedZones",
    ];
    for read in reads {
        world.fault(read, "denied");
    }
    let output = line(&mut home.on(&world), &format!("init {REGIONS}")).exits(3);
    for read in reads {
        assert!(
            output.out.lines().any(|line| line.starts_with("# ? Not read") && line.contains(read)),
            "{read}: {output:#?}"
        );
    }
    assert!(output.out.contains("cluster = \"bookmark-manager-staging-cluster\""), "the rest is shown: {output:#?}");
}
