//! Traces whose lines are events of their own: which line begins one, and which goes on with it, for the
//! runtimes that people run. `docs/logs.md` has the table.
//!
//! A line goes on with the error before it because it is indented, because it has the form of a frame, or
//! because the runtime always writes it at this place of its trace. What could as well be the next line of the
//! log is never taken.

use crate::level::Level;
use crate::line::{begins, plain_level};

/// What a stream is in the middle of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Trace {
    /// Nothing.
    #[default]
    None,
    /// A line that was an error, or worse: its trace may follow.
    After,
    /// A line of zap, in columns, that was a warning or worse: frames may follow, function and place in turn.
    Zap,
    /// Frames of some runtime: Java, .NET, PHP, Dart and others.
    Frames,
    /// Frames of Python, up to the line that names the exception.
    Python,
    /// That line was there; another exception may follow, whose relation to this one is said first.
    PythonEnd,
    /// Goroutines.
    Go,
    /// The message of a panic of Rust comes next.
    RustMessage,
    /// Its notes and its backtrace.
    Rust,
    /// The line of source that Node.js shows comes next.
    NodeSource,
    /// The error comes next.
    Node,
    /// The error was there.
    NodeEnd,
    /// Frames of Ruby.
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

/// How bad the line is that begins a trace, and which it is; nothing for other lines.
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
            // Since Rust 1.73 the message has lines of its own.
            (Level::Fatal, if trimmed.ends_with(':') { Trace::RustMessage } else { Trace::Rust })
        }
        b't' if fits(&["terminate called "]) => (Level::Fatal, Trace::After),
        b'=' => report(trimmed)?,
        b'*' if fits(&["** ("]) => (Level::Error, Trace::Elixir),
        b'#' if fits(&["# A fatal error has been detected"]) => (Level::Fatal, Trace::Hash),
        _ if trimmed.starts_with('╭') && head(trimmed).contains(" Traceback (") => (Level::Error, Trace::Python),
        _ if is_node_place(trimmed) => (Level::Error, Trace::NodeSource),
        _ if head(trimmed).contains("http: panic serving ") => (Level::Error, Trace::Go),
        _ if head(trimmed).contains("Program crashed: ") => (Level::Fatal, Trace::Swift),
        _ if is_ruby_start(trimmed) || is_rails_error(trimmed) => (Level::Error, Trace::Ruby),
        _ if is_exception(line) => (Level::Error, Trace::After),
        _ => return None,
    })
}

/// As much of a line as is looked at for what may stand anywhere in it.
fn head(line: &str) -> &str {
    line.get(..120).unwrap_or(line)
}

/// Whether such a beginning belongs to the error that was logged right before it: loggers write an exception
/// after their line, runtimes write their last words by themselves.
pub(crate) fn joins(line: &str, trace: Trace) -> bool {
    match trace {
        Trace::Python | Trace::Elixir => true,
        Trace::Ruby => !is_ruby_start(line),
        Trace::After => is_exception(line),
        _ => false,
    }
}

/// Whether a line goes on with what the stream is in the middle of, and what comes then. Lines that are
/// indented are dealt with by [`indented`] if nothing is said of them here.
pub(crate) fn goes_on(trace: Trace, line: &str) -> Option<Trace> {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return match trace {
            Trace::None => None,
            Trace::Erlang => Some(Trace::None),
            other => Some(other),
        };
    }
    let fits = |marks: &[&str]| marks.iter().any(|mark| trimmed.starts_with(mark));
    let inside = line.starts_with([' ', '\t']) && !begins(line);
    match trace {
        Trace::None => None,
        Trace::After | Trace::Frames => {
            if is_ruby_frame(trimmed) && !is_ruby_start(trimmed) {
                return Some(Trace::Ruby);
            }
            if is_goroutine(trimmed) {
                return Some(Trace::Go);
            }
            if fits(&["** ("]) {
                return Some(Trace::Elixir);
            }
            let frame = is_number_frame(trimmed) || is_php_next(trimmed) || is_more(trimmed) || fits(FRAMES);
            frame.then_some(Trace::Frames)
        }
        Trace::Zap => (is_go_name(line) || inside).then_some(Trace::Zap),
        Trace::Python => {
            let own = fits(CHAINED) || fits(&["Traceback (most recent call last)", "> File ", "│", "╰"]);
            if inside || own {
                Some(Trace::Python)
            } else if is_ruby_start(trimmed) {
                // Ruby 2.5 to 2.7 on a terminal: the newest last.
                Some(Trace::Ruby)
            } else {
                is_python_end(line).then_some(Trace::PythonEnd)
            }
        }
        Trace::PythonEnd => {
            if fits(CHAINED) {
                return Some(Trace::Python);
            }
            (inside || fits(&["[SQL: ", "[parameters: ", "(Background on this error"])).then_some(Trace::PythonEnd)
        }
        Trace::Go => (inside || is_goroutine(trimmed) || is_go_frame(line) || is_register(trimmed) || fits(GO))
            .then_some(Trace::Go),
        Trace::RustMessage => (!begins(line)).then_some(Trace::Rust),
        Trace::Rust => (inside || fits(RUST)).then_some(Trace::Rust),
        Trace::NodeSource => (!begins(line)).then_some(Trace::Node),
        Trace::Node => {
            if trimmed.bytes().all(|b| matches!(b, b'^' | b'~' | b' ')) || inside {
                Some(Trace::Node)
            } else if is_js_error(line) {
                Some(Trace::NodeEnd)
            } else {
                node_end(trimmed)
            }
        }
        Trace::NodeEnd if inside || matches!(trimmed, "}" | "]" | "})" | "]}") => Some(Trace::NodeEnd),
        Trace::NodeEnd => node_end(trimmed),
        Trace::Ruby => {
            let frame = is_ruby_frame(trimmed) && !is_ruby_start(trimmed);
            (frame || inside || fits(&["from ", "Causes:", "... "]) || is_rails_error(trimmed)).then_some(Trace::Ruby)
        }
        Trace::Elixir => (inside || is_elixir(trimmed)).then_some(Trace::Elixir),
        Trace::Erlang => {
            let term = trimmed.starts_with(['{', '[', '<', '*']) && !begins(line);
            (inside || term || fits(&["Error in process", "Generic server", "exit value"])).then_some(Trace::Erlang)
        }
        Trace::Hash => (trimmed.starts_with('#') && start(trimmed).is_none()).then_some(Trace::Hash),
        Trace::Swift => {
            let numbered = trimmed.starts_with(|c: char| c.is_ascii_digit()) && !begins(line);
            (inside || numbered || is_register(trimmed) || fits(SWIFT)).then_some(Trace::Swift)
        }
    }
}

/// What goes on with frames of Java, .NET, PHP, Dart and others, at the beginning of a line.
const FRAMES: &[&str] = &[
    "Caused by:",
    "Caused by ",
    "Suppressed:",
    "Wrapped by:",
    "[CIRCULAR REFERENCE",
    "--- End of ",
    "---> ",
    "Stack trace:",
    "PHP Stack trace:",
    "PHP   ",
    "thrown in ",
    "[stacktrace]",
    "[previous exception]",
    "\"}",
    "[cause]:",
    "Backtrace:",
    "stack backtrace:",
    "Stack backtrace:",
    "<asynchronous suspension>",
    "Exception: ",
    "Location:",
    "Backtrace omitted",
    "Run with RUST_BACKTRACE",
];
/// How Python tells what the next exception has to do with the one before.
const CHAINED: &[&str] = &["During handling of the above exception", "The above exception was the direct cause"];
const GO: &[&str] = &[
    "created by ",
    "exit status ",
    "[signal ",
    "...additional frames elided",
    "[originating from goroutine",
    "runtime stack:",
    "goroutine running on other thread",
    "PC=",
    "signal arrived during",
    "[recovered]",
];
const RUST: &[&str] = &[
    "note: ",
    "stack backtrace:",
    "Stack backtrace:",
    "Caused by:",
    "Message:",
    "Location:",
    "Backtrace omitted",
    "Run with ",
    "thread panicked while processing panic",
    "thread caused non-unwinding panic",
];
const SWIFT: &[&str] =
    &["Thread ", "Registers:", "Images (", "Platform:", "Backtrace took", "Crash", "...", "Illegal instruction"];

/// Whether an indented line, or one that only traces have, goes on with the line before, whatever that was.
pub(crate) fn indented(line: &str) -> bool {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    if trimmed.is_empty() || (indent > 0 && begins(line)) {
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
    // Next.js indents every line by one blank, its banner by three.
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

/// `goroutine 1 [running]:`, `goroutine 18 gp=0xc0 m=nil [chan receive, 2 minutes]:`
fn is_goroutine(line: &str) -> bool {
    line.strip_prefix("goroutine ").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains(" [") && rest.contains("]:")
    })
}

/// `main.main()`, `net/http.(*conn).serve(0xc0001, {0x7f, 0xc0})`, `panic({0x4a, 0x4b})`
fn is_go_frame(line: &str) -> bool {
    let Some((name, _)) = line.split_once('(').filter(|_| line.trim_end().ends_with(')')) else { return false };
    let plain = !name.is_empty() && !name.contains(char::is_whitespace);
    plain && (name.contains('.') || matches!(name, "panic" | "goexit"))
}

/// `main.main`, `net/http.HandlerFunc.ServeHTTP`, `github.com/x/y.(*T).Do`: frames of zap have no arguments.
fn is_go_name(line: &str) -> bool {
    let line = line.trim_end();
    let last = line.rsplit('/').next().unwrap_or(line);
    line.starts_with(|c: char| c.is_ascii_alphabetic())
        && last.split_once('.').is_some_and(|(package, name)| !package.is_empty() && !name.is_empty())
        && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"./_-()*[]~%".contains(&b))
        && !line.ends_with('.')
}

/// `rax    0x0`, `x0      0x16b`
fn is_register(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    (2..=6).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && words.next().is_some_and(|value| value.starts_with("0x"))
}

/// `#0 /app/x.php(7): foo()`, `#1      main (package:app/main.dart:5:3)`
fn is_number_frame(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('#') else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && rest[digits..].starts_with(' ')
}

/// `Next LogicException: outer in /app/main.php:9`
fn is_php_next(line: &str) -> bool {
    let place = line.strip_prefix("Next ").and_then(|rest| rest.rsplit_once(" in ")).map(|(_, place)| place);
    place.and_then(|place| place.rsplit_once(':')).is_some_and(|(_, number)| number.bytes().all(|b| b.is_ascii_digit()))
}

/// `... 12 more`, `... 5 common frames omitted`
fn is_more(line: &str) -> bool {
    line.strip_prefix("... ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The line with which Python ends a trace: `KeyError: 'x'`, `app.errors.Refused`, `KeyboardInterrupt`.
fn is_python_end(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().trim_end();
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
        && (line.len() == name.len() || line[name.len()..].starts_with(": "))
        && Level::from_word(name.as_bytes()).is_none()
}

/// `java.lang.IllegalStateException: no`, `System.Exception: no`, `scala.MatchError`: whole names of exceptions
/// of the JVM and of .NET, alone or with a message.
fn is_exception(line: &str) -> bool {
    let name = line.split([':', ' ']).next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() > last.len()
        && ["Exception", "Error", "Throwable"].iter().any(|end| last.ends_with(end))
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$' | b'`'))
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && matches!(line.as_bytes().get(name.len()), None | Some(b':'))
}

/// `/app/x.js:3`, `node:internal/process/promises:288`, `file:///app/x.mjs:1`
fn is_node_place(line: &str) -> bool {
    let Some((place, number)) = line.rsplit_once(':') else { return false };
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && !place.contains(char::is_whitespace)
        && (place.starts_with("node:")
            || [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"].iter().any(|end| place.ends_with(end)))
}

/// `TypeError: x`, `Error [ERR_X]: y`, `AggregateError`, `Uncaught 'x'`, `[UnhandledPromiseRejection: …] {`
fn is_js_error(line: &str) -> bool {
    let name = line.strip_prefix("Uncaught ").unwrap_or(line);
    let end = name.bytes().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'))).unwrap_or(name.len());
    let (name, rest) = name.split_at(end);
    let named = name.starts_with(|c: char| c.is_ascii_uppercase())
        && (rest.is_empty()
            || rest.starts_with(": ")
            || rest.starts_with(" [")
            || rest.starts_with(" {")
            || rest == ":");
    named && Level::from_word(name.as_bytes()).is_none_or(|_| name == "Error")
        || ["Uncaught", "[Unhandled", "[Error", "'", "\""].iter().any(|mark| line.starts_with(mark))
}

/// What Node.js writes under an error that ended it.
fn node_end(line: &str) -> Option<Trace> {
    if line.starts_with("Node.js v") {
        return Some(Trace::None);
    }
    ["(Use `node ", "Emitted '", "Thrown at:", "Require stack:", "- /"]
        .iter()
        .any(|mark| line.starts_with(mark))
        .then_some(Trace::NodeEnd)
}

/// `/app/x.rb:5:in 'Foo#bar'`, with or without what follows.
fn is_ruby_frame(line: &str) -> bool {
    let Some(at) = [":in `", ":in '"].iter().find_map(|mark| line.find(mark)) else { return false };
    let (place, number) = line[..at].rsplit_once(':').unwrap_or_default();
    !place.is_empty()
        && !place.contains(char::is_whitespace)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// The line with which Ruby begins: a frame, the message, the class in brackets.
fn is_ruby_start(line: &str) -> bool {
    is_ruby_frame(line) && line.contains("': ")
}

/// `NoMethodError (undefined method 'x' for nil):`, `ActiveRecord::RecordNotFound (Couldn't find …):`
fn is_rails_error(line: &str) -> bool {
    let Some((name, rest)) = line.split_once(" (") else { return false };
    let class = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_'));
    class
        && (name.ends_with("Error") || name.contains("::"))
        && (rest.ends_with("):") || rest.ends_with(')') || rest.ends_with("),"))
}

/// Lines of a report of Elixir, beside its frames.
fn is_elixir(line: &str) -> bool {
    const MARKS: &[&str] = &[
        "** (",
        "Last message",
        "State: ",
        "State:",
        "Client #PID",
        "Client ",
        "Function: ",
        "Initial Call: ",
        "Initial call: ",
        "Ancestors: ",
        "Start Call: ",
        "Process Label: ",
        "Message Queue",
    ];
    MARKS.iter().any(|mark| line.starts_with(mark))
}

/// Beside a message, `PostgreSQL` writes lines with the same prefix: `… [7] STATEMENT:  SELECT 1`.
pub(crate) fn is_beside(line: &str) -> bool {
    const MARKS: [&str; 7] =
        ["DETAIL:  ", "HINT:  ", "STATEMENT:  ", "CONTEXT:  ", "QUERY:  ", "LOCATION:  ", "BACKTRACE:  "];
    let head = line.get(..line.len().min(160)).unwrap_or(line);
    if !head.contains(":  ") {
        return false;
    }
    MARKS.iter().any(|mark| {
        head.find(mark).is_some_and(|at| {
            at == 0 || matches!(head.as_bytes()[at - 1], b' ' | b':') && plain_level(&head[..at]) == Level::None
        })
    })
}
