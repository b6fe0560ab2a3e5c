//! Stack traces whose lines are separate events: which line begins a trace, and which continues it, for common runtimes.
//! `docs/logs.md` has the table.
//!
//! A line continues the error before it if it is indented, if it has the form of a frame, or if the runtime always writes it
//! at this point of a trace. Lines that could just as well be ordinary log lines are never taken.

mod line_formats;
mod line_starts;

use crate::level::Level;
use crate::line::starts_log_entry;
use line_formats::{
    is_elixir, is_exception, is_field, is_gin_place, is_go_frame, is_go_frame_name, is_go_name, is_goroutine,
    is_haskell, is_js_error, is_julia_frame, is_more, is_native, is_node_place, is_number_frame, is_php_next, is_place,
    is_prisma, is_python_end, is_rails_error, is_register, is_request, is_ruby_frame, is_ruby_start, is_tagged_error,
    is_termination_message, is_thrown, untagged,
};
pub(crate) use line_formats::{is_haskell_event, is_postgres_detail};
use line_starts::{ASYNCIO, CHAINED, FAULT, FRAMES, GO, HEAP, PYTHON_SQL, RUST, SANITIZER, SWIFT};

/// The stack trace that is open in a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Trace {
    /// No stack trace is open.
    #[default]
    None,
    /// After a line that was an error or worse: its trace may follow.
    After,
    /// After a line of zap in columns that was a warning or worse: frames may follow, function and place in turn.
    Zap,
    /// Frames of some runtime: Java, .NET, PHP, Dart and others.
    Frames,
    /// Frames of Python, up to the line with the exception.
    Python,
    /// After that line: another exception may follow, introduced by its relation to this one.
    PythonEnd,
    /// An SQL statement, up to a line that ends with a bracket.
    PythonSql,
    /// Fields rejected by pydantic, each with the reason on indented lines.
    Pydantic,
    /// A report of `faulthandler`.
    Fault,
    /// The message is on the next line, whatever it is; then frames follow.
    Message,
    /// The request as gin prints it is on the next line, then the message follows.
    GinMessage,
    /// Frames of gin: places with addresses.
    Gin,
    /// Prisma's description of the call, up to the message.
    Prisma,
    /// Why a Spring Boot application did not start.
    Spring,
    /// The hint follows.
    SpringAction,
    /// Goroutines of a Go panic.
    Go,
    /// The message of a Rust panic is on the next line.
    RustMessage,
    /// Notes and backtrace of a Rust panic.
    Rust,
    /// The source line printed by Node.js is next.
    NodeSource,
    /// The error is next.
    Node,
    /// The error line of a Node.js trace was read.
    NodeEnd,
    /// V8's report of running out of memory.
    Heap,
    /// A report of a sanitizer.
    Sanitizer,
    /// Frames of a Ruby trace.
    Ruby,
    /// A report of Elixir's processes.
    Elixir,
    /// A report of Erlang, up to an empty line.
    Erlang,
    /// A report of a crashed JVM, whose lines begin with `#`.
    Hash,
    /// A report of a crashed Swift program.
    Swift,
}

/// Returns the level and the kind of trace that a line begins; `None` for other lines.
pub(crate) fn start(line: &str) -> Option<(Level, Trace)> {
    let trimmed = line.trim_start();
    let fits = |marks: &[&str]| marks.iter().any(|mark| trimmed.starts_with(mark));
    Some(match trimmed.as_bytes().first()? {
        b'T' if fits(&["Traceback (most recent call last)"]) => (Level::Error, Trace::Python),
        b'T' if fits(&["The application panicked (crashed)"]) => (Level::Fatal, Trace::Rust),
        b'+' if fits(&["+ Exception Group Traceback (most recent call last)"]) => (Level::Error, Trace::Python),
        b'E' if fits(&["Exception in thread ", "Exception ignored in", "Exception in callback "]) => {
            (Level::Error, Trace::After)
        }
        // The exception is on the next line.
        b'U' if trimmed == "Unhandled exception:" => (Level::Error, Trace::Message),
        b'E' if fits(&["Execution error"]) => (Level::Error, Trace::Message),
        b'E' if fits(&["ERROR: "]) && trimmed.ends_with(':') && trimmed.contains("Error") => {
            (Level::Error, Trace::Message)
        }
        b'A' if trimmed == "APPLICATION FAILED TO START" => (Level::Error, Trace::Spring),
        b'C' if fits(&["CallStack (from "]) => (Level::Error, Trace::Frames),
        b'D' if fits(&["Died at "]) && trimmed.contains(" line ") => (Level::Error, Trace::After),
        b'F' if fits(&["Fatal Python error: "]) => (Level::Fatal, Trace::Fault),
        b'<' if fits(&["<--- Last few GCs"]) => (Level::Fatal, Trace::Heap),
        b'l' if fits(&["lua"])
            && trimmed.split_once(": ").is_some_and(|(name, rest)| {
                name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') && head(rest).contains(".lua:")
            }) =>
        {
            (Level::Error, Trace::After)
        }
        b'r' if fits(&["runtime: goroutine stack exceeds"]) => (Level::Fatal, Trace::Go),
        b'S' | b'A' | b'I' | b'B' | b'F' | b'f' | b'd' | b'm' | b'r' | b'c' | b'*'
            if is_termination_message(trimmed) =>
        {
            (Level::Fatal, Trace::None)
        }
        b'f' if fits(&["fatal runtime error: "]) => (Level::Fatal, Trace::Rust),
        b't' if fits(&["thread '"]) && trimmed.contains("has overflowed its stack") => (Level::Fatal, Trace::Rust),
        b'U' if fits(&["Unhandled exception", "Unhandled Exception", "Uncaught "]) => (Level::Error, Trace::After),
        b'u' if fits(&["unhandled exception"]) => (Level::Error, Trace::After),
        b'p' if fits(&["panic: "]) => (Level::Fatal, Trace::Go),
        b'f' if fits(&["fatal error: "]) => (Level::Fatal, Trace::Go),
        b'S' if fits(&[
            "SIGQUIT: quit",
            "SIGABRT: abort",
            "SIGSEGV: segmentation",
            "SIGBUS: bus",
            "SIGTRAP: trace",
        ]) =>
        {
            (Level::Fatal, Trace::Go)
        }
        b'g' if is_goroutine(trimmed) => (Level::Error, Trace::Go),
        b't' if trimmed.starts_with("thread '") && trimmed.contains("' ") && trimmed.contains("panicked at ") => {
            // Since Rust 1.73 the message is on separate lines.
            (Level::Fatal, if trimmed.ends_with(':') { Trace::RustMessage } else { Trace::Rust })
        }
        b't' if fits(&["terminate called "]) => (Level::Fatal, Trace::After),
        b'=' if trimmed.starts_with("==") && trimmed.contains("==ERROR: ") => (Level::Fatal, Trace::Sanitizer),
        b'=' => report(trimmed)?,
        b'*' if fits(&["** ("]) => (Level::Error, Trace::Elixir),
        b'#' if fits(&["# A fatal error has been detected"]) => (Level::Fatal, Trace::Hash),
        _ if trimmed.starts_with('╭') && head(trimmed).contains(" Traceback (") => (Level::Error, Trace::Python),
        _ if is_node_place(trimmed) => (Level::Error, Trace::NodeSource),
        _ if head(trimmed).contains("http: panic serving ") => (Level::Error, Trace::Go),
        _ if head(trimmed).contains("[Recovery] ") && trimmed.ends_with("panic recovered:") => {
            (Level::Error, Trace::GinMessage)
        }
        _ if head(trimmed).contains("Program crashed: ") => (Level::Fatal, Trace::Swift),
        _ if is_ruby_start(trimmed) || is_rails_error(trimmed) || is_tagged_error(trimmed) => {
            (Level::Error, Trace::Ruby)
        }
        // Since GHC 9.10 the message is on separate lines.
        _ if is_haskell(trimmed) => (Level::Error, if trimmed.ends_with(':') { Trace::Message } else { Trace::After }),
        _ if is_exception(line) => (Level::Error, Trace::After),
        _ => return None,
    })
}

/// Returns the part of a line that is searched for text that may be anywhere in it.
fn head(line: &str) -> &str {
    line.get(..120).unwrap_or(line)
}

/// Returns whether the beginning of a trace belongs to the error logged just before it. Loggers write an exception after
/// their line; runtimes write their final message on its own.
pub(crate) fn joins_error(line: &str, trace: Trace) -> bool {
    match trace {
        Trace::Python | Trace::Elixir | Trace::Spring | Trace::Frames => true,
        Trace::Ruby => !is_ruby_start(line),
        Trace::After => is_exception(line),
        _ => false,
    }
}

/// Returns the next state if a line continues the open trace. Indented lines that are not handled here are handled by
/// [`indented`].
pub(crate) fn next_state(trace: Trace, line: &str) -> Option<Trace> {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return match trace {
            Trace::None => None,
            Trace::Erlang => Some(Trace::None),
            other => Some(other),
        };
    }
    let fits = |marks: &[&str]| marks.iter().any(|mark| trimmed.starts_with(mark));
    let inside = line.starts_with([' ', '\t']) && !starts_log_entry(line);
    match trace {
        Trace::None => None,
        Trace::After | Trace::Frames => frames_or_after(trace, line, trimmed),
        Trace::Zap => (is_go_name(line) || inside).then_some(Trace::Zap),
        Trace::Python => python(line, trimmed, inside),
        Trace::PythonEnd => {
            if fits(CHAINED) {
                return Some(Trace::Python);
            }
            if fits(&["[SQL: "]) && !trimmed.ends_with(']') {
                return Some(Trace::PythonSql);
            }
            (inside || fits(PYTHON_SQL)).then_some(Trace::PythonEnd)
        }
        Trace::PythonSql | Trace::GinMessage if starts_log_entry(line) => None,
        Trace::PythonSql => Some(if trimmed.ends_with(']') { Trace::PythonEnd } else { Trace::PythonSql }),
        Trace::Pydantic if inside || is_field(line) => Some(Trace::Pydantic),
        Trace::Pydantic => next_state(Trace::PythonEnd, line),
        Trace::Fault => (inside || fits(FAULT)).then_some(Trace::Fault),
        Trace::GinMessage => Some(if is_request(trimmed) { Trace::GinMessage } else { Trace::Gin }),
        Trace::Gin => (inside || is_gin_place(trimmed)).then_some(Trace::Gin),
        Trace::Prisma if fits(&["at "]) && inside => Some(Trace::Frames),
        Trace::Prisma if inside || is_place(trimmed) || trimmed.starts_with('→') => Some(Trace::Prisma),
        Trace::Spring if trimmed == "Action:" => Some(Trace::SpringAction),
        Trace::Spring => (!starts_log_entry(line)).then_some(Trace::Spring),
        Trace::Message | Trace::Prisma | Trace::SpringAction => (!starts_log_entry(line)).then_some(Trace::Frames),
        Trace::Go => (inside || is_goroutine(trimmed) || is_go_frame(line) || is_register(trimmed) || fits(GO))
            .then_some(Trace::Go),
        Trace::RustMessage => (!starts_log_entry(line)).then_some(Trace::Rust),
        Trace::Rust => (inside || fits(RUST)).then_some(Trace::Rust),
        Trace::NodeSource => (!starts_log_entry(line)).then_some(Trace::Node),
        Trace::Node => {
            if trimmed.bytes().all(|b| matches!(b, b'^' | b'~' | b' ')) || inside {
                Some(Trace::Node)
            } else if is_js_error(line) {
                Some(Trace::NodeEnd)
            } else {
                node_end(trimmed)
            }
        }
        Trace::NodeEnd if is_prisma(trimmed) => Some(Trace::Prisma),
        Trace::NodeEnd if inside || matches!(trimmed, "}" | "]" | "})" | "]}") => Some(Trace::NodeEnd),
        Trace::NodeEnd => node_end(trimmed),
        Trace::Heap => (inside || is_native(trimmed) || fits(HEAP)).then_some(Trace::Heap),
        Trace::Sanitizer => {
            let own = trimmed.starts_with("==") && trimmed.ends_with("==ABORTING");
            (inside || own || fits(SANITIZER)).then_some(Trace::Sanitizer)
        }
        Trace::Ruby => {
            let bare = untagged(trimmed);
            let frame = is_ruby_frame(bare) && !is_ruby_start(bare);
            let own = ["from ", "Causes:", "... "].iter().any(|mark| bare.starts_with(mark));
            (frame || inside || own || is_rails_error(trimmed) || bare.is_empty()).then_some(Trace::Ruby)
        }
        Trace::Elixir => (inside || is_elixir(trimmed)).then_some(Trace::Elixir),
        Trace::Erlang => {
            let term = trimmed.starts_with(['{', '[', '<', '*']) && !starts_log_entry(line);
            (inside || term || fits(&["Error in process", "Generic server", "exit value"])).then_some(Trace::Erlang)
        }
        Trace::Hash => (trimmed.starts_with('#') && start(trimmed).is_none()).then_some(Trace::Hash),
        Trace::Swift => {
            let numbered = trimmed.starts_with(|c: char| c.is_ascii_digit()) && !starts_log_entry(line);
            (inside || numbered || is_register(trimmed) || fits(SWIFT)).then_some(Trace::Swift)
        }
    }
}

/// Returns [`next_state`] after an error and among frames, where a trace of another runtime may begin.
fn frames_or_after(trace: Trace, line: &str, trimmed: &str) -> Option<Trace> {
    let fits = |marks: &[&str]| marks.iter().any(|mark| trimmed.starts_with(mark));
    if is_ruby_frame(trimmed) && !is_ruby_start(trimmed) {
        return Some(Trace::Ruby);
    }
    if is_goroutine(trimmed) {
        return Some(Trace::Go);
    }
    if fits(&["** ("]) {
        return Some(Trace::Elixir);
    }
    if trace == Trace::After
        && let Some(next) = after(line, trimmed)
    {
        return Some(next);
    }
    let frame = is_number_frame(trimmed)
        || is_php_next(trimmed)
        || is_more(trimmed)
        || fits(FRAMES)
        || (line.starts_with(' ') && is_julia_frame(trimmed));
    frame.then_some(Trace::Frames)
}

/// Returns [`next_state`] among frames of Python.
fn python(line: &str, trimmed: &str, inside: bool) -> Option<Trace> {
    let fits = |marks: &[&str]| marks.iter().any(|mark| trimmed.starts_with(mark));
    let own = fits(CHAINED) || fits(&["Traceback (most recent call last)", "> File ", "│", "╰"]);
    if inside || own {
        Some(Trace::Python)
    } else if is_ruby_start(trimmed) {
        // Ruby 2.5 to 2.7 on a terminal: the newest frame is last.
        Some(Trace::Ruby)
    } else {
        is_python_end(line).then(|| python_end(line))
    }
}

/// Returns the trace that continues directly after an error line.
fn after(line: &str, trimmed: &str) -> Option<Trace> {
    let fits = |marks: &[&str]| marks.iter().any(|mark| trimmed.starts_with(mark));
    if is_go_frame_name(line) {
        return Some(Trace::Zap);
    }
    if is_thrown(line) {
        return Some(Trace::Frames);
    }
    if fits(ASYNCIO) {
        return Some(Trace::After);
    }
    if fits(&["Require stack:"]) {
        return Some(Trace::NodeEnd);
    }
    if fits(&["----- Native stack trace", "<--- JS stacktrace"]) || is_native(trimmed) {
        return Some(Trace::Heap);
    }
    if is_prisma(trimmed) {
        return Some(Trace::Prisma);
    }
    (trimmed.len() > 10 && trimmed.bytes().all(|b| b == b'*')).then_some(Trace::Spring)
}

/// Returns the trace that may follow an error in one plain line.
pub(crate) fn after_error(line: &str, level: Level) -> Trace {
    match level {
        Level::Warn | Level::Error | Level::Fatal if line.contains('\t') => Trace::Zap,
        Level::Error | Level::Fatal => python_or(line, Trace::After),
        _ => Trace::None,
    }
}

/// Returns the trace that follows Python's line with the exception.
fn python_end(line: &str) -> Trace {
    python_or(line, Trace::PythonEnd)
}

fn python_or(line: &str, other: Trace) -> Trace {
    let refused = line.contains(" validation error for ") || line.contains(" validation errors for ");
    if refused { Trace::Pydantic } else { other }
}

/// Returns whether a line continues the previous one in any case, because it is indented or has a form that only traces have.
pub(crate) fn always_continues(line: &str) -> bool {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    if trimmed.is_empty() || (indent > 0 && starts_log_entry(line)) {
        return false;
    }
    let cause = ["Caused by:", "Caused by ", "During handling of", "[cause]:"];
    if cause.iter().any(|mark| trimmed.starts_with(mark)) {
        return true;
    }
    if indent > 0 && ["at ", "---> ", "--- "].iter().any(|mark| trimmed.starts_with(mark)) {
        return true;
    }
    if line.starts_with('\t') {
        return true;
    }
    // Next.js indents every line by one blank and its banner by three.
    (indent >= 2 && !trimmed.starts_with(['▲', '-', '✓', '⨯', '⚠', '○'])) || matches!(trimmed, "}" | "]" | "})" | "^")
}

/// `=ERROR REPORT==== 20-Nov-2026::12:00:00 ===`
fn report(line: &str) -> Option<(Level, Trace)> {
    let kind = line.strip_prefix('=')?.split_once(" REPORT====")?.0;
    let level = match kind {
        "ERROR" | "CRASH" | "SUPERVISOR" => Level::Error,
        "WARNING" => Level::Warn,
        _ => Level::Info,
    };
    Some((level, Trace::Erlang))
}

/// Returns the trace that Node.js writes below an error that ended it.
fn node_end(line: &str) -> Option<Trace> {
    if line.starts_with("Node.js v") {
        return Some(Trace::None);
    }
    ["(Use `node ", "Emitted '", "Thrown at:", "Require stack:", "- /"]
        .iter()
        .any(|mark| line.starts_with(mark))
        .then_some(Trace::NodeEnd)
}
