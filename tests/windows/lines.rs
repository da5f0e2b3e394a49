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
            "cmd.exe /d /v:on /s /c \"msiexec.exe /i \"{file}\" /qn /norestart REBOOT=ReallySuppress \
             /l*v \"{file}.log\"& set s=!errorlevel!& (if !s! equ 3010 (echo installed: a reboot is due& exit 0))\
             & (if !s! equ 1641 (echo installed: a reboot has begun& exit 0))\
             & (if !s! equ 1618 echo another installation is going on 1>&2)\
             & (if !s! neq 0 type \"{file}.log\" | findstr.exe /i /c:\"return value 3\" /c:\"error\" 1>&2)& exit !s!\""
        )
    );
    let check = format!(
        "cmd.exe /d /s /c \"certutil.exe -hashfile \"{file}\" SHA256 | findstr.exe /i /x {digest}\""
    );
    assert_eq!(of("check-file", "worker-2.9.0"), check);
    assert_eq!(of("find-file", "worker-2.9.0"), check);
    assert_eq!(
        of("check-unit", "ometascan"),
        "cmd.exe /d /s /c \"sc.exe query \"ometascan\" & sc.exe query \"ometascan\" | \
         findstr.exe /r /c:\": 4 \" >nul\""
    );
}
