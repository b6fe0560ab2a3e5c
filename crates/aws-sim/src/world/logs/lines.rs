//! The text of log lines, in the shapes of real services. A line depends only on its own generator, so it is the same
//! at every read. The times of lines are determined elsewhere.

use crate::clock::{Ms, timestamp};
use crate::rng::{self, Rng};
use crate::wire::number;
use std::fmt::Write as _;

/// The log format of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `NestJS` with pino: JSON lines.
    Nest,
    /// Next.js: plain text, multi-line stack traces, some coloured.
    Next,
    /// Winston: JSON lines with level names.
    Winston,
    /// The Datadog agent: fields separated by bars.
    Agent,
    Logfmt,
    /// A Lambda function: START, lines, END, REPORT.
    Lambda,
    /// `PostgreSQL`'s own log.
    Postgres,
}

impl Shape {
    /// The shape of a container's lines, by its name.
    pub(super) fn of(container: &str) -> Shape {
        match container {
            "api" => Shape::Nest,
            "web" => Shape::Next,
            "pantri" => Shape::Winston,
            "datadog-agent" => Shape::Agent,
            _ => Shape::Logfmt,
        }
    }

    /// Lines per second on an average day.
    pub(super) fn rate(self) -> f64 {
        match self {
            Shape::Nest => 2.2,
            Shape::Next => 1.1,
            Shape::Winston => 3.0,
            Shape::Agent => 0.07,
            Shape::Logfmt => 0.25,
            Shape::Lambda => 0.002,
            Shape::Postgres => 0.05,
        }
    }
}

const ROUTES: &[(&str, &str)] = &[
    ("GET", "/api/bookmarks"),
    ("GET", "/api/bookmarks/1842"),
    ("POST", "/api/bookmarks"),
    ("GET", "/api/tags"),
    ("GET", "/api/search?q=rust"),
    ("PATCH", "/api/bookmarks/77"),
    ("POST", "/api/auth/refresh"),
    ("GET", "/api/health"),
    ("GET", "/api/health"),
    ("GET", "/api/users/me"),
];
const PAGES: &[&str] = &["/", "/bookmarks", "/login", "/tags/読書", "/settings", "/search", "/favicon.ico"];
const WORDS: &[&str] =
    &["cache miss", "cache hit", "プロフィールを更新しました", "queue drained", "token refreshed 🔑"];

/// The first lines of a container with this shape.
pub(super) fn first(shape: Shape) -> Vec<String> {
    let lines: &[&str] = match shape {
        Shape::Nest => &[
            r#"{"level":30,"pid":1,"context":"NestFactory","msg":"Starting Nest application..."}"#,
            r#"{"level":30,"pid":1,"context":"InstanceLoader","msg":"AppModule dependencies initialized"}"#,
            r#"{"level":30,"pid":1,"context":"RouterExplorer","msg":"Mapped {/api/bookmarks, GET} route"}"#,
            r#"{"level":30,"pid":1,"context":"NestApplication","msg":"Nest application successfully started"}"#,
        ],
        Shape::Next => &[
            "   ▲ Next.js 15.2.4",
            "   - Local:        http://localhost:3000",
            "",
            " ✓ Starting...",
            " ✓ Ready in 412ms",
        ],
        Shape::Winston => &[r#"{"level":"info","message":"Pantri listening on 3000","service":"pantri"}"#],
        Shape::Agent => {
            &["CORE | INFO | (cmd/agent/subcommands/run/command.go:262 in run) | Starting Datadog Agent v7.72.1"]
        }
        Shape::Logfmt => &["level=info msg=\"listening\" port=8080"],
        Shape::Lambda | Shape::Postgres => &[],
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// Whether a stream has a bad minute: about one in 40.
fn is_bad_minute(salt: u64, minute: i64) -> bool {
    rng::mix(salt ^ rng::mix(minute.cast_unsigned() ^ 0xbad)).is_multiple_of(40)
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[(rng.next() % from.len() as u64) as usize]
}

/// Writes the lines of one event: calls `put(n, line)` for each.
pub(super) fn write(shape: Shape, salt: u64, minute: i64, at: Ms, rng: &mut Rng, put: &mut dyn FnMut(u64, String)) {
    let failing = rng.next() % 1_000 < if is_bad_minute(salt, minute) { 300 } else { 6 };
    let warning = rng.next() % 1_000 < 25;
    let latency = 3 + rng.range(0, 90) * rng.range(0, 12) / 4;
    match shape {
        Shape::Nest => put(0, nest(at, failing, warning, latency, rng)),
        Shape::Next => next(failing, warning, latency, rng, put),
        Shape::Winston => put(0, winston(at, failing, warning, latency, rng)),
        Shape::Agent => put(0, agent(at, failing, warning, rng)),
        Shape::Logfmt => put(0, logfmt(at, failing, warning, latency, rng)),
        Shape::Lambda => lambda(failing, latency, rng, put),
        Shape::Postgres => put(0, postgres(at, failing, latency, rng)),
    }
}

fn nest(at: Ms, failing: bool, warning: bool, latency: i64, rng: &mut Rng) -> String {
    let (method, url) = pick(rng, ROUTES);
    let id = rng.next() & 0xffff_ffff_ffff;
    let mut out = String::with_capacity(256);
    if failing {
        let error = pick(
            rng,
            &[
                ("PrismaClientKnownRequestError", "Timed out fetching a new connection from the connection pool"),
                ("MongoNetworkError", "connection 4 to 10.0.21.7:27017 closed"),
                ("UnauthorizedException", "jwt expired"),
            ],
        );
        let _ = write!(
            out,
            r#"{{"level":50,"time":{at},"pid":1,"context":"ExceptionsHandler","req":{{"id":"{id:012x}","method":"{method}","url":"{url}"}},"res":{{"statusCode":500}},"responseTime":{latency},"err":{{"type":"{}","message":"{}","stack":"{}: {}\n    at BookmarksService.find (/app/dist/bookmarks/bookmarks.service.js:58:23)\n    at async BookmarksController.list (/app/dist/bookmarks/bookmarks.controller.js:27:16)"}},"msg":"request errored"}}"#,
            error.0, error.1, error.0, error.1
        );
    } else if warning {
        let _ = write!(
            out,
            r#"{{"level":40,"time":{at},"pid":1,"context":"SlowQuery","reqId":"{id:012x}","durationMs":{},"msg":"query took longer than 500 ms"}}"#,
            latency + 500
        );
    } else if rng.next().is_multiple_of(11) {
        let _ = write!(out, r#"{{"level":20,"time":{at},"pid":1,"context":"Cache","msg":"{}"}}"#, pick(rng, WORDS));
    } else {
        let status = pick(rng, &[200, 200, 200, 200, 304, 201, 404]);
        let _ = write!(
            out,
            r#"{{"level":30,"time":{at},"pid":1,"context":"HTTP","req":{{"id":"{id:012x}","method":"{method}","url":"{url}","remoteAddress":"10.0.{}.{}"}},"res":{{"statusCode":{status}}},"responseTime":{latency},"msg":"request completed"}}"#,
            rng.range(1, 3),
            rng.range(4, 250)
        );
    }
    out
}

fn next(failing: bool, warning: bool, latency: i64, rng: &mut Rng, put: &mut dyn FnMut(u64, String)) {
    let page = pick(rng, PAGES);
    if failing {
        let lines = [
            " ⨯ Error: fetch failed".to_owned(),
            format!("    at async Page (/app/.next/server/app{page}/page.js:1:{})", rng.range(1_000, 9_000)),
            "    at async Promise.all (index 0)".to_owned(),
            "  [cause]: Error: connect ECONNREFUSED 10.0.11.5:4000".to_owned(),
            "      at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16) {".to_owned(),
            "    errno: -111, code: 'ECONNREFUSED', syscall: 'connect'".to_owned(),
            "  }".to_owned(),
        ];
        for (n, line) in (0..).zip(lines) {
            put(n, line);
        }
    } else if warning {
        put(0, format!(" ⚠ Slow render of {page}: {} ms", latency + 800));
    } else {
        let coloured = pick(rng, &["\x1b[32m200", "\x1b[32m200", "\x1b[32m200", "\x1b[36m304", "\x1b[33m404"]);
        // Most lines of the log storm have this form.
        let mut line = String::with_capacity(48);
        line.extend([" GET ", page, " ", coloured, "\x1b[39m in "]);
        number::plain(&mut line, latency);
        line.push_str("ms");
        put(0, line);
    }
}

fn winston(at: Ms, failing: bool, warning: bool, latency: i64, rng: &mut Rng) -> String {
    let (method, url) = pick(rng, ROUTES);
    let (level, status) = match (failing, warning) {
        (true, _) => ("error", 502),
        (_, true) => ("warn", 429),
        _ => ("info", 200),
    };
    format!(
        r#"{{"timestamp":"{}","level":"{level}","message":"{method} {url}","service":"pantri","status":{status},"duration":{latency},"dd":{{"trace_id":"{}","span_id":"{}"}}}}"#,
        timestamp(at),
        rng.next(),
        rng.next()
    )
}

fn agent(at: Ms, failing: bool, warning: bool, rng: &mut Rng) -> String {
    let (level, text) = match (failing, warning) {
        (true, _) => (
            "ERROR",
            "(comp/forwarder/worker.go:191 in process) | Error while processing transaction: connection refused",
        ),
        (_, true) => ("WARN", "(pkg/util/ecs/metadata.go:88 in V4) | task metadata took longer than expected"),
        _ => (
            "INFO",
            "(pkg/collector/worker/check_logger.go:40 in CheckStarted) | check:ecs_fargate | Done running check",
        ),
    };
    let at = timestamp(at).to_string();
    let at = at.get(..19).unwrap_or(&at).replace('T', " ");
    format!("{at} UTC | CORE | {level} | {text} ({})", rng.next() % 1_000)
}

fn logfmt(at: Ms, failing: bool, warning: bool, latency: i64, rng: &mut Rng) -> String {
    let (method, url) = pick(rng, ROUTES);
    let (level, status) = match (failing, warning) {
        (true, _) => ("error", 500),
        (_, true) => ("warn", 409),
        _ => ("info", 200),
    };
    format!(
        "time={} level={level} msg=\"{}\" method={method} path={url} status={status} latency={latency}ms",
        timestamp(at),
        pick(rng, WORDS)
    )
}

fn lambda(failing: bool, latency: i64, rng: &mut Rng, put: &mut dyn FnMut(u64, String)) {
    let id = rng.uuid();
    put(0, format!("START RequestId: {id} Version: $LATEST\n"));
    let action = pick(rng, &["start", "stop"]);
    if failing {
        put(
            1,
            format!(
                "2026-11-18T03:00:00.000Z\t{id}\tERROR\tAccessDeniedException: not authorized to perform ecs:UpdateService\n"
            ),
        );
    } else {
        put(1, format!("2026-11-18T03:00:00.000Z\t{id}\tINFO\taction {action}: 2 services\n"));
    }
    put(2, format!("END RequestId: {id}\n"));
    put(
        3,
        format!(
            "REPORT RequestId: {id}\tDuration: {latency}.31 ms\tBilled Duration: {} ms\tMemory Size: 128 MB\tMax Memory Used: 74 MB\t\n",
            latency + 1
        ),
    );
}

fn postgres(at: Ms, failing: bool, latency: i64, rng: &mut Rng) -> String {
    let at = timestamp(at).to_string();
    let at = at.get(..19).unwrap_or(&at).replace('T', " ");
    let session = rng.next() % 30_000;
    if failing {
        return format!("{at} UTC:10.0.11.5({session}):dbadmin@bookmarkdb:[{session}]:ERROR:  deadlock detected");
    }
    format!("{at} UTC::@:[{session}]:LOG:  checkpoint complete: wrote {latency} buffers (0.1%)")
}
