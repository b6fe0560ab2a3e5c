//! The environment variables that Terraform and Terragrunt are started with. What a shell happens to hold must not change
//! what is planned: such variables are dropped, and named.

use crate::config::{AwsFiles, EnvironmentConfig, FileEndpoints};
use crate::model::infra::world::ENDPOINTS;
use crate::model::infra::{Tool, Unit};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The environment variables of a child process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildEnvironment {
    variables: Vec<(OsString, OsString)>,
    dropped: Vec<String>,
}

/// Beginnings of variables that would change a plan, or what is printed.
const DROPPED: &[&str] = &["TF_VAR_", "TF_CLI_ARGS", "TF_LOG", "TG_", "TERRAGRUNT_"];
/// Whole names of such.
const DROPPED_NAMES: &[&str] =
    &["TF_WORKSPACE", "TF_DATA_DIR", "TF_INPUT", "TF_IN_AUTOMATION", "TF_REATTACH_PROVIDERS", "TF_PLUGIN_DIR"];
/// The variables among them that are always set anew, so that nobody need be told.
const SILENT: &[&str] = &["TF_IN_AUTOMATION", "TF_INPUT"];
/// Keys in the environment win over a profile in Terraform's SDK; where a profile is configured it must win.
const KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Endpoints of variables and files are not used: what is not used is dropped, so that what is left is where requests go.
const IGNORES: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// The values that a shell may give it.
const SAID: [&str; 2] = ["true", "false"];

fn is_blank(value: &OsStr) -> bool {
    value.to_string_lossy().trim().is_empty()
}

impl ChildEnvironment {
    /// The variables of this process, for an environment.
    pub fn of_process(environment: &EnvironmentConfig) -> Self {
        let mut kept = Self::of(std::env::vars_os(), environment, Path::is_file);
        let files = AwsFiles::usual(|name| kept.get(name).map(OsStr::to_owned));
        let set = |name: &&str| kept.get(name).filter(|value| !is_blank(value));
        let named = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].iter().find_map(set);
        let profile = named.map_or_else(|| "default".to_owned(), |name| name.to_string_lossy().into_owned());
        kept.hear(files.endpoints(&profile));
        kept
    }

    /// The inherited variables without those that are dropped, with the environment's settings for AWS.
    pub fn of(
        inherited: impl IntoIterator<Item = (OsString, OsString)>,
        environment: &EnvironmentConfig,
        is_file: impl Fn(&Path) -> bool,
    ) -> Self {
        let mut kept = Self { variables: Vec::new(), dropped: Vec::new() };
        let inherited: Vec<(OsString, OsString)> = inherited.into_iter().collect();
        let said = inherited.iter().rfind(|(name, _)| name == IGNORES).map(|(_, value)| value.to_string_lossy());
        let said = said.and_then(|said| SAID.into_iter().find(|word| said.trim().eq_ignore_ascii_case(word)));
        let said = said.map(str::to_owned);
        let ignores = said.as_deref() == Some("true");
        for (name, value) in inherited {
            let word = name.to_string_lossy();
            let lost_file = word == "TF_CLI_CONFIG_FILE" && !is_file(Path::new(&value));
            let is_dropped = DROPPED.iter().any(|begin| word.starts_with(begin))
                || DROPPED_NAMES.contains(&&*word)
                || (environment.profile.is_some() && KEYS.contains(&&*word))
                || (word.starts_with(ENDPOINTS) && (ignores || environment.endpoint_url.is_some() || is_blank(&value)))
                || word == IGNORES
                || lost_file;
            if !is_dropped {
                kept.variables.push((name, value));
                continue;
            }
            // Another one takes its place.
            let replaced = word == IGNORES || (word == ENDPOINTS && environment.endpoint_url.is_some());
            if !replaced && !is_blank(&value) && !SILENT.contains(&&*word) {
                kept.dropped.push(word.into_owned());
            }
        }
        kept.dropped.sort();
        kept.set("TF_IN_AUTOMATION", "1");
        kept.set("TF_INPUT", "0");
        kept.set("CHECKPOINT_DISABLE", "1");
        let aws = [
            ("AWS_PROFILE", &environment.profile),
            ("AWS_REGION", &environment.region),
            ("AWS_ENDPOINT_URL", &environment.endpoint_url),
        ];
        for (name, value) in aws {
            if let Some(value) = value {
                kept.set(name, value);
            }
        }
        // What the environment says is heard, whatever its profile says of endpoints.
        let said = if environment.endpoint_url.is_some() { Some("false".to_owned()) } else { said };
        if let Some(said) = said {
            kept.set(IGNORES, said);
        }
        kept
    }

    /// Takes the endpoints of the AWS files as variables: Terraform reads the files as well, and so it is known where
    /// its requests go, and a run stays there whatever the files say later.
    fn hear(&mut self, files: FileEndpoints) {
        let said = self.get(IGNORES).map(OsStr::to_owned);
        if said.is_none() && files.ignored {
            for name in self.endpoints() {
                self.unset(&name);
                self.dropped.push(name);
            }
            self.dropped.sort();
        } else if said.is_none_or(|said| said != "true") && self.get(ENDPOINTS).is_none() {
            // The variable of all services goes before all that files say; that of one only before what they say of it.
            for (name, one) in files.named {
                if self.get(&name).is_none() {
                    self.set(&name, one.url);
                }
            }
        }
        self.hear_no_other();
    }

    /// Names of the variables that name endpoints.
    fn endpoints(&self) -> Vec<String> {
        let names = self.variables.iter().map(|(name, _)| name.to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(ENDPOINTS)).collect()
    }

    /// Points to these endpoints, with the variables that name them, and to no others.
    pub fn lead_to<'a>(&mut self, named: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for name in self.endpoints() {
            self.unset(&name);
        }
        for (name, url) in named {
            self.set(name, url);
        }
        self.hear_no_other();
    }

    /// Has the programs read the AWS files no further than they were read here.
    fn hear_no_other(&mut self) {
        let said = if self.endpoints().is_empty() { "true" } else { "false" };
        self.set(IGNORES, said);
    }

    /// Names of the inherited variables that were dropped, sorted.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// All variables, for a child process that inherits none.
    pub fn variables(&self) -> &[(OsString, OsString)] {
        &self.variables
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.iter().find(|(set, _)| set == name).map(|(_, value)| value.as_os_str())
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(set, _)| set != name);
        self.variables.push((name.into(), value.into()));
    }

    /// Leaves a variable out.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(set, _)| set != name);
    }

    /// The variables for a unit: with its workspace and its folder of data.
    #[must_use]
    pub fn of_unit(&self, unit: &Unit) -> Self {
        let mut own = self.clone();
        if let Some(folder) = data_dir(unit) {
            own.set("TF_DATA_DIR", folder);
        }
        if unit.tool == Tool::Terraform {
            own.set("TF_WORKSPACE", unit.workspace.as_deref().unwrap_or(DEFAULT_WORKSPACE));
        }
        own
    }

    /// The variables for Terragrunt, which calls this Terraform and asks nothing.
    #[must_use]
    pub fn of_terragrunt(&self, terraform: &Path) -> Self {
        let mut own = self.clone();
        for name in ["TG_NON_INTERACTIVE", "TG_NO_COLOR", "TG_NO_TIPS"] {
            own.set(name, "true");
        }
        own.set("TG_TF_PATH", terraform);
        own
    }
}

/// The workspace that is there without being made.
pub const DEFAULT_WORKSPACE: &str = "default";

/// Where Terraform keeps providers, modules and the backend of a unit: absolute. Units of one folder that differ by
/// their workspace have one each, so that they can be initialised and planned at the same time. None with Terragrunt,
/// which has a working directory for each unit.
pub fn data_dir(unit: &Unit) -> Option<PathBuf> {
    let own = unit.dir.join(".terraform");
    match (unit.tool, unit.workspace.as_deref()) {
        (Tool::Terragrunt, _) => None,
        (Tool::Terraform, None | Some(DEFAULT_WORKSPACE)) => Some(own),
        (Tool::Terraform, Some(workspace)) => Some(own.join(format!("cockpit-{workspace}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FileEndpoint;
    use crate::model::infra::Around;

    fn of(inherited: &[(&str, &str)], environment: &EnvironmentConfig) -> ChildEnvironment {
        let inherited = inherited.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        ChildEnvironment::of(inherited, environment, |path| path == Path::new("/etc/terraformrc"))
    }

    #[test]
    fn variables_that_would_change_a_plan_are_dropped_and_named() {
        let kept = of(
            &[
                ("PATH", "/bin"),
                ("TF_VAR_image", "evil"),
                ("TF_CLI_ARGS", "-lock=false"),
                ("TF_CLI_ARGS_plan", "-refresh=false"),
                ("TF_LOG", "TRACE"),
                ("TF_LOG_PATH", "/tmp/x"),
                ("TG_ALL", "true"),
                ("TERRAGRUNT_SOURCE", "../x"),
                ("TF_WORKSPACE", "prod"),
                ("TF_DATA_DIR", "/tmp/y"),
                ("TF_IN_AUTOMATION", "1"),
                ("TF_PLUGIN_CACHE_DIR", "/cache"),
                ("TF_TOKEN_app_terraform_io", "secret"),
                ("TF_CLI_CONFIG_FILE", "/etc/terraformrc"),
                ("AWS_ACCESS_KEY_ID", "AKIA"),
            ],
            &EnvironmentConfig::default(),
        );
        assert_eq!(
            kept.dropped(),
            [
                "TERRAGRUNT_SOURCE",
                "TF_CLI_ARGS",
                "TF_CLI_ARGS_plan",
                "TF_DATA_DIR",
                "TF_LOG",
                "TF_LOG_PATH",
                "TF_VAR_image",
                "TF_WORKSPACE",
                "TG_ALL"
            ]
        );
        for name in
            ["PATH", "TF_PLUGIN_CACHE_DIR", "TF_TOKEN_app_terraform_io", "TF_CLI_CONFIG_FILE", "AWS_ACCESS_KEY_ID"]
        {
            assert!(kept.get(name).is_some(), "{name}");
        }
        assert_eq!((kept.get("TF_IN_AUTOMATION"), kept.get("TF_INPUT")), (Some("1".as_ref()), Some("0".as_ref())));
        assert_eq!(kept.get("TF_VAR_image"), None);
    }

    #[test]
    fn a_configuration_file_that_is_not_there_is_not_named_to_terraform() {
        let kept = of(&[("TF_CLI_CONFIG_FILE", "/nowhere")], &EnvironmentConfig::default());
        assert_eq!((kept.get("TF_CLI_CONFIG_FILE"), kept.dropped()), (None, &["TF_CLI_CONFIG_FILE".to_owned()][..]));
    }

    #[test]
    fn a_configured_profile_wins_over_keys_of_the_shell() {
        let environment = EnvironmentConfig {
            profile: Some("staging".into()),
            region: Some("eu-west-1".into()),
            ..EnvironmentConfig::default()
        };
        let kept = of(&[("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_REGION", "us-east-1")], &environment);
        assert_eq!((kept.get("AWS_ACCESS_KEY_ID"), kept.get("AWS_PROFILE")), (None, Some("staging".as_ref())));
        assert_eq!(kept.get("AWS_REGION"), Some("eu-west-1".as_ref()));
        assert_eq!(kept.dropped(), ["AWS_ACCESS_KEY_ID"]);
    }

    #[test]
    fn terraform_asks_where_the_cockpit_asks() {
        let shell = [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:2"),
            ("AWS_ENDPOINT_URL_RDS", " "),
        ];
        let named =
            |kept: &ChildEnvironment, name: &str| kept.get(name).map(|value| value.to_string_lossy().into_owned());
        let kept = of(&shell, &EnvironmentConfig::default());
        assert_eq!(named(&kept, "AWS_ENDPOINT_URL").as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(named(&kept, "AWS_ENDPOINT_URL_ECS").as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!((named(&kept, "AWS_ENDPOINT_URL_RDS"), kept.dropped().len()), (None, 0));
        // Those that are ignored lead nowhere, also for a tool that would not ignore them.
        let ignoring = [&shell[..], &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")]].concat();
        let kept = of(&ignoring, &EnvironmentConfig::default());
        assert!(!kept.variables().iter().any(|(name, _)| name.to_string_lossy().starts_with(ENDPOINTS)));
        assert_eq!(named(&kept, IGNORES).as_deref(), Some("true"), "and those of files, which it reads by itself");
        assert_eq!(kept.dropped().len(), 2);
        // What the environment says goes before them, and is not ignored.
        let there =
            EnvironmentConfig { endpoint_url: Some("http://127.0.0.1:3".into()), ..EnvironmentConfig::default() };
        let kept = of(&ignoring, &there);
        assert_eq!(named(&kept, "AWS_ENDPOINT_URL").as_deref(), Some("http://127.0.0.1:3"));
        assert_eq!(named(&kept, "AWS_ENDPOINT_URL_ECS"), None);
        assert_eq!(named(&kept, IGNORES).as_deref(), Some("false"), "its profile may say that they are ignored");
    }

    #[test]
    fn endpoints_of_the_aws_files_are_those_that_terraform_asks() {
        let file = |named: &[(&str, &str)], ignored| {
            let of = |url: &str| FileEndpoint { url: url.to_owned(), place: String::new() };
            let named = named.iter().map(|(name, url)| ((*name).to_owned(), of(url))).collect();
            FileEndpoints { named, ignored }
        };
        let profile = file(&[("AWS_ENDPOINT_URL", "http://f"), ("AWS_ENDPOINT_URL_S3", "http://s3")], false);
        let heard = |shell: &[(&str, &str)], environment: &EnvironmentConfig, files: &FileEndpoints| {
            let mut kept = of(shell, environment);
            kept.hear(files.clone());
            let all = kept.variables().iter().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_"));
            let text = |value: &OsString| value.to_string_lossy().replace("AWS_ENDPOINT_URL", "URL");
            let mut all: Vec<String> = all.map(|(name, value)| format!("{}={}", text(name), text(value))).collect();
            all.sort();
            all.join(" ").replace("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore")
        };
        let plain = EnvironmentConfig::default();
        assert_eq!(heard(&[], &plain, &profile), "ignore=false URL=http://f URL_S3=http://s3");
        let own = [("AWS_ENDPOINT_URL_S3", "http://v")];
        assert_eq!(heard(&own, &plain, &profile), "ignore=false URL=http://f URL_S3=http://v");
        // The variable of all services goes before the files, also of a service that they name.
        let all = [("AWS_ENDPOINT_URL", "http://a")];
        assert_eq!(heard(&all, &plain, &profile), "ignore=false URL=http://a");
        let there = EnvironmentConfig { endpoint_url: Some("http://e".into()), ..EnvironmentConfig::default() };
        assert_eq!(heard(&own, &there, &profile), "ignore=false URL=http://e");
        // Who says that none is heard is heard, and a profile that says so, unless a variable says otherwise.
        let none = FileEndpoints { ignored: true, ..profile.clone() };
        assert_eq!(heard(&all, &plain, &none), "ignore=true");
        assert_eq!(heard(&[IGNORES].map(|name| (name, "TRUE")), &plain, &profile), "ignore=true");
        assert_eq!(heard(&[all[0], (IGNORES, "false")], &plain, &none), "ignore=false URL=http://a");
        assert_eq!(heard(&[], &there, &none), "ignore=false URL=http://e");
        // Nothing is named: what the files come to say later leads nowhere else.
        assert_eq!(heard(&[], &plain, &file(&[], false)), "ignore=true");
    }

    #[test]
    fn units_of_one_folder_keep_their_workspaces_apart() {
        let unit = |tool, workspace: Option<&str>| Unit {
            name: "a".into(),
            tool,
            dir: "/a".into(),
            workspace: workspace.map(str::to_owned),
            var_files: Vec::new(),
            depends_on: Vec::new(),
            around: Around::default(),
        };
        let none = of(&[], &EnvironmentConfig::default());
        let dev = none.of_unit(&unit(Tool::Terraform, Some("dev")));
        assert_eq!(dev.get("TF_WORKSPACE"), Some("dev".as_ref()));
        assert_eq!(dev.get("TF_DATA_DIR"), Some("/a/.terraform/cockpit-dev".as_ref()));
        let plain = none.of_unit(&unit(Tool::Terraform, None));
        // Somebody may have selected another one in the folder.
        assert_eq!(plain.get("TF_WORKSPACE"), Some("default".as_ref()));
        assert_eq!(plain.get("TF_DATA_DIR"), Some("/a/.terraform".as_ref()));
        assert_eq!(none.of_unit(&unit(Tool::Terragrunt, None)), none);
    }
}
