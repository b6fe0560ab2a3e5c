//! Lines that a program prints, on their way to the app. A program that prints faster than the app takes its lines in is
//! not held up: lines that have no room are counted, and where they would stand it says how many they are.

use crate::app::event::Event;
use crate::app::operation::call::CallId;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::Sender;

/// The lines of one program.
pub(super) struct Printed<'a> {
    id: CallId,
    out: &'a Sender<Event>,
    /// Lines that had no room since the last one that had.
    lost: AtomicUsize,
}

impl<'a> Printed<'a> {
    /// Of the program that this call runs.
    pub(super) fn new(id: CallId, out: &'a Sender<Event>) -> Self {
        Self { id, out, lost: AtomicUsize::new(0) }
    }

    /// Hands a line on, if there is room.
    pub(super) fn line(&self, line: String) {
        let lost = self.lost.load(Ordering::Relaxed);
        // First what is missing before it.
        if lost > 0 && self.out.try_send(self.missing(lost)).is_ok() {
            self.lost.store(0, Ordering::Relaxed);
        }
        if self.lost.load(Ordering::Relaxed) > 0 || self.out.try_send(Event::Output(self.id, line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The program has ended: says what is missing at the end.
    pub(super) async fn end(self) {
        let lost = self.lost.load(Ordering::Relaxed);
        if lost > 0 {
            // Only an app that has gone takes nothing any more.
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
    async fn every_line_that_has_no_room_is_counted_where_it_would_stand() {
        let (out, mut events) = channel(2);
        let printed = Printed::new(CallId(1), &out);
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
    async fn a_program_whose_lines_all_have_room_has_no_other_lines() {
        let (out, mut events) = channel(8);
        let printed = Printed::new(CallId(1), &out);
        printed.line("a".to_owned());
        printed.end().await;
        assert_eq!(texts(&mut events), ["a"]);
    }
}
