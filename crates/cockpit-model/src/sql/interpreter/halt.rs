//! The parts of a text that were run and those that were not, where it ends before its end.

/// How far a text was run before it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The cause of the end; empty while nothing has ended it.
    pub why: String,
    /// Statements that were carried out.
    pub ran: usize,
    /// The statements that were not run, those of the innermost file first.
    pub left: Vec<Left>,
    /// Whether a transaction is open, or has failed.
    pub open: bool,
}

/// A part of a text that was not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The file; none for what was typed, given or fed.
    pub file: Option<String>,
    /// The first line that was not run.
    pub line: usize,
}

impl Halt {
    /// The halt in a sentence; `text` is the name of the text that is no file. None where there is nothing to tell.
    pub fn words(&self, text: &str) -> Option<String> {
        if self.ran == 0 && self.left.is_empty() {
            return None;
        }
        let ran = match self.ran {
            0 => "no statement ran before it".to_owned(),
            1 => "one statement ran before it".to_owned(),
            more => format!("{more} statements ran before it"),
        };
        let part = |left: &Left| match (left.file.as_deref().unwrap_or(text), left.line) {
            (name, 1) => name.to_owned(),
            (name, line) => format!("{name} from line {line} on"),
        };
        let left: Vec<String> = self.left.iter().map(part).collect();
        Some(if left.is_empty() { ran } else { format!("{ran}; not run: {}", left.join(", then ")) })
    }
}
