//! Failover, snapshots, restarts, stop and start of one database; the truth is the simulator's, asked with the AWS CLI.

use super::{Theatre, says, verdict};
use aws_sim::Scenario;
use cockpit::app::operation::What;
use cockpit::app::operation::database::{Connected, Request, Wanted};
use cockpit::app::operation::outcome::Verdict;
use cockpit::model::timer::Power;

const AURORA: &str = "bookmark-manager-prod-aurora";
const ALONE: &str = "bookmark-manager-staging-db";

fn of(database: &str, wanted: Wanted) -> What {
    let cluster = database == AURORA;
    Request { database: database.into(), cluster, wanted, connected: Connected::Unasked }.into()
}

#[tokio::test]
async fn a_failover_ends_with_the_new_writer_and_a_measured_time_without_one() {
    let mut theatre = Theatre::on(Scenario::Prod).await;
    let id = theatre.plan(of(AURORA, Wanted::Failover { to: None })).await;
    let plan = theatre.operations.get(id).unwrap().plan.clone().unwrap();
    assert!(plan.checks.iter().any(|check| check.text.contains("behind the writer")), "{plan:?}");
    assert!(plan.checks.iter().any(|check| check.text.contains("connection")), "{plan:?}");
    theatre.confirm(id).await;
    theatre.follow(&[id]).await;
    let operation = theatre.operations.get(id).unwrap().clone();
    assert_eq!(verdict(&operation), Verdict::Done, "{operation:#?}");
    assert!(
        says(&operation, "bookmark-manager-prod-aurora-2 writes now; without a writer for at most"),
        "{operation:#?}"
    );
    assert!(says(&operation, "Started cross AZ failover"), "{operation:#?}");
    let asked = "rds describe-db-clusters --query DBClusters[0].DBClusterMembers[?IsClusterWriter].DBInstanceIdentifier --output text";
    assert_eq!(theatre.aws(asked).await.1.trim(), "bookmark-manager-prod-aurora-2");
    let audit = theatre.audit();
    let (first, last) = (&audit[0], audit.last().unwrap());
    assert_eq!(first["before"]["writer"], "bookmark-manager-prod-aurora-1");
    assert_eq!(
        (last["outcome"].as_str(), last["after"]["writer"].as_str()),
        (Some("done"), Some("bookmark-manager-prod-aurora-2"))
    );
    // And back, by name.
    let back = theatre.run(of(AURORA, Wanted::Failover { to: Some("bookmark-manager-prod-aurora-1".into()) })).await;
    assert_eq!(verdict(&back), Verdict::Done);
}

#[tokio::test]
async fn a_single_instance_in_one_zone_has_no_failover_target() {
    let mut theatre = Theatre::on(Scenario::Staging).await;
    let id = theatre.plan(of(ALONE, Wanted::Failover { to: None })).await;
    let operation = theatre.operations.get(id).unwrap();
    assert_eq!(verdict(operation), Verdict::Impossible);
    assert!(says(operation, "no failover target"), "{operation:#?}");
    assert_eq!(theatre.audit().len(), 0, "nothing was begun");
}

#[tokio::test]
async fn snapshots_of_clusters_and_instances_are_made_and_followed_until_they_are_whole() {
    for (scenario, database, kind) in
        [(Scenario::Prod, AURORA, "cluster-snapshots"), (Scenario::Staging, ALONE, "snapshots")]
    {
        let mut theatre = Theatre::on(scenario).await;
        let name = format!("{database}-before-migration");
        let operation = theatre.run(of(database, Wanted::Snapshot { name: name.clone() })).await;
        assert_eq!(verdict(&operation), Verdict::Done, "{operation:#?}");
        let listed = theatre.aws(&format!("rds describe-db-{kind} --snapshot-type manual")).await.1;
        assert!(listed.contains(&name) && listed.contains("\"available\""), "{listed}");
        let again = theatre.run_to_refusal(of(database, Wanted::Snapshot { name })).await;
        assert!(says(&again, "already"), "{again:#?}");
    }
}

#[tokio::test]
async fn an_instance_restarts_stops_and_starts() {
    let mut theatre = Theatre::on(Scenario::Staging).await;
    let operation = theatre.run(of(ALONE, Wanted::Reboot { instance: ALONE.into() })).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{operation:#?}");
    assert!(says(&operation, "has restarted after"), "{operation:#?}");
    let stopped = theatre.run(of(ALONE, Wanted::Power(Power::Stop))).await;
    assert!(says(&stopped, "is stopped after"), "{stopped:#?}");
    let twice = theatre.run_to_refusal(of(ALONE, Wanted::Power(Power::Stop))).await;
    assert!(says(&twice, "is stopped already"), "{twice:#?}");
    let started = theatre.run(of(ALONE, Wanted::Power(Power::Start))).await;
    assert!(says(&started, "is available after"), "{started:#?}");
}
