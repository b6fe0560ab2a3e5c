//! The environment variables for Terraform and Terragrunt. Variables that happen to be set in a shell must not change a plan:
//! they are dropped, and reported by name.

use crate::config::{AwsFiles, EnvironmentConfig, FileEndpoints};
use crate::model::infra::state_endpoint::ENDPOINTS;
use crate::model::infra::{Tool, Unit};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The environment variables of a child process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChildEnvironment {
    variables: Vec<(OsString, OsString)>,
    dropped: Vec<String>,
}

/// Prefixes of variables that would change a plan, or the output.
const DROPPED: &[&str] = &["TF_VAR_", "TF_CLI_ARGS", "TF_LOG", "TG_", "TERRAGRUNT_"];
/// Full names of such variables.
const DROPPED_NAMES: &[&str] =
    &["TF_WORKSPACE", "TF_DATA_DIR", "TF_INPUT", "TF_IN_AUTOMATION", "TF_REATTACH_PROVIDERS", "TF_PLUGIN_DIR"];
/// Those of them that are always set anew, so that dropping them is not reported.
const SILENT: &[&str] = &["TF_IN_AUTOMATION", "TF_INPUT"];
/// In Terraform's SDK, keys in the environment take precedence over a profile; a configured profile must win.
const KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];

/// Makes the programs ignore endpoints from variables and files. Ignored endpoints are dropped, so the remaining ones are in
/// effect.
const IGNORE_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
/// The valid values of that variable.
const BOOLEANS: [&str; 2] = ["true", "false"];

fn is_blank(value: &OsStr) -> bool {
    value.to_string_lossy().trim().is_empty()
}

impl ChildEnvironment {
    /// Returns the variables of this process, for an environment.
    pub fn of_process(environment: &EnvironmentConfig) -> Self {
        let mut child = Self::of(std::env::vars_os(), environment, Path::is_file);
        let files = AwsFiles::from_environment(|name| child.get(name).map(OsStr::to_owned));
        let set = |name: &&str| child.get(name).filter(|value| !is_blank(value));
        let named = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].iter().find_map(set);
        let profile = named.map_or_else(|| "default".to_owned(), |name| name.to_string_lossy().into_owned());
        child.add_file_endpoints(files.endpoints(&profile));
        child
    }

    /// Returns the inherited variables without the dropped ones, and with the environment's AWS settings.
    pub fn of(
        inherited: impl IntoIterator<Item = (OsString, OsString)>,
        environment: &EnvironmentConfig,
        is_file: impl Fn(&Path) -> bool,
    ) -> Self {
        let mut child = Self { variables: Vec::new(), dropped: Vec::new() };
        let inherited: Vec<(OsString, OsString)> = inherited.into_iter().collect();
        let setting =
            inherited.iter().rfind(|(name, _)| name == IGNORE_ENDPOINTS).map(|(_, value)| value.to_string_lossy());
        let setting =
            setting.and_then(|setting| BOOLEANS.into_iter().find(|word| setting.trim().eq_ignore_ascii_case(word)));
        let setting = setting.map(str::to_owned);
        let is_ignoring = setting.as_deref() == Some("true");
        for (name, value) in inherited {
            let word = name.to_string_lossy();
            let lost_file = word == "TF_CLI_CONFIG_FILE" && !is_file(Path::new(&value));
            let is_dropped = DROPPED.iter().any(|begin| word.starts_with(begin))
                || DROPPED_NAMES.contains(&&*word)
                || (environment.profile.is_some() && KEYS.contains(&&*word))
                || (word.starts_with(ENDPOINTS)
                    && (is_ignoring || environment.endpoint_url.is_some() || is_blank(&value)))
                || word == IGNORE_ENDPOINTS
                || lost_file;
            if !is_dropped {
                child.variables.push((name, value));
                continue;
            }
            // It is replaced by another value.
            let replaced = word == IGNORE_ENDPOINTS || (word == ENDPOINTS && environment.endpoint_url.is_some());
            if !replaced && !is_blank(&value) && !SILENT.contains(&&*word) {
                child.dropped.push(word.into_owned());
            }
        }
        child.dropped.sort();
        child.set("TF_IN_AUTOMATION", "1");
        child.set("TF_INPUT", "0");
        child.set("CHECKPOINT_DISABLE", "1");
        let aws = [
            ("AWS_PROFILE", &environment.profile),
            ("AWS_REGION", &environment.region),
            ("AWS_ENDPOINT_URL", &environment.endpoint_url),
        ];
        for (name, value) in aws {
            if let Some(value) = value {
                child.set(name, value);
            }
        }
        // The environment's endpoint is used, even if its profile ignores endpoints.
        let setting = if environment.endpoint_url.is_some() { Some("false".to_owned()) } else { setting };
        if let Some(setting) = setting {
            child.set(IGNORE_ENDPOINTS, setting);
        }
        child
    }

    /// Adds the endpoints of the AWS files as variables. Terraform would read the files too; as variables they are known here,
    /// and a run keeps them even if the files change later.
    fn add_file_endpoints(&mut self, files: FileEndpoints) {
        let setting = self.get(IGNORE_ENDPOINTS).map(OsStr::to_owned);
        if setting.is_none() && files.ignored {
            for name in self.endpoints() {
                self.unset(&name);
                self.dropped.push(name);
            }
            self.dropped.sort();
        } else if setting.is_none_or(|setting| setting != "true") && self.get(ENDPOINTS).is_none() {
            // The variable for all services takes precedence over the files; one for a service only over that service's entry.
            for (name, one) in files.named {
                if self.get(&name).is_none() {
                    self.set(&name, one.url);
                }
            }
        }
        self.pin_endpoints();
    }

    /// Returns the names of the variables that set endpoints.
    fn endpoints(&self) -> Vec<String> {
        let names = self.variables.iter().map(|(name, _)| name.to_string_lossy().into_owned());
        names.filter(|name| name.starts_with(ENDPOINTS)).collect()
    }

    /// Sets these endpoints, with the variables that name them, and removes all others.
    pub fn set_endpoints<'a>(&mut self, named: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for name in self.endpoints() {
            self.unset(&name);
        }
        for (name, url) in named {
            self.set(name, url);
        }
        self.pin_endpoints();
    }

    /// Keeps the programs from reading endpoints from the AWS files themselves.
    fn pin_endpoints(&mut self) {
        let setting = if self.endpoints().is_empty() { "true" } else { "false" };
        self.set(IGNORE_ENDPOINTS, setting);
    }

    /// Returns the names of the inherited variables that were dropped, sorted.
    pub fn dropped(&self) -> &[String] {
        &self.dropped
    }

    /// Returns all variables, for a child process that inherits none.
    pub fn variables(&self) -> &[(OsString, OsString)] {
        &self.variables
    }

    /// Returns the value of a variable.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.iter().find(|(set, _)| set == name).map(|(_, value)| value.as_os_str())
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.retain(|(set, _)| set != name);
        self.variables.push((name.into(), value.into()));
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) {
        self.variables.retain(|(set, _)| set != name);
    }

    /// Returns the variables for a unit, with its workspace and data folder.
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

    /// Returns the variables for Terragrunt, which then calls this Terraform and never prompts.
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

/// The workspace that always exists.
pub const DEFAULT_WORKSPACE: &str = "default";

/// Returns the absolute folder in which Terraform stores providers, modules and the backend of a unit. Units with the same folder
/// and different workspaces have separate ones, so that they can be initialised and planned at the same time. `None` with
/// Terragrunt, which has a working folder for each unit.
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
        let child = of(
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
            child.dropped(),
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
            assert!(child.get(name).is_some(), "{name}");
        }
        assert_eq!((child.get("TF_IN_AUTOMATION"), child.get("TF_INPUT")), (Some("1".as_ref()), Some("0".as_ref())));
        assert_eq!(child.get("TF_VAR_image"), None);
    }

    #[test]
    fn missing_configuration_file_is_dropped() {
        let child = of(&[("TF_CLI_CONFIG_FILE", "/nowhere")], &EnvironmentConfig::default());
        assert_eq!((child.get("TF_CLI_CONFIG_FILE"), child.dropped()), (None, &["TF_CLI_CONFIG_FILE".to_owned()][..]));
    }

    #[test]
    fn configured_profile_overrides_keys_of_the_shell() {
        let environment = EnvironmentConfig {
            profile: Some("staging".into()),
            region: Some("eu-west-1".into()),
            ..EnvironmentConfig::default()
        };
        let child = of(&[("AWS_ACCESS_KEY_ID", "AKIA"), ("AWS_REGION", "us-east-1")], &environment);
        assert_eq!((child.get("AWS_ACCESS_KEY_ID"), child.get("AWS_PROFILE")), (None, Some("staging".as_ref())));
        assert_eq!(child.get("AWS_REGION"), Some("eu-west-1".as_ref()));
        assert_eq!(child.dropped(), ["AWS_ACCESS_KEY_ID"]);
    }

    #[test]
    fn terraform_uses_the_endpoints_of_the_cockpit() {
        let shell = [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:2"),
            ("AWS_ENDPOINT_URL_RDS", " "),
        ];
        let named =
            |child: &ChildEnvironment, name: &str| child.get(name).map(|value| value.to_string_lossy().into_owned());
        let child = of(&shell, &EnvironmentConfig::default());
        assert_eq!(named(&child, "AWS_ENDPOINT_URL").as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(named(&child, "AWS_ENDPOINT_URL_ECS").as_deref(), Some("http://127.0.0.1:2"));
        assert_eq!((named(&child, "AWS_ENDPOINT_URL_RDS"), child.dropped().len()), (None, 0));
        // Ignored endpoints are removed, also for a tool that would not ignore them.
        let ignoring = [&shell[..], &[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "True")]].concat();
        let child = of(&ignoring, &EnvironmentConfig::default());
        assert!(!child.variables().iter().any(|(name, _)| name.to_string_lossy().starts_with(ENDPOINTS)));
        assert_eq!(named(&child, IGNORE_ENDPOINTS).as_deref(), Some("true"), "endpoints of the files are ignored too");
        assert_eq!(child.dropped().len(), 2);
        // The environment's endpoint takes precedence, and is not ignored.
        let there =
            EnvironmentConfig { endpoint_url: Some("http://127.0.0.1:3".into()), ..EnvironmentConfig::default() };
        let child = of(&ignoring, &there);
        assert_eq!(named(&child, "AWS_ENDPOINT_URL").as_deref(), Some("http://127.0.0.1:3"));
        assert_eq!(named(&child, "AWS_ENDPOINT_URL_ECS"), None);
        assert_eq!(
            named(&child, IGNORE_ENDPOINTS).as_deref(),
            Some("false"),
            "overrides a profile that ignores endpoints"
        );
    }

    #[test]
    fn endpoints_of_the_aws_files_are_passed_to_terraform() {
        let file = |named: &[(&str, &str)], ignored| {
            let of = |url: &str| FileEndpoint { url: url.to_owned(), place: String::new() };
            let named = named.iter().map(|(name, url)| ((*name).to_owned(), of(url))).collect();
            FileEndpoints { named, ignored }
        };
        let profile = file(&[("AWS_ENDPOINT_URL", "http://f"), ("AWS_ENDPOINT_URL_S3", "http://s3")], false);
        let resulting = |shell: &[(&str, &str)], environment: &EnvironmentConfig, files: &FileEndpoints| {
            let mut child = of(shell, environment);
            child.add_file_endpoints(files.clone());
            let all = child.variables().iter().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_"));
            let text = |value: &OsString| value.to_string_lossy().replace("AWS_ENDPOINT_URL", "URL");
            let mut all: Vec<String> = all.map(|(name, value)| format!("{}={}", text(name), text(value))).collect();
            all.sort();
            all.join(" ").replace("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore")
        };
        let plain = EnvironmentConfig::default();
        assert_eq!(resulting(&[], &plain, &profile), "ignore=false URL=http://f URL_S3=http://s3");
        let own = [("AWS_ENDPOINT_URL_S3", "http://v")];
        assert_eq!(resulting(&own, &plain, &profile), "ignore=false URL=http://f URL_S3=http://v");
        // The variable for all services takes precedence over the files, even for a service that they configure.
        let all = [("AWS_ENDPOINT_URL", "http://a")];
        assert_eq!(resulting(&all, &plain, &profile), "ignore=false URL=http://a");
        let there = EnvironmentConfig { endpoint_url: Some("http://e".into()), ..EnvironmentConfig::default() };
        assert_eq!(resulting(&own, &there, &profile), "ignore=false URL=http://e");
        // A setting to ignore endpoints applies, also one in a profile, unless a variable overrides it.
        let none = FileEndpoints { ignored: true, ..profile.clone() };
        assert_eq!(resulting(&all, &plain, &none), "ignore=true");
        assert_eq!(resulting(&[IGNORE_ENDPOINTS].map(|name| (name, "TRUE")), &plain, &profile), "ignore=true");
        assert_eq!(resulting(&[all[0], (IGNORE_ENDPOINTS, "false")], &plain, &none), "ignore=false URL=http://a");
        assert_eq!(resulting(&[], &there, &none), "ignore=false URL=http://e");
        // Without any endpoint, later changes of the files have no effect either.
        assert_eq!(resulting(&[], &plain, &file(&[], false)), "ignore=true");
    }

    #[test]
    fn units_of_one_folder_have_separate_data_folders() {
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
        // Another workspace may be selected in the folder.
        assert_eq!(plain.get("TF_WORKSPACE"), Some("default".as_ref()));
        assert_eq!(plain.get("TF_DATA_DIR"), Some("/a/.terraform".as_ref()));
        assert_eq!(none.of_unit(&unit(Tool::Terragrunt, None)), none);
    }
}
