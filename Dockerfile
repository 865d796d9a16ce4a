# syntax=docker/dockerfile:1
# The gateway (and Whoami, the test backend: --entrypoint /app/Whoami) on a chiseled image: no shell, no package manager, not root.
#   docker build -t gateway .
#   docker run --rm -p 8080:8080 -p 9900:9900 -v "$PWD/appsettings:/app/appsettings:ro" gateway
# Transparent mode needs CAP_NET_RAW, which a non-root process does not get from --cap-add: docs/transparent.md, Rights in a container.

# Base images are named by tag and digest (of the list, which serves every architecture): the digest counts, the tag says what it is. They
# bring .NET 10.0.12. A tag is moved to each month's fixes, a digest is not: have them renewed (Renovate: docker:pinDigests; Dependabot:
# package-ecosystem docker), or ask with
#   docker buildx imagetools inspect mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled --format '{{.Manifest.Digest}}'
# A mirror, or bases of your own, go by --build-arg: tests/image.sh builds this file on bases that it makes from Debian's packages.
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0.401-noble@sha256:e70cdb7f80b0348f5cb85f19a8f670fca061f033d57eed12fa003d58b0e06317
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled@sha256:9651fa59abcdf177c30392cb44a820605ca5d618429ab37acbf6e7c644510b02
ARG REDIRECT_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0-noble@sha256:222759b391a1aaf241166672c8f99b2d4ada452e7b5319f3c6e8f265a37b5ad4
ARG NATIVE_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled@sha256:18d4848091a40d13dbfdd6a8340c1657dc3e2f2d7fa2f042e9d162e68669dbc9

# The SDK of global.json, running on the builder's own architecture whatever the target's is.
FROM --platform=$BUILDPLATFORM ${SDK_IMAGE} AS build
ARG TARGETARCH
WORKDIR /source

# Only what restore reads: this layer is built again when a package changes, not when code does.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/Gateway/Gateway.csproj src/Gateway/packages.lock.json src/Gateway/
COPY src/Gateway.Linux/Gateway.Linux.csproj src/Gateway.Linux/packages.lock.json src/Gateway.Linux/
COPY src/Gateway.ProxyProtocol/Gateway.ProxyProtocol.csproj src/Gateway.ProxyProtocol/packages.lock.json src/Gateway.ProxyProtocol/
COPY src/Gateway.Tcp/Gateway.Tcp.csproj src/Gateway.Tcp/packages.lock.json src/Gateway.Tcp/
COPY src/Whoami/Whoami.csproj src/Whoami/packages.lock.json src/Whoami/
# Locked: every package is the one of packages.lock.json, checked by its hash.
RUN dotnet restore src/Gateway/Gateway.csproj --locked-mode

COPY .editorconfig THIRD-PARTY-NOTICES.txt ./
COPY src/ src/
COPY appsettings/ appsettings/
# ReadyToRun: compiled ahead, so that a new pod is ready sooner. It restores once more, for the target's architecture.
RUN dotnet publish src/Gateway/Gateway.csproj --configuration Release --arch "$TARGETARCH" --no-self-contained \
    -p:PublishReadyToRun=true -p:PublishDocumentationFiles=false --output /app

# docker build --target redirect: the same program beside nft, iptables and ip, for an init container that runs "redirect apply" (docs/intercept.md).
FROM ${REDIRECT_IMAGE} AS redirect
RUN apt-get update && apt-get install --yes --no-install-recommends iproute2 iptables nftables && rm -rf /var/lib/apt/lists/*
ENV DOTNET_EnableDiagnostics=0
WORKDIR /app
COPY --from=build /app ./
ENTRYPOINT ["/app/Gateway"]

# docker build --target native: machine code on a base without .NET; starts in a quarter of the time, takes half of the memory (docs/native.md).
# It is linked on the platform that it is for.
FROM ${SDK_IMAGE} AS build-native
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev zlib1g-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig THIRD-PARTY-NOTICES.txt ./
COPY src/ src/
COPY appsettings/ appsettings/
RUN dotnet publish src/Gateway/Gateway.csproj --configuration Release --use-current-runtime -p:PublishAot=true \
    -p:PublishDocumentationFiles=false --output /app && rm /app/*.dbg /app/*.pdb

FROM ${NATIVE_IMAGE} AS native
WORKDIR /app
COPY --from=build-native /app ./
EXPOSE 8080 9900
USER $APP_UID
ENTRYPOINT ["/app/Gateway"]
CMD ["run"]

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY --from=build /app ./
# The base image sets this to 8080, which would have ASP.NET Core open a port of its own: ours are in appsettings.json, and only there.
ENV ASPNETCORE_HTTP_PORTS=
# No diagnostics socket in /tmp: who reaches it can have the process dump its memory, or load code. dotnet-counters, -trace and -dump need it: set it to 1 for as long.
ENV DOTNET_EnableDiagnostics=0
# 8080: the listener of the default configuration; 9900: Probes.
EXPOSE 8080 9900
# The base image's user "app", uid 1654. Ports below 1024 need CAP_NET_BIND_SERVICE or net.ipv4.ip_unprivileged_port_start=0.
USER $APP_UID
ENTRYPOINT ["/app/Gateway"]
# Named, so that it runs the file beside the executable whatever the working directory is.
CMD ["run"]
