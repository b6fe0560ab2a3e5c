//! Exit codes: the contract with scripts.

/// The outcome of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitCode {
    /// The command succeeded, and the requested condition holds.
    Done,
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// Some source failed: the output has what was read, and lists what is missing.
    Incomplete,
    /// Refused by a safety rule: wrong account, guarded, read-only, not confirmed.
    Refused,
    /// A deployment was rolled back.
    RolledBack,
    /// A deployment failed and was not rolled back.
    DeployFailed,
    /// Timed out or detached: the operation may still be in progress.
    TimedOut,
    /// No valid credentials.
    Credentials,
    Interrupted,
    /// The exit code of the command that was run on the user's behalf: `with-db`, `exec`.
    OfProgram(u8),
}

impl ExitCode {
    /// All exit codes, in numerical order.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Incomplete,
        Self::Refused,
        Self::RolledBack,
        Self::DeployFailed,
        Self::TimedOut,
        Self::Credentials,
        Self::Interrupted,
    ];

    /// Returns the numeric exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Refused => 4,
            Self::RolledBack => 5,
            Self::DeployFailed => 6,
            Self::TimedOut => 7,
            Self::Credentials => 8,
            Self::Interrupted => 130,
            Self::OfProgram(code) => code,
        }
    }

    /// Returns the meaning, as shown in the help.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, and the requested condition holds",
            Self::Failed => "failed",
            Self::Usage => "wrong usage or configuration",
            Self::Incomplete => "incomplete: some source failed; what was read is printed",
            Self::Refused => "refused by a safety rule: wrong account, guarded, read-only, not confirmed",
            Self::RolledBack => "a deployment was rolled back",
            Self::DeployFailed => "a deployment failed and was not rolled back",
            Self::TimedOut => "timed out or detached: the operation may still be in progress",
            Self::Credentials => "no valid credentials",
            Self::Interrupted => "interrupted",
            Self::OfProgram(_) => "the exit code of the command that was run",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

/// Returns the help section on exit codes.
pub fn section() -> String {
    let mut text = String::from("Exit codes:\n");
    for code in ExitCode::ALL {
        use std::fmt::Write as _;
        let _ = writeln!(text, "  {:>3}  {}", code.code(), code.meaning());
    }
    text
}
