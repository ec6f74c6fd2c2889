#!/usr/bin/env bash
# install_packages.sh LIST [PART..]: installs the Debian packages of the list (one a line, # comments)
# that are missing; with PARTs those below a line "# [PART]" only. When none is missing, it runs
# nothing at all.
set -euo pipefail

list=$1
shift
mapfile -t wanted < <(awk -v parts=" $* " '
  /^# \[/ { part = $2; gsub(/[][]/, "", part) }
  { sub(/#.*/, ""); gsub(/[[:space:]]/, "") }
  $0 != "" && (parts == "  " || index(parts, " " part " "))' "$list")
missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || {
    echo "missing packages, and neither root nor sudo to install them: ${missing[*]}" >&2
    exit 1
  }
  as_root=(sudo)
fi

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"
}

echo "installing: ${missing[*]}"
# A machine may have no package lists, or lists too old to name files that still exist.
if ! apt-cache show "${missing[@]}" >/dev/null 2>&1 ||
  ! apt install --yes --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
  apt update
  apt install --yes --no-install-recommends "${missing[@]}" >/dev/null
fi
