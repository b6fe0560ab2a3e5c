//! Reads how a run ended from the end of its events, so that a list of many runs need not read all of them.

use crate::model::infra::run_event::{RunEnd, RunEvent, RunEventKind};
use std::fs::File;
use std::path::Path;

/// The number of bytes to read from the end: only a few short events may follow the last decisive one.
const TAIL: u64 = 16 * 1024;

/// Returns how the run ended; `None` if it has not ended, or was retried afterwards.
pub fn read_end(events: &Path) -> Option<RunEnd> {
    use std::os::unix::fs::FileExt as _;
    let file = File::open(events).ok()?;
    let length = file.metadata().ok()?.len();
    let mut tail = vec![0; usize::try_from(length.min(TAIL)).ok()?];
    file.read_exact_at(&mut tail, length.saturating_sub(TAIL)).ok()?;
    let decides = |line: &str| line.contains(r#""event":"ended""#) || line.contains(r#""event":"retried""#);
    let text = String::from_utf8_lossy(&tail);
    let decisive = text.lines().rev().filter(|line| decides(line));
    let last =
        decisive.filter_map(|line| serde_json::from_str::<RunEvent>(line).ok()).find_map(|event| match event.what {
            RunEventKind::Ended { end } => Some(Some(end)),
            RunEventKind::Retried { .. } => Some(None),
            // A note whose text looks like such an event.
            _ => None,
        });
    last.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_end_counts_unless_the_run_was_retried_after_it() {
        let events = std::env::temp_dir().join(format!("cockpit-outcome-{}", std::process::id()));
        let line = |rest: &str| format!("{{\"time\":\"2026-11-28T05:00:00Z\",{rest}}}\n");
        let by = r#"{"user":"ana","host":"desk","pid":1}"#;
        let ended = |end: &str| line(&format!(r#""event":"ended","end":"{end}""#));
        let heard = line(r#""event":"heard","next":7"#);
        let retried = line(&format!(r#""event":"retried","units":["a"],"by":{by}"#));
        let note = line(r#""event":"note","text":"said \"event\":\"ended\"""#);
        let long = heard.repeat(1000);
        let read = |text: &str| {
            std::fs::write(&events, text).unwrap();
            read_end(&events)
        };
        assert_eq!(read(""), None);
        assert_eq!(read(&heard), None);
        assert_eq!(read(&(long.clone() + &ended("failed"))), Some(RunEnd::Failed));
        assert_eq!(read(&(ended("failed") + &heard + &note)), Some(RunEnd::Failed));
        assert_eq!(read(&(ended("failed") + &retried + &long)), None);
        assert_eq!(read(&(ended("failed") + &retried + &ended("done") + "{\"time\":\"torn")), Some(RunEnd::Done));
        std::fs::remove_file(&events).unwrap();
        assert_eq!(read_end(&events), None, "the run has no events");
    }
}
