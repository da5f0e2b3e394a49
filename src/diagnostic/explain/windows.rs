//! What is known of a component on one system and not on another.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about systems; empty for any other.
    pub(super) fn explain_windows(self) -> &'static str {
        match self {
            Self::NoFormat => {
                "The catalog has no package name or no service name for this component in the \
                 host's package format. Move the component to a host with another system, or add \
                 the names under `[components.NAME]` in the manifest if you know them."
            }
            Self::WindowsForm => {
                "The catalog's command lines are for a POSIX shell. On a Windows host PowerShell runs them, so \
                 that what has no Windows form is refused rather than tried: write it under `[components.NAME.windows]` \
                 (`health`, `idle`, `drain`), each as a text for PowerShell or, when it begins with `cmd.exe `, as a \
                 command line. PostgreSQL, RabbitMQ and Redis are changed on Linux only. docs/windows.md \
                 says what mdc does on Windows, and that none of it was run on a real Windows host yet."
            }
            Self::RebootOutsideWindow => {
                "A reboot stops everything on its host. A component of stage 1 that asks for one would so stop a \
                 component of stage 2 (PostgreSQL, RabbitMQ, Redis, File Storage) while files are processed and \
                 without its gates. Let the component of stage 2 reboot the host (`reboot = { when = \
                 \"when-asked\" }` under `[components.NAME]`), which happens in the window and covers whatever \
                 else has asked for it, or place them on different hosts."
            }
            _ => "",
        }
    }
}
