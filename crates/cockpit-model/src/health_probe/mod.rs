//! The health of an environment from outside: findings of probes of names, certificates and addresses, and their
//! assessment. Nothing here sends requests: probes are in `src/probe`, and AWS resources are read in `src/aws`.

pub mod checks;
pub mod cidr;
pub mod declared;
pub mod findings;
pub mod firewall;
pub mod manual_access;
pub mod names;
pub mod outputs;
pub mod results;
pub mod site;
pub mod target_words;
