using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Gateway.ProxyProtocol;

namespace Whoami;

/// <summary>One connection of the TCP backend: it reads the header, if there is one, answers, and echoes.</summary>
internal sealed class WhoamiTcpSession(Socket socket, WhoamiTcpOptions options)
{
    // Twice the usual limit of 4096 bytes, because a gateway that passes TLVs through may add TLVs to a header of that length.
    private const int BufferBytes = 8192;

    private static readonly ProxyParseOptions ParseOptions = new() { MaxHeaderBytes = BufferBytes };

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _length;
    private bool _ended;

    /// <summary>Runs until the client ends, a limit is reached or the backend stops. Never throws for an action of a client.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            var (result, header) = await IdentifyAsync(stopping);
            await SendAsync(Encoding.UTF8.GetBytes(Answer(result, header) + "\n"), stopping);
            if (result.Status == ProxyParseStatus.Invalid && result.Error != ProxyParseError.NoSignature)
            {
                return;
            }

            await SendAsync(_buffer.AsMemory(header.Length, _length - header.Length), stopping);
            await EchoAsync(stopping);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The client has reset, the backend stops, or the connection was idle. The connection is over, and no answer can be sent.
        }
    }

    private async Task<(ProxyParseResult Result, ProxyHeader Header)> IdentifyAsync(CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var result = ProxyHeaderParser.Parse(_buffer.AsSpan(0, _length), ParseOptions, out var header);
            var inHeader = ProxySignature.Match(_buffer.AsSpan(0, _length)) is ProxySignatureMatch.V1 or ProxySignatureMatch.V2;
            if (result.Status == ProxyParseStatus.Done)
            {
                return (result, header);
            }

            if (_ended || (inHeader && result.Status == ProxyParseStatus.Invalid) || _length == _buffer.Length || (!inHeader && HasLine()))
            {
                return (inHeader ? result : NoHeader, default);
            }

            var wait = (inHeader ? options.HeaderTimeout : options.Silence) - Stopwatch.GetElapsedTime(started);
            if (wait <= TimeSpan.Zero || !await TryReceiveAsync(wait, stopping))
            {
                return (inHeader ? result : NoHeader, default);
            }
        }
    }

    private static ProxyParseResult NoHeader => new(ProxyParseStatus.Invalid, ProxyParseError.NoSignature);

    private bool HasLine() => _buffer.AsSpan(0, _length).Contains((byte)'\n');

    private string Answer(ProxyParseResult result, in ProxyHeader header) =>
        result switch
        {
            { Status: ProxyParseStatus.NeedMore } =>
                $"error=incomplete PROXY header ({_length} bytes) peer={WhoamiTcpAnswer.Format(socket.RemoteEndPoint)}",
            { Status: ProxyParseStatus.Done } => WhoamiTcpAnswer.WithHeader(
                socket,
                header,
                _buffer.AsSpan(header.TlvOffset, header.TlvLength)),
            { Error: ProxyParseError.NoSignature } => WhoamiTcpAnswer.WithoutHeader(socket),
            _ => $"error={ProxyParseErrors.Describe(result.Error)} peer={WhoamiTcpAnswer.Format(socket.RemoteEndPoint)}",
        };

    private async Task<bool> TryReceiveAsync(TimeSpan wait, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(wait);
        try
        {
            var received = await socket.ReceiveAsync(_buffer.AsMemory(_length), limit.Token);
            _length += received;
            _ended = received == 0;
            return true;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task EchoAsync(CancellationToken stopping)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        while (!_ended)
        {
            idle.CancelAfter(options.IdleTimeout);
            var received = await socket.ReceiveAsync(_buffer.AsMemory(), idle.Token);
            _ended = received == 0;
            await SendAsync(_buffer.AsMemory(0, received), idle.Token);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, cancellationToken)..];
        }
    }
}
