# Ends a process that one of our commands runs in, with everything that it has started. Called with its
# number. taskkill tells by 128 that there is no such process.
& "$env:SystemRoot\System32\taskkill.exe" /T /F /PID ([uint32]$args[0]) | Out-Null
if (@(0, 128) -notcontains $LASTEXITCODE) { $global:status = 1 }
