//! The configuration as plain data.

use crate::model::infra::Tool;
use crate::model::names::ends_in;
use crate::model::parameters::Secret;
use crate::model::parameters::references::ParameterReference;
use crate::model::parameters::secret_owner::{self, SecretOwnership};
use crate::model::risk::Risk;
use crate::model::source::Intervals;
use crate::model::suggested_commands::{self, Flag};
use std::collections::BTreeMap;

/// The whole configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// The environment to open if none is named.
    pub default_environment: Option<String>,
    /// The environments, in the order of the file.
    pub environments: Vec<EnvironmentConfig>,
    /// Theme, signs and time zone of the screen.
    pub ui: Ui,
    /// Key bindings that differ from the defaults: command name → keys.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Commands run around a deployment.
    pub hooks: Hooks,
    /// User-defined commands, in the order of the files.
    pub commands: Vec<CommandConfig>,
    /// Image builds, by the short name of their service.
    pub builds: BTreeMap<String, BuildConfig>,
    /// The audit file, if not the one in the user's state folder.
    pub audit_file: Option<String>,
    /// The folder of saved queries, if not the one beside the user's configuration.
    pub queries: Option<String>,
}

/// A user-defined command: `[[commands]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandConfig {
    /// The name in the palette and for `cockpit run`.
    pub name: String,
    /// Two or three words for lists; the name if `None`.
    pub title: Option<String>,
    /// A sentence for help and palette.
    pub doc: Option<String>,
    pub key: Option<String>,
    /// The pane in which it applies; `None` means everywhere.
    pub pane: Option<String>,
    /// The kind of thing that must be selected; `None` means nothing.
    pub selection: Option<String>,
    /// The command line, for `sh -c`.
    pub run: String,
    /// The risk of the command to the environment.
    pub risk: Risk,
    /// Whether it uses the terminal until it ends. Otherwise its output is kept and shown in a window.
    pub foreground: bool,
    /// Whether it receives the credentials of the environment.
    pub credentials: bool,
    /// Whether it receives the address of the environment's database, through its own tunnel.
    pub database: bool,
    /// The working folder: that of the file that defines it.
    pub folder: Option<String>,
}

impl Default for CommandConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            title: None,
            doc: None,
            key: None,
            pane: None,
            selection: None,
            run: String::new(),
            // A command without a risk is treated as the most dangerous.
            risk: Risk::Destroy,
            foreground: false,
            credentials: false,
            database: false,
            folder: None,
        }
    }
}

/// Commands run around a deployment by `sh`, in the folder of the file that names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// Before the service is changed; a failure stops the deployment.
    pub before_deploy: Option<String>,
    /// After the deployment has ended, with any outcome.
    pub after_deploy: Option<String>,
    /// The working folder of `before_deploy`; `None` means the program's.
    pub before_folder: Option<String>,
    /// The working folder of `after_deploy`.
    pub after_folder: Option<String>,
}

/// How the image of a service is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildConfig {
    /// The build context; a relative path starts at the folder of the file that contains it.
    pub context: String,
    /// The Dockerfile, relative to the context; `Dockerfile` if `None`.
    pub dockerfile: Option<String>,
    /// The stage of the Dockerfile to build.
    pub target: Option<String>,
    /// `docker` or `podman`; `None` means whichever is installed.
    pub program: Option<String>,
    /// The platform, such as `linux/arm64`; `None` means the task definition's.
    pub platform: Option<String>,
}

/// An environment: an AWS account, and the parts of it to look at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnvironmentConfig {
    /// The name, as for `--env`: `staging`.
    pub name: String,
    /// The project: `bookmark-manager`.
    pub project: String,
    /// The account id, 12 digits. Data of another account is never shown as this environment's.
    pub account: Option<String>,
    /// `ap-northeast-1`.
    pub region: Option<String>,
    /// A profile of the AWS configuration.
    pub profile: Option<String>,
    /// Time limit of a credential helper; one minute if not set.
    pub credential_timeout: Option<jiff::SignedDuration>,
    /// Another endpoint for every service, like `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// Whether the endpoint comes from `--endpoint-url`, in which case it does not identify where the environment's states
    /// belong.
    pub endpoint_typed: bool,
    /// Flags that select this environment, for suggested commands.
    pub flags: Vec<Flag>,
    /// The ECS cluster; `None` if the environment has no containers.
    pub cluster: Option<String>,
    /// Names or patterns (`*`, `?`, `[a-c]`) of services; empty means all in the cluster.
    pub services: Vec<String>,
    /// Names or patterns of databases (Aurora cluster or RDS instance); empty means none.
    pub databases: Vec<String>,
    /// Names or patterns of target groups in addition to the services'.
    pub target_groups: Vec<String>,
    /// Ids or name patterns of EC2 instances; empty means those with the environment's tags.
    pub instances: Vec<String>,
    /// Ids, names or patterns of distributions; empty means those with the environment's hosts or name prefix.
    pub distributions: Vec<String>,
    /// Ids or name patterns of user pools; empty means those with the environment's name prefix.
    pub user_pools: Vec<String>,
    /// Prefixes of alarm names.
    pub alarms: Vec<String>,
    /// Paths of its parameters; empty means those in its task definitions.
    pub parameters: Vec<String>,
    /// Names or patterns of log groups in addition to the services'.
    pub logs: Vec<String>,
    /// Named filters for log lines: `NAME: FILTER`.
    pub log_filters: Vec<String>,
    /// Named Insights queries: `NAME: QUERY`.
    pub log_queries: Vec<String>,
    /// Whether the risk of every change is raised by one level.
    pub guarded: bool,
    /// The time zone of displayed times; the machine's if not set.
    pub timezone: Option<String>,
    /// The Lambda function that stops and starts it.
    pub scheduler: Option<String>,
    /// The name prefix of the `EventBridge` schedules that stop and start it.
    pub schedules: Option<String>,
    /// The route and destination of tunnels.
    pub tunnel: TunnelConfig,
    /// The user and password of its database.
    pub database: DatabaseConfig,
    /// How the site is checked from outside.
    pub health: HealthConfig,
    /// How often each source is read.
    pub refresh: Intervals,
    /// Its infrastructure as code.
    pub infra: InfraConfig,
}

/// The infrastructure as code of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InfraConfig {
    /// The program that finds, plans and applies its units; `None` if there is no infrastructure as code.
    pub kind: Option<Tool>,
    /// For Terragrunt: the folder that contains its units.
    pub dir: Option<String>,
    /// For Terraform: its units.
    pub units: Vec<UnitConfig>,
    /// The Terraform executable, if not the one on PATH.
    pub terraform: Option<String>,
    /// The Terragrunt executable, if not the one on PATH.
    pub terragrunt: Option<String>,
    /// A folder of providers, for which no registry is then queried.
    pub plugin_dir: Option<String>,
}

/// A Terraform unit: a root module, in a workspace, with variable files.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct UnitConfig {
    /// The name, unique in the environment.
    pub name: String,
    /// The folder, relative to the configuration file.
    pub dir: String,
    /// The workspace; `None` means the default one.
    pub workspace: Option<String>,
    /// Variable files, relative to its folder, in the order in which they are passed.
    pub var_files: Vec<String>,
    /// Names of the units that must be applied first.
    pub depends_on: Vec<String>,
}

/// The route of a tunnel: `[environments.NAME.tunnel]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelConfig {
    /// The service whose tasks it passes through.
    pub service: Option<String>,
    /// An instance that it passes through instead.
    pub instance: Option<String>,
    /// The container in the service's tasks.
    pub container: Option<String>,
    /// `writer`, `reader`, or a host and a port.
    pub to: Option<String>,
    /// The local port of the tunnel, as text: a number from 0 to 65535.
    pub port: Option<String>,
    /// The database to connect to.
    pub database: Option<String>,
    /// The user to connect as.
    pub user: Option<String>,
    /// The Secrets Manager secret.
    pub secret: Option<String>,
    /// The Parameter Store parameter.
    pub parameter: Option<String>,
}

/// How the site is checked from outside: `[environments.NAME.health]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthConfig {
    /// The hosts of its site; empty means those whose records lead to its load balancers.
    pub hosts: Vec<String>,
    /// Paths that must respond; empty means `/health` and `/api/health`.
    pub paths: Vec<String>,
    /// A name server to use instead of the system's.
    pub resolver: Option<String>,
    /// A file of certificates to trust instead of the system's.
    pub ca_file: Option<String>,
    /// Redirected connections, as `HOST:PORT=ADDRESS:PORT`.
    pub connect: Vec<String>,
    /// The URL of the service that returns this machine's public address.
    pub address_url: Option<String>,
    /// Whether addresses may be let in manually although the environment is guarded.
    pub allow: Option<bool>,
}

/// The user and password of the database: `[environments.NAME.database]`. Missing values for user, database and password are
/// taken from the tunnel's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseConfig {
    pub database: Option<String>,
    pub user: Option<String>,
    /// The Secrets Manager secret with the password.
    pub secret: Option<String>,
    /// The Parameter Store parameter with the password.
    pub parameter: Option<String>,
    /// The environment variable with the password.
    pub password_env: Option<String>,
    /// Whether the password is an IAM token.
    pub iam: Option<bool>,
    /// The TLS mode, by libpq's names: `disable`, `require`, `verify-full` …
    pub sslmode: Option<String>,
    /// A file of certificates, or `system`.
    pub sslrootcert: Option<String>,
    /// Time limit of a statement.
    pub statement_timeout: Option<jiff::SignedDuration>,
    /// Time limit of an idle transaction.
    pub idle_in_transaction_session_timeout: Option<jiff::SignedDuration>,
    /// Maximum bytes of a result kept on this machine's disk.
    pub result_limit: Option<u64>,
}

/// Theme, signs and time zone of the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ui {
    /// `dark`, `light`, `high-contrast` or a file.
    pub theme: Option<String>,
    /// Whether to use ASCII signs instead of ● ◐ ▲ ✖ ○; `None` decides by the terminal.
    pub ascii: Option<bool>,
    /// Whether the mouse is used. With it off, the terminal selects text.
    pub mouse: Option<bool>,
}

impl Config {
    /// Returns the environment with this name.
    pub fn environment(&self, name: &str) -> Option<&EnvironmentConfig> {
        self.environments.iter().find(|environment| environment.name == name)
    }
}

impl EnvironmentConfig {
    /// Returns the flags with which a suggested command applies to this environment.
    pub fn command_scope(&self) -> suggested_commands::CommandScope<'_> {
        suggested_commands::CommandScope { environment: &self.name, flags: &self.flags }
    }

    /// Returns the services if all are exact names without patterns, in which case they need not be listed before they are
    /// read.
    pub fn exact_services(&self) -> Option<&[String]> {
        (!self.services.is_empty() && self.services.iter().all(|name| !log_store::pattern::is_pattern(name)))
            .then_some(&self.services[..])
    }

    /// Returns whether it has infrastructure as code and nothing that locates it in AWS. Its units may then be elsewhere, so
    /// the AWS identity is not checked.
    pub fn is_only_infra(&self) -> bool {
        let bare = Self {
            name: self.name.clone(),
            project: self.project.clone(),
            timezone: self.timezone.clone(),
            guarded: self.guarded,
            refresh: self.refresh,
            infra: self.infra.clone(),
            ..Self::default()
        };
        self.infra.kind.is_some() && *self == bare
    }

    /// Returns the build of a service's image: by its name, or by the longest configured suffix of it in whole words.
    pub fn build_of<'a>(builds: &'a BTreeMap<String, BuildConfig>, service: &str) -> Option<&'a BuildConfig> {
        let fits = builds.iter().filter(|(name, _)| *name == service || ends_in(name, service));
        fits.max_by_key(|(name, _)| name.len()).map(|(_, build)| build)
    }

    /// Returns the environment's own secrets among these, and the number of others. Its own are those named by its task
    /// definitions, its tunnel and its database, and those with its name prefix.
    pub fn own_secrets<'a>(&self, all: &'a [Secret], named: &[ParameterReference]) -> (Vec<&'a Secret>, usize) {
        let configured = [&self.tunnel.secret, &self.database.secret];
        let configured: Vec<&str> = configured.into_iter().flatten().map(String::as_str).collect();
        secret_owner::of(
            all,
            &SecretOwnership {
                references: named,
                configured: &configured,
                project: &self.project,
                environment: &self.name,
            },
        )
    }

    /// Returns whether a service belongs to the environment.
    pub fn has_service(&self, name: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|pattern| log_store::pattern::matches(pattern, name))
    }
}
