using System.Diagnostics;
using System.Globalization;

namespace Gateway.Benchmarks.Run;

/// <summary>One run of wrk.</summary>
internal static class Wrk
{
    public static WrkResult Run(string url, int connections, int seconds, bool close, string? openSslConfiguration = null)
    {
        List<string> arguments = ["-t1", "--latency", $"-c{connections}", $"-d{seconds}s", url];
        if (close)
        {
            arguments.AddRange(["-H", "Connection: close"]);
        }

        var start = new ProcessStartInfo("wrk", arguments) { RedirectStandardOutput = true };
        if (openSslConfiguration is not null)
        {
            start.Environment["OPENSSL_CONF"] = openSslConfiguration;
        }

        using var wrk = Process.Start(start)!;
        var text = wrk.StandardOutput.ReadToEnd();
        wrk.WaitForExit();
        var (perSecond, requests, errors, p50, p99) = (0d, 0d, 0L, 0d, 0d);
        foreach (var line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (line.StartsWith("Requests/sec:", StringComparison.Ordinal))
            {
                perSecond = double.Parse(words[1], CultureInfo.InvariantCulture);
            }
            else if (line.Contains(" requests in ", StringComparison.Ordinal))
            {
                requests = double.Parse(words[0], CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("50%", StringComparison.Ordinal))
            {
                p50 = Microseconds(words[1]);
            }
            else if (line.StartsWith("99%", StringComparison.Ordinal))
            {
                p99 = Microseconds(words[1]);
            }
            else if (line.StartsWith("Non-2xx", StringComparison.Ordinal))
            {
                errors += long.Parse(words[^1], CultureInfo.InvariantCulture);
            }
        }

        return new WrkResult(perSecond, requests, errors, p50, p99);
    }

    // As wrk writes it: 850.00us, 1.23ms, 1.02s.
    private static double Microseconds(string text)
    {
        var unit = text.TrimStart([.. "0123456789."]);
        return double.Parse(text[..^unit.Length], CultureInfo.InvariantCulture) * (unit == "s" ? 1e6 : unit == "ms" ? 1e3 : 1);
    }
}
