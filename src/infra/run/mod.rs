//! Runs over the units of an environment. A run is a folder, and a process of its own that drives it (`cockpit internal
//! infra-supervisor FOLDER`) in a session of its own, which no terminal and no signal to whoever started it reaches. Its
//! steps, Terraform and Terragrunt, are in sessions of their own in turn, and print into files: they go on even where
//! nobody drives the run any more, and whoever takes it up reads on.
//!
//! `RUNS/ENVIRONMENT/RUN/`, which only its owner can read, has:
//!
//! - `request.json`: what it is asked to do (`model::infra::Order`).
//! - `events.jsonl`: what happened (`model::infra::RunEvent`), a line each, only added to. All that anybody knows of the run
//!   is made of it (`model::infra::RunState`).
//! - `requests.jsonl`: what people ask of it (`model::infra::run_event::Request`), a line each, only added to.
//! - `lock`: held by what drives it. The system lets go of it, whatever its end.
//! - `units/UNIT/`: `plan.tfplan`, `plan.json` (the plan as it may be shown), `init.stdout`, `plan.stdout`, `apply.stdout`
//!   (what Terraform said), the same with `.stderr`, and `STEP.leaf`, Terraform's process.
//!
//! Beside the runs of an environment, `lock` is held by the one that drives a run of it, and says who that is; beside the
//! environments, `begins` is held while a run is being begun, or caches are removed.

mod ahead;
mod around;
pub mod begins;
mod bound;
pub mod events;
pub mod folder;
mod leaf;
pub mod left;
mod masks;
mod mocks;
pub mod moving;
pub mod ordered;
mod outcome;
mod process;
pub mod requests;
pub mod shim;
mod show;
pub mod start;
mod steps;
pub mod supervisor;
pub mod times;
mod words;
pub mod world;
