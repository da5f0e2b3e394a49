# --- secrets and files ------------------------------------------------------------------------------------------------

# Puts the secret $1 into secret[$1]: from a file of the folder that --secrets names, or from a prompt.
get_secret() {
  local value=''
  [ -z "${secret[$1]+x}" ] || return 0
  if [ -n "$secrets" ]; then
    [ -f "$secrets/$1" ] || fail "the secret \`$1\` is not there" "there is no file $secrets/$1" 'put it there (mode 600)'
    IFS= read -r -d '' value <"$secrets/$1" || true
    value=${value%$'\n'}
  else
    [ -t 0 ] || fail "the secret \`$1\` has to be typed, and there is no terminal" '' \
      'give --secrets FOLDER: a folder with one file for each secret, by its name'
    tell '\n    The secret %s (it is not shown): ' "$1"
    IFS= read -rs value || true
    say ''
  fi
  [ -n "$value" ] || fail "the secret \`$1\` is empty" '' 'run the same again and give it'
  secret[$1]=$value
}

# A secret between double quotes, as JSON writes it.
json() {
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\r'/\\r}
  text=${text//$'\t'/\\t}
  case $text in *[[:cntrl:]]*) fail 'a secret holds control characters' '' 'give it without them' ;; esac
  printf %s "$text"
}

# By which mdc tells later whether the secret is still the one that is desired (see docs/files.md).
fingerprint() {
  command -v python3 >/dev/null || return 0
  printf %s "${secret[$1]}" | python3 -c '
import hashlib, os, sys
salt = os.urandom(16).hex()
key = hashlib.pbkdf2_hmac("sha256", sys.stdin.buffer.read(), salt.encode(), 60000)
print(salt + ":" + hashlib.sha256(key).hexdigest())'
}

# Writes the file of command $1, with secrets in the places of their marks.
write() {
  local k=$1 i whole='' told='' name size
  declare -A named=()
  for i in "${!p_of[@]}"; do
    [ "${p_of[i]}" = "$k" ] || continue
    case ${p_kind[i]} in
      text) whole+=${p_text[i]} ;;
      *)
        name=${p_text[i]}
        get_secret "$name"
        [ -n "${named[$name]+x}" ] || { named[$name]=1 told+="${told:+ }$name=$(fingerprint "$name")"; }
        if [ "${p_kind[i]}" = quoted ]; then
          whole+=$(json "${secret[$name]}")
        else
          case ${secret[$name]} in
            *[$'\n\r']*) fail "the secret \`$name\` has several lines" 'its place is not between double quotes' \
              'correct the template of the file, then plan and emit again' ;;
          esac
          whole+=${secret[$name]}
        fi
        ;;
    esac
  done
  local LC_ALL=C
  size="${#c_a[k]} ${#whole}"
  unset LC_ALL
  must "$k" "$2" <(printf '%s\n%s\n%s%s' "$told" "$size" "${c_a[k]}" "$whole")
}

