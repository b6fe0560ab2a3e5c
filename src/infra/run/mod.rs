//! Runs over the units of an environment. A run is a folder, and a supervisor process (`cockpit internal infra-supervisor
//! FOLDER`) in its own session, which no terminal and no signal to its starter reaches. Its steps, Terraform and Terragrunt,
//! run in sessions of their own, and print into files: they continue without a supervisor, and whoever resumes the run reads
//! on.
//!
//! `RUNS/ENVIRONMENT/RUN/`, which only its owner can read, contains:
//!
//! - `request.json`: the order of the run (`model::infra::Order`).
//! - `events.jsonl`: what happened (`model::infra::RunEvent`), one event per line, append-only. Everything known about the run
//!   is derived from it (`model::infra::RunState`).
//! - `requests.jsonl`: requests of people to the run (`model::infra::run_event::Request`), one per line, append-only.
//! - `lock`: held by the supervisor. The system releases it however the supervisor ends.
//! - `units/UNIT/`: `plan.tfplan`, `plan.json` (the plan as it may be shown), `init.stdout`, `plan.stdout`, `apply.stdout`
//!   (the output of Terraform), the same with `.stderr`, and `STEP.leaf`, Terraform's process.
//!
//! Beside the runs of an environment, `lock` is held by the supervisor of its current run, and records who that is. Beside the
//! environments, `begins` is held while a run is being started, or caches are removed.

mod ahead;
mod bound;
pub mod events;
pub mod folder;
mod masks;
mod mocks;
pub mod move_journal;
pub mod ordered;
mod outcome;
mod process;
pub mod requests;
pub mod shim;
mod show;
pub mod start;
pub mod start_lock;
pub mod state_endpoints;
mod step_process;
mod steps;
pub mod supervisor;
mod supervisor_helpers;
pub mod times;
mod tool_messages;
pub mod unwritten_states;
