#!/usr/bin/env bash
# Two images from Debian packages alone, for a machine that can pull none: `make docker-base`.
#
# Usage: base.sh TAG      (needs root, debootstrap and docker; KMIG_BUILD_NETWORK as for kmig)
#
# TAG has Java 17, for KMIG_BASE_IMAGE; TAG-python has Python, for KMIG_PYTHON_IMAGE.
#
# Packages come from where this machine's own come from, and its certificate authorities are trusted in the image too.
set -euo pipefail
tag=${1:?the tag of the image to make}
suite=bookworm
sources=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null || true)
mirror=$(awk '$1 == "URIs:" {print $2; exit} $1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^http/) {print $i; exit}}' \
    <<<"$sources")
if [[ $(id -u) != 0 ]]; then
    echo "error: base.sh: debootstrap needs root" >&2
    exit 1
fi
for tool in debootstrap docker; do
    command -v "$tool" >/dev/null || { echo "error: base.sh needs $tool: apt-get install debootstrap docker.io" >&2; exit 1; }
done
[[ -n $mirror ]] || { echo "error: base.sh: no Debian package source found under /etc/apt" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"; docker image rm -f "$tag-debian" >/dev/null 2>&1 || true' EXIT
debootstrap --variant=minbase --include=ca-certificates "$suite" "$work/root" "$mirror" >"$work/debootstrap.log" 2>&1 \
    || { tail -5 "$work/debootstrap.log" >&2; exit 1; }
cp -a /usr/local/share/ca-certificates/. "$work/root/usr/local/share/ca-certificates/" 2>/dev/null || true
tar -C "$work/root" --exclude='./var/cache/apt/archives/*.deb' -c . | docker import - "$tag-debian" >/dev/null

# an image over that root: its tag, its packages
over() {
    docker build --quiet --network "${KMIG_BUILD_NETWORK:-default}" --tag "$1" - <<DOCKERFILE
FROM $tag-debian
RUN update-ca-certificates \\
    && apt-get -o APT::Update::Error-Mode=any update \\
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $2 \\
    && rm -rf /var/lib/apt/lists/*
DOCKERFILE
}
over "$tag" openjdk-17-jre-headless
over "$tag-python" python3-venv
