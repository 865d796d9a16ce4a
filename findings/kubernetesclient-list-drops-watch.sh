#!/usr/bin/env bash
# KubernetesClient 21.0.8 and KubernetesClient.Aot 21.0.8 (NuGet): a list with `watch: true`.
#
# The generated list methods of both packages take `watch` and `allowWatchBookmarks`, as the API's lists do. With `watch: true` the API
# answers with events, one JSON object a line. Both packages send that request, read the events, and return a list object without kind and
# items: no error, and the events are lost. KubernetesClient has other methods for watches (WatchList…); the .Aot package has none, so it
# can ask for a watch and cannot read one.
# Needs the .NET SDK.
source "$(dirname "$0")/setup.sh"
cat >"$temp/api.py" <<'PY'
import http.server, json, sys

def piece(name):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": name, "resourceVersion": "7"},
            "addressType": "IPv4", "endpoints": []}

class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        pieces = [piece("a"), piece("b")]
        if "watch=true" in self.path:
            lines = [{"type": "ADDED", "object": one} for one in pieces]
        else:
            lines = [{"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSliceList", "metadata": {"resourceVersion": "7"}, "items": pieces}]
        body = "".join(json.dumps(line) + "\n" for line in lines).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Api).serve_forever()
PY
port=$(free_port)
start python3 "$temp/api.py" "$port"
until_listening "$port"

# ask PACKAGE: what its list returns without and with `watch`, and how many of its methods are for watches.
ask() {
    local folder=$temp/app-$1
    mkdir "$folder"
    cat >"$folder/asks.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="$1" Version="[21.0.8]" />
  </ItemGroup>
</Project>
XML
    cat >"$folder/Program.cs" <<'CS'
using k8s;

using var client = new Kubernetes(new KubernetesClientConfiguration { Host = $"http://127.0.0.1:{args[0]}" });
var said = new List<string>();
foreach (var watch in new bool?[] { null, true })
{
    using var answer = await client.DiscoveryV1.ListNamespacedEndpointSliceWithHttpMessagesAsync("default", watch: watch);
    said.Add($"{(watch == true ? "watch" : "list")}: {answer.Body.Kind ?? "no kind"}, {answer.Body.Items?.Count.ToString() ?? "no items"}");
}

var readers = typeof(Kubernetes).Assembly.GetExportedTypes().SelectMany(type => type.GetMethods()).Count(method => method.Name.StartsWith("WatchList"));
Console.WriteLine($"{string.Join("; ", said)}; {(readers == 0 ? "none" : "some")} for watches");
CS
    (cd "$folder" && DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 dotnet build -v q -o out >>"$temp/server.log" 2>&1) ||
        { tail -n 3 "$temp/server.log"; echo "not run: $1 cannot be had"; exit 2; }
    dotnet "$folder/out/asks.dll" "$port"
}

lost="list: EndpointSliceList, 2; watch: no kind, no items"
same "$lost; some for watches" "$(ask KubernetesClient)"
same "$lost; none for watches" "$(ask KubernetesClient.Aot)"
