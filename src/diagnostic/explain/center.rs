//! Changes by Control Center that can't be planned.

use crate::diagnostic::Code;

impl Code {
    /// The explanation of a code about Control Center; empty for any other.
    pub(super) fn explain_center(self) -> &'static str {
        match self {
            Self::BadRoute => {
                "A request of the file with the routes can't be sent as it is written: a path that \
                 doesn't begin with `/`, a body beside an upload, a GET that sends something, or a \
                 wait on a request that changes something. A GET may be sent again when no answer \
                 comes, and anything else never: that is why mdc has to know which is which."
            }
            Self::RouteTemplate => {
                "Paths, bodies and pointers of requests to Control Center are handlebars templates over \
                 declared variables (docs/control-center.md lists them) and those that earlier requests of \
                 the same route save. A misspelt variable would send a request to the wrong thing, so it \
                 is refused. A body has to be JSON whatever the values are: write `{{json host}}`, without \
                 quotes."
            }
            Self::BadDriver => {
                "`driver` of a component says who changes it: `package`, the package manager of its host; \
                 `control-center`, which changes Workers and instances only, and needs the table \
                 `[control-center]` with address, user and password; or `manual`, people, who need `by-hand` \
                 with the words for what they do. Without it a component is changed by its package."
            }
            Self::NoRoute => {
                "A component is changed by Control Center, and its file of routes has no request for what \
                 has to be done. The vendor documents `/login`, `/logout` and `/readyz` only, and mdc \
                 invents no route. Do it once in the console of a test cluster, look in the browser's \
                 network view which requests it sends, and write them down (docs/control-center.md); or let \
                 people do it with `by-hand`."
            }
            _ => "",
        }
    }
}
