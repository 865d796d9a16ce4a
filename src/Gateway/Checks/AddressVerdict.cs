using System.Net;

namespace Gateway.Checks;

/// <summary>The result of a check for one address of a destination.</summary>
/// <param name="EndPoint">The address.</param>
/// <param name="Severity">How bad the result is.</param>
/// <param name="Said">The result as a text that follows the address in the report.</param>
/// <param name="Cure">What to do; null if there is nothing to do.</param>
internal sealed record AddressVerdict(IPEndPoint EndPoint, CheckSeverity Severity, string Said, string? Cure = null)
{
    /// <summary>The number of connections that the check has opened to the address.</summary>
    public int Connections { get; init; }

    /// <summary>The address greets as MySQL or MariaDB.</summary>
    public bool IsMySql { get; init; }

    /// <summary>
    /// Reports a destination's addresses as one finding. It names the worst addresses, and how many of all addresses they are.
    /// </summary>
    public static void Report(CheckFindings findings, string where, IReadOnlyList<AddressVerdict> verdicts)
    {
        if (verdicts.Count == 0)
        {
            return;
        }

        var worst = verdicts.Max(verdict => verdict.Severity);
        var named = verdicts.Where(verdict => verdict.Severity == worst).ToList();
        var said = named
            .GroupBy(verdict => verdict.Said)
            .Select(group =>
                $"{string.Join(", ", group.Select(verdict => verdict.EndPoint))}{(group.Count() > 1 ? ": each" : "")} {group.Key}");
        var share = named.Count == verdicts.Count ? "" : $" ({named.Count} of {verdicts.Count} addresses)";
        var connections = verdicts.Sum(verdict => verdict.Connections);
        var cost = connections == 0 ? "" : $" (asked with {connections} connection{(connections == 1 ? "" : "s")}, reset)";
        findings.Add(worst, where, string.Join("; ", said) + share + cost, named[0].Cure);
    }
}
