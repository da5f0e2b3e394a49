//! Connections to real OpenSSH servers, which the tests start on this machine's loopback.

#[cfg(test)]
mod commands;
#[cfg(test)]
mod copying;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod host_keys;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod jumps;
#[cfg(test)]
mod local;
#[cfg(test)]
mod logins;
#[cfg(test)]
mod loss;
#[cfg(test)]
mod noise;
#[cfg(test)]
mod relays;
#[cfg(test)]
mod sshd;
#[cfg(test)]
mod sudo;
#[cfg(test)]
mod trust;
