//! Lines for cmd as they are, and that they hold what they are given.

use crate::plans::{Site, texts};

#[test]
fn lines_for_cmd_are_these() {
    let texts = texts(&Site::new("").plan());
    let of = |task: &str, part: &str| {
        let mut found = texts[task].iter().filter(|text| text.contains(part));
        found.next().unwrap_or_else(|| panic!("{task} {part}")).clone()
    };
    let digest = "f3d3655d740f43963bc41f6ebcce90213d87894419a51d72f65e702f69a65720";
    let file = format!(r"C:\ProgramData\mdc\cache\{digest}\metadefender-cluster-worker-2.9.0.msi");
    assert_eq!(
        of("install-file", "worker-2.9.0"),
        format!(
            "cmd.exe /d /q /v:on /s /c \"(for /l %i in (1,1,20) do \
             (msiexec.exe /i \"{file}\" /qn /norestart REBOOT=ReallySuppress /l*v \"{file}.log\"\
             & set s=!errorlevel!\
             & (if !s! equ 3010 (echo installed: a reboot is due\
             & echo \"{file}.log\">C:\\ProgramData\\mdc\\reboot-asked& exit 0))\
             & (if !s! equ 1641 (echo installed: a reboot has begun& exit 0))\
             & (if !s! equ 0 exit 0)\
             & (if !s! neq 1618 (type \"{file}.log\" | findstr.exe /i /c:\"return value 3\" /c:\"error\" 1>&2\
             & exit !s!))\
             & echo waiting for Windows Installer 1>&2& ping.exe -n 30 127.0.0.1 >nul))\
             & echo another installation is going on 1>&2& exit 1618\""
        )
    );
    let check = format!(
        "cmd.exe /d /s /c \"certutil.exe -hashfile \"{file}\" SHA256 | findstr.exe /i /x {digest}\""
    );
    assert_eq!(of("check-file", "worker-2.9.0"), check);
    assert_eq!(of("find-file", "worker-2.9.0"), check);
    assert_eq!(
        of("check-unit", "ometascan"),
        "$service = Get-Service -Name 'ometascan'\n\"$($service.Name): $($service.Status)\"\n\
         if ([string]$service.Status -ne 'Running') { throw 'ometascan does not run' }"
    );
}

/// `Compress-Archive` of Windows PowerShell takes no other ending than its own.
#[test]
fn a_backup_is_written_under_its_own_name() {
    let texts = texts(&Site::new("").plan());
    let takes = texts["back-up"].iter().find(|text| text.contains("Compress-Archive")).unwrap();
    assert!(takes.contains("$file = \"$part\\$name\""), "{takes}");
    assert!(takes.contains(")) $file | Out-Null"), "{takes}");
}
