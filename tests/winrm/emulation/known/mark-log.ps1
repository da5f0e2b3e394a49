"since $([DateTimeOffset]::UtcNow.ToUnixTimeSeconds())"
