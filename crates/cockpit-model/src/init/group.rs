//! Groups discovered resources into environments, by tags if there are any, otherwise by names. Everything uncertain
//! becomes a question.

use super::discovered::{Cluster, Code, DiscoveredResources, Region};
use super::draft::{Draft, best_match};
pub use super::draft::{Guess, Infra, Offer};
use super::other_resources;
use std::collections::BTreeMap;

/// Up to this many services are listed by name; otherwise, the whole cluster is used.
const MOST_SERVICES: usize = 20;
/// Words for kinds of environments.
const KINDS: &[&str] = &[
    "dev",
    "development",
    "test",
    "qa",
    "uat",
    "staging",
    "stage",
    "stg",
    "preview",
    "sandbox",
    "demo",
    "preprod",
    "prod",
    "production",
    "prd",
    "live",
];
/// The kinds that mean production.
const PRODUCTION: &[&str] = &["prod", "production", "prd", "live"];
/// Words at the end of a name that describe the kind of resource.
const RESOURCE_WORDS: &[&str] =
    &["cluster", "ecs", "db", "database", "aurora", "rds", "postgres", "postgresql", "mysql", "alb", "lb"];
/// Regions whose users mostly share one time zone.
const ZONES: &[(&str, &str)] = &[
    ("ap-northeast-1", "Asia/Tokyo"),
    ("ap-northeast-2", "Asia/Seoul"),
    ("ap-northeast-3", "Asia/Tokyo"),
    ("ap-south-1", "Asia/Kolkata"),
    ("ap-south-2", "Asia/Kolkata"),
    ("ap-southeast-1", "Asia/Singapore"),
    ("ap-east-1", "Asia/Hong_Kong"),
    ("eu-central-1", "Europe/Berlin"),
    ("eu-central-2", "Europe/Zurich"),
    ("eu-north-1", "Europe/Stockholm"),
    ("eu-south-1", "Europe/Rome"),
    ("eu-west-1", "Europe/Dublin"),
    ("eu-west-2", "Europe/London"),
    ("eu-west-3", "Europe/Paris"),
    ("il-central-1", "Asia/Jerusalem"),
];

/// All environments, and resources that belong to none, as sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guesses {
    /// The environments, by region and cluster.
    pub environments: Vec<Guess>,
    /// The resources that belong to no environment.
    pub unassigned: Vec<String>,
}

impl Guesses {
    /// Returns the environment to open by default: the first with a cluster in AWS that is not production, or else the
    /// first in AWS.
    pub fn default_environment(&self) -> Option<&str> {
        let open = self.environments.iter().filter(|guess| guess.account.is_some());
        let not_production = open.clone().find(|guess| !guess.guarded && guess.cluster.is_some());
        not_production.or_else(|| open.into_iter().next()).map(|guess| guess.name.as_str())
    }
}

/// Returns the words of a name without those for the kind of resource: `shop`, `staging` for `shop-staging-cluster`.
fn identifying_words(name: &str) -> Vec<&str> {
    let mut words: Vec<&str> = name.split(['-', '_']).filter(|word| !word.is_empty()).collect();
    while words.len() > 1
        && words.last().is_some_and(|last| RESOURCE_WORDS.contains(&last.to_ascii_lowercase().as_str()))
    {
        words.pop();
    }
    words
}

fn is_kind(word: &str) -> bool {
    KINDS.contains(&word.to_ascii_lowercase().as_str())
}

/// Returns project and environment kind of a name.
fn of_name(name: &str) -> (String, Option<String>) {
    let words = identifying_words(name);
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() && is_kind(last) => (rest.join("-"), Some((*last).to_owned())),
        _ => (words.join("-"), None),
    }
}

fn tag<'a>(tags: &'a BTreeMap<String, String>, key: &str) -> Option<&'a str> {
    tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
}

/// Groups discovered resources into environments.
pub fn group(seen: &DiscoveredResources) -> Guesses {
    let mut drafts: Vec<Draft> = Vec::new();
    for region in &seen.regions {
        for cluster in &region.clusters {
            drafts.push(of_cluster(cluster, region));
        }
    }
    for region in &seen.regions {
        put_databases(&mut drafts, region);
    }
    assign_names(&mut drafts);
    let mut rest = Vec::new();
    for region in &seen.regions {
        put_alarms(&mut drafts, region, &mut rest);
        put_schedules(&mut drafts, region);
    }
    other_resources::assign_resources(&mut drafts, seen, &mut rest);
    for draft in &mut drafts {
        finish(draft, seen);
    }
    let only_code = put_code(&mut drafts, seen, &mut rest);
    Guesses { environments: in_order(drafts, only_code), unassigned: rest }
}

/// Assigns the databases of a region to the environments with the nearest name; one that matches none becomes an
/// environment itself.
fn put_databases(drafts: &mut Vec<Draft>, region: &Region) {
    for database in &region.databases {
        let near = best_match(drafts, Some(&region.name), database);
        let at = near.unwrap_or_else(|| {
            let (project, kind) = of_name(database);
            let prefix = prefix(&project, kind.as_deref());
            let mut guess = Guess { project, region: Some(region.name.clone()), ..Guess::default() };
            guess.reasons.push(format!("the database {database} belongs to no cluster: by its name"));
            drafts.push(Draft { guess, prefix, kind, references_parameters: false });
            drafts.len() - 1
        });
        drafts[at].guess.databases.push(database.clone());
    }
}

/// Assigns each environment the prefix of its alarms; the number of unmatched alarms goes into `rest`.
fn put_alarms(drafts: &mut [Draft], region: &Region, rest: &mut Vec<String>) {
    let mut unmatched = 0_usize;
    for alarm in &region.alarms {
        // Autoscaling alarms belong to the service that they scale.
        if alarm.starts_with("TargetTracking-") {
            continue;
        }
        match best_match(drafts, Some(&region.name), alarm) {
            Some(at) => {
                let alarm_prefix = format!("{}-", drafts[at].prefix);
                let alarms = &mut drafts[at].guess.alarms;
                if !alarms.contains(&alarm_prefix) {
                    alarms.push(alarm_prefix);
                }
            }
            None => unmatched += 1,
        }
    }
    if unmatched > 0 {
        rest.push(match unmatched {
            1 => format!("1 alarm in {} matches no environment", region.name),
            _ => format!("{unmatched} alarms in {} match no environment", region.name),
        });
    }
}

/// Assigns environments the function that stops and starts them, and the prefix and time zone of their schedules.
fn put_schedules(drafts: &mut [Draft], region: &Region) {
    for function in region.functions.iter().filter(|function| function.contains("schedul")) {
        if let Some(at) = best_match(drafts, Some(&region.name), function) {
            drafts[at].guess.scheduler = Some(function.clone());
        }
    }
    for (name, zone) in &region.schedules {
        if let Some(at) = best_match(drafts, Some(&region.name), name) {
            let draft = &mut drafts[at];
            draft.guess.schedules = Some(format!("{}-", draft.prefix));
            draft.guess.timezone = draft.guess.timezone.take().or_else(|| zone.clone());
        }
    }
}

/// Assigns environments their infrastructure as code, and returns environments that only exist in code. Unmatched code
/// goes into `rest`.
fn put_code(drafts: &mut [Draft], seen: &DiscoveredResources, rest: &mut Vec<String>) -> Vec<Guess> {
    let mut environments = Vec::new();
    let mut code: Vec<&Code> = seen.code.iter().collect();
    // The most certain name first: the environment's, the project's, the word for the kind.
    let same_name: [fn(&Draft, &str) -> bool; 3] = [
        |draft, name| name == draft.guess.name,
        |draft, name| name == draft.guess.project,
        |draft, name| Some(name) == draft.kind.as_deref(),
    ];
    for is_same in same_name {
        for draft in drafts.iter_mut() {
            let free = draft.guess.infra.is_none();
            let Some(at) = code.iter().position(|one| free && is_same(draft, one.name())) else { continue };
            match code.remove(at) {
                Code::Terragrunt { dir } => draft.guess.infra = Some(Infra::Terragrunt { dir: dir.clone() }),
                root @ Code::Terraform { dir, var_files } => {
                    environments.extend(workspaces(draft, root.name(), dir, var_files));
                }
            }
        }
    }
    rest.extend(code.iter().map(|one| format!("{} is infrastructure as code that matches no environment", one.dir())));
    environments
}

/// Returns all environments in the order of discovery; those that only exist in code follow the others of their
/// project.
fn in_order(drafts: Vec<Draft>, mut only_code: Vec<Guess>) -> Vec<Guess> {
    let mut environments: Vec<Guess> = Vec::new();
    for draft in drafts {
        let project = draft.guess.project.clone();
        environments.push(draft.guess);
        let (same_project, others): (Vec<Guess>, Vec<Guess>) =
            only_code.into_iter().partition(|guess| guess.project == project);
        environments.extend(same_project);
        only_code = others;
    }
    environments
}

fn of_cluster(cluster: &Cluster, region: &Region) -> Draft {
    let (by_name, kind_by_name) = of_name(&cluster.name);
    let project = tag(&cluster.tags, "Project").map(str::to_owned);
    let environment = tag(&cluster.tags, "Environment").or_else(|| tag(&cluster.tags, "Env")).map(str::to_owned);
    let mut guess =
        Guess { region: Some(region.name.clone()), cluster: Some(cluster.name.clone()), ..Guess::default() };
    guess.reasons.push(match (&project, &environment) {
        (Some(project), Some(environment)) => {
            format!("cluster {}: tags Project={project}, Environment={environment}", cluster.name)
        }
        (Some(project), None) => format!("cluster {}: tag Project={project}", cluster.name),
        _ => format!("cluster {}: by its name, as it has no tag Project", cluster.name),
    });
    if cluster.services.len() <= MOST_SERVICES {
        guess.services = cluster.services.iter().map(|service| service.name.clone()).collect();
    } else {
        guess.reasons.push(format!("its {} services are not listed: all of the cluster", cluster.services.len()));
    }
    guess.tunnel = cluster.services.iter().find(|service| service.uses_database).map(|service| service.name.clone());
    // The prefix of resource names follows the cluster's name, even if its tags differ.
    let prefix = prefix(&by_name, kind_by_name.as_deref());
    guess.project = project.unwrap_or(by_name);
    let names_parameters = cluster.services.iter().any(|service| service.references_parameters);
    Draft { guess, prefix, kind: environment.or(kind_by_name), references_parameters: names_parameters }
}

fn prefix(project: &str, kind: Option<&str>) -> String {
    kind.map_or_else(|| project.to_owned(), |kind| format!("{project}-{kind}"))
}

/// Names each environment: by its kind if its project has several, otherwise by its project.
fn assign_names(drafts: &mut [Draft]) {
    let projects: Vec<String> = drafts.iter().map(|draft| draft.guess.project.clone()).collect();
    let has_several = |project: &String| projects.iter().filter(|other| *other == project).count() > 1;
    let mut named: Vec<String> = Vec::new();
    for draft in drafts.iter() {
        let guess = &draft.guess;
        named.push(match &draft.kind {
            Some(kind) if has_several(&guess.project) => kind.clone(),
            _ => guess.project.clone(),
        });
    }
    let is_ambiguous = |name: &String| named.iter().filter(|other| *other == name).count() > 1;
    for (at, draft) in drafts.iter_mut().enumerate() {
        // Two projects may each have a `staging`, and one may have clusters in two regions.
        let name = if is_ambiguous(&named[at]) { draft.prefix.clone() } else { named[at].clone() };
        draft.guess.name = name;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for draft in drafts.iter_mut() {
        let count = seen.entry(draft.guess.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            let region = draft.guess.region.clone().unwrap_or_default();
            draft.guess.name = format!("{}-{region}-{count}", draft.guess.name);
        }
    }
}

fn finish(draft: &mut Draft, seen: &DiscoveredResources) {
    let guess = &mut draft.guess;
    (guess.account, guess.profile) = (seen.account.clone(), seen.profile.clone());
    let words: Vec<String> = guess.name.split(['-', '_']).map(str::to_ascii_lowercase).collect();
    guess.guarded = words.iter().any(|word| PRODUCTION.contains(&word.as_str()));
    if guess.guarded {
        guess.reasons.push("guarded: its name says that it is production".to_owned());
    } else if let Some(kind) =
        draft.kind.as_deref().filter(|kind| PRODUCTION.contains(&kind.to_ascii_lowercase().as_str()))
    {
        guess
            .questions
            .push(format!("is it production? It is called {kind} in AWS, and is not guarded: guarded = true"));
    }
    if guess.databases.is_empty() {
        guess.tunnel = None;
    } else if guess.tunnel.is_none() && guess.cluster.is_some() {
        guess.questions.push("no service is given DATABASE_URL: through which one is the database reached?".to_owned());
    }
    let region = guess.region.as_deref().unwrap_or_default();
    let zone = ZONES.iter().find(|(known, _)| *known == region).map(|(_, zone)| (*zone).to_owned());
    if guess.timezone.is_none() && zone.is_some() {
        guess.reasons.push(format!("its time zone is that of {region}"));
    }
    guess.timezone = guess.timezone.take().or(zone);
}

/// Assigns a Terraform root module with variable files: the environment's own file is its workspace; every other file
/// is an environment that only exists in code.
fn workspaces(draft: &mut Draft, root: &str, dir: &str, var_files: &[String]) -> Vec<Guess> {
    let stem = |file: &str| file.trim_end_matches(".tfvars").to_owned();
    let unit = |workspace: Option<String>, var_files: Vec<String>| Infra::Terraform {
        name: root.to_owned(),
        dir: dir.to_owned(),
        workspace,
        var_files,
    };
    let kind = draft.kind.clone().unwrap_or_default();
    let own = var_files.iter().find(|file| stem(file) == kind || stem(file) == draft.guess.name);
    draft.guess.infra = Some(match own {
        Some(file) => {
            draft.guess.reasons.push(format!("{dir} has {file}: its workspace is taken to be called the same"));
            unit(Some(stem(file)), vec![file.clone()])
        }
        None => unit(None, Vec::new()),
    });
    let others = var_files.iter().filter(|file| Some(*file) != own && stem(file) != "terraform");
    others
        .map(|file| Guess {
            name: format!("{}-{}", draft.guess.project, stem(file)),
            project: draft.guess.project.clone(),
            infra: Some(unit(Some(stem(file)), vec![file.clone()])),
            reasons: vec![format!("{dir} has {file}, and none of it was found in AWS")],
            ..Guess::default()
        })
        .filter(|guess| guess.name != draft.guess.name)
        .collect()
}

#[cfg(test)]
#[path = "group_tests.rs"]
mod tests;
