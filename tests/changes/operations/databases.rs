//! Failover, snapshots, restarts, stop and start of one database; verified with the AWS CLI on the simulator.

use super::{Harness, says, verdict};
use aws_sim::Scenario;
use cockpit::app::operation::NewOperation;
use cockpit::app::operation::database::{ConnectedSessions, Request, StepChange};
use cockpit::app::operation::outcome::Verdict;
use cockpit::model::timer::Power;

const AURORA: &str = "bookmark-manager-prod-aurora";
const ALONE: &str = "bookmark-manager-staging-db";

fn of(database: &str, wanted: StepChange) -> NewOperation {
    let cluster = database == AURORA;
    Request { database: database.into(), cluster, wanted, connected: ConnectedSessions::NotRequested }.into()
}

#[tokio::test]
async fn failover_ends_with_the_new_writer_and_the_measured_downtime() {
    let mut stage = Harness::on(Scenario::Prod).await;
    let id = stage.plan(of(AURORA, StepChange::Failover { to: None })).await;
    let plan = stage.operations.get(id).unwrap().plan.clone().unwrap();
    assert!(plan.checks.iter().any(|check| check.text.contains("behind the writer")), "{plan:?}");
    assert!(plan.checks.iter().any(|check| check.text.contains("connection")), "{plan:?}");
    stage.confirm(id).await;
    stage.follow(&[id]).await;
    let operation = stage.operations.get(id).unwrap().clone();
    assert_eq!(verdict(&operation), Verdict::Done, "{operation:#?}");
    assert!(
        says(&operation, "bookmark-manager-prod-aurora-2 writes now; without a writer for at most"),
        "{operation:#?}"
    );
    assert!(says(&operation, "Started cross AZ failover"), "{operation:#?}");
    let command = "rds describe-db-clusters --query DBClusters[0].DBClusterMembers[?IsClusterWriter].DBInstanceIdentifier --output text";
    assert_eq!(stage.aws(command).await.1.trim(), "bookmark-manager-prod-aurora-2");
    let audit = stage.audit();
    let (first, last) = (&audit[0], audit.last().unwrap());
    assert_eq!(first["before"]["writer"], "bookmark-manager-prod-aurora-1");
    assert_eq!(
        (last["outcome"].as_str(), last["after"]["writer"].as_str()),
        (Some("done"), Some("bookmark-manager-prod-aurora-2"))
    );
    // And back, by name.
    let back = stage.run(of(AURORA, StepChange::Failover { to: Some("bookmark-manager-prod-aurora-1".into()) })).await;
    assert_eq!(verdict(&back), Verdict::Done);
}

#[tokio::test]
async fn single_zone_instance_has_no_failover_target() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let id = stage.plan(of(ALONE, StepChange::Failover { to: None })).await;
    let operation = stage.operations.get(id).unwrap();
    assert_eq!(verdict(operation), Verdict::Impossible);
    assert!(says(operation, "no failover target"), "{operation:#?}");
    assert_eq!(stage.audit().len(), 0, "nothing was started");
}

#[tokio::test]
async fn snapshots_of_clusters_and_instances_are_followed_until_available() {
    for (scenario, database, kind) in
        [(Scenario::Prod, AURORA, "cluster-snapshots"), (Scenario::Staging, ALONE, "snapshots")]
    {
        let mut stage = Harness::on(scenario).await;
        let name = format!("{database}-before-migration");
        let operation = stage.run(of(database, StepChange::Snapshot { name: name.clone() })).await;
        assert_eq!(verdict(&operation), Verdict::Done, "{operation:#?}");
        let listed = stage.aws(&format!("rds describe-db-{kind} --snapshot-type manual")).await.1;
        assert!(listed.contains(&name) && listed.contains("\"available\""), "{listed}");
        let again = stage.run_to_refusal(of(database, StepChange::Snapshot { name })).await;
        assert!(says(&again, "already"), "{again:#?}");
    }
}

#[tokio::test]
async fn database_instance_restarts_stops_and_starts() {
    let mut stage = Harness::on(Scenario::Staging).await;
    let operation = stage.run(of(ALONE, StepChange::Reboot { instance: ALONE.into() })).await;
    assert_eq!(verdict(&operation), Verdict::Done, "{operation:#?}");
    assert!(says(&operation, "has restarted after"), "{operation:#?}");
    let stopped = stage.run(of(ALONE, StepChange::Power(Power::Stop))).await;
    assert!(says(&stopped, "is stopped after"), "{stopped:#?}");
    let twice = stage.run_to_refusal(of(ALONE, StepChange::Power(Power::Stop))).await;
    assert!(says(&twice, "is stopped already"), "{twice:#?}");
    let started = stage.run(of(ALONE, StepChange::Power(Power::Start))).await;
    assert!(says(&started, "is available after"), "{started:#?}");
}
