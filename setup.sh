# Sourced by ./slideport and ./test: what both need to set a machine up. Prints to standard error, so that output stays clean.

say() { if [ -t 2 ]; then printf '\033[2m· %s\033[0m\n' "$*" >&2; else printf '· %s\n' "$*" >&2; fi; }
fail() { printf 'slideport: %s\n' "$*" >&2; exit 3; }

need_sdk() {
  command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing (https://dotnet.microsoft.com/download/dotnet/10.0); install it so that 'dotnet' is on the PATH."
  dotnet --list-sdks | grep -q '^10\.' || fail "the .NET 10 SDK is missing; 'dotnet' here has only: $(dotnet --list-sdks | tr '\n' ' ')."
  export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
}

# Installs the Debian packages that are not there yet; as root, or through sudo.
need_packages() {
  local missing=() package as_root=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || fail "these Debian packages (or their like) are missing and there is no apt-get here to install them: ${missing[*]}."
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing ${missing[*]}"
  { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >/tmp/slideport-apt.$$ 2>&1 ||
    { tail -5 /tmp/slideport-apt.$$ >&2; rm -f /tmp/slideport-apt.$$; fail "apt-get could not install: ${missing[*]} (its last words are above)."; }
  rm -f /tmp/slideport-apt.$$
}

# What the viewer's page loads from others comes with npm; NodeSource's package of nodejs has it inside.
need_npm() {
  command -v npm >/dev/null || need_packages nodejs npm
}

# stale FILE FOLDER...: is any source in the folders newer than the file?
stale() {
  local file=$1; shift
  [ -x "$file" ] || return 0
  [ -n "$(find "$@" "$root"/Directory.* "$root/global.json" \( -name obj -o -name bin \) -prune -o -type f -newer "$file" -print -quit 2>/dev/null)" ]
}

# compile build|publish PROJECT [OPTION...]: Release, warnings are errors; quiet unless it fails.
compile() {
  local log; log=$(mktemp)
  dotnet "$@" -c Release --nologo -v quiet >"$log" 2>&1 || { grep -E 'error|warning' "$log" | sort -u | head -40 >&2 || cat "$log" >&2; rm -f "$log"; fail "the build failed (see above)."; }
  rm -f "$log"
}
