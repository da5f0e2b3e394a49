//! Bytes that want to be more than bytes: from hosts, from files of strangers, and what keeps secrets
//! away from all of them.

#[cfg(test)]
mod claims;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod files;
#[cfg(test)]
mod hosts;
#[cfg(test)]
#[path = "../../fuzz/parsers.rs"]
mod parsers;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod site;
