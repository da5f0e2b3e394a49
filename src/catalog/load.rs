//! Puts the catalog together: the embedded components, then each folder laid over them.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::embedded::COMPONENTS;
use super::{Component, Override};
use crate::address::ComponentName;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Label, SourceText};
use crate::source;

/// All components that can be deployed.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    entries: BTreeMap<ComponentName, Entry>,
}

/// One component, as put together from its files.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) keys: Override,
    pub(super) component: Arc<Component>,
    /// The files that say something about it, the last one first in force.
    pub(super) sources: Vec<Arc<SourceText>>,
}

impl Catalog {
    /// The component called `name`.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&Arc<Component>> {
        self.entries.get(name).map(|entry| &entry.component)
    }

    /// All components, by name.
    pub fn components(&self) -> impl Iterator<Item = &Arc<Component>> {
        self.entries.values().map(|entry| &entry.component)
    }

    /// The component called `name` with `over` laid over it.
    #[must_use]
    pub fn overridden(&self, name: &str, over: &Override) -> Option<Arc<Component>> {
        let entry = self.entries.get(name)?;
        entry.keys.with(over).complete(&entry.component.name).ok().map(Arc::new)
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    fn add(
        &mut self,
        name: &ComponentName,
        keys: &Override,
        text: &Arc<SourceText>,
        found: &mut Diagnostics,
    ) {
        let before = self.entries.get(name);
        let keys = before.map_or_else(|| keys.clone(), |entry| entry.keys.with(keys));
        let mut sources = before.map(|entry| entry.sources.clone()).unwrap_or_default();
        sources.push(Arc::clone(text));
        match keys.complete(name) {
            Ok(component) => {
                let entry = Entry { keys, component: Arc::new(component), sources };
                self.entries.insert(name.clone(), entry);
            }
            Err(missing) => found.push(self.incomplete(name, &missing, text)),
        }
    }

    fn incomplete(
        &self,
        name: &ComponentName,
        missing: &[String],
        text: &Arc<SourceText>,
    ) -> Diagnostic {
        let missing = source::listed(missing.iter().map(String::as_str));
        let known = self.entries.keys().map(ComponentName::as_str);
        let help = source::closest(name.as_str(), known).map_or_else(
            || "a new component needs all its facts; an override of a known one has that one's folder name".to_owned(),
            |meant| format!("if this is to override `{meant}`, its folder must be called `{meant}`; a new component needs all its facts"),
        );
        Diagnostic::new(Code::Incomplete, format!("the new component `{name}` lacks {missing}"))
            .at(Label::new(text, 0..text.text.len().min(1), "this file"))
            .help(help)
    }
}

/// The catalog from the embedded components and, in this order, the folders `dirs`. A folder holds
/// `NAME/component.toml`: a new component, or keys that replace those of a known one. What is
/// wrong in a folder is left out and reported.
#[must_use]
pub fn load(dirs: &[Utf8PathBuf]) -> (Catalog, Diagnostics) {
    let (mut catalog, mut found) = (Catalog::default(), Diagnostics::default());
    for (name, text) in COMPONENTS {
        let text = SourceText {
            name: format!("embedded/{name}/component.toml"),
            text: (*text).to_owned(),
        };
        read_component(&mut catalog, name, text, &mut found);
    }
    for dir in dirs {
        match component_files(dir) {
            Ok(files) => files.into_iter().for_each(|(name, file)| match source::read(&file) {
                Ok(text) => read_component(&mut catalog, &name, text, &mut found),
                Err(problem) => found.push(*problem),
            }),
            Err(error) => found.push(
                Diagnostic::new(
                    Code::FileUnreadable,
                    format!("the catalog folder `{dir}` can't be read: {error}"),
                )
                .help("check the folder given with `--catalog`"),
            ),
        }
    }
    (catalog, found)
}

/// The component files in `dir`, by the name of their folder.
fn component_files(dir: &Utf8Path) -> std::io::Result<BTreeMap<String, Utf8PathBuf>> {
    let mut files = BTreeMap::new();
    for entry in dir.read_dir_utf8()? {
        let entry = entry?;
        let file = entry.path().join("component.toml");
        if file.is_file() {
            files.insert(entry.file_name().to_owned(), file);
        }
    }
    Ok(files)
}

fn read_component(catalog: &mut Catalog, name: &str, text: SourceText, found: &mut Diagnostics) {
    let text = Arc::new(text);
    let (keys, problems) = source::parse::<Override>(&text);
    found.extend(problems);
    match (name.parse::<ComponentName>(), keys) {
        (Ok(name), Some(keys)) => catalog.add(&name, &keys, &text, found),
        (Err(error), _) => found.push(
            Diagnostic::new(
                Code::BadName,
                format!("the folder `{name}` can't be the name of a component"),
            )
            .at(Label::new(&text, 0..text.text.len().min(1), "the file in it"))
            .help(error.to_string()),
        ),
        (Ok(_), None) => {}
    }
}
