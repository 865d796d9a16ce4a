using System.Net;

namespace Gateway.Checks;

/// <summary>What was found about one address of a destination.</summary>
/// <param name="EndPoint">The address.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Said">What, in words that follow the address.</param>
/// <param name="Cure">What to do; null where there is nothing to be done.</param>
internal sealed record AddressVerdict(IPEndPoint EndPoint, CheckSeverity Severity, string Said, string? Cure = null)
{
    /// <summary>How many connections it took to find out.</summary>
    public int Connections { get; init; }

    /// <summary>It greets as MySQL or MariaDB.</summary>
    public bool IsMySql { get; init; }

    /// <summary>Reports a destination's addresses as one finding: the worst of them by name, and how many of all they are.</summary>
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
