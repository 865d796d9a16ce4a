using System.Net.Sockets;
using Gateway.Linux;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Http.Connections;

/// <summary>What <see cref="DepartureWatch"/> knows of one connection.</summary>
internal sealed class WatchedConnection(ConnectionContext connection, Socket socket)
{
    // The first byte of struct tcp_info, tcpi_state, and its values (linux/tcp.h, net/tcp_states.h).
    private const byte Closed = 7;
    private const byte CloseWait = 8;

    // What was unread when the FIN was seen; -1: it was not.
    private int _unread = -1;
    private bool _isEnded;

    /// <summary>
    /// Ends it if its client has left: at once behind an RST, which has thrown away what was still to be read. Behind a FIN once nothing
    /// was read from one look to the next: until then, the backend still takes what the client sent before it left.
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
            // The server has closed it.
            _isEnded = true;
            return;
        }

        if (_isEnded)
        {
            connection.Abort(new ConnectionAbortedException("The client has left."));
        }
    }
}
