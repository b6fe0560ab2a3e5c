//! The request to run a configured command: which command, on what, and with which variables.

use crate::config::{CommandConfig, Config, EnvironmentConfig};
use crate::model::risk::Risk;
use crate::model::text::shell_quote;

/// Inherited variables that contain or lead to AWS credentials. A command that does not request credentials gets none
/// of them.
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
/// The variables that take precedence over a profile.
const KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"];
/// The variables that take precedence over a common endpoint for all services.
const ELSEWHERE: &[&str] = &["AWS_ENDPOINT_URL_*", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"];
/// Variables with PostgreSQL passwords.
const PASSWORDS: &[&str] = &["PGPASSWORD", "COCKPIT_DATABASE_URL", "DATABASE_URL"];

/// The selected thing when a command is run; only the fields that apply are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selected {
    /// The full name of the service.
    pub service: Option<String>,
    /// The id of the task.
    pub task: Option<String>,
    /// The container's name.
    pub container: Option<String>,
    /// The database's identifier.
    pub database: Option<String>,
    /// The instance of a database, or the id of an EC2 instance.
    pub instance: Option<String>,
    /// The name of the alarm.
    pub alarm: Option<String>,
    /// The selected row, whatever it is.
    pub row: Option<String>,
}

impl Selected {
    /// The fields by their names in the configuration.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("service", &self.service),
            ("task", &self.task),
            ("container", &self.container),
            ("database", &self.database),
            ("instance", &self.instance),
            ("alarm", &self.alarm),
            ("row", &self.row),
        ];
        fields.into_iter().filter_map(|(word, value)| Some((word, value.as_deref()?)))
    }

    /// Whether a thing of this kind is selected.
    pub fn has(&self, wanted: &str) -> bool {
        self.fields().any(|(word, _)| word == wanted)
    }
}

/// A configured command and what it is run on.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub(super) command: CommandConfig,
    pub(super) selected: Selected,
    /// Variables to set.
    pub(super) variables: Vec<(String, String)>,
    /// Inherited variables to remove.
    pub(super) removed_variables: Vec<String>,
    /// The arguments with which this program opens a tunnel and runs the command behind it.
    pub(super) tunnel_arguments: Option<Vec<String>>,
}

impl Request {
    /// The command on a selection, in an environment of this configuration.
    pub fn new(command: CommandConfig, selected: Selected, environment: &EnvironmentConfig, config: &Config) -> Self {
        let variables = variables(&command, &selected, environment);
        let without = without(&command, environment, config);
        let through = command.database.then(|| through(&command, environment));
        Self { command, selected, variables, removed_variables: without, tunnel_arguments: through }
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
    pub(super) fn command_line(&self) -> String {
        let fields = self.selected.fields().map(|(word, value)| format!(" --{word} {}", shell_quote(value)));
        format!("run {}{}", self.command.name, fields.collect::<String>())
    }
}

/// The `cockpit with-db` command line for commands that use the database. Its confirmation was already given to the
/// command.
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
    let mut variables = vec![("COCKPIT_ENV".to_owned(), environment.name.clone())];
    let mut add =
        |name: &str, value: Option<&str>| variables.extend(value.map(|value| (name.to_owned(), value.to_owned())));
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
    variables
}

fn without(command: &CommandConfig, environment: &EnvironmentConfig, config: &Config) -> Vec<String> {
    let aws: &[&str] = match (command.credentials || command.database, &environment.profile) {
        (false, _) => CREDENTIALS,
        // Inherited keys would take precedence over the profile, and may belong to another account.
        (true, Some(_)) => KEYS,
        (true, None) => &[],
    };
    let configured = config.environments.iter().filter_map(|environment| environment.database.password_env.as_deref());
    // The program that opens the tunnel reads its password from this variable; the command gets the password in any
    // case.
    let own = environment.database.password_env.as_deref().filter(|_| command.database);
    let configured = configured.filter(|name| Some(*name) != own);
    // If the environment has an endpoint, removes variables that would lead the program elsewhere.
    let elsewhere = if environment.endpoint_url.is_some() { ELSEWHERE } else { &[] };
    aws.iter().chain(elsewhere).chain(PASSWORDS).copied().chain(configured).map(str::to_owned).collect()
}
