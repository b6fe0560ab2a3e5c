//! Arguments of `cockpit health`.

use clap::{Args, Subcommand};

/// Check targets, requests, names, certificates and the firewall of the site [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Reads the configuration in AWS (targets, load balancers, security groups, hosted zones, certificates), then probes the
hosts from this machine: GET requests, TLS handshakes, DNS queries, and one request for the public address of this
machine. Each is limited to 5 seconds. Nothing is sent to a guarded environment unless
--probe or --probe-waf asks for it.

The exit code is 0 where everything is healthy, 1 where something is down or degraded, 3 where something is not known.

Examples:
  cockpit health
  cockpit health -e prod --probe
  cockpit health --probe-waf -o json
  cockpit health allow                       let the public address of this machine in
  cockpit health disallow 203.0.113.7"
)]
pub struct Arguments {
    /// Send probes to a guarded environment too
    #[arg(long, conflicts_with = "no_probe")]
    pub probe: bool,
    /// Send no probes: check only the configuration in AWS
    #[arg(long)]
    pub no_probe: bool,
    /// Test the firewall: an SQL injection and a script must get 403, a normal request must not
    #[arg(long, conflicts_with = "no_probe")]
    pub probe_waf: bool,
    /// The change of the allowed addresses.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// The changes of the allowed addresses.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Allow an address to reach the load balancer, by adding a rule to its security group [table|json|yaml]
    #[command(
        after_help = "The rule takes effect at once and is not in your code; the plan says what that means for Terraform. A guarded environment
refuses it unless its `health` has `allow = true`. Without an address, the public address of this machine is used.

Examples:
  cockpit health allow
  cockpit health allow 203.0.113.7 --dry-run
  cockpit health allow 2001:db8::7"
    )]
    Allow(Allow),
    /// Remove the rule of an address that was added by hand; declared rules stay [table|json|yaml]
    Disallow(Disallow),
}

/// The arguments of `allow`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Allow {
    /// An address, or a network of at most 256 addresses [default: the public address of this machine]
    #[arg(value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The security group, if several allow addresses
    #[arg(long, value_name = "ID")]
    pub group: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// The arguments of `disallow`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Disallow {
    /// The address or network
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// The security group, if the address was added to several
    #[arg(long, value_name = "ID")]
    pub group: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
