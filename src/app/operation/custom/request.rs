//! The request to run a command of the configuration: which, on what, and with which variables.

use crate::config::{CommandConfig, Config, EnvironmentConfig};
use crate::model::risk::Risk;
use crate::model::text::quoted;

/// Inherited variables with credentials of AWS, or that lead to some. A command that wants none gets none of them.
const CREDENTIALS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];
/// The variables that win over a profile.
const KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"];
/// The variables that win over an endpoint for all services.
const ELSEWHERE: &[&str] = &["AWS_ENDPOINT_URL_*", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"];
/// Passwords of PostgreSQL.
const PASSWORDS: &[&str] = &["PGPASSWORD", "COCKPIT_DATABASE_URL", "DATABASE_URL"];

/// The selected thing when a command is run: the fields that it gets, as far as there are some.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// The service's whole name.
    pub service: Option<String>,
    /// The id of the task.
    pub task: Option<String>,
    /// The container's name.
    pub container: Option<String>,
    /// The database's identifier.
    pub database: Option<String>,
    /// The instance of a database, or the id of one of EC2.
    pub instance: Option<String>,
    /// The name of the alarm.
    pub alarm: Option<String>,
    /// The selected row, whatever it is.
    pub row: Option<String>,
}

impl Selected {
    /// Its fields by the words of the configuration.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let all = [
            ("service", &self.service),
            ("task", &self.task),
            ("container", &self.container),
            ("database", &self.database),
            ("instance", &self.instance),
            ("alarm", &self.alarm),
            ("row", &self.row),
        ];
        all.into_iter().filter_map(|(word, value)| Some((word, value.as_deref()?)))
    }

    /// Whether there is one of this kind.
    pub fn has(&self, wanted: &str) -> bool {
        self.fields().any(|(word, _)| word == wanted)
    }
}

/// A command of the configuration with what it is run on.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub(super) command: CommandConfig,
    pub(super) selected: Selected,
    /// Variables that it gets.
    pub(super) variables: Vec<(String, String)>,
    /// Inherited ones that it does not get.
    pub(super) without: Vec<String>,
    /// The arguments with which this program opens a tunnel and runs the command behind it.
    pub(super) through: Option<Vec<String>>,
}

impl Request {
    /// The command on this selection, in an environment of this configuration.
    pub fn new(command: CommandConfig, selected: Selected, environment: &EnvironmentConfig, config: &Config) -> Self {
        let variables = variables(&command, &selected, environment);
        let without = without(&command, environment, config);
        let through = command.database.then(|| through(&command, environment));
        Self { command, selected, variables, without, through }
    }

    /// The risk of the command.
    pub(super) fn risk(&self) -> Risk {
        self.command.risk
    }

    /// `flush-cache web`.
    pub(super) fn title(&self) -> String {
        let on = match self.command.selection.as_deref() {
            Some(wanted) => self.selected.fields().find(|(word, _)| *word == wanted).map(|(_, value)| value),
            None => None,
        };
        match on {
            Some(on) => format!("{} {on}", self.command.name),
            None => self.command.name.clone(),
        }
    }

    /// `run flush-cache --service web`.
    pub(super) fn typed(&self) -> String {
        let fields = self.selected.fields().map(|(word, value)| format!(" --{word} {}", quoted(value)));
        format!("run {}{}", self.command.name, fields.collect::<String>())
    }
}

/// `cockpit with-db`, where the command acts. The yes that it asks for was given to the command.
fn through(command: &CommandConfig, environment: &EnvironmentConfig) -> Vec<String> {
    let mut words = vec!["cockpit".to_owned()];
    for (flag, value) in &environment.flags {
        words.extend([(*flag).to_owned(), value.clone()]);
    }
    if command.risk == Risk::Read {
        words.push("--read-only".to_owned());
    }
    words.extend(["--yes", "--confirm", &environment.name, "with-db", &environment.name, "--"].map(str::to_owned));
    words
}

fn variables(command: &CommandConfig, selected: &Selected, environment: &EnvironmentConfig) -> Vec<(String, String)> {
    let mut all = vec![("COCKPIT_ENV".to_owned(), environment.name.clone())];
    let mut add = |name: &str, value: Option<&str>| all.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    add("COCKPIT_COMMAND", Some(&command.name));
    add("COCKPIT_PROJECT", Some(environment.project.as_str()).filter(|project| !project.is_empty()));
    add("COCKPIT_ACCOUNT", environment.account.as_deref());
    add("COCKPIT_REGION", environment.region.as_deref());
    add("COCKPIT_CLUSTER", environment.cluster.as_deref());
    for (word, value) in selected.fields() {
        add(&format!("COCKPIT_{}", word.to_uppercase()), Some(value));
    }
    if command.credentials || command.database {
        add("AWS_REGION", environment.region.as_deref());
        add("AWS_DEFAULT_REGION", environment.region.as_deref());
        add("AWS_PROFILE", environment.profile.as_deref());
        add("AWS_ENDPOINT_URL", environment.endpoint_url.as_deref());
    }
    all
}

fn without(command: &CommandConfig, environment: &EnvironmentConfig, config: &Config) -> Vec<String> {
    let aws: &[&str] = match (command.credentials || command.database, &environment.profile) {
        (false, _) => CREDENTIALS,
        // Keys that are inherited would win over the profile, and be of another account.
        (true, Some(_)) => KEYS,
        (true, None) => &[],
    };
    let configured = config.environments.iter().filter_map(|environment| environment.database.password_env.as_deref());
    // What opens the tunnel knows its own password from there, and what it runs gets it in any case.
    let own = environment.database.password_env.as_deref().filter(|_| command.database);
    let configured = configured.filter(|name| Some(*name) != own);
    // Where the environment has an endpoint, what else would lead the program elsewhere, or past it.
    let elsewhere = if environment.endpoint_url.is_some() { ELSEWHERE } else { &[] };
    aws.iter().chain(elsewhere).chain(PASSWORDS).copied().chain(configured).map(str::to_owned).collect()
}
