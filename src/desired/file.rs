//! The files that components have on their hosts, with everything filled in but what is secret.

mod variables;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8Path;
use serde::Serialize;

use super::placed::Placed;
use crate::address::{Address, ComponentName, HostName};
use crate::catalog::{Component, FileTemplate, Format, Setting, Write};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label};
use crate::manifest::{Host, Manifest, Span};
use crate::source::template::{Fault, Parsed};
use crate::source::{self, did_you_mean};
use crate::value::{RemotePath, RemotePathError, SecretReference};
use variables::Variables;

/// The largest content: a service's settings, not its data.
const LARGEST: usize = 64 << 10;
/// Where hosts keep, for each managed file, what it was before and what was written.
const FOLDER: &str = "/var/lib/mdc-files";
/// The same on Windows hosts, where it is for administrators alone.
const WINDOWS_FOLDER: &str = r"C:\ProgramData\mdc\files";
/// How the place of a secret in a content begins.
pub const SECRET_MARK: &str = "<secret:";

/// A file as it should be on one host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ManagedFile {
    /// Its name among those of the component.
    pub name: String,
    /// Where it is.
    pub path: RemotePath,
    /// Where its host keeps what was written there last.
    #[serde(skip)]
    pub record: RemotePath,
    /// What it holds, with `<secret:NAME>` for each secret.
    pub content: Arc<str>,
    /// Where those secrets are had.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretReference>,
    /// Who may read and write it, as chmod(1) takes it.
    pub mode: String,
    /// Whose it is, as chown(1) takes it.
    pub owner: String,
    /// Whether the service is restarted when it has changed.
    pub restart: bool,
    /// Whether it is written before the component is installed, and not again.
    pub only_on_install: bool,
}

/// Whether a value of this name would be a secret.
fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "passphrase", "secret", "token", "private-key", "connection-key", "encryption-key"]
        .iter()
        .any(|word| name.replace('_', "-").contains(word))
}

/// The place of the secret `name` in a content.
fn secret_mark(name: &str) -> String {
    format!("{SECRET_MARK}{name}>")
}

/// The files of all components, by where they are; what is wrong with them goes to `found`.
pub(super) fn files(
    manifest: &Manifest,
    placed: &Placed<'_>,
    version: &dyn Fn(&ComponentName) -> Option<String>,
    found: &mut Diagnostics,
) -> BTreeMap<Address, Arc<[ManagedFile]>> {
    let mut files = BTreeMap::new();
    for (name, (component, _)) in placed {
        let writes = |file: &&(String, Template<'_>)| file.1.file.write != Write::Never;
        let mut templates = Vec::new();
        for (file, template) in &component.files {
            let problem = Problem { manifest, component, file };
            match problem.template(template) {
                Ok(template) => templates.push((file.clone(), template)),
                Err(wrong) => found.push(wrong),
            }
        }
        templates.retain(|it| writes(&it));
        let hosts = manifest.hosts.iter().filter(|(_, host)| host.components.contains_key(*name));
        for here in hosts.take_while(|_| !templates.is_empty()) {
            let variables =
                Variables::of(manifest, placed, (component, here), version(name).as_deref());
            let made = templates.iter().map(|(file, template)| {
                Problem { manifest, component, file }.file(template, &variables, here.1)
            });
            match made.collect::<Result<Vec<_>, _>>() {
                Ok(made) => {
                    let address = Address::new(here.0.clone(), (*name).clone());
                    files.insert(address, made.into());
                }
                // The others would be told alike.
                Err(wrong) => {
                    found.push(wrong);
                    break;
                }
            }
        }
    }
    twice(manifest, placed, &files, found);
    *found = std::mem::take(found).hiding(&manifest.source, &plain_secrets(manifest, placed));
    files
}

/// One path under two names would be written for ever.
fn twice(
    manifest: &Manifest,
    placed: &Placed<'_>,
    files: &BTreeMap<Address, Arc<[ManagedFile]>>,
    found: &mut Diagnostics,
) {
    let mut taken = BTreeMap::new();
    let mut told = BTreeSet::new();
    for (address, files) in files {
        for file in files.iter() {
            let here = (&address.component, &file.name);
            let Some(other) = taken.insert((&address.host, &file.path), here) else { continue };
            let Some((component, _)) = placed.get(&address.component).filter(|_| told.insert(here))
            else {
                continue;
            };
            let problem = Problem { manifest, component, file: &file.name };
            let why = format!("the file `{}` of `{}` has the same path", other.1, other.0);
            found.push(
                problem.because(&why, format!("give one of them another than {}", file.path)),
            );
        }
    }
}

/// Where the manifest holds what should be a secret.
fn plain_secrets(manifest: &Manifest, placed: &Placed<'_>) -> Vec<Span> {
    let values = placed.values().flat_map(|(component, _)| &component.values);
    let texts =
        values.filter(|(name, _)| looks_secret(name)).filter_map(|(_, value)| match value {
            Setting::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        });
    let text = &manifest.source.text;
    texts
        .flat_map(|secret| text.match_indices(secret.as_str()))
        .map(|(start, found)| start..start + found.len())
        .collect()
}

/// Where a host is in the manifest.
type Here<'m> = (&'m HostName, &'m Host);

/// A file's entry with its template.
struct Template<'a> {
    file: &'a FileTemplate,
    path: &'a RemotePath,
    parsed: Parsed,
}

/// A file that something may be wrong with.
struct Problem<'a> {
    manifest: &'a Manifest,
    component: &'a Component,
    file: &'a str,
}

impl Problem<'_> {
    fn because(&self, why: &str, help: String) -> Diagnostic {
        let Self { manifest, component, file } = self;
        let message = format!("the file `{file}` of `{}` can't be made: {why}", component.name);
        let problem = Diagnostic::new(Code::File, message).help(help);
        match manifest.components.get(&component.name) {
            Some(over) => {
                problem.at(Label::new(&manifest.source, over.span.clone(), "overridden here"))
            }
            None => problem,
        }
    }

    fn table(&self, key: &str) -> String {
        format!("`[components.{}.{key}]`", self.component.name)
    }

    fn template<'f>(&self, file: &'f FileTemplate) -> Result<Template<'f>, Diagnostic> {
        let entry = self.table(&format!("files.{}", self.file));
        let Some(path) = &file.path else {
            return Err(self.because("it has no `path`", format!("write `path` under {entry}")));
        };
        let text = match (&file.content, &file.template) {
            (Some(text), None) => text.clone(),
            (None, Some(path)) => self.read(path)?,
            _ => {
                let why = "it needs exactly one of `content` and `template`";
                return Err(self.because(why, format!("write one of them under {entry}")));
            }
        };
        self.form(file)?;
        if text.contains(SECRET_MARK) {
            let why =
                format!("its template holds `{SECRET_MARK}`, which stands for secrets in plans");
            return Err(self.because(&why, "write `{{secrets.NAME}}` for a secret".to_owned()));
        }
        let plain = self.component.values.keys().find(|name| looks_secret(name));
        if let Some(name) = plain {
            let why = format!("the value `{name}` would be a secret in plain text");
            let help = format!(
                "name it under {} as `{name} = {{ file = \"...\" }}`; then change it, since the \
                 manifest has held it",
                self.table("secrets")
            );
            return Err(self.because(&why, help));
        }
        if text.len() > LARGEST {
            return Err(self.too_large());
        }
        let parsed = Parsed::of(&text).map_err(|(_, fault)| self.faulty(fault, &[]))?;
        Ok(Template { file, path, parsed })
    }

    fn too_large(&self) -> Diagnostic {
        let why = format!("it has more than {LARGEST} bytes");
        self.because(&why, "keep data out of it".to_owned())
    }

    fn faulty(&self, fault: Fault, names: &[String]) -> Diagnostic {
        match fault {
            Fault::Unreadable(why) => self.because(&why, "correct its template".to_owned()),
            Fault::Unknown(name) => self.because(
                &format!("its template uses `{name}`, which nothing gives"),
                self.unknown(&name, names),
            ),
        }
    }

    /// Names and words that become part of command lines.
    fn form(&self, file: &FileTemplate) -> Result<(), Diagnostic> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_name = |text: &str| {
            !text.is_empty() && !text.starts_with(['-', '.']) && text.chars().all(plain)
        };
        let octal = file.mode.len() == 3 || (file.mode.len() == 4 && file.mode.starts_with('0'));
        let is_folder = file.path.as_ref().is_some_and(|path| path.file_name().is_empty());
        let why = if is_folder {
            "its `path` is a folder".to_owned()
        } else if !is_name(self.file) {
            "its name has other characters than letters, digits, `.`, `_` and `-`".to_owned()
        } else if !octal || !file.mode.chars().all(|c| ('0'..='7').contains(&c)) {
            format!("`{}` is no mode", file.mode.escape_debug())
        } else if file.owner.split(':').count() > 2 || !file.owner.split(':').all(is_name) {
            format!("`{}` is no owner", file.owner.escape_debug())
        } else {
            return Ok(());
        };
        Err(self
            .because(&why, "a mode is such as \"0640\", an owner such as \"root:adm\"".to_owned()))
    }

    fn read(&self, path: &Utf8Path) -> Result<String, Diagnostic> {
        let text = source::read(&self.manifest.path(path)).map_err(|problem| {
            let help = "the path starts from the manifest's folder".to_owned();
            self.because(&problem.message, help)
        })?;
        Ok(text.text)
    }

    fn file(
        &self,
        template: &Template<'_>,
        variables: &Variables,
        host: &Host,
    ) -> Result<ManagedFile, Diagnostic> {
        let on_windows = Format::of_system(&host.os) == Some(Format::Msi);
        if template.path.is_windows() != on_windows {
            let why = format!("`{}` is no path on `{}`", template.path, host.os);
            let help = "one component has its files at one place: keep it on hosts of one kind";
            return Err(self.because(&why, help.to_owned()));
        }
        template
            .parsed
            .uses_only(&variables.names)
            .map_err(|(_, fault)| self.faulty(fault, &variables.names))?;
        let content = template
            .parsed
            .fill_within(&variables.values, LARGEST)
            .map_err(|why| self.because(&why, "correct its template".to_owned()))?
            .ok_or_else(|| self.too_large())?;
        let FileTemplate { mode, owner, restart, write, .. } = template.file;
        let used = self.component.secrets.iter();
        let used = used.filter(|(name, _)| content.contains(&secret_mark(name)));
        // Who may do what with it on Windows is what its folder says.
        let (folder, mode, owner) = if on_windows {
            (WINDOWS_FOLDER, "-", "-")
        } else {
            (FOLDER, mode.as_str(), owner.as_str())
        };
        let record = [self.component.name.as_str(), self.file, "record"];
        let record = folder.parse::<RemotePath>().and_then(|folder| {
            record.into_iter().try_fold(folder, |folder, name| folder.join(name))
        });
        let record = record.map_err(|error: RemotePathError| {
            self.because(&error.to_string(), "give it a name of letters and digits".to_owned())
        })?;
        Ok(ManagedFile {
            name: self.file.to_owned(),
            record,
            path: template.path.clone(),
            secrets: used.map(|(name, from)| (name.clone(), from.clone())).collect(),
            content: content.into(),
            mode: mode.to_owned(),
            owner: owner.to_owned(),
            restart: *restart,
            only_on_install: *write == Write::OnInstall,
        })
    }

    fn unknown(&self, name: &str, names: &[String]) -> String {
        let Some((table @ ("values" | "secrets"), key)) = name.split_once('.') else {
            let known = names.iter().map(String::as_str);
            return did_you_mean(name, known.collect::<Vec<_>>(), "there are");
        };
        let example = if table == "values" { "\"...\"" } else { "{ file = \"...\" }" };
        format!("write `{key} = {example}` under {}", self.table(table))
    }
}
