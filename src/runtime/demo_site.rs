//! The site of the demo: the hosts, certificates, zones and firewall that the simulated world declares, served on loopback so
//! that health probes have something to check. Nothing leaves the machine: every connection of a probe is redirected here.

use super::audit;
use crate::config::{EnvironmentConfig, HealthConfig};
use crate::feeds::runs::Place;
use crate::private_files;
use aws_sim::{Sim, Site};
use std::path::{Path, PathBuf};

/// A running site, and the certificate file of its authority. Both are gone when it is dropped.
#[derive(Debug)]
pub struct DemoSite {
    site: Site,
    authority: PathBuf,
    /// The URL that returns this machine's public address.
    address_url: String,
}

impl Drop for DemoSite {
    fn drop(&mut self) {
        // There is nobody left to report an error to; the next demo uses a file of another name.
        let _ = std::fs::remove_file(&self.authority);
    }
}

impl DemoSite {
    /// Starts the site of a world.
    ///
    /// # Errors
    /// A sentence, if no port is free or the authority's certificate cannot be written.
    pub async fn start(world: &Sim) -> Result<Self, String> {
        let runs = audit::runs_folder(&Place { audit_file: None, simulated: true });
        let runs = runs.ok_or("there is no home folder to keep its authority in")?;
        Self::start_in(world, runs.parent().unwrap_or(&runs)).await
    }

    async fn start_in(world: &Sim, folder: &Path) -> Result<Self, String> {
        let options = world.site();
        let host = options.names.first().cloned().unwrap_or_default();
        let site = Site::start(options).await.map_err(|error| error.to_string())?;
        let authority = folder.join(format!("demo-authority-{}.pem", std::process::id()));
        let written =
            private_files::make(folder).and_then(|()| private_files::replace(&authority, site.authority.as_bytes()));
        written.map_err(|error| format!("{}: {error}", authority.display()))?;
        Ok(Self { site, authority, address_url: format!("https://{host}/address") })
    }

    /// Redirects all probes of an environment to this site.
    pub fn redirect_probes(&self, environment: &mut EnvironmentConfig) {
        environment.health = HealthConfig {
            resolver: Some(self.site.dns.to_string()),
            ca_file: Some(self.authority.display().to_string()),
            connect: self.site.connect(),
            address_url: Some(self.address_url.clone()),
            ..HealthConfig::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::probes::is_local_only;
    use aws_sim::SimOptions;

    #[tokio::test]
    async fn probes_of_the_demo_stay_on_this_machine() {
        let sim = Sim::start(SimOptions::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let site = DemoSite::start_in(&sim, folder.path()).await.unwrap();
        let mut environment = EnvironmentConfig::default();
        assert!(!is_local_only(&environment));
        site.redirect_probes(&mut environment);
        assert!(is_local_only(&environment), "{:?}", environment.health);
        let authority = site.authority.clone();
        assert!(std::fs::read_to_string(&authority).unwrap().contains("BEGIN CERTIFICATE"));
        drop(site);
        assert!(!authority.exists());
        sim.shutdown();
    }
}
