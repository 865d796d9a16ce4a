using System.Globalization;
using System.Net;

namespace Whoami;

/// <summary>The command line of the program.</summary>
internal sealed record WhoamiCommandLine
{
    /// <summary>The text of <c>--help</c>.</summary>
    public const string Usage = """
        Whoami answers every connection with what it sees of the client.

          Whoami --http [ADDRESS:]PORT --tcp [ADDRESS:]PORT

          --http   HTTP/1.1: peer, X-Forwarded-For, X-Real-IP, Forwarded, Host and all headers, as text
                   (as JSON for "Accept: application/json")
          --tcp    raw TCP: one line with the client, how it was learned (socket or PROXY header, version 1 or 2) and the TLVs,
                   then it echoes what comes
          --help   this text

        A port alone listens on all addresses, IPv4 and IPv6. Port 0 takes a free one and prints it.
        It believes a PROXY header from anybody: it is a test backend, do not expose it.
        """;

    /// <summary>Whether <c>--help</c> was given.</summary>
    public bool Help { get; private init; }

    /// <summary>The address for HTTP; null: no HTTP.</summary>
    public IPEndPoint? Http { get; private init; }

    /// <summary>The address for TCP; null: no TCP.</summary>
    public IPEndPoint? Tcp { get; private init; }

    /// <summary>The error in the arguments; null: there is none.</summary>
    public string? Error { get; private init; }

    /// <summary>Parses the arguments.</summary>
    /// <returns>False if the arguments are invalid; <see cref="Error"/> says why.</returns>
    public static bool TryParse(IReadOnlyList<string> args, out WhoamiCommandLine command)
    {
        command = new WhoamiCommandLine();
        for (var i = 0; i < args.Count; i++)
        {
            switch (args[i])
            {
                case "--help" or "-h" or "-?":
                    command = command with { Help = true };
                    break;
                case "--http" or "--tcp" when i + 1 == args.Count:
                    command = new WhoamiCommandLine { Error = $"{args[i]} needs a port, e.g. {args[i]} 9000." };
                    return false;
                case "--http" or "--tcp":
                    var name = args[i++];
                    if (!TryParseEndPoint(args[i], out var endPoint))
                    {
                        command = new WhoamiCommandLine { Error = $"{name} {args[i]}: not a port and not ADDRESS:PORT." };
                        return false;
                    }

                    command = name == "--http" ? command with { Http = endPoint } : command with { Tcp = endPoint };
                    break;
                default:
                    command = new WhoamiCommandLine { Error = $"{args[i]}: unknown argument." };
                    return false;
            }
        }

        return true;
    }

    private static bool TryParseEndPoint(string text, out IPEndPoint endPoint)
    {
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            endPoint = new IPEndPoint(System.Net.Sockets.Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
            return true;
        }

        // IPEndPoint.TryParse also takes an address without a port, which is an error here.
        var parsed =
            IPEndPoint.TryParse(text, out var result)
            && text.LastIndexOf(':') > text.LastIndexOf(']')
            && text.Contains(':', StringComparison.Ordinal);
        endPoint = parsed && !(result!.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 && text[0] != '[') ? result : null!;
        return endPoint is not null;
    }
}
