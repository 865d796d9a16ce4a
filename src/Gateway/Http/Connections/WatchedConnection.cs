using System.Net.Sockets;
using Gateway.Linux;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>The state that <see cref="DepartureWatch"/> keeps for one connection.</summary>
internal sealed class WatchedConnection(ConnectionContext connection, Socket socket)
{
    // The first byte of struct tcp_info, tcpi_state, and its values (linux/tcp.h, net/tcp_states.h).
    private const byte Closed = 7;
    private const byte CloseWait = 8;

    // The unread bytes at the last check since the FIN; -1: no FIN was seen.
    private int _unread = -1;
    private bool _isEnded;

    /// <summary>
    /// Ends the connection if its client has left. After an RST the connection ends at once, because the RST has discarded the unread
    /// bytes. After a FIN it ends only when nothing was read between two checks, because until then the backend still takes what the client
    /// sent before it left.
    /// </summary>
    public void Look()
    {
        if (_isEnded)
        {
            return;
        }

        try
        {
            Span<byte> state = [0];
            _ = socket.Get(SocketOption.TcpInfo, state);
            if (state[0] == CloseWait)
            {
                var before = _unread;
                _unread = socket.Available;
                _isEnded = before == _unread;
            }
            else
            {
                _isEnded = state[0] == Closed;
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The server has closed the socket.
            _isEnded = true;
            return;
        }

        if (_isEnded)
        {
            connection.Abort(new ConnectionAbortedException("The client has left."));
        }
    }
}
