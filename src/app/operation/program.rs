//! A program that an operation runs: docker, git, a hook, a configured command.

use crate::model::parameters::Value;
use secrecy::SecretString;

/// A program to run, without a shell. Its output comes line by line.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Program and arguments. Never a secret: arguments are visible to everyone on the machine.
    pub argv: Vec<String>,
    /// Whether to run this program itself, whatever its name; the first of `argv` is only for messages.
    pub runs_itself: bool,
    /// The working directory; `None` is the directory in which cockpit was started.
    pub folder: Option<String>,
    /// Variables in addition to the inherited ones.
    pub variables: Vec<(String, String)>,
    /// The text for its standard input.
    pub input: Option<SecretString>,
    /// Whether its output is a result and not shown.
    pub captures_output: bool,
    /// After how many seconds it is ended.
    pub limit_seconds: u64,
    /// Inherited variables to remove; `NAME_*` removes all with that prefix.
    pub removed_variables: Vec<String>,
    /// A registry that it pushes to and pulls from: docker and podman request the token when they need it, so that it
    /// is in no file and no argument.
    pub login: Option<Login>,
    /// Whether it has the terminal until it ends: its input and output are there, and nowhere else.
    pub terminal: bool,
}

/// The login of a program at a registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Login {
    /// `123456789012.dkr.ecr.ap-northeast-1.amazonaws.com`.
    pub host: String,
    /// `AWS`.
    pub user: String,
    /// A token that is valid for 12 hours.
    pub token: Value,
}

impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        // Inputs are secret and are not compared.
        self.argv == other.argv && self.folder == other.folder && self.variables == other.variables
    }
}
