//! `cockpit init` as it is typed: what it writes, what it leaves, and what it says of accounts with nothing or with much.

use super::*;

/// A folder without a configuration.
fn empty() -> Home {
    let home = Home::with("");
    std::fs::remove_file(home.path().join("config.toml")).unwrap();
    home
}

const REGIONS: &str = "--regions ap-northeast-1,us-east-1";

#[test]
fn what_was_found_is_written_once_and_what_is_there_is_never_overwritten() {
    let (home, world) = (empty(), World::staging());
    let file = home.path().join("config.toml");
    // Nobody can be asked: it is shown, and nothing is written.
    let said = line(&mut home.on(&world), &format!("init {REGIONS}")).coded(0);
    assert!(said.out.contains("[environments.staging]") && said.err.contains("nothing was written"), "{said:#?}");
    assert!(!file.exists());
    let said = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).coded(0);
    assert!(said.err.contains("config.toml is written"), "{said:#?}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("account = \"123456789012\"") && written.contains("guarded = true"), "{written}");
    // What it says can be used as it stands.
    line(&mut home.on(&world), "config check").coded(0);
    let services = line(&mut home.on(&world), "services --env staging -o json").coded(0).json();
    assert_eq!(services["services"].as_array().map(Vec::len), Some(2));
    let said = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).coded(0);
    assert!(said.err.contains("is as it would be written") && said.out.is_empty(), "{said:#?}");
    // The difference is shown, and the file stays.
    let changed = written.replace("guarded = true", "guarded = false");
    std::fs::write(&file, &changed).unwrap();
    let said = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).coded(0);
    assert!(said.out.lines().any(|line| line == "- guarded = false" || line == "-guarded = false"), "{said:#?}");
    assert!(said.out.lines().any(|line| line == "+ guarded = true" || line == "+guarded = true"), "{said:#?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), changed);
    // Nor is a link to somewhere else.
    let (target, link) = (home.path().join("target.toml"), home.path().join("link.toml"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    line(&mut home.on(&world), &format!("init {REGIONS} --accept --file link.toml")).coded(1);
    assert!(!target.exists());
    line(&mut home.on(&world), &format!("init {REGIONS} --accept --file no/such/folder.toml")).coded(1);
}

#[test]
fn a_region_with_nothing_in_it_is_a_question_and_an_account_that_says_nothing_is_an_error() {
    let (home, world) = (empty(), World::staging());
    let said = line(&mut home.on(&world), "init --region eu-west-1").coded(0);
    assert!(said.out.contains("# ?") && !said.out.contains("\n[environments."), "{said:#?}");
    let nowhere = line(&mut home.on(&world), "init").coded(2);
    assert!(nowhere.err.contains("no region is known") && nowhere.err.contains("--regions "), "{nowhere:#?}");
    assert!(!nowhere.err.contains("config show"), "there is no configuration yet: {nowhere:#?}");
    let without = line(&mut home.at(None), "init --region eu-west-1").coded(8);
    assert!(without.err.contains("the account cannot be looked at"), "{without:#?}");
    world.fault("ecs:ListClusters", "denied");
    let said = line(&mut home.on(&world), &format!("init {REGIONS}")).coded(3);
    assert!(said.out.contains("ecs:ListClusters"), "what may not be read is told with its action: {said:#?}");
    // A script that writes it must not take it for the whole.
    let said = line(&mut home.on(&world), &format!("init {REGIONS} --accept")).coded(3);
    assert!(said.err.contains("not all of the account could be read"), "{said:#?}");
    assert!(home.path().join("config.toml").exists());
}

#[test]
fn an_account_with_three_hundred_clusters_is_written_whole_and_can_be_read_again() {
    let (home, world) = (empty(), World::staging());
    world.poke(&json!({"add_clusters": {"count": 300, "region": "ap-northeast-1"}}));
    line(&mut home.on(&world), "init --region ap-northeast-1 --accept").coded(0);
    let written = std::fs::read_to_string(home.path().join("config.toml")).unwrap();
    let environments =
        written.lines().filter(|line| line.starts_with("[environments.") && line.matches('.').count() == 1).count();
    assert!(environments >= 300, "{environments}");
    line(&mut home.on(&world), "config check").coded(0);
    // Describing clusters takes a hundred a request.
    assert!(world.asked("ecs:DescribeClusters") <= 8, "{}", world.asked("ecs:DescribeClusters"));
}

#[test]
fn what_would_not_be_found_by_itself_is_a_line_and_what_may_not_be_read_is_told() {
    let (home, world) = (empty(), World::staging());
    std::fs::create_dir_all(home.path().join(".aws")).unwrap();
    home.write(
        ".aws/config",
        "[profile team-admin]\nsso_account_id = 123456789012\nregion = ap-northeast-1\n\
         [profile elsewhere]\nsso_account_id = 999999999999\n",
    );
    world.poke(&json!({"add_distribution": {"comment": "bookmark-manager-prod_site", "name": "cdn.example.com"}}));
    let said = line(&mut home.on(&world), &format!("init {REGIONS}")).coded(0);
    for wanted in [
        "\ndistributions = [\"E0ANOTHER0DIST\"]\n",
        "# logs = [\"/aws/lambda/bookmark-manager-staging-*\"]",
        "# profile = \"team-admin\"   # of this account in ~/.aws/config: team-admin\n",
    ] {
        assert!(said.out.contains(wanted), "{wanted}: {said:#?}");
    }
    assert!(!said.out.contains("Not read"), "{said:#?}");
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
    let said = line(&mut home.on(&world), &format!("init {REGIONS}")).coded(3);
    for read in reads {
        assert!(
            said.out.lines().any(|line| line.starts_with("# ? Not read") && line.contains(read)),
            "{read}: {said:#?}"
        );
    }
    assert!(said.out.contains("cluster = \"bookmark-manager-staging-cluster\""), "the rest stands: {said:#?}");
}
