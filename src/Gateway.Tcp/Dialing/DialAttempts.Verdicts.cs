using System.Text;
using Gateway.Tcp.Clusters;
using Gateway.Tcp.Configuration;
using Gateway.Tcp.Engines;

namespace Gateway.Tcp.Dialing;

/// <content>
/// What is told of destinations: one verdict for each that was tried, whatever the number of its addresses. It fails if none of them took the connection and at least one was to blame for it:
/// failures of our own (no descriptor, no port, no right, no use of the client's address) say nothing about it.
/// </content>
internal sealed partial class DialAttempts
{
    // As much as an operator reads, and a line holds.
    private const int MostDescribed = 4;

    private DestinationModel? _current;
    private bool _isTrial;
    private string? _why;
    private bool _wasFromClient;
    private List<DialResult>? _failed;

    private void Enter(int number, bool isTrial) => (_current, _isTrial, _why) = (cluster.Destinations[number], isTrial, null);

    /// <summary>The destination's turn is over, and it has not been reached.</summary>
    private void Leave()
    {
        if (_current is not { } destination)
        {
            return;
        }

        if (_why is not null)
        {
            passive.Failed(cluster, destination, _isTrial, _why, _wasFromClient ? identity.Client.Address : null);
        }
        else if (_isTrial)
        {
            passive.AbandonTrial(destination);
        }

        (_current, _isTrial, _why) = (null, false, null);
    }

    private void NoteVerdict(in DialResult result)
    {
        if (_failed is null || _failed.Count < MostDescribed)
        {
            (_failed ??= []).Add(result);
        }

        if (result.Failure is DialFailure.Destination or DialFailure.Timeout)
        {
            _why = ConnectLabel.Of(result.Failure == DialFailure.Timeout ? ConnectFailure.Timeout : ConnectFailure.Destination, result.Error);
            _wasFromClient = result.Mode == SourceIpMode.Transparent;
        }
    }

    private void ConcludeVerdicts(in DialResult result)
    {
        if (result.Failure == DialFailure.None && _current is { } reached)
        {
            passive.Reached(cluster, reached, _isTrial);
            _current = null;
        }

        Leave();
        for (var i = _lateTurn; i < (_late?.Count ?? 0); i++)
        {
            _ = passive.NoteLateAsync(cluster, cluster.Destinations[_late![i]], _answers![_late[i]]!);
        }
    }

    // redis-0,10.1.0.20:6379,ConnectionRefused;redis-1,10.1.0.21:6379,TimedOut. What the conclusion itself tells is not said twice.
    private string? DescribeFailed(in DialResult conclusion)
    {
        StringBuilder? text = null;
        foreach (var failed in _failed ?? [])
        {
            if (conclusion.Failure == DialFailure.None || failed.Address != conclusion.Address)
            {
                (text = text?.Append(';') ?? new StringBuilder("failed:")).Append(failed.Destination!.Name).Append(',').Append(failed.Address).Append(',').Append(failed.Error);
            }
        }

        return text?.ToString();
    }
}
