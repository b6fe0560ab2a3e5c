//! Errors that only show once all layers are merged: references to nothing, and key collisions.

use super::loaded::{KnownCommand, Loaded};
use super::schema::bare;
use crate::model::image::is_platform;
use crate::model::infra::Tool;
use crate::model::key::Key;
use crate::model::names::{Arn, list_names, nearest};
use crate::model::ssl_mode::SslMode;

/// Adds all of these errors.
pub(super) fn check(loaded: &mut Loaded, commands: &[KnownCommand], panes: &[(String, String)]) {
    default_environment(loaded);
    if !commands.is_empty() {
        names(loaded, commands);
        collisions(loaded, commands);
        super::commands::check(loaded, commands, panes);
    }
    duplicates(loaded);
    prefix_patterns(loaded);
    builds(loaded);
    queries(loaded);
    infra(loaded);
    database(loaded);
    in_order(loaded);
}

/// Applies cluster ARNs. A cluster given by its ARN is queried in the ARN's region. An ARN in another region or account than
/// the environment's is an error, because the cluster would be looked for in the wrong place.
pub(super) fn clusters(loaded: &mut Loaded) {
    for at in 0..loaded.config.environments.len() {
        let environment = &loaded.config.environments[at];
        let Some(text) = environment.cluster.clone().filter(|text| text.starts_with("arn:")) else { continue };
        let path = |key: &str| format!("environments.{}.{key}", bare(&environment.name));
        let (cluster, keys) = (path("cluster"), [path("region"), path("account")]);
        let of_ecs = text.split(':').nth(2) == Some("ecs");
        let Some(arn) = Arn::parse(&text).filter(|arn| of_ecs && arn.kind == "cluster") else {
            let message = format!("`{text}` is not an ARN of an ECS cluster");
            loaded.add_error(&cluster, message, "write the cluster's name, or its ARN".to_owned());
            continue;
        };
        let (region, account) = (environment.region.as_deref(), environment.account.as_deref());
        if let Some(why) = arn.mismatch(account, region, None) {
            let hint = format!(
                "write region = \"{}\" and account = \"{}\", or the cluster's name if it is the environment's own",
                arn.region, arn.account
            );
            loaded.add_error(&cluster, format!("the cluster `{}` is elsewhere: {why}", arn.name), hint);
            continue;
        }
        let origin = loaded.origin(&cluster);
        for key in keys {
            loaded.provenance.entry(key).or_insert_with(|| origin.clone());
        }
        let environment = &mut loaded.config.environments[at];
        environment.region.get_or_insert_with(|| arn.region.to_owned());
        environment.account.get_or_insert_with(|| arn.account.to_owned());
        environment.cluster = Some(arn.name.to_owned());
    }
}

/// Sorts errors by their position in the files; those of variables and flags come last.
fn in_order(loaded: &mut Loaded) {
    let Loaded { diagnostics, files, .. } = loaded;
    diagnostics.sort_by_key(|mistake| {
        let file = mistake
            .file()
            .map_or(usize::MAX, |name| files.iter().position(|file| file == name).unwrap_or(usize::MAX - 1));
        (file, mistake.line_and_column())
    });
}

fn default_environment(loaded: &mut Loaded) {
    let Some(name) = loaded.config.default_environment.clone() else { return };
    if loaded.config.environment(&name).is_some() {
        return;
    }
    let names: Vec<String> = loaded.config.environments.iter().map(|environment| environment.name.clone()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let hint = match nearest(&name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? there are: {}", list_names(&names)),
        None if names.is_empty() => "write [environments.NAME]".to_owned(),
        None => format!("there are: {}", list_names(&names)),
    };
    loaded.add_error("default_environment", format!("there is no environment `{name}`"), hint);
}

fn names(loaded: &mut Loaded, commands: &[KnownCommand]) {
    let bound: Vec<String> = loaded.config.keys.keys().cloned().collect();
    for name in bound.iter().filter(|name| !commands.iter().any(|command| command.name == **name)) {
        let hint = match nearest(name, commands.iter().map(|command| command.name.as_str())) {
            Some(near) => format!("did you mean `{near}`? docs/keys.md lists all commands"),
            None => "docs/keys.md lists all commands".to_owned(),
        };
        loaded.add_error(&format!("keys.{}", bare(name)), format!("there is no command `{name}`"), hint);
    }
}

/// Reports two commands with the same key in overlapping scopes: one of them could never be reached.
fn collisions(loaded: &mut Loaded, commands: &[KnownCommand]) {
    let parsed = |keys: &[String]| -> Vec<Key> { keys.iter().filter_map(|key| key.parse().ok()).collect() };
    let bound = loaded.config.keys.clone();
    let keys_of = |command: &KnownCommand| parsed(bound.get(&command.name).unwrap_or(&command.keys));
    for (at, command) in commands.iter().enumerate().filter(|(_, command)| bound.contains_key(&command.name)) {
        let own_keys = keys_of(command);
        for (other_at, other) in commands.iter().enumerate() {
            let meet = command.scope == other.scope || command.scope.is_empty() || other.scope.is_empty();
            // If both keys are set in the file, report the collision once.
            if !meet || at == other_at || (bound.contains_key(&other.name) && other_at > at) {
                continue;
            }
            if let Some(key) = keys_of(other).iter().find(|key| own_keys.contains(key)) {
                let message = format!("`{key}` is also the key of `{}`", other.name);
                loaded.add_error(
                    &format!("keys.{}", bare(&command.name)),
                    message,
                    format!("choose another key, or give `{}` another one", other.name),
                );
            }
        }
    }
}

/// Checks image builds: the program and the platform.
fn builds(loaded: &mut Loaded) {
    for (name, build) in loaded.config.builds.clone() {
        let path = |key: &str| format!("build.{}.{key}", bare(&name));
        if let Some(program) = build.program.filter(|program| !matches!(program.as_str(), "docker" | "podman")) {
            let hint = "write \"docker\" or \"podman\"; without it, whichever is installed is used";
            loaded.add_error(&path("program"), format!("`{program}` is neither docker nor podman"), hint.to_owned());
        }
        if let Some(platform) = build.platform.filter(|platform| !is_platform(platform)) {
            let hint = "write it as \"linux/amd64\" or \"linux/arm64\"";
            loaded.add_error(&path("platform"), format!("`{platform}` is not a platform"), hint.to_owned());
        }
    }
}

/// Reports queries without a name, or with a duplicate one.
fn queries(loaded: &mut Loaded) {
    for environment in loaded.config.environments.clone() {
        let path = format!("environments.{}.log_queries", bare(&environment.name));
        let mut names: Vec<&str> = Vec::new();
        for query in &environment.log_queries {
            let parts = query.split_once(':').map(|(name, text)| (name.trim(), text.trim()));
            let named = parts.filter(|(name, text)| {
                !name.is_empty() && !text.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '|')
            });
            let Some((name, _)) = named else {
                let hint = "write \"NAME: QUERY\", the name without blanks";
                loaded.add_error(&path, format!("`{query}` has no name"), hint.to_owned());
                continue;
            };
            if names.contains(&name) {
                loaded.add_error(
                    &path,
                    format!("two queries are called `{name}`"),
                    "give one of them another name".to_owned(),
                );
            }
            names.push(name);
        }
    }
}

/// Reports a name that occurs twice in one list.
fn duplicates(loaded: &mut Loaded) {
    let mut found = Vec::new();
    for environment in &loaded.config.environments {
        let lists = [
            ("services", &environment.services),
            ("databases", &environment.databases),
            ("target_groups", &environment.target_groups),
            ("alarms", &environment.alarms),
            ("parameters", &environment.parameters),
            ("logs", &environment.logs),
            ("log_filters", &environment.log_filters),
            ("log_queries", &environment.log_queries),
        ];
        for (key, list) in lists {
            if let Some((_, name)) = list.iter().enumerate().find(|(at, name)| list[..*at].contains(name)) {
                found.push((format!("environments.{}.{key}", bare(&environment.name)), name.clone()));
            }
        }
    }
    for (path, name) in found {
        loaded.add_error(&path, format!("`{name}` is in this list twice"), "leave one out".to_owned());
    }
}

/// Reports prefixes that are written as patterns. AWS would look for names that literally begin with these characters, and
/// find none.
fn prefix_patterns(loaded: &mut Loaded) {
    let mut found = Vec::new();
    for environment in &loaded.config.environments {
        let lists = [("alarms", &environment.alarms[..]), ("schedules", environment.schedules.as_slice())];
        for (key, list) in lists {
            let patterns = list.iter().filter(|text| text.contains(['*', '?']));
            found
                .extend(patterns.map(|text| (format!("environments.{}.{key}", bare(&environment.name)), text.clone())));
        }
    }
    for (path, text) in found {
        let beginning = text.split(['*', '?']).next().unwrap_or_default();
        let hint = match beginning {
            "" => "write the common prefix of this environment's names".to_owned(),
            _ => format!("write \"{beginning}\""),
        };
        loaded.add_error(&path, format!("`{text}` is a pattern, but only a prefix of names is allowed here"), hint);
    }
}

/// Checks that the infrastructure has the keys that its kind requires, and no others.
fn infra(loaded: &mut Loaded) {
    for at in 0..loaded.config.environments.len() {
        let environment = &loaded.config.environments[at];
        let path = |key: &str| format!("environments.{}.infra.{key}", bare(&environment.name));
        let is_written = |key: &str| loaded.is_written(&path(key));
        let wrong: Option<(String, String, String)> = match environment.infra.kind {
            // The invalid kind has already been reported.
            None if is_written("kind") => None,
            None => ["dir", "units", "terraform", "terragrunt", "plugin_dir"]
                .into_iter()
                .find(|key| is_written(key))
                .map(|key| {
                    let hint = "write kind = \"terragrunt\" with `dir`, or kind = \"terraform\" with `units`";
                    (path(key), format!("the infra of `{}` has no `kind`", environment.name), hint.into())
                }),
            Some(Tool::Terragrunt) if is_written("units") => Some((
                path("units"),
                "Terragrunt finds its units by itself".into(),
                "leave `units` out, or write kind = \"terraform\"".into(),
            )),
            Some(Tool::Terraform) if is_written("dir") => Some((
                path("dir"),
                "with Terraform each unit has its own `dir`".into(),
                "write it in `units`, or write kind = \"terragrunt\"".into(),
            )),
            Some(Tool::Terragrunt) if !is_written("dir") => {
                Some((path("kind"), "the folder of the units is missing".into(), "write dir = \"FOLDER\"".into()))
            }
            Some(Tool::Terraform) if !is_written("units") => Some((
                path("kind"),
                "the units are missing".into(),
                "write units = [{ name = \"NAME\", dir = \"FOLDER\" }]".into(),
            )),
            Some(Tool::Terragrunt | Tool::Terraform) => None,
        };
        if let Some((path, message, hint)) = wrong {
            loaded.add_error(&path, message, hint);
        }
    }
}

/// Checks the database connection: invalid values and invalid combinations.
fn database(loaded: &mut Loaded) {
    for at in 0..loaded.config.environments.len() {
        let environment = loaded.config.environments[at].clone();
        let (database, path) =
            (&environment.database, |key: &str| format!("environments.{}.database.{key}", bare(&environment.name)));
        if let Some(mode) = &database.sslmode
            && SslMode::from_name(mode).is_none()
        {
            let modes = SslMode::ALL.map(SslMode::name);
            let hint = match nearest(mode, modes) {
                Some(near) => format!("did you mean `{near}`? there are: {}", list_names(&modes)),
                None => format!("there are: {}", list_names(&modes)),
            };
            loaded.add_error(&path("sslmode"), format!("`{mode}` is not an sslmode"), hint);
        }
        let iam = database.iam == Some(true);
        if iam && database.sslmode.as_deref() == Some(SslMode::Disable.name()) {
            let hint = "leave it out, or write \"verify-full\"";
            loaded.add_error(&path("sslmode"), "an IAM token must not be sent unencrypted".to_owned(), hint.to_owned());
        }
        let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if let Some(variable) = &database.password_env
            && (!variable.chars().all(name) || variable.starts_with(|c: char| c.is_ascii_digit()))
        {
            // The value may be the password itself, so it is not repeated.
            let message = "this is not the name of an environment variable".to_owned();
            loaded.add_error(&path("password_env"), message, "write the variable's name, not the password".to_owned());
        }
        let places = [
            ("secret", database.secret.is_some()),
            ("parameter", database.parameter.is_some()),
            ("password_env", database.password_env.is_some()),
            ("iam", iam),
        ];
        let mut sources = places.iter().filter(|(_, is_set)| *is_set).map(|(key, _)| *key);
        if let Some(first) = sources.next() {
            for other in sources {
                let message = format!("`{first}` already sets the source of the password");
                loaded.add_error(&path(other), message, "leave one of them out".to_owned());
            }
        }
    }
}
