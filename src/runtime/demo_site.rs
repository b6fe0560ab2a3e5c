//! The site of the demo: what the simulated world declares of hosts, certificates, zones and a firewall, on loopback, so that
//! how an environment is reached can be looked at. Nothing of it leaves the machine: each connection of a probe is led here.

use super::audit;
use crate::config::{EnvironmentConfig, HealthConfig};
use crate::feeds::runs::Place;
use crate::private_files;
use aws_sim::{Sim, Site};
use std::path::{Path, PathBuf};

/// A running site, and the file of the authority that vouches for it; both are gone with it.
#[derive(Debug)]
pub struct DemoSite {
    site: Site,
    authority: PathBuf,
    /// Tells the public address of this machine.
    address_url: String,
}

impl Drop for DemoSite {
    fn drop(&mut self) {
        // Nobody is left to tell that it stays; the next demo has one of another name.
        let _ = std::fs::remove_file(&self.authority);
    }
}

impl DemoSite {
    /// Starts that of a world.
    ///
    /// # Errors
    /// No port is free, or the authority's certificate cannot be written; in a sentence.
    pub async fn start(world: &Sim) -> Result<Self, String> {
        let runs = audit::runs(&Place { audit_file: None, simulated: true });
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

    /// Leads all that probes of an environment send to it.
    pub fn lead(&self, environment: &mut EnvironmentConfig) {
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
    use crate::app::probes::stays_here;
    use aws_sim::SimOptions;

    #[tokio::test]
    async fn all_that_probes_of_the_demo_send_stays_on_this_machine() {
        let sim = Sim::start(SimOptions::default()).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let site = DemoSite::start_in(&sim, folder.path()).await.unwrap();
        let mut environment = EnvironmentConfig::default();
        assert!(!stays_here(&environment));
        site.lead(&mut environment);
        assert!(stays_here(&environment), "{:?}", environment.health);
        let authority = site.authority.clone();
        assert!(std::fs::read_to_string(&authority).unwrap().contains("BEGIN CERTIFICATE"));
        drop(site);
        assert!(!authority.exists());
        sim.shutdown();
    }
}
