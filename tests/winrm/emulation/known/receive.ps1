if ((Get-FileHash -LiteralPath $received -Algorithm SHA256).Hash -ne «digest») {
  Remove-Item -LiteralPath $received
  throw 'what came is not the file that was reviewed; it is removed'
}
Move-Item -LiteralPath $received -Destination «path» -Force
