//! Line formats that only occur in traces: frames, names of exceptions, and what a runtime writes around them.

use super::line_starts::{CORRUPTED, ENDED, HASKELL, HASKELL_FRAMES};
use crate::level::Level;
use crate::line::plain_level;

/// `goroutine 1 [running]:`, `goroutine 18 gp=0xc0 m=nil [chan receive, 2 minutes]:`
pub(super) fn is_goroutine(line: &str) -> bool {
    line.strip_prefix("goroutine ").is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit()) && rest.contains(" [") && rest.contains("]:")
    })
}

/// `main.main()`, `net/http.(*conn).serve(0xc0001, {0x7f, 0xc0})`, `panic({0x4a, 0x4b})`
pub(super) fn is_go_frame(line: &str) -> bool {
    let Some((name, _)) = line.split_once('(').filter(|_| line.trim_end().ends_with(')')) else { return false };
    let plain = !name.is_empty() && !name.contains(char::is_whitespace);
    plain && (name.contains('.') || matches!(name, "panic" | "goexit"))
}

/// `main.main`, `net/http.HandlerFunc.ServeHTTP`, `github.com/x/y.(*T).Do`: zap's frames have no arguments.
pub(super) fn is_go_name(line: &str) -> bool {
    let line = line.trim_end();
    let last = line.rsplit('/').next().unwrap_or(line);
    line.starts_with(|c: char| c.is_ascii_alphabetic())
        && last.split_once('.').is_some_and(|(package, name)| !package.is_empty() && !name.is_empty())
        && line.bytes().all(|b| b.is_ascii_alphanumeric() || b"./_-()*[]~%".contains(&b))
        && !line.ends_with('.')
}

/// Like [`is_go_name`], but excludes web addresses: only names of the main package or the runtime, of a method, or of a
/// module with its whole path.
pub(super) fn is_go_frame_name(line: &str) -> bool {
    let known = ["main.", "runtime.", "testing.", "net/http."].iter().any(|package| line.starts_with(package));
    let module = line.matches('/').count() >= 2 && line.split('/').next().is_some_and(|host| host.contains('.'));
    is_go_name(line) && (known || module || line.contains(".(*"))
}

/// `/app/main.go:12 (0x6a4f40)`
pub(super) fn is_gin_place(line: &str) -> bool {
    line.split_once(" (0x").is_some_and(|(place, address)| place.contains(".go:") && address.ends_with(')'))
}

/// `GET /orders HTTP/1.1`, `Host: example.com`: a request that gin prints before the error.
pub(super) fn is_request(line: &str) -> bool {
    let header = line.split_once(": ").is_some_and(|(name, _)| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !name.ends_with("Error")
    });
    header || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/2.0")
}

/// ` 1: 0xb8ced1 node::OOMErrorHandler`, `[1:0x5c3f10]    12345 ms: Mark-Compact`
pub(super) fn is_native(line: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let inner = line.strip_prefix('[').unwrap_or(line);
    let count = digits(inner);
    let rest = &inner[count..];
    count > 0 && if inner.len() < line.len() { rest.starts_with(":0x") } else { rest.starts_with(": 0x") }
}

/// ` [1] top-level scope`
pub(super) fn is_julia_frame(line: &str) -> bool {
    let inner = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    inner.is_some_and(|(number, name)| {
        !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty()
    })
}

/// Returns a line without the prefixes of Rails' tagged logging: `[0f8c-71ab] [10.0.0.1] `.
pub(super) fn untagged(line: &str) -> &str {
    let mut rest = line;
    while let Some((tag, after)) = rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        if tag.contains(char::is_whitespace) || tag.is_empty() || !(after.is_empty() || after.starts_with(' ')) {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

/// `/app/src/index.ts:5:36`
pub(super) fn is_place(line: &str) -> bool {
    let mut parts = line.rsplitn(3, ':');
    let number =
        |part: Option<&str>| part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    number(parts.next()) && number(parts.next()) && parts.next().is_some_and(|path| path.starts_with('/'))
}

/// The first line of Prisma's description of a call.
pub(super) fn is_prisma(line: &str) -> bool {
    line.starts_with("Invalid `") && line.contains(" invocation")
}

/// The final message of a process, from the C library or the shell that started it.
pub(super) fn is_termination_message(line: &str) -> bool {
    let by_signal = ENDED.iter().filter_map(|words| line.strip_prefix(words));
    let mut rest = by_signal.map(str::trim_start);
    rest.any(|rest| rest.is_empty() || rest.starts_with("(core dumped)"))
        || CORRUPTED.iter().any(|mark| line.starts_with(mark))
}

/// A Rails error after tags, ended by a colon.
pub(super) fn is_tagged_error(line: &str) -> bool {
    line.starts_with('[') && line.ends_with("):") && is_rails_error(untagged(line))
}

/// `id`, `items.0.name`, `body -> price`: the field that pydantic describes on the next line.
pub(super) fn is_field(line: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-' | b'[' | b']' | b'`'))
    };
    line.split(" -> ").all(part) && !line.ends_with('.')
}

/// `rax    0x0`, `x0      0x16b`
pub(super) fn is_register(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let name = words.next().unwrap_or_default();
    (2..=6).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && words.next().is_some_and(|value| value.starts_with("0x"))
}

/// `#0 /app/x.php(7): foo()`, `#1      main (package:app/main.dart:5:3)`
pub(super) fn is_number_frame(line: &str) -> bool {
    let Some(rest) = line.strip_prefix('#') else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits > 0 && rest[digits..].starts_with(' ')
}

/// `Next LogicException: outer in /app/main.php:9`
pub(super) fn is_php_next(line: &str) -> bool {
    let place = line.strip_prefix("Next ").and_then(|rest| rest.rsplit_once(" in ")).map(|(_, place)| place);
    place.and_then(|place| place.rsplit_once(':')).is_some_and(|(_, number)| number.bytes().all(|b| b.is_ascii_digit()))
}

/// `... 12 more`, `... 5 common frames omitted`
pub(super) fn is_more(line: &str) -> bool {
    line.strip_prefix("... ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The line that ends a Python trace: `KeyError: 'x'`, `app.errors.Refused`, `KeyboardInterrupt`.
pub(super) fn is_python_end(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default().trim_end();
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
        && (line.len() == name.len() || line[name.len()..].starts_with(": "))
        && Level::from_word(name.as_bytes()).is_none()
}

/// `java.lang.IllegalStateException: no`, `System.Exception: no`, `scala.MatchError`: qualified names of exceptions of the
/// JVM and of .NET, alone or with a message.
pub(super) fn is_exception(line: &str) -> bool {
    let Some((name, last)) = class(line) else { return false };
    let named = |part: &str| ["Exception", "Error", "Throwable"].iter().any(|end| part.ends_with(end));
    // `HttpClientErrorException$NotFound`
    name.len() > last.len() && last.split('$').any(named)
}

/// `c.a.NoStock: article 7`, `c.a.Order$Refused`: qualified names of other JVM classes, with packages in lower case. Alone
/// they mean nothing; after an error they are the exception logged with it.
pub(super) fn is_thrown(line: &str) -> bool {
    let Some((name, last)) = class(line) else { return false };
    let mut packages = name[..name.len() - last.len()].split_terminator('.');
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && last.bytes().any(|b| b.is_ascii_lowercase())
        && name.len() > last.len()
        && packages.all(|package| package.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Returns the qualified name of a class at the beginning of a line, alone or before a message, and its last part.
fn class(line: &str) -> Option<(&str, &str)> {
    let name = line.split([':', ' ']).next().unwrap_or_default();
    let rest = &line[name.len()..];
    // `SqlException (0x80131904): …`, `SocketException (111): …`
    let code = || {
        let code = rest.strip_prefix(" (")?.split_once("):")?.0;
        code.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'x' | b'-')).then_some(())
    };
    let is_qualified = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$' | b'`'));
    (is_qualified && (rest.is_empty() || rest.starts_with(':') || code().is_some()))
        .then(|| (name, name.rsplit('.').next().unwrap_or_default()))
}

/// `/app/x.js:3`, `node:internal/process/promises:288`, `file:///app/x.mjs:1`
pub(super) fn is_node_place(line: &str) -> bool {
    let Some((place, number)) = line.rsplit_once(':') else { return false };
    !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
        && !place.contains(char::is_whitespace)
        && (place.starts_with("node:")
            || [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"].iter().any(|end| place.ends_with(end)))
}

/// `TypeError: x`, `Error [ERR_X]: y`, `AggregateError`, `Uncaught 'x'`, `[UnhandledPromiseRejection: …] {`
pub(super) fn is_js_error(line: &str) -> bool {
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

/// `/app/x.rb:5:in 'Foo#bar'`, with or without what follows.
pub(super) fn is_ruby_frame(line: &str) -> bool {
    let Some(at) = [":in `", ":in '"].iter().find_map(|mark| line.find(mark)) else { return false };
    let (place, number) = line[..at].rsplit_once(':').unwrap_or_default();
    !place.is_empty()
        && !place.contains(char::is_whitespace)
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

/// The line that begins a Ruby trace: a frame, the message, the class in brackets.
pub(super) fn is_ruby_start(line: &str) -> bool {
    is_ruby_frame(line) && line.contains("': ")
}

/// `NoMethodError (undefined method 'x' for nil):`, `ActiveRecord::RecordNotFound (Couldn't find …):`
pub(super) fn is_rails_error(line: &str) -> bool {
    let Some((name, rest)) = line.split_once(" (") else { return false };
    let class = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b':' | b'_'));
    class
        && (name.ends_with("Error") || name.contains("::"))
        && (rest.ends_with("):") || rest.ends_with(')') || rest.ends_with("),"))
}

/// Lines of an Elixir report, besides its frames.
pub(super) fn is_elixir(line: &str) -> bool {
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

/// `shop: Prelude.head: empty list`, `shop: app/Main.hs:5:1-9: Non-exhaustive patterns in function order`: a Haskell
/// exception that ends a program.
pub(super) fn is_haskell(line: &str) -> bool {
    let name = line.bytes().position(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/')));
    let Some((name, rest)) = name.map(|end| line.split_at(end)) else { return false };
    let Some(message) = rest.strip_prefix(": ") else { return false };
    let pattern = || message.contains(".hs:") && message.contains(": Non-exhaustive ");
    !name.is_empty()
        && Level::from_word(name.as_bytes()).is_none()
        && (HASKELL.iter().any(|mark| message.starts_with(mark)) || pattern())
}

/// Returns whether a multi-line event is a Haskell exception: the program's message, then its location.
pub(crate) fn is_haskell_event(event: &str) -> bool {
    let mut lines = event.split_once('\n').map_or("", |(_, rest)| rest).lines();
    lines.any(|line| HASKELL_FRAMES.contains(&line.trim_end()))
}

/// `PostgreSQL` writes further lines after a message, with the same prefix: `… [7] STATEMENT:  SELECT 1`.
pub(crate) fn is_postgres_detail(line: &str) -> bool {
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
