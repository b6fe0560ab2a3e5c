//! A program of an operation: docker, git, hooks, a command of one's own.

use crate::model::parameters::Value;
use secrecy::SecretString;

/// A program to run, without a shell. What it prints comes line by line.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Program and arguments. Never a secret: arguments are visible to everybody on the machine.
    pub argv: Vec<String>,
    /// Whether the program is this one, whatever it is called: what stands first in `argv` is for messages.
    pub own: bool,
    /// Where; none is the folder in which the cockpit was started.
    pub folder: Option<String>,
    /// Variables beside the inherited ones.
    pub variables: Vec<(String, String)>,
    /// The text for its standard input.
    pub input: Option<SecretString>,
    /// Whether its output is an answer and not shown.
    pub quiet: bool,
    /// It is ended after this many seconds.
    pub limit_seconds: u64,
    /// Inherited variables that it does not get; `NAME_*` is all that begin so.
    pub without: Vec<String>,
    /// A registry that it pushes to and pulls from: docker and podman ask for the token when they need it, and it is in no
    /// file and no argument.
    pub login: Option<Login>,
    /// Whether it has the terminal until it ends: what it prints and reads is there, and nowhere else.
    pub terminal: bool,
}

/// The user and token of a program at a registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// `123456789012.dkr.ecr.ap-northeast-1.amazonaws.com`.
    pub host: String,
    /// `AWS`.
    pub user: String,
    /// A token that is good for 12 hours.
    pub token: Value,
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        // Whether two inputs are the same is nobody's business.
        self.argv == other.argv && self.folder == other.folder && self.variables == other.variables
    }
}
