using System.Net.Sockets;

namespace Gateway.Interception;

/// <summary>The installed rules of one address family.</summary>
/// <param name="Family">The family.</param>
/// <param name="Saved">The output of iptables-save, with rules of others.</param>
/// <param name="Rules">The output of <c>ip rule show</c>, with rules of others.</param>
/// <param name="Routes">Our routes.</param>
internal sealed record HostFamilyState(AddressFamily Family, string Saved, string Rules, string Routes)
{
    /// <summary>Whether nothing of ours is installed.</summary>
    public bool IsEmpty => !Describe().Any();

    /// <summary>Our rules and routes, line by line.</summary>
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
