#!/usr/bin/env bash
# Everything that must hold before a change is taken: installs what the tests need (where it may), restores, builds, checks
# the formatting, runs the tests, says what was skipped and why. Needs the .NET SDK of global.json. The last line is
#   N passed, N failed, N skipped
# and the exit code is 0 only if nothing failed and at least one test ran. A step that fails (restore, build, format, a test
# program that dies) counts as one failure. With CI=true the restore is locked: packages are those of packages.lock.json.
#
#   tests/run.sh [--fast] [OPTIONS OF XUNIT'S RUNNER]      e.g. tests/run.sh -class '*Whoami*'
#
# --fast: the unit tests alone, in under two minutes on two cores. It installs nothing, needs neither root, namespaces nor npm, and leaves
# the analyzers and the formatting to the full run. The last line and the exit code are those of the full run.
#
# GATEWAY_TEST_GB=1 moves 1 GB each way through each source-IP mode on both engines, which takes a quiet machine: by default it is
# 0.256 with the Linux engine and 0.064 with the portable one (IntegrityTests).
# GATEWAY_TEST_PACKAGING=1 builds the image, the tarball and the Debian package and runs them (PackagingTests): some ten minutes more.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# Release is what ships; results and logs of the last run stay here.
configuration=Release
results=artifacts/tests
# Some ten minutes on two cores; twice that on a machine that has other work, and no more when a test hangs.
declare -A limit_seconds=([Gateway.Tests]=400 [Gateway.FunctionalTests]=1200)
[ -z "${GATEWAY_TEST_PACKAGING:-}" ] || limit_seconds[Gateway.FunctionalTests]=3000
passed=0 failed=0 skipped=0
fast=
[ "${1:-}" = --fast ] && { fast=1; shift; }
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

say() { printf '\n== %s\n' "$*"; }

finish() {
    printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit $?
}

# What the tests talk to: a file that proves it is there, and the Debian package that brings it. The tests start their own servers, on
# their own ports; what Debian would start on installation is not started (policy-rc.d). Not asked for: exim4-daemon-heavy (postfix and
# it exclude each other) and slapd; where they are, they are tested too.
needs='
    haproxy:haproxy
    nginx:nginx
    /usr/lib/nginx/modules/ngx_stream_module.so:libnginx-mod-stream
    varnishd:varnish
    redis-server:redis-server
    /usr/lib/postgresql/*/bin/postgres:postgresql
    nft:nftables
    iptables:iptables
    ip:iproute2
    tcpdump:tcpdump
    nc:netcat-openbsd
    curl:curl
    node:nodejs
    npm:npm
    kubectl:kubernetes-client
    prometheus:prometheus
    promtool:prometheus
    systemd-analyze:systemd
    apache2:apache2-bin
    lighttpd:lighttpd
    squid:squid
    hitch:hitch
    openssl:openssl
    gnutls-cli:gnutls-bin
    traffic_server:trafficserver
    gunicorn:gunicorn
    h2o:h2o
    cc:gcc
    /usr/include/stdlib.h:libc6-dev
    /usr/include/zlib.h:zlib1g-dev
    postfix:postfix
    dovecot:dovecot-imapd
    mariadbd:mariadb-server-core
    my_print_defaults:mariadb-client-core
    pdns_recursor:pdns-recursor
    dnsdist:dnsdist
    unbound:unbound
    inspircd:inspircd
    chromium:chromium
'

# is_offered PACKAGE VERSION: apt would install at least this one.
is_offered() {
    local offered
    offered=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p')
    [ -n "$offered" ] && [ "$offered" != "(none)" ] && dpkg --compare-versions "$offered" ge "$2"
}

missing_packages() {
    local need probe
    for need in $needs; do
        probe=${need%%:*}
        # Before 1.22 kubectl's kustomize knows no components: those of Debian 12 would fail where none is a skipped test.
        [ "$probe" = kubectl ] && ! command -v kubectl >/dev/null && ! is_offered kubernetes-client 1.22 && continue
        case $probe in
            # A glob: unquoted on purpose.
            /*) compgen -G "$probe" >/dev/null ;;
            *) PATH=$PATH:/usr/sbin:/sbin command -v "$probe" >/dev/null ;;
        esac || printf '%s ' "${need##*:}"
    done
}

# without_services COMMAND…: meanwhile no installed service is started (invoke-rc.d, /usr/share/doc/init-system-helpers). A policy that is there stays.
without_services() {
    local policy=/usr/sbin/policy-rc.d made=
    [ -e "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made=1; }
    "$@"
    local code=$?
    [ -z "$made" ] || rm -f "$policy"
    return "$code"
}

install_packages() {
    local missing
    missing=$(missing_packages)
    [ -z "$missing" ] && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "Installing $missing"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 # a list
        { apt-get update -q && missing=$(missing_packages) && without_services apt-get install -q -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io $missing; } \
            >"$results/apt.log" 2>&1 || { echo "apt-get failed (see $results/apt.log):"; tail -n 5 "$results/apt.log"; }
        missing=$(missing_packages)
    fi
    [ -z "$missing" ] || echo "Not installed, tests that need them are skipped: $missing"
}

# run NAME COMMAND…: a step whose output is shown only if it fails.
run() {
    local name=$1 log="$results/${1// /-}.log"
    shift
    say "$name: $*"
    if "$@" >"$log" 2>&1; then
        return 0
    fi
    # The compiler's and the formatter's findings, each once; of any other program its last words.
    grep -E ': (error|warning) ' "$log" | sort -u | head -n 40
    grep -qE ': (error|warning) ' "$log" || tail -n 20 "$log"
    echo "$name failed (all of it: $log)"
    failed=$((failed + 1))
    return 1
}

# Beside the native gateway, which cannot bring it as a program of its own.
publish_whoami() {
    dotnet publish src/Whoami "${common[@]}" --no-self-contained -p:PublishReadyToRun=false -p:NuGetLockFilePath=obj/publish.lock.json >>"$results/publish-$kind.log" 2>&1
}

# The functional tests start the gateway about a thousand times. The native build (docs/native.md) starts in a quarter of the time, and what
# it left out is missed here. Where that cannot be made (no package of the compiler, no linker), they start one that is compiled ahead as
# the image's is, or else the build's. The lock files are for builds without a runtime identifier.
publish_gateway() {
    local out="$PWD/artifacts/gateway" kind options
    local common=(--configuration "$configuration" --use-current-runtime --verbosity quiet -p:RestoreLockedMode=false -p:RunAnalyzersDuringBuild=false --output "$out")
    for kind in native ahead; do
        say "publish: the gateway that the functional tests start ($kind)"
        rm -rf "$out"
        options=(--no-self-contained -p:PublishReadyToRun=true -p:NuGetLockFilePath=obj/publish.lock.json)
        [ "$kind" = ahead ] || options=(-p:PublishAot=true)
        if dotnet publish src/Gateway "${common[@]}" "${options[@]}" >"$results/publish-$kind.log" 2>&1 && { [ "$kind" = ahead ] || publish_whoami; }; then
            export GATEWAY_EXECUTABLE="$out/Gateway"
            break
        fi
        grep -E ': (error|warning) ' "$results/publish-$kind.log" | sort -u | head -n 20
        tail -n 3 "$results/publish-$kind.log"
        # The compiler's own findings are faults of the code, not of the machine.
        ! grep -qE ' IL[23][0-9]{3}: ' "$results/publish-$kind.log" || { echo "the native build is not as it must be"; failed=$((failed + 1)); }
    done
    [ -n "${GATEWAY_EXECUTABLE:-}" ] || echo "Not compiled ahead: the functional tests start the build's gateway, which takes longer."
    # What ships keeps its settings. Here a gateway lives for seconds: the guard against code that is written and run costs 15 % of a start,
    # the thread and tables of concurrent collections 6 %, and what is compiled again because it was called often is hardly used. The
    # delay of that is hexadecimal: 4 s after the last new method, instead of 0.1.
    export DOTNET_EnableWriteXorExecute=0 DOTNET_gcConcurrent=0 DOTNET_TC_CallCountingDelayMs=1000
}

# attribute FILE NAME: a number in xunit's <assembly …> element, summed over the file.
attribute() {
    grep -o '<assembly [^>]*' "$1" | grep -o " $2=\"[0-9]*\"" | tr -dc '0-9\n' | awk '{ n += $1 } END { print n + 0 }'
}

# run_tests PROJECT ARGUMENT…: with $label, results and log have this name.
run_tests() {
    local project=$1 name=${label:-$1} code=0
    local xml="$results/$name.xml"
    shift
    say "$name"
    rm -f "$xml"
    timeout --kill-after=20 "${limit_seconds[$project]}" \
        dotnet "tests/$project/bin/$configuration/net10.0/$project.dll" -noColor -noLogo -noAutoReporters -result-xml "$xml" "$@" \
        2>&1 | tee "$results/$name.log"
    code=${PIPESTATUS[0]}
    if [ ! -s "$xml" ]; then
        [ "$code" = 124 ] && echo "$project did not end within ${limit_seconds[$project]} s."
        echo "$project left no result (exit code $code)."
        # Itself, and what it had reported by then.
        failed=$((failed + 1 + $(grep -c ' \[FAIL\]$' "$results/$name.log")))
        return
    fi
    local bad
    bad=$(($(attribute "$xml" failed) + $(attribute "$xml" errors)))
    # A program that failed without a failed test (it crashed at its end, say) has failed nevertheless.
    [ "$bad" -eq 0 ] && [ "$code" -ne 0 ] && bad=1
    passed=$((passed + $(attribute "$xml" passed)))
    failed=$((failed + bad))
    skipped=$((skipped + $(attribute "$xml" skipped)))
}

# The skipped tests and their reasons, from xunit's own results.
print_skipped() {
    [ "$skipped" -gt 0 ] || return
    say "Skipped"
    awk '
        { text = text $0 "\n" }
        END {
            n = split(text, part, /<test /)
            for (i = 2; i <= n; i++) {
                tag = substr(part[i], 1, index(part[i], ">"))
                if (tag !~ / result="Skip"/) continue
                name = substr(tag, index(tag, " name=\"") + 7)
                name = substr(name, 1, index(name, "\"") - 1)
                reason = "no reason given"
                if (at = index(part[i], "<reason>")) {
                    reason = substr(part[i], at + 8)
                    reason = substr(reason, 1, index(reason, "</reason>") - 1)
                    gsub(/<!\[CDATA\[|\]\]>/, "", reason)
                }
                printf "  %s\n      %s\n", name, reason
            }
        }' "$results"/*.xml | sed 's/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'
    if [ "${CI:-}" = true ] && [ -z "$fast" ]; then
        printf '  The variants of Gateway.FunctionalTests for the portable engine\n'
        printf '      CI has 15 minutes. bash tests/run.sh without CI=true runs them; Gateway.Tests runs the suite of both engines.\n'
        printf '  The HTTP tests of Gateway.FunctionalTests with HTTP/1.1 on .NET sockets\n'
        printf '      As above. EndingsTests, and all of HTTP/2 and TLS, run on them here too.\n'
    fi
}

mkdir -p "$results"
rm -f "$results"/*
if ! command -v dotnet >/dev/null; then
    echo "The .NET SDK is missing: global.json names the version, https://dotnet.microsoft.com/download has it."
    failed=1
    finish
fi

locked=()
[ "${CI:-}" = true ] && locked=(--locked-mode)

if [ -n "$fast" ]; then
    run restore dotnet restore tests/Gateway.Tests "${locked[@]}" || finish
    run build dotnet build tests/Gateway.Tests --no-restore --configuration "$configuration" -p:RunAnalyzersDuringBuild=false || finish
    run_tests Gateway.Tests "$@"
    print_skipped
    finish
fi

install_packages
# While everything is built. What keeps it from ending well is told by the tests that need it.
fetch_schemas() { command -v npm >/dev/null && bash deploy/check.sh --fetch >"$results/schemas.log" 2>&1; }
fetch_schemas &
run restore dotnet restore Gateway.sln "${locked[@]}" || finish
run build dotnet build Gateway.sln --no-restore --configuration "$configuration" || finish
# Style and analyzers are the build's (EnforceCodeStyleInBuild, warnings are errors): asking for them again would take a minute.
run format dotnet format whitespace Gateway.sln --no-restore --verify-no-changes
wait
run_tests Gateway.Tests "$@"
publish_gateway
# They wait more than they compute: with a thread for each core a third of the time would pass idle.
run_tests Gateway.FunctionalTests -maxThreads 2x "$@"
if [ $# -eq 0 ]; then
    label=Gateway.FunctionalTests-on-sockets GATEWAY_TEST_HTTP=Sockets \
        run_tests Gateway.FunctionalTests -maxThreads 2x -namespace 'Gateway.FunctionalTests.Http*'
fi
print_skipped
finish
