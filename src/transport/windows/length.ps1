# How long a file is, so that a copy that was cut off is gone on with; 0 where there is none.
if ([IO.File]::Exists($args[0])) { (New-Object IO.FileInfo $args[0]).Length } else { 0 }
