//! Traces of common loggers and runtimes: a level filter keeps the whole trace and nothing of the next line, whether the
//! trace is one event or each of its lines is one, plain or coloured, alone or among lines of other streams.
#![allow(clippy::unwrap_used)]

#[path = "traces/more.rs"]
mod more;

use log_store::block::mark;
use log_store::view::Rule;
use log_store::{Filter, Level, Limits, NewLine, Source, Store, View};
use proptest as _;
use serde_json as _;

/// An ordinary line after a trace, like that of most loggers, without a level.
const NEXT: &str = "GET /health 200 in 3 ms";

struct Case {
    of: &'static str,
    level: Level,
    text: &'static str,
}

const fn case(of: &'static str, level: Level, text: &'static str) -> Case {
    Case { of, level, text }
}

const CASES: &[Case] = &[
    case(
        "java, logback",
        Level::Error,
        "2026-11-20 12:00:00.123 ERROR [main] c.a.Shop - order 7 failed\njava.lang.IllegalStateException: no stock\n\tat c.a.Shop.order(Shop.java:12)\n\tat c.a.Main.main(Main.java:5)\nCaused by: java.io.IOException: closed\n\t... 2 more",
    ),
    case(
        "java, log4j2",
        Level::Error,
        "[2026-11-20T12:00:00,123][ERROR][c.a.Shop] order failed java.lang.RuntimeException: x\n\tat c.a.Shop.order(Shop.java:12) ~[app.jar:?]\n\tSuppressed: java.io.IOException: y\n\t\tat c.a.B.close(B.java:1)",
    ),
    case(
        "java, uncaught",
        Level::Error,
        "Exception in thread \"main\" java.lang.NullPointerException\n\tat c.a.Main.main(Main.java:5)\nCaused by: c.a.Inner: x\n\t... 1 more",
    ),
    case(
        "java, root cause first",
        Level::Error,
        "12:00:00.123 [main] ERROR c.a.Shop - failed\njava.io.IOException: closed\n\tat c.a.B.read(B.java:3)\n\t... 5 common frames omitted\nWrapped by: java.lang.IllegalStateException: no stock\n\tat c.a.Shop.order(Shop.java:12)",
    ),
    case(
        "kotlin",
        Level::Error,
        "Exception in thread \"main\" kotlin.UninitializedPropertyAccessException: lateinit property x has not been initialized\n\tat AppKt.main(App.kt:3)\n\tat AppKt.main(App.kt)",
    ),
    case(
        "scala",
        Level::Error,
        "[ERROR] [11/20/2026 12:00:00.123] [app-akka] [akka://app/user/a] boom\nscala.MatchError: 5 (of class java.lang.Integer)\n\tat App$.main(App.scala:3)",
    ),
    case(
        "python, logging",
        Level::Error,
        "ERROR:root:order failed\nTraceback (most recent call last):\n  File \"/app/shop.py\", line 3, in order\n    raise ValueError(\"no stock\")\nValueError: no stock",
    ),
    case(
        "python, chained",
        Level::Error,
        "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\n    d[\"x\"]\n    ~^^^^^\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/app/a.py\", line 9, in <module>\n    f()\napp.errors.Refused\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/app/a.py\", line 11, in <module>\n    g()\nKeyboardInterrupt",
    ),
    case(
        "python, exception group",
        Level::Error,
        "2026-11-20 12:00:00,123 - app - ERROR - tasks failed\n  + Exception Group Traceback (most recent call last):\n  |   File \"/app/a.py\", line 3, in <module>\n  |     raise ExceptionGroup(\"several\", errors)\n  | ExceptionGroup: several (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: 1\n    +---------------- 2 ----------------\n    | TypeError: 2\n    +------------------------------------",
    ),
    case(
        "python, uvicorn",
        Level::Error,
        "ERROR:    Exception in ASGI application\nTraceback (most recent call last):\n  File \"/app/main.py\", line 9, in app\n    await call()\nsqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection refused\n\tIs the server running?\n(Background on this error at: https://sqlalche.me/e/20/e3q8)",
    ),
    case(
        "python, rich",
        Level::Error,
        "╭──── Traceback (most recent call last) ────╮\n│ /app/a.py:3 in order                      │\n╰───────────────────────────────────────────╯\nValueError: no stock",
    ),
    case(
        "python, loguru",
        Level::Error,
        "2026-11-20 12:00:00.123 | ERROR    | app:order:3 - failed\nTraceback (most recent call last):\n\n> File \"/app/a.py\", line 3, in <module>\n    order()\n    └ <function order at 0x7f>\n\nValueError: no stock",
    ),
    case(
        "spring boot",
        Level::Error,
        "2026-11-20T12:00:00.123Z ERROR 1 --- [nio-8080-exec-1] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() threw exception\n\njava.lang.IllegalStateException: no stock\n\tat c.a.Shop.order(Shop.java:12)",
    ),
    case(
        "structlog",
        Level::Error,
        "2026-11-20 12:00:00 [error    ] order failed                   id=7\nTraceback (most recent call last):\n  File \"/app/a.py\", line 3, in <module>\nValueError: no stock",
    ),
    case(
        "rust, eyre",
        Level::Error,
        "Error:\n   0: order failed\n   1: no stock\n\nLocation:\n   src/main.rs:5\n\nBacktrace omitted. Run with RUST_BACKTRACE=1 environment variable to display it.",
    ),
    case(
        "python, syntax",
        Level::Error,
        "Traceback (most recent call last):\n  File \"<string>\", line 1\n    print(\n         ^\nSyntaxError: '(' was never closed",
    ),
    case(
        "python, thread",
        Level::Error,
        "Exception in thread Thread-1 (work):\nTraceback (most recent call last):\n  File \"/usr/lib/python3.12/threading.py\", line 1073, in _bootstrap_inner\n    self.run()\nZeroDivisionError: division by zero",
    ),
    case(
        "go, panic",
        Level::Fatal,
        "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.pick(...)\n\t/app/main.go:12\nmain.main()\n\t/app/main.go:8 +0x1d\nexit status 2",
    ),
    case(
        "go, signal",
        Level::Fatal,
        "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48d1f2]\n\ngoroutine 18 [running]:\nnet/http.(*conn).serve(0xc000128000, {0x7f8b10, 0xc00010e000})\n\t/usr/local/go/src/net/http/server.go:1930 +0xb08\ncreated by net/http.(*Server).Serve in goroutine 1\n\t/usr/local/go/src/net/http/server.go:3089 +0x5f3",
    ),
    case(
        "go, deadlock",
        Level::Fatal,
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/app/main.go:5 +0x2c\n\ngoroutine 7 [select, 2 minutes]:\nmain.wait(0xc00001c0a8)\n\t/app/main.go:15 +0x2c\n...additional frames elided...\ncreated by main.main in goroutine 1\n\t/app/main.go:4 +0x1a",
    ),
    case(
        "go, net/http",
        Level::Error,
        "2026/11/20 12:00:00 http: panic serving 10.0.0.1:5432: boom\ngoroutine 34 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1868 +0xb9\npanic({0x6a4f40, 0x76d5b0})\n\t/usr/local/go/src/runtime/panic.go:920 +0x270",
    ),
    case(
        "go, zap",
        Level::Error,
        "2026-11-20T12:00:00.123Z\tERROR\tshop/order.go:12\torder failed\t{\"id\": 7}\nmain.order\n\t/app/shop/order.go:12\nnet/http.HandlerFunc.ServeHTTP\n\t/usr/local/go/src/net/http/server.go:2136\ngithub.com/x/y.(*Server).run\n\t/go/pkg/mod/github.com/x/y@v1.2.3/run.go:7",
    ),
    case(
        "go, zap, small letters",
        Level::Error,
        "2026/11/20 12:00:00.123\terror\thttp.log\tfailed\nmain.main\n\t/app/main.go:8",
    ),
    case(
        "rust, panic",
        Level::Fatal,
        "thread 'main' panicked at src/main.rs:5:10:\ncalled `Result::unwrap()` on an `Err` value: ParseIntError { kind: InvalidDigit }\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/59807/library/std/src/panicking.rs:689:5\n   1: app::main\n             at ./src/main.rs:5:10\nnote: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.",
    ),
    case(
        "rust, assertion",
        Level::Fatal,
        "thread 'worker-1' (4242) panicked at src/lib.rs:9:5:\nassertion `left == right` failed: sums\n  left: 1\n right: 2\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
    ),
    case(
        "rust, before 1.73",
        Level::Fatal,
        "thread 'main' panicked at 'boom', src/main.rs:2:5\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
    ),
    case(
        "rust, anyhow",
        Level::Error,
        "Error: order failed\n\nCaused by:\n    0: no stock\n    1: closed\n\nStack backtrace:\n   0: anyhow::error::<impl>::new",
    ),
    case(
        "rust, tracing",
        Level::Error,
        "2026-11-20T12:00:00.123456Z ERROR app::shop: order failed\n    at src/shop.rs:12\n    in app::request with id: 7",
    ),
    case("rust, env_logger", Level::Warn, "[2026-11-20T12:00:00Z WARN  app::shop] low stock\n    of 3 articles"),
    case(
        "ruby, uncaught",
        Level::Error,
        "/app/shop.rb:5:in `order': undefined method `price' for nil:NilClass (NoMethodError)\n\n    item.price\n        ^^^^^^\n\tfrom /app/shop.rb:9:in `block in run'\n\tfrom /app/main.rb:2:in `<main>'",
    ),
    case(
        "ruby, logger",
        Level::Error,
        "E, [2026-11-20T12:00:00.123456 #7] ERROR -- : no stock (RuntimeError)\n/app/shop.rb:5:in 'Shop#order'\n/app/main.rb:2:in '<main>'",
    ),
    case(
        "rails",
        Level::Fatal,
        "F, [2026-11-20T12:00:00.123456 #7] FATAL -- :\n\nActiveRecord::RecordNotFound (Couldn't find Order with 'id'=7):\n\napp/controllers/orders_controller.rb:5:in `show'\nlib/middleware.rb:12:in `call'",
    ),
    case(
        "php",
        Level::Fatal,
        "PHP Fatal error:  Uncaught RuntimeException: no stock in /app/shop.php:3\nStack trace:\n#0 /app/main.php(7): order()\n#1 {main}\n\nNext LogicException: outer in /app/main.php:9\nStack trace:\n#0 {main}\n  thrown in /app/main.php on line 9",
    ),
    case(
        "monolog",
        Level::Error,
        "[2026-11-20 12:00:00] production.ERROR: no stock {\"exception\":\"[object] (RuntimeException(code: 0): no stock at /app/shop.php:3)\n[stacktrace]\n#0 /app/vendor/laravel/framework/src/Routing.php(33): order()\n#1 {main}\n\"}",
    ),
    case(
        "node, uncaught",
        Level::Error,
        "/app/shop.js:3\n    throw new TypeError(\"no stock\");\n    ^\n\nTypeError: no stock\n    at order (/app/shop.js:3:9)\n    at node:internal/main/run_main_module:23:47 {\n  code: 'E_STOCK',\n  [cause]: Error: closed\n      at read (/app/db.js:1:1)\n}\n\nNode.js v22.9.0",
    ),
    case(
        "node, rejection",
        Level::Error,
        "node:internal/process/promises:394\n      triggerUncaughtException(err, true /* fromPromise */);\n      ^\n\n[UnhandledPromiseRejection: This error originated either by throwing inside of an async function] {\n  code: 'ERR_UNHANDLED_REJECTION'\n}\n\nNode.js v22.9.0",
    ),
    case(
        "node, console.error",
        Level::Error,
        "Error: connect ECONNREFUSED 127.0.0.1:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16) {\n  errno: -111,\n  code: 'ECONNREFUSED'\n}",
    ),
    case(
        "winston",
        Level::Error,
        "error: order failed no stock\n    at order (/app/shop.js:3:9)\n    at main (/app/main.js:9:1)",
    ),
    case(
        "pino-pretty",
        Level::Error,
        "[12:00:00.123] ERROR (7): order failed\n    err: {\n      \"type\": \"Error\",\n      \"stack\":\n          Error: no stock\n              at order (/app/shop.js:3:9)\n    }",
    ),
    case(
        "dotnet, console",
        Level::Error,
        "fail: Microsoft.AspNetCore.Server.Kestrel[13]\n      Connection id \"0HM\": An unhandled exception was thrown by the application.\n      System.InvalidOperationException: no stock\n       ---> System.IO.IOException: closed\n         at Db.Read() in /app/Db.cs:line 3\n         --- End of inner exception stack trace ---\n         at Shop.Order() in /app/Shop.cs:line 5",
    ),
    case(
        "dotnet, uncaught",
        Level::Error,
        "Unhandled exception. System.InvalidOperationException: no stock\n ---> System.IO.IOException: closed\n   at Db.Read() in /app/Db.cs:line 3\n   --- End of inner exception stack trace ---\n   at Shop.Order() in /app/Shop.cs:line 5\n--- End of stack trace from previous location ---\n   at Program.Main() in /app/Program.cs:line 2",
    ),
    case(
        "serilog",
        Level::Error,
        "[12:00:00 ERR] order failed\nSystem.InvalidOperationException: no stock\n   at Shop.Order() in /app/Shop.cs:line 5\n   at Program.Main() in /app/Program.cs:line 2",
    ),
    case(
        "elixir",
        Level::Error,
        "12:00:00.123 [error] GenServer Shop terminating\n** (RuntimeError) no stock\n    (shop 0.1.0) lib/shop.ex:5: Shop.handle_call/3\n    (stdlib 6.0) gen_server.erl:2209: :gen_server.try_handle_call/4\nLast message (from #PID<0.150.0>): :order\nState: %{}\nClient #PID<0.150.0> is alive\n\n    (stdlib 6.0) gen.erl:241: :gen.do_call/4",
    ),
    case(
        "erlang",
        Level::Error,
        "=ERROR REPORT==== 20-Nov-2026::12:00:00.123456 ===\nError in process <0.83.0> with exit value:\n{badarith,[{shop,order,1,[{file,\"shop.erl\"},{line,5}]},\n           {erlang,apply,2,[]}]}",
    ),
    case(
        "dart",
        Level::Error,
        "Unhandled exception:\nException: no stock\n#0      order (package:shop/shop.dart:5:3)\n#1      main (package:shop/main.dart:2:1)\n<asynchronous suspension>",
    ),
    case("swift", Level::Fatal, "Fatal error: Index out of range: file Swift/ContiguousArrayBuffer.swift, line 600"),
    case(
        "c++",
        Level::Fatal,
        "terminate called after throwing an instance of 'std::runtime_error'\n  what():  no stock",
    ),
    case(
        "jvm, crash",
        Level::Fatal,
        "# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007f, pid=1, tid=7\n#\n# JRE version: OpenJDK 21",
    ),
    case(
        "postgresql",
        Level::Error,
        "2026-11-20 12:00:00.123 UTC [77] ERROR:  duplicate key value violates unique constraint \"a\"\n2026-11-20 12:00:00.123 UTC [77] DETAIL:  Key (id)=(7) already exists.\n2026-11-20 12:00:00.123 UTC [77] STATEMENT:  INSERT INTO a\n\tVALUES (7)",
    ),
    case(
        "nginx, error",
        Level::Error,
        "2026/11/20 12:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream",
    ),
    case("klog", Level::Error, "E1120 12:00:00.123456       1 reflector.go:138] Failed to watch"),
    case("zerolog, console", Level::Error, "2026-11-20T12:00:00Z ERR order failed error=\"no stock\""),
    case("slog", Level::Error, "time=2026-11-20T12:00:00.123Z level=ERROR msg=\"order failed\" err=\"no stock\""),
    case("swift-log", Level::Error, "2026-11-20T12:00:00+0000 error shop : [Shop] order failed"),
];

fn store_of(lines: &[(u32, &str)]) -> Store {
    let mut store = Store::new(Limits::default());
    for name in ["web", "api", "cron"] {
        store.stream(Source { group: "g".into(), stream: name.into(), service: name.into(), ..Source::default() });
    }
    for (n, (stream, text)) in lines.iter().enumerate() {
        let stream = log_store::StreamId(*stream);
        store.push(&NewLine { at: 1_000 + n as i64, id: 0, stream, text, late: false });
    }
    store
}

/// Returns the lines of the first stream that a filter shows.
fn shown(store: &Store, filter: &str) -> Vec<String> {
    let mut view = View::new(Rule { filter: Filter::parse(filter).unwrap(), ..Rule::default() });
    view.update(store, usize::MAX);
    let lines = (0..view.len()).filter_map(|n| store.line(view.nth(store, n)?));
    lines.filter(|line| line.stream.0 == 0).map(|line| line.text.to_owned()).collect()
}

fn coloured(line: &str) -> String {
    // Frames keep their indentation before the colour, as runtimes write it.
    let text = line.trim_start();
    format!("{}\x1b[1;31m{text}\x1b[0m", &line[..line.len() - text.len()])
}

#[test]
fn level_filter_keeps_the_whole_trace_and_nothing_of_the_next_line() {
    for Case { of, level, text } in CASES.iter().chain(more::MORE) {
        let plain: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let painted: Vec<String> = plain.iter().map(|line| coloured(line)).collect();
        for lines in [&plain, &painted] {
            for next in [
                NEXT,
                "2026-11-20 12:00:01 INFO all is well",
                "{\"level\":30,\"msg\":\"ok\"}",
                "time=1 level=info msg=ok",
            ] {
                let mut all = vec![(0, "starting up"), (1, "  indented of another stream")];
                for line in lines {
                    all.push((0, line.as_str()));
                    all.push((1, "GET /other 200"));
                    all.push((2, "Traceback (most recent call last):"));
                    all.push((2, "  File \"x\", line 1"));
                }
                all.extend([(0, next), (0, NEXT)]);
                let store = store_of(&all);
                assert_eq!(&shown(&store, "level>=warn"), lines, "{of}, before {next}");
                let head = store.iter().filter(|line| line.stream.0 == 0).nth(1).unwrap();
                assert_eq!((head.level, head.is(mark::CONTINUES)), (*level, false), "{of}: {}", head.text);
            }
        }
    }
}

#[test]
fn trace_in_one_event_has_its_level_and_ends_with_it() {
    for Case { of, level, text } in CASES.iter().chain(more::MORE) {
        for text in [(*text).to_owned(), text.split('\n').map(coloured).collect::<Vec<_>>().join("\n")] {
            let store = store_of(&[(0, "starting up"), (0, &text), (0, "KeyError"), (0, "main.main"), (0, NEXT)]);
            assert_eq!(shown(&store, &format!("level>={}", level.name())), std::slice::from_ref(&text), "{of}");
            assert!(store.iter().skip(2).all(|line| !line.is(mark::CONTINUES)), "{of}");
        }
    }
}

#[test]
fn haskell_exception_in_one_event_keeps_any_message() {
    let event = "shop: no stock\nCallStack (from HasCallStack):\n  error, called at app/Main.hs:5:7 in main:Main";
    let warned = format!("2026-11-20 12:00:00 WARN {event}");
    let store = store_of(&[(0, "shop: no stock"), (0, event), (0, &warned), (0, NEXT)]);
    assert_eq!(shown(&store, "level>=error"), [event]);
    assert_eq!(shown(&store, "level>=warn"), [event, warned.as_str()]);
    for next in ["redis: connected", "INFO: stack overflow is a site", "shop: users 7 (of 9)"] {
        assert_eq!(shown(&store_of(&[(0, next)]), "level>=warn"), [""; 0], "{next}");
    }
}

#[test]
fn two_traces_in_a_row_stay_two() {
    for Case { of, text, .. } in CASES.iter().chain(more::MORE) {
        let lines: Vec<&str> = text.split('\n').collect();
        let all: Vec<(u32, &str)> = lines.iter().chain(&lines).map(|line| (0, *line)).collect();
        let store = store_of(&all);
        let heads = store.iter().filter(|line| !line.is(mark::CONTINUES)).count();
        assert!(heads >= 2, "{of}: {heads}");
        assert_eq!(shown(&store, "level>=warn").len(), all.len(), "{of}");
    }
}

#[test]
fn ordinary_lines_do_not_continue_an_error() {
    for next in [
        NEXT,
        "listening on 0.0.0.0:8080",
        "www.example.com",
        "done.",
        "Done: 7 orders",
        "10.0.0.1 - - [20/Nov/2026:12:00:00 +0000] \"GET / HTTP/1.1\" 200 5",
        "order 7 (paid)",
        "Next run at noon",
        "State: ok",
    ] {
        for error in [
            "ERROR order failed",
            "Error: order failed",
            "2026-11-20 12:00:00 ERROR order failed",
            "panic: boom",
            "2026/11/20 12:00:00 [error] 7#7: x",
        ] {
            let store = store_of(&[(0, error), (0, next)]);
            assert_eq!(shown(&store, "level>=error"), [error], "{next} after {error}");
        }
    }
}

#[test]
fn thousands_of_interleaved_goroutines_stay_together() {
    let mut lines = vec![(0, "fatal error: all goroutines are asleep - deadlock!")];
    for _ in 0..1_500 {
        lines.extend([
            (0, "goroutine 7 [select]:"),
            (0, "main.wait(0xc00001c0a8)"),
            (1, "GET / 200"),
            (0, "\t/app/main.go:15 +0x2c"),
        ]);
    }
    lines.push((0, NEXT));
    let store = store_of(&lines);
    assert_eq!(shown(&store, "level>=fatal").len(), 1 + 1_500 * 3);
}
