#!/usr/bin/env bash
# Proves `make demo` and `make test` on a machine that has nothing: a minimal Debian 12 tree, a clean
# clone of HEAD in it, both commands. Mirror and proxy are the host's own apt settings.
# FRESH_DIR chooses where the tree is built (default: a temporary directory, removed at the end).
set -euo pipefail
cd "$(dirname "$0")/.."
[[ $(id -u) -eq 0 ]] || exec sudo --preserve-env=FRESH_DIR,http_proxy,https_proxy "$0" "$@"

command -v debootstrap >/dev/null || tools/install_packages.sh <(echo debootstrap)
tree=${FRESH_DIR:-$(mktemp -d)}
mounts=(proc sys dev)

clean_up() {
  for ((i = ${#mounts[@]} - 1; i >= 0; --i)); do
    mountpoint -q "$tree/${mounts[i]}" && umount --recursive --lazy "$tree/${mounts[i]}"
  done
  # Never delete through a mount that did not come off.
  if grep -q " $tree/" /proc/mounts; then
    echo "still mounted below $tree: left in place" >&2
  else
    rm -rf --one-file-system "$tree"
  fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# "URI CODENAME COMPONENT" of every Debian 12 index the host's apt uses.
indexes() {
  apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Identifier: Packages' |
    grep -E ' bookworm(-updates|-security)? main$' | sort -u
}
mirror=$(indexes | awk '$2 == "bookworm" { print $1; exit }')
[[ -n $mirror ]] || { echo "the host's apt has no Debian 12 (bookworm main) source" >&2; exit 1; }

debootstrap --variant=minbase --include=make,ca-certificates bookworm "$tree" "$mirror"
indexes | sed 's/^/deb /' >"$tree/etc/apt/sources.list"
apt-config dump | grep -E '^Acquire::https?::(Proxy|No-Proxy)' \
  >"$tree/etc/apt/apt.conf.d/99host-proxy" || true
cp /etc/resolv.conf "$tree/etc/resolv.conf"
# As every installed Debian has it; debootstrap alone leaves "localhost" without an address.
echo '127.0.0.1 localhost' >"$tree/etc/hosts"
mount -t proc proc "$tree/proc"
mount --rbind /sys "$tree/sys" && mount --make-rslave "$tree/sys"
mount --rbind /dev "$tree/dev" && mount --make-rslave "$tree/dev"

git clone --quiet --no-hardlinks . "$tree/root/sotto"
inside() {
  env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    chroot "$tree" sh -c "cd /root/sotto && $1"
}
inside 'make demo'
inside 'make test'
echo "fresh: make demo and make test passed on a minimal Debian 12"
