//! The comments of a pull request, in a folder: `comment-01.md` and on, as many as there are.

use std::fs;
use std::io::{self, Read, Write};

use camino::Utf8Path;

use super::console::Console;
use super::problem::Problem;
use super::saved;
use crate::view::words;

/// With what each begins that `mdc` has written.
const MARK: &str = "<!-- mdc:";
const WRITABLE: &str = "name a folder that can be written";

/// Writes the comments into `folder`, and removes those of an earlier time that are one too many.
pub(super) fn write(
    folder: &Utf8Path,
    comments: &[String],
    console: &Console,
) -> Result<(), Problem> {
    let wrong = |error: io::Error| Problem::file(folder, &error, WRITABLE);
    fs::create_dir_all(folder).map_err(wrong)?;
    for (place, comment) in comments.iter().enumerate() {
        saved::save(&folder.join(name(place)), &mut |file| file.write_all(comment.as_bytes()))?;
    }
    for place in comments.len().. {
        let path = folder.join(name(place));
        if !is_own(&path).map_err(wrong)? {
            break;
        }
        fs::remove_file(&path).map_err(wrong)?;
    }
    console.say(&format!("{} in {folder}.", words::count(comments.len(), "comment")));
    Ok(())
}

/// A name for marks: such that it stands in them as it is.
pub(super) fn mark(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if text.is_empty() || text.contains("--") || !text.chars().all(fits) {
        return Err("use letters, digits, `.`, `_`, `/` and single `-`".to_owned());
    }
    Ok(text.to_owned())
}

fn name(place: usize) -> String {
    format!("comment-{:02}.md", place + 1)
}

/// Whether there is a file that `mdc` has written as a comment.
fn is_own(path: &Utf8Path) -> io::Result<bool> {
    let mut start = Vec::new();
    match fs::File::open(path) {
        Ok(file) => {
            file.take(MARK.len() as u64).read_to_end(&mut start)?;
            Ok(start == MARK.as_bytes())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
