//! Exit codes: the contract with scripts.

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExitCode {
    /// Done, and what was asked for holds.
    Done,
    Failed,
    /// Wrong usage or configuration.
    Usage,
    /// Some source failed: what was read is printed, and says what is missing.
    Incomplete,
    /// Refused by a safety rule: wrong account, guarded, read-only, not confirmed.
    Refused,
    /// A deployment was rolled back.
    RolledBack,
    /// A deployment failed and was not rolled back.
    DeployFailed,
    /// Timed out or detached: it may still be going on.
    TimedOut,
    /// No valid credentials.
    Credentials,
    Interrupted,
    /// That of the command that was run for its user: `with-db`, `exec`.
    Of(u8),
}

impl ExitCode {
    /// All exit codes, in the order of their numbers.
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

    /// The number that the shell sees.
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
            Self::Of(code) => code,
        }
    }

    /// The meaning, in a line of the help.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Done => "done, and what was asked for holds",
            Self::Failed => "failed",
            Self::Usage => "wrong usage or configuration",
            Self::Incomplete => "incomplete: some source failed; what was read is printed",
            Self::Refused => "refused by a safety rule: wrong account, guarded, read-only, not confirmed",
            Self::RolledBack => "a deployment was rolled back",
            Self::DeployFailed => "a deployment failed and was not rolled back",
            Self::TimedOut => "timed out or detached: it may still be going on",
            Self::Credentials => "no valid credentials",
            Self::Interrupted => "interrupted",
            Self::Of(_) => "that of the command that was run",
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.code())
    }
}

/// The section of the help.
pub fn section() -> String {
    let mut text = String::from("Exit codes:\n");
    for code in ExitCode::ALL {
        use std::fmt::Write as _;
        let _ = writeln!(text, "  {:>3}  {}", code.code(), code.words());
    }
    text
}
