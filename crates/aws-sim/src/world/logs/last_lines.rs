//! The last lines of a container that ended, which show why a task failed. The lines of a running container are in `lines`.

use super::Shape;
use crate::world::ecs::Fate;

/// The last lines of a container with this log shape.
pub(super) fn last_lines(fate: Fate, shape: Shape, code: Option<&str>) -> Vec<String> {
    if matches!(shape, Shape::Agent) {
        return vec!["CORE | INFO | (cmd/agent/subcommands/run/command.go:274 in run) | Received signal 'terminated', shutting down...".to_owned()];
    }
    if code != Some("EssentialContainerExited") {
        return owned(&["Received SIGTERM, shutting down", "Server closed, 0 requests in flight"]);
    }
    match fate {
        Fate::OutOfMemory => owned(&[
            "",
            "<--- Last few GCs --->",
            "",
            "[1:0x7f3c4c000]    24812 ms: Mark-Compact 494.1 (512.2) -> 493.8 (512.4) MB, 412.30 / 0.00 ms  (average mu = 0.081) allocation failure; scavenge might not succeed",
            "[1:0x7f3c4c000]    25310 ms: Mark-Compact 494.6 (512.4) -> 494.1 (512.9) MB, 489.02 / 0.00 ms  (average mu = 0.052) allocation failure; scavenge might not succeed",
            "",
            "<--- JS stacktrace --->",
            "",
            "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
            "----- Native stack trace -----",
        ]),
        Fate::ExitsEarly => owned(&[
            "/app/dist/config/environment.js:31",
            "        throw new Error(`${name} is not set`);",
            "        ^",
            "",
            "Error: DATABASE_URL is not set",
            "    at required (/app/dist/config/environment.js:31:15)",
            "    at Object.<anonymous> (/app/dist/config/environment.js:44:18)",
            "    at Module._compile (node:internal/modules/cjs/loader:1554:14)",
            "    at node:internal/main/run_main_module:36:49",
            "",
            "Node.js v22.14.0",
        ]),
        Fate::WrongPlatform => owned(&["exec /usr/local/bin/docker-entrypoint.sh: exec format error"]),
        // The others end only when they are stopped.
        _ => owned(&["Process ended"]),
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}
