//! How an environment looks from outside: what probes of names, certificates and addresses found, and what that means.
//! Nothing here asks anybody; the probes are in `src/probe`, what AWS declares is read in `src/aws`.

pub mod answers;
pub mod cidr;
pub mod declared;
pub mod door;
pub mod findings;
pub mod firewall;
pub mod judge;
pub mod names;
pub mod outputs;
pub mod site;
pub mod target_words;
