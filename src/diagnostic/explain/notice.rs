//! Notices that can't be sent as they are written.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about notices; empty for any other.
    pub(super) fn explain_notice(self) -> &'static str {
        match self {
            Self::BadNotice => {
                "A notice can't be sent as it is written: a mail address or a mail server that is \
                 none, a header that HTTP has no place for, a login without its other half, or \
                 `blocking` where nothing can wait. It is refused now, since it would otherwise be \
                 found out in the maintenance window. `mdc notify --test` then sends a test notice \
                 through every channel."
            }
            Self::DuplicateNotice => {
                "Plans, journals and reports call a notice by its name, so that two can't share one. \
                 Give one of them another name."
            }
            Self::NoticeTemplate => {
                "Subject, text and body of a notice are handlebars templates. They may use the \
                 declared variables (docs/notices.md lists them), `{{json NAME}}`, and the blocks `if`, \
                 `unless` and `each` with one variable; inside of `each` there are `this`, `@index`, \
                 `@first` and `@last`, and outer variables are `../NAME`. A misspelt variable would \
                 leave a gap in a text that people rely on, so it is refused. A body of JSON has to be \
                 JSON whatever the values are: write texts in it as `{{json text}}`, without quotes."
            }
            _ => "",
        }
    }
}
