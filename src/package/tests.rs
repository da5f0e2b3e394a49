use std::fs::{self, File};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// By the real dpkg-deb.
fn deb(folder: &Path, packed: &str) -> PathBuf {
    let tree = folder.join("tree");
    fs::create_dir_all(tree.join("DEBIAN")).unwrap();
    fs::write(
        tree.join("DEBIAN/control"),
        "Package: md-core\nVersion: 1:5.19.0-1\nArchitecture: amd64\nInstalled-Size: 2048\n\
         Maintainer: a <a@example.test>\nDescription: a stand-in\n Version: 9\n\n",
    )
    .unwrap();
    let path = folder.join(format!("{packed}.deb"));
    run(Command::new("dpkg-deb").arg(format!("-Z{packed}")).arg("-b").arg(&tree).arg(&path));
    path
}

/// By the real rpmbuild.
fn rpm(folder: &Path) -> PathBuf {
    let spec = folder.join("x.spec");
    fs::write(
        &spec,
        "Name: md-core\nVersion: 5.19.0\nRelease: 1\nEpoch: 2\nSummary: a stand-in\nLicense: x\n\
         %description\nx\n%install\nmkdir -p %{buildroot}/opt\nhead -c 5000 /dev/zero \
         >%{buildroot}/opt/x\n%files\n/opt/x\n",
    )
    .unwrap();
    let top = format!("_topdir {}", folder.join("rpm").display());
    run(Command::new("rpmbuild")
        .args(["--quiet", "-bb", "--target", "x86_64", "--define", &top])
        .arg(&spec));
    folder.join("rpm/RPMS/x86_64/md-core-5.19.0-1.x86_64.rpm")
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|it| it.status.success())
}

/// Some packages of each kind that this machine can make.
fn made(folder: &Path) -> Vec<(Format, PathBuf)> {
    let mut made = Vec::new();
    if has("dpkg-deb") {
        for packed in ["gzip", "xz", "zstd", "none"] {
            made.push((Format::Deb, deb(folder, packed)));
        }
    }
    if has("rpmbuild") {
        made.push((Format::Rpm, rpm(folder)));
    }
    // Made by wixl, beforehand: it has no wish for a name.
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/production/packages");
    made.push((Format::Msi, examples.join("opswat-metadefender-core-5.19.0.msi")));
    made
}

#[test]
fn packages_by_the_real_tools_tell_who_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for (format, path) in made(folder.path()) {
        let found = identity(format, &mut File::open(&path).unwrap()).unwrap().unwrap();
        let (name, version, architecture, unpacked) = match format {
            Format::Deb => ("md-core", "1:5.19.0-1", "amd64", 2048 * 1024),
            Format::Rpm => ("md-core", "2:5.19.0-1", "x86_64", 5000),
            Format::Msi => ("OPSWAT MetaDefender Core", "5.19.0", "x86_64", 0),
        };
        assert_eq!(found.name, name, "{}", path.display());
        assert_eq!(found.version.as_str(), version);
        assert_eq!((found.architecture.as_str(), found.unpacked), (architecture, unpacked));
        assert!(found.fits("x86_64") && !found.fits("aarch64") && found.fits("riscv64"));
    }
}

/// Cut off anywhere, or with any byte changed, a package gives an answer or an error.
#[test]
fn hostile_bytes_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    for (format, path) in made(folder.path()) {
        let bytes = fs::read(path).unwrap();
        let last = bytes.len().min(if format == Format::Msi { 12_000 } else { 6000 });
        for at in 0..last {
            drop(identity(format, &mut Cursor::new(&bytes[..at])));
        }
        for at in (0..last).step_by(3) {
            for bad in [0, 0x7f, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] = bad;
                drop(identity(format, &mut Cursor::new(&bytes)));
            }
        }
    }
}

#[test]
fn what_is_no_package_is_told() {
    for (format, bytes, told) in [
        (Format::Deb, &b"a stand-in"[..], "it is not a deb package"),
        (Format::Rpm, b"a stand-in", "it is not a rpm package"),
        (Format::Deb, b"!<arch>\n", "it has no member `control.tar`"),
        (
            Format::Deb,
            b"!<arch>\ndebian-binary   0           0     0     100644  99999999999999999999`\n",
            "a member is odd",
        ),
    ] {
        let error = identity(format, &mut Cursor::new(bytes)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    assert!(matches!(
        identity(Format::Msi, &mut Cursor::new(b"x")),
        Err(IdentityError::OtherFormat(_))
    ));
}

/// A control file that unpacks to more than any real one ends, and takes no memory.
#[test]
fn what_unpacks_without_end_is_given_up() {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(200 << 20);
    header.set_cksum();
    archive.append_data(&mut header, "filler", io::repeat(0).take(200 << 20)).unwrap();
    let packed = archive.into_inner().unwrap().finish().unwrap();
    let mut bytes = b"!<arch>\n".to_vec();
    bytes.extend(format!("{:<48}{:<10}`\n", "control.tar.gz", packed.len()).bytes());
    bytes.extend(packed);
    let error = identity(Format::Deb, &mut Cursor::new(bytes)).unwrap_err().to_string();
    assert!(error.contains("control"), "{error}");
}
