#!/usr/bin/env bash
# Writes THIRD-PARTY-NOTICES.txt's text: what the gateway's image carries besides our own code and the base image, each package with its licence. From the lock files of src/ and what
# the packages say of themselves (restore first). After a change of packages: bash deploy/notices.sh > THIRD-PARTY-NOTICES.txt; a test compares.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "${BASH_SOURCE[0]}")/.."
packages=${NUGET_PACKAGES:-$HOME/.nuget/packages}

# Name and version of every package of the lock files; projects have no version.
locked() {
    awk -F'"' '
        /^      "/ { name = $2 }
        /^        "resolved":/ { print name, $4 }' src/*/packages.lock.json | sort -u
}

# field FILE NAME: an element of a nuspec.
field() { tr -d '\r\n' <"$1" | sed -n "s/.*<$2\( [^>]*\)\{0,1\}>\([^<]*\)<\/$2>.*/\2/p"; }

# text FILE: without a byte order mark, carriage returns and blanks at the ends of lines.
text() { sed -e '1s/^\xEF\xBB\xBF//' -e 's/[[:space:]]*$//' "$1"; }

heading() { printf '\n%s\n%s\n' "$1" "$(printf '%s' "$1" | tr -c '' '=')"; }

mit() {
    cat <<'END'
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR
A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
END
}

echo "The gateway carries these packages. The runtime and the base image bring notices of their own."
declare -A licences=() notices=()
while read -r name version; do
    folder=$packages/${name,,}/${version,,}
    nuspec=$folder/${name,,}.nuspec
    [ -f "$nuspec" ] || { echo "notices.sh: $name $version is not restored" >&2; exit 1; }
    licence=$(field "$nuspec" license)
    heading "$name $version"
    printf '%s\n' "$(field "$nuspec" copyright)" "$(field "$nuspec" projectUrl)" "Licence: $licence"
    file=$(find "$folder" -maxdepth 1 -iname 'LICENSE*' | sort | head -n 1)
    # One text for each licence that has no copyright line of its own in it.
    case $licence in
        MIT | Apache-2.0) [ -n "${licences[$licence]:-}" ] || licences[$licence]=$file ;;
        *) licences["$licence ($name)"]=$file ;;
    esac
    more=$(find "$folder" -maxdepth 1 -iname 'THIRD-PARTY-NOTICES*' | head -n 1)
    [ -z "$more" ] || notices[$(sha256sum <"$more")]="$name"$'\t'"$more"
done < <(locked)

for licence in $(printf '%s\n' "${!licences[@]}" | tr ' ' '_' | sort); do
    licence=${licence//_/ }
    heading "Licence $licence"
    if [ "$licence" = MIT ]; then mit; else text "${licences[$licence]}"; fi
done
[ ${#notices[@]} = 0 ] || printf '%s\n' "${notices[@]}" | sort | while IFS=$'\t' read -r name file; do
    heading "What $name carries"
    text "$file"
done
