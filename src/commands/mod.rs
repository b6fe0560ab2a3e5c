//! The commands, one folder each. A command consists of its declaration (`mod.rs`, see `declared`), its arguments
//! (`args.rs`), its work (`run.rs`), and its output, if that is its own (`report.rs`). The files beside the folders are
//! shared by several commands.
//!
//! A new command is a folder and one line in each of the two lists here: see docs/adding-a-command.md.

/// The list of commands, in the order of the help.
macro_rules! with_commands {
    ($make:ident) => {
        $make! {
            Snapshot(snapshot),
            Services(services),
            Tasks(tasks),
            Autoscaling(autoscaling),
            Health(health),
            Instances(instances),
            Users(users),
            Db(db),
            Failover(failover),
            Params(params),
            Logs(logs),
            Insights(insights),
            Timeline(timeline),
            Metrics(metrics),
            Cost(cost),
            Alarms(alarms),
            Deploy(deploy),
            Rollback(rollback),
            Scale(scale),
            Stop(stop),
            Start(start),
            Schedule(schedule),
            StopTask(stop_task),
            Invalidate(invalidate),
            Infra(infra),
            Tunnel(tunnel),
            WithDb(with_db),
            Sql(sql),
            Exec(exec),
            Own(own),
            Audit(audit),
            Init(init),
            Login(login),
            Doctor(doctor),
            Config(config),
            Schema(schema),
            Completions(completions),
            Man(man),
            Sim(sim),
            Demo(demo),
            Internal(internal),
        }
    };
}

mod alarms;
mod audit;
mod autoscaling;
mod completions;
mod config;
mod cost;
mod db;
mod demo;
mod deploy;
mod doctor;
mod exec;
mod failover;
mod health;
mod infra;
mod init;
mod insights;
mod instances;
mod internal;
mod invalidate;
mod login;
mod logs;
mod man;
mod metrics;
mod own;
mod params;
mod rollback;
mod scale;
mod schedule;
mod schema;
mod services;
mod sim;
mod snapshot;
mod sql;
mod start;
mod stop;
mod stop_task;
mod tasks;
mod timeline;
mod tunnel;
mod users;
mod with_db;

mod change;
mod change_target;
pub mod command_line;
mod completeness;
mod confirmation;
mod context;
mod database;
mod database_route;
pub mod declared;
mod diagnostics;
pub mod dispatch;
mod filter_flags;
mod instance_start;
pub mod list;
mod log_groups;
mod open_sessions;
mod operation_schema;
mod power;
mod power_flags;
mod progress;
mod refused_source;
mod remote;
mod remote_shell;
mod report_output;
mod scenario;
mod session;
mod simulator;
mod timeouts;
mod waiting;

#[cfg(test)]
mod command_line_tests;
#[cfg(test)]
mod csv_tests;
#[cfg(test)]
mod report_tests;
#[cfg(test)]
mod sample_reports_tests;
#[cfg(test)]
mod unread_tests;
