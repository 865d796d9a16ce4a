using System.Net.Sockets;
using Gateway.Tcp.Engines;

namespace Gateway.Checks;

/// <summary>Why there is no connection to an address.</summary>
/// <param name="Failure">Who is to blame.</param>
/// <param name="Said">What happened, in words that follow the address.</param>
internal sealed record ConnectProblem(ConnectFailure Failure, string Said)
{
    /// <summary>This host had no descriptor, port or right for the question: that says nothing about the address.</summary>
    public bool IsOurs => Failure.IsOurs() && Failure != ConnectFailure.Self;

    /// <summary>Puts a failed connect into words.</summary>
    /// <param name="failure">Who is to blame.</param>
    /// <param name="error">What the system said.</param>
    /// <param name="timeout">How long the connect was given.</param>
    public static ConnectProblem Of(ConnectFailure failure, SocketError error, TimeSpan timeout) => new(failure, failure switch
    {
        ConnectFailure.Timeout => $"does not answer within {timeout.TotalSeconds:0.###} s",
        ConnectFailure.Self => "is one of this gateway's own listeners",
        ConnectFailure.Destination when error == SocketError.ConnectionRefused => "refuses connections",
        _ => new SocketException((int)error).Message,
    });
}
