//! More traces in which each line is a separate event: those of frameworks, drivers and less common languages.

use super::{Case, case};
use log_store::Level;

pub const MORE: &[Case] = &[
    case(
        "java, an inner class",
        Level::Error,
        "2026-11-20 12:00:00.123 ERROR 1 --- [main] c.a.Shop : order failed\norg.springframework.web.client.HttpClientErrorException$NotFound: 404 : [no body]\n\tat org.springframework.Web.create(Web.java:112)\nCaused by: feign.FeignException$NotFound: [404] during [GET]\n\t... 2 more",
    ),
    case(
        "java, an inner class alone",
        Level::Error,
        "feign.FeignException$NotFound: [404] during [GET]\n\tat feign.FeignException.clientErrorStatus(FeignException.java:219)",
    ),
    case(
        "java, a class of any name",
        Level::Error,
        "12:00:00.123 [main] ERROR c.a.Shop - order 7 failed\nc.a.NoStock: article 7\n\tat c.a.Shop.order(Shop.java:12)",
    ),
    case(
        "spring, it does not start",
        Level::Error,
        "2026-11-20T12:00:00.123Z ERROR 1 --- [main] o.s.b.d.LoggingFailureAnalysisReporter   : \n\n***************************\nAPPLICATION FAILED TO START\n***************************\n\nDescription:\n\nWeb server failed to start. Port 8080 was already in use.\n\nAction:\n\nIdentify and stop the process that's listening on port 8080 or configure this application to listen on another port.",
    ),
    case(
        "dotnet, an error with a number",
        Level::Error,
        "fail: Shop[0]\n      order failed\nMicrosoft.Data.SqlClient.SqlException (0x80131904): Invalid object name 'orders'.\n   at Microsoft.Data.SqlClient.SqlCommand.ExecuteReader()\nClientConnectionId:5f3f\nError Number:208,State:1,Class:16",
    ),
    case(
        "dotnet, such an error alone",
        Level::Error,
        "Npgsql.PostgresException (0x80004005): 42P01: relation \"orders\" does not exist\n   at Npgsql.Internal.NpgsqlConnector.ReadMessageLong()\n  Exception data:\n    Severity: ERROR",
    ),
    case(
        "dotnet, a socket",
        Level::Error,
        "[12:00:00 ERR] order failed\nSystem.Net.Sockets.SocketException (111): Connection refused\n   at System.Net.Sockets.Socket.Connect()",
    ),
    case(
        "sqlalchemy",
        Level::Error,
        "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\npsycopg2.errors.UniqueViolation: duplicate key value violates unique constraint \"a\"\nDETAIL:  Key (id)=(7) already exists.\n\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/app/a.py\", line 9, in <module>\nsqlalchemy.exc.IntegrityError: (psycopg2.errors.UniqueViolation) duplicate key value\nDETAIL:  Key (id)=(7) already exists.\n\n[SQL: INSERT INTO a (id)\nVALUES (%(id)s)\nRETURNING a.id]\n[parameters: {'id': 7}]\n(Background on this error at: https://sqlalche.me/e/20/gkpj)",
    ),
    case(
        "psycopg, where in the statement",
        Level::Error,
        "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\npsycopg2.errors.UndefinedTable: relation \"x\" does not exist\nLINE 1: SELECT * FROM x\n                      ^",
    ),
    case(
        "pydantic",
        Level::Error,
        "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in f\npydantic_core._pydantic_core.ValidationError: 2 validation errors for Order\nid\n  Input should be a valid integer [type=int_parsing, input_value='x', input_type=str]\n    For further information visit https://errors.pydantic.dev/2.9/v/int_parsing\nitems.0.name\n  Field required [type=missing]",
    ),
    case(
        "pydantic, logged",
        Level::Error,
        "2026-11-20 12:00:00,123 ERROR app 1 validation error for Order\nbody -> id\n  Field required [type=missing]",
    ),
    case(
        "asyncio",
        Level::Error,
        "ERROR:asyncio:Task exception was never retrieved\nfuture: <Task finished name='Task-1' coro=<main() done, defined at /app/a.py:1> exception=ValueError('x')>\nTraceback (most recent call last):\n  File \"/app/a.py\", line 2, in main\nValueError: x",
    ),
    case(
        "python, faulthandler",
        Level::Fatal,
        "Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f31 (most recent call first):\n  File \"/app/a.py\", line 3 in order\nThread 0x00007f32 (most recent call first):\n  <no Python frame>\nExtension modules: numpy (total: 10)",
    ),
    case(
        "go, stack overflow",
        Level::Fatal,
        "runtime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0xc0200e0390 stack=[0xc0200e0000, 0xc0400e0000]\nfatal error: stack overflow\n\nruntime stack:\nruntime.throw({0x4a, 0x4b})\n\t/usr/local/go/src/runtime/panic.go:1023 +0x5c",
    ),
    case(
        "go, gin",
        Level::Error,
        "2026/11/20 12:00:00 [Recovery] 2026/11/20 - 12:00:00 panic recovered:\nGET /orders HTTP/1.1\nHost: example.com\n\nruntime error: index out of range [5] with length 3\n/usr/local/go/src/runtime/panic.go:114 (0x435a1a)\n\tgoPanicIndex: panic(boundsError{x: int64(x), signed: true, y: y, code: boundsIndex})\n/app/main.go:12 (0x6a4f40)\n\tmain.order: return stock[5]",
    ),
    case(
        "go, pkg/errors",
        Level::Error,
        "2026/11/20 12:00:00 ERROR order failed: no stock\nmain.order\n\t/app/main.go:12\ngithub.com/x/y.(*Server).run\n\t/go/pkg/mod/github.com/x/y@v1.2.3/run.go:7\nruntime.goexit\n\t/usr/local/go/src/runtime/asm_amd64.s:1594",
    ),
    case(
        "rust, stack overflow",
        Level::Fatal,
        "thread 'main' has overflowed its stack\nfatal runtime error: stack overflow, aborting",
    ),
    case(
        "rails, tagged",
        Level::Error,
        "[0f8c71ab-12] NoMethodError (undefined method 'price' for nil):\n[0f8c71ab-12]   \n[0f8c71ab-12] app/controllers/orders_controller.rb:5:in 'OrdersController#show'\n[0f8c71ab-12] lib/middleware.rb:12:in `call'",
    ),
    case(
        "prisma",
        Level::Error,
        "PrismaClientKnownRequestError: \nInvalid `prisma.order.create()` invocation in\n/app/src/shop.ts:5:36\n\n  2 \n  3 async function order() {\n→ 5   const order = await prisma.order.create(\nUnique constraint failed on the fields: (`email`)\n    at Hn.handleRequestError (/app/node_modules/@prisma/client/runtime/library.js:121:7174) {\n  code: 'P2002'\n}",
    ),
    case(
        "prisma, uncaught",
        Level::Error,
        "/app/shop.js:3\n    throw new TypeError(\"no stock\");\n    ^\n\nPrismaClientKnownRequestError: \nInvalid `prisma.order.create()` invocation:\n\n\nUnique constraint failed on the fields: (`email`)\n    at Hn.handleRequestError (/app/library.js:121:7174) {\n  code: 'P2002'\n}\n\nNode.js v22.9.0",
    ),
    case(
        "node, a module is missing",
        Level::Error,
        "Error: Cannot find module './shop'\nRequire stack:\n- /app/main.js\n- /app/index.js\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1225:15) {\n  code: 'MODULE_NOT_FOUND'\n}",
    ),
    case(
        "node, the heap is full",
        Level::Fatal,
        "<--- Last few GCs --->\n\n[1:0x5c3f10]    12345 ms: Mark-Compact 2045.3 (2080.1) -> 2044.9 (2081.1) MB, 1234.5 / 0.0 ms\n\n\n<--- JS stacktrace --->\n\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n----- Native stack trace -----\n\n 1: 0xb8ced1 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]\n 2: 0xf06250  [node]",
    ),
    case(
        "dart, any message",
        Level::Error,
        "Unhandled exception:\nBad state: No element\n#0      order (package:shop/shop.dart:5:3)\n#1      main (package:shop/main.dart:2:1)",
    ),
    case(
        "ocaml",
        Level::Fatal,
        "Fatal error: exception Failure(\"no stock\")\nRaised at Stdlib.failwith in file \"stdlib.ml\", line 29, characters 17-33\nCalled from Dune__exe__Main in file \"bin/main.ml\", line 1, characters 9-20",
    ),
    case(
        "lua",
        Level::Error,
        "lua: shop.lua:3: attempt to index a nil value (local 'stock')\nstack traceback:\n\tshop.lua:3: in function 'order'\n\t[C]: in ?",
    ),
    case(
        "julia",
        Level::Error,
        "ERROR: LoadError: DomainError with -1.0:\nsqrt was called with a negative real argument\nStacktrace:\n [1] throw_complex_domainerror(f::Symbol, x::Float64)\n   @ Base.Math ./math.jl:33\nin expression starting at /app/a.jl:1",
    ),
    case(
        "a sanitizer",
        Level::Fatal,
        "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x4c\nREAD of size 4 at 0x602000000010 thread T0\n    #0 0x4c3a in main /app/a.c:5\n\n0x602000000010 is located 0 bytes inside of 4-byte region\nfreed by thread T0 here:\n    #0 0x49 in free\n\nSUMMARY: AddressSanitizer: heap-use-after-free /app/a.c:5 in main\nShadow bytes around the buggy address:\n=>0x0c047fff8000: fa fa[fd]fa\n==7==ABORTING",
    ),
    case("perl", Level::Error, "Died at /app/shop.pl line 3.\n\tmain::order() called at /app/shop.pl line 9"),
    case("haskell", Level::Error, "CallStack (from HasCallStack):\n  error, called at app/Main.hs:5:7 in main:Main"),
    case(
        "haskell, of the libraries",
        Level::Error,
        "shop: Prelude.head: empty list\nCallStack (from HasCallStack):\n  error, called at libraries/base/GHC/List.hs:1644:3 in base:GHC.List\n  errorEmptyList, called at app/Main.hs:5:7 in main:Main",
    ),
    case(
        "haskell, since 9.10",
        Level::Error,
        "shop-api: Uncaught exception ghc-internal:GHC.Internal.Exception.ErrorCall:\n\nno stock\n\nHasCallStack backtrace:\n  error, called at app/Main.hs:5:7 in main:Main",
    ),
    case(
        "haskell, a pattern",
        Level::Error,
        "/app/shop: app/Main.hs:(5,1)-(6,9): Non-exhaustive patterns in function order",
    ),
    case(
        "clojure",
        Level::Error,
        "Execution error (ArithmeticException) at shop.core/order (core.clj:5).\nDivide by zero\n\nFull report at:\n/tmp/clojure-1234567.edn",
    ),
    case("c, memory", Level::Fatal, "free(): invalid pointer"),
    case("a signal", Level::Fatal, "Segmentation fault (core dumped)"),
];
