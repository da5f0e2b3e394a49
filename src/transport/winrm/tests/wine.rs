//! Windows' own commands, as far as wine has them: cmd, the registry, the installer. Wine is no Windows:
//! this shows that lines and statuses come through, and no more.

use std::path::Path;
use std::process::Command;

use crate::manifest::WinrmAuth;

use super::super::shell::WinrmShell;
use super::harness::{Host, is_there, made, open, run};

/// A host that is wine, with a folder that it sees as `Z:`.
fn host() -> Option<(Host, tempfile::TempDir)> {
    let ready = made("prefix/ready").filter(|_| is_there(Path::new("/usr/bin/wixl")))?;
    let folder = tempfile::tempdir().unwrap();
    let prefix = ready.parent().unwrap().to_str().unwrap().to_owned();
    let variables = [
        ("WINEPREFIX", prefix.as_str()),
        ("WINEDEBUG", "-all"),
        ("WINEDLLOVERRIDES", "mscoree=;mshtml="),
        ("DISPLAY", ""),
    ];
    let scratch = folder.path().to_str().unwrap();
    let host = Host::start_with(&["--wine", scratch], &variables)?;
    Some((host, folder))
}

fn status(shell: &mut WinrmShell, line: &str) -> i64 {
    run(shell, line, b"").unwrap().status
}

/// A package of `version` of the product `own`, made by wixl, as wine sees it.
fn package(folder: &Path, own: &str, version: &str) -> String {
    let name = format!("probe-{version}");
    let text = format!(
        r#"<?xml version="1.0"?><Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Product Id="*"
        Name="mdc probe {own}" Version="{version}" Language="1033" Manufacturer="mdc"
        UpgradeCode="6f1ed6de-3c19-4dd4-9f5e-{own}"><Package InstallerVersion="200"
        Compressed="yes"/><MajorUpgrade DowngradeErrorMessage="newer"/><Media Id="1" Cabinet="a.cab"
        EmbedCab="yes"/><Directory Id="TARGETDIR" Name="SourceDir"><Directory Id="ProgramFilesFolder">
        <Directory Id="INSTALLDIR" Name="mdc probe"><Component Id="C" Guid="*"><File Id="F"
        Name="version.txt" Source="version.txt" KeyPath="yes"/></Component></Directory></Directory>
        </Directory><Feature Id="M" Level="1"><ComponentRef Id="C"/></Feature></Product></Wix>"#
    );
    std::fs::write(folder.join("version.txt"), version).unwrap();
    std::fs::write(folder.join(format!("{name}.wxs")), text).unwrap();
    let made = Command::new("wixl")
        .args(["-o", &format!("{name}.msi"), &format!("{name}.wxs")])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    format!("Z:{}\\{name}.msi", folder.to_str().unwrap().replace('/', "\\"))
}

#[test]
fn lines_statuses_and_packages_come_through() {
    let Some((host, folder)) = host() else { return };
    let mut shell = open(&host.settings(WinrmAuth::Negotiate)).unwrap();
    for number in [0, 1, 3010, 1641, -2_147_024_891] {
        assert_eq!(status(&mut shell, &format!("exit {number}")), number);
    }
    let said = run(&mut shell, "echo \"a & b\" ^& c %OS%", b"").unwrap();
    assert_eq!(said.stdout.trim_end(), "\"a & b\" & c Windows_NT");
    // What an earlier run left in wine is of another product.
    let own = crate::transport::random_word().unwrap();
    let own = &own[..12];
    let (old, new) = (package(folder.path(), own, "1.0.0"), package(folder.path(), own, "1.2.0"));
    for (package, version) in [(&old, "1.0.0"), (&new, "1.2.0")] {
        assert_eq!(status(&mut shell, &format!("msiexec /i {package} /qn /norestart")), 0);
        assert_eq!(versions(&mut shell, own), [version]);
    }
    assert_eq!(status(&mut shell, &format!("msiexec /x {new} /qn")), 0);
    assert_eq!(versions(&mut shell, own), [""; 0]);
    let nothing = "{11111111-2222-3333-4444-555555555555}";
    assert_eq!(status(&mut shell, &format!("msiexec /x {nothing} /qn")), 1605);
    drop(shell);
    host.end();
}

/// The versions of the product `own` that are registered.
fn versions(shell: &mut WinrmShell, own: &str) -> Vec<String> {
    // Packages by wixl are for 32 bits, which have a view of the registry of their own.
    let query = "reg query \
        HKLM\\Software\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall /s";
    let said = run(shell, query, b"").unwrap().stdout;
    let mut lines = said.lines().filter(|line| line.contains("Display"));
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line.contains(own) {
            let version = lines.next().unwrap_or_default();
            found.push(version.split_whitespace().last().unwrap_or_default().to_owned());
        }
    }
    found
}
