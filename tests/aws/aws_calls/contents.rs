//! Counts of what a destroy would lose.

use super::*;
use cockpit::model::infra::data_loss::{Contents, DataResource};

fn held(name: &str, what: Contents) -> DataResource {
    DataResource { address: format!("of.{what:?}"), name: Some(name.to_owned()), contents: what }
}

#[test]
fn images_snapshots_and_logs_are_counted_and_a_refusal_is_not_zero() {
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
    let output = count(Some(ACCOUNT));
    assert!(output[0].0.contains(" image") && !output[0].0.starts_with("0 ") && output[0].1, "{output:?}");
    assert!(output[1].0.contains("automated snapshot") && output[1].1, "{output:?}");
    assert_eq!(output[2], ("about 48 MB of logs".to_owned(), true));
    for gone in &output[3..] {
        assert_eq!(*gone, ("nothing: it no longer exists".to_owned(), true));
    }
    desk.world.fault("ecr:DescribeImages", "denied");
    let refused = count(Some(ACCOUNT));
    assert!(!refused[0].1 && refused[0].0.contains("ecr:DescribeImages"), "{refused:?}");
    assert_eq!(refused[1], output[1], "the others are still counted");
    desk.world.clear_faults();
    let before = desk.world.requests("logs:DescribeLogGroups");
    let other = count(Some("999999999999"));
    assert!(other.iter().all(|(words, counted)| !counted && words.contains("999999999999")), "{other:?}");
    assert_eq!(desk.world.requests("logs:DescribeLogGroups"), before, "no request to another account");
}

#[test]
fn pool_users_are_counted_by_the_aws_estimate() {
    let desk = Desk::with(Scenario::Pantri, |connection| Connection { region: Some("us-east-1".into()), ..connection });
    let pool = [held("us-east-1_Pantri000", Contents::Users)];
    let losses = desk.runtime.block_on(desk.session.losses(&pool, None));
    assert!(
        losses[0].counted && losses[0].words.starts_with("about ") && losses[0].words.contains(" users"),
        "{losses:?}"
    );
}
