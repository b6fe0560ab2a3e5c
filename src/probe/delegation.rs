//! The name servers of a zone as the zone above names them.

use super::Probes;
use super::resolve::referral;
use crate::model::health_probe::results::ProbeError;

/// Servers of the zone above that are asked.
const MOST: usize = 3;

impl Probes {
    /// The name servers of a zone as the servers of the zone above name them.
    pub(super) async fn parent_name_servers(&self, zone: &str) -> Result<Vec<String>, ProbeError> {
        let mut trouble = ProbeError::NoAddress;
        let mut rest = zone.trim_end_matches('.');
        while let Some((_, parent)) = rest.split_once('.') {
            rest = parent;
            let servers = match self.resolver.name_servers(parent).await {
                Ok(servers) => servers,
                Err(ProbeError::Timeout) => return Err(ProbeError::Timeout),
                Err(error) => {
                    trouble = error;
                    continue;
                }
            };
            for name in servers.iter().take(MOST) {
                let Ok(places) = self.socket_addresses(name.trim_end_matches('.'), 53).await else { continue };
                let Some(place) = places.first() else { continue };
                match referral(*place, zone).await {
                    Ok(found) => return Ok(found),
                    Err(error) => trouble = error,
                }
            }
            return Err(trouble);
        }
        Err(trouble)
    }
}
