using System.Net.Sockets;

namespace Gateway.Tcp.Engines;

/// <summary>The label <c>error.type</c> of a connect that failed.</summary>
internal static class ConnectLabel
{
    /// <summary>The label of a failed connect, in metrics and logs.</summary>
    public static string Of(ConnectFailure failure, SocketError error) => failure switch
    {
        ConnectFailure.Timeout => "timeout",
        ConnectFailure.Self => OwnListeners.Reason,
        ConnectFailure.Bind => "bind",
        ConnectFailure.Option => "option",
        ConnectFailure.Permission => "permission",
        ConnectFailure.Resources => "resources",
        ConnectFailure.Aborted => "aborted",
        _ => error switch
        {
            SocketError.ConnectionRefused => "refused",
            SocketError.ConnectionReset => "reset",
            SocketError.HostUnreachable or SocketError.NetworkUnreachable
                or SocketError.NetworkDown or SocketError.HostDown => "unreachable",
            _ => "other",
        },
    };
}
