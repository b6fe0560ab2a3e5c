//! Arguments of `cockpit params`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// List, read, write, remove, check and compare parameters; list secrets
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "A name without a slash is looked up under the environment's path. Values are shown only with --reveal.

Examples:
  cockpit params ls
  cockpit params get DATABASE_URL --reveal
  cockpit params put DATABASE_URL                 # prompts for the value, without echo
  openssl rand -hex 32 | cockpit params put JWT_SECRET --stdin --trim --yes
  cockpit params check
  cockpit params diff staging prod"
)]
pub struct Arguments {
    /// The action on parameters.
    #[command(subcommand)]
    pub action: Action,
}

/// The actions on parameters.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// List parameters by path with type, version, age and last author, and list secrets [table|json|yaml|csv]
    Ls(Ls),
    /// Show a parameter; its value with --reveal [table|json|yaml]
    Get(Get),
    /// Write a parameter: from a prompt, standard input, a file or an editor [table|json|yaml]
    Put(Put),
    /// Remove parameters with all their versions [table|json|yaml]
    Rm(Rm),
    /// Report parameters that are missing, unreadable, of the wrong type or unused; exit code 1 if anything is wrong
    /// [table|json|yaml|csv]
    Check,
    /// Compare the parameter names of two environments, never values [table|json|yaml|csv]
    Diff(Diff),
    /// List the versions of a parameter; their values with --reveal [table|json|yaml|csv]
    History(History),
    /// Write all variables of a dotenv file [table|json|yaml]
    Import(Import),
    /// Write parameters to a dotenv file that only its owner can read
    Export(Export),
}

/// The arguments of `ls`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Ls {
    /// Only parameters and secrets with this path or text in their name
    #[arg(value_name = "PATH")]
    pub path: Option<String>,
    /// List all secrets of the region, not only those recognised as the environment's
    #[arg(long)]
    pub all: bool,
}

/// The arguments of `get`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Get {
    /// The parameter
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Show the value; without a format, print only the value
    #[arg(long)]
    pub reveal: bool,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Type {
    /// Unencrypted text.
    #[value(name = "String")]
    Plain,
    /// Unencrypted texts, separated by commas.
    #[value(name = "StringList")]
    List,
    /// Encrypted text.
    #[value(name = "SecureString")]
    Secure,
}

/// The arguments of `put`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Without --stdin, --file and --editor, a prompt at the terminal reads the value without echo.")]
pub struct Put {
    /// The parameter
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The type [default: `SecureString` for a new parameter, else unchanged]
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    pub kind: Option<Type>,
    /// The KMS key that encrypts it [default: alias/aws/ssm for a new parameter, else unchanged]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// The description of the parameter
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Read the value from standard input
    #[arg(long, group = "source")]
    pub stdin: bool,
    /// Read the value from a file
    #[arg(long, value_name = "FILE", group = "source")]
    pub file: Option<PathBuf>,
    /// Edit the value in $VISUAL or $EDITOR, starting from the current one; no file is left behind
    #[arg(long, group = "source")]
    pub editor: bool,
    /// Strip line breaks at the end of the value
    #[arg(long)]
    pub trim: bool,
    /// Afterwards, replace the tasks of the services that read it, and wait for them
    #[arg(long)]
    pub restart: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `rm`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Rm {
    /// The parameters
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `diff`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Diff {
    /// The two environments to compare, or one to compare with that of --env
    #[arg(value_name = "ENVIRONMENT", num_args = 1..=2, required = true)]
    pub environments: Vec<String>,
    /// Exit with 1 if there are differences
    #[arg(long)]
    pub exit_code: bool,
}

/// The arguments of `history`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct History {
    /// The parameter
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Show the values
    #[arg(long)]
    pub reveal: bool,
}

/// The arguments of `import`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Import {
    /// The dotenv file; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The path to put the names under [default: the path of the environment, if it has only one]
    #[arg(long, value_name = "PATH")]
    pub under: Option<String>,
    /// The type of new parameters
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    pub kind: Option<Type>,
    /// Afterwards, replace the tasks of the services that read them, and wait for them
    #[arg(long)]
    pub restart: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `export`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Export {
    /// The file to write, readable only by its owner
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only parameters under this path, which is removed from their names
    #[arg(long, value_name = "PATH")]
    pub under: Option<String>,
    /// Overwrite an existing file
    #[arg(long)]
    pub force: bool,
}
