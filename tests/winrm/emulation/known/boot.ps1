[string](Get-CimInstance Win32_Process -Filter "Name='wininit.exe'").CreationDate.ToFileTimeUtc()
