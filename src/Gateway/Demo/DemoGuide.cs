namespace Gateway.Demo;

/// <summary>The text that <c>Gateway demo</c> prints: commands to paste, and the expected output of each.</summary>
internal static class DemoGuide
{
    /// <summary>Writes the text.</summary>
    public static void Write(TextWriter output, DemoScenario demo)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(demo);
        var ports = demo.Ports;
        output.WriteLine($$"""

            ─── Gateway demo ──────────────────────────────────────────────────────────────

              you ──► gateway ──► Whoami, a backend that answers with what it sees of you
                      (both in this process; paste the commands into another terminal)

            HTTP: the client's address is appended to X-Forwarded-For, X-Real-IP is the client

              curl http://127.0.0.1:{{ports.Web}}/
                » X-Forwarded-For: 127.0.0.1

              curl --interface 127.0.0.5 -H 'X-Forwarded-For: 192.0.2.66' http://127.0.0.1:{{ports.Web}}/
                » X-Forwarded-For: 192.0.2.66, 127.0.0.5   ← what a client claims stays in front,
                » X-Real-IP:       127.0.0.5               ← but is not believed

            HTTP behind a load balancer that speaks PROXY protocol

              curl --haproxy-protocol --interface 127.0.0.5 http://127.0.0.1:{{ports.WebBehindProxy}}/
                » X-Forwarded-For: 127.0.0.5

              printf 'PROXY TCP4 203.0.113.7 192.0.2.1 56324 80\r\nGET / HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n' | nc -w 1 127.0.0.1 {{ports.WebBehindProxy}}
                » X-Forwarded-For: 203.0.113.7

            Raw TCP behind a load balancer: PROXY v1 in, PROXY v2 out to the backend

              printf 'PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\nhello\n' | nc -w 1 127.0.0.1 {{ports.TcpBehindProxy}}
                » client=203.0.113.7:56324 via=proxy-v2 …
                » hello

              printf 'hello\n' | nc -w 1 127.0.0.1 {{ports.TcpBehindProxy}}
                » (nothing)   ← without a header the connection is refused

            Raw TCP, the peer is the client; the backend is told by PROXY v2

              printf 'hello\n' | nc -w 1 -s 127.0.0.5 127.0.0.1 {{ports.Tcp}}
                » client=127.0.0.5:… via=proxy-v2 …

            """);
        if (demo.HasTransparent)
        {
            output.WriteLine($$"""
                Transparent: no header at all, the backend's own getpeername() is the client

                  printf 'hello\n' | nc -w 1 -s 127.0.0.5 127.0.0.1 {{ports.Transparent}}
                    » client=127.0.0.5:… via=socket peer=127.0.0.5:…

                """);
        }
        else
        {
            output.WriteLine("""
                Transparent mode is not shown: it needs Linux and CAP_NET_RAW. Run the demo as root to see it.

                """);
        }

        output.WriteLine($$"""
            Who is connected, metrics, and the configuration to play with (changes are live within two seconds)

              http://127.0.0.1:{{ports.Admin}}/        ← the status page, for a browser
              curl -s http://127.0.0.1:{{ports.Admin}}/metrics | grep ^gateway_
              {{demo.ConfigPath}}

            Ctrl+C ends the demo.
            ───────────────────────────────────────────────────────────────────────────────
            """);
    }
}
