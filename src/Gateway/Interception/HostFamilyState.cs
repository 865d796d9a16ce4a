using System.Net.Sockets;

namespace Gateway.Interception;

/// <summary>What there is of one address family.</summary>
/// <param name="Family">The family.</param>
/// <param name="Saved">What iptables-save printed, others' rules included.</param>
/// <param name="Rules">What <c>ip rule show</c> printed, others' rules included.</param>
/// <param name="Routes">Our routes.</param>
internal sealed record HostFamilyState(AddressFamily Family, string Saved, string Rules, string Routes)
{
    /// <summary>Whether there is nothing.</summary>
    public bool IsEmpty => !Describe().Any();

    /// <summary>Line by line.</summary>
    public IEnumerable<string> Describe()
    {
        var ip = HostProgram.IpOption(Family);
        return Saved
            .Split('\n')
            .Where(line => line.Contains(IptablesScript.ChainPrefix, StringComparison.Ordinal))
            .Select(line => $"{HostProgram.Iptables(Family, "")}: {line}")
            .Concat(ReturnRoutes.Own(Rules).Select(rule => $"ip {ip} rule: {rule.Preference}: {rule.Rule}"))
            .Concat(
                Routes
                    .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                    .Select(route => $"ip {ip} route table {ReturnRoutes.Table}: {route.Trim()}"));
    }
}
