//! A manifest with secrets, what answers behind it, and what `mdc` says and writes there.

use std::any::Any;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::examples;

/// The variable of a place for secrets.
pub(crate) fn variable(place: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("MDC_CANARY_{}", place.chars().map(letter).collect::<String>())
}

/// A reference to it, as it stands in a manifest.
pub(crate) fn secret(place: &str) -> String {
    format!("{{ env = \"{}\" }}", variable(place))
}

/// A secret that no other place has. Of letters and digits, so that no line is broken in it.
pub(crate) fn value(place: &str) -> String {
    let letters: String = place.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("c4nary0f{letters}0123456789")
}

pub(crate) struct Scene {
    /// Where the manifest is.
    pub(crate) folder: PathBuf,
    /// By variable.
    values: BTreeMap<String, String>,
    /// Other forms of the secrets, in which nobody may see them either.
    forms: Vec<String>,
    /// What has to be there as long as the scene.
    _kept: Vec<Box<dyn Any>>,
}

impl Scene {
    /// One in a folder that somebody else keeps.
    pub(crate) fn at(folder: &Path, kept: Vec<Box<dyn Any>>) -> Self {
        let folder = folder.to_owned();
        Self { folder, values: BTreeMap::new(), forms: Vec::new(), _kept: kept }
    }

    /// A copy of an example, whose manifest is another one.
    pub(crate) fn of(example: &str, change: impl Fn(String) -> String) -> Self {
        let all = tempfile::tempdir().unwrap();
        examples::copy(&examples::folder(), all.path());
        let folder = all.path().join(example);
        let path = folder.join("mdc.toml");
        examples::hurry(&path);
        fs::write(&path, change(fs::read_to_string(&path).unwrap())).unwrap();
        Self::at(&folder, vec![Box::new(all)])
    }

    /// With a secret of its own in this place.
    pub(crate) fn with(self, place: &str) -> Self {
        self.with_value(place, &value(place))
    }

    /// With this secret in this place.
    pub(crate) fn with_value(mut self, place: &str, value: &str) -> Self {
        self.values.insert(variable(place), value.to_owned());
        self
    }

    /// Where nobody may see this either.
    pub(crate) fn with_form(mut self, form: String) -> Self {
        self.forms.push(form);
        self
    }

    /// What would be seen if something leaked: of several words the longest.
    fn looked_for(&self) -> Vec<&str> {
        let values = self.values.values();
        let values = values.filter_map(|it| it.split_whitespace().max_by_key(|word| word.len()));
        values.chain(self.forms.iter().map(String::as_str)).collect()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mdc"));
        command.args(words).current_dir(&self.folder).stdin(Stdio::null());
        command.envs(&self.values);
        command
    }

    /// Runs it to its end, and looks all the while what processes are called by; without white space.
    pub(crate) fn says(&self, words: &[&str], status: i32) -> String {
        let out = tempfile::NamedTempFile::new().unwrap();
        let said = || fs::File::options().append(true).open(out.path()).unwrap();
        let mut command = self.command(words);
        let mut mdc = command.stdout(said()).stderr(said()).spawn().unwrap();
        let ended = loop {
            if let Some(ended) = mdc.try_wait().unwrap() {
                break ended;
            }
            for entry in fs::read_dir("/proc").unwrap().flatten() {
                let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
                let line = String::from_utf8_lossy(&line).into_owned();
                let leaked = self.looked_for().into_iter().any(|it| line.contains(it));
                assert!(!leaked, "{words:?}: a process is called by it: {line}");
            }
            // Looking without a pause would take the processor from what is looked at.
            std::thread::sleep(Duration::from_millis(2));
        };
        let said = String::from_utf8_lossy(&fs::read(out.path()).unwrap()).into_owned();
        assert_eq!(ended.code(), Some(status), "{words:?}: {said}");
        let flat: String = said.split_whitespace().collect();
        for it in self.looked_for() {
            assert!(!flat.contains(it), "{words:?} says it: {said}");
        }
        said
    }

    /// The commands, one after another, each with its status; what they say. Nothing that they write holds a
    /// secret.
    pub(crate) fn leaks_nothing(&self, commands: &[(&[&str], i32)]) -> Vec<String> {
        let said = commands.iter().map(|(words, status)| self.says(words, *status)).collect();
        self.no_file_has_them(&self.folder);
        said
    }

    /// No file has one, but the disks of simulated hosts, where they belong.
    fn no_file_has_them(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("fleet") {
                self.no_file_has_them(&path);
            } else if path.is_file() {
                let bytes = fs::read(&path).unwrap();
                for it in self.looked_for() {
                    let has = bytes.windows(it.len()).any(|part| part == it.as_bytes());
                    assert!(!has, "{} has {it}", path.display());
                }
            }
        }
    }

    /// Without the secret of `place` it ends so, and says that there is none.
    pub(crate) fn lacks(&self, place: &str, words: &[&str], status: i32) {
        let name = variable(place);
        assert!(self.values.contains_key(&name), "{place} is no place of this scene");
        let output = self.command(words).env_remove(&name).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(&format!("`{name}` isn't set")), "{place}: {words:?}: {said}");
        assert_eq!(output.status.code(), Some(status), "{place}: {words:?}: {said}");
    }
}
