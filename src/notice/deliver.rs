//! One notice, from its templates to the answer of whoever takes it.

use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::{Delivery, Letter, Trouble, command, email, webhook};
use crate::desired::Notice;
use crate::manifest::Channel;
use crate::manifest::notice::Variables;
use crate::source::template::render;
use crate::value::harmless;

/// The first pause before another try; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Waits for so long, and says whether the wait was cut short since nobody wants it any more.
pub type Wait<'a> = dyn Fn(Duration) -> bool + 'a;

/// Tells people, within the notice's time. Relative paths start at `folder`.
#[must_use]
pub fn deliver(
    notice: &Notice,
    variables: &Variables,
    folder: &Utf8Path,
    wait: &Wait<'_>,
) -> Delivery {
    let until = Instant::now() + notice.of.within.duration();
    let sent = letter(notice, variables).map_err(Trouble::lasting).and_then(|letter| {
        let way = Way { notice, folder };
        let mut pause = FIRST_PAUSE;
        let mut tries = 0;
        loop {
            let trouble = match way.send(&letter, until) {
                Ok(said) => return Ok(said),
                Err(trouble) => trouble,
            };
            tries += 1;
            let left = until.saturating_duration_since(Instant::now());
            let over = !trouble.may_pass || tries > notice.of.retries || left <= pause;
            if over || wait(pause) {
                return Err(tried(trouble, tries));
            }
            pause *= 2;
        }
    });
    match sent {
        Ok(said) => Delivery::Delivered(said),
        Err(trouble) => Delivery::NotDelivered(trouble.why),
    }
}

fn tried(trouble: Trouble, tries: u32) -> Trouble {
    if tries < 2 {
        return trouble;
    }
    Trouble { why: format!("{}; it was tried {tries} times", trouble.why), ..trouble }
}

/// The words that the notice's templates make.
fn letter(notice: &Notice, variables: &Variables) -> Result<Letter, String> {
    let values = serde_json::to_value(variables).map_err(|error| error.to_string())?;
    let fill = |what: &str, template: &str| {
        render(template, &values).map_err(|why| format!("its {what} can't be filled in: {why}"))
    };
    let subject = fill("subject", &notice.subject)?;
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = fill("text", &notice.text)?;
    Ok(Letter { id: variables.id.clone(), subject, text, variables: values })
}

struct Way<'a> {
    notice: &'a Notice,
    folder: &'a Utf8Path,
}

impl Way<'_> {
    fn send(&self, letter: &Letter, until: Instant) -> Result<String, Trouble> {
        let within = until.saturating_duration_since(Instant::now());
        match &self.notice.of.channel {
            Channel::Webhook(webhook) => {
                let body = webhook::body(webhook, self.notice.body.as_deref(), letter)?;
                webhook::post(webhook, body, (self.folder, within))
            }
            Channel::Email(email) => email::send(email, letter, (self.folder, within)),
            Channel::Command(line) => command::run(line, letter, (self.folder, within)),
        }
        .map(|said| harmless(&said, &[]))
    }
}
