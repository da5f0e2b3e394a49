//! Notices: the controller tells people; no host runs anything.

use crate::desired::Notice;
use crate::manifest::notice::{Email, MailTls, Webhook};
use crate::manifest::{Channel, Moment};
use crate::transport::{Account, Command, Task};

/// What tells the people of `notice`. Its text shows how, and by which words.
#[must_use]
pub fn tell(notice: &Notice) -> Command {
    let of = &notice.of;
    let (how, words) = match &of.channel {
        Channel::Webhook(webhook) => (posted(webhook), &notice.body),
        Channel::Email(email) => (mailed(email), &None),
        Channel::Command(line) => (format!("sh -c: {line}"), &None),
    };
    let body = words.as_ref().map(|body| format!("\n\nbody: {body}")).unwrap_or_default();
    Command {
        run: format!("{how}\nsubject: {}\n\n{}{body}", notice.subject, notice.text.trim_end()),
        account: Account::Login,
        within: of.within,
        task: Task::Tell {
            notice: of.name.to_string(),
            way: of.channel.in_words(),
            blocking: of.blocking && of.on.iter().any(|moment: &Moment| moment.can_block()),
        },
    }
}

fn posted(webhook: &Webhook) -> String {
    let way = Channel::Webhook(Box::new(webhook.clone())).in_words();
    let plain = webhook.headers.iter().filter(|(name, _)| *name != "content-type");
    let mut headers: Vec<String> = vec![format!("content-type: {}", webhook.content_type())];
    headers.extend(plain.map(|(name, value)| format!("{name}: {value}")));
    headers.extend(webhook.secret_header.iter().map(|it| format!("{}: (secret)", it.name)));
    format!("{way}\n{}", headers.join("\n"))
}

fn mailed(email: &Email) -> String {
    let tls = match email.tls {
        MailTls::Starttls => "encrypted by STARTTLS",
        MailTls::Tls => "encrypted",
        MailTls::None => "in the clear",
    };
    let login = email.user.as_ref().map(|user| format!(", as {user}")).unwrap_or_default();
    let way = Channel::Email(Box::new(email.clone())).in_words();
    format!("{way}, {tls}{login}\nfrom: {}", email.from)
}
