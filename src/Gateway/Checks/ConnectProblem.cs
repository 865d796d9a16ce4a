using System.Net.Sockets;
using Gateway.Tcp.Engines;

namespace Gateway.Checks;

/// <summary>Why there is no connection to an address.</summary>
/// <param name="Failure">Which side caused the failure.</param>
/// <param name="Said">What happened, as a text that follows the address in the report.</param>
internal sealed record ConnectProblem(ConnectFailure Failure, string Said)
{
    /// <summary>This host had no descriptor, no port or no right to connect, so the problem says nothing about the address.</summary>
    public bool IsOurs => Failure.IsOurs() && Failure != ConnectFailure.Self;

    /// <summary>Describes a failed connect.</summary>
    /// <param name="failure">Which side caused the failure.</param>
    /// <param name="error">The error of the system.</param>
    /// <param name="timeout">The time limit of the connect.</param>
    public static ConnectProblem Of(ConnectFailure failure, SocketError error, TimeSpan timeout) => new(failure, failure switch
    {
        ConnectFailure.Timeout => $"does not answer within {timeout.TotalSeconds:0.###} s",
        ConnectFailure.Self => "is one of this gateway's own listeners",
        ConnectFailure.Destination when error == SocketError.ConnectionRefused => "refuses connections",
        _ => new SocketException((int)error).Message,
    });
}
