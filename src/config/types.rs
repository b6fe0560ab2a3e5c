//! The configuration as plain data.

use crate::model::infra::Tool;
use crate::model::names::ends_in;
use crate::model::offered::{self, Flag};
use crate::model::parameters::Secret;
use crate::model::parameters::named::ParameterReference;
use crate::model::parameters::own::{self, Whose};
use crate::model::risk::Risk;
use crate::model::source::Intervals;
use std::collections::BTreeMap;

/// Everything that is configured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// The environment that is opened when none is named.
    pub default_environment: Option<String>,
    /// The environments, in the order of the file.
    pub environments: Vec<EnvironmentConfig>,
    /// Theme, signs and time zone of the screen.
    pub ui: Ui,
    /// Key bindings that differ from the defaults: command name → keys.
    pub keys: BTreeMap<String, Vec<String>>,
    /// Commands around a deployment.
    pub hooks: Hooks,
    /// Commands of one's own, in the order of the files.
    pub commands: Vec<CommandConfig>,
    /// How images are built, by the short name of their service.
    pub builds: BTreeMap<String, BuildConfig>,
    /// The audit file, instead of the one in the user's state folder.
    pub audit_file: Option<String>,
    /// The folder of saved queries, instead of the one beside the user's configuration.
    pub queries: Option<String>,
}

/// A command of one's own: `[[commands]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandConfig {
    /// The name that the palette shows and `cockpit run` takes.
    pub name: String,
    /// Two or three words for lists; its name where there is none.
    pub title: Option<String>,
    /// A sentence for help and palette.
    pub doc: Option<String>,
    pub key: Option<String>,
    /// The pane in which it applies; none: everywhere.
    pub pane: Option<String>,
    /// The kind of thing that must be selected; none: nothing need be.
    pub selection: Option<String>,
    /// The command line, for `sh -c`.
    pub run: String,
    /// The risk of the command to the environment.
    pub risk: Risk,
    /// Whether it has the terminal until it ends; else its output is kept and shown.
    pub foreground: bool,
    /// Whether it gets the credentials of the environment.
    pub credentials: bool,
    /// Whether it gets the address of the environment's database, through a tunnel of its own.
    pub database: bool,
    /// Where it is run: the folder of the file that names it.
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
            // One that does not say what it risks is never taken for harmless.
            risk: Risk::Destroy,
            foreground: false,
            credentials: false,
            database: false,
            folder: None,
        }
    }
}

/// Commands around a deployment, run by `sh` in the folder of the file that names them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks {
    /// Before the service is changed; a failure stops the deployment.
    pub before_deploy: Option<String>,
    /// After its end, whatever it is.
    pub after_deploy: Option<String>,
    /// Where the one before is run; none is the folder in which the program was started.
    pub before_folder: Option<String>,
    /// Where the one after is run.
    pub after_folder: Option<String>,
}

/// How the image of a service is built.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildConfig {
    /// The folder that is sent to the build; a relative one begins where the file is that names it.
    pub context: String,
    /// The Dockerfile, as seen from the context; `Dockerfile` where none is named.
    pub dockerfile: Option<String>,
    /// The stage of the Dockerfile that is built.
    pub target: Option<String>,
    /// `docker` or `podman`; none: whichever there is.
    pub program: Option<String>,
    /// `linux/arm64`; none: that of the task definition.
    pub platform: Option<String>,
}

/// An environment: which AWS account, and what of it is looked at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnvironmentConfig {
    /// `staging`: what `--env` names.
    pub name: String,
    /// The project: `bookmark-manager`.
    pub project: String,
    /// 12 digits. Facts of another account are never shown as this environment's.
    pub account: Option<String>,
    /// `ap-northeast-1`.
    pub region: Option<String>,
    /// A profile of the AWS configuration.
    pub profile: Option<String>,
    /// How long a credential helper may take; a minute where it is not set.
    pub credential_timeout: Option<jiff::SignedDuration>,
    /// Another endpoint for every service, as `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<String>,
    /// Whether the endpoint was typed (`--endpoint-url`), and says nothing of where the environment's states are of.
    pub endpoint_typed: bool,
    /// Flags that lead here, for commands that are offered.
    pub flags: Vec<Flag>,
    /// The ECS cluster; none where the environment has no containers.
    pub cluster: Option<String>,
    /// Names or patterns (`*`, `?`, `[a-c]`) of services; empty is all of the cluster.
    pub services: Vec<String>,
    /// Names or patterns of databases (Aurora cluster or RDS instance); empty is none.
    pub databases: Vec<String>,
    /// Names or patterns of target groups beside those of the services.
    pub target_groups: Vec<String>,
    /// Ids or patterns of names of EC2 instances; empty: those with its tags.
    pub instances: Vec<String>,
    /// Ids, names or patterns of distributions; empty: those with its hosts, or with its beginning of names.
    pub distributions: Vec<String>,
    /// Ids or patterns of names of user pools; empty: those with its beginning of names.
    pub user_pools: Vec<String>,
    /// Prefixes of alarms' names.
    pub alarms: Vec<String>,
    /// Paths of its parameters; empty is what its task definitions name.
    pub parameters: Vec<String>,
    /// Names or patterns of log groups beside those of the services.
    pub logs: Vec<String>,
    /// Filters of log lines by name: `NAME: FILTER`.
    pub log_filters: Vec<String>,
    /// Queries of Insights by name: `NAME: QUERY`.
    pub log_queries: Vec<String>,
    /// Raises the risk of every change by one.
    pub guarded: bool,
    /// Zone of the times shown; the machine's where it is not set.
    pub timezone: Option<String>,
    /// The Lambda function that stops and starts it.
    pub scheduler: Option<String>,
    /// Beginning of the names of the `EventBridge` schedules that stop and start it.
    pub schedules: Option<String>,
    /// How tunnels go, and where to.
    pub tunnel: TunnelConfig,
    /// The user and password of its database.
    pub database: DatabaseConfig,
    /// How the site is probed from outside.
    pub health: HealthConfig,
    /// How often each source is read.
    pub refresh: Intervals,
    /// Its infrastructure as code.
    pub infra: InfraConfig,
}

/// The infrastructure as code of an environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InfraConfig {
    /// The program that finds, plans and applies its units; none where it has no infrastructure as code.
    pub kind: Option<Tool>,
    /// With Terragrunt: the folder that its units are in.
    pub dir: Option<String>,
    /// With Terraform: its units.
    pub units: Vec<UnitConfig>,
    /// Terraform's program, instead of the one on PATH.
    pub terraform: Option<String>,
    /// Terragrunt's program, instead of the one on PATH.
    pub terragrunt: Option<String>,
    /// A folder of providers, which are then asked of no registry.
    pub plugin_dir: Option<String>,
}

/// A unit of Terraform: a root, in a workspace, with files of variables.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct UnitConfig {
    /// Unique in its environment.
    pub name: String,
    /// Its folder, from the configuration file.
    pub dir: String,
    /// Its workspace; none is the default one.
    pub workspace: Option<String>,
    /// Files of variables, as seen from its folder, in the order in which they are given.
    pub var_files: Vec<String>,
    /// Names of the units that must be applied before it.
    pub depends_on: Vec<String>,
}

/// How a tunnel goes: `[environments.NAME.tunnel]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TunnelConfig {
    /// The service through whose tasks it goes.
    pub service: Option<String>,
    /// An instance that it goes through instead.
    pub instance: Option<String>,
    /// The container of its tasks.
    pub container: Option<String>,
    /// `writer`, `reader`, or a host and a port.
    pub to: Option<String>,
    /// The local port of the tunnel, as text: a number from 0 to 65535.
    pub port: Option<String>,
    /// The database that is connected to.
    pub database: Option<String>,
    /// The user that connects.
    pub user: Option<String>,
    /// A secret of Secrets Manager.
    pub secret: Option<String>,
    /// A parameter of Parameter Store.
    pub parameter: Option<String>,
}

/// How the site is probed from outside: `[environments.NAME.health]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthConfig {
    /// The hosts of its site; none: those whose records lead to its load balancers.
    pub hosts: Vec<String>,
    /// Paths that must answer; none: `/health` and `/api/health`.
    pub paths: Vec<String>,
    /// A name server to ask instead of the machine's.
    pub resolver: Option<String>,
    /// A file of certificates to trust instead of the machine's.
    pub ca_file: Option<String>,
    /// `HOST:PORT=ADDRESS:PORT`: where connections go instead.
    pub connect: Vec<String>,
    /// The URL of the service that tells this machine's public address.
    pub address_url: Option<String>,
    /// Addresses may be let in by hand though the environment is guarded.
    pub allow: Option<bool>,
}

/// The user and password of the database: `[environments.NAME.database]`. User, database and password that are not set
/// here are those of the tunnel's keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatabaseConfig {
    pub database: Option<String>,
    pub user: Option<String>,
    /// A secret of Secrets Manager with the password.
    pub secret: Option<String>,
    /// A parameter of Parameter Store with the password.
    pub parameter: Option<String>,
    /// An environment variable with the password.
    pub password_env: Option<String>,
    /// The password is a token of IAM.
    pub iam: Option<bool>,
    /// The mode of TLS, by libpq's names: `disable`, `require`, `verify-full` …
    pub sslmode: Option<String>,
    /// A file of certificates, or `system`.
    pub sslrootcert: Option<String>,
    /// The limit for a statement.
    pub statement_timeout: Option<jiff::SignedDuration>,
    /// The limit for a transaction in which nothing happens.
    pub idle_in_transaction_session_timeout: Option<jiff::SignedDuration>,
    /// How many bytes of a result are kept on this machine's disk.
    pub result_limit: Option<u64>,
}

/// Theme, signs and time zone of the screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ui {
    /// `dark`, `light`, `high-contrast` or a file.
    pub theme: Option<String>,
    /// ASCII signs instead of ● ◐ ▲ ✖ ○; `None`: as the terminal draws them.
    pub ascii: Option<bool>,
    /// Mouse on; off leaves selection to the terminal.
    pub mouse: Option<bool>,
}

impl Config {
    /// The environment of this name.
    pub fn environment(&self, name: &str) -> Option<&EnvironmentConfig> {
        self.environments.iter().find(|environment| environment.name == name)
    }
}

impl EnvironmentConfig {
    /// The flags with which an offered command acts here.
    pub fn named(&self) -> offered::CommandScope<'_> {
        offered::CommandScope { environment: &self.name, flags: &self.flags }
    }

    /// The services by their exact names, where no pattern is among them: then they need not be
    /// listed before they are read.
    pub fn exact_services(&self) -> Option<&[String]> {
        (!self.services.is_empty() && self.services.iter().all(|name| !log_store::pattern::is_pattern(name)))
            .then_some(&self.services[..])
    }

    /// Whether it has infrastructure as code and nothing that says where in AWS it is: its units may be elsewhere, so that
    /// nobody is asked who we are.
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

    /// How the image of a service is built: by its name, or the longest configured end of it in whole words.
    pub fn build_of<'a>(builds: &'a BTreeMap<String, BuildConfig>, service: &str) -> Option<&'a BuildConfig> {
        let fits = builds.iter().filter(|(name, _)| *name == service || ends_in(name, service));
        fits.max_by_key(|(name, _)| name.len()).map(|(_, build)| build)
    }

    /// Its secrets of these, and how many others there are: what its task definitions name, what its tunnel and its database
    /// name, and what is called as it is.
    pub fn own_secrets<'a>(&self, all: &'a [Secret], named: &[ParameterReference]) -> (Vec<&'a Secret>, usize) {
        let configured = [&self.tunnel.secret, &self.database.secret];
        let configured: Vec<&str> = configured.into_iter().flatten().map(String::as_str).collect();
        own::of(all, &Whose { named, configured: &configured, project: &self.project, environment: &self.name })
    }

    /// Whether a service belongs to the environment.
    pub fn has_service(&self, name: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|pattern| log_store::pattern::matches(pattern, name))
    }
}
