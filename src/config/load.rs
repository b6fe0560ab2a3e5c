//! Merges the layers into one value: defaults, files, environment variables, flags. Later ones override earlier ones, key by
//! key.

use super::commands::Placed;
use super::diagnose::{Diagnostic, MistakeLocation, SourceFile};
use super::known::{KNOWN, known};
use super::loaded::{KnownCommand, Loaded, Origin};
use super::read::{self, Entry, Setting};
use super::schema::{Known, Place, TableScope, bare};
use super::types::EnvironmentConfig;
use super::value::{Kind, Value};
use crate::cli::{ExitCode, Report};
use crate::model::names::{list_names, nearest};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file name, looked for here, in a parent folder and in the user's folder.
pub const FILE: &str = "config.toml";

/// The inputs of loading a configuration: files, variables, flags.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `--config`: the file to use instead of searching.
    pub file: Option<PathBuf>,
    /// The folder where the search begins.
    pub folder: PathBuf,
    /// The user's configuration folder for this program.
    pub config_folder: Option<PathBuf>,
    /// The user's home folder, for paths that begin with `~`.
    pub home_folder: Option<PathBuf>,
    /// Environment variables with the prefix `COCKPIT_`.
    pub variables: Vec<(String, String)>,
    /// `--env`, `--profile`, `--region`, `--endpoint-url`.
    pub flags: Flags,
    /// Commands whose keys can be configured; if empty, commands are not checked.
    pub commands: Vec<KnownCommand>,
    /// The panes by name, with the scope of their commands.
    pub panes: Vec<(String, String)>,
}

/// Flags that override the chosen environment's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--env`.
    pub environment: Option<String>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--region`.
    pub region: Option<String>,
    /// `--endpoint-url`.
    pub endpoint_url: Option<String>,
}

impl Request {
    /// Returns the files to read, in order of precedence, and the places where none was found.
    fn files(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        if let Some(file) = &self.file {
            return (vec![self.folder.join(file)], vec![]);
        }
        let (mut found, mut looked) = (Vec::new(), Vec::new());
        match self.folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file()) {
            Some(path) => found.push(path),
            None => looked.push(self.folder.join(FILE)),
        }
        if let Some(path) = self.config_folder.as_ref().map(|home| home.join(FILE)) {
            // If its existence cannot be checked, the file is read so that the error is reported.
            match path.try_exists() {
                Ok(false) => looked.push(path),
                // A home that is not a folder, as build systems set it, contains no file.
                Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => looked.push(path),
                Ok(true) | Err(_) if !found.contains(&path) => found.push(path),
                Ok(true) | Err(_) => {}
            }
        }
        (found, looked)
    }

    fn display_name(&self, path: &Path) -> String {
        path.strip_prefix(&self.folder).unwrap_or(path).display().to_string()
    }
}

/// Loads the files, variables and flags, each overriding the one before.
pub fn load(request: &Request) -> Loaded {
    let mut loaded = Loaded::default();
    let (files, looked) = request.files();
    loaded.searched = looked.iter().map(|path| request.display_name(path)).collect();
    for path in files {
        let name = request.display_name(&path);
        loaded.files.push(name.clone());
        match read::file(&path, &name) {
            Ok(source) => loaded.layer(&source),
            Err(mistake) => loaded.diagnostics.push(mistake),
        }
    }
    loaded.variables(&request.variables);
    super::check::check(&mut loaded, &request.commands, &request.panes);
    loaded.flags(&request.flags);
    super::check::clusters(&mut loaded);
    loaded.place_files(request);
    loaded
}

/// Parses a text as the whole configuration, with a name for error messages.
pub fn parse(name: &str, text: &str) -> Loaded {
    let mut loaded = Loaded::default();
    loaded.files.push(name.to_owned());
    loaded.layer(&Arc::new(SourceFile { name: name.to_owned(), text: text.to_owned() }));
    super::check::check(&mut loaded, &[], &[]);
    super::check::clusters(&mut loaded);
    loaded
}

impl Loaded {
    /// Resolves the paths of files and folders: `~` is the user's home, and relative paths start at the folder of the file
    /// that contains them, regardless of the working folder. Hooks run in that folder, too.
    fn place_files(&mut self, request: &Request) {
        let folder = |origin: &Origin| match origin {
            Origin::File(file, _) => {
                request.folder.join(&file.name).parent().map_or_else(|| request.folder.clone(), Path::to_path_buf)
            }
            Origin::Default | Origin::Variable(_) | Origin::Flag(_) => request.folder.clone(),
        };
        let absolute = |path: &str, folder: PathBuf| match (path.strip_prefix('~'), &request.home_folder) {
            (Some(""), Some(user)) => user.clone(),
            (Some(rest), Some(user)) if rest.starts_with('/') => user.join(rest.trim_start_matches('/')),
            _ => folder.join(path),
        };
        for (name, build) in self.config.builds.clone() {
            let from = folder(&self.origin(&format!("build.{}.context", bare(&name))));
            if let Some(build) = self.config.builds.get_mut(&name).filter(|_| !build.context.is_empty()) {
                build.context = absolute(&build.context, from).display().to_string();
            }
        }
        for at in 0..self.config.environments.len() {
            let path = format!("environments.{}.infra", bare(&self.config.environments[at].name));
            let from = |key: &str| folder(&self.origin(&format!("{path}.{key}")));
            let (dir, units, plugins) = (from("dir"), from("units"), from("plugin_dir"));
            let programs = [from("terraform"), from("terragrunt")];
            let place =
                |path: &mut String, folder: &PathBuf| *path = absolute(path, folder.clone()).display().to_string();
            let infra = &mut self.config.environments[at].infra;
            for (value, folder) in [(&mut infra.dir, &dir), (&mut infra.plugin_dir, &plugins)] {
                if let Some(path) = value {
                    place(path, folder);
                }
            }
            for unit in &mut infra.units {
                place(&mut unit.dir, &units);
            }
            // A bare name is looked up on PATH.
            for (value, folder) in [&mut infra.terraform, &mut infra.terragrunt].into_iter().zip(&programs) {
                if let Some(path) = value.as_mut().filter(|path| path.contains('/')) {
                    place(path, folder);
                }
            }
        }
        for at in 0..self.config.environments.len() {
            let path = format!("environments.{}.database.sslrootcert", bare(&self.config.environments[at].name));
            let from = folder(&self.origin(&path));
            let root = &mut self.config.environments[at].database.sslrootcert;
            if let Some(path) = root.as_mut().filter(|path| *path != "system") {
                *path = absolute(path, from).display().to_string();
            }
        }
        let of_hook = |key: &str| match self.origin(key) {
            origin @ Origin::File(..) => Some(folder(&origin).display().to_string()),
            Origin::Default | Origin::Variable(_) | Origin::Flag(_) => None,
        };
        let folders = (of_hook("hooks.before_deploy"), of_hook("hooks.after_deploy"));
        (self.config.hooks.before_folder, self.config.hooks.after_folder) = folders;
        for at in 0..self.config.commands.len() {
            let path = format!("commands.{}.run", bare(&self.config.commands[at].name));
            let from = folder(&self.origin(&path)).display().to_string();
            self.config.commands[at].folder = Some(from);
        }
        let (audit, theme) = (folder(&self.origin("audit_file")), folder(&self.origin("ui.theme")));
        let queries = folder(&self.origin("queries"));
        if let Some(path) = &mut self.config.audit_file {
            *path = absolute(path, audit).display().to_string();
        }
        if let Some(path) = &mut self.config.queries {
            *path = absolute(path, queries).display().to_string();
        }
        if let Some(path) = self.config.ui.theme.as_mut().filter(|name| name.contains(['/', '.', '~'])) {
            *path = absolute(path, theme).display().to_string();
        }
    }

    /// Adds a file that overrides the earlier ones.
    pub(super) fn layer(&mut self, source: &Arc<SourceFile>) {
        let (entries, mistakes) = read::entries(source);
        self.diagnostics.extend(mistakes);
        for Entry { setting, span } in entries {
            let origin = Origin::File(Arc::clone(source), span);
            match setting {
                Setting::Environment(name) => {
                    self.environment_mut(&name);
                    self.provenance.insert(format!("environments.{}", bare(&name)), origin);
                }
                Setting::Known(known, environment, value) => self.set(known, environment.as_deref(), value, origin),
                Setting::Refused(known, environment) => {
                    self.refused.insert(known.path(environment.as_deref()));
                }
                Setting::Command(placed) => {
                    let Placed { command, places } = *placed;
                    for (key, span) in places {
                        let path = format!("commands.{}.{key}", bare(&command.name));
                        self.provenance.insert(path, Origin::File(Arc::clone(source), span));
                    }
                    // The command in the later file replaces the whole earlier one.
                    self.config.commands.retain(|other| other.name != command.name);
                    self.config.commands.push(command);
                }
                Setting::Keys(command, keys) => {
                    self.provenance.insert(format!("keys.{}", bare(&command)), origin);
                    self.config.keys.insert(command, keys);
                }
            }
        }
    }

    fn variables(&mut self, variables: &[(String, String)]) {
        for known in KNOWN {
            let Some(name) = known.variable() else { continue };
            let Some((_, text)) = variables.iter().find(|(set, text)| *set == name && !text.is_empty()) else {
                continue;
            };
            match known.kind.of_variable(text) {
                Ok(value) => self.set(known, None, value, Origin::Variable(name)),
                Err(misfit) => self.diagnostics.push(Diagnostic {
                    location: MistakeLocation::Variable(name),
                    message: misfit.message,
                    hint: Some(if known.kind == Kind::Switch {
                        "write `true` or `false`".to_owned()
                    } else {
                        misfit.hint
                    }),
                }),
            }
        }
    }

    fn flags(&mut self, flags: &Flags) {
        let Some(chosen) = flags.environment.clone().or_else(|| self.config.default_environment.clone()) else {
            return;
        };
        if self.config.environment(&chosen).is_none() {
            return;
        }
        let overrides = [
            ("profile", "--profile", &flags.profile),
            ("region", "--region", &flags.region),
            ("endpoint_url", "--endpoint-url", &flags.endpoint_url),
        ];
        for (key, flag, value) in overrides {
            if let (Some(known), Some(text)) = (known(TableScope::Environment, key), value) {
                match known.kind.of_text(text) {
                    Ok(value) => {
                        self.set(known, Some(&chosen), value, Origin::Flag(flag));
                        self.environment_mut(&chosen).endpoint_typed |= key == "endpoint_url";
                    }
                    Err(misfit) => self.diagnostics.push(Diagnostic {
                        location: MistakeLocation::Flag(flag),
                        message: misfit.message,
                        hint: Some(misfit.hint),
                    }),
                }
            }
        }
    }

    fn set(&mut self, known: &Known, of: Option<&str>, value: Value, origin: Origin) {
        match (known.place, of) {
            (Place::Top { set, .. }, _) => set(&mut self.config, value),
            (Place::Environment { set, .. }, Some(name)) => set(self.environment_mut(name), value),
            (Place::Build { set, .. }, Some(name)) => {
                set(self.config.builds.entry(name.to_owned()).or_default(), value);
            }
            (Place::Environment { .. } | Place::Build { .. }, None) => return,
        }
        self.provenance.insert(known.path(of), origin);
    }

    fn environment_mut(&mut self, name: &str) -> &mut EnvironmentConfig {
        let environments = &mut self.config.environments;
        let at = environments.iter().position(|environment| environment.name == name).unwrap_or_else(|| {
            environments.push(EnvironmentConfig { name: name.to_owned(), ..EnvironmentConfig::default() });
            environments.len() - 1
        });
        &mut environments[at]
    }

    /// Returns whether a key is set anywhere, even to an invalid value.
    pub(super) fn is_written(&self, path: &str) -> bool {
        self.provenance.contains_key(path) || self.refused.contains(path)
    }

    /// Returns where the value of a path comes from.
    pub fn origin(&self, path: &str) -> Origin {
        self.provenance.get(path).cloned().unwrap_or(Origin::Default)
    }

    /// Adds an error about the value of a path.
    pub fn add_error(&mut self, path: &str, message: String, hint: String) {
        let spot = self.origin(path).spot();
        self.diagnostics.push(Diagnostic { location: spot, message, hint: Some(hint) });
    }

    /// Returns an error report with exit code 2 if there are any errors.
    pub fn check_errors(&self) -> Result<(), Report> {
        if self.diagnostics.is_empty() {
            return Ok(());
        }
        let count = self.diagnostics.len();
        let mistakes = if count == 1 { "a mistake".to_owned() } else { format!("{count} mistakes") };
        let mut report = Report::new("config", format!("the configuration has {mistakes}"), ExitCode::Usage)
            .hint("`cockpit config check` shows them all; if the file is another program's, name yours with --config");
        for mistake in self.diagnostics.iter().take(3) {
            report = report.cause(mistake.text().trim_start_matches("error: ").trim_end().to_owned());
        }
        Err(report)
    }

    /// Returns the requested environment, or the default one.
    pub fn select_environment(&self, requested: Option<&str>) -> Result<&EnvironmentConfig, Report> {
        self.check_errors()?;
        let names: Vec<&str> = self.config.environments.iter().map(|environment| environment.name.as_str()).collect();
        let wrong = |message: String| Report::new("config", message, ExitCode::Usage);
        if names.is_empty() {
            return Err(if self.files.is_empty() {
                wrong("there is no configuration".into())
                    .cause(format!("looked for {}", self.searched.join(" and ")))
                    .hint("write [environments.NAME] into config.toml, or name a file with --config; `cockpit demo` needs none")
            } else {
                wrong(format!("{} names no environment", self.files.join(" and ")))
                    .hint("write [environments.NAME] into it")
            });
        }
        let Some(name) = requested.or(self.config.default_environment.as_deref()) else {
            return Err(wrong("no environment is named".into()).hint(format!(
                "--env NAME, or default_environment in the configuration; there are: {}",
                list_names(&names)
            )));
        };
        self.config.environment(name).ok_or_else(|| {
            let mean =
                nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            wrong(format!("there is no environment `{name}`")).hint(format!("{mean}there are: {}", list_names(&names)))
        })
    }
}
