//! The AWS files, as far as the cockpit looks into them itself: which profile is meant, where its credentials
//! come from, and so what helps when they are refused.

mod renew;

use super::connection::{Connection, texts};
use super::endpoints::Resolved;
use super::environment::variable;
use super::failure::Context;
use super::helper::Helper;
use crate::config::AwsSection;
use crate::model::{Failure, FailureKind};
use aws_credential_types::Credentials;
use std::borrow::Cow;
use std::error::Error;

// The successors of these names are in a crate that is not ours to depend on.
#[allow(deprecated)]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::profile::{Profile, ProfileSet};

/// A chain of profiles longer than this is a loop.
const LONGEST_CHAIN: usize = 8;
/// The most profiles that are named where one is not defined.
const NAMED: usize = 8;

/// The profiles of the files.
#[derive(Debug)]
pub(super) struct Profiles {
    set: ProfileSet,
    /// Named by a flag, the configuration or a variable, not merely `default`.
    named: bool,
    /// The sections of the files, which stand in brackets.
    sections: Vec<AwsSection>,
}

/// A role that a profile assumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Role {
    pub arn: String,
    pub external_id: Option<String>,
    pub session_name: Option<String>,
    pub duration: Option<i32>,
}

/// A profile with a second factor.
#[derive(Debug, Clone)]
pub(super) struct Mfa {
    pub profile: String,
    /// The ARN or the serial number of the device.
    pub serial: String,
    /// The role that is assumed with a code; none: the profile's keys get a session of their own.
    pub role: Option<Role>,
}

/// The settings with which a profile signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sso {
    /// `sso_session`; none in profiles of before.
    pub session: Option<String>,
    /// `https://example.awsapps.com/start`.
    pub start_url: String,
    pub region: String,
    /// `sso_registration_scopes`.
    pub scopes: Vec<String>,
}

/// Where the credentials of a profile come from in the end.
#[derive(Debug, Clone)]
pub(super) enum Base {
    /// A program, then these roles, the first to be assumed first.
    Helper(Helper, Vec<Role>),
    Sso,
    /// A console session: `aws login`.
    Login,
    /// An access key stands in the file.
    Keys,
    /// The credentials of the machine or the container.
    Machine,
    /// Nothing that is known here.
    Unknown,
}

/// The files to read, where they are not the usual ones.
#[allow(deprecated)]
pub(super) fn files(connection: &Connection) -> Option<ProfileFiles> {
    if connection.keys.is_some() {
        // With keys of its own it depends on no file of anybody.
        return Some(ProfileFiles::builder().with_contents(ProfileFileKind::Config, "").build());
    }
    let file = connection.credentials_file.as_ref()?;
    Some(ProfileFiles::builder().with_file(ProfileFileKind::Credentials, file).build())
}

/// The profile that is named: by a flag, the configuration, or a variable, as in the AWS CLI.
pub(super) fn named(connection: &Connection) -> Option<String> {
    let said = connection.profile.clone();
    said.or_else(|| ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].iter().find_map(|name| variable(name)))
}

/// The words of messages before the files were read.
pub(super) fn context(connection: &Connection) -> Context {
    let endpoints = Resolved::of_variables(connection).shown();
    let known = |who: String, renew: &str, lasting, variables| Context {
        who,
        renew: renew.to_owned(),
        endpoints: endpoints.clone(),
        lasting,
        variables,
        signs_in: false,
    };
    if connection.keys.is_some() {
        return known("the given key".to_owned(), "run it again with another key", true, false);
    }
    let by_file = connection.profile.is_some() || connection.credentials_file.is_some();
    if !by_file && variable("AWS_ACCESS_KEY_ID").is_some() {
        // Nobody can change the environment of a process that runs.
        let renew = "export a new key and start cockpit again: the environment of a process does not change";
        return known("the key in AWS_ACCESS_KEY_ID".to_owned(), renew, true, true);
    }
    let who = named(connection).map_or_else(|| "the default profile".to_owned(), |name| format!("profile `{name}`"));
    known(who, "run `aws sso login` or `aws login`", false, false)
}

impl Profiles {
    /// Reads the AWS configuration and credentials files.
    pub(super) async fn read(connection: &Connection) -> Result<Self, Failure> {
        use aws_types::os_shim_internal::{Env, Fs};
        let (fs, env) = (Fs::real(), Env::real());
        let name = named(connection);
        // The SDK takes a file that it cannot read for one that is not there, which keys in variables can do without. For a
        // pipe that nobody writes into it would wait.
        let texts = texts(connection);
        let needed = connection.profile.is_some()
            || connection.credentials_file.is_some()
            || variable("AWS_ACCESS_KEY_ID").is_none();
        if let Some(why) = texts.unreadable().filter(|_| needed || texts.blocks()) {
            let hint =
                "the AWS files are plain text in UTF-8 that whoever runs this may read, as the AWS CLI writes them";
            return Err(Failure::new(FailureKind::Credentials, why.to_owned()).hinted(hint));
        }
        let chosen = Cow::Owned(name.clone().unwrap_or_else(|| "default".to_owned()));
        let set = aws_config::profile::load(&fs, &env, &files(connection).unwrap_or_default(), Some(chosen)).await;
        let set = set.map_err(|error| {
            // "could not parse …: error parsing FILE on line 3: …", or a file that cannot be opened.
            let why = error.source().map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            Failure::new(FailureKind::Credentials, super::failure::clean(&why))
                .hinted("correct that line of the AWS file; the AWS CLI cannot read it either")
        })?;
        Ok(Self { set, named: name.is_some(), sections: texts.sections() })
    }

    /// The name of the profile that is used.
    pub(super) fn selected(&self) -> &str {
        self.set.selected_profile()
    }

    /// A setting of the profile in use.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.set.get(key).map(str::trim).filter(|value| !value.is_empty())
    }

    /// That the profile in use, or what it names, is not there, or that profiles lead back to themselves.
    pub(super) fn undefined(&self) -> Option<Failure> {
        let chosen = self.selected();
        let mut seen = vec![chosen];
        loop {
            let name = *seen.last()?;
            let Some(profile) = self.set.get_profile(name) else {
                if name == chosen && !self.named {
                    return None;
                }
                let from = if name == chosen { String::new() } else { format!(" (`source_profile` of `{chosen}`)") };
                let message = format!("there is no profile `{name}`{from} in the AWS files");
                return Some(Failure::new(FailureKind::Credentials, message).hinted(self.known(name)));
            };
            // As the SDK does: keys go first in every profile but the first.
            if seen.len() > 1 && profile.get("aws_access_key_id").is_some() {
                return None;
            }
            match profile.get("source_profile") {
                Some(next) if profile.get("role_arn").is_some() && next != name => {
                    let again = seen.contains(&next);
                    seen.push(next);
                    if again {
                        let message =
                            format!("profiles lead back to themselves by `source_profile`: {}", seen.join(", "));
                        let hint =
                            "let the last one have keys, a sign-in or a `credential_source`, and no role of the first";
                        return Some(Failure::new(FailureKind::Credentials, message).hinted(hint));
                    }
                }
                _ => return self.without_source(profile),
            }
        }
    }

    /// The failure that the source of a profile's credentials is not there.
    fn without_source(&self, profile: &Profile) -> Option<Failure> {
        let name = profile.name();
        let text = |key: &str| profile.get(key).map(str::trim).filter(|text| !text.is_empty());
        if let Some(session) = text("sso_session").filter(|session| self.set.sso_session(session).is_none()) {
            let message = format!("there is no [sso-session {session}] in the AWS files (`sso_session` of `{name}`)");
            let mut known: Vec<&str> = self.set.sso_sessions().collect();
            known.sort_unstable();
            let hint = if known.is_empty() {
                "there is none at all: `aws configure sso` makes one".to_owned()
            } else {
                format!("there are: {}", known.join(", "))
            };
            return Some(Failure::new(FailureKind::Credentials, message).hinted(hint));
        }
        let file = text("web_identity_token_file")?;
        let message = match std::fs::File::open(file).err()? {
            error if error.kind() == std::io::ErrorKind::NotFound => {
                format!("there is no file {file} (`web_identity_token_file` of `{name}`)")
            }
            error => format!("the file {file} cannot be read (`web_identity_token_file` of `{name}`): {error}"),
        };
        let hint = "whatever runs this puts the token there, as Kubernetes or a pipeline does: see that it does, or name another profile";
        Some(Failure::new(FailureKind::Credentials, message).hinted(hint))
    }

    /// The profiles that say that they lead to an account: by a sign-in, or by a role.
    pub(super) fn of_account(&self, account: &str) -> Vec<String> {
        let role = format!(":iam::{account}:role/");
        let leads = |name: &&str| {
            let profile = self.set.get_profile(name);
            let value = |key: &str| profile.and_then(|profile| profile.get(key)).map(str::trim);
            value("sso_account_id") == Some(account) || value("role_arn").is_some_and(|arn| arn.contains(&role))
        };
        let mut found: Vec<String> = self.set.profiles().filter(leads).map(str::to_owned).collect();
        found.sort();
        found
    }

    /// Which profiles there are, the nearest to a name first; where it stands as the other of the two files writes it, that.
    pub(super) fn known(&self, name: &str) -> String {
        if let Some(wrong) = self.sections.iter().find_map(|section| section.misplaced(name)) {
            return wrong;
        }
        let mut known: Vec<&str> = self.set.profiles().collect();
        let near = |known: &str| strsim::jaro_winkler(name, known);
        known.sort_by(|a, b| near(b).total_cmp(&near(a)).then_with(|| a.cmp(b)));
        let more = known.len().saturating_sub(NAMED);
        let shown: Vec<&str> = known.into_iter().take(NAMED).collect();
        match (shown.is_empty(), more) {
            (true, _) => "there is none at all: `aws configure sso` or `aws configure` makes one".to_owned(),
            (false, 0) => format!("there are: {}", shown.join(", ")),
            (false, more) => format!("there are: {} and {more} more", shown.join(", ")),
        }
    }

    /// The hint where credentials of the profile in use are refused, or there are none.
    pub(super) fn renew(&self) -> String {
        if self.set.get_profile(self.selected()).is_some() {
            return self.base().renew(self.selected());
        }
        format!("name a profile with --profile ({}), or export the keys of one", self.known("default"))
    }

    /// Where the credentials of the profile in use come from.
    pub(super) fn base(&self) -> Base {
        let mut roles = Vec::new();
        let mut name = self.selected();
        for hop in 0..LONGEST_CHAIN {
            let Some(profile) = self.set.get_profile(name) else { return Base::Unknown };
            if hop > 0 && profile.get("aws_access_key_id").is_some() {
                return Base::Keys;
            }
            let arn = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none());
            let Some(arn) = arn else { return base(profile, roles) };
            roles.insert(0, role(profile, arn));
            match profile.get("source_profile") {
                Some(source) if source != name => name = source,
                _ if profile.get("credential_source").is_some() => return Base::Machine,
                // Its own source: the role, and what else the profile has.
                _ => return base(profile, roles),
            }
        }
        Base::Unknown
    }

    /// The roles of the profile in use, the first to be assumed first, and what that is assumed with. None where there are no
    /// roles, and where the first is assumed with what only the SDK finds.
    pub(super) fn roles(&self) -> Option<(MfaSource, Vec<Role>)> {
        let mut roles = Vec::new();
        let mut name = self.selected();
        for hop in 0..LONGEST_CHAIN {
            let profile = self.set.get_profile(name)?;
            let keys_first = hop > 0 && profile.get("aws_access_key_id").is_some();
            let arn = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none());
            let Some(arn) = arn.filter(|_| !keys_first) else {
                return if roles.is_empty() { None } else { Some((self.keys_of(name), roles)) };
            };
            if profile.get("credential_source").is_some() {
                return None;
            }
            roles.insert(0, role(profile, arn));
            match profile.get("source_profile")? {
                source if source != name => name = source,
                _ => {
                    let own = matches!(base(profile, Vec::new()), Base::Keys);
                    let keys = self.keys_of(name);
                    return (own && matches!(keys, MfaSource::Keys(_))).then_some((keys, roles));
                }
            }
        }
        None
    }

    /// The services that the SDK asks by itself for credentials of the profile in use, as its variables name them: it asks them
    /// where these say, whatever else is said about endpoints.
    pub(super) fn asked_by_the_sdk(&self) -> &'static [&'static str] {
        let with_role = || {
            let profile = self.set.get_profile(self.selected());
            profile.is_some_and(|profile| profile.get("role_arn").is_some())
                || variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
        };
        match self.base() {
            Base::Sso => &["SSO", "SSO OIDC"],
            Base::Login => &["Signin"],
            Base::Machine | Base::Unknown if with_role() => &["STS"],
            Base::Keys | Base::Helper(..) | Base::Machine | Base::Unknown => &[],
        }
    }

    /// The sign-in of the profile in use, or of the one that its roles begin with.
    pub(super) fn sso(&self) -> Option<Sso> {
        let mut name = self.selected();
        for _ in 0..LONGEST_CHAIN {
            let profile = self.set.get_profile(name)?;
            let text = |key: &str| profile.get(key).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
            if let Some(session) = text("sso_session") {
                let found = self.set.sso_session(&session)?;
                let text = |key: &str| found.get(key).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
                let scopes = text("sso_registration_scopes").unwrap_or_default();
                let scopes =
                    scopes.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
                let (start_url, region) = (text("sso_start_url")?, text("sso_region")?);
                return Some(Sso { session: Some(session), start_url, region, scopes });
            }
            if let (Some(start_url), Some(region)) = (text("sso_start_url"), text("sso_region")) {
                return Some(Sso { session: None, start_url, region, scopes: Vec::new() });
            }
            name = profile.get("source_profile").filter(|source| *source != name)?;
        }
        None
    }

    /// The profile in the chain that asks for an MFA code.
    pub(super) fn asks_for_code(&self) -> Option<String> {
        self.second_factor().map(|found| found.mfa.profile)
    }

    /// The profile in the chain that asks for an MFA code, and what stands before and behind it.
    pub(super) fn second_factor(&self) -> Option<SecondFactor> {
        let mut roles = Vec::new();
        let mut name = self.selected();
        for hop in 0..LONGEST_CHAIN {
            let profile = self.set.get_profile(name)?;
            let serial = profile.get("mfa_serial").map(str::trim).filter(|serial| !serial.is_empty());
            let Some(arn) = profile.get("role_arn") else {
                return if hop == 0 { self.session_of(name, serial?) } else { None };
            };
            let role = role(profile, arn);
            let source = profile.get("source_profile");
            if let Some(serial) = serial {
                let own = source.is_none_or(|source| source == name);
                let mfa = Mfa { profile: name.to_owned(), serial: serial.to_owned(), role: Some(role) };
                return Some(SecondFactor { mfa, source: self.keys_of(source.unwrap_or(name)), own, roles });
            }
            roles.insert(0, role);
            name = source.filter(|source| *source != name)?;
        }
        None
    }

    /// A session of the keys of a user, whose profile has a second factor and no role. Keys that are a session already get
    /// none, and neither does what is no key.
    fn session_of(&self, name: &str, serial: &str) -> Option<SecondFactor> {
        let source = self.keys_of(name);
        let lasting = matches!(&source, MfaSource::Keys(keys) if keys.session_token().is_none());
        let mfa = Mfa { profile: name.to_owned(), serial: serial.to_owned(), role: None };
        lasting.then(|| SecondFactor { mfa, source, own: true, roles: Vec::new() })
    }

    /// Keys of a profile, or its name where it has others.
    fn keys_of(&self, name: &str) -> MfaSource {
        let profile = self.set.get_profile(name);
        let text =
            |key: &str| profile.and_then(|profile| profile.get(key)).map(str::trim).filter(|text| !text.is_empty());
        match (text("aws_access_key_id"), text("aws_secret_access_key")) {
            (Some(id), Some(secret)) => {
                let token = text("aws_session_token").map(str::to_owned);
                MfaSource::Keys(Credentials::new(id, secret, token, None, "profile"))
            }
            _ => MfaSource::Profile(name.to_owned()),
        }
    }
}

fn role(profile: &Profile, arn: &str) -> Role {
    let text = |key: &str| profile.get(key).map(str::to_owned);
    Role {
        arn: arn.to_owned(),
        external_id: text("external_id"),
        session_name: text("role_session_name"),
        duration: profile.get("duration_seconds").and_then(|seconds| seconds.trim().parse().ok()),
    }
}

/// A second factor in a chain of profiles.
#[derive(Debug, Clone)]
pub(super) struct SecondFactor {
    pub mfa: Mfa,
    pub source: MfaSource,
    /// The profile is its own source.
    pub own: bool,
    /// Roles that are assumed after it, the first first.
    pub roles: Vec<Role>,
}

/// The credentials with which a role with a second factor is assumed.
#[derive(Debug, Clone)]
pub(super) enum MfaSource {
    Keys(Credentials),
    /// Whatever the profile of this name has.
    Profile(String),
}

fn base(profile: &Profile, roles: Vec<Role>) -> Base {
    let has = |key: &str| profile.get(key).is_some();
    if has("credential_source") || has("web_identity_token_file") {
        Base::Machine
    } else if has("sso_session") || has("sso_start_url") || has("sso_account_id") {
        Base::Sso
    } else if has("login_session") {
        Base::Login
    } else if let Some(command) = profile.get("credential_process") {
        Base::Helper(Helper { profile: profile.name().to_owned(), command: command.into() }, roles)
    } else if has("aws_access_key_id") {
        Base::Keys
    } else {
        Base::Unknown
    }
}
