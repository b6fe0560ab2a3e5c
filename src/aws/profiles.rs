//! The AWS files, as far as the cockpit itself reads them: which profile is selected, where its credentials
//! come from, and so what helps when they are refused.

mod renew;

use super::connection::{Connection, aws_files};
use super::endpoints::Resolved;
use super::environment::variable;
use super::failure::Context;
use super::helper::Helper;
use crate::config::AwsSection;
use crate::model::{Failure, FailureKind};
use aws_credential_types::Credentials;
use std::borrow::Cow;
use std::error::Error;

// The replacements of these names are in a crate that this one does not depend on.
#[allow(deprecated)]
use aws_config::profile::profile_file::{ProfileFileKind, ProfileFiles};
use aws_config::profile::{Profile, ProfileSet};

/// A longer chain of profiles is a loop.
const LONGEST_CHAIN: usize = 8;
/// Maximum number of profiles listed when one is not defined.
const NAMED: usize = 8;

/// The profiles of the files.
#[derive(Debug)]
pub(super) struct Profiles {
    set: ProfileSet,
    /// Whether a flag, the configuration or a variable names the profile, which otherwise is `default`.
    named: bool,
    /// The sections of the files, with names in brackets.
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

/// A profile with an MFA device.
#[derive(Debug, Clone)]
pub(super) struct Mfa {
    pub profile: String,
    /// The ARN or the serial number of the device.
    pub serial: String,
    /// The role assumed with a code; `None`: the profile's keys get their own session.
    pub role: Option<Role>,
}

/// The settings of a profile's sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sso {
    /// `sso_session`; `None` in profiles of the old form.
    pub session: Option<String>,
    /// The start URL, such as `https://example.awsapps.com/start`.
    pub start_url: String,
    pub region: String,
    /// `sso_registration_scopes`.
    pub scopes: Vec<String>,
}

/// The original source of a profile's credentials.
#[derive(Debug, Clone)]
pub(super) enum CredentialSource {
    /// A program, then these roles, in the order of assuming them.
    Helper(Helper, Vec<Role>),
    Sso,
    /// A console session: `aws login`.
    Login,
    /// An access key in the file.
    Keys,
    /// The credentials of the machine or the container.
    Machine,
    /// An unknown source.
    Unknown,
}

/// The files to read, if not the usual ones.
#[allow(deprecated)]
pub(super) fn profile_files(connection: &Connection) -> Option<ProfileFiles> {
    if connection.keys.is_some() {
        // A connection with its own keys reads no files.
        return Some(ProfileFiles::builder().with_contents(ProfileFileKind::Config, "").build());
    }
    let file = connection.credentials_file.as_ref()?;
    Some(ProfileFiles::builder().with_file(ProfileFileKind::Credentials, file).build())
}

/// Returns the profile named by a flag, the configuration, or a variable, as in the AWS CLI.
pub(super) fn profile_name(connection: &Connection) -> Option<String> {
    let named = connection.profile.clone();
    named.or_else(|| ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].iter().find_map(|name| variable(name)))
}

/// Returns the context of messages before the files are read.
pub(super) fn context(connection: &Connection) -> Context {
    let endpoints = Resolved::of_variables(connection).for_display();
    let known = |who: String, renew: &str, lasting, variables| Context {
        profile: who,
        renewal_hint: renew.to_owned(),
        endpoints: endpoints.clone(),
        fixed: lasting,
        from_variables: variables,
        from_sign_in: false,
    };
    if connection.keys.is_some() {
        return known("the given key".to_owned(), "run it again with another key", true, false);
    }
    let by_file = connection.profile.is_some() || connection.credentials_file.is_some();
    if !by_file && variable("AWS_ACCESS_KEY_ID").is_some() {
        // The environment of a running process cannot be changed from outside.
        let renew = "export a new key and start cockpit again: the environment of a process does not change";
        return known("the key in AWS_ACCESS_KEY_ID".to_owned(), renew, true, true);
    }
    let who = profile_name(connection).map_or("the default profile".to_owned(), |name| format!("profile `{name}`"));
    known(who, "run `aws sso login` or `aws login`", false, false)
}

impl Profiles {
    /// Reads the AWS configuration and credentials files.
    pub(super) async fn read(connection: &Connection) -> Result<Self, Failure> {
        use aws_types::os_shim_internal::{Env, Fs};
        let (fs, env) = (Fs::real(), Env::real());
        let name = profile_name(connection);
        // The SDK treats an unreadable file as missing, which keys in variables can do without. On a
        // pipe without a writer it would block.
        let texts = aws_files(connection);
        let needed = connection.profile.is_some()
            || connection.credentials_file.is_some()
            || variable("AWS_ACCESS_KEY_ID").is_none();
        if let Some(why) = texts.unreadable().filter(|_| needed || texts.is_pipe()) {
            let hint = "the AWS files must be UTF-8 text that the current user can read, as the AWS CLI writes them";
            return Err(Failure::new(FailureKind::Credentials, why.to_owned()).with_hint(hint));
        }
        let chosen = Cow::Owned(name.clone().unwrap_or_else(|| "default".to_owned()));
        let files = profile_files(connection).unwrap_or_default();
        let set = aws_config::profile::load(&fs, &env, &files, Some(chosen)).await;
        let set = set.map_err(|error| {
            // "could not parse …: error parsing FILE on line 3: …", or a file that cannot be opened.
            let why = error.source().map_or_else(|| error.to_string(), |why| format!("{error}: {why}"));
            let why = why.split_whitespace().collect::<Vec<_>>().join(" ");
            Failure::new(FailureKind::Credentials, super::failure::clean(&why))
                .with_hint("correct that line of the AWS file; the AWS CLI cannot read it either")
        })?;
        Ok(Self { set, named: name.is_some(), sections: texts.sections() })
    }

    /// The name of the profile in use.
    pub(super) fn selected(&self) -> &str {
        self.set.selected_profile()
    }

    /// A setting of the profile in use.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.set.get(key).map(str::trim).filter(|value| !value.is_empty())
    }

    /// Returns the failure if the profile in use, or one it refers to, does not exist, or if profiles form a loop.
    pub(super) fn undefined_profile(&self) -> Option<Failure> {
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
                return Some(Failure::new(FailureKind::Credentials, message).with_hint(self.known_profiles(name)));
            };
            // As in the SDK: keys take precedence in every profile but the first.
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
                            "give the last one keys, a sign-in or a `credential_source`, and no role of the first";
                        return Some(Failure::new(FailureKind::Credentials, message).with_hint(hint));
                    }
                }
                _ => return self.without_source(profile),
            }
        }
    }

    /// The failure if the source of a profile's credentials does not exist.
    fn without_source(&self, profile: &Profile) -> Option<Failure> {
        let name = profile.name();
        let text = |key: &str| profile.get(key).map(str::trim).filter(|text| !text.is_empty());
        if let Some(session) = text("sso_session").filter(|session| self.set.sso_session(session).is_none()) {
            let message = format!("there is no [sso-session {session}] in the AWS files (`sso_session` of `{name}`)");
            let mut known: Vec<&str> = self.set.sso_sessions().collect();
            known.sort_unstable();
            let hint = if known.is_empty() {
                "there is none yet: `aws configure sso` creates one".to_owned()
            } else {
                format!("there are: {}", known.join(", "))
            };
            return Some(Failure::new(FailureKind::Credentials, message).with_hint(hint));
        }
        let file = text("web_identity_token_file")?;
        let message = match std::fs::File::open(file).err()? {
            error if error.kind() == std::io::ErrorKind::NotFound => {
                format!("there is no file {file} (`web_identity_token_file` of `{name}`)")
            }
            error => format!("the file {file} cannot be read (`web_identity_token_file` of `{name}`): {error}"),
        };
        let hint = "the platform that runs this writes the token there, as Kubernetes or a pipeline does: check that it does, or name another profile";
        Some(Failure::new(FailureKind::Credentials, message).with_hint(hint))
    }

    /// The profiles that name an account: by a sign-in, or by a role.
    pub(super) fn profiles_of_account(&self, account: &str) -> Vec<String> {
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

    /// Lists the existing profiles, the most similar name first; or reports that the profile has the syntax of the other file.
    pub(super) fn known_profiles(&self, name: &str) -> String {
        if let Some(wrong) = self.sections.iter().find_map(|section| section.misplaced(name)) {
            return wrong;
        }
        let mut known: Vec<&str> = self.set.profiles().collect();
        let near = |known: &str| strsim::jaro_winkler(name, known);
        known.sort_by(|a, b| near(b).total_cmp(&near(a)).then_with(|| a.cmp(b)));
        let more = known.len().saturating_sub(NAMED);
        let shown: Vec<&str> = known.into_iter().take(NAMED).collect();
        match (shown.is_empty(), more) {
            (true, _) => "there is none yet: `aws configure sso` or `aws configure` creates one".to_owned(),
            (false, 0) => format!("there are: {}", shown.join(", ")),
            (false, more) => format!("there are: {} and {more} more", shown.join(", ")),
        }
    }

    /// The hint for refused or missing credentials of the profile in use.
    pub(super) fn renewal_hint(&self) -> String {
        if self.set.get_profile(self.selected()).is_some() {
            return self.credential_source().renewal_hint(self.selected());
        }
        format!("name a profile with --profile ({}), or export the keys of one", self.known_profiles("default"))
    }

    /// The source of the credentials of the profile in use.
    pub(super) fn credential_source(&self) -> CredentialSource {
        let mut roles = Vec::new();
        let mut name = self.selected();
        for hop in 0..LONGEST_CHAIN {
            let Some(profile) = self.set.get_profile(name) else { return CredentialSource::Unknown };
            if hop > 0 && profile.get("aws_access_key_id").is_some() {
                return CredentialSource::Keys;
            }
            let arn = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none());
            let Some(arn) = arn else { return base(profile, roles) };
            roles.insert(0, role(profile, arn));
            match profile.get("source_profile") {
                Some(source) if source != name => name = source,
                _ if profile.get("credential_source").is_some() => return CredentialSource::Machine,
                // It is its own source: the role, and the profile's other settings.
                _ => return base(profile, roles),
            }
        }
        CredentialSource::Unknown
    }

    /// The roles of the profile in use, in the order of assuming them, and the credentials for the first one. `None` without
    /// roles, and if only the SDK can find the credentials for the first one.
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
                    let own = matches!(base(profile, Vec::new()), CredentialSource::Keys);
                    let keys = self.keys_of(name);
                    return (own && matches!(keys, MfaSource::Keys(_))).then_some((keys, roles));
                }
            }
        }
        None
    }

    /// The services that the SDK itself requests for credentials of the profile in use, as named in variables: it uses their
    /// endpoints regardless of the ignore setting.
    pub(super) fn services_called_by_sdk(&self) -> &'static [&'static str] {
        use CredentialSource::{Helper, Keys, Login, Machine, Sso, Unknown};
        let with_role = || {
            let profile = self.set.get_profile(self.selected());
            profile.is_some_and(|profile| profile.get("role_arn").is_some())
                || variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
        };
        match self.credential_source() {
            Sso => &["SSO", "SSO OIDC"],
            Login => &["Signin"],
            Machine | Unknown if with_role() => &["STS"],
            Keys | Helper(..) | Machine | Unknown => &[],
        }
    }

    /// The sign-in of the profile in use, or of the profile at the start of its chain of roles.
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

    /// The profile in the chain that requires an MFA code.
    pub(super) fn mfa_profile(&self) -> Option<String> {
        self.second_factor().map(|found| found.mfa.profile)
    }

    /// The profile in the chain that requires an MFA code, with the credentials before it and the roles after it.
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

    /// A session for the keys of a user whose profile has an MFA device and no role. Keys that already belong to a session get
    /// none, and neither do other credentials.
    fn session_of(&self, name: &str, serial: &str) -> Option<SecondFactor> {
        let source = self.keys_of(name);
        let lasting = matches!(&source, MfaSource::Keys(keys) if keys.session_token().is_none());
        let mfa = Mfa { profile: name.to_owned(), serial: serial.to_owned(), role: None };
        lasting.then(|| SecondFactor { mfa, source, own: true, roles: Vec::new() })
    }

    /// The keys of a profile, or its name if it has other credentials.
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

/// An MFA device in a chain of profiles.
#[derive(Debug, Clone)]
pub(super) struct SecondFactor {
    pub mfa: Mfa,
    pub source: MfaSource,
    /// Whether the profile is its own source.
    pub own: bool,
    /// Roles assumed after it, in order.
    pub roles: Vec<Role>,
}

/// The credentials for assuming a role with MFA.
#[derive(Debug, Clone)]
pub(super) enum MfaSource {
    Keys(Credentials),
    /// The credentials of the profile with this name.
    Profile(String),
}

fn base(profile: &Profile, roles: Vec<Role>) -> CredentialSource {
    let has = |key: &str| profile.get(key).is_some();
    if has("credential_source") || has("web_identity_token_file") {
        CredentialSource::Machine
    } else if has("sso_session") || has("sso_start_url") || has("sso_account_id") {
        CredentialSource::Sso
    } else if has("login_session") {
        CredentialSource::Login
    } else if let Some(command) = profile.get("credential_process") {
        CredentialSource::Helper(Helper { profile: profile.name().to_owned(), command: command.into() }, roles)
    } else if has("aws_access_key_id") {
        CredentialSource::Keys
    } else {
        CredentialSource::Unknown
    }
}
