//! Where a component logs, and which lines of that tell of trouble.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The systemd journal of its service, besides files, and what is looked for in them. Patterns are extended
/// regular expressions of grep(1), in which upper and lower case are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Logs {
    /// Files that it writes besides, as absolute paths in which `*`, `?` and `[]` stand for what they
    /// stand for in a shell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What a line has that tells of an error.
    #[schemars(length(min = 1))]
    pub errors: String,
    /// What a line has that tells of a migration that failed.
    #[schemars(length(min = 1))]
    pub failed_migrations: String,
    /// What a line has that tells of neither, whatever else it has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
}

/// No page of a vendor says what such lines look like.
impl Default for Logs {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            errors: r"(^|[^[:alnum:]_])(error|fatal|critical|panic|emergency)([^[:alnum:]_]|$)"
                .to_owned(),
            failed_migrations: "migrat.*(fail|error|abort|could not|cannot|rolled back)|\
                                (fail|error|abort|could not|cannot).*migrat"
                .to_owned(),
            ignore: Vec::new(),
        }
    }
}

impl Logs {
    /// What can't be used of it, in words.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-*?[]@+:".contains(c);
        let is_path = |path: &&String| !(path.starts_with('/') && path.chars().all(plain));
        if let Some(path) = self.files.iter().find(is_path) {
            return Some(format!(
                "`{path}` is no absolute path of letters, digits, `. _ - @ + :` and `* ? []`"
            ));
        }
        let patterns = [&self.errors, &self.failed_migrations].into_iter().chain(&self.ignore);
        let unfit = |it: &&String| it.is_empty() || it.chars().any(char::is_control);
        let unfit = { patterns }.find(unfit)?;
        Some(format!("`{}` is no pattern of one line", unfit.escape_debug()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_patterns_that_no_command_can_hold_are_named() {
        let files = |path: &str| Logs { files: vec![path.to_owned()], ..Logs::default() };
        for good in ["/var/log/a/*.log", "/var/log/rabbitmq/rabbit@h-1.log", "/l/[0-9]?.x"] {
            assert_eq!(files(good).wrong(), None, "{good}");
        }
        for bad in ["", "log", "/a b", "/a$(id)", "/a;b", "/a\nb", "/a'", "/{a,b}"] {
            assert!(files(bad).wrong().is_some_and(|it| it.contains("no absolute path")), "{bad}");
        }
        for bad in ["", "a\nb", "\0"] {
            let logs = Logs { ignore: vec![bad.to_owned()], ..Logs::default() };
            assert!(logs.wrong().is_some_and(|it| it.contains("no pattern")), "{bad:?}");
        }
    }
}
