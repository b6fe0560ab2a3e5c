//! RDS: failover, restart and snapshots.

use super::budget::Class;
use super::clients::Clients;
use super::session::Action;
use super::writer::Writer;
use crate::app::operation::call::Reply;
use crate::app::operation::database::call::RdsWrite;
use crate::model::Failure;

const FAILOVER_DB_CLUSTER: Action = Action { name: "rds:FailoverDBCluster", class: Class::Rds };
const REBOOT_DB_INSTANCE: Action = Action { name: "rds:RebootDBInstance", class: Class::Rds };
const CREATE_DB_CLUSTER_SNAPSHOT: Action = Action { name: "rds:CreateDBClusterSnapshot", class: Class::Rds };
const CREATE_DB_SNAPSHOT: Action = Action { name: "rds:CreateDBSnapshot", class: Class::Rds };

/// Sends a change of a database.
pub(super) async fn write(writer: &Writer<'_>, write: &RdsWrite) -> Result<Reply, Failure> {
    match write {
        RdsWrite::Failover { cluster, to } => {
            let send = |clients: &Clients| {
                let ask = clients.rds().failover_db_cluster().db_cluster_identifier(cluster);
                ask.target_db_instance_identifier(to).send()
            };
            writer.send_once(FAILOVER_DB_CLUSTER, send).await.map(drop)?;
        }
        RdsWrite::Reboot { instance, failover } => {
            let send = |clients: &Clients| {
                let ask = clients.rds().reboot_db_instance().db_instance_identifier(instance);
                // RDS refuses the flag, even as false, for a database without a standby.
                ask.set_force_failover(failover.then_some(true)).send()
            };
            writer.send_once(REBOOT_DB_INSTANCE, send).await.map(drop)?;
        }
        RdsWrite::Snapshot { database, cluster: true, name } => {
            let send = |clients: &Clients| {
                let ask = clients.rds().create_db_cluster_snapshot().db_cluster_identifier(database);
                ask.db_cluster_snapshot_identifier(name).send()
            };
            writer.send_once(CREATE_DB_CLUSTER_SNAPSHOT, send).await.map(drop)?;
        }
        RdsWrite::Snapshot { database, cluster: false, name } => {
            let send = |clients: &Clients| {
                let ask = clients.rds().create_db_snapshot().db_instance_identifier(database);
                ask.db_snapshot_identifier(name).send()
            };
            writer.send_once(CREATE_DB_SNAPSHOT, send).await.map(drop)?;
        }
    }
    Ok(Reply::Done)
}
