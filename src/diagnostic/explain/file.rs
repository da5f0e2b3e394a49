//! Files that can't be read at all.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about a whole file; empty for any other.
    pub(super) fn explain_file(self) -> &'static str {
        match self {
            Self::FileUnreadable => {
                "A file that was named could not be opened or read. Nothing was planned, because a \
                 plan from part of the files would be wrong. Check the path (it starts from the \
                 folder you are in, or from the folder of the file that names it) and that your \
                 user may read it."
            }
            Self::FileTooLarge => {
                "mdc reads at most 8 MiB of a manifest, release or component file. A manifest of \
                 30,000 hosts is smaller than that, so the file is probably not the one you mean. \
                 Check the path; write many hosts as a range such as `core-[01..99]`."
            }
            Self::FileNotUtf8 => {
                "TOML files are UTF-8 text, and this one has bytes that are not. Editors on \
                 Windows sometimes save as UTF-16 or in a code page. Save the file again with the \
                 encoding UTF-8."
            }
            _ => "",
        }
    }
}
