#!/usr/bin/env bash
# build-reproducible/bin/sotto of the commit that is checked out: the same bytes wherever and
# whenever they are built with the same packages, which sotto.buildinfo beside bin lists.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build-reproducible
changed=$(git status --porcelain)
if [ -n "$changed" ]; then
  echo "REPRODUCIBLE=1: the working tree is not what the commit holds:" >&2
  echo "$changed" >&2
  exit 1
fi
commit=$(git rev-parse HEAD)

# Neither flags nor a locale nor a time zone of whoever builds.
clean=(env -i "PATH=$PATH" "HOME=$HOME" LC_ALL=C.UTF-8 TZ=UTC
  "SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)" ${CCACHE_DISABLE:+"CCACHE_DISABLE=$CCACHE_DISABLE"})
umask 022
"${clean[@]}" cmake --preset reproducible "-DSOTTO_SOURCE_COMMIT=$commit" \
  "-DSOTTO_SOURCE_URL=${SOURCE_URL:-}"
"${clean[@]}" cmake --build "$build" --target sotto

# Who made the files that went into it: what is linked, what compiled it, and what it is measured with.
packages() {
  # dpkg knows a library by one of its two paths, with /usr or without.
  ldd "$build/bin/sotto" | awk '$2 == "=>" { print $3; print ($3 ~ "^/usr") ? substr($3, 5) : "/usr" $3 }' |
    { xargs -r dpkg -S 2>/dev/null || true; } | cut -d : -f 1
  sed -n '/^# \[build\]/,/^$/ { /^[a-z]/p }' packages.txt
  echo g++-12 binutils gramine | tr ' ' '\n'
}
{
  echo "commit $commit"
  echo "source-date-epoch $(git log -1 --format=%ct)"
  echo "sha256 $(sha256sum < "$build/bin/sotto" | cut -d ' ' -f 1) sotto"
  packages | sort -u | xargs dpkg-query -W -f 'package ${Package} ${Version} ${Architecture}\n' 2>/dev/null || true
} > "$build/sotto.buildinfo"
head -3 "$build/sotto.buildinfo"
