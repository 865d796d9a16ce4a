using System.IO.Pipelines;
using System.Net.Sockets;

namespace Gateway.Tcp.Engines.Linux;

/// <summary>The pipes of a connection of the Linux engine.</summary>
internal sealed class LinuxPipes : ConnectionPipes
{
    // A client that takes no byte for this long does not want the rest.
    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(30);

    // How long, and how many bytes, are read after the FIN.
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(2);
    private const long MostFarewellBytes = 1024 * 1024;

    private readonly LinuxTcpConnection _connection;
    private readonly LinuxSocket _socket;
    private readonly LinuxReader _reader;
    private readonly LinuxWriter _writer;
    private bool _hasLeft;
    private bool _isClosing;
    private bool _isDrained;

    internal LinuxPipes(LinuxTcpConnection connection, LinuxSocket socket, LinuxDuplex duplex)
    {
        _connection = connection;
        _socket = socket;
        _reader = new LinuxReader(socket, duplex, NoteLeft);
        _writer = new LinuxWriter(socket, duplex);
        duplex.OnPeerEnd = LookWhetherLeft;
        duplex.OnTimer = OnTimer;
    }

    /// <inheritdoc/>
    public override PipeReader Input => _reader;

    /// <inheritdoc/>
    public override PipeWriter Output => _writer;

    /// <inheritdoc/>
    public override EngineLoop CarriedBy => _socket.Loop;

    /// <inheritdoc/>
    public override bool HasUnreadEnd => _socket.HasPeerEnded && !_hasLeft;

    /// <inheritdoc/>
    public override long Received => _reader.Received;

    /// <inheritdoc/>
    public override async ValueTask CloseAsync()
    {
        await CarriedBy.EnterAsync();
        if (_isClosing)
        {
            return;
        }

        _isClosing = true;
        if (!await _writer.DrainAsync(LongestStall))
        {
            _connection.Reset();
            return;
        }

        _isDrained = true;
        if (_reader.MayHaveUnread && !_socket.IsUnusable && _socket.ShutdownSend() == SocketError.Success)
        {
            _socket.ArmTimer(_socket.DueAfter(LongestFarewell));
            await _reader.DiscardAsync(MostFarewellBytes);
        }

        _connection.Close();
    }

    private void OnTimer()
    {
        if (_isDrained)
        {
            _connection.Close();
        }
        else
        {
            _connection.Reset();
        }
    }

    // An end was reported. Bytes before a FIN are still to be read; an RST has discarded them.
    private void LookWhetherLeft()
    {
        if (!_hasLeft && !_socket.IsUnusable && (_socket.HasHungUp || _socket.Peek() == 0))
        {
            NoteLeft();
        }
    }

    private void NoteLeft()
    {
        if (_hasLeft)
        {
            return;
        }

        _hasLeft = true;
        if (OnPeerLeft is { } onPeerLeft)
        {
            // In a later round, because the reader may be about to hand over the last bytes.
            _ = CarriedBy.RunLater(onPeerLeft);
        }
    }
}
