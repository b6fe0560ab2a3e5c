//! What a destroy would lose, counted.

use super::*;
use cockpit::model::infra::loss::{Contents, Held};

fn held(name: &str, what: Contents) -> Held {
    Held { address: format!("of.{what:?}"), name: Some(name.to_owned()), what }
}

#[test]
fn images_snapshots_and_logs_are_counted_and_what_is_refused_is_not_nothing() {
    let desk = Desk::new(Scenario::Staging);
    let (_, repository, _) = desk.repository();
    let all = [
        held(&repository, Contents::Images),
        held(DATABASE, Contents::Snapshots),
        held("/aws/lambda/bookmark-manager-staging-ecs-scheduler", Contents::Logs),
        held("no-such", Contents::Images),
        held("no-such", Contents::Logs),
    ];
    let count = |account: Option<&str>| -> Vec<(String, bool)> {
        let losses = desk.runtime.block_on(desk.session.losses(&all, account));
        losses.into_iter().map(|loss| (loss.words, loss.counted)).collect()
    };
    let said = count(Some(ACCOUNT));
    assert!(said[0].0.contains(" image") && !said[0].0.starts_with("0 ") && said[0].1, "{said:?}");
    assert!(said[1].0.contains("automated snapshot") && said[1].1, "{said:?}");
    assert_eq!(said[2], ("about 48 MB of logs".to_owned(), true));
    for gone in &said[3..] {
        assert_eq!(*gone, ("nothing: it is not there any more".to_owned(), true));
    }
    desk.world.fault("ecr:DescribeImages", "denied");
    let refused = count(Some(ACCOUNT));
    assert!(!refused[0].1 && refused[0].0.contains("ecr:DescribeImages"), "{refused:?}");
    assert_eq!(refused[1], said[1], "the others are counted all the same");
    desk.world.clear_faults();
    let asked = desk.world.asked("logs:DescribeLogGroups");
    let other = count(Some("999999999999"));
    assert!(other.iter().all(|(words, counted)| !counted && words.contains("999999999999")), "{other:?}");
    assert_eq!(desk.world.asked("logs:DescribeLogGroups"), asked, "nothing is asked in another account");
}

#[test]
fn users_of_a_pool_are_counted_as_aws_estimates_them() {
    let desk = Desk::with(Scenario::Pantri, |connection| Connection { region: Some("us-east-1".into()), ..connection });
    let pool = [held("us-east-1_Pantri000", Contents::Users)];
    let losses = desk.runtime.block_on(desk.session.losses(&pool, None));
    assert!(
        losses[0].counted && losses[0].words.starts_with("about ") && losses[0].words.contains(" users"),
        "{losses:?}"
    );
}
