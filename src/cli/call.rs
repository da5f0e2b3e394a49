//! The words of a call. In which form is asked for by `--format`, or as other tools have it: by
//! `--output json` or `-o json`, also where `-o` names a file.

use std::ffi::OsString;

use super::form::FORMS;

/// The words, each form asked for in one way, and whether programs read the answer.
pub(super) struct Call {
    pub(super) words: Vec<OsString>,
    pub(super) is_for_programs: bool,
}

impl Call {
    /// What `words` ask for.
    pub(super) fn of(words: impl Iterator<Item = OsString>) -> Self {
        let mut call = Self { words: Vec::new(), is_for_programs: false };
        let mut is_open = true;
        for word in words {
            if is_open {
                is_open = word != "--";
                call.take(word);
            } else {
                call.words.push(word);
            }
        }
        call
    }

    /// Adds an option or what belongs to one.
    fn take(&mut self, word: OsString) {
        let text = word.to_str().unwrap_or_default();
        let (option, form) = match text.split_once('=') {
            Some((option, form)) => (Some(option), form),
            None => (self.words.last().and_then(|last| last.to_str()), text),
        };
        let asks = matches!(option, Some("--format" | "--output" | "-o")) && FORMS.contains(&form);
        self.is_for_programs |= (asks && form == "json") || text == "--json";
        if !asks {
            self.words.push(word);
        } else if text.contains('=') {
            self.words.push(format!("--format={form}").into());
        } else {
            self.words.pop();
            self.words.extend(["--format".into(), word]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Call;

    fn read(line: &str) -> (String, bool) {
        let call = Call::of(line.split(' ').map(Into::into));
        let words: Vec<&str> = call.words.iter().filter_map(|word| word.to_str()).collect();
        (words.join(" "), call.is_for_programs)
    }

    #[test]
    fn a_form_is_asked_for_as_other_tools_have_it() {
        for (said, meant, is_for_programs) in [
            ("mdc status -o json", "mdc status --format json", true),
            ("mdc status --output=json", "mdc status --format=json", true),
            ("mdc plan -o plan.json --output json", "mdc plan -o plan.json --format json", true),
            ("mdc report -o html", "mdc report --format html", false),
            ("mdc plan -o ./json", "mdc plan -o ./json", false),
            ("mdc observe --json", "mdc observe --json", true),
            ("mdc plan -- -o json", "mdc plan -- -o json", false),
        ] {
            assert_eq!(read(said), (meant.to_owned(), is_for_programs), "{said}");
        }
    }
}
