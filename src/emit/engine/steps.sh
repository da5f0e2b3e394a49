# --- the steps, as they are read -------------------------------------------------------------------------------------

s_id=() s_wave=() s_stage=() s_kind=() s_title=() s_why=() s_impact=() s_elsewhere=() s_needs=() s_cmds=() s_back=()
s_lost=() s_no_way_back=() s_number=()
c_verb=() c_limit=() c_words=() c_run=() c_a=() c_b=() c_c=() p_of=() p_kind=() p_text=()
declare -A h_cmds=() secret=()
into='' n=0

step() { # NUMBER ID WAVE STAGE KIND TITLE
  n=$1 into=forward
  s_number+=("$n")
  s_id[n]=$2 s_wave[n]=$3 s_stage[n]=$4 s_kind[n]=$5 s_title[n]=$6
  s_why[n]='' s_impact[n]='' s_elsewhere[n]='' s_needs[n]='' s_cmds[n]='' s_back[n]='' s_lost[n]='' s_no_way_back[n]=''
}
why() { s_why[n]+="  why:     $1"$'\n'; }
impact() { s_impact[n]=$1; }
elsewhere() { s_elsewhere[n]+="  - $1"$'\n'; }
needs() { s_needs[n]+=" $1"; }
back() { into=back s_lost[n]=$1; }
no_way_back() { s_no_way_back[n]=$1; }
health() { into=health/$1 h_cmds[$1]=''; }

cmd() { # VERB LIMIT WORDS RUN [A [B [C]]]
  local k=${#c_verb[@]}
  c_verb[k]=$1 c_limit[k]=$2 c_words[k]=$3 c_run[k]=$4 c_a[k]=${5:-} c_b[k]=${6:-} c_c[k]=${7:-}
  case $into in
    forward) s_cmds[n]+=" $k" ;;
    back) s_back[n]+=" $k" ;;
    health/*) h_cmds[${into#health/}]+=" $k" ;;
  esac
}

piece() { # KIND TEXT: a part of the file that the command before writes
  p_of+=($((${#c_verb[@]} - 1))) p_kind+=("$1") p_text+=("$2")
}

# The number of the step that is named by its number or its id.
number_of() {
  local m
  for m in "${s_number[@]}"; do
    if [ "$m" = "$1" ] || [ "${s_id[m]}" = "$1" ]; then
      echo "$m"
      return
    fi
  done
  fail "there is no step $1 for this host" '' "see \`bash $self list\` for the steps and their numbers"
}

