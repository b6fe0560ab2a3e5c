//! How a run ended, read from the end of its events alone: a list of many runs need not read all that happened in them.

use crate::model::infra::run_event::{RunEnd, RunEvent, What};
use std::fs::File;
use std::path::Path;

/// How many bytes are read of the end: after the last event only a few short ones may follow.
const TAIL: u64 = 16 * 1024;

/// How the run of these events ended; none where it has no end, or was tried again after it.
pub fn of(events: &Path) -> Option<RunEnd> {
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
            What::Ended { end } => Some(Some(end)),
            What::Retried { .. } => Some(None),
            // Words of a note that look like one.
            _ => None,
        });
    last.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_the_last_one_unless_the_run_was_tried_again_after_it() {
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
            of(&events)
        };
        assert_eq!(read(""), None);
        assert_eq!(read(&heard), None);
        assert_eq!(read(&(long.clone() + &ended("failed"))), Some(RunEnd::Failed));
        assert_eq!(read(&(ended("failed") + &heard + &note)), Some(RunEnd::Failed));
        assert_eq!(read(&(ended("failed") + &retried + &long)), None);
        assert_eq!(read(&(ended("failed") + &retried + &ended("done") + "{\"time\":\"torn")), Some(RunEnd::Done));
        std::fs::remove_file(&events).unwrap();
        assert_eq!(of(&events), None, "it has no events");
    }
}
