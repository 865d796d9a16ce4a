using System.Net;
using System.Net.Sockets;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Engines;
using Gateway.Tcp.Health;
using Gateway.Tcp.Names;

namespace Gateway.Tcp.Dialing;

/// <content>Before the dial: whether there is anything to dial.</content>
internal sealed partial class Dialer
{
    /// <summary>
    /// Whether any destination has an address: at once if one is an IP literal, or a name with an answer in the cache; else all names are asked together, and the first
    /// good answer ends the wait. It ends with the client too, and after <see cref="HostResolver.LongestWait"/>, the limit of each question.
    /// </summary>
    /// <returns>None if there is an address, NoAddress, or Aborted.</returns>
    public ValueTask<DialFailure> FindAddressAsync(TcpConnection client, ClusterModel cluster) =>
        cluster.NeedsNames ? AskNamesAsync(client, cluster) : new(cluster.Destinations.Count > 0 ? DialFailure.None : DialFailure.NoAddress);

    private async ValueTask<DialFailure> AskNamesAsync(TcpConnection client, ClusterModel cluster)
    {
        var usableOnly = cluster.HasUsable();
        foreach (var destination in cluster.Destinations)
        {
            if (destination.Literal is not null && (!usableOnly || destination.IsUsable))
            {
                return DialFailure.None;
            }
        }

        var open = new List<Task<IPEndPoint[]>>();
        foreach (var destination in cluster.Destinations)
        {
            if (usableOnly && !destination.IsUsable)
            {
                continue;
            }

            var answer = resolver.ResolveAsync(destination);
            if (!answer.IsCompleted)
            {
                open.Add(answer.AsTask());
            }
            else if (answer.Result.Length > 0)
            {
                return DialFailure.None;
            }
        }

        if (open.Count > 0)
        {
            var found = FindAnyAsync(open);
            if (await client.WaitForAsync(found) != SocketError.Success)
            {
                return DialFailure.Aborted;
            }

            if (found.Result)
            {
                return DialFailure.None;
            }
        }

        foreach (var destination in cluster.Destinations.Where(destination => !usableOnly || destination.IsUsable))
        {
            passive.Failed(cluster, destination, isTrial: false, PassiveHealth.NoAddress);
        }

        return DialFailure.NoAddress;
    }

    private static async Task<bool> FindAnyAsync(List<Task<IPEndPoint[]>> questions)
    {
        await foreach (var answer in Task.WhenEach(questions))
        {
            if (answer.Result.Length > 0)
            {
                return true;
            }
        }

        return false;
    }
}
