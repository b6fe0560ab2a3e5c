//! `cockpit health`: its arguments.

use clap::{Args, Subcommand};

/// Check targets, requests, names, certificates and the firewall of the site [table|json|yaml|csv]
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "What AWS declares is read (targets, load balancers, security groups, hosted zones, certificates). Then the hosts
are probed from this machine: GET requests, TLS handshakes, questions to name servers, and one request that asks for the
public address of this machine. Each has a limit of 5 seconds. Nothing is sent to a guarded environment unless
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
    /// Send nothing: only what AWS declares is checked
    #[arg(long)]
    pub no_probe: bool,
    /// Try the firewall: an SQL injection and a script must get 403, a normal request must not
    #[arg(long, conflicts_with = "no_probe")]
    pub probe_waf: bool,
    /// Who is let in.
    #[command(subcommand)]
    pub action: Option<Action>,
}

/// What to do about who is let in.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum Action {
    /// Allow an address to reach the load balancer, by a rule of its security group [table|json|yaml]
    #[command(
        after_help = "The rule takes effect at once and is not in your code; the plan says what that means for Terraform. A guarded environment
refuses it unless its `health` has `allow = true`. Without an address, the public address of this machine is used.

Examples:
  cockpit health allow
  cockpit health allow 203.0.113.7 --dry-run
  cockpit health allow 2001:db8::7"
    )]
    Allow(Allow),
    /// Remove the rule of an address that was allowed by hand; declared rules stay [table|json|yaml]
    Disallow(Disallow),
}

/// The arguments of `allow`.
#[derive(Debug, Clone, PartialEq, Args)]
pub struct Allow {
    /// An address, or a network of at most 256 addresses [default: the public address of this machine]
    #[arg(value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The security group, where several allow addresses
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
    /// The security group, where it was added to several
    #[arg(long, value_name = "ID")]
    pub group: Option<String>,
    /// Print the calls with their parameters and change nothing
    #[arg(long)]
    pub dry_run: bool,
}
