//! How often a host that lets nobody in is asked again.

use std::time::Duration;

use crate::transport::Problem;

/// A host that goes down or comes up lets nobody in for a moment (`pam_nologin`(8)). It is asked again so many
/// times, after this pause: few enough for no account to be locked.
const MOST: usize = 3;
const PAUSE: Duration = Duration::from_secs(20);

/// What a host has refused until now.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    count: usize,
}

impl Refusals {
    /// When the host may be asked again after `problem`, for which nobody waits in other ways; none when
    /// it is enough. A password that was looked at and refused does not become right by itself.
    pub(super) fn again(&mut self, problem: &Problem) -> Option<Duration> {
        self.count += 1;
        let is_judged = matches!(problem, Problem::Refused(_));
        (!is_judged && self.count <= MOST).then_some(PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_password_is_not_shown_again() {
        assert_eq!(Refusals::default().again(&Problem::Refused("no".to_owned())), None);
    }

    #[test]
    fn who_lets_nobody_in_is_asked_a_few_times() {
        let mut refusals = Refusals::default();
        let asked = (0..10).filter(|_| refusals.again(&Problem::Login("no".to_owned())).is_some());
        assert_eq!(asked.count(), MOST);
    }
}
