using System.Net;
using Gateway.Tcp.Configuration;

namespace Gateway.Checks;

/// <summary>
/// Checks whether a MySQL or MariaDB server may block this host. These servers count connections that end before a login for each source
/// address, and refuse an address after <c>max_connect_errors</c> of them. If the address is the gateway's, all clients are refused.
/// Connections from loopback are never counted.
/// </summary>
internal sealed class ConnectErrorsCheck : ICheck
{
    public string Name => "connect-errors";

    public bool AsksOthers => true;

    public Task RunAsync(CheckContext context, CheckFindings findings, CancellationToken cancellation) =>
        CheckContext.ForEachAsync(
            context.Targets,
            async target =>
            {
                if (WhatCounts(target) is not { } what)
                {
                    return;
                }

                var counting = (await context.TryHeadersAsync(target, cancellation))
                    .SelectMany(verdicts => verdicts)
                    .Where(verdict => verdict.IsMySql && !IPAddress.IsLoopback(verdict.EndPoint.Address))
                    .GroupBy(verdict => verdict.EndPoint)
                    .ToList();
                if (counting.Count == 0)
                {
                    return;
                }

                var left = counting.Sum(address => address.Sum(verdict => verdict.Connections));
                findings.Warn(
                    target.KeyPath,
                    $"{string.Join(", ", counting.Select(address => address.Key))} counts connections of this host "
                        + $"that end before a login ({left} of them by this check), "
                        + $"and refuses the host with all behind it after max_connect_errors (100). {what}",
                    Cures.NoBlocking);
            },
            cancellation);

    private static string? WhatCounts(BackendTarget target) =>
        target.Users.Any(user => user.SourceIp.Mode == SourceIpMode.None) ? "With Mode None they are those of all clients"
        : target.IsWatched ? "Health checks are not seen by it, but for one that is slow to close" : null;
}
