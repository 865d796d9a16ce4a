namespace Gateway.Demo;

/// <summary>The demo's configuration file. It is a text with comments, because users will open it as an example.</summary>
internal static class DemoConfiguration
{
    /// <summary>Writes the file's text.</summary>
    /// <param name="ports">The ports on which the gateway listens.</param>
    /// <param name="http">The HTTP backend's port on 127.0.0.1.</param>
    /// <param name="tcp">The TCP backend's port on 127.0.0.1.</param>
    /// <param name="transparent">Whether the process may use transparent mode. If not, there is no transparent listener.</param>
    public static string Write(DemoPorts ports, int http, int tcp, bool transparent)
    {
        var (transparentListener, transparentRoute, transparentCluster) = transparent
            ? ($$"""
               // Here the backend is told nothing: the connection itself comes from the client's address.
                   "transparent": { "Address": "127.0.0.1:{{ports.Transparent}}", "Protocol": "Tcp" }
               """,
               """
               "transparent": { "Listener": "transparent", "ClusterId": "whoami-transparent", "SourceIp": { "Mode": "Transparent" } }
               """,
               $$"""
               // A cluster of its own: the other's backends believe PROXY headers, and a client of "transparent" could write one.
                     "whoami-transparent": { "Destinations": { "whoami": { "Address": "127.0.0.1:{{tcp}}" } } }
               """)
            : ("// No transparent listener: this process may not use IP_TRANSPARENT.", "", "");
        return $$"""
        // Written by "Gateway demo". Edit it while the demo runs: a good file is live within two seconds, a bad one is refused as a whole.
        {
          "Listeners": {
            // The peer is the client.
            "web": { "Address": "127.0.0.1:{{ports.Web}}", "Protocol": "Http" },

            // A load balancer says who the client is: every connection begins with a PROXY header, v1 or v2.
            "web-proxied": {
              "Address": "127.0.0.1:{{ports.WebBehindProxy}}", "Protocol": "Http",
              "ProxyProtocol": { "Header": "Required", "TrustedProxies": [ "127.0.0.0/8" ] }
            },

            // The same for raw TCP.
            "tcp-proxied": {
              "Address": "127.0.0.1:{{ports.TcpBehindProxy}}", "Protocol": "Tcp",
              "ProxyProtocol": { "Header": "Required", "TrustedProxies": [ "127.0.0.0/8" ] }
            },

            "tcp": { "Address": "127.0.0.1:{{ports.Tcp}}", "Protocol": "Tcp" },
            {{transparentListener}}
          },

          "TcpProxy": {
            "Routes": {
              // The backend is told by a PROXY v2 header, the TLVs of an incoming one included.
              "tcp-proxied": {
                "Listener": "tcp-proxied", "ClusterId": "whoami",
                "SourceIp": { "Mode": "ProxyProtocol", "Version": "V2", "PassThroughTlvs": [ "All" ] }
              },
              "tcp": { "Listener": "tcp", "ClusterId": "whoami", "SourceIp": { "Mode": "ProxyProtocol", "Version": "V2" } },
              {{transparentRoute}}
            },
            "Clusters": {
              "whoami": { "Destinations": { "whoami": { "Address": "127.0.0.1:{{tcp}}" } } },
              {{transparentCluster}}
            }
          },

          "ReverseProxy": {
            "Routes": { "whoami": { "ClusterId": "whoami", "Match": { "Path": "{**any}" } } },
            "Clusters": { "whoami": { "Destinations": { "whoami": { "Address": "http://127.0.0.1:{{http}}/" } } } }
          },

          "Admin": { "Address": "127.0.0.1:{{ports.Admin}}" },

          // One line for each connection, and what goes wrong.
          "Logging": { "LogLevel": { "Default": "Warning", "Gateway.Access": "Information" } }
        }

        """;
    }
}
