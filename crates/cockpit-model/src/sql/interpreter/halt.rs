//! The position in a text at which its execution stopped.

/// How far a text was run before it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// The error that stopped it; empty if nothing has.
    pub why: String,
    /// Number of executed statements.
    pub executed: usize,
    /// The parts that were not run, those of the innermost file first.
    pub remaining: Vec<UnrunPart>,
    /// Whether a transaction is open or failed.
    pub open: bool,
}

/// A part of a text that was not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnrunPart {
    /// The file; `None` for text that was typed, passed or fed.
    pub file: Option<String>,
    /// The first line that was not run.
    pub line: usize,
}

impl Halt {
    /// Describes the halt in a sentence. `text` is the name for the text that is not a file. `None` if there is nothing to
    /// report.
    pub fn sentence(&self, text: &str) -> Option<String> {
        if self.executed == 0 && self.remaining.is_empty() {
            return None;
        }
        let ran = match self.executed {
            0 => "no statement ran before it".to_owned(),
            1 => "one statement ran before it".to_owned(),
            more => format!("{more} statements ran before it"),
        };
        let part = |left: &UnrunPart| match (left.file.as_deref().unwrap_or(text), left.line) {
            (name, 1) => name.to_owned(),
            (name, line) => format!("{name} from line {line} on"),
        };
        let left: Vec<String> = self.remaining.iter().map(part).collect();
        Some(if left.is_empty() { ran } else { format!("{ran}; not run: {}", left.join(", then ")) })
    }
}
