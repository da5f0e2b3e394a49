//! What goes wrong while a plan is carried out, at every command of every step of the quickstart's
//! plan, on its simulated cluster. Each case ends the same: `resume` finishes, nothing ran twice that
//! must not, nothing was left out, and the cluster is as after a run that nothing disturbed.

#[cfg(test)]
mod back;
#[cfg(test)]
mod backup;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod controller;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod files;
#[cfg(test)]
mod gates;
#[cfg(test)]
mod host;
#[cfg(test)]
mod hosts;
#[cfg(test)]
mod infrastructure;
#[cfg(test)]
mod isolated;
#[cfg(test)]
mod load;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod people;
#[cfg(test)]
mod point;
#[cfg(test)]
mod preflight;
#[cfg(test)]
mod reach;
#[cfg(test)]
mod reboot;
#[cfg(test)]
mod records;
#[cfg(test)]
mod relays;
#[cfg(test)]
mod removal;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod runtime;
#[cfg(test)]
mod since;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod submissions;
