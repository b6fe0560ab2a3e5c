//! Checks of external tools: whether they are installed, and their version.

use crate::app::doctor::Check;
use futures_util::future::join_all;
use std::process::Stdio;
use std::time::Duration;

/// The time limit for printing a version; a tool that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(10);

/// The name of each tool, the arguments that print its version, and its purpose.
const TOOLS: [(&str, &[&str], &str); 3] = [
    ("terraform", &["version"], "the environments in infra/terraform are made with it"),
    ("terragrunt", &["--version"], "the environments in infra/terraform are made with it"),
    ("docker", &["--version"], "`cockpit deploy --build` needs it"),
];

/// Runs each tool that the cockpit may call, and checks its version.
pub async fn checks(limit: Option<Duration>) -> Vec<Check> {
    let limit = limit.map_or(LIMIT, |limit| limit.min(LIMIT));
    let runs = TOOLS.map(|(name, arguments, needed)| async move {
        let hint = format!("install it and put it on PATH: {needed}");
        let child = tokio::process::Command::new(name).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output();
        match tokio::time::timeout(limit, child).await {
            Ok(Ok(output)) if output.status.success() => {
                let text = String::from_utf8_lossy(&output.stdout);
                Check::ok(name, text.lines().next().unwrap_or_default().to_owned())
            }
            Ok(Ok(output)) => Check::warn(name, format!("it ends with {}", output.status), hint),
            Ok(Err(_)) => Check::warn(name, "not found", hint),
            Err(_) => Check::warn(name, "it does not answer", hint),
        }
    });
    join_all(runs).await
}
