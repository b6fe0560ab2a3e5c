//! The beginnings of lines in stack traces, by runtime.

/// Beginnings of lines that continue with frames of Java, .NET, PHP, Dart and others.
pub(super) const FRAMES: &[&str] = &[
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
    "ClientConnectionId:",
    "Error Number:",
    "Raised at ",
    "Raised by primitive",
    "Re-raised at ",
    "Called from ",
    "stack traceback:",
    "coroutine 0:",
    "Stacktrace:",
    "in expression starting at ",
    "HasCallStack backtrace:",
    "Full report at:",
    "/tmp/clojure-",
    "Node.js v",
];
/// Messages of Python's asyncio about an error, before its trace.
pub(super) const ASYNCIO: &[&str] =
    &["future: <", "task: <", "handle: <", "transport: <", "protocol: <", "source_traceback: ", "handle_traceback: "];
/// Lines beside an exception of a database driver, in Python.
pub(super) const PYTHON_SQL: &[&str] = &[
    "[SQL: ",
    "[parameters: ",
    "[generated in ",
    "[cached since ",
    "(Background on this error",
    "LINE ",
    "DETAIL: ",
    "HINT: ",
    "CONTEXT: ",
    "QUERY: ",
];
/// A report of `faulthandler`.
pub(super) const FAULT: &[&str] = &[
    "Current thread 0x",
    "Thread 0x",
    "Current thread's C stack",
    "<no Python frame>",
    "Python runtime state:",
    "Extension modules:",
    "Segmentation fault",
    "Aborted",
    "...",
];
/// Messages that GHC's runtime and libraries write after the name of a program ended by an exception. The program's own
/// messages could be any log line.
pub(super) const HASKELL: &[&str] = &[
    "Uncaught exception ",
    "Prelude.",
    "Map.!: ",
    "user error (",
    "divide by zero",
    "arithmetic overflow",
    "stack overflow",
    "heap overflow",
    "<<loop>>",
    "thread blocked indefinitely in an ",
];
/// The frames of such an exception.
pub(super) const HASKELL_FRAMES: &[&str] = &["CallStack (from HasCallStack):", "HasCallStack backtrace:"];
/// V8's report of running out of memory.
pub(super) const HEAP: &[&str] =
    &["<--- JS stacktrace", "FATAL ERROR: ", "----- Native stack trace", "==== JS stack trace", "Aborted"];
/// A report of a sanitizer of LLVM or GCC.
pub(super) const SANITIZER: &[&str] = &[
    "READ of size",
    "WRITE of size",
    "0x",
    "=>0x",
    "=====",
    "freed by thread",
    "previously allocated by",
    "allocated by thread",
    "SUMMARY: ",
    "Shadow byte",
    "Address ",
    "HINT: ",
    "Direct leak of",
    "Indirect leak of",
    "The signal is caused by",
    "Thread T",
];
/// A shell's message that a signal ended a process.
pub(super) const ENDED: &[&str] =
    &["Segmentation fault", "Aborted", "Illegal instruction", "Bus error", "Floating point exception"];
/// The C library's messages before it ends a process with corrupted memory.
pub(super) const CORRUPTED: &[&str] = &[
    "free(): ",
    "double free or corruption",
    "malloc(): ",
    "malloc_consolidate(): ",
    "munmap_chunk(): ",
    "realloc(): ",
    "corrupted size vs. prev_size",
    "corrupted double-linked list",
    "*** stack smashing detected ***",
    "*** buffer overflow detected ***",
];
/// Python's introduction of a related exception.
pub(super) const CHAINED: &[&str] =
    &["During handling of the above exception", "The above exception was the direct cause"];
pub(super) const GO: &[&str] = &[
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
    "runtime: sp=",
    "fatal error: stack overflow",
];
pub(super) const RUST: &[&str] = &[
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
    "fatal runtime error: ",
];
pub(super) const SWIFT: &[&str] =
    &["Thread ", "Registers:", "Images (", "Platform:", "Backtrace took", "Crash", "...", "Illegal instruction"];
