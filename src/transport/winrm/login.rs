//! Logging in: one exchange of tokens over one connection. One password is tried once; whatever the
//! host answers, nothing else is tried after it.

use openssl::base64::{decode_block, encode_block};
use zeroize::Zeroizing;

use crate::manifest::WinrmAuth;
use crate::transport::accounts::Attempt;
use crate::transport::excerpt::excerpt;
use crate::transport::failure::{Problem, Trouble};
use crate::transport::limit::Limit;
use crate::transport::secret;

use super::client::open;
use super::credssp;
use super::http::{self, Answer, Question};
use super::keytab::Key;
use super::link::Link;
use super::place::{PATH, Place};
use super::seal::Seal;
use super::tls;
use super::tokens::{Account, Exchange, Mechanism, Proof};

const DURING: &str = "log in";
/// No login takes more steps; CredSSP's take six.
const STEPS: usize = 12;

/// A login, as the requests after it need it.
pub(super) struct Login {
    /// What protects messages.
    pub(super) seal: Seal,
    /// What every request says of who asks; none where the connection itself has been proven.
    pub(super) authorization: Option<Zeroizing<String>>,
    /// What the first request shows to be good or not, where that is the login.
    pub(super) attempt: Option<Attempt>,
}

impl Login {
    /// What the host was told as it is, by which it could be told to others if the host repeats it.
    pub(super) fn told(&self) -> Vec<Zeroizing<String>> {
        let word = self.authorization.as_deref().map_or("", String::as_str);
        let Some(code) = word.strip_prefix("Basic ") else { return Vec::new() };
        let pair = decode_block(code).ok().map(Zeroizing::new);
        let pair = pair.as_deref().and_then(|pair| std::str::from_utf8(pair).ok());
        let password = pair.and_then(|pair| pair.split_once(':')).map(|(_, password)| password);
        [Some(code), password]
            .into_iter()
            .flatten()
            .map(|it| Zeroizing::new(it.to_owned()))
            .collect()
    }
}

/// Logs in over `link`, which is TLS where the connection says so.
pub(super) fn log_in(link: &mut Link, place: &Place<'_>, limit: Limit) -> Result<Login, Trouble> {
    let mut desk = Desk { link, place, limit, attempt: None };
    let came = log_in_at(&mut desk);
    tell(desk.attempt.take(), &came);
    came
}

/// Tells those who wait for a login what it came to.
pub(super) fn tell<T>(attempt: Option<Attempt>, came: &Result<T, Trouble>) {
    match (attempt, came) {
        (Some(attempt), Ok(_)) => attempt.good(),
        (Some(attempt), Err(trouble @ Trouble { problem: Problem::Refused(_), .. })) => {
            attempt.refused(trouble.clone());
        }
        (_, _) => {}
    }
}

fn log_in_at(desk: &mut Desk<'_>) -> Result<Login, Trouble> {
    let place = desk.place;
    let settings = place.settings;
    match settings.auth {
        WinrmAuth::Certificate => {
            let mutual = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual";
            Ok(by_each_request(mutual.to_owned(), None))
        }
        WinrmAuth::Basic => {
            let account = account(place)?;
            let Proof::Password(password) = &account.proof else { return Err(no_proof()) };
            let pair = Zeroizing::new(format!("{}:{}", account.user, password.expose()));
            desk.greet("Basic")?;
            desk.begin()?;
            let word = format!("Basic {}", encode_block(pair.as_bytes()));
            Ok(by_each_request(word, desk.attempt.take()))
        }
        WinrmAuth::Credssp => {
            let account = account(place)?;
            credssp::log_in(desk, &account, mechanism(place))?;
            Ok(Login { seal: Seal::Tls, authorization: None, attempt: None })
        }
        WinrmAuth::Negotiate | WinrmAuth::Ntlm | WinrmAuth::Kerberos => by_tokens(desk),
    }
}

fn by_each_request(authorization: String, attempt: Option<Attempt>) -> Login {
    Login { seal: Seal::Tls, authorization: Some(Zeroizing::new(authorization)), attempt }
}

/// Which mechanism makes the tokens: Kerberos where there is a realm, and then nothing else.
pub(super) fn mechanism(place: &Place<'_>) -> Mechanism {
    match (place.settings.auth, place.settings.is_kerberos()) {
        (WinrmAuth::Ntlm, _) => Mechanism::Ntlm,
        (_, true) => Mechanism::SpnegoKerberos,
        (_, false) => Mechanism::SpnegoNtlm,
    }
}

fn by_tokens(desk: &mut Desk<'_>) -> Result<Login, Trouble> {
    let place = desk.place;
    let account = account(place)?;
    let binding = match &*desk.link {
        Link::Tls(stream) => tls::binding(stream),
        Link::Plain(_) => None,
    };
    let broken = |problem| failed(place, problem);
    let mut exchange =
        Exchange::begin(mechanism(place), &account, place.address, binding).map_err(broken)?;
    // Kerberos asks the KDC at once; NTLM's first token says nothing of the password.
    let telling = usize::from(mechanism(place) != Mechanism::SpnegoKerberos);
    let mut token = Vec::new();
    for number in 0..STEPS {
        if number == telling {
            desk.begin()?;
        }
        let step = exchange.step(token, &desk.limit);
        if exchange.has_ticket() {
            desk.proven();
        }
        let step = step.map_err(broken)?;
        if step.token.is_empty() && step.is_done {
            break;
        }
        let answer = desk.show("Negotiate", &step.token)?;
        if answer.status != 401 {
            desk.accepted(&answer)?;
            // The last word of the host, which proves that it knows the password too.
            if let Some(last) = challenge(&answer, "Negotiate").filter(|_| !step.is_done) {
                exchange.step(last, &desk.limit).map_err(broken)?;
            }
            break;
        }
        let challenge = challenge(&answer, "Negotiate").filter(|it| !it.is_empty());
        let (Some(challenge), false) = (challenge, number + 1 == STEPS) else {
            return Err(refused(place, &answer, number == 0));
        };
        token = challenge;
    }
    let seal =
        if desk.link.is_tls() { Seal::Tls } else { Seal::Keys(Box::new(exchange.into_context())) };
    Ok(Login { seal, authorization: None, attempt: None })
}

/// Where tokens are shown.
pub(super) struct Desk<'a> {
    link: &'a mut Link,
    place: &'a Place<'a>,
    limit: Limit,
    attempt: Option<Attempt>,
}

impl Desk<'_> {
    /// To be called before a password is shown: waits while another host is tried with it.
    pub(super) fn begin(&mut self) -> Result<(), Trouble> {
        self.attempt = Some(self.place.begin(self.limit.last())?);
        self.limit = self.limit.anew();
        Ok(())
    }

    /// The password is known to be good, whatever the host makes of it: nobody waits any longer.
    pub(super) fn proven(&mut self) {
        if let Some(attempt) = self.attempt.take() {
            attempt.good();
        }
    }

    /// Asks for nothing, as nobody: whether there is a host at all, and whether it asks for `scheme`. Who
    /// doesn't is shown no password.
    fn greet(&mut self, scheme: &str) -> Result<(), Trouble> {
        let answer = self.ask(None)?;
        if answer.status != 401 {
            self.accepted(&answer)?;
            let status = answer.status;
            return Err(no_service(Problem::Answer(format!(
                "the host asks for no login (status {status}), and was shown none"
            ))));
        }
        if challenge(&answer, scheme).is_none() {
            return Err(refused(self.place, &answer, true));
        }
        if answer.is_last() {
            *self.link = open(self.place, self.limit.last())?;
        }
        Ok(())
    }

    pub(super) const fn place(&self) -> &Place<'_> {
        self.place
    }

    pub(super) const fn limit(&self) -> &Limit {
        &self.limit
    }

    /// Shows `token` with a request that asks for nothing.
    pub(super) fn show(&mut self, scheme: &str, token: &[u8]) -> Result<Answer, Trouble> {
        let authorization = Zeroizing::new(format!("{scheme} {}", encode_block(token)));
        let answer = self.ask(Some(&authorization))?;
        if answer.is_last()
            && answer.status == 401
            && challenge(&answer, scheme).is_some_and(|it| !it.is_empty())
        {
            let problem = Problem::Answer(
                "the host closes the connection in the middle of the login".to_owned(),
            );
            return Err(no_service(problem));
        }
        Ok(answer)
    }

    /// A request for nothing.
    fn ask(&mut self, authorization: Option<&str>) -> Result<Answer, Trouble> {
        let host = self.place.authority();
        let question = Question {
            path: PATH,
            host: &host,
            authorization,
            content_type: "application/soap+xml;charset=UTF-8",
            body: b"",
        };
        http::ask(self.link, &question, &self.limit).map_err(|problem| match problem {
            Problem::Lost(why) => no_service(Problem::Unreachable(why)),
            other => no_service(other),
        })
    }

    /// Whether the answer to the last token says that the login is done.
    pub(super) fn accepted(&self, answer: &Answer) -> Result<(), Trouble> {
        match answer.status {
            401 => Err(refused(self.place, answer, false)),
            // Some services judge the empty request after the login.
            200 | 400 | 411 | 500 => Ok(()),
            404 => Err(no_service(Problem::Answer(
                "a web server answers, but it has no WinRM service (status 404)".to_owned(),
            ))),
            status => Err(no_service(Problem::Answer(format!(
                "the host answers the login with status {status}"
            )))),
        }
    }
}

/// The token in an answer; empty where the host only names the scheme.
pub(super) fn challenge(answer: &Answer, scheme: &str) -> Option<Vec<u8>> {
    answer.headers("www-authenticate").find_map(|value| {
        let (name, rest) = value.split_once(' ').unwrap_or((value, ""));
        name.eq_ignore_ascii_case(scheme).then(|| decode_block(rest.trim()).unwrap_or_default())
    })
}

/// Who logs in, with the secret, which lives no longer than the login.
fn account<'a>(place: &Place<'a>) -> Result<Account<'a>, Trouble> {
    let settings = place.settings;
    let proof = match (&settings.password, &settings.keytab) {
        (Some(reference), _) => {
            let secret = secret::resolve(reference, place.folder).map_err(|error| {
                let hint = "mend the secret's reference in the connection, or give it its value";
                Trouble::new(DURING, Problem::Secret(error.to_string()), hint)
            })?;
            Proof::Password(secret)
        }
        (None, Some(path)) => Proof::Key(key(place, path)?),
        (None, None) => return Err(no_proof()),
    };
    Ok(Account {
        user: &settings.user,
        proof,
        realm: settings.realm.as_deref(),
        kdc: settings.kdc.as_deref(),
    })
}

fn key(place: &Place<'_>, path: &camino::Utf8Path) -> Result<Key, Trouble> {
    let path = place.path(path);
    let unusable = |why: String| {
        let problem = Problem::Here(format!("the keytab {path}: {why}"));
        Trouble::new("read the keytab", problem, "see with `klist -k -e` what is in it")
    };
    let bytes = secret::bytes(&path).map_err(unusable)?;
    let user = place.settings.user.as_str();
    let name = user.rsplit_once('\\').map_or(user, |(_, name)| name);
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    let realm = place.settings.realm.as_deref().unwrap_or_default();
    Key::find(&bytes, name, realm).map_err(unusable)
}

fn no_proof() -> Trouble {
    let problem = Problem::Here("the connection has no password".to_owned());
    Trouble::new(DURING, problem, "add `password` to the connection")
}

/// The host said no.
pub(super) fn refused(place: &Place<'_>, answer: &Answer, is_first: bool) -> Trouble {
    let offered: Vec<&str> = answer
        .headers("www-authenticate")
        .map(|value| value.split(' ').next().unwrap_or_default())
        .collect();
    let offered = excerpt(offered.join(", ").as_bytes(), "nothing");
    let user = who(place);
    if is_first {
        let problem = format!("the host takes no such login for {user}; it offers {offered}");
        let hint = "allow it on the host (`winrm get winrm/config/service/auth`), or set `auth` to what \
                    it offers";
        return Trouble::new(DURING, Problem::Login(problem), hint);
    }
    let problem = format!("{user} was refused; it was tried once");
    let hint = "check user and password, or the certificate's mapping; whether the account is locked or \
                may not log in over the network; for a local user write `user` alone; the host's \
                Security log (event 4625) says why. Where the host asks for channel bindings \
                (CbtHardeningLevel Strict), a proxy that ends TLS, or Kerberos over HTTPS, is refused too";
    // Whoever comes with a ticket has had the password judged before.
    let problem = if place.settings.is_kerberos() {
        Problem::Login(problem)
    } else {
        Problem::Refused(problem)
    };
    Trouble::new(DURING, problem, hint)
}

fn who(place: &Place<'_>) -> String {
    match place.settings.user.as_str() {
        "" => "the certificate".to_owned(),
        user => format!("the user {user}"),
    }
}

/// A login that did not come to the host's judgement.
pub(super) fn failed(place: &Place<'_>, problem: Problem) -> Trouble {
    let hint = match &problem {
        Problem::Unreachable(_) | Problem::TimedOut { .. } => {
            "check `kdc` in the connection (or /etc/krb5.conf), and that TCP port 88 of the domain \
             controller can be reached from here"
        }
        Problem::Login(said) if said.contains("clock") => {
            "set this machine's clock by the domain's time server: Kerberos allows five minutes"
        }
        _ if place.settings.is_kerberos() => {
            "check user, password, `realm` and that the host is addressed by the name it has in the \
             domain (the service HTTP/NAME; never an IP address); nothing else than Kerberos is tried"
        }
        _ => "check user and password; nothing else is tried",
    };
    Trouble::new(DURING, problem, hint)
}

/// Something else than WinRM answers.
fn no_service(problem: Problem) -> Trouble {
    let hint = "see that the WinRM service listens on this port (`winrm enumerate \
                winrm/config/listener`; 5985 is HTTP, 5986 HTTPS) and that no proxy stands between: \
                logins hold for one connection";
    Trouble::new("connect", problem, hint)
}
