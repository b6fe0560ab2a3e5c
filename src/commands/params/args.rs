//! `cockpit params`: what is typed.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Parameters: list, read, write, remove, check, compare; secrets beside them
#[derive(Debug, Clone, PartialEq, Args)]
#[command(
    after_help = "A name without a slash is looked for under the environment's path. Values are shown only with --reveal.

Examples:
  cockpit params ls
  cockpit params get DATABASE_URL --reveal
  cockpit params put DATABASE_URL                 # asks for the value, without echo
  openssl rand -hex 32 | cockpit params put JWT_SECRET --stdin --trim --yes
  cockpit params check
  cockpit params diff staging prod"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with parameters.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// List parameters by path with type, version, age and who wrote them, and secrets [table|json|yaml|csv]
    Ls(Ls),
    /// Show one; its value with --reveal [table|json|yaml]
    Get(Get),
    /// Write one: from a prompt, standard input, a file or an editor [table|json|yaml]
    Put(Put),
    /// Remove parameters with all their versions [table|json|yaml]
    Rm(Rm),
    /// Say what is missing, unreadable, of the wrong type or unused; exit code 1 where something is wrong [table|json|yaml|csv]
    Check,
    /// Compare the names of two environments, never values [table|json|yaml|csv]
    Diff(Diff),
    /// List the versions of one; their values with --reveal [table|json|yaml|csv]
    History(History),
    /// Write all variables of a dotenv file [table|json|yaml]
    Import(Import),
    /// Write parameters into a dotenv file that only its owner can read
    Export(Export),
}

/// What is typed of `ls`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Ls {
    /// Only those under this path, or with this in their name
    #[arg(value_name = "PATH")]
    pub path: Option<String>,
    /// Secrets of the whole region, not only those that are told to be the environment's
    #[arg(long)]
    pub all: bool,
}

/// What is typed of `get`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Get {
    /// The parameter
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Show the value; without a format, the value alone
    #[arg(long)]
    pub reveal: bool,
}

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Type {
    /// Text that is not encrypted.
    #[value(name = "String")]
    Plain,
    /// Texts with commas between them, not encrypted.
    #[value(name = "StringList")]
    List,
    /// Encrypted.
    #[value(name = "SecureString")]
    Secure,
}

/// What is typed of `put`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(after_help = "Without --stdin, --file and --editor the value is asked for at the terminal, without echo.")]
pub struct Put {
    /// The parameter
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The type; `SecureString` for a new one, else as it is
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    pub kind: Option<Type>,
    /// The key of KMS that encrypts it; alias/aws/ssm for a new one, else as it is
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Read the value from standard input
    #[arg(long, group = "source")]
    pub stdin: bool,
    /// Read the value from a file
    #[arg(long, value_name = "FILE", group = "source")]
    pub file: Option<PathBuf>,
    /// Write the value in $VISUAL or $EDITOR, beginning with the one that is there; no file is left
    #[arg(long, group = "source")]
    pub editor: bool,
    /// Leave out line breaks at its end
    #[arg(long)]
    pub trim: bool,
    /// Then give the services that read it new tasks, and wait for them
    #[arg(long)]
    pub restart: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is typed of `rm`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Rm {
    /// The parameters
    #[arg(value_name = "NAME", required = true)]
    pub names: Vec<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is typed of `diff`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Diff {
    /// The environment to compare; two are compared with each other, one with --env
    #[arg(value_name = "ENVIRONMENT", num_args = 1..=2, required = true)]
    pub environments: Vec<String>,
    /// End with 1 where there are differences
    #[arg(long)]
    pub exit_code: bool,
}

/// What is typed of `history`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct History {
    /// The parameter
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Show the values
    #[arg(long)]
    pub reveal: bool,
}

/// What is typed of `import`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Import {
    /// The dotenv file; - is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The path that the names are put under; the environment's where it has one
    #[arg(long, value_name = "PATH")]
    pub under: Option<String>,
    /// The type of those that are new
    #[arg(long = "type", value_name = "TYPE", ignore_case = true)]
    pub kind: Option<Type>,
    /// Then give the services that read them new tasks, and wait for them
    #[arg(long)]
    pub restart: bool,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// What is typed of `export`.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct Export {
    /// The file to write, readable by its owner alone
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Only those under this path, which is left out of their names
    #[arg(long, value_name = "PATH")]
    pub under: Option<String>,
    /// Take the place of a file that is there
    #[arg(long)]
    pub force: bool,
}
