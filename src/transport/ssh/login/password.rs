//! The password, by the method that the host has for it.

use ssh2::{KeyboardInteractivePrompt, Prompt};

use crate::transport::failure::Trouble;
use crate::value::Secret;

use super::{Login, Try};

impl Login<'_> {
    pub(super) fn by_password(&mut self) -> Result<Try, Trouble> {
        let Some(reference) = &self.hop.password else { return Ok(Try::Refused) };
        let secret = self.secret(reference)?;
        let user = self.hop.user.clone();
        let methods = self.methods()?;
        let offers = |name: &str| methods.split(',').any(|method| method == name);
        if offers("password") {
            let name = "the password";
            self.attempt(name, |session| session.userauth_password(&user, secret.expose()))
        } else if offers("keyboard-interactive") {
            let mut answers = OneAnswer { secret: &secret, left: 1 };
            let name = "the password (keyboard-interactive)";
            self.attempt(name, |session| session.userauth_keyboard_interactive(&user, &mut answers))
        } else {
            self.tried.push("the password was not sent: the host asks for none".to_owned());
            Ok(Try::Refused)
        }
    }
}

/// Answers the first hidden question with the password, and all others with nothing.
struct OneAnswer<'a> {
    secret: &'a Secret,
    left: usize,
}

impl KeyboardInteractivePrompt for OneAnswer<'_> {
    fn prompt(&mut self, _: &str, _: &str, prompts: &[Prompt<'_>]) -> Vec<String> {
        let mut answer = |prompt: &Prompt<'_>| {
            if prompt.echo || self.left == 0 {
                return String::new();
            }
            self.left -= 1;
            self.secret.expose().to_owned()
        };
        prompts.iter().map(&mut answer).collect()
    }
}
