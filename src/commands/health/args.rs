//! `cockpit health`: what is typed.

use clap::Args;

/// Check targets, requests, names, certificates and the firewall of the site [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    after_help = "What AWS declares is read (targets, load balancers, security groups, hosted zones, certificates). Then the hosts
are looked at from here: GET requests, TLS handshakes, questions to name servers, and one request that asks for the
public address of this machine. Each has a limit of 5 seconds. A guarded environment is sent nothing unless --probe
or --probe-waf asks for it.

The exit code is 0 where everything is healthy, 1 where something is down or degraded, 3 where something is not known.

Examples:
  cockpit health
  cockpit health -e prod --probe
  cockpit health --probe-waf -o json"
)]
pub struct Arguments {
    /// Send probes to a guarded environment too
    #[arg(long, conflicts_with = "no_probe")]
    pub probe: bool,
    /// Send nothing: only what AWS declares is checked
    #[arg(long)]
    pub no_probe: bool,
    /// Try the firewall: an SQL injection and a script must get 403, a normal request must not
    #[arg(long, conflicts_with = "no_probe")]
    pub probe_waf: bool,
}
