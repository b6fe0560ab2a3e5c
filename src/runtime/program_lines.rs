//! Passes the lines that a program prints to the app. A program that prints faster than the app takes lines is not slowed down:
//! lines without room are counted, and a line in their place gives their number.

use crate::app::event::Event;
use crate::app::operation::call::CallId;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::Sender;

/// The lines of one program.
pub(super) struct ProgramOutput<'a> {
    id: CallId,
    out: &'a Sender<Event>,
    /// Number of lines dropped since the last one that was passed on.
    lost: AtomicUsize,
}

impl<'a> ProgramOutput<'a> {
    /// Creates the sink for the program that this call runs.
    pub(super) fn new(id: CallId, out: &'a Sender<Event>) -> Self {
        Self { id, out, lost: AtomicUsize::new(0) }
    }

    /// Passes a line on, if there is room.
    pub(super) fn line(&self, line: String) {
        let lost = self.lost.load(Ordering::Relaxed);
        // First the notice of lines missing before it.
        if lost > 0 && self.out.try_send(self.missing(lost)).is_ok() {
            self.lost.store(0, Ordering::Relaxed);
        }
        if self.lost.load(Ordering::Relaxed) > 0 || self.out.try_send(Event::Output(self.id, line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Reports missing lines at the end of the output.
    pub(super) async fn end(self) {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            // It fails only if the app is gone.
            let _ = self.out.send(self.missing(lost)).await;
        }
    }

    fn missing(&self, lost: usize) -> Event {
        let lines = if lost == 1 { "1 line".to_owned() } else { format!("{lost} lines") };
        Event::Output(self.id, format!("… {lines} left out: they came faster than they could be shown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::{Receiver, channel};

    fn texts(events: &mut Receiver<Event>) -> Vec<String> {
        let mut found = Vec::new();
        while let Ok(event) = events.try_recv() {
            let Event::Output(_, line) = event else { panic!("{event:?}") };
            found.push(line);
        }
        found
    }

    #[tokio::test]
    async fn dropped_lines_are_counted_in_their_place() {
        let (out, mut events) = channel(2);
        let printed = ProgramOutput::new(CallId(1), &out);
        for number in 1..=5 {
            printed.line(number.to_string());
        }
        assert_eq!(texts(&mut events), ["1", "2"]);
        printed.line("6".to_owned());
        let missing = "… 3 lines left out: they came faster than they could be shown";
        assert_eq!(texts(&mut events), [missing, "6"]);
        for number in 7..=9 {
            printed.line(number.to_string());
        }
        assert_eq!(texts(&mut events), ["7", "8"]);
        printed.end().await;
        assert_eq!(texts(&mut events), ["… 1 line left out: they came faster than they could be shown"]);
    }

    #[tokio::test]
    async fn output_without_dropped_lines_has_no_notice() {
        let (out, mut events) = channel(8);
        let printed = ProgramOutput::new(CallId(1), &out);
        printed.line("a".to_owned());
        printed.end().await;
        assert_eq!(texts(&mut events), ["a"]);
    }
}
