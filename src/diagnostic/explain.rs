//! What each code means, why it matters and what to do: the text of `mdc explain CODE`.

mod center;
mod check;
mod command;
mod evidence;
mod file;
mod gate;
mod host;
mod notice;
mod package;
mod refusal;
mod remark;
mod run;
mod signature;
mod standby;
mod windows;
mod winrm;

use super::Code;

impl Code {
    /// A few sentences for someone who meets the problem for the first time.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table of texts, one a code")]
    pub fn explain(self) -> &'static str {
        match self {
            Self::Syntax => {
                "The file is not TOML at the marked place: a quote, bracket or `=` is missing, or \
                 a value is not written as TOML writes it. All such places are reported together, \
                 as far as the rest can still be read. Keys and values are checked only after the \
                 file is TOML."
            }
            Self::DuplicateKey => {
                "A table has the same key twice, or a table has two headers. Only one of them \
                 could take effect, and mdc does not guess which. Keep one; for several hosts use \
                 several names or a range."
            }
            Self::UnknownKey => {
                "The table has no such key. A misspelt key that is ignored would silently leave a \
                 default in force, so unknown keys are refused. The message names the closest \
                 known key and lists the others."
            }
            Self::MissingKey => {
                "The table needs a key that is not there, and no safe default exists. The message \
                 says what the key is for. Add it below the table's header."
            }
            Self::WrongType => {
                "The value has another type than the key takes: for example a number where text in \
                 quotes belongs. Write the value as the message says; versions are text \
                 (`\"2.9.0\"`), ports are numbers (`8008`)."
            }
            Self::OutOfRange => {
                "The number is outside the bounds that make sense for the key, such as a port above \
                 65535 or `at-once = 0`. The message gives the bounds."
            }
            Self::Empty => {
                "The text or the list has nothing in it, where something is needed. Write a value, \
                 or leave the key out if it has a default."
            }
            Self::UnknownWord => {
                "The key takes one of a few words, and this is none of them. The message lists the \
                 words and names the closest one."
            }
            Self::ChooseOne => {
                "The table takes exactly one of several keys, because each of them is a different \
                 way of doing the same thing: a connection is `ssh`, `local` or `simulated`; a \
                 secret is read from `env`, `file` or `command`. Keep the one that you mean."
            }
            Self::FormatVersion => {
                "The first key of a manifest or a release, `format-version`, says by which rules \
                 the file is to be read. This mdc knows version 1. Reading another version by \
                 these rules could plan the wrong thing: use the mdc that the file was written \
                 for, or rewrite the file."
            }
            Self::BadName => {
                "Names of hosts, components and connections become parts of file names, commands \
                 and addresses (`host/component`). They have at most 63 characters: letters, \
                 digits, `-`, `.` and `_`, beginning with a letter or digit."
            }
            Self::BadVersion => {
                "A version is the product's own number, such as `2.9.0`: it begins with a digit and \
                 holds letters, digits and `.+~-^_`. Leave out a leading `v`, and leave out the \
                 epoch and packaging revision (`5:` and `-1`), which mdc ignores on hosts too."
            }
            Self::BadDigest => {
                "A package is pinned by the SHA-256 digest of its file: 64 hexadecimal digits, as \
                 `sha256sum FILE` prints them. The pin makes sure that what was tested in staging \
                 is what production gets. Compute it from the file as the vendor delivered it."
            }
            Self::BadPeriod => {
                "A length of time is written with its units: `30s`, `5m`, `1h 30m`, `500ms`. It is \
                 longer than zero. A bare number is refused because nothing says whether it means \
                 seconds or minutes."
            }
            Self::BadShare => {
                "How many of a group is written as a number, `2`, or as a part of a hundred, \
                 `\"10%\"`, with at most `\"100%\"`. What may fail is rounded down: `\"10%\"` of nine \
                 hosts is none. What stays healthy is rounded up. What goes at once is rounded down \
                 and at least one: `at-once` is never none, and all only as `\"100%\"` or as a number."
            }
            Self::BadSize => {
                "An amount of data is written as a whole number with its unit: `500B`, `10kB`, `56MB`, \
                 `2GB`. Units are decimal, as networks and disks count them."
            }
            Self::BadWebAddress => {
                "The API Gateway is named by scheme, host and port, such as `https://gw.example:8899`. A \
                 user or a password never stands in it: the key has a source of its own beside it \
                 (`api-key = { env = \"NAME\" }`), which is read at the moment of use."
            }
            Self::PlainSecret => {
                "A password or passphrase stands in the manifest itself. Manifests are kept in \
                 version control and shown in reviews, so a secret in one is no longer a secret. \
                 Refer to it by `{ env = }`, `{ file = }` or `{ command = }`; mdc reads it only at \
                 the moment of use. Change the secret: the file has already held it."
            }
            Self::BadDatabase => {
                "The address of the database that runs are recorded in can't be used. It is a URL \
                 as PostgreSQL's own tools take it, `postgresql://user@host:port/database`, or \
                 words such as `host=db user=mdc`; it names at least one host, and neither a \
                 password nor an `sslmode`, which have keys of their own beside it."
            }
            Self::NoHosts => {
                "The manifest describes no host, so there is nothing to plan. Add tables such as \
                 `[hosts.core-01]` with `components = [...]`."
            }
            Self::RangeSyntax => {
                "Square brackets in a host name or address stand for a range (`[01..08]`) or a list \
                 (`[a,b]`). This one is not closed, or its ends are not numbers. Write \
                 `core-[01..08]` or `core-[a,b,c]`."
            }
            Self::RangeEmpty => {
                "The brackets hold nothing, or a list has an empty place, so that no name comes out. \
                 Fill it in, or remove the brackets."
            }
            Self::RangeBackward => {
                "The range ends before it begins. mdc does not guess whether the ends were swapped \
                 or mistyped. Write the smaller number first."
            }
            Self::RangeTooLarge => {
                "A range may stand for at most 10,000 names. A larger one is most likely a typing \
                 error, such as a digit too many. Split it if you do have that many hosts."
            }
            Self::RangeLength => {
                "The names of hosts and their addresses are expanded in step: the first name gets \
                 the first address. Both must therefore have the same number of elements. Make \
                 both ranges equally long, or leave `address` out to use the names."
            }
            Self::DuplicateHost => {
                "After expanding ranges, two hosts have the same name. A name is a host's identity \
                 in plans and records, so it must be unique. Rename one of them or shorten a range; \
                 to put more components on one host, list them in one table."
            }
            Self::DuplicateAddress => {
                "Two hosts would be reached at the same address over the same connection, so they \
                 are the same machine. Upgrading one would change the other behind mdc's back, and \
                 two packages could be installed at the same time. Correct the address, or merge \
                 the two tables."
            }
            Self::BadAddress => {
                "An address is a DNS name, an IPv4 address or an IPv6 address, without user, port \
                 or brackets. User and port belong to the connection (`[connections.NAME.ssh]`)."
            }
            Self::BadJump => {
                "A jump host is written `address`, `user@address` or `user@address:port`, an IPv6 \
                 address in brackets (`[2001:db8::1]:22`). Hosts are passed in the order of the \
                 list."
            }
            Self::NoConnection => {
                "Nothing says how this host is reached. Name a connection in the host's table \
                 (`connection = \"fleet\"`), or for all hosts in `[defaults]`."
            }
            Self::UnknownConnection => {
                "The host names a connection that the manifest does not declare. Correct the name, \
                 or add a table `[connections.NAME.ssh]`."
            }
            Self::UnusedConnection => {
                "A connection is declared, but no host uses it. Often a host has the wrong \
                 connection by a `[defaults]` that was meant for others. Use it or remove it."
            }
            Self::NoOs => {
                "Nothing says which operating system this host has, so its package can't be chosen. \
                 Write `os = \"debian-12\"` in the host's table, or for all hosts in `[defaults]`. \
                 What the host itself reports is compared with it before anything is changed."
            }
            Self::DuplicatePlacement => {
                "The host lists the same component twice. A component is installed at most once on \
                 a host, as one package. Remove one of them."
            }
            Self::NoGateway => {
                "Test scans (`[scan]`) and the load of a rehearsal (`[load]`) submit files to the \
                 cluster's API Gateway. For that the manifest has to place the component `api-gateway` \
                 on a host, and `[scan]` has to say at which address its clients reach it."
            }
            Self::KeyInClear => {
                "The connection is not encrypted and leads to another machine, so that everybody on \
                 the way can read the secret that is sent there. Let the server speak HTTPS and write \
                 `https://` (a mail server: `tls`), or take a secret that may do nothing else and is \
                 withdrawn afterwards."
            }
            Self::UnknownInstalled => {
                "The simulated fleet is given an installed version for a component or host that the \
                 manifest does not place on it. It would have no effect, so it is most likely \
                 misspelt. Write `component` or `host/component` as placed in `[hosts]`."
            }
            Self::PackageSource => {
                "A package comes either from a file on the controller, pinned by its digest \
                 (`{ file = \"…\", sha256 = \"…\" }`), or from the host's own package repository \
                 (`{ repository = \"name\" }`). A file without a digest is refused, because nothing \
                 would prove that it is the tested one."
            }
            Self::PackageKey => {
                "The key of a package says which hosts it fits: a format (`deb`, `rpm`, `msi`), an \
                 operating system (`debian`) or one version of it (`debian-12`). This key matches \
                 no host that mdc can manage. For each host the most exact key is taken."
            }
            Self::PackagePath => {
                "Package files are named relative to the folder of the release file, so that the \
                 same release gives the same plan on every machine. Keep the packages next to the \
                 release and name them from there."
            }
            Self::PackageUnreadable => {
                "The release names a package file that is not there or can't be read. It is checked \
                 while planning, not in the maintenance window. Download the package from the \
                 vendor's portal into the release's folder, or correct the path."
            }
            Self::DigestMismatch => {
                "The package file is not the one that the release pins: it is damaged, incomplete, \
                 replaced or of another build. Nothing is copied to any host. Fetch it again from \
                 the vendor and compare the digests. Change the pin only when the new file has \
                 been tested."
            }
            Self::UnusedEntry => {
                "The release has an entry that no host of this manifest uses. That is usual when \
                 staging and production share a release and one of them is smaller. If it is not \
                 meant, the component may be missing from a host's list."
            }
            Self::UnknownComponent => {
                "No catalog has a component of this name. Check the spelling against the list in \
                 the message. A component of your own is added with `--catalog DIR` and a file \
                 `DIR/NAME/component.toml`."
            }
            Self::UnsupportedOs => {
                "The operating system decides which package format and which commands are used, and \
                 mdc does not know this one. Write the id and version of os-release(5): \
                 `debian-12`, `ubuntu-24.04`, `rocky-9`, `rhel-9`, `oracle-9`, or `windows-2022`."
            }
            Self::NoFormat | Self::WindowsForm => self.explain_windows(),
            Self::NeedMissing => {
                "A placed component needs another one, and no host has that. Starting it would \
                 fail. Place the needed component on a host. If it exists outside this manifest (a \
                 managed database), write `optional = true` under `[components.NAME]`."
            }
            Self::NeedNotOnHost => {
                "A component needs another one on the same host: instances are deployed by the \
                 Worker of their own host. Add the needed component to the host's list, or move \
                 the component to a host that has it."
            }
            Self::PortClash => {
                "Two components on one host listen on the same port, so the second one can't start. \
                 Put them on different hosts, or change one port under `[components.NAME]` as it \
                 is configured on the hosts."
            }
            Self::NotInRelease => {
                "A component is placed on a host, but the release says nothing about it, so its \
                 version is unknown. Add an entry to the release; to leave a component as it is, \
                 pin the version that is installed."
            }
            Self::NoPackage => {
                "The release has the component, but no package that fits the host's operating \
                 system. The message lists the keys that would fit, most exact first, and those \
                 that are there. Add a package, or correct the host's `os`."
            }
            Self::BelowMinimum => {
                "The release pins a version older than the vendor's documents ask for. The cluster \
                 may run all the same, but the vendor would not support it. Plan an upgrade of \
                 that component."
            }
            Self::Incomplete => {
                "A component file that adds a new component must hold all its facts, and this one \
                 lacks some. A file that only overrides an embedded component may leave out what \
                 it keeps; its folder must then have that component's exact name."
            }
            Self::Template => {
                "A health probe, like every command line of the catalog, is a template that may use the component's own ports, such as \
                 `{{ports.main}}`, and nothing else. A misspelt port would give a probe that can \
                 never succeed, so it is refused before anything runs. Use a declared port or \
                 declare it under `ports`."
            }
            Self::Procedure => {
                "What is done around a change of a component's version stands in its `procedure`: \
                 `prepare`, `finish`, and `keeps`, the questions that are asked before and after. \
                 Something in it contradicts something else, so that a plan would not do what it \
                 says. The message names it; docs/infrastructure.md tells what each part means."
            }
            Self::Mark => {
                "Each fact of the catalog says how sure it is, under `[sure]`: `documented` or \
                 `guess`, with the source in words. A fact without a mark can't be weighed by the \
                 person who approves a plan. Add the mark, or remove one whose fact is gone."
            }
            Self::OrderClash => {
                "Two components have the same place in an order where only one may change at a \
                 time, so the order would depend on their names. Give each critical component and \
                 each singleton its own `upgrade-order`."
            }
            Self::UnknownNeed => {
                "A component needs one that the catalog does not have, so the need could never be \
                 met. Correct the name under `needs`, or add the missing component."
            }
            Self::NeedCycle => {
                "Components need each other in a circle, so none of them could be started first. \
                 The message names the whole circle. Remove the need that is not really there."
            }
            Self::SingletonAtOnce => {
                "A singleton exists on one host, so more than one at a time makes no sense. \
                 Write `at-once = 1`, or `singleton = false` if there may be several."
            }
            Self::FormatMissing => {
                "A package format has a package name but no service name, or the other way round. \
                 Without both, mdc can't install and watch the component on such hosts. Give both, \
                 or neither to say that the format is not supported."
            }
            _ => self.explain_topic(),
        }
    }

    /// The texts that stand with others of their kind; a test holds that each code has one.
    fn explain_topic(self) -> &'static str {
        let topics = [
            Self::explain_command,
            Self::explain_run,
            Self::explain_file,
            Self::explain_gate,
            Self::explain_host,
            Self::explain_refusal,
            Self::explain_remark,
            Self::explain_center,
            Self::explain_signature,
            Self::explain_notice,
            Self::explain_check,
            Self::explain_package,
            Self::explain_standby,
            Self::explain_windows,
            Self::explain_winrm,
        ];
        topics.iter().map(|explain| explain(self)).find(|text| !text.is_empty()).unwrap_or_default()
    }
}
